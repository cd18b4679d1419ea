//! Evaluation of expressions: Terraform's semantics with unknown values, sensitive marks and spans.

mod collections;
mod loops;
mod operators;
mod templates;
mod traversal;

pub(crate) use operators::equal;

use super::ast::{Expr, Kind};
use super::{convert, functions};
use crate::diagnostic::{Diagnostic, Span};
use crate::value::{Data, Text, Type, Unknown, Value, Want};
use std::cell::Cell;

/// What functions need from outside that is no [`Want`]: fixed for one plan and part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Seconds since 1970, of the plan (`timestamp`, `plantimestamp`).
    pub now: i64,
    /// What `uuid` and `bcrypt` draw from.
    pub seed: u64,
    /// What `~` stands for (`pathexpand`).
    pub home: Option<Text>,
}

/// The names an expression can see, and the way to the world outside.
pub trait Scope {
    /// `root.attrs…` is a traversal; the scope returns the value of the longest prefix it owns and how
    /// many of `attrs` it took. An unknown name is a diagnostic of the scope's making, with `span` as
    /// its place and the near names as help.
    fn lookup(&self, root: &str, attrs: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>>;

    /// Hears what an expression took of what was looked up.
    fn read(&self, value: &Value) {
        let _ = value;
    }

    /// Asks something of the world: `Ok(None)` is pending, null is absent. A [`Want::File`] is answered
    /// with the text, or with an object `{ base64 = "…" }` if it is not UTF-8; a [`Want::Directory`] with
    /// the list of its files. An error is a refusal, without span.
    fn ask(&self, want: &Want) -> Result<Option<Value>, Box<Diagnostic>> {
        let _ = want;
        Ok(None)
    }

    /// Time and seed; without them `timestamp` and the like are errors.
    fn inputs(&self) -> Option<&Inputs> {
        None
    }

    /// What tells this scope from others in which the same text is evaluated: the instance of the module
    /// and the key. Functions like `uuid` give each of them a value of its own.
    fn instance(&self) -> String {
        String::new()
    }
}

/// A scope without names: for what must be constant.
pub struct NoScope;

impl Scope for NoScope {
    fn lookup(&self, root: &str, _: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        Err(Box::new(
            Diagnostic::error("unknown-reference", format!("There is no \"{root}\" here"))
                .at(span)
                .label("names may not be used here"),
        ))
    }
}

/// Evaluates an expression. All errors that do not follow from another are returned together.
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> Result<Value, Vec<Diagnostic>> {
    let evaluator = Evaluator::new(scope);
    let value = evaluator.eval(expr, None)?;
    // Values share their parts, so a short chain of names can stand for more than any walk would end on.
    evaluator.weigh(&value, expr.span())?;
    Ok(value)
}

/// What a walk through a value finds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weight {
    pub unknown: bool,
    pub sensitive: bool,
    values: usize,
}

/// Values one value may consist of.
const MAX_VALUES: usize = 1 << 22;

impl Weight {
    /// Adds a value and all in it; false if that is more than may be.
    fn add(&mut self, value: &Value) -> bool {
        self.values += 1;
        self.unknown |= value.is_unknown();
        self.sensitive |= value.is_sensitive();
        self.values <= MAX_VALUES
            && match value.data() {
                Data::List(items) | Data::Set(items) => items.iter().all(|item| self.add(item)),
                Data::Map(map) => map.values().all(|item| self.add(item)),
                _ => true,
            }
    }
}

/// Steps (expressions evaluated, items visited, 64-byte blocks written) one evaluation may take.
const MAX_WORK: u64 = 10_000_000;

/// Bytes one evaluation may write into strings.
pub(crate) const MAX_TEXT: usize = 64 << 20;

pub(crate) type Outcome = Result<Value, Vec<Diagnostic>>;

/// One evaluation in progress.
pub(crate) struct Evaluator<'a> {
    pub scope: &'a dyn Scope,
    work: Cell<u64>,
    /// Calls of functions whose result must differ from call to call.
    pub calls: Cell<u64>,
    /// Template files inside template files.
    pub depth: Cell<u32>,
}

/// Names bound by `for` expressions and template files, innermost first.
#[derive(Clone, Copy)]
pub(crate) struct Env<'e> {
    pub name: &'e str,
    pub value: &'e Value,
    pub outer: Option<&'e Env<'e>>,
}

