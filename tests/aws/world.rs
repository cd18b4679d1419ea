//! A sandbox with AWS's own durations, and the calls a plan would name.

use bytes::Bytes;
use eksform::aws::{
    Aws, CallError, Memory, Providers, Request, Settled, Setup, access_key, fallible_transport,
};
use eksform::kinds::schema;
use eksform::live::{Fact, Object, Snapshot, StackName};
use eksform::plan::Call;
use eksform::sandbox::{Broken, Clock, Options, Sandbox};
use eksform::stack::ProviderConfig;
use eksform::value::{Identity, KeyPart, Map, Path, Place, ProviderRef, Step, Value, Want, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

pub struct World {
    pub sandbox: Sandbox,
    pub aws: Aws,
    pub providers: Providers,
    token: AtomicU64,
}

/// One change as a plan would hold it.
pub struct Change<'a> {
    pub kind: &'static str,
    pub key: &'a [&'a str],
    pub operation: &'static str,
    pub paths: &'a [Path],
    pub before: Option<&'a Map>,
    pub after: Option<&'a Map>,
}

impl World {
    pub fn new() -> World {
        World::with(|_| {}, |_| false)
    }

    /// AWS's durations on tokio's clock, which the test pauses, and what `options` changes. Requests that are to be
    /// denied never reach the sandbox.
    pub fn with(options: impl FnOnce(&mut Options), denied: fn(&http::Request<Bytes>) -> bool) -> World {
        let clock = Clock::Tokio { start: SystemTime::now() };
        let mut chosen = Options { clock, speed: 1.0, ..Options::default() };
        options(&mut chosen);
        World::before(Sandbox::in_memory(chosen), denied, None)
    }

    /// A world whose catalog facts are kept.
    pub fn remembering(memory: Arc<dyn Memory>) -> World {
        let clock = Clock::Tokio { start: SystemTime::now() };
        let options = Options { clock, speed: 1.0, ..Options::default() };
        World::before(Sandbox::in_memory(options), |_| false, Some(memory))
    }

    /// A new way to the same account, with what another one kept.
    pub fn again(&self, memory: Option<Arc<dyn Memory>>) -> World {
        World::before(self.sandbox.clone(), |_| false, memory)
    }

    fn before(
        sandbox: Sandbox,
        denied: fn(&http::Request<Bytes>) -> bool,
        memory: Option<Arc<dyn Memory>>,
    ) -> World {
        let behind = sandbox.clone();
        let client = fallible_transport(move |request| {
            let sandbox = behind.clone();
            Box::pin(async move {
                if denied(&request) {
                    let body = r#"{"message":"User: arn:aws:iam::123456789012:user/ci is not authorized"}"#;
                    let denied = http::Response::builder().status(403);
                    let denied = denied.header("x-amzn-errortype", "AccessDeniedException");
                    return Ok(denied.body(Bytes::from(body)).expect("a canned answer is well formed"));
                }
                let mut answer = sandbox.handle(request).await;
                // As unreliable as a network where the sandbox says so.
                match answer.extensions().get::<Broken>().copied() {
                    Some(Broken::Reset) => Err(std::io::ErrorKind::ConnectionReset.into()),
                    Some(Broken::Truncated(length)) => {
                        let body = answer.body_mut();
                        *body = body.slice(..length.min(body.len()));
                        Ok(answer)
                    }
                    None => Ok(answer),
                }
            })
        });
        let aws = Aws::new(Setup {
            http_client: Some(client),
            credentials: Some(access_key("AKIDEXAMPLE", "secret")),
            region: Some("us-east-2".into()),
            isolated: true,
            memory,
            ..Setup::default()
        });
        let providers = Providers::from([(ProviderRef::default(), ProviderConfig::default())]);
        World { sandbox, aws, providers, token: AtomicU64::new(0) }
    }

    /// Makes one call and waits for its effect; returns what there is then, and the words of progress.
    pub async fn make(&self, step: &Change<'_>) -> Result<(Settled, Vec<String>), CallError> {
        let token = format!("{:064x}", self.token.fetch_add(1, Ordering::Relaxed));
        let call = Call { operation: step.operation, paths: step.paths.to_vec(), token: Some(token.into()) };
        let identity = identity(step.kind, step.key);
        let request = Request {
            providers: &self.providers,
            provider: &ProviderRef::default(),
            identity: &identity,
            schema: schema(step.kind).expect(step.kind),
            call: &call,
            before: step.before,
            after: step.after,
        };
        let told = Mutex::new(Vec::new());
        let progress = |word: &str| told.lock().expect("no panic while held").push(word.to_string());
        let wait = self.aws.call(request).await?;
        let settled = self.aws.settle(request, wait, Duration::from_secs(3600), &progress).await?;
        Ok((settled, told.into_inner().expect("no panic while held")))
    }

