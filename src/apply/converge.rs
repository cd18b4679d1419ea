//! Evaluate ⇄ observe, until nothing new is asked.

use crate::aws::Aws;
use crate::diagnostic::Diagnostic;
use crate::live::{Fact, Snapshot};
use crate::plan::{Plan, saved};
use crate::stack::{Evaluation, Inputs, Program};
use crate::value::Want;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rounds after which something asks without end.
const MOST_ROUNDS: usize = 16;

/// Answers wants about files. Paths are relative to the stack.
pub trait Files: Send + Sync {
    /// The text of a file.
    fn file(&self, path: &str) -> Fact<Arc<str>>;

    /// The files below a directory, sorted, relative to it, at most that many levels deep.
    fn directory(&self, path: &str, levels: Option<u32>) -> Fact<Vec<Arc<str>>> {
        let _ = (path, levels);
        Fact::Denied("directories cannot be listed here".into())
    }
}

impl<F: Fn(&str) -> Fact<Arc<str>> + Send + Sync> Files for F {
    fn file(&self, path: &str) -> Fact<Arc<str>> {
        self(path)
    }
}

/// A plan with what it was made of.
#[derive(Clone, Debug)]
pub struct Planned {
    pub plan: Plan,
    pub evaluation: Evaluation,
    pub snapshot: Snapshot,
    /// Warnings and notes of the last round.
    pub diagnostics: Vec<Diagnostic>,
}

/// Plans against the live account. The snapshot may hold facts already; each want is answered once. On
/// errors nothing but these is returned.
pub async fn converge(
    program: &Program,
    inputs: &Inputs,
    aws: &Aws,
    files: &dyn Files,
    mut snapshot: Snapshot,
) -> Result<Planned, Vec<Diagnostic>> {
    let mut chain: Vec<String> = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let round = saved::round(program, inputs, &snapshot);
        let Some(evaluation) = round.evaluation else { return Err(round.built.diagnostics) };
        // Errors that no answer could mend stop before any call.
        if round.built.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(round.built.diagnostics);
        }
        if let Some(plan) = round.built.plan {
            return Ok(Planned { plan, evaluation, snapshot, diagnostics: round.built.diagnostics });
        }
        let wants = round.built.wants;
        if wants.is_empty() {
            return Err(round.built.diagnostics);
        }
        chain.extend(wants.iter().next().map(|want| format!("{want:?}")));
        for want in &wants {
            match want {
                Want::File(path) => {
                    snapshot.files.entry(path.clone()).or_insert_with(|| files.file(path));
                }
                Want::Directory { path, levels } => {
                    let listed = snapshot.directories.entry((path.clone(), *levels));
                    listed.or_insert_with(|| files.directory(path, *levels));
                }
                _ => {}
            }
        }
        let local = |want: &Want| matches!(want, Want::File(_) | Want::Directory { .. });
        let asked: BTreeSet<Want> = wants.into_iter().filter(|want| !local(want)).collect();
        aws.answer(&evaluation.providers, &evaluation.stack, &asked, &mut snapshot).await?;
    }
    let mut diagnostic = Diagnostic::error(
        "no-end",
        format!("After {MOST_ROUNDS} rounds of reading there is still something to ask"),
    );
    for link in chain {
        diagnostic = diagnostic.with_note(link);
    }
    Err(vec![diagnostic])
}
