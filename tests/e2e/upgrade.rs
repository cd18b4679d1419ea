//! `eksform upgrade`: a cluster and its add-ons to newer versions, with no incompatible moment.

use super::world::{World, count, writes};
use eksform::sandbox::LogEntry;
use serde_json::Value;
use std::collections::BTreeMap;

const CLUSTER: &str = r#"stack "platform" {}

cluster "demo" {
  version  = "1.30"
  role_arn = role.cluster.arn
  vpc {
    subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  }
}

role "cluster" {
  name = "demo-cluster"
  trust {
    service = "eks.amazonaws.com"
  }
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
}
"#;

/// Name and version of eight add-ons.
const ADDONS: [(&str, &str); 8] = [
    ("adot", "default"),
    ("aws-ebs-csi-driver", "v1.30.0-eksbuild.1"),
    ("aws-efs-csi-driver", "~> 2.0"),
    ("coredns", "default"),
    ("eks-pod-identity-agent", "latest"),
    ("kube-proxy", "default"),
    ("snapshot-controller", "default"),
    ("vpc-cni", "~> 1.18"),
];

fn stack() -> String {
    let addon = |(name, version): &(&str, &str)| {
        format!("\naddon \"{name}\" {{\n  cluster = cluster.demo\n  version = \"{version}\"\n}}\n")
    };
    CLUSTER.to_string() + &ADDONS.iter().map(addon).collect::<String>()
}

/// Which Kubernetes versions each version of the sandbox's add-ons is offered for.
fn offered() -> BTreeMap<(String, String), Vec<String>> {
    let text = include_str!("../../src/sandbox/catalog/addons.json");
    let catalog: Value = serde_json::from_str(text).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_string();
    let mut offered = BTreeMap::new();
    for addon in catalog["addons"].as_array().expect("add-ons") {
        for version in addon["versions"].as_array().expect("versions") {
            let kubernetes = version["kubernetes"].as_array().expect("a list").iter().map(text).collect();
            offered.insert((text(&addon["name"]), text(&version["version"])), kubernetes);
        }
    }
    offered
}

/// Follows the cluster and its add-ons through the calls, and fails at the first incompatible moment. What it
/// saw: each version the cluster and the add-on got, in order.
fn follow(calls: &[LogEntry]) -> Vec<String> {
    let offered = offered();
    let minor = |version: &str| -> u32 {
        version.trim_start_matches('v').split('.').nth(1).and_then(|text| text.parse().ok()).expect(version)
    };
    let mut kubernetes = String::new();
    let mut addons: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = Vec::new();
    for call in calls.iter().filter(|call| call.error.is_none()) {
        let input = |name: &str| call.names.get(name).cloned();
        match call.operation.as_str() {
            "CreateCluster" => kubernetes = input("version").expect("a version"),
            "UpdateClusterVersion" => {
                let next = input("version").expect("a version");
                assert_eq!(minor(&next), minor(&kubernetes) + 1, "one minor at a time");
                seen.push(format!("cluster {next}"));
                kubernetes = next;
            }
            "CreateAddon" | "UpdateAddon" => {
                let (name, Some(version)) = (input("addonName").expect("a name"), input("addonVersion"))
                else {
                    continue;
                };
                if let Some(before) = addons.insert(name.clone(), version.clone()) {
                    if name == "vpc-cni" {
                        assert!(minor(&version) <= minor(&before) + 1, "{name} {before} -> {version}");
                    }
                    seen.push(format!("{name} {version}"));
                }
            }
            _ => continue,
        }
        for (name, version) in &addons {
            let fine =
                offered.get(&(name.clone(), version.clone())).is_some_and(|all| all.contains(&kubernetes));
            assert!(fine, "{name} {version} on Kubernetes {kubernetes}, after {}", call.operation);
        }
    }
    seen
}

