//! The order of evaluation, and the circles that there is none for.

use super::{Edges, Item, Node};
use crate::diagnostic::Diagnostic;
use crate::stack::program::Program;
use petgraph::graphmap::DiGraphMap;
use std::collections::{BTreeMap, BTreeSet};

/// Every node after those it needs. Clusters and what they need come first, so that what lives in a
/// cluster finds it evaluated even if it names it by a literal; otherwise the order is that of the names.
pub(super) fn order(program: &Program, edges: &Edges, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
    let nodes: Vec<&Node> = edges.keys().collect();
    let index: BTreeMap<&Node, usize> = nodes.iter().copied().zip(0..).collect();
    let mut graph = DiGraphMap::<usize, ()>::new();
    for (node, needs) in edges {
        graph.add_node(index[node]);
        for need in needs.keys() {
            if let Some(need) = index.get(need) {
                graph.add_edge(*need, index[node], ());
            }
        }
    }
    for component in petgraph::algo::tarjan_scc(&graph) {
        let circular = component.len() > 1 || graph.contains_edge(component[0], component[0]);
        if circular {
            diagnostics.push(circle(program, &component, &nodes, edges));
        }
    }
    let is_cluster = |node: &Node| matches!(&node.item, Item::Resource(kind, _) if &**kind == "cluster");
    let mut early: BTreeSet<usize> = (0..nodes.len()).filter(|at| is_cluster(nodes[*at])).collect();
    let mut open: Vec<usize> = early.iter().copied().collect();
    while let Some(at) = open.pop() {
        for need in graph.neighbors_directed(at, petgraph::Direction::Incoming) {
            if early.insert(need) {
                open.push(need);
            }
        }
    }
    let rank = |at: usize| match &nodes[at].item {
        _ if early.contains(&at) => 0u8,
        Item::Resource(..) => 2,
        Item::Output(_) => 3,
        _ => 1,
    };
    let mut waiting: Vec<usize> = (0..nodes.len())
        .map(|at| graph.neighbors_directed(at, petgraph::Direction::Incoming).count())
        .collect();
    let mut ready: BTreeSet<(u8, usize)> =
        (0..nodes.len()).filter(|at| waiting[*at] == 0).map(|at| (rank(at), at)).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some((_, at)) = ready.pop_first() {
        order.push(nodes[at].clone());
        for next in graph.neighbors(at) {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.insert((rank(next), next));
            }
        }
    }
    order
}

/// The error for a circle, naming its members in the order in which they refer to each other.
fn circle(program: &Program, component: &[usize], nodes: &[&Node], edges: &Edges) -> Diagnostic {
    let members: BTreeSet<&Node> = component.iter().map(|at| nodes[*at]).collect();
    let mut path: Vec<&Node> = Vec::new();
    let mut at = members.iter().next().copied();
    while let Some(node) = at {
        if path.contains(&node) {
            break;
        }
        path.push(node);
        // Prefer a member not seen yet, so that the whole circle shows.
        let needs = || edges[node].keys().filter(|need| members.contains(need));
        at = needs().find(|need| !path.contains(need)).or_else(|| needs().next());
    }
    let mut names: Vec<String> = path.iter().map(|node| node.name(program)).collect();
    names.extend(names.first().cloned());
    let mut diagnostic = Diagnostic::error(
        "reference-cycle",
        format!("These refer to each other in a circle: {}", names.join(" -> ")),
    )
    .help("remove one of the references, or write its value out");
    for (from, to) in path.iter().zip(path.iter().cycle().skip(1)) {
        if let Some(Some(span)) = edges[*from].get(*to) {
            let text = format!("{} refers to {}", from.name(program), to.name(program));
            diagnostic = if diagnostic.span.is_none() {
                diagnostic.at(*span).label(text)
            } else {
                diagnostic.related(*span, text)
            };
        }
    }
    diagnostic
}
