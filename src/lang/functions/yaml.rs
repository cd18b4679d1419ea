//! `yamldecode` (with anchors and merge keys) and `yamlencode` (Terraform's layout).

use super::{Cx, Error, Function, Ty, encoding, function, param, text};
use crate::value::{Data, Map, Value};
use regex::Regex;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

pub(super) const FUNCTIONS: &[Function] = &[
    function("yamldecode", &[param("src", Ty::String)], Ty::Any, yamldecode),
    function("yamlencode", &[param("value", Ty::Any).nullable()], Ty::String, |_, args| {
        let mut output = String::new();
        write(&mut output, &args[0], 0, Place::Top);
        // A plain scalar that is a document of its own carries YAML's end marker.
        if matches!(args[0].data(), Data::Null | Data::Bool(_) | Data::Number(_)) {
            output.push_str("...\n");
        }
        Ok(Value::string(output))
    }),
];

/// Collections inside one another.
const MAX_DEPTH: usize = 128;

/// Values a text may stand for once its aliases are followed.
const MAX_VALUES: usize = 1_000_000;

/// An open collection.
struct Open {
    anchor: usize,
    kind: Collection,
    /// Values in it, aliases followed.
    size: usize,
}

enum Collection {
    Sequence(Vec<Value>),
    Mapping { map: Map, merged: Vec<Value>, key: Option<Value> },
}

fn yamldecode(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let given = text(args, 0);
    cx.spend(given.len() / 16)?;
    let mut anchors: HashMap<usize, (Value, usize)> = HashMap::new();
    let mut open: Vec<Open> = Vec::new();
    let mut result: Option<Value> = None;
    let mut total = 0usize;
    for event in Parser::new_from_str(given) {
        let (event, at) = event.map_err(|error| Error::Argument(0, error.to_string()))?;
        let refuse = |message: &str| {
            Error::Argument(
                0,
                format!("on line {}, column {}: {message}", at.start.line(), at.start.col() + 1),
            )
        };
        let (value, size) = match event {
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() >= MAX_DEPTH {
                    return Err(refuse("nested too deeply"));
                }
                let kind = match event {
                    Event::SequenceStart(..) => Collection::Sequence(Vec::new()),
                    _ => Collection::Mapping { map: Map::new(), merged: Vec::new(), key: None },
                };
                open.push(Open { anchor, kind, size: 1 });
                continue;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref()).map_err(|message| refuse(&message))?;
                if anchor > 0 {
                    anchors.insert(anchor, (value.clone(), 1));
                }
                (value, 1)
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some((value, size)) => (value.clone(), *size),
                None => return Err(refuse("an alias cannot refer to what contains it")),
            },
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(done) = open.pop() else { continue };
                let value = match done.kind {
                    Collection::Sequence(items) => Value::list(items),
                    Collection::Mapping { map, merged, .. } => Value::map(merge(map, merged)),
                };
                if done.anchor > 0 {
                    anchors.insert(done.anchor, (value.clone(), done.size));
                }
                (value, done.size)
            }
            Event::DocumentStart(_) if result.is_some() => {
                return Err(refuse("only one document is allowed"));
            }
            _ => continue,
        };
        total = total.saturating_add(size);
        if total > MAX_VALUES {
            return Err(refuse("the aliases stand for too many values"));
        }
        match open.last_mut() {
            None => result = Some(value),
            Some(outer) => {
                outer.size = outer.size.saturating_add(size);
                insert(&mut outer.kind, value).map_err(|message| refuse(&message))?;
            }
        }
    }
    result.ok_or_else(|| Error::Argument(0, "there is no document in it".to_string()))
}

fn insert(into: &mut Collection, value: Value) -> Result<(), String> {
    match into {
        Collection::Sequence(items) => items.push(value),
        Collection::Mapping { map, merged, key } => match key.take() {
            None => *key = Some(value),
            Some(name) => {
                let name = match name.data() {
                    Data::String(name) => name.clone(),
                    Data::Number(number) => number.to_string().into(),
                    Data::Bool(value) => value.to_string().into(),
                    Data::Null => return Err("a mapping key must not be null".to_string()),
                    _ => return Err("a mapping key must be a string".to_string()),
                };
                if &*name == "<<" && (value.as_map().is_some() || value.as_items().is_some()) {
                    merged.push(value);
                } else {
                    map.insert(name, value);
                }
            }
        },
    }
    Ok(())
}

/// `<<`: what the mapping itself says goes before what is merged in, earlier before later.
fn merge(mut map: Map, merged: Vec<Value>) -> Map {
    for source in merged {
        let sources = match source.as_items() {
            Some(items) => items.to_vec(),
            None => vec![source],
        };
        for source in sources {
            for (key, value) in source.as_map().into_iter().flatten() {
                map.insert_missing(key.clone(), || value.clone());
            }
        }
    }
    map
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    if let Some(tag) = tag {
        let name = if tag.is_yaml_core_schema() { tag.suffix.as_str() } else { "" };
        return match name {
            "str" => Ok(Value::from(text)),
            "timestamp" => timestamp(text).ok_or_else(|| format!("{text:?} is not a timestamp")),
            "binary" => Ok(Value::string(text.split_whitespace().collect::<String>())),
            "int" | "float" => number(text).ok_or_else(|| format!("{text:?} is not a number")),
            "bool" => boolean(text).ok_or_else(|| format!("{text:?} is not a bool")),
            "null" => Ok(Value::NULL),
            _ if tag.handle == "!" && tag.suffix.is_empty() => Ok(Value::from(text)),
            _ => Err(format!("unsupported tag {}{}", tag.handle, tag.suffix)),
        };
    }
    if style != ScalarStyle::Plain {
        return Ok(Value::from(text));
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::NULL,
        _ => boolean(text)
            .or_else(|| timestamp(text))
            .or_else(|| number(text))
            .unwrap_or_else(|| Value::from(text)),
    })
}

