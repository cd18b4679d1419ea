//! `verify`: whether what was applied works, by AWS's answers and by the pods of a cluster.

use super::server::{EKS_TRUST, Server};
use super::world::{Run, World, count, writes};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const CNI: &str = "shop-vpc-cni";
const CNI_POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

/// The example with a cluster, five add-ons and two workloads, applied.
fn applied() -> (World, Server) {
    let world = World::example("cluster-with-addons");
    world.apply().done();
    let server = world.server();
    (world, server)
}

fn verify(world: &World, server: &Server, args: &[&str]) -> Run {
    let mut all = vec!["verify"];
    all.extend(args);
    world.plain(&all, &server.environment())
}

/// The line of an object, as JSON.
#[track_caller]
fn object(run: &Run, kind: &str, name: &str) -> Value {
    let document: Value = serde_json::from_str(&run.stdout).expect(&run.stdout);
    let objects = document["objects"].as_array().expect("a list");
    let found = objects.iter().find(|it| it["kind"] == kind && it["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name} in {}", run.stdout)).clone()
}

#[test]
fn what_was_applied_works() {
    let world = World::example("cluster-with-addons");
    world.run(&["verify"]).ends(2).says(&["cluster shop", "it does not exist"]);
    world.apply().done();
    // Without nodes coredns and the driver are degraded, which is no failure.
    let (run, calls) = world.during(|| world.run(&["verify"]).done());
    world.snapshot(&run.stdout, "verify");
    assert_eq!(writes(&calls), Vec::<String>::new());
    // One call for each version of an add-on, and roles in bulk.
    assert_eq!(count(&calls, "DescribeAddonConfiguration"), 5);
    assert_eq!(count(&calls, "GetRole"), 0);
    let json = world.run(&["verify", "--json", "--cluster", "shop"]).done();
    let cni = object(&json, "pod_identity_association", "kube-system/aws-node");
    assert_eq!((cni["result"].as_str(), cni["role"].as_str()), (Some("ok"), Some(CNI)));
    assert_eq!(cni["address"], "addon.vpc-cni");
    assert_eq!(object(&json, "addon", "coredns")["result"], "warning");
    world.run(&["verify", "--cluster", "shopp"]).ends(1).complains(&["did you mean \"shop\"?"]);
}

#[tokio::test]
async fn roles_that_no_longer_do() {
    let (world, server) = applied();
    server.detach(CNI, CNI_POLICY).await;
    let broken = verify(&world, &server, &[]).ends(2);
    broken.says(&[
        "the role shop-vpc-cni lacks what EKS recommends: arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
    ]);
    // A policy of one's own may do as much.
    let own = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]});
    let put = server.iam.put_role_policy().role_name(CNI).policy_name("own").policy_document(own.to_string());
    put.send().await.unwrap();
    verify(&world, &server, &[]).done().says(&["its other policies may allow as much"]);

    let trust = server.iam.update_assume_role_policy().role_name("shop-orders").policy_document(EKS_TRUST);
    trust.send().await.unwrap();
    let broken = verify(&world, &server, &["--json"]).ends(2);
    let orders = object(&broken, "pod_identity_association", "shop/orders");
    assert_eq!(orders["result"], "not_working");
    let text = orders["concerns"][0]["text"].as_str().expect("a text");
    assert!(text.contains("does not allow sts:AssumeRole to pods.eks.amazonaws.com"), "{text}");
    assert_eq!(object(&broken, "pod_identity_association", "kube-system/aws-node")["result"], "warning");
}

#[tokio::test]
async fn add_ons_that_do_not_run() {
    let (world, server) = applied();
    server.faults(&json!([{"operation": "UpdateAddon", "nth": 1, "fault":
        {"kind": "fail", "code": "AccessDenied", "message": "no access to the cluster"}}]));
    let update = server.eks.update_addon().cluster_name("shop").addon_name("kube-proxy");
    update.configuration_values("{}").send().await.unwrap();
    server.addon_is("shop", "kube-proxy", "UPDATE_FAILED").await;
    verify(&world, &server, &[]).ends(2).says(&[
        "not working: addon shop/kube-proxy",
        "UPDATE_FAILED: no access to the cluster (AccessDenied)",
    ]);
    server.eks.delete_addon().cluster_name("shop").addon_name("eks-pod-identity-agent").send().await.unwrap();
    super::server::until("the agent is gone", async || {
        let agent = server.eks.describe_addon().cluster_name("shop").addon_name("eks-pod-identity-agent");
        agent.send().await.is_err()
    })
    .await;
    let gone = verify(&world, &server, &["--json"]).ends(2);
    assert_eq!(object(&gone, "addon", "eks-pod-identity-agent")["concerns"][0]["text"], "it does not exist");
}

