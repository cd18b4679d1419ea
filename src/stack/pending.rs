//! What is about to become of instances: for what is read after them, and what is replaced with them.

use super::evaluate::Evaluator;
use super::explain::AFTER_ALL;
use super::instance::{BlockId, Instance};
use super::program::{Resource, Trigger};
use super::scope::Iteration;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::diff::{Action, only_ownership};
use crate::kinds::Schema;
use crate::live::Fact;
use crate::value::{Address, Identity, Key, Map, Path, Place, ProviderRef, Step, Unknown, Value, Want};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Instances by their blocks. Kept only as far as somebody asked.
#[derive(Default)]
pub(super) struct Blocks {
    /// How many instances have been sorted in.
    seen: usize,
    /// How often somebody asked.
    pub lookups: usize,
    instances: HashMap<BlockId, Vec<usize>>,
    /// Clusters that are replaced: all that lives in them goes with them.
    replaced: HashSet<Identity<ProviderRef>>,
    /// What the stack owns, by recorded address. Filled once, when reading is done.
    recorded: Option<BTreeMap<Address, Identity<Place>>>,
}

/// What is about to happen to an instance.
enum Outlook {
    Undecided,
    Stays,
    /// It does not exist yet.
    Made,
    Changes,
    Replaced,
}

impl Evaluator<'_> {
    /// The instances of a block evaluated so far.
    fn instances_of(&mut self, block: &BlockId) -> Vec<usize> {
        let blocks = &mut self.blocks;
        blocks.lookups += 1;
        for (index, instance) in self.evaluation.instances.iter().enumerate().skip(blocks.seen) {
            blocks.instances.entry(BlockId::of(&instance.address)).or_default().push(index);
            if instance.schema.kind == "cluster" && instance.proposed.proposal.action == Action::Replace {
                blocks.replaced.insert(instance.symbolic.clone());
            }
        }
        blocks.seen = self.evaluation.instances.len();
        blocks.instances.get(block).cloned().unwrap_or_default()
    }

    fn outlook(&mut self, index: usize) -> Outlook {
        let instance = &self.evaluation.instances[index];
        if instance.proposed.proposal.action == Action::Create {
            let place = instance.identity.as_ref().map(|identity| identity.scope.clone());
            let searched = place.map(|place| (place, instance.schema.kind.into()));
            // Another name of it may still be found.
            if !searched.is_some_and(|searched| self.snapshot.coverage.contains_key(&searched)) {
                return Outlook::Undecided;
            }
            if self.moved(index).is_some() {
                return Outlook::Replaced;
            }
        }
        let instance = &self.evaluation.instances[index];
        let proposal = &instance.proposed.proposal;
        match proposal.action {
            Action::Undecided => Outlook::Undecided,
            Action::Replace => Outlook::Replaced,
            Action::Create => Outlook::Made,
            _ if self.goes_with_cluster(instance) => Outlook::Replaced,
            Action::NoOp => Outlook::Stays,
            // Only eksform itself sees these.
            Action::Update if only_ownership(&proposal.differences) => Outlook::Stays,
            Action::Update | Action::Await => Outlook::Changes,
        }
    }

    fn goes_with_cluster(&self, instance: &Instance) -> bool {
        instance.schema.kind != "cluster"
            && instance.schema.lives_in_cluster()
            && self.blocks.replaced.iter().any(|cluster| {
                cluster.scope == instance.symbolic.scope && cluster.part(0) == instance.symbolic.part(0)
            })
    }

    /// The object that the instance stands for under another name, if it was given a new one.
    fn moved(&mut self, index: usize) -> Option<Identity<Place>> {
        let (snapshot, stack) = (self.snapshot, &self.evaluation.stack);
        let recorded = self.blocks.recorded.get_or_insert_with(|| {
            let owned = snapshot.existing().filter(|(_, object)| object.owner.is(stack));
            owned
                .filter_map(|(identity, _)| {
                    Some((snapshot.recorded_address(identity)?.clone(), identity.clone()))
                })
                .collect()
        });
        let instance = &self.evaluation.instances[index];
        let old = recorded.get(&instance.address)?;
        (old.kind == instance.symbolic.kind && Some(old) != instance.identity.as_ref()).then(|| old.clone())
    }

    /// Why something has to wait until the blocks are applied: what has to be read to know, and what is
    /// about to change. `None` if nothing changes.
    pub(super) fn waits_for(&mut self, blocks: &BTreeSet<BlockId>) -> Option<Unknown> {
        let mut found = Unknown::default();
        let mut waits = false;
        for block in blocks {
            for index in self.instances_of(block) {
                let instance = &self.evaluation.instances[index];
                let (address, want) = (instance.address.clone(), Want::Object(instance.symbolic.clone()));
                match self.outlook(index) {
                    Outlook::Stays => {}
                    Outlook::Undecided => {
                        waits = true;
                        found.pending.insert(want);
                    }
                    Outlook::Made | Outlook::Changes | Outlook::Replaced => {
                        waits = true;
                        found.after.insert((address, AFTER_ALL));
                    }
                }
            }
        }
        // What still has to be read decides first.
        if !found.pending.is_empty() {
            found.after.clear();
        }
        waits.then_some(found)
    }

    /// What of `replace_triggered_by` makes an instance be replaced. `Err` while that is not known.
    pub(super) fn triggered(
        &mut self,
        at: usize,
        iteration: &Iteration,
        resource: &Resource,
    ) -> Result<BTreeSet<(Address, Path)>, BTreeSet<Want>> {
        let mut found = BTreeSet::new();
        let mut wants = BTreeSet::new();
        for trigger in &resource.replace_triggered_by {
            let Some(indices) = self.pulled_by(at, iteration, trigger, &mut wants) else { continue };
            for index in indices {
                let outlook = self.outlook(index);
                let instance = &self.evaluation.instances[index];
                let fires = match outlook {
                    Outlook::Undecided => {
                        wants.insert(Want::Object(instance.symbolic.clone()));
                        false
                    }
                    Outlook::Stays | Outlook::Made => false,
                    Outlook::Changes => instance.proposed.proposal.action == Action::Update,
                    Outlook::Replaced => true,
                };
                let address = instance.address.clone();
                if fires && self.differs(index, &trigger.path) {
                    found.insert((address, trigger.path.clone()));
                }
            }
        }
        if wants.is_empty() { Ok(found) } else { Err(wants) }
    }

    /// The instances one element of `replace_triggered_by` names.
    fn pulled_by(
        &mut self,
        at: usize,
        iteration: &Iteration,
        trigger: &Trigger,
        wants: &mut BTreeSet<Want>,
    ) -> Option<Vec<usize>> {
        let module = &self.modules[at];
        let name = trigger.block.attrs().next()?;
        let block =
            BlockId { module: module.path.clone(), kind: trigger.block.root.clone(), name: name.into() };
        let all = self.instances_of(&block);
        let Some(expr) = &trigger.key else { return Some(all) };
        let value = self.eval(at, iteration.clone(), expr)?;
        if value.is_unknown() {
            self.unknown("A key of \"replace_triggered_by\"", &value, expr.span());
            wants.extend(value.unknowns().into_iter().flat_map(|unknown| unknown.pending));
            return None;
        }
        let number = value.as_number().and_then(|number| u64::try_from(number.as_i64()?).ok());
        let key = value.as_str().map(|key| Key::Str(key.into())).or(number.map(Key::Int));
        let named = |index: &usize| self.evaluation.instances[*index].address.key == key;
        Some(all.into_iter().filter(named).collect())
    }

    /// Whether the place in an instance becomes something else.
    fn differs(&mut self, index: usize, path: &Path) -> bool {
        if path.0.is_empty() {
            return true;
        }
        let moved = self.moved(index);
        let instance = &self.evaluation.instances[index];
        let live = moved.as_ref().or(instance.identity.as_ref()).and_then(|old| self.snapshot.object(old));
        let before = live.and_then(Fact::known).and_then(|object| value_at(&object.attributes, path));
        let after = value_at(&instance.proposed.after, path);
        // What AWS makes up anew is new.
        let anew = self.goes_with_cluster(instance)
            && instance.schema.attribute(path.root().unwrap_or_default()).is_some_and(|it| it.is_computed());
        anew || before != after || after.is_some_and(Value::contains_unknown)
    }
}

