//! Evaluation + snapshot → plan: what changes, what is an orphan, and what is refused.

use super::change::{Change, ChangeId, Plan, PlannedOutput, Selection};
use super::claims;
use super::declared;
use super::draft::Draft;
use super::fingerprint::{Known, fingerprint};
use super::health;
use super::held;
use super::order;
use super::orphans;
use super::refusals;
use super::relations::{ClusterName, cluster_of};
use super::selection;
use super::shared;
use crate::diagnostic::Diagnostic;
use crate::diff::Action;
use crate::kinds;
use crate::live::{Coverage, Digest, Fact, Object, Snapshot};
use crate::stack::{BlockId, Evaluation, Inputs, Instance, Mode};
use crate::value::{Address, Identity, Map, Place, Text, Want};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What planning yields.
#[derive(Clone, Debug)]
pub struct Built {
    /// `None` if an error stands in the way of any plan at all.
    pub plan: Option<Plan>,
    /// What has to be read first; then plan again.
    pub wants: BTreeSet<Want>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Plans. Pure: the same arguments give the same bytes.
pub fn build(evaluation: &Evaluation, inputs: &Inputs, snapshot: &Snapshot) -> Built {
    let mut builder = Builder::new(evaluation, inputs, snapshot);
    builder.run();
    if !builder.wants.is_empty() || !builder.blocked.is_empty() {
        let diagnostics = builder.blocked.into_iter().map(|(_, diagnostic)| diagnostic).collect();
        return Built { plan: None, wants: builder.wants, diagnostics };
    }
    builder.finish()
}

/// What planning would have to read besides what evaluation wants.
pub fn wanted(evaluation: &Evaluation, inputs: &Inputs, snapshot: &Snapshot) -> BTreeSet<Want> {
    let mut builder = Builder::new(evaluation, inputs, snapshot);
    builder.run();
    builder.wants
}

/// What would change, in no order, whatever may stand in the way of doing it.
pub(super) fn changes(evaluation: &Evaluation, inputs: &Inputs, snapshot: &Snapshot) -> Vec<Change> {
    let mut builder = Builder::new(evaluation, inputs, snapshot);
    builder.gather();
    let drafts = builder.drafts.iter().enumerate();
    drafts.map(|(at, draft)| draft.change(ChangeId(at), draft.replaces.map(ChangeId))).collect()
}

/// What is true of few stacks, and need not be looked for in others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    /// There are conditions that are told only while applying.
    pub open: bool,
    /// Something refers to a block as a whole.
    pub whole_blocks: bool,
}

pub(super) struct Builder<'a> {
    pub evaluation: &'a Evaluation,
    pub inputs: &'a Inputs,
    pub snapshot: &'a Snapshot,
    /// Instances by identity.
    pub declared: FxHashMap<&'a Identity<Place>, usize>,
    /// The fingerprints of the objects of instances.
    pub known: Known,
    pub drafts: Vec<Draft<'a>>,
    /// Instances without a change, with the fingerprints of their objects.
    pub unchanged: Vec<(usize, Option<Digest>)>,
    /// The instances that live in each cluster.
    members: FxHashMap<ClusterName<'a>, Vec<usize>>,
    /// Instances whose objects AWS reports as unhealthy.
    pub failing: Vec<(&'a Identity<Place>, usize, &'a Object)>,
    pub traits: Traits,
    pub wants: BTreeSet<Want>,
    /// Shown with the plan; errors among them refuse it.
    pub findings: Vec<Diagnostic>,
    /// Errors that leave nothing to plan, with the instance each is about.
    pub blocked: Vec<(Option<usize>, Diagnostic)>,
    /// The instances that `--target` and `--exclude` leave; `None`: all.
    pub considered: Option<BTreeSet<usize>>,
    /// What would change, but for `--target` and `--exclude`.
    pub left_out: BTreeSet<Text>,
}

impl<'a> Builder<'a> {
    fn new(evaluation: &'a Evaluation, inputs: &'a Inputs, snapshot: &'a Snapshot) -> Self {
        Self {
            evaluation,
            inputs,
            snapshot,
            declared: FxHashMap::default(),
            known: Known::default(),
            drafts: Vec::new(),
            unchanged: Vec::new(),
            members: FxHashMap::default(),
            failing: Vec::new(),
            traits: Traits::default(),
            wants: BTreeSet::new(),
            findings: Vec::new(),
            blocked: Vec::new(),
            considered: None,
            left_out: BTreeSet::new(),
        }
    }

    /// Every change there might be.
    fn gather(&mut self) {
        let instances = &self.evaluation.instances;
        self.declared.reserve(instances.len());
        self.known.reserve(instances.len());
        let mut live = Vec::with_capacity(instances.len());
        let mut replaced: FxHashMap<ClusterName<'_>, &Identity<Place>> = FxHashMap::default();
        for (index, instance) in instances.iter().enumerate() {
            self.traits.open |= instance.open.any();
            self.traits.whole_blocks |= !(instance.whole_blocks.is_empty() && instance.depends_on.is_empty());
            let Some(identity) = &instance.identity else {
                live.push(None);
                continue;
            };
            let fact = self.snapshot.object(identity);
            live.push(fact);
            self.declared.insert(identity, index);
            if instance.schema.lives_in_cluster() {
                self.members.entry(cluster_of(identity)).or_default().push(index);
            } else if instance.schema.kind == "cluster"
                && instance.proposed.proposal.action == Action::Replace
            {
                replaced.insert(cluster_of(identity), identity);
            }
            if let Some(object) = fact.and_then(Fact::known) {
                if let Some(seen) = instance.proposed.seen {
                    self.known.insert(std::ptr::from_ref(object), seen.whole);
                }
                if health::is_failing(object) {
                    self.failing.push((identity, index, object));
                }
            }
        }
        self.drafts.reserve(instances.len());
        for (index, instance) in instances.iter().enumerate() {
            let cluster = instance
                .identity
                .as_ref()
                .filter(|_| !replaced.is_empty() && instance.schema.lives_in_cluster());
            let parent = cluster.and_then(|member| replaced.get(&cluster_of(member)));
            match self.inputs.mode {
                Mode::Apply if self.inputs.releases.is_empty() => {
                    declared::draft(self, index, live[index], parent.copied());
                }
                Mode::Apply => {}
                Mode::Destroy => shared::left(self, instance),
            }
        }
        orphans::draft(self);
        orphans::link_moves(self);
    }

