//! Policies made ready to be compared line by line: what means the same on both sides is written the
//! same on both sides.

use crate::kinds::policy;
use crate::value::{Data, Map, Value};
use std::collections::BTreeSet;

/// Two policies in the words and the order of `after`. A side that cannot be read stays as it is.
pub fn policies(before: &Value, after: &Value) -> (Value, Value) {
    let (old, new) = (readable(before), readable(after));
    let (Some(old_map), Some(new_map)) = (old.as_map(), new.as_map()) else { return (old, new) };
    if old.is_sensitive() || new.is_sensitive() {
        return (old, new);
    }
    if canonical(&old) == canonical(&new) && !new.contains_unknown() {
        return (new.clone(), new);
    }
    both_maps(old_map, new_map, |key, old, new| match key {
        "Statement" => statements(old, new),
        _ => (old.clone(), new.clone()),
    })
}

/// A policy as it is shown: parsed if it is text.
pub fn readable(value: &Value) -> Value {
    match value.data() {
        Data::String(text) if !value.is_sensitive() => policy::parse(text).unwrap_or_else(|_| value.clone()),
        _ => value.clone(),
    }
}

fn canonical(document: &Value) -> Value {
    policy::canonical(document).unwrap_or_else(|_| document.clone())
}

fn canonical_statement(statement: &Value) -> Value {
    canonical(&Value::object([("Statement", statement.clone())]))
}

fn canonical_element(key: &str, value: &Value) -> Value {
    canonical_statement(&Value::object([(key, value.clone())]))
}

/// Joins two maps key by key. What is marked sensitive is left alone, so that no mark gets lost.
fn both_maps(old: &Map, new: &Map, join: impl Fn(&str, &Value, &Value) -> (Value, Value)) -> (Value, Value) {
    let (mut before, mut after) = (old.clone(), new.clone());
    for (key, old) in old {
        if let Some(new) = new.get(key).filter(|new| !new.is_sensitive() && !old.is_sensitive()) {
            let (old, new) = join(key, old, new);
            before.insert(key.clone(), old);
            after.insert(key.clone(), new);
        }
    }
    (Value::map(before), Value::map(after))
}

fn list(value: &Value) -> Vec<Value> {
    match value.data() {
        Data::List(items) | Data::Set(items) => items.to_vec(),
        _ => vec![value.clone()],
    }
}

/// The statements of both sides as lists. A statement of `old` that means the same as one of `new`
/// takes its words and its rank; of the others, those with the same Sid, or that share enough, face
/// each other.
fn statements(old: &Value, new: &Value) -> (Value, Value) {
    if old.is_unknown() || new.is_unknown() {
        return (old.clone(), new.clone());
    }
    let (olds, news) = (list(old), list(new));
    let meanings: Vec<Value> = olds.iter().map(canonical_statement).collect();
    let mut free: BTreeSet<usize> = (0..olds.len()).collect();
    let mut partners: Vec<Option<usize>> = vec![None; news.len()];
    let mut pair = |test: &dyn Fn(usize, &Value) -> bool| {
        for (partner, new) in partners.iter_mut().zip(&news) {
            if partner.is_none() {
                *partner = free.iter().copied().find(|old| test(*old, new));
                partner.map(|old| free.remove(&old));
            }
        }
    };
    pair(&|old, new| meanings[old] == canonical_statement(new));
    pair(&|old, new| sid(&olds[old]).is_some() && sid(&olds[old]) == sid(new));
    pair(&|old, new| sid(&olds[old]).is_none() && sid(new).is_none() && related(&olds[old], new));
    if let ([only], 1) = (&*olds, news.len()) {
        let (old, new) = statement(only, &news[0]);
        return (Value::list(vec![old]), Value::list(vec![new]));
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (partner, new) in partners.into_iter().zip(&news) {
        let Some(old) = partner else {
            after.push(new.clone());
            continue;
        };
        let (old, new) = statement(&olds[old], new);
        before.push(old);
        after.push(new);
    }
    before.extend(free.into_iter().map(|old| olds[old].clone()));
    (Value::list(before), Value::list(after))
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())
}

/// Whether two statements share enough to be shown as one that changes.
fn related(old: &Value, new: &Value) -> bool {
    let same = |key: &str| match (old.get(key), new.get(key)) {
        (Some(old), Some(new)) => canonical_element(key, old) == canonical_element(key, new),
        _ => false,
    };
    same("Effect") && ["Action", "Resource", "Principal", "Condition"].into_iter().any(same)
}

/// Two statements element by element.
fn statement(old: &Value, new: &Value) -> (Value, Value) {
    let (Some(olds), Some(news)) = (old.as_map(), new.as_map()) else { return (old.clone(), new.clone()) };
    if old.is_sensitive() || new.is_sensitive() {
        return (old.clone(), new.clone());
    }
    both_maps(olds, news, |key, old, new| {
        if canonical_element(key, old) == canonical_element(key, new) {
            return (new.clone(), new.clone());
        }
        match (key, old.as_map(), new.as_map()) {
            ("Principal" | "NotPrincipal", Some(old), Some(new)) => both_maps(old, new, |kind, old, new| {
                words(old, new, |word| canonical_element(key, &Value::object([(kind, word.clone())])))
            }),
            ("Condition", Some(old), Some(new)) => {
                both_maps(old, new, |_, old, new| match (old.as_map(), new.as_map()) {
                    (Some(old), Some(new)) => both_maps(old, new, |_, old, new| words(old, new, text)),
                    _ => (old.clone(), new.clone()),
                })
            }
            ("Action" | "NotAction" | "Resource" | "NotResource", _, _) => {
                words(old, new, |word| canonical_element(key, word))
            }
            _ => (old.clone(), new.clone()),
        }
    })
}

/// `true` and `"true"` are one condition value.
fn text(value: &Value) -> Value {
    match value.data() {
        Data::Bool(flag) => Value::from(flag.to_string()),
        Data::Number(number) => Value::from(number.to_string()),
        _ => value.clone(),
    }
}

/// Two sets of words; a word in both is written as in `new`. One word for one other stays a word.
fn words(old: &Value, new: &Value, meaning: impl Fn(&Value) -> Value) -> (Value, Value) {
    if old.is_unknown() || new.is_unknown() {
        return (old.clone(), new.clone());
    }
    let (olds, news) = (list(old), list(new));
    let meanings: std::collections::BTreeMap<Value, &Value> =
        news.iter().map(|new| (meaning(new), new)).collect();
    let in_new_words = |old: &Value| meanings.get(&meaning(old)).map_or(old, |new| *new).clone();
    match (&*olds, &*news) {
        ([old], [new]) => (in_new_words(old), new.clone()),
        _ => (Value::set(olds.iter().map(in_new_words).collect()), Value::set(news)),
    }
}
