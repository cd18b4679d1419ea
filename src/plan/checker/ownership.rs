//! Nothing but what is this stack's is touched, and everything that is, is accounted for.

use super::{Checker, name, selection, untold};
use crate::diff::canonical;
use crate::kinds::{self, Change as How, OWNERSHIP};
use crate::live::{Digest, Fact, Object, Owner, Phase};
use crate::plan::change::{Change, ChangeAction, Ownership, Reason};
use crate::stack::Mode;
use crate::value::{AddressPattern, Identity, Map, Place, Value};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

pub(super) fn check(checker: &mut Checker<'_>) {
    let plan = checker.plan;
    for change in &plan.changes {
        let fact = checker.snapshot.object(&change.identity);
        match fact {
            Some(Fact::Known(object)) => known(checker, change, object),
            Some(Fact::Absent) => absent(checker, change),
            Some(Fact::Denied(_)) | None => {
                checker.say(format!("{} is changed without having been read", name(change)));
            }
        }
        let declared = declared(checker, &change.identity);
        match (plan.mode, change.action) {
            _ if change.ownership == Ownership::Release => {}
            (Mode::Destroy, ChangeAction::Create | ChangeAction::Update) => {
                checker.say(format!("{} in a plan that destroys", name(change)));
            }
            (Mode::Apply, ChangeAction::Create | ChangeAction::Update) if !declared => {
                checker.say(format!("{} is not declared", name(change)));
            }
            (Mode::Apply, ChangeAction::Delete) if declared => {
                let comes_back =
                    checker.changes_of(&change.identity).any(|other| other.replaces == Some(change.id));
                if !comes_back {
                    checker.say(format!("{} is declared and deleted for good", name(change)));
                }
            }
            _ => {}
        }
    }
    missing(checker);
}

fn declared(checker: &Checker<'_>, identity: &Identity<Place>) -> bool {
    checker.declared(identity).is_some()
}

fn known(checker: &mut Checker<'_>, change: &Change, object: &Object) {
    let plan = checker.plan;
    if change.action == ChangeAction::Create {
        let deleted = checker.changes_of(&change.identity).any(|other| other.action == ChangeAction::Delete);
        let going = object.phase == Phase::Deleting && change.waits_first;
        if !deleted && !going && object.parent.is_none() {
            checker.say(format!("{} exists already", name(change)));
        }
        return;
    }
    if object.parent.is_some() {
        checker.say(format!("{} belongs to an add-on", name(change)));
    }
    if change.before.as_ref() != Some(&object.attributes) {
        checker.say(format!("{} does not start from what is live", name(change)));
    }
    if change.seen != Some(Digest::of_object(change.schema, object)) {
        checker.say(format!("{} records another fingerprint than that of the object", name(change)));
    }
    if object.owner.is(&plan.stack) {
        if change.ownership == Ownership::Release {
            return released(checker, change);
        }
        if change.ownership != Ownership::Keep {
            checker.say(format!("{} adopts what is the stack's already", name(change)));
        }
        return;
    }
    let owner = match &object.owner {
        Owner::None => None,
        Owner::Stack { stack, .. } => Some(stack.clone()),
    };
    let consent = checker.declared(&change.identity).and_then(|instance| instance.adopt.as_ref());
    let adopts = change.ownership == Ownership::Adopt { from: owner.clone() };
    let allowed = consent.is_some_and(|consent| owner.is_none() || consent.from_stack == owner);
    if !adopts || !allowed {
        checker.say(format!("{} touches what is not the stack's", name(change)));
    }
    let becomes_ours = |after: &crate::value::Map| {
        after
            .get(OWNERSHIP)
            .and_then(Value::as_map)
            .is_some_and(|tags| Owner::from_tags(tags).is(&plan.stack))
    };
    if change.action == ChangeAction::Update && !change.after.as_ref().is_some_and(becomes_ours) {
        checker.say(format!("{} is adopted and not tagged", name(change)));
    }
}

/// What is let go of was named, and loses nothing but eksform's tags.
fn released(checker: &mut Checker<'_>, change: &Change) {
    let address = change.address.as_ref();
    let removed = |from: &AddressPattern| address.is_some_and(|address| from.matches(address));
    let by_files = !declared(checker, &change.identity) && checker.evaluation.released.iter().any(removed);
    let one = BTreeSet::from([change.identity.clone()]);
    let by_name = !selection::asked(checker, &checker.inputs.releases, &one).is_empty();
    if !by_files && !by_name {
        checker.say(format!("{} was not to be released", name(change)));
    }
    let rest = |side: Option<&Map>| {
        let mut rest = side.cloned().unwrap_or_default();
        rest.remove(OWNERSHIP);
        rest
    };
    let tags = change.after.as_ref().and_then(|after| after.get(OWNERSHIP)).and_then(Value::as_map);
    if change.action != ChangeAction::Update
        || tags.is_none_or(|tags| !tags.is_empty())
        || rest(change.before.as_ref()) != rest(change.after.as_ref())
    {
        checker.say(format!("{} changes more than the owner", name(change)));
    }
}

