//! What was read once and never changes.

use crate::live::{AddonConfiguration, AddonKey};

/// Keeps facts beyond one run, wherever that is. Only what never changes comes here: the settings and
/// recommended policies of one version of an add-on. What AWS does not know is not remembered, since it
/// may come to know it, and neither is anything said by an endpoint that is not AWS's own.
pub trait Memory: Send + Sync {
    /// The fact, if it is remembered whole.
    fn recall(&self, key: &AddonKey) -> Option<AddonConfiguration>;

    /// Keeps the fact. To fail at it is no failure: it is asked again then.
    fn remember(&self, key: &AddonKey, fact: &AddonConfiguration);
}
