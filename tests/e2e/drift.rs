//! Edits behind eksform's back: the next plan is exactly the repair, or nothing if AWS would see no difference.

use super::server::{PODS_TRUST, Server};
use super::world::{World, writes};

const ROLE: &str = "AmazonEKSPodIdentityAmazonVPCCNIRole";
const POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

/// The walkthrough, applied, with a workload's association beside it.
fn applied() -> (World, Server) {
    let world = World::example("pod-identity");
    world.write("orders.eks.hcl", ORDERS);
    let server = world.server();
    world.apply().done();
    (world, server)
}

const ORDERS: &str = r#"
role "orders" {
  inline_policies = {
    read = {
      Version = "2012-10-17"
      Statement = [
        { Sid = "Queue", Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource = "*" },
        { Sid = "Table", Effect = "Allow", Action = "dynamodb:GetItem", Resource = ["*"] },
      ]
    }
  }
}

pod_identity_association "orders" {
  cluster         = cluster.demo.name
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
"#;

/// Plans and applies the repair, which is these calls, and holds that nothing is left to do.
#[track_caller]
fn repaired(world: &World, calls: &[&str], says: &[&str]) {
    world.plan().done().says(says);
    let (_, made) = world.during(|| world.apply().done());
    assert_eq!(writes(&made), calls);
    world.unchanged();
}

#[tokio::test]
async fn a_detached_policy_is_attached_again() {
    let (world, server) = applied();
    server.iam.detach_role_policy().role_name(ROLE).policy_arn(POLICY).send().await.unwrap();
    let plan = world.plan().done();
    world.snapshot(&plan.stdout, "detached-policy");
    repaired(&world, &["AttachRolePolicy"], &["Plan: 0 to add, 1 to change, 0 to destroy."]);
    assert_eq!(server.attached(ROLE).await, [POLICY]);
    // One too many is taken off.
    let extra = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    server.iam.attach_role_policy().role_name(ROLE).policy_arn(extra).send().await.unwrap();
    repaired(&world, &["DetachRolePolicy"], &[extra]);
}

#[tokio::test]
async fn a_changed_trust_policy_is_set_right() {
    let (world, server) = applied();
    let wrong = PODS_TRUST.replace("pods.eks.amazonaws.com", "ec2.amazonaws.com");
    server.iam.update_assume_role_policy().role_name(ROLE).policy_document(wrong).send().await.unwrap();
    let plan = world.plan().done();
    world.snapshot(&plan.stdout, "changed-trust");
    repaired(&world, &["UpdateAssumeRolePolicy"], &["ec2.amazonaws.com", "0 to add, 1 to change"]);
    assert_eq!(server.trust(ROLE).await["Statement"][0]["Principal"]["Service"], "pods.eks.amazonaws.com");
}

#[tokio::test]
async fn a_deleted_association_comes_back() {
    let (world, server) = applied();
    for (account, calls, says) in [
        ("aws-node", ["UpdateAddon"], "Plan: 0 to add, 1 to change, 0 to destroy."),
        ("orders", ["CreatePodIdentityAssociation"], "Plan: 1 to add, 0 to change, 0 to destroy."),
    ] {
        let association = server.association("demo", account).await.unwrap();
        let delete = server.eks.delete_pod_identity_association().cluster_name("demo");
        delete.association_id(association.association_id().unwrap()).send().await.unwrap();
        repaired(&world, &calls, &[says, account]);
        let again = server.association("demo", account).await.unwrap();
        assert_eq!((again.role_arn, again.owner_arn), (association.role_arn, association.owner_arn));
    }
}

#[tokio::test]
async fn tags_and_configuration_are_set_right() {
    let (world, server) = applied();
    let addon = server.addon("demo", "vpc-cni").await;
    let tag = server.eks.tag_resource().resource_arn(addon.addon_arn().unwrap());
    tag.tags("owner", "somebody").send().await.unwrap();
    repaired(&world, &["UntagResource"], &["owner", "0 to add, 1 to change"]);
    let update = server.eks.update_addon().cluster_name("demo").addon_name("vpc-cni");
    update.configuration_values(r#"{"env":{"ENABLE_PREFIX_DELEGATION":"true"}}"#).send().await.unwrap();
    server.addon_is("demo", "vpc-cni", "ACTIVE").await;
    repaired(&world, &["UpdateAddon"], &["ENABLE_PREFIX_DELEGATION"]);
}

#[tokio::test]
async fn a_deleted_role_comes_back() {
    let (world, server) = applied();
    server.iam.detach_role_policy().role_name(ROLE).policy_arn(POLICY).send().await.unwrap();
    server.iam.delete_role().role_name(ROLE).send().await.unwrap();
    repaired(&world, &["CreateRole", "AttachRolePolicy"], &["Plan: 1 to add, 0 to change, 0 to destroy."]);
}

#[tokio::test]
async fn what_differs_in_form_only_is_no_change() {
    let (world, server) = applied();
    // Order of keys and of actions, one statement without its list, white space.
    let trust = r#"{ "Statement" : { "Action":["sts:TagSession","sts:AssumeRole"], "Principal":{"Service":["pods.eks.amazonaws.com"]},
        "Effect":"Allow" },  "Version":"2012-10-17" }"#;
    server.iam.update_assume_role_policy().role_name(ROLE).policy_document(trust).send().await.unwrap();
    // Order of statements, string for list and list for string.
    let read = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"Table","Effect":"Allow","Action":["dynamodb:GetItem"],"Resource":"*"},
        {"Effect":"Allow","Resource":["*"],"Action":["sqs:DeleteMessage","sqs:ReceiveMessage"],"Sid":"Queue"}]}"#;
    server
        .iam
        .put_role_policy()
        .role_name("orders")
        .policy_name("read")
        .policy_document(read)
        .send()
        .await
        .unwrap();
    world.unchanged();
}
