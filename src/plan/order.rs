//! Which change comes before which, and the order that follows.

use super::build::{Builder, Draft};
use super::calls;
use super::change::{Change, ChangeAction, ChangeId, Edge, EdgeKind, Reason};
use super::claims::accounts;
use super::fingerprint::Fingerprints;
use super::relations::{Index, Name, named_by, principals};
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::Fact;
use crate::stack::{BlockId, Instance};
use crate::value::{Address, Identity, Map, Place};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt::Write as _;

/// In which order the drafts come, and why.
pub(super) struct Order {
    /// The indices of the drafts.
    sorted: Vec<usize>,
    /// By the indices of the drafts.
    names: Vec<Named>,
    edges: Edges,
}

/// Which change comes before which.
pub(super) fn order(builder: &Builder<'_>) -> Result<Order, Box<Diagnostic>> {
    let index = builder.index_of_changes();
    let drafts = Drafts::new(builder, false);
    let edges = edges(builder, &drafts, &index, agent_last);
    let names: Vec<Named> = builder.drafts.iter().map(|draft| Named::new(&draft.change)).collect();
    Ok(Order { sorted: sort(builder, &edges, &names)?, names, edges })
}

impl Order {
    /// The changes in topological order, with their calls, and the edges between them.
    pub fn applied(self, drafts: Vec<Draft<'_>>, fingerprints: &Fingerprints) -> (Vec<Change>, Vec<Edge>) {
        let mut position = vec![0; drafts.len()];
        for (new, old) in self.sorted.iter().enumerate() {
            position[*old] = new;
        }
        let renumber = |id: ChangeId| ChangeId(position[id.0]);
        let mut drafts: Vec<Option<Draft<'_>>> = drafts.into_iter().map(Some).collect();
        let mut changes = Vec::with_capacity(drafts.len());
        for old in &self.sorted {
            let Some(Draft { mut change, object, .. }) = drafts[*old].take() else { continue };
            change.seen = object.and_then(|object| fingerprints.of(object));
            change.id = renumber(change.id);
            change.replaces = change.replaces.map(renumber);
            change.calls = calls::calls(
                change.schema,
                change.action,
                change.before.as_ref(),
                change.after.as_ref(),
                &change.differences,
            );
            let name = self.names[*old].object();
            for (number, call) in change.calls.iter_mut().enumerate() {
                if change.schema.operation(call.operation).is_some_and(|operation| operation.token) {
                    let text = format!("{}|{name}|{number}", fingerprints.whole);
                    call.token = Some(hex::encode(Sha256::digest(text)).into());
                }
            }
            changes.push(change);
        }
        let mut edges: Vec<Edge> = self
            .edges
            .into_iter()
            .map(|((from, to), kind)| Edge {
                from: ChangeId(position[from]),
                to: ChangeId(position[to]),
                kind,
            })
            .collect();
        edges.sort();
        (changes, edges)
    }
}

/// By the indices of the drafts. Of several reasons the first in [`EdgeKind`]'s order counts.
pub(super) type Edges = Vec<((usize, usize), EdgeKind)>;

/// The drafts, and what the files declare, by the names others use.
pub(super) struct Drafts<'a> {
    /// The change that makes or changes an object (or waits for it), by identity.
    present: FxHashMap<&'a Identity<Place>, usize>,
    deletes: FxHashMap<&'a Identity<Place>, usize>,
    by_address: FxHashMap<&'a Address, &'a Identity<Place>>,
    /// Empty if nothing refers to a block as a whole.
    by_block: FxHashMap<BlockId, Vec<&'a Identity<Place>>>,
}

impl<'a> Drafts<'a> {
    /// What an instance refers to.
    fn referred<'i>(&'i self, instance: &'i Instance) -> impl Iterator<Item = &'a Identity<Place>> + 'i {
        let single = instance.references.iter().filter_map(|address| self.by_address.get(address));
        let whole = instance.whole_blocks.iter().filter_map(|block| self.by_block.get(block)).flatten();
        single.chain(whole).copied()
    }

    /// What an instance refers to that has no change of its own, but conditions that wait for others.
    fn unchanged_and_open<'b>(&self, builder: &'b Builder<'_>, instance: &Instance) -> Vec<&'b Instance> {
        let unchanged = self.referred(instance).filter(|identity| !self.present.contains_key(identity));
        let instances =
            unchanged.filter_map(|it| Some(&*builder.evaluation.instances[*builder.declared.get(it)?]));
        instances.filter(|instance| instance.open.any()).collect()
    }

    /// With all instances, or only those that matter to the order of changes.
    pub fn new(builder: &'a Builder<'_>, all: bool) -> Self {
        let mut drafts = Drafts {
            present: FxHashMap::default(),
            deletes: FxHashMap::default(),
            by_address: FxHashMap::default(),
            by_block: FxHashMap::default(),
        };
        for (at, draft) in builder.drafts.iter().enumerate() {
            let map = if draft.change.action == ChangeAction::Delete {
                &mut drafts.deletes
            } else {
                &mut drafts.present
            };
            map.insert(&draft.change.identity, at);
        }
        let instances = &builder.evaluation.instances;
        let mut changed = vec![false; instances.len()];
        for at in builder.drafts.iter().filter_map(|draft| draft.instance) {
            changed[at] = true;
        }
        let whole =
            |instance: &Instance| !instance.whole_blocks.is_empty() || !instance.depends_on.is_empty();
        let by_block = instances.iter().any(|instance| whole(instance));
        drafts.by_address.reserve(if all { instances.len() } else { builder.drafts.len() });
        for (at, instance) in instances.iter().enumerate() {
            let Some(identity) = &instance.identity else { continue };
            if !all && !changed[at] && !instance.open.any() {
                continue;
            }
            drafts.by_address.insert(&instance.address, identity);
            if by_block {
                drafts.by_block.entry(BlockId::of(&instance.address)).or_default().push(identity);
            }
        }
        drafts
    }
}

