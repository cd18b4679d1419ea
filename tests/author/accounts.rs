//! Random accounts, as seeds of the sandbox: a cluster with whatever people and tools have made of it.

use serde_json::{Map, Value, json};

const ACCOUNT: &str = "123456789012";

/// A sequence of numbers that a seed determines (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn some<T: Clone>(&mut self, all: &[T], percent: usize) -> Vec<T> {
        all.iter().filter(|_| self.chance(percent)).cloned().collect()
    }
}

/// An account with a cluster `demo` in us-east-2.
pub struct Account {
    pub seed: Value,
    /// Another stack whose objects are imported as well.
    pub from_stack: Option<&'static str>,
}

/// Text that has to survive being written down.
const TEXTS: [&str; 7] = [
    "Allows pods",
    "a \"quoted\" one",
    "price: ${amount} and %{if}",
    "line one\nline two\n",
    "tab\there, back\\slash",
    "  spaces  ",
    "$${escaped} ü",
];

const TAG_KEYS: [&str; 7] =
    ["team", "cost:center", "k8s.io/cluster/demo", "for", "aws:cloudformation:stack-name", "Name", "a b"];

const ROLE_NAMES: [&str; 9] = [
    "orders",
    "orders.v1",
    "orders,v1",
    "Ops+Team@corp",
    "9lives",
    "UPPER_case",
    "reports",
    "web-api",
    "batch=jobs",
];

const ADDONS: [(&str, &[&str]); 6] = [
    ("vpc-cni", &["aws-node"]),
    ("kube-proxy", &[]),
    ("coredns", &[]),
    ("eks-pod-identity-agent", &[]),
    ("aws-ebs-csi-driver", &["ebs-csi-controller-sa"]),
    ("adot", &["adot-col-prom-metrics", "adot-col-otlp-ingest"]),
];

fn role_arn(path: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role{path}{name}")
}

impl Account {
    pub fn random(seed: u64) -> Self {
        let mut random = Random(seed);
        let random = &mut random;
        let mut roles = Roles { list: Vec::new(), arns: Vec::new() };
        let cluster_role = roles.add(random, "demo-cluster", &[2, 3]);
        let node_role = roles.add(random, "demo-nodes", &[11]);
        for name in random.some(&ROLE_NAMES, 60) {
            roles.add(random, name, &[0, 1, 4, 5, 6, 7, 8, 9, 10]);
        }
        let family = roles.family(random);
        let mut associations = Vec::new();
        let addons = addons(random, &roles, &mut associations);
        workloads(random, &roles, &family, &mut associations);
        let node_groups: Vec<Value> = random
            .some(&["workers", "gpu"], 40)
            .iter()
            .map(|name| json!({"nodegroupName": name, "clusterName": "demo"}))
            .collect();
        let cluster = json!({
            "cluster": cluster(random, &cluster_role, &node_role),
            "addons": addons,
            "podIdentityAssociations": associations,
            "nodegroups": node_groups,
            "accessEntries": [{"principalArn": role_arn("/", "admins"), "clusterName": "demo"}],
        });
        let regions = json!({"us-east-2": {"clusters": [cluster]}});
        let accounts = json!({ACCOUNT: {"roles": roles.list, "regions": regions}});
        let from_stack = random.chance(50).then_some("other");
        Self { seed: json!({"accounts": accounts}), from_stack }
    }
}

/// Tags as EKS has them; now and then those of another stack.
fn tags(random: &mut Random) -> Map<String, Value> {
    let mut tags = Map::new();
    for key in random.some(&TAG_KEYS, 15) {
        tags.insert(key.to_string(), json!(random.of(&["", "shop", "x ${y}", "a=b"])));
    }
    if random.chance(8) {
        tags.insert("eksform:stack".to_string(), json!("other"));
        tags.insert("eksform:address".to_string(), json!("role.theirs"));
    }
    tags
}

struct Roles {
    list: Vec<Value>,
    arns: Vec<String>,
}