    /// Creates an object and returns it as AWS has it.
    pub async fn create(&self, kind: &'static str, key: &[&str], after: serde_json::Value) -> Object {
        let operation = schema(kind).expect(kind).create;
        let after = map(after);
        let step = Change { kind, key, operation, paths: &[], before: None, after: Some(&after) };
        let (settled, _) = self.make(&step).await.unwrap_or_else(|error| panic!("{kind} {key:?}: {error}"));
        settled.object.expect("it was just made")
    }

    /// Updates an object in place and returns it as AWS has it.
    pub async fn update(
        &self,
        (kind, key): (&'static str, &[&str]),
        operation: &'static str,
        paths: &[Path],
        before: &Object,
        changed: serde_json::Value,
    ) -> Object {
        let mut after = before.attributes.clone();
        after.extend(map(changed));
        let step =
            Change { kind, key, operation, paths, before: Some(&before.attributes), after: Some(&after) };
        let (settled, _) = self.make(&step).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
        settled.object.expect("it is still there")
    }

    pub async fn delete(&self, kind: &'static str, key: &[&str], before: &Object) {
        let operation = schema(kind).expect(kind).delete;
        let step = Change { kind, key, operation, paths: &[], before: Some(&before.attributes), after: None };
        let (settled, _) = self.make(&step).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
        assert_eq!(settled.object, None);
        assert_eq!(self.read(kind, key).await, Fact::Absent);
    }

    pub async fn read(&self, kind: &str, key: &[&str]) -> Fact<Object> {
        self.aws.read(&self.providers, &ProviderRef::default(), &identity(kind, key)).await
    }

    pub async fn answered(&self, wants: impl IntoIterator<Item = Want>) -> Snapshot {
        let (mut snapshot, wants) = (Snapshot::default(), wants.into_iter().collect::<BTreeSet<_>>());
        let stack = StackName { name: "platform".into(), instance: None };
        self.aws.answer(&self.providers, &stack, &wants, &mut snapshot).await.expect("planning is possible");
        snapshot
    }

    /// The operations the sandbox was asked for since the first `seen`.
    pub fn operations(&self, seen: usize) -> Vec<String> {
        self.sandbox.log().iter().skip(seen).map(|entry| entry.operation.clone()).collect()
    }
}

pub fn identity(kind: &str, key: &[&str]) -> Identity<Place> {
    let schema = schema(kind).expect(kind);
    Identity {
        scope: Place::new("aws", "123456789012", schema.regional.then(|| "us-east-2".into())),
        kind: kind.into(),
        key: key.iter().map(|part| schema.key_part(part)).collect::<Vec<KeyPart>>().into(),
    }
}

pub fn object(kind: &str, key: &[&str]) -> Want {
    Want::Object(identity(kind, key).within(ProviderRef::default()))
}

pub fn owned(kind: &str) -> Want {
    Want::Owned { provider: ProviderRef::default(), kind: kind.into() }
}

pub fn map(value: serde_json::Value) -> Map {
    json::from_json(&value).as_map().cloned().unwrap_or_default()
}

/// `tags["team"]`.
pub fn entry(attribute: &str, key: &str) -> Path {
    Path(vec![Step::Attribute(attribute.into()), Step::Key(key.into())])
}

pub fn as_json(object: &Object) -> serde_json::Value {
    json::to_json(&Value::map(object.attributes.clone()))
}

pub fn ours(address: &str) -> serde_json::Value {
    serde_json::json!({ "eksform:stack": "platform", "eksform:address": address })
}

pub const CLUSTER_POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
pub const CNI_POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

/// A trust policy for an AWS service.
pub fn trust(service: &str) -> serde_json::Value {
    serde_json::json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "Service": service }, "Action": ["sts:AssumeRole", "sts:TagSession"] }] })
}

impl World {
    /// A role with one managed policy.
    pub async fn role(&self, name: &str, service: &str, policy: &str) -> Object {
        let after = serde_json::json!({ "path": "/", "trust_policy": trust(service), "description": "",
            "max_session_duration": 3600, "tags": {}, "ownership": ours(&format!("role.{name}")) });
        let made = self.create("role", &[name], after).await;
        let paths = [entry("managed_policies", policy)];
        self.update(("role", &[name]), "AttachRolePolicy", &paths, &made, serde_json::json!({})).await
    }

    /// A cluster with its role.
    pub async fn cluster(&self, name: &str) -> Object {
        let role = self.role(&format!("{name}-cluster"), "eks.amazonaws.com", CLUSTER_POLICY).await;
        let after = serde_json::json!({
            "version": "1.33", "role_arn": role.text("arn"), "enabled_log_types": [],
            "vpc": { "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                     "endpoint_public_access": true, "endpoint_private_access": false,
                     "public_access_cidrs": ["0.0.0.0/0"] },
            "access_config": { "authentication_mode": "API" },
            "tags": {}, "ownership": ours(&format!("cluster.{name}")),
        });
        self.create("cluster", &[name], after).await
    }
}
