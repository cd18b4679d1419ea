//! Attributes by name.

use super::Value;
use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

type Entries = BTreeMap<Arc<str>, Value>;

/// Attributes by name, in the order of their names. Clones share what they hold until one of them is changed, so
/// that a plan, a snapshot and a document can each have the same object.
#[derive(Clone, Default)]
pub struct Map(Option<Arc<Entries>>);

static EMPTY: Entries = BTreeMap::new();

impl Map {
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether both share what they hold.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }

    // These are there to be named as functions: `Map::values`.

    pub fn is_empty(&self) -> bool {
        self.deref().is_empty()
    }

    pub fn keys(&self) -> btree_map::Keys<'_, Arc<str>, Value> {
        self.deref().keys()
    }

    pub fn values(&self) -> btree_map::Values<'_, Arc<str>, Value> {
        self.deref().values()
    }
}

impl Deref for Map {
    type Target = Entries;

    fn deref(&self) -> &Entries {
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for Map {
    fn deref_mut(&mut self) -> &mut Entries {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || **self == **other
    }
}

impl Eq for Map {}

impl PartialOrd for Map {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Map {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.is_same(other) { Ordering::Equal } else { self.deref().cmp(other) }
    }
}

impl Hash for Map {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.deref().hash(state);
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl From<Entries> for Map {
    fn from(entries: Entries) -> Self {
        Self(Some(Arc::new(entries)))
    }
}

impl<const N: usize> From<[(Arc<str>, Value); N]> for Map {
    fn from(entries: [(Arc<str>, Value); N]) -> Self {
        Entries::from(entries).into()
    }
}

impl FromIterator<(Arc<str>, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(entries: I) -> Self {
        Entries::from_iter(entries).into()
    }
}

impl Extend<(Arc<str>, Value)> for Map {
    fn extend<I: IntoIterator<Item = (Arc<str>, Value)>>(&mut self, entries: I) {
        self.deref_mut().extend(entries);
    }
}

impl IntoIterator for Map {
    type Item = (Arc<str>, Value);
    type IntoIter = btree_map::IntoIter<Arc<str>, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default().into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = btree_map::Iter<'a, Arc<str>, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
