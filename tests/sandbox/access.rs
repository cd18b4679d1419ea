//! Faults of the kind `policy`: what the caller's policy does not allow is refused as AWS words it.

use eksform::sandbox::Faults;
use serde_json::{Value, json};

use super::client::{Client, PODS, cluster_body, real_time, trust};

fn bind(client: &Client, statements: &Value, principal: Option<&str>) {
    let mut fault = json!({"kind": "policy", "document": {"Version": "2012-10-17", "Statement": statements}});
    if let Some(principal) = principal {
        fault["principal"] = json!(principal);
    }
    let faults = json!({"rules": [{"operation": "*", "fault": fault}]});
    client.sandbox.set_faults(serde_json::from_value::<Faults>(faults).unwrap());
}

const ME: &str = "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform:";
const EKS: &str = "arn:aws:eks:us-east-2:123456789012";

#[tokio::test(start_paused = true)]
async fn what_no_statement_allows_is_refused_and_changes_nothing() {
    let client = Client::new(real_time());
    let demo = client.cluster("demo", "1.33").await;
    let role = client.pod_role("pods").await;
    bind(
        &client,
        &json!([
            {"Effect": "Allow", "Action": ["eks:Describe*", "iam:Get*", "sts:*"], "Resource": "*"},
            {"Effect": "Allow", "Action": "eks:CreateAddon", "Resource": format!("{EKS}:cluster/demo")},
            {"Effect": "Allow", "Action": "eks:CreateCluster", "Resource": "*",
             "Condition": {"StringEquals": {"aws:RequestTag/team": "shop"}}},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": format!("{}-cluster", role.replace("pods", "demo")),
             "Condition": {"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}}},
            {"Effect": "Deny", "Action": "*", "Resource": ["*role/secret", "*cluster/prod"]}]),
        None,
    );
    client.get("/clusters/demo").await.ok();
    let refusals = [
        (client.get("/clusters").await, format!("eks:ListClusters on resource: {EKS}:cluster/*")),
        (
            client.get("/clusters/prod").await,
            format!("eks:DescribeCluster on resource: {EKS}:cluster/prod with an explicit deny"),
        ),
        (client.delete("/clusters/demo").await, format!("eks:DeleteCluster on resource: {EKS}:cluster/demo")),
        (
            client.delete("/clusters/demo/addons/coredns").await,
            format!("eks:DeleteAddon on resource: {EKS}:addon/demo/coredns/*"),
        ),
        (
            client
                .post(
                    "/clusters/demo/pod-identity-associations",
                    json!({"namespace": "a", "serviceAccount": "b", "roleArn": role}),
                )
                .await,
            format!("eks:CreatePodIdentityAssociation on resource: {EKS}:cluster/demo"),
        ),
        (
            client
                .post("/clusters/demo/addons", json!({"addonName": "vpc-cni", "serviceAccountRoleArn": role}))
                .await,
            format!("iam:PassRole on resource: {role}"),
        ),
        (
            client.post("/clusters", cluster_body("x", "1.33", &role)).await,
            format!("eks:CreateCluster on resource: {EKS}:cluster/x"),
        ),
        (client.get("/access-policies").await, "eks:ListAccessPolicies".to_owned()),
    ];
    for (reply, expected) in refusals {
        assert_eq!(reply.refusal(), format!("403 AccessDeniedException: {ME} {expected}"));
    }
    let iam = [
        (
            client.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", PODS)]).await,
            "iam:CreateRole on resource: arn:aws:iam::123456789012:role/r because no identity-based policy allows the iam:CreateRole action",
        ),
        (
            client.iam("DeleteRole", &[("RoleName", "pods")]).await,
            "iam:DeleteRole on resource: role pods because no identity-based policy allows the iam:DeleteRole action",
        ),
        (
            client.iam("GetRole", &[("RoleName", "secret")]).await,
            "iam:GetRole on resource: role secret with an explicit deny in an identity-based policy",
        ),
        (
            client.iam("ListPolicies", &[]).await,
            "iam:ListPolicies on resource: policy path / because no identity-based policy allows the iam:ListPolicies action",
        ),
        (
            client
                .query(
                    "sts",
                    "AssumeRole",
                    &[("RoleArn", "arn:aws:iam::123456789012:role/secret"), ("RoleSessionName", "ci")],
                )
                .await,
            "sts:AssumeRole on resource: arn:aws:iam::123456789012:role/secret",
        ),
    ];
    for (reply, expected) in iam {
        assert_eq!(reply.refusal(), format!("403 AccessDenied: {ME} {expected}"));
    }
    // With the tag its condition wants, the cluster may be made; the tagging itself is one more action.
    let mut tagged = cluster_body("x", "1.33", &client.role_arn("demo-cluster"));
    tagged["tags"] = json!({"team": "shop"});
    assert!(
        client.post("/clusters", tagged).await.refusal().contains("perform: eks:TagResource on resource")
    );
    client.post("/clusters/demo/addons", json!({"addonName": "vpc-cni"})).await.ok();
    client.sandbox.set_faults(Faults::default());
    assert_eq!(client.get("/clusters/demo").await.ok()["cluster"], demo);
    assert_eq!(client.get("/clusters").await.ok()["clusters"], json!(["demo"]));
}

#[tokio::test(start_paused = true)]
async fn a_policy_binds_the_role_it_names() {
    let client = Client::new(real_time());
    let root = trust("x").replace(r#"{"Service":"x"}"#, r#"{"AWS":"123456789012"}"#);
    client.iam("CreateRole", &[("RoleName", "ci"), ("AssumeRolePolicyDocument", &root)]).await;
    let arn = client.role_arn("ci");
    let session = client.query("sts", "AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "run")]).await;
    let ci = client.with_key(&session.element("AccessKeyId").unwrap());
    bind(&client, &json!({"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}), Some(&arn));
    client.get("/clusters").await.ok();
    let refused = ci.get("/clusters").await.refusal();
    assert!(
        refused.contains("assumed-role/ci/run is not authorized to perform: eks:ListClusters"),
        "{refused}"
    );
    assert_eq!(ci.iam("ListRoles", &[]).await.status, 200);
    // No permission is needed to ask who one is.
    assert_eq!(ci.query("sts", "GetCallerIdentity", &[]).await.status, 200);
    let bad =
        json!({"rules": [{"operation": "*", "fault": {"kind": "policy", "document": {"Statement": []}}}]});
    assert!(serde_json::from_value::<Faults>(bad).is_err());
}
