//! What rules read off IAM's names and policy documents.

use crate::kinds::policy;
use crate::value::{Map, Value};

/// The account and the name in a role's ARN.
pub fn role_of(arn: &str) -> Option<(&str, &str)> {
    let (_, rest) = arn.strip_prefix("arn:")?.split_once(":iam::")?;
    let (account, path) = rest.split_once(":role/")?;
    Some((account, path.rsplit('/').next()?))
}

/// The last part of a managed policy's ARN.
pub fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The statements of a document, lists where there may be lists and actions in lower case. `None` if it is no
/// document, or something in it is secret or not known yet.
pub fn statements(document: &Value) -> Option<Vec<Map>> {
    if document.contains_sensitive() || document.contains_unknown() {
        return None;
    }
    let canonical = policy::canonical(document).ok()?;
    let statements = canonical.get("Statement")?.as_items()?.iter();
    Some(statements.filter_map(Value::as_map).cloned().collect())
}

/// Whether a statement allows, rather than denies.
pub fn allows(statement: &Map) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
}

/// The words of an element: its actions, its resources.
pub fn words<'a>(statement: &'a Map, element: &str) -> impl Iterator<Item = &'a str> {
    statement.get(element).and_then(Value::as_items).unwrap_or_default().iter().filter_map(Value::as_str)
}

/// The principals of a kind: `Service`, `AWS`, `Federated`.
pub fn principals<'a>(statement: &'a Map, kind: &str) -> Vec<&'a str> {
    match statement.get("Principal") {
        Some(Value { .. }) if everyone(statement) => vec!["*"],
        Some(principal) => {
            let items = principal.get(kind).and_then(Value::as_items).unwrap_or_default();
            items.iter().filter_map(Value::as_str).collect()
        }
        None => Vec::new(),
    }
}

fn everyone(statement: &Map) -> bool {
    statement.get("Principal").and_then(Value::as_str) == Some("*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_arns() {
        assert_eq!(role_of("arn:aws:iam::123456789012:role/a/b/Name"), Some(("123456789012", "Name")));
        assert_eq!(role_of("arn:aws:iam::123456789012:user/Name"), None);
        assert_eq!(policy_name("arn:aws:iam::aws:policy/service-role/P"), "P");
    }
}