impl Roles {
    /// A role with one of these trust policies.
    fn add(&mut self, random: &mut Random, name: &str, trusts: &[usize]) -> String {
        let path = random.of(&["/", "/", "/team/a/"]);
        let mut role = json!({
            "RoleName": name,
            "Path": path,
            "AssumeRolePolicyDocument": trust(trusts[random.below(trusts.len())]),
        });
        let policies = [
            "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
            "arn:aws:iam::aws:policy/AmazonS3FullAccess",
            "arn:aws:iam::123456789012:policy/own/things",
        ];
        role["AttachedPolicies"] = json!(random.some(&policies, 40));
        let mut inline = Map::new();
        for (at, name) in ["read", "write.all", "1st"].into_iter().enumerate() {
            if random.chance(25) {
                inline.insert(name.to_string(), policy(random.below(3) + at));
            }
        }
        role["InlinePolicies"] = Value::Object(inline);
        if random.chance(40) {
            role["Description"] = json!(random.of(&TEXTS));
        }
        if random.chance(20) {
            role["MaxSessionDuration"] = json!(7200);
        }
        if random.chance(15) {
            role["PermissionsBoundary"] = json!("arn:aws:iam::aws:policy/PowerUserAccess");
        }
        let tags = tags(random).into_iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        role["Tags"] = tags.collect();
        self.list.push(role);
        let arn = role_arn(path, name);
        self.arns.push(arn.clone());
        arn
    }

    /// Roles of many workloads, made by one script.
    fn family(&mut self, random: &mut Random) -> Vec<String> {
        let count = if random.chance(60) { random.below(8) } else { 0 };
        let described = random.chance(50);
        let names: Vec<String> = (0..count).map(|number| format!("demo-svc{number}-pods")).collect();
        for (number, name) in names.iter().enumerate() {
            let mut role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust(0), "AttachedPolicies": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]});
            if described {
                role["Description"] = json!(format!("Service {number}"));
            }
            self.list.push(role);
        }
        names.iter().map(|name| role_arn("/", name)).collect()
    }

    /// Any role: of the list, of another account, AWS's own, or one that is gone or spelt differently.
    fn any(&self, random: &mut Random) -> String {
        match random.below(20) {
            0 => "arn:aws:iam::210987654321:role/elsewhere".to_string(),
            1 => role_arn("/aws-service-role/eks.amazonaws.com/", "AWSServiceRoleForAmazonEKS"),
            2 => role_arn("/", "gone"),
            3 => role_arn("/", "ORDERS"),
            _ => self.arns[random.below(self.arns.len())].clone(),
        }
    }
}

fn trust(variant: usize) -> Value {
    let statement = |principal: Value, action: Value| json!({"Effect": "Allow", "Principal": principal, "Action": action});
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let pods = json!({"Service": "pods.eks.amazonaws.com"});
    let oidc = "oidc.eks.us-east-2.amazonaws.com/id/EXAMPLE";
    let of = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements});
    match variant {
        0 => of(json!([statement(pods, both)])),
        1 => of(statement(
            json!({"Service": ["pods.eks.amazonaws.com"]}),
            json!(["sts:tagsession", "STS:AssumeRole"]),
        )),
        2 => of(json!([statement(json!({"Service": "eks.amazonaws.com"}), json!("sts:AssumeRole"))])),
        3 => of(json!([statement(json!({"Service": "eks.amazonaws.com"}), both)])),
        4 => {
            let mut one = statement(
                json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{oidc}")}),
                json!("sts:AssumeRoleWithWebIdentity"),
            );
            one["Condition"] = json!({"StringEquals": {format!("{oidc}:aud"): "sts.amazonaws.com", format!("{oidc}:sub"): ["system:serviceaccount:a:b"]}});
            of(json!([one]))
        }
        5 => {
            let mut one = statement(pods, both);
            one["Sid"] = json!("Pods");
            one["Condition"] = json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}, "Bool": {"aws:SecureTransport": true}});
            of(json!([one]))
        }
        6 => json!({"Version": "2008-10-17", "Statement": [statement(pods, both)]}),
        7 => {
            let mut deny = statement(json!({"AWS": "*"}), json!("sts:TagSession"));
            deny["Effect"] = json!("Deny");
            of(json!([statement(pods, both), deny]))
        }
        8 => {
            let mut one = statement(json!({"AWS": ACCOUNT}), json!("sts:AssumeRole"));
            one["Condition"] = json!({"StringLike": {"sts:ExternalId": "${aws:PrincipalTag/id}-*"}});
            of(json!([one, statement(pods, both)]))
        }
        9 => {
            of(json!([statement(json!({"Service": ["ec2.amazonaws.com", "pods.eks.amazonaws.com"]}), both)]))
        }
        10 => {
            let mut one = statement(
                json!({"AWS": [format!("arn:aws:iam::{ACCOUNT}:root")], "Service": "pods.eks.amazonaws.com"}),
                both,
            );
            one["Sid"] = json!("");
            json!({"Version": "2012-10-17", "Id": "trust", "Statement": [one]})
        }
        _ => of(json!([statement(json!({"Service": "ec2.amazonaws.com"}), json!(["sts:AssumeRole"]))])),
    }
}

