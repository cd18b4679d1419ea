//! Conditions: validations, preconditions, postconditions, and what checks assert.

use super::evaluate::Evaluator;
use super::explain;
use super::inputs::Mode;
use super::instance::{Checked, Guarded, Status};
use super::program::{Check, Condition};
use super::scope::Iteration;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lang::eval::{self, Scope};
use crate::lang::{Expr, convert};
use crate::value::{Text, Type, Unknown, Value};
use std::sync::Arc;

/// How a condition stands.
pub(super) enum Verdict {
    Holds,
    /// It does not; its message, `None` if that would show a sensitive value.
    Fails(Option<String>),
    /// It is not known yet.
    Open(Arc<Unknown>),
    Broken(Vec<Diagnostic>),
}

/// Evaluates a condition and its message. The message counts only if the condition fails, but is always
/// evaluated: a mistake in it would otherwise show at the worst of times.
pub(super) fn judge(condition: &Condition, scope: &dyn Scope) -> Verdict {
    let outcome = eval::evaluate(&condition.condition, scope);
    let message = eval::evaluate(&condition.error_message, scope).and_then(|value| text(value, condition));
    let (value, message) = match (outcome, message) {
        (Ok(value), Ok(message)) => (value, message),
        (Err(mut problems), Err(more)) => {
            problems.extend(more);
            return Verdict::Broken(problems);
        }
        (Err(problems), _) | (_, Err(problems)) => return Verdict::Broken(problems),
    };
    let wrong = |diagnostic: Diagnostic| Verdict::Broken(vec![diagnostic.at(condition.condition.span())]);
    if value.is_null() {
        return wrong(
            Diagnostic::error("null-value", "A condition has to be true or false")
                .label("this is null")
                .help("say what null means: var.x != null && …"),
        );
    }
    match convert::convert(value, &Type::Bool) {
        Ok(value) => match (value.as_bool(), value.as_unknown()) {
            (Some(true), _) => Verdict::Holds,
            (_, Some(unknown)) => Verdict::Open(unknown.clone()),
            _ => Verdict::Fails(message),
        },
        Err(_) => wrong(
            Diagnostic::error("type-mismatch", "A condition has to be true or false")
                .help("compare: var.x != \"\""),
        ),
    }
}

/// The text of an error message, `None` if it may not be shown or is not known.
fn text(value: Value, condition: &Condition) -> Result<Option<String>, Vec<Diagnostic>> {
    let sensitive = value.contains_sensitive();
    let wrong = |expr: &Expr, label: String| {
        let diagnostic = Diagnostic::error("type-mismatch", "An error message has to be text");
        vec![diagnostic.at(expr.span()).label(label)]
    };
    if value.is_null() {
        return Err(wrong(&condition.error_message, "this is null".to_string()));
    }
    match convert::convert(value, &Type::String) {
        Ok(_) if sensitive => Ok(None),
        Ok(value) => Ok(Some(match value.as_str() {
            Some(text) => text.trim_end().to_string(),
            None => "this condition does not hold, and its message is not known yet".to_string(),
        })),
        Err(error) => Err(wrong(&condition.error_message, error.to_string())),
    }
}

/// Adds to a complaint where the condition stands and what its message is.
pub(super) fn unmet(diagnostic: Diagnostic, condition: &Condition, message: Option<String>) -> Diagnostic {
    let diagnostic = diagnostic.at(condition.condition.span());
    match message {
        // Under the source there is room for a line.
        Some(message) if message.contains('\n') => {
            diagnostic.label("this condition does not hold").with_note(message)
        }
        Some(message) => diagnostic.label(message),
        None => diagnostic
            .label("this condition does not hold")
            .with_note("Its message holds a sensitive value and is not shown."),
    }
}

/// How all conditions of one thing stand together.
#[derive(Default)]
pub(super) struct Standing {
    /// At least one has to be told at apply.
    pub open: bool,
    /// At least one failed, or could not be evaluated.
    pub broken: bool,
    checked: Vec<(Status, Vec<String>)>,
}

impl Standing {
    fn add(&mut self, status: Status, problems: Vec<String>) {
        self.open |= status == Status::Unknown;
        self.broken |= matches!(status, Status::Fail | Status::Error);
        self.checked.push((status, problems));
    }

    /// Both standings as one.
    pub fn and(mut self, mut other: Self) -> Self {
        self.open |= other.open;
        self.broken |= other.broken;
        self.checked.append(&mut other.checked);
        self
    }
}

