//! The API calls a change makes, from the schema's operations.

use super::change::{Call, ChangeAction};
use crate::diff::Difference;
use crate::kinds::{Attribute, Change as How, Schema};
use crate::value::{Map, Path, Value};
use std::collections::BTreeMap;

/// The calls of one change, in the order in which they are made.
pub(super) fn calls(
    schema: &'static Schema,
    action: ChangeAction,
    before: Option<&Map>,
    after: Option<&Map>,
    differences: &[Difference],
) -> Vec<Call> {
    match action {
        ChangeAction::Create => create(schema, after),
        ChangeAction::Update => update(schema, before, after, differences),
        ChangeAction::Delete => delete(schema, before),
        ChangeAction::Await => Vec::new(),
    }
}

fn call(operation: &'static str, paths: Vec<Path>) -> Call {
    Call { operation, paths, token: None }
}

/// Attributes whose elements have operations of their own, with the operations.
fn by_element(
    schema: &'static Schema,
) -> impl Iterator<Item = (&'static Attribute, &'static str, &'static str)> {
    schema.attributes.iter().filter_map(|attribute| match attribute.change {
        How::Elements { put, remove } => Some((attribute, put, remove)),
        _ => None,
    })
}

/// The paths of the elements of a set of texts or of a map.
fn elements(attribute: &Attribute, attributes: Option<&Map>) -> Vec<Path> {
    let at = Path::attribute(attribute.name);
    let value = attributes.and_then(|attributes| attributes.get(attribute.name));
    match value.map(|value| (value.as_map(), value.as_items())) {
        Some((Some(map), _)) => map.keys().map(|key| at.key(key.clone())).collect(),
        Some((_, Some(items))) => items.iter().filter_map(Value::as_str).map(|item| at.key(item)).collect(),
        _ => Vec::new(),
    }
}

fn create(schema: &'static Schema, after: Option<&Map>) -> Vec<Call> {
    let mut calls = vec![call(schema.create, Vec::new())];
    for (attribute, put, _) in by_element(schema) {
        calls.extend(elements(attribute, after).into_iter().map(|path| call(put, vec![path])));
    }
    in_order(schema, calls)
}

fn delete(schema: &'static Schema, before: Option<&Map>) -> Vec<Call> {
    let mut calls = vec![call(schema.delete, Vec::new())];
    for (attribute, _, remove) in by_element(schema) {
        calls.extend(elements(attribute, before).into_iter().map(|path| call(remove, vec![path])));
    }
    in_order(schema, calls)
}

fn update(
    schema: &'static Schema,
    before: Option<&Map>,
    after: Option<&Map>,
    differences: &[Difference],
) -> Vec<Call> {
    let mut grouped: BTreeMap<&'static str, Vec<Path>> = BTreeMap::new();
    let mut calls = Vec::new();
    for difference in differences {
        let path = difference.path.clone();
        match difference.change {
            How::InPlace(operation) => grouped.entry(operation).or_default().push(path),
            How::Entries { put, remove } => {
                let operation = if difference.after.is_null() { remove } else { put };
                grouped.entry(operation).or_default().push(path);
            }
            How::Elements { put, remove } if path.0.len() > 1 => {
                let operation = if difference.after.is_null() { remove } else { put };
                calls.push(call(operation, vec![path]));
            }
            // The whole collection differs because something in it is not known yet.
            How::Elements { put, remove } => {
                let (old, new): (Vec<Path>, Vec<Path>) =
                    match schema.attributes.iter().find(|attribute| path.root() == Some(attribute.name)) {
                        Some(attribute) => (elements(attribute, before), elements(attribute, after)),
                        None => continue,
                    };
                calls.extend(
                    old.iter()
                        .filter(|path| !new.contains(path))
                        .map(|path| call(remove, vec![path.clone()])),
                );
                calls.extend(
                    new.iter().filter(|path| !old.contains(path)).map(|path| call(put, vec![path.clone()])),
                );
            }
            How::Replace | How::InputOnly | How::Expanded => {}
        }
    }
    calls.extend(grouped.into_iter().map(|(operation, paths)| call(operation, paths)));
    in_order(schema, calls)
}

fn in_order(schema: &'static Schema, mut calls: Vec<Call>) -> Vec<Call> {
    let order = |call: &Call| schema.operation(call.operation).map_or(u8::MAX, |operation| operation.order);
    calls.sort_by(|a, b| {
        order(a).cmp(&order(b)).then_with(|| a.operation.cmp(b.operation)).then_with(|| a.paths.cmp(&b.paths))
    });
    calls
}
