//! What is known only while applying: values, conditions, and what data blocks waited to read.

use super::execute::{Shared, waits_for_others};
use crate::aws::CallError;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff;
use crate::live::Snapshot;
use crate::plan::{Change, Held, Outcome, When};
use crate::stack::{EvaluatedOutput, Evaluation, Mode, evaluate};
use crate::value::{Map, Value, Want};
use std::collections::BTreeSet;
use std::sync::PoisonError;

/// Rounds of reading after which something asks without end.
const MOST_ROUNDS: usize = 16;

/// How a closing look at the whole stack went.
#[derive(Default)]
pub(super) struct Closing {
    pub outputs: Vec<EvaluatedOutput>,
    pub findings: Vec<Diagnostic>,
}

impl Shared {
    /// Evaluates with all that was made so far, and reads what was waited with until now.
    async fn evaluated(&self) -> Result<(Evaluation, Vec<Diagnostic>), CallError> {
        let execution = &self.execution;
        for _ in 0..MOST_ROUNDS {
            let snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (evaluation, diagnostics) = evaluate(&execution.program, &execution.inputs, &snapshot);
            let Some(evaluation) = evaluation else {
                return Err(CallError::new("", "the files cannot be evaluated any more"));
            };
            let due: BTreeSet<Want> = {
                let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
                let waited = execution.evaluation.late.iter().filter(|want| !evaluation.late.contains(want));
                let new = waited.chain(&*evaluation.wants).filter(|want| !read.contains(want));
                new.cloned().collect()
            };
            if due.is_empty() {
                return Ok((evaluation, diagnostics));
            }
            self.read(due).await?;
        }
        Err(CallError::new("", "there is still something to read after many rounds"))
    }

