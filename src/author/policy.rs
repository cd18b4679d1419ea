//! Policy documents, and trust policies as the `trust` blocks that stand for them.

use super::block::depth;
use super::expression::Expression;
use crate::diff;
use crate::kinds::{Schema, policy};
use crate::value::{Map, Value};

/// The order in which people write the elements of a policy.
const ORDER: [&str; 12] = [
    "Version",
    "Id",
    "Statement",
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

/// A policy as `jsonencode({ … })`; what is no JSON object stays text.
pub fn document(document: &Value) -> Expression {
    let read = document.as_str().and_then(|text| policy::parse(text).ok());
    match read.as_ref().unwrap_or(document) {
        object if object.as_map().is_some() && depth(object) < 24 => {
            Expression::Call("jsonencode", Box::new(Expression::value(object, &ORDER)))
        }
        _ => Expression::Scalar(document.clone()),
    }
}

/// A role's attributes with `trust` blocks in the place of `trust_policy`, where some stand for the same; with
/// neither, where that is what omitting both means.
pub fn with_trust(schema: &'static Schema, live: &Map) -> Map {
    let (Some(policy), Some(attribute)) = (live.get("trust_policy"), schema.attribute("trust_policy")) else {
        return live.clone();
    };
    let wanted = diff::canonical(attribute, policy);
    let same = |trust: &Value| {
        let mut written = Map::from([("trust".into(), trust.clone())]);
        (schema.expand)(&mut written);
        written.get("trust_policy").is_some_and(|policy| diff::canonical(attribute, policy) == wanted)
    };
    let none = Value::list(Vec::new());
    let found = if same(&none) { Some(none) } else { blocks(policy, &same) };
    let mut attributes = live.clone();
    if let Some(trust) = found {
        attributes.remove("trust_policy");
        attributes.insert("trust".into(), trust);
    }
    attributes
}

/// `trust` blocks that come to the same as the policy.
fn blocks(policy: &Value, same: &dyn Fn(&Value) -> bool) -> Option<Value> {
    let read = match policy.as_str() {
        Some(text) => policy::parse(text).ok()?,
        None => policy.clone(),
    };
    let statements = several(read.get("Statement")?);
    // With their actions, and without where the default is the same.
    let long: Vec<Map> = statements.iter().map(block).collect::<Option<_>>()?;
    let whole = |blocks: &[Map]| Value::list(blocks.iter().cloned().map(Value::map).collect());
    if !same(&whole(&long)) {
        return None;
    }
    let mut short = long;
    for at in 0..short.len() {
        let actions = short[at].remove("actions");
        if let (false, Some(actions)) = (same(&whole(&short)), actions) {
            short[at].insert("actions".into(), actions);
        }
    }
    Some(whole(&short))
}

/// A statement as a `trust` block.
fn block(statement: &Value) -> Option<Map> {
    let mut block = Map::new();
    for (element, value) in statement.as_map()? {
        match element.as_ref() {
            "Effect" if value.as_str() == Some("Allow") => {}
            "Sid" if value.as_str() == Some("") => {}
            "Sid" => {
                block.insert("sid".into(), value.clone());
            }
            "Action" => {
                block.insert("actions".into(), Value::list(several(value)));
            }
            "Principal" => {
                for (who, value) in value.as_map()? {
                    let attribute = match who.as_ref() {
                        "Service" => "service",
                        "AWS" => "aws",
                        "Federated" => "federated",
                        _ => return None,
                    };
                    let values = several(value);
                    let value = match values.as_slice() {
                        [only] => only.clone(),
                        _ => Value::list(values),
                    };
                    block.insert(attribute.into(), value);
                }
            }
            "Condition" => {
                let mut conditions = Vec::new();
                for (test, keys) in value.as_map()? {
                    for (variable, values) in keys.as_map()? {
                        conditions.push(Value::object([
                            ("test", Value::string(test.clone())),
                            ("variable", Value::string(variable.clone())),
                            ("values", Value::list(several(values))),
                        ]));
                    }
                }
                block.insert("condition".into(), Value::list(conditions));
            }
            _ => return None,
        }
    }
    Some(block)
}

/// The items of a list; anything else as a list of one.
fn several(value: &Value) -> Vec<Value> {
    value.as_items().map_or_else(|| vec![value.clone()], <[Value]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    fn trust(policy: &str) -> Map {
        let schema = kinds::schema("role").expect("a kind");
        let mut attributes = with_trust(schema, &Map::from([("trust_policy".into(), Value::from(policy))]));
        attributes.retain(|_, value| !value.is_null());
        attributes
    }

    #[test]
    fn a_trust_policy_becomes_the_shortest_that_means_the_same() {
        let pods = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["pods.eks.amazonaws.com"]},"Action":["sts:TagSession","sts:assumerole"]}}"#;
        assert_eq!(trust(pods).get("trust").and_then(Value::as_items).map(<[Value]>::len), Some(0));
        let cluster = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let expected = Value::list(vec![Value::object([
            ("service", Value::from("eks.amazonaws.com")),
            ("actions", Value::list(vec![Value::from("sts:AssumeRole")])),
        ])]);
        assert_eq!(trust(cluster).get("trust"), Some(&expected));
        for kept in [
            r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#,
        ] {
            assert_eq!(trust(kept).get("trust_policy"), Some(&Value::from(kept)), "{kept}");
        }
    }
}
