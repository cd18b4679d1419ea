//! Single values as HCL text.

use super::style::steers;
use crate::value::{Data, Value};

pub const SENSITIVE: &str = "(sensitive value)";
pub const UNKNOWN: &str = "(known after apply)";

/// A value without inner structure on one line; `None` for collections that are not empty.
pub fn scalar(value: &Value) -> Option<String> {
    if value.is_sensitive() {
        return Some(SENSITIVE.to_string());
    }
    match value.data() {
        Data::Null => Some("null".to_string()),
        Data::Bool(value) => Some(value.to_string()),
        Data::Number(number) => Some(number.to_string()),
        Data::String(text) => Some(quote(text)),
        Data::Unknown(_) => Some(UNKNOWN.to_string()),
        Data::List(items) | Data::Set(items) => items.is_empty().then(|| "[]".to_string()),
        Data::Map(map) => map.is_empty().then(|| "{}".to_string()),
    }
}

/// A quoted template without interpolation. What would steer a terminal is written as an escape.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([c, c]),
            c if steers(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The lines of a text that reads better as a heredoc: more than one, and nothing to escape.
pub fn heredoc(value: &Value) -> Option<Vec<&str>> {
    let text = value.as_str().filter(|_| !value.is_sensitive())?;
    let body = text.strip_suffix('\n').unwrap_or(text);
    let plain = !body.chars().any(|c| steers(c) && c != '\n' && c != '\t');
    (body.contains('\n') && plain).then(|| body.split('\n').collect())
}

/// A key of an object: bare where the language allows it.
pub fn bare_key(key: &str) -> String {
    let mut chars = key.chars();
    let bare = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_string() } else { quote(key) }
}
