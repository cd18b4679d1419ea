//! The law of the whole: after apply(plan), the next plan says nothing. Random stacks are applied to an
//! embedded AWS in virtual time, changed to other random stacks, and destroyed.

mod busy;
mod live;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use eksform::apply::{self, Execution, Options, Planned};
use eksform::aws::{Aws, Setup, fallible_transport};
use eksform::diagnostic::Diagnostic;
use eksform::live::{Fact, Snapshot};
use eksform::plan::Event;
use eksform::render::{self, Style};
use eksform::sandbox::{Broken, Clock, Options as SandboxOptions, Sandbox};
use eksform::stack::{self, Inputs, Mode, Program, SourceTree};
use eksform::value::Text;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// An account, and a way to it.
pub struct World {
    pub sandbox: Sandbox,
    pub aws: Arc<Aws>,
}

/// The files of a stack of one file.
pub fn one_file(text: &str) -> SourceTree {
    SourceTree { files: [("main.eks.hcl".into(), text.into())].into() }
}

impl World {
    pub fn new() -> Self {
        let clock = Clock::Tokio { start: SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000) };
        let sandbox = Sandbox::in_memory(SandboxOptions { clock, speed: 1.0, ..SandboxOptions::default() });
        let aws = Self::way(&sandbox, |_, answer| answer);
        Self { sandbox, aws }
    }

    /// A way to an account, on which answers may change.
    fn way(sandbox: &Sandbox, change: fn(&http::HeaderMap, Bytes) -> Bytes) -> Arc<Aws> {
        let handler = sandbox.clone();
        let credentials = Credentials::new("123456789012", "secret", None, None, "test");
        let setup = Setup {
            http_client: Some(fallible_transport(move |request| {
                let sandbox = handler.clone();
                Box::pin(async move {
                    let response = sandbox.handle(request).await;
                    match response.extensions().get::<Broken>() {
                        None => {
                            let (head, body) = response.into_parts();
                            let body = change(&head.headers, body);
                            Ok(http::Response::from_parts(head, body))
                        }
                        Some(_) => Err(std::io::ErrorKind::ConnectionReset.into()),
                    }
                })
            })),
            credentials: Some(SharedCredentialsProvider::new(credentials)),
            region: Some("us-east-2".into()),
            isolated: true,
            ..Setup::default()
        };
        Arc::new(Aws::new(setup))
    }

    async fn plan(&self, text: &str, mode: Mode) -> Result<(Program, Inputs, Planned), String> {
        self.plan_files(one_file(text), mode).await
    }

    pub async fn plan_files(
        &self,
        sources: SourceTree,
        mode: Mode,
    ) -> Result<(Program, Inputs, Planned), String> {
        let inputs = Inputs { sources, mode, ..inputs() };
        Self::planned(&self.aws, inputs).await
    }

    /// Plans; a plan that is refused is an error.
    async fn planned(aws: &Aws, inputs: Inputs) -> Result<(Program, Inputs, Planned), String> {
        let (program, diagnostics) = stack::declare(&inputs.sources);
        let shown = |found: &[Diagnostic]| render::diagnostics(found, &program.sources, Style::plain());
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(shown(&diagnostics));
        }
        let planned = apply::converge(&program, &inputs, aws, &|_: &str| Fact::Absent, Snapshot::default())
            .await
            .map_err(|found| shown(&found))?;
        if planned.plan.refused() {
            return Err(shown(&planned.plan.findings));
        }
        Ok((program, inputs, planned))
    }

    /// Plans and applies; the text of the plan and everything that was heard.
    async fn apply(&self, text: &str, mode: Mode) -> Result<String, String> {
        self.apply_files(one_file(text), mode).await
    }

    pub async fn apply_files(&self, sources: SourceTree, mode: Mode) -> Result<String, String> {
        let (program, inputs, planned) = self.plan_files(sources, mode).await?;
        self.walk(program, inputs, planned).await
    }

    /// Applies; the text of the plan and everything that was heard.
    async fn walk(&self, program: Program, inputs: Inputs, planned: Planned) -> Result<String, String> {
        let shown = render::plan(&planned.plan, Style::plain());
        let heard = Arc::new(std::sync::Mutex::new(String::new()));
        let (ear, plan) = (heard.clone(), planned.plan.clone());
        let listener = move |event: &Event| {
            if let (Some(text), Ok(mut heard)) = (render::event(event, &plan, Style::plain()), ear.lock()) {
                heard.push_str(&text);
            }
        };
        let execution = Execution {
            plan: planned.plan,
            program,
            inputs,
            evaluation: planned.evaluation,
            snapshot: planned.snapshot,
            aws: self.aws.clone(),
        };
        execution
            .check()
            .map_err(|found| render::diagnostics(&found, &execution.program.sources, Style::plain()))?;
        let applied =
            apply::execute(execution, Options { look_again: true, ..Options::default() }, Arc::new(listener))
                .await;
        let heard = heard.lock().map(|text| text.clone()).unwrap_or_default();
        if applied.outcome.is_complete() { Ok(shown + &heard) } else { Err(shown + &heard) }
    }

    /// Applies, and holds that nothing is left to do.
    async fn settle(&self, text: &str) -> Result<(), String> {
        let told = self.apply(text, Mode::Apply).await?;
        let (_, _, again) = self.plan(text, Mode::Apply).await?;
        if again.plan.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{text}\n==== applied\n{told}\n==== then planned\n{}",
            render::plan(&again.plan, Style::plain())
        ))
    }
}

