//! Which change has to come before which.

use super::build::Builder;
use super::change::{ChangeAction, EdgeKind, Reason};
use super::claims::accounts;
use super::draft::Draft;
use super::objects::{Number, Objects};
use super::relations::{ClusterName, Name, cluster_of, named_by, principals};
use crate::kinds;
use crate::live::Fact;
use crate::stack::Instance;
use crate::value::{Identity, Map, Place};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// By the indices of the drafts. Of several reasons the first in [`EdgeKind`]'s order counts.
pub(super) type Edges = Vec<((usize, usize), EdgeKind)>;

/// What has to come before what for the changes to be possible at all; `others` adds what has to besides.
pub(super) fn edges(
    builder: &Builder<'_>,
    objects: &Objects<'_>,
    others: impl FnOnce(&Builder<'_>, &mut dyn FnMut(usize, usize, EdgeKind)),
) -> Edges {
    let mut edges = Edges::with_capacity(2 * builder.drafts.len());
    let mut add = |from: usize, to: usize, kind: EdgeKind| {
        if from != to {
            edges.push(((from, to), kind));
        }
    };
    for (at, draft) in builder.drafts.iter().enumerate() {
        references(builder, objects, at, draft, &mut add);
        live_relations(builder, objects, at, draft, &mut add);
        if let Some(deleted) = draft.replaces {
            let moved = matches!(draft.reason, Reason::Moved(_));
            // The same name cannot be made twice; a new one comes before the old one goes.
            if moved {
                add(at, deleted, EdgeKind::SameIdentity)
            } else {
                add(deleted, at, EdgeKind::SameIdentity)
            }
            // What is deleted before its trigger changes is made again whatever happens in between.
            if let Reason::Triggered(by) = &draft.reason {
                let changed = by.iter().filter_map(|(address, _)| objects.at(address));
                for trigger in changed.filter_map(|number| objects.done(number).present) {
                    add(deleted, trigger, EdgeKind::Reference);
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
pub(super) fn needed(
    objects: &Objects<'_>,
    instance: &Instance,
    identity: &Identity<Place>,
    after: Option<&Map>,
) -> Vec<(Number, EdgeKind)> {
    let mut targets: Vec<(Number, EdgeKind)> =
        objects.referred(instance).map(|number| (number, EdgeKind::Reference)).collect();
    let depends_on = instance.depends_on.iter().flat_map(|block| objects.in_block(block));
    targets.extend(depends_on.map(|number| (*number, EdgeKind::DependsOn)));
    if let Some(after) = after {
        let named = named_by(instance.schema, &identity.scope, after);
        let numbers = named.iter().filter_map(|name| objects.named(name));
        targets.extend(numbers.map(|number| (number, EdgeKind::Reference)));
    }
    targets
}

/// What the files say: a thing comes after what it refers to, and is deleted before it.
fn references(
    builder: &Builder<'_>,
    objects: &Objects<'_>,
    at: usize,
    draft: &Draft<'_>,
    add: &mut dyn FnMut(usize, usize, EdgeKind),
) {
    let Some(instance) = builder.instance_of(draft) else { return };
    let mut targets = needed(objects, instance, draft.identity, draft.after.as_deref());
    // What does not change itself passes on what its conditions wait for.
    let mut open: Vec<&Instance> = objects.unchanged_and_open(instance);
    let mut seen = BTreeSet::new();
    while let Some(unchanged) = open.pop() {
        if seen.insert(&unchanged.address) {
            targets.extend(objects.referred(unchanged).map(|number| (number, EdgeKind::Reference)));
            open.append(&mut objects.unchanged_and_open(unchanged));
        }
    }
    // IAM refuses a principal that does not exist yet.
    if let Some(after) = &draft.after {
        for arn in principals(draft.schema, after) {
            let made = objects.named(&Name::Arn(&arn)).and_then(|number| objects.done(number).present);
            if let Some(made) = made.filter(|at| builder.drafts[*at].action == ChangeAction::Create) {
                add(made, at, EdgeKind::Reference);
            }
        }
    }
    for (number, kind) in targets {
        let done = objects.done(number);
        if draft.action == ChangeAction::Delete {
            if let Some(deleted) = done.deleted
                && builder.drafts[deleted].identity != draft.identity
            {
                add(at, deleted, kind);
            }
        } else if let Some(present) = done.present {
            add(present, at, kind);
        }
    }
}

/// What is live: an object is deleted after everything that names it is gone or names something else.
fn live_relations(
    builder: &Builder<'_>,
    objects: &Objects<'_>,
    at: usize,
    draft: &Draft<'_>,
    add: &mut dyn FnMut(usize, usize, EdgeKind),
) {
    // What AWS is deleting already is gone once it has been waited for.
    let going = draft.reason == Reason::BeingDeleted;
    let live = going.then(|| builder.snapshot.object(draft.identity)).flatten();
    let live = live.and_then(Fact::known).map(|object| &object.attributes);
    let Some(before) = draft.before.or(live) else { return };
    if !going && !matches!(draft.action, ChangeAction::Delete | ChangeAction::Update) {
        return;
    }
    let names = |attributes| named_by(draft.schema, &draft.identity.scope, attributes);
    let after = draft.after.as_deref().map(names).unwrap_or_default();
    for name in names(before) {
        let Some(number) = objects.named(&name) else { continue };
        let done = objects.done(number);
        let Some(deleted) = done.deleted else { continue };
        // What comes back under the same name cannot wait for those who go on using it.
        let comes_back = done.present.is_some();
        let stays = matches!(draft.action, ChangeAction::Update | ChangeAction::Create);
        let keeps = stays && (after.contains(&name) || comes_back);
        if !keeps {
            add(at, deleted, EdgeKind::LiveRelation);
        }
    }
}

/// A cluster and a service account in it.
type Claim<'a> = (ClusterName<'a>, &'a str);

/// A service account has one association: it goes in one place before it comes in another.
fn claims<'a>(builder: &'a Builder<'_>, add: &mut dyn FnMut(usize, usize, EdgeKind)) {
    let mut releases: FxHashMap<Claim<'a>, Vec<usize>> = FxHashMap::default();
    for (at, draft) in builder.drafts.iter().enumerate() {
        for account in draft.releases() {
            releases.entry(draft.claim(account)).or_default().push(at);
        }
    }
    if releases.is_empty() {
        return;
    }
    // Namespaces are left out on purpose: an add-on's is not always known, and waiting does no harm.
    for (at, draft) in builder.drafts.iter().enumerate() {
        for account in draft.takes() {
            for from in releases.get(&draft.claim(account)).into_iter().flatten() {
                add(*from, at, EdgeKind::SameIdentity);
            }
        }
    }
}

impl<'a> Draft<'a> {
    fn claim<'s>(&'s self, account: &'s str) -> Claim<'s> {
        (cluster_of(self.identity), account)
    }

    /// The service accounts that are free once it is done.
    fn releases(&self) -> Vec<&str> {
        match (self.schema.kind, self.action) {
            ("pod_identity_association", ChangeAction::Delete) => vec![self.identity.part(2)],
            ("addon", action) if action != ChangeAction::Create => left(self.before, self.after.as_deref()),
            _ => Vec::new(),
        }
    }

    /// The service accounts that get an association by it.
    fn takes(&self) -> Vec<&str> {
        match (self.schema.kind, self.action) {
            ("pod_identity_association", ChangeAction::Create) => vec![self.identity.part(2)],
            ("addon", ChangeAction::Create) => left(self.after.as_deref(), None),
            ("addon", _) => left(self.after.as_deref(), self.before),
            _ => Vec::new(),
        }
    }
}

/// The service accounts that one side has and the other has not.
fn left<'m>(side: Option<&'m Map>, other: Option<&'m Map>) -> Vec<&'m str> {
    let other = accounts(other);
    let accounts = accounts(side).into_iter().flat_map(Map::keys);
    let without = accounts.filter(|account| other.is_none_or(|other| !other.contains_key(*account)));
    without.map(AsRef::as_ref).collect()
}

/// Pods get no credentials without the agent, so it goes after every association of its cluster.
pub(super) fn agent_last(builder: &Builder<'_>, add: &mut dyn FnMut(usize, usize, EdgeKind)) {
    let drafts = || builder.drafts.iter().enumerate();
    let agent = |draft: &Draft<'_>| {
        draft.action == ChangeAction::Delete
            && draft.schema.kind == "addon"
            && draft.identity.part(1) == kinds::AGENT
    };
    let mut agents: FxHashMap<ClusterName<'_>, Vec<usize>> = FxHashMap::default();
    for (at, draft) in drafts().filter(|(_, draft)| agent(draft)) {
        agents.entry(cluster_of(draft.identity)).or_default().push(at);
    }
    if agents.is_empty() {
        return;
    }
    let goes = |draft: &Draft<'_>| {
        draft.action == ChangeAction::Delete
            || (draft.action == ChangeAction::Await && draft.reason == Reason::BeingDeleted)
    };
    let lives_in_cluster = |draft: &Draft<'_>| draft.schema.lives_in_cluster();
    for (at, draft) in drafts().filter(|(_, draft)| goes(draft) && lives_in_cluster(draft)) {
        for agent in agents.get(&cluster_of(draft.identity)).into_iter().flatten() {
            add(at, *agent, EdgeKind::LiveRelation);
        }
    }
}
