//! A client of the sandbox that speaks its protocols by hand, so that no SDK smooths anything over.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use eksform::sandbox::{Clock, Options, Sandbox};
use http::{Method, Request};
use serde_json::{Value, json};

pub const PODS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
pub const CNI_POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

pub fn trust(service: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})
    .to_string()
}

/// When tests take place: 2026-01-01.
pub fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// AWS's durations on tokio's clock, which the test pauses.
pub fn real_time() -> Options {
    Options { clock: Clock::Tokio { start: start() }, speed: 1.0, ..Options::default() }
}

#[derive(Clone)]
pub struct Client {
    pub sandbox: Sandbox,
    pub access_key: String,
    pub region: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub error: Option<String>,
    pub body: String,
}

impl Reply {
    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// `409 ResourceInUseException: Addon already exists.`
    #[track_caller]
    pub fn refusal(&self) -> String {
        assert!(self.status >= 400, "{}", self.body);
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let message = match json.get("message").or(json.get("Message")) {
            Some(message) => message.as_str().unwrap_or_default().to_owned(),
            None => unescaped(between(&self.body, "<Message>", "</Message>").unwrap_or_default()),
        };
        format!("{} {}: {message}", self.status, self.error.clone().unwrap_or_default())
    }

    /// The text of the first element of this name.
    pub fn element(&self, name: &str) -> Option<String> {
        between(&self.body, &format!("<{name}>"), &format!("</{name}>")).map(unescaped)
    }

    /// The texts of all elements of this name.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        self.body.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).map(unescaped).collect()
    }
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.split_once(open)?.1.split_once(close).map(|(inner, _)| inner)
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

impl Client {
    pub fn new(options: Options) -> Client {
        Client::of(Sandbox::in_memory(options))
    }

    pub fn of(sandbox: Sandbox) -> Client {
        Client { sandbox, access_key: "AKIDEXAMPLE".into(), region: "us-east-2".into() }
    }

    /// The same sandbox with other credentials.
    pub fn with_key(&self, access_key: &str) -> Client {
        Client { access_key: access_key.into(), ..self.clone() }
    }

    pub fn with_region(&self, region: &str) -> Client {
        Client { region: region.into(), ..self.clone() }
    }

    pub fn authorization(&self, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/{}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.access_key, self.region
        )
    }

    pub async fn send(&self, request: Request<Bytes>) -> Reply {
        let response = self.sandbox.handle(request).await;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        assert!(header("x-amzn-requestid").is_some());
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        let error =
            header("x-amzn-errortype").or_else(|| between(&body, "<Code>", "</Code>").map(str::to_owned));
        let error = error.or_else(|| {
            let json: Value = serde_json::from_str(&body).ok()?;
            json.get("__type")?.as_str().map(str::to_owned)
        });
        Reply { status: response.status().as_u16(), error, body }
    }

    pub async fn rest(&self, service: &str, method: Method, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", self.authorization(service))
            .header("content-type", "application/json")
            .body(Bytes::from(body))
            .unwrap();
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.rest("eks", Method::GET, path, &Value::Null).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.rest("eks", Method::DELETE, path, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.rest("eks", Method::POST, path, &body).await
    }

    pub async fn query(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2010-05-08");
        form.extend_pairs(parameters);
        let request = Request::post("/")
            .header("authorization", self.authorization(service))
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(Bytes::from(form.finish()))
            .unwrap();
        self.send(request).await
    }

    pub async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.query("iam", action, parameters).await
    }

    #[track_caller]
    pub fn role_arn(&self, name: &str) -> String {
        let account = if self.access_key.len() == 12 { self.access_key.as_str() } else { "123456789012" };
        format!("arn:aws:iam::{account}:role/{name}")
    }

    /// A role that trusts EKS and has the policy of a cluster's.
    pub async fn cluster_role(&self, name: &str) -> String {
        let trust = trust("eks.amazonaws.com");
        let reply = self.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &trust)]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let policy = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
        assert_eq!(
            self.iam("AttachRolePolicy", &[("RoleName", name), ("PolicyArn", policy)]).await.status,
            200
        );
        self.role_arn(name)
    }

    /// A role that pods can assume.
    pub async fn pod_role(&self, name: &str) -> String {
        let reply = self.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", PODS)]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        self.role_arn(name)
    }

    /// A cluster that is up. Needs a paused clock.
    pub async fn cluster(&self, name: &str, version: &str) -> Value {
        let role = self.cluster_role(&format!("{name}-cluster")).await;
        self.post("/clusters", cluster_body(name, version, &role)).await.ok();
        wait(600).await;
        let cluster = self.get(&format!("/clusters/{name}")).await.ok()["cluster"].clone();
        assert_eq!(cluster["status"], "ACTIVE");
        cluster
    }
}

pub fn cluster_body(name: &str, version: &str, role: &str) -> Value {
    json!({"name": name, "version": version, "roleArn": role,
           "resourcesVpcConfig": {"subnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]}})
}

/// Lets virtual time pass.
pub async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// A token of the length EKS wants.
pub fn token(text: &str) -> String {
    format!("{text:-<36}")
}
