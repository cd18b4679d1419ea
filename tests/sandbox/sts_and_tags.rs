use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::client::{Client, Reply, real_time, wait};

async fn resources(client: &Client, body: Value) -> Reply {
    let request = Request::post("/")
        .header("authorization", client.authorization("tagging"))
        .header("x-amz-target", "ResourceGroupsTaggingAPI_20170126.GetResources")
        .body(Bytes::from(body.to_string()))
        .unwrap();
    client.send(request).await
}

#[tokio::test(start_paused = true)]
async fn accounts_and_sessions() {
    let client = Client::new(real_time());
    let me = client.query("sts", "GetCallerIdentity", &[]).await;
    assert_eq!(me.element("Account").unwrap(), "123456789012");
    let other = client.with_key("210987654321");
    assert_eq!(
        other.query("sts", "GetCallerIdentity", &[]).await.element("Account").unwrap(),
        "210987654321"
    );

    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}]})
    .to_string();
    other.iam("CreateRole", &[("RoleName", "deploy"), ("AssumeRolePolicyDocument", &trust)]).await;
    let arn = other.role_arn("deploy");
    let call = [("RoleArn", arn.as_str()), ("RoleSessionName", "ci")];
    assert_eq!(
        client.query("sts", "AssumeRole", &call).await.refusal(),
        format!(
            "403 AccessDenied: User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: \
                 sts:AssumeRole on resource: {arn}"
        )
    );
    let session = client
        .query("sts", "AssumeRole", &[call[0], call[1], ("ExternalId", "secret"), ("DurationSeconds", "900")])
        .await;
    assert_eq!(session.status, 200, "{}", session.body);
    assert_eq!(session.element("Expiration").unwrap(), "2026-01-01T00:15:00Z");
    let assumed = client.with_key(&session.element("AccessKeyId").unwrap());
    let me = assumed.query("sts", "GetCallerIdentity", &[]).await;
    assert_eq!(me.element("Account").unwrap(), "210987654321");
    assert_eq!(me.element("Arn").unwrap(), "arn:aws:sts::210987654321:assumed-role/deploy/ci");
    assert_eq!(assumed.iam("GetRole", &[("RoleName", "deploy")]).await.status, 200);
    assert_eq!(client.iam("GetRole", &[("RoleName", "deploy")]).await.status, 404);
    wait(901).await;
    assert!(assumed.query("sts", "GetCallerIdentity", &[]).await.refusal().starts_with("403 ExpiredToken"));
    let log = client.sandbox.log();
    let entry = log.iter().find(|entry| entry.caller.contains("assumed-role")).unwrap();
    assert_eq!((entry.account.as_str(), entry.service.as_str()), ("210987654321", "sts"));
}

#[tokio::test(start_paused = true)]
async fn regions_are_apart_and_the_log_tells() {
    let client = Client::new(real_time());
    client.cluster("demo", "1.33").await;
    let there = client.with_region("eu-west-1");
    assert_eq!(there.get("/clusters").await.ok(), json!({"clusters": []}));
    assert!(there.get("/clusters/demo").await.refusal().starts_with("404"));
    let log = client.sandbox.log();
    let last = log.last().unwrap();
    assert_eq!((last.operation.as_str(), last.status), ("DescribeCluster", 404));
    assert_eq!(last.error.as_deref(), Some("ResourceNotFoundException"));
    assert_eq!((last.region.as_deref(), last.service.as_str()), (Some("eu-west-1"), "eks"));
    assert_eq!(last.time, "2026-01-01T00:10:00.000Z");
    let role = log.iter().find(|entry| entry.operation == "CreateRole").unwrap();
    assert_eq!((role.region.as_deref(), role.service.as_str()), (None, "iam"));
}

#[tokio::test(start_paused = true)]
async fn tags_and_get_resources() {
    let client = Client::new(real_time());
    let cluster = client.cluster("demo", "1.33").await;
    let role = client.pod_role("orders").await;
    let body =
        json!({"namespace": "shop", "serviceAccount": "orders", "roleArn": role, "tags": {"team": "shop"}});
    let made = client.post("/clusters/demo/pod-identity-associations", body).await.ok();
    let arn = cluster["arn"].as_str().unwrap();
    let path = format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    client.post(&path, json!({"tags": {"team": "platform", "env": "dev"}})).await.ok();
    assert_eq!(client.get(&path).await.ok(), json!({"tags": {"env": "dev", "team": "platform"}}));
    client.delete(&format!("{path}?tagKeys=env&tagKeys=absent")).await.ok();
    assert_eq!(client.get("/clusters/demo").await.ok()["cluster"]["tags"], json!({"team": "platform"}));
    assert!(
        client
            .post(&path, json!({"tags": {"AWS:x": "y"}}))
            .await
            .refusal()
            .starts_with("400 BadRequestException")
    );
    let many: serde_json::Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!(""))).collect();
    assert!(client.post(&path, json!({"tags": many})).await.refusal().starts_with("400 BadRequestException"));
    let absent = "/tags/arn%3Aaws%3Aeks%3Aus-east-2%3A123456789012%3Acluster%2Fnope";
    assert!(client.get(absent).await.refusal().starts_with("404 NotFoundException"));
    assert!(client.get("/tags/nonsense").await.refusal().starts_with("400 BadRequestException"));

    let found = |reply: Reply| -> Vec<String> {
        let list = reply.ok()["ResourceTagMappingList"].as_array().unwrap().clone();
        list.iter().map(|one| one["ResourceARN"].as_str().unwrap().to_owned()).collect()
    };
    let association = made["association"]["associationArn"].as_str().unwrap();
    assert_eq!(found(resources(&client, json!({})).await), [association, arn]);
    let filter = json!({"TagFilters": [{"Key": "team", "Values": ["platform", "x"]}]});
    assert_eq!(found(resources(&client, filter).await), [arn]);
    assert_eq!(found(resources(&client, json!({"ResourceTypeFilters": ["eks:cluster"]})).await), [arn]);
    assert!(found(resources(&client, json!({"ResourceTypeFilters": ["iam:role"]})).await).is_empty());
    let first = resources(&client, json!({"ResourcesPerPage": 1})).await.ok();
    let token = first["PaginationToken"].as_str().unwrap();
    assert_eq!(
        found(resources(&client, json!({"ResourcesPerPage": 1, "PaginationToken": token})).await),
        [arn]
    );
    assert!(
        resources(&client, json!({"ResourcesPerPage": 0}))
            .await
            .refusal()
            .starts_with("400 InvalidParameterException")
    );
    let expired = resources(&client, json!({"PaginationToken": "x"})).await.refusal();
    assert!(expired.starts_with("400 PaginationTokenExpiredException"), "{expired}");
}
