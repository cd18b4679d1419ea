//! Sets and reshaping: `distinct`, `matchkeys`, `set*`, `sort`, `transpose`.

use super::{Cx, Error, Function, Param, Ty, argument, entries, function, items, param};
use crate::lang::convert;
use crate::lang::eval::equal;
use crate::value::{Data, Map, Text, Type, Value};
use std::collections::{BTreeMap, HashSet};

const LIST: Param = param("list", Ty::Sequence);
const SETS: Param = param("sets", Ty::Sequence);

pub(super) const FUNCTIONS: &[Function] = &[
    function("distinct", &[LIST], Ty::Sequence, |_, args| {
        let mut seen = HashSet::new();
        // A list has elements of one type: 1 is "1" beside a text.
        let list = convert::convert(args[0].clone(), &Type::list(Type::Any))
            .map_err(|error| Error::Argument(0, error.to_string()))?;
        Ok(Value::list(
            list.as_items().unwrap_or_default().iter().filter(|item| seen.insert(*item)).cloned().collect(),
        ))
    }),
    function(
        "matchkeys",
        &[
            param("values", Ty::Sequence).shallow(),
            param("keys", Ty::Sequence),
            param("searchset", Ty::Sequence),
        ],
        Ty::Sequence,
        matchkeys,
    ),
    function("setintersection", &[SETS], Ty::Any, setintersection).variadic(SETS),
    function("setproduct", &[], Ty::Sequence, setproduct).variadic(SETS.shallow()),
    function("setsubtract", &[param("a", Ty::Sequence), param("b", Ty::Sequence)], Ty::Any, setsubtract),
    function("setunion", &[SETS], Ty::Any, setunion).variadic(SETS),
    function("sort", &[param("list", Ty::Strings)], Ty::Strings, sort),
    function("transpose", &[param("values", Ty::Map)], Ty::Map, transpose),
];

fn matchkeys(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (values, keys, wanted) = (items(args, 0), items(args, 1), items(args, 2));
    if values.len() != keys.len() {
        return Err("length of keys and values should be equal".into());
    }
    // Keys are compared as one type, so 1 finds "1".
    let ty = convert::unify(keys.iter().chain(wanted).filter_map(convert::type_of)).unwrap_or_default();
    let same = |value: &Value| convert::convert(value.clone(), &ty).unwrap_or_else(|_| value.clone());
    let wanted: HashSet<Value> = wanted.iter().map(same).collect();
    let found = values.iter().zip(keys).filter(|(_, key)| wanted.contains(&same(key)));
    Ok(Value::list(found.map(|(value, _)| value.clone()).collect()))
}

/// The arguments as sets of one element type.
fn alike(args: &[Value]) -> Result<Vec<Value>, Error> {
    let elements = args.iter().flat_map(|set| set.as_items().unwrap_or_default());
    let Some(ty) = convert::unify(elements.filter_map(convert::type_of)) else {
        return Err("all sets must have the same element type".into());
    };
    args.iter()
        .enumerate()
        .map(|(index, set)| {
            convert::convert(set.clone(), &Type::set(ty.clone()))
                .map_err(|error| Error::Argument(index, error.to_string()))
        })
        .collect()
}

fn setintersection(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let sets = alike(args)?;
    let (first, rest) = sets.split_first().ok_or("at least one set is required")?;
    let rest: Vec<HashSet<&Value>> =
        rest.iter().map(|set| set.as_items().unwrap_or_default().iter().collect()).collect();
    let kept =
        items(std::slice::from_ref(first), 0).iter().filter(|item| rest.iter().all(|set| set.contains(item)));
    Ok(Value::set(kept.cloned().collect()))
}

fn setunion(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let sets = alike(args)?;
    let all: Vec<Value> = sets.iter().flat_map(|set| set.as_items().unwrap_or_default()).cloned().collect();
    cx.spend(all.len())?;
    Ok(Value::set(all))
}

fn setsubtract(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let sets = alike(args)?;
    let removed: HashSet<&Value> = items(&sets, 1).iter().collect();
    Ok(Value::set(items(&sets, 0).iter().filter(|item| !removed.contains(item)).cloned().collect()))
}

/// Elements a product may have.
const MAX_PRODUCT: usize = 1 << 20;

fn setproduct(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    if args.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let total = args
        .iter()
        .map(|set| set.as_items().unwrap_or_default().len())
        .try_fold(1usize, |total, count| total.checked_mul(count))
        .filter(|total| *total <= MAX_PRODUCT);
    let Some(total) = total else {
        return Err(format!("the product would have more than {MAX_PRODUCT} elements").into());
    };
    cx.spend(total.saturating_mul(args.len()))?;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for set in args {
        let choices = set.as_items().unwrap_or_default();
        rows = rows
            .iter()
            .flat_map(|row| choices.iter().map(move |choice| row.iter().chain([choice]).cloned().collect()))
            .collect();
    }
    let rows: Vec<Value> = rows.into_iter().map(Value::list).collect();
    // Sets have no order to keep; one list among them brings one.
    let all_sets = args.iter().all(|set| matches!(set.data(), Data::Set(_)));
    Ok(if all_sets { convert::set(rows) } else { Value::list(rows) })
}

fn sort(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let mut sorted = items(args, 0).to_vec();
    if sorted.iter().any(Value::is_null) {
        return argument(0, "given list element is null; a null string cannot be sorted");
    }
    sorted.sort();
    Ok(Value::list(sorted))
}

fn transpose(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let mut turned: BTreeMap<Text, Vec<Value>> = BTreeMap::new();
    for (key, list) in entries(args, 0) {
        let list = convert::convert(list.clone(), &Type::list(Type::String))
            .map_err(|error| Error::Argument(0, format!("element {key:?}: {error}")))?;
        cx.spend(list.as_items().unwrap_or_default().len())?;
        for item in list.as_items().unwrap_or_default() {
            let Some(item) = item.as_str() else {
                return argument(0, "input must not contain null values");
            };
            let group = turned.entry(item.into()).or_default();
            let key = Value::string(key.clone());
            if group.last().is_none_or(|last| equal(last, &key) != Some(true)) {
                group.push(key);
            }
        }
    }
    Ok(Value::map(turned.into_iter().map(|(key, items)| (key, Value::list(items))).collect::<Map>()))
}
