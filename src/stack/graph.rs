//! Which declaration needs which, before anything is evaluated.

use super::declare::{Program, Repeat, Resource};
use crate::diagnostic::{Diagnostic, Span, did_you_mean, nearest};
use crate::kinds;
use crate::lang::Expr;
use crate::lang::references::{self, RefStep, Reference};
use crate::lang::syntax::Body;
use crate::value::{Key, ProviderRef};
use petgraph::graphmap::DiGraphMap;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// One declaration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Node {
    Variable(Arc<str>),
    Local(Arc<str>),
    Provider(ProviderRef),
    Resource(Arc<str>, Arc<str>),
    Output(Arc<str>),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "var.{name}"),
            Self::Local(name) => write!(f, "local.{name}"),
            Self::Provider(provider) => write!(f, "{provider}"),
            Self::Resource(kind, name) => write!(f, "{kind}.{name}"),
            Self::Output(name) => write!(f, "output.{name}"),
        }
    }
}

/// A block of a kind that something refers to, and the instance of it if one is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Target {
    pub kind: Arc<str>,
    pub name: Arc<str>,
    pub key: Option<Key>,
}

/// The order of evaluation, and what each declaration refers to.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Every node after those it needs; the ones in a circle are left out.
    pub order: Vec<Node>,
    pub needs: BTreeMap<Node, BTreeSet<Node>>,
    /// The blocks each declaration refers to, also through locals.
    pub targets: BTreeMap<Node, BTreeSet<Target>>,
}

/// Follows every reference. Unknown ones and circles are errors.
pub(super) fn graph(program: &Program) -> (Graph, Vec<Diagnostic>) {
    let mut builder =
        Builder { program, edges: BTreeMap::new(), targets: BTreeMap::new(), diagnostics: Vec::new() };
    builder.collect();
    let Builder { edges, targets, mut diagnostics, .. } = builder;
    let order = order(&edges, &mut diagnostics);
    let mut graph = Graph { order, needs: BTreeMap::new(), targets: BTreeMap::new() };
    for (node, needs) in edges {
        graph.needs.insert(node, needs.into_keys().collect());
    }
    // Locals come before what refers to them, so one pass in order carries their targets on.
    for node in &graph.order {
        let mut found = targets.get(node).cloned().unwrap_or_default();
        for need in graph.needs.get(node).into_iter().flatten() {
            if let (Node::Local(_), Some(through)) = (need, graph.targets.get(need)) {
                found.extend(through.iter().cloned());
            }
        }
        graph.targets.insert(node.clone(), found);
    }
    (graph, diagnostics)
}

struct Builder<'a> {
    program: &'a Program,
    /// What each node needs, with the place that says so.
    edges: BTreeMap<Node, BTreeMap<Node, Option<Span>>>,
    targets: BTreeMap<Node, BTreeSet<Target>>,
    diagnostics: Vec<Diagnostic>,
}

/// What may be named where a reference stands.
#[derive(Clone, Copy, Default)]
struct Allowed {
    each: bool,
    count: bool,
}

