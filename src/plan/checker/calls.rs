//! The calls of a change cover what differs, and nothing else.

use super::{Checker, name, untold};
use crate::diff::canonical;
use crate::kinds::{Attribute, Change as How, Ty};
use crate::plan::change::{Change, ChangeAction};
use crate::value::{Map, Path, Value};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// An operation, and a path it has to be for.
type Needed = BTreeSet<(&'static str, Path)>;

pub(super) fn check(checker: &mut Checker<'_>) {
    let plan = checker.plan;
    let mut tokens = FxHashSet::default();
    for change in &plan.changes {
        for call in &change.calls {
            let mut say = |what: &str| checker.say(format!("{}: {} {what}", name(change), call.operation));
            match (change.schema.operation(call.operation), &call.token) {
                (None, _) => say("is no operation of its kind"),
                (Some(operation), None) if operation.token => say("has no token"),
                (Some(operation), Some(_)) if !operation.token => say("takes no token and has one"),
                // EKS takes 33 to 126 characters.
                (_, Some(token)) if !(33..=126).contains(&token.len()) || !tokens.insert(token) => {
                    say("has no token of its own");
                }
                _ => {}
            }
        }
        let orders: Vec<u8> = change
            .calls
            .iter()
            .filter_map(|call| Some(change.schema.operation(call.operation)?.order))
            .collect();
        if !orders.is_sorted() {
            checker.say(format!("the calls of {} are not in order", name(change)));
        }
        let none = Map::new();
        let (before, after) =
            (change.before.as_ref().unwrap_or(&none), change.after.as_ref().unwrap_or(&none));
        let needed = match change.action {
            ChangeAction::Create => elements(change, after, true),
            ChangeAction::Delete => elements(change, before, false),
            ChangeAction::Update => differences(checker, change, before, after),
            ChangeAction::Await => Needed::new(),
        };
        compare(checker, change, needed);
    }
}

fn compare(checker: &mut Checker<'_>, change: &Change, needed: Needed) {
    let whole = match change.action {
        ChangeAction::Create => Some(change.schema.create),
        ChangeAction::Delete => Some(change.schema.delete),
        _ => None,
    };
    let mut made = Needed::new();
    for call in &change.calls {
        if Some(call.operation) == whole {
            made.insert((call.operation, Path::ROOT));
        } else if call.paths.is_empty() {
            checker.say(format!("{}: {} is for nothing", name(change), call.operation));
        }
        for path in &call.paths {
            if !made.insert((call.operation, path.clone())) {
                checker.say(format!("{}: {} for {path} twice", name(change), call.operation));
            }
        }
    }
    let needed: Needed = needed.into_iter().chain(whole.map(|operation| (operation, Path::ROOT))).collect();
    for (operation, path) in needed.difference(&made) {
        checker.say(format!("{}: {operation} is not called for {path}", name(change)));
    }
    for (operation, path) in made.difference(&needed) {
        checker.say(format!("{}: {operation} is called for {path}, which needs none", name(change)));
    }
    if change.action == ChangeAction::Update && change.calls.is_empty() {
        checker.say(format!("{} calls nothing", name(change)));
    }
    // Entries and groups go in one call each.
    for (index, call) in change.calls.iter().enumerate() {
        let again = change.calls[index + 1..].iter().any(|other| other.operation == call.operation);
        let by_element = change.schema.attributes.iter().any(|attribute| {
            matches!(attribute.change, How::Elements { put, remove }
                if call.operation == put || call.operation == remove)
        });
        if again && !by_element {
            checker.say(format!("{}: {} is called more than once", name(change), call.operation));
        }
    }
}

/// Creation and deletion do not carry what has operations of its own.
fn elements(change: &Change, values: &Map, created: bool) -> Needed {
    let mut needed = Needed::new();
    for attribute in change.schema.attributes {
        let How::Elements { put, remove } = attribute.change else { continue };
        let operation = if created { put } else { remove };
        for key in keys(values.get(attribute.name)) {
            needed.insert((operation, Path::attribute(attribute.name).key(key)));
        }
    }
    needed
}

fn keys(value: Option<&Value>) -> Vec<String> {
    let Some(value) = value else { return Vec::new() };
    match (value.as_map(), value.as_items()) {
        (Some(map), _) => map.keys().map(ToString::to_string).collect(),
        (_, Some(items)) => items.iter().filter_map(Value::as_str).map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn differences(checker: &mut Checker<'_>, change: &Change, before: &Map, after: &Map) -> Needed {
    let mut needed = Needed::new();
    let mut problems = Vec::new();
    walk(change.schema.attributes, before, after, &Path::ROOT, &mut needed, &mut problems);
    for path in problems {
        checker.say(format!("{} changes {path}, which cannot change in place", name(change)));
    }
    needed
}

fn walk(
    attributes: &[Attribute],
    before: &Map,
    after: &Map,
    at: &Path,
    needed: &mut Needed,
    stuck: &mut Vec<Path>,
) {
    for attribute in attributes {
        let silent = !attribute.returned || matches!(attribute.change, How::Expanded);
        // Only AWS sets the computed ones, but for eksform's own tags.
        let computed = attribute.is_computed() && attribute.change == How::InputOnly;
        let skipped = silent || computed || untold(attribute, before);
        let Some(new) = after.get(attribute.name).filter(|_| !skipped) else { continue };
        let old = before.get(attribute.name).unwrap_or(const { &Value::NULL });
        let path = at.attr(attribute.name);
        let same = old == new || canonical(attribute, old) == canonical(attribute, new);
        if same && !new.contains_unknown() {
            continue;
        }
        match (attribute.ty, old.as_map(), new.as_map()) {
            (Ty::Block(nested), Some(old), Some(new)) => walk(nested, old, new, &path, needed, stuck),
            (Ty::Keyed { attributes: nested, .. }, _, Some(new)) => {
                let none = Map::new();
                let old = old.as_map().unwrap_or(&none);
                let both: BTreeSet<_> = old.keys().chain(new.keys()).collect();
                for key in both {
                    let sides = (old.get(key).and_then(Value::as_map), new.get(key).and_then(Value::as_map));
                    let path = path.key(key.clone());
                    match sides {
                        (Some(old), Some(new)) => walk(nested, old, new, &path, needed, stuck),
                        _ => leaf(attribute, &path, &Value::NULL, &Value::from(true), needed, stuck),
                    }
                }
            }
            _ => leaf(attribute, &path, old, new, needed, stuck),
        }
    }
}

fn leaf(
    attribute: &Attribute,
    path: &Path,
    old: &Value,
    new: &Value,
    needed: &mut Needed,
    stuck: &mut Vec<Path>,
) {
    match attribute.change {
        How::InPlace(operation) => {
            needed.insert((operation, path.clone()));
        }
        How::Entries { put, remove } | How::Elements { put, remove } if new.is_null() || keyed(new) => {
            let by_meaning = |side: &Value| canonical(attribute, side);
            let (old, new) = (by_meaning(old), by_meaning(new));
            let (had, has) = (keys(Some(&old)), keys(Some(&new)));
            if !keyed(&new) {
                // A single value that goes.
                needed.insert((remove, path.clone()));
            }
            for key in had.iter().filter(|key| keyed(&new) && !has.contains(key)) {
                needed.insert((remove, path.key(key.as_str())));
            }
            for key in has {
                let same = had.contains(&key)
                    && old.get(&key) == new.get(&key)
                    && !new.get(&key).is_some_and(Value::contains_unknown);
                if !same {
                    needed.insert((put, path.key(key.as_str())));
                }
            }
        }
        How::Entries { put, .. } | How::Elements { put, .. } => {
            needed.insert((put, path.clone()));
        }
        How::Replace => stuck.push(path.clone()),
        How::InputOnly | How::Expanded => {}
    }
}

fn keyed(value: &Value) -> bool {
    value.as_map().is_some() || value.as_items().is_some()
}
