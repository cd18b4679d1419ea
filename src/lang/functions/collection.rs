//! Lists and maps: everything that looks at elements without changing their order or number much.
//! Set algebra and reshaping are in `sets.rs`.

use super::{
    Cx, Error, Function, Param, Ty, argument, entries, function, items, number_at, param, text, whole,
};
use crate::lang::convert;
use crate::lang::eval::{equal, unknown_because};
use crate::value::{Data, Map, Number, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

const LIST: Param = param("list", Ty::Sequence);
const MAP: Param = param("map", Ty::Map);

pub(super) const FUNCTIONS: &[Function] = &[
    function("alltrue", &[param("list", Ty::Sequence).shallow()], Ty::Bool, |_, args| truth(args, false)),
    function("anytrue", &[param("list", Ty::Sequence).shallow()], Ty::Bool, |_, args| truth(args, true)),
    function("chunklist", &[LIST.shallow(), param("size", Ty::Number)], Ty::Sequence, chunklist),
    function("coalesce", &[], Ty::Any, coalesce).variadic(param("vals", Ty::Any).raw()),
    function("coalescelist", &[], Ty::Sequence, coalescelist).variadic(param("vals", Ty::Sequence).raw()),
    function("compact", &[param("list", Ty::Strings)], Ty::Strings, |_, args| {
        let kept = items(args, 0).iter().filter(|item| item.as_str().is_some_and(|text| !text.is_empty()));
        Ok(Value::list(kept.cloned().collect()))
    }),
    function("concat", &[], Ty::Sequence, concat).variadic(param("seqs", Ty::Sequence).shallow()),
    function("contains", &[LIST.shallow(), param("value", Ty::Any).raw()], Ty::Bool, contains),
    function("element", &[LIST.shallow(), param("index", Ty::Number)], Ty::Any, element),
    function("flatten", &[LIST.shallow()], Ty::Sequence, flatten),
    function("index", &[LIST, param("value", Ty::Any).nullable()], Ty::Number, index),
    function("keys", &[MAP.shallow()], Ty::Strings, |_, args| {
        Ok(Value::list(entries(args, 0).keys().map(|key| Value::string(key.clone())).collect()))
    }),
    function("length", &[param("value", Ty::Any).shallow()], Ty::Number, length),
    function("lookup", &[MAP.shallow(), param("key", Ty::String)], Ty::Any, lookup)
        .variadic(param("default", Ty::Any).raw()),
    function("merge", &[], Ty::Map, merge).variadic(param("maps", Ty::Map).shallow().nullable()),
    function("one", &[param("list", Ty::Any).shallow()], Ty::Any, one),
    function("range", &[], Ty::Numbers, range).variadic(param("params", Ty::Number)),
    function("reverse", &[LIST.shallow()], Ty::Sequence, |_, args| {
        Ok(Value::list(items(args, 0).iter().rev().cloned().collect()))
    }),
    function(
        "slice",
        &[LIST.shallow(), param("start_index", Ty::Number), param("end_index", Ty::Number)],
        Ty::Sequence,
        slice,
    ),
    function("values", &[param("mapping", Ty::Map).shallow()], Ty::Sequence, |_, args| {
        Ok(Value::list(entries(args, 0).values().cloned().collect()))
    }),
    function(
        "zipmap",
        &[param("keys", Ty::Strings), param("values", Ty::Sequence).shallow()],
        Ty::Map,
        zipmap,
    ),
];

/// `alltrue` and `anytrue`: one `deciding` element is enough, whatever is unknown besides it.
fn truth(args: &[Value], deciding: bool) -> Result<Value, Error> {
    let mut open = false;
    let mut sensitive = false;
    for item in items(args, 0) {
        sensitive |= item.is_sensitive();
        let item = convert::convert(item.clone(), &Type::Bool)
            .map_err(|_| Error::Argument(0, "list of bool required".to_string()))?;
        match item.as_bool() {
            // Null is not true.
            None if item.is_null() && !deciding => return Ok(Value::from(false).mark(sensitive)),
            None if item.is_null() => {}
            None => open = true,
            Some(value) if value == deciding => return Ok(Value::from(deciding).mark(sensitive)),
            Some(_) => {}
        }
    }
    Ok(if open { unknown_because(Type::Bool, args) } else { Value::from(!deciding) }.mark(sensitive))
}

fn chunklist(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let list = items(args, 0);
    let size = usize::try_from(whole(args, 1)?)
        .map_err(|_| Error::Argument(1, "the size argument must be positive".to_string()))?;
    if list.is_empty() {
        return Ok(Value::list(Vec::new()));
    }
    let size = if size == 0 { list.len() } else { size };
    Ok(Value::list(list.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect()))
}

fn coalesce(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    if args.is_empty() {
        return Err("at least one argument is required".into());
    }
    let Some(ty) = convert::unify(args.iter().filter_map(convert::type_of)) else {
        return Err("all arguments must have the same type".into());
    };
    // That something was passed over says what it is.
    let mut sensitive = false;
    for value in args {
        sensitive |= value.is_sensitive();
        if value.is_unknown() {
            // It may turn out to be null.
            return Ok(unknown_because(ty, [value]).mark(sensitive));
        }
        if value.is_null() || value.as_str() == Some("") {
            continue;
        }
        return Ok(convert::convert(value.clone(), &ty).unwrap_or_else(|_| value.clone()).mark(sensitive));
    }
    Err("no non-null, non-empty-string arguments".into())
}

fn coalescelist(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    if args.is_empty() {
        return Err("at least one argument is required".into());
    }
    let mut sensitive = false;
    for value in args {
        sensitive |= value.is_sensitive();
        if value.is_unknown() {
            return Ok(unknown_because(Type::list(Type::Any), [value]).mark(sensitive));
        }
        if value.as_items().is_some_and(|items| !items.is_empty()) {
            return Ok(value.clone().mark(sensitive));
        }
    }
    Err("no non-null arguments".into())
}

fn concat(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    if args.is_empty() {
        return Err("at least one argument is required".into());
    }
    let mut all = Vec::new();
    for (index, list) in args.iter().enumerate() {
        if matches!(list.data(), Data::Set(_)) {
            return argument(
                index,
                "all arguments must be lists or tuples; got a set, which tolist(…) converts",
            );
        }
        let list = list.as_items().unwrap_or_default();
        cx.spend(list.len())?;
        all.extend_from_slice(list);
    }
    Ok(Value::list(all))
}

fn contains(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let list = items(args, 0);
    if args[1].is_null() {
        return argument(1, "must not be null");
    }
    let sensitive = args[1].contains_sensitive() || list.iter().any(Value::contains_sensitive);
    let mut open = false;
    for item in list {
        match equal(item, &args[1]) {
            Some(true) => return Ok(Value::from(true).mark(sensitive)),
            Some(false) => {}
            None => open = true,
        }
    }
    Ok(if open { unknown_because(Type::Bool, args) } else { Value::from(false) }.mark(sensitive))
}

fn element(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let list = items(args, 0);
    if matches!(args[0].data(), Data::Set(_)) {
        return argument(
            0,
            "cannot read elements from a set, whose elements have no order; use tolist(…) first",
        );
    }
    if list.is_empty() {
        return argument(0, "cannot use element function with an empty list");
    }
    let index = number_at(args, 1)?.as_integer();
    let index = index.ok_or_else(|| Error::Argument(1, "a whole number is required".to_string()))?;
    let count = bigdecimal::num_bigint::BigInt::from(list.len());
    // Indexes wrap around, negative ones from the end.
    let at = ((index % &count) + &count) % &count;
    let at: usize = at.try_into().unwrap_or_default();
    Ok(list.get(at).cloned().unwrap_or(Value::NULL))
}

fn flatten(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    fn walk(
        cx: &Cx,
        list: &[Value],
        out: &mut Vec<Value>,
        sensitive: &mut bool,
        open: &mut Vec<Value>,
    ) -> Result<(), Error> {
        cx.spend(list.len())?;
        for item in list {
            match item.data() {
                Data::List(inner) | Data::Set(inner) => {
                    *sensitive |= item.is_sensitive();
                    walk(cx, inner, out, sensitive, open)?;
                }
                // What may be a list may be of any length.
                Data::Unknown(unknown)
                    if !matches!(
                        unknown.ty,
                        Type::String | Type::Number | Type::Bool | Type::Map(_) | Type::Object(_)
                    ) =>
                {
                    open.push(item.clone());
                }
                _ => out.push(item.clone()),
            }
        }
        Ok(())
    }
    let (mut out, mut sensitive, mut open) = (Vec::new(), false, Vec::new());
    walk(cx, items(args, 0), &mut out, &mut sensitive, &mut open)?;
    if open.is_empty() {
        return Ok(Value::list(out).mark(sensitive));
    }
    Ok(unknown_because(Type::list(Type::Any), &open).mark(sensitive || args[0].contains_sensitive()))
}

fn index(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    if matches!(args[0].data(), Data::Set(_)) {
        return argument(0, "argument must be a list or tuple: the elements of a set have no index");
    }
    match items(args, 0).iter().position(|item| equal(item, &args[1]) == Some(true)) {
        Some(at) => Ok(Value::from(at as i64)),
        None if items(args, 0).is_empty() => argument(0, "cannot search an empty list"),
        None => Err("item not found".into()),
    }
}

fn length(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let count = match args[0].data() {
        Data::String(text) => text.graphemes(true).count(),
        // Unknown elements of a set may turn out to be the same.
        Data::Set(_) if args[0].contains_unknown() => return Ok(unknown_because(Type::Number, args)),
        Data::List(items) | Data::Set(items) => items.len(),
        Data::Map(map) => map.len(),
        _ => return argument(0, "argument must be a string, a collection type, or a structural type"),
    };
    Ok(Value::from(count as i64))
}

fn lookup(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    if args.len() > 3 {
        return Err("lookup() takes two or three arguments".into());
    }
    let key = text(args, 1);
    match (entries(args, 0).get(key), args.get(2)) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(format!("lookup failed to find key {key:?}").into()),
    }
}

