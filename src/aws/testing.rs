//! An AWS made of canned answers, and the wire requests it saw.

use super::{Aws, Providers, Setup, access_key, fallible_transport};
use crate::plan::Call;
use crate::stack::ProviderConfig;
use crate::value::{Identity, Map, Path, Place, ProviderRef, Step, Value, json};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use percent_encoding::percent_decode_str;
use std::sync::{Arc, Mutex};

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const REGION: &str = "us-east-2";

/// A request as one line: `POST /clusters {"name":"demo"}`, `CreateRole RoleName=x`,
/// `GetResources {…}`. JSON and parameters in the order of their names.
pub(super) type Line = String;

/// What is answered: status, error code (if any) and body, or a lost connection.
pub(super) type Reply = std::io::Result<(u16, &'static str, String)>;

pub(super) fn ok(body: impl Into<String>) -> Reply {
    Ok((200, "", body.into()))
}

/// An error of EKS.
pub(super) fn eks_error(status: u16, code: &'static str, message: &str) -> Reply {
    Ok((status, code, serde_json::json!({ "message": message, "clusterName": null }).to_string()))
}

/// An answer of IAM.
pub(super) fn iam(operation: &str, result: &str) -> Reply {
    ok(format!(
        "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{result}\
         </{operation}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation}Response>"
    ))
}

/// An error of IAM.
pub(super) fn iam_error(status: u16, code: &'static str, message: &str) -> Reply {
    Ok((
        status,
        "",
        format!(
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
    ))
}

/// Everything AWS was asked, but for who is asking.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Line>>>);

impl Log {
    pub fn lines(&self) -> Vec<Line> {
        self.0.lock().expect("no test panics while holding it").clone()
    }

    /// The first words of the lines, sorted.
    pub fn operations(&self) -> Vec<String> {
        let mut words: Vec<String> =
            self.lines().iter().map(|line| line.split(" {").next().unwrap_or(line).to_string()).collect();
        words.sort();
        words
    }
}

/// An [`Aws`] in us-east-2 whose answers `reply` gives; who is asking is answered here.
pub(super) fn scripted(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Aws, Log) {
    delayed(reply, || Box::pin(async {}))
}

/// The same, with every answer after a delay.
pub(super) fn delayed(
    reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
    delay: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static,
) -> (Aws, Log) {
    let log = Log::default();
    let seen = log.clone();
    let client = fallible_transport(move |request| {
        let line = line(&request);
        let reply = if line.starts_with("GetCallerIdentity") {
            ok(format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                 <GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/ci</Arn><UserId>U</UserId>\
                 <Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ))
        } else {
            seen.0.lock().expect("no test panics while holding it").push(line.clone());
            reply(&line)
        };
        let delay = delay();
        Box::pin(async move {
            delay.await;
            let (status, code, body) = reply?;
            let mut answer = http::Response::builder().status(status);
            if !code.is_empty() {
                answer = answer.header("x-amzn-errortype", code);
            }
            Ok(answer.body(Bytes::from(body)).expect("a canned answer is well formed"))
        })
    });
    let aws = Aws::new(Setup {
        http_client: Some(client),
        credentials: Some(access_key("AKIDEXAMPLE", "secret")),
        region: Some(REGION.into()),
        isolated: true,
        ..Setup::default()
    });
    (aws, log)
}

fn line(request: &http::Request<Bytes>) -> Line {
    let body = String::from_utf8_lossy(request.body()).into_owned();
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let form = request.headers().get("content-type").is_some_and(|kind| {
        kind.to_str().is_ok_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    });
    if form {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            percent_decode_str(&text).decode_utf8_lossy().into_owned()
        };
        let mut pairs: Vec<String> = Vec::new();
        let mut action = String::new();
        for (name, value) in body.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "Action" => action = value.to_string(),
                "Version" => {}
                name => pairs.push(format!("{}={}", decode(name), decode(value))),
            }
        }
        pairs.sort();
        pairs.insert(0, action);
        return pairs.join(" ");
    }
    let json = |body: &str| match serde_json::from_str::<serde_json::Value>(body) {
        Ok(json) => format!(" {json}"),
        Err(_) => String::new(),
    };
    match target {
        Some(target) => format!("{}{}", target.rsplit('.').next().unwrap_or_default(), json(&body)),
        None => {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            format!("{} {path}{}", request.method(), json(&body))
        }
    }
}

pub(super) fn place(regional: bool) -> Place {
    Place::new("aws", ACCOUNT, regional.then(|| REGION.into()))
}

pub(super) fn identity(kind: &str, key: &[&str]) -> Identity<Place> {
    let schema = crate::kinds::schema(kind).expect("tests name kinds that exist");
    super::map::identity(&place(schema.regional), kind, key)
}

pub(super) fn providers() -> Providers {
    Providers::from([(ProviderRef::default(), ProviderConfig::default())])
}

/// Attributes from JSON.
pub(super) fn map(json: serde_json::Value) -> Map {
    json::from_json(&json).as_map().cloned().unwrap_or_default()
}

/// A path as in `pod_identity_association[aws-node].role_arn`.
pub(super) fn path(text: &str) -> Path {
    let mut steps = Vec::new();
    for part in text.split_inclusive(']') {
        let (names, key) = match part.split_once('[') {
            Some((names, key)) => (names, Some(key.trim_end_matches(']'))),
            None => (part, None),
        };
        let names = names.split('.').filter(|name| !name.is_empty());
        steps.extend(names.map(|name| Step::Attribute(name.into())));
        steps.extend(key.map(|key| Step::Key(key.into())));
    }
    Path(steps)
}

pub(super) fn call(operation: &'static str, paths: &[&str]) -> Call {
    Call {
        operation,
        paths: paths.iter().map(|text| path(text)).collect(),
        token: Some("t".repeat(64).into()),
    }
}

/// A value as JSON, for comparing.
pub(super) fn as_json(value: &Map) -> serde_json::Value {
    json::to_json(&Value::map(value.clone()))
}
