//! What one instance will be, and what differs from what it is.

use super::compare::canonical;
use crate::kinds::{Attribute, Change, OWNERSHIP, Omitted, Schema, Ty};
use crate::live::{Fact, Object, Phase, Seen};
use crate::value::{Address, KeyPart, Map, Path, Place, Text, Type, Value, Want};

/// What has to happen to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    NoOp,
    Create,
    Update,
    /// Delete, then create: the identity stays, so the old one has to go first.
    Replace,
    /// Nothing differs, but AWS is still working on it.
    Await,
    /// Not known yet: reading has not happened or failed.
    Undecided,
}

/// One place where what is differs from what will be.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub path: Path,
    /// As AWS has it, null if it is not there.
    pub before: Value,
    /// As it will be, null if it goes.
    pub after: Value,
    /// What the change takes.
    pub change: Change,
}

impl Difference {
    pub fn forces_replacement(&self) -> bool {
        self.change == Change::Replace
    }
}

/// Whether nothing differs but eksform's own tags.
pub fn only_ownership(differences: &[Difference]) -> bool {
    differences.iter().all(|difference| difference.path.root() == Some(OWNERSHIP))
}

/// What happens to an instance, and where it differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub action: Action,
    pub differences: Vec<Difference>,
}

/// A proposal with the attributes the instance will have, which is what others read of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    pub proposal: Proposal,
    pub after: Map,
    /// The state of the object it was compared with.
    pub seen: Option<Seen>,
}

/// One instance to propose for.
pub struct Subject<'a> {
    pub schema: &'static Schema,
    pub address: &'a Address,
    /// Where it lives, once that is known.
    pub place: Option<&'a Place>,
    /// Its natural key, once that is known.
    pub key: &'a [KeyPart],
    /// The attributes of the files with their defaults; an attribute that AWS fills is absent.
    pub desired: &'a Map,
}

/// What is known of the live object.
pub enum Observed<'a> {
    /// Reading it is among these wants.
    Pending(Vec<Want>),
    Fact(&'a Fact<Object>),
}

/// Compares one instance with what is live. Pure; the one differ of every kind.
pub fn propose(subject: &Subject<'_>, observed: &Observed<'_>) -> Proposed {
    match observed {
        Observed::Pending(wants) => undecided(subject, wants),
        Observed::Fact(Fact::Denied(_)) => undecided(subject, &[]),
        Observed::Fact(Fact::Absent) => create(subject, Action::Create),
        Observed::Fact(Fact::Known(object)) => {
            let proposed = match object.phase {
                Phase::Deleting => create(subject, Action::Create),
                Phase::Failed => replacement(subject, object),
                Phase::Settled | Phase::Busy => update(subject, object),
            };
            Proposed { seen: seen(subject, object), ..proposed }
        }
    }
}

/// The state of the object, once it is known how AWS names it.
fn seen(subject: &Subject<'_>, object: &Object) -> Option<Seen> {
    let place = subject.place.filter(|_| subject.key.len() == subject.schema.identity.len())?;
    Some(Seen::new(place, subject.schema.kind, subject.key, object))
}

/// The proposal for an object that is to be made anew, whether it differs or not. What does not exist, or was
/// not read, is proposed as ever.
pub fn propose_anew(subject: &Subject<'_>, observed: &Observed<'_>) -> Proposed {
    match observed {
        Observed::Fact(Fact::Known(object)) if object.phase != Phase::Deleting => {
            Proposed { seen: seen(subject, object), ..replacement(subject, object) }
        }
        _ => propose(subject, observed),
    }
}

/// Nothing was read: what the files say holds, the rest is pending.
fn undecided(subject: &Subject<'_>, wants: &[Want]) -> Proposed {
    let mut after = subject.desired.clone();
    let predicted = predicted(subject, &after);
    for attribute in subject.schema.attributes {
        if !after.contains_key(attribute.name) && attribute.returned && attribute.change != Change::Expanded {
            let value = predicted.iter().find(|(name, _)| *name == attribute.name).map_or_else(
                || Value::pending(attribute_type(attribute.ty), wants.iter().cloned()),
                |(_, value)| value.clone(),
            );
            after.insert(Text::new_static(attribute.name), value);
        }
    }
    Proposed { proposal: Proposal { action: Action::Undecided, differences: Vec::new() }, after, seen: None }
}

/// What an instance becomes that is replaced whatever differs.
fn replacement(subject: &Subject<'_>, object: &Object) -> Proposed {
    let differences = differences(subject, object);
    let mut proposed = create(subject, Action::Replace);
    proposed.proposal.differences = differences;
    proposed
}

