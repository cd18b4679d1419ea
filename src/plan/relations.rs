//! Which object names which, read off attributes.

use crate::kinds::{self, Attribute, Compare, RefersBy, Schema, Ty, policy};
use crate::value::{Identity, Map, Place, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How an object is named by others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Name {
    /// By ARN.
    Arn(Arc<str>),
    /// By name, within a place.
    Plain { place: Place, kind: &'static str, name: Arc<str> },
}

/// Every name that an object's attributes mention, by the schema's `refers`.
pub(super) fn named_by(schema: &Schema, place: &Place, attributes: &Map) -> BTreeSet<Name> {
    let names = kinds::references(schema.attributes, attributes).into_iter();
    names
        .map(|(refers, text)| match refers.by {
            RefersBy::Arn => Name::Arn(text.into()),
            RefersBy::Name => Name::Plain { place: place.clone(), kind: refers.kind, name: text.into() },
        })
        .collect()
}

/// The ARNs that an object's policies name as principals.
pub(super) fn principals(schema: &Schema, attributes: &Map) -> BTreeSet<Name> {
    fn texts(value: &Value, found: &mut BTreeSet<Name>) {
        if let Some(text) = value.as_str() {
            found.insert(Name::Arn(text.into()));
        }
        value.as_items().unwrap_or_default().iter().for_each(|item| texts(item, found));
        value.as_map().into_iter().flat_map(Map::values).for_each(|item| texts(item, found));
    }
    let mut found = BTreeSet::new();
    // Policies that grant permissions to the object itself name nobody.
    let trust =
        |attribute: &&Attribute| attribute.compare == Compare::Policy && !matches!(attribute.ty, Ty::Map(_));
    let policies = schema.attributes.iter().filter(trust);
    for document in policies.filter_map(|attribute| attributes.get(attribute.name)) {
        let Ok(document) = policy::canonical(document) else { continue };
        for statement in document.get("Statement").and_then(Value::as_items).unwrap_or_default() {
            if let Some(principal) = statement.get("Principal") {
                texts(principal, &mut found);
            }
        }
    }
    found
}

/// The names others may use for an object.
pub(super) fn names_of(schema: &'static Schema, identity: &Identity<Place>, attributes: &Map) -> Vec<Name> {
    let mut names = Vec::new();
    if let Some(arn) = attributes.get("arn").and_then(Value::as_str) {
        names.push(Name::Arn(arn.into()));
    }
    if let [name] = &*identity.key {
        names.push(Name::Plain {
            place: identity.scope.clone(),
            kind: schema.kind,
            name: name.as_str().into(),
        });
    }
    names
}

/// Who is named how.
pub(super) type Index = HashMap<Name, Identity<Place>>;
