//! Attributes, indexes and splats.

use super::{Env, Evaluator, Outcome, collect, fail, unknown_because};
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::lang::ast::{Expr, Kind, Step, StepKind};
use crate::lang::convert;
use crate::value::{Data, Type, Unknown, Value};

impl Evaluator<'_> {
    pub(super) fn traversal(&self, base: &Expr, steps: &[Step], env: Option<&Env>) -> Outcome {
        if let Kind::Variable(name) = base.kind()
            && Env::find(env, name).is_none()
        {
            let attrs: Vec<&str> = steps
                .iter()
                .map_while(|step| match &step.kind {
                    StepKind::Attribute(name) => Some(&**name),
                    _ => None,
                })
                .collect();
            let end = attrs.len().checked_sub(1).map_or(base.span().end, |last| steps[last].span.end);
            let span = Span { end: end.max(base.span().end), ..base.span() };
            let (value, taken) = self.scope.lookup(name, &attrs, span).map_err(|error| fail(*error))?;
            let value = self.steps(value, &steps[taken.min(attrs.len())..], env)?;
            self.scope.read(&value);
            return Ok(value);
        }
        let value = self.eval(base, env)?;
        self.steps(value, steps, env)
    }

    fn steps(&self, mut value: Value, steps: &[Step], env: Option<&Env>) -> Outcome {
        let mut rest = steps.iter();
        while let Some(step) = rest.next() {
            self.spend(1, step.span)?;
            value = match &step.kind {
                StepKind::Attribute(name) => attribute(value, name, step.span)?,
                StepKind::Index(expr) => {
                    let key = self.eval(expr, env)?;
                    index(value, key, expr.span())?
                }
                StepKind::LegacyIndex(at) => {
                    index(value, Value::from(i64::try_from(*at).unwrap_or(i64::MAX)), step.span)?
                }
                StepKind::FullSplat => return self.splat(value, rest.as_slice(), step.span, env),
                StepKind::AttributeSplat => {
                    // Only what follows dots belongs to this splat; an index selects from its result.
                    let all = rest.as_slice();
                    let dotted =
                        |step: &&Step| matches!(step.kind, StepKind::Attribute(_) | StepKind::LegacyIndex(_));
                    let names = all.iter().take_while(dotted).count();
                    let (inner, outer) = all.split_at(names);
                    rest = outer.iter();
                    self.splat(value, inner, step.span, env)?
                }
            };
        }
        Ok(value)
    }

    fn splat(&self, value: Value, rest: &[Step], span: Span, env: Option<&Env>) -> Outcome {
        let sensitive = value.is_sensitive();
        let items = match value.data() {
            Data::Null => Vec::new(),
            Data::List(items) | Data::Set(items) => items.to_vec(),
            // Whether it will be one element or many (or null) is open.
            Data::Unknown(unknown) => return Ok(self.unknown_splat(unknown, rest, env)?.mark(sensitive)),
            _ => vec![value.clone().unmark()],
        };
        self.spend(items.len(), span)?;
        let items =
            collect(items.into_iter().map(|item| self.steps(item, rest, env))).map_err(|mut errors| {
                errors.truncate(1);
                errors
            })?;
        Ok(Value::list(items).mark(sensitive))
    }

    /// The splat of what is unknown: a list of whatever the steps make of an element.
    fn unknown_splat(&self, unknown: &Unknown, rest: &[Step], env: Option<&Env>) -> Outcome {
        let element = match &unknown.ty {
            Type::List(element) | Type::Set(element) => Type::clone(element),
            Type::Any | Type::Tuple(_) => Type::Any,
            other => other.clone(),
        };
        let item = self.steps(Value::unknown(Unknown { ty: element, ..unknown.clone() }), rest, env)?;
        let ty = Type::list(convert::type_of(&item).unwrap_or_default());
        Ok(Value::unknown(Unknown { ty, ..unknown.clone() }).mark(item.contains_sensitive()))
    }
}

/// `value.name`
pub(crate) fn attribute(value: Value, name: &str, span: Span) -> Outcome {
    let sensitive = value.is_sensitive();
    let error = |label: String| {
        Diagnostic::error("unsupported-attribute", "Unsupported attribute").at(span).label(label)
    };
    match value.data() {
        Data::Map(map) => match map.get(name) {
            Some(found) => Ok(found.clone().mark(sensitive)),
            None => {
                let mut error = error(format!("this object does not have an attribute named \"{name}\""));
                if !map.is_empty() && map.len() <= 50 && !sensitive {
                    error = error.help(did_you_mean(name, map.keys().map(|key| &**key)));
                }
                Err(fail(error))
            }
        },
        Data::Unknown(unknown) => {
            let ty = match &unknown.ty {
                Type::Any => Type::Any,
                Type::Map(element) => Type::clone(element),
                Type::Object(attributes) => match attributes.get(name) {
                    Some(attribute) => attribute.ty.clone(),
                    None => {
                        return Err(fail(
                            error(format!("this object does not have an attribute named \"{name}\""))
                                .help(did_you_mean(name, attributes.keys().map(|key| &**key))),
                        ));
                    }
                },
                other => return Err(fail(error(no_attributes(other.name(), name)))),
            };
            Ok(Value::unknown(Unknown { ty, ..Unknown::clone(unknown) }).mark(sensitive))
        }
        Data::Null => Err(fail(
            Diagnostic::error("null-value", "Attempt to get attribute from null value")
                .at(span)
                .label("this value is null, so it does not have any attributes"),
        )),
        _ => Err(fail(error(no_attributes(value.type_name(), name)))),
    }
}

