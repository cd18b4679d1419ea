//! Every order that the objects need is in the plan, directly or by way of others.

use super::conditions::mentions_instance;
use super::{Checker, accounts, deletes, goes, mentions, name, names};
use crate::kinds::{AGENT, RefersBy, policy};
use crate::live::Fact;
use crate::plan::change::{Change, ChangeAction, Ownership, Reason};
use crate::stack::{BlockId, Instance};
use crate::value::{Address, Identity, Map, Place, Value};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

pub(super) fn check(checker: &mut Checker<'_>) {
    let plan = checker.plan;
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); plan.changes.len()];
    for edge in &plan.edges {
        next[edge.from.0].push(edge.to.0);
    }
    let mut problems = Vec::new();
    for (first, second) in acquainted(checker) {
        let why = needs(checker, &plan.changes[first], &plan.changes[second]);
        if let (Some(why), false) = (why, leads(&next, first, second)) {
            let names = [second, first].map(|id| name(&plan.changes[id]));
            problems.push(format!("{} does not wait for {}: {why}", names[0], names[1]));
        }
    }
    checker.problems.append(&mut problems);
}

/// Whether `to` waits for `from`, by way of any number of edges. These lead forward.
fn leads(next: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if next[at].contains(&to) {
            return true;
        }
        open.extend(next[at].iter().filter(|further| **further < to && seen.insert(**further)));
    }
    false
}

