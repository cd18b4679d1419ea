//! `pod_identity = "recommended"`: roles as EKS recommends them, shared by the account or the stack's own.

use super::server::Recorder;
use super::world::{World, count, writes};

const ROLE: &str = "AmazonEKSPodIdentityAmazonVPCCNIRole";
const CNI: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

/// A stack with a cluster and the add-on `vpc-cni`.
fn stack(name: &str, more: &str) -> String {
    format!(
        r#"
stack "{name}" {{}}

provider "aws" {{
  region = "us-east-2"
}}

role "cluster" {{
  name             = "{name}-cluster"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
  trust {{ service = "eks.amazonaws.com" }}
}}

cluster "demo" {{
  name     = "{name}"
  version  = "1.30"
  role_arn = role.cluster.arn
  vpc {{ subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }}
}}

addon "vpc-cni" {{
  cluster      = cluster.demo.name
  version      = "default"
  pod_identity = "recommended"
{more}}}
"#
    )
}

#[tokio::test]
async fn one_call_makes_the_add_on_with_its_recommended_role() {
    let world = World::of(&stack("blue", ""));
    let (plan, calls) = world.during(|| world.plan().done());
    plan.says(&[
        &format!(r#"role.recommended["{ROLE}"] will be created"#),
        "recommended for addon.vpc-cni",
        "shared by the account",
        &format!(r#"role_arn        = "arn:aws:iam::123456789012:role/{ROLE}""#),
        "Plan: 4 to add, 0 to change, 0 to destroy.",
    ]);
    assert_eq!(count(&calls, "DescribeAddonVersions"), 1);
    assert_eq!(count(&calls, "DescribeAddonConfiguration"), 1);

    let server = world.server();
    let recorder = Recorder::of(&server);
    let environment = [
        ("AWS_ENDPOINT_URL", recorder.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    world.plain(&["apply", "--auto-approve"], &environment).done();
    let sent = recorder.sent();
    let creates: Vec<&str> = sent.split("POST /clusters/blue/addons ").skip(1).collect();
    assert_eq!(creates.len(), 1, "{sent}");
    for part in [
        "podIdentityAssociations",
        "aws-node",
        &format!("arn:aws:iam::123456789012:role/{ROLE}"),
        "addonVersion",
    ] {
        assert!(creates[0].contains(part), "no {part} in {}", creates[0]);
    }
    assert_eq!(count(&world.calls(), "CreatePodIdentityAssociation"), 0);
    assert_eq!(server.attached(ROLE).await, [CNI]);
    let tags = server.role_tags(ROLE).await;
    assert_eq!(tags, [("eksform:shared".to_string(), "recommended".to_string())]);
    drop(recorder);
    drop(server);
    world.unchanged();
}

#[tokio::test]
async fn two_stacks_share_the_role_and_destroying_leaves_it() {
    let world = World::of(&stack("blue", ""));
    world.apply().done().says(&["Resources: 4 added"]);
    world.write("main.eks.hcl", &stack("green", ""));
    let (applied, calls) = world.during(|| world.apply().done());
    applied.says(&["Resources: 3 added, 0 changed, 0 destroyed."]);
    assert_eq!(writes(&calls).iter().filter(|name| name.as_str() == "CreateRole").count(), 1);
    world.unchanged();
    {
        let server = world.server();
        for cluster in ["blue", "green"] {
            let associations = server.associations(cluster).await;
            assert!(associations[0].role_arn().unwrap().ends_with(ROLE), "{associations:?}");
        }
    }

    let destroy = world.run(&["destroy", "--auto-approve", "--allow-destroy", "cluster.demo"]).done();
    assert!(
        format!("{}{}", destroy.stdout, destroy.stderr).contains(&format!("The role \"{ROLE}\" is left")),
        "{}\n{}",
        destroy.stdout,
        destroy.stderr
    );
    let server = world.server();
    assert_eq!(server.attached(ROLE).await, [CNI]);
    assert_eq!(server.associations("blue").await.len(), 1);
}

#[tokio::test]
async fn a_shared_role_that_lacks_something_is_refused() {
    let world = World::of(&stack("blue", ""));
    world.apply().done();
    world.server().detach(ROLE, CNI).await;
    let (refused, calls) = world.during(|| world.plan().ends(1));
    refused.complains(&[
        "insufficient-role",
        &format!("The role \"{ROLE}\" exists and lacks what EKS recommends"),
        &format!("{CNI} is not attached"),
        "aws iam attach-role-policy",
    ]);
    assert_eq!(writes(&calls), Vec::<String>::new());
}

#[tokio::test]
async fn a_role_of_the_stacks_own_is_scoped_and_goes_with_it() {
    let own = "  recommended {\n    scope_to_cluster = true\n  }\n";
    let world = World::of(&stack("blue", own));
    world.apply().done();
    world.unchanged();
    let name = format!("{ROLE}-blue");
    {
        let server = world.server();
        let trust = server.trust(&name).await;
        let tags = &trust["Statement"][0]["Condition"]["StringEquals"];
        let only = |value: &serde_json::Value| value.as_array().map_or(value.clone(), |all| all[0].clone());
        for (tag, value) in [
            ("eks-cluster-arn", "arn:aws:eks:us-east-2:123456789012:cluster/blue"),
            ("kubernetes-namespace", "kube-system"),
            ("kubernetes-service-account", "aws-node"),
        ] {
            assert_eq!(only(&tags[format!("aws:RequestTag/{tag}")]), value, "{trust}");
        }
        assert!(server.associations("blue").await[0].role_arn().unwrap().ends_with(&name));
    }
    // The account's role instead: made, and the stack's own goes.
    world.edit(own, "");
    world.apply().done().says(&["1 added, 1 changed, 1 destroyed"]);
    world.unchanged();

    world.edit("  pod_identity = \"recommended\"\n", &format!("  pod_identity = \"recommended\"\n{own}"));
    world.apply().done().says(&["1 added, 1 changed, 0 destroyed"]);
    let destroyed = world.run(&["destroy", "--auto-approve", "--allow-destroy", "cluster.demo"]).done();
    destroyed.says(&[&format!(r#"role.recommended["{name}"]: destroyed"#)]);
}

#[tokio::test]
async fn planning_takes_few_rounds() {
    // The cluster is somebody else's, the version EKS's default, the role's name known only from EKS's answer.
    let world = World::of(&stack("blue", ""));
    world.apply().done();
    world.write(
        "main.eks.hcl",
        "stack \"other\" {}\nprovider \"aws\" { region = \"us-east-2\" }\naddon \"adot\" {\n  cluster = \"blue\"\n  version = \"default\"\n  pod_identity = \"recommended\"\n}\n",
    );
    let (plan, calls) = world.during(|| world.plan().done());
    plan.says(&["Plan: 4 to add", "EKSPodIdentity-adot-adot-col-otlp-ingest"]);
    assert_eq!(count(&calls, "DescribeAddonVersions"), 1);
    assert_eq!(count(&calls, "DescribeAddonConfiguration"), 1);
    // Once for all the stack owns, once for the three roles.
    assert!(count(&calls, "GetAccountAuthorizationDetails") <= 2, "{calls:?}");
}
