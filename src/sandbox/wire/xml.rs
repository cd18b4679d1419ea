//! XML answers of the query protocol, written after the output's shape.

use serde_json::Value;

use super::super::clock::iso_seconds;
use super::super::model::{Kind, Model};

/// Text as XML character data. What XML cannot hold becomes U+FFFD.
pub(crate) fn escape(text: &str, out: &mut String) {
    // Almost all text is an encoded document, an ARN or a name, and has nothing to escape.
    if text.bytes().all(|byte| byte >= b' ' && !b"&<>\"".contains(&byte))
        && !text.contains(['\u{fffe}', '\u{ffff}'])
    {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// `<name>text</name>`
pub(crate) fn element(name: &str, text: &str, out: &mut String) {
    open(name, out);
    escape(text, out);
    close(name, out);
}

pub(crate) fn open(name: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

pub(crate) fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// The content of an element of this shape.
pub(crate) fn content(model: &Model, name: &str, value: &Value, out: &mut String) {
    let shape = model.shape(name);
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(object)) => {
            for member in &shape.members {
                if let Some(value) = object.get(&member.member).filter(|value| !value.is_null()) {
                    open(member.wire(), out);
                    content(model, &member.shape, value, out);
                    close(member.wire(), out);
                }
            }
        }
        (Kind::List, Value::Array(items)) => {
            let Some(of) = &shape.item else { return };
            for item in items {
                open("member", out);
                content(model, of, item, out);
                close("member", out);
            }
        }
        (Kind::Map, Value::Object(entries)) => {
            let Some(of) = &shape.value else { return };
            for (key, value) in entries {
                open("entry", out);
                element("key", key, out);
                open("value", out);
                content(model, of, value, out);
                close("value", out);
                close("entry", out);
            }
        }
        (Kind::Timestamp, Value::Number(seconds)) => {
            #[expect(clippy::cast_possible_truncation, reason = "seconds since the epoch fit")]
            let millis = (seconds.as_f64().unwrap_or_default() * 1000.0) as i64;
            out.push_str(&iso_seconds(millis));
        }
        (_, Value::String(text)) => escape(text, out),
        (_, other) => out.push_str(&other.to_string()),
    }
}
