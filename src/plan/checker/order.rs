//! Every order that the objects need is in the plan, directly or by way of others.

use super::{Checker, accounts, deletes, goes, name, names};
use crate::kinds::policy;
use crate::live::Fact;
use crate::plan::change::{Change, ChangeAction, Ownership, Reason};
use crate::stack::{BlockId, Instance};
use crate::value::{Address, Map, Value};
use std::collections::BTreeSet;

pub(super) fn check(checker: &mut Checker<'_>) {
    let plan = checker.plan;
    let count = plan.changes.len();
    // reaches[a] = everything that waits for a, by way of any number of edges.
    let mut reaches = vec![BTreeSet::new(); count];
    for from in (0..count).rev() {
        for edge in plan.edges.iter().filter(|edge| edge.from.0 == from) {
            let further = reaches[edge.to.0].clone();
            reaches[from].extend(further);
            reaches[from].insert(edge.to.0);
        }
    }
    let mut problems = Vec::new();
    for first in &plan.changes {
        for second in plan.changes.iter().filter(|second| second.id != first.id) {
            let why = needs(checker, first, second);
            if let (Some(why), false) = (why, reaches[first.id.0].contains(&second.id.0)) {
                problems.push(format!("{} does not wait for {}: {why}", name(second), name(first)));
            }
        }
    }
    checker.problems.append(&mut problems);
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
        let unknown = second_after
            .values()
            .filter_map(Value::unknowns)
            .any(|unknown| unknown.after.iter().any(|(address, _)| Some(address) == first.address.as_ref()));
        if unknown && !same {
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
        let comes_back =
            checker.plan.changes.iter().any(|other| other.identity == second.identity && !deletes(other));
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
    let changes = |one: &&Instance| {
        checker.plan.changes.iter().any(|change| Some(&change.identity) == one.identity.as_ref())
    };
    let instances = &checker.evaluation.instances;
    let unchanged: Vec<&Instance> =
        instances.iter().filter(|one| one.open.any()).filter(|one| !changes(one)).collect();
    let mut reached: Vec<&Instance> =
        instances.iter().filter(|one| one.identity.as_ref() == Some(&user.identity)).collect();
    let mut seen = BTreeSet::new();
    while let Some(at) = reached.pop() {
        for next in unchanged.iter().filter(|one| mentions_instance(at, &one.address)) {
            if seen.insert(&next.address) {
                let found = used.address.as_ref().is_some_and(|used| mentions_instance(next, used));
                if found {
                    return true;
                }
                reached.push(next);
            }
        }
    }
    false
}

fn mentions_instance(instance: &Instance, address: &Address) -> bool {
    instance.references.contains(address) || instance.whole_blocks.contains(&BlockId::of(address))
}

/// Whether the files say that one instance refers to another.
fn refers(checker: &Checker<'_>, user: &Change, used: &Change) -> bool {
    let declared =
        checker.evaluation.instances.iter().find(|one| one.identity.as_ref() == Some(&user.identity));
    let (Some(instance), Some(address)) = (declared, &used.address) else { return false };
    // An orphan may carry an address of the same block; the files do not mean it.
    if !checker.evaluation.instances.iter().any(|one| one.identity.as_ref() == Some(&used.identity)) {
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
        && first.schema.attribute("cluster").is_some()
        && second.schema.attribute("cluster").is_some();
    if !one_cluster {
        return false;
    }
    let association = |change: &Change, action: ChangeAction| {
        (change.schema.kind == "pod_identity_association" && change.action == action)
            .then(|| BTreeSet::from([change.identity.part(2).to_string()]))
    };
    let released = match first.schema.kind {
        "addon" if first.action != ChangeAction::Create => {
            let kept = accounts(first.after.as_ref());
            accounts(first.before.as_ref()).difference(&kept).cloned().collect()
        }
        _ => association(first, ChangeAction::Delete).unwrap_or_default(),
    };
    let taken = match second.schema.kind {
        "addon" => {
            let had = if second.action == ChangeAction::Create {
                BTreeSet::new()
            } else {
                accounts(second.before.as_ref())
            };
            accounts(second.after.as_ref()).difference(&had).cloned().collect()
        }
        _ => association(second, ChangeAction::Create).unwrap_or_default(),
    };
    !released.is_disjoint(&taken)
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
        && second.identity.part(1) == "eks-pod-identity-agent"
        && second.identity.scope == first.identity.scope
        && second.identity.part(0) == first.identity.part(0)
        && first.identity != second.identity
}
