//! How waiting ends.

use crate::aws::testing::*;
use crate::aws::{CallError, Request, Settled, Wait};
use crate::kinds::schema;
use crate::value::ProviderRef;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Waits for a call on an add-on (or the kind given) and returns how it ended and what progress was told.
async fn waited(
    (kind, key): (&'static str, &[&str]),
    operation: &'static str,
    paths: &[&str],
    wait: Wait,
    reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
) -> (Result<Settled, CallError>, Vec<String>) {
    let (aws, _) = scripted(reply);
    let (told, after) = (Mutex::new(Vec::<String>::new()), map(json!({ "service_account_role_arn": null })));
    let request = Request {
        providers: &providers(),
        provider: &ProviderRef::default(),
        identity: &identity(kind, key),
        schema: schema(kind).expect(kind),
        call: &call(operation, paths),
        before: None,
        after: Some(&after),
    };
    let tell = |word: &str| told.lock().expect("no test panics while holding it").push(word.to_string());
    let settled = aws.settle(request, wait, 10 * MINUTE, &tell).await;
    (settled, told.into_inner().expect("no test panics while holding it"))
}

const CNI: (&str, &[&str]) = ("addon", &["demo", "vpc-cni"]);

fn addon(status: &str, issue: Option<&str>) -> Reply {
    let issues: Vec<_> = issue.iter().map(|code| json!({ "code": code, "message": "no nodes" })).collect();
    ok(json!({ "addon": { "addonName": "vpc-cni", "clusterName": "demo", "status": status,
        "serviceAccountRoleArn": "arn:aws:iam::123456789012:role/irsa", "health": { "issues": issues } } })
    .to_string())
}

/// Answers in turn, the last for ever.
fn in_turn(replies: Vec<Reply>) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    let turn = AtomicUsize::new(0);
    move |_| {
        let turn = turn.fetch_add(1, Ordering::Relaxed).min(replies.len() - 1);
        match &replies[turn] {
            Ok(reply) => Ok(reply.clone()),
            Err(error) => Err(std::io::Error::from(error.kind())),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn creating_ends_with_the_object() {
    let replies = vec![addon("CREATING", None), addon("CREATING", None), addon("ACTIVE", None)];
    let (settled, told) = waited(CNI, "CreateAddon", &[], Wait::Settled, in_turn(replies)).await;
    let settled = settled.expect("settled");
    assert_eq!(&*settled.object.expect("it exists").status, "ACTIVE");
    assert_eq!(told, ["CREATING", "CREATING", "ACTIVE"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_why() {
    let replies = vec![addon("CREATING", None), addon("CREATE_FAILED", Some("AdmissionRequestDenied"))];
    let (settled, _) = waited(CNI, "CreateAddon", &[], Wait::Settled, in_turn(replies)).await;
    assert_eq!(
        settled.expect_err("failed").to_string(),
        "CreateAddon: addon demo/vpc-cni (123456789012/us-east-2) is CREATE_FAILED: no nodes (AdmissionRequestDenied)"
    );
}

/// A degraded add-on on a cluster with or without nodes.
fn degraded(code: &'static str, nodes: bool) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    move |line| match line {
        _ if line.contains("/updates/") => ok(r#"{"update":{"id":"u","status":"InProgress"}}"#),
        _ if line.contains("/node-groups") => {
            ok(json!({ "nodegroups": if nodes { vec!["n"] } else { vec![] } }).to_string())
        }
        _ if line.contains("/fargate-profiles") => ok("{}"),
        _ if line.contains("/addons/") => addon("DEGRADED", Some(code)),
        _ => ok(r#"{"cluster":{"name":"demo","status":"ACTIVE"}}"#),
    }
}

#[tokio::test(start_paused = true)]
async fn degraded_counts_as_done_only_for_want_of_nodes() {
    for wait in [Wait::Settled, Wait::Update { id: "u".into() }] {
        let reply = degraded("InsufficientNumberOfReplicas", false);
        let (settled, _) = waited(CNI, "CreateAddon", &[], wait, reply).await;
        assert_eq!(settled.expect("done").notes.len(), 1);
    }
    for (code, nodes) in [("InsufficientNumberOfReplicas", true), ("AccessDenied", false)] {
        let started = tokio::time::Instant::now();
        let (settled, _) = waited(CNI, "CreateAddon", &[], Wait::Settled, degraded(code, nodes)).await;
        let error = settled.expect_err("waited on until the deadline");
        assert!(error.message.contains("is still DEGRADED after 600 s: no nodes"), "{error}");
        assert!((600..630).contains(&started.elapsed().as_secs()));
    }
}

#[tokio::test(start_paused = true)]
async fn updates_are_followed_by_their_id() {
    let update = |status: &str| {
        ok(json!({ "update": { "id": "u", "status": status,
        "errors": [{ "errorCode": "ConfigurationConflict", "errorMessage": "in the way" }] } })
        .to_string())
    };
    let replies =
        vec![update("InProgress"), update("Successful"), addon("UPDATING", None), addon("ACTIVE", None)];
    let id = || Wait::Update { id: "u".into() };
    let (settled, told) = waited(CNI, "UpdateAddon", &["version"], id(), in_turn(replies)).await;
    assert!(settled.expect("settled").object.is_some());
    assert_eq!(told, ["InProgress", "UPDATING", "ACTIVE"]);
    let replies = vec![update("InProgress"), update("Failed")];
    let (settled, _) = waited(CNI, "UpdateAddon", &["version"], id(), in_turn(replies)).await;
    let error = settled.expect_err("failed");
    assert!(error.has_code("ConfigurationConflict"));
    assert!(error.message.ends_with("is Failed: in the way (ConfigurationConflict)"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_irsa_role_that_stays_is_an_error() {
    let replies = vec![ok(r#"{"update":{"id":"u","status":"Successful"}}"#), addon("ACTIVE", None)];
    let wait = Wait::Update { id: "u".into() };
    let (settled, _) =
        waited(CNI, "UpdateAddon", &["service_account_role_arn"], wait, in_turn(replies)).await;
    assert!(settled.expect_err("it stayed").message.contains("AWS kept it"));
}

#[tokio::test(start_paused = true)]
async fn deleting_ends_when_it_is_gone() {
    let replies = vec![
        addon("DELETING", None),
        Err(std::io::ErrorKind::ConnectionReset.into()),
        eks_error(404, "ResourceNotFoundException", "No addon"),
    ];
    let (settled, told) = waited(CNI, "DeleteAddon", &[], Wait::Gone, in_turn(replies)).await;
    assert_eq!(settled.expect("gone").object, None);
    assert_eq!(told, ["DELETING"]);
    let replies = vec![addon("DELETE_FAILED", Some("ClusterUnreachable"))];
    let (settled, _) = waited(CNI, "DeleteAddon", &[], Wait::Gone, in_turn(replies)).await;
    assert!(settled.expect_err("failed").message.contains("DELETE_FAILED: no nodes (ClusterUnreachable)"));
}

#[tokio::test(start_paused = true)]
async fn a_new_role_may_take_a_while_to_show() {
    let looks = AtomicUsize::new(0);
    let reply = move |line: &str| {
        let operation = line.split(' ').next().unwrap_or_default();
        let shows = operation != "GetRole" && looks.load(Ordering::Relaxed) > 3
            || operation == "GetRole" && looks.fetch_add(1, Ordering::Relaxed) >= 3;
        match (operation, shows) {
            (_, false) => iam_error(404, "NoSuchEntity", "The role with name x cannot be found."),
            ("GetRole", true) => iam(
                operation,
                "<Role><Path>/</Path><RoleName>x</RoleName><RoleId>AROA</RoleId><Arn>arn:r</Arn>\
                 <CreateDate>2024-01-01T00:00:00Z</CreateDate></Role>",
            ),
            _ => iam(operation, "<IsTruncated>false</IsTruncated>"),
        }
    };
    let (settled, _) = waited(("role", &["x"]), "CreateRole", &[], Wait::Settled, reply).await;
    assert_eq!(settled.expect("settled").object.expect("it exists").text("unique_id"), "AROA");
}

/// Tags are there at once, however the add-on fares.
#[tokio::test(start_paused = true)]
async fn tagging_something_unwell_is_done_at_once() {
    for (status, issue) in [("UPDATE_FAILED", None), ("DEGRADED", Some("ConfigurationConflict"))] {
        let (settled, told) =
            waited(CNI, "TagResource", &["tags"], Wait::None, in_turn(vec![addon(status, issue)])).await;
        assert_eq!(settled.expect(status).object.expect("it is there").status, status);
        assert_eq!(told, [status]);
    }
}
