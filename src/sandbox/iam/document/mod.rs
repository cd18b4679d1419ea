//! Policy documents: the grammar and the principals.

mod meaning;

use serde_json::{Map, Value};

use super::super::call::{Arn, iam_key};
use super::super::error::AwsError;
use super::super::store::Store;

pub(super) use meaning::allows_action;
pub(crate) use meaning::{
    Request, Verdict, trust_allows_principal, trust_allows_service, trust_allows_service_under, verdict,
    wildcard,
};

/// What a document is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Who may assume a role.
    Trust,
    /// What a role may do.
    Identity,
}

fn malformed(text: impl Into<String>) -> AwsError {
    AwsError::new("MalformedPolicyDocument", text)
}

/// Characters, white space not counted, which is how IAM measures a policy.
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// One text or a list of them.
pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The statements of a document: a list, or one by itself.
fn statements(policy: &Value) -> Vec<&Map<String, Value>> {
    match policy.get("Statement") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

/// The document, if IAM would accept it.
pub(crate) fn check(text: &str, kind: Kind) -> Result<Value, AwsError> {
    let policy: Value =
        serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let Value::Object(members) = &policy else {
        return Err(malformed("Syntax errors in policy."));
    };
    if members.keys().any(|name| !["Version", "Id", "Statement"].contains(&name.as_str())) {
        return Err(malformed("Syntax errors in policy."));
    }
    match members.get("Version") {
        Some(Value::String(version)) if version == "2012-10-17" => {}
        Some(Value::String(version)) if version == "2008-10-17" && kind == Kind::Trust => {}
        None if kind == Kind::Trust => {}
        _ => {
            return Err(malformed("Policy document must be version 2012-10-17 or greater."));
        }
    }
    let well_formed = match members.get("Statement") {
        Some(Value::Array(list)) => !list.is_empty() && list.iter().all(Value::is_object),
        Some(Value::Object(_)) => true,
        _ => false,
    };
    if !well_formed {
        return Err(malformed("Syntax errors in policy."));
    }
    let mut sids = Vec::new();
    for statement in statements(&policy) {
        check_statement(statement, kind)?;
        if let Some(sid) = statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty()) {
            if sids.contains(&sid) {
                return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
            }
            sids.push(sid);
        }
    }
    Ok(policy)
}

fn text_or_list(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(list) => !list.is_empty() && list.iter().all(Value::is_string),
        _ => false,
    }
}

fn check_statement(statement: &Map<String, Value>, kind: Kind) -> Result<(), AwsError> {
    const KNOWN: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    let syntax = || malformed("Syntax errors in policy.");
    if statement.keys().any(|name| !KNOWN.contains(&name.as_str())) {
        return Err(syntax());
    }
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(_) => return Err(syntax()),
        None => return Err(malformed("Missing required field Effect")),
    }
    match statement.get("Sid") {
        Some(Value::String(sid)) if sid.chars().all(|c| c.is_ascii_alphanumeric()) => {}
        Some(Value::String(_)) => {
            return Err(malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
                 [0-9A-Za-z]*",
            ));
        }
        Some(_) => return Err(syntax()),
        None => {}
    }
    for name in ["Action", "NotAction", "Resource", "NotResource"] {
        if statement.get(name).is_some_and(|value| !text_or_list(value)) {
            return Err(syntax());
        }
    }
    let either = |a: &str, b: &str| (statement.contains_key(a), statement.contains_key(b));
    let actions = [texts(statement.get("Action")), texts(statement.get("NotAction"))].concat();
    match either("Action", "NotAction") {
        (true, true) => return Err(syntax()),
        (false, false) if kind == Kind::Trust => {
            return Err(malformed("Missing required field Action"));
        }
        (false, false) => return Err(malformed("Policy statement must contain actions.")),
        _ => {}
    }
    match kind {
        Kind::Trust => check_trust(statement, &actions)?,
        Kind::Identity => check_identity(statement, &actions)?,
    }
    check_condition(statement.get("Condition"))
}

