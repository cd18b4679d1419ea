//! A plan of a part holds what was asked for and what belongs to it, and nothing else.

use super::order::needs;
use super::{Checker, deletes, mentions, name};
use crate::kinds::{self, RefersBy};
use crate::live::Fact;
use crate::plan::change::Change;
use crate::stack::{BlockId, Instance, Mode};
use crate::value::{Address, Identity, Map, Place, Text, Value};
use std::collections::BTreeSet;

type Identities = BTreeSet<Identity<Place>>;

/// What may stay without a change although it is due, because it was not asked for.
pub(super) fn spared(checker: &Checker<'_>) -> Identities {
    let selection = &checker.plan.selection;
    let all: Identities = checker.snapshot.existing().map(|(identity, _)| identity.clone()).collect();
    let declared = checker.evaluation.instances.iter().filter_map(|instance| instance.identity.clone());
    let all: Identities = all.into_iter().chain(declared).collect();
    let mut spared = Identities::new();
    if !selection.targets.is_empty() {
        let wanted = grow(asked(checker, &selection.targets, &all), &all, |user, used| {
            checker.plan.mode == Mode::Apply && uses(checker, user, used)
        });
        spared.extend(all.iter().filter(|one| !wanted.contains(*one)).cloned());
    }
    if !selection.excludes.is_empty() {
        let out = asked(checker, &selection.excludes, &all);
        spared.extend(grow(out, &all, |stays, other| {
            let by_files = match checker.plan.mode {
                Mode::Apply => uses(checker, other, stays),
                Mode::Destroy => uses(checker, stays, other),
            };
            by_files
                || names_live(checker, stays, other)
                || address(checker, stays).is_some() && address(checker, stays) == address(checker, other)
                || shares_account(checker, stays, other)
        }));
    }
    spared
}

/// Whatever is in the plan was asked for, or something in it needs it; and nothing that was excluded.
pub(super) fn check(checker: &mut Checker<'_>) {
    let plan = checker.plan;
    let all: Identities = plan.changes.iter().map(|change| change.identity.clone()).collect();
    let selection = &plan.selection;
    let mut problems = Vec::new();
    if (&selection.targets, &selection.excludes) != (&checker.inputs.targets, &checker.inputs.excludes) {
        problems.push("the plan is of another part than was asked for".to_string());
    }
    if !selection.targets.is_empty() {
        let declared = checker.evaluation.instances.iter().filter_map(|instance| instance.identity.clone());
        let everything: Identities = all.iter().cloned().chain(declared).collect();
        let wanted = grow(asked(checker, &selection.targets, &everything), &everything, |user, used| {
            let changes = |identity: &Identity<Place>| -> Vec<&Change> {
                plan.changes.iter().filter(|change| change.identity == *identity).collect()
            };
            let pair = |a: &Change, b: &Change| a.replaces == Some(b.id) || b.replaces == Some(a.id);
            uses(checker, user, used)
                || changes(user).into_iter().any(|last| {
                    let mut firsts = changes(used).into_iter();
                    firsts.any(|first| needs(checker, first, last).is_some() || pair(first, last))
                })
        });
        for change in plan.changes.iter().filter(|change| !wanted.contains(&change.identity)) {
            problems.push(format!("{} was not asked for, and nothing needs it", name(change)));
        }
        // What is deleted is let go of by everything that is to go as well.
        for change in plan.changes.iter().filter(|change| deletes(change)) {
            for (identity, object) in checker.snapshot.existing() {
                let due = object.owner.is(&plan.stack) && object.parent.is_none();
                let goes = due && (plan.mode == Mode::Destroy || declared_as(checker, identity).is_none());
                if goes && !all.contains(identity) && names_live(checker, identity, &change.identity) {
                    problems.push(format!("{} goes, and {identity} is left with it", name(change)));
                }
            }
        }
    }
    let out = asked(checker, &selection.excludes, &all);
    for change in plan.changes.iter().filter(|change| out.contains(&change.identity)) {
        problems.push(format!("{} was excluded", name(change)));
    }
    checker.problems.append(&mut problems);
}

/// Adds what is related to something that is there already, until there is no more.
fn grow(
    mut found: Identities,
    all: &Identities,
    related: impl Fn(&Identity<Place>, &Identity<Place>) -> bool,
) -> Identities {
    loop {
        let more: Vec<_> = all
            .iter()
            .filter(|one| !found.contains(*one) && found.iter().any(|there| related(there, one)))
            .cloned()
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn declared_as<'a>(checker: &Checker<'a>, identity: &Identity<Place>) -> Option<&'a Instance> {
    checker.declared(identity)
}

