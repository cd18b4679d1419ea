//! Files as documents: blocks and attributes in source order, with spans. [`parse`] reads HCL.

use super::ast::Expr;
use super::lower::Lower;
use super::template;
use crate::diagnostic::{Diagnostic, FileId, Span};
use hcl::edit::Span as _;
use hcl::edit::structure::{self, BlockLabel, Structure};
use std::sync::Arc;

/// One parsed file.
#[derive(Clone, Debug)]
pub struct Document {
    pub file: FileId,
    pub body: Body,
}

/// What stands between braces, or in a file: attributes and blocks, each in source order.
#[derive(Clone, Debug)]
pub struct Body {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
    pub span: Span,
}

/// `name = expr`.
#[derive(Clone, Debug)]
pub struct Attribute {
    pub name: Arc<str>,
    pub name_span: Span,
    pub expr: Expr,
    /// From the name to the end of the expression.
    pub span: Span,
}

/// `kind "label" … { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    pub kind: Arc<str>,
    pub kind_span: Span,
    pub labels: Vec<(Arc<str>, Span)>,
    pub body: Body,
    /// The header: from the kind to the last label.
    pub span: Span,
}

impl Body {
    /// The attribute of that name; a name occurs once in a body.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }

    /// The blocks of that kind, in source order.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| &*block.kind == kind)
    }
}

/// Reads an HCL file (`*.eks.hcl`). What can be read is returned even if there are errors.
pub fn parse(file: FileId, text: &str) -> (Document, Vec<Diagnostic>) {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut document = Document { file, body: empty_body(Span::new(file, start..text.len())) };
    let mut diagnostics = Vec::new();
    parse_chunk(file, text, start..text.len(), &mut document.body, &mut diagnostics);
    (document, diagnostics)
}

/// Reads a single expression: for consoles and for variables given as text.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let trimmed = text.trim_end();
    let start = trimmed.len() - trimmed.trim_start().len();
    let source = &trimmed[start..];
    let whole = Span::new(file, start..trimmed.len());
    let parsed =
        hcl::edit::parser::parse_expr(source).map_err(|error| vec![syntax_error(file, start, &error)])?;
    let mut lower = Lower { file, base: start, text: source, diagnostics: Vec::new() };
    let expr = lower.expr(&parsed, whole);
    if lower.diagnostics.is_empty() { Ok(expr) } else { Err(lower.diagnostics) }
}

/// Reads text that is a template as a whole: a template file, a string of a JSON file.
pub(crate) fn parse_template(file: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let whole = Span::new(file, 0..text.len());
    let parsed =
        hcl::edit::parser::parse_template(text).map_err(|error| vec![syntax_error(file, 0, &error)])?;
    let mut lower = Lower { file, base: 0, text, diagnostics: Vec::new() };
    let expr = template::bare(&mut lower, &parsed, whole);
    if lower.diagnostics.is_empty() { Ok(expr) } else { Err(lower.diagnostics) }
}

fn empty_body(span: Span) -> Body {
    Body { attributes: Vec::new(), blocks: Vec::new(), span }
}

/// Parses a part of the file and adds what it holds to `body`.
fn parse_chunk(
    file: FileId,
    text: &str,
    range: std::ops::Range<usize>,
    body: &mut Body,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let base = range.start;
    let source = &text[range];
    match hcl::edit::parser::parse_body(source) {
        Ok(parsed) => {
            let mut lower = Lower { file, base, text: source, diagnostics: Vec::new() };
            add_structures(&mut lower, &parsed, body);
            diagnostics.append(&mut lower.diagnostics);
        }
        Err(error) => diagnostics.push(syntax_error(file, base, &error)),
    }
}

fn syntax_error(file: FileId, base: usize, error: &hcl::edit::parser::Error) -> Diagnostic {
    let at = base + error.location().offset();
    Diagnostic::error("syntax", error.message().to_string()).at(Span::new(file, at..at + 1))
}

fn add_structures(lower: &mut Lower, parsed: &structure::Body, body: &mut Body) {
    let parent = body.span;
    for item in parsed {
        match item {
            Structure::Attribute(attribute) => {
                let whole = lower.span(attribute.span(), parent);
                let name_span = lower.span(attribute.key.span(), whole);
                let expr = lower.expr(&attribute.value, whole);
                body.attributes.push(Attribute {
                    name: Arc::from(attribute.key.as_str()),
                    name_span,
                    span: Span { end: expr.span().end.max(name_span.end), ..name_span },
                    expr,
                });
            }
            Structure::Block(block) => {
                let whole = lower.span(block.span(), parent);
                let kind_span = lower.span(block.ident.span(), whole);
                let labels: Vec<(Arc<str>, Span)> = block
                    .labels
                    .iter()
                    .map(|label| (Arc::from(label.as_str()), label_span(lower, label, whole)))
                    .collect();
                let end = labels.last().map_or(kind_span.end, |(_, span)| span.end);
                let mut inner = empty_body(whole);
                add_structures(lower, &block.body, &mut inner);
                body.blocks.push(Block {
                    kind: Arc::from(block.ident.as_str()),
                    kind_span,
                    labels,
                    body: inner,
                    span: Span { end, ..kind_span },
                });
            }
        }
    }
}

fn label_span(lower: &Lower, label: &BlockLabel, parent: Span) -> Span {
    lower.span(label.span(), parent)
}
