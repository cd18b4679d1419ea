//! Which object names which, read off attributes.

use crate::kinds::{self, Attribute, Compare, RefersBy, Schema, Ty, policy};
use crate::value::{Data, Identity, Map, Place, Text, Value};
use std::collections::BTreeSet;

/// How an object is named by others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Name<'a> {
    /// By ARN.
    Arn(&'a str),
    /// By name, within a place.
    Plain { place: &'a Place, kind: &'static str, name: &'a str },
}

/// A cluster by its place and name.
pub(super) type ClusterName<'a> = (&'a Place, &'a str);

/// The cluster that an object is, or lives in.
pub(super) fn cluster_of(identity: &Identity<Place>) -> ClusterName<'_> {
    (&identity.scope, identity.part(0))
}

/// Every name that an object's attributes mention, by the schema's `refers`.
/// Something may be there twice.
pub(super) fn named_by<'a>(schema: &Schema, place: &'a Place, attributes: &'a Map) -> Vec<Name<'a>> {
    let names = kinds::references(schema.attributes, attributes).into_iter();
    names
        .map(|(refers, text)| match refers.by {
            RefersBy::Arn => Name::Arn(text),
            RefersBy::Name => Name::Plain { place, kind: refers.kind, name: text },
        })
        .collect()
}

/// The principals that an object's policies name. Policies without any ARN in them are not looked at.
pub(super) fn principals(schema: &Schema, attributes: &Map) -> BTreeSet<Text> {
    fn texts(value: &Value, found: &mut BTreeSet<Text>) {
        if let Data::String(text) = value.data() {
            found.insert(text.clone());
        }
        value.as_items().unwrap_or_default().iter().for_each(|item| texts(item, found));
        value.as_map().into_iter().flat_map(Map::values).for_each(|item| texts(item, found));
    }
    let mut found = BTreeSet::new();
    // Policies that grant permissions to the object itself name nobody.
    let trust =
        |attribute: &&Attribute| attribute.compare == Compare::Policy && !matches!(attribute.ty, Ty::Map(_));
    let policies = schema.attributes.iter().filter(trust);
    let named =
        |document: &&Value| document.any(&|part| part.as_str().is_some_and(|text| text.contains("arn:")));
    for document in policies.filter_map(|attribute| attributes.get(attribute.name)).filter(named) {
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
pub(super) fn names_of<'a>(
    schema: &Schema,
    identity: &'a Identity<Place>,
    attributes: &'a Map,
) -> impl Iterator<Item = Name<'a>> {
    let kind = schema.kind;
    let arn = kinds::is_referred_to(kind, RefersBy::Arn).then(|| attributes.get("arn")).flatten();
    let arn = arn.and_then(Value::as_str).map(Name::Arn);
    let plain = match &*identity.key {
        [name] if kinds::is_referred_to(kind, RefersBy::Name) => {
            Some(Name::Plain { place: &identity.scope, kind, name: name.as_str() })
        }
        _ => None,
    };
    arn.into_iter().chain(plain)
}
