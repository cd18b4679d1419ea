//! JSON schemas of settings: what is wrong with a value, and what in it no schema speaks of.
//!
//! The validator is `boon`. It is given no way to load anything, so a schema that refers to another document is
//! one that cannot be read. What it says is put into our own words: its own texts hold the values, which may be
//! secrets.

use crate::diagnostic::did_you_mean;
use crate::value::{Data, Path, Step, Value, json};
use boon::{Compiler, ErrorKind, InstanceToken, Schemas, UrlLoader, ValidationError};
use serde_json::{Map as Object, Value as Json};
use std::collections::BTreeSet;

/// The name the schema has while it is compiled. Nothing is ever loaded from it.
const NAME: &str = "https://schema.invalid/addon";

/// Something wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where in the value.
    pub path: Path,
    /// In words that go behind the name of the place: `is a string, and has to be an integer`.
    pub message: String,
    pub help: Option<String>,
}

struct LoadsNothing;

impl UrlLoader for LoadsNothing {
    fn load(&self, url: &str) -> Result<Json, Box<dyn std::error::Error>> {
        Err(format!("{url} is another document").into())
    }
}

/// Holds a value against a schema. Values that are not known yet are right. An error says why the schema itself
/// cannot be read.
pub fn problems(schema: &Json, value: &Value) -> Result<Vec<Problem>, String> {
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(LoadsNothing));
    let mut schemas = Schemas::new();
    compiler.add_resource(NAME, schema.clone()).map_err(|error| error.to_string())?;
    let index = compiler.compile(NAME, &mut schemas).map_err(|error| error.to_string())?;
    let document = json::to_json(value);
    let mut found = BTreeSet::new();
    if let Err(error) = schemas.validate(&document, index) {
        leaves(&error, schema, &document, &mut found);
    }
    let mut unknown = Vec::new();
    unknowns(value, &Path::ROOT, &mut unknown);
    // What a value will be decides about everything around it that was not met.
    found.retain(|problem| {
        !unknown.iter().any(|at| problem.path.starts_with(at) || at.starts_with(&problem.path))
    });
    Ok(found.into_iter().collect())
}

fn unknowns(value: &Value, at: &Path, found: &mut Vec<Path>) {
    match value.data() {
        Data::Unknown(_) => found.push(at.clone()),
        Data::List(items) | Data::Set(items) => {
            for (index, item) in items.iter().enumerate() {
                unknowns(item, &at.join(Step::Index(index)), found);
            }
        }
        Data::Map(entries) => {
            for (key, item) in entries.iter() {
                unknowns(item, &at.key(key.clone()), found);
            }
        }
        _ => {}
    }
}

fn leaves(error: &ValidationError<'_, '_>, schema: &Json, document: &Json, found: &mut BTreeSet<Problem>) {
    let path = path(&error.instance_location.tokens);
    let mut add = |path: Path, message: String, help: Option<String>| {
        found.insert(Problem { path, message, help });
    };
    match &error.kind {
        ErrorKind::AnyOf | ErrorKind::OneOf(_) | ErrorKind::Not => {
            add(path, "is none of the forms that are allowed".to_string(), None);
            return;
        }
        ErrorKind::AdditionalProperties { got } => {
            let known = properties(schema, &error.instance_location.tokens);
            for name in got {
                let names = known.iter().map(String::as_str);
                add(
                    path.key(&**name),
                    "is no setting of the add-on".to_string(),
                    Some(did_you_mean(name, names)),
                );
            }
            return;
        }
        _ if !error.causes.is_empty() => {}
        kind => {
            let got = at(document, &error.instance_location.tokens).map_or("nothing", type_name);
            if let Some((message, help)) = words(kind, got) {
                add(path, message, help);
            }
        }
    }
    for cause in &error.causes {
        leaves(cause, schema, document, found);
    }
}

