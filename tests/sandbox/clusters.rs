use serde_json::json;

use super::client::{Client, cluster_body, real_time, token, trust, wait};

#[tokio::test(start_paused = true)]
async fn a_cluster_comes_up_and_goes() {
    let client = Client::new(real_time());
    let role = client.cluster_role("cluster").await;
    let made = client.post("/clusters", cluster_body("demo", "1.30", &role)).await.ok()["cluster"].clone();
    assert_eq!(made["status"], "CREATING");
    assert_eq!(made["arn"], "arn:aws:eks:us-east-2:123456789012:cluster/demo");
    assert_eq!(made["createdAt"], 1_767_225_600.0);
    assert_eq!(made["accessConfig"], json!({"authenticationMode": "CONFIG_MAP"}));
    assert!(made.get("endpoint").is_none());
    wait(539).await;
    assert_eq!(client.get("/clusters/demo").await.ok()["cluster"]["status"], "CREATING");
    wait(2).await;
    let up = client.get("/clusters/demo").await.ok()["cluster"].clone();
    assert_eq!(up["status"], "ACTIVE");
    assert!(up["endpoint"].as_str().unwrap().ends_with(".us-east-2.eks.amazonaws.com"));
    assert_eq!(client.get("/clusters").await.ok(), json!({"clusters": ["demo"]}));
    assert_eq!(client.delete("/clusters/demo").await.ok()["cluster"]["status"], "DELETING");
    assert_eq!(
        client.delete("/clusters/demo").await.refusal(),
        "409 ResourceInUseException: Cluster demo is currently being deleted"
    );
    wait(181).await;
    let gone = client.get("/clusters/demo").await;
    assert_eq!(gone.refusal(), "404 ResourceNotFoundException: No cluster found for name: demo.");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&gone.body).unwrap(),
        json!({"clusterName": "demo", "nodegroupName": null, "fargateProfileName": null, "addonName": null,
               "subscriptionId": null, "message": "No cluster found for name: demo."})
    );
    // Made again it is another cluster.
    let again = client.post("/clusters", cluster_body("demo", "1.30", &role)).await.ok()["cluster"].clone();
    assert_eq!(again["arn"], made["arn"]);
}