/// The address in the files, else the one that is recorded.
fn address<'a>(checker: &Checker<'a>, identity: &Identity<Place>) -> Option<&'a Address> {
    let declared = declared_as(checker, identity).map(|instance| &instance.address);
    declared.or(checker.snapshot.recorded_address(identity))
}

/// What the texts name. What AWS calls an object counts only where no address reads like that.
pub(super) fn asked(checker: &Checker<'_>, texts: &BTreeSet<Text>, all: &Identities) -> Identities {
    let mut found = Identities::new();
    for text in texts {
        let by_address = |identity: &&Identity<Place>| {
            address(checker, identity).is_some_and(|address| every_name(address).contains(&**text))
        };
        let named: Vec<_> = all.iter().filter(by_address).collect();
        let by_name = |identity: &&Identity<Place>| {
            let name = format!("{}.{}", identity.kind, identity.name());
            declared_as(checker, identity).is_none()
                && (name == **text || &*identity.kind == "role" && name.eq_ignore_ascii_case(text))
        };
        found.extend(match named.is_empty() {
            true => all.iter().filter(by_name).cloned().collect::<Vec<_>>(),
            false => named.into_iter().cloned().collect(),
        });
    }
    found
}

/// Everything an address may be called: with and without each key, and the modules it is in.
fn every_name(address: &Address) -> BTreeSet<String> {
    let mut prefixes = BTreeSet::from([String::new()]);
    let mut names = BTreeSet::new();
    let with_or_without =
        |prefixes: &BTreeSet<String>, step: &str, key: Option<String>| -> BTreeSet<String> {
            let bare = prefixes.iter().map(|prefix| format!("{prefix}{step}"));
            let keyed = key
                .into_iter()
                .flat_map(|key| prefixes.iter().map(move |prefix| format!("{prefix}{step}{key}")));
            bare.chain(keyed).collect()
        };
    for step in address.module.iter() {
        let here = with_or_without(
            &prefixes,
            &format!("module.{}", step.name),
            step.key.as_ref().map(ToString::to_string),
        );
        prefixes = here.iter().map(|name| format!("{name}.")).collect();
        names.extend(here);
    }
    let last = format!("{}.{}", address.kind, address.name);
    names.extend(with_or_without(&prefixes, &last, address.key.as_ref().map(ToString::to_string)));
    names
}

/// Whether the files say that one needs the other.
fn uses(checker: &Checker<'_>, user: &Identity<Place>, used: &Identity<Place>) -> bool {
    let (Some(user), Some(target)) = (declared_as(checker, user), declared_as(checker, used)) else {
        return false;
    };
    let block = BlockId::of(&target.address);
    user.references.contains(&target.address)
        || user.whole_blocks.contains(&block)
        || user.depends_on.contains(&block)
        || (checker.plan.mode == Mode::Apply
            && user.identity.as_ref().is_some_and(|identity| {
                mention(identity, &user.proposed.after, used, &target.proposed.after)
            }))
}

/// Whether one names the other as they are now.
fn names_live(checker: &Checker<'_>, user: &Identity<Place>, used: &Identity<Place>) -> bool {
    let live =
        |identity| checker.snapshot.object(identity).and_then(Fact::known).map(|object| &object.attributes);
    match (live(user), live(used)) {
        (Some(values), Some(named)) => mention(user, values, used, named),
        _ => false,
    }
}

fn mention(user: &Identity<Place>, values: &Map, used: &Identity<Place>, named: &Map) -> bool {
    let Some(schema) = kinds::schema(&user.kind) else { return false };
    mentions(schema.attributes, values).into_iter().any(|(kind, by, text)| {
        *kind == *used.kind
            && match by {
                RefersBy::Arn => named.get("arn").and_then(Value::as_str) == Some(text),
                RefersBy::Name => used.scope == user.scope && used.part(0) == text,
            }
    })
}

/// Whether both have to do with one service account of a cluster.
fn shares_account(checker: &Checker<'_>, one: &Identity<Place>, other: &Identity<Place>) -> bool {
    one.scope == other.scope
        && one.part(0) == other.part(0)
        && !accounts_of(checker, one).is_disjoint(&accounts_of(checker, other))
}

fn accounts_of<'a>(checker: &Checker<'a>, identity: &'a Identity<Place>) -> BTreeSet<&'a str> {
    if &*identity.kind == "pod_identity_association" {
        return BTreeSet::from([identity.part(2)]);
    }
    let live = checker.snapshot.object(identity).and_then(Fact::known).map(|object| &object.attributes);
    let after = declared_as(checker, identity).map(|instance| &instance.proposed.after);
    super::accounts(live).into_iter().chain(super::accounts(after)).collect()
}
