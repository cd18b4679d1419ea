//! What one round of evaluation leaves for the next: only what saw something that was not known, or something
//! that turned out otherwise, is evaluated again.
//!
//! Every expression tells its scope what it read. What was pending in there, and what the declaration itself
//! asked for, are the wants it waits for. All that it read and that was known stays as it is, unless what it
//! was read from changes in a way that no answer explains: then all that refers to it is evaluated again.

use super::Evaluator;
use crate::diagnostic::Diagnostic;
use crate::live::{Caller, Fact, Snapshot};
use crate::stack::expand::ModuleInstance;
use crate::stack::graph::{Graph, Item, Node};
use crate::stack::instance::{Checked, Instance};
use crate::stack::program::ModuleId;
use crate::stack::scope::Iteration;
use crate::value::{Data, Few, Key, ProviderRef, Text, Value, Want};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One declaration in one instance of its module: its place in the order of evaluation, and the module's.
type Place = (usize, usize);

/// The instances of a block themselves: which there are.
const HEAD: usize = usize::MAX;

/// What the rounds before found out.
#[derive(Default)]
pub(in crate::stack) struct Memory {
    /// The callers as they were: all depends on them.
    callers: BTreeMap<ProviderRef, Fact<Caller>>,
    slots: FxHashMap<Place, Slot>,
    waiting: Waiting,
    /// All that was wanted in the round before, and what of it nothing remembered waits for.
    wanted: Arc<BTreeSet<Want>>,
    unremembered: BTreeSet<Want>,
    /// What somebody began or ceased to wait for since then.
    touched: Vec<Want>,
    /// The instances of modules, with the values of all that was evaluated in them.
    instances: Vec<ModuleInstance>,
    expanded: Vec<Vec<usize>>,
    /// What calls of modules left behind.
    calls: FxHashMap<usize, Captured>,
    /// What modules, providers and the stack itself wait for: after an answer everything is evaluated.
    everywhere: BTreeSet<Want>,
    /// What data blocks read. They are read in every round.
    data: FxHashMap<Place, Value>,
    registered: Registered,
    /// Which places in the order refer to one.
    users: Vec<Vec<usize>>,
    /// The module of each place in the order.
    modules: Vec<ModuleId>,
    round: Round,
}

/// What waits for what, by place and instance of the block.
#[derive(Default)]
struct Waiting {
    objects: FxHashMap<Want, BTreeSet<(Place, usize)>>,
    /// For anything but an object: these are few.
    others: FxHashMap<Want, BTreeSet<(Place, usize)>>,
}

impl Waiting {
    fn of(&mut self, want: &Want) -> &mut FxHashMap<Want, BTreeSet<(Place, usize)>> {
        if matches!(want, Want::Object(_)) { &mut self.objects } else { &mut self.others }
    }

    fn has(&self, want: &Want) -> bool {
        self.objects.contains_key(want) || self.others.contains_key(want)
    }

    fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.others.is_empty()
    }

    fn wants(&self) -> impl Iterator<Item = &Want> {
        self.objects.keys().chain(self.others.keys())
    }
}

/// What this round has to do.
#[derive(Default)]
struct Round {
    /// There was a round before this one.
    again: bool,
    answered: FxHashSet<Want>,
    parts: FxHashMap<Place, BTreeSet<usize>>,
    /// Declarations that have to be evaluated again wherever they are.
    nodes: BTreeSet<usize>,
    /// Those that have to be in one instance of their module.
    places: BTreeSet<Place>,
    /// It cannot be told what has to be evaluated again.
    lost: bool,
    /// An object is named otherwise than before.
    renamed: bool,
}

/// What instances leave behind for others that name them by no reference.
#[derive(Clone, Default, PartialEq)]
pub(in crate::stack) struct Registered {
    /// Declared clusters by name, with the provider each belongs to.
    pub clusters: BTreeMap<Text, Vec<ProviderRef>>,
    /// The Kubernetes versions declared clusters will have.
    pub kubernetes: BTreeMap<(ProviderRef, Text), Value>,
}

/// All that was evaluated at one place.
#[derive(Default)]
pub(in crate::stack) struct Slot {
    /// What others refer to.
    value: Value,
    head: Captured,
    parts: Vec<Part>,
}

/// One instance of a block, or the only one of what has none.
pub(in crate::stack) struct Part {
    pub key: Option<Key>,
    pub iteration: Iteration,
    pub value: Value,
    pub captured: Captured,
}

