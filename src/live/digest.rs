//! A short fingerprint of what a plan relied on.

use super::{Object, Owner};
use crate::value::{Map, json};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;

/// The fingerprint of an object's modelled attributes, tags and owner; not of its status or of
/// timestamps. 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Arc<str>);

impl Digest {
    /// The fingerprint of any text.
    pub fn of_text(text: &str) -> Self {
        let hash = Sha256::digest(text.as_bytes());
        Self(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// The fingerprint of an object, given which attributes change by themselves.
    pub fn of_object(object: &Object, volatile: impl Fn(&str) -> bool) -> Self {
        let attributes: Map = object
            .attributes
            .iter()
            .filter(|(name, _)| !volatile(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let owner = match &object.owner {
            Owner::None => serde_json::Value::Null,
            Owner::Stack { stack, .. } => serde_json::Value::from(stack.as_ref()),
        };
        let document = serde_json::json!([json::to_json(&crate::value::Value::map(attributes)), owner]);
        Self::of_text(&document.to_string())
    }

    /// A fingerprint as it was stored.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