/// What all plans here have in common.
fn inputs() -> Inputs {
    let allow_destroy = BTreeSet::from([Text::from("cluster.demo"), Text::from("cluster.main")]);
    Inputs { allow_destroy, allow_orphans: true, now: 1, seed: 1, ..Inputs::default() }
}

const SUBNETS: &str = "subnet_ids = [\"subnet-0a1b2c3d4e5f60001\", \"subnet-0a1b2c3d4e5f60002\"]";

#[derive(Clone, Debug)]
struct RoleSpec {
    path: bool,
    described: u8,
    long: bool,
    policies: u8,
    inline: u8,
    tags: u8,
    bounded: bool,
}

#[derive(Clone, Debug)]
struct StackSpec {
    roles: Vec<Option<RoleSpec>>,
    logging: u8,
    private: bool,
    cluster_tags: u8,
    /// For each add-on: declared, and which roles its service accounts have.
    addons: Vec<Option<(Vec<Option<usize>>, u8)>>,
    associations: Vec<Option<(usize, bool, u8)>>,
    in_order: bool,
}

const ROLES: usize = 3;
/// Add-ons with their service accounts.
const ADDONS: [(&str, &[&str]); 4] = [
    ("vpc-cni", &["aws-node"]),
    ("kube-proxy", &[]),
    ("eks-pod-identity-agent", &[]),
    ("adot", &["adot-col-prom-metrics", "adot-col-otlp-ingest"]),
];
const ACCOUNTS: [(&str, &str); 3] = [("shop", "orders"), ("shop", "payments"), ("kube-system", "jobs")];

fn role() -> impl Strategy<Value = RoleSpec> {
    (any::<bool>(), 0..3u8, any::<bool>(), 0..4u8, 0..4u8, 0..3u8, any::<bool>()).prop_map(
        |(path, described, long, policies, inline, tags, bounded)| RoleSpec {
            path,
            described,
            long,
            policies,
            inline,
            tags,
            bounded,
        },
    )
}

fn stack() -> impl Strategy<Value = StackSpec> {
    let addon = |accounts: usize| {
        proptest::option::weighted(
            0.7,
            (proptest::collection::vec(proptest::option::of(0..ROLES), accounts), 0..3u8),
        )
    };
    let addons: Vec<_> = ADDONS.iter().map(|(_, accounts)| addon(accounts.len())).collect();
    let associations =
        proptest::collection::vec(proptest::option::of((0..ROLES, any::<bool>(), 0..3u8)), ACCOUNTS.len());
    let roles = proptest::collection::vec(proptest::option::weighted(0.8, role()), ROLES);
    (roles, 0..3u8, any::<bool>(), 0..3u8, addons, associations, any::<bool>()).prop_map(
        |(roles, logging, private, cluster_tags, addons, associations, in_order)| StackSpec {
            roles,
            logging,
            private,
            cluster_tags,
            addons,
            associations,
            in_order,
        },
    )
}

