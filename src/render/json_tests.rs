//! Plans in Terraform's JSON.

use super::fixtures::*;
use super::json_plan;
use crate::diagnostic::Diagnostic;
use crate::live::Coverage;
use crate::plan::{Change, ChangeId, Edge, EdgeKind, Ownership, Plan, PlannedOutput, Reason};
use crate::value::{Address, Path, Type, Value};
use serde_json::{Value as Json, json};

fn text(plan: &Plan) -> String {
    serde_json::to_string_pretty(&json_plan(plan)).expect("JSON prints") + "\n"
}

/// One resource's change of a plan.
fn only(changes: Vec<Change>) -> Json {
    json_plan(&plan(vec![changes]))["resource_changes"][0].clone()
}

#[test]
fn a_plan_of_every_kind() {
    let mut wanted = addon(&["aws-node"]);
    let unknown = Value::after_apply(Type::String, Address::root("role", "x"), Path::attribute("arn"));
    let block = Value::object([("service_account", Value::from("aws-node")), ("role_arn", unknown.clone())]);
    wanted.insert("pod_identity_association".into(), Value::object([("aws-node", block)]));
    wanted.insert("configuration_values".into(), value(json!({"replicas": 2})));
    let mut app = role();
    app.insert("inline_policies".into(), Value::object([("p", value(json!({"Statement": []})))]));
    let mut plan = plan(vec![
        changes("role.vpc_cni", &app, None),
        changes("cluster.demo", &cluster(), None),
        changes("addon.vpc-cni", &wanted, None),
        changes("module.eu[0].pod_identity_association.orders[\"a\"]", &association(), None),
    ]);
    plan.edges = vec![Edge { from: ChangeId(0), to: ChangeId(2), kind: EdgeKind::Reference }];
    plan.outputs = vec![
        PlannedOutput { name: "secret".into(), value: Value::from("hunter2").mark(true), description: None },
        PlannedOutput { name: "unknown".into(), value: unknown, description: None },
        PlannedOutput { name: "words".into(), value: set(&["b", "a"]), description: None },
    ];
    plan.findings = vec![Diagnostic::warning("some-rule", "look here").about("role.vpc_cni").help("do this")];
    let place = place(crate::kinds::schema("role").expect("a kind"));
    plan.coverage = vec![(place, "role".into(), Coverage::Partial("iam:ListRoles denied".into()))];
    assert_eq!(text(&plan), text(&plan.clone()));
    holds(&text(&plan), "plan.json");
}

#[test]
fn updates_and_replacements() {
    let mut wanted = cluster();
    let object = live(
        "cluster.demo",
        cluster(),
        json!({"arn": "arn:aws:eks:us-east-2:123456789012:cluster/demo", "vpc_id": "vpc-1"}),
    );
    wanted.insert("version".into(), Value::from("1.31"));
    let update = only(changes("cluster.demo", &wanted, Some(&object)));
    assert_eq!(update["change"]["actions"], json!(["update"]));
    assert_eq!(update["change"]["before"]["version"], "1.30");
    assert_eq!(update["change"]["after"]["version"], "1.31");
    assert_eq!(update["change"]["after"]["vpc_config"][0]["vpc_id"], "vpc-1");
    assert_eq!(update["change"]["after_unknown"]["platform_version"], true);
    assert_eq!(update["change"]["replace_paths"], Json::Null);

    let vpc = Value::object([("subnet_ids", set(&["subnet-0c"]))]);
    wanted.insert("vpc".into(), vpc);
    wanted.insert("role_arn".into(), Value::from("arn:aws:iam::123456789012:role/other"));
    let replace = only(changes("cluster.demo", &wanted, Some(&object)));
    assert_eq!(replace["change"]["actions"], json!(["delete", "create"]));
    assert_eq!(replace["change"]["replace_paths"], json!([["role_arn"]]));
    assert_eq!(replace["action_reason"], "replace_because_cannot_update");
    assert_eq!(replace["change"]["before"]["role_arn"], "arn:aws:iam::123456789012:role/cluster");

    let delete = only(vec![delete(None, "cluster", &object, Reason::Orphan)]);
    assert_eq!(delete["change"]["actions"], json!(["delete"]));
    assert_eq!(delete["change"]["after"], Json::Null);
    assert_eq!(delete["action_reason"], "delete_because_no_resource_config");
    assert_eq!(delete["address"], "cluster demo (123456789012/us-east-2)");
    assert_eq!(delete["name"], "demo");
}

