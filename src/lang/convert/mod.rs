//! Conversion of values to types, as Terraform converts: `"1"` → `1`, list → set, object → map.

mod constraint;
mod unify;

pub use constraint::parse_type;
pub(crate) use unify::{type_of, unify};

use crate::value::{Data, Map, Number, ObjectAttribute, Path, Step, Text, Type, Unknown, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Why a value does not fit a type, and where in the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertError {
    pub path: Path,
    pub message: String,
}

/// `element 0: attribute "a": a string is required`.
impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.path.0 {
            match step {
                Step::Attribute(name) => write!(f, "attribute \"{name}\": ")?,
                Step::Key(key) => write!(f, "element {key:?}: ")?,
                Step::Index(index) => write!(f, "element {index}: ")?,
            }
        }
        f.write_str(&self.message)
    }
}

impl ConvertError {
    fn new(message: impl Into<String>) -> Self {
        Self { path: Path::ROOT, message: message.into() }
    }

    fn inside(mut self, step: Step) -> Self {
        self.path.0.insert(0, step);
        self
    }
}

/// The value as `to`. Null fits every type; an unknown becomes an unknown of the type with the same
/// reasons; what is unknown inside a collection leaves the rest known; marks stay where they are.
pub fn convert(value: Value, to: &Type) -> Result<Value, ConvertError> {
    let sensitive = value.is_sensitive();
    if let Some(unknown) = value.as_unknown() {
        if !convertible(&unknown.ty, to) {
            return Err(required(to, &value));
        }
        if *to == Type::Any || unknown.ty == *to {
            return Ok(value);
        }
        let unknown = Unknown { ty: keeping_elements(&unknown.ty, to), ..Unknown::clone(unknown) };
        return Ok(Value::unknown(unknown).mark(sensitive));
    }
    if value.is_null() {
        return Ok(value);
    }
    let converted = match to {
        Type::Any => return Ok(value),
        Type::String => string(value)?,
        Type::Number => number(value)?,
        Type::Bool => boolean(value)?,
        Type::List(element) => match value.data() {
            Data::List(_) | Data::Set(_) => Value::list(items(value, element)?),
            _ => return Err(required(to, &value)),
        },
        Type::Set(element) => match value.data() {
            Data::List(_) | Data::Set(_) => set(items(value, element)?),
            _ => return Err(required(to, &value)),
        },
        Type::Map(element) => match value.into_data() {
            Data::Map(map) => Value::map(entries(map, element)?),
            other => return Err(required(to, &Value::new(other))),
        },
        Type::Object(attributes) => match value.into_data() {
            Data::Map(map) => object(map, attributes)?,
            other => return Err(required(to, &Value::new(other))),
        },
        Type::Tuple(types) => tuple(value, types, to)?,
    };
    Ok(converted.mark(sensitive))
}

/// `to`, where an element type of `any` leaves the one that is known.
fn keeping_elements(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (Type::List(known) | Type::Set(known), Type::List(any)) if **any == Type::Any => {
            Type::List(known.clone())
        }
        (Type::List(known) | Type::Set(known), Type::Set(any)) if **any == Type::Any => {
            Type::Set(known.clone())
        }
        (Type::Map(known), Type::Map(any)) if **any == Type::Any => Type::Map(known.clone()),
        _ => to.clone(),
    }
}

/// A set. Its elements' order and number tell about each of them, so one mark marks all.
pub(crate) fn set(items: Vec<Value>) -> Value {
    let sensitive = items.iter().any(Value::contains_sensitive);
    Value::set(items).mark(sensitive)
}

fn string(value: Value) -> Result<Value, ConvertError> {
    match value.data() {
        Data::String(_) => Ok(value),
        Data::Number(number) => Ok(Value::string(number.to_string())),
        Data::Bool(value) => Ok(Value::string(if *value { "true" } else { "false" })),
        _ => Err(required(&Type::String, &value)),
    }
}

fn number(value: Value) -> Result<Value, ConvertError> {
    match value.data() {
        Data::Number(_) => Ok(value),
        Data::String(text) => match text.parse::<Number>() {
            Ok(number) => Ok(Value::new(Data::Number(number))),
            Err(_) => Err(required(&Type::Number, &value)),
        },
        _ => Err(required(&Type::Number, &value)),
    }
}

fn boolean(value: Value) -> Result<Value, ConvertError> {
    let Data::String(text) = value.data() else {
        return if value.as_bool().is_some() { Ok(value) } else { Err(required(&Type::Bool, &value)) };
    };
    match &**text {
        "true" | "1" => Ok(Value::from(true)),
        "false" | "0" => Ok(Value::from(false)),
        other => {
            let lower = other.to_ascii_lowercase();
            let mut error = required(&Type::Bool, &value);
            if lower == "true" || lower == "false" {
                error.message =
                    format!("a bool is required; to convert from string, use lowercase \"{lower}\"");
            }
            Err(error)
        }
    }
}

