//! The data of a plan.

use super::selection::shown_name;
use crate::diagnostic::{Diagnostic, Silenced};
use crate::diff::{Difference, only_ownership};
use crate::kinds::Schema;
use crate::live::{Coverage, Digest, StackName};
use crate::stack::{Checked, Derived, Mode, ProviderConfig};
use crate::value::{Address, Identity, Map, Path, Place, ProviderRef, Text, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The index of a change in [`Plan::changes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeId(pub usize);

/// What a change does. A replacement is a `Delete` and a `Create` linked by [`Change::replaces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeAction {
    Create,
    Update,
    Delete,
    /// Nothing to change, but AWS is still working on the object: wait until it has settled.
    Await,
}

/// What happens to the ownership of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It is, or becomes by creation, the stack's.
    Keep,
    /// It exists and is taken over, from another stack if one is named.
    Adopt { from: Option<Text> },
    /// It stays, but is no longer the stack's.
    Release,
}

/// Where a change comes from, if the plan was held against another revision of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// There was nothing to hold it against.
    #[default]
    Unspecified,
    /// The files changed.
    Intended,
    /// The account changed: the other revision would plan it too.
    Drift,
    /// The other revision would change it too, and differently.
    Both,
}

/// Why a change is in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It does not exist.
    Missing,
    /// It differs from the files.
    Differs,
    /// It is the stack's, and no file declares it any more.
    Orphan,
    /// Everything is to be destroyed.
    Destroy,
    /// Only the address changed; the old one as recorded.
    Renamed(Address),
    /// An attribute that cannot change in place differs; the paths.
    ForcesReplacement(Vec<Path>),
    /// The files or the command line let go of it.
    Released,
    /// `--replace` asked for it.
    Requested,
    /// AWS reports that it was never made right; the status.
    Broken(Text),
    /// Something that `replace_triggered_by` names changes; the instance, and the attribute if one is named.
    Triggered(Vec<(Address, Path)>),
    /// It goes and comes back with the object it lives in.
    ParentReplaced(Identity<Place>),
    /// AWS is deleting it; it is made again afterwards.
    BeingDeleted,
    /// The files call it by another identity; the old one.
    Moved(Identity<Place>),
    /// It exists and is taken over.
    Adopted,
    /// AWS is still working on it; the status.
    Busy(Text),
}

/// One API call of a change. `paths` says which attributes it is for; a call per element names the
/// element (`managed_policies["arn:…"]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// An operation id of the kind's schema.
    pub operation: &'static str,
    pub paths: Vec<Path>,
    /// The idempotency token, for operations that take one. 64 hex digits.
    pub token: Option<Text>,
}

/// One step of the plan for one object.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: ChangeId,
    pub schema: &'static Schema,
    /// `None` for an orphan without a readable recorded address.
    pub address: Option<Address>,
    pub identity: Identity<Place>,
    pub provider: ProviderRef,
    pub action: ChangeAction,
    pub ownership: Ownership,
    pub reason: Reason,
    pub cause: Cause,
    /// The live attributes, if it exists.
    pub before: Option<Map>,
    /// The attributes once applied; unknown ones are unknown values. `None` for a delete.
    pub after: Option<Map>,
    pub differences: Vec<Difference>,
    /// The fingerprint of the object when the plan was made, `None` = absent.
    pub seen: Option<Digest>,
    pub calls: Vec<Call>,
    /// The delete this create stands in for.
    pub replaces: Option<ChangeId>,
    /// AWS is working on the object: wait before the first call.
    pub waits_first: bool,
    /// What made the instance, if no block stands for it.
    pub derived: Option<Derived>,
}

/// Why one change comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    Reference,
    SameIdentity,
    LiveRelation,
    DependsOn,
}

/// `from` is finished before `to` starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    pub from: ChangeId,
    pub to: ChangeId,
    pub kind: EdgeKind,
}

/// Conditions that were not known when the plan was made. They are told by evaluating again, once what
/// they depend on has been applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The change that does not start, or fails, if they do not hold.
    pub change: ChangeId,
    /// The instance whose conditions they are: the change's own, or an unchanged one it depends on.
    pub address: Address,
    pub when: When,
}

/// When conditions have to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Preconditions, or all of an instance that does not change: before the change's first call.
    Before,
    /// Postconditions: once it is made.
    After,
}

/// A root output as it will be.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedOutput {
    pub name: Text,
    pub value: Value,
    pub description: Option<Text>,
}

/// The part of the whole that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// As given with `--target`; empty: everything.
    pub targets: BTreeSet<Text>,
    /// As given with `--exclude`.
    pub excludes: BTreeSet<Text>,
    /// The names of what would change as well, had everything been asked for.
    pub left_out: BTreeSet<Text>,
}

impl Selection {
    /// Whether only a part was asked for.
    pub fn is_partial(&self) -> bool {
        !(self.targets.is_empty() && self.excludes.is_empty())
    }
}

/// A finished plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The fingerprint of everything the plan is a function of.
    pub id: Digest,
    pub stack: StackName,
    pub mode: Mode,
    pub providers: BTreeMap<ProviderRef, ProviderConfig>,
    /// In topological order.
    pub changes: Vec<Change>,
    pub edges: Vec<Edge>,
    pub outputs: Vec<PlannedOutput>,
    /// Objects without a change that the plan relied on, with their fingerprints.
    pub relied_on: Vec<(Identity<Place>, Option<Digest>)>,
    /// Everything with conditions, and how they stand.
    pub checks: Vec<Checked>,
    /// Conditions to be told while applying.
    pub held: Vec<Held>,
    /// What could not be searched for orphans.
    pub coverage: Vec<(Place, Text, Coverage)>,
    pub selection: Selection,
    /// The revision that causes refer to.
    pub base: Option<Text>,
    /// Warnings, notes and refusals. A plan with an error is shown but never applied.
    pub findings: Vec<Diagnostic>,
    /// Findings of rules that the files silence, with the reason they give.
    pub silenced: Vec<Silenced>,
}

impl Change {
    /// How people name it: by its address, or as the command line names what has none.
    pub fn shown_name(&self) -> String {
        shown_name(self.address.as_ref(), &self.identity)
    }

    /// Whether nothing of it would be seen but eksform's own tags.
    pub fn only_ownership(&self) -> bool {
        only_ownership(&self.differences)
    }
}

impl Plan {
    pub fn change(&self, id: ChangeId) -> Option<&Change> {
        self.changes.get(id.0)
    }

    /// Whether applying would call AWS at all.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether the plan may be applied.
    pub fn refused(&self) -> bool {
        self.findings.iter().any(Diagnostic::is_error)
    }
}
