//! The fingerprint of all that a plan is a function of.

use super::document::{InputsDocument, SnapshotDocument};
use crate::live::{Digest, Documents, Fact, Object, Seen, Shown, Snapshot, named};
use crate::stack::Inputs;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Fingerprints by where the objects are in the snapshot.
pub(super) type Known = FxHashMap<*const Object, Digest>;

/// The fingerprint of inputs and snapshot. `known` has those of objects that were looked at already: see
/// [`Seen::whole`].
pub(super) fn fingerprint(inputs: &Inputs, snapshot: &Snapshot, known: &Known) -> Digest {
    let mut documents = Documents::default();
    let inputs = InputsDocument::new(inputs, &BTreeSet::new()).without_origins();
    documents.add(&(inputs, SnapshotDocument::without_objects(snapshot)));
    for (identity, fact) in &snapshot.objects {
        let name = || named(&identity.scope, &identity.kind, &identity.key);
        match fact {
            Fact::Absent => documents.add(&(name(), "absent")),
            Fact::Denied(why) => documents.add(&(name(), "denied", why)),
            Fact::Known(object) => {
                let seen = || Seen::new(&identity.scope, &identity.kind, &identity.key, object).whole;
                documents.add(&Shown(known.get(&std::ptr::from_ref(object)).copied().unwrap_or_else(seen)));
            }
        }
    }
    documents.digest()
}
