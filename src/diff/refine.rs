//! Whether what became known keeps what was promised.

use crate::value::{Data, Map, Path, Step, Value};

/// The first path at which `actual` contradicts `planned`: a known planned value must stay what it is, an
/// unknown one may become anything.
pub fn contradiction(planned: &Map, actual: &Map) -> Option<Path> {
    maps(planned, actual, &Path::ROOT)
}

fn maps(planned: &Map, actual: &Map, at: &Path) -> Option<Path> {
    for (name, planned) in planned {
        let step = if at.0.is_empty() { Step::Attribute(name.clone()) } else { Step::Key(name.clone()) };
        let path = at.join(step);
        match actual.get(name) {
            Some(actual) => {
                if let Some(found) = values(planned, actual, &path) {
                    return Some(found);
                }
            }
            None if planned.is_null() || planned.is_unknown() => {}
            None => return Some(path),
        }
    }
    let extra = actual.iter().find(|(name, value)| !planned.contains_key(*name) && !value.is_null());
    extra.map(|(name, _)| at.attr(name.clone()))
}

fn values(planned: &Value, actual: &Value, at: &Path) -> Option<Path> {
    match (planned.data(), actual.data()) {
        (Data::Unknown(_), _) => None,
        (Data::Map(planned), Data::Map(actual)) => maps(planned, actual, at),
        (Data::List(planned), Data::List(actual)) if planned.len() == actual.len() => planned
            .iter()
            .zip(actual.iter())
            .enumerate()
            .find_map(|(index, (planned, actual))| values(planned, actual, &at.join(Step::Index(index)))),
        // Elements of a set have no names; with an unknown among them only the number is promised.
        (Data::Set(planned), Data::Set(actual)) if planned.iter().any(Value::contains_unknown) => {
            (actual.len() > planned.len()).then(|| at.clone())
        }
        // Text made of something unknown became known inside: a policy given as an object.
        _ => (planned != actual).then(|| at.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Address, Type};

    #[test]
    fn known_values_stay_and_unknown_ones_may_become_anything() {
        let unknown = || Value::after_apply(Type::String, Address::root("a", "b"), Path::attribute("c"));
        let map = |value: Value| Map::from([("x".into(), value)]);
        assert_eq!(contradiction(&map(unknown()), &map(Value::from("1"))), None);
        assert_eq!(contradiction(&map(Value::from("1")), &map(Value::from("1"))), None);
        let nested = |value: Value| map(Value::list(vec![Value::object([("k", value)])]));
        assert_eq!(contradiction(&nested(unknown()), &nested(Value::from("1"))), None);
        let found = contradiction(&nested(Value::from("2")), &nested(Value::from("1")));
        assert_eq!(found.map(|path| path.to_string()).as_deref(), Some("x[0][\"k\"]"));
        assert!(contradiction(&map(Value::from("1")), &Map::new()).is_some());
        assert!(contradiction(&Map::new(), &map(Value::from("1"))).is_some());
    }
}
