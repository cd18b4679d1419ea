//! Provider blocks: which account and region, with which credentials.

use crate::diagnostic::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An evaluated `provider "aws"` block. Everything omitted is the environment's, as every AWS tool
/// takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderConfig {
    /// The block, if there is one.
    pub span: Option<Span>,
    pub region: Option<Arc<str>>,
    pub profile: Option<Arc<str>>,
    pub assume_role: Option<AssumeRole>,
    pub endpoint_url: Option<Arc<str>>,
    /// Refuse to work in any other account.
    pub allowed_account_ids: BTreeSet<Arc<str>>,
    /// Tags of every object, unless its own say otherwise.
    pub default_tags: BTreeMap<Arc<str>, Arc<str>>,
}

/// A role to assume before anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssumeRole {
    pub role_arn: Arc<str>,
    pub session_name: Option<Arc<str>>,
    pub external_id: Option<Arc<str>>,
    /// Seconds.
    pub duration: Option<u32>,
}
