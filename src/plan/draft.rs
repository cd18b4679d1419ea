//! Changes before they have their place in the order.

use super::calls;
use super::change::{Call, Cause, Change, ChangeAction, ChangeId, Ownership, Reason};
use super::selection::shown_name;
use crate::diff::Difference;
use crate::kinds::Schema;
use crate::live::{Digest, Object};
use crate::stack::Derived;
use crate::value::{Address, Identity, Map, Place, ProviderRef};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A change before it has its place in the order. What it says of instances and objects it does not copy.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    /// The declared instance it is for.
    pub instance: Option<usize>,
    /// What is live of it.
    pub object: Option<&'a Object>,
    pub schema: &'static Schema,
    pub address: Option<&'a Address>,
    pub identity: &'a Identity<Place>,
    pub provider: &'a ProviderRef,
    pub action: ChangeAction,
    pub ownership: Ownership,
    pub reason: Reason,
    pub before: Option<&'a Map>,
    pub after: Option<Cow<'a, Map>>,
    pub differences: Cow<'a, [Difference]>,
    pub seen: Option<Digest>,
    /// The draft of the delete that this create stands in for.
    pub replaces: Option<usize>,
    pub waits_first: bool,
    pub derived: Option<&'a Derived>,
}

/// Drafts by what they are about: at most a delete and another one each.
pub(super) type ByIdentity<'d, 'a> = FxHashMap<&'a Identity<Place>, Vec<&'d Draft<'a>>>;

pub(super) fn by_identity<'d, 'a>(drafts: &'d [Draft<'a>]) -> ByIdentity<'d, 'a> {
    let mut found = ByIdentity::default();
    drafts.iter().for_each(|draft| found.entry(draft.identity).or_default().push(draft));
    found
}

impl Draft<'_> {
    /// How people name it.
    pub fn shown_name(&self) -> String {
        shown_name(self.address, self.identity)
    }

    /// What AWS is asked to do for it.
    pub fn calls(&self) -> Vec<Call> {
        calls::calls(self.schema, self.action, self.before, self.after.as_deref(), &self.differences)
    }

    /// The change, without its calls.
    pub fn change(&self, id: ChangeId, replaces: Option<ChangeId>) -> Change {
        Change {
            id,
            schema: self.schema,
            address: self.address.cloned(),
            identity: self.identity.clone(),
            provider: self.provider.clone(),
            action: self.action,
            ownership: self.ownership.clone(),
            reason: self.reason.clone(),
            cause: Cause::default(),
            before: self.before.cloned(),
            after: self.after.as_deref().cloned(),
            differences: self.differences.to_vec(),
            seen: self.seen,
            calls: Vec::new(),
            replaces,
            waits_first: self.waits_first,
            derived: self.derived.cloned(),
        }
    }
}