impl<'e> Env<'e> {
    fn find(mut env: Option<&'e Env<'e>>, name: &str) -> Option<&'e Value> {
        while let Some(Env { name: bound, value, outer }) = env {
            if *bound == name {
                return Some(value);
            }
            env = *outer;
        }
        None
    }
}

impl<'a> Evaluator<'a> {
    pub fn new(scope: &'a dyn Scope) -> Self {
        Self { scope, work: Cell::new(0), calls: Cell::new(0), depth: Cell::new(0) }
    }

    /// An evaluation inside this one, in another scope: it goes on with the same counters.
    pub fn within(outer: &Evaluator, scope: &'a dyn Scope) -> Self {
        Self {
            scope,
            work: Cell::new(outer.work.get()),
            calls: Cell::new(outer.calls.get()),
            depth: Cell::new(outer.depth.get() + 1),
        }
    }

    /// Takes over the counters of an inner evaluation that is done.
    pub fn return_from(&self, inner: &Evaluator) {
        self.work.set(inner.work.get());
        self.calls.set(inner.calls.get());
    }

    /// Counts work, and refuses when it gets out of hand.
    pub fn spend(&self, steps: usize, span: Span) -> Result<(), Vec<Diagnostic>> {
        let work = self.work.get().saturating_add(steps as u64);
        self.work.set(work);
        if work <= MAX_WORK {
            return Ok(());
        }
        Err(fail(
            Diagnostic::error("limit", "This expression takes too much work to evaluate").at(span).help(
                format!("an expression may take at most {MAX_WORK} steps; are collections multiplied?"),
            ),
        ))
    }

    /// Whether anything in a value is unknown or sensitive. Refuses values of too many parts; must go
    /// before any other walk through a value of unknown size.
    pub fn weigh(&self, value: &Value, span: Span) -> Result<Weight, Vec<Diagnostic>> {
        let mut weight = Weight::default();
        if !weight.add(value) {
            return Err(fail(Diagnostic::error("limit", "This value is too large").at(span).help(format!(
                "a value may hold at most {MAX_VALUES} others, counting repeated ones again"
            ))));
        }
        self.spend(weight.values / 16, span)?;
        Ok(weight)
    }

    pub fn eval(&self, expr: &Expr, env: Option<&Env>) -> Outcome {
        self.spend(1, expr.span())?;
        match expr.kind() {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Parenthesis(inner) | Kind::Unwrapped(inner) | Kind::Json { value: inner, .. } => {
                self.eval(inner, env)
            }
            Kind::Template(parts) => self.template(parts, expr.span(), env),
            Kind::List(items) => collect(items.iter().map(|item| self.eval(item, env))).map(Value::list),
            Kind::Object(items) => self.object(items, env),
            Kind::Variable(name) => match Env::find(env, name) {
                Some(value) => Ok(value.clone()),
                None => match self.scope.lookup(name, &[], expr.span()) {
                    Ok((value, _)) => {
                        self.scope.read(&value);
                        Ok(value)
                    }
                    Err(diagnostic) => Err(fail(misspelt_literal(name, *diagnostic))),
                },
            },
            Kind::Conditional { condition, yes, no } => {
                self.conditional(condition, yes, no, expr.span(), env)
            }
            Kind::Call(call) => functions::call(self, call, expr.span(), env),
            Kind::Traversal { base, steps } => self.traversal(base, steps, env),
            Kind::Unary { operator, operand } => self.unary(*operator, operand, env),
            Kind::Binary { operator, left, right } => self.binary(*operator, left, right, expr.span(), env),
            Kind::For(node) => self.for_expr(node, expr.span(), env),
        }
    }

    /// Evaluates to a bool; `Ok(Err(value))` is an unknown one.
    fn condition(
        &self,
        expr: &Expr,
        what: &str,
        env: Option<&Env>,
    ) -> Result<(Result<bool, Value>, bool), Vec<Diagnostic>> {
        let value = self.eval(expr, env)?;
        let sensitive = value.is_sensitive();
        if value.is_null() {
            return Err(fail(
                Diagnostic::error("null-value", format!("The {what} is null"))
                    .at(expr.span())
                    .label("must be true or false"),
            ));
        }
        let value = convert::convert(value, &Type::Bool).map_err(|error| {
            fail(
                Diagnostic::error("type-mismatch", format!("Incorrect {what} type: {error}"))
                    .at(expr.span())
                    .label("must be true or false"),
            )
        })?;
        match value.as_bool() {
            Some(known) => Ok((Ok(known), sensitive)),
            None => Ok((Err(value), sensitive)),
        }
    }