#[test]
fn four_minor_versions_with_eight_add_ons() {
    let world = World::of(&stack());
    world.apply().done();
    let before = world.read("main.eks.hcl");

    world.edit("\"1.30\"", "\"1.34\"");
    world.plan().ends(1).complains(&["eksform upgrade --cluster demo --kubernetes-version 1.34"]);
    world.write("main.eks.hcl", &before);

    let upgrade = ["upgrade", "--cluster", "demo", "--kubernetes-version", "1.34"];
    let dry = world.run(&[&upgrade[..], &["--dry-run"]].concat()).done();
    world.snapshot(&dry.stdout, "upgrade-dry-run");
    // EKS has nothing against Kubernetes 1.31; later it has something against 1.33.
    assert_eq!((count(&world.calls(), "ListInsights"), dry.stderr.as_str()), (1, ""));
    assert_eq!(world.read("main.eks.hcl"), before);

    let run = world.run(&[&upgrade[..], &["--auto-approve"]].concat()).done();
    run.says(&["Upgrade complete: the cluster \"demo\" is at Kubernetes 1.34"]);
    let seen = follow(&world.calls());
    assert_eq!(seen.iter().filter(|line| line.starts_with("cluster ")).count(), 4, "{seen:#?}");
    assert_eq!(count(&world.calls(), "UpdateClusterVersion"), 4);
    assert!(world.read("main.eks.hcl").contains("version  = \"1.34\""));
    world.unchanged();
    world.run(&["plan", "--locked"]).done();
    world.run(&upgrade).done().says(&["are as they should be"]);
}

#[test]
fn an_interrupted_upgrade_goes_on_where_it_stopped() {
    let world = World::of(&stack());
    world.apply().done();
    let upgrade = ["upgrade", "--kubernetes-version", "1.32"];
    // The first step is approved, the second is not.
    let run = world.answer(&upgrade, "yes\n").ends(1);
    run.says(&["The upgrade stopped here. Run it again to go on."]);
    let calls = world.calls();
    assert!(count(&calls, "UpdateClusterVersion") + count(&calls, "UpdateAddon") > 0);
    // What was declined is in no file.
    world.unchanged();
    world.run(&["upgrade", "--kubernetes-version", "1.32", "--auto-approve"]).done();
    world.run(&["upgrade", "--kubernetes-version", "1.33", "--dry-run"]).done().complains(&[
        "warning[upgrade-insight]: EKS on Kubernetes 1.33: EKS add-on version compatibility",
        "EKS refuses the upgrade until this is mended",
    ]);
    let seen = follow(&world.calls());
    assert_eq!(seen.iter().filter(|line| line.starts_with("cluster ")).count(), 2, "{seen:#?}");
    world.unchanged();
}

#[test]
fn only_one_add_on() {
    let world = World::of(&stack());
    world.apply().done();
    let (_, calls) = world.during(|| {
        world.run(&["upgrade", "--addon", "aws-ebs-csi-driver", "--auto-approve"]).done().says(&[
            "Upgrade of add-ons of the cluster \"demo\" (Kubernetes 1.30) in 1 step",
            "v1.30.0-eksbuild.1 -> v1.31.0-eksbuild.1  # the default for Kubernetes 1.30",
        ]);
    });
    assert_eq!(writes(&calls), ["UpdateAddon"]);
    assert!(world.read("main.eks.hcl").contains("version = \"v1.31.0-eksbuild.1\""));
    world.unchanged();
}

#[test]
fn versions_that_are_not_written_out_are_named() {
    let text = stack().replace("version  = \"1.30\"", "version  = var.kubernetes");
    let world = World::of(&(text + "\nvariable \"kubernetes\" {\n  default = \"1.30\"\n}\n"));
    world.apply().done();
    world.run(&["upgrade", "--kubernetes-version", "1.31", "--auto-approve"]).ends(1).complains(&[
        "error[no-literal]: The version of cluster.demo is not written out here",
        "comes from var.kubernetes",
        "declared here",
    ]);
    world.run(&["upgrade", "--kubernetes-version", "1.29"]).ends(1).complains(&["error[older-version]"]);
    world.run(&["upgrade", "--cluster", "dem"]).ends(1).complains(&["did you mean \"demo\"?"]);
    world.run(&["upgrade", "--addon", "vpc-cnj"]).ends(1).complains(&["did you mean \"vpc-cni\"?"]);
    world.unchanged();
}
