//! Files in Terraform's JSON syntax (`*.eks.json`). JSON does not tell blocks from attributes, so the
//! caller says which names are blocks and how many labels they take.

use super::ast::{Expr, Kind};
use super::json::{self, Json, Quoted};
use super::lower::Lower;
use super::syntax::{Attribute, Block, Body, Document, empty_body, expression_within, template_within};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::value::{Data, Text, Value};

/// Which properties are blocks: for the kinds of the blocks around a property and its own name, the
/// number of labels, or `None` for an attribute. `["addon"]` → 1, `["addon", "lifecycle"]` → 0.
pub type Shape<'a> = &'a dyn Fn(&[&str]) -> Option<usize>;

/// Reads a file in JSON syntax. Strings are templates; a property `"//"` of a body is a comment.
pub fn parse_json(file: FileId, text: &str, shape: Shape) -> (Document, Vec<Diagnostic>) {
    let base = text.len() - text.trim_start_matches('\u{feff}').len();
    let whole = Span::new(file, base..text.len());
    let mut document = Document { file, body: empty_body(whole) };
    let mut reader = Reader { file, base, text: &text[base..], shape, diagnostics: Vec::new() };
    match json::parse(reader.text) {
        Ok(value) => reader.bodies(value, &mut Vec::new(), &mut document.body),
        Err(error) => {
            let end = reader.text[error.at..].chars().next().map_or(error.at, |c| error.at + c.len_utf8());
            let span = Span::new(file, base + error.at..base + end);
            reader.diagnostics.push(Diagnostic::error("syntax", capitalised(&error.message)).at(span));
        }
    }
    (document, reader.diagnostics)
}

