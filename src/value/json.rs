//! Values from and to JSON.

use super::{Data, Map, Number, Text, Value};
use serde::{Serialize, Serializer};

/// A JSON value as a [`Value`]: arrays are lists, objects maps.
pub fn from_json(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::NULL,
        Json::Bool(value) => Value::from(*value),
        // A JSON number is always a decimal in text form, so this never falls back.
        Json::Number(number) => number
            .to_string()
            .parse::<Number>()
            .map_or(Value::NULL, |number| Value::new(Data::Number(number))),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(from_json).collect()),
        Json::Object(entries) => Value::map(
            entries.iter().map(|(key, value)| (key.as_str().into(), from_json(value))).collect::<Map>(),
        ),
    }
}

/// Writes a value as [`to_json`] would have it, without making that first.
pub struct AsJson<'a>(pub &'a Value);

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.data() {
            Data::Null | Data::Unknown(_) => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Number(_) => to_json(self.0).serialize(serializer),
            Data::String(text) => serializer.serialize_str(text),
            Data::List(items) | Data::Set(items) => serializer.collect_seq(items.iter().map(AsJson)),
            Data::Map(entries) => map(entries, serializer),
        }
    }
}

/// Writes the entries of a map as a JSON object.
pub fn map<S: Serializer>(entries: &Map, serializer: S) -> Result<S::Ok, S::Error> {
    self::entries(entries.iter()).serialize(serializer)
}

/// Some entries of a map, to be written as a JSON object.
pub fn entries<'a>(entries: impl Iterator<Item = (&'a Text, &'a Value)> + Clone) -> impl Serialize {
    Entries(entries)
}

struct Entries<I>(I);

impl<'a, I: Iterator<Item = (&'a Text, &'a Value)> + Clone> Serialize for Entries<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone().map(|(key, value)| (key.as_str(), AsJson(value))))
    }
}

/// A value as JSON: sets as arrays, unknown values as null. Marks are not looked at: redact first
/// where the result is shown.
pub fn to_json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value.data() {
        Data::Null | Data::Unknown(_) => Json::Null,
        Data::Bool(value) => Json::Bool(*value),
        Data::Number(number) => match number.as_i64() {
            Some(whole) => Json::from(whole),
            None => {
                serde_json::from_str(&number.to_string()).unwrap_or_else(|_| Json::from(number.to_string()))
            }
        },
        Data::String(text) => Json::from(text.as_str()),
        Data::List(items) | Data::Set(items) => Json::Array(items.iter().map(to_json).collect()),
        Data::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), to_json(value))).collect())
        }
    }
}
