//! Templates to strings.

use super::loops::ITERATION;
use super::{Env, Evaluator, MAX_TEXT, Outcome, fail, unknown_because};
use crate::diagnostic::{Diagnostic, Span};
use crate::lang::ast::{Expr, Part};
use crate::lang::convert;
use crate::value::{Type, Value};

/// A template being written.
#[derive(Default)]
struct Output {
    text: String,
    unknown: Vec<Value>,
    sensitive: bool,
    errors: Vec<Diagnostic>,
}

impl Evaluator<'_> {
    pub(crate) fn template(&self, parts: &[Part], span: Span, env: Option<&Env>) -> Outcome {
        let mut output = Output::default();
        self.parts(parts, span, env, &mut output)?;
        if !output.errors.is_empty() {
            return Err(output.errors);
        }
        if !output.unknown.is_empty() {
            return Ok(unknown_because(Type::String, &output.unknown).mark(output.sensitive));
        }
        Ok(Value::string(output.text).mark(output.sensitive))
    }

    /// Writes parts; only the limits end it early.
    fn parts(
        &self,
        parts: &[Part],
        span: Span,
        env: Option<&Env>,
        output: &mut Output,
    ) -> Result<(), Vec<Diagnostic>> {
        for part in parts {
            match part {
                Part::Text(text) => self.write(text, span, output)?,
                Part::Value(expr) => match self.eval(expr, env).and_then(|value| interpolated(value, expr)) {
                    Ok(value) => {
                        output.sensitive |= value.is_sensitive();
                        match value.as_str() {
                            Some(text) => self.write(text, expr.span(), output)?,
                            None => output.unknown.push(value),
                        }
                    }
                    Err(errors) => output.errors.extend(errors),
                },
                Part::If { condition, yes, no } => match self.condition(condition, "\"if\" condition", env) {
                    Ok((decided, sensitive)) => {
                        output.sensitive |= sensitive;
                        match decided {
                            Ok(true) => self.parts(yes, span, env, output)?,
                            Ok(false) => self.parts(no, span, env, output)?,
                            Err(unknown) => output.unknown.push(unknown),
                        }
                    }
                    Err(errors) => output.errors.extend(errors),
                },
                Part::For { binding, body } => match self.elements(binding, env) {
                    Ok((elements, sensitive)) => {
                        output.sensitive |= sensitive;
                        match elements {
                            Ok(elements) => {
                                for (key, value) in &elements {
                                    self.spend(ITERATION, span)?;
                                    self.bind(binding, key, value, env, |env| {
                                        self.parts(body, span, env, output)
                                    })?;
                                    if !output.errors.is_empty() {
                                        break;
                                    }
                                }
                            }
                            Err(unknown) => output.unknown.push(unknown),
                        }
                    }
                    Err(errors) => output.errors.extend(errors),
                },
            }
        }
        Ok(())
    }

    fn write(&self, text: &str, span: Span, output: &mut Output) -> Result<(), Vec<Diagnostic>> {
        self.spend(text.len() / 64, span)?;
        if output.text.len() + text.len() > MAX_TEXT {
            return Err(fail(
                Diagnostic::error("limit", "This template's result is too long")
                    .at(span)
                    .help(format!("a string may have at most {} MiB", MAX_TEXT >> 20)),
            ));
        }
        output.text.push_str(text);
        Ok(())
    }
}

/// A value as it appears in a template.
fn interpolated(value: Value, expr: &Expr) -> Outcome {
    if value.is_null() {
        return Err(fail(
            Diagnostic::error("invalid-template", "Invalid template interpolation value")
                .at(expr.span())
                .label("the expression result is null")
                .help("a null value cannot be included in a string; coalesce(…, \"\") gives it a default"),
        ));
    }
    let kind = value.type_name();
    convert::convert(value, &Type::String).map_err(|_| {
        fail(
            Diagnostic::error("invalid-template", "Invalid template interpolation value")
                .at(expr.span())
                .label(format!("this is a {kind}, and a string is required"))
                .help("jsonencode(…) or join(\", \", …) turns it into a string"),
        )
    })
}