/// What two changes may have to do with each other.
#[derive(PartialEq, Eq, Hash)]
enum Tie<'a> {
    Identity(&'a Identity<Place>),
    Named(&'static str, RefersBy, &'a str),
    Address(&'a Address),
    Block(BlockId),
    Account(&'a Place, &'a str, &'a str),
    Agent(&'a Place, &'a str),
}

/// Every pair of changes of which one may have to wait for the other, and some more. Changes with nothing in
/// common need no order, and most have nothing in common.
fn acquainted(checker: &Checker<'_>) -> Vec<(usize, usize)> {
    let mut known: FxHashMap<Tie<'_>, Vec<usize>> = FxHashMap::default();
    known.reserve(4 * checker.plan.changes.len());
    let whole = |one: &Instance| !one.whole_blocks.is_empty() || !one.depends_on.is_empty();
    let blocks = checker.evaluation.instances.iter().any(|one| whole(one));
    for change in &checker.plan.changes {
        let mut ties = vec![
            Tie::Identity(&change.identity),
            Tie::Named(change.schema.kind, RefersBy::Name, change.identity.part(0)),
        ];
        for values in [&change.before, &change.after].into_iter().flatten() {
            let arn = values.get("arn").and_then(Value::as_str);
            ties.extend(arn.map(|arn| Tie::Named(change.schema.kind, RefersBy::Arn, arn)));
        }
        if let Some(address) = &change.address {
            ties.push(Tie::Address(address));
            ties.extend(blocks.then(|| Tie::Block(BlockId::of(address))));
        }
        if change.schema.kind == "addon" && change.identity.part(1) == AGENT {
            ties.push(Tie::Agent(&change.identity.scope, change.identity.part(0)));
        }
        ties.extend(claimed(change));
        for tie in ties {
            known.entry(tie).or_default().push(change.id.0);
        }
    }
    let mut pairs = Vec::new();
    for change in &checker.plan.changes {
        let mut ties = vec![
            Tie::Identity(&change.identity),
            Tie::Agent(&change.identity.scope, change.identity.part(0)),
        ];
        let mut pair = |other: usize| {
            if other != change.id.0 {
                pairs.extend([(other, change.id.0), (change.id.0, other)]);
            }
        };
        change.replaces.iter().for_each(|replaced| pair(replaced.0));
        ties.extend(claimed(change));
        let live = checker.snapshot.object(&change.identity).and_then(Fact::known);
        let live = live.map(|object| &object.attributes);
        for values in [change.before.as_ref(), change.after.as_ref(), live].into_iter().flatten() {
            let named = mentions(change.schema.attributes, values).into_iter();
            ties.extend(named.map(|(kind, by, text)| Tie::Named(kind, by, text)));
        }
        for value in change.after.iter().flat_map(Map::values) {
            value.each_unknown(&mut |unknown| {
                let others =
                    unknown.after.iter().filter(|(address, _)| Some(address) != change.address.as_ref());
                ties.extend(others.map(|(address, _)| Tie::Address(address)));
            });
        }
        let policy = change.after.as_ref().and_then(|after| after.get("trust_policy")).map(policy::text);
        let quoted = policy.iter().flat_map(|text| text.split('"')).filter(|text| text.starts_with("arn:"));
        let named = quoted.filter_map(|arn| known.get(&Tie::Named("role", RefersBy::Arn, arn)));
        named.flatten().for_each(|other| pair(*other));
        if let Some(instance) = checker.declared(&change.identity) {
            ties.extend(instance.depends_on.iter().cloned().map(Tie::Block));
            let between = checker.unchanged.on_the_way(instance);
            for user in std::iter::once(instance).chain(between) {
                ties.extend(user.references.iter().map(Tie::Address));
                ties.extend(user.whole_blocks.iter().cloned().map(Tie::Block));
            }
        }
        if let Reason::Triggered(by) = &change.reason {
            ties.extend(by.iter().map(|(address, _)| Tie::Address(address)));
        }
        ties.iter().filter_map(|tie| known.get(tie)).flatten().for_each(|other| pair(*other));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The service accounts a change has to do with.
fn claimed(change: &Change) -> Vec<Tie<'_>> {
    let account = |account| Tie::Account(&change.identity.scope, change.identity.part(0), account);
    match change.schema.kind {
        "pod_identity_association" => vec![account(change.identity.part(2))],
        "addon" => [change.before.as_ref(), change.after.as_ref()]
            .into_iter()
            .flat_map(accounts)
            .map(account)
            .collect(),
        _ => Vec::new(),
    }
}

/// Why `second` has to wait for `first`, if it does.
pub(super) fn needs(checker: &Checker<'_>, first: &Change, second: &Change) -> Option<&'static str> {
    let none = Map::new();
    let same = first.identity == second.identity;
    if same && deletes(first) {
        return Some("one identity cannot exist twice");
    }
    if second.action == ChangeAction::Delete
        && matches!(first.reason, Reason::Moved(_))
        && first.replaces == Some(second.id)
    {
        return Some("the new one comes before the old one goes");
    }
    // Letting go of an object touches nothing that others are about.
    let released = second.ownership == Ownership::Release;
    if let (Some(second_after), false) = (&second.after, goes(first) || deletes(second) || released) {
        let first_after = first.after.as_ref().unwrap_or(&none);
        if names(second, second_after, first, first_after) {
            return Some("it names it");
        }
        // Of all kinds only roles are principals; a condition may name a cluster that is yet to be made.
        let principal = first.action == ChangeAction::Create && first.schema.kind == "role";
        if principal && !same && trusts(second, second_after, first_after) {
            return Some("IAM takes only principals that exist");
        }
        let mut unknown = false;
        for value in second_after.values().filter(|_| !same) {
            value.each_unknown(&mut |it| {
                unknown |= it.after.iter().any(|(address, _)| Some(address) == first.address.as_ref());
            });
        }
        if unknown {
            return Some("it needs what is known only then");
        }
        if !same && refers(checker, second, first) {
            return Some("the files refer to it");
        }
        if !same && waits_through_unchanged(checker, second, first) {
            return Some("a condition on the way can be told only then");
        }
    }
    if let (Reason::Triggered(by), true, false) = (&first.reason, deletes(first), goes(second))
        && by.iter().any(|(address, _)| Some(address) == second.address.as_ref())
    {
        return Some("what it triggers would be forgotten if the apply stopped in between");
    }
    if deletes(first) && deletes(second) && !same && refers(checker, first, second) {
        return Some("the files refer to it");
    }
    let going = first.reason == Reason::BeingDeleted;
    let live = checker.snapshot.object(&first.identity).and_then(Fact::known).filter(|_| going);
    let before = first.before.as_ref().or(live.map(|object| &object.attributes));
    if let (Some(before), Some(gone), true) = (before, &second.before, deletes(second) && !same) {
        let named = names(first, before, second, gone);
        let still = first.after.as_ref().is_some_and(|after| names(first, after, second, gone));
        let comes_back = checker.changes_of(&second.identity).any(|other| !deletes(other));
        let lets_go = goes(first)
            || (going && !still && !comes_back)
            || (first.action == ChangeAction::Update && !still && !comes_back);
        if named && lets_go {
            return Some("it is still named by it");
        }
    }
    if takes(first, second) {
        return Some("a service account has one association");
    }
    agent(first, second).then_some("pods need the agent as long as there are associations")
}

/// Whether something that does not change, and whose conditions are open, stands between the two.
fn waits_through_unchanged(checker: &Checker<'_>, user: &Change, used: &Change) -> bool {
    let (Some(user), Some(used)) = (checker.declared(&user.identity), &used.address) else { return false };
    checker.unchanged.on_the_way(user).iter().any(|between| mentions_instance(between, used))
}

/// Whether the files say that one instance refers to another.
fn refers(checker: &Checker<'_>, user: &Change, used: &Change) -> bool {
    let (Some(instance), Some(address)) = (checker.declared(&user.identity), &used.address) else {
        return false;
    };
    // An orphan may carry an address of the same block; the files do not mean it.
    if checker.declared(&used.identity).is_none() {
        return false;
    }
    let block = BlockId::of(address);
    instance.references.contains(address)
        || instance.whole_blocks.contains(&block)
        || instance.depends_on.contains(&block)
}

/// Whether the trust policy has the ARN of `named` in it.
fn trusts(change: &Change, after: &Map, named: &Map) -> bool {
    let policy = after.get("trust_policy").filter(|_| change.schema.kind == "role").map(policy::text);
    let arn = named.get("arn").and_then(Value::as_str);
    arn.is_some_and(|arn| policy.is_some_and(|policy| policy.contains(&format!("\"{arn}\""))))
}

/// Whether `first` gives up a service account that `second` takes.
fn takes(first: &Change, second: &Change) -> bool {
    let one_cluster = first.identity.scope == second.identity.scope
        && first.identity.part(0) == second.identity.part(0)
        && first.schema.lives_in_cluster()
        && second.schema.lives_in_cluster();
    if !one_cluster {
        return false;
    }
    let released = match first.schema.kind {
        "addon" if first.action != ChangeAction::Create => {
            let kept = accounts(first.after.as_ref());
            accounts(first.before.as_ref()).difference(&kept).copied().collect()
        }
        _ => association(first, ChangeAction::Delete),
    };
    let taken = match second.schema.kind {
        "addon" => {
            let had = if second.action == ChangeAction::Create {
                BTreeSet::new()
            } else {
                accounts(second.before.as_ref())
            };
            accounts(second.after.as_ref()).difference(&had).copied().collect()
        }
        _ => association(second, ChangeAction::Create),
    };
    !released.is_disjoint(&taken)
}

/// The service account of an association that the change makes or deletes.
fn association(change: &Change, action: ChangeAction) -> BTreeSet<&str> {
    let is = change.schema.kind == "pod_identity_association" && change.action == action;
    is.then(|| change.identity.part(2)).into_iter().collect()
}

/// Whether `second` deletes the agent of a cluster in which `first` deletes associations.
fn agent(first: &Change, second: &Change) -> bool {
    let associations = match first.schema.kind {
        "pod_identity_association" => true,
        "addon" => !accounts(first.before.as_ref()).is_empty(),
        _ => false,
    };
    associations
        && goes(first)
        && deletes(second)
        && second.schema.kind == "addon"
        && second.identity.part(1) == AGENT
        && second.identity.scope == first.identity.scope
        && second.identity.part(0) == first.identity.part(0)
        && first.identity != second.identity
}
