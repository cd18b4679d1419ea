//! `trust` blocks of roles: shorthand for the statements of a trust policy.

use super::schema::*;
use crate::value::{Map, Text, Value};
use std::sync::LazyLock;

const STRING: Ty = Ty::String;

pub(super) const CONDITION: &[Attribute] = &[
    Attribute::new("test", Ty::String, "The condition operator, as StringEquals.").required(),
    Attribute::new("variable", Ty::String, "The condition key, as aws:SourceAccount.").required(),
    Attribute::new("values", Ty::List(&STRING), "The values, any of which may match.").required(),
];

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("sid", Ty::String, "The statement's id."),
    Attribute::new(
        "service",
        Ty::Any,
        "An AWS service, or a list of them: pods.eks.amazonaws.com, eks.amazonaws.com, ec2.amazonaws.com.",
    ),
    Attribute::new("aws", Ty::Any, "Accounts, roles or users, by ARN or account id."),
    Attribute::new("federated", Ty::Any, "Identity providers, by ARN."),
    Attribute::new(
        "actions",
        Ty::List(&STRING),
        "The actions that are allowed; omitted, those the principal needs to assume the role.",
    ),
    Attribute::new("condition", Ty::Blocks(CONDITION), "A condition; all must hold.")
        .default(|| Value::list(Vec::new())),
];

/// The principal of EKS Pod Identity.
pub(super) const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// Writes `trust_policy` from the `trust` blocks, unless the files give the policy itself.
pub(super) fn expand(attributes: &mut Map) {
    if attributes.get("trust_policy").is_some_and(|policy| !policy.is_null()) {
        return;
    }
    // Most roles have it: one is enough for all.
    static PODS: LazyLock<Value> =
        LazyLock::new(|| policy(vec![statement(&Value::object([("service", Value::from(POD_IDENTITY))]))]));
    let written = match attributes.get("trust").map(|trust| (trust, trust.as_items())) {
        Some((_, Some(blocks))) if !blocks.is_empty() => policy(blocks.iter().map(statement).collect()),
        Some((unknown, None)) if unknown.is_unknown() => unknown.clone(),
        _ => PODS.clone(),
    };
    attributes.insert("trust_policy".into(), written);
}

fn policy(statements: Vec<Value>) -> Value {
    Value::object([("Version", Value::from("2012-10-17")), ("Statement", Value::list(statements))])
}

fn statement(block: &Value) -> Value {
    let given = |name: &str| block.get(name).filter(|value| !value.is_null()).cloned();
    let mut principal = Map::new();
    for (attribute, name) in [("service", "Service"), ("aws", "AWS"), ("federated", "Federated")] {
        if let Some(value) = given(attribute) {
            principal.insert(name.into(), value);
        }
    }
    let actions = given("actions").unwrap_or_else(|| {
        let default: &[&str] = if principal.get("Service").is_some_and(names_pod_identity) {
            // Pod Identity always tags the session, so AssumeRole alone does not work.
            &["sts:AssumeRole", "sts:TagSession"]
        } else if principal.contains_key("Federated") {
            &["sts:AssumeRoleWithWebIdentity"]
        } else if principal.get("Service").is_some_and(|service| *service == Value::from("eks.amazonaws.com"))
        {
            &["sts:AssumeRole", "sts:TagSession"]
        } else {
            &["sts:AssumeRole"]
        };
        Value::list(default.iter().map(|action| Value::from(*action)).collect())
    });
    let mut statement = Map::from([
        ("Effect".into(), Value::from("Allow")),
        ("Principal".into(), Value::map(principal)),
        ("Action".into(), actions),
    ]);
    if let Some(sid) = given("sid") {
        statement.insert("Sid".into(), sid);
    }
    let mut conditions: std::collections::BTreeMap<Text, Map> = Default::default();
    for condition in block.get("condition").and_then(Value::as_items).unwrap_or_default() {
        let text = |name| condition.get(name).and_then(Value::as_str);
        if let (Some(test), Some(variable), Some(values)) =
            (text("test"), text("variable"), condition.get("values"))
        {
            conditions.entry(test.into()).or_default().insert(variable.into(), values.clone());
        }
    }
    if !conditions.is_empty() {
        let conditions = conditions.into_iter().map(|(test, keys)| (test, Value::map(keys))).collect();
        statement.insert("Condition".into(), Value::map(conditions));
    }
    Value::map(statement)
}

fn names_pod_identity(service: &Value) -> bool {
    let one = std::slice::from_ref(service);
    service.as_items().unwrap_or(one).iter().any(|name| name.as_str() == Some(POD_IDENTITY))
}