/// The words of YAML 1.1, which Terraform's decoder knows.
fn boolean(text: &str) -> Option<Value> {
    match text {
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            Some(Value::from(true))
        }
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Some(Value::from(false))
        }
        _ => None,
    }
}

/// A date, with or without time of day, as RFC 3339 text.
fn timestamp(text: &str) -> Option<Value> {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(\d{4})-(\d\d?)-(\d\d?)(?:([Tt ])(\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?$",
        )
        .ok()
    });
    let found = PATTERN.as_ref()?.captures(text)?;
    let part = |index| found.get(index).map_or(Ok(0), |part: regex::Match| part.as_str().parse::<i8>()).ok();
    let zone = match (found.get(4).map(|mark| mark.as_str()), found.get(8)) {
        (None, _) | (Some(" "), None) => "Z",
        (Some(" "), Some(_)) | (Some(_), None) => return None,
        (Some(_), Some(zone)) => zone.as_str(),
    };
    let year = found.get(1)?.as_str().parse().ok()?;
    let time = jiff::civil::DateTime::new(year, part(2)?, part(3)?, part(5)?, part(6)?, part(7)?, 0).ok()?;
    Some(Value::string(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )))
}

fn number(text: &str) -> Option<Value> {
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        let plain = digits.bytes().all(|byte| char::from(byte).is_digit(radix)) && digits.len() <= 1024;
        let value =
            bigdecimal::num_bigint::BigInt::parse_bytes(digits.as_bytes(), radix).filter(|_| plain)?;
        Some(Value::new(Data::Number(value.into())))
    };
    if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(value);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    // Digits with at most one point and one exponent; at least one digit before the exponent.
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    if !mantissa.bytes().any(|byte| byte.is_ascii_digit()) || digits.starts_with(['+', '-']) {
        return None;
    }
    let digits: Cow<str> =
        if let Some(rest) = digits.strip_prefix('.') { format!("0.{rest}").into() } else { digits.into() };
    let sign = if negative { "-" } else { "" };
    Some(Value::new(Data::Number(format!("{sign}{digits}").parse().ok()?)))
}

/// Where a value is written: decides what comes before it.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    Item,
    Entry,
}

fn write(output: &mut String, value: &Value, indent: usize, place: Place) {
    match value.data() {
        Data::List(items) | Data::Set(items) if !items.is_empty() => {
            // A list of a mapping stands at the mapping's own indentation.
            let lead = " ".repeat(indent);
            if place == Place::Entry {
                output.push('\n');
            }
            for (index, item) in items.iter().enumerate() {
                if index > 0 || place != Place::Item {
                    output.push_str(&lead);
                }
                output.push_str("- ");
                write(output, item, indent + 2, Place::Item);
            }
        }
        Data::Map(map) if !map.is_empty() => {
            let inner = if place == Place::Entry { indent + 2 } else { indent };
            let lead = " ".repeat(inner);
            if place == Place::Entry {
                output.push('\n');
            }
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 || place != Place::Item {
                    output.push_str(&lead);
                }
                quote(output, key);
                output.push(':');
                if !is_block(item) {
                    output.push(' ');
                }
                write(output, item, inner, Place::Entry);
            }
        }
        Data::String(text) => string(output, text, if place == Place::Entry { indent + 2 } else { indent }),
        Data::List(_) | Data::Set(_) => output.push_str("[]\n"),
        Data::Map(_) => output.push_str("{}\n"),
        _ => {
            output.push_str(&encoding::json(value));
            output.push('\n');
        }
    }
}

fn is_block(value: &Value) -> bool {
    value.as_items().is_some_and(|items| !items.is_empty())
        || value.as_map().is_some_and(|map| !map.is_empty())
}

/// Lines as a literal block where YAML can hold them, otherwise in quotes.
fn string(output: &mut String, text: &str, indent: usize) {
    let plain = text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.contains(" \n")
        && !text.ends_with(' ')
        && text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control());
    if !plain {
        quote(output, text);
        output.push('\n');
        return;
    }
    let body = text.trim_end_matches('\n');
    output.push('|');
    output.push_str(match text.len() - body.len() {
        0 => "-\n",
        1 => "\n",
        _ => "+\n",
    });
    let lead = " ".repeat(indent.max(2));
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            output.push_str(&lead);
            output.push_str(line);
        }
        output.push('\n');
    }
}

fn quote(output: &mut String, text: &str) {
    output.push('"');
    for c in text.chars() {
        match c {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            c if c.is_control() => output.push_str(&format!("\\x{:02X}", u32::from(c))),
            c => output.push(c),
        }
    }
    output.push('"');
}