/// What evaluation left behind besides a value.
#[derive(Default)]
pub(in crate::stack) struct Captured {
    wants: Few<Want>,
    diagnostics: Vec<Diagnostic>,
    instances: Vec<Arc<Instance>>,
    checks: Vec<Checked>,
    findings: Vec<Diagnostic>,
    /// It left behind or looked up what is not noted here, so it has to be evaluated in every round.
    more: bool,
}

/// A block of which some instances have to be evaluated again.
#[derive(Default)]
pub(in crate::stack) struct Before {
    value: Value,
    head: Option<Captured>,
    /// By their place among the instances; those that stand are taken out.
    parts: Vec<Option<Part>>,
    again: BTreeSet<usize>,
}

impl Memory {
    pub fn new(graph: &Graph) -> Self {
        let places: BTreeMap<&Node, usize> = graph.order.iter().zip(0..).collect();
        let mut users = vec![Vec::new(); graph.order.len()];
        for (node, needs) in &graph.needs {
            let Some(user) = places.get(node) else { continue };
            for used in needs.iter().filter_map(|need| places.get(need)) {
                users[*used].push(*user);
            }
        }
        let modules = graph.order.iter().map(|node| node.module).collect();
        Self { users, modules, ..Self::default() }
    }

    /// Finds what has to be evaluated again; false if that is everything.
    pub fn begin(&mut self, snapshot: &Snapshot) -> bool {
        if self.slots.is_empty() || self.round.lost || self.callers != snapshot.callers {
            return false;
        }
        let answered = self.answered(snapshot);
        if self.everywhere.iter().any(|want| answered.contains(want)) {
            return false;
        }
        let mut round = Round { again: true, ..Round::default() };
        for want in &answered {
            for (place, part) in self.waiting.of(want).remove(want).into_iter().flatten() {
                round.parts.entry(place).or_default().insert(part);
            }
            self.touched.push(want.clone());
        }
        round.answered = answered;
        self.round = round;
        true
    }

    /// The wants that the snapshot has an answer to.
    fn answered(&self, snapshot: &Snapshot) -> FxHashSet<Want> {
        let everywhere = self.everywhere.iter().filter(|want| snapshot.has_answer(want));
        let others = self.waiting.others.keys().filter(|want| snapshot.has_answer(want));
        // Whichever are fewer, the questions or the answers.
        if snapshot.objects.len() >= self.waiting.objects.len() {
            let objects = self.waiting.objects.keys().filter(|want| snapshot.has_answer(want));
            return everywhere.chain(others).chain(objects).cloned().collect();
        }
        let mut found: FxHashSet<Want> = everywhere.chain(others).cloned().collect();
        for (provider, caller) in &snapshot.callers {
            let Some(caller) = caller.known() else { continue };
            let (regional, global) = (caller.place(true), caller.place(false));
            for identity in snapshot.objects.keys() {
                if identity.scope == regional || identity.scope == global {
                    let want = Want::Object(identity.within(provider.clone()));
                    if self.waiting.objects.contains_key(&want) {
                        found.insert(want);
                    }
                }
            }
        }
        found
    }

    fn wait(&mut self, place: Place, part: usize, captured: &Captured) {
        for want in &captured.wants {
            match self.waiting.of(want).get_mut(want) {
                Some(parts) => {
                    parts.insert((place, part));
                }
                None => {
                    self.waiting.of(want).insert(want.clone(), BTreeSet::from([(place, part)]));
                    if self.round.again {
                        self.touched.push(want.clone());
                    }
                }
            }
        }
    }

    fn forget(&mut self, place: Place, part: usize, captured: &Captured) {
        for want in &captured.wants {
            let waiting = self.waiting.of(want);
            if let Some(parts) = waiting.get_mut(want) {
                parts.remove(&(place, part));
                if parts.is_empty() {
                    waiting.remove(want);
                    self.touched.push(want.clone());
                }
            }
        }
    }

    /// All that is wanted, given what nothing remembered waits for.
    pub fn wanted(&mut self, unremembered: BTreeSet<Want>) -> Arc<BTreeSet<Want>> {
        if self.round.again {
            let wanted = Arc::make_mut(&mut self.wanted);
            for want in self.touched.drain(..).chain(std::mem::take(&mut self.unremembered)) {
                if self.waiting.has(&want) {
                    wanted.insert(want);
                } else {
                    wanted.remove(&want);
                }
            }
            wanted.extend(unremembered.iter().cloned());
        } else {
            self.wanted = Arc::new(self.waiting.wants().chain(&unremembered).cloned().collect());
            self.touched.clear();
        }
        self.unremembered = unremembered;
        self.wanted.clone()
    }

    /// Keeps the instances of modules for the next round.
    pub fn keep(&mut self, instances: Vec<ModuleInstance>, expanded: Vec<Vec<usize>>) {
        (self.instances, self.expanded) = (instances, expanded);
    }