fn value_at<'v>(attributes: &'v Map, path: &Path) -> Option<&'v Value> {
    let mut steps = path.0.iter();
    let Some(Step::Attribute(root)) = steps.next() else { return None };
    steps.try_fold(attributes.get(root)?, |value, step| match step {
        Step::Attribute(name) | Step::Key(name) => value.get(name),
        Step::Index(index) => value.as_items()?.get(*index),
    })
}

/// What is wrong with the attribute a trigger names.
pub(super) fn complaint(trigger: &Trigger, schema: &Schema, repeated: bool) -> Option<Diagnostic> {
    let name = trigger.block.attrs().next().unwrap_or_default();
    let error = |message: String| Diagnostic::error("invalid-reference", message).at(trigger.span);
    let block = format!("{}.{name}", schema.kind);
    match (repeated, &trigger.key, trigger.path.root()) {
        (false, Some(_), _) => {
            return Some(
                error(format!("{block} is one object, without a key")).help(format!("write {block}")),
            );
        }
        (true, None, Some(attribute)) => {
            return Some(
                error(format!("{block} is several objects, so {attribute} of which?"))
                    .help(format!("write {block}[each.key].{attribute}, or {block} for all of them")),
            );
        }
        _ => {}
    }
    let attribute = trigger.path.root()?;
    let known = || schema.attributes.iter().map(|attribute| attribute.name);
    (!known().any(|known| known == attribute)).then(|| {
        Diagnostic::error("unknown-attribute", format!("A {} has no attribute \"{attribute}\"", schema.kind))
            .at(trigger.span)
            .help(did_you_mean(attribute, known().collect::<Vec<_>>().iter().copied()))
    })
}
