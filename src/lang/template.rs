//! Lowering of templates: `~` trimming and heredoc indentation, as HCL defines them on *tokens*. In a
//! quoted string a run of text is one token, elsewhere every line is one, and both trimming and
//! indentation look at single tokens only.

use super::ast::{Binding, Expr, Kind, Part};
use super::lower::Lower;
use super::{explain, lexer};
use crate::diagnostic::{Diagnostic, Span};
use crate::value::{Text, Value};
use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::template::{Directive, Element, HeredocTemplate, StringTemplate, Strip, Template};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// One token of a template, in source order.
enum Token<'a> {
    Text(String),
    Interpolation(&'a Expression, Span),
    If(&'a Expression, Span),
    Else,
    EndIf,
    For(&'a hcl::edit::template::ForTemplateExpr, Span),
    EndFor,
}

pub(super) fn quoted(lower: &mut Lower, template: &StringTemplate, span: Span) -> Expr {
    build(lower, template, span, Lines::Joined, false)
}

pub(super) fn heredoc(lower: &mut Lower, heredoc: &HeredocTemplate, span: Span) -> Expr {
    let start = hcl::edit::Span::span(heredoc).map_or(0, |range| range.start);
    let flush = lower.text.get(start..).is_some_and(|text| text.starts_with("<<-"));
    build(lower, &heredoc.template, span, Lines::Split, flush)
}

/// A template that stands for itself: the text of a JSON string or of a template file.
pub(super) fn bare(lower: &mut Lower, template: &Template, span: Span) -> Expr {
    build(lower, template, span, Lines::Split, false)
}

#[derive(Clone, Copy, PartialEq)]
enum Lines {
    Joined,
    Split,
}

fn build(lower: &mut Lower, template: &Template, span: Span, lines: Lines, flush: bool) -> Expr {
    let mut flat = Flatten {
        lower,
        lines,
        tokens: Vec::new(),
        trim_next: false,
        after_text: false,
        in_directive: false,
        errors: Vec::new(),
    };
    flat.template(template, span);
    let (mut tokens, errors) = (flat.tokens, flat.errors);
    lower.diagnostics.extend(errors);
    if flush {
        remove_indentation(&mut tokens);
    }
    if let [Token::Interpolation(inner, at)] = tokens.as_slice() {
        let inner = lower.expr(inner, *at);
        return Expr::new(span, Kind::Unwrapped(inner));
    }
    let mut tokens = tokens.into_iter();
    let (parts, _) = parts(lower, &mut tokens);
    match parts.as_slice() {
        [] => Expr::literal(Value::string(""), span),
        [Part::Text(text)] => Expr::literal(Value::string(text.clone()), span),
        _ => Expr::new(span, Kind::Template(parts)),
    }
}

struct Flatten<'l, 'a, 's> {
    lower: &'l Lower<'s>,
    lines: Lines,
    tokens: Vec<Token<'a>>,
    /// The last `}` carried a `~`.
    trim_next: bool,
    /// The last token was text, which a `~` may trim.
    after_text: bool,
    in_directive: bool,
    errors: Vec<Diagnostic>,
}

impl<'a> Flatten<'_, 'a, '_> {
    fn template(&mut self, template: &'a Template, parent: Span) {
        for element in template.iter() {
            let span = self.lower.span(element.span(), parent);
            match element {
                Element::Literal(text) => self.text(text, text.span(), span),
                Element::Interpolation(interpolation) => {
                    self.control(interpolation.strip, Token::Interpolation(&interpolation.expr, span));
                }
                Element::Directive(directive) => {
                    let outer = std::mem::replace(&mut self.in_directive, true);
                    self.directive(directive, span);
                    self.in_directive = outer;
                }
            }
        }
    }

    fn directive(&mut self, directive: &'a Directive, span: Span) {
        match directive {
            Directive::If(node) => {
                self.control(node.if_expr.strip, Token::If(&node.if_expr.cond_expr, span));
                self.template(&node.if_expr.template, span);
                if let Some(other) = &node.else_expr {
                    self.control(other.strip, Token::Else);
                    self.template(&other.template, span);
                }
                self.control(node.endif_expr.strip, Token::EndIf);
            }
            Directive::For(node) => {
                self.control(node.for_expr.strip, Token::For(&node.for_expr, span));
                self.template(&node.for_expr.template, span);
                self.control(node.endfor_expr.strip, Token::EndFor);
            }
        }
    }

    fn text(&mut self, parsed: &str, range: Option<Range<usize>>, span: Span) {
        let raw = range.clone().and_then(|range| self.lower.text.get(range)).unwrap_or(parsed);
        if self.lines == Lines::Joined {
            // The parser reads what is in a directive of a string as if it were no string.
            let text = match range {
                Some(range) if self.in_directive && raw.contains('\\') => self.unescaped(raw, range, span),
                _ => parsed.to_string(),
            };
            self.token(text);
            return;
        }
        // The parser has already taken indentation off; the source has it still.
        for line in raw.split_inclusive('\n') {
            self.token(line.replace("$${", "${").replace("%%{", "%{"));
        }
    }

    fn unescaped(&mut self, raw: &str, range: Range<usize>, span: Span) -> String {
        let quoted = format!("\"{raw}\"");
        match hcl::edit::parser::parse_expr(&quoted) {
            Ok(Expression::String(text)) => text.value().clone(),
            Ok(_) => raw.to_string(),
            Err(error) => {
                // One quote later than in the file.
                let lexed = lexer::lex(&quoted);
                let mut found = explain::explain(self.lower.file, 0, &quoted, &lexed, &error);
                if let Some(at) = found.span.map(Span::range) {
                    let place = |at: usize| (range.start + at).saturating_sub(1).min(range.end);
                    found = found.at(self.lower.span(Some(place(at.start)..place(at.end)), span));
                }
                self.errors.push(found);
                String::new()
            }
        }
    }

    fn token(&mut self, mut text: String) {
        if std::mem::take(&mut self.trim_next) {
            text.drain(..text.len() - text.trim_start().len());
        }
        self.tokens.push(Token::Text(text));
        self.after_text = true;
    }

    fn control(&mut self, strip: Strip, token: Token<'a>) {
        if strip.strip_start()
            && self.after_text
            && let Some(Token::Text(text)) = self.tokens.last_mut()
        {
            text.truncate(text.trim_end().len());
        }
        self.after_text = false;
        self.trim_next = strip.strip_end();
        self.tokens.push(token);
    }
}

/// `<<-`: takes the smallest indentation of all lines off each of them.
fn remove_indentation(tokens: &mut [Token]) {
    let mut least = usize::MAX;
    let mut line_start = true;
    let mut starts = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if std::mem::take(&mut line_start) {
            let spaces = match token {
                Token::Text(text) => {
                    let trimmed = text.trim_start();
                    // A blank line has no indentation worth counting.
                    if trimmed.is_empty() && text.ends_with('\n') {
                        usize::MAX
                    } else {
                        starts.push(index);
                        text[..text.len() - trimmed.len()].graphemes(true).count()
                    }
                }
                _ => 0,
            };
            least = least.min(spaces);
        }
        if let Token::Text(text) = token {
            line_start = text.ends_with('\n');
        }
    }
    for index in starts {
        if let Token::Text(text) = &mut tokens[index] {
            let cut = text.grapheme_indices(true).nth(least).map_or(text.len(), |(at, _)| at);
            text.drain(..cut);
        }
    }
}

