//! Which calls which wants take.

use super::*;
use crate::value::Identity;

#[tokio::test(start_paused = true)]
async fn a_stack_is_read_in_few_calls() {
    let (aws, log) = scripted(account);
    let mut wants = vec![Want::Caller(ProviderRef::default()), object("cluster", &["demo"]), members("demo")];
    wants.extend((0..5).map(|index| object("addon", &["demo", &format!("addon{index}")])));
    wants.extend((0..20).map(|i| object("pod_identity_association", &["demo", "shop", &format!("w{i}")])));
    wants.extend((0..30).map(|index| object("role", &[&format!("R{index}")])));
    wants.extend(["cluster", "addon", "pod_identity_association", "role"].map(owned));
    let snapshot = answered(&aws, wants.clone()).await;
    let calls = aws.stats().operations;
    let count = |operation: &str| calls.get(operation).map_or(0, |operation| operation.calls);
    assert_eq!(aws.stats().total(), 44, "{calls:?}");
    assert_eq!(count("sts:GetCallerIdentity"), 1);
    assert_eq!(count("eks:DescribePodIdentityAssociation"), 30);
    assert_eq!(count("eks:ListPodIdentityAssociations"), 1);
    assert_eq!(count("iam:GetAccountAuthorizationDetails") + count("iam:ListRoles"), 2);
    for kind in ["cluster", "addon", "pod_identity_association", "role"] {
        assert_eq!(coverage(&snapshot, kind), Coverage::Complete);
    }
    assert_eq!(snapshot.objects.len(), 1 + 5 + 20 + 30);
    for (identity, object) in snapshot.existing() {
        assert_complete(&identity.kind, object);
        assert!(object.owner.is(&stack()), "{identity}");
    }
    let role = known(&snapshot, "role", &["r7"]);
    assert_eq!(role.text("description"), "what");
    assert_eq!(role.text("trust_policy"), r#"{"Version":"2012-10-17"}"#);
    assert_eq!(role.attributes.get("max_session_duration"), Some(&crate::value::Value::from(7200)));
    // What the snapshot holds is not asked again.
    let (before, mut again) = (log.lines().len(), snapshot.clone());
    let wants = wants.into_iter().collect();
    aws.answer(&providers(), &stack(), &wants, &mut again).await.expect("nothing to do");
    assert_eq!((log.lines().len(), again), (before, snapshot));
}

#[tokio::test(start_paused = true)]
async fn single_reads_are_narrow() {
    let (aws, log) = scripted(account);
    let wants =
        [object("pod_identity_association", &["demo", "shop", "w3"]), object("addon", &["demo", "addon1"])];
    let snapshot = answered(&aws, wants).await;
    assert_eq!(
        log.operations(),
        [
            "GET /clusters/demo/addons/addon1",
            "GET /clusters/demo/pod-identity-associations/a-addon10",
            "GET /clusters/demo/pod-identity-associations/a-addon11",
            "GET /clusters/demo/pod-identity-associations/a-w3",
            "GET /clusters/demo/pod-identity-associations?namespace=shop&serviceAccount=w3",
        ]
    );
    let addon = known(&snapshot, "addon", &["demo", "addon1"]);
    assert_eq!(
        as_json(&addon.attributes)["pod_identity_association"],
        json!({
            "addon10": { "service_account": "addon10", "role_arn": "arn:aws:iam::123456789012:role/addon10" },
            "addon11": { "service_account": "addon11", "role_arn": "arn:aws:iam::123456789012:role/addon11" },
        })
    );
}

#[tokio::test(start_paused = true)]
async fn absent_is_absent_and_denied_is_denied() {
    let (aws, _) = scripted(|line| match line.contains("/clusters/secret") {
        true => eks_error(403, "AccessDeniedException", "User: arn:u is not authorized to perform: eks:X"),
        false => eks_error(404, "ResourceNotFoundException", "No cluster found for name: none."),
    });
    for (cluster, denied) in [("none", false), ("secret", true)] {
        let wants = [
            object("cluster", &[cluster]),
            object("addon", &[cluster, "vpc-cni"]),
            object("pod_identity_association", &[cluster, "shop", "orders"]),
            members(cluster),
        ];
        let snapshot = answered(&aws, wants).await;
        assert_eq!(snapshot.objects.len(), 3);
        for (identity, fact) in &snapshot.objects {
            match fact {
                Fact::Absent => assert!(!denied, "{identity}"),
                Fact::Denied(why) => assert!(denied && why.contains("not authorized to perform"), "{why}"),
                Fact::Known(_) => panic!("{identity} is known"),
            }
        }
        let lists = &snapshot.members[&identity("cluster", &[cluster])];
        assert_eq!(matches!(lists, Fact::Denied(_)), denied);
        assert_eq!(matches!(lists, Fact::Absent), !denied);
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_to_the_end() {
    let (aws, log) = scripted(|line| {
        let body = match line {
            _ if line.contains("/pod-identity-associations?") => match line.contains("nextToken=two") {
                true => json!({ "associations": [association_json("a-2", "two", Some(&addon_arn("x")))] }),
                false => {
                    json!({ "associations": [association_json("a-1", "one", None)], "nextToken": "two" })
                }
            },
            _ if line.contains("/addons") => match line.contains("nextToken=n") {
                true => json!({ "addons": ["b"] }),
                false => json!({ "addons": ["a"], "nextToken": "n" }),
            },
            _ if line.contains("/node-groups") => json!({ "nodegroups": [] }),
            _ if line.contains("/fargate-profiles") => json!({ "fargateProfileNames": ["f"] }),
            _ => json!({ "association": association_json("a-2", "two", Some(&addon_arn("x"))) }),
        };
        ok(body.to_string())
    });
    let snapshot =
        answered(&aws, [members("demo"), object("pod_identity_association", &["demo", "shop", "two"])]).await;
    let Fact::Known(members) = &snapshot.members[&identity("cluster", &["demo"])] else { panic!("known") };
    assert_eq!(members.addons.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b"]);
    assert_eq!(members.associations.len(), 2);
    assert_eq!(members.fargate_profiles.len(), 1);
    let owned = known(&snapshot, "pod_identity_association", &["demo", "shop", "two"]);
    assert_eq!(owned.parent, Some(identity("addon", &["demo", "x"])));
    // Two pages of associations, two of add-ons, two other lists, one look.
    assert_eq!(log.lines().len(), 7);
}

fn one_role(line: &str) -> Reply {
    let operation = line.split(' ').next().unwrap_or_default();
    let name = line.split("RoleName=").nth(1).unwrap_or_default();
    match operation {
        "GetAccountAuthorizationDetails" => iam_error(
            403,
            "AccessDenied",
            "User: arn:u is not authorized to perform: iam:GetAccountAuthorizationDetails",
        ),
        "GetRole" | "ListRolePolicies" | "ListAttachedRolePolicies" if name == "none" => {
            iam_error(404, "NoSuchEntity", "The role with name none cannot be found.")
        }
        "GetRole" => iam(
            operation,
            &role_xml(name, OURS)
                .replace("member>", "Role>")
                .replace("<Role><Key", "<member><Key")
                .replace("</Value></Role>", "</Value></member>"),
        ),
        "ListRolePolicies" => {
            iam(operation, "<PolicyNames><member>p</member></PolicyNames><IsTruncated>false</IsTruncated>")
        }
        "GetRolePolicy" => iam(
            operation,
            "<RoleName>x</RoleName><PolicyName>p</PolicyName><PolicyDocument>%7B%22a%22%3A1%7D</PolicyDocument>",
        ),
        "ListAttachedRolePolicies" => iam(
            operation,
            "<AttachedPolicies><member><PolicyName>R</PolicyName><PolicyArn>arn:aws:iam::aws:policy/R</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>",
        ),
        "ListRoles" => iam(
            operation,
            &format!(
                "<Roles>{}{}{}</Roles><IsTruncated>false</IsTruncated>",
                role_xml("a", ""),
                role_xml("b", ""),
                role_xml("linked", "").replace("<Path>/</Path>", "<Path>/aws-service-role/x/</Path>")
            ),
        ),
        "ListRoleTags" if name.ends_with('b') => {
            iam(operation, "<Tags></Tags><IsTruncated>false</IsTruncated>")
        }
        "ListRoleTags" => iam(operation, &format!("{OURS}<IsTruncated>false</IsTruncated>")),
        _ => iam_error(400, "InvalidAction", operation),
    }
}

#[tokio::test(start_paused = true)]
async fn roles_are_read_singly_where_the_bulk_read_is_denied() {
    let (aws, _) = scripted(one_role);
    let snapshot = answered(&aws, [object("role", &["a"]), object("role", &["none"])]).await;
    let role = known(&snapshot, "role", &["a"]);
    assert_complete("role", role);
    assert_eq!(as_json(&role.attributes)["inline_policies"], json!({ "p": "{\"a\":1}" }));
    assert_eq!(as_json(&role.attributes)["managed_policies"], json!(["arn:aws:iam::aws:policy/R"]));
    assert_eq!(role.attributes.get("description"), Some(&crate::value::Value::from("")));
    assert_eq!(as_json(&role.attributes)["ownership"], json!({ "eksform:stack": "platform" }));
    assert_eq!(snapshot.object(&identity("role", &["none"])), Some(&Fact::Absent));

    // What is owned is then found by the tags of each.
    let (aws, log) = scripted(one_role);
    let snapshot = answered(&aws, [owned("role")]).await;
    assert_eq!(coverage(&snapshot, "role"), Coverage::Complete);
    assert_eq!(snapshot.objects.len(), 1);
    assert_complete("role", known(&snapshot, "role", &["a"]));
    let tags = log.lines().iter().filter(|line| line.starts_with("ListRoleTags")).count();
    assert_eq!(tags, 2, "a service's own role is nobody's");
}

#[tokio::test(start_paused = true)]
async fn one_role_alone_is_no_reason_to_read_all() {
    let (aws, log) = scripted(one_role);
    answered(&aws, [object("role", &["a"])]).await;
    assert_eq!(
        log.lines().iter().map(|line| line.split(' ').next().unwrap_or("")).collect::<BTreeSet<_>>(),
        BTreeSet::from(["GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_refused_is_partial() {
    let (aws, _) = scripted(|line| match line.contains(" /") || line.starts_with("GetResources") {
        true => eks_error(403, "AccessDeniedException", "not authorized"),
        false => iam_error(403, "AccessDenied", "not authorized"),
    });
    let snapshot = answered(&aws, ["cluster", "addon", "pod_identity_association", "role"].map(owned)).await;
    for (kind, said) in [
        (
            "cluster",
            "GetResources: AccessDeniedException: not authorized; ListClusters: AccessDeniedException: not authorized",
        ),
        (
            "role",
            "GetAccountAuthorizationDetails: AccessDenied: not authorized; ListRoles: AccessDenied: not authorized",
        ),
    ] {
        assert_eq!(coverage(&snapshot, kind), Coverage::Partial(said.into()));
    }
    assert!(snapshot.objects.is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_the_tagging_api_everything_is_looked_at() {
    let (aws, _) = scripted(|line| match line {
        _ if line.starts_with("GetResources") => eks_error(403, "AccessDeniedException", "not authorized"),
        _ if line.starts_with("GET /clusters?") => ok(json!({ "clusters": ["demo"] }).to_string()),
        _ => account(line),
    });
    let snapshot = answered(&aws, ["cluster", "addon", "pod_identity_association"].map(owned)).await;
    for kind in ["cluster", "addon", "pod_identity_association"] {
        assert_eq!(coverage(&snapshot, kind), Coverage::Complete);
    }
    assert_eq!(snapshot.objects.len(), 1 + 5 + 20);
}

#[tokio::test(start_paused = true)]
async fn what_the_tagging_api_remembers_of_the_deleted_is_skipped() {
    let (aws, _) = scripted(|line| match line.starts_with("GetResources") {
        true => {
            assert!(
                line.contains(r#""TagFilters":[{"Key":"eksform:stack","Values":["platform"]}]"#),
                "{line}"
            );
            let page = line.contains(r#""PaginationToken":"next""#);
            let arn = match page {
                true => "arn:aws:eks:us-east-2:123456789012:cluster/demo",
                false => "arn:aws:eks:us-east-2:123456789012:cluster/gone",
            };
            let next = if page { "" } else { "next" };
            ok(json!({ "ResourceTagMappingList": [{ "ResourceARN": arn }], "PaginationToken": next })
                .to_string())
        }
        false => account(line),
    });
    let snapshot = answered(&aws, [owned("cluster")]).await;
    assert_eq!(snapshot.objects.keys().map(Identity::name).collect::<Vec<_>>(), ["demo"]);
    assert_eq!(coverage(&snapshot, "cluster"), Coverage::Complete);
}

#[tokio::test(start_paused = true)]
async fn many_clusters_take_a_look_per_object_and_the_lists() {
    let (aws, _) = scripted(|line| {
        let path = line.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        let body = match parts.as_slice() {
            [cluster] => json!({ "cluster": { "name": cluster, "status": "ACTIVE" } }),
            [_, "addons"] => {
                json!({ "addons": (0..12).map(|index| format!("addon{index}")).collect::<Vec<_>>() })
            }
            [cluster, "addons", name] => {
                json!({ "addon": { "addonName": name, "clusterName": cluster, "status": "ACTIVE" } })
            }
            _ => json!({}),
        };
        ok(body.to_string())
    });
    let mut wants = Vec::new();
    for cluster in (0..100).map(|index| format!("c{index}")) {
        wants.extend([object("cluster", &[&cluster]), members(&cluster)]);
        wants.extend((0..12).map(|index| object("addon", &[&cluster, &format!("addon{index}")])));
    }
    let snapshot = answered(&aws, wants).await;
    assert_eq!(snapshot.existing().count(), 100 * 13);
    // Who is asking, a look per object, four lists per cluster.
    assert_eq!(aws.stats().total(), 1 + 100 * 13 + 100 * 4);
}
