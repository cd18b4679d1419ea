//! Short fingerprints of what a plan relied on.

use super::{Object, Owner};
use crate::kinds::{self, Omitted, Schema};
use crate::value::{KeyPart, Place, json};
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Display};

/// A fingerprint: the first half of a SHA-256. Displayed as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The fingerprint of any text.
    pub fn of_text(text: &str) -> Self {
        Self::finish(Sha256::new().chain_update(text))
    }

    fn finish(hash: Sha256) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&hash.finalize()[..16]);
        Self(half)
    }

    /// The fingerprint of an object's modelled attributes, tags and owner; not of its status or of attributes that
    /// change by themselves, as timestamps do.
    pub fn of_object(schema: &Schema, object: &Object) -> Self {
        Self::of_lasting(Some(schema), object)
    }

    fn of_lasting(schema: Option<&Schema>, object: &Object) -> Self {
        let lasting = object.attributes.iter().filter(|(name, _)| !volatile(schema, name));
        let owner = match &object.owner {
            Owner::None => None,
            Owner::Stack { stack, .. } => Some(stack),
        };
        let mut documents = Documents::default();
        documents.add(&(json::entries(lasting), owner));
        documents.digest()
    }

    /// A fingerprint as it is displayed; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut half = [0; 16];
        hex::decode_to_slice(text, &mut half).ok().map(|()| Self(half))
    }
}

/// Whether an attribute of the kind changes by itself.
fn volatile(schema: Option<&Schema>, name: &str) -> bool {
    let volatile = |omitted| matches!(omitted, Omitted::Computed { stable: false });
    schema.is_some_and(|schema| {
        schema.attributes.iter().any(|attribute| volatile(attribute.omitted) && *attribute.name == *name)
    })
}

/// The state an object was seen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What must not change until the plan is applied: see [`Digest::of_object`].
    pub digest: Digest,
    /// All that is known of the object, and how it is named.
    pub whole: Digest,
}

impl Seen {
    /// Of the object with this identity.
    pub fn new(place: &Place, kind: &str, key: &[KeyPart], object: &Object) -> Self {
        let schema = kinds::schema(kind);
        let digest = Digest::of_lasting(schema, object);
        let rest = object.attributes.iter().filter(|(name, _)| volatile(schema, name));
        let parent = object.parent.as_ref().map(|parent| named(&parent.scope, &parent.kind, &parent.key));
        let issues: Vec<(&str, &str)> =
            object.issues.iter().map(|issue| (&*issue.code, &*issue.message)).collect();
        let mut documents = Documents::default();
        documents.add(&(
            named(place, kind, key),
            (Shown(digest), json::entries(rest)),
            (object.owner.recorded().map(Shown), parent),
            (object.phase as u8, &object.status, issues),
        ));
        Self { digest, whole: documents.digest() }
    }
}

/// An identity, to be written as its parts.
pub fn named<'a>(place: &'a Place, kind: &'a str, key: &'a [KeyPart]) -> impl Serialize + use<'a> {
    (&place.partition, &place.account, &place.region, kind, Key(key))
}

struct Key<'a>(&'a [KeyPart]);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(KeyPart::compared))
    }
}

/// What is written as it is displayed.
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Documents that are fingerprinted together, by their JSON texts one after the other.
pub struct Documents {
    hash: Sha256,
    /// What is not hashed yet.
    text: Vec<u8>,
}

/// So much is hashed in one go.
const PIECE: usize = 2048;

impl Default for Documents {
    fn default() -> Self {
        Self { hash: Sha256::new(), text: Vec::with_capacity(PIECE) }
    }
}

impl Documents {
    pub fn add(&mut self, document: &impl Serialize) {
        // What is fingerprinted are plain maps, lists and texts: writing them as JSON cannot fail.
        let _ = serde_json::to_writer(&mut self.text, document);
        if self.text.len() >= PIECE {
            self.hash.update(&self.text);
            self.text.clear();
        }
    }

    /// The fingerprint of all of them.
    pub fn digest(self) -> Digest {
        Digest::finish(self.hash.chain_update(&self.text))
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_are_inverse() {
        let digest = Digest::of_text("text");
        assert_eq!(digest.to_string(), "982d9e3eb996f559e633f4d194def376");
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        for text in ["", "982d", "+82d9e3eb996f559e633f4d194def376", "é82d9e3eb996f559e633f4d194def37"] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
    }
}
