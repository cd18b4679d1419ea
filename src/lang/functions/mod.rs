//! The functions of the language, as tables: a family per file, and one place ([`call`]) where arity,
//! conversion, null, unknown and sensitive arguments are dealt with alike.

mod collection;
mod conversion;
mod datetime;
mod docs;
mod encoding;
mod filesystem;
mod format;
mod hash;
mod network;
mod numeric;
mod sets;
mod string;
mod yaml;

use super::ast::{Call, Expr};
use super::convert;
use super::eval::{Env, Evaluator, Outcome, fail, unknown_because};
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::value::{Data, Map, Number, Type, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// One function.
pub(crate) struct Function {
    name: &'static str,
    params: &'static [Param],
    /// Any number of further arguments.
    variadic: Option<Param>,
    /// The type of an unknown result.
    returns: Ty,
    body: Body,
}

/// What computes the result: from values that were checked against the parameters, or, for the few
/// that decide themselves what is evaluated, from the call's syntax.
enum Body {
    Values(fn(&Cx, &[Value]) -> Result<Value, Error>),
    Syntax(fn(&Cx, Option<&Env>) -> Outcome),
}

/// One parameter.
#[derive(Clone, Copy)]
struct Param {
    name: &'static str,
    ty: Ty,
    nullable: bool,
    depth: Depth,
}

/// How much of an argument the function itself deals with.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// Anything unknown inside makes the result unknown, any mark inside marks it.
    Whole,
    /// Only the argument itself counts: elements pass through with their marks, known or not.
    Shallow,
    /// The function sees unknowns and marks itself.
    Raw,
}

/// The types parameters have.
#[derive(Clone, Copy, PartialEq)]
enum Ty {
    Any,
    Bool,
    Number,
    String,
    /// A list, set or tuple, elements as they are.
    Sequence,
    /// A map or object, entries as they are.
    Map,
    Strings,
    StringSet,
    Numbers,
}

const fn param(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, nullable: false, depth: Depth::Whole }
}

impl Param {
    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn shallow(mut self) -> Self {
        self.depth = Depth::Shallow;
        self
    }

    const fn raw(mut self) -> Self {
        self.depth = Depth::Raw;
        self.nullable = true;
        self
    }
}

const fn function(
    name: &'static str,
    params: &'static [Param],
    returns: Ty,
    body: fn(&Cx, &[Value]) -> Result<Value, Error>,
) -> Function {
    Function { name, params, variadic: None, returns, body: Body::Values(body) }
}

impl Function {
    const fn variadic(mut self, param: Param) -> Self {
        self.variadic = Some(param);
        self
    }

    /// Replaces the body by one that decides itself what to evaluate.
    const fn syntax(mut self, body: fn(&Cx, Option<&Env>) -> Outcome) -> Self {
        self.body = Body::Syntax(body);
        self
    }

    /// `lookup(map, key, default...)`.
    fn usage(&self) -> String {
        let mut names: Vec<String> = self.params.iter().map(|param| param.name.to_string()).collect();
        names.extend(self.variadic.map(|param| format!("{}...", param.name)));
        format!("{}({})", self.name, names.join(", "))
    }
}

impl Ty {
    fn ty(self) -> Type {
        match self {
            Ty::Any => Type::Any,
            Ty::Bool => Type::Bool,
            Ty::Number => Type::Number,
            Ty::String => Type::String,
            Ty::Sequence => Type::list(Type::Any),
            Ty::Map => Type::map(Type::Any),
            Ty::Strings => Type::list(Type::String),
            Ty::StringSet => Type::set(Type::String),
            Ty::Numbers => Type::list(Type::Number),
        }
    }

    fn convert(self, value: Value) -> Result<Value, String> {
        match (self, value.data()) {
            (Ty::Sequence, Data::List(_) | Data::Set(_)) | (Ty::Map, Data::Map(_)) => Ok(value),
            (Ty::Sequence, Data::Unknown(_) | Data::Null) | (Ty::Map, Data::Unknown(_) | Data::Null) => {
                Ok(value)
            }
            (Ty::Sequence, _) => {
                Err(format!("a list or set is required, but this is a {}", value.type_name()))
            }
            (Ty::Map, _) => Err(format!("a map or object is required, but this is a {}", value.type_name())),
            _ => convert::convert(value, &self.ty()).map_err(|error| error.to_string()),
        }
    }
}

/// Why a function refuses.
enum Error {
    /// Because of one argument.
    Argument(usize, String),
    Call(String),
    /// With diagnostics of its own.
    Diagnostics(Vec<Diagnostic>),
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::Call(message)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::Call(message.to_string())
    }
}