/// What has to come before what for the changes to be possible at all; `others` adds what has to besides.
pub(super) fn edges<'a>(
    builder: &'a Builder<'_>,
    drafts: &Drafts<'a>,
    index: &Index<'a>,
    others: impl FnOnce(&Builder<'_>, &mut dyn FnMut(usize, usize, EdgeKind)),
) -> Edges {
    let mut edges = Edges::new();
    let mut add = |from: usize, to: usize, kind: EdgeKind| {
        if from != to {
            edges.push(((from, to), kind));
        }
    };
    for at in 0..builder.drafts.len() {
        references(builder, drafts, index, at, &mut add);
        live_relations(builder, drafts, index, at, &mut add);
        if let Some(ChangeId(deleted)) = builder.drafts[at].change.replaces {
            let moved = matches!(builder.drafts[at].change.reason, Reason::Moved(_));
            // The same name cannot be made twice; a new one comes before the old one goes.
            if moved {
                add(at, deleted, EdgeKind::SameIdentity)
            } else {
                add(deleted, at, EdgeKind::SameIdentity)
            }
            // What is deleted before its trigger changes is made again whatever happens in between.
            if let Reason::Triggered(by) = &builder.drafts[at].change.reason {
                let changed = by.iter().filter_map(|(address, _)| drafts.by_address.get(address));
                for trigger in changed.filter_map(|identity| drafts.present.get(identity)) {
                    add(deleted, *trigger, EdgeKind::Reference);
                }
            }
        }
    }
    claims(builder, &mut add);
    others(builder, &mut add);
    edges.sort_unstable();
    edges.dedup_by_key(|(ends, _)| *ends);
    edges
}

/// What an instance refers to, by the files and by what its attributes name; something may be there twice.
pub(super) fn needed<'a>(
    drafts: &Drafts<'a>,
    index: &Index<'a>,
    instance: &'a Instance,
    identity: &Identity<Place>,
    after: Option<&Map>,
) -> Vec<(&'a Identity<Place>, EdgeKind)> {
    let mut targets = Vec::new();
    let mut target = |identity, kind: EdgeKind| targets.push((identity, kind));
    for identity in drafts.referred(instance) {
        target(identity, EdgeKind::Reference);
    }
    for identity in instance.depends_on.iter().filter_map(|block| drafts.by_block.get(block)).flatten() {
        target(*identity, EdgeKind::DependsOn);
    }
    if let Some(after) = after {
        for name in named_by(instance.schema, &identity.scope, after) {
            if let Some(identity) = index.get(&name) {
                target(identity, EdgeKind::Reference);
            }
        }
    }
    targets
}

/// What the files say: a thing comes after what it refers to, and is deleted before it.
fn references(
    builder: &Builder<'_>,
    drafts: &Drafts<'_>,
    index: &Index<'_>,
    at: usize,
    add: &mut dyn FnMut(usize, usize, EdgeKind),
) {
    let draft = &builder.drafts[at];
    let Some(instance) = draft.instance.map(|index| &builder.evaluation.instances[index]) else { return };
    let change = &draft.change;
    let mut targets = needed(drafts, index, instance, &change.identity, change.after.as_ref());
    // What does not change itself passes on what its conditions wait for.
    let mut open: Vec<&Instance> = drafts.unchanged_and_open(builder, instance);
    let mut seen = BTreeSet::new();
    while let Some(unchanged) = open.pop() {
        if seen.insert(&unchanged.address) {
            for identity in drafts.referred(unchanged) {
                targets.push((identity, EdgeKind::Reference));
            }
            open.append(&mut drafts.unchanged_and_open(builder, unchanged));
        }
    }
    // IAM refuses a principal that does not exist yet.
    if let Some(after) = &draft.change.after {
        for arn in principals(draft.change.schema, after) {
            let Some(identity) = index.get(&Name::Arn(&arn)) else { continue };
            let made = drafts.present.get(identity);
            if let Some(made) = made.filter(|at| builder.drafts[**at].change.action == ChangeAction::Create) {
                add(*made, at, EdgeKind::Reference);
            }
        }
    }
    for (identity, kind) in targets {
        if draft.change.action == ChangeAction::Delete {
            if let Some(deleted) = drafts.deletes.get(identity)
                && *identity != draft.change.identity
            {
                add(at, *deleted, kind);
            }
        } else if let Some(present) = drafts.present.get(identity) {
            add(*present, at, kind);
        }
    }
}