    /// Whether everything at a place is as it was.
    fn stands(&self, place: Place, slot: &Slot) -> bool {
        self.round.again
            && !self.changed(place)
            && !self.round.parts.contains_key(&place)
            && slot.parts.iter().all(|part| !part.captured.more)
    }

    /// Whether something that a place refers to changed.
    fn changed(&self, place: Place) -> bool {
        self.round.nodes.contains(&place.0) || self.round.places.contains(&place)
    }

    /// Whether something that a declaration refers to changed, in any instance of its module.
    fn changed_anywhere(&self, index: usize) -> bool {
        let places = (index, 0)..(index + 1, 0);
        self.round.nodes.contains(&index) || self.round.places.range(places).next().is_some()
    }

    /// Holds a new value against the one before. If known parts of it changed, so may all that read it.
    fn compare(&mut self, place: Place, old: &Value, new: &Value) {
        if refines(old, new, &self.round.answered) {
            return;
        }
        for user in &self.users[place.0] {
            if self.modules[*user] == self.modules[place.0] {
                self.round.places.insert((*user, place.1));
            } else {
                self.round.nodes.insert(*user);
            }
        }
    }
}

impl Evaluator<'_> {
    /// Runs `run`, and notes what it leaves behind.
    pub(in crate::stack) fn captured<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (T, Captured) {
        if self.memory.is_none() {
            return (run(self), Captured::default());
        }
        let outer = std::mem::take(&mut self.wants);
        let asked = self.asked.take();
        let (diagnostics, instances) = (self.diagnostics.len(), self.evaluation.instances.len());
        let (checks, findings) = (self.evaluation.checks.len(), self.evaluation.findings.len());
        let more = self.left_behind();
        let result = run(self);
        let mut wants = std::mem::replace(&mut self.wants, outer);
        wants.append(&mut self.asked.replace(asked));
        let captured = Captured {
            wants: wants.into_iter().collect(),
            diagnostics: self.diagnostics[diagnostics..].to_vec(),
            instances: self.evaluation.instances[instances..].to_vec(),
            checks: self.evaluation.checks[checks..].to_vec(),
            findings: self.evaluation.findings[findings..].to_vec(),
            more: self.left_behind() != more,
        };
        if let Some(memory) = &mut self.memory {
            memory.round.lost |= captured.diagnostics.iter().any(Diagnostic::is_error);
        }
        (result, captured)
    }

    /// How much evaluation left behind, or looked up of other instances, besides what [`Captured`] notes.
    fn left_behind(&self) -> usize {
        self.evaluation.outputs.len() + self.read_providers.len() + self.blocks.lookups
    }

    /// Whether the round is in vain, because it cannot be told what has to be evaluated again.
    pub(in crate::stack) fn lost(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.round.lost && memory.round.again)
    }

    /// After an error the next round begins anew: what stands in for what is broken is not kept.
    pub(in crate::stack) fn end(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.round.lost |= self.diagnostics.iter().any(Diagnostic::is_error);
        }
    }

    /// Takes up the instances of modules of the round before; false if there was none.
    pub(in crate::stack) fn resume(&mut self) -> bool {
        let Some(memory) = self.memory.as_mut().filter(|memory| memory.round.again) else { return false };
        self.modules = std::mem::take(&mut memory.instances);
        self.expanded = std::mem::take(&mut memory.expanded);
        // None of it was answered.
        self.wants.extend(memory.everywhere.iter().cloned());
        true
    }

    /// Whether nothing has to be read to know more.
    pub(in crate::stack) fn nothing_wanted(&self) -> bool {
        self.wants.is_empty() && self.memory.as_ref().is_none_or(|memory| memory.waiting.is_empty())
    }

    /// Evaluates one declaration in one instance of its module, unless all of it stands as it was. Whether it was
    /// evaluated.
    pub(in crate::stack) fn place(&mut self, index: usize, node: &Node, at: usize) -> bool {
        let place = (index, at);
        let single = match &node.item {
            Item::Resource(..) | Item::Local(_) => true,
            Item::Variable(_) | Item::Output(_) => at != 0,
            _ => false,
        };
        if single && self.stands(place) {
            return false;
        }
        match &node.item {
            Item::Resource(kind, name) => self.resource(node, place, kind, name),
            _ if single => self.single(node, place),
            Item::Provider(_) => self.everywhere(Some(index), |evaluator| evaluator.item(node, at)),
            _ => {
                self.item(node, at);
                let value = self.value(node, at);
                if let (Some(memory), Some(value)) = (&mut self.memory, value)
                    && let Some(old) = memory.data.insert(place, value.clone())
                {
                    memory.compare(place, &old, &value);
                }
            }
        }
        true
    }

    /// Evaluates the calls of a module, of which there are the same instances from round to round.
    pub(in crate::stack) fn calls(&mut self, index: usize, module: ModuleId) {
        let Some(mut memory) = self.memory.take() else { return self.call(module) };
        if memory.round.again {
            memory.round.lost |= memory.changed_anywhere(index);
            if let Some(captured) = memory.calls.get(&index) {
                self.leave(captured);
            }
            self.memory = Some(memory);
            return;
        }
        self.memory = Some(memory);
        let ((), captured) = self.captured(|evaluator| evaluator.call(module));
        if let Some(memory) = &mut self.memory {
            memory.everywhere.extend(captured.wants.iter().cloned());
            self.wants.extend(captured.wants.iter().cloned());
            memory.calls.insert(index, captured);
        }
    }

    /// Evaluates what reaches everything: after an answer to it, everything is evaluated again.
    pub(in crate::stack) fn everywhere(&mut self, index: Option<usize>, run: impl FnOnce(&mut Self)) {
        let ((), captured) = self.captured(run);
        if let Some(memory) = &mut self.memory {
            memory.round.lost |= index.is_some_and(|index| memory.changed_anywhere(index));
            memory.everywhere.extend(captured.wants.iter().cloned());
            self.wants.extend(captured.wants);
        }
    }

    /// What is one value in each instance of its module.
    fn single(&mut self, node: &Node, place: Place) {
        let at = place.1;
        let before = self.before(place);
        let ((), captured) = self.captured(|evaluator| evaluator.item(node, at));
        if let Some(value) = self.value(node, at) {
            let part = Part { key: None, iteration: Iteration::None, value: value.clone(), captured };
            self.remember(place, before, Captured::default(), value, vec![part]);
        } else {
            self.ask(captured);
        }
    }

    /// Asks what something broken asked, which is not remembered: after an error the next round begins anew.
    pub(in crate::stack) fn ask(&mut self, captured: Captured) {
        self.wants.extend(captured.wants);
    }

    /// What others refer to, of the declarations that have one value.
    fn value(&self, node: &Node, at: usize) -> Option<Value> {
        let values = &self.modules[at].values;
        let found = match &node.item {
            Item::Variable(name) => values.variables.get(name),
            Item::Local(name) => values.locals.get(name),
            Item::Output(name) => values.outputs.get(name),
            Item::Data(of, name) => values.data.get(of).and_then(|data| data.get(name)),
            _ => None,
        };
        found.cloned()
    }

    /// Whether nothing at a place has to be evaluated again. Then its value is there, and what it left behind is
    /// left once more.
    fn stands(&mut self, place: Place) -> bool {
        let Some(memory) = self.memory.take() else { return false };
        let slot = memory.slots.get(&place).filter(|slot| memory.stands(place, slot));
        if let Some(slot) = slot {
            self.leave(&slot.head);
            for part in &slot.parts {
                self.leave(&part.captured);
            }
        }
        let stands = slot.is_some();
        self.memory = Some(memory);
        stands
    }

    /// What is known of a place where something has to be evaluated again.
    pub(in crate::stack) fn before(&mut self, place: Place) -> Option<Before> {
        let memory = self.memory.as_mut().filter(|memory| memory.round.again)?;
        let slot = memory.slots.remove(&place)?;
        let mut again = memory.round.parts.remove(&place).unwrap_or_default();
        if memory.changed(place) {
            again.extend(0..slot.parts.len());
            again.insert(HEAD);
        }
        let parts = slot.parts.into_iter().map(Some).collect();
        Some(Before { value: slot.value, head: Some(slot.head), parts, again })
    }

    /// Takes one instance of a block as it was before, if it stands.
    pub(in crate::stack) fn part_before(
        &mut self,
        before: &mut Before,
        index: usize,
        key: Option<&Key>,
        iteration: &Iteration,
    ) -> Option<Part> {
        let answered = self.memory.as_ref().map(|memory| &memory.round.answered)?;
        let stands = |part: &Part| {
            part.key.as_ref() == key
                && !part.captured.more
                && match (&part.iteration, iteration) {
                    (Iteration::Each { value: old, .. }, Iteration::Each { value: new, .. }) => {
                        refines(old, new, answered)
                    }
                    _ => true,
                }
        };
        let part = before.parts.get_mut(index)?;
        if before.again.contains(&index) || !part.as_ref().is_some_and(stands) {
            return None;
        }
        let mut part = part.take()?;
        part.iteration = iteration.clone();
        self.leave(&part.captured);
        Some(part)
    }

    fn leave(&mut self, captured: &Captured) {
        self.diagnostics.extend(captured.diagnostics.iter().cloned());
        for instance in &captured.instances {
            self.add(instance.clone());
        }
        self.evaluation.checks.extend(captured.checks.iter().cloned());
        self.evaluation.findings.extend(captured.findings.iter().cloned());
    }

    /// Remembers what was evaluated at a place, in place of what was before.
    pub(in crate::stack) fn remember(
        &mut self,
        place: Place,
        before: Option<Before>,
        head: Captured,
        value: Value,
        parts: Vec<Part>,
    ) {
        let Some(memory) = &mut self.memory else { return };
        let mut taken = BTreeSet::new();
        if let Some(before) = before {
            if let Some(head) = &before.head {
                memory.forget(place, HEAD, head);
            }
            memory.round.renamed |= before.parts.len() != parts.len();
            for (index, part) in before.parts.iter().enumerate() {
                let Some(part) = part else {
                    taken.insert(index);
                    continue;
                };
                memory.forget(place, index, &part.captured);
                let after = parts.get(index).map(|part| &part.captured);
                memory.round.renamed |= !after.is_some_and(|after| same_names(&part.captured, after));
            }
            memory.compare(place, &before.value, &value);
        }
        memory.wait(place, HEAD, &head);
        for (index, part) in parts.iter().enumerate().filter(|(index, _)| !taken.contains(index)) {
            memory.wait(place, index, &part.captured);
        }
        memory.slots.insert(place, Slot { value, head, parts });
    }

    /// Adds one instance, and what others may look up of it.
    pub(in crate::stack) fn add(&mut self, instance: Arc<Instance>) {
        if instance.schema.kind == "cluster" {
            let name: Text = instance.symbolic.part(0).into();
            if let Some(version) = instance.proposed.after.get("version") {
                self.kubernetes.insert((instance.provider.clone(), name.clone()), version.clone());
            }
            self.clusters.entry(name).or_default().push(instance.provider.clone());
        }
        self.evaluation.instances.push(instance);
    }

    /// The end of a round: holds what is looked up by name against what it was before.
    /// Whether objects may be named otherwise than in the round before.
    pub(in crate::stack) fn settle(&mut self) -> bool {
        let Some(memory) = &mut self.memory else { return true };
        memory.callers.clone_from(&self.snapshot.callers);
        let registered = Registered { clusters: self.clusters.clone(), kubernetes: self.kubernetes.clone() };
        let old = std::mem::replace(&mut memory.registered, registered);
        if memory.round.again {
            let answered = &memory.round.answered;
            let same = old.clusters == memory.registered.clusters
                && old.kubernetes.len() == memory.registered.kubernetes.len()
                && old
                    .kubernetes
                    .iter()
                    .zip(&memory.registered.kubernetes)
                    .all(|(old, new)| old.0 == new.0 && refines(old.1, new.1, answered));
            memory.round.lost |= !same;
        }
        !memory.round.again || memory.round.renamed
    }
}