fn items(value: Value, element: &Type) -> Result<Vec<Value>, ConvertError> {
    let (Data::List(items) | Data::Set(items)) = value.into_data() else { return Ok(Vec::new()) };
    let element = common(element, items.iter())?;
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| convert(item, &element).map_err(|error| error.inside(Step::Index(index))))
        .collect()
}

fn entries(map: Map, element: &Type) -> Result<Map, ConvertError> {
    let element = common(element, map.values())?;
    map.into_iter()
        .map(|(key, item)| match convert(item, &element) {
            Ok(item) => Ok((key, item)),
            Err(error) => Err(error.inside(Step::Key(key))),
        })
        .collect()
}

/// `any` as an element type stands for the one type all elements can have.
fn common<'a>(element: &Type, values: impl Iterator<Item = &'a Value>) -> Result<Type, ConvertError> {
    if *element != Type::Any {
        return Ok(element.clone());
    }
    unify(values.filter_map(type_of)).ok_or_else(|| ConvertError::new("all elements must have the same type"))
}

fn object(mut given: Map, attributes: &BTreeMap<Text, ObjectAttribute>) -> Result<Value, ConvertError> {
    let mut missing = Vec::new();
    let mut result = Map::new();
    for (name, attribute) in attributes {
        let inside = |error: ConvertError| error.inside(Step::Attribute(name.clone()));
        let value = match given.remove(name) {
            Some(value) => convert(value, &attribute.ty).map_err(inside)?,
            None if attribute.optional => Value::NULL,
            None => {
                missing.push(format!("\"{name}\""));
                continue;
            }
        };
        let value = match &attribute.default {
            Some(default) if value.is_null() => {
                convert(default.clone(), &attribute.ty).map_err(inside)?.mark(value.is_sensitive())
            }
            _ => value,
        };
        result.insert(name.clone(), value);
    }
    match missing.as_slice() {
        [] => Ok(Value::map(result)),
        [one] => Err(ConvertError::new(format!("attribute {one} is required"))),
        [many @ .., last] => {
            Err(ConvertError::new(format!("attributes {} and {last} are required", many.join(", "))))
        }
    }
}

fn tuple(value: Value, types: &[Type], to: &Type) -> Result<Value, ConvertError> {
    let Data::List(items) = value.data() else { return Err(required(to, &value)) };
    if items.len() != types.len() {
        return Err(ConvertError::new(format!(
            "tuple of {} elements required, but this has {}",
            types.len(),
            items.len()
        )));
    }
    items
        .iter()
        .zip(types)
        .enumerate()
        .map(|(index, (item, ty))| {
            convert(item.clone(), ty).map_err(|error| error.inside(Step::Index(index)))
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Value::list)
}

fn required(to: &Type, value: &Value) -> ConvertError {
    let hint = match (to, value.data()) {
        (Type::String | Type::Number | Type::Bool, Data::List(_) | Data::Set(_) | Data::Map(_)) => {
            format!(", but this is {}", article(value.type_name()))
        }
        _ => String::new(),
    };
    ConvertError::new(format!("{} is required{hint}", article(&describe(to))))
}

/// A type in words: `list of string`.
pub fn describe(ty: &Type) -> String {
    match ty {
        Type::List(element) | Type::Set(element) | Type::Map(element) => match **element {
            Type::Any => format!("{} of any single type", ty.name()),
            _ => format!("{} of {}", ty.name(), describe(element)),
        },
        Type::Any => "value of any type".to_string(),
        _ => ty.name().to_string(),
    }
}

fn article(noun: &str) -> String {
    format!("{} {noun}", if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

/// Whether some value of type `from` may become one of type `to`.
fn convertible(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Any, _) | (_, Type::Any) => true,
        (Type::String | Type::Number | Type::Bool, Type::String) => true,
        (Type::String | Type::Number, Type::Number) | (Type::String | Type::Bool, Type::Bool) => true,
        (Type::List(from) | Type::Set(from), Type::List(to) | Type::Set(to)) => convertible(from, to),
        (Type::List(_), Type::Tuple(_)) => true,
        (Type::Tuple(items), Type::List(to) | Type::Set(to)) => {
            items.iter().all(|from| convertible(from, to))
        }
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(from, to)| convertible(from, to))
        }
        (Type::Map(from), Type::Map(to)) => convertible(from, to),
        (Type::Object(from), Type::Map(to)) => from.values().all(|from| convertible(&from.ty, to)),
        (Type::Map(from), Type::Object(to)) => to.values().all(|to| convertible(from, &to.ty)),
        (Type::Object(from), Type::Object(to)) => to.iter().all(|(name, to)| match from.get(name) {
            Some(from) => convertible(&from.ty, &to.ty),
            None => to.optional,
        }),
        _ => false,
    }
}
