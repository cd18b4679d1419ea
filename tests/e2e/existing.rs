//! `examples/existing-cluster`: what others made is named, never tagged or changed, and taken over only on request.

use super::server::{PODS_TRUST, Server};
use super::world::{World, writes};

const ROLE: &str = "AmazonEKSPodIdentityAmazonVPCCNIRole";
const POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

/// The cluster and the role of the example, made by somebody else.
async fn somebody_else(server: &Server) {
    server.make_cluster("demo").await;
    server.make_role(ROLE, PODS_TRUST, POLICY).await;
}

/// An add-on without association, made by somebody else.
async fn foreign_addon(server: &Server) {
    let create = server.eks.create_addon().cluster_name("demo").addon_name("vpc-cni");
    create.addon_version("v1.19.0-eksbuild.1").send().await.unwrap();
    server.addon_is("demo", "vpc-cni", "ACTIVE").await;
}

/// What the stack only names, as text.
async fn named(server: &Server) -> String {
    let cluster = server.eks.describe_cluster().name("demo").send().await.unwrap().cluster;
    let role = server.iam.get_role().role_name(ROLE).send().await.unwrap().role;
    format!("{cluster:?} {role:?} {:?}", server.attached(ROLE).await)
}

#[tokio::test]
async fn one_create_addon_and_nothing_else() {
    let world = World::example("existing-cluster");
    let server = world.server();
    somebody_else(&server).await;
    let before = named(&server).await;
    world
        .plain(&["plan"], &server.environment())
        .done()
        .says(&["Plan: 1 to add, 0 to change, 0 to destroy."]);
    let (applied, calls) =
        world.during(|| world.plain(&["apply", "--auto-approve"], &server.environment()).done());
    applied.says(&["AWS: account 123456789012 in us-east-2"]);
    assert_eq!(writes(&calls), ["CreateAddon"]);
    assert_eq!(named(&server).await, before);
    let addon = server.addon("demo", "vpc-cni").await;
    assert_eq!(addon.tags().unwrap()["eksform:stack"], "existing-cluster");
    let association = server.association("demo", "aws-node").await.unwrap();
    assert_eq!(association.owner_arn(), addon.addon_arn());
    world.plain(&["plan"], &server.environment()).done().says(&["No changes."]);
    let (_, calls) =
        world.during(|| world.plain(&["destroy", "--auto-approve"], &server.environment()).done());
    assert_eq!(writes(&calls), ["DeleteAddon"]);
    assert_eq!(named(&server).await, before);
}

#[tokio::test]
async fn a_cluster_that_does_not_exist_is_said_to_be_missing() {
    let world = World::example("existing-cluster");
    world.plan().ends(1).complains(&["demo"]);
    assert_eq!(writes(&world.calls()), Vec::<String>::new());
}

#[tokio::test]
async fn a_foreign_add_on_is_refused_until_it_is_adopted() {
    let world = World::example("existing-cluster");
    let server = world.server();
    somebody_else(&server).await;
    foreign_addon(&server).await;
    let arn = server.addon("demo", "vpc-cni").await.addon_arn;
    let refused = world.plan().ends(1).complains(&[
        "exists already, and it is not managed by any stack",
        "--adopt 'addon.vpc-cni'",
        "adopt {\n",
    ]);
    world.snapshot(&refused.stderr, "not-owned");
    let (_, calls) = world.during(|| world.apply().ends(1));
    assert_eq!(writes(&calls), Vec::<String>::new());

    let adopt = ["apply", "--auto-approve", "--adopt", "addon.vpc-cni"];
    let (applied, calls) = world.during(|| world.run(&adopt).done());
    world.snapshot(&applied.stdout, "adopted");
    assert_eq!(writes(&calls), ["TagResource", "UpdateAddon"]);
    let addon = server.addon("demo", "vpc-cni").await;
    assert_eq!(addon.addon_arn, arn);
    assert_eq!(addon.tags().unwrap()["eksform:stack"], "existing-cluster");
    assert_eq!(addon.tags().unwrap()["eksform:address"], "addon.vpc-cni");
    assert_eq!(server.association("demo", "aws-node").await.unwrap().owner_arn(), addon.addon_arn());
    world.unchanged();
}

#[tokio::test]
async fn an_adopt_block_does_the_same() {
    let world = World::example("existing-cluster");
    let server = world.server();
    somebody_else(&server).await;
    foreign_addon(&server).await;
    world.write("adopt.eks.hcl", "adopt {\n  to = addon.vpc-cni\n}\n");
    let (_, calls) = world.during(|| world.apply().done().says(&["1 changed"]));
    assert_eq!(writes(&calls), ["TagResource", "UpdateAddon"]);
    // The block may stay.
    world.unchanged();
}

#[tokio::test]
async fn what_another_stack_owns_is_adopted_from_it_by_name() {
    let world = World::example("existing-cluster");
    let server = world.server();
    somebody_else(&server).await;
    world.apply().done();
    world.edit("stack \"existing-cluster\"", "stack \"networking\"");
    world.plan().ends(1).complains(&[
        "it belongs to the stack \"existing-cluster\"",
        "--adopt 'addon.vpc-cni=existing-cluster'",
    ]);
    world.run(&["plan", "--adopt", "addon.vpc-cni"]).ends(1);
    let adopt = ["apply", "--auto-approve", "--adopt", "addon.vpc-cni=existing-cluster"];
    let (_, calls) = world.during(|| world.run(&adopt).done());
    assert_eq!(writes(&calls), ["TagResource"]);
    world.unchanged();
}

/// AWS would answer 409 in the middle of an apply. The plan says whose the association is, for a new add-on and for
/// one that is there, and goes through once it is gone.
#[tokio::test]
async fn an_association_that_somebody_made_is_in_the_way() {
    let world = World::example("existing-cluster");
    let server = world.server();
    somebody_else(&server).await;
    let arn = format!("arn:aws:iam::123456789012:role/{ROLE}");
    for there in [false, true] {
        if there {
            foreign_addon(&server).await;
        }
        let by_hand = server.eks.create_pod_identity_association().cluster_name("demo");
        let by_hand = by_hand.namespace("kube-system").service_account("aws-node").role_arn(&arn);
        let made = by_hand.send().await.unwrap().association.unwrap();
        let id = made.association_id.unwrap();
        let consent: &[&str] = if there { &["--adopt=addon.vpc-cni"] } else { &[] };
        let apply = [&["apply", "--auto-approve"], consent].concat();
        let (refused, calls) = world.during(|| world.plain(&apply, &server.environment()).ends(1));
        assert_eq!(writes(&calls), Vec::<String>::new());
        refused.complains(&[
            "has an association for the service account \"aws-node\" already, which is not managed by any stack",
            &format!("--cluster-name demo --association-id {id}"),
        ]);
        let delete = server.eks.delete_pod_identity_association().cluster_name("demo").association_id(id);
        delete.send().await.unwrap();
        world.plain(&apply, &server.environment()).done();
        assert!(server.association("demo", "aws-node").await.unwrap().owner_arn.is_some());
        let destroy = ["destroy", "--auto-approve"];
        world.plain(&destroy, &server.environment()).done();
    }
}
