//! Values as HCL text, laid out as Terraform's console lays them out.

use crate::value::{Data, Value};

/// A value as an expression that evaluates to it, apart from `(sensitive value)` and
/// `(known after apply)`, which no text can stand for. Collections take several lines.
pub fn literal(value: &Value) -> String {
    let mut output = String::new();
    write(&mut output, value, 0);
    output
}

/// Elements and levels beyond which nothing more is written: what is printed is for people.
const MAX_DEPTH: usize = 256;

fn write(output: &mut String, value: &Value, indent: usize) {
    if value.is_sensitive() {
        output.push_str("(sensitive value)");
        return;
    }
    if indent > MAX_DEPTH {
        output.push('…');
        return;
    }
    match value.data() {
        Data::Null => output.push_str("null"),
        Data::Bool(value) => output.push_str(if *value { "true" } else { "false" }),
        Data::Number(number) => output.push_str(&number.to_string()),
        Data::String(text) => string(output, text, indent),
        Data::Unknown(_) => output.push_str("(known after apply)"),
        Data::List(items) => sequence(output, items, indent),
        Data::Set(items) => {
            output.push_str("toset(");
            sequence(output, items, indent);
            output.push(')');
        }
        Data::Map(map) if map.is_empty() => output.push_str("{}"),
        Data::Map(map) => {
            output.push_str("{\n");
            for (key, item) in map.iter() {
                pad(output, indent + 2);
                quoted(output, key);
                output.push_str(" = ");
                write(output, item, indent + 2);
                output.push('\n');
            }
            pad(output, indent);
            output.push('}');
        }
    }
}

fn sequence(output: &mut String, items: &[Value], indent: usize) {
    if items.is_empty() {
        output.push_str("[]");
        return;
    }
    output.push_str("[\n");
    for item in items {
        pad(output, indent + 2);
        write(output, item, indent + 2);
        output.push_str(",\n");
    }
    pad(output, indent);
    output.push(']');
}

fn pad(output: &mut String, indent: usize) {
    output.extend(std::iter::repeat_n(' ', indent));
}

/// Text of several lines as a heredoc, everything else in quotes.
fn string(output: &mut String, text: &str, indent: usize) {
    let lines = text.ends_with('\n')
        && text.len() > 1
        && !text.chars().any(|c| c != '\n' && c != '\t' && c.is_control());
    // `<<-` takes the indentation of the least indented line off, and leaves blank lines alone.
    let flush = text.lines().any(|line| !line.is_empty() && !line.starts_with(char::is_whitespace))
        && text.lines().all(|line| line.is_empty() || !line.trim().is_empty());
    if !lines || indent > 0 && !flush {
        quoted(output, text);
        return;
    }
    let mut delimiter = String::from("EOT");
    while text.lines().any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    output.push_str(if indent > 0 { "<<-" } else { "<<" });
    output.push_str(&delimiter);
    output.push('\n');
    for line in text.lines() {
        if !line.is_empty() {
            pad(output, indent);
            output.push_str(&line.replace("${", "$${").replace("%{", "%%{"));
        }
        output.push('\n');
    }
    pad(output, indent);
    output.push_str(&delimiter);
}

/// Text as a string in quotes, on one line.
pub fn quoted_string(text: &str) -> String {
    let mut output = String::new();
    quoted(&mut output, text);
    output
}

/// A string in quotes, as the language reads it back.
fn quoted(output: &mut String, text: &str) {
    output.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                output.push(c);
                output.push(c);
            }
            c if c.is_control() => output.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => output.push(c),
        }
    }
    output.push('"');
}