#[tokio::test(start_paused = true)]
async fn create_is_refused_as_on_aws() {
    let client = Client::new(real_time());
    let role = client.cluster_role("cluster").await;
    let other = trust("ec2.amazonaws.com");
    client.iam("CreateRole", &[("RoleName", "ec2"), ("AssumeRolePolicyDocument", &other)]).await;
    let bare = trust("eks.amazonaws.com");
    client.iam("CreateRole", &[("RoleName", "bare"), ("AssumeRolePolicyDocument", &bare)]).await;
    let with = |member: &str, value: serde_json::Value| {
        let mut body = cluster_body("demo", "1.30", &role);
        body[member] = value;
        body
    };
    let cases = [
        (with("name", json!("a b")), "failed to satisfy constraint: Member must satisfy regular expression"),
        (with("name", json!("x".repeat(101))), "Member must have length less than or equal to 100"),
        (
            with("roleArn", json!(null)),
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (with("roleArn", json!("arn:aws:iam::123456789012:role/nope")), "role/nope, does not exist"),
        (with("roleArn", json!("nonsense")), "The role ARN nonsense is not valid"),
        (
            with("roleArn", json!(client.role_arn("ec2"))),
            "Role could not be assumed because the trusted entity is not correct",
        ),
        (with("roleArn", json!(client.role_arn("bare"))), "doesn't have the Amazon EKS Managed Policies"),
        (with("version", json!("1.99")), "unsupported Kubernetes version"),
        (
            with("resourcesVpcConfig", json!({"subnetIds": ["subnet-0123456789abcdef0"]})),
            "at least two different AZs",
        ),
        (
            with("resourcesVpcConfig", json!({"subnetIds": ["subnet-x", "subnet-y"]})),
            "The subnet ID 'subnet-x' does not exist",
        ),
        (with("tags", json!({"aws:x": "y"})), "reserved prefix aws:"),
        (with("clientRequestToken", json!("short")), "between 33 and 126"),
        (with("computeConfig", json!({"enabled": true})), "For EKS Auto Mode, please ensure"),
        (
            with("encryptionConfig", json!([{"resources": ["pods"], "provider": {"keyArn": "x"}}])),
            "can be encrypted is secrets",
        ),
        (
            with("kubernetesNetworkConfig", json!({"serviceIpv4Cidr": "8.8.8.0/24"})),
            "serviceIpv4Cidr must be within",
        ),
    ];
    for (body, expected) in cases {
        let refusal = client.post("/clusters", body).await.refusal();
        assert!(
            refusal.starts_with("400 InvalidParameterException: ") && refusal.contains(expected),
            "{refusal}"
        );
    }
    client.post("/clusters", cluster_body("demo", "1.30", &role)).await.ok();
    assert_eq!(
        client.post("/clusters", cluster_body("demo", "1.30", &role)).await.refusal(),
        "409 ResourceInUseException: Cluster already exists with name: demo"
    );
}

#[tokio::test(start_paused = true)]
async fn one_update_of_one_group_at_a_time() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.30").await;
    let path = "/clusters/demo/update-config";
    assert_eq!(
        client.post(path, json!({})).await.refusal(),
        "400 InvalidParameterException: The type for cluster update was not provided."
    );
    assert_eq!(
        client
            .post(path, json!({"deletionProtection": true, "upgradePolicy": {"supportType": "STANDARD"}}))
            .await
            .refusal(),
        "400 InvalidParameterException: Only one type of update can be allowed."
    );
    let private = json!({"resourcesVpcConfig": {"endpointPrivateAccess": true}});
    let update = client.post(path, private.clone()).await.ok()["update"].clone();
    assert_eq!((&update["type"], &update["status"]), (&json!("EndpointAccessUpdate"), &json!("InProgress")));
    assert_eq!(update["params"], json!([{"type": "EndpointPrivateAccess", "value": "true"}]));
    let id = update["id"].as_str().unwrap();
    assert_eq!(client.get("/clusters/demo").await.ok()["cluster"]["status"], "UPDATING");
    assert_eq!(
        client.post(path, json!({"deletionProtection": true})).await.refusal(),
        format!(
            "409 ResourceInUseException: Cannot DeletionProtectionUpdate because cluster demo currently has update {id} in progress"
        )
    );
    wait(121).await;
    let path_of_update = format!("/clusters/demo/updates/{id}");
    assert_eq!(client.get(&path_of_update).await.ok()["update"]["status"], "Successful");
    let cluster = client.get("/clusters/demo").await.ok()["cluster"].clone();
    assert_eq!(cluster["resourcesVpcConfig"]["endpointPrivateAccess"], true);
    assert_eq!(
        client.post(path, private).await.refusal(),
        "400 InvalidParameterException: Cluster is already at the desired configuration with endpointPrivateAccess: \
         true , endpointPublicAccess: true, and Public Endpoint Restrictions: [0.0.0.0/0]"
    );
    assert_eq!(client.get("/clusters/demo/updates").await.ok(), json!({"updateIds": [id]}));
    assert_eq!(
        client.get("/clusters/demo/updates/nope").await.refusal(),
        "404 ResourceNotFoundException: No update found for ID: nope"
    );
}