#[test]
fn a_missing_agent_and_a_denied_read() {
    let world = World::example("pod-identity");
    world.apply().done();
    let missing = world.run(&["verify"]).ends(2);
    world.snapshot(&missing.stdout, "verify-missing-agent");
    world.edit(
        "addon \"vpc-cni\" {",
        "addon \"eks-pod-identity-agent\" {\n  cluster = cluster.demo.name\n}\n\naddon \"vpc-cni\" {",
    );
    world.apply().done();
    world.run(&["verify"]).done().says(&["Verified: nothing is broken in 4 objects."]);
    // What cannot be read is not said to work.
    let server = world.server();
    server.faults(&json!([{"operation": "DescribeAddonConfiguration", "fault": {"kind": "access_denied"}}]));
    verify(&world, &server, &[])
        .ends(1)
        .says(&["unknown: addon demo/vpc-cni", "what EKS recommends for it cannot be read"]);
}

/// A cluster's API that only knows pods, and what it was asked.
struct Kubernetes {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Kubernetes {
    /// Answers requests for the token with the pods of the namespace, in pages of one pod.
    fn with(pods: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = asked.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> =
                    lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else { continue };
                let allowed =
                    head.iter().any(|line| line.eq_ignore_ascii_case("authorization: Bearer s3cret"));
                let (status, answer) = if allowed {
                    (200, page(&pods, path))
                } else {
                    (401, json!({"kind": "Status", "message": "Unauthorized"}))
                };
                record.lock().unwrap().push(head.join("\n"));
                let body = answer.to_string();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, asked }
    }

    fn kubeconfig(&self, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters:\n- name: shop\n  cluster: {{server: '{}'}}\n\
             contexts:\n- name: here\n  context: {{cluster: shop, user: me}}\nusers:\n- name: me\n  user:\n{user}\n",
            self.url
        )
    }

    fn asked(&self) -> String {
        self.asked.lock().unwrap().join("\n\n")
    }
}

fn page(pods: &Value, path: &str) -> Value {
    let namespace = path.strip_prefix("/api/v1/namespaces/").and_then(|rest| rest.split_once("/pods?"));
    let Some((namespace, query)) = namespace else { return json!({}) };
    let all = pods[namespace].as_array().cloned().unwrap_or_default();
    let at = query.split_once("&continue=").map_or(0, |(_, at)| at.parse::<usize>().unwrap());
    let next = if at + 1 < all.len() { (at + 1).to_string() } else { String::new() };
    json!({"kind": "PodList", "metadata": {"continue": next}, "items": all.get(at).into_iter().collect::<Vec<_>>()})
}

/// A pod as the webhook leaves it, or as it was before there was an association.
fn pod(name: &str, account: &str, owner: (&str, &str), webhook: bool) -> Value {
    let mut pod = json!({
        "metadata": {"name": name, "ownerReferences": [{"kind": owner.0, "name": owner.1, "controller": true}]},
        "spec": {"serviceAccountName": account, "containers": [{"name": "main", "env": [], "volumeMounts": []}], "volumes": []},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    });
    if webhook {
        pod["spec"]["containers"][0]["env"] = json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}]);
        pod["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "eks-pod-identity-token",
            "mountPath": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", "readOnly": true}]);
        pod["spec"]["volumes"] = json!([{"name": "eks-pod-identity-token",
            "projected": {"sources": [{"serviceAccountToken": {"audience": "pods.eks.amazonaws.com"}}]}}]);
    }
    pod
}

