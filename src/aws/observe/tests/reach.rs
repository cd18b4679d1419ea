//! Getting to AWS: credentials, regions, accounts, roles to assume, and how fast it goes.

use super::*;
use crate::aws::{Setup, access_key, transport};
use crate::diagnostic::Diagnostic;
use crate::stack::{AssumeRole, ProviderConfig};
use bytes::Bytes;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn refused(aws: &Aws, config: ProviderConfig) -> Diagnostic {
    let providers = [(ProviderRef::default(), config)].into();
    let wants = BTreeSet::from([Want::Caller(ProviderRef::default())]);
    let mut diagnostics = aws
        .answer(&providers, &stack(), &wants, &mut Snapshot::default())
        .await
        .expect_err("planning is impossible");
    assert_eq!(diagnostics.len(), 1);
    diagnostics.remove(0)
}

#[tokio::test(start_paused = true)]
async fn planning_is_impossible_without_credentials_region_network_or_in_the_wrong_account() {
    let (aws, _) = scripted(account);
    let allowed_account_ids = BTreeSet::from(["111111111111".into()]);
    let found = refused(&aws, ProviderConfig { allowed_account_ids, ..ProviderConfig::default() }).await;
    assert_eq!(found.code, "account-not-allowed");

    let nowhere = Aws::new(Setup { isolated: true, ..Setup::default() });
    assert_eq!(refused(&nowhere, ProviderConfig::default()).await.code, "no-region");

    let region = || ProviderConfig { region: Some("us-east-2".into()), ..ProviderConfig::default() };
    let nobody = Aws::new(Setup { isolated: true, ..Setup::default() });
    let found = refused(&nobody, region()).await;
    assert_eq!(found.code, "no-credentials", "{found:?}");
    assert!(found.help.expect("help").contains("AWS_PROFILE"));

    let down = crate::aws::fallible_transport(|_| {
        Box::pin(async { Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)) })
    });
    let down = Setup {
        isolated: true,
        http_client: Some(down),
        credentials: Some(access_key("AKIDEXAMPLE", "secret")),
        ..Setup::default()
    };
    assert_eq!(refused(&Aws::new(down), region()).await.code, "aws-unreachable");

    let expired = transport(|_| {
        let body =
            "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>old</Message></Error></ErrorResponse>";
        Box::pin(async move {
            http::Response::builder().status(403).body(body.into()).expect("a canned answer is well formed")
        })
    });
    let expired = Setup {
        isolated: true,
        http_client: Some(expired),
        credentials: Some(access_key("AKIDEXAMPLE", "secret")),
        ..Setup::default()
    };
    assert_eq!(refused(&Aws::new(expired), region()).await.code, "no-credentials");
}

#[test]
fn everything_can_run_on_any_thread() {
    fn sendable<T: Send>(_: T) {}
    let aws = Aws::new(Setup::default());
    let (providers, provider, stack) = (providers(), ProviderRef::default(), stack());
    let (wants, mut snapshot, identity) = (BTreeSet::new(), Snapshot::default(), identity("cluster", &["x"]));
    sendable(aws.answer(&providers, &stack, &wants, &mut snapshot));
    sendable(aws.read(&providers, &provider, &identity));
    let call = call("CreateCluster", &[]);
    let schema = schema("cluster").expect("exists");
    let request = crate::aws::Request {
        providers: &providers,
        provider: &provider,
        identity: &identity,
        schema,
        call: &call,
        before: None,
        after: None,
    };
    sendable(aws.call(request));
    sendable(aws.settle(request, crate::aws::Wait::None, std::time::Duration::ZERO, &|_| {}));
}

/// Who signed a request, and for which region: `AKIDEXAMPLE us-east-2`.
fn signer(request: &http::Request<Bytes>) -> String {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("");
    let scope = header.split("Credential=").nth(1).unwrap_or_default();
    let parts: Vec<&str> = scope.split('/').collect();
    format!("{} {}", parts.first().unwrap_or(&""), parts.get(2).unwrap_or(&""))
}