/// What is live: an object is deleted after everything that names it is gone or names something else.
fn live_relations(
    builder: &Builder<'_>,
    drafts: &Drafts<'_>,
    index: &Index<'_>,
    at: usize,
    add: &mut dyn FnMut(usize, usize, EdgeKind),
) {
    let change = &builder.drafts[at].change;
    // What AWS is deleting already is gone once it has been waited for.
    let going = change.reason == Reason::BeingDeleted;
    let live = going.then(|| builder.snapshot.object(&change.identity)).flatten();
    let live = live.and_then(Fact::known).map(|object| &object.attributes);
    let Some(before) = change.before.as_ref().or(live) else { return };
    if !going && !matches!(change.action, ChangeAction::Delete | ChangeAction::Update) {
        return;
    }
    let after = change
        .after
        .as_ref()
        .map(|after| named_by(change.schema, &change.identity.scope, after))
        .unwrap_or_default();
    for name in named_by(change.schema, &change.identity.scope, before) {
        let Some(deleted) = index.get(&name).and_then(|identity| drafts.deletes.get(identity)) else {
            continue;
        };
        // What comes back under the same name cannot wait for those who go on using it.
        let comes_back = drafts.present.contains_key(&builder.drafts[*deleted].change.identity);
        let stays = matches!(change.action, ChangeAction::Update | ChangeAction::Create);
        let keeps = stays && (after.contains(&name) || comes_back);
        if !keeps {
            add(at, *deleted, EdgeKind::LiveRelation);
        }
    }
}

/// A cluster and a service account in it.
type Claim<'a> = (&'a Place, &'a str, &'a str);

/// A service account has one association: it goes in one place before it comes in another.
fn claims<'a>(builder: &'a Builder<'_>, add: &mut dyn FnMut(usize, usize, EdgeKind)) {
    let mut releases: BTreeMap<Claim<'a>, Vec<usize>> = BTreeMap::new();
    let mut takes: BTreeMap<Claim<'a>, Vec<usize>> = BTreeMap::new();
    for (at, draft) in builder.drafts.iter().enumerate() {
        let change = &draft.change;
        let claim = |account| (&change.identity.scope, change.identity.part(0), account);
        match (change.schema.kind, change.action) {
            ("pod_identity_association", action) => {
                let claim = claim(change.identity.part(2));
                match action {
                    ChangeAction::Create => takes.entry(claim).or_default().push(at),
                    ChangeAction::Delete => releases.entry(claim).or_default().push(at),
                    _ => {}
                }
            }
            ("addon", action) => {
                let accounts = |attributes: Option<&'a Map>| -> BTreeSet<&'a str> {
                    accounts(attributes).into_iter().flat_map(Map::keys).map(AsRef::as_ref).collect()
                };
                let after = accounts(change.after.as_ref());
                let before = accounts(change.before.as_ref().filter(|_| action != ChangeAction::Create));
                for account in after.difference(&before) {
                    takes.entry(claim(*account)).or_default().push(at);
                }
                for account in before.difference(&after) {
                    releases.entry(claim(*account)).or_default().push(at);
                }
            }
            _ => {}
        }
    }
    if releases.is_empty() {
        return;
    }
    // Namespaces are left out on purpose: an add-on's is not always known, and waiting does no harm.
    for (claim, taking) in &takes {
        for (from, to) in releases
            .get(claim)
            .into_iter()
            .flatten()
            .flat_map(|from| taking.iter().map(move |to| (*from, *to)))
        {
            add(from, to, EdgeKind::SameIdentity);
        }
    }
}