fn check_trust(statement: &Map<String, Value>, actions: &[&str]) -> Result<(), AwsError> {
    for name in ["Resource", "NotResource"] {
        if statement.contains_key(name) {
            return Err(malformed(format!("Has prohibited field {name}")));
        }
    }
    let principal = statement.get("Principal").or(statement.get("NotPrincipal"));
    match principal {
        None => return Err(malformed("Missing required field Principal")),
        Some(Value::String(all)) if all == "*" => {}
        Some(Value::Object(kinds)) if !kinds.is_empty() => {
            for (name, value) in kinds {
                if !["AWS", "Service", "Federated", "CanonicalUser"].contains(&name.as_str())
                    || !text_or_list(value)
                {
                    return Err(malformed("Syntax errors in policy."));
                }
            }
            for service in texts(kinds.get("Service")) {
                if !service_valid(service) {
                    return Err(malformed(format!("Invalid principal in policy: \"SERVICE\":\"{service}\"")));
                }
            }
            for provider in texts(kinds.get("Federated")) {
                if !federated_valid(provider) {
                    return Err(malformed(format!(
                        "Invalid principal in policy: \"FEDERATED\":\"{provider}\""
                    )));
                }
            }
        }
        Some(_) => return Err(malformed("Invalid principal in policy.")),
    }
    if actions.iter().any(|action| *action != "*" && !action.to_ascii_lowercase().starts_with("sts:")) {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    Ok(())
}

fn service_valid(service: &str) -> bool {
    let name = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"]
        .iter()
        .find_map(|end| service.strip_suffix(end));
    name.is_some_and(|name| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
    })
}

fn federated_valid(provider: &str) -> bool {
    match Arn::parse(provider) {
        Some(arn) => {
            arn.service == "iam"
                && ["oidc-provider/", "saml-provider/"].iter().any(|kind| arn.resource.starts_with(kind))
        }
        // Login with Amazon, Google and the like.
        None => provider.contains('.') && !provider.contains([':', ' ']),
    }
}

fn check_identity(statement: &Map<String, Value>, actions: &[&str]) -> Result<(), AwsError> {
    if statement.contains_key("Principal") || statement.contains_key("NotPrincipal") {
        return Err(malformed("Policy document should not specify a principal."));
    }
    match (statement.contains_key("Resource"), statement.contains_key("NotResource")) {
        (true, true) => return Err(malformed("Syntax errors in policy.")),
        (false, false) => return Err(malformed("Policy statement must contain resources.")),
        _ => {}
    }
    for action in actions {
        let prefixed = action.split_once(':').is_some_and(|(vendor, name)| {
            !name.is_empty()
                && !vendor.is_empty()
                && vendor.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        });
        if *action != "*" && !prefixed {
            return Err(malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ));
        }
    }
    for resource in [texts(statement.get("Resource")), texts(statement.get("NotResource"))].concat() {
        if resource == "*" {
            continue;
        }
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        if parts.len() < 6 && !resource.contains('*') || parts[0] != "arn" && !resource.starts_with('*') {
            return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
        }
    }
    Ok(())
}

fn check_condition(condition: Option<&Value>) -> Result<(), AwsError> {
    const OPERATORS: [&str; 27] = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    ];
    let Some(condition) = condition else {
        return Ok(());
    };
    let Value::Object(operators) = condition else {
        return Err(malformed("Syntax errors in policy."));
    };
    for (operator, keys) in operators {
        let bare = operator.trim_start_matches("ForAllValues:").trim_start_matches("ForAnyValue:");
        let bare = bare.trim_end_matches("IfExists");
        if !OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(bare)) {
            return Err(malformed(format!("Invalid Condition type : {operator}.")));
        }
        let Value::Object(keys) = keys else {
            return Err(malformed("Syntax errors in policy."));
        };
        let scalar = |value: &Value| value.is_string() || value.is_boolean() || value.is_number();
        for value in keys.values() {
            if !scalar(value) && !value.as_array().is_some_and(|list| list.iter().all(scalar)) {
                return Err(malformed("Syntax errors in policy."));
            }
        }
    }
    Ok(())
}

