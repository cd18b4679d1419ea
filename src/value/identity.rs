//! How AWS names an object: a place and a natural key.

use super::{Key, Text};
use rustc_hash::FxBuildHasher;
use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A provider block, by its alias (`None` is the default one) and its key under `for_each`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderRef {
    pub alias: Option<Text>,
    pub key: Option<Key>,
}

impl fmt::Display for ProviderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("provider.aws")?;
        if let Some(alias) = &self.alias {
            write!(f, ".{alias}")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}")?;
        }
        Ok(())
    }
}

/// A place in AWS. There are few, so clones share what they hold, and its hash is known.
#[derive(Clone, Debug)]
pub struct Place(Arc<Hashed>);

#[derive(Debug)]
struct Hashed {
    parts: PlaceParts,
    hash: u64,
}

/// What a [`Place`] consists of. `region` is `None` for IAM, which has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceParts {
    pub partition: Text,
    pub account: Text,
    pub region: Option<Text>,
}

impl Place {
    pub fn new(partition: impl Into<Text>, account: impl Into<Text>, region: Option<Text>) -> Self {
        let parts = PlaceParts { partition: partition.into(), account: account.into(), region };
        Self(Arc::new(Hashed { hash: FxBuildHasher.hash_one(&parts), parts }))
    }

    /// The place of IAM's objects in the same account.
    #[must_use]
    pub fn global(&self) -> Self {
        Self::new(self.partition.clone(), self.account.clone(), None)
    }
}

impl Deref for Place {
    type Target = PlaceParts;

    fn deref(&self) -> &PlaceParts {
        &self.0.parts
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.parts == other.0.parts
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By partition, account and region.
impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.parts.cmp(&other.0.parts) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.account)?;
        match &self.region {
            Some(region) => write!(f, "/{region}"),
            None => Ok(()),
        }
    }
}

/// One part of a natural key. It keeps the spelling of the files; where AWS ignores case, so do
/// equality, order and hash.
#[derive(Clone, Debug)]
pub struct KeyPart {
    text: Text,
    folded: Option<Text>,
}

impl KeyPart {
    /// A part that AWS compares to the letter.
    pub fn exact(text: impl Into<Text>) -> Self {
        Self { text: text.into(), folded: None }
    }

    /// A part that AWS compares without regard to (ASCII) case.
    pub fn ignoring_case(text: impl Into<Text>) -> Self {
        let text = text.into();
        let folded = text.bytes().any(|b| b.is_ascii_uppercase()).then(|| text.to_ascii_lowercase().into());
        Self { text, folded }
    }

    /// As spelt.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As spelt, to be shared.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// As AWS compares it.
    pub fn compared(&self) -> &str {
        self.folded.as_ref().unwrap_or(&self.text)
    }
}

impl PartialEq for KeyPart {
    fn eq(&self, other: &Self) -> bool {
        self.compared() == other.compared()
    }
}

impl Eq for KeyPart {}

impl PartialOrd for KeyPart {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyPart {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compared().cmp(other.compared())
    }
}

impl Hash for KeyPart {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.compared().hash(state);
    }
}

/// The identity of one object: kind, natural key, and a scope that is either symbolic (the
/// [`ProviderRef`], before the account is known) or a [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity<Scope> {
    pub scope: Scope,
    pub kind: Text,
    pub key: Arc<[KeyPart]>,
}

/// Scope and key tell nearly all apart: kinds are few.
impl<Scope: Hash> Hash for Identity<Scope> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scope.hash(state);
        self.key.hash(state);
    }
}

impl<Scope: Ord> PartialOrd for Identity<Scope> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By scope, kind and key.
impl<Scope: Ord> Ord for Identity<Scope> {
    fn cmp(&self, other: &Self) -> Ordering {
        let keys = || match Arc::ptr_eq(&self.key, &other.key) {
            true => Ordering::Equal,
            false => self.key.cmp(&other.key),
        };
        self.scope.cmp(&other.scope).then_with(|| self.kind.cmp(&other.kind)).then_with(keys)
    }
}

impl<Scope> Identity<Scope> {
    /// The part of the key at `index` as spelt, empty if there is none.
    pub fn part(&self, index: usize) -> &str {
        self.key.get(index).map_or("", KeyPart::as_str)
    }

    /// The same key in another scope.
    pub fn within<Other>(&self, scope: Other) -> Identity<Other> {
        Identity { scope, kind: self.kind.clone(), key: self.key.clone() }
    }

    /// The parts of the key joined by `/`.
    pub fn name(&self) -> String {
        let mut name = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_name(&mut name);
        name
    }

    fn write_name(&self, to: &mut impl fmt::Write) -> fmt::Result {
        for (index, part) in self.key.iter().enumerate() {
            if index > 0 {
                to.write_char('/')?;
            }
            to.write_str(part.as_str())?;
        }
        Ok(())
    }
}

/// `addon demo/vpc-cni (123456789012/us-east-2)`.
impl fmt::Display for Identity<Place> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        f.write_char(' ')?;
        self.write_name(f)?;
        write!(f, " ({})", self.scope)
    }
}
