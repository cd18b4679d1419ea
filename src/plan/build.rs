//! Evaluation + snapshot → plan: what changes, what is an orphan, and what is refused.

use super::change::{
    Cause, Change, ChangeAction, ChangeId, Ownership, Plan, PlannedOutput, Reason, Selection,
};
use super::claims;
use super::fingerprint::Fingerprints;
use super::held;
use super::order;
use super::refusals;
use super::relations::{Index, names_of};
use super::release::release;
use super::selection;
use super::shared;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::{self, Action, Observed, Proposed, Subject};
use crate::kinds::{self, OWNERSHIP, Schema, TAG_REGION};
use crate::live::{Coverage, Fact, Object, Owner, Phase, Snapshot};
use crate::stack::{BlockId, Evaluation, Inputs, Instance, Mode};
use crate::value::{Address, Identity, Map, Place, ProviderRef, Text, Value, Want};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

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
    builder.drafts.into_iter().map(|draft| draft.change).collect()
}

/// A change before it has its place in the order.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub change: Change,
    /// What is live of it.
    pub object: Option<&'a Object>,
    /// The declared instance it is for.
    pub instance: Option<usize>,
}

pub(super) struct Builder<'a> {
    pub evaluation: &'a Evaluation,
    pub inputs: &'a Inputs,
    pub snapshot: &'a Snapshot,
    /// Instances by identity.
    pub declared: FxHashMap<&'a Identity<Place>, usize>,
    /// What is known of the object of each instance.
    live: Vec<Option<&'a Fact<Object>>>,
    pub drafts: Vec<Draft<'a>>,
    /// What has no change and has to stay as it is.
    relied_on: Vec<(Identity<Place>, Option<&'a Object>)>,
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
            live: Vec::new(),
            drafts: Vec::new(),
            relied_on: Vec::new(),
            wants: BTreeSet::new(),
            findings: Vec::new(),
            blocked: Vec::new(),
            considered: None,
            left_out: BTreeSet::new(),
        }
    }

    /// Every change there might be.
    fn gather(&mut self) {
        let evaluation = self.evaluation;
        self.declared.reserve(evaluation.instances.len());
        self.live.reserve(evaluation.instances.len());
        for (index, instance) in evaluation.instances.iter().enumerate() {
            if let Some(identity) = &instance.identity {
                self.declared.insert(identity, index);
            }
            self.live.push(instance.identity.as_ref().and_then(|identity| self.snapshot.object(identity)));
        }
        let replaced_clusters: BTreeSet<&Identity<Place>> = evaluation
            .instances
            .iter()
            .filter(|instance| {
                instance.schema.kind == "cluster" && instance.proposed.proposal.action == Action::Replace
            })
            .filter_map(|instance| instance.identity.as_ref())
            .collect();
        self.drafts.reserve(evaluation.instances.len());
        for (index, instance) in evaluation.instances.iter().enumerate() {
            let parent = instance.identity.as_ref().and_then(|identity| {
                replaced_clusters.iter().find(|cluster| lives_in(instance, identity, cluster))
            });
            match self.inputs.mode {
                Mode::Apply if self.inputs.releases.is_empty() => {
                    self.declared_instance(index, instance, parent.copied());
                }
                Mode::Apply => {}
                Mode::Destroy => shared::left(self, instance),
            }
        }
        self.orphans();
        self.link_moves();
    }

    fn run(&mut self) {
        self.gather();
        selection::check_names(self);
        selection::restrict(self);
        self.relies_on();
        self.deletes_everything();
        self.released_with_cluster();
        claims::check(self);
        refusals::check(self);
    }

    /// Whether the plan has a say about the instance.
    fn considers(&self, index: usize) -> bool {
        self.considered.as_ref().is_none_or(|considered| considered.contains(&index))
    }

    /// What has no change is relied on to stay as it is; so are clusters of instances that no file declares.
    fn relies_on(&mut self) {
        let changed: BTreeSet<usize> = self.drafts.iter().filter_map(|draft| draft.instance).collect();
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, instance) in self.evaluation.instances.iter().enumerate() {
            let Some(identity) = instance.identity.as_ref().filter(|_| self.considers(index)) else {
                continue;
            };
            let unchanged = instance.proposed.proposal.action == Action::NoOp && !changed.contains(&index);
            if unchanged && self.inputs.mode == Mode::Apply {
                let object = self.live[index].and_then(Fact::known);
                found.push((identity.clone(), object));
            }
            if instance.schema.attribute("cluster").is_none() {
                continue;
            }
            let cluster = Identity {
                scope: identity.scope.clone(),
                kind: "cluster".into(),
                key: identity.key[..1].into(),
            };
            if self.declared.contains_key(&cluster) || !seen.insert(cluster.clone()) {
                continue;
            }
            let object = self.snapshot.object(&cluster).and_then(Fact::known);
            if object.is_some() {
                found.push((cluster, object));
            }
        }
        self.relied_on = found;
    }

    fn declared_instance(&mut self, index: usize, instance: &Instance, parent: Option<&Identity<Place>>) {
        let Some(identity) = &instance.identity else { return };
        let object = match self.live[index] {
            None => return,
            Some(Fact::Denied(why)) => {
                let diagnostic = Diagnostic::error(
                    "unreadable",
                    format!("{} could not be read, so nothing can be planned for it", instance.address),
                )
                .at(instance.span)
                .label(why.to_string())
                .help("a failed read is never taken for absence: grant the permission, or try again");
                self.blocked.push((Some(index), diagnostic));
                return;
            }
            Some(Fact::Absent) => None,
            // An add-on's own association is no stand-alone one; a claim that stays is refused.
            Some(Fact::Known(object)) if object.parent.is_some() => {
                self.claimed_by_addon(index, instance, object);
                None
            }
            Some(Fact::Known(object)) => Some(object),
        };
        if let (true, Some(object)) = (instance.is_shared(), object) {
            shared::taken(self, instance, object);
        }
        let ownership = match object.filter(|object| object.phase != Phase::Deleting) {
            Some(_) if instance.is_shared() => Ownership::Keep,
            Some(object) => match self.ownership(index, instance, object) {
                Some(ownership) => ownership,
                None => return,
            },
            None => Ownership::Keep,
        };
        let there = object.filter(|object| object.phase != Phase::Deleting);
        if let (Some(parent), Some(_)) = (parent, there) {
            let fresh = self.as_if_absent(instance);
            self.replace(index, instance, object, &fresh, ownership, Reason::ParentReplaced(parent.clone()));
            return;
        }
        let proposal = &instance.proposed.proposal;
        let adopted = matches!(ownership, Ownership::Adopt { .. });
        match proposal.action {
            Action::Undecided => {}
            // Recorded once it is settled which instances count.
            Action::NoOp => {}
            Action::Create => {
                let reason = if object.is_some() { Reason::BeingDeleted } else { Reason::Missing };
                let mut draft = self.draft(Some(index), instance, ChangeAction::Create, ownership, reason);
                draft.change.waits_first = object.is_some();
                draft.change.after = Some(instance.proposed.after.clone());
                self.push(draft, object);
            }
            Action::Update | Action::Await => {
                let action = if proposal.action == Action::Update {
                    ChangeAction::Update
                } else {
                    ChangeAction::Await
                };
                let busy = object.is_some_and(|object| object.phase == Phase::Busy);
                let reason = match object {
                    Some(object) if action == ChangeAction::Await => Reason::Busy(object.status.clone()),
                    _ if adopted => Reason::Adopted,
                    _ => renamed(instance, self.snapshot, identity).unwrap_or(Reason::Differs),
                };
                let mut draft = self.draft(Some(index), instance, action, ownership, reason);
                draft.change.waits_first = busy;
                draft.change.before = object.map(|object| object.attributes.clone());
                draft.change.after = Some(instance.proposed.after.clone());
                draft.change.differences = proposal.differences.clone();
                self.push(draft, object);
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
                self.replace(index, instance, object, &instance.proposed, ownership, reason);
            }
        }
    }

    fn draft(
        &self,
        index: Option<usize>,
        instance: &Instance,
        action: ChangeAction,
        ownership: Ownership,
        reason: Reason,
    ) -> Draft<'a> {
        Draft {
            instance: index,
            object: None,
            change: Change {
                id: ChangeId(usize::MAX),
                schema: instance.schema,
                address: Some(instance.address.clone()),
                // Only instances with an identity get here.
                identity: instance.identity.clone().unwrap_or_else(|| unreachable_identity(instance)),
                provider: instance.provider.clone(),
                action,
                ownership,
                reason,
                cause: Cause::default(),
                before: None,
                after: None,
                differences: Vec::new(),
                seen: None,
                calls: Vec::new(),
                replaces: None,
                waits_first: false,
                derived: instance.derived.clone(),
            },
        }
    }

    fn push(&mut self, mut draft: Draft<'a>, object: Option<&'a Object>) -> usize {
        draft.change.id = ChangeId(self.drafts.len());
        draft.object = object;
        self.drafts.push(draft);
        self.drafts.len() - 1
    }

    /// A delete and a create of one identity.
    fn replace(
        &mut self,
        index: usize,
        instance: &Instance,
        object: Option<&'a Object>,
        proposed: &Proposed,
        ownership: Ownership,
        reason: Reason,
    ) {
        let before = object.map(|object| object.attributes.clone());
        let mut delete =
            self.draft(Some(index), instance, ChangeAction::Delete, ownership.clone(), reason.clone());
        delete.change.before = before.clone();
        delete.change.waits_first = object.is_some_and(|object| object.phase == Phase::Busy);
        let deleted = self.push(delete, object);
        let mut create = self.draft(Some(index), instance, ChangeAction::Create, ownership, reason);
        create.change.before = before;
        create.change.after = Some(proposed.after.clone());
        create.change.differences = proposed.proposal.differences.clone();
        create.change.replaces = Some(ChangeId(deleted));
        self.push(create, object);
    }

    /// The proposal for an instance whose object goes with its cluster.
    fn as_if_absent(&self, instance: &Instance) -> Proposed {
        let place = instance.identity.as_ref().map(|identity| &identity.scope);
        let subject = Subject {
            schema: instance.schema,
            address: &instance.address,
            place,
            key: &instance.symbolic.key,
            desired: &instance.desired,
        };
        diff::propose(&subject, &Observed::Fact(&Fact::Absent))
    }

    /// Whose the object is to be; `None` and an error if it is not the stack's to change.
    fn ownership(&mut self, index: usize, instance: &Instance, object: &Object) -> Option<Ownership> {
        if object.owner.is(&self.evaluation.stack) {
            return Some(Ownership::Keep);
        }
        let (from, whose) = match &object.owner {
            Owner::None => (None, "it is not managed by any stack".to_string()),
            Owner::Stack { stack, .. } => {
                (Some(stack.clone()), format!("it belongs to the stack \"{stack}\""))
            }
        };
        match &instance.adopt {
            Some(consent) if consent.from_stack == from || from.is_none() => Some(Ownership::Adopt { from }),
            _ => {
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
                        diagnostic =
                            diagnostic.with_note(format!("adopting would also {what} {}", difference.path));
                    }
                }
                let help = format!("to take it over, run with {option}, or write\n{block}");
                self.blocked.push((Some(index), diagnostic.help(help)));
                None
            }
        }
    }

    /// An add-on owns the association that is declared by hand: fine only if the add-on lets go of it.
    fn claimed_by_addon(&mut self, index: usize, instance: &Instance, object: &Object) {
        let Some(parent) = &object.parent else { return };
        let account = instance.symbolic.part(2);
        let stays = match self.declared.get(parent).map(|index| &self.evaluation.instances[*index]) {
            Some(addon) => addon
                .desired
                .get("pod_identity_association")
                .and_then(Value::as_map)
                .is_some_and(|blocks| blocks.contains_key(account)),
            None => !self
                .snapshot
                .object(parent)
                .and_then(Fact::known)
                .is_some_and(|addon| addon.owner.is(&self.evaluation.stack)),
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
            self.blocked.push((Some(index), diagnostic));
        }
    }

    /// What the stack owns and no file declares; everything it owns when destroying.
    fn orphans(&mut self) {
        let destroy = self.inputs.mode == Mode::Destroy;
        let snapshot = self.snapshot;
        let released = self.released_by_name();
        // Where an object is in the snapshot tells sooner than its name that it is declared.
        let facts = self.live.iter().flatten();
        let declared: FxHashSet<*const Fact<Object>> = facts.map(|fact| std::ptr::from_ref(*fact)).collect();
        let undeclared = |fact: &Fact<Object>| !declared.contains(&std::ptr::from_ref(fact));
        let may_be_due = |fact: &Fact<Object>| destroy || released.is_some() || undeclared(fact);
        let existing = snapshot.objects.iter().filter(|(_, fact)| may_be_due(fact));
        for (identity, object) in existing.filter_map(|(identity, fact)| Some((identity, fact.known()?))) {
            let declared = self.declared.contains_key(identity);
            let due = match &released {
                Some(released) => released.contains(identity),
                None => destroy || !declared,
            };
            if !object.owner.is(&self.evaluation.stack) || !due || object.parent.is_some() {
                continue;
            }
            let Some(schema) = kinds::schema(&identity.kind) else { continue };
            let provider = match self.provider_of(schema, identity, object) {
                Ok(provider) => provider,
                Err(finding) => {
                    self.findings.push(*finding);
                    continue;
                }
            };
            let address = match &object.owner {
                Owner::Stack { address, .. } => address.clone(),
                Owner::None => None,
            };
            let index = self.declared.get(identity).copied();
            let address =
                index.map_or(address, |index| Some(self.evaluation.instances[index].address.clone()));
            let deleting = object.phase == Phase::Deleting;
            let mut change = Change {
                id: ChangeId(usize::MAX),
                schema,
                address,
                identity: identity.clone(),
                provider,
                action: if deleting { ChangeAction::Await } else { ChangeAction::Delete },
                ownership: Ownership::Keep,
                reason: match (deleting, destroy) {
                    (true, _) => Reason::BeingDeleted,
                    (false, true) => Reason::Destroy,
                    (false, false) => Reason::Orphan,
                },
                cause: Cause::default(),
                before: Some(object.attributes.clone()),
                after: None,
                differences: Vec::new(),
                seen: None,
                calls: Vec::new(),
                replaces: None,
                waits_first: object.phase == Phase::Busy,
                derived: index.and_then(|index| self.evaluation.instances[index].derived.clone()),
            };
            // What a block still declares is not removed, whatever its recorded address is.
            let removed = index.is_none() && self.is_released(change.address.as_ref());
            if !deleting && (released.is_some() || removed) {
                release(&mut change, object);
            }
            self.push(Draft { change, object: None, instance: index }, Some(object));
        }
        if released.is_some() {
            self.considered = Some(BTreeSet::new());
            self.still_declared();
        }
    }

    /// An ordinary plan that would delete all the stack owns is probably run in the wrong place.
    fn deletes_everything(&mut self) {
        if !self.evaluation.instances.is_empty() || self.inputs.allow_orphans {
            return;
        }
        let deleted = self.drafts.iter().filter(|draft| draft.change.reason == Reason::Orphan).count();
        let owned =
            self.snapshot.existing().filter(|(_, object)| object.owner.is(&self.evaluation.stack)).count();
        if deleted > 0 && deleted == owned {
            self.findings.push(
                Diagnostic::error(
                    "deletes-everything",
                    format!("This plan would delete everything the stack \"{}\" owns", self.evaluation.stack),
                )
                .with_note("No file declares any of it: is this the right directory, account and stack name?")
                .help("to delete all of it, run destroy; to plan it nevertheless, add --allow-orphans"),
            );
        }
    }

    /// The provider through which an undeclared object is reached. A role recorded for a region that no
    /// provider names is left alone.
    fn provider_of(
        &self,
        schema: &Schema,
        identity: &Identity<Place>,
        object: &Object,
    ) -> Result<ProviderRef, Box<Diagnostic>> {
        let region =
            object.attributes.get(OWNERSHIP).and_then(|tags| tags.get(TAG_REGION)).and_then(Value::as_str);
        let reaches = |provider: &ProviderRef| {
            self.snapshot.callers.get(provider).and_then(Fact::known).is_some_and(|caller| {
                caller.place(schema.regional) == identity.scope
                    && (schema.regional || region.is_none_or(|region| *caller.region() == *region))
            })
        };
        self.evaluation.providers.keys().find(|provider| reaches(provider)).cloned().ok_or_else(|| {
            Box::new(
                Diagnostic::warning(
                    "other-region",
                    format!(
                        "{identity} is this stack's, but no provider block names its region {}",
                        region.unwrap_or_default()
                    ),
                )
                .with_note("It is left alone.")
                .help("add a provider block for the region to manage it, or name the region in the stack block: regions = [\"…\"]"),
            )
        })
    }

    /// Links a create to the orphan that has its address: one object under a new identity.
    fn link_moves(&mut self) {
        let mut orphans: BTreeMap<String, usize> = BTreeMap::new();
        for (index, draft) in self.drafts.iter().enumerate() {
            if let (Reason::Orphan, Some(address)) = (&draft.change.reason, &draft.change.address) {
                orphans.insert(address.to_string(), index);
            }
        }
        if orphans.is_empty() {
            return;
        }
        for index in 0..self.drafts.len() {
            let change = &self.drafts[index].change;
            let (ChangeAction::Create, None, Some(address)) =
                (change.action, change.replaces, &change.address)
            else {
                continue;
            };
            let Some(orphan) = orphans.get(&address.to_string()).copied() else { continue };
            if self.drafts[orphan].change.schema.kind != change.schema.kind {
                continue;
            }
            let old = self.drafts[orphan].change.identity.clone();
            let before = self.drafts[orphan].change.before.clone();
            let created = &mut self.drafts[index].change;
            created.replaces = Some(ChangeId(orphan));
            created.reason = Reason::Moved(old.clone());
            created.before = before;
            self.drafts[orphan].change.reason = Reason::Moved(old);
        }
    }

    /// Every object that changes, by the names others use.
    pub fn index_of_changes(&self) -> Index<'_> {
        let mut index = Index::default();
        index.reserve(2 * self.drafts.len());
        for Draft { change, object, instance } in &self.drafts {
            let identity = &change.identity;
            let live = object.map(|object| &object.attributes);
            let after = instance.map(|at| &self.evaluation.instances[at].proposed.after);
            for attributes in [live, after].into_iter().flatten() {
                index.extend(names_of(change.schema, identity, attributes).map(|name| (name, identity)));
            }
        }
        index
    }

    /// Every object that exists or will, by the names others use.
    pub fn index(&self) -> Index<'a> {
        let mut index = Index::default();
        index.reserve(2 * self.evaluation.instances.len());
        for (identity, object) in self.snapshot.existing() {
            if let Some(schema) = kinds::schema(&identity.kind) {
                index.extend(names_of(schema, identity, &object.attributes).map(|name| (name, identity)));
            }
        }
        for instance in &self.evaluation.instances {
            if let Some(identity) = &instance.identity {
                let names = names_of(instance.schema, identity, &instance.proposed.after);
                index.extend(names.map(|name| (name, identity)));
            }
        }
        index
    }

    fn finish(mut self) -> Built {
        self.unhealthy();
        let order = match order::order(&self) {
            Ok(order) => order,
            Err(diagnostic) => {
                return Built { plan: None, wants: BTreeSet::new(), diagnostics: vec![*diagnostic] };
            }
        };
        let fingerprints = Fingerprints::new(self.inputs, self.snapshot);
        let (changes, edges) = order.applied(std::mem::take(&mut self.drafts), &fingerprints);
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
        let seen = |object: Option<&Object>| object.and_then(|object| fingerprints.of(object));
        let relied_on = self.relied_on.into_iter().map(|(identity, object)| (identity, seen(object)));
        let plan = Plan {
            id: fingerprints.whole,
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
            relied_on: relied_on.collect(),
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

    /// What AWS reports as unhealthy and no change of this plan mends.
    fn unhealthy(&mut self) {
        let failing = |object: &Object| {
            !object.issues.is_empty()
                || matches!(&*object.status, "DEGRADED" | "UPDATE_FAILED" | "DELETE_FAILED")
        };
        let mut unwell: Vec<(&Identity<Place>, usize, &Object)> = Vec::new();
        for (identity, index) in &self.declared {
            let object = self.live[*index].and_then(Fact::known).filter(|object| failing(object));
            unwell
                .extend(object.filter(|_| self.considers(*index)).map(|object| (*identity, *index, object)));
        }
        unwell.sort_by_key(|(identity, ..)| *identity);
        let changed: BTreeSet<&Identity<Place>> = match unwell.is_empty() {
            true => return,
            false => self.drafts.iter().map(|draft| &draft.change.identity).collect(),
        };
        let mut found = Vec::new();
        for (_, index, object) in unwell.into_iter().filter(|(identity, ..)| !changed.contains(identity)) {
            let instance = &self.evaluation.instances[index];
            let mut diagnostic = Diagnostic::new(
                Severity::Warning,
                "unhealthy",
                format!("{} is {}", instance.address, object.status),
            )
            .at(instance.span)
            .about(&instance.address);
            let meaning = match &*object.status {
                "UPDATE_FAILED" => {
                    "The last update failed. Nothing differs from the files, so nothing is sent again."
                }
                "DELETE_FAILED" => "AWS failed to delete it. It is declared, so it is kept as it is.",
                _ => "Nothing differs from the files, so nothing is changed.",
            };
            diagnostic = diagnostic.with_note(meaning);
            for issue in &object.issues {
                diagnostic = diagnostic.with_note(format!("{}: {}", issue.code, issue.message));
            }
            found.push(diagnostic);
        }
        self.findings.append(&mut found);
    }
}

/// Whether the instance lives in that cluster.
fn lives_in(instance: &Instance, identity: &Identity<Place>, cluster: &Identity<Place>) -> bool {
    instance.schema.kind != "cluster"
        && instance.schema.attribute("cluster").is_some()
        && identity.scope == cluster.scope
        && identity.part(0) == cluster.part(0)
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

/// Drafts are made only for instances with an identity; this keeps that without a panic.
fn unreachable_identity(instance: &Instance) -> Identity<Place> {
    instance.symbolic.within(Place::new("", "", None))
}

/// The attributes an object has according to a map, as text for messages.
pub(super) fn arn(attributes: Option<&Map>) -> Option<&str> {
    attributes?.get("arn")?.as_str()
}
