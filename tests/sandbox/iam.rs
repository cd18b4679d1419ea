use serde_json::json;

use super::client::{CNI_POLICY, Client, PODS, real_time, trust};

#[tokio::test(start_paused = true)]
async fn a_role_from_create_to_delete() {
    let client = Client::new(real_time());
    let made = client
        .iam(
            "CreateRole",
            &[
                ("RoleName", "App"),
                ("Path", "/teams/blue/"),
                ("AssumeRolePolicyDocument", PODS),
                ("Description", "a <role> & more"),
                ("MaxSessionDuration", "7200"),
                ("Tags.member.1.Key", "Team"),
                ("Tags.member.1.Value", "blue"),
            ],
        )
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body.starts_with(
        r#"<CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateRoleResult><Role>"#
    ));
    assert_eq!(made.element("Arn").unwrap(), "arn:aws:iam::123456789012:role/teams/blue/App");
    assert_eq!(made.element("CreateDate").unwrap(), "2026-01-01T00:00:00Z");
    assert!(made.element("RoleId").unwrap().starts_with("AROA"));
    let document = made.element("AssumeRolePolicyDocument").unwrap();
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"), "{document}");
    assert!(made.element("RequestId").is_some());

    let again = client.iam("CreateRole", &[("RoleName", "APP"), ("AssumeRolePolicyDocument", PODS)]).await;
    assert_eq!(again.refusal(), "409 EntityAlreadyExists: Role with name APP already exists.");
    let got = client.iam("GetRole", &[("RoleName", "app")]).await;
    assert_eq!(got.element("Description").unwrap(), "a <role> & more");
    assert_eq!(got.element("MaxSessionDuration").unwrap(), "7200");
    assert_eq!((got.element("Key").unwrap(), got.element("Value").unwrap()), ("Team".into(), "blue".into()));

    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let inline = [("RoleName", "App"), ("PolicyName", "read"), ("PolicyDocument", policy)];
    assert_eq!(client.iam("PutRolePolicy", &inline).await.status, 200);
    let got = client.iam("GetRolePolicy", &[("RoleName", "App"), ("PolicyName", "read")]).await;
    assert!(got.element("PolicyDocument").unwrap().contains("s3%3AGetObject"));
    assert_eq!(client.iam("ListRolePolicies", &[("RoleName", "App")]).await.elements("member"), ["read"]);
    assert_eq!(
        client.iam("AttachRolePolicy", &[("RoleName", "App"), ("PolicyArn", CNI_POLICY)]).await.status,
        200
    );
    let attached = client.iam("ListAttachedRolePolicies", &[("RoleName", "App")]).await;
    assert_eq!(attached.elements("PolicyArn"), [CNI_POLICY]);

    assert_eq!(
        client.iam("DeleteRole", &[("RoleName", "App")]).await.refusal(),
        "409 DeleteConflict: Cannot delete entity, must detach all policies first."
    );
    client.iam("DetachRolePolicy", &[("RoleName", "App"), ("PolicyArn", CNI_POLICY)]).await;
    assert_eq!(
        client.iam("DetachRolePolicy", &[("RoleName", "App"), ("PolicyArn", CNI_POLICY)]).await.refusal(),
        format!("404 NoSuchEntity: Policy {CNI_POLICY} was not found.")
    );
    assert_eq!(
        client.iam("DeleteRole", &[("RoleName", "App")]).await.refusal(),
        "409 DeleteConflict: Cannot delete entity, must delete policies first."
    );
    client.iam("DeleteRolePolicy", &[("RoleName", "App"), ("PolicyName", "read")]).await;
    client.iam("CreateInstanceProfile", &[("InstanceProfileName", "ip")]).await;
    client.iam("AddRoleToInstanceProfile", &[("InstanceProfileName", "ip"), ("RoleName", "App")]).await;
    assert_eq!(
        client.iam("DeleteRole", &[("RoleName", "App")]).await.refusal(),
        "409 DeleteConflict: Cannot delete entity, must remove roles from instance profile first."
    );
    client.iam("RemoveRoleFromInstanceProfile", &[("InstanceProfileName", "ip"), ("RoleName", "App")]).await;
    assert_eq!(client.iam("DeleteRole", &[("RoleName", "App")]).await.status, 200);
    assert_eq!(
        client.iam("GetRole", &[("RoleName", "App")]).await.refusal(),
        "404 NoSuchEntity: The role with name App cannot be found."
    );
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let client = Client::new(real_time());
    client.pod_role("app").await;
    let long = "x".repeat(65);
    let big = |size: usize| {
        json!({"Version": "2012-10-17", "Statement": [{"Sid": "a".repeat(size), "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}).to_string()
    };
    let (inline, managed) = (big(10_240), big(6144));
    type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (
            "CreateRole",
            vec![("RoleName", "x")],
            "400 ValidationError: 1 validation error detected: Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateRole",
            vec![("RoleName", "a b"), ("AssumeRolePolicyDocument", PODS)],
            "400 ValidationError: The specified value for roleName is invalid.",
        ),
        (
            "CreateRole",
            vec![("RoleName", &long), ("AssumeRolePolicyDocument", PODS)],
            "400 ValidationError: 1 validation error detected: Value",
        ),
        (
            "CreateRole",
            vec![("RoleName", "x"), ("AssumeRolePolicyDocument", "{")],
            "400 MalformedPolicyDocument: This policy contains invalid Json",
        ),
        (
            "CreateRole",
            vec![
                ("RoleName", "x"),
                ("AssumeRolePolicyDocument", PODS),
                ("PermissionsBoundary", "arn:aws:iam::aws:policy/Nope"),
            ],
            "404 NoSuchEntity: Scope ARN: arn:aws:iam::aws:policy/Nope does not exist or is not attachable.",
        ),
        (
            "CreateRole",
            vec![
                ("RoleName", "x"),
                ("AssumeRolePolicyDocument", PODS),
                ("Tags.member.1.Key", "aws:x"),
                ("Tags.member.1.Value", ""),
            ],
            "400 InvalidInput: ",
        ),
        (
            "CreateRole",
            vec![
                ("RoleName", "x"),
                ("AssumeRolePolicyDocument", PODS),
                ("Tags.member.1.Key", "a"),
                ("Tags.member.1.Value", ""),
                ("Tags.member.2.Key", "A"),
                ("Tags.member.2.Value", ""),
            ],
            "400 InvalidInput: Duplicate tag keys found.",
        ),
        (
            "CreateRole",
            vec![("RoleName", "x"), ("AssumeRolePolicyDocument", PODS), ("MaxSessionDuration", "60")],
            "400 ValidationError: ",
        ),
        (
            "AttachRolePolicy",
            vec![("RoleName", "app"), ("PolicyArn", "arn:aws:iam::aws:policy/Nope")],
            "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.",
        ),
        (
            "AttachRolePolicy",
            vec![("RoleName", "app"), ("PolicyArn", "this is no arn at all")],
            "400 InvalidInput: ARN this is no arn at all is not valid.",
        ),
        (
            "AttachRolePolicy",
            vec![("RoleName", "nope"), ("PolicyArn", CNI_POLICY)],
            "404 NoSuchEntity: The role with name nope cannot be found.",
        ),
        (
            "PutRolePolicy",
            vec![("RoleName", "app"), ("PolicyName", "p"), ("PolicyDocument", &inline)],
            "409 LimitExceeded: Maximum policy size of 10240 bytes exceeded for role app",
        ),
        (
            "GetRolePolicy",
            vec![("RoleName", "app"), ("PolicyName", "p")],
            "404 NoSuchEntity: The role policy with name p cannot be found.",
        ),
        (
            "CreatePolicy",
            vec![("PolicyName", "p"), ("PolicyDocument", &managed)],
            "409 LimitExceeded: Cannot exceed quota for PolicySize: 6144",
        ),
        (
            "GetPolicy",
            vec![("PolicyArn", "arn:aws:iam::123456789012:policy/nope")],
            "404 NoSuchEntity: Policy arn:aws:iam::123456789012:policy/nope was not found.",
        ),
        ("ListRoles", vec![("MaxItems", "1001")], "400 ValidationError: "),
        ("ListRoles", vec![("Marker", "nope")], "400 ValidationError: Invalid Marker."),
        ("Nope", vec![], "400 InvalidAction: Could not find operation Nope for version 2010-05-08"),
    ];
    for (action, parameters, expected) in cases {
        let refusal = client.iam(action, &parameters).await.refusal();
        assert!(refusal.starts_with(expected), "{action}: {refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_attachments_and_policies_of_ones_own() {
    let client = Client::new(real_time());
    client.pod_role("app").await;
    let document =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    for n in 0..11 {
        let name = format!("p{n}");
        let made = client.iam("CreatePolicy", &[("PolicyName", &name), ("PolicyDocument", document)]).await;
        let arn = made.element("Arn").unwrap();
        let reply = client.iam("AttachRolePolicy", &[("RoleName", "app"), ("PolicyArn", &arn)]).await;
        if n < 10 {
            assert_eq!(reply.status, 200);
        } else {
            assert_eq!(reply.refusal(), "409 LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10");
        }
    }
    let arn = "arn:aws:iam::123456789012:policy/p0";
    assert_eq!(client.iam("GetPolicy", &[("PolicyArn", arn)]).await.element("AttachmentCount").unwrap(), "1");
    assert_eq!(
        client.iam("DeletePolicy", &[("PolicyArn", arn)]).await.refusal(),
        "409 DeleteConflict: Cannot delete a policy attached to entities."
    );
    for n in 2..=5 {
        let made = client
            .iam(
                "CreatePolicyVersion",
                &[("PolicyArn", arn), ("PolicyDocument", document), ("SetAsDefault", "true")],
            )
            .await;
        assert_eq!(made.element("VersionId").unwrap(), format!("v{n}"));
    }
    let parameters = [("PolicyArn", arn), ("PolicyDocument", document)];
    assert!(client.iam("CreatePolicyVersion", &parameters).await.refusal().starts_with("409 LimitExceeded"));
    let got = client.iam("GetPolicyVersion", &[("PolicyArn", arn), ("VersionId", "v5")]).await;
    assert_eq!(got.element("IsDefaultVersion").unwrap(), "true");
    let local = client.iam("ListPolicies", &[("Scope", "Local"), ("MaxItems", "4")]).await;
    assert_eq!(local.elements("PolicyName").len(), 4);
    let marker = local.element("Marker").unwrap();
    let rest = client.iam("ListPolicies", &[("Scope", "Local"), ("Marker", &marker)]).await;
    assert_eq!(rest.elements("PolicyName").len(), 7);
    let used = client.iam("ListEntitiesForPolicy", &[("PolicyArn", arn)]).await;
    assert_eq!(used.elements("RoleName"), ["app"]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_principal_shows_as_its_id() {
    let client = Client::new(real_time());
    let ci = client.pod_role("ci").await;
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ci}, "Action": "sts:AssumeRole"}]})
    .to_string();
    let made =
        client.iam("CreateRole", &[("RoleName", "deploy"), ("AssumeRolePolicyDocument", &document)]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = client.iam("GetRole", &[("RoleName", "ci")]).await.element("RoleId").unwrap();
    client.iam("DeleteRole", &[("RoleName", "ci")]).await;
    let shown = |reply: super::client::Reply| reply.element("AssumeRolePolicyDocument").unwrap();
    assert!(shown(client.iam("GetRole", &[("RoleName", "deploy")]).await).contains(&id));
    client.pod_role("ci").await;
    assert!(
        shown(client.iam("GetRole", &[("RoleName", "deploy")]).await).contains(&id),
        "a namesake is another role"
    );
    let refusal = client
        .iam(
            "CreateRole",
            &[("RoleName", "x"), ("AssumeRolePolicyDocument", &document.replace("/ci", "/gone"))],
        )
        .await
        .refusal();
    assert_eq!(
        refusal,
        "400 MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:role/gone\""
    );
}

#[tokio::test(start_paused = true)]
async fn bulk_reading_in_pages() {
    let client = Client::new(real_time());
    let trust = trust("ec2.amazonaws.com");
    for n in 0..25 {
        let name = format!("role-{n:02}");
        client
            .iam(
                "CreateRole",
                &[("RoleName", &name), ("AssumeRolePolicyDocument", &trust), ("Description", "d")],
            )
            .await;
        client.iam("AttachRolePolicy", &[("RoleName", &name), ("PolicyArn", CNI_POLICY)]).await;
    }
    for (action, member) in [("ListRoles", "RoleName"), ("GetAccountAuthorizationDetails", "RoleName")] {
        let mut names = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let mut parameters = vec![("MaxItems", "10")];
            if action == "GetAccountAuthorizationDetails" {
                parameters.push(("Filter.member.1", "Role"));
            }
            if let Some(marker) = &marker {
                parameters.push(("Marker", marker));
            }
            let page = client.iam(action, &parameters).await;
            assert_eq!(page.status, 200, "{}", page.body);
            names.extend(page.elements(member));
            assert_eq!(page.body.contains("<Description>"), action == "ListRoles");
            assert_eq!(page.body.contains("<AttachedManagedPolicies>"), action != "ListRoles");
            marker = page.element("Marker");
            assert_eq!(page.element("IsTruncated").unwrap(), marker.is_some().to_string());
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(names.len(), 25, "{action}");
    }
    let all = client.iam("GetAccountAuthorizationDetails", &[]).await;
    assert!(all.elements("PolicyName").contains(&"AmazonEKS_CNI_Policy".to_owned()));
}