#[tokio::test(start_paused = true)]
async fn one_caller_per_credentials_and_roles_are_assumed_first() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = log.clone();
    let client = transport(move |request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or("?").to_string();
        let external = body.contains("ExternalId=x") && body.contains("DurationSeconds=900");
        let host = request.uri().host().unwrap_or_default().to_string();
        let entry = format!("{action} {} {host} {external}", signer(&request));
        seen.lock().expect("no test panics while holding it").push(entry);
        let account = if signer(&request).starts_with("ASIA") { "222222222222" } else { ACCOUNT };
        let body = match action.as_str() {
            "AssumeRole" => "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
                <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                .to_string(),
            _ => format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:sts::{account}:x</Arn>\
                 <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        };
        Box::pin(async move { http::Response::new(Bytes::from(body)) })
    });
    let aws = Aws::new(Setup {
        http_client: Some(client),
        credentials: Some(access_key("AKIDEXAMPLE", "secret")),
        isolated: true,
        ..Setup::default()
    });
    let provider = |alias: &str| ProviderRef { alias: Some(alias.into()), key: None };
    let region = |region: &str| ProviderConfig { region: Some(region.into()), ..ProviderConfig::default() };
    let role = AssumeRole {
        role_arn: "arn:aws:iam::222222222222:role/deploy".into(),
        external_id: Some("x".into()),
        duration: Some(900),
        session_name: None,
    };
    let providers = [
        (provider("a"), region("us-east-2")),
        (provider("b"), region("eu-west-1")),
        (provider("c"), ProviderConfig { assume_role: Some(role), ..region("us-east-2") }),
    ];
    let wants: BTreeSet<Want> = providers.iter().map(|(name, _)| Want::Caller(name.clone())).collect();
    let mut snapshot = Snapshot::default();
    aws.answer(&providers.into(), &stack(), &wants, &mut snapshot).await.expect("all are reached");
    let caller = |alias: &str| {
        let caller = snapshot.callers[&provider(alias)].known().expect("reached");
        format!("{} {} {}", caller.partition(), caller.account(), caller.region())
    };
    assert_eq!(caller("a"), "aws-cn 123456789012 us-east-2");
    assert_eq!(caller("b"), "aws-cn 123456789012 eu-west-1");
    assert_eq!(caller("c"), "aws-cn 222222222222 us-east-2");
    let mut calls = log.lock().expect("no test panics while holding it").clone();
    calls.sort();
    assert_eq!(
        calls,
        [
            "AssumeRole AKIDEXAMPLE us-east-2 sts.us-east-2.amazonaws.com true",
            "GetCallerIdentity AKIDEXAMPLE us-east-2 sts.us-east-2.amazonaws.com false",
            "GetCallerIdentity ASIAROLE us-east-2 sts.us-east-2.amazonaws.com false",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn reading_takes_the_longest_chain_plus_the_calls_by_concurrency() {
    const LATENCY: Duration = Duration::from_millis(50);
    let (flying, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (flying.clone(), most.clone());
    let (aws, _) = delayed(account, move || {
        let (now, peak) = (now.clone(), peak.clone());
        Box::pin(async move {
            peak.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::time::sleep(LATENCY).await;
            now.fetch_sub(1, Ordering::Relaxed);
        })
    });
    let mut wants = vec![object("cluster", &["demo"]), members("demo")];
    wants.extend((0..5).map(|index| object("addon", &["demo", &format!("addon{index}")])));
    wants.extend((0..20).map(|i| object("pod_identity_association", &["demo", "shop", &format!("w{i}")])));
    wants.extend((0..30).map(|index| object("role", &[&format!("r{index}")])));
    wants.extend(["cluster", "addon", "pod_identity_association", "role"].map(owned));
    let started = tokio::time::Instant::now();
    answered(&aws, wants).await;
    let took = started.elapsed();
    // Who is asking, the list of associations, the associations; 44 calls, 16 at a time.
    let bound = (3.0 + 44.0 / 16.0) * 1.3 * LATENCY.as_secs_f64();
    assert!(took.as_secs_f64() <= bound, "{took:?}");
    let most = most.load(Ordering::Relaxed);
    assert!((8..=19).contains(&most), "16 of EKS, and some of IAM and tagging: {most}");
}