#[test]
fn a_forced_attribute_in_a_block_has_terraforms_path() {
    let with_key = |key: &str| {
        let mut wanted = cluster();
        let block = Value::object([("resources", set(&["secrets"])), ("key_arn", Value::from(key))]);
        wanted.insert("encryption_config".into(), block);
        wanted
    };
    let object = live("cluster.demo", with_key("arn:aws:kms:us-east-2:123456789012:key/a"), json!({}));
    let replace =
        only(changes("cluster.demo", &with_key("arn:aws:kms:us-east-2:123456789012:key/b"), Some(&object)));
    assert_eq!(
        replace["change"]["replace_paths"],
        json!([["encryption_config", 0, "provider", 0, "key_arn"]])
    );
    assert_eq!(
        replace["change"]["after"]["encryption_config"],
        json!([{"resources": ["secrets"], "provider": [{"key_arn": "arn:aws:kms:us-east-2:123456789012:key/b"}]}])
    );
}

#[test]
fn ownership_is_terraforms_import_and_move() {
    let object = live("role.vpc_cni", role(), json!({"ownership": null, "arn": ROLE_ARN}));
    let mut adopted = changes("role.vpc_cni", &role(), Some(&object));
    adopted[0].ownership = Ownership::Adopt { from: None };
    let adopted = only(adopted);
    assert_eq!(adopted["change"]["importing"], json!({"id": "AmazonEKSPodIdentityAmazonVPCCNIRole"}));
    assert_eq!(adopted["change"]["before"]["tags_all"], json!({}));
    assert_eq!(adopted["change"]["after"]["tags_all"]["eksform:stack"], "demo");
    let old = live("role.old", desired("role.old", [("name", Value::from("app"))]), json!({}));
    let mut renamed = changes("role.app", &desired("role.app", []), Some(&old));
    renamed[0].reason = Reason::Renamed(Address::root("role", "old"));
    assert_eq!(only(renamed)["previous_address"], "role.old");
}

#[test]
fn secrets_stay_out() {
    let secret = Value::from("hunter2").mark(true);
    let mut wanted = addon(&[]);
    let settings = Value::object([("password", secret.clone()), ("x", Value::from("y"))]);
    wanted.insert("configuration_values".into(), settings);
    let mut tagged = role();
    tagged.insert("tags".into(), Value::object([("a", secret.clone()), ("b", Value::from("shown"))]));
    tagged.insert("description".into(), secret.clone());
    tagged.insert("trust_policy".into(), Value::from("{}").mark(true));
    let mut plan =
        plan(vec![changes("addon.vpc-cni", &wanted, None), changes("role.vpc_cni", &tagged, None)]);
    let output = Value::object([("deep", Value::list(vec![secret]))]);
    plan.outputs = vec![PlannedOutput { name: "o".into(), value: output, description: None }];
    let json = json_plan(&plan);
    assert!(!json.to_string().contains("hunter2"));
    let role = &json["resource_changes"][1]["change"];
    assert_eq!(role["after"]["tags"], json!({"a": null, "b": "shown"}));
    assert_eq!(role["after_sensitive"]["tags"], json!({"a": true}));
    assert_eq!(role["after_sensitive"]["assume_role_policy"], true);
    assert_eq!(role["after"]["assume_role_policy"], Json::Null);
    assert_eq!(json["resource_changes"][0]["change"]["after_sensitive"]["configuration_values"], true);
    assert_eq!(json["output_changes"]["o"]["after_sensitive"], json!({"deep": [true]}));
}
