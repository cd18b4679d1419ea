//! Which names an expression refers to.

use super::ast::{Binding, Expr, Kind, Part, Step, StepKind};
use crate::diagnostic::Span;
use crate::value::{Data, Key, Text, Value};
use std::cmp::Ordering;

/// A name an expression refers to, with the steps that are written out after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub root: Text,
    /// The steps up to the first one that is neither a name nor one key.
    pub steps: Vec<RefStep>,
    /// From the root to the last of `steps`.
    pub span: Span,
}

/// One step of a [`Reference`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefStep {
    /// `.name`
    Attr(Text),
    /// `["key"]`, `[0]` or `.0`
    Index(Key),
    /// `[each.key]`: a key that evaluation tells.
    Computed(KeyExpr),
}

/// An index that is an expression, without names bound by a `for`. Equal to itself alone: it is where it stands
/// that counts.
#[derive(Clone, Debug)]
pub struct KeyExpr(pub Expr);

impl KeyExpr {
    /// `each.key`, where nobody wrote it.
    pub fn each(span: Span) -> Self {
        let base = Expr::new(span, Kind::Variable("each".into()));
        let steps = vec![Step { span, kind: StepKind::Attribute("key".into()) }];
        Self(Expr::new(span, Kind::Traversal { base, steps }))
    }
}

impl PartialEq for KeyExpr {
    fn eq(&self, other: &Self) -> bool {
        self.0.span() == other.0.span()
    }
}

impl Eq for KeyExpr {}

impl PartialOrd for KeyExpr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyExpr {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.span().cmp(&other.0.span())
    }
}

impl Reference {
    /// The names right after the root, up to the first index.
    pub fn attrs(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map_while(|step| match step {
            RefStep::Attr(name) => Some(&**name),
            RefStep::Index(_) | RefStep::Computed(_) => None,
        })
    }
}

/// The free references of an expression, in source order, duplicates included: names bound by a `for`
/// are none. Expressions inside templates and inside indexes count.
pub fn references(expr: &Expr) -> Vec<Reference> {
    let mut collector = Collector { found: Vec::new(), bound: Vec::new() };
    collector.expr(expr);
    collector.found
}

/// The expression as one reference, if it is nothing else: for `ignore_changes`, `depends_on`, `to`.
pub fn as_reference(expr: &Expr) -> Option<Reference> {
    let expr = expr.as_syntax();
    match expr.kind() {
        Kind::Variable(_) => references(expr).pop(),
        Kind::Traversal { base, steps } if matches!(base.kind(), Kind::Variable(_)) => {
            let reference = references(expr).into_iter().next()?;
            let constant = |step: &RefStep| !matches!(step, RefStep::Computed(_));
            (reference.steps.len() == steps.len() && reference.steps.iter().all(constant))
                .then_some(reference)
        }
        _ => None,
    }
}

/// One step of what [`as_indexed`] reads.
#[derive(Clone, Debug)]
pub enum IndexedStep<'e> {
    /// `.name`
    Attr(Text),
    /// `[…]`, whatever stands in it.
    Index(&'e Expr),
}

/// Root and steps of a reference whose keys may be expressions, if it is nothing else: for
/// `replace_triggered_by`.
pub fn as_indexed(expr: &Expr) -> Option<(Text, Vec<IndexedStep<'_>>)> {
    let Kind::Traversal { base, steps } = expr.as_syntax().kind() else { return None };
    let Kind::Variable(root) = base.kind() else { return None };
    let steps = steps.iter().map(|step| match &step.kind {
        StepKind::Attribute(name) => Some(IndexedStep::Attr(name.clone())),
        StepKind::Index(index) => Some(IndexedStep::Index(index)),
        _ => None,
    });
    Some((root.clone(), steps.collect::<Option<_>>()?))
}

