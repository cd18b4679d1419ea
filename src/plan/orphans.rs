//! What the stack owns and no file declares; everything it owns when destroying.

use super::build::Builder;
use super::change::{ChangeAction, Ownership, Reason};
use super::declared;
use super::draft::Draft;
use super::release::release;
use crate::diagnostic::Diagnostic;
use crate::kinds::{self, OWNERSHIP, Schema, TAG_REGION};
use crate::live::{Fact, Object, Phase};
use crate::stack::Mode;
use crate::value::{Identity, Place, ProviderRef, Value};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Drafts what happens to objects that are owned and not declared.
pub(super) fn draft(builder: &mut Builder<'_>) {
    let destroy = builder.inputs.mode == Mode::Destroy;
    let snapshot = builder.snapshot;
    let released = builder.released_by_name();
    // Where an object is in the snapshot tells sooner than its name that it is declared.
    let undeclared = |object: &Object| !builder.known.contains_key(&std::ptr::from_ref(object));
    let all = destroy || released.is_some();
    let existing: Vec<(&Identity<Place>, &Object)> =
        snapshot.existing().filter(|(_, object)| all || undeclared(object)).collect();
    for (identity, object) in existing {
        let declared = builder.declared.get(identity).copied();
        let due = match &released {
            Some(released) => released.contains(identity),
            None => destroy || declared.is_none(),
        };
        if !object.owner.is(&builder.evaluation.stack) || !due || object.parent.is_some() {
            continue;
        }
        let Some(schema) = kinds::schema(&identity.kind) else { continue };
        let provider = match provider_of(builder, schema, identity, object) {
            Ok(provider) => provider,
            Err(finding) => {
                builder.findings.push(*finding);
                continue;
            }
        };
        let instance = declared.map(|index| &*builder.evaluation.instances[index]);
        let deleting = object.phase == Phase::Deleting;
        let mut draft = Draft {
            instance: declared,
            object: Some(object),
            schema,
            address: instance.map_or(object.owner.recorded(), |instance| Some(&instance.address)),
            identity,
            provider,
            action: if deleting { ChangeAction::Await } else { ChangeAction::Delete },
            ownership: Ownership::Keep,
            reason: match (deleting, destroy) {
                (true, _) => Reason::BeingDeleted,
                (false, true) => Reason::Destroy,
                (false, false) => Reason::Orphan,
            },
            before: Some(&object.attributes),
            after: None,
            differences: Cow::default(),
            seen: Some(declared::seen(instance, schema, object)),
            replaces: None,
            waits_first: object.phase == Phase::Busy,
            derived: instance.and_then(|instance| instance.derived.as_ref()),
        };
        // What a block still declares is not removed, whatever its recorded address is.
        let removed = declared.is_none() && builder.is_released(draft.address);
        if !deleting && (released.is_some() || removed) {
            release(&mut draft, object);
        }
        builder.drafts.push(draft);
    }
    if released.is_some() {
        builder.considered = Some(BTreeSet::new());
        builder.still_declared();
    }
}

/// The provider through which an undeclared object is reached. A role recorded for a region that no
/// provider names is left alone.
fn provider_of<'a>(
    builder: &Builder<'a>,
    schema: &Schema,
    identity: &Identity<Place>,
    object: &Object,
) -> Result<&'a ProviderRef, Box<Diagnostic>> {
    let region =
        object.attributes.get(OWNERSHIP).and_then(|tags| tags.get(TAG_REGION)).and_then(Value::as_str);
    let reaches = |provider: &&ProviderRef| {
        builder.snapshot.callers.get(*provider).and_then(Fact::known).is_some_and(|caller| {
            caller.place(schema.regional) == identity.scope
                && (schema.regional || region.is_none_or(|region| *caller.region() == *region))
        })
    };
    builder.evaluation.providers.keys().find(reaches).ok_or_else(|| {
        Box::new(
            Diagnostic::warning(
                "other-region",
                format!(
                    "{identity} is this stack's, but no provider block names its region {}",
                    region.unwrap_or_default()
                ),
            )
            .with_note("It is left alone.")
            .help("add a provider block for the region to manage it, or name the region in the stack block: regions = [\"…\"]"),
        )
    })
}

/// Links a create to the orphan that has its address: one object under a new identity.
pub(super) fn link_moves(builder: &mut Builder<'_>) {
    let mut orphans: FxHashMap<String, usize> = FxHashMap::default();
    for (index, draft) in builder.drafts.iter().enumerate() {
        if let (Reason::Orphan, Some(address)) = (&draft.reason, draft.address) {
            orphans.insert(address.to_string(), index);
        }
    }
    if orphans.is_empty() {
        return;
    }
    for index in 0..builder.drafts.len() {
        let draft = &builder.drafts[index];
        let (ChangeAction::Create, None, Some(address)) = (draft.action, draft.replaces, draft.address)
        else {
            continue;
        };
        let Some(orphan) = orphans.get(&address.to_string()).copied() else { continue };
        if builder.drafts[orphan].schema.kind != draft.schema.kind {
            continue;
        }
        let reason = Reason::Moved(builder.drafts[orphan].identity.clone());
        let before = builder.drafts[orphan].before;
        builder.drafts[orphan].reason = reason.clone();
        let created = &mut builder.drafts[index];
        (created.replaces, created.reason, created.before) = (Some(orphan), reason, before);
    }
}

/// An ordinary plan that would delete all the stack owns is probably run in the wrong place.
pub(super) fn deletes_everything(builder: &mut Builder<'_>) {
    if !builder.evaluation.instances.is_empty() || builder.inputs.allow_orphans {
        return;
    }
    let deleted = builder.drafts.iter().filter(|draft| draft.reason == Reason::Orphan).count();
    let owned =
        builder.snapshot.existing().filter(|(_, object)| object.owner.is(&builder.evaluation.stack)).count();
    if deleted > 0 && deleted == owned {
        builder.findings.push(
            Diagnostic::error(
                "deletes-everything",
                format!("This plan would delete everything the stack \"{}\" owns", builder.evaluation.stack),
            )
            .with_note("No file declares any of it: is this the right directory, account and stack name?")
            .help("to delete all of it, run destroy; to plan it nevertheless, add --allow-orphans"),
        );
    }
}