fn absent(checker: &mut Checker<'_>, change: &Change) {
    if change.action != ChangeAction::Create {
        checker.say(format!("{} is not there", name(change)));
    }
    if change.seen.is_some() || change.waits_first {
        checker.say(format!("{} is made as if there were something", name(change)));
    }
}

/// What the plan should have a change for.
fn missing(checker: &mut Checker<'_>) {
    let plan = checker.plan;
    if !checker.inputs.releases.is_empty() {
        let mut others = plan.changes.iter().filter(|change| change.ownership != Ownership::Release);
        if let Some(other) = others.find(|change| change.action != ChangeAction::Await) {
            checker.say(format!("{} in a plan that only releases", name(other)));
        }
        let owned = checker
            .snapshot
            .existing()
            .filter(|(_, object)| object.owner.is(&plan.stack) && object.parent.is_none());
        let owned: BTreeSet<_> = owned.map(|(identity, _)| identity.clone()).collect();
        for identity in selection::asked(checker, &checker.inputs.releases, &owned) {
            if checker.changes_of(&identity).next().is_none() {
                checker.say(format!("{identity} was to be released, and nothing happens to it"));
            }
        }
        return;
    }
    for change in plan.changes.iter().filter(|change| change.action == ChangeAction::Delete) {
        let address = change.address.as_ref();
        let named = |from: &AddressPattern| address.is_some_and(|address| from.matches(address));
        if !declared(checker, &change.identity) && checker.evaluation.released.iter().any(named) {
            checker.problems.push(format!("{} was to be released", name(change)));
        }
    }
    let changed: FxHashSet<&Identity<Place>> = plan.changes.iter().map(|change| &change.identity).collect();
    let relied_on: FxHashSet<&Identity<Place>> =
        plan.relied_on.iter().map(|(identity, _)| identity).collect();
    // Only a plan of a part may leave anything out.
    let spared = if plan.selection.is_partial() { selection::spared(checker) } else { Default::default() };
    let elsewhere = |identity: &Identity<Place>| {
        let name = identity.to_string();
        plan.findings.iter().any(|finding| finding.code == "other-region" && finding.message.contains(&name))
    };
    for (identity, object) in checker.snapshot.existing() {
        let ours = object.owner.is(&plan.stack) && object.parent.is_none();
        let stays = plan.mode == Mode::Apply && declared(checker, identity);
        let left_alone = kinds_without_region(identity) && elsewhere(identity);
        let due = ours && !stays && !left_alone && !spared.contains(identity);
        if due && !changed.contains(identity) {
            checker.problems.push(format!("{identity} is the stack's, and nothing happens to it"));
        }
        let orphan = checker.changes_of(identity).any(|change| {
            change.action == ChangeAction::Delete
                && matches!(change.reason, Reason::Orphan | Reason::Destroy | Reason::Moved(_))
        });
        if orphan && !ours {
            checker.problems.push(format!("{identity} is deleted and not the stack's"));
        }
    }
    if plan.mode == Mode::Destroy {
        return;
    }
    for instance in &checker.evaluation.instances {
        let Some(identity) = &instance.identity else {
            checker.problems.push(format!("{} has no identity", instance.address));
            continue;
        };
        if changed.contains(identity) || spared.contains(identity) {
            continue;
        }
        let live = match checker.snapshot.object(identity).and_then(Fact::known) {
            Some(object) if object.parent.is_none() => object,
            _ => {
                checker.problems.push(format!("{} is not there and not created", instance.address));
                continue;
            }
        };
        // What belongs to the account is taken as it is.
        if live.phase != Phase::Settled && !instance.is_shared() {
            checker.problems.push(format!("{} is not settled, and nobody waits", instance.address));
        }
        for attribute in instance.schema.attributes {
            let (Some(after), true) = (
                instance.proposed.after.get(attribute.name),
                attribute.returned
                    && !matches!(attribute.change, How::Expanded)
                    && !untold(attribute, &live.attributes),
            ) else {
                continue;
            };
            let before = live.attributes.get(attribute.name).unwrap_or(const { &Value::NULL });
            if before != after && canonical(attribute, before) != canonical(attribute, after) {
                checker
                    .problems
                    .push(format!("{}.{} differs, and nothing changes it", instance.address, attribute.name));
            }
        }
        if !relied_on.contains(identity) {
            checker.problems.push(format!("{} is relied on and not recorded", instance.address));
        }
    }
}

fn kinds_without_region(identity: &Identity<Place>) -> bool {
    kinds::schema(&identity.kind).is_some_and(|schema| !schema.regional)
}
