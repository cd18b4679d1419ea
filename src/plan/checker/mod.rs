//! Holds a finished plan against the rules of the design (§5) by naive means.
//!
//! Nothing here is shared with the planner but the schemas, the comparison by meaning and the data types,
//! so that one mistake cannot hide another. Apply runs it before the first write, and every plan test does.

mod calls;
mod conditions;
mod order;
mod ownership;
mod refusals;
mod selection;

use self::conditions::Unchanged;
use super::change::{Change, ChangeAction, Plan, Reason};
use crate::kinds::{Attribute, Omitted, RefersBy, Ty};
use crate::live::Snapshot;
use crate::stack::{Evaluation, Inputs, Instance};
use crate::value::{Identity, Map, Place, Value};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Everything that is wrong with a plan; empty for a good one.
pub fn check(plan: &Plan, evaluation: &Evaluation, inputs: &Inputs, snapshot: &Snapshot) -> Vec<String> {
    let mut checker = Checker {
        plan,
        evaluation,
        inputs,
        snapshot,
        problems: Vec::new(),
        instances: FxHashMap::default(),
        changes: FxHashMap::default(),
        unchanged: Unchanged::default(),
    };
    for instance in &evaluation.instances {
        if let Some(identity) = &instance.identity {
            checker.instances.entry(identity).or_insert(instance);
        }
    }
    for change in &plan.changes {
        checker.changes.entry(&change.identity).or_default().push(change);
    }
    checker.unchanged = Unchanged::new(&evaluation.instances, &checker.changes);
    checker.shape();
    // The rest looks changes up by their ids.
    if checker.problems.is_empty() {
        ownership::check(&mut checker);
        calls::check(&mut checker);
        order::check(&mut checker);
        refusals::check(&mut checker);
        selection::check(&mut checker);
        checker.secrets();
    }
    checker.problems
}

struct Checker<'a> {
    plan: &'a Plan,
    evaluation: &'a Evaluation,
    inputs: &'a Inputs,
    snapshot: &'a Snapshot,
    problems: Vec<String>,
    instances: FxHashMap<&'a Identity<Place>, &'a Instance>,
    changes: FxHashMap<&'a Identity<Place>, Vec<&'a Change>>,
    unchanged: Unchanged<'a>,
}

impl<'a> Checker<'a> {
    /// The instance that the files declare for an object.
    fn declared(&self, identity: &Identity<Place>) -> Option<&'a Instance> {
        self.instances.get(identity).copied()
    }

    fn changes_of(&self, identity: &Identity<Place>) -> impl Iterator<Item = &'a Change> + use<'a> {
        self.changes.get(identity).cloned().unwrap_or_default().into_iter()
    }

    fn say(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Ids are indices, edges lead forward, and an object has at most one delete and one other change.
    fn shape(&mut self) {
        let plan = self.plan;
        for (index, change) in plan.changes.iter().enumerate() {
            if change.id.0 != index {
                self.say(format!("change {index} has the id {}", change.id.0));
            }
            for other in self.changes_of(&change.identity) {
                if other.id > change.id && deletes(other) == deletes(change) {
                    self.say(format!("{} has two changes of a sort", change.identity));
                }
            }
            let Some(old) = change.replaces else { continue };
            match plan.changes.get(old.0) {
                Some(old) if deletes(old) && old.schema.kind == change.schema.kind => {}
                _ => self.say(format!("{} replaces what is not deleted", name(change))),
            }
        }
        for edge in &plan.edges {
            if edge.from >= edge.to || edge.to.0 >= plan.changes.len() {
                self.say(format!("an edge leads from {} to {}", edge.from.0, edge.to.0));
            }
        }
    }

    /// No complaint quotes a sensitive value.
    fn secrets(&mut self) {
        if self.plan.findings.is_empty() {
            return;
        }
        let mut secrets = BTreeSet::new();
        for instance in &self.evaluation.instances {
            instance.desired.values().for_each(|value| collect_secrets(value, false, &mut secrets));
        }
        for output in &self.plan.outputs {
            collect_secrets(&output.value, false, &mut secrets);
        }
        for finding in &self.plan.findings {
            let texts = [Some(&finding.message), finding.label.as_ref(), finding.help.as_ref()];
            for text in texts.into_iter().flatten().chain(&finding.notes) {
                if secrets.iter().any(|secret| text.contains(secret.as_str())) {
                    self.problems.push(format!("the finding {} shows a sensitive value", finding.code));
                }
            }
        }
    }
}

/// Texts that are marked, or lie in something marked. Very short ones occur anywhere by chance.
pub fn collect_secrets(value: &Value, inside: bool, found: &mut BTreeSet<String>) {
    let marked = inside || value.is_sensitive();
    if let (true, Some(text)) = (marked && !value.is_null(), value.as_str())
        && text.len() > 4
    {
        found.insert(text.to_string());
    }
    for item in value.as_items().unwrap_or_default() {
        collect_secrets(item, marked, found);
    }
    for item in value.as_map().into_iter().flat_map(Map::values) {
        collect_secrets(item, marked, found);
    }
}

fn deletes(change: &Change) -> bool {
    change.action == ChangeAction::Delete
}

/// Whether the object is gone afterwards, also because AWS is deleting it already.
fn goes(change: &Change) -> bool {
    deletes(change) || (change.action == ChangeAction::Await && change.reason == Reason::BeingDeleted)
}

fn name(change: &Change) -> String {
    match &change.address {
        Some(address) => format!("{address} ({:?})", change.action),
        None => format!("{} ({:?})", change.identity, change.action),
    }
}

/// Whether AWS does not tell what it filled in: nothing to compare with.
fn untold(attribute: &Attribute, live: &Map) -> bool {
    matches!(attribute.omitted, Omitted::FilledByAws) && !live.contains_key(attribute.name)
}

/// Every text in attributes that name other objects, with the kind named and how.
fn mentions<'v>(attributes: &[Attribute], values: &'v Map) -> Vec<(&'static str, RefersBy, &'v str)> {
    let mut found = Vec::new();
    for attribute in attributes {
        let Some(value) = values.get(attribute.name) else { continue };
        if let (Some(refers), Some(text)) = (attribute.refers, value.as_str()) {
            found.push((refers.kind, refers.by, text));
        }
        match (attribute.ty, value.as_map()) {
            (Ty::Block(nested), Some(block)) => found.extend(mentions(nested, block)),
            (Ty::Keyed { attributes, .. }, Some(blocks)) => {
                for block in blocks.values().filter_map(Value::as_map) {
                    found.extend(mentions(attributes, block));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether an object with `values` names the object of `target`, which has the attributes `named`.
fn names(change: &Change, values: &Map, target: &Change, named: &Map) -> bool {
    mentions(change.schema.attributes, values).into_iter().any(|(kind, by, text)| {
        kind == target.schema.kind
            && match by {
                RefersBy::Arn => named.get("arn").and_then(Value::as_str) == Some(text),
                RefersBy::Name => {
                    target.identity.scope == change.identity.scope && target.identity.part(0) == text
                }
            }
    })
}

/// Service accounts that an add-on's blocks name.
fn accounts(values: Option<&Map>) -> BTreeSet<&str> {
    let blocks = values.and_then(|values| values.get("pod_identity_association")).and_then(Value::as_map);
    blocks.into_iter().flat_map(|blocks| blocks.keys()).map(AsRef::as_ref).collect()
}
