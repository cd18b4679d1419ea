//! From `hcl::edit` to [`Expr`].

use super::ast::{Binding, Call, Expr, For, Kind, Step, StepKind};
use super::{explain, template};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::value::{Data, Number, Text, Value};
use hcl::edit::Span as _;
use hcl::edit::expr::{self, Expression, ObjectKey, TraversalOperator};
use std::ops::Range;

/// What lowering needs of the place the syntax came from.
pub(super) struct Lower<'a> {
    pub file: FileId,
    /// Offset of `text` in the file.
    pub base: usize,
    /// The text that was parsed.
    pub text: &'a str,
    /// Where the bytes of `text` stand in the file, if not one after the other from `base` on: a JSON
    /// string with escapes.
    pub offsets: Option<&'a [u32]>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Lower<'_> {
    /// The absolute span; syntax without one (there should be none) takes its parent's.
    pub fn span(&self, range: Option<Range<usize>>, parent: Span) -> Span {
        let Some(range) = range else { return parent };
        let place = |at: usize| match self.offsets {
            Some(offsets) => offsets.get(at).or(offsets.last()).map_or(0, |at| *at as usize),
            None => at + self.base,
        };
        Span::new(self.file, place(range.start)..place(range.end))
    }

    fn fail(&mut self, diagnostic: Diagnostic, span: Span) -> Expr {
        self.diagnostics.push(diagnostic.at(span));
        Expr::literal(Value::NULL, span)
    }

    /// The parser takes `{for=1}` for an object, and with a blank after the word for the beginning of a `for`
    /// expression. It has to be the same with any blanks.
    fn begins_with_for(&self, expr: &Expression) -> bool {
        let text = expr.span().and_then(|range| self.text.get(range)).and_then(|text| text.get(1..));
        let mut rest = text.unwrap_or_default().trim_start();
        while let Some(comment) = ["#", "//", "/*"].into_iter().find(|start| rest.starts_with(start)) {
            let end = if comment == "/*" { "*/" } else { "\n" };
            rest = rest.split_once(end).map_or("", |(_, rest)| rest).trim_start();
        }
        rest.strip_prefix("for")
            .is_some_and(|after| !after.starts_with(|c: char| c == '-' || unicode_ident::is_xid_continue(c)))
    }

    pub fn expr(&mut self, expr: &Expression, parent: Span) -> Expr {
        let span = self.span(expr.span(), parent);
        if matches!(expr, Expression::Array(_) | Expression::Object(_)) && self.begins_with_for(expr) {
            return self.fail(explain::no_for_expression(), span);
        }
        let kind = match expr {
            Expression::Null(_) => Kind::Literal(Value::NULL),
            Expression::Bool(value) => Kind::Literal(Value::from(*value.value())),
            Expression::Number(number) => match self.number(number) {
                Ok(number) => Kind::Literal(Value::new(Data::Number(number))),
                Err(diagnostic) => return self.fail(*diagnostic, span),
            },
            Expression::String(text) => Kind::Literal(Value::string(text.value().as_str())),
            Expression::StringTemplate(quoted) => {
                return template::quoted(self, quoted, span);
            }
            Expression::HeredocTemplate(heredoc) => return template::heredoc(self, heredoc, span),
            Expression::Array(array) => Kind::List(array.iter().map(|item| self.expr(item, span)).collect()),
            Expression::Object(object) => Kind::Object(
                object
                    .iter()
                    .map(|(key, value)| (self.object_key(key, span), self.expr(value.expr(), span)))
                    .collect(),
            ),
            Expression::Parenthesis(inner) => Kind::Parenthesis(self.expr(inner.inner(), span)),
            Expression::Variable(name) => Kind::Variable(Text::from(name.as_str())),
            Expression::Conditional(conditional) => Kind::Conditional {
                condition: self.expr(&conditional.cond_expr, span),
                yes: self.expr(&conditional.true_expr, span),
                no: self.expr(&conditional.false_expr, span),
            },
            Expression::FuncCall(call) => Kind::Call(self.call(call, span)),
            Expression::Traversal(traversal) => Kind::Traversal {
                base: self.expr(&traversal.expr, span),
                steps: traversal.operators.iter().map(|step| self.step(step, span)).collect(),
            },
            Expression::UnaryOp(unary) => {
                Kind::Unary { operator: *unary.operator.value(), operand: self.expr(&unary.expr, span) }
            }
            Expression::BinaryOp(binary) => Kind::Binary {
                operator: *binary.operator.value(),
                left: self.expr(&binary.lhs_expr, span),
                right: self.expr(&binary.rhs_expr, span),
            },
            Expression::ForExpr(for_expr) => Kind::For(Box::new(self.for_expr(for_expr, span))),
        };
        Expr::new(span, kind)
    }

    /// The number as written, not as the parser's `f64` has it.
    fn number(&self, number: &hcl::edit::Formatted<hcl::edit::Number>) -> Result<Number, Box<Diagnostic>> {
        let written = number.span().and_then(|range| self.text.get(range));
        let written: String = match written {
            // `- 5` is one number to the parser.
            Some(text) if text.bytes().any(|byte| byte.is_ascii_digit()) => {
                text.chars().filter(|c| c.is_ascii_digit() || "+-.eE".contains(*c)).collect()
            }
            _ => number.value().to_string(),
        };
        written.parse().map_err(|_| {
            Box::new(
                Diagnostic::error("syntax", "Number out of range")
                    .help("numbers have at most 4096 digits before and after the decimal point"),
            )
        })
    }

    /// The value of an attribute called `providers`: in the map of a module call keys may be names of
    /// providers, `aws.west`, which are references anywhere else.
    pub fn providers(&mut self, expr: &Expression, parent: Span) -> Expr {
        let Expression::Object(object) = expr else { return self.expr(expr, parent) };
        let span = self.span(expr.span(), parent);
        let items = object.iter().map(|(key, value)| {
            let name = match key {
                ObjectKey::Expression(Expression::Traversal(traversal)) => {
                    let range = traversal.span();
                    let text = range.clone().and_then(|range| self.text.get(range)).unwrap_or_default();
                    let alias = text.strip_prefix("aws.").filter(|alias| !alias.contains(['.', '[', ' ']));
                    alias.map(|_| Expr::literal(Value::string(text), self.span(range, span)))
                }
                _ => None,
            };
            (name.unwrap_or_else(|| self.object_key(key, span)), self.expr(value.expr(), span))
        });
        let items = items.collect();
        Expr::new(span, Kind::Object(items))
    }

    fn object_key(&mut self, key: &ObjectKey, parent: Span) -> Expr {
        let span = self.span(key.span(), parent);
        let word = |text: &str| Expr::literal(Value::string(text), span);
        match key {
            // An identifier loses its span in the parser; the item's value has one, the key's text is
            // found before it.
            ObjectKey::Ident(name) => word(name.as_str()),
            ObjectKey::Expression(Expression::Null(_)) => word("null"),
            ObjectKey::Expression(Expression::Bool(value)) => word(&value.value().to_string()),
            ObjectKey::Expression(Expression::Traversal(traversal)) => {
                let name: String =
                    self.text.get(traversal.span().unwrap_or_default()).unwrap_or("").to_string();
                self.diagnostics.push(
                    Diagnostic::error("syntax", "Ambiguous attribute key")
                        .help(format!(
                            "for a reference write ({name}), for a name that contains periods write \"{name}\""
                        ))
                        .at(span),
                );
                word(&name)
            }
            ObjectKey::Expression(expr) => self.expr(expr, span),
        }
    }

    fn call(&mut self, call: &expr::FuncCall, span: Span) -> Call {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.as_str());
        let first = call.name.namespace.first().unwrap_or(&call.name.name);
        let start = self.span(first.span(), span);
        let end = self.span(call.name.name.span(), span);
        let name_span = if first.span().is_some() && call.name.name.span().is_some() {
            Span { end: end.end, ..start }
        } else {
            // The parser keeps no span for it, but a call starts with its name.
            Span { end: (span.start as usize + name.len()).min(span.end as usize) as u32, ..span }
        };
        Call {
            name: name.into(),
            name_span,
            args: call.args.iter().map(|arg| self.expr(arg, span)).collect(),
            expand: call.args.expand_final(),
        }
    }

    fn step(&mut self, step: &hcl::edit::Decorated<TraversalOperator>, parent: Span) -> Step {
        let span = self.span(step.span(), parent);
        let kind = match step.value() {
            TraversalOperator::AttrSplat(_) => StepKind::AttributeSplat,
            TraversalOperator::FullSplat(_) => StepKind::FullSplat,
            TraversalOperator::GetAttr(name) => StepKind::Attribute(Text::from(name.as_str())),
            TraversalOperator::Index(index) => StepKind::Index(self.expr(index, span)),
            TraversalOperator::LegacyIndex(index) => StepKind::LegacyIndex(*index.value()),
        };
        Step { span, kind }
    }

    fn for_expr(&mut self, node: &expr::ForExpr, span: Span) -> For {
        if node.grouping && node.key_expr.is_none() {
            self.diagnostics.push(
                Diagnostic::error("syntax", "\"...\" groups only in a for expression with a key").at(span),
            );
        }
        For {
            binding: Binding {
                key: node.intro.key_var.as_ref().map(|name| Text::from(name.as_str())),
                value: Text::from(node.intro.value_var.as_str()),
                collection: self.expr(&node.intro.collection_expr, span),
            },
            key: node.key_expr.as_ref().map(|key| self.expr(key, span)),
            value: self.expr(&node.value_expr, span),
            grouping: node.grouping,
            condition: node.cond.as_ref().map(|condition| self.expr(&condition.expr, span)),
        }
    }
}
