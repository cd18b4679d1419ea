//! Constraints on versions, and the lock file that pins what they stand for.

use super::world::{World, count};

const STACK: &str = r#"stack "platform" {}

cluster "demo" {
  version  = "1.33"
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

addon "kube-proxy" {
  cluster = cluster.demo
  version = "default"
}

addon "vpc-cni" {
  cluster = cluster.demo
  version = "~> 1.21.0"
}
"#;

const LOCK: &str = r#"# The versions that constraints stand for. Written by `eksform apply`, moved by `eksform upgrade`.
# Check this file in.

addon "kube-proxy" {
  kubernetes_version = "1.33"
  constraint         = "default"
  version            = "v1.33.4-eksbuild.2"
  partition          = "aws"
  region             = "us-east-2"
}

addon "vpc-cni" {
  kubernetes_version = "1.33"
  constraint         = "~> 1.21.0"
  version            = "v1.21.1-eksbuild.1"
  partition          = "aws"
  region             = "us-east-2"
}
"#;

#[test]
fn apply_pins_what_constraints_stand_for_and_plan_does_not() {
    let world = World::of(STACK);
    world.run(&["plan", "--locked"]).ends(1).complains(&[
        "error[missing-pin]: eksform.lock.hcl has no pin for \"default\" of kube-proxy on Kubernetes 1.33",
        "today it would be v1.33.4-eksbuild.2",
    ]);
    world.plan().done().complains(&["note[unpinned-version]: 2 versions are chosen anew"]);
    assert!(!world.stack().join("eksform.lock.hcl").exists());

    world.apply().done().says(&["Pinned 2 versions in eksform.lock.hcl"]);
    assert_eq!(world.read("eksform.lock.hcl"), LOCK);
    // Neither planning nor applying asks for versions again, or touches the file.
    let (_, calls) = world.during(|| {
        world.run(&["plan", "--locked"]).done().says(&["No changes."]);
        world.apply().done().says(&["No changes."]);
    });
    assert_eq!(count(&calls, "DescribeAddonVersions"), 0);
    assert_eq!(world.read("eksform.lock.hcl"), LOCK);

    // What the file says holds, whatever AWS offers.
    world.write("eksform.lock.hcl", &LOCK.replace("v1.33.4-eksbuild.2", "v1.33.9-eksbuild.9"));
    world.plan().done().says(&["\"v1.33.4-eksbuild.2\" -> \"v1.33.9-eksbuild.9\""]);
}

#[test]
fn a_saved_plan_carries_its_pins() {
    let world = World::of(STACK);
    world.run(&["plan", "--out", "p"]).done();
    world.run(&["apply", "p"]).done().says(&["Pinned 2 versions"]);
    assert_eq!(world.read("eksform.lock.hcl"), LOCK);
    world.run(&["plan", "--locked"]).done().says(&["No changes."]);
}

#[test]
fn a_damaged_lock_file_is_shown_and_left_alone() {
    let world = World::of(STACK);
    let damaged = LOCK.replace("constraint         = \"default\"", "constrain = \"default\"");
    world.write("eksform.lock.hcl", &damaged);
    world.apply().ends(1).complains(&[
        "error[unknown-attribute]: There is no attribute \"constrain\"",
        "did you mean \"constraint\"?",
        "eksform.lock.hcl:6",
    ]);
    assert_eq!(world.read("eksform.lock.hcl"), damaged);
}
