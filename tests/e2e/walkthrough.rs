//! `examples/pod-identity`: the walkthrough of AWS's launch post.

use super::server::Recorder;
use super::world::{World, count, figures, writes};

const ROLE: &str = "AmazonEKSPodIdentityAmazonVPCCNIRole";

#[tokio::test]
async fn an_add_on_and_its_permissions_in_one_operation() {
    let world = World::example("pod-identity");
    let plan = world.plan().done().says(&[
        // Before anything exists.
        "arn:aws:iam::123456789012:role/AmazonEKSPodIdentityAmazonVPCCNIRole",
        "arn:aws:eks:us-east-2:123456789012:cluster/demo",
        "Plan: 4 to add, 0 to change, 0 to destroy.",
    ]);
    world.snapshot(&plan.stdout, "pod-identity-plan");
    assert_eq!(writes(&world.calls()), Vec::<String>::new());

    let (applied, calls) = world.during(|| world.apply().done());
    applied.says(&["account 123456789012 in us-east-2"]).says(&[
        "cluster.demo: created",
        "addon.vpc-cni: created",
        "Apply complete! Resources: 4 added, 0 changed, 0 destroyed.",
    ]);
    let mut written = writes(&calls);
    assert_eq!(written.last().map(String::as_str), Some("CreateAddon"));
    written.sort();
    let expected =
        ["AttachRolePolicy", "AttachRolePolicy", "CreateAddon", "CreateCluster", "CreateRole", "CreateRole"];
    assert_eq!(written, expected);

    world.unchanged();
    let server = world.server();
    let addon = server.addon("demo", "vpc-cni").await;
    assert_eq!(addon.status.as_ref().unwrap().as_str(), "ACTIVE");
    assert_eq!(addon.addon_version(), Some("v1.19.0-eksbuild.1"));
    let associations = server.associations("demo").await;
    assert_eq!(associations.len(), 1);
    assert_eq!(associations[0].service_account(), Some("aws-node"));
    assert_eq!(associations[0].owner_arn(), addon.addon_arn());
    assert_eq!(associations[0].role_arn(), Some(format!("arn:aws:iam::123456789012:role/{ROLE}").as_str()));
    assert_eq!(server.attached(ROLE).await, ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]);
    let statement = &server.trust(ROLE).await["Statement"][0];
    assert_eq!(statement["Principal"]["Service"], "pods.eks.amazonaws.com");
    assert_eq!(statement["Action"], serde_json::json!(["sts:AssumeRole", "sts:TagSession"]));
}

#[tokio::test]
async fn the_request_carries_the_association() {
    let world = World::example("pod-identity");
    let server = world.server();
    let recorder = Recorder::of(&server);
    let environment = [
        ("AWS_ENDPOINT_URL", recorder.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    world.plain(&["apply", "--auto-approve"], &environment).done();
    let sent = recorder.sent();
    let creates: Vec<&str> = sent.split("POST /clusters/demo/addons ").skip(1).collect();
    assert_eq!(creates.len(), 1, "{sent}");
    let wanted = format!(
        r#""podIdentityAssociations":[{{"roleArn":"arn:aws:iam::123456789012:role/{ROLE}","serviceAccount":"aws-node"}}]"#
    );
    let sorted = creates[0].replace(
        &format!(r#"{{"serviceAccount":"aws-node","roleArn":"arn:aws:iam::123456789012:role/{ROLE}"}}"#),
        &format!(r#"{{"roleArn":"arn:aws:iam::123456789012:role/{ROLE}","serviceAccount":"aws-node"}}"#),
    );
    assert!(sorted.contains(&wanted), "{}", creates[0]);
    assert_eq!(count(&world.calls(), "CreatePodIdentityAssociation"), 0);
}

/// Reading is bounded: the figures are printed, and more of them is a regression.
#[test]
fn a_plan_without_changes_makes_few_calls() {
    let world = World::example("pod-identity");
    let ((), applied) = world.during(|| drop(world.apply().done()));
    let ((), planned) = world.during(|| drop(world.plan().done()));
    println!("apply:\n{}plan without changes:\n{}", figures(&applied), figures(&planned));
    assert!(planned.len() <= 7, "{}", figures(&planned));
    assert!(applied.len() <= 26, "{}", figures(&applied));
    let stats = world.run(&["plan", "--stats"]).done();
    stats.complains(&[
        &format!("{} calls, 0 of them repeated", planned.len()),
        "calls  median ms  total ms      sent  received  operation",
        "  eks:DescribeAddon\n",
    ]);
    let stats = world.run(&["plan", "--stats=json"]).done();
    let stats: serde_json::Value = serde_json::from_str(stats.stderr.trim()).unwrap();
    assert_eq!(stats["calls"], planned.len());
    let by_operation = stats["operations"].as_object().unwrap();
    assert_eq!(by_operation["eks:DescribeAddon"]["calls"], count(&planned, "DescribeAddon"));
    let sum = |what: &str| by_operation.values().map(|one| one[what].as_u64().unwrap()).sum::<u64>();
    assert_eq!(
        (sum("calls"), sum("received_bytes")),
        (planned.len() as u64, stats["received_bytes"].as_u64().unwrap())
    );
    assert!(sum("received_bytes") > 1000);
}
