//! A stack of any size with the account that is as it says, and an AWS that counts and takes its time.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use eksform::apply::{self, Planned};
use eksform::aws::{Aws, Setup, transport};
use eksform::live::{Fact, Snapshot};
use eksform::render::{self, Style};
use eksform::sandbox::{Clock, LogEntry, Options, Sandbox};
use eksform::stack::{self, Inputs, SourceTree};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-2";
const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];

/// How much there is of everything.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub clusters: usize,
    pub addons: usize,
    /// Associations of each add-on.
    pub nested: usize,
    /// Stand-alone associations of each cluster.
    pub workloads: usize,
    /// Roles, which the associations use in turn.
    pub roles: usize,
}

impl Size {
    /// How many objects are declared.
    pub fn declared(&self) -> usize {
        self.clusters * (1 + self.addons + self.workloads) + self.roles
    }

    /// The calls that reading all of it cannot do without: one for each object of EKS, and the pages of lists. Roles
    /// are in two lists.
    pub fn needed(&self) -> usize {
        let described = self.clusters * (1 + self.addons * (1 + self.nested) + self.workloads);
        let tagged = self.clusters * (1 + self.addons + self.workloads);
        let associations = self.addons * self.nested + self.workloads;
        let lists = if self.workloads > 0 { self.clusters * associations.div_ceil(100) } else { 0 };
        // Who is asking; roles, and roles again for what the first list leaves out.
        1 + described + tagged.div_ceil(100) + lists + 2 * self.roles.div_ceil(1000).max(1)
    }

    /// The longest chain of calls of which each needs the answer of the one before: who is asking, then the pages of
    /// one list, or an object and what it owns.
    pub fn chain(&self) -> usize {
        let tagged = self.clusters * (1 + self.addons + self.workloads);
        let listed = (self.addons * self.nested + self.workloads).div_ceil(100) + 1;
        let listed = if self.workloads > 0 { listed } else { 0 };
        let described = 1 + usize::from(self.nested > 0);
        1 + tagged.div_ceil(100).max(described).max(listed).max(self.roles.div_ceil(1000))
    }

    fn role(&self, number: usize) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{}", role_name(number % self.roles.max(1)))
    }

    /// The stack that declares all of it.
    pub fn stack(&self) -> String {
        let mut text = String::from("stack \"large\" {}\n");
        for number in 0..self.roles {
            let name = role_name(number);
            let _ = writeln!(text, "role \"{name}\" {{}}");
        }
        for cluster in 0..self.clusters {
            let subnets = SUBNETS.map(|subnet| format!("\"{subnet}\"")).join(", ");
            let _ = writeln!(
                text,
                "cluster \"c{cluster}\" {{\n  role_arn = \"arn:aws:iam::{ACCOUNT}:role/cluster\"\n  vpc {{ subnet_ids = [{subnets}] }}\n}}"
            );
            for addon in 0..self.addons {
                let _ = writeln!(
                    text,
                    "addon \"c{cluster}-a{addon}\" {{\n  name = \"a{addon}\"\n  cluster = cluster.c{cluster}"
                );
                for nested in 0..self.nested {
                    let arn = self.role(addon * self.nested + nested);
                    let _ = writeln!(
                        text,
                        "  pod_identity_association {{\n    service_account = \"a{addon}-{nested}\"\n    role_arn = \"{arn}\"\n  }}"
                    );
                }
                text.push_str("}\n");
            }
            for workload in 0..self.workloads {
                let arn = self.role(workload);
                let _ = writeln!(
                    text,
                    "pod_identity_association \"c{cluster}-w{workload}\" {{\n  cluster = cluster.c{cluster}\n  namespace = \"shop\"\n  service_account = \"w{workload}\"\n  role_arn = \"{arn}\"\n}}"
                );
            }
        }
        text
    }

    /// The account as that stack left it.
    fn seed(&self) -> Value {
        let clusters: Vec<Value> = (0..self.clusters).map(|number| self.cluster(number)).collect();
        let roles: Vec<Value> = (0..self.roles)
            .map(|number| {
                let name = role_name(number);
                let mut tags = tags(&format!("role.{name}"));
                tags.insert("eksform:region".into(), REGION.into());
                let tags: Vec<Value> =
                    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
                json!({ "RoleName": name, "Tags": tags, "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{ "Effect": "Allow", "Principal": { "Service": "pods.eks.amazonaws.com" },
                                    "Action": ["sts:AssumeRole", "sts:TagSession"] }],
                } })
            })
            .collect();
        let regions = json!({ REGION: { "clusters": clusters } });
        json!({ "accounts": { ACCOUNT: { "roles": roles, "regions": regions } } })
    }

    fn cluster(&self, number: usize) -> Value {
        let name = format!("c{number}");
        let arn = |rest: String| format!("arn:aws:eks:{REGION}:{ACCOUNT}:{rest}");
        let id = |member: usize| format!("a-{number:05}{member:012}");
        let mut associations = Vec::new();
        let mut addons = Vec::new();
        let mut association = |namespace: &str, account: String, role: usize, more: Value| {
            let id = id(associations.len());
            let mut view = json!({
                "associationId": id, "associationArn": arn(format!("podidentityassociation/{name}/{id}")),
                "clusterName": name, "namespace": namespace, "serviceAccount": account,
                "roleArn": self.role(role), "disableSessionTags": false,
            });
            if let (Some(view), Value::Object(more)) = (view.as_object_mut(), more) {
                view.extend(more);
            }
            associations.push(view);
        };
        for addon in 0..self.addons {
            let uuid = format!("00000000-0000-0000-{number:04}-{addon:012}");
            let own = arn(format!("addon/{name}/a{addon}/{uuid}"));
            for nested in 0..self.nested {
                let role = addon * self.nested + nested;
                association("kube-system", format!("a{addon}-{nested}"), role, json!({ "ownerArn": own }));
            }
            addons.push(json!({
                "addonName": format!("a{addon}"), "clusterName": name, "addonArn": own,
                "addonVersion": "v1.0.0-eksbuild.1", "tags": tags(&format!("addon.{name}-a{addon}")),
                "namespaceConfig": { "namespace": "kube-system" },
            }));
        }
        for workload in 0..self.workloads {
            let tags = tags(&format!("pod_identity_association.{name}-w{workload}"));
            association("shop", format!("w{workload}"), workload, json!({ "tags": tags }));
        }
        json!({
            "cluster": {
                "name": name, "arn": arn(format!("cluster/{name}")), "version": "1.33",
                "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/cluster"),
                "resourcesVpcConfig": {
                    "subnetIds": SUBNETS, "securityGroupIds": [], "vpcId": "vpc-0a1b2c3d4e5f60001",
                    "endpointPublicAccess": true, "endpointPrivateAccess": false,
                    "publicAccessCidrs": ["0.0.0.0/0"],
                },
                "tags": tags(&format!("cluster.{name}")),
            },
            "addons": addons,
            "podIdentityAssociations": associations,
        })
    }
}

