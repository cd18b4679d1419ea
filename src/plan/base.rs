//! `--base REV`: what of a plan the files brought about, and what the account.
//!
//! The stack as of another revision is evaluated against the same snapshot. What that would change as well is
//! drift; what only the files of today change is intended.

use super::build::{Built, changes};
use super::change::{Cause, Change, ChangeAction, Plan};
use crate::diagnostic::Diagnostic;
use crate::live::Snapshot;
use crate::stack::{self, Base, Evaluation, Inputs, Program};
use crate::value::{Identity, Place, ProviderRef, Want};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Says of every change where it comes from, or what has to be read for that, or why it cannot be said.
pub(super) fn mark(built: &mut Built, head: &Evaluation, base: &Base, inputs: &Inputs, snapshot: &Snapshot) {
    let Some(plan) = &mut built.plan else { return };
    plan.base = Some(base.revision.clone());
    // A stack that was not there planned nothing.
    if base.sources.files.is_empty() {
        plan.changes.iter_mut().for_each(|change| change.cause = Cause::Intended);
        return;
    }
    match planned(head, base, inputs, snapshot) {
        Ok((would, wants)) if wants.is_empty() => compare(plan, &would),
        Ok((_, wants)) => {
            built.plan = None;
            built.wants = wants;
        }
        Err(problem) => {
            built.plan = None;
            built.diagnostics.push(*problem);
        }
    }
}

fn compare(plan: &mut Plan, would: &[Change]) {
    // An object has at most one delete and one other change.
    fn sort(change: &Change) -> (&Identity<Place>, bool) {
        (&change.identity, change.action == ChangeAction::Delete)
    }
    let would: FxHashMap<_, &Change> = would.iter().map(|other| (sort(other), other)).collect();
    for change in &mut plan.changes {
        change.cause = match would.get(&sort(change)) {
            None => Cause::Intended,
            Some(other) if is_same(change, other) => Cause::Drift,
            Some(_) => Cause::Both,
        };
    }
}

fn is_same(one: &Change, other: &Change) -> bool {
    one.action == other.action && one.ownership == other.ownership && one.after == other.after
}

/// What the stack would have changed as of the base, and what has to be read to say so.
fn planned(
    head: &Evaluation,
    base: &Base,
    inputs: &Inputs,
    snapshot: &Snapshot,
) -> Result<(Vec<Change>, BTreeSet<Want>), Box<Diagnostic>> {
    let (program, mut diagnostics) = stack::declare(&base.sources);
    let declared = &program.root().variables;
    let given = inputs.variables.iter().filter(|(name, _)| declared.contains_key(*name));
    let inputs = Inputs {
        sources: base.sources.clone(),
        variables: given.map(|(name, value)| (name.clone(), value.clone())).collect(),
        mode: inputs.mode,
        now: inputs.now,
        seed: inputs.seed,
        ..Inputs::default()
    };
    let snapshot = as_of(snapshot, &base.commit);
    let evaluation = if diagnostics.iter().any(Diagnostic::is_error) {
        None
    } else {
        let (evaluation, found) = stack::evaluate(&program, &inputs, &snapshot);
        diagnostics.extend(found);
        evaluation
    };
    let Some(evaluation) = evaluation.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
        return Err(Box::new(unusable(base, &program, &diagnostics)));
    };
    // What lay in another account or region then says nothing about this one.
    let comparable = |provider: &ProviderRef| {
        let place = |evaluation: &Evaluation| {
            let config = evaluation.providers.get(provider)?;
            let profile = (config.profile.clone(), config.assume_role.clone(), config.endpoint_url.clone());
            Some((config.region.clone(), profile))
        };
        place(head).is_some() && place(head) == place(&evaluation)
    };
    let wants = evaluation.wants.iter().filter(|want| want.provider().is_none_or(comparable));
    let wants: BTreeSet<Want> = wants.map(|want| renamed(want, &base.commit)).collect();
    let mut would = changes(&evaluation, &inputs, &snapshot);
    would.retain(|change| comparable(&change.provider));
    Ok((would, wants))
}

/// The snapshot with the files of a commit in the place of those of today.
fn as_of(snapshot: &Snapshot, commit: &str) -> Snapshot {
    let mut then = snapshot.clone();
    then.files = snapshot
        .files
        .iter()
        .filter_map(|(path, text)| Some((file_of(path, commit)?.into(), text.clone())))
        .collect();
    then.directories = snapshot
        .directories
        .iter()
        .filter_map(|((path, levels), files)| Some(((file_of(path, commit)?.into(), *levels), files.clone())))
        .collect();
    then
}

/// Files of a commit are asked for as git names them: `COMMIT:path`.
fn renamed(want: &Want, commit: &str) -> Want {
    match want {
        Want::File(path) => Want::File(format!("{commit}:{path}").into()),
        Want::Directory { path, levels } => {
            Want::Directory { path: format!("{commit}:{path}").into(), levels: *levels }
        }
        other => other.clone(),
    }
}

/// The path, if it is that of a file of the commit.
pub fn file_of<'a>(path: &'a str, commit: &str) -> Option<&'a str> {
    path.strip_prefix(commit)?.strip_prefix(':')
}

/// Why the stack cannot be evaluated as of the base. Its sources are not those of the plan, so places go into
/// the text.
fn unusable(base: &Base, program: &Program, diagnostics: &[Diagnostic]) -> Diagnostic {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    let missing = errors.iter().all(|error| error.code == "missing-variable");
    let mut diagnostic = Diagnostic::error(
        "unusable-base",
        format!("The stack cannot be evaluated as of {}, so nothing can be said about causes", base.revision),
    );
    for error in errors {
        let place = error.span.map(|span| {
            let (path, line, _) = program.sources.position(span);
            format!("{path}:{line}: ")
        });
        diagnostic = diagnostic.with_note(format!("{}{}", place.unwrap_or_default(), error.message));
    }
    diagnostic.help(match missing {
        true => {
            "its variables had to be given then: give them too (EKSFORM_VAR_name), or plan without --base"
        }
        false => "compare with a revision whose files are in order, or plan without --base",
    })
}
