//! Encodings: `base64*`, `csvdecode`, `json*`, `text*base64`, `url*`. YAML has a file of its own.

use super::{Cx, Error, Function, Param, Ty, argument, function, param, text};
use crate::lang::eval::MAX_TEXT;
use crate::lang::json as reader;
use crate::value::{Data, Value};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::fmt::Write as _;
use std::io::Write as _;

const STR: Param = param("str", Ty::String);

pub(super) const FUNCTIONS: &[Function] = &[
    function("base64decode", &[STR], Ty::String, base64decode),
    function("base64encode", &[STR], Ty::String, |_, args| {
        Ok(Value::string(BASE64_STANDARD.encode(text(args, 0))))
    }),
    function("base64gzip", &[STR], Ty::String, base64gzip),
    function("csvdecode", &[STR], Ty::Sequence, csvdecode),
    function("jsondecode", &[STR], Ty::Any, jsondecode),
    function("jsonencode", &[param("val", Ty::Any).nullable()], Ty::String, |_, args| {
        Ok(Value::string(json(&args[0])))
    }),
    function(
        "textdecodebase64",
        &[param("source", Ty::String), param("encoding", Ty::String)],
        Ty::String,
        decode_text,
    ),
    function(
        "textencodebase64",
        &[param("string", Ty::String), param("encoding", Ty::String)],
        Ty::String,
        encode_text,
    ),
    function("urldecode", &[STR], Ty::String, urldecode),
    function("urlencode", &[STR], Ty::String, |_, args| Ok(Value::string(urlencode(text(args, 0))))),
];

fn base64decode(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let Ok(bytes) = BASE64_STANDARD.decode(text(args, 0)) else {
        return argument(0, "failed to decode base64 data: it is not valid base64");
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => argument(0, "the result of decoding the provided string is not valid UTF-8"),
    }
}

fn base64gzip(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let done = encoder.write_all(text(args, 0).as_bytes()).and_then(|()| encoder.finish());
    let bytes = done.map_err(|error| error.to_string())?;
    Ok(Value::string(BASE64_STANDARD.encode(bytes)))
}

fn csvdecode(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let mut rows = csv::ReaderBuilder::new().from_reader(text(args, 0).as_bytes());
    let header = rows.headers().map_err(|error| error.to_string())?.clone();
    if header.is_empty() {
        return argument(0, "missing header line");
    }
    let mut seen = std::collections::BTreeSet::new();
    for name in &header {
        if !seen.insert(name) {
            return argument(0, format!("duplicate column name {name:?}"));
        }
    }
    let mut result = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|error| error.to_string())?;
        cx.spend(row.len())?;
        result
            .push(Value::object(header.iter().zip(row.iter()).map(|(name, cell)| (name, Value::from(cell)))));
    }
    Ok(Value::list(result))
}

fn jsondecode(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    match reader::parse(text(args, 0)) {
        Ok(value) => Ok(value.into_value()),
        Err(error) => argument(0, format!("{} (at byte {})", error.message, error.at)),
    }
}

/// JSON as Terraform writes it: no spaces, keys sorted, `<`, `>` and `&` escaped.
pub(super) fn json(value: &Value) -> String {
    let mut output = String::new();
    write_json(&mut output, value);
    output
}

pub(super) fn json_string(text: &str) -> String {
    let mut output = String::new();
    write_string(&mut output, text);
    output
}

fn write_json(output: &mut String, value: &Value) {
    match value.data() {
        Data::Null | Data::Unknown(_) => output.push_str("null"),
        Data::Bool(value) => output.push_str(if *value { "true" } else { "false" }),
        Data::Number(number) => {
            // Writing to a string does not fail.
            let _ = write!(output, "{number}");
        }
        Data::String(text) => write_string(output, text),
        Data::List(items) | Data::Set(items) => {
            output.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    output.push(',');
                }
                write_json(output, item);
            }
            output.push(']');
        }
        Data::Map(map) => {
            output.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    output.push(',');
                }
                write_string(output, key);
                output.push(':');
                write_json(output, item);
            }
            output.push('}');
        }
    }
}