fn role_name(number: usize) -> String {
    format!("large-{number}")
}

fn tags(address: &str) -> serde_json::Map<String, Value> {
    let tags = [("eksform:stack", "large"), ("eksform:address", address)];
    tags.into_iter().map(|(key, value)| (key.to_string(), value.into())).collect()
}

/// Within how many times (longest chain of dependent calls + calls ÷ concurrency) × latency a plan is made.
pub const MOST: f64 = 1.3;

/// What planning it took.
pub struct Figures {
    pub size: Size,
    pub parallelism: usize,
    pub latency: Duration,
    pub planned: Planned,
    pub calls: Vec<LogEntry>,
    pub took: Duration,
}

impl Figures {
    /// The calls by operation.
    pub fn by_operation(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.calls {
            *counts.entry(call.operation.as_str()).or_default() += 1;
        }
        counts
    }

    /// The time it took, as a share of (longest chain of dependent calls + calls ÷ concurrency) × latency.
    pub fn share(&self) -> f64 {
        let calls = self.calls.len() as f64 / self.parallelism as f64;
        self.took.as_secs_f64() / ((self.size.chain() as f64 + calls) * self.latency.as_secs_f64())
    }

    /// The time it took, in one line.
    pub fn line(&self) -> String {
        let Size { clusters, addons, nested, workloads, roles } = self.size;
        format!(
            "{clusters:>4} clusters x ({addons:>2} add-ons x {nested} + {workloads:>3} workloads), {roles:>3} roles: {:>5} calls, \
             {:>2} at a time, chain {:>2}: {:>8.3} s, {:.2} of the bound",
            self.calls.len(),
            self.parallelism,
            self.size.chain(),
            self.took.as_secs_f64(),
            self.share()
        )
    }

    pub fn text(&self) -> String {
        render::plan(&self.planned.plan, Style::plain())
    }
}

/// Plans the stack on the account that is as it says. Every call takes `latency`, on tokio's clock, which the caller
/// has paused.
pub async fn plan(size: &Size, parallelism: usize, latency: Duration) -> Figures {
    let clock = Clock::Tokio { start: SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000) };
    let sandbox = Sandbox::in_memory(Options { clock, speed: 1.0, ..Options::default() });
    sandbox.seed(&size.seed()).expect("a seed");
    let behind = sandbox.clone();
    let setup = Setup {
        http_client: Some(transport(move |request| {
            let sandbox = behind.clone();
            Box::pin(async move {
                tokio::time::sleep(latency).await;
                sandbox.handle(request).await
            })
        })),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new(
            ACCOUNT, "secret", None, None, "scene",
        ))),
        region: Some(REGION.into()),
        isolated: true,
        parallelism,
        ..Setup::default()
    };
    let mut sources = SourceTree::default();
    sources.files.insert("main.eks.hcl".into(), size.stack().into());
    let inputs = Inputs { sources, now: 1, seed: 1, ..Inputs::default() };
    let (program, problems) = stack::declare(&inputs.sources);
    assert!(problems.is_empty(), "{}", render::diagnostics(&problems, &program.sources, Style::plain()));
    let aws = Aws::new(setup);
    let started = Instant::now();
    let planned = apply::converge(&program, &inputs, &aws, &|_| Fact::Absent, Snapshot::default())
        .await
        .unwrap_or_else(|problems| {
            panic!("{}", render::diagnostics(&problems, &program.sources, Style::plain()))
        });
    let took = started.elapsed();
    Figures { size: *size, parallelism, latency, planned, calls: sandbox.log(), took }
}
