//! Object constructors.

use super::{Env, Evaluator, Outcome, collect, fail, unknown_because};
use crate::diagnostic::Diagnostic;
use crate::lang::ast::Expr;
use crate::lang::convert;
use crate::value::{Map, Type, Value};

impl Evaluator<'_> {
    pub(super) fn object(&self, items: &[(Expr, Expr)], env: Option<&Env>) -> Outcome {
        let mut map = Map::new();
        let mut errors = Vec::new();
        let mut unknown_keys = Vec::new();
        let mut sensitive = false;
        for (key, value) in items {
            let value = self.eval(value, env);
            let key = match self.eval(key, env).and_then(|value| key_text(value, key)) {
                Ok(key) => key,
                Err(more) => {
                    errors.extend(more);
                    errors.extend(value.err().unwrap_or_default());
                    continue;
                }
            };
            sensitive |= key.is_sensitive();
            match (value, key.as_str()) {
                (Err(more), _) => errors.extend(more),
                (Ok(_), None) => unknown_keys.push(key),
                (Ok(value), Some(name)) => {
                    map.insert(name.into(), value);
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        if !unknown_keys.is_empty() {
            return Ok(unknown_because(Type::Any, &unknown_keys).mark(sensitive));
        }
        Ok(Value::map(map).mark(sensitive))
    }

    /// Evaluates several expressions.
    pub(crate) fn all(&self, exprs: &[Expr], env: Option<&Env>) -> Result<Vec<Value>, Vec<Diagnostic>> {
        collect(exprs.iter().map(|expr| self.eval(expr, env)))
    }
}

/// The value as the key of a map: a string, or unknown.
pub(super) fn key_text(value: Value, at: &Expr) -> Outcome {
    if value.is_null() {
        return Err(fail(
            Diagnostic::error("null-value", "Can't use a null value as a key")
                .at(at.span())
                .label("this is null"),
        ));
    }
    convert::convert(value, &Type::String).map_err(|error| {
        fail(
            Diagnostic::error("type-mismatch", format!("Can't use this value as a key: {error}"))
                .at(at.span()),
        )
    })
}