    fn conditional(&self, condition: &Expr, yes: &Expr, no: &Expr, span: Span, env: Option<&Env>) -> Outcome {
        let (decided, sensitive) = self.condition(condition, "condition", env)?;
        match decided {
            Ok(decided) => {
                let (chosen, other) = if decided { (yes, no) } else { (no, yes) };
                let value = self.eval(chosen, env)?;
                if value.is_null() {
                    return Ok(value.mark(sensitive));
                }
                // The branch not taken may fail, but its type counts: true ? 1 : "a" is "1".
                let Ok(other) = self.eval(other, env) else { return Ok(value.mark(sensitive)) };
                self.weigh(&value, span)?;
                self.weigh(&other, span)?;
                Ok(common_type(value, &other, span)?.mark(sensitive))
            }
            Err(unknown) => {
                let (yes, no) = both(self.eval(yes, env), self.eval(no, env))?;
                self.weigh(&yes, span)?;
                self.weigh(&no, span)?;
                let sensitive = sensitive || yes.is_sensitive() || no.is_sensitive();
                let ty = unified(&yes, &no, span)?.unwrap_or_default();
                Ok(unknown_because(ty, [&unknown]).mark(sensitive))
            }
        }
    }
}

/// The type two branches share: `Ok(None)` if it is only known to be the same shape.
fn unified(yes: &Value, no: &Value, span: Span) -> Result<Option<Type>, Vec<Diagnostic>> {
    let (Some(left), Some(right)) = (convert::type_of(yes), convert::type_of(no)) else {
        return Ok(convert::type_of(yes).or_else(|| convert::type_of(no)));
    };
    let names = (left.name(), right.name());
    if let Some(ty) = convert::unify([left, right]) {
        return Ok(Some(ty));
    }
    let shape = |name| match name {
        "list" | "set" | "tuple" => "list",
        "map" | "object" => "object",
        other => other,
    };
    if shape(names.0) == shape(names.1) {
        return Ok(None);
    }
    Err(fail(
        Diagnostic::error("type-mismatch", "Inconsistent conditional result types")
            .at(span)
            .label(format!("the true result is {}, the false result is {}", names.0, names.1))
            .help("both results of a conditional must have the same type"),
    ))
}

fn common_type(value: Value, other: &Value, span: Span) -> Outcome {
    // By far the most conditionals: nothing to convert.
    if let (Some(_), Some(_)) = (value.as_str(), other.as_str()) {
        return Ok(value);
    }
    match unified(&value, other, span)? {
        // Elements of a tuple keep their own types; only text is ever gained.
        Some(ty) => Ok(convert::convert(value.clone(), &ty).unwrap_or(value)),
        None => Ok(value),
    }
}

/// Both values, or the errors of both.
pub(crate) fn both(left: Outcome, right: Outcome) -> Result<(Value, Value), Vec<Diagnostic>> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(mut errors), Err(more)) => {
            errors.extend(more);
            Err(errors)
        }
        (Err(errors), _) | (_, Err(errors)) => Err(errors),
    }
}

/// All values, or all errors.
pub(crate) fn collect(outcomes: impl Iterator<Item = Outcome>) -> Result<Vec<Value>, Vec<Diagnostic>> {
    let mut values = Vec::with_capacity(outcomes.size_hint().0);
    let mut errors = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(value) => values.push(value),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

pub(crate) fn fail(diagnostic: Diagnostic) -> Vec<Diagnostic> {
    vec![diagnostic]
}

/// An unknown of type `ty` for the reasons found anywhere in `causes`.
pub(crate) fn unknown_because<'v>(ty: Type, causes: impl IntoIterator<Item = &'v Value>) -> Value {
    let mut unknown = Unknown { ty, ..Unknown::default() };
    for cause in causes {
        if let Some(reasons) = cause.unknowns() {
            unknown.absorb(&reasons);
        }
    }
    Value::unknown(unknown)
}

/// `ture` is a name to the parser; what was meant is a value.
fn misspelt_literal(name: &str, diagnostic: Diagnostic) -> Diagnostic {
    let near = ["true", "false", "null"].into_iter().find(|word| {
        name != *word && (name.eq_ignore_ascii_case(word) || strsim::damerau_levenshtein(name, word) == 1)
    });
    match near {
        Some(word) => diagnostic.help(format!("did you mean {word}?")),
        None => diagnostic,
    }
}
