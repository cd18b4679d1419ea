//! Faults, eventual consistency, export, import, seed, reset, the admin paths.

use std::time::Duration;

use bytes::Bytes;
use eksform::sandbox::{Broken, Fault, FaultRule, Faults, Options, Sandbox};
use http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{Client, PODS, cluster_body, real_time, wait};

fn rule(operation: &str, nth: Option<u64>, fault: Fault) -> FaultRule {
    FaultRule { operation: operation.into(), nth, rate: None, times: None, fault }
}

fn with(client: &Client, rules: Vec<FaultRule>) {
    client.sandbox.set_faults(Faults { seed: 1, rules });
}

#[tokio::test(start_paused = true)]
async fn refusals_are_worded_as_each_service_does_and_change_nothing() {
    let client = Client::new(real_time());
    with(
        &client,
        vec![rule("CreateRole", Some(1), Fault::Throttle), rule("iam:GetRole", None, Fault::AccessDenied)],
    );
    let make = || client.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", PODS)]);
    assert_eq!(make().await.refusal(), "400 Throttling: Rate exceeded");
    assert_eq!(make().await.status, 200);
    assert_eq!(
        client.iam("GetRole", &[("RoleName", "r")]).await.refusal(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: iam:GetRole"
    );
    with(
        &client,
        vec![
            rule("eks:List*", Some(1), Fault::Throttle),
            rule("ListClusters", Some(2), Fault::InternalError),
        ],
    );
    assert_eq!(client.get("/clusters").await.refusal(), "429 ThrottlingException: Rate exceeded");
    assert!(client.get("/clusters").await.refusal().starts_with("500 ServerException"));
    assert_eq!(client.get("/clusters").await.status, 200);
    let start = tokio::time::Instant::now();
    with(&client, vec![rule("*", None, Fault::Latency { seconds: 7.0 })]);
    client.get("/clusters").await.ok();
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn connections_break_before_and_after() {
    let client = Client::new(real_time());
    let make = async |name: &str| {
        let form = format!(
            "Action=CreateRole&RoleName={name}&AssumeRolePolicyDocument=%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D"
        );
        let request = Request::post("/")
            .header("authorization", client.authorization("iam"))
            .body(Bytes::from(form))
            .unwrap();
        client.sandbox.handle(request).await.extensions().get::<Broken>().copied()
    };
    let there = async |name: &str| client.iam("GetRole", &[("RoleName", name)]).await.status == 200;
    with(
        &client,
        vec![
            rule("CreateRole", Some(1), Fault::ResetBefore),
            rule("CreateRole", Some(2), Fault::ResetAfter),
            rule("CreateRole", Some(3), Fault::Truncate),
        ],
    );
    assert_eq!((make("a").await, there("a").await), (Some(Broken::Reset), false));
    assert_eq!((make("b").await, there("b").await), (Some(Broken::Reset), true));
    assert!(matches!(make("c").await, Some(Broken::Truncated(bytes)) if bytes > 0));
    assert!(there("c").await);
    assert_eq!(make("d").await, None);
}

#[tokio::test(start_paused = true)]
async fn things_fail_and_stick() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let fail = Fault::Fail { code: "AccessDenied".into(), message: "no".into() };
    with(
        &client,
        vec![rule("CreateAddon", Some(1), fail.clone()), rule("CreateAddon", Some(2), Fault::Stuck)],
    );
    for name in ["vpc-cni", "kube-proxy"] {
        client.post("/clusters/demo/addons", json!({"addonName": name})).await.ok();
    }
    wait(100_000).await;
    let addon =
        async |name: &str| client.get(&format!("/clusters/demo/addons/{name}")).await.ok()["addon"].clone();
    let failed = addon("vpc-cni").await;
    assert_eq!(failed["status"], "CREATE_FAILED");
    assert_eq!(failed["health"]["issues"][0]["code"], "AccessDenied");
    assert_eq!(addon("kube-proxy").await["status"], "CREATING");
    let refusal = client.post("/clusters/demo/addons/vpc-cni/update", json!({})).await.refusal();
    assert_eq!(
        refusal,
        "409 ResourceInUseException: Addon vpc-cni cannot be updated as it is currently in CREATE_FAILED state"
    );
    client.delete("/clusters/demo/addons/vpc-cni").await.ok();
    wait(21).await;

    client.post("/clusters/demo/addons", json!({"addonName": "vpc-cni"})).await.ok();
    wait(41).await;
    with(
        &client,
        vec![
            rule("UpdateAddon", Some(1), fail.clone()),
            rule("UpdateClusterConfig", None, fail.clone()),
            rule("CreateCluster", None, fail),
        ],
    );
    let update =
        client.post("/clusters/demo/addons/vpc-cni/update", json!({"configurationValues": "{}"})).await.ok();
    wait(31).await;
    let failed = addon("vpc-cni").await;
    assert_eq!(failed["status"], "UPDATE_FAILED");
    assert!(failed.get("configurationValues").is_none());
    let id = update["update"]["id"].as_str().unwrap();
    let record =
        client.get(&format!("/clusters/demo/updates/{id}?addonName=vpc-cni")).await.ok()["update"].clone();
    assert_eq!(
        (&record["status"], &record["errors"][0]["errorCode"]),
        (&json!("Failed"), &json!("AccessDenied"))
    );
    // The next one goes well.
    client.post("/clusters/demo/addons/vpc-cni/update", json!({"configurationValues": "{}"})).await.ok();
    wait(31).await;
    assert_eq!(addon("vpc-cni").await["status"], "ACTIVE");

    client.post("/clusters/demo/update-config", json!({"deletionProtection": true})).await.ok();
    wait(121).await;
    let cluster = client.get("/clusters/demo").await.ok()["cluster"].clone();
    assert_eq!((&cluster["status"], &cluster["deletionProtection"]), (&json!("ACTIVE"), &json!(false)));
    let role = client.role_arn("demo-cluster");
    client.post("/clusters", cluster_body("other", "1.33", &role)).await.ok();
    wait(541).await;
    assert_eq!(client.get("/clusters/other").await.ok()["cluster"]["status"], "FAILED");
    assert_eq!(client.delete("/clusters/other").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn iam_takes_a_while_to_be_seen() {
    let client = Client::new(Options { consistency: Duration::from_secs(5), ..real_time() });
    let role = client.cluster_role("slow").await;
    let reader = client.with_key("AKIDREADER");
    let get = [("RoleName", "slow")];
    assert_eq!(client.iam("GetRole", &get).await.status, 200);
    assert_eq!(reader.iam("GetRole", &get).await.status, 404);
    assert!(reader.iam("ListRoles", &[]).await.elements("RoleName").is_empty());
    let refusal = client.post("/clusters", cluster_body("demo", "1.33", &role)).await.refusal();
    assert!(refusal.ends_with("role/slow, does not exist"), "{refusal}");
    let trusting =
        json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sts:AssumeRole"}})
            .to_string();
    let create = [("RoleName", "trusting"), ("AssumeRolePolicyDocument", trusting.as_str())];
    assert!(client.iam("CreateRole", &create).await.refusal().contains("Invalid principal in policy"));
    wait(6).await;
    assert_eq!(reader.iam("GetRole", &get).await.status, 200);
    client.post("/clusters", cluster_body("demo", "1.33", &role)).await.ok();
    assert_eq!(client.iam("CreateRole", &create).await.status, 200);

    wait(600).await;
    let pods = client.pod_role("pods").await;
    let ec2 = super::client::trust("ec2.amazonaws.com");
    wait(6).await;
    client.iam("UpdateAssumeRolePolicy", &[("RoleName", "pods"), ("PolicyDocument", &ec2)]).await;
    let body = |name: &str| json!({"namespace": "a", "serviceAccount": name, "roleArn": pods});
    let path = "/clusters/demo/pod-identity-associations";
    client.post(path, body("before")).await.ok();
    wait(6).await;
    assert!(
        client
            .post(path, body("after"))
            .await
            .refusal()
            .ends_with("Trust policy of the role provided is invalid")
    );
}

async fn admin(client: &Client, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("x-eksform-sandbox", "1");
    let response = client.sandbox.handle(request.body(Bytes::from(body.to_string())).unwrap()).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn export_import_reset() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    client.post("/clusters/demo/addons", json!({"addonName": "vpc-cni"})).await.ok();
    let shown = client.get("/clusters/demo/addons/vpc-cni").await.ok();
    let (status, export) = admin(&client, "GET", "/_sandbox/export", &Value::Null).await;
    assert_eq!((status, &export), (200, &client.sandbox.export()));
    let other = Client::of(Sandbox::in_memory(real_time()));
    assert_eq!(admin(&other, "PUT", "/_sandbox/import", &export).await.0, 200);
    assert_eq!(other.get("/clusters/demo/addons/vpc-cni").await.ok(), shown);
    assert_eq!(other.sandbox.export(), export);
    assert_eq!(admin(&other, "PUT", "/_sandbox/import", &json!({"format": 9})).await.0, 400);
    assert_eq!(admin(&other, "POST", "/_sandbox/reset", &Value::Null).await.0, 200);
    assert_eq!(other.sandbox.export()["documents"], json!({}));
    assert!(other.sandbox.log().is_empty());
    let faults = json!({"rules": [{"operation": "ListClusters", "fault": {"kind": "unavailable"}}]});
    assert_eq!(admin(&other, "PUT", "/_sandbox/faults", &faults).await.0, 200);
    assert!(other.get("/clusters").await.refusal().starts_with("503 ServiceUnavailableException"));
    assert_eq!(admin(&other, "PUT", "/_sandbox/faults", &json!({"x": 1})).await.0, 400);
    let bare = Request::post("/_sandbox/reset").body(Bytes::new()).unwrap();
    assert_eq!(other.sandbox.handle(bare).await.status(), 403);
}

#[tokio::test(start_paused = true)]
async fn a_seed_is_what_aws_describes() {
    let client = Client::new(real_time());
    let arn = "arn:aws:eks:us-east-2:123456789012:cluster/old";
    let addon = "arn:aws:eks:us-east-2:123456789012:addon/old/vpc-cni/1";
    let id = "a-0123456789abcdefg";
    let seed = json!({"accounts": {"123456789012": {
    "roles": [{"RoleName": "pods", "AssumeRolePolicyDocument": serde_json::from_str::<Value>(PODS).unwrap(),
               "Tags": [{"Key": "a", "Value": "b"}], "AttachedPolicies": ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]}],
    "regions": {"us-east-2": {
        "subnets": [{"subnetId": "subnet-0123456789abcdef0", "vpcId": "vpc-1", "availabilityZone": "us-east-2a"},
                    {"subnetId": "subnet-0123456789abcdef1", "vpcId": "vpc-1", "availabilityZone": "us-east-2a"},
                    {"subnetId": "subnet-0123456789abcdef2", "vpcId": "vpc-1", "availabilityZone": "us-east-2b"}],
        "clusters": [{
            "cluster": {"name": "old", "arn": arn, "version": "1.30", "roleArn": "arn:aws:iam::123456789012:role/x", "status": "UPDATING"},
            "addons": [{"addonName": "vpc-cni", "clusterName": "old", "addonArn": addon, "addonVersion": "v1.18.5-eksbuild.1"}],
            "podIdentityAssociations": [{"clusterName": "old", "namespace": "kube-system", "serviceAccount": "aws-node",
                "associationId": id, "associationArn": format!("arn:aws:eks:us-east-2:123456789012:podidentityassociation/old/{id}"),
                "roleArn": "arn:aws:iam::123456789012:role/pods", "ownerArn": addon}]
        }]}}}}});
    client.sandbox.seed(&seed).unwrap();
    assert_eq!(client.get("/clusters/old").await.ok()["cluster"]["status"], "ACTIVE");
    let shown = client.get("/clusters/old/addons/vpc-cni").await.ok()["addon"].clone();
    assert_eq!(shown["podIdentityAssociations"].as_array().unwrap().len(), 1);
    assert_eq!(
        client.iam("ListAttachedRolePolicies", &[("RoleName", "pods")]).await.elements("PolicyName").len(),
        1
    );
    client
        .post("/clusters/old/addons/vpc-cni/update", json!({"addonVersion": "v1.19.0-eksbuild.1"}))
        .await
        .ok();

    let role = client.cluster_role("cluster").await;
    let refusal = client.post("/clusters", cluster_body("new", "1.33", &role)).await.refusal();
    assert!(refusal.contains("at least two different AZs"), "{refusal}");
    let mut body = cluster_body("new", "1.33", &role);
    body["resourcesVpcConfig"]["subnetIds"] = json!(["subnet-0123456789abcdef0", "subnet-0123456789abcdef2"]);
    assert_eq!(client.post("/clusters", body).await.ok()["cluster"]["resourcesVpcConfig"]["vpcId"], "vpc-1");

    for (wrong, expected) in [
        (json!([]), "must be an object"),
        (json!({"account": {}}), "unknown member account"),
        (json!({"accounts": {"1": {}}}), "1 is not an account id"),
        (json!({"accounts": {"123456789012": {"roles": [{}]}}}), "a role needs a text RoleName"),
    ] {
        let error = client.sandbox.seed(&wrong).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_catalog_takes_real_answers() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.30").await;
    let path = "/addons/supported-versions?addonName=vpc-cni&kubernetesVersion=";
    let elsewhere = client.get(&format!("{path}1.31")).await.ok();
    let answer = json!({"addons": [
        {"addonName": "vpc-cni", "addonVersions": [{"addonVersion": "v1.99.0-eksbuild.7", "requiresIamPermissions": true,
            "compatibilities": [{"clusterVersion": "1.30", "platformVersions": ["*"], "defaultVersion": true}]}]},
        {"addonName": "of-ones-own", "type": "security", "defaultNamespace": "own", "addonVersions": [
            {"addonVersion": "v1", "compatibilities": [{"clusterVersion": "1.30", "defaultVersion": true}]}]}]});
    assert_eq!(client.sandbox.import_catalog(&answer).unwrap(), 2);
    let here = client.get(&format!("{path}1.30")).await.ok();
    let versions = here["addons"][0]["addonVersions"].as_array().unwrap();
    assert_eq!((versions.len(), &versions[0]["addonVersion"]), (1, &json!("v1.99.0-eksbuild.7")));
    assert_eq!(client.get(&format!("{path}1.31")).await.ok(), elsewhere);
    let own = client.post("/clusters/demo/addons", json!({"addonName": "of-ones-own"})).await.ok();
    assert_eq!(own["addon"]["namespaceConfig"]["namespace"], "own");
    let configuration = json!({"addonName": "of-ones-own", "addonVersion": "v1",
        "configurationSchema": r#"{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}"#,
        "podIdentityConfiguration": [{"serviceAccount": "own-sa", "recommendedManagedPolicies": []}]});
    client.sandbox.import_catalog(&configuration).unwrap();
    let role = client.pod_role("pods").await;
    wait(41).await;
    let update = |values: &str| json!({"configurationValues": values, "podIdentityAssociations": [{"serviceAccount": "own-sa", "roleArn": role}]});
    let path = "/clusters/demo/addons/of-ones-own/update";
    assert!(client.post(path, update("b: 1")).await.refusal().contains("$.b: is not defined in the schema"));
    client.post(path, update("a: 1")).await.ok();
    assert!(client.sandbox.import_catalog(&json!({})).is_err());
}

#[tokio::test]
async fn a_server_breaks_connections() {
    let sandbox = Sandbox::in_memory(Options::default());
    let client = Client::of(sandbox.clone());
    with(
        &client,
        vec![
            rule("ListClusters", Some(1), Fault::ResetBefore),
            rule("ListClusters", Some(2), Fault::Truncate),
        ],
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(eksform::sandbox::serve(sandbox, listener, std::future::pending()));
    let mut answers = Vec::new();
    for _ in 0..3 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /clusters HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {}\r\n\r\n",
            client.authorization("eks")
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset may surface as an error or as the end.
        let _ = stream.read_to_end(&mut answer).await;
        answers.push(String::from_utf8(answer).unwrap());
    }
    assert_eq!(answers[0], "");
    let whole = r#"{"clusters":[]}"#;
    assert!(answers[1].contains(&format!("content-length: {}", whole.len())), "{}", answers[1]);
    assert!(answers[1].ends_with(&whole[..whole.len() / 2]), "{}", answers[1]);
    assert!(answers[2].ends_with(whole), "{}", answers[2]);
    server.abort();
}