fn no_attributes(kind: &str, name: &str) -> String {
    match kind {
        "list" | "set" | "tuple" => {
            format!("this is a {kind}; use [*].{name} for all elements, or an index for one of them")
        }
        kind => format!("a {kind} does not have any attributes"),
    }
}

/// `value[key]`
pub(crate) fn index(value: Value, key: Value, span: Span) -> Outcome {
    let sensitive = value.is_sensitive() || key.is_sensitive();
    let invalid =
        |label: String| fail(Diagnostic::error("invalid-index", "Invalid index").at(span).label(label));
    if value.is_null() {
        return Err(fail(
            Diagnostic::error("null-value", "Attempt to index null value")
                .at(span)
                .label("this value is null, so it does not have any indices"),
        ));
    }
    if key.is_null() {
        return Err(invalid("a null value cannot be used as an index".to_string()));
    }
    let by_number = |key: Value| {
        convert::convert(key, &Type::Number)
            .map_err(|_| invalid("a number is required to select from a list".to_string()))
    };
    let by_text = |key: Value| {
        convert::convert(key, &Type::String)
            .map_err(|_| invalid("a string is required to select from an object".to_string()))
    };
    match value.data() {
        Data::List(items) => {
            let key = by_number(key)?;
            let Some(number) = key.as_number() else {
                return Ok(unknown_because(Type::Any, [&key]).mark(sensitive));
            };
            match number.as_usize().and_then(|at| items.get(at)) {
                Some(item) => Ok(item.clone().mark(sensitive)),
                None if !number.is_integer() => {
                    Err(invalid("a list is indexed by whole numbers".to_string()))
                }
                None if number.is_negative() => {
                    Err(invalid("a negative index does not identify an element".to_string()))
                }
                None => Err(invalid(match items.len() {
                    0 => "the list is empty".to_string(),
                    1 => "the list has one element, so the only index is 0".to_string(),
                    many => format!("the list has {many} elements, so the last index is {}", many - 1),
                })),
            }
        }
        Data::Map(map) => {
            let key = by_text(key)?;
            let Some(name) = key.as_str() else {
                return Ok(unknown_because(Type::Any, [&key]).mark(sensitive));
            };
            match map.get(name) {
                Some(item) => Ok(item.clone().mark(sensitive)),
                None => {
                    let mut error = Diagnostic::error("invalid-index", "Invalid index").at(span);
                    if !sensitive {
                        error = error.label(format!("there is no element {name:?}"));
                        if map.len() <= 50 {
                            error = error.help(did_you_mean(name, map.keys().map(|key| &**key)));
                        }
                    }
                    Err(fail(error))
                }
            }
        }
        Data::Set(_) => Err(invalid("the elements of a set have no index".to_string())
            .into_iter()
            .map(|error| error.help("convert it with tolist(…), or use a for expression"))
            .collect()),
        Data::Unknown(unknown) => {
            let ty = match &unknown.ty {
                Type::Any => Type::Any,
                Type::List(element) => {
                    by_number(key.clone())?;
                    Type::clone(element)
                }
                Type::Map(element) => {
                    by_text(key.clone())?;
                    Type::clone(element)
                }
                Type::Tuple(types) => match by_number(key.clone())?.as_number() {
                    Some(number) => match number.as_usize().and_then(|at| types.get(at)) {
                        Some(ty) => ty.clone(),
                        None => return Err(invalid(format!("the tuple has {} elements", types.len()))),
                    },
                    None => Type::Any,
                },
                Type::Object(attributes) => match by_text(key.clone())?.as_str() {
                    Some(name) => match attributes.get(name) {
                        Some(attribute) => attribute.ty.clone(),
                        None => return Err(invalid(format!("there is no element {name:?}"))),
                    },
                    None => Type::Any,
                },
                other => return Err(invalid(format!("a {} does not have any indices", other.name()))),
            };
            Ok(unknown_because(ty, [&value, &key]).mark(sensitive))
        }
        _ => Err(invalid(format!("a {} does not have any indices", value.type_name()))),
    }
}