/// Pods get no credentials without the agent, so it goes after every association of its cluster.
fn agent_last(builder: &Builder<'_>, add: &mut dyn FnMut(usize, usize, EdgeKind)) {
    let deletes: Vec<(usize, &Change)> = builder
        .drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| (at, &draft.change))
        .filter(|(_, change)| {
            let goes = change.action == ChangeAction::Delete
                || (change.action == ChangeAction::Await && change.reason == Reason::BeingDeleted);
            goes && change.schema.attribute("cluster").is_some()
        })
        .collect();
    let agent = |change: &Change| {
        change.schema.kind == "addon"
            && change.identity.part(1) == kinds::AGENT
            && change.action == ChangeAction::Delete
    };
    let cluster = |change: &Change| (change.identity.scope.clone(), change.identity.part(0).to_string());
    let mut members: FxHashMap<(Place, String), Vec<usize>> = FxHashMap::default();
    for (at, change) in &deletes {
        members.entry(cluster(change)).or_default().push(*at);
    }
    for (agent, change) in deletes.iter().filter(|(_, change)| agent(change)) {
        for at in members.get(&cluster(change)).into_iter().flatten().filter(|at| *at != agent) {
            add(*at, *agent, EdgeKind::LiveRelation);
        }
    }
}

/// Kahn's algorithm; among the ready ones in the order of address and identity.
fn sort(builder: &Builder<'_>, edges: &Edges, names: &[Named]) -> Result<Vec<usize>, Box<Diagnostic>> {
    let drafts = &builder.drafts;
    let mut waiting = vec![0usize; drafts.len()];
    // Edges are sorted: those that lead from one draft are in one place.
    let mut first = vec![0usize; drafts.len() + 1];
    for ((from, to), _) in edges {
        waiting[*to] += 1;
        first[*from + 1] += 1;
    }
    for at in 0..drafts.len() {
        first[at + 1] += first[at];
    }
    let next = |from: usize| edges[first[from]..first[from + 1]].iter().map(|((_, to), _)| *to);
    // Names are compared once; then ranks stand for them.
    let order = |at: usize| (names[at].kind, &names[at].text, at);
    let mut by_name: Vec<usize> = (0..drafts.len()).collect();
    by_name.sort_unstable_by(|one, other| order(*one).cmp(&order(*other)));
    let mut rank = vec![0; drafts.len()];
    for (place, at) in by_name.iter().enumerate() {
        rank[*at] = place;
    }
    let free = (0..drafts.len()).filter(|at| waiting[*at] == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(|at| Reverse(rank[at])).collect();
    let mut sorted = Vec::with_capacity(drafts.len());
    while let Some(Reverse(place)) = ready.pop() {
        let at = by_name[place];
        sorted.push(at);
        for to in next(at) {
            waiting[to] -= 1;
            if waiting[to] == 0 {
                ready.push(Reverse(rank[to]));
            }
        }
    }
    if sorted.len() == drafts.len() {
        return Ok(sorted);
    }
    // What only waits for the circle is no part of it.
    let mut stuck: BTreeSet<usize> = (0..drafts.len()).filter(|at| waiting[*at] > 0).collect();
    while let Some(end) = stuck.iter().copied().find(|at| !next(*at).any(|to| stuck.contains(&to))) {
        stuck.remove(&end);
    }
    let verb = |change: &Change| match change.action {
        ChangeAction::Create => "creating",
        ChangeAction::Update => "updating",
        ChangeAction::Delete => "deleting",
        ChangeAction::Await => "waiting for",
    };
    let shown = |at: &usize| {
        let change = &drafts[*at].change;
        match &change.address {
            Some(address) => format!("{} {address}", verb(change)),
            None => format!("{} {}", verb(change), change.identity),
        }
    };
    let instances = stuck.iter().filter_map(|at| Some(&builder.evaluation.instances[drafts[*at].instance?]));
    let mut diagnostic =
        Diagnostic::error("order-cycle", "These changes would each have to come before the other")
            .with_note(stuck.iter().map(shown).collect::<Vec<_>>().join(", "))
            .help("apply them in two steps: take one of them out first, and put it back afterwards");
    for instance in instances {
        diagnostic = match diagnostic.span {
            None => diagnostic.at(instance.span).label("this one"),
            Some(_) => diagnostic.related(instance.span, "and this one"),
        };
    }
    Err(Box::new(diagnostic))
}

/// What a change is called. Changes of one rank come in the order of kinds and of these names.
struct Named {
    kind: usize,
    /// The address, and what is done to which object.
    text: String,
    /// Where in the text the address ends.
    object: usize,
}

impl Named {
    fn new(change: &Change) -> Self {
        let kind = kinds::ALL.iter().position(|schema| schema.kind == change.schema.kind);
        let mut text = String::with_capacity(128);
        // Writing to a string cannot fail.
        if let Some(address) = &change.address {
            let _ = write!(text, "{address}");
        }
        let object = text.len() + 1;
        let _ = write!(text, "|{}|{:?}", change.identity, change.action);
        Self { kind: kind.unwrap_or_default(), text, object }
    }

    /// What is done to which object, wherever it is declared.
    fn object(&self) -> &str {
        self.text.get(self.object..).unwrap_or_default()
    }
}
