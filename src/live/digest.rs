//! A short fingerprint of what a plan relied on.

use super::{Object, Owner};
use crate::value::json;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io::{BufWriter, Write};
use std::sync::Arc;

/// The fingerprint of an object's modelled attributes, tags and owner; not of its status or of
/// timestamps. 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Arc<str>);

impl Digest {
    /// The fingerprint of any text.
    pub fn of_text(text: &str) -> Self {
        Self::finish(Sha256::new().chain_update(text.as_bytes()))
    }

    /// The fingerprint of a document's JSON text.
    pub fn of_json(document: &impl Serialize) -> Self {
        let mut hash = Hashing(Sha256::new());
        // What is fingerprinted are plain maps, lists and texts: writing them as JSON cannot fail, nor does
        // hashing them.
        let mut pieces = BufWriter::with_capacity(4096, &mut hash);
        let _ = serde_json::to_writer(&mut pieces, document);
        let _ = pieces.flush();
        drop(pieces);
        Self::finish(hash.0)
    }

    fn finish(hash: Sha256) -> Self {
        const DIGITS: [char; 16] =
            ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let mut text = String::with_capacity(32);
        for byte in hash.finalize().iter().take(16) {
            text.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        Self(text.into())
    }

    /// The fingerprint of an object, given which attributes change by themselves.
    pub fn of_object(object: &Object, volatile: impl Fn(&str) -> bool) -> Self {
        let attributes = json::entries(object.attributes.iter().filter(|(name, _)| !volatile(name)));
        let owner = match &object.owner {
            Owner::None => None,
            Owner::Stack { stack, .. } => Some(stack.as_ref()),
        };
        Self::of_json(&(attributes, owner))
    }

    /// A fingerprint as it was stored.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A hash that can be written to.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