/// The key a literal index names.
pub fn as_key(index: &Expr) -> Option<Key> {
    match index.as_literal().map(Value::data)? {
        Data::String(key) => Some(Key::Str(key.clone())),
        Data::Number(number) => Some(Key::Int(u64::try_from(number.as_i64()?).ok()?)),
        _ => None,
    }
}

struct Collector<'a> {
    found: Vec<Reference>,
    bound: Vec<&'a str>,
}

impl<'a> Collector<'a> {
    fn root(&mut self, name: &Text, steps: Vec<RefStep>, span: Span) {
        if !self.bound.contains(&&**name) {
            self.found.push(Reference { root: name.clone(), steps, span });
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        match expr.kind() {
            Kind::Literal(_) => {}
            Kind::Json { value, .. } => self.expr(value),
            Kind::Template(parts) => self.parts(parts),
            Kind::Unwrapped(inner) | Kind::Parenthesis(inner) => self.expr(inner),
            Kind::List(items) => items.iter().for_each(|item| self.expr(item)),
            Kind::Object(items) => {
                for (key, value) in items {
                    self.expr(key);
                    self.expr(value);
                }
            }
            Kind::Variable(name) => self.root(name, Vec::new(), expr.span()),
            Kind::Conditional { condition, yes, no } => {
                self.expr(condition);
                self.expr(yes);
                self.expr(no);
            }
            Kind::Call(call) => call.args.iter().for_each(|arg| self.expr(arg)),
            Kind::Traversal { base, steps } => {
                if let Kind::Variable(name) = base.kind() {
                    let mut span = base.span();
                    let known: Vec<RefStep> = steps
                        .iter()
                        .map_while(|step| {
                            let known = constant_step(&step.kind).or_else(|| self.computed(&step.kind))?;
                            span.end = span.end.max(step.span.end);
                            Some(known)
                        })
                        .collect();
                    self.root(name, known, span);
                } else {
                    self.expr(base);
                }
                for step in steps {
                    if let StepKind::Index(index) = &step.kind {
                        self.expr(index);
                    }
                }
            }
            Kind::Unary { operand, .. } => self.expr(operand),
            Kind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Kind::For(node) => {
                self.expr(&node.binding.collection);
                let depth = self.bind(&node.binding);
                if let Some(key) = &node.key {
                    self.expr(key);
                }
                self.expr(&node.value);
                if let Some(condition) = &node.condition {
                    self.expr(condition);
                }
                self.bound.truncate(depth);
            }
        }
    }

    /// An index that is the same for the whole expression.
    fn computed(&self, step: &StepKind) -> Option<RefStep> {
        let StepKind::Index(index) = step else { return None };
        let bound = |reference: &Reference| self.bound.contains(&&*reference.root);
        (self.bound.is_empty() || !references(index).iter().any(bound))
            .then(|| RefStep::Computed(KeyExpr(index.clone())))
    }

    fn parts(&mut self, parts: &'a [Part]) {
        for part in parts {
            match part {
                Part::Text(_) => {}
                Part::Value(expr) => self.expr(expr),
                Part::If { condition, yes, no } => {
                    self.expr(condition);
                    self.parts(yes);
                    self.parts(no);
                }
                Part::For { binding, body } => {
                    self.expr(&binding.collection);
                    let depth = self.bind(binding);
                    self.parts(body);
                    self.bound.truncate(depth);
                }
            }
        }
    }

    fn bind(&mut self, binding: &'a Binding) -> usize {
        let depth = self.bound.len();
        self.bound.extend(binding.key.as_deref());
        self.bound.push(&binding.value);
        depth
    }
}

fn constant_step(step: &StepKind) -> Option<RefStep> {
    match step {
        StepKind::Attribute(name) => Some(RefStep::Attr(name.clone())),
        StepKind::LegacyIndex(index) => Some(RefStep::Index(Key::Int(*index))),
        StepKind::Index(expr) => as_key(expr).map(RefStep::Index),
        StepKind::AttributeSplat | StepKind::FullSplat => None,
    }
}
