//! Node groups, Fargate profiles, access entries, insights.

use serde_json::{Value, json};

use super::client::{Client, cluster_body, real_time, token, trust, wait};

async fn node_role(client: &Client) -> String {
    let trust = trust("ec2.amazonaws.com");
    client.iam("CreateRole", &[("RoleName", "node"), ("AssumeRolePolicyDocument", &trust)]).await;
    client.role_arn("node")
}

#[tokio::test(start_paused = true)]
async fn nodes_heal_coredns_and_hold_the_cluster() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let role = node_role(&client).await;
    client.post("/clusters/demo/addons", json!({"addonName": "coredns"})).await.ok();
    wait(41).await;
    let status = async || client.get("/clusters/demo/addons/coredns").await.ok()["addon"]["status"].clone();
    assert_eq!(status().await, "DEGRADED");
    let body = json!({"nodegroupName": "main", "nodeRole": role, "subnets": ["subnet-0123456789abcdef0"],
                      "clientRequestToken": token("main")});
    let made = client.post("/clusters/demo/node-groups", body.clone()).await.ok();
    assert_eq!(made["nodegroup"]["releaseVersion"], "1.33.5-20260101");
    assert_eq!(client.post("/clusters/demo/node-groups", body).await.ok(), made);
    assert_eq!(status().await, "DEGRADED");
    wait(151).await;
    assert_eq!(status().await, "ACTIVE");
    assert_eq!(
        client.delete("/clusters/demo").await.refusal(),
        "409 ResourceInUseException: Cluster has nodegroups attached"
    );
    let update = "/clusters/demo/node-groups/main/update-config";
    client.post(update, json!({"scalingConfig": {"desiredSize": 1}})).await.ok();
    assert_eq!(
        client.post(update, json!({"scalingConfig": {"desiredSize": 2}})).await.refusal(),
        "409 ResourceInUseException: Nodegroup cannot be updated as it is currently not in Active State"
    );
    wait(31).await;
    let group = client.get("/clusters/demo/node-groups/main").await.ok()["nodegroup"].clone();
    assert_eq!(group["scalingConfig"], json!({"minSize": 1, "maxSize": 2, "desiredSize": 1}));
    client.delete("/clusters/demo/node-groups/main").await.ok();
    wait(181).await;
    assert_eq!(status().await, "DEGRADED");
    assert_eq!(client.delete("/clusters/demo").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn node_groups_are_refused_as_on_aws() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let (role, pods) = (node_role(&client).await, client.pod_role("pods").await);
    let with = |member: &str, value: Value| {
        let mut body =
            json!({"nodegroupName": "main", "nodeRole": role, "subnets": ["subnet-0123456789abcdef0"]});
        body[member] = value;
        body
    };
    let cases = [
        (with("nodegroupName", json!("a b")), "name a b is not valid"),
        (with("subnets", json!([])), "Subnets are not specified"),
        (with("subnets", json!(["x"])), "The subnet ID 'x' does not exist"),
        (
            with("nodeRole", json!(pods)),
            "Following required service principals [ec2.amazonaws.com] were not found",
        ),
        (with("version", json!("1.34")), "not compatible with cluster version 1.33"),
        (with("version", json!("1.29")), "not compatible with cluster version 1.33"),
        (
            with("scalingConfig", json!({"minSize": 5})),
            "Minimum capacity 5 can't be greater than desired size 2",
        ),
        (with("scalingConfig", json!({"maxSize": 1})), "Desired capacity 2 can't be greater than max size 1"),
        (with("amiType", json!("X")), "enum value set"),
        (with("amiType", json!("CUSTOM")), "needs a launch template"),
        (with("launchTemplate", json!({"name": "a", "id": "b"})), "either the launch template ID"),
    ];
    for (body, expected) in cases {
        let refusal = client.post("/clusters/demo/node-groups", body).await.refusal();
        assert!(
            refusal.starts_with("400 InvalidParameterException: ") && refusal.contains(expected),
            "{refusal}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn access_entries_need_the_api_mode() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    assert_eq!(
        client.get("/clusters/demo/access-entries").await.refusal(),
        "400 InvalidRequestException: The cluster's authentication mode must be set to one of [API, \
         API_AND_CONFIG_MAP] to perform this operation."
    );
    let mode = |mode: &str| json!({"accessConfig": {"authenticationMode": mode}});
    assert_eq!(
        client.post("/clusters/demo/update-config", mode("API")).await.refusal(),
        "400 InvalidParameterException: Unsupported authentication mode update from CONFIG_MAP to API"
    );
    client.post("/clusters/demo/update-config", mode("API_AND_CONFIG_MAP")).await.ok();
    wait(121).await;
    // Whoever made the cluster is its administrator.
    let creator = "arn:aws:iam::123456789012:user/sandbox";
    assert_eq!(client.get("/clusters/demo/access-entries").await.ok(), json!({"accessEntries": [creator]}));
    let path = "/clusters/demo/access-entries/arn%3Aaws%3Aiam%3A%3A123456789012%3Auser%2Fsandbox";
    let policies = client.get(&format!("{path}/access-policies")).await.ok();
    assert_eq!(
        policies["associatedAccessPolicies"][0]["policyArn"],
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    );
    let entry = client.get(path).await.ok()["accessEntry"].clone();
    assert_eq!((&entry["type"], &entry["username"]), (&json!("STANDARD"), &json!(creator)));

    let role = client.cluster_role("other").await;
    let mut body = cluster_body("closed", "1.33", &role);
    body["accessConfig"] =
        json!({"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": false});
    client.post("/clusters", body).await.ok();
    assert_eq!(client.get("/clusters/closed/access-entries").await.ok(), json!({"accessEntries": []}));
}

#[tokio::test(start_paused = true)]
async fn insights_look_at_the_addons() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.31").await;
    client
        .post("/clusters/demo/addons", json!({"addonName": "vpc-cni", "addonVersion": "v1.19.0-eksbuild.1"}))
        .await
        .ok();
    let errors =
        client.post("/clusters/demo/insights", json!({"filter": {"statuses": ["ERROR"]}})).await.ok();
    let found = errors["insights"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["kubernetesVersion"], "1.32");
    let id = found[0]["id"].as_str().unwrap();
    let insight = client.get(&format!("/clusters/demo/insights/{id}")).await.ok()["insight"].clone();
    let details = &insight["categorySpecificSummary"]["addonCompatibilityDetails"];
    assert_eq!(details[0]["name"], "vpc-cni");
    assert_eq!(details[0]["compatibleVersions"], json!(["v1.20.1-eksbuild.3", "v1.21.1-eksbuild.1"]));
}
