use serde_json::json;

use super::client::{Client, real_time, token};

const PATH: &str = "/clusters/demo/pod-identity-associations";

#[tokio::test(start_paused = true)]
async fn create_update_list_delete() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let (role, other) = (client.pod_role("orders").await, client.pod_role("other").await);
    let body = json!({"namespace": "shop", "serviceAccount": "orders", "roleArn": role, "tags": {"a": "b"},
                      "clientRequestToken": token("orders")});
    let made = client.post(PATH, body.clone()).await.ok()["association"].clone();
    let id = made["associationId"].as_str().unwrap().to_owned();
    assert_eq!(
        made["associationArn"],
        format!("arn:aws:eks:us-east-2:123456789012:podidentityassociation/demo/{id}")
    );
    assert_eq!((&made["disableSessionTags"], made.get("ownerArn")), (&json!(false), None));
    assert_eq!(client.post(PATH, body).await.ok()["association"], made);
    let duplicate = json!({"namespace": "shop", "serviceAccount": "orders", "roleArn": role});
    assert_eq!(
        client.post(PATH, duplicate).await.refusal(),
        format!("409 ResourceInUseException: Association already exists: {id}")
    );

    let one = format!("{PATH}/{id}");
    let updated = client.post(&one, json!({"roleArn": other})).await.ok()["association"].clone();
    assert_eq!(updated["roleArn"], other);
    let target = "arn:aws:iam::999999999999:role/path/target";
    let updated = client.post(&one, json!({"targetRoleArn": target})).await.ok()["association"].clone();
    assert_eq!(updated["targetRoleArn"], target);
    assert_eq!(updated["externalId"], "us-east-2/123456789012/demo/shop/orders");
    let updated = client.post(&one, json!({"targetRoleArn": ""})).await.ok()["association"].clone();
    assert!(updated.get("targetRoleArn").is_none() && updated.get("externalId").is_none());
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    assert_eq!(
        client.post(&one, json!({"policy": policy})).await.refusal(),
        "400 InvalidParameterException: A policy can be specified only if disableSessionTags is true"
    );
    let updated = client.post(&one, json!({"policy": policy, "disableSessionTags": true})).await.ok();
    assert_eq!(updated["association"]["policy"], policy);

    let summary = client.get(PATH).await.ok()["associations"][0].clone();
    assert_eq!(
        summary.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["associationArn", "associationId", "clusterName", "namespace", "serviceAccount"]
    );
    assert_eq!(client.get(&format!("{PATH}?namespace=other")).await.ok(), json!({"associations": []}));
    let found = client.get(&format!("{PATH}?namespace=shop&serviceAccount=orders")).await.ok();
    assert_eq!(found["associations"].as_array().unwrap().len(), 1);

    assert_eq!(client.delete(&one).await.ok()["association"]["associationId"], id.as_str());
    assert!(client.get(&one).await.refusal().starts_with("404 ResourceNotFoundException"));
    assert_eq!(
        client.get(&format!("{PATH}/short")).await.refusal(),
        "400 InvalidParameterException: The parameter associationId should be 19 characters long"
    );
    // Made again it has another id.
    let again = client
        .post(PATH, json!({"namespace": "shop", "serviceAccount": "orders", "roleArn": role}))
        .await
        .ok();
    assert_ne!(again["association"]["associationId"], id.as_str());
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let role = client.pod_role("orders").await;
    let body = |namespace: &str, account: &str, role: &str| json!({"namespace": namespace, "serviceAccount": account, "roleArn": role});
    let cases = [
        (body("", "x", &role), "namespace"),
        (body("a_b", "x", &role), "namespace"),
        (body("a", "X", &role), "service account"),
        (
            body("a", "x", "arn:aws:iam::123456789012:role/nope"),
            "Role provided in the request does not exist",
        ),
        (
            body("a", "x", "arn:aws:iam::123456789012:role/path/orders"),
            "Role provided in the request does not exist",
        ),
        (body("a", "x", "arn:aws:iam::210987654321:role/orders"), "Cross-account pass role is not allowed."),
        (body("a", "x", "arn:aws:iam::123456789012:user/orders"), "is not valid"),
    ];
    for (body, expected) in cases {
        let refusal = client.post(PATH, body).await.refusal();
        assert!(
            refusal.starts_with("400 InvalidParameterException: ") && refusal.contains(expected),
            "{refusal}"
        );
    }
    for n in 0..1000 {
        client.post(PATH, body("a", &format!("x{n}"), &role)).await.ok();
    }
    assert!(
        client
            .post(PATH, body("a", "y", &role))
            .await
            .refusal()
            .starts_with("400 ResourceLimitExceededException")
    );
    let mut seen = 0;
    let mut path = PATH.to_owned();
    loop {
        let page = client.get(&path).await.ok();
        seen += page["associations"].as_array().unwrap().len();
        let Some(next) = page["nextToken"].as_str() else {
            break;
        };
        path = format!("{PATH}?nextToken={next}");
    }
    assert_eq!(seen, 1000);
}