/// What ended a run of parts.
#[derive(PartialEq)]
enum Stop {
    Template,
    Else,
    If,
    For,
}

fn parts(lower: &mut Lower, tokens: &mut std::vec::IntoIter<Token<'_>>) -> (Vec<Part>, Stop) {
    let mut found = Vec::new();
    let mut text = String::new();
    let end = loop {
        let Some(token) = tokens.next() else { break Stop::Template };
        if let Token::Text(more) = token {
            text.push_str(&more);
            continue;
        }
        if !text.is_empty() {
            found.push(Part::Text(Text::from(std::mem::take(&mut text))));
        }
        match token {
            Token::Text(_) => {}
            Token::Interpolation(expr, span) => found.push(Part::Value(lower.expr(expr, span))),
            Token::If(condition, span) => {
                let condition = lower.expr(condition, span);
                let (yes, end) = parts(lower, tokens);
                let no = if end == Stop::Else { parts(lower, tokens).0 } else { Vec::new() };
                found.push(Part::If { condition, yes, no });
            }
            Token::For(node, span) => {
                let binding = Binding {
                    key: node.key_var.as_ref().map(|name| Text::from(name.as_str())),
                    value: Text::from(node.value_var.as_str()),
                    collection: lower.expr(&node.collection_expr, span),
                };
                found.push(Part::For { binding, body: parts(lower, tokens).0 });
            }
            Token::Else => break Stop::Else,
            Token::EndIf => break Stop::If,
            Token::EndFor => break Stop::For,
        }
    };
    if !text.is_empty() {
        found.push(Part::Text(text.into()));
    }
    (found, end)
}
