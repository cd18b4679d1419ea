//! Attributes by name.

use super::{Text, Value};
use ecow::EcoVec;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::Arc;

/// So many entries are kept in a sorted row: it is smaller than a tree and read in one go.
const MOST_IN_A_ROW: usize = 32;

#[derive(Clone)]
enum Entries {
    Row(EcoVec<(Text, Value)>),
    Tree(Arc<BTreeMap<Text, Value>>),
}

/// Where the entry of that name is, or would be.
fn place(row: &[(Text, Value)], name: &str) -> Result<usize, usize> {
    row.binary_search_by(|(key, _)| key.as_str().cmp(name))
}

/// Attributes by name, in the order of their names. Clones share what they hold until one of them is changed, so
/// that a plan, a snapshot and a document can each have the same object.
#[derive(Clone)]
pub struct Map(Entries);

impl Map {
    pub const fn new() -> Self {
        Self(Entries::Row(EcoVec::new()))
    }

    /// Whether both share what they hold.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Entries::Row(one), Entries::Row(other)) => std::ptr::eq(one.as_slice(), other.as_slice()),
            (Entries::Tree(one), Entries::Tree(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    pub fn len(&self) -> usize {
        match &self.0 {
            Entries::Row(row) => row.len(),
            Entries::Tree(tree) => tree.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, name: &(impl Borrow<str> + ?Sized)) -> Option<&Value> {
        let name = name.borrow();
        match &self.0 {
            // Names of other lengths need not be read.
            Entries::Row(row) => row.iter().find(|(key, _)| **key == *name).map(|(_, value)| value),
            Entries::Tree(tree) => tree.get(name),
        }
    }

    pub fn get_mut(&mut self, name: &(impl Borrow<str> + ?Sized)) -> Option<&mut Value> {
        let name = name.borrow();
        match &mut self.0 {
            Entries::Row(row) => {
                let at = place(row, name).ok()?;
                Some(&mut row.make_mut()[at].1)
            }
            Entries::Tree(tree) => Arc::make_mut(tree).get_mut(name),
        }
    }

    pub fn contains_key(&self, name: &(impl Borrow<str> + ?Sized)) -> bool {
        self.get(name).is_some()
    }

    /// Makes room for so many entries more.
    pub fn reserve(&mut self, more: usize) {
        if let Entries::Row(row) = &mut self.0 {
            row.reserve(more.min(MOST_IN_A_ROW));
        }
    }

    /// Sets an entry; the value before, if there was one.
    pub fn insert(&mut self, name: Text, value: Value) -> Option<Value> {
        match &mut self.0 {
            Entries::Row(row) => {
                // What comes in order is the rule.
                let place = match row.last() {
                    Some((last, _)) if *last >= name => place(row, &name),
                    _ => Err(row.len()),
                };
                match place {
                    Ok(at) => return Some(mem::replace(&mut row.make_mut()[at].1, value)),
                    Err(at) if row.len() < MOST_IN_A_ROW => row.insert(at, (name, value)),
                    Err(_) => {
                        let entries = mem::take(row).into_iter().chain([(name, value)]);
                        self.0 = Entries::Tree(Arc::new(entries.collect()));
                    }
                }
                None
            }
            Entries::Tree(tree) => Arc::make_mut(tree).insert(name, value),
        }
    }

    /// Sets an entry unless it is there.
    pub fn insert_missing(&mut self, name: impl Into<Text>, value: impl FnOnce() -> Value) {
        let name = name.into();
        if !self.contains_key(&name) {
            self.insert(name, value());
        }
    }

    pub fn remove(&mut self, name: &(impl Borrow<str> + ?Sized)) -> Option<Value> {
        let name = name.borrow();
        match &mut self.0 {
            Entries::Row(row) => {
                let at = place(row, name).ok()?;
                Some(row.remove(at).1)
            }
            Entries::Tree(tree) if tree.contains_key(name) => Arc::make_mut(tree).remove(name),
            Entries::Tree(_) => None,
        }
    }

    /// Takes out what `keep` is false for.
    pub fn retain(&mut self, mut keep: impl FnMut(&Text, &mut Value) -> bool) {
        match &mut self.0 {
            Entries::Row(row) => row.retain(|(name, value)| keep(name, value)),
            Entries::Tree(tree) => Arc::make_mut(tree).retain(keep),
        }
    }

    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Entries::Row(row) => Iter::Row(row.iter()),
            Entries::Tree(tree) => Iter::Tree(tree.iter()),
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &Text> + Clone {
        self.iter().map(|(name, _)| name)
    }

    pub fn values(&self) -> impl Iterator<Item = &Value> + Clone {
        self.iter().map(|(_, value)| value)
    }
}

/// The entries of a map, in the order of their names.
#[derive(Clone)]
pub enum Iter<'a> {
    Row(std::slice::Iter<'a, (Text, Value)>),
    Tree(std::collections::btree_map::Iter<'a, Text, Value>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Text, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Row(row) => row.next().map(|(name, value)| (name, value)),
            Self::Tree(tree) => tree.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Row(row) => row.size_hint(),
            Self::Tree(tree) => tree.size_hint(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || (self.len() == other.len() && self.iter().eq(other.iter()))
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
        if self.is_same(other) { Ordering::Equal } else { self.iter().cmp(other.iter()) }
    }
}

impl Hash for Map {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<const N: usize> From<[(Text, Value); N]> for Map {
    fn from(entries: [(Text, Value); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// Of several entries with one name the last counts.
impl FromIterator<(Text, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(entries: I) -> Self {
        let mut row: EcoVec<(Text, Value)> = entries.into_iter().collect();
        if !row.is_sorted_by(|one, other| one.0 < other.0) {
            let sorted: BTreeMap<Text, Value> = row.into_iter().collect();
            row = sorted.into_iter().collect();
        }
        Self(match row.len() {
            0..=MOST_IN_A_ROW => Entries::Row(row),
            _ => Entries::Tree(Arc::new(row.into_iter().collect())),
        })
    }
}

impl Extend<(Text, Value)> for Map {
    fn extend<I: IntoIterator<Item = (Text, Value)>>(&mut self, entries: I) {
        for (name, value) in entries {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Map {
    type Item = (Text, Value);
    type IntoIter = ecow::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Entries::Row(row) => row.into_iter(),
            Entries::Tree(tree) => Arc::unwrap_or_clone(tree).into_iter().collect::<EcoVec<_>>().into_iter(),
        }
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Text, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u8, i64),
        Remove(u8),
        Retain(i64),
    }

    proptest! {
        /// A map is a sorted map, however many entries it has, and its clones stay as they are.
        #[test]
        fn like_a_tree(
            given in prop::collection::vec((0u8..60, 0i64..9), 0..50),
            steps in prop::collection::vec(
                prop_oneof![
                    6 => (0u8..60, 0i64..9).prop_map(|(name, value)| Step::Insert(name, value)),
                    2 => (0u8..60).prop_map(Step::Remove),
                    1 => (0i64..9).prop_map(Step::Retain),
                ],
                0..80,
            ),
        ) {
            let name = |name: u8| Text::from(name.to_string());
            let mut tree: BTreeMap<Text, Value> =
                given.iter().map(|(key, value)| (name(*key), Value::from(*value))).collect();
            let mut map: Map = given.iter().map(|(key, value)| (name(*key), Value::from(*value))).collect();
            let (before, as_it_was) = (map.clone(), tree.clone());
            for step in steps {
                match step {
                    Step::Insert(key, value) => prop_assert_eq!(
                        map.insert(name(key), Value::from(value)),
                        tree.insert(name(key), Value::from(value))
                    ),
                    Step::Remove(key) => prop_assert_eq!(map.remove(&name(key)), tree.remove(&name(key))),
                    Step::Retain(least) => {
                        map.retain(|_, value| *value >= Value::from(least));
                        tree.retain(|_, value| *value >= Value::from(least));
                    }
                }
                prop_assert!(map.iter().eq(tree.iter()));
                prop_assert_eq!(map.len(), tree.len());
                prop_assert!(tree.iter().all(|(key, value)| map.get(key) == Some(value)));
            }
            let collected: Map = tree.clone().into_iter().collect();
            prop_assert_eq!(&map, &collected);
            prop_assert_eq!(map.cmp(&before), tree.cmp(&as_it_was));
            prop_assert!(before.iter().eq(as_it_was.iter()));
            prop_assert!(map.into_iter().eq(tree));
        }
    }
}