/// The principals of one kind that a document names.
pub(super) fn principals(policy: &Value, kind: &str) -> Vec<String> {
    let named = statements(policy).into_iter().flat_map(|statement| {
        let of = |name: &str| texts(statement.get(name).and_then(|principal| principal.get(kind)));
        [of("Principal"), of("NotPrincipal")].concat()
    });
    named.map(str::to_owned).collect()
}

/// Replaces AWS principals.
pub(super) fn map_principals(policy: &mut Value, replace: &dyn Fn(&str) -> Option<String>) {
    let statements: Vec<&mut Value> = match policy.get_mut("Statement") {
        Some(Value::Array(list)) => list.iter_mut().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for statement in statements {
        match statement.get_mut("Principal").and_then(|principal| principal.get_mut("AWS")) {
            Some(Value::String(one)) => {
                if let Some(new) = replace(one) {
                    *one = new;
                }
            }
            Some(Value::Array(several)) => {
                for one in several {
                    if let Some(new) = one.as_str().and_then(replace) {
                        *one = Value::String(new);
                    }
                }
            }
            _ => {}
        }
    }
}

/// That an AWS principal is one: an account, or a user or role that exists. Of accounts that hold no role here nothing
/// is known, and users are not kept, so those are taken to exist.
pub(super) fn check_aws_principal(store: &Store, account: &str, principal: &str) -> Result<(), AwsError> {
    let wrong = || malformed(format!("Invalid principal in policy: \"AWS\":\"{principal}\""));
    let digits = |text: &str| text.len() == 12 && text.chars().all(|c| c.is_ascii_digit());
    if principal == "*" || digits(principal) {
        return Ok(());
    }
    // The id of something that is gone, as IAM itself shows it.
    if ["AROA", "AIDA"].iter().any(|kind| principal.starts_with(kind)) {
        return Err(wrong());
    }
    let arn =
        Arn::parse(principal).filter(|arn| digits(arn.account) && arn.region.is_empty()).ok_or_else(wrong)?;
    let known_account =
        arn.account == account || store.range(&iam_key(arn.account, &["role"]), None).next().is_some();
    let exists = match (arn.service, arn.resource.split('/').next()) {
        ("iam", Some("root")) => arn.resource == "root",
        ("iam", Some("user")) => arn.resource.len() > 5,
        ("iam", Some("role")) => !known_account || super::visible_role_by_arn(store, principal).is_some(),
        ("sts", Some("assumed-role")) => arn.resource.split('/').count() == 3,
        ("sts", Some("federated-user")) => true,
        _ => false,
    };
    if exists { Ok(()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PODS: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Principal":{"Service":["pods.eks.amazonaws.com"]},"Action":["sts:AssumeRole","sts:TagSession"]}}"#;

    fn refusal(text: &str, kind: Kind) -> String {
        check(text, kind).err().map(|error| error.message).unwrap_or_default()
    }

    #[test]
    fn grammar() {
        assert!(check(PODS, Kind::Trust).is_ok());
        let cases = [
            ("{", "This policy contains invalid Json"),
            ("[]", "Syntax errors in policy."),
            (r#"{"Version":"2012-10-17","Statement":[]}"#, "Syntax errors in policy."),
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}"#,
                "Missing required field Principal",
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:Get"}]}"#,
                "AssumeRole policy may only specify STS AssumeRole actions.",
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}"#,
                "Has prohibited field Resource",
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"pods"},"Action":"sts:AssumeRole"}]}"#,
                "Invalid principal in policy: \"SERVICE\":\"pods\"",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(refusal(text, Kind::Trust), expected, "{text}");
        }
        let identity = |statement: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let cases = [
            (r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#, ""),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/*"]}"#, ""),
            (r#"{"Effect":"Allow","Action":"s3:*"}"#, "Policy statement must contain resources."),
            (r#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions."),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"b"}"#,
                "Resource b must be in ARN format or \"*\".",
            ),
            (
                r#"{"Effect":"Allow","Action":"list","Resource":"*"}"#,
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Nope":{"a":"b"}}}"#,
                "Invalid Condition type : Nope.",
            ),
        ];
        for (statement, expected) in cases {
            assert_eq!(refusal(&identity(statement), Kind::Identity), expected, "{statement}");
        }
    }
}