impl Builder<'_> {
    fn collect(&mut self) {
        let program = self.program;
        for name in program.variables.keys() {
            self.edges.entry(Node::Variable(name.clone())).or_default();
        }
        for (name, local) in &program.locals {
            self.expr(&Node::Local(name.clone()), &local.expr, Allowed::default(), &[]);
        }
        for (provider, block) in &program.providers {
            self.body(
                &Node::Provider(provider.clone()),
                &block.body,
                Allowed::default(),
                &mut Vec::new(),
                true,
            );
        }
        for ((kind, name), resource) in &program.resources {
            self.resource(&Node::Resource(kind.clone(), name.clone()), resource);
        }
        for (name, output) in &program.outputs {
            self.expr(&Node::Output(name.clone()), &output.value, Allowed::default(), &[]);
        }
    }

    fn resource(&mut self, node: &Node, resource: &Resource) {
        let allowed = match &resource.repeat {
            Repeat::Once => Allowed::default(),
            Repeat::Count(expr) => {
                self.expr(node, expr, Allowed::default(), &[]);
                Allowed { count: true, each: false }
            }
            Repeat::ForEach(expr) => {
                self.expr(node, expr, Allowed::default(), &[]);
                Allowed { each: true, count: false }
            }
        };
        self.body(node, &resource.body, allowed, &mut Vec::new(), true);
        // What is only depended on orders, and is nothing that the block refers to.
        let targets = self.targets.get(node).cloned().unwrap_or_default();
        for reference in &resource.depends_on {
            self.reference(node, reference, Allowed::default(), &[]);
        }
        self.targets.insert(node.clone(), targets);
        if let Some((provider, span)) = &resource.provider
            && provider.alias.is_some()
            && !self.program.providers.contains_key(provider)
        {
            let aliases: Vec<&str> =
                self.program.providers.keys().filter_map(|known| known.alias.as_deref()).collect();
            self.diagnostics.push(
                Diagnostic::error("unknown-provider", format!("There is no {provider}")).at(*span).help(
                    did_you_mean(provider.alias.as_deref().unwrap_or_default(), aliases.iter().copied()),
                ),
            );
        }
        for provider in self.program.providers.keys() {
            self.edges.entry(node.clone()).or_default().insert(Node::Provider(provider.clone()), None);
        }
    }

    fn body<'b>(
        &mut self,
        node: &Node,
        body: &'b Body,
        allowed: Allowed,
        iterators: &mut Vec<&'b str>,
        root: bool,
    ) {
        self.edges.entry(node.clone()).or_default();
        for attribute in &body.attributes {
            // These are read when the block is declared.
            let read = ["count", "for_each", "provider", "depends_on", "alias"];
            if !(root && read.contains(&attribute.name.as_ref())) && &*attribute.name != "iterator" {
                self.expr(node, &attribute.expr, allowed, iterators);
            }
        }
        for block in &body.blocks {
            if root && &*block.kind == "lifecycle" {
                continue;
            }
            let depth = iterators.len();
            if &*block.kind == "dynamic" {
                let given =
                    block.body.attribute("iterator").and_then(|attribute| attribute.expr.as_keyword());
                iterators.extend(given.or(block.labels.first().map(|(label, _)| label.as_ref())));
            }
            self.body(node, &block.body, allowed, iterators, false);
            iterators.truncate(depth);
        }
    }

    fn expr(&mut self, node: &Node, expr: &Expr, allowed: Allowed, iterators: &[&str]) {
        self.edges.entry(node.clone()).or_default();
        for reference in references::references(expr) {
            self.reference(node, &reference, allowed, iterators);
        }
    }

    fn reference(&mut self, node: &Node, reference: &Reference, allowed: Allowed, iterators: &[&str]) {
        let program = self.program;
        let root = reference.root.as_ref();
        let first = reference.attrs().next();
        if iterators.contains(&root) || matches!(root, "path" | "stack") {
            return;
        }
        let unknown = |what: &str, name: &str, known: Vec<&str>| {
            Some(
                Diagnostic::error("unknown-reference", format!("There is no {what} \"{name}\""))
                    .at(reference.span)
                    .help(did_you_mean(name, known.iter().copied())),
            )
        };
        let mut found = None;
        let problem = match (root, first) {
            ("each", _) if allowed.each => None,
            ("count", _) if allowed.count => None,
            ("each" | "count", _) => {
                let needs = if root == "each" { "for_each" } else { "count" };
                Some(
                    Diagnostic::error(
                        "unknown-reference",
                        format!("\"{root}\" has a meaning only under {needs}"),
                    )
                    .at(reference.span)
                    .help(format!("add {needs} = … to the block, or refer to something else")),
                )
            }
            ("var", Some(name)) => match program.variables.get_key_value(name) {
                Some((name, _)) => {
                    found = Some(Node::Variable(name.clone()));
                    None
                }
                None => unknown("variable", name, program.variables.keys().map(AsRef::as_ref).collect()),
            },
            ("local", Some(name)) => match program.locals.get_key_value(name) {
                Some((name, _)) => {
                    found = Some(Node::Local(name.clone()));
                    None
                }
                None => unknown("local value", name, program.locals.keys().map(AsRef::as_ref).collect()),
            },
            (kind, Some(name)) if kinds::schema(kind).is_some() => {
                let key = (Arc::from(kind), Arc::from(name));
                if program.resources.contains_key(&key) {
                    let index = reference.steps.get(1).and_then(|step| match step {
                        RefStep::Index(key) => Some(key.clone()),
                        RefStep::Attr(_) => None,
                    });
                    let target = Target { kind: key.0.clone(), name: key.1.clone(), key: index };
                    self.targets.entry(node.clone()).or_default().insert(target);
                    found = Some(Node::Resource(key.0, key.1));
                    None
                } else {
                    let names = program.resources.keys().filter(|(of, _)| **of == *kind);
                    unknown(kind, name, names.map(|(_, name)| name.as_ref()).collect())
                }
            }
            (root, None) if matches!(root, "var" | "local") || kinds::schema(root).is_some() => Some(
                Diagnostic::error("unknown-reference", format!("\"{root}\" alone names nothing"))
                    .at(reference.span)
                    .help(format!("write {root}.NAME")),
            ),
            (root, _) => {
                let roots = kinds::ALL.iter().map(|schema| schema.kind);
                let known: Vec<&str> =
                    roots.chain(["var", "local", "each", "count", "path", "stack"]).collect();
                let by_terraform = kinds::ALL.iter().find(|schema| schema.terraform_type == root);
                Some(
                    Diagnostic::error("unknown-reference", format!("There is nothing called \"{root}\""))
                        .at(reference.span)
                        .help(match by_terraform {
                            Some(schema) => format!("write {}.NAME", schema.kind),
                            None if first.is_none() => match nearest(root, ["true", "false", "null"]) {
                                Some(keyword) => format!("did you mean {keyword}?"),
                                None => format!("for text write it in quotes: \"{root}\""),
                            },
                            None if root == "data" => {
                                "there are no data sources: use variables, and literals for what exists already"
                                    .to_string()
                            }
                            None => did_you_mean(root, known.iter().copied()),
                        }),
                )
            }
        };
        self.diagnostics.extend(problem);
        if let Some(found) = found {
            let span = Some(reference.span);
            self.edges.entry(node.clone()).or_default().entry(found).or_insert(span);
        }
    }
}