/// Whether both stand for the same objects.
fn same_names(old: &Captured, new: &Captured) -> bool {
    let pairs = || old.instances.iter().zip(&new.instances);
    old.instances.len() == new.instances.len()
        && pairs().all(|(old, new)| {
            let roles =
                |one: &Instance| one.roles.iter().map(|role| role.address().clone()).collect::<Vec<_>>();
            old.symbolic == new.symbolic
                && old.claims.values().eq(new.claims.values())
                && roles(old) == roles(new)
        })
}

/// Whether a value differs from the one before only where that waited for one of the answers.
fn refines(old: &Value, new: &Value, answered: &FxHashSet<Want>) -> bool {
    let all = |old: &[Value], new: &[Value]| {
        old.len() == new.len() && old.iter().zip(new).all(|(old, new)| refines(old, new, answered))
    };
    if let Some(unknown) = old.as_unknown()
        && unknown.pending.iter().any(|want| answered.contains(want))
    {
        return true;
    }
    old.is_sensitive() == new.is_sensitive()
        && match (old.data(), new.data()) {
            (Data::List(old), Data::List(new)) | (Data::Set(old), Data::Set(new)) => {
                std::ptr::eq(old.as_slice(), new.as_slice()) || all(old, new)
            }
            (Data::Map(old), Data::Map(new)) => {
                old.is_same(new)
                    || (old.len() == new.len()
                        && old
                            .iter()
                            .zip(new.iter())
                            .all(|(old, new)| old.0 == new.0 && refines(old.1, new.1, answered)))
            }
            (old, new) => old == new,
        }
}
