//! Evaluate ⇄ observe, until nothing new is asked.

use crate::aws::Aws;
use crate::diagnostic::Diagnostic;
use crate::live::{Fact, Snapshot};
use crate::plan::{Plan, saved};
use crate::stack::{Evaluation, Inputs, Program, Rounds};
use crate::value::Want;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rounds after which something asks without end.
const MOST_ROUNDS: usize = 16;

/// Answers wants about files: the text by path relative to the stack.
pub type Files = dyn Fn(&str) -> Fact<Arc<str>> + Send + Sync;

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
    files: &Files,
    snapshot: Snapshot,
) -> Result<Planned, Vec<Diagnostic>> {
    go_on(&mut Rounds::new(program, inputs), aws, files, snapshot).await
}

/// Goes on with what was evaluated already: with the snapshot given, or with none.
pub async fn go_on(
    rounds: &mut Rounds<'_>,
    aws: &Aws,
    files: &Files,
    mut snapshot: Snapshot,
) -> Result<Planned, Vec<Diagnostic>> {
    let mut chain: Vec<String> = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let round = saved::next_round(rounds, &snapshot);
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
            if let Want::File(path) = want {
                snapshot.files.entry(path.clone()).or_insert_with(|| files(path));
            }
        }
        let asked: BTreeSet<Want> = wants.into_iter().filter(|want| !matches!(want, Want::File(_))).collect();
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
