//! Blocks as text, and the body of a live object's block as its kind's schema says.

use super::expression::Expression;
use super::policy;
use crate::diff;
use crate::kinds::{Attribute, Compare, Omitted, RefersTo, Ty};
use crate::lang::quoted_string;
use crate::value::{Data, Map, Value};
use std::fmt::Write as _;

/// One line or block in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Attribute { name: String, value: Expression, comment: Option<String> },
    Block { header: String, body: Body },
}

/// What stands between the braces of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Vec<Item>);

impl Body {
    pub fn attribute(&mut self, name: &str, value: Expression) {
        self.0.push(Item::Attribute { name: name.to_string(), value, comment: None });
    }

    fn write(&self, output: &mut String) {
        let mut after_line = false;
        for item in &self.0 {
            match item {
                Item::Attribute { name, value, comment } => {
                    let value = value.write();
                    let _ = write!(output, "{name} = {value}");
                    if let Some(comment) = comment {
                        let _ = write!(output, " # {comment}");
                    }
                    output.push('\n');
                    // What is repeated stands apart from the block that repeats it.
                    if name == "for_each" && value.contains('\n') {
                        output.push('\n');
                    }
                    after_line = true;
                }
                Item::Block { header, body } => {
                    if after_line {
                        output.push('\n');
                    }
                    block(output, header, body);
                    after_line = true;
                }
            }
        }
    }
}

/// `role "app" { … }`, not yet laid out.
pub fn block(output: &mut String, header: &str, body: &Body) {
    match body.0.as_slice() {
        [] => {
            let _ = writeln!(output, "{header} {{}}");
        }
        [Item::Attribute { name, value, comment: None }]
            if !header.contains('"') && !value.write().contains('\n') =>
        {
            let _ = writeln!(output, "{header} {{ {name} = {} }}", value.write());
        }
        _ => {
            let _ = writeln!(output, "{header} {{");
            body.write(output);
            output.push_str("}\n");
        }
    }
}

/// The header of a block with a label.
pub fn header(kind: &str, label: &str) -> String {
    format!("{kind} {}", quoted_string(label))
}

/// What a name or an ARN of another object is written as, and a comment on it.
pub type Resolve<'a> = dyn Fn(RefersTo, &str) -> (Expression, Option<String>) + 'a;

/// The body that says what a live object is. What is a default, or what AWS fills in by itself, is left out.
/// `label` stands for the attribute `named`.
pub fn describe(
    attributes: &'static [Attribute],
    live: &Map,
    named: Option<(&str, &str)>,
    resolve: &Resolve<'_>,
) -> Body {
    let mut body = Body::default();
    let mut blocks = Vec::new();
    for attribute in attributes {
        let Some(value) = live.get(attribute.name).filter(|value| !left_out(attribute, value)) else {
            continue;
        };
        if named.is_some_and(|(name, label)| name == attribute.name && value.as_str() == Some(label)) {
            continue;
        }
        let nested = |attributes: &'static [Attribute], value: &Value| match value.as_map() {
            Some(map) => describe(attributes, map, None, resolve),
            None => Body::default(),
        };
        match attribute.ty {
            Ty::Block(attributes) => {
                let inner = nested(attributes, value);
                if !inner.0.is_empty() {
                    blocks.push(Item::Block { header: attribute.name.to_string(), body: inner });
                }
            }
            Ty::Keyed { attributes, .. } => {
                for entry in value.as_map().into_iter().flat_map(Map::values) {
                    blocks.push(Item::Block {
                        header: attribute.name.to_string(),
                        body: nested(attributes, entry),
                    });
                }
            }
            Ty::Blocks(attributes) => {
                for entry in value.as_items().unwrap_or_default() {
                    blocks.push(Item::Block {
                        header: attribute.name.to_string(),
                        body: nested(attributes, entry),
                    });
                }
            }
            _ => {
                let (value, comment) = match (attribute.refers, value.as_str()) {
                    (Some(refers), Some(text)) => resolve(refers, text),
                    _ => (expression(attribute, value), None),
                };
                body.0.push(Item::Attribute { name: attribute.name.to_string(), value, comment });
            }
        }
    }
    body.0.append(&mut blocks);
    body
}

/// Whether an attribute need not be written: AWS sets it, or its value is what omitting it means.
fn left_out(attribute: &'static Attribute, value: &Value) -> bool {
    if value.is_null() || !attribute.returned {
        return true;
    }
    match attribute.omitted {
        Omitted::Computed { .. } => true,
        Omitted::Required => false,
        Omitted::FilledByAws => attribute.usual.is_some_and(|usual| usual(value)),
        Omitted::Default(default) => {
            diff::canonical(attribute, value) == diff::canonical(attribute, &default())
        }
    }
}

fn expression(attribute: &'static Attribute, value: &Value) -> Expression {
    match (attribute.compare, attribute.ty) {
        (Compare::Policy, Ty::Map(_)) => Expression::Object(
            value
                .as_map()
                .into_iter()
                .flatten()
                .map(|(name, document)| (name.to_string(), policy::document(document)))
                .collect(),
        ),
        (Compare::Policy, _) => policy::document(value),
        (Compare::Document, _) => {
            let read = diff::canonical(attribute, value);
            // What the language could not nest stays the text it is.
            if depth(&read) > MOST_LEVELS {
                Expression::Scalar(value.clone())
            } else {
                Expression::value(&read, &[])
            }
        }
        _ => Expression::value(value, &[]),
    }
}

/// Levels of a document that are written in the language; it takes some more.
const MOST_LEVELS: usize = 24;

/// How deeply a value nests.
pub fn depth(value: &Value) -> usize {
    match value.data() {
        Data::List(items) | Data::Set(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Data::Map(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
