//! Add-ons whose associations come and go while they stay.

use super::world::{World, writes};

#[tokio::test]
async fn an_add_on_gets_its_association_later() {
    let world = World::example("pod-identity");
    let block = "  pod_identity_association {\n    service_account = \"aws-node\"\n    role_arn        = role.vpc_cni.arn\n  }\n";
    world.edit(block, "");
    world.apply().done().says(&["4 added"]);
    let server = world.server();
    let before = server.addon("demo", "vpc-cni").await;
    assert_eq!(server.associations("demo").await, []);

    world.edit("eksbuild.1\"\n}", &format!("eksbuild.1\"\n{block}}}"));
    let plan = world.plan().done().says(&["Plan: 0 to add, 1 to change, 0 to destroy."]);
    world.snapshot(&plan.stdout, "later-association-plan");
    let (applied, calls) = world.during(|| world.apply().done());
    applied.says(&["Apply complete! Resources: 0 added, 1 changed, 0 destroyed."]);
    assert_eq!(writes(&calls), ["UpdateAddon"]);

    let after = server.addon("demo", "vpc-cni").await;
    assert_eq!((after.addon_arn(), after.created_at()), (before.addon_arn(), before.created_at()));
    let associations = server.associations("demo").await;
    assert_eq!(associations.len(), 1);
    assert_eq!(associations[0].owner_arn(), after.addon_arn());
    world.unchanged();
}

const ADOT: &str = r#"
stack "telemetry" {}

provider "aws" {
  region = "us-east-2"
}

role "cluster" {
  name             = "demo-cluster"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
  trust { service = "eks.amazonaws.com" }
}

cluster "demo" {
  version  = "1.30"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

role "metrics" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonPrometheusRemoteWriteAccess"]
}

role "traces" {
  managed_policies = ["arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"]
}

addon "adot" {
  cluster = cluster.demo.name
  pod_identity_association {
    service_account = "adot-col-prom-metrics"
    role_arn        = role.metrics.arn
  }
  pod_identity_association {
    service_account = "adot-col-otlp-ingest"
    role_arn        = role.traces.arn
  }
}
"#;

#[tokio::test]
async fn two_service_accounts_with_two_roles() {
    let world = World::of(ADOT);
    let (_, calls) = world.during(|| world.apply().done());
    assert_eq!(
        writes(&calls).iter().filter(|name| name.contains("Addon")).collect::<Vec<_>>(),
        ["CreateAddon"]
    );
    world.unchanged();
    let server = world.server();
    let both = server.associations("demo").await;
    let names: Vec<_> = both.iter().filter_map(|association| association.service_account()).collect();
    assert_eq!(names, ["adot-col-otlp-ingest", "adot-col-prom-metrics"]);
    assert!(both[0].role_arn().unwrap().ends_with(":role/traces"));
    assert!(both[1].role_arn().unwrap().ends_with(":role/metrics"));

    world.edit(
        "  pod_identity_association {\n    service_account = \"adot-col-prom-metrics\"\n    role_arn        = role.metrics.arn\n  }\n",
        "",
    );
    world.plan().done().says(&["Plan: 0 to add, 1 to change, 0 to destroy.", "adot-col-prom-metrics"]);
    let (_, calls) = world.during(|| world.apply().done());
    assert_eq!(writes(&calls), ["UpdateAddon"]);
    let left = server.associations("demo").await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].association_id(), both[0].association_id());
    world.unchanged();
}