type Edges = BTreeMap<Node, BTreeMap<Node, Option<Span>>>;

/// Every node after those it needs. Clusters and what they need come first, so that what lives in a
/// cluster finds it evaluated even if it names it by a literal; otherwise the order is that of the names.
fn order(edges: &Edges, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
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
            diagnostics.push(circle(&component, &nodes, edges));
        }
    }
    let mut for_clusters: BTreeSet<usize> = BTreeSet::new();
    let clusters = |at: &usize| matches!(nodes[*at], Node::Resource(kind, _) if &**kind == "cluster");
    let mut next: Vec<usize> = (0..nodes.len()).filter(clusters).collect();
    while let Some(at) = next.pop() {
        if for_clusters.insert(at) {
            next.extend(graph.neighbors_directed(at, petgraph::Direction::Incoming));
        }
    }
    let rank = |at: usize| match nodes[at] {
        _ if for_clusters.contains(&at) => 0u8,
        Node::Resource(..) => 2,
        Node::Output(_) => 3,
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
fn circle(component: &[usize], nodes: &[&Node], edges: &Edges) -> Diagnostic {
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
    let mut names: Vec<String> = path.iter().map(ToString::to_string).collect();
    names.extend(names.first().cloned());
    let mut diagnostic = Diagnostic::error(
        "reference-cycle",
        format!("These refer to each other in a circle: {}", names.join(" -> ")),
    )
    .help("remove one of the references, or write its value out");
    for (from, to) in path.iter().zip(path.iter().cycle().skip(1)) {
        if let Some(Some(span)) = edges[*from].get(*to) {
            let text = format!("{from} refers to {to}");
            diagnostic = if diagnostic.span.is_none() {
                diagnostic.at(*span).label(text)
            } else {
                diagnostic.related(*span, text)
            };
        }
    }
    diagnostic
}