impl From<Vec<Diagnostic>> for Error {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Diagnostics(diagnostics)
    }
}

fn argument<T>(index: usize, message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Argument(index, message.into()))
}

/// One call in progress.
struct Cx<'c, 'a> {
    evaluator: &'c Evaluator<'a>,
    call: &'c Call,
    span: Span,
}

impl Cx<'_, '_> {
    /// Counts work that grows with the arguments.
    fn spend(&self, steps: usize) -> Result<(), Error> {
        self.evaluator.spend(steps, self.span).map_err(Error::Diagnostics)
    }
}

/// All functions by family, in the order in which a reader meets them.
static FAMILIES: [(&str, &[Function]); 12] = [
    ("Numbers", numeric::FUNCTIONS),
    ("Text", string::FUNCTIONS),
    ("Formatting", format::FUNCTIONS),
    ("Lists and maps", collection::FUNCTIONS),
    ("Sets and reshaping", sets::FUNCTIONS),
    ("Encodings", encoding::FUNCTIONS),
    ("YAML", yaml::FUNCTIONS),
    ("Files and paths", filesystem::FUNCTIONS),
    ("Date and time", datetime::FUNCTIONS),
    ("Digests and identifiers", hash::FUNCTIONS),
    ("IP networks", network::FUNCTIONS),
    ("Types and marks", conversion::FUNCTIONS),
];

/// All functions by name.
static TABLE: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let functions = FAMILIES.iter().flat_map(|(_, functions)| functions.iter());
    functions.map(|function| (function.name, function)).collect()
});

pub use docs::page;

/// The names of all functions, sorted: for completion and documentation.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = TABLE.keys().copied().collect();
    names.sort_unstable();
    names
}

/// Evaluates a function call.
pub(super) fn call(evaluator: &Evaluator, call: &Call, span: Span, env: Option<&Env>) -> Outcome {
    let plain = call.name.strip_prefix("core::").unwrap_or(&call.name);
    let Some(function) = TABLE.get(plain) else {
        let mut error =
            Diagnostic::error("unknown-function", format!("There is no function named \"{}\"", call.name))
                .at(call.name_span);
        if plain == "list" || plain == "map" {
            let (open, close) = if plain == "list" { ("[", "]") } else { ("{", "}") };
            error = error.help(format!("write to{plain}({open} … {close})"));
        } else if let Some(near) = nearest(plain, TABLE.keys().copied()) {
            error = error.help(format!("did you mean \"{near}\"?"));
        } else if call.name.starts_with("provider::") {
            error = error.help("functions of providers do not exist here");
        }
        return Err(fail(error));
    };
    let cx = Cx { evaluator, call, span };
    match function.body {
        Body::Syntax(body) => body(&cx, env),
        Body::Values(body) => {
            let Some((values, spans)) = arguments(&cx, env)? else {
                // The list behind `...` is unknown: nothing can be said.
                let given = evaluator.all(&call.args, env)?;
                let sensitive = given.iter().any(Value::contains_sensitive);
                return Ok(unknown_because(function.returns.ty(), &given).mark(sensitive));
            };
            apply(&cx, function, body, values, &spans)
        }
    }
}

/// The evaluated arguments with their places, `...` expanded; `None` if that is not possible yet.
#[allow(clippy::type_complexity, reason = "two parallel lists")]
fn arguments(cx: &Cx, env: Option<&Env>) -> Result<Option<(Vec<Value>, Vec<Span>)>, Vec<Diagnostic>> {
    let mut values = cx.evaluator.all(&cx.call.args, env)?;
    let mut spans: Vec<Span> = cx.call.args.iter().map(Expr::span).collect();
    if !cx.call.expand {
        return Ok(Some((values, spans)));
    }
    let (Some(last), Some(span)) = (values.pop(), spans.pop()) else { return Ok(Some((values, spans))) };
    let sensitive = last.is_sensitive();
    match last.data() {
        Data::List(items) | Data::Set(items) => {
            cx.evaluator.spend(items.len(), span)?;
            values.extend(items.iter().map(|item| item.clone().mark(sensitive)));
            spans.resize(values.len(), span);
            Ok(Some((values, spans)))
        }
        Data::Unknown(_) => Ok(None),
        _ => Err(fail(
            Diagnostic::error("function-argument", "Invalid expanding argument value").at(span).label(
                format!("the argument before \"...\" must be a list or set, not {}", last.type_name()),
            ),
        )),
    }
}

