//! Expressions as text. Layout is left to the formatter, line breaks are chosen here.

use crate::lang::{literal, quoted_string};
use crate::value::{Data, Map, Value};

/// Columns beyond which an expression takes several lines.
const WIDE: usize = 80;

/// An expression to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A value without parts.
    Scalar(Value),
    /// An instance's attribute: `role.app["blue"].arn`.
    Reference {
        /// `role.app`
        block: String,
        key: Option<String>,
        attribute: &'static str,
    },
    /// Text of the language as it is: `each.key`, `aws.west`.
    Code(String),
    List(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    Call(&'static str, Box<Expression>),
}

impl Expression {
    /// A text in quotes.
    pub fn text(text: &str) -> Self {
        Self::Scalar(Value::from(text))
    }

    /// A value written out; sets as lists, objects in the order of `first` and then of their names.
    pub fn value(value: &Value, first: &[&str]) -> Self {
        match value.data() {
            Data::List(items) | Data::Set(items) => {
                Self::List(items.iter().map(|item| Self::value(item, first)).collect())
            }
            Data::Map(entries) => Self::object(entries, first),
            _ => Self::Scalar(value.clone()),
        }
    }

    fn object(entries: &Map, first: &[&str]) -> Self {
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|(name, _)| {
            first.iter().position(|known| *known == &***name).unwrap_or(first.len())
        });
        Self::Object(
            entries.into_iter().map(|(name, value)| (name.to_string(), Self::value(value, first))).collect(),
        )
    }

    /// Whether it has no parts of its own.
    pub fn is_scalar(&self) -> bool {
        matches!(self, Self::Scalar(_) | Self::Reference { .. })
    }

    /// Its text, on one line where it is short and simple.
    pub fn write(&self) -> String {
        match (self.flat(), self) {
            (Some(flat), _) if flat.len() <= WIDE => flat,
            (_, Self::List(items)) => match items.as_slice() {
                [only @ (Self::Object(_) | Self::List(_))] => format!("[{}]", only.write()),
                _ => {
                    let lines: String = items.iter().map(|item| format!("{},\n", item.write())).collect();
                    format!("[\n{lines}]")
                }
            },
            (_, Self::Object(entries)) => {
                let lines: String = entries
                    .iter()
                    .map(|(name, value)| format!("{} = {}\n", key(name), value.write()))
                    .collect();
                format!("{{\n{lines}}}")
            }
            (_, Self::Call(function, argument)) => format!("{function}({})", argument.write()),
            (Some(flat), _) => flat,
            (None, _) => String::new(),
        }
    }

    /// Its text on one line, unless it has too many parts for that.
    fn flat(&self) -> Option<String> {
        Some(match self {
            Self::Scalar(value) => match value.as_str() {
                Some(text) => quoted_string(text),
                None => literal(value),
            },
            Self::Code(code) => code.clone(),
            Self::Reference { block, key, attribute } => match key {
                Some(key) => format!("{block}[{}].{attribute}", quoted_string(key)),
                None => format!("{block}.{attribute}"),
            },
            Self::List(items) => {
                let simple = |item: &Self| !matches!(item, Self::List(_) | Self::Object(_) | Self::Call(..));
                if !items.iter().all(simple) {
                    return None;
                }
                format!("[{}]", items.iter().filter_map(Self::flat).collect::<Vec<_>>().join(", "))
            }
            Self::Object(entries) if entries.is_empty() => "{}".to_string(),
            Self::Object(entries) => {
                let simple = |value: &Self| !matches!(value, Self::Object(_) | Self::Call(..));
                if entries.len() > 2 || !entries.iter().all(|(_, value)| simple(value)) {
                    return None;
                }
                let parts: Option<Vec<String>> = entries
                    .iter()
                    .map(|(name, value)| Some(format!("{} = {}", key(name), value.flat()?)))
                    .collect();
                format!("{{ {} }}", parts?.join(", "))
            }
            Self::Call(function, argument) => format!("{function}({})", argument.flat()?),
        })
    }
}

/// A key of an object, bare where it can be.
fn key(name: &str) -> String {
    const WORDS: [&str; 6] = ["for", "in", "if", "true", "false", "null"];
    let mut chars = name.chars();
    let bare = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && !WORDS.contains(&name);
    if bare { name.to_string() } else { quoted_string(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    fn written(json: serde_json::Value) -> String {
        Expression::value(&json::from_json(&json), &["Version"]).write()
    }

    #[test]
    fn what_is_short_and_simple_stays_on_one_line() {
        for (value, expected) in [
            (serde_json::json!({}), "{}"),
            (serde_json::json!([]), "[]"),
            (serde_json::json!({"team": "a"}), "{ team = \"a\" }"),
            (serde_json::json!({"a:b": 1, "for": "${x}"}), "{ \"a:b\" = 1, \"for\" = \"$${x}\" }"),
            (serde_json::json!({"a": 1, "Version": "x", "b": 2}), "{\nVersion = \"x\"\na = 1\nb = 2\n}"),
            (serde_json::json!([{"a": {"b": "two\nlines\n"}}]), "[{\na = { b = \"two\\nlines\\n\" }\n}]"),
        ] {
            assert_eq!(written(value), expected);
        }
    }
}
