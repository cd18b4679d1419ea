//! Evaluate ⇄ observe, until nothing new is asked.

use crate::aws::Aws;
use crate::diagnostic::Diagnostic;
use crate::live::{Files, Snapshot};
use crate::plan::{self, Plan, saved};
use crate::stack::{self, Evaluation, Inputs, Program, Rounds};
use crate::value::Want;
use std::collections::BTreeSet;

/// Rounds after which something asks without end.
const MOST_ROUNDS: usize = 16;

/// Asks what somebody else has to see of a finished plan: rules. It may ask more once it was answered; what
/// the snapshot answers already it must not ask again.
pub type Further = dyn Fn(&Plan, &Evaluation, &Snapshot) -> BTreeSet<Want> + Send + Sync;

/// A plan with what it was made of.
#[derive(Clone, Debug)]
pub struct Planned {
    pub plan: Plan,
    pub evaluation: Evaluation,
    pub snapshot: Snapshot,
    /// Warnings and notes of the last round.
    pub diagnostics: Vec<Diagnostic>,
}

impl From<plan::Offline> for Planned {
    fn from(offline: plan::Offline) -> Self {
        let plan::Offline { plan, evaluation, snapshot, diagnostics } = offline;
        Self { plan, evaluation, snapshot, diagnostics }
    }
}

/// Plans against the live account. The snapshot may hold facts already; each want is answered once. On
/// errors nothing but these is returned.
pub async fn converge(
    program: &Program,
    inputs: &Inputs,
    aws: &Aws,
    files: &dyn Files,
    snapshot: Snapshot,
) -> Result<Planned, Vec<Diagnostic>> {
    let nothing: &Further = &|_, _, _| BTreeSet::new();
    go_on(&mut Rounds::new(program, inputs), aws, files, nothing, snapshot).await
}

/// Goes on with what was evaluated already: with the snapshot given, or with none. Reads as well what somebody
/// else has to see of the finished plan.
pub async fn go_on(
    rounds: &mut Rounds<'_>,
    aws: &Aws,
    files: &dyn Files,
    further: &Further,
    mut snapshot: Snapshot,
) -> Result<Planned, Vec<Diagnostic>> {
    let mut chain = Chain::default();
    loop {
        let round = saved::next_round(rounds, &snapshot);
        let Some(evaluation) = round.evaluation else { return Err(round.built.diagnostics) };
        // Errors that no answer could mend stop before any call.
        if round.built.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(round.built.diagnostics);
        }
        let wants = match round.built.plan {
            Some(plan) => {
                let wants = further(&plan, &evaluation, &snapshot);
                if wants.is_empty() {
                    let diagnostics = round.built.diagnostics;
                    return Ok(Planned { plan, evaluation, snapshot, diagnostics });
                }
                wants
            }
            None if round.built.wants.is_empty() => return Err(round.built.diagnostics),
            None => round.built.wants,
        };
        chain.link(&wants)?;
        answer(&evaluation, wants, aws, files, &mut snapshot).await?;
    }
}

/// What the files declare, without a plan: an object that the stack may not touch is no obstacle. What
/// planning would have to read is in the snapshot afterwards.
pub async fn declared(
    program: &Program,
    inputs: &Inputs,
    aws: &Aws,
    files: &dyn Files,
    snapshot: &mut Snapshot,
) -> Result<Evaluation, Vec<Diagnostic>> {
    let mut chain = Chain::default();
    loop {
        let (evaluation, diagnostics) = stack::evaluate(program, inputs, snapshot);
        let broken = diagnostics.iter().any(Diagnostic::is_error);
        let Some(evaluation) = evaluation.filter(|_| !broken) else { return Err(diagnostics) };
        let wants = match evaluation.wants.is_empty() {
            true => plan::wanted(&evaluation, inputs, snapshot),
            false => (*evaluation.wants).clone(),
        };
        if wants.is_empty() {
            return Ok(evaluation);
        }
        chain.link(&wants)?;
        answer(&evaluation, wants, aws, files, snapshot).await?;
    }
}

/// Answers what is wanted of a snapshot until nothing more is.
pub async fn gather(
    evaluation: &Evaluation,
    aws: &Aws,
    snapshot: &mut Snapshot,
    wanted: &(dyn Fn(&Snapshot) -> BTreeSet<Want> + Sync),
) -> Result<(), Vec<Diagnostic>> {
    let mut chain = Chain::default();
    loop {
        let wants = wanted(snapshot);
        if wants.is_empty() {
            return Ok(());
        }
        chain.link(&wants)?;
        aws.answer(&evaluation.providers, &evaluation.stack, &wants, snapshot).await?;
    }
}

/// Answers wants: those about files from disk, the others from AWS.
async fn answer(
    evaluation: &Evaluation,
    wants: BTreeSet<Want>,
    aws: &Aws,
    files: &dyn Files,
    snapshot: &mut Snapshot,
) -> Result<(), Vec<Diagnostic>> {
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
    aws.answer(&evaluation.providers, &evaluation.stack, &asked, snapshot).await
}

/// What was asked in each round.
#[derive(Default)]
struct Chain(Vec<String>);

impl Chain {
    /// One more round; an error that shows the chain if there were too many.
    fn link(&mut self, wants: &BTreeSet<Want>) -> Result<(), Vec<Diagnostic>> {
        if self.0.len() < MOST_ROUNDS {
            self.0.extend(wants.iter().next().map(|want| format!("{want:?}")));
            return Ok(());
        }
        let message = format!("After {MOST_ROUNDS} rounds of reading there is still something to ask");
        let diagnostic = Diagnostic::error("no-end", message);
        Err(vec![self.0.iter().fold(diagnostic, |diagnostic, link| diagnostic.with_note(link.as_str()))])
    }
}
