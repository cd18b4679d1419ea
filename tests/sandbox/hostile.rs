use bytes::Bytes;
use eksform::sandbox::{BODY_LIMIT, Options};
use http::{Method, Request};
use serde_json::{Value, json};

use super::client::{Client, real_time};

#[tokio::test(start_paused = true)]
async fn nothing_but_4xx_in_awss_form() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let deep = "[".repeat(200_000);
    let deep_yaml = "- ".repeat(50_000);
    let flow = format!("{{\"a\":{deep}");
    let bodies: Vec<String> = vec![
        String::new(),
        "{}".into(),
        "[]".into(),
        "null".into(),
        "\u{0}\u{1}".into(),
        deep.clone(),
        "x".repeat(BODY_LIMIT + 1),
        json!({"name": "../../etc/passwd", "roleArn": "arn:aws:iam::1:role/x", "resourcesVpcConfig": {}})
            .to_string(),
        json!({"addonName": "coredns", "configurationValues": deep}).to_string(),
        json!({"addonName": "coredns", "configurationValues": deep_yaml}).to_string(),
        json!({"addonName": "coredns", "configurationValues": flow}).to_string(),
        json!({"addonName": "coredns", "configurationValues": "a: &a [*a]\nb: &b [*a,*a,*a]"}).to_string(),
        json!({"tags": {"": "", "k".repeat(200): "v".repeat(300)}}).to_string(),
        json!({"tags": [1, 2], "version": 3, "podIdentityAssociations": {"a": null}}).to_string(),
        "Action=CreateRole&RoleName=%00&AssumeRolePolicyDocument=%ff%fe".into(),
        format!("Action=CreateRole&{}=x", "Tags.member.1.".repeat(10_000)),
        format!("Action=CreateRole&RoleName=x&AssumeRolePolicyDocument={}", "%5B".repeat(30_000)),
        "Action=GetRole&RoleName=<script>&Marker=%00".into(),
        "Action=AssumeRole&RoleArn=arn:aws:iam::x:role/&RoleSessionName=..".into(),
    ];
    let paths = [
        "/",
        "/clusters",
        "/clusters/demo",
        "/clusters/demo/addons",
        "/clusters/%2e%2e%2f%2e%2e/addons",
        "/clusters/../../etc/passwd",
        "/clusters/demo/pod-identity-associations/%00",
        "/clusters/demo/update-config",
        "/clusters/demo/updates?nextToken=%ff%fe&maxResults=99999999999999999999",
        "/tags/arn:aws:eks:us-east-2:123456789012:cluster/demo?tagKeys=",
        "/tags/%00",
    ];
    for service in ["eks", "iam", "sts", "tagging", "eks-auth", "ec2"] {
        for path in paths {
            for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT] {
                for body in &bodies {
                    let request = Request::builder()
                        .method(method.clone())
                        .uri(path)
                        .header("authorization", client.authorization(service))
                        .header("x-amz-target", "ResourceGroupsTaggingAPI_20170126.GetResources")
                        .header("content-type", "text/html")
                        .body(Bytes::from(body.clone()))
                        .unwrap();
                    let reply = client.send(request).await;
                    assert!(
                        reply.status < 500,
                        "{service} {method} {path} {body:.80}: {} {}",
                        reply.status,
                        reply.body
                    );
                    if reply.status != 200 {
                        assert!(reply.error.is_some(), "{}", reply.body);
                    }
                    client.get("/clusters/demo").await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_must_be_said() {
    let client = Client::new(Options::default());
    let bare = client.send(Request::get("/clusters").body(Bytes::new()).unwrap()).await;
    assert_eq!(bare.refusal(), "403 MissingAuthenticationToken: Request is missing Authentication Token");
    let iam =
        Request::post("/").header("host", "iam.amazonaws.com").body(Bytes::from("Action=ListRoles")).unwrap();
    let bare = client.send(iam).await;
    assert_eq!(bare.refusal(), "403 MissingAuthenticationToken: Request is missing Authentication Token");
    assert!(bare.body.starts_with("<ErrorResponse"));
    let ec2 = client.rest("ec2", Method::GET, "/", &Value::Null).await;
    assert!(ec2.refusal().starts_with("404 UnknownOperationException"));
    let log = client.sandbox.log();
    assert_eq!(log.len(), 3);
    assert!(log.iter().all(|entry| entry.operation == "Unknown" && entry.error.is_some()));
}
