//! `sandbox serve` as a child process, and raw SDK clients for edits behind eksform's back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_eks::types::{Addon, PodIdentityAssociation, VpcConfigRequest};

pub const PODS_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
pub const EKS_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
pub const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];

/// A served sandbox; the process ends with it.
pub struct Server {
    child: Child,
    pub endpoint: String,
    pub eks: aws_sdk_eks::Client,
    pub iam: aws_sdk_iam::Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("listening on ").expect(&line).to_string();
        let http = aws_smithy_http_client::Builder::new().build_http();
        let sdk = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-2"))
            .endpoint_url(&endpoint)
            .http_client(http)
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                Credentials::new("AKIDOUTSIDE", "secret", None, None, "test"),
            ))
            .build();
        Self { child, endpoint, eks: aws_sdk_eks::Client::new(&sdk), iam: aws_sdk_iam::Client::new(&sdk) }
    }

    /// What eksform has to find in its environment to reach this server as if it were AWS.
    pub fn environment(&self) -> Vec<(&str, &str)> {
        vec![
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-2"),
        ]
    }

    /// Makes these faults happen from now on.
    pub fn faults(&self, rules: &serde_json::Value) {
        let body = serde_json::json!({"seed": 1, "rules": rules}).to_string();
        let authority = self.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(authority).unwrap();
        write!(
            stream,
            "PUT /_sandbox/faults HTTP/1.1\r\nhost: {authority}\r\nx-eksform-sandbox: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// A role with a managed policy.
    pub async fn make_role(&self, name: &str, trust: &str, policy: &str) {
        self.iam.create_role().role_name(name).assume_role_policy_document(trust).send().await.unwrap();
        self.iam.attach_role_policy().role_name(name).policy_arn(policy).send().await.unwrap();
    }

    /// A cluster on Kubernetes 1.30 with a role of its own, active.
    pub async fn make_cluster(&self, name: &str) {
        let role = format!("{name}-cluster");
        self.make_role(&role, EKS_TRUST, "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy").await;
        let vpc = VpcConfigRequest::builder().set_subnet_ids(Some(SUBNETS.map(String::from).to_vec()));
        let make = self.eks.create_cluster().name(name).version("1.30").resources_vpc_config(vpc.build());
        make.role_arn(format!("arn:aws:iam::123456789012:role/{role}")).send().await.unwrap();
        until("the cluster is active", async || {
            let answer = self.eks.describe_cluster().name(name).send().await.unwrap();
            answer.cluster.unwrap().status.unwrap().as_str() == "ACTIVE"
        })
        .await;
    }

    pub async fn addon(&self, cluster: &str, name: &str) -> Addon {
        let answer = self.eks.describe_addon().cluster_name(cluster).addon_name(name).send().await;
        answer.unwrap().addon.unwrap()
    }

    pub async fn addon_is(&self, cluster: &str, name: &str, status: &str) {
        until(status, async || {
            self.addon(cluster, name).await.status.is_some_and(|found| found.as_str() == status)
        })
        .await;
    }

    /// Every association of a cluster, in full.
    pub async fn associations(&self, cluster: &str) -> Vec<PodIdentityAssociation> {
        let list = self.eks.list_pod_identity_associations().cluster_name(cluster).send().await.unwrap();
        let mut found = Vec::new();
        for summary in list.associations() {
            let one = self.eks.describe_pod_identity_association().cluster_name(cluster);
            let answer = one.association_id(summary.association_id().unwrap()).send().await.unwrap();
            found.extend(answer.association);
        }
        found.sort_by_key(|association| association.service_account.clone());
        found
    }

    /// The association of a service account.
    pub async fn association(&self, cluster: &str, account: &str) -> Option<PodIdentityAssociation> {
        let all = self.associations(cluster).await;
        all.into_iter().find(|association| association.service_account() == Some(account))
    }

    /// The managed policies of a role.
    pub async fn attached(&self, role: &str) -> Vec<String> {
        let answer = self.iam.list_attached_role_policies().role_name(role).send().await.unwrap();
        answer.attached_policies().iter().filter_map(|policy| policy.policy_arn.clone()).collect()
    }

    /// Takes a managed policy off a role.
    pub async fn detach(&self, role: &str, policy: &str) {
        self.iam.detach_role_policy().role_name(role).policy_arn(policy).send().await.unwrap();
    }

    /// The tags of a role, key and value.
    pub async fn role_tags(&self, role: &str) -> Vec<(String, String)> {
        let answer = self.iam.list_role_tags().role_name(role).send().await.unwrap();
        answer.tags().iter().map(|tag| (tag.key().to_string(), tag.value().to_string())).collect()
    }

    /// The trust policy of a role, decoded.
    pub async fn trust(&self, role: &str) -> serde_json::Value {
        let answer = self.iam.get_role().role_name(role).send().await.unwrap();
        let text = answer.role.unwrap().assume_role_policy_document.unwrap();
        let text = percent_encoding::percent_decode_str(&text).decode_utf8().unwrap().into_owned();
        serde_json::from_str(&text).unwrap()
    }
}

/// Polls until something holds; at the deadline the test fails.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it never came to this: {what}");
}

/// A port that passes everything on to a server and keeps what was sent there.
pub struct Recorder {
    pub endpoint: String,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    pub fn of(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let authority = server.endpoint.trim_start_matches("http://").to_string();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let record = sent.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(upstream) = TcpStream::connect(&authority) else { return };
                let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
                let record = record.clone();
                std::thread::spawn(move || {
                    let mut buffer = [0; 16384];
                    while let Ok(read @ 1..) = from.read(&mut buffer) {
                        record.lock().unwrap().extend_from_slice(&buffer[..read]);
                        if to.write_all(&buffer[..read]).is_err() {
                            break;
                        }
                    }
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
                let (mut from, mut to) = (upstream, client);
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        });
        Self { endpoint, sent }
    }

    /// Everything that was sent.
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(&self.sent.lock().unwrap()).into_owned()
    }
}
