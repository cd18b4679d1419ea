//! `examples/cluster-with-addons`: everything in one apply, and everything gone after destroy.

use super::world::{World, writes};

fn position(writes: &[String], operation: &str) -> Vec<usize> {
    writes.iter().enumerate().filter(|(_, name)| *name == operation).map(|(at, _)| at).collect()
}

#[tokio::test]
async fn one_apply_makes_it_and_destroy_removes_it() {
    let world = World::example("cluster-with-addons");
    let plan = world.plan().done();
    world.snapshot(&plan.stdout, "cluster-with-addons-plan");
    let (applied, calls) = world.during(|| world.apply().done());
    applied.says(&[
        "Apply complete! Resources: 13 added, 0 changed, 0 destroyed.",
        "is DEGRADED until the cluster has nodes",
        "endpoint = \"https://",
    ]);
    let made = writes(&calls);
    assert_eq!(position(&made, "CreateAddon").len(), 5);
    assert_eq!(position(&made, "CreatePodIdentityAssociation").len(), 2);
    assert_eq!(position(&made, "CreateCluster").len(), 1);
    assert_eq!(position(&made, "CreateRole").len(), 5);
    assert!(position(&made, "CreateCluster") < position(&made, "CreateAddon"), "{made:?}");
    world.unchanged();

    // There is no state to ask for outputs: an apply with nothing to do tells them.
    world.apply().done().says(&["No changes.", "endpoint = \"https://"]);

    // Also through the port, as any other client sees it.
    let server = world.server();
    assert_eq!(server.associations("shop").await.len(), 4);
    world
        .run(&["destroy", "--auto-approve"])
        .ends(1)
        .complains(&["This plan would destroy the cluster \"shop\"", "--allow-destroy cluster.main"]);
    let destroy = ["destroy", "--auto-approve", "--allow-destroy", "cluster.main"];
    let (destroyed, calls) = world.during(|| world.run(&destroy).done());
    destroyed.says(&["Plan: 0 to add, 0 to change, 13 to destroy.", "13 destroyed"]);
    let gone = writes(&calls);
    let cluster = position(&gone, "DeleteCluster")[0];
    assert!(position(&gone, "DeletePodIdentityAssociation").iter().all(|at| *at < cluster), "{gone:?}");
    let addons = position(&gone, "DeleteAddon");
    assert_eq!(addons.len(), 5);
    assert!(addons.iter().all(|at| *at < cluster), "{gone:?}");
    let agent = addons[addons.len() - 1];
    assert!(position(&gone, "DeletePodIdentityAssociation").iter().all(|at| *at < agent), "{gone:?}");
    // The cluster's own role is the last to go.
    let roles = position(&gone, "DeleteRole");
    assert_eq!((roles.len(), roles[4]), (5, gone.len() - 1), "{gone:?}");
    assert!(roles[4] > cluster);

    assert_eq!(server.eks.list_clusters().send().await.unwrap().clusters(), Vec::<String>::new());
    assert_eq!(server.iam.list_roles().send().await.unwrap().roles(), []);
    // Not even what no list shows: only how often a name was used, and the tokens of calls, are remembered.
    let export = world.plain(&["sandbox", "export", "--dir", "../sandbox"], &[]).done();
    let export: serde_json::Value = serde_json::from_str(&export.stdout).unwrap();
    let left = export["documents"].as_object().unwrap().keys();
    let left: Vec<_> = left.filter(|key| !key.contains("/made/") && !key.contains("/token/")).collect();
    assert_eq!(left, Vec::<&String>::new());
    world.run(&["destroy", "--auto-approve"]).done().says(&["No changes."]);
}

#[test]
fn removing_a_workload_removes_its_role_and_association() {
    let world = World::example("cluster-with-addons");
    world.apply().done();
    let text = world.read("workloads.eks.hcl");
    let (start, end) = (text.find("    invoices = {").unwrap(), text.find("  }\n}\n\nrole").unwrap());
    world.write("workloads.eks.hcl", &format!("{}{}", &text[..start], &text[end..]));
    let (applied, calls) = world.during(|| world.apply().done());
    applied.says(&["Plan: 0 to add, 0 to change, 2 to destroy.", "role.workload[\"invoices\"]"]);
    assert_eq!(writes(&calls), ["DeletePodIdentityAssociation", "DeleteRolePolicy", "DeleteRole"]);
    world.unchanged();
}
