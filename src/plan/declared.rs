//! What happens to what the files declare.

use super::build::Builder;
use super::change::{ChangeAction, Ownership, Reason};
use super::draft::Draft;
use super::shared;
use crate::diagnostic::Diagnostic;
use crate::diff::{self, Action, Difference, Observed, Proposed, Subject};
use crate::kinds::{OWNERSHIP, Schema};
use crate::live::{Digest, Fact, Object, Owner, Phase, Snapshot};
use crate::stack::Instance;
use crate::value::{Identity, Map, Place, Value};
use std::borrow::Cow;

/// A declared instance with what is live of it.
#[derive(Clone, Copy)]
struct Declared<'a> {
    index: usize,
    instance: &'a Instance,
    identity: &'a Identity<Place>,
    object: Option<&'a Object>,
}

/// Drafts what happens to an instance. `parent` is the cluster it lives in, if that is replaced.
pub(super) fn draft<'a>(
    builder: &mut Builder<'a>,
    index: usize,
    live: Option<&'a Fact<Object>>,
    parent: Option<&Identity<Place>>,
) {
    let evaluation = builder.evaluation;
    let instance = &evaluation.instances[index];
    let (Some(identity), Some(live)) = (&instance.identity, live) else { return };
    let object = match live {
        Fact::Denied(why) => {
            let diagnostic = Diagnostic::error(
                "unreadable",
                format!("{} could not be read, so nothing can be planned for it", instance.address),
            )
            .at(instance.span)
            .label(why.to_string())
            .help("a failed read is never taken for absence: grant the permission, or try again");
            builder.blocked.push((Some(index), diagnostic));
            return;
        }
        Fact::Absent => None,
        // An add-on's own association is no stand-alone one; a claim that stays is refused.
        Fact::Known(object) if object.parent.is_some() => {
            claimed_by_addon(builder, index, instance, object);
            None
        }
        Fact::Known(object) => Some(object),
    };
    if let (true, Some(object)) = (instance.is_shared(), object) {
        shared::taken(builder, instance, object);
    }
    let there = object.filter(|object| object.phase != Phase::Deleting);
    let ownership = match there {
        Some(object) if !instance.is_shared() => match ownership(builder, index, instance, object) {
            Some(ownership) => ownership,
            None => return,
        },
        _ => Ownership::Keep,
    };
    let declared = Declared { index, instance, identity, object };
    if let (Some(parent), Some(_)) = (parent, there) {
        let reason = Reason::ParentReplaced(parent.clone());
        let fresh = declared.as_if_absent();
        let after = Cow::Owned(fresh.after);
        declared.replace(builder, after, Cow::Owned(fresh.proposal.differences), ownership, reason);
        return;
    }
    let Proposed { proposal, after, .. } = &instance.proposed;
    let (after, differences) = (Cow::Borrowed(after), Cow::Borrowed(&*proposal.differences));
    match proposal.action {
        Action::Undecided => {}
        Action::NoOp => builder.unchanged.push((index, declared.seen())),
        Action::Create => {
            let reason = if object.is_some() { Reason::BeingDeleted } else { Reason::Missing };
            let mut draft = declared.draft(ChangeAction::Create, ownership, reason);
            draft.waits_first = object.is_some();
            draft.after = Some(after);
            builder.drafts.push(draft);
        }
        Action::Update | Action::Await => {
            let updates = proposal.action == Action::Update;
            let reason = match object {
                Some(object) if !updates => Reason::Busy(object.status.clone()),
                _ if matches!(ownership, Ownership::Adopt { .. }) => Reason::Adopted,
                _ => renamed(instance, builder.snapshot, identity).unwrap_or(Reason::Differs),
            };
            let action = if updates { ChangeAction::Update } else { ChangeAction::Await };
            let mut draft = declared.draft(action, ownership, reason);
            draft.waits_first = object.is_some_and(|object| object.phase == Phase::Busy);
            draft.before = object.map(|object| &object.attributes);
            draft.after = Some(after);
            draft.differences = differences;
            builder.drafts.push(draft);
        }
        Action::Replace => {
            let paths = proposal.differences.iter().filter(|difference| difference.forces_replacement());
            let reason = match object {
                Some(object) if object.phase == Phase::Failed => Reason::Broken(object.status.clone()),
                _ if !instance.triggered_by.is_empty() => {
                    Reason::Triggered(instance.triggered_by.iter().cloned().collect())
                }
                _ => match paths.map(|difference| difference.path.clone()).collect::<Vec<_>>() {
                    paths if paths.is_empty() => Reason::Requested,
                    paths => Reason::ForcesReplacement(paths),
                },
            };
            declared.replace(builder, after, differences, ownership, reason);
        }
    }
}

/// The fingerprint of an object, which is known already if an instance was compared with it.
pub(super) fn seen(instance: Option<&Instance>, schema: &Schema, object: &Object) -> Digest {
    let compared = instance.and_then(|instance| instance.proposed.seen);
    compared.map_or_else(|| Digest::of_object(schema, object), |seen| seen.digest)
}

impl<'a> Declared<'a> {
    /// The fingerprint of the object.
    fn seen(&self) -> Option<Digest> {
        self.object.map(|object| seen(Some(self.instance), self.instance.schema, object))
    }

