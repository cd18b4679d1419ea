//! Types of the language, as in `variable "x" { type = list(string) }`.

use super::Text;
use std::collections::BTreeMap;
use std::fmt;

/// A type constraint. `Any` accepts everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    #[default]
    Any,
    Bool,
    Number,
    String,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Object(BTreeMap<Text, ObjectAttribute>),
    Tuple(Vec<Type>),
}

/// One attribute of an object type: `optional(string, "x")`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectAttribute {
    pub ty: Type,
    pub optional: bool,
    /// What an omitted optional attribute becomes; `None` is null.
    pub default: Option<crate::value::Value>,
}

impl Type {
    pub fn list(element: Type) -> Self {
        Self::List(Box::new(element))
    }

    pub fn set(element: Type) -> Self {
        Self::Set(Box::new(element))
    }

    pub fn map(element: Type) -> Self {
        Self::Map(Box::new(element))
    }

    /// The outermost word of the type: `list` for `list(string)`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::String => "string",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Map(_) => "map",
            Self::Object(_) => "object",
            Self::Tuple(_) => "tuple",
        }
    }
}

/// As written in a type constraint: `map(list(string))`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(element) | Self::Set(element) | Self::Map(element) => {
                write!(f, "{}({element})", self.name())
            }
            Self::Object(attributes) => {
                f.write_str("object({")?;
                for (index, (name, attribute)) in attributes.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    match attribute.optional {
                        true => write!(f, "{comma}{name} = optional({})", attribute.ty)?,
                        false => write!(f, "{comma}{name} = {}", attribute.ty)?,
                    }
                }
                f.write_str("})")
            }
            Self::Tuple(types) => {
                f.write_str("tuple([")?;
                for (index, ty) in types.iter().enumerate() {
                    write!(f, "{}{ty}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("])")
            }
            _ => f.write_str(self.name()),
        }
    }
}
