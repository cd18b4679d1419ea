//! A short fingerprint of what a plan relied on.

use super::{Object, Owner};
use crate::value::json;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt;

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

    /// The fingerprint of an object's modelled attributes, tags and owner, given which attributes change by
    /// themselves; not of its status or of timestamps.
    pub fn of_object(object: &Object, volatile: impl Fn(&str) -> bool) -> Self {
        let attributes = json::entries(object.attributes.iter().filter(|(name, _)| !volatile(name)));
        let owner = match &object.owner {
            Owner::None => None,
            Owner::Stack { stack, .. } => Some(stack),
        };
        let mut documents = Documents::default();
        documents.add(&(attributes, owner));
        documents.digest()
    }

    /// A fingerprint as it is displayed; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut half = [0; 16];
        hex::decode_to_slice(text, &mut half).ok().map(|()| Self(half))
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

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
