//! The one type several values can share.

use crate::value::{Data, ObjectAttribute, Text, Type, Value};
use std::collections::BTreeMap;

/// The type of a value; `None` for null, which has every type. Lists are `list` if all elements are
/// alike and `tuple` otherwise, maps are objects.
pub(crate) fn type_of(value: &Value) -> Option<Type> {
    Some(match value.data() {
        Data::Null => return None,
        Data::Bool(_) => Type::Bool,
        Data::Number(_) => Type::Number,
        Data::String(_) => Type::String,
        Data::Set(items) => Type::set(unify(items.iter().filter_map(type_of)).unwrap_or_default()),
        Data::List(items) => {
            let mut types = items.iter().map(|item| type_of(item).unwrap_or_default());
            match types.next() {
                None => Type::Tuple(Vec::new()),
                Some(first) => {
                    let rest: Vec<Type> = types.collect();
                    if rest.iter().all(|ty| *ty == first) {
                        Type::list(first)
                    } else {
                        Type::Tuple(std::iter::once(first).chain(rest).collect())
                    }
                }
            }
        }
        Data::Map(map) => Type::Object(
            map.iter()
                .map(|(name, item)| {
                    let ty = type_of(item).unwrap_or_default();
                    (name.clone(), ObjectAttribute { ty, optional: false, default: None })
                })
                .collect(),
        ),
        Data::Unknown(unknown) => unknown.ty.clone(),
    })
}

/// The type all of `types` convert to; `Any` if there is none to choose from, `None` if they have
/// nothing in common.
pub(crate) fn unify(types: impl IntoIterator<Item = Type>) -> Option<Type> {
    let mut result: Option<Type> = None;
    let mut primitives: Vec<Type> = Vec::new();
    for ty in types {
        // Numbers and bools meet only in a string that is there, too: decided at the end.
        if matches!(ty, Type::String | Type::Number | Type::Bool) {
            if !primitives.contains(&ty) {
                primitives.push(ty);
            }
            continue;
        }
        result = Some(match result {
            None => ty,
            Some(known) if known == ty => known,
            Some(known) => pair(known, ty)?,
        });
    }
    match (result, primitives.as_slice()) {
        (None, []) => Some(Type::Any),
        (Some(Type::Any), _) => Some(Type::Any),
        (Some(result), []) => Some(result),
        (Some(_), _) => None,
        (None, [one]) => Some(one.clone()),
        (None, many) => many.contains(&Type::String).then_some(Type::String),
    }
}

fn pair(left: Type, right: Type) -> Option<Type> {
    Some(match (left, right) {
        (Type::Any, _) | (_, Type::Any) => Type::Any,
        (Type::Set(left), Type::Set(right)) => Type::set(unify([*left, *right])?),
        (Type::Set(left), Type::List(right)) | (Type::List(left), Type::Set(right)) => {
            Type::list(unify([*left, *right])?)
        }
        (Type::Set(element), Type::Tuple(types)) | (Type::Tuple(types), Type::Set(element)) => {
            Type::list(unify(types.into_iter().chain([*element]))?)
        }
        (Type::List(left), Type::List(right)) => Type::list(unify([*left, *right])?),
        (Type::List(element), Type::Tuple(types)) | (Type::Tuple(types), Type::List(element)) => {
            Type::list(unify(types.into_iter().chain([*element]))?)
        }
        (Type::Tuple(left), Type::Tuple(right)) => {
            if left.len() == right.len() {
                Type::Tuple(
                    left.into_iter()
                        .zip(right)
                        .map(|(left, right)| unify([left, right]))
                        .collect::<Option<_>>()?,
                )
            } else {
                Type::list(unify(left.into_iter().chain(right))?)
            }
        }
        (Type::Map(left), Type::Map(right)) => Type::map(unify([*left, *right])?),
        (Type::Map(element), Type::Object(attributes)) | (Type::Object(attributes), Type::Map(element)) => {
            Type::map(unify(attributes.into_values().map(|attribute| attribute.ty).chain([*element]))?)
        }
        (Type::Object(left), Type::Object(right)) => objects(left, right)?,
        _ => return None,
    })
}

fn objects(
    left: BTreeMap<Text, ObjectAttribute>,
    mut right: BTreeMap<Text, ObjectAttribute>,
) -> Option<Type> {
    if left.keys().eq(right.keys()) {
        let mut attributes = BTreeMap::new();
        for (name, attribute) in left {
            let other = right.remove(&name)?;
            let ty = unify([attribute.ty, other.ty])?;
            attributes.insert(name, ObjectAttribute { ty, optional: false, default: None });
        }
        return Some(Type::Object(attributes));
    }
    Some(Type::map(unify(left.into_values().chain(right.into_values()).map(|attribute| attribute.ty))?))
}
