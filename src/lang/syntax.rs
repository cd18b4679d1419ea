//! Files as documents: blocks and attributes in source order, with spans. [`parse`] reads HCL.

use super::ast::Expr;
pub use super::json_syntax::{Shape, parse_json};
use super::lower::Lower;
use super::{explain, heredoc, lexer, nesting, recovery, template};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::value::Text;
use hcl::edit::Span as _;
use hcl::edit::structure::{self, BlockLabel, Structure};

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
    pub name: Text,
    pub name_span: Span,
    pub expr: Expr,
    /// From the name to the end of the expression.
    pub span: Span,
}

/// `kind "label" … { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    pub kind: Text,
    pub kind_span: Span,
    pub labels: Vec<(Text, Span)>,
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

/// Reads an HCL file (`*.eks.hcl`). A syntax error hides the top-level block or attribute it is in;
/// everything else is returned, and its errors too.
pub fn parse(file: FileId, text: &str) -> (Document, Vec<Diagnostic>) {
    // A byte order mark is no part of the language, but editors write it.
    let base = text.len() - text.trim_start_matches('\u{feff}').len();
    let source = &text[base..];
    let mut document = Document { file, body: empty_body(Span::new(file, base..text.len())) };
    let mut diagnostics = Vec::new();
    if text.len() > MAX_FILE {
        diagnostics.push(
            Diagnostic::error("limit", "This file is too large")
                .help(format!("a file may have {} MiB", MAX_FILE >> 20))
                .at(Span::new(file, 0..0)),
        );
        return (document, diagnostics);
    }
    let lexed = lexer::lex(source);
    let readable = heredoc::with_clear_ends(source, &lexed.tokens);
    if lexed.unterminated.is_empty()
        && nesting::too_deep(&lexed.tokens).is_none()
        && recovery::invalid_character(file, base, &lexed.tokens).is_none()
        && let Ok(parsed) = hcl::edit::parser::parse_body(&readable)
    {
        let mut lower = Lower { file, base, text: source, offsets: None, diagnostics };
        add_structures(&mut lower, &parsed, &mut document.body);
        return (document, lower.diagnostics);
    }
    for chunk in recovery::chunks(file, base, source, &lexed) {
        if !chunk.diagnostics.is_empty() {
            diagnostics.extend(chunk.diagnostics);
            continue;
        }
        let part = &source[chunk.range.clone()];
        let readable = &readable[chunk.range.clone()];
        match hcl::edit::parser::parse_body(readable) {
            Ok(_) if chunk.invalid_character.is_some() => diagnostics.extend(chunk.invalid_character),
            Ok(parsed) => {
                let mut lower =
                    Lower { file, base: base + chunk.range.start, text: part, offsets: None, diagnostics };
                add_structures(&mut lower, &parsed, &mut document.body);
                diagnostics = lower.diagnostics;
            }
            Err(error) => {
                let start = base + chunk.range.start;
                // At the very end of a text the parser loses its place; a line end gives it one.
                let ended = format!("{readable}\n");
                let error = match hcl::edit::parser::parse_body(&ended) {
                    Err(better) if !part.ends_with('\n') => better,
                    _ => error,
                };
                diagnostics.push(explain::explain(file, start, part, &lexer::lex(part), &error));
            }
        }
    }
    redefinitions(&mut document.body, &mut diagnostics);
    if diagnostics.is_empty() {
        // The parts parse and the whole does not: say so rather than nothing.
        if let Err(error) = hcl::edit::parser::parse_body(&readable) {
            diagnostics.push(explain::explain(file, base, source, &lexed, &error));
        }
    }
    (document, diagnostics)
}

/// Bytes a file may have.
const MAX_FILE: usize = 64 << 20;

/// What the parser checks within what it parses at once has to be checked across the parts.
fn redefinitions(body: &mut Body, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: std::collections::HashMap<Text, Span> = std::collections::HashMap::new();
    for attribute in &body.attributes {
        if let Some(first) = seen.get(&attribute.name) {
            diagnostics.push(
                Diagnostic::error("syntax", format!("The attribute \"{}\" is defined twice", attribute.name))
                    .at(attribute.name_span)
                    .related(*first, "defined here first"),
            );
        } else {
            seen.insert(attribute.name.clone(), attribute.name_span);
        }
    }
}

/// Reads a single expression: for consoles and for variables given as text.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let trimmed = text.trim_end();
    let start = trimmed.len() - trimmed.trim_start().len();
    let source = &trimmed[start..];
    let whole = Span::new(file, start..trimmed.len());
    let lexed = lexer::lex(source);
    if let Some(chunk) =
        recovery::chunks(file, start, source, &lexed).into_iter().find(|chunk| !chunk.diagnostics.is_empty())
    {
        return Err(chunk.diagnostics);
    }
    let readable = heredoc::with_clear_ends(source, &lexed.tokens);
    let parsed = hcl::edit::parser::parse_expr(readable.trim_end()).map_err(|error| {
        // Where the parser only knows that this is no expression, so does the reader.
        vec![match error.message() {
            "unexpected token" => explain::no_expression(whole, source, &lexed),
            _ => explain::explain(file, start, source, &lexed, &error),
        }]
    })?;
    if let Some(invalid) = recovery::invalid_character(file, start, &lexed.tokens) {
        return Err(vec![invalid]);
    }
    let mut lower = Lower { file, base: start, text: source, offsets: None, diagnostics: Vec::new() };
    let expr = lower.expr(&parsed, whole);
    if lower.diagnostics.is_empty() { Ok(expr) } else { Err(lower.diagnostics) }
}

