use serde_json::{Value, json};

use super::client::{CNI_POLICY, Client, real_time, token, trust, wait};

const ADDONS: &str = "/clusters/demo/addons";
const CNI: &str = "/clusters/demo/addons/vpc-cni";

async fn associations(client: &Client) -> Vec<Value> {
    client.get("/clusters/demo/pod-identity-associations").await.ok()["associations"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test(start_paused = true)]
async fn one_create_call_makes_addon_and_association() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.30").await;
    let role = client.pod_role("AmazonEKSPodIdentityAmazonVPCCNIRole").await;
    client
        .iam(
            "AttachRolePolicy",
            &[("RoleName", "AmazonEKSPodIdentityAmazonVPCCNIRole"), ("PolicyArn", CNI_POLICY)],
        )
        .await;
    let body = json!({"addonName": "vpc-cni", "addonVersion": "v1.19.0-eksbuild.1", "tags": {"team": "platform"},
                      "podIdentityAssociations": [{"serviceAccount": "aws-node", "roleArn": role}]});
    let addon = client.post(ADDONS, body).await.ok()["addon"].clone();
    assert_eq!(
        (&addon["status"], &addon["addonVersion"]),
        (&json!("CREATING"), &json!("v1.19.0-eksbuild.1"))
    );
    assert!(
        addon["addonArn"]
            .as_str()
            .unwrap()
            .starts_with("arn:aws:eks:us-east-2:123456789012:addon/demo/vpc-cni/")
    );
    let arns = addon["podIdentityAssociations"].as_array().unwrap();
    assert_eq!(arns.len(), 1);
    wait(41).await;
    assert_eq!(client.get(CNI).await.ok()["addon"]["status"], "ACTIVE");
    let listed = associations(&client).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["ownerArn"], addon["addonArn"]);
    assert_eq!(listed[0]["associationArn"], arns[0]);
    assert!(listed[0].get("roleArn").is_none() && listed[0].get("tags").is_none());
    let id = listed[0]["associationId"].as_str().unwrap();
    assert_eq!((id.len(), &id[..2]), (19, "a-"));
    let association = client.get(&format!("/clusters/demo/pod-identity-associations/{id}")).await.ok();
    assert_eq!(association["association"]["roleArn"], role);
    assert_eq!(association["association"]["tags"], json!({}));

    client.delete(CNI).await.ok();
    wait(21).await;
    assert_eq!(
        client.get(CNI).await.refusal(),
        "404 ResourceNotFoundException: No addon: vpc-cni found in cluster: demo"
    );
    assert!(associations(&client).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn update_replaces_adds_and_removes_associations() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let (one, two) = (client.pod_role("one").await, client.pod_role("two").await);
    client.post(ADDONS, json!({"addonName": "adot"})).await.ok();
    wait(41).await;
    let path = "/clusters/demo/addons/adot/update";
    let metrics = json!({"serviceAccount": "adot-col-prom-metrics", "roleArn": one});
    let logs = json!({"serviceAccount": "adot-col-container-logs", "roleArn": two});
    let update =
        client.post(path, json!({"podIdentityAssociations": [metrics, logs]})).await.ok()["update"].clone();
    assert_eq!(update["type"], "AddonUpdate");
    assert_eq!(
        client.post(path, json!({})).await.refusal(),
        "409 ResourceInUseException: Addon adot cannot be updated as it is currently in UPDATING state"
    );
    wait(31).await;
    let id = update["id"].as_str().unwrap();
    assert_eq!(
        client.get(&format!("/clusters/demo/updates/{id}?addonName=adot")).await.ok()["update"]["status"],
        "Successful"
    );
    assert!(client.get(&format!("/clusters/demo/updates/{id}")).await.refusal().starts_with("404"));
    assert_eq!(client.get("/clusters/demo/updates?addonName=adot").await.ok()["updateIds"], json!([id]));
    let before = associations(&client).await;
    assert_eq!(before.len(), 2);

    // Absent: unchanged. Present: that list and no other, ids kept where the service account stays.
    client.post(path, json!({"configurationValues": "{}"})).await.ok();
    wait(31).await;
    assert_eq!(associations(&client).await, before);
    let moved = json!({"serviceAccount": "adot-col-prom-metrics", "roleArn": two});
    client.post(path, json!({"podIdentityAssociations": [moved]})).await.ok();
    wait(31).await;
    let after = associations(&client).await;
    assert_eq!(after.len(), 1);
    assert!(before.contains(&after[0]));
    let id = after[0]["associationId"].as_str().unwrap();
    let association = client.get(&format!("/clusters/demo/pod-identity-associations/{id}")).await.ok();
    assert_eq!(association["association"]["roleArn"], two);
    client.post(path, json!({"podIdentityAssociations": []})).await.ok();
    assert!(associations(&client).await.is_empty());
    wait(31).await;
    assert!(
        client.get("/clusters/demo/addons/adot").await.ok()["addon"].get("podIdentityAssociations").is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn create_is_refused_as_on_aws() {
    let client = Client::new(real_time());
    let role = client.pod_role("pods").await;
    assert_eq!(
        client.post(ADDONS, json!({"addonName": "vpc-cni"})).await.refusal(),
        "404 ResourceNotFoundException: No cluster found for name: demo."
    );
    client.cluster("demo", "1.30").await;
    let wrong = trust("ec2.amazonaws.com");
    client.iam("CreateRole", &[("RoleName", "wrong"), ("AssumeRolePolicyDocument", &wrong)]).await;
    let half = trust("pods.eks.amazonaws.com");
    client.iam("CreateRole", &[("RoleName", "half"), ("AssumeRolePolicyDocument", &half)]).await;
    let pods = |account: &str, role: &str| json!([{"serviceAccount": account, "roleArn": role}]);
    let cases = [
        (json!({}), "Value null at 'addonName' failed to satisfy constraint: Member must not be null"),
        (json!({"addonName": "nope"}), "Addon specified is not supported"),
        (
            json!({"addonName": "vpc-cni", "addonVersion": "v9.9.9-eksbuild.1"}),
            "Addon version specified is not supported",
        ),
        (
            json!({"addonName": "vpc-cni", "addonVersion": "v1.23.2-eksbuild.1"}),
            "Addon version specified is not supported",
        ),
        (
            json!({"addonName": "vpc-cni", "addonVersion": "v1.15.4-eksbuild.1", "podIdentityAssociations": pods("aws-node", &role)}),
            "Pod Identity feature is not supported for addon version",
        ),
        (
            json!({"addonName": "vpc-cni", "podIdentityAssociations": pods("other", &role)}),
            "Service account other in pod identity configuration is not supported",
        ),
        (
            json!({"addonName": "vpc-cni", "podIdentityAssociations": pods("aws-node", &client.role_arn("absent"))}),
            "Role provided in the request does not exist",
        ),
        (
            json!({"addonName": "vpc-cni", "podIdentityAssociations": pods("aws-node", &client.role_arn("wrong"))}),
            "Trust policy of the role provided is invalid",
        ),
        (
            json!({"addonName": "vpc-cni", "podIdentityAssociations": pods("aws-node", &client.role_arn("half"))}),
            "Trust policy of the role provided is invalid",
        ),
        (
            json!({"addonName": "vpc-cni", "serviceAccountRoleArn": role, "podIdentityAssociations": pods("aws-node", &role)}),
            "Only one of serviceAccountRoleArn and podIdentityAssociations",
        ),
        (json!({"addonName": "vpc-cni", "serviceAccountRoleArn": ""}), "length greater than or equal to 1"),
        (json!({"addonName": "vpc-cni", "resolveConflicts": "PRESERVE"}), "PRESERVE"),
        (
            json!({"addonName": "vpc-cni", "resolveConflicts": "x"}),
            "enum value set: [OVERWRITE, NONE, PRESERVE]",
        ),
        (
            json!({"addonName": "coredns", "configurationValues": "{\"replicaCount\":\"x\"}"}),
            "ConfigurationValue provided in request is not supported: Json schema validation failed with error: \
             [$.replicaCount: string found, integer expected]",
        ),
        (
            json!({"addonName": "coredns", "configurationValues": "replicaCounts: 3"}),
            "does not allow additional properties",
        ),
        (
            json!({"addonName": "coredns", "configurationValues": "{\"a\": [}"}),
            "neither valid JSON nor valid YAML",
        ),
        (json!({"addonName": "coredns", "configurationValues": "[1]"}), "array found, object expected"),
    ];
    for (body, expected) in cases {
        let refusal = client.post(ADDONS, body).await.refusal();
        assert!(
            refusal.starts_with("400 InvalidParameterException: ") && refusal.contains(expected),
            "{refusal}"
        );
    }
    client
        .post(ADDONS, json!({"addonName": "coredns", "configurationValues": "replicaCount: 3\n"}))
        .await
        .ok();
    assert_eq!(
        client.post(ADDONS, json!({"addonName": "coredns"})).await.refusal(),
        "409 ResourceInUseException: Addon already exists."
    );
    assert_eq!(client.get(ADDONS).await.ok(), json!({"addons": ["coredns"]}));

    // An add-on cannot take over an association that exists.
    let taken = json!({"namespace": "kube-system", "serviceAccount": "aws-node", "roleArn": role});
    let made = client.post("/clusters/demo/pod-identity-associations", taken).await.ok();
    let id = made["association"]["associationId"].as_str().unwrap();
    let refusal = client
        .post(ADDONS, json!({"addonName": "vpc-cni", "podIdentityAssociations": pods("aws-node", &role)}))
        .await
        .refusal();
    assert_eq!(refusal, format!("409 ResourceInUseException: Association already exists: {id}"));
    assert!(client.get(CNI).await.refusal().starts_with("404"), "nothing of it is left");
}

#[tokio::test(start_paused = true)]
async fn irsa_goes_when_an_update_leaves_it_out() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.30").await;
    let role = client.pod_role("pods").await;
    client.post(ADDONS, json!({"addonName": "vpc-cni", "addonVersion": "v1.18.5-eksbuild.1", "serviceAccountRoleArn": role})).await.ok();
    wait(41).await;
    let update = format!("{CNI}/update");
    client
        .post(&update, json!({"serviceAccountRoleArn": role, "addonVersion": "v1.19.0-eksbuild.1"}))
        .await
        .ok();
    wait(31).await;
    let addon = client.get(CNI).await.ok()["addon"].clone();
    assert_eq!(
        (&addon["serviceAccountRoleArn"], &addon["addonVersion"]),
        (&json!(role), &json!("v1.19.0-eksbuild.1"))
    );
    let refusal = client.post(&update, json!({"addonVersion": "v1.17.1-eksbuild.1"})).await.refusal();
    assert_eq!(
        refusal,
        "400 InvalidParameterException: Updating VPC-CNI can only go up or down 1 minor version at a time"
    );
    client
        .post(&update, json!({"podIdentityAssociations": [{"serviceAccount": "aws-node", "roleArn": role}]}))
        .await
        .ok();
    wait(31).await;
    let addon = client.get(CNI).await.ok()["addon"].clone();
    assert!(addon.get("serviceAccountRoleArn").is_none());
    assert_eq!(addon["podIdentityAssociations"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn coredns_is_degraded_without_nodes_and_preserve_keeps_associations() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.30").await;
    let role = client.pod_role("pods").await;
    client.post(ADDONS, json!({"addonName": "coredns"})).await.ok();
    wait(41).await;
    let addon = client.get("/clusters/demo/addons/coredns").await.ok()["addon"].clone();
    assert_eq!(addon["status"], "DEGRADED");
    assert_eq!(addon["health"]["issues"][0]["code"], "InsufficientNumberOfReplicas");
    let body = json!({"addonName": "vpc-cni", "clientRequestToken": token("t"),
                      "podIdentityAssociations": [{"serviceAccount": "aws-node", "roleArn": role}]});
    let made = client.post(ADDONS, body.clone()).await.ok();
    assert_eq!(client.post(ADDONS, body).await.ok(), made);
    wait(41).await;
    client.delete(&format!("{CNI}?preserve=true")).await.ok();
    wait(21).await;
    let left = associations(&client).await;
    assert_eq!(left.len(), 1);
    assert!(left[0].get("ownerArn").is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_offered() {
    let client = Client::new(real_time());
    let offered =
        client.get("/addons/supported-versions?kubernetesVersion=1.30&addonName=vpc-cni").await.ok();
    let versions = offered["addons"][0]["addonVersions"].as_array().unwrap();
    let default: Vec<&Value> =
        versions.iter().filter(|version| version["compatibilities"][0]["defaultVersion"] == true).collect();
    assert_eq!(default.len(), 1);
    assert_eq!(default[0]["addonVersion"], "v1.19.0-eksbuild.1");
    assert_eq!(versions[0]["compatibilities"].as_array().unwrap().len(), 1);
    let mut seen = 0;
    let mut path = "/addons/supported-versions?maxResults=5".to_owned();
    loop {
        let page = client.get(&path).await.ok();
        seen += page["addons"].as_array().unwrap().len();
        let Some(next) = page["nextToken"].as_str() else {
            break;
        };
        path = format!("/addons/supported-versions?maxResults=5&nextToken={next}");
    }
    assert!(seen >= 20);
    assert_eq!(client.get("/addons/supported-versions?addonName=nope").await.ok(), json!({"addons": []}));
    let configuration = client
        .get("/addons/configuration-schemas?addonName=adot&addonVersion=v0.117.0-eksbuild.1")
        .await
        .ok();
    assert_eq!(configuration["podIdentityConfiguration"].as_array().unwrap().len(), 3);
    let schema: Value = serde_json::from_str(configuration["configurationSchema"].as_str().unwrap()).unwrap();
    assert_eq!(schema["type"], "object");
    let versions = client.get("/cluster-versions?defaultOnly=true").await.ok();
    assert_eq!(versions["clusterVersions"].as_array().unwrap().len(), 1);
    let all = client.get("/cluster-versions?clusterVersions=1.28&clusterVersions=1.30").await.ok();
    assert_eq!(all["clusterVersions"].as_array().unwrap().len(), 2);
}
