//! Outputs for other programs, as `terraform output` prints them. Whoever asks for one of these forms asks for
//! the values themselves, sensitive ones too.

use super::style::Style;
use crate::lang::convert;
use crate::stack::EvaluatedOutput;
use crate::value::{Data, Type, Value, json};
use serde_json::{Map as Object, Value as Json, json};

/// `{ "name": { "sensitive": false, "type": "string", "value": "…" } }` for outputs that are known.
pub fn json_outputs<'a>(outputs: impl IntoIterator<Item = &'a EvaluatedOutput>) -> Json {
    let entry = |output: &EvaluatedOutput| {
        let value = json!({
            "sensitive": output.value.contains_sensitive(),
            "type": type_json(&convert::type_of(&output.value).unwrap_or_default()),
            "value": json::to_json(&output.value),
        });
        (output.name.to_string(), value)
    };
    Json::Object(outputs.into_iter().map(entry).collect())
}

/// One output's value as JSON.
pub fn json_value(value: &Value) -> Json {
    json::to_json(value)
}

/// One output's value as HCL text.
pub fn revealed(value: &Value) -> String {
    super::value(&unmarked(value), 0, Style::plain())
}

/// A text, a number or a bool without quotes; `None` for anything else.
pub fn raw(value: &Value) -> Option<String> {
    match value.data() {
        Data::String(text) => Some(text.to_string()),
        Data::Number(number) => Some(number.to_string()),
        Data::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn unmarked(value: &Value) -> Value {
    let bare = value.clone().unmark();
    match bare.data() {
        Data::List(items) => Value::list(items.iter().map(unmarked).collect()),
        Data::Set(items) => Value::set(items.iter().map(unmarked).collect()),
        Data::Map(map) => Value::map(map.iter().map(|(key, item)| (key.clone(), unmarked(item))).collect()),
        _ => bare,
    }
}

/// A type as Terraform writes it in JSON.
fn type_json(ty: &Type) -> Json {
    match ty {
        Type::Any => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(element) => json!(["list", type_json(element)]),
        Type::Set(element) => json!(["set", type_json(element)]),
        Type::Map(element) => json!(["map", type_json(element)]),
        Type::Tuple(items) => json!(["tuple", items.iter().map(type_json).collect::<Vec<_>>()]),
        Type::Object(attributes) => {
            let attributes =
                attributes.iter().map(|(name, attribute)| (name.to_string(), type_json(&attribute.ty)));
            json!(["object", attributes.collect::<Object<_, _>>()])
        }
    }
}
