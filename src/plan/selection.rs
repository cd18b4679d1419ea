//! `--target` and `--exclude`: the part of a plan that was asked for, with what belongs to it.
//!
//! A target brings along all that comes before it: what it refers to, and what has to let go of an object
//! before it can be deleted. Excluding takes along all that comes after.

use super::build::Builder;
use super::edges;
use super::objects::Objects;
use crate::diagnostic::{Diagnostic, nearest};
use crate::stack::Mode;
use crate::value::{Address, AddressPattern, Identity, Place, Text};
use std::collections::BTreeSet;

/// The most names a hint lists.
const MOST_NAMES: usize = 12;

/// How an object that no file declares is named on the command line if no address is recorded on it:
/// `role.app`, `addon.demo/vpc-cni`.
pub(crate) fn aws_name(identity: &Identity<Place>) -> String {
    format!("{}.{}", identity.kind, identity.name())
}

/// How people name an object: by its address, or as the command line names what has none.
pub(super) fn shown_name(address: Option<&Address>, identity: &Identity<Place>) -> String {
    address.map_or_else(|| aws_name(identity), ToString::to_string)
}

/// Whether the text is the AWS name of the object.
pub(super) fn is_aws_name(text: &str, identity: &Identity<Place>) -> bool {
    let ignores_case = crate::kinds::schema(&identity.kind).is_some_and(|schema| schema.ignores_case);
    let name = aws_name(identity);
    if ignores_case { name.eq_ignore_ascii_case(text) } else { name == text }
}

/// Leaves in the plan what `--target` and `--exclude` say.
pub(super) fn restrict(builder: &mut Builder<'_>) {
    let inputs = builder.inputs;
    if inputs.targets.is_empty() && inputs.excludes.is_empty() {
        return;
    }
    let graph = Graph::new(builder);
    let mut unknown = Vec::new();
    let mut seeds = |option: &str, texts: &BTreeSet<Text>| {
        let mut found = BTreeSet::new();
        for text in texts {
            match graph.named(builder, text) {
                Some(nodes) => found.extend(nodes),
                None => unknown.push(not_found(builder, option, text)),
            }
        }
        found
    };
    let (targets, excludes) = (seeds("--target", &inputs.targets), seeds("--exclude", &inputs.excludes));
    let mut chosen = match inputs.targets.is_empty() {
        true => (0..graph.before.len()).collect(),
        false => spread(&graph.before, targets),
    };
    for dropped in spread(&graph.after, excludes) {
        chosen.remove(&dropped);
    }
    let instances = builder.evaluation.instances.len();
    builder.considered = Some(chosen.range(..instances).copied().collect());
    builder.blocked.extend(unknown.into_iter().map(|diagnostic| (None, diagnostic)));
    let mut left_out: BTreeSet<Text> = BTreeSet::new();
    let mut number = vec![None; builder.drafts.len()];
    let mut kept = Vec::new();
    for (at, draft) in std::mem::take(&mut builder.drafts).into_iter().enumerate() {
        if chosen.contains(&(instances + at)) {
            number[at] = Some(kept.len());
            kept.push(draft);
        } else {
            left_out.insert(draft.shown_name().into());
        }
    }
    for draft in &mut kept {
        // A replacement is one: both halves are chosen, or none.
        draft.replaces = draft.replaces.and_then(|old| number[old]);
    }
    builder.drafts = kept;
    for (instance, _) in &builder.blocked {
        if let Some(index) = instance.filter(|index| !chosen.contains(index)) {
            left_out.insert(builder.evaluation.instances[index].address.to_string().into());
        }
    }
    builder.blocked.retain(|(instance, _)| instance.is_none_or(|index| chosen.contains(&index)));
    builder.left_out = left_out;
}

/// Complains about names on the command line that name nothing the option could be about.
pub(super) fn check_names(builder: &mut Builder<'_>) {
    let instances = &builder.evaluation.instances;
    let mut wrong = Vec::new();
    if builder.inputs.mode == Mode::Destroy && !builder.inputs.replaces.is_empty() {
        let message = "--replace makes something anew, and this plan destroys";
        wrong
            .push((None, Diagnostic::error("replace-and-destroy", message).help("leave out one of the two")));
    }
    for text in &builder.inputs.replaces {
        let pattern = AddressPattern::parse(text);
        if pattern.is_none_or(|pattern| !instances.iter().any(|one| pattern.matches(&one.address))) {
            let declared = names_of(instances.iter().map(|instance| &instance.address));
            wrong.push((
                None,
                Diagnostic::error(
                    "unknown-reference",
                    format!("--replace {text}: nothing is declared under this address"),
                )
                .help(did_you_mean(text, &declared)),
            ));
        }
    }
    builder.blocked.append(&mut wrong);
    let mut clusters = BTreeSet::new();
    let declared = instances.iter().filter(|instance| instance.schema.kind == "cluster");
    for (address, identity) in declared
        .map(|instance| (Some(&instance.address), instance.identity.as_ref()))
        .chain(builder.drafts.iter().map(|draft| (draft.address, Some(draft.identity))))
        .filter(|(_, identity)| identity.is_some_and(|identity| &*identity.kind == "cluster"))
    {
        clusters.extend(address.map(ToString::to_string));
        clusters.extend(identity.map(aws_name));
    }
    for text in builder.inputs.allow_destroy.iter().filter(|text| !clusters.contains(&***text)) {
        builder.findings.push(
            Diagnostic::warning(
                "unknown-reference",
                format!("--allow-destroy {text}: no cluster is declared or owned under this name"),
            )
            .help(match clusters.is_empty() {
                true => "there is no cluster that this plan could destroy".to_string(),
                false => did_you_mean(text, &clusters),
            }),
        );
    }
}

