//! Types and marks: `tostring`, `toset`, `sensitive`, `try`, `can` and their kin.

use super::{Cx, Error, Function, Param, Ty, argument, function, param};
use crate::diagnostic::Diagnostic;
use crate::lang::ast::Expr;
use crate::lang::convert::{self, ConvertError, describe};
use crate::lang::eval::{Env, Outcome, fail, unknown_because};
use crate::value::{Data, Type, Value};

/// The value to convert: it may be null, and what it holds keeps its marks and unknowns.
const V: Param = param("v", Ty::Any).nullable().raw();

pub(super) const FUNCTIONS: &[Function] = &[
    function("can", &[param("expression", Ty::Any)], Ty::Bool, |_, _| Ok(Value::NULL)).syntax(can),
    function("convert", &[param("value", Ty::Any), param("type", Ty::Any)], Ty::Any, |_, _| Ok(Value::NULL))
        .syntax(convert_to),
    function("ephemeralasnull", &[V], Ty::Any, |_, args| Ok(args[0].clone())),
    function("issensitive", &[V], Ty::Bool, |_, args| {
        let sensitive = args[0].contains_sensitive();
        // What is unknown may yet turn out to be marked.
        Ok(if args[0].is_unknown() && !sensitive {
            unknown_because(Type::Bool, args)
        } else {
            Value::from(sensitive)
        })
    }),
    function("nonsensitive", &[V], Ty::Any, |_, args| Ok(revealed(&args[0]))),
    function("sensitive", &[V], Ty::Any, |_, args| Ok(args[0].clone().mark(true))),
    function("tobool", &[V], Ty::Bool, |_, args| to(&args[0], &Type::Bool)),
    function("tolist", &[V], Ty::Sequence, |_, args| to(&args[0], &Type::list(Type::Any))),
    function("tomap", &[V], Ty::Map, |_, args| to(&args[0], &Type::map(Type::Any))),
    function("tonumber", &[V], Ty::Number, |_, args| to(&args[0], &Type::Number)),
    function("toset", &[V], Ty::Any, |_, args| to(&args[0], &Type::set(Type::Any))),
    function("tostring", &[V], Ty::String, |_, args| to(&args[0], &Type::String)),
    function("try", &[], Ty::Any, |_, _| Ok(Value::NULL))
        .variadic(param("expressions", Ty::Any))
        .syntax(try_each),
    function("type", &[V], Ty::String, |_, args| Ok(type_name(&args[0]))),
];

fn to(value: &Value, ty: &Type) -> Result<Value, Error> {
    match convert::convert(value.clone(), ty) {
        Ok(value) => Ok(value),
        Err(ConvertError { path, message }) => match (value.data(), ty) {
            (Data::String(text), Type::Number) => argument(
                0,
                format!(
                    "cannot convert {text:?} to number; given string must be a decimal representation of a number"
                ),
            ),
            (Data::String(text), Type::Bool) => argument(
                0,
                format!(
                    "cannot convert {text:?} to bool; only the strings \"true\" or \"false\" are allowed"
                ),
            ),
            _ => argument(
                0,
                format!(
                    "cannot convert {} to {}: {}",
                    value.type_name(),
                    describe(ty),
                    ConvertError { path, message }
                ),
            ),
        },
    }
}

/// Without its own mark, like Terraform, and without those inside, since ours are finer.
fn revealed(value: &Value) -> Value {
    match value.data() {
        Data::List(items) => Value::list(items.iter().map(revealed).collect()),
        Data::Set(items) => Value::set(items.iter().map(revealed).collect()),
        Data::Map(map) => Value::map(map.iter().map(|(key, item)| (key.clone(), revealed(item))).collect()),
        _ => value.clone().unmark(),
    }
}

fn type_name(value: &Value) -> Value {
    match convert::type_of(value) {
        Some(ty) => Value::string(ty.to_string()),
        None => Value::from("null"),
    }
}

fn no_arguments(cx: &Cx) -> Vec<Diagnostic> {
    fail(
        Diagnostic::error("function-argument", format!("Not enough function arguments for {}", cx.call.name))
            .at(cx.span),
    )
}

/// The first expression that evaluates without errors.
fn try_each(cx: &Cx, env: Option<&Env>) -> Outcome {
    if cx.call.args.is_empty() {
        return Err(no_arguments(cx));
    }
    let mut reasons = Vec::new();
    for expr in &cx.call.args {
        match cx.evaluator.eval(expr, env) {
            // Once it is known it may turn out to be an error after all.
            Ok(value) if value.contains_unknown() => {
                return Ok(unknown_because(Type::Any, [&value]).mark(value.contains_sensitive()));
            }
            Ok(value) => return Ok(value),
            Err(errors) if errors.iter().any(|error| error.code == "limit") => return Err(errors),
            Err(errors) => reasons.extend(errors),
        }
    }
    let mut error = Diagnostic::error(
        "function-call",
        "No expression of try(…) succeeded: at least one must produce a value",
    )
    .at(cx.span);
    for reason in reasons.iter().take(5) {
        error = error.with_note(match &reason.label {
            Some(label) => format!("{}: {label}", reason.message),
            None => reason.message.clone(),
        });
    }
    Err(fail(error))
}

fn can(cx: &Cx, env: Option<&Env>) -> Outcome {
    let [expr] = cx.call.args.as_slice() else { return Err(no_arguments(cx)) };
    match cx.evaluator.eval(expr, env) {
        Ok(value) if value.contains_unknown() => {
            Ok(unknown_because(Type::Bool, [&value]).mark(value.contains_sensitive()))
        }
        Ok(_) => Ok(Value::from(true)),
        Err(errors) if errors.iter().any(|error| error.code == "limit") => Err(errors),
        Err(_) => Ok(Value::from(false)),
    }
}

/// `convert(value, type)`: the second argument is a type and not a value.
fn convert_to(cx: &Cx, env: Option<&Env>) -> Outcome {
    let [value, ty]: &[Expr; 2] = cx.call.args.as_slice().try_into().map_err(|_| no_arguments(cx))?;
    let ty = convert::parse_type(ty).map_err(|error| fail(*error))?;
    let given = cx.evaluator.eval(value, env)?;
    convert::convert(given, &ty).map_err(|error| {
        fail(
            Diagnostic::error("function-argument", format!("Cannot convert to {ty}: {error}"))
                .at(value.span()),
        )
    })
}