fn create(subject: &Subject<'_>, action: Action) -> Proposed {
    let mut after = filled(subject.schema.attributes, subject.desired, None, &Path::ROOT, subject.address);
    for (name, value) in predicted(subject, &after) {
        after.insert(Text::new_static(name), value);
    }
    Proposed { proposal: Proposal { action, differences: Vec::new() }, after, seen: None }
}

fn update(subject: &Subject<'_>, object: &Object) -> Proposed {
    let differences = differences(subject, object);
    if differences.iter().any(Difference::forces_replacement) {
        let mut proposed = create(subject, Action::Replace);
        proposed.proposal.differences = differences;
        return proposed;
    }
    let changed = |name: &str| differences.iter().any(|difference| difference.path.root() == Some(name));
    let mut after = known(subject.schema.attributes, &object.attributes);
    for attribute in subject.schema.attributes {
        let live = object.attributes.get(attribute.name);
        let path = || Path::attribute(Text::new_static(attribute.name));
        let value = match (attribute.omitted, subject.desired.get(attribute.name)) {
            (_, Some(desired)) if live.is_none() || changed(attribute.name) => {
                nested_filled(attribute, desired, live, &path(), subject.address)
            }
            (Omitted::Computed { stable: false }, None) if !differences.is_empty() => {
                Value::after_apply(attribute_type(attribute.ty), subject.address.clone(), path())
            }
            _ if live.is_none() => Value::NULL,
            _ => continue,
        };
        after.insert(Text::new_static(attribute.name), value);
    }
    // A prediction that depends on what changes in place (a target role) follows the change.
    if !differences.is_empty() {
        for (name, value) in predicted(subject, &after) {
            if after.get(name).is_some_and(|old| *old != value) {
                after.insert(Text::new_static(name), value);
            }
        }
    }
    let action = match (differences.is_empty(), object.phase) {
        (false, _) => Action::Update,
        (true, Phase::Busy) => Action::Await,
        (true, _) => Action::NoOp,
    };
    Proposed { proposal: Proposal { action, differences }, after, seen: None }
}

fn predicted(subject: &Subject<'_>, after: &Map) -> Vec<(&'static str, Value)> {
    match subject.place {
        Some(place) if subject.key.len() == subject.schema.identity.len() => {
            (subject.schema.predict)(place, subject.key, after)
        }
        _ => Vec::new(),
    }
}

/// What of `values` the attributes know, which is all there is as a rule.
fn known(attributes: &[Attribute], values: &Map) -> Map {
    let known = |name: &str| attributes.iter().any(|attribute| attribute.name == name);
    if values.keys().all(|name| known(name)) {
        return values.clone();
    }
    let mut kept = values.clone();
    kept.retain(|name, _| known(name));
    kept
}

/// `desired` with what the files leave to AWS: as it is live, else known after apply.
fn filled(attributes: &[Attribute], desired: &Map, live: Option<&Map>, at: &Path, address: &Address) -> Map {
    let mut after = known(attributes, desired);
    for attribute in attributes {
        let path = || at.attr(Text::new_static(attribute.name));
        let live = live.and_then(|live| live.get(attribute.name));
        let value = match desired.get(attribute.name) {
            Some(block) if matches!(attribute.ty, Ty::Block(_)) => {
                nested_filled(attribute, block, live, &path(), address)
            }
            Some(_) => continue,
            None if !attribute.returned || attribute.change == Change::Expanded => continue,
            None => match live {
                Some(live) => live.clone(),
                None => Value::after_apply(attribute_type(attribute.ty), address.clone(), path()),
            },
        };
        after.insert(Text::new_static(attribute.name), value);
    }
    after
}

fn nested_filled(
    attribute: &Attribute,
    desired: &Value,
    live: Option<&Value>,
    path: &Path,
    address: &Address,
) -> Value {
    match (attribute.ty, desired.as_map()) {
        (Ty::Block(attributes), Some(block)) => {
            let live = live.and_then(Value::as_map);
            Value::map(filled(attributes, block, live, path, address)).mark(desired.is_sensitive())
        }
        _ => desired.clone(),
    }
}

/// The language's type of a schema's type, for unknown values.
pub fn attribute_type(ty: Ty) -> Type {
    match ty {
        Ty::Bool => Type::Bool,
        Ty::Number => Type::Number,
        Ty::String => Type::String,
        Ty::Any => Type::Any,
        Ty::Set(element) => Type::set(attribute_type(*element)),
        Ty::List(element) => Type::list(attribute_type(*element)),
        Ty::Map(element) => Type::map(attribute_type(*element)),
        Ty::Block(_) | Ty::Keyed { .. } | Ty::Blocks(_) => Type::Any,
    }
}

fn differences(subject: &Subject<'_>, object: &Object) -> Vec<Difference> {
    let mut found = Vec::new();
    compare_all(subject.schema.attributes, subject.desired, &object.attributes, &Path::ROOT, &mut found);
    found
}