    fn draft(&self, action: ChangeAction, ownership: Ownership, reason: Reason) -> Draft<'a> {
        let Declared { index, instance, identity, object } = *self;
        Draft {
            instance: Some(index),
            object,
            schema: instance.schema,
            address: Some(&instance.address),
            identity,
            provider: &instance.provider,
            action,
            ownership,
            reason,
            before: None,
            after: None,
            differences: Cow::default(),
            seen: self.seen(),
            replaces: None,
            waits_first: false,
            derived: instance.derived.as_ref(),
        }
    }

    /// A delete and a create of one identity.
    fn replace(
        &self,
        builder: &mut Builder<'a>,
        after: Cow<'a, Map>,
        differences: Cow<'a, [Difference]>,
        ownership: Ownership,
        reason: Reason,
    ) {
        let before = self.object.map(|object| &object.attributes);
        let mut delete = self.draft(ChangeAction::Delete, ownership.clone(), reason.clone());
        delete.before = before;
        delete.waits_first = self.object.is_some_and(|object| object.phase == Phase::Busy);
        let mut create = self.draft(ChangeAction::Create, ownership, reason);
        (create.before, create.after, create.differences) = (before, Some(after), differences);
        create.replaces = Some(builder.drafts.len());
        builder.drafts.extend([delete, create]);
    }

    /// The proposal for an instance whose object goes with its cluster.
    fn as_if_absent(&self) -> Proposed {
        let instance = self.instance;
        let subject = Subject {
            schema: instance.schema,
            address: &instance.address,
            place: Some(&self.identity.scope),
            key: &instance.symbolic.key,
            desired: &instance.desired,
        };
        diff::propose(&subject, &Observed::Fact(&Fact::Absent))
    }
}

/// Whose the object is to be; `None` and an error if it is not the stack's to change.
fn ownership(
    builder: &mut Builder<'_>,
    index: usize,
    instance: &Instance,
    object: &Object,
) -> Option<Ownership> {
    if object.owner.is(&builder.evaluation.stack) {
        return Some(Ownership::Keep);
    }
    let (from, whose) = match &object.owner {
        Owner::None => (None, "it is not managed by any stack".to_string()),
        Owner::Stack { stack, .. } => (Some(stack.clone()), format!("it belongs to the stack \"{stack}\"")),
    };
    if let Some(consent) = &instance.adopt
        && (consent.from_stack == from || from.is_none())
    {
        return Some(Ownership::Adopt { from });
    }
    let address = &instance.address;
    let (option, block) = match &from {
        Some(stack) => (
            format!("--adopt '{address}={stack}'"),
            format!("adopt {{\n  to         = {address}\n  from_stack = \"{stack}\"\n}}"),
        ),
        None => (format!("--adopt '{address}'"), format!("adopt {{\n  to = {address}\n}}")),
    };
    let name = instance.identity.as_ref().map(Identity::name).unwrap_or_default();
    let mut diagnostic = Diagnostic::error(
        "not-owned",
        format!("{} \"{name}\" exists already, and {whose}", instance.schema.kind),
    )
    .at(instance.span)
    .label("would be taken over by this block")
    .about(address);
    for difference in &instance.proposed.proposal.differences {
        if difference.path.root() != Some(OWNERSHIP) {
            let what = match (difference.before.is_null(), difference.after.is_null()) {
                (_, true) => "remove",
                (true, false) => "add",
                (false, false) => "change",
            };
            diagnostic = diagnostic.with_note(format!("adopting would also {what} {}", difference.path));
        }
    }
    let help = format!("to take it over, run with {option}, or write\n{block}");
    builder.blocked.push((Some(index), diagnostic.help(help)));
    None
}

/// An add-on owns the association that is declared by hand: fine only if the add-on lets go of it.
fn claimed_by_addon(builder: &mut Builder<'_>, index: usize, instance: &Instance, object: &Object) {
    let Some(parent) = &object.parent else { return };
    let account = instance.symbolic.part(2);
    let stays = match builder.declared.get(parent).map(|index| &builder.evaluation.instances[*index]) {
        Some(addon) => addon
            .desired
            .get("pod_identity_association")
            .and_then(Value::as_map)
            .is_some_and(|blocks| blocks.contains_key(account)),
        None => !builder
            .snapshot
            .object(parent)
            .and_then(Fact::known)
            .is_some_and(|addon| addon.owner.is(&builder.evaluation.stack)),
    };
    if stays {
        let diagnostic = Diagnostic::error(
            "claimed-by-addon",
            format!("The association of {account} belongs to the add-on {}", parent.part(1)),
        )
        .at(instance.span)
        .label("cannot be declared on its own as well")
        .about(&instance.address)
        .help("declare it as a pod_identity_association block of the add-on, or remove it there");
        builder.blocked.push((Some(index), diagnostic));
    }
}

/// The reason, if nothing but the recorded address differs.
fn renamed(instance: &Instance, snapshot: &Snapshot, identity: &Identity<Place>) -> Option<Reason> {
    let differences = &instance.proposed.proposal.differences;
    let only_tags = diff::only_ownership(differences);
    let recorded = snapshot.recorded_address(identity)?;
    // As text: what is recorded does not say that no block stands for it.
    let other = || recorded.to_string() != instance.address.to_string();
    (only_tags && other()).then(|| Reason::Renamed(recorded.clone()))
}