#[test]
fn pods_carry_credentials_or_have_to_be_restarted() {
    let mut crashing = pod("invoices-1", "invoices", ("ReplicaSet", "invoices-7d9f8"), true);
    crashing["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]});
    let mut ended = pod("job-1", "orders", ("Job", "job"), false);
    ended["status"]["phase"] = json!("Succeeded");
    let good = json!({
        "kube-system": [
            pod("aws-node-1", "aws-node", ("DaemonSet", "aws-node"), true),
            pod("aws-node-2", "aws-node", ("DaemonSet", "aws-node"), true),
            pod("ebs-csi-controller-1", "ebs-csi-controller-sa", ("ReplicaSet", "ebs-csi-controller-5f6c"), true),
            pod("kube-proxy-1", "kube-proxy", ("DaemonSet", "kube-proxy"), false),
        ],
        "shop": [pod("orders-1", "orders", ("ReplicaSet", "orders-5c8"), true), ended],
    });
    let world = World::example("cluster-with-addons");
    world.apply().done();
    let kubernetes = Kubernetes::with(good.clone());
    world.write("kubeconfig", &kubernetes.kubeconfig("    token: s3cret"));
    let run = world.run(&["verify", "--kubeconfig", "kubeconfig"]).done();
    run.says(&["2/2", "no pod of this service account runs"])
        .complains(&["may be of another cluster than \"shop\""]);
    let asked = kubernetes.asked().to_ascii_lowercase();
    assert!(asked.contains("authorization: bearer s3cret"), "{asked}");
    for namespace in ["kube-system", "shop"] {
        let path = format!("get /api/v1/namespaces/{namespace}/pods?limit=500");
        assert!(asked.contains(&path), "{asked}");
    }

    let mut bad = good;
    bad["kube-system"][1] = pod("aws-node-2", "aws-node", ("DaemonSet", "aws-node"), false);
    bad["shop"] = json!([pod("orders-1", "orders", ("ReplicaSet", "orders-5c8"), false), crashing]);
    let kubernetes = Kubernetes::with(bad);
    world.write("kubeconfig", &kubernetes.kubeconfig("    tokenFile: token"));
    world.write("token", "s3cret\n");
    let config = [("KUBECONFIG", "nowhere:kubeconfig")];
    let broken = world.run_with(&["verify", "--context", "here", "--kubeconfig"], &config).ends(2);
    broken.says(&[
        "1/2",
        "started before the association: aws-node-2 (container main)",
        "not all of its pods run: invoices-1 (CrashLoopBackOff)",
        "kubectl --namespace kube-system rollout restart daemonset/aws-node",
        "kubectl --namespace shop rollout restart deployment/orders",
    ]);
}

#[test]
fn ways_to_a_cluster() {
    let world = World::example("cluster-with-addons");
    world.apply().done();
    let kubernetes = Kubernetes::with(json!({}));
    let with = |user: &str| {
        world.write("kubeconfig", &kubernetes.kubeconfig(user));
        world.run(&["verify", "--kubeconfig=kubeconfig"])
    };
    // A plugin's token is as good as any other, and shown nowhere.
    world.write(
        "plugin",
        "#!/bin/sh\nprintf '{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%s\"}}' \"$PART$1\"\n",
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let plugin = world.stack().join("plugin");
        std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).unwrap();
        let user = "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: ./plugin\n      args: [cret]\n      env: [{name: PART, value: s3}]";
        let run = with(user).done();
        run.says(&["no pod of this service account runs"]);
        let wrong = with(&user.replace("cret]", "other]")).ends(1);
        let wrong = wrong.says(&["its pods cannot be read", "status 401: Unauthorized"]);
        assert!(!format!("{}{}", wrong.stdout, wrong.stderr).contains("s3other"));
    }
    with("    client-certificate-data: aGVsbG8=")
        .ends(1)
        .complains(&["a client certificate of a kubeconfig is not supported", "aws eks update-kubeconfig"]);
    with("    token: [s3cret").ends(1).complains(&["is not one that can be understood"]);
    world.run(&["verify", "--kubeconfig", "missing"]).ends(1).complains(&["missing cannot be read"]);
    with("    token: s3cret").done();
    world
        .run(&["verify", "--kubeconfig", "kubeconfig", "--context", "hero"])
        .ends(1)
        .complains(&["no context \"hero\"", "did you mean \"here\"?"]);
    world.run(&["verify", "--context", "here"]).ends(1).complains(&["--kubeconfig"]);
}