/// Whether an expression goes on after this text: a bracket, a heredoc or a comment is still open.
pub fn is_unfinished(text: &str) -> bool {
    let lexed = lexer::lex(text);
    if let Some((first, _)) = lexed.unterminated.first() {
        return !matches!(first, lexer::Unterminated::String | lexer::Unterminated::Directive(_));
    }
    let mut depth = 0;
    for token in &lexed.tokens {
        depth += i64::from(token.kind.bracket_change());
        if depth < 0 {
            return false;
        }
    }
    depth > 0
}

/// Reads text that is a template as a whole: a template file.
pub(crate) fn parse_template(file: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let mut lower = Lower { file, base: 0, text, offsets: None, diagnostics: Vec::new() };
    let whole = Span::new(file, 0..text.len());
    let expr = template_within(&mut lower, whole);
    if lower.diagnostics.is_empty() { Ok(expr) } else { Err(lower.diagnostics) }
}

/// Reads the text of `lower` as a template; errors go to its diagnostics.
pub(super) fn template_within(lower: &mut Lower, whole: Span) -> Expr {
    let lexed = lexer::lex_template(lower.text);
    let refusal = nesting::too_deep(&lexed.tokens).map(|at| (nesting::refusal(), at)).or_else(|| {
        lexed.unterminated.iter().find_map(|(what, at)| match what {
            lexer::Unterminated::Directive(keyword) => {
                Some((recovery::unclosed_directive(keyword), at.clone()))
            }
            _ => None,
        })
    });
    if let Some((refusal, at)) = refusal {
        let span = lower.span(Some(at), whole);
        lower.diagnostics.push(refusal.at(span));
        return Expr::literal(crate::value::Value::NULL, whole);
    }
    match hcl::edit::parser::parse_template(&heredoc::with_clear_ends(lower.text, &lexed.tokens)) {
        Ok(parsed) => template::bare(lower, &parsed, whole),
        Err(error) => {
            let at = explain::boundary(lower.text, error.location().offset());
            let end = lower.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            let span = lower.span(Some(at..end), whole);
            let message = match error.message() {
                "unexpected token" => "it does not end, or a directive is not closed",
                other => other,
            };
            lower
                .diagnostics
                .push(Diagnostic::error("syntax", format!("Invalid template: {message}")).at(span));
            Expr::literal(crate::value::Value::NULL, whole)
        }
    }
}

/// Reads the text of `lower` as an expression; errors go to its diagnostics.
pub(super) fn expression_within(lower: &mut Lower, whole: Span) -> Option<Expr> {
    // With blanks before it the places would be off.
    let text = lower.text.trim_end();
    let lexed = lexer::lex(text);
    if !lexed.unterminated.is_empty()
        || nesting::too_deep(&lexed.tokens).is_some()
        || recovery::invalid_character(lower.file, 0, &lexed.tokens).is_some()
    {
        return None;
    }
    let parsed =
        hcl::edit::parser::parse_expr(heredoc::with_clear_ends(text, &lexed.tokens).trim_end()).ok()?;
    Some(lower.expr(&parsed, whole))
}

pub(super) fn empty_body(span: Span) -> Body {
    Body { attributes: Vec::new(), blocks: Vec::new(), span }
}

fn add_structures(lower: &mut Lower, parsed: &structure::Body, body: &mut Body) {
    let parent = body.span;
    for item in parsed {
        match item {
            Structure::Attribute(attribute) => {
                let whole = lower.span(attribute.span(), parent);
                let name_span = lower.span(attribute.key.span(), whole);
                let expr = match attribute.key.as_str() {
                    "providers" => lower.providers(&attribute.value, whole),
                    _ => lower.expr(&attribute.value, whole),
                };
                body.attributes.push(Attribute {
                    name: Text::from(attribute.key.as_str()),
                    name_span,
                    span: Span { end: expr.span().end.max(name_span.end), ..name_span },
                    expr,
                });
            }
            Structure::Block(block) => {
                let whole = lower.span(block.span(), parent);
                let kind_span = lower.span(block.ident.span(), whole);
                let labels: Vec<(Text, Span)> = block
                    .labels
                    .iter()
                    .map(|label| (Text::from(label.as_str()), label_span(lower, label, whole)))
                    .collect();
                let end = labels.last().map_or(kind_span.end, |(_, span)| span.end);
                let mut inner = empty_body(whole);
                add_structures(lower, &block.body, &mut inner);
                body.blocks.push(Block {
                    kind: Text::from(block.ident.as_str()),
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