    /// Reads something, whether or not it was read before.
    async fn read(&self, wants: BTreeSet<Want>) -> Result<(), CallError> {
        let plan = &self.execution.plan;
        let mut fresh = Snapshot::default();
        let answered = self.execution.aws.answer(&plan.providers, &plan.stack, &wants, &mut fresh).await;
        answered.map_err(|problems| {
            let why = problems.into_iter().next().map(|problem| problem.message);
            CallError::new("", why.unwrap_or_else(|| "reading failed".to_string()))
        })?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).extend(wants);
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        snapshot.objects.append(&mut fresh.objects);
        snapshot.addon_versions.append(&mut fresh.addon_versions);
        snapshot.cluster_versions.append(&mut fresh.cluster_versions);
        Ok(())
    }

    /// The conditions of a change that were not known when the plan was made.
    pub(super) async fn hold(&self, change: &Change, when: When) -> Result<(), CallError> {
        let all = &self.execution.plan.held;
        let first = all.partition_point(|held| held.change < change.id);
        let mine = all[first..].iter().take_while(|held| held.change == change.id);
        let mine: Vec<&Held> = mine.filter(|held| held.when == when).collect();
        if mine.is_empty() {
            return Ok(());
        }
        let (evaluation, diagnostics) = self.evaluated().await?;
        for held in mine {
            let own = change.address.as_ref() == Some(&held.address);
            let codes: &[&str] = match (own, when) {
                (true, When::Before) => &["precondition"],
                (true, When::After) => &["postcondition"],
                (false, _) => &["precondition", "postcondition"],
            };
            let address = held.address.to_string();
            let fails = |problem: &&Diagnostic| {
                codes.contains(&problem.code) && problem.address.as_deref() == Some(&address)
            };
            if let Some(problem) = diagnostics.iter().find(fails) {
                return Err(CallError::new("", in_words(problem)));
            }
            let instance = evaluation.instances.iter().find(|instance| instance.address == held.address);
            let Some(instance) = instance else { return Err(gone(&diagnostics)) };
            let open = match (own, when) {
                (true, When::Before) => instance.open.preconditions,
                (true, When::After) => instance.open.postconditions,
                (false, _) => instance.open.any(),
            };
            if open {
                let what = format!("a condition of {address} cannot be told even now");
                return Err(CallError::new("", what));
            }
        }
        Ok(())
    }

    /// The attributes to write, if some were not known when the plan was made.
    pub(super) async fn completed(&self, change: &Change) -> Result<Option<Map>, CallError> {
        let (Some(after), Some(address)) = (&change.after, &change.address) else { return Ok(None) };
        if !waits_for_others(change, after) {
            return Ok(None);
        }
        let (evaluation, diagnostics) = self.evaluated().await?;
        let instance = evaluation.instances.into_iter().find(|instance| instance.address == *address);
        let Some(instance) = instance else { return Err(gone(&diagnostics)) };
        let mut completed = after.clone();
        for (name, value) in &instance.desired {
            if after.get(name).is_some_and(Value::contains_unknown) {
                completed.insert(name.clone(), value.clone());
            }
        }
        // What could not be evaluated is unknown for no reason of its own.
        let failed =
            |value: &Value| value.any(&|it| it.as_unknown().is_some_and(|unknown| unknown.after.is_empty()));
        if waits_for_others(change, &completed) || completed.values().any(failed) {
            return Err(match diagnostics.iter().find(|problem| problem.is_error()) {
                Some(_) => gone(&diagnostics),
                None => CallError::new(
                    "",
                    "something it needs is still unknown after what it refers to was applied",
                ),
            });
        }
        match diff::contradiction(after, &completed) {
            None => Ok(Some(completed)),
            Some(path) => Err(CallError::new("", format!("{path} would not be what was planned"))),
        }
    }

    /// The outputs with what became known, what checks find now, and the conditions that nothing waited
    /// for. What failed before is not said again.
    pub(super) async fn closing(&self, outcome: &Outcome) -> Closing {
        let execution = &self.execution;
        // Whoever asked twice to stop does not wait for one more look.
        if execution.inputs.mode == Mode::Destroy || !outcome.abandoned.is_empty() {
            return Closing::default();
        }
        let mut closing = Closing::default();
        let again = &execution.evaluation.reread;
        let read = if again.is_empty() { Ok(()) } else { self.read(again.clone()).await };
        let evaluated = match read {
            Ok(()) => self.evaluated().await,
            Err(error) => Err(error),
        };
        let (evaluation, diagnostics) = match evaluated {
            Ok(evaluated) => evaluated,
            Err(error) => {
                let message = format!("What was applied could not be looked at once more: {error}");
                closing.findings.push(Diagnostic::warning("not-looked-at", message));
                return closing;
            }
        };
        let failed = outcome.failed.iter().filter_map(|failure| execution.plan.change(failure.change));
        let failed: BTreeSet<String> =
            failed.filter_map(|change| Some(change.address.as_ref()?.to_string())).collect();
        let unmet = |problem: &Diagnostic| {
            matches!(problem.code, "precondition" | "postcondition")
                && problem.address.as_ref().is_none_or(|address| !failed.contains(address))
        };
        closing.findings.extend(diagnostics.into_iter().filter(unmet));
        let warnings = evaluation.findings.into_iter().filter(|it| it.severity != Severity::Note);
        closing.findings.extend(warnings);
        closing.outputs = evaluation.outputs;
        // A plan of a part leaves out the outputs it does not bring about.
        closing
            .outputs
            .retain(|output| execution.plan.outputs.iter().any(|planned| planned.name == output.name));
        closing
    }
}

/// A complaint as one of AWS's would be told.
fn in_words(problem: &Diagnostic) -> String {
    let why = problem.label.iter().chain(&problem.notes).map(String::as_str);
    std::iter::once(problem.message.as_str()).chain(why).collect::<Vec<_>>().join(": ")
}

/// Why something cannot be evaluated that could be before.
fn gone(diagnostics: &[Diagnostic]) -> CallError {
    let why = diagnostics.iter().find(|problem| problem.is_error()).map(in_words);
    CallError::new("", why.unwrap_or_else(|| "it cannot be evaluated any more".to_string()))
}
