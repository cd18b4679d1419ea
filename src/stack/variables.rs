//! Values of variables: from outside, else the default, held against type and validations.

use super::conditions::{Verdict, judge, unmet};
use super::inputs::{VariableInput, VariableText};
use super::program::{Declarations, Variable};
use super::scope::{StackScope, Values, failed};
use crate::diagnostic::{Diagnostic, Sources, Span, did_you_mean};
use crate::lang::{convert, eval, syntax};
use crate::value::{Text, Type, Value};
use std::collections::BTreeMap;

/// Evaluates every variable. A variable that cannot be is a failed value.
pub(super) fn evaluate(
    declared: &Declarations,
    given: &BTreeMap<Text, VariableInput>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<Text, Value> {
    for (name, input) in given {
        // The environment may hold values for other stacks.
        if !declared.variables.contains_key(name) && !input.origin.starts_with("EKSFORM_VAR_") {
            let known: Vec<&str> = declared.variables.keys().map(AsRef::as_ref).collect();
            diagnostics.push(
                Diagnostic::error(
                    "unknown-variable",
                    format!("{} sets \"{name}\", but there is no such variable", input.origin),
                )
                .help(did_you_mean(name, known.iter().copied())),
            );
        }
    }
    declared
        .variables
        .iter()
        .map(|(name, variable)| {
            let value = one(name, variable, given.get(name), diagnostics).unwrap_or_else(failed);
            (name.clone(), value.mark(variable.sensitive))
        })
        .collect()
}

fn one(
    name: &Text,
    variable: &Variable,
    given: Option<&VariableInput>,
    found: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let default = match &variable.default {
        Some(expr) => match eval::evaluate(expr, &eval::NoScope) {
            Ok(value) => Some(value),
            Err(mut problems) => {
                found.append(&mut problems);
                return None;
            }
        },
        None => None,
    };
    let (value, origin) = match (given, default) {
        (Some(input), _) => match &input.value {
            VariableText::Value(value) => (value.clone(), Some(&input.origin)),
            VariableText::Text(text) => {
                (parse(name, variable, text, &input.origin, found)?, Some(&input.origin))
            }
        },
        (None, Some(default)) => (default, None),
        (None, None) => {
            found.push(
                Diagnostic::error("missing-variable", format!("Variable \"{name}\" has no value"))
                    .at(variable.span)
                    .label("it has no default")
                    .help(format!(
                        "give one: --var {name}=…, EKSFORM_VAR_{name}=… or a line in stack.auto.eksvars.hcl"
                    )),
            );
            return None;
        }
    };
    let value = match convert::convert(value, &variable.ty) {
        Ok(value) => value,
        Err(error) => {
            let from =
                origin.map_or_else(|| "its default".to_string(), |origin| format!("the value from {origin}"));
            found.push(
                Diagnostic::error(
                    "type-mismatch",
                    format!("Variable \"{name}\" is a {}, but {from} is not", variable.ty),
                )
                .at(variable.span)
                .label(error.message),
            );
            return None;
        }
    };
    if value.is_null() && !variable.nullable {
        found.push(
            Diagnostic::error("null-variable", format!("Variable \"{name}\" may not be null"))
                .at(variable.span)
                .label("nullable = false")
                .help("give it a value, or allow null: nullable = true"),
        );
        return None;
    }
    Some(value)
}

/// Text from the command line or the environment: as is for strings, else an expression.
fn parse(
    name: &str,
    variable: &Variable,
    text: &Text,
    origin: &str,
    found: &mut Vec<Diagnostic>,
) -> Option<Value> {
    if matches!(variable.ty, Type::String | Type::Any) && variable.ty == Type::String {
        return Some(Value::string(text.clone()));
    }
    // The text is no file of the stack, so its own spans would point nowhere.
    let file = Sources::default().add(origin, text.clone());
    let value = syntax::parse_expression(file, text).and_then(|expr| eval::evaluate(&expr, &eval::NoScope));
    match value {
        Ok(value) => Some(value),
        Err(_) if variable.ty == Type::Any => Some(Value::string(text.clone())),
        Err(problems) => {
            let why = problems.into_iter().next().map(|problem| problem.message).unwrap_or_default();
            found.push(
                Diagnostic::error(
                    "invalid-variable",
                    format!("The value of \"{name}\" from {origin} cannot be read: {why}"),
                )
                .at(variable.span)
                .label(format!("a {}", variable.ty))
                .help("write it as in a file: '[\"a\", \"b\"]', '{ x = 1 }', 'true'"),
            );
            None
        }
    }
}

/// A module's variable: the value the call gives (with the place that gives it), else the default.
pub(super) fn argument(
    name: &Text,
    variable: &Variable,
    given: Option<(Value, Span)>,
    call: Span,
    found: &mut Vec<Diagnostic>,
) -> Option<Value> {
    // Null stands for the default where null is no value.
    let given =
        given.filter(|(value, _)| variable.nullable || !value.is_null() || variable.default.is_none());
    let (value, span) = match (given, &variable.default) {
        (Some((value, span)), _) => (value, Some(span)),
        (None, Some(default)) => match eval::evaluate(default, &eval::NoScope) {
            Ok(value) => (value, None),
            Err(mut problems) => {
                found.append(&mut problems);
                return None;
            }
        },
        // That it is missing was said where the call stands.
        (None, None) => return None,
    };
    let value = match convert::convert(value, &variable.ty) {
        Ok(value) => value,
        Err(error) => {
            let message = match span {
                Some(_) => format!("Variable \"{name}\" of the module is a {}", variable.ty),
                None => format!("Variable \"{name}\" is a {}, but its default is not", variable.ty),
            };
            found.push(
                Diagnostic::error("type-mismatch", message)
                    .at(span.unwrap_or(variable.span))
                    .label(error.to_string())
                    .related(
                        if span.is_some() { variable.span } else { call },
                        if span.is_some() { "the variable" } else { "called here" },
                    ),
            );
            return None;
        }
    };
    if value.is_null() && !variable.nullable {
        found.push(
            Diagnostic::error("null-variable", format!("Variable \"{name}\" may not be null"))
                .at(span.unwrap_or(variable.span))
                .label("null")
                .related(if span.is_some() { variable.span } else { call }, "the variable"),
        );
        return None;
    }
    Some(value)
}

/// Holds a variable against its validations.
pub(super) fn validate(
    name: &Text,
    variable: &Variable,
    values: &Values,
    scope: &StackScope<'_>,
    found: &mut Vec<Diagnostic>,
) {
    if values.variables.get(name).is_some_and(Value::contains_unknown) {
        return;
    }
    for validation in &variable.validations {
        match judge(validation, scope) {
            Verdict::Holds | Verdict::Open(_) => {}
            Verdict::Fails(message) => {
                let problem = Diagnostic::error(
                    "invalid-variable",
                    format!("The value of variable \"{name}\" is not valid"),
                );
                found.push(unmet(problem, validation, message).related(variable.span, "the variable"));
            }
            Verdict::Broken(mut problems) => found.append(&mut problems),
        }
    }
}
