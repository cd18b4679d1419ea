//! Type expressions: `list(string)`, `object({ a = optional(number, 1) })`.

use super::convert;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lang::ast::Expr;
use crate::lang::eval;
use crate::value::{ObjectAttribute, Type};
use std::collections::BTreeMap;

const KEYWORDS: [&str; 9] = ["string", "number", "bool", "any", "list", "set", "map", "object", "tuple"];

/// Reads a type constraint.
pub fn parse_type(expr: &Expr) -> Result<Type, Box<Diagnostic>> {
    let expr = expr.as_syntax();
    if let Some(word) = expr.as_keyword() {
        return match word {
            "string" => Ok(Type::String),
            "number" => Ok(Type::Number),
            "bool" => Ok(Type::Bool),
            "any" => Ok(Type::Any),
            "list" => Ok(Type::list(Type::Any)),
            "set" => Ok(Type::set(Type::Any)),
            "map" => Ok(Type::map(Type::Any)),
            "object" => Err(help(
                invalid(expr, "the object type takes one argument: its attributes and their types"),
                "for example object({ name = string })",
            )),
            "tuple" => Err(help(
                invalid(expr, "the tuple type takes one argument: the types of its elements"),
                "for example tuple([string, number])",
            )),
            other => Err(unknown_keyword(expr, other)),
        };
    }
    if let Some(text) = expr.as_string() {
        return Err(help(invalid(expr, "a type is written without quotes"), format!("write {text}")));
    }
    let Some((name, args)) = expr.as_call() else {
        return Err(help(
            invalid(expr, "this is not a type"),
            "a type is a keyword such as string, or a constructor such as list(string)",
        ));
    };
    let one = || match args {
        [one] => Ok(one),
        _ => Err(invalid(expr, format!("the {name} type takes one argument, not {}", args.len()))),
    };
    match name {
        "list" => Ok(Type::list(parse_type(one()?)?)),
        "set" => Ok(Type::set(parse_type(one()?)?)),
        "map" => Ok(Type::map(parse_type(one()?)?)),
        "object" => object(one()?),
        "tuple" => {
            let items = one()?.as_list().ok_or_else(|| {
                invalid(expr, "the tuple type takes a list of types: tuple([string, number])")
            })?;
            Ok(Type::Tuple(items.iter().map(parse_type).collect::<Result<_, _>>()?))
        }
        "string" | "number" | "bool" | "any" => {
            Err(invalid(expr, format!("the {name} type takes no arguments")))
        }
        "optional" => Err(invalid(expr, "optional(…) is only for attributes of an object type")),
        other => Err(unknown_keyword(expr, other)),
    }
}

fn object(expr: &Expr) -> Result<Type, Box<Diagnostic>> {
    let items = expr.as_object().ok_or_else(|| {
        invalid(expr, "the object type takes its attributes in braces: object({ name = string })")
    })?;
    let mut attributes = BTreeMap::new();
    for (key, ty) in items {
        let name = key.as_string().ok_or_else(|| invalid(key, "an attribute name must be written out"))?;
        attributes.insert(name.into(), attribute(ty)?);
    }
    Ok(Type::Object(attributes))
}

fn attribute(expr: &Expr) -> Result<ObjectAttribute, Box<Diagnostic>> {
    let Some(("optional", args)) = expr.as_call() else {
        return Ok(ObjectAttribute { ty: parse_type(expr)?, optional: false, default: None });
    };
    let (ty, default) = match args {
        [ty] => (ty, None),
        [ty, default] => (ty, Some(default)),
        _ => return Err(invalid(expr, "optional(…) takes a type and, if wanted, a default value")),
    };
    let ty = parse_type(ty)?;
    let default = match default {
        None => None,
        Some(default) => {
            let value = eval::evaluate(default, &eval::NoScope).map_err(|mut errors| {
                Box::new(errors.swap_remove(0).with_note("the default must be a constant"))
            })?;
            Some(convert(value, &ty).map_err(|error| {
                invalid(default, format!("this default does not fit the attribute's type {ty}: {error}"))
            })?)
        }
    };
    Ok(ObjectAttribute { ty, optional: true, default })
}

fn invalid(expr: &Expr, message: impl Into<String>) -> Box<Diagnostic> {
    let message = format!("Invalid type constraint: {}", message.into());
    Box::new(Diagnostic::error("invalid-type", message).at(expr.span()))
}

fn unknown_keyword(expr: &Expr, word: &str) -> Box<Diagnostic> {
    help(invalid(expr, format!("\"{word}\" is not a type")), did_you_mean(word, KEYWORDS))
}

fn help(mut diagnostic: Box<Diagnostic>, help: impl Into<String>) -> Box<Diagnostic> {
    diagnostic.help = Some(help.into());
    diagnostic
}
