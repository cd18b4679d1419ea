//! `for` expressions, and what `for` in templates shares with them.

use super::collections::key_text;
use super::{Env, Evaluator, Outcome, fail, unknown_because};
use crate::diagnostic::{Diagnostic, Span};
use crate::lang::ast::{Binding, For};
use crate::value::{Data, Map, Number, Text, Type, Value};
use std::collections::BTreeMap;

/// What a turn of a loop costs besides its body: both its values are made.
pub(super) const ITERATION: usize = 4;

/// (key, value) of each element, or the unknown that stands for all.
pub(super) type Elements = Result<Vec<(Value, Value)>, Value>;

impl Evaluator<'_> {
    /// The collection of a `for`: its elements as (key, value), or an unknown; and its mark.
    pub(super) fn elements(
        &self,
        binding: &Binding,
        env: Option<&Env>,
    ) -> Result<(Elements, bool), Vec<Diagnostic>> {
        let collection = self.eval(&binding.collection, env)?;
        let sensitive = collection.is_sensitive();
        let span = binding.collection.span();
        let pairs = match collection.data() {
            Data::Unknown(unknown) if !matches!(unknown.ty, Type::String | Type::Number | Type::Bool) => {
                return Ok((Err(collection.clone()), sensitive));
            }
            Data::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (Value::new(Data::Number(Number::from(index as i64))), item.clone()))
                .collect(),
            Data::Set(items) => items.iter().map(|item| (item.clone(), item.clone())).collect(),
            Data::Map(map) => {
                map.iter().map(|(key, item)| (Value::string(key.clone()), item.clone())).collect()
            }
            Data::Null => {
                return Err(fail(
                    Diagnostic::error("null-value", "Iteration over null value")
                        .at(span)
                        .label("a null value cannot be used as the collection of a for expression"),
                ));
            }
            _ => {
                return Err(fail(
                    Diagnostic::error("type-mismatch", "Iteration over non-iterable value").at(span).label(
                        format!(
                            "a {} cannot be used as the collection of a for expression",
                            collection.type_name()
                        ),
                    ),
                ));
            }
        };
        Ok((Ok(pairs), sensitive))
    }

    pub(super) fn for_expr(&self, node: &For, span: Span, env: Option<&Env>) -> Outcome {
        let (elements, mut sensitive) = self.elements(&node.binding, env)?;
        let elements = match elements {
            Ok(elements) => elements,
            Err(unknown) => return Ok(unknown_because(Type::Any, [&unknown]).mark(sensitive)),
        };
        self.spend(ITERATION * elements.len(), span)?;
        let mut result = Building::new(node);
        let mut unknown: Vec<Value> = Vec::new();
        let mut errors = Vec::new();
        for (key, value) in &elements {
            let step = self.bind(&node.binding, key, value, env, |env| self.item(node, env));
            match step {
                Ok(Item::Skipped(marked)) => sensitive |= marked,
                Ok(Item::Undecided(value)) => {
                    sensitive |= value.is_sensitive();
                    unknown.push(value);
                }
                Ok(Item::Element(value, marked)) => {
                    sensitive |= marked;
                    if let Building::List(items) = &mut result {
                        items.push(value);
                    }
                }
                Ok(Item::Entry(key, value, marked)) => {
                    sensitive |= marked;
                    if let Err(diagnostic) = result.insert(key, value, node, sensitive) {
                        errors.push(*diagnostic);
                    }
                }
                Err(more) => {
                    // One mistake in the body shows once, not once for every element.
                    errors.extend(more);
                    break;
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        if !unknown.is_empty() {
            return Ok(unknown_because(Type::Any, &unknown).mark(sensitive));
        }
        Ok(result.finish().mark(sensitive))
    }

    /// Runs `body` with the names of `binding` bound.
    pub(super) fn bind<R>(
        &self,
        binding: &Binding,
        key: &Value,
        value: &Value,
        env: Option<&Env>,
        body: impl FnOnce(Option<&Env>) -> R,
    ) -> R {
        let key_env;
        let mut outer = env;
        if let Some(name) = &binding.key {
            key_env = Env { name, value: key, outer: env };
            outer = Some(&key_env);
        }
        body(Some(&Env { name: &binding.value, value, outer }))
    }

    fn item(&self, node: &For, env: Option<&Env>) -> Result<Item, Vec<Diagnostic>> {
        let mut sensitive = false;
        if let Some(condition) = &node.condition {
            let (decided, marked) = self.condition(condition, "\"if\" clause of the for expression", env)?;
            sensitive |= marked;
            match decided {
                Ok(true) => {}
                Ok(false) => return Ok(Item::Skipped(sensitive)),
                Err(unknown) => return Ok(Item::Undecided(unknown.mark(sensitive))),
            }
        }
        let Some(key_expr) = &node.key else {
            return Ok(Item::Element(self.eval(&node.value, env)?, sensitive));
        };
        let key = self.eval(key_expr, env).and_then(|key| key_text(key, key_expr))?;
        sensitive |= key.is_sensitive();
        let value = self.eval(&node.value, env)?;
        match key.data() {
            Data::String(name) => Ok(Item::Entry(name.clone(), value, sensitive)),
            _ => Ok(Item::Undecided(key)),
        }
    }
}

/// What one element contributes; the bool says whether what decided it is sensitive.
enum Item {
    Skipped(bool),
    Undecided(Value),
    Element(Value, bool),
    Entry(Text, Value, bool),
}

enum Building {
    List(Vec<Value>),
    Map(Map),
    Groups(BTreeMap<Text, Vec<Value>>),
}

impl Building {
    fn new(node: &For) -> Self {
        match (&node.key, node.grouping) {
            (None, _) => Self::List(Vec::new()),
            (Some(_), false) => Self::Map(Map::new()),
            (Some(_), true) => Self::Groups(BTreeMap::new()),
        }
    }

    fn insert(&mut self, key: Text, value: Value, node: &For, secret: bool) -> Result<(), Box<Diagnostic>> {
        match self {
            Self::List(_) => {}
            Self::Groups(groups) => groups.entry(key).or_default().push(value),
            Self::Map(map) => {
                if map.contains_key(&key) {
                    let at = node.key.as_ref().map_or(node.value.span(), |key| key.span());
                    let shown =
                        if secret { "the same key".to_string() } else { format!("the key \"{key}\"") };
                    return Err(Box::new(
                        Diagnostic::error(
                            "duplicate-key",
                            format!("Two different items produced {shown} in this for expression"),
                        )
                        .at(at)
                        .help("if duplicates are expected, use the ellipsis (...) after the value to group by key"),
                    ));
                }
                map.insert(key, value);
            }
        }
        Ok(())
    }

    fn finish(self) -> Value {
        match self {
            Self::List(items) => Value::list(items),
            Self::Map(map) => Value::map(map),
            Self::Groups(groups) => {
                Value::map(groups.into_iter().map(|(key, items)| (key, Value::list(items))).collect())
            }
        }
    }
}
