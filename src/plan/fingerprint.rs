//! Fingerprints of what a plan is a function of.

use super::document::{InputsDocument, SnapshotDocument};
use crate::kinds::{self, Omitted, Schema};
use crate::live::{Digest, Documents, Fact, Object, Owner, Snapshot};
use crate::stack::Inputs;
use crate::value::{Identity, KeyPart, Place, json};
use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt::Display;

/// Whether an attribute of the kind changes by itself.
fn volatile(schema: &Schema, name: &str) -> bool {
    schema.attributes.iter().any(|attribute| {
        matches!(attribute.omitted, Omitted::Computed { stable: false }) && *attribute.name == *name
    })
}

/// The fingerprint of a live object, as plans record it.
pub fn digest(schema: &Schema, object: &Object) -> Digest {
    Digest::of_object(object, |name| volatile(schema, name))
}

/// The fingerprints of what a plan is a function of. Each object is looked at once for all of them.
pub struct Fingerprints {
    /// That of everything: what the plan is called.
    pub whole: Digest,
    /// Those of the objects, by where these are in the snapshot.
    objects: FxHashMap<*const Object, Digest>,
}

impl Fingerprints {
    pub fn new(inputs: &Inputs, snapshot: &Snapshot) -> Self {
        let mut objects = FxHashMap::default();
        objects.reserve(snapshot.objects.len());
        let mut documents = Documents::default();
        let inputs = InputsDocument::new(inputs, &BTreeSet::new()).without_origins();
        documents.add(&(inputs, SnapshotDocument::without_objects(snapshot)));
        for (identity, fact) in &snapshot.objects {
            match fact {
                Fact::Absent => documents.add(&(Name(identity), "absent")),
                Fact::Denied(why) => documents.add(&(Name(identity), "denied", why)),
                Fact::Known(object) => {
                    let schema = kinds::schema(&identity.kind);
                    let volatile = |name: &str| schema.is_some_and(|schema| volatile(schema, name));
                    let digest = Digest::of_object(object, volatile);
                    let rest = object.attributes.iter().filter(|(name, _)| volatile(name));
                    let issues: Vec<(&str, &str)> =
                        object.issues.iter().map(|issue| (&*issue.code, &*issue.message)).collect();
                    let recorded = match &object.owner {
                        Owner::Stack { address, .. } => address.as_ref(),
                        Owner::None => None,
                    };
                    documents.add(&(
                        Name(identity),
                        Shown(digest),
                        json::entries(rest),
                        recorded.map(Shown),
                        object.parent.as_ref().map(Name),
                        (object.phase as u8, &object.status, issues),
                    ));
                    objects.insert(std::ptr::from_ref(object), digest);
                }
            }
        }
        Self { whole: documents.digest(), objects }
    }

    /// That of an object of the snapshot.
    pub fn of(&self, object: &Object) -> Option<Digest> {
        self.objects.get(&std::ptr::from_ref(object)).copied()
    }
}

/// An identity, written as its parts.
struct Name<'a>(&'a Identity<Place>);

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Identity { scope, kind, key } = self.0;
        (&scope.partition, &scope.account, &scope.region, kind, Key(key)).serialize(serializer)
    }
}

struct Key<'a>(&'a [KeyPart]);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(KeyPart::text))
    }
}

/// What is written as it is displayed.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
