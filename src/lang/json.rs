//! JSON with spans and exact numbers: for `jsondecode` and for files in JSON syntax.

use crate::value::{Data, Map, Number, Value};
use std::ops::Range;

/// One JSON value and the bytes it was read from.
pub(crate) struct Json {
    pub span: Range<usize>,
    pub kind: Kind,
}

pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    String(Quoted),
    Array(Vec<Json>),
    Object(Vec<(Quoted, Json)>),
}

/// A string, and where its characters stand: `offsets[i]` is the source byte of byte `i` of `value`,
/// with one more entry for its end. Without escapes the offsets follow from the start.
pub(crate) struct Quoted {
    pub value: String,
    /// With the quotes.
    pub span: Range<usize>,
    pub offsets: Option<Vec<u32>>,
}

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(crate) struct JsonError {
    pub at: usize,
    pub message: String,
}

/// Arrays and objects inside one another.
const MAX_DEPTH: usize = 128;

/// Parses a whole text.
pub(crate) fn parse(text: &str) -> Result<Json, JsonError> {
    let mut reader = Reader { bytes: text.as_bytes(), text, at: 0 };
    reader.space();
    let value = reader.value(0)?;
    reader.space();
    if reader.at < reader.bytes.len() {
        return Err(reader.error("there is more text after the JSON value"));
    }
    Ok(value)
}

impl Json {
    /// The value without spans. A key that occurs again replaces the earlier one.
    pub fn into_value(self) -> Value {
        match self.kind {
            Kind::Null => Value::NULL,
            Kind::Bool(value) => Value::from(value),
            Kind::Number(number) => Value::new(Data::Number(number)),
            Kind::String(text) => Value::string(text.value),
            Kind::Array(items) => Value::list(items.into_iter().map(Json::into_value).collect()),
            Kind::Object(entries) => Value::map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.value.into(), value.into_value()))
                    .collect::<Map>(),
            ),
        }
    }
}

struct Reader<'t> {
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError { at: self.at.min(self.bytes.len()), message: message.into() }
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        let start = self.at;
        if depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let kind = match self.peek() {
            None => return Err(self.error("unexpected end of the JSON text")),
            Some(b'"') => Kind::String(self.string()?),
            Some(b'[') => Kind::Array(self.array(depth)?),
            Some(b'{') => Kind::Object(self.object(depth)?),
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            Some(_) => self.word()?,
        };
        Ok(Json { span: start..self.at, kind })
    }

    fn word(&mut self) -> Result<Kind, JsonError> {
        let rest = &self.text[self.at..];
        for (word, kind) in [("null", Kind::Null), ("true", Kind::Bool(true)), ("false", Kind::Bool(false))] {
            if let Some(after) = rest.strip_prefix(word)
                && !after.starts_with(|c: char| c.is_alphanumeric())
            {
                self.at += word.len();
                return Ok(kind);
            }
        }
        let found: String = rest.chars().take(1).collect();
        Err(self.error(format!("a JSON value is expected here, not {found:?}")))
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let start = self.at;
        let digits = |reader: &mut Self| {
            let before = reader.at;
            while matches!(reader.peek(), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            if reader.at == before { Err(reader.error("a digit is expected here")) } else { Ok(()) }
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            digits(self)?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            digits(self)?;
        }
        self.text[start..self.at]
            .parse()
            .map_err(|_| JsonError { at: start, message: "number out of range".to_string() })
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Json>, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(items);
                }
                _ => return Err(self.error("\",\" or \"]\" is expected here")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Vec<(Quoted, Json)>, JsonError> {
        self.at += 1;
        let mut entries = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(entries);
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in double quotes is expected here"));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.error("\":\" is expected after the key"));
            }
            self.at += 1;
            self.space();
            entries.push((key, self.value(depth + 1)?));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(entries);
                }
                _ => return Err(self.error("\",\" or \"}\" is expected here")),
            }
        }
    }

    fn string(&mut self) -> Result<Quoted, JsonError> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        let mut offsets: Option<Vec<u32>> = None;
        loop {
            let run = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            // Runs end at ASCII bytes, so they are whole characters.
            value.push_str(&self.text[run..self.at]);
            if let Some(offsets) = &mut offsets {
                offsets.extend((run..self.at).map(|at| at as u32));
            }
            match self.peek() {
                Some(b'"') => {
                    if let Some(offsets) = &mut offsets {
                        offsets.push(self.at as u32);
                    }
                    self.at += 1;
                    return Ok(Quoted { value, span: start..self.at, offsets });
                }
                Some(b'\\') => {
                    let offsets = offsets.get_or_insert_with(|| {
                        (start + 1..start + 1 + value.len()).map(|at| at as u32).collect()
                    });
                    let escape = self.at as u32;
                    let before = value.len();
                    value.push(self.escape()?);
                    offsets.extend(std::iter::repeat_n(escape, value.len() - before));
                }
                Some(_) => {
                    return Err(
                        self.error("a line break or control character inside a string must be escaped")
                    );
                }
                None => {
                    return Err(JsonError { at: start, message: "this string does not end".to_string() });
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let letter = self.peek().ok_or_else(|| self.error("unexpected end of the JSON text"))?;
        let simple = match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.error("unknown escape sequence")),
        };
        self.at += 1;
        Ok(simple)
    }

    fn unicode(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            self.at = back;
        }
        // Half a surrogate pair stands for no character.
        Ok(char::from_u32(first).unwrap_or('\u{fffd}'))
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(self.error("four hexadecimal digits are expected here")),
        }
    }
}
