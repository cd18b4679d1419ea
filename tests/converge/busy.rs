//! Somebody else begins an update after the plan was made: apply waits for it.

use super::{SUBNETS, World};
use bytes::Bytes;
use eksform::apply::{self, Applied, Execution, Options};
use eksform::plan::Event;
use eksform::render::{self, Style};
use eksform::stack::Mode;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A call of somebody else's.
async fn by_hand(world: &World, path: &str, body: &'static str) {
    let scope = "AWS4-HMAC-SHA256 Credential=AKIDHAND/20260101/us-east-2/eks/aws4_request, Signature=0";
    let request = http::Request::post(path).header("authorization", scope).body(Bytes::from(body));
    let answer = world.sandbox.handle(request.expect("a request")).await;
    assert_eq!(answer.status(), 200, "{}", String::from_utf8_lossy(answer.body()));
}

fn stack(cluster: &str, addon: &str) -> String {
    format!(
        "stack \"law\" {{}}\nrole \"cluster\" {{\n  trust {{ service = \"eks.amazonaws.com\" }}\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\"]\n}}\ncluster \"demo\" {{\n  role_arn = role.cluster.arn\n  {cluster}\n  vpc {{ {SUBNETS} }}\n}}\naddon \"vpc-cni\" {{\n  cluster = cluster.demo\n  {addon}\n}}\n"
    )
}

/// Plans, lets somebody else call, and applies; what was heard, how long it took, and the calls that were refused.
async fn raced(
    world: &World,
    text: &str,
    path: &str,
    body: &'static str,
) -> (Applied, String, Duration, Vec<String>) {
    let (program, inputs, planned) = world.plan(text, Mode::Apply).await.expect("a plan");
    assert!(!planned.plan.is_empty());
    by_hand(world, path, body).await;
    let seen = world.sandbox.log().len();
    let heard = Arc::new(Mutex::new(String::new()));
    let (ear, plan) = (heard.clone(), planned.plan.clone());
    let listener = move |event: &Event| {
        if let Some(text) = render::event(event, &plan, Style::plain()) {
            ear.lock().expect("no panic while held").push_str(&text);
        }
    };
    let execution = Execution {
        plan: planned.plan,
        program,
        inputs,
        evaluation: planned.evaluation,
        snapshot: planned.snapshot,
        aws: world.aws.clone(),
    };
    let started = Instant::now();
    let applied = apply::execute(execution, Options::default(), Arc::new(listener)).await;
    let took = started.elapsed();
    let log = world.sandbox.log();
    let refused = log[seen..].iter().filter(|call| call.error.as_deref() == Some("ResourceInUseException"));
    let refused = refused.map(|call| call.operation.clone()).collect();
    let heard = heard.lock().expect("no panic while held").clone();
    (applied, heard, took, refused)
}

#[tokio::test(start_paused = true)]
async fn an_update_of_somebody_else_is_waited_for() {
    let world = World::new();
    world.settle(&stack("", "")).await.expect("it settles");
    // A cluster: two minutes of somebody's logging, then our version.
    let (applied, heard, took, refused) = raced(
        &world,
        &stack("deletion_protection = false\n  upgrade_policy { support_type = \"STANDARD\" }", ""),
        "/clusters/demo/update-config",
        r#"{"logging":{"clusterLogging":[{"types":["audit"],"enabled":true}]}}"#,
    )
    .await;
    assert!(applied.outcome.is_complete(), "{heard}");
    assert!(refused.len() > 3 && refused.iter().all(|call| call == "UpdateClusterConfig"), "{refused:?}");
    assert!(heard.contains("] (waiting for another update)"), "{heard}");
    assert!(took > Duration::from_secs(120), "{took:?}");
    // What the other one did is drift now, and goes.
    world.settle(&stack("upgrade_policy { support_type = \"STANDARD\" }", "")).await.expect("it settles");
    // An add-on.
    let (applied, heard, _, refused) = raced(
        &world,
        &stack("", "configuration_values = { env = { WARM_IP_TARGET = \"5\" } }"),
        "/clusters/demo/addons/vpc-cni/update",
        r#"{"configurationValues":"{}"}"#,
    )
    .await;
    assert!(applied.outcome.is_complete(), "{heard}");
    assert!(refused.contains(&"UpdateAddon".to_string()), "{refused:?}");
}

/// Patience has an end: the object's time-out.
#[tokio::test(start_paused = true)]
async fn an_update_that_never_ends_is_given_up() {
    let world = World::new();
    world.settle(&stack("", "")).await.expect("it settles");
    let fault = serde_json::json!({"rules": [{"operation": "UpdateAddon", "rate": 1.0, "fault": {
        "kind": "error", "status": 409, "code": "ResourceInUseException",
        "message": "Addon vpc-cni cannot be updated as it is currently in UPDATING state" }}]});
    let Ok(faults) = serde_json::from_value(fault) else { panic!("faults") };
    world.sandbox.set_faults(faults);
    let (applied, heard, took, _) = raced(
        &world,
        &stack("", "configuration_values = { env = { WARM_IP_TARGET = \"5\" } }"),
        "/tags/arn:aws:eks:us-east-2:123456789012:cluster%2Fdemo",
        r#"{"tags":{"by":"hand"}}"#,
    )
    .await;
    assert!(!applied.outcome.is_complete());
    assert!(heard.contains("is currently in UPDATING state"), "{heard}");
    assert!((600..900).contains(&took.as_secs()), "{took:?}");
}
