//! Credentials, region and endpoints as the environment has them. The environment is a process's own, so each case
//! runs the probe below in a process of its own; its requests end in a transport, not on a network.

use bytes::Bytes;
use eksform::aws::{Aws, Providers, Setup, access_key, transport};
use eksform::live::{Snapshot, StackName};
use eksform::stack::ProviderConfig;
use eksform::value::{ProviderRef, Want};
use std::collections::BTreeSet;
use std::process::Command;

/// Asks who the default provider is, and prints what was sent and what was complained of.
#[tokio::test]
#[ignore = "only with the environment of a case below"]
async fn probe() {
    let client = transport(|request| {
        let text = |name: &str| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_string()
        };
        let header = text("authorization");
        let scope: Vec<&str> = header.split("Credential=").nth(1).unwrap_or_default().split('/').collect();
        let (key, region) = (scope.first().unwrap_or(&""), scope.get(2).unwrap_or(&""));
        println!(
            "SAW {} {key} {region}",
            request.uri().authority().map_or("", |authority| authority.as_str())
        );
        let answer = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ci\
            </Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
        Box::pin(async move { http::Response::new(Bytes::from(answer)) })
    });
    let given = |name: &str| std::env::var(name).ok();
    let isolated = given("PROBE_ISOLATED").is_some();
    let aws = Aws::new(Setup {
        http_client: Some(client),
        isolated,
        credentials: isolated.then(|| access_key("AKIDISOLATED", "secret")),
        region: isolated.then(|| "us-east-2".into()),
        ..Setup::default()
    });
    let config = ProviderConfig {
        profile: given("PROBE_PROFILE").map(Into::into),
        endpoint_url: given("PROBE_ENDPOINT").map(Into::into),
        ..ProviderConfig::default()
    };
    let providers = Providers::from([(ProviderRef::default(), config)]);
    let stack = StackName { name: "platform".into(), instance: None };
    let wants = BTreeSet::from([Want::Caller(ProviderRef::default())]);
    let answered = aws.answer(&providers, &stack, &wants, &mut Snapshot::default()).await;
    for diagnostic in answered.err().unwrap_or_default() {
        println!("SAW {}", diagnostic.code);
    }
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "secret")];

/// What the probe saw in this environment, on a machine without metadata service.
fn seen(environment: &[(&str, &str)]) -> Vec<String> {
    let binary = std::env::current_exe().expect("a test runs from a file");
    let output = Command::new(binary)
        .args(["--exact", "aws::environment::probe", "--ignored", "--nocapture"])
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/credentials"))
        .envs(environment.iter().copied())
        .output()
        .expect("it can be run again");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().filter_map(|line| line.split("SAW ").nth(1)).map(str::to_string).collect()
}

#[test]
fn the_environment_is_taken_as_every_aws_tool_takes_it() {
    let with_keys = |more: &[(&'static str, &'static str)]| seen(&[&KEYS[..], more].concat());
    for (found, expected) in [
        (with_keys(&[("AWS_REGION", "eu-west-1")]), "sts.eu-west-1.amazonaws.com AKIDENV eu-west-1"),
        // Without AWS_REGION the profile's.
        (with_keys(&[]), "sts.eu-central-1.amazonaws.com AKIDENV eu-central-1"),
        (seen(&[("AWS_PROFILE", "work")]), "sts.ap-south-1.amazonaws.com AKIDWORK ap-south-1"),
        (seen(&[("PROBE_PROFILE", "work")]), "sts.ap-south-1.amazonaws.com AKIDWORK ap-south-1"),
        (
            with_keys(&[("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", "http://localhost:4566")]),
            "localhost:4566 AKIDENV eu-west-1",
        ),
        (
            with_keys(&[
                ("AWS_REGION", "eu-west-1"),
                ("AWS_ENDPOINT_URL", "http://localhost:4566"),
                ("AWS_ENDPOINT_URL_STS", "http://localhost:4567"),
            ]),
            "localhost:4567 AKIDENV eu-west-1",
        ),
        (
            with_keys(&[("AWS_REGION", "eu-west-1"), ("PROBE_ENDPOINT", "http://localhost:4568")]),
            "localhost:4568 AKIDENV eu-west-1",
        ),
        (
            with_keys(&[
                ("PROBE_ISOLATED", "1"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_PROFILE", "work"),
                ("AWS_ENDPOINT_URL", "http://localhost:4566"),
                ("PROBE_ENDPOINT", "http://localhost:4568"),
                ("PROBE_PROFILE", "work"),
            ]),
            "sts.us-east-2.amazonaws.com AKIDISOLATED us-east-2",
        ),
        (seen(&[("AWS_REGION", "eu-west-1")]), "no-credentials"),
        (seen(&[&KEYS[..], &[("AWS_PROFILE", "bare")]].concat()), "no-region"),
    ] {
        assert_eq!(found, [expected]);
    }
}