fn tags(number: u8) -> String {
    match number {
        0 => String::new(),
        1 => "  tags = { team = \"platform\" }\n".to_string(),
        _ => "  tags = { team = \"shop\", \"cost:center\" = 7 }\n".to_string(),
    }
}

impl StackSpec {
    /// The role at that index, or the first that is declared.
    fn role(&self, index: usize) -> Option<String> {
        let declared = |index: &usize| self.roles[*index].is_some();
        let index = Some(index).filter(declared).or_else(|| (0..ROLES).find(declared))?;
        Some(format!("role.r{index}.arn"))
    }

    fn text(&self) -> String {
        let mut blocks = vec![self.cluster(), "stack \"law\" {}\n".to_string()];
        blocks.push(
            "role \"cluster\" {\n  trust { service = \"eks.amazonaws.com\" }\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\"]\n}\n"
                .to_string(),
        );
        for (index, role) in self.roles.iter().enumerate() {
            blocks.extend(role.as_ref().map(|role| role_block(index, role)));
        }
        for ((name, accounts), addon) in ADDONS.iter().zip(&self.addons) {
            blocks.extend(addon.as_ref().map(|addon| self.addon(name, accounts, addon)));
        }
        for ((namespace, account), association) in ACCOUNTS.iter().zip(&self.associations) {
            if let Some((role, untagged, number)) = association
                && let Some(arn) = self.role(*role)
            {
                blocks.push(format!(
                    "pod_identity_association \"{account}\" {{\n  cluster = cluster.demo\n  namespace = \"{namespace}\"\n  service_account = \"{account}\"\n  role_arn = {arn}\n  disable_session_tags = {untagged}\n{}}}\n",
                    tags(*number)
                ));
            }
        }
        if !self.in_order {
            blocks.reverse();
        }
        blocks.concat()
    }

    fn cluster(&self) -> String {
        let logs = ["[]", "[\"audit\"]", "[\"api\", \"scheduler\"]"][usize::from(self.logging)];
        format!(
            "cluster \"demo\" {{\n  version = \"1.33\"\n  role_arn = role.cluster.arn\n  enabled_log_types = {logs}\n  vpc {{\n    {SUBNETS}\n    endpoint_private_access = {}\n  }}\n{}}}\n",
            self.private,
            tags(self.cluster_tags)
        )
    }

    fn addon(&self, name: &str, accounts: &[&str], (roles, number): &(Vec<Option<usize>>, u8)) -> String {
        let mut text = format!("addon \"{name}\" {{\n  cluster = cluster.demo.name\n{}", tags(*number));
        for (account, role) in accounts.iter().zip(roles) {
            if let Some(arn) = role.and_then(|role| self.role(role)) {
                let _ = write!(
                    text,
                    "  pod_identity_association {{\n    service_account = \"{account}\"\n    role_arn = {arn}\n  }}\n"
                );
            }
        }
        text + "}\n"
    }
}