fn compare_all(attributes: &[Attribute], desired: &Map, live: &Map, at: &Path, found: &mut Vec<Difference>) {
    for attribute in attributes {
        let compared = attribute.returned && !matches!(attribute.change, Change::Expanded);
        // AWS does not tell it of every object (the namespace of an add-on of old).
        let untold = matches!(attribute.omitted, Omitted::FilledByAws) && !live.contains_key(attribute.name);
        // What the files leave to AWS is absent in `desired`.
        if let (true, false, Some(after)) = (compared, untold, desired.get(attribute.name)) {
            let before = live.get(attribute.name).unwrap_or(&Value::NULL);
            // What is the same means the same.
            if before != after || after.contains_unknown() {
                compare(attribute, before, after, &at.attr(Text::new_static(attribute.name)), found);
            }
        }
    }
}

fn compare(attribute: &Attribute, before: &Value, after: &Value, path: &Path, found: &mut Vec<Difference>) {
    let by_meaning = (canonical(attribute, before), canonical(attribute, after));
    if by_meaning.0 == by_meaning.1 && !after.contains_unknown() {
        return;
    }
    let difference = |path: Path, before: &Value, after: &Value| Difference {
        path,
        before: before.clone(),
        after: after.clone(),
        change: attribute.change,
    };
    match (attribute.ty, before.as_map(), after.as_map()) {
        (Ty::Block(nested), Some(before), Some(after)) => compare_all(nested, after, before, path, found),
        (Ty::Keyed { attributes, .. }, _, Some(after)) => {
            let empty = Map::new();
            for (key, before, after) in pairs(before.as_map().unwrap_or(&empty), after) {
                match (before.as_map(), after.as_map()) {
                    (Some(before), Some(after)) => {
                        compare_all(attributes, after, before, &path.key(key.clone()), found)
                    }
                    _ => found.push(difference(path.key(key.clone()), before, after)),
                }
            }
        }
        (Ty::Map(_), _, Some(after)) => {
            let empty = Map::new();
            let canonical_entry = |side: &Value, key: &Text| side.get(key).cloned();
            for (key, before, after) in pairs(before.as_map().unwrap_or(&empty), after) {
                if canonical_entry(&by_meaning.0, key) != canonical_entry(&by_meaning.1, key)
                    || after.contains_unknown()
                {
                    found.push(difference(path.key(key.clone()), before, after));
                }
            }
        }
        (Ty::Set(_), _, _) if matches!(attribute.change, Change::Elements { .. }) => {
            let (old, new) = (before.as_items().unwrap_or_default(), after.as_items().unwrap_or_default());
            for gone in old.iter().filter(|item| !new.contains(item)) {
                found.push(difference(path.key(gone.as_str().unwrap_or_default()), gone, &Value::NULL));
            }
            for added in new.iter().filter(|item| !old.contains(item)) {
                found.push(difference(path.key(added.as_str().unwrap_or_default()), &Value::NULL, added));
            }
        }
        _ => found.push(difference(path.clone(), before, after)),
    }
}

/// The entries of two maps by key, null where one side has none.
fn pairs<'a>(before: &'a Map, after: &'a Map) -> Vec<(&'a Text, &'a Value, &'a Value)> {
    let keys: std::collections::BTreeSet<&Text> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .map(|key| {
            let side = |map: &'a Map| map.get(key).unwrap_or(const { &Value::NULL });
            (key, side(before), side(after))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;
    use crate::live::Owner;

    #[test]
    fn what_aws_does_not_tell_is_no_difference() {
        let schema = kinds::schema("addon").expect("a kind");
        let live = Map::from([
            ("cluster".into(), Value::from("demo")),
            ("name".into(), Value::from("vpc-cni")),
            ("pod_identity_association".into(), Value::map(Map::new())),
        ]);
        let mut desired = live.clone();
        desired.insert("namespace".into(), Value::from("kube-system"));
        let object = |attributes: Map| {
            Fact::Known(Object {
                attributes,
                owner: Owner::None,
                parent: None,
                phase: Phase::Settled,
                status: "ACTIVE".into(),
                issues: Vec::new(),
            })
        };
        let address = Address::root("addon", "vpc-cni");
        let subject = Subject { schema, address: &address, place: None, key: &[], desired: &desired };
        let untold = object(live.clone());
        assert_eq!(propose(&subject, &Observed::Fact(&untold)).proposal.action, Action::NoOp);
        let mut elsewhere = live;
        elsewhere.insert("namespace".into(), Value::from("other"));
        let told = object(elsewhere);
        assert_eq!(propose(&subject, &Observed::Fact(&told)).proposal.action, Action::Replace);
    }
}
