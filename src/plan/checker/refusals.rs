//! What a plan does only when it was asked to.

use super::{Checker, deletes, goes, mentions, name};
use crate::kinds::{self, RefersBy};
use crate::live::{Object, Phase};
use crate::plan::change::{Change, ChangeAction, Ownership};
use crate::stack::Mode;
use crate::value::{Identity, Place, Value};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

pub(super) fn check(checker: &mut Checker<'_>) {
    let plan = checker.plan;
    let refused = plan.refused();
    if plan.findings.iter().any(|finding| finding.message.is_empty()) {
        checker.say("a finding says nothing");
    }
    // A refused plan is shown and never applied, so it may hold anything that is refused.
    if refused {
        return;
    }
    let whole = plan.mode == Mode::Destroy && checker.inputs.targets.is_empty();
    if whole && !plan.coverage.is_empty() && !checker.inputs.partial {
        checker.say("everything is to go, and not everything was searched");
    }
    if !plan.changes.iter().any(deletes) {
        return;
    }
    // The first change that lets go of something in a cluster.
    let mut released: FxHashMap<(&Place, &str), &Change> = FxHashMap::default();
    for change in plan.changes.iter().filter(|change| change.ownership == Ownership::Release) {
        if change.schema.lives_in_cluster() {
            released.entry((&change.identity.scope, change.identity.part(0))).or_insert(change);
        }
    }
    let mut addressed: FxHashMap<String, Vec<&Identity<Place>>> = FxHashMap::default();
    for change in &plan.changes {
        if let Some(address) = change.address.as_ref().filter(|address| *address.kind == *"cluster") {
            addressed.entry(address.to_string()).or_default().push(&change.identity);
        }
    }
    let users = users(checker);
    for change in plan.changes.iter().filter(|change| deletes(change)) {
        let cluster = change.identity.part(0);
        if change.schema.kind == "cluster" {
            if let Some(released) = released.get(&(&change.identity.scope, cluster)) {
                checker.say(format!("{} goes with its cluster", name(released)));
            }
            let shown = change.address.as_ref().map(ToString::to_string);
            let by_name = format!("cluster.{cluster}");
            // Where another cluster has that very address, it is the address that is meant.
            let means_other = addressed
                .get(by_name.as_str())
                .is_some_and(|others| others.iter().any(|other| **other != change.identity));
            let named = shown.is_some_and(|address| checker.inputs.allow_destroy.contains(address.as_str()))
                || (checker.inputs.allow_destroy.contains(by_name.as_str()) && !means_other)
                || checker.evaluation.allow_destroy.contains(cluster);
            if !named {
                checker.say(format!("{} was not asked for", name(change)));
            }
            let live = change.before.as_ref();
            let protected = live.and_then(|live| live.get("deletion_protection")).and_then(Value::as_bool);
            if protected == Some(true) {
                checker.say(format!("{} is protected from deletion", name(change)));
            }
            if !checker.snapshot.members.contains_key(&change.identity) {
                checker.say(format!("{} without a look at what lives in it", name(change)));
            }
        }
        if matches!(change.ownership, Ownership::Adopt { .. }) {
            checker.say(format!("{} was to be adopted, not destroyed", name(change)));
        }
        let kept = checker.declared(&change.identity).is_some_and(|instance| instance.prevent_destroy);
        if kept {
            checker.say(format!("{} in spite of prevent_destroy", name(change)));
        }
        if change.schema.kind == "role" {
            in_use(checker, change, &users);
        }
    }
    let all = checker.snapshot.existing().filter(|(_, object)| object.owner.is(&plan.stack)).count();
    let gone = plan.changes.iter().filter(|change| deletes(change)).count();
    if plan.mode == Mode::Apply
        && all > 0
        && gone == all
        && checker.evaluation.instances.is_empty()
        && !checker.inputs.allow_orphans
    {
        checker.say("everything would be deleted, which was not asked for");
    }
}

/// What names an ARN, by that ARN.
type Users<'a> = FxHashMap<&'a str, Vec<(&'a Identity<Place>, &'a Object)>>;

fn users<'a>(checker: &Checker<'a>) -> Users<'a> {
    let mut users = Users::default();
    for (identity, object) in checker.snapshot.existing() {
        let Some(schema) = kinds::schema(&identity.kind) else { continue };
        let named: BTreeSet<&str> = mentions(schema.attributes, &object.attributes)
            .into_iter()
            .filter(|(_, by, _)| *by == RefersBy::Arn)
            .map(|(.., text)| text)
            .collect();
        for arn in named {
            users.entry(arn).or_default().push((identity, object));
        }
    }
    users
}

/// A role that goes for good is named by nothing that stays as it is.
fn in_use(checker: &mut Checker<'_>, role: &Change, users: &Users<'_>) {
    let comes_back = checker.changes_of(&role.identity).any(|other| !deletes(other));
    let Some(arn) = role.before.as_ref().and_then(|before| before.get("arn")).and_then(Value::as_str) else {
        return;
    };
    if comes_back {
        return;
    }
    for (identity, object) in users.get(arn).into_iter().flatten() {
        let Some(schema) = kinds::schema(&identity.kind) else { continue };
        let uses = |values| {
            mentions(schema.attributes, values)
                .iter()
                .any(|(_, by, text)| *by == RefersBy::Arn && *text == arn)
        };
        let lets_go = checker.changes_of(identity).any(|change| match (change.action, &change.after) {
            _ if goes(change) || object.phase == Phase::Deleting => true,
            (ChangeAction::Update, Some(after)) => !uses(after),
            _ => false,
        });
        if object.parent.is_none() && !lets_go {
            checker.problems.push(format!("{} is still used by {identity}", name(role)));
        }
    }
}