    fn run(&mut self) {
        self.gather();
        selection::check_names(self);
        selection::restrict(self);
        orphans::deletes_everything(self);
        self.released_with_cluster();
        claims::check(self);
        refusals::check(self);
    }

    /// The declared instance that a draft is for.
    pub fn instance_of(&self, draft: &Draft<'_>) -> Option<&'a Instance> {
        draft.instance.map(|index| &*self.evaluation.instances[index])
    }

    /// Whether the plan has a say about the instance.
    pub fn considers(&self, index: usize) -> bool {
        self.considered.as_ref().is_none_or(|considered| considered.contains(&index))
    }

    /// What has no change is relied on to stay as it is; so are clusters of instances that no file declares.
    fn relied_on(&self) -> Vec<(Identity<Place>, Option<Digest>)> {
        let identity = |index: usize| self.evaluation.instances[index].identity.clone();
        let unchanged = self.unchanged.iter().filter(|(index, _)| self.considers(*index));
        let mut found: Vec<_> =
            unchanged.filter_map(|(index, digest)| Some((identity(*index)?, *digest))).collect();
        let Some(schema) = kinds::schema("cluster") else { return found };
        let considered = |indices: &[usize]| indices.iter().any(|index| self.considers(*index));
        let clusters = self.members.iter().filter(|(_, indices)| considered(indices));
        let mut clusters: Vec<Identity<Place>> =
            clusters.map(|((place, name), _)| kinds::identity(*place, schema.kind, &[name])).collect();
        clusters.sort_unstable();
        for identity in clusters.into_iter().filter(|identity| !self.declared.contains_key(identity)) {
            if let Some(object) = self.snapshot.object(&identity).and_then(Fact::known) {
                found.push((identity, Some(Digest::of_object(schema, object))));
            }
        }
        found
    }

    fn finish(mut self) -> Built {
        health::check(&mut self);
        let order = match order::order(&self) {
            Ok(order) => order,
            Err(diagnostic) => {
                return Built { plan: None, wants: BTreeSet::new(), diagnostics: vec![*diagnostic] };
            }
        };
        let id = fingerprint(self.inputs, self.snapshot, &self.known);
        let (changes, edges) = order.applied(&self.drafts, id);
        let relied_on = self.relied_on();
        let left_out = self.instances_left_out();
        let whole = self.evaluation.outputs.iter().filter(|output| {
            output.references.is_disjoint(&left_out.0) && output.whole_blocks.is_disjoint(&left_out.1)
        });
        let outputs = whole.map(|output| PlannedOutput {
            name: output.name.clone(),
            value: output.value.clone(),
            description: output.description.clone(),
        });
        let coverage = self.snapshot.coverage.iter().filter(|(_, coverage)| **coverage != Coverage::Complete);
        self.findings.extend(self.evaluation.findings.iter().cloned());
        let held = held::held(&self, &changes);
        self.findings.sort_by(|a, b| (a.severity, a.code, &a.message).cmp(&(b.severity, b.code, &b.message)));
        let plan = Plan {
            id,
            stack: self.evaluation.stack.clone(),
            mode: self.inputs.mode,
            providers: self.evaluation.providers.clone(),
            changes,
            edges,
            outputs: if self.inputs.mode == Mode::Apply && self.inputs.releases.is_empty() {
                outputs.collect()
            } else {
                Vec::new()
            },
            relied_on,
            checks: self.evaluation.checks.clone(),
            held,
            coverage: coverage
                .map(|((place, kind), coverage)| (place.clone(), kind.clone(), coverage.clone()))
                .collect(),
            base: None,
            selection: Selection {
                targets: self.inputs.targets.clone(),
                excludes: self.inputs.excludes.clone(),
                left_out: self.left_out,
            },
            findings: self.findings,
            silenced: Vec::new(),
        };
        Built { plan: Some(plan), wants: BTreeSet::new(), diagnostics: Vec::new() }
    }

    /// Instances about which the plan says nothing, and their blocks: what refers to them is not known.
    fn instances_left_out(&self) -> (BTreeSet<Address>, BTreeSet<BlockId>) {
        let out = self.evaluation.instances.iter().enumerate().filter(|(index, _)| !self.considers(*index));
        out.map(|(_, instance)| (instance.address.clone(), BlockId::of(&instance.address))).unzip()
    }
}

/// The ARN among the attributes of an object.
pub(super) fn arn(attributes: Option<&Map>) -> Option<&str> {
    attributes?.get("arn")?.as_str()
}