fn policy(variant: usize) -> Value {
    match variant {
        0 => {
            json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}})
        }
        1 => json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "Own", "Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::b/${aws:PrincipalTag/kubernetes-namespace}/*", "arn:aws:s3:::b"]},
            {"Effect": "Deny", "NotAction": "s3:ListBucket", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:max-keys": 10}}}]}),
        2 => json!({"Version": "2012-10-17", "Statement": []}),
        // As text, laid out by somebody.
        3 => json!(
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [ {\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"<&>\"} ]\n}\n"
        ),
        _ => {
            json!({"Version": "2012-10-17", "Id": "x", "Statement": [{"Effect": "Allow", "Action": ["a:B", "a:C"], "NotResource": "arn:aws:s3:::x"}]})
        }
    }
}

fn cluster(random: &mut Random, role: &str, node_role: &str) -> Value {
    let subnets = [
        "subnet-0a1b2c3d4e5f60001",
        "subnet-0a1b2c3d4e5f60002",
        "subnet-0a1b2c3d4e5f60003",
        "subnet-0a1b2c3d4e5f60004",
    ];
    let mut vpc = json!({
        "subnetIds": &subnets[..2 + random.below(3)],
        "securityGroupIds": random.some(&["sg-0a1b2c3d4e5f60001", "sg-0a1b2c3d4e5f60002"], 20),
        "endpointPublicAccess": random.chance(80),
        "endpointPrivateAccess": random.chance(50),
    });
    vpc["publicAccessCidrs"] = match random.below(3) {
        0 => json!(["0.0.0.0/0"]),
        1 => json!(["203.0.113.0/24", "198.51.100.7/32"]),
        _ => json!([]),
    };
    let logs = random.some(&["api", "audit", "authenticator", "controllerManager", "scheduler"], 30);
    let mut view = json!({
        "name": "demo",
        "arn": format!("arn:aws:eks:us-east-2:{ACCOUNT}:cluster/demo"),
        "version": random.of(&["1.30", "1.31", "1.33"]),
        "roleArn": role,
        "resourcesVpcConfig": vpc,
        "logging": {"clusterLogging": [{"types": logs, "enabled": true}]},
        "tags": tags(random),
    });
    if random.chance(60) {
        view["accessConfig"] =
            json!({"authenticationMode": random.of(&["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"])});
    }
    if random.chance(50) {
        view["kubernetesNetworkConfig"] = match random.below(3) {
            0 => json!({"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"}),
            1 => json!({"serviceIpv4Cidr": "192.168.0.0/16", "ipFamily": "ipv4"}),
            _ => json!({"serviceIpv6Cidr": "fd00::/108", "ipFamily": "ipv6"}),
        };
    }
    if random.chance(50) {
        view["upgradePolicy"] = json!({"supportType": random.of(&["STANDARD", "EXTENDED"])});
    }
    if random.chance(30) {
        view["zonalShiftConfig"] = json!({"enabled": random.chance(50)});
    }
    if random.chance(30) {
        view["deletionProtection"] = json!(random.chance(50));
    }
    if random.chance(30) {
        view["computeConfig"] = match random.chance(60) {
            true => {
                json!({"enabled": true, "nodePools": ["general-purpose", "system"], "nodeRoleArn": node_role})
            }
            false => json!({"enabled": false}),
        };
    }
    if random.chance(30) {
        view["encryptionConfig"] = json!([{"resources": ["secrets"], "provider": {"keyArn": format!("arn:aws:kms:us-east-2:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555")}}]);
    }
    if random.chance(20) {
        view["remoteNetworkConfig"] = json!({"remoteNodeNetworks": [{"cidrs": ["10.80.0.0/16"]}], "remotePodNetworks": [{"cidrs": ["10.85.0.0/16", "10.86.0.0/16"]}]});
    }
    if random.chance(20) {
        view["controlPlaneScalingConfig"] = json!({"tier": random.of(&["standard", "tier-xl"])});
    }
    view
}

/// Configuration values, as JSON, YAML or nothing.
const CONFIGURATIONS: [&str; 8] = [
    "",
    "{}",
    "{\"env\":{\"WARM_IP_TARGET\":\"2\",\"FOR\":\"${x}\"},\"replicaCount\":2}",
    "replicaCount: 3\ntolerations:\n  - key: a\n    operator: Exists\n  - {}\nresources:\n  limits: { cpu: 100m, memory: 1.50 }\n",
    "{\"a\":null,\"b\":[1,2.5,true,\"x\",[],{}],\"c\":{\"for\":1,\"d-e\":2,\"f.g/h\":3},\"n\":12345678901234567890}",
    "# nothing\n",
    "corefile: |\n  .:53 {\n    errors\n    health {\n      lameduck 5s\n    }\n  }\n",
    "{\"html\":\"<a href=\\\"x\\\">&</a>\",\"é\":\"\\u2028\"}",
];

fn addons(random: &mut Random, roles: &Roles, associations: &mut Vec<Value>) -> Vec<Value> {
    let mut list = Vec::new();
    for (name, accounts) in random.some(&ADDONS, 60) {
        let arn = format!("arn:aws:eks:us-east-2:{ACCOUNT}:addon/demo/{name}/{:08x}", random.next() as u32);
        let mut view = json!({"addonName": name, "clusterName": "demo", "addonVersion": "v1.19.0-eksbuild.1", "addonArn": arn, "tags": tags(random)});
        if random.chance(60) {
            view["configurationValues"] = json!(random.of(&CONFIGURATIONS));
        }
        if random.chance(40) {
            view["namespaceConfig"] = json!({"namespace": random.of(&["kube-system", "addons"])});
        }
        if random.chance(5) {
            view["status"] = json!("CREATE_FAILED");
        }
        match random.below(3) {
            0 => view["serviceAccountRoleArn"] = json!(roles.any(random)),
            1 => {
                for account in accounts.iter().copied() {
                    let role = roles.any(random);
                    associations.push(association(random, "kube-system", account, &role, Some(&arn)));
                }
            }
            _ => {}
        }
        list.push(view);
    }
    list
}

fn association(
    random: &mut Random,
    namespace: &str,
    account: &str,
    role: &str,
    owner: Option<&str>,
) -> Value {
    let id = format!("a-{:017x}", random.next() >> 4);
    let mut view = json!({
        "associationId": id,
        "associationArn": format!("arn:aws:eks:us-east-2:{ACCOUNT}:podidentityassociation/demo/{id}"),
        "clusterName": "demo", "namespace": namespace, "serviceAccount": account, "roleArn": role,
    });
    if let Some(owner) = owner {
        view["ownerArn"] = json!(owner);
    }
    view
}

/// Associations that stand on their own: those of the family, and others.
fn workloads(random: &mut Random, roles: &Roles, family: &[String], associations: &mut Vec<Value>) {
    let namespaced = random.chance(50);
    for (number, role) in family.iter().enumerate() {
        let namespace = if namespaced { "services".to_string() } else { format!("team-{}", number % 3) };
        let account = if random.chance(80) { format!("svc{number}") } else { format!("other{number}") };
        associations.push(association(random, &namespace, &account, role, None));
    }
    for namespace in ["default", "shop", "kube-system"] {
        for account in random.some(&["default", "orders", "web.api", "jobs"], 35) {
            let role = roles.any(random);
            let mut view = association(random, namespace, account, &role, None);
            view["tags"] = Value::Object(tags(random));
            if random.chance(20) {
                view["targetRoleArn"] = json!(roles.any(random));
            }
            if random.chance(20) {
                view["disableSessionTags"] = json!(true);
                if random.chance(50) {
                    view["policy"] = json!(policy(1).to_string());
                }
            }
            associations.push(view);
        }
    }
}