fn merge(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let mut given = args.iter().filter_map(|value| match value.data() {
        Data::Map(map) => Some(map),
        _ => None,
    });
    let Some(first) = given.next() else { return Ok(Value::map(Map::new())) };
    let mut merged = first.clone();
    for map in given {
        cx.spend(map.len())?;
        if merged.is_empty() {
            merged = map.clone();
        } else if !map.is_empty() {
            merged.extend(map.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    Ok(Value::map(merged))
}

fn one(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    if matches!(args[0].data(), Data::Set(_)) && args[0].contains_unknown() {
        return Ok(unknown_because(Type::Any, args));
    }
    match args[0].as_items() {
        Some([]) => Ok(Value::NULL),
        Some([only]) => Ok(only.clone()),
        _ => argument(0, "must be a list, set, or tuple value with either zero or one elements"),
    }
}

/// Elements `range` may make.
const MAX_RANGE: usize = 1024;

fn range(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let zero = Number::from(0);
    let (start, end, step) = match args.len() {
        1 => (&zero, number_at(args, 0)?, None),
        2 => (number_at(args, 0)?, number_at(args, 1)?, None),
        3 => (number_at(args, 0)?, number_at(args, 1)?, Some(number_at(args, 2)?)),
        0 => return Err("must have one, two, or three arguments".into()),
        _ => return Err("must have one, two, or three arguments".into()),
    };
    let default = Number::from(if end < start { -1 } else { 1 });
    let step = step.unwrap_or(&default);
    if step.is_zero() {
        return argument(2, "step must not be zero");
    }
    let down = step.is_negative();
    if down && end > start {
        return argument(1, "end must be less than start when step is negative");
    }
    if !down && end < start {
        return argument(1, "end must be greater than start when step is positive");
    }
    let mut values = Vec::new();
    let mut next = start.clone();
    while if down { next > *end } else { next < *end } {
        if values.len() >= MAX_RANGE {
            return Err(format!(
                "more than {MAX_RANGE} values were generated; either decrease the difference between start and end or use a smaller step"
            )
            .into());
        }
        values.push(Value::new(Data::Number(next.clone())));
        next = next.checked_add(step).ok_or("a number has too many digits")?;
    }
    Ok(Value::list(values))
}

fn slice(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let list = items(args, 0);
    if matches!(args[0].data(), Data::Set(_)) {
        return argument(
            0,
            "cannot slice a set, because its elements do not have indices; use tolist(…) first",
        );
    }
    let (start, end) = (whole(args, 1)?, whole(args, 2)?);
    let count = list.len() as i64;
    if start < 0 {
        return argument(1, "start index must not be less than zero");
    }
    if start > count {
        return argument(1, "start index must not be greater than the length of the list");
    }
    if end < 0 || end > count {
        return argument(2, "end index must be between zero and the length of the list");
    }
    if start > end {
        return argument(1, "start index must not be greater than end index");
    }
    // Both lie between 0 and the number of elements.
    Ok(Value::list(list[start as usize..end as usize].to_vec()))
}

fn zipmap(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (keys, values) = (items(args, 0), items(args, 1));
    if keys.len() != values.len() {
        return Err(format!(
            "number of keys ({}) does not match number of values ({})",
            keys.len(),
            values.len()
        )
        .into());
    }
    let mut map = Map::new();
    for (key, value) in keys.iter().zip(values) {
        match key.as_str() {
            Some(key) => map.insert(key.into(), value.clone()),
            None => return argument(0, "keys must not be null"),
        };
    }
    Ok(Value::map(map))
}
