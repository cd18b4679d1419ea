//! Reads that fail: never taken for absence, and always said.

use serde_json::json;

use super::server::Server;
use super::world::{World, writes};

fn applied() -> (World, Server) {
    let world = World::example("pod-identity");
    world.apply().done();
    let server = world.server();
    (world, server)
}

#[test]
fn an_object_that_cannot_be_read_is_not_made_again() {
    for operation in ["DescribeAddon", "DescribeCluster"] {
        let (world, server) = applied();
        server.faults(&json!([{"operation": operation, "fault": {"kind": "access_denied"}}]));
        let (refused, calls) = world.during(|| world.apply().ends(1));
        assert_eq!(writes(&calls), Vec::<String>::new(), "{operation}");
        refused.complains(&["could not be read", "AccessDenied"]);
    }
}

/// A role for CI may be denied the bulk read of IAM.
#[test]
fn roles_are_read_one_by_one_if_the_bulk_read_is_denied() {
    let (world, server) = applied();
    let denied = |operation: &str| json!({"operation": operation, "fault": {"kind": "access_denied"}});
    server.faults(&json!([denied("GetAccountAuthorizationDetails"), denied("ListRoles")]));
    // What the stack may own beyond that was not looked for.
    world
        .plan()
        .done()
        .says(&["No changes; orphan roles could not be looked for (GetAccountAuthorizationDetails:"]);
}

#[test]
fn what_could_not_be_searched_is_named() {
    let (world, server) = applied();
    let text = world.read("main.eks.hcl");
    world.write("main.eks.hcl", &text[..text.find("addon \"vpc-cni\"").unwrap()]);
    // Without the tagging API everything there is is looked at.
    let denied = |operation: &str| json!({"operation": operation, "fault": {"kind": "access_denied"}});
    server.faults(&json!([denied("GetResources")]));
    world
        .plan()
        .done()
        .says(&["addon.vpc-cni will be destroyed", "Plan: 0 to add, 0 to change, 1 to destroy."]);
    server.faults(&json!([denied("GetResources"), denied("ListClusters"), denied("ListAddons")]));
    let planned = world.plan().done();
    world.snapshot(&planned.stdout, "not-searched");
    planned.says(&["orphan add-ons, clusters and Pod Identity associations could not be looked for"]);
}

#[test]
fn a_service_that_is_down_is_said_to_be() {
    let world = World::of("stack \"s\" {}\nrole \"r\" {}\n");
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDME"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-2"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ];
    world.plain(&["plan"], &keys).ends(1).complains(&["cannot reach AWS"]);
}