fn write_string(output: &mut String, text: &str) {
    output.push('"');
    for c in text.chars() {
        match c {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\u{8}' => output.push_str("\\b"),
            '\u{c}' => output.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(output, "\\u{:04x}", u32::from(c));
            }
            c => output.push(c),
        }
    }
    output.push('"');
}

/// Encodings that `encoding_rs` only reads, and the rest by their registered names.
enum Charset {
    Utf16 { little: bool, mark: bool },
    Other(&'static encoding_rs::Encoding),
}

fn charset(name: &str) -> Result<Charset, Error> {
    let upper = name.to_ascii_uppercase();
    match upper.as_str() {
        "UTF-16LE" => Ok(Charset::Utf16 { little: true, mark: false }),
        "UTF-16BE" => Ok(Charset::Utf16 { little: false, mark: false }),
        "UTF-16" => Ok(Charset::Utf16 { little: false, mark: true }),
        _ => match encoding_rs::Encoding::for_label(name.as_bytes()) {
            Some(encoding) => Ok(Charset::Other(encoding)),
            None => argument(1, format!("{name:?} is not a supported IANA encoding name or alias")),
        },
    }
}

fn encode_text(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (given, name) = (text(args, 0), text(args, 1));
    let bytes = match charset(name)? {
        Charset::Utf16 { little, mark } => {
            let units = mark.then_some(0xfeff).into_iter().chain(given.encode_utf16());
            units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        }
        Charset::Other(encoding) => {
            let (bytes, _, lossy) = encoding.encode(given);
            if lossy {
                return argument(
                    0,
                    format!("the given string contains characters that cannot be represented in {name}"),
                );
            }
            bytes.into_owned()
        }
    };
    Ok(Value::string(BASE64_STANDARD.encode(bytes)))
}

fn decode_text(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (given, name) = (text(args, 0), text(args, 1));
    let Ok(bytes) = BASE64_STANDARD.decode(given) else {
        return argument(0, "the given value is not a valid base64 string");
    };
    let refuse =
        || Error::Argument(0, format!("the given string contains symbols that are not defined for {name}"));
    let decoded = match charset(name)? {
        Charset::Utf16 { little, mark } => {
            let (little, bytes) = match (mark, bytes.as_slice()) {
                (true, [0xff, 0xfe, rest @ ..]) => (true, rest),
                (true, [0xfe, 0xff, rest @ ..]) => (false, rest),
                (_, all) => (little, all),
            };
            if bytes.len() % 2 != 0 {
                return Err(refuse());
            }
            let units = bytes.chunks_exact(2).map(|pair| {
                let pair = [pair[0], pair[1]];
                if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
            });
            String::from_utf16(&units.collect::<Vec<u16>>()).map_err(|_| refuse())?
        }
        Charset::Other(encoding) => encoding
            .decode_without_bom_handling_and_without_replacement(&bytes)
            .ok_or_else(refuse)?
            .into_owned(),
    };
    Ok(Value::string(decoded))
}

fn urlencode(text: &str) -> String {
    let mut output = String::with_capacity(text.len().min(MAX_TEXT));
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                output.push(char::from(byte))
            }
            b' ' => output.push('+'),
            _ => {
                let _ = write!(output, "%{byte:02X}");
            }
        }
    }
    output
}

fn urldecode(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let given = text(args, 0).as_bytes();
    let mut bytes = Vec::with_capacity(given.len());
    let mut at = 0;
    while let Some(&byte) = given.get(at) {
        at += 1;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |at: usize| given.get(at).and_then(|digit| char::from(*digit).to_digit(16));
                let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
                    return argument(0, format!("invalid URL escape at byte {}", at - 1));
                };
                // Two hexadecimal digits are a byte.
                bytes.push((high * 16 + low) as u8);
                at += 2;
            }
            other => bytes.push(other),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => argument(0, "the result of decoding the provided string is not valid UTF-8"),
    }
}