fn capitalised(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

struct Reader<'a> {
    file: FileId,
    base: usize,
    text: &'a str,
    shape: Shape<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span::new(self.file, self.base + range.start..self.base + range.end)
    }

    fn expected(&mut self, what: &str, value: &Json) {
        let found = match &value.kind {
            json::Kind::Null => "null",
            json::Kind::Bool(_) => "a bool",
            json::Kind::Number(_) => "a number",
            json::Kind::String(_) => "a string",
            json::Kind::Array(_) => "an array",
            json::Kind::Object(_) => "an object",
        };
        let span = self.span(&value.span);
        self.diagnostics
            .push(Diagnostic::error("syntax", format!("{what} is expected here, not {found}")).at(span));
    }

    /// A body: an object, or an array of objects that are one together.
    fn bodies(&mut self, value: Json, path: &mut Vec<String>, body: &mut Body) {
        match value.kind {
            json::Kind::Array(items) => {
                for item in items {
                    self.bodies(item, path, body);
                }
            }
            json::Kind::Object(entries) => {
                for (name, value) in entries {
                    self.property(name, value, path, body);
                }
            }
            _ => self.expected("An object", &value),
        }
    }

    fn property(&mut self, name: Quoted, value: Json, path: &mut Vec<String>, body: &mut Body) {
        if name.value == "//" {
            return;
        }
        path.push(name.value.clone());
        let kinds: Vec<&str> = path.iter().map(String::as_str).collect();
        match (self.shape)(&kinds) {
            Some(labels) => {
                let kind: (Text, Span) = (name.value.as_str().into(), self.span(&name.span));
                self.blocks(&kind, value, labels, &mut Vec::new(), path, body);
            }
            None => {
                let name_span = self.span(&name.span);
                let span = Span { end: self.span(&value.span).end, ..name_span };
                if let Some(first) = body.attribute(&name.value) {
                    self.diagnostics.push(
                        Diagnostic::error(
                            "syntax",
                            format!("The attribute \"{}\" is defined twice", name.value),
                        )
                        .at(name_span)
                        .related(first.name_span, "defined here first"),
                    );
                } else {
                    let expr = self.expr(value);
                    body.attributes.push(Attribute { name: name.value.into(), name_span, expr, span });
                }
            }
        }
        path.pop();
    }

    /// The blocks a property stands for: objects by label, arrays for several of them.
    fn blocks(
        &mut self,
        kind: &(Text, Span),
        value: Json,
        missing: usize,
        labels: &mut Vec<(Text, Span)>,
        path: &mut Vec<String>,
        body: &mut Body,
    ) {
        let span = self.span(&value.span);
        match value.kind {
            json::Kind::Null => {}
            json::Kind::Array(items) => {
                for item in items {
                    self.blocks(kind, item, missing, labels, path, body);
                }
            }
            json::Kind::Object(entries) if missing > 0 => {
                for (label, value) in entries {
                    if label.value == "//" {
                        continue;
                    }
                    labels.push((label.value.as_str().into(), self.span(&label.span)));
                    self.blocks(kind, value, missing - 1, labels, path, body);
                    labels.pop();
                }
            }
            json::Kind::Object(entries) => {
                let mut inner = empty_body(span);
                for (name, value) in entries {
                    self.property(name, value, path, &mut inner);
                }
                // Labels of one kind are spread over the text: the last one names the block best.
                let header = labels.last().map_or(kind.1, |(_, span)| *span);
                body.blocks.push(Block {
                    kind: kind.0.clone(),
                    kind_span: kind.1,
                    labels: labels.clone(),
                    body: inner,
                    span: header,
                });
            }
            _ if missing > 0 => {
                self.expected(&format!("An object with the labels of {} blocks", kind.0), &value)
            }
            _ => self.expected(&format!("The body of the {} block, an object,", kind.0), &value),
        }
    }

    fn expr(&mut self, value: Json) -> Expr {
        let span = self.span(&value.span);
        let kind = match value.kind {
            json::Kind::Null => Kind::Literal(Value::NULL),
            json::Kind::Bool(value) => Kind::Literal(Value::from(value)),
            json::Kind::Number(number) => Kind::Literal(Value::new(Data::Number(number))),
            json::Kind::String(text) => return self.string(&text),
            json::Kind::Array(items) => Kind::List(items.into_iter().map(|item| self.expr(item)).collect()),
            json::Kind::Object(entries) => Kind::Object(
                entries.into_iter().map(|(key, value)| (self.string(&key), self.expr(value))).collect(),
            ),
        };
        Expr::new(span, kind)
    }

    fn string(&mut self, text: &Quoted) -> Expr {
        let whole = self.span(&text.span);
        let shifted: Option<Vec<u32>> =
            text.offsets.as_ref().map(|offsets| offsets.iter().map(|at| at + self.base as u32).collect());
        let mut lower = Lower {
            file: self.file,
            base: whole.start as usize + 1,
            text: &text.value,
            offsets: shifted.as_deref(),
            diagnostics: Vec::new(),
        };
        let value = template_within(&mut lower, whole);
        self.diagnostics.append(&mut lower.diagnostics);
        // Whether the text is an expression, too, decides who wants one.
        let syntax = expression_within(&mut lower, whole);
        Expr::new(whole, Kind::Json { value, syntax })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::eval::{NoScope, evaluate};
    use crate::lang::references::{as_reference, references};

    fn shape(path: &[&str]) -> Option<usize> {
        match path {
            ["addon" | "variable"] => Some(1),
            ["locals"] | ["addon", "lifecycle"] | ["addon", "claim"] => Some(0),
            _ => None,
        }
    }

    #[test]
    fn blocks_and_templates_have_their_places() {
        let text = r#"{
  "//": "a comment",
  "addon": {
    "a": { "x": "é\n${var.one}", "lifecycle": { "ignore_changes": ["tags.b", "all"] } },
    "b": [{ "x": 1.50, "claim": [{ "y": "${ 1 + \"2\" }" }, { "y": "$${z}" }] }]
  },
  "variable": { "v": { "type": "list(string)" } },
  "locals": { "l": { "k-${1}": [true, null] } }
}"#;
        let (document, errors) = parse_json(FileId(0), text, &shape);
        assert_eq!(errors, []);
        let blocks = &document.body.blocks;
        let named: Vec<String> = blocks
            .iter()
            .map(|block| {
                format!(
                    "{} {:?} {}",
                    block.kind,
                    block.labels.first().map(|(name, _)| name),
                    &text[block.span.range()]
                )
            })
            .collect();
        assert_eq!(
            named,
            [
                "addon Some(\"a\") \"a\"",
                "addon Some(\"b\") \"b\"",
                "variable Some(\"v\") \"v\"",
                "locals None \"locals\""
            ]
        );
        let x = &blocks[0].body.attributes[0];
        assert_eq!(&text[x.span.range()], r#""x": "é\n${var.one}""#);
        assert_eq!(&text[references(&x.expr)[0].span.range()], "var.one");
        let ignored = &blocks[0].body.blocks[0].body.attributes[0].expr;
        let first = as_reference(&ignored.as_list().expect("a list")[0]).expect("a reference");
        assert_eq!((&*first.root, &text[first.span.range()]), ("tags", "tags.b"));
        let values: Vec<String> = blocks[1]
            .body
            .blocks
            .iter()
            .map(|block| {
                format!("{:?}", evaluate(&block.body.attributes[0].expr, &NoScope).expect("a value"))
            })
            .collect();
        assert_eq!(values, ["3", "\"${z}\""]);
        let ty = crate::lang::convert::parse_type(&blocks[2].body.attributes[0].expr).expect("a type");
        assert_eq!(ty.to_string(), "list(string)");
        let local = evaluate(&blocks[3].body.attributes[0].expr, &NoScope).expect("a value");
        assert_eq!(format!("{local:?}"), "{\"k-1\": [true, null]}");
    }

    #[test]
    fn errors_have_their_places() {
        for (text, expected) in [
            ("{\"a\": }", "A JSON value is expected here, not \"}\" <}>"),
            (
                "{\"addon\": 1}",
                "An object with the labels of addon blocks is expected here, not a number <1>",
            ),
            (
                "{\"addon\": {\"x\": \"y\"}}",
                "The body of the addon block, an object, is expected here, not a string <\"y\">",
            ),
            ("{\"a\": 1, \"a\": 2}", "The attribute \"a\" is defined twice <\"a\">"),
            ("[1]", "An object is expected here, not a number <1>"),
            ("{\"a\": \"x", "This string does not end <\">"),
        ] {
            let (_, errors) = parse_json(FileId(0), text, &shape);
            let said: Vec<String> = errors
                .iter()
                .map(|error| format!("{} <{}>", error.message, &text[error.span.expect("a span").range()]))
                .collect();
            assert_eq!(said, [expected], "{text}");
        }
    }
}
