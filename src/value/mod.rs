//! Values of the language and the names of things: cheap to clone, no I/O, no other room.

mod address;
mod address_pattern;
mod few;
mod identity;
pub mod json;
mod map;
mod number;
mod path;
mod ty;
mod want;

pub use address::{Address, Key, ModuleStep, Origin};
pub use address_pattern::AddressPattern;
pub use few::Few;
pub use identity::{Identity, KeyPart, Place, PlaceParts, ProviderRef};
pub use map::Map;
pub use number::Number;
pub use path::{Path, Step};
pub use ty::{ObjectAttribute, Type};
pub use want::Want;

/// Text that is cheap to clone: up to 23 bytes in place, more of it shared.
pub use smol_str::SmolStr as Text;

use ecow::EcoVec;
use std::fmt;
use std::sync::Arc;

/// One value: its data and whether it must not be shown. Equality, order and hash look at the data
/// alone, so a secret still equals itself.
#[derive(Clone)]
pub struct Value {
    data: Data,
    sensitive: bool,
}

/// What a [`Value`] holds. A `Set` is sorted and without duplicates (build it with [`Value::set`]).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Data {
    Null,
    Bool(bool),
    Number(Number),
    String(Text),
    List(EcoVec<Value>),
    Set(EcoVec<Value>),
    Map(Map),
    Unknown(Arc<Unknown>),
}

/// A value that is not known yet, and why. `pending` is what has to be read from outside first,
/// `after` which attributes of which instances only exist once they are applied. After the last
/// round of planning `pending` is empty everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown {
    pub ty: Type,
    pub pending: Few<Want>,
    pub after: Few<(Address, Path)>,
}

impl Unknown {
    /// Joins the reasons of another unknown to this one's; the type stays.
    pub fn absorb(&mut self, other: &Unknown) {
        self.pending.extend(other.pending.iter().cloned());
        self.after.extend(other.after.iter().cloned());
    }
}

impl Value {
    pub const NULL: Value = Value { data: Data::Null, sensitive: false };

    pub fn new(data: Data) -> Self {
        Self { data, sensitive: false }
    }

    pub fn string(text: impl Into<Text>) -> Self {
        Self::new(Data::String(text.into()))
    }

    pub fn list(items: Vec<Value>) -> Self {
        Self::new(Data::List(items.into()))
    }

    /// A set: sorted, each element once.
    pub fn set(mut items: Vec<Value>) -> Self {
        items.sort();
        items.dedup();
        Self::new(Data::Set(items.into()))
    }

    pub fn map(entries: Map) -> Self {
        Self::new(Data::Map(entries))
    }

    /// A map from any pairs; a later key wins.
    pub fn object<K: Into<Text>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    pub fn unknown(unknown: Unknown) -> Self {
        Self::new(Data::Unknown(Arc::new(unknown)))
    }

    /// Unknown until the wants are answered.
    pub fn pending(ty: Type, wants: impl IntoIterator<Item = Want>) -> Self {
        Self::unknown(Unknown { ty, pending: wants.into_iter().collect(), after: Few::default() })
    }

    /// Unknown until the instance is applied.
    pub fn after_apply(ty: Type, address: Address, path: Path) -> Self {
        Self::unknown(Unknown { ty, pending: Few::default(), after: [(address, path)].into_iter().collect() })
    }

    pub fn data(&self) -> &Data {
        &self.data
    }

    pub fn into_data(self) -> Data {
        self.data
    }

    /// Whether this very value is marked; see [`Value::contains_sensitive`] for what it holds.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// The same value with the mark added if `sensitive`; a mark is never taken off here.
    #[must_use]
    pub fn mark(mut self, sensitive: bool) -> Self {
        self.sensitive |= sensitive;
        self
    }

    /// The same value without its own mark (`nonsensitive()`).
    #[must_use]
    pub fn unmark(mut self) -> Self {
        self.sensitive = false;
        self
    }

    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown(_))
    }

    pub fn as_unknown(&self) -> Option<&Arc<Unknown>> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_number(&self) -> Option<&Number> {
        match &self.data {
            Data::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The elements of a list or set.
    pub fn as_items(&self) -> Option<&[Value]> {
        match &self.data {
            Data::List(items) | Data::Set(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The named entry of a map, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// Whether this value or anything in it is unknown.
    pub fn contains_unknown(&self) -> bool {
        self.any(&|value| value.is_unknown())
    }

    /// Whether this value or anything in it is marked sensitive.
    pub fn contains_sensitive(&self) -> bool {
        self.any(&|value| value.sensitive)
    }

    /// Whether `test` holds for this value or for any value in it.
    pub fn any(&self, test: &dyn Fn(&Value) -> bool) -> bool {
        test(self)
            || match &self.data {
                Data::List(items) | Data::Set(items) => items.iter().any(|item| item.any(test)),
                Data::Map(map) => map.values().any(|item| item.any(test)),
                _ => false,
            }
    }

    /// Shows everything unknown in this value, and the value itself if it is.
    pub fn each_unknown<'v>(&'v self, see: &mut dyn FnMut(&'v Arc<Unknown>)) {
        match &self.data {
            Data::Unknown(unknown) => see(unknown),
            Data::List(items) | Data::Set(items) => items.iter().for_each(|item| item.each_unknown(see)),
            Data::Map(map) => map.values().for_each(|item| item.each_unknown(see)),
            _ => {}
        }
    }

    /// All reasons why something in this value is unknown, `None` when everything is known.
    pub fn unknowns(&self) -> Option<Unknown> {
        let mut found: Option<Unknown> = None;
        self.each_unknown(&mut |unknown| found.get_or_insert_default().absorb(unknown));
        found
    }

    /// The type's name as the language's users know it: `string`, `list`, …
    pub fn type_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "bool",
            Data::Number(_) => "number",
            Data::String(_) => "string",
            Data::List(_) => "list",
            Data::Set(_) => "set",
            Data::Map(_) => "map",
            Data::Unknown(unknown) => unknown.ty.name(),
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Value::NULL
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.data.cmp(&other.data)
    }
}

impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.data.hash(state);
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::new(Data::Bool(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::new(Data::Number(Number::from(value)))
    }
}

/// Sensitive values never show, not even in a debug print.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sensitive {
            return f.write_str("(sensitive)");
        }
        match &self.data {
            Data::Null => f.write_str("null"),
            Data::Bool(value) => write!(f, "{value}"),
            Data::Number(number) => write!(f, "{number}"),
            Data::String(text) => write!(f, "{text:?}"),
            Data::List(items) => f.debug_list().entries(items.iter()).finish(),
            Data::Set(items) => f.debug_set().entries(items.iter()).finish(),
            Data::Map(map) => f.debug_map().entries(map.iter()).finish(),
            Data::Unknown(unknown) => write!(f, "(unknown {})", unknown.ty.name()),
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::new(self.clone()).fmt(f)
    }
}