impl Evaluator<'_> {
    /// Holds something against its pre- or postconditions. Those that do not hold are errors about
    /// `name`, those that wait for an answer make it wanted.
    pub(super) fn conditions(
        &mut self,
        at: usize,
        iteration: &Iteration,
        own: Option<&Value>,
        conditions: &[Condition],
        name: &dyn Fn() -> String,
    ) -> Standing {
        let mut standing = Standing::default();
        // What is to be destroyed need not be as it should.
        if self.inputs.mode == Mode::Destroy {
            return standing;
        }
        for condition in conditions {
            let mut scope = self.scope(at, iteration.clone());
            scope.own = own;
            let verdict = judge(condition, &scope);
            match verdict {
                Verdict::Holds => standing.add(Status::Pass, Vec::new()),
                Verdict::Open(unknown) => {
                    self.wants.extend(unknown.pending.iter().cloned());
                    // What only follows from another error was complained about there.
                    if unknown.pending.is_empty() && !unknown.after.is_empty() {
                        standing.add(Status::Unknown, Vec::new());
                    }
                }
                Verdict::Fails(message) => {
                    let (code, what) = match own {
                        Some(_) => ("postcondition", "postcondition"),
                        None => ("precondition", "precondition"),
                    };
                    let name = name();
                    let problem =
                        Diagnostic::error(code, format!("A {what} of {name} does not hold")).about(name);
                    standing.add(Status::Fail, vec![message.clone().unwrap_or_default()]);
                    self.diagnostics.push(unmet(problem, condition, message));
                }
                Verdict::Broken(mut problems) => {
                    standing.add(Status::Error, Vec::new());
                    self.diagnostics.append(&mut problems);
                }
            }
        }
        standing
    }

    /// Keeps how the conditions of something stand, if it has any.
    pub(super) fn checked(&mut self, guarded: Guarded, standing: Standing) {
        if standing.checked.is_empty() {
            return;
        }
        let worst = standing.checked.iter().map(|(status, _)| *status).max().unwrap_or(Status::Pass);
        let problems = standing.checked.into_iter().flat_map(|(_, problems)| problems).collect();
        self.evaluation.checks.push(Checked { guarded, status: worst, problems });
    }

    /// A check in one instance of its module: what does not hold is a warning, and nothing depends on it.
    pub(super) fn check(&mut self, at: usize, name: &Text) {
        let program = self.program;
        let module = &program.modules[self.modules[at].module];
        let Some(Check { span, assertions }) = module.declared.checks.get(name) else { return };
        if self.inputs.mode == Mode::Destroy {
            return;
        }
        let guarded = Guarded::Check { module: self.modules[at].path.clone(), name: name.clone() };
        let shown = guarded.to_string();
        let mut standing = Standing::default();
        if self.broken_checks.contains(&(at, name.clone())) {
            standing.add(Status::Error, Vec::new());
        }
        for condition in assertions {
            let verdict = judge(condition, &self.scope(at, Iteration::None));
            match verdict {
                Verdict::Holds => standing.add(Status::Pass, Vec::new()),
                Verdict::Fails(message) => {
                    standing.add(Status::Fail, vec![message.clone().unwrap_or_default()]);
                    let problem = Diagnostic::warning("check-failed", format!("{shown} does not hold"));
                    self.evaluation.findings.push(unmet(problem, condition, message).about(&shown));
                }
                Verdict::Open(unknown) => {
                    self.wants.extend(unknown.pending.iter().cloned());
                    if unknown.pending.is_empty() && !unknown.after.is_empty() {
                        standing.add(Status::Unknown, Vec::new());
                        let reasons = explain::reasons(&Value::new(crate::value::Data::Unknown(unknown)));
                        self.evaluation.findings.push(
                            Diagnostic::note("check-open", format!("{shown} can be told only after apply"))
                                .at(condition.condition.span())
                                .label(reasons)
                                .related(*span, "the check")
                                .about(&shown),
                        );
                    }
                }
                Verdict::Broken(problems) => {
                    standing.add(Status::Error, Vec::new());
                    self.only_warn(&shown, problems);
                }
            }
        }
        self.checked(guarded, standing);
    }

    /// Errors of a check are findings and stop nothing.
    pub(super) fn only_warn(&mut self, check: &str, problems: Vec<Diagnostic>) {
        for mut problem in problems {
            problem.severity = problem.severity.max(Severity::Warning);
            self.evaluation.findings.push(problem.about(check));
        }
    }
}