fn path(tokens: &[InstanceToken<'_>]) -> Path {
    let steps = tokens.iter().map(|token| match token {
        InstanceToken::Prop(name) => Step::Key((&**name).into()),
        InstanceToken::Item(index) => Step::Index(*index),
    });
    Path(steps.collect())
}

fn at<'j>(document: &'j Json, tokens: &[InstanceToken<'_>]) -> Option<&'j Json> {
    tokens.iter().try_fold(document, |at, token| match token {
        InstanceToken::Prop(name) => at.get(&**name),
        InstanceToken::Item(index) => at.get(*index),
    })
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// What a keyword asks for, without the value that does not meet it.
fn words(kind: &ErrorKind<'_, '_>, got: &str) -> Option<(String, Option<String>)> {
    let message = match kind {
        ErrorKind::Group | ErrorKind::Schema { .. } | ErrorKind::Reference { .. } => return None,
        ErrorKind::Type { want, .. } => {
            let names = want.iter().map(|name| match name.to_string().as_str() {
                "integer" => "a whole number".to_string(),
                "array" => "a list".to_string(),
                "object" => "an object".to_string(),
                "null" => "null".to_string(),
                other => format!("a {other}"),
            });
            let names: Vec<String> = names.collect();
            format!("is {got}, and has to be {}", names.join(" or "))
        }
        ErrorKind::Enum { want } => {
            let names: Vec<String> = want.iter().map(ToString::to_string).collect();
            format!("has to be one of {}", names.join(", "))
        }
        ErrorKind::Const { want } => format!("has to be {want}"),
        ErrorKind::Required { want } => {
            let message = format!("lacks {}", want.join(", "));
            return Some((message, Some(format!("add {}", want.join(", ")))));
        }
        ErrorKind::Minimum { want, .. } => format!("has to be at least {want}"),
        ErrorKind::Maximum { want, .. } => format!("has to be at most {want}"),
        ErrorKind::ExclusiveMinimum { want, .. } => format!("has to be more than {want}"),
        ErrorKind::ExclusiveMaximum { want, .. } => format!("has to be less than {want}"),
        ErrorKind::MultipleOf { want, .. } => format!("has to be a multiple of {want}"),
        ErrorKind::MinLength { want, .. } => format!("needs at least {want} characters"),
        ErrorKind::MaxLength { want, .. } => format!("has room for {want} characters"),
        ErrorKind::MinItems { want, .. } => format!("needs at least {want} elements"),
        ErrorKind::MaxItems { want, .. } => format!("has room for {want} elements"),
        ErrorKind::MinProperties { want, .. } => format!("needs at least {want} entries"),
        ErrorKind::MaxProperties { want, .. } => format!("has room for {want} entries"),
        ErrorKind::UniqueItems { .. } => "has an element twice".to_string(),
        ErrorKind::Pattern { want, .. } => format!("does not match {want}"),
        ErrorKind::Format { want, .. } => format!("is no {want}"),
        ErrorKind::FalseSchema => "is not allowed here".to_string(),
        _ => "is not what the add-on's schema allows".to_string(),
    };
    Some((message, None))
}

/// The node that `$ref` leads to inside the document, or the node itself.
fn resolve<'j>(schema: &'j Json, node: &'j Json) -> &'j Json {
    let mut node = node;
    // References may go round in a circle.
    for _ in 0..32 {
        let Some(pointer) = node.get("$ref").and_then(Json::as_str).and_then(|text| text.strip_prefix('#'))
        else {
            break;
        };
        let Some(next) = schema.pointer(pointer) else { break };
        node = next;
    }
    node
}

/// The names that an object at a place may have, as far as the schema lists them.
fn properties(schema: &Json, tokens: &[InstanceToken<'_>]) -> Vec<String> {
    let mut node = resolve(schema, schema);
    for token in tokens {
        let next = match token {
            InstanceToken::Prop(name) => {
                node.get("properties").and_then(|properties| properties.get(&**name))
            }
            InstanceToken::Item(_) => node.get("items"),
        };
        let Some(next) = next else { return Vec::new() };
        node = resolve(schema, next);
    }
    let names = node.get("properties").and_then(Json::as_object).into_iter().flat_map(Object::keys);
    names.cloned().collect()
}

/// Keys that a schema neither describes nor forbids, where it describes others: AWS takes them, and nothing reads
/// them. With each, the names that would be read.
pub fn ignored(schema: &Json, value: &Value) -> Vec<(Path, Vec<String>)> {
    let mut found = Vec::new();
    walk(schema, schema, value, &Path::ROOT, &mut found);
    found
}

/// Keywords through which keys may have a meaning that is not followed here.
const COMBINING: [&str; 8] = [
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "patternProperties",
    "dependencies",
    "dependentSchemas",
    "propertyNames",
];

fn walk(schema: &Json, node: &Json, value: &Value, at: &Path, found: &mut Vec<(Path, Vec<String>)>) {
    let node = resolve(schema, node);
    if let (Some(items), Some(inner)) = (value.as_items(), node.get("items")) {
        for (index, item) in items.iter().enumerate() {
            walk(schema, inner, item, &at.join(Step::Index(index)), found);
        }
    }
    let (Some(entries), Some(properties)) =
        (value.as_map(), node.get("properties").and_then(Json::as_object))
    else {
        return;
    };
    let closed = match node.get("additionalProperties") {
        None => false,
        Some(more) => more.as_bool() != Some(true),
    };
    let follows = !COMBINING.iter().any(|keyword| node.get(*keyword).is_some());
    for (key, item) in entries {
        match properties.get(&**key) {
            Some(inner) => walk(schema, inner, item, &at.key(key.clone()), found),
            None if !closed && follows && !properties.is_empty() => {
                found.push((at.key(key.clone()), properties.keys().cloned().collect()));
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(schema: &Json, value: Json) -> Vec<String> {
        let problems = problems(schema, &json::from_json(&value)).expect("the schema is readable");
        problems.into_iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect()
    }

    #[test]
    fn problems_have_their_place() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-06/schema#",
            "type": "object",
            "additionalProperties": false,
            "x-unknown-keyword": { "anything": 1 },
            "properties": {
                "replicaCount": { "type": "integer", "minimum": 1 },
                "mode": { "enum": ["iptables", "ipvs"] },
                "resources": { "$ref": "#/definitions/Resources" },
                "tolerations": { "type": "array", "items": { "type": "object" } },
            },
            "definitions": { "Resources": { "type": "object", "properties": { "limits": { "type": "object" } } } },
        });
        assert_eq!(found(&schema, json!({ "replicaCount": 2, "mode": "ipvs" })), Vec::<String>::new());
        assert_eq!(
            found(&schema, json!({ "replicaCount": "two", "mode": "x", "resources": { "limits": [] } })),
            [
                "[\"mode\"] has to be one of \"iptables\", \"ipvs\"",
                "[\"replicaCount\"] is a string, and has to be a whole number",
                "[\"resources\"][\"limits\"] is a list, and has to be an object",
            ]
        );
        assert_eq!(found(&schema, json!({ "replicaCount": 0 })), ["[\"replicaCount\"] has to be at least 1"]);
        let wrong = problems(&schema, &json::from_json(&json!({ "replicacount": 1 }))).expect("readable");
        assert_eq!(wrong[0].help.as_deref(), Some("did you mean \"replicaCount\"?"));
        let list = json!({ "tolerations": [{}, 1] });
        assert_eq!(found(&schema, list), ["[\"tolerations\"][1] is a number, and has to be an object"]);
    }

    #[test]
    fn nothing_is_loaded() {
        let remote = json!({ "$ref": "https://example.com/other.json" });
        assert!(problems(&remote, &Value::NULL).is_err());
        let broken = json!({ "type": "object", "properties": { "a": { "pattern": "(" } } });
        assert!(problems(&broken, &Value::NULL).is_err());
    }

    #[test]
    fn what_is_not_known_is_right() {
        let schema = json!({ "properties": { "a": { "type": "object", "required": ["b"] }, "n": { "type": "integer" } } });
        let unknown = || Value::pending(crate::value::Type::Any, []);
        let value = Value::object([("a", unknown()), ("n", Value::from("x"))]);
        let problems = problems(&schema, &value).expect("readable");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path.to_string(), "[\"n\"]");
    }

    #[test]
    fn keys_that_nothing_reads() {
        let schema = json!({
            "properties": {
                "env": { "type": "object" },
                "node": { "properties": { "a": {} } },
                "closed": { "properties": { "a": {} }, "additionalProperties": { "type": "string" } },
                "odd": { "properties": { "a": {} }, "anyOf": [{}] },
                "loop": { "$ref": "#/properties/loop" },
            },
        });
        let value = json!({ "env": { "X": 1 }, "node": { "b": 1 }, "closed": { "b": "" }, "odd": { "b": 1 }, "c": 1, "loop": {} });
        let paths: Vec<String> = ignored(&schema, &json::from_json(&value))
            .into_iter()
            .map(|(path, _)| path.to_string())
            .collect();
        assert_eq!(paths, ["[\"c\"]", "[\"node\"][\"b\"]"]);
    }
}
