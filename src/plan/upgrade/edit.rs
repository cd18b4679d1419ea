//! The files as a step of an upgrade needs them: literals in the sources, pins in the lock file.

use super::subject::{Asked, Gathered, Goal};
use super::way::Step;
use crate::diagnostic::{Diagnostic, Span};
use crate::kinds::version::minor;
use crate::stack::lock::{self, Lock, PinKey};
use crate::stack::{Evaluation, Instance, Program, SourceTree};
use crate::value::{Path, Text, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files after some steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    pub sources: SourceTree,
    /// The texts that changed, by path; the lock file among them.
    pub changed: BTreeMap<Text, Text>,
}

/// Rewrites versions as they are after `steps`. A version that is not written out where it is used is an error
/// that names where it comes from.
pub fn edit(
    program: &Program,
    sources: &SourceTree,
    evaluation: &Evaluation,
    gathered: &Gathered,
    steps: &[Step],
) -> Result<Edited, Vec<Diagnostic>> {
    let mut lock: Lock = program.lock.clone();
    // By where it stands; later steps overwrite earlier ones.
    let mut literals: BTreeMap<Span, Text> = BTreeMap::new();
    let mut errors = Vec::new();
    let editor = Editor { program, evaluation };
    for step in steps {
        if let Some((_, next)) = &step.cluster {
            let cluster = evaluation.instances.iter().find(|instance| {
                instance.schema.kind == "cluster"
                    && instance.provider == gathered.goal.provider
                    && instance.symbolic.part(0) == &*gathered.goal.cluster
            });
            match cluster.map(|cluster| editor.literal(cluster)) {
                Some(Ok(span)) => {
                    literals.insert(span, next.clone());
                }
                Some(Err(problem)) => errors.push(*problem),
                None => {}
            }
        }
        for subject in &gathered.subjects {
            let Some(version) = step.after.addons.get(&subject.name) else { continue };
            match &subject.asked {
                Asked::Omitted => {}
                Asked::Constraint(text) => {
                    let kubernetes = &step.after.kubernetes;
                    let key = PinKey::new(&gathered.place, &subject.name, kubernetes, text);
                    if step.cluster.is_some() && evaluation.stack.instance.is_none() {
                        lock.retain(|old, _| !editor.outdated(old, &key, &gathered.goal));
                    }
                    lock.insert(key, version.clone());
                }
                Asked::Exact { .. } => {
                    if !step.moves.iter().any(|moved| moved.addon == subject.name) {
                        continue;
                    }
                    let instance =
                        evaluation.instances.iter().find(|instance| instance.address == subject.address);
                    match instance.map(|instance| editor.literal(instance)) {
                        Some(Ok(span)) => {
                            literals.insert(span, version.clone());
                        }
                        Some(Err(problem)) => errors.push(*problem),
                        None => {}
                    }
                }
            }
        }
    }
    if !errors.is_empty() {
        let mut seen = std::collections::BTreeSet::new();
        errors.retain(|error| seen.insert((error.span, error.message.clone())));
        return Err(errors);
    }
    let mut edited = Edited { sources: sources.clone(), changed: BTreeMap::new() };
    // From the back, so that places before stay where they are.
    for (span, version) in literals.into_iter().rev() {
        let Some(file) = program.sources.get(span.file) else { continue };
        let path: Text = file.path.as_str().into();
        let text = edited.changed.get(&path).cloned().unwrap_or_else(|| file.text.clone().into());
        let mut text = text.to_string();
        text.replace_range(span.range(), &crate::lang::literal(&Value::string(version)));
        edited.changed.insert(path, text.into());
    }
    if lock != program.lock {
        edited.changed.insert(lock::FILE.into(), lock::write(&lock).into());
    }
    edited.sources.files.extend(edited.changed.iter().map(|(path, text)| (path.clone(), text.clone())));
    Ok(edited)
}

struct Editor<'a> {
    program: &'a Program,
    evaluation: &'a Evaluation,
}

impl Editor<'_> {
    /// Whether a pin is one that the cluster leaves behind, and nothing else declared here follows. (In a stack with
    /// instances, others may be behind.)
    fn outdated(&self, old: &PinKey, new: &PinKey, goal: &Goal) -> bool {
        let same = PinKey { kubernetes: new.kubernetes.clone(), ..old.clone() } == *new;
        let follows = |instance: &Arc<Instance>| {
            instance.pin.as_ref().is_some_and(|pin| pin.key == *old)
                && (instance.provider != goal.provider || instance.symbolic.part(0) != &*goal.cluster)
        };
        same && minor(&old.kubernetes) < minor(&new.kubernetes)
            && !self.evaluation.instances.iter().any(follows)
    }

    /// Where the instance's version is written out, for it alone.
    fn literal(&self, instance: &Instance) -> Result<Span, Box<Diagnostic>> {
        let path = Path::attribute("version");
        let Some(span) = instance.spans.get(&path).copied() else {
            return Err(Box::new(
                Diagnostic::error(
                    "no-literal",
                    format!("{} has no version in the files to rewrite", instance.address),
                )
                .at(instance.span)
                .about(&instance.address)
                .help("give it the version it has, then run upgrade again"),
            ));
        };
        let written = self.program.sources.text(span).trim();
        let value = instance.desired.get("version").and_then(Value::as_str).unwrap_or_default();
        if written != crate::lang::literal(&Value::from(value)) {
            return Err(Box::new(self.computed(instance, span, written)));
        }
        let shares = |other: &&Arc<Instance>| {
            other.address != instance.address && other.spans.get(&path) == Some(&span)
        };
        if let Some(other) = self.evaluation.instances.iter().find(shares) {
            return Err(Box::new(
                Diagnostic::error(
                    "shared-literal",
                    format!("The version of {} stands for {} too", instance.address, other.address),
                )
                .at(span)
                .about(&instance.address)
                .help("give each its own version before upgrading one of them"),
            ));
        }
        Ok(span)
    }

    fn computed(&self, instance: &Instance, span: Span, written: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            "no-literal",
            format!(
                "The version of {} is not written out here, so upgrade cannot rewrite it",
                instance.address
            ),
        )
        .at(span)
        .about(&instance.address);
        match origin(self.program, written) {
            Some(at) => diagnostic
                .label(format!("comes from {written}"))
                .related(at, "declared here")
                .help("change it where it comes from, one Kubernetes minor version at a time, or write the version out here"),
            None => diagnostic
                .label("computed")
                .help("change what it is computed from, one Kubernetes minor version at a time, or write the version out here"),
        }
    }
}

/// Where a plain `var.x` or `local.x` of the stack is declared.
fn origin(program: &Program, written: &str) -> Option<Span> {
    let (root, name) = written.split_once('.')?;
    match root {
        "var" => program.root().variables.get(name).map(|variable| variable.span),
        "local" => program.root().locals.get(name).map(|local| local.span),
        _ => None,
    }
}
