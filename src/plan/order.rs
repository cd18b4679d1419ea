//! The order of the changes.

use super::build::Builder;
use super::change::{Change, ChangeAction, ChangeId, Edge};
use super::draft::Draft;
use super::edges::{self, Edges};
use super::objects::Objects;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::Digest;
use sha2::Digest as _;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fmt::Write as _;

/// In which order the drafts come, and why.
pub(super) struct Order {
    /// The indices of the drafts.
    sorted: Vec<usize>,
    edges: Edges,
}

/// Which change comes before which.
pub(super) fn order(builder: &Builder<'_>) -> Result<Order, Box<Diagnostic>> {
    let edges = edges::edges(builder, &Objects::changing(builder), edges::agent_last);
    Ok(Order { sorted: sort(builder, &edges)?, edges })
}

impl Order {
    /// The changes in topological order, with their calls, and the edges between them.
    pub fn applied(self, drafts: &[Draft<'_>], id: Digest) -> (Vec<Change>, Vec<Edge>) {
        let mut position = vec![0; drafts.len()];
        for (new, old) in self.sorted.iter().enumerate() {
            position[*old] = new;
        }
        let renumber = |old: usize| ChangeId(position[old]);
        let change = |old: &usize| {
            let draft = &drafts[*old];
            let mut change = draft.change(renumber(*old), draft.replaces.map(renumber));
            change.calls = draft.calls();
            for (number, call) in change.calls.iter_mut().enumerate() {
                if draft.schema.operation(call.operation).is_some_and(|operation| operation.token) {
                    let text = format!("{id}|{}|{:?}|{number}", draft.identity, draft.action);
                    call.token = Some(hex::encode(sha2::Sha256::digest(text)).into());
                }
            }
            change
        };
        let changes = self.sorted.iter().map(change).collect();
        let edge = |((from, to), kind)| Edge { from: renumber(from), to: renumber(to), kind };
        let mut edges: Vec<Edge> = self.edges.into_iter().map(edge).collect();
        edges.sort_unstable();
        (changes, edges)
    }
}

/// The drafts in the order of kinds, addresses and identities. Changes of one rank come in this order.
fn by_name(drafts: &[Draft<'_>]) -> Vec<usize> {
    // All addresses in one text: writing each once is cheaper than comparing their parts again and again.
    let mut text = String::with_capacity(64 * drafts.len());
    let named = |draft: &Draft<'_>| {
        let kind = kinds::ALL.iter().position(|schema| schema.kind == draft.schema.kind);
        let start = text.len();
        // Writing to a string cannot fail.
        let _ = draft.address.map(|address| write!(text, "{address}"));
        // What has no address comes last.
        ((kind.unwrap_or_default(), draft.address.is_none()), start..text.len())
    };
    let names: Vec<_> = drafts.iter().map(named).collect();
    let name = |at: usize| (names[at].0, &text[names[at].1.clone()]);
    let rest = |at: usize| (drafts[at].identity, drafts[at].action);
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    // They come in few runs that are in order.
    order.sort_by(|one, other| name(*one).cmp(&name(*other)).then_with(|| rest(*one).cmp(&rest(*other))));
    order
}

/// Kahn's algorithm; among the ready ones in the order of names.
fn sort(builder: &Builder<'_>, edges: &Edges) -> Result<Vec<usize>, Box<Diagnostic>> {
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
    let by_name = by_name(drafts);
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
    let shown = |at: &usize| {
        let draft = &drafts[*at];
        let verb = match draft.action {
            ChangeAction::Create => "creating",
            ChangeAction::Update => "updating",
            ChangeAction::Delete => "deleting",
            ChangeAction::Await => "waiting for",
        };
        match draft.address {
            Some(address) => format!("{verb} {address}"),
            None => format!("{verb} {}", draft.identity),
        }
    };
    let instances = stuck.iter().filter_map(|at| builder.instance_of(&drafts[*at]));
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