#[tokio::test(start_paused = true)]
async fn every_group_changes_what_it_says() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.30").await;
    let groups = [
        ("LoggingUpdate", json!({"logging": {"clusterLogging": [{"types": ["api"], "enabled": true}]}})),
        ("AccessConfigUpdate", json!({"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}})),
        ("UpgradePolicyUpdate", json!({"upgradePolicy": {"supportType": "STANDARD"}})),
        ("ZonalShiftConfigUpdate", json!({"zonalShiftConfig": {"enabled": true}})),
        (
            "RemoteNetworkConfigUpdate",
            json!({"remoteNetworkConfig": {"remoteNodeNetworks": [{"cidrs": ["10.1.0.0/16"]}]}}),
        ),
        ("DeletionProtectionUpdate", json!({"deletionProtection": true})),
        ("ControlPlaneScalingConfigUpdate", json!({"controlPlaneScalingConfig": {"tier": "tier-xl"}})),
        (
            "VpcConfigUpdate",
            json!({"resourcesVpcConfig": {"subnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef2"]}}),
        ),
    ];
    for (kind, body) in groups {
        let update = client.post("/clusters/demo/update-config", body.clone()).await.ok()["update"].clone();
        assert_eq!(update["type"], kind);
        wait(121).await;
        let cluster = client.get("/clusters/demo").await.ok()["cluster"].clone();
        assert_eq!(cluster["status"], "ACTIVE");
        if kind != "LoggingUpdate" && kind != "VpcConfigUpdate" {
            for (member, value) in body.as_object().unwrap() {
                assert_eq!(&cluster[member], value);
            }
        }
        let again = client.post("/clusters/demo/update-config", body).await.refusal();
        assert!(
            again.contains("already at the desired configuration") || again.contains("Unsupported auth"),
            "{again}"
        );
    }
    assert_eq!(
        client.delete("/clusters/demo").await.refusal(),
        "400 InvalidRequestException: Cluster demo cannot be deleted because deletion protection is enabled for it"
    );
}

#[tokio::test(start_paused = true)]
async fn versions_go_up_one_by_one() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.30").await;
    for (to, expected) in [
        (
            "1.32",
            "400 InvalidParameterException: Unsupported Kubernetes minor version update from 1.30 to 1.32",
        ),
        (
            "1.29",
            "400 InvalidParameterException: Unsupported Kubernetes minor version update from 1.30 to 1.29",
        ),
        ("9.9", "400 InvalidParameterException: unsupported Kubernetes version"),
    ] {
        assert_eq!(client.post("/clusters/demo/updates", json!({"version": to})).await.refusal(), expected);
    }
    client.post("/clusters/demo/updates", json!({"version": "1.31"})).await.ok();
    assert_eq!(client.get("/clusters/demo").await.ok()["cluster"]["version"], "1.30");
    wait(601).await;
    assert_eq!(client.get("/clusters/demo").await.ok()["cluster"]["version"], "1.31");
    let key = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555";
    let config = json!({"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": key}}]});
    client.post("/clusters/demo/encryption-config/associate", config.clone()).await.ok();
    wait(301).await;
    let refusal = client.post("/clusters/demo/encryption-config/associate", config).await.refusal();
    assert!(refusal.contains("already enabled"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_and_tokens_are_idempotent() {
    let client = Client::new(real_time());
    let role = client.cluster_role("cluster").await;
    for n in 0..5 {
        client.post("/clusters", cluster_body(&format!("c{n}"), "1.33", &role)).await.ok();
    }
    let first = client.get("/clusters?maxResults=2").await.ok();
    assert_eq!(first["clusters"], json!(["c0", "c1"]));
    let next = first["nextToken"].as_str().unwrap();
    let second = client.get(&format!("/clusters?maxResults=2&nextToken={next}")).await.ok();
    assert_eq!(second["clusters"], json!(["c2", "c3"]));
    let last = second["nextToken"].as_str().unwrap();
    assert_eq!(client.get(&format!("/clusters?nextToken={last}")).await.ok(), json!({"clusters": ["c4"]}));
    for bad in ["nextToken=xyz", "maxResults=0", "maxResults=101", "maxResults=x"] {
        assert!(
            client
                .get(&format!("/clusters?{bad}"))
                .await
                .refusal()
                .starts_with("400 InvalidParameterException")
        );
    }
    let mut body = cluster_body("idem", "1.33", &role);
    body["clientRequestToken"] = json!(token("first"));
    let made = client.post("/clusters", body.clone()).await.ok();
    assert_eq!(client.post("/clusters", body.clone()).await.ok(), made);
    body["version"] = json!("1.32");
    assert!(client.post("/clusters", body).await.refusal().contains("different parameters"));
}