fn role_block(index: usize, role: &RoleSpec) -> String {
    let mut text = format!("role \"r{index}\" {{\n  name = \"Law-R{index}\"\n{}", tags(role.tags));
    if role.path {
        text.push_str("  path = \"/law/\"\n");
    }
    match role.described {
        0 => {}
        1 => text.push_str("  description = \"one\"\n"),
        _ => text.push_str("  description = \"two (2)\"\n"),
    }
    if role.long {
        text.push_str("  max_session_duration = 7200\n");
    }
    if role.bounded {
        text.push_str("  permissions_boundary = \"arn:aws:iam::aws:policy/PowerUserAccess\"\n");
    }
    let policies: Vec<&str> = ["AmazonEKS_CNI_Policy", "AmazonS3FullAccess"]
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| role.policies & (1 << bit) != 0)
        .map(|(_, name)| name)
        .collect();
    let arns: Vec<String> =
        policies.iter().map(|name| format!("\"arn:aws:iam::aws:policy/{name}\"")).collect();
    let _ = writeln!(text, "  managed_policies = [{}]", arns.join(", "));
    match role.inline {
        0 => {}
        1 => text.push_str("  inline_policies = { read = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \"*\" }] }) }\n"),
        2 => text.push_str("  inline_policies = { read = { Version = \"2012-10-17\", Statement = [{ Sid = \"A\", Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \"*\" }, { Sid = \"B\", Effect = \"Deny\", Action = \"s3:PutObject\", Resource = \"*\" }] } }\n"),
        _ => text.push_str("  inline_policies = { read = { Version = \"2012-10-17\", Statement = { Effect = \"Allow\", Action = [\"s3:getobject\", \"s3:ListBucket\"], Resource = [\"*\"] } } }\n"),
    }
    text + "}\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_after_apply_is_empty(first in stack(), second in stack()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        let result: Result<(), String> = runtime.block_on(async {
            let world = World::new();
            world.settle(&first.text()).await?;
            world.settle(&second.text()).await?;
            world.apply(&second.text(), Mode::Destroy).await?;
            let (_, _, left) = world.plan(&second.text(), Mode::Destroy).await?;
            if !left.plan.is_empty() {
                return Err(format!("left after destroy\n{}", render::plan(&left.plan, Style::plain())));
            }
            Ok(())
        });
        if let Err(told) = result {
            return Err(TestCaseError::fail(told));
        }
    }
}

/// Few in CI; `PROPTEST_CASES` for more by hand.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(16)
}

/// A plan makes no write, and the second one after an apply asks no more than the first.
#[test]
fn planning_only_reads() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let world = World::new();
        let text = format!(
            "stack \"law\" {{}}\nrole \"cluster\" {{\n  trust {{ service = \"eks.amazonaws.com\" }}\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\"]\n}}\ncluster \"demo\" {{\n  role_arn = role.cluster.arn\n  vpc {{ {SUBNETS} }}\n}}\n"
        );
        world.settle(&text).await.expect("it settles");
        let before = world.sandbox.log().len();
        world.plan(&text, Mode::Apply).await.expect("a plan");
        let reads = ["Get", "List", "Describe"];
        for entry in &world.sandbox.log()[before..] {
            assert!(reads.iter().any(|read| entry.operation.starts_with(read)), "{entry:?}");
        }
    });
}

/// A cluster takes minutes: while it does, there is a sign of life every ten seconds.
#[test]
fn waiting_shows_signs_of_life() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let world = World::new();
        let text = format!(
            "stack \"law\" {{}}\nrole \"cluster\" {{\n  trust {{ service = \"eks.amazonaws.com\" }}\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\"]\n}}\ncluster \"demo\" {{\n  role_arn = role.cluster.arn\n  vpc {{ {SUBNETS} }}\n}}\n"
        );
        let told = world.apply(&text, Mode::Apply).await.expect("it applies");
        let signs: Vec<&str> = told.lines().filter(|line| line.contains("cluster.demo: still creating")).collect();
        assert!((30..=60).contains(&signs.len()), "{signs:#?}");
        assert!(signs.iter().any(|line| line.contains("[1m")), "{signs:#?}");
    });
}

/// On AWS a deletion takes minutes: when its answer is lost, the repeated call is refused because the first is
/// still at work. That is no failure.
#[test]
fn a_deletion_whose_answer_was_lost_is_waited_for() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let world = World::new();
        let text = format!(
            "stack \"law\" {{}}\nrole \"cluster\" {{\n  trust {{ service = \"eks.amazonaws.com\" }}\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\"]\n}}\ncluster \"demo\" {{\n  role_arn = role.cluster.arn\n  vpc {{ {SUBNETS} }}\n}}\naddon \"vpc-cni\" {{\n  cluster = cluster.demo.name\n}}\n"
        );
        world.settle(&text).await.expect("it settles");
        let faults = serde_json::json!({"rules": [
            {"operation": "Delete*", "rate": 1.0, "times": 3, "fault": {"kind": "reset_after"}},
        ]});
        world.sandbox.set_faults(serde_json::from_value(faults).expect("faults"));
        world.apply(&text, Mode::Destroy).await.expect("everything goes");
        let log = world.sandbox.log();
        let refused = log.iter().filter(|call| call.operation.starts_with("Delete") && call.error.is_some());
        assert!(refused.count() >= 2, "{log:#?}");
    });
}