fn apply(
    cx: &Cx,
    function: &Function,
    body: fn(&Cx, &[Value]) -> Result<Value, Error>,
    values: Vec<Value>,
    spans: &[Span],
) -> Outcome {
    check_arity(cx, function, values.len(), spans)?;
    let mut converted = Vec::with_capacity(values.len());
    let mut errors = Vec::new();
    let mut sensitive = false;
    let mut unknown = false;
    for (index, value) in values.into_iter().enumerate() {
        let Some(param) = function.params.get(index).or(function.variadic.as_ref()) else { break };
        if param.depth != Depth::Shallow {
            let weight = cx.evaluator.weigh(&value, spans[index])?;
            sensitive |= param.depth == Depth::Whole && weight.sensitive;
            unknown |= param.depth == Depth::Whole && weight.unknown;
        }
        sensitive |= param.depth == Depth::Shallow && value.is_sensitive();
        if value.is_null() && !param.nullable {
            errors.push(bad_argument(function, param, spans[index], "argument must not be null"));
            continue;
        }
        match param.ty.convert(value) {
            Ok(value) => {
                unknown |= param.depth == Depth::Shallow && value.is_unknown();
                converted.push(value);
            }
            Err(message) => errors.push(bad_argument(function, param, spans[index], &message)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    if unknown {
        return Ok(unknown_because(function.returns.ty(), &converted).mark(sensitive));
    }
    match body(cx, &converted) {
        Ok(value) => Ok(value.mark(sensitive)),
        Err(Error::Diagnostics(diagnostics)) => Err(diagnostics),
        // The message may quote what must not be shown.
        Err(_) if sensitive || converted.iter().any(Value::contains_sensitive) => Err(fail(
            Diagnostic::error("function-call", format!("Call to function \"{}\" failed", function.name))
                .at(cx.span)
                .with_note("the reason is not shown, since an argument is sensitive"),
        )),
        Err(Error::Argument(index, message)) => {
            let param = function.params.get(index).or(function.variadic.as_ref());
            let span = spans.get(index).copied().unwrap_or(cx.span);
            Err(fail(match param {
                Some(param) => bad_argument(function, param, span, &message),
                None => Diagnostic::error("function-call", message).at(span),
            }))
        }
        Err(Error::Call(message)) => Err(fail(
            Diagnostic::error(
                "function-call",
                format!("Call to function \"{}\" failed: {message}", function.name),
            )
            .at(cx.span)
            .label("in this call"),
        )),
    }
}

fn bad_argument(function: &Function, param: &Param, span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(
        "function-argument",
        format!("Invalid value for \"{}\" parameter of {}: {message}", param.name, function.name),
    )
    .at(span)
    .label(format!("given as \"{}\"", param.name))
}

fn check_arity(cx: &Cx, function: &Function, given: usize, spans: &[Span]) -> Result<(), Vec<Diagnostic>> {
    let needed = function.params.len();
    let (summary, span) = if given < needed {
        let missing: Vec<&str> = function.params[given..].iter().map(|param| param.name).collect();
        (format!("Not enough function arguments: missing {}", missing.join(", ")), cx.span)
    } else if given > needed && function.variadic.is_none() {
        let most = match needed {
            0 => "takes none".to_string(),
            1 => "takes only one".to_string(),
            many => format!("takes only {many}"),
        };
        (format!("Too many function arguments: {} {most}", function.name), spans[needed])
    } else {
        return Ok(());
    };
    let usage = format!("the function is {}", function.usage());
    Err(fail(Diagnostic::error("function-argument", summary).at(span).help(usage)))
}

/// The string of a checked argument.
fn text(values: &[Value], index: usize) -> &str {
    values.get(index).and_then(Value::as_str).unwrap_or_default()
}

/// The elements of a checked argument.
fn items(values: &[Value], index: usize) -> &[Value] {
    values.get(index).and_then(Value::as_items).unwrap_or_default()
}

/// The entries of a checked argument.
fn entries(values: &[Value], index: usize) -> &Map {
    static EMPTY: Map = Map::new();
    values.get(index).and_then(Value::as_map).unwrap_or(&EMPTY)
}

fn number_at(values: &[Value], index: usize) -> Result<&Number, Error> {
    values.get(index).and_then(Value::as_number).ok_or_else(|| Error::from("a number is required"))
}

/// A whole number argument.
fn whole(values: &[Value], index: usize) -> Result<i64, Error> {
    let number = number_at(values, index)?;
    match number.as_i64() {
        Some(whole) => Ok(whole),
        None => argument(index, format!("a whole number is required, not {number}")),
    }
}

fn number(number: Number) -> Value {
    Value::new(Data::Number(number))
}
