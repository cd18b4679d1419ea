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

/// A small generator of numbers, so that every run mutates the same way.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

fn mutate(dice: &mut Dice, text: &str) -> String {
    const PIECES: [&str; 16] = [
        "null", "[]", "{}", "\"\"", "-1", "1e309", "%00", "%2F", "..", "é", "\u{fffd}", "&", "=", ":", "/",
        "aws:",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=dice.roll(3) {
        let at = dice.roll(chars.len() + 1);
        match dice.roll(4) {
            0 if at < chars.len() => {
                chars.remove(at);
            }
            1 if at < chars.len() => chars[at] = char::from(u8::try_from(32 + dice.roll(95)).unwrap()),
            2 => {
                let until = (at + dice.roll(20)).min(chars.len());
                chars.drain(at..until);
            }
            _ => {
                let piece = PIECES[dice.roll(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
        }
    }
    chars.into_iter().collect()
}

/// Requests that are almost right. `EKSFORM_MUTATIONS` says how many; by default as many as take a second or two.
#[tokio::test(start_paused = true)]
async fn mutated_requests_never_break_it() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let role = client.pod_role("pods").await;
    let pods = json!({"addonName": "vpc-cni", "podIdentityAssociations": [{"serviceAccount": "aws-node", "roleArn": role}]});
    let group = json!({"nodegroupName": "n", "nodeRole": role, "subnets": ["subnet-0123456789abcdef0"],
                       "scalingConfig": {"minSize": 1}, "taints": [{"key": "a", "effect": "NO_SCHEDULE"}]});
    let config = json!({"logging": {"clusterLogging": [{"types": ["api"], "enabled": true}]},
                        "resourcesVpcConfig": {"publicAccessCidrs": ["10.0.0.0/8"]}});
    let trust = super::client::PODS.replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    let corpus: Vec<(&str, Method, String, String)> = vec![
        (
            "eks",
            Method::POST,
            "/clusters".into(),
            super::client::cluster_body("x", "1.33", &role).to_string(),
        ),
        ("eks", Method::POST, "/clusters/demo/addons".into(), pods.to_string()),
        ("eks", Method::POST, "/clusters/demo/addons/vpc-cni/update".into(), pods.to_string()),
        ("eks", Method::POST, "/clusters/demo/node-groups".into(), group.to_string()),
        ("eks", Method::POST, "/clusters/demo/update-config".into(), config.to_string()),
        (
            "eks",
            Method::POST,
            "/clusters/demo/insights".into(),
            json!({"filter": {"statuses": ["ERROR"]}}).to_string(),
        ),
        ("eks", Method::GET, "/clusters?maxResults=1&nextToken=0011".into(), String::new()),
        ("eks", Method::GET, "/addons/supported-versions?kubernetesVersion=1.30".into(), String::new()),
        (
            "eks",
            Method::POST,
            "/tags/arn:aws:eks:us-east-2:123456789012:cluster%2Fdemo".into(),
            json!({"tags": {"a": "b"}}).to_string(),
        ),
        (
            "eks-auth",
            Method::POST,
            "/clusters/demo/assume-role-for-pod-identity".into(),
            json!({"token": "e30.e30.e30"}).to_string(),
        ),
        (
            "tagging",
            Method::POST,
            "/".into(),
            json!({"TagFilters": [{"Key": "a", "Values": ["b"]}], "ResourcesPerPage": 5}).to_string(),
        ),
        (
            "sts",
            Method::POST,
            "/".into(),
            format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=x&Tags.member.1.Key=a"),
        ),
        (
            "iam",
            Method::POST,
            "/".into(),
            format!(
                "Action=CreateRole&RoleName=y&AssumeRolePolicyDocument={trust}&Tags.member.1.Key=a&Tags.member.1.Value=b"
            ),
        ),
        ("iam", Method::POST, "/".into(), "Action=ListPolicies&Scope=All&MaxItems=3&Marker=after-1".into()),
        (
            "iam",
            Method::POST,
            "/".into(),
            "Action=GetAccountAuthorizationDetails&Filter.member.1=Role&MaxItems=1".into(),
        ),
    ];
    let count = std::env::var("EKSFORM_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(3000);
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for _ in 0..count {
        let (service, method, path, body) = &corpus[dice.roll(corpus.len())];
        let (path, body) = match dice.roll(3) {
            0 => (mutate(&mut dice, path), body.clone()),
            1 => (path.clone(), mutate(&mut dice, body)),
            _ => (mutate(&mut dice, path), mutate(&mut dice, body)),
        };
        let Ok(uri) = path.parse::<http::Uri>() else { continue };
        let request = Request::builder()
            .method(method.clone())
            .uri(uri)
            .header("authorization", client.authorization(service))
            .header("x-amz-target", "ResourceGroupsTaggingAPI_20170126.GetResources")
            .body(Bytes::from(body.clone()))
            .unwrap();
        let reply = client.send(request).await;
        let not_there = reply.status == 501;
        assert!(
            reply.status < 500 || not_there,
            "{service} {method} {path} {body}: {} {}",
            reply.status,
            reply.body
        );
    }
}
