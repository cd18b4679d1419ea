//! When two values of an attribute mean the same.

use crate::kinds::{Attribute, Compare, TAG_PREFIX, Ty, policy};
use crate::value::{Data, Map, Text, Value, json};

/// The canonical form of an attribute's value: equal forms mean the same to AWS. What cannot be read
/// as what it should be (a policy that is none) stays as it is.
pub fn canonical(attribute: &Attribute, value: &Value) -> Value {
    if value.is_null() || value.is_unknown() {
        return value.clone();
    }
    match (attribute.compare, attribute.ty) {
        (Compare::Policy, Ty::Map(_)) => {
            entries(value, |item| policy::canonical(item).unwrap_or_else(|_| item.clone()))
        }
        (Compare::Policy, _) => policy::canonical(value).unwrap_or_else(|_| value.clone()),
        (Compare::Document, _) => document(value),
        (Compare::Tags, _) => match value.as_map() {
            Some(tags) => {
                Value::map(tags.iter().filter(|(key, _)| !key.starts_with("aws:")).map(pair).collect())
            }
            None => value.clone(),
        },
        (Compare::IgnoreCase, _) => match value.as_str() {
            Some(text) => Value::from(text.to_ascii_lowercase()),
            None => value.clone(),
        },
        (Compare::Exact, Ty::Set(_)) => match value.as_items() {
            Some(items) => Value::set(items.to_vec()),
            None => value.clone(),
        },
        (Compare::Exact, Ty::Block(attributes)) => block(attributes, value),
        (Compare::Exact, Ty::Keyed { attributes, .. }) => entries(value, |item| block(attributes, item)),
        (Compare::Exact, _) => value.clone(),
    }
}

fn pair((key, value): (&Text, &Value)) -> (Text, Value) {
    (key.clone(), value.clone())
}

fn entries(value: &Value, each: impl Fn(&Value) -> Value) -> Value {
    match value.as_map() {
        Some(map) => Value::map(map.iter().map(|(key, item)| (key.clone(), each(item))).collect()),
        None => value.clone(),
    }
}

fn block(attributes: &'static [Attribute], value: &Value) -> Value {
    let Some(map) = value.as_map() else { return value.clone() };
    let known = |name: &str| attributes.iter().find(|attribute| attribute.name == name);
    let items: Map = map
        .iter()
        .map(|(name, item)| {
            (name.clone(), known(name).map_or_else(|| item.clone(), |attribute| canonical(attribute, item)))
        })
        .collect();
    Value::map(items)
}

/// Configuration values: text is read as JSON or YAML; nothing at all means the same as `{}`.
fn document(value: &Value) -> Value {
    let parsed = match value.data() {
        Data::String(text) if text.trim().is_empty() => Value::map(Map::new()),
        Data::String(text) => document_text(text).unwrap_or_else(|| value.clone()),
        _ => value.clone(),
    };
    match parsed.as_map() {
        Some(map) if map.is_empty() => Value::NULL,
        _ => sets_as_lists(&parsed),
    }
}

/// JSON or YAML text as a value, if it is either.
pub fn document_text(text: &str) -> Option<Value> {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        return Some(json::from_json(&json));
    }
    serde_yaml_ng::from_str::<serde_json::Value>(text).ok().map(|yaml| json::from_json(&yaml))
}

/// What is wrong with the text of a document: neither JSON nor YAML, or no object.
pub fn document_problem(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    match serde_yaml_ng::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(_) | serde_json::Value::Null) => None,
        Ok(_) => Some("an object is needed, as { \"key\": … } or key: …".to_string()),
        // JSON is YAML but for few oddities, such as tabs.
        Err(_) if document_text(text).is_some_and(|value| value.as_map().is_some()) => None,
        Err(error) => Some(format!("neither JSON nor YAML: {error}")),
    }
}

/// Sets are written as lists in a document.
fn sets_as_lists(value: &Value) -> Value {
    match value.data() {
        Data::Set(items) | Data::List(items) => Value::list(items.iter().map(sets_as_lists).collect()),
        Data::Map(_) => entries(value, sets_as_lists),
        _ => value.clone(),
    }
}

/// Whether a tag is eksform's own.
pub fn is_own_tag(key: &str) -> bool {
    key.starts_with(TAG_PREFIX)
}