/// Everything that can be named: the instances first, then the drafts of changes.
struct Graph {
    /// What comes before each, or belongs to it.
    before: Vec<Vec<usize>>,
    /// What comes after each, or belongs to it.
    after: Vec<Vec<usize>>,
}

impl Graph {
    fn new(builder: &Builder<'_>) -> Self {
        let instances = &builder.evaluation.instances;
        let count = instances.len();
        let size = count + builder.drafts.len();
        let mut graph = Self { before: vec![Vec::new(); size], after: vec![Vec::new(); size] };
        let objects = Objects::all(builder);
        // When everything goes, what is live says what has to go before what.
        if builder.inputs.mode == Mode::Apply {
            for (at, instance) in instances.iter().enumerate() {
                let Some(identity) = &instance.identity else { continue };
                let needed = edges::needed(&objects, instance, identity, Some(&instance.proposed.after));
                for (need, _) in needed.iter().filter(|(number, _)| *number < count) {
                    graph.edge(*need, at);
                }
            }
        }
        for ((from, to), _) in edges::edges(builder, &objects, |_, _| ()) {
            graph.edge(count + from, count + to);
        }
        for (at, draft) in builder.drafts.iter().enumerate() {
            for other in draft.instance.into_iter().chain(draft.replaces.map(|old| count + old)) {
                graph.edge(other, count + at);
                graph.edge(count + at, other);
            }
        }
        graph
    }

    fn edge(&mut self, from: usize, to: usize) {
        self.before[to].push(from);
        self.after[from].push(to);
    }

    /// What a text names; `None` if that is nothing. An address comes before a name of AWS that reads alike.
    fn named(&self, builder: &Builder<'_>, text: &str) -> Option<BTreeSet<usize>> {
        let instances = &builder.evaluation.instances;
        let mut found = BTreeSet::new();
        let pattern = AddressPattern::parse(text);
        if let Some(pattern) = &pattern {
            let meant = instances.iter().enumerate();
            found.extend(
                meant.filter(|(_, instance)| pattern.matches(&instance.address)).map(|(index, _)| index),
            );
        }
        let undeclared = || builder.drafts.iter().enumerate().filter(|(_, draft)| draft.instance.is_none());
        let at = |(at, _)| instances.len() + at;
        let recorded = |address: &Address| pattern.as_ref().is_some_and(|pattern| pattern.matches(address));
        found.extend(undeclared().filter(|(_, draft)| draft.address.is_some_and(recorded)).map(at));
        if found.is_empty() {
            found.extend(undeclared().filter(|(_, draft)| is_aws_name(text, draft.identity)).map(at));
        }
        // A block may stand for no instance just now.
        let empty = pattern.is_some_and(|pattern| {
            pattern.has_no_key() && builder.evaluation.blocks.iter().any(|block| pattern.matches(block))
        });
        (!found.is_empty() || empty).then_some(found)
    }
}

/// Everything that the edges lead to from what is there already.
fn spread(edges: &[Vec<usize>], mut found: BTreeSet<usize>) -> BTreeSet<usize> {
    let mut open: Vec<usize> = found.iter().copied().collect();
    while let Some(at) = open.pop() {
        open.extend(edges[at].iter().copied().filter(|next| found.insert(*next)));
    }
    found
}

/// The complaint about a name on the command line, with what comes near.
fn not_found(builder: &Builder<'_>, option: &str, text: &str) -> Diagnostic {
    let message = format!("{option} {text}: nothing is declared or owned under this name");
    Diagnostic::error("unknown-reference", message).help(did_you_mean(text, &names(builder)))
}

/// Every name the command line takes: of instances, blocks, modules, and of what is owned and not declared.
fn names(builder: &Builder<'_>) -> BTreeSet<String> {
    let undeclared = || builder.drafts.iter().filter(|draft| draft.instance.is_none());
    let declared = builder.evaluation.instances.iter().map(|instance| &instance.address);
    let recorded = undeclared().filter_map(|draft| draft.address);
    let mut names = names_of(builder.evaluation.blocks.iter().chain(declared).chain(recorded));
    names.extend(undeclared().map(|draft| aws_name(draft.identity)));
    names
}

/// The addresses with those of their blocks and modules.
pub(super) fn names_of<'a>(addresses: impl Iterator<Item = &'a Address>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for address in addresses {
        names.insert(address.to_string());
        names.insert(address.without_key().to_string());
        let module: Vec<String> = address.module.iter().map(ToString::to_string).collect();
        if !module.is_empty() {
            names.insert(module.join("."));
        }
    }
    names
}

/// The name that is meant, or all of them if they are few.
pub(super) fn did_you_mean(text: &str, names: &BTreeSet<String>) -> String {
    match nearest(text, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => "nothing is declared, and nothing is owned".to_string(),
        None if names.len() <= MOST_NAMES => {
            format!("one of: {}", names.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
        None => "a plan shows the address of everything it touches".to_string(),
    }
}
