//! What a rule is, and what it finds.

use super::context::Context;
use crate::diagnostic::{Diagnostic, Finding, Severity, Span};
use crate::stack::Instance;
use std::collections::BTreeSet;

/// Where a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// In `plan`, about what the plan changes, and in `check`, about everything.
    Plan,
    /// In `check` alone: it needs facts that a plan does not ask for.
    Check,
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only what the plan changes, and only facts about that.
    Plan,
    /// Everything the files declare.
    Check,
}

/// One guardrail: its text, which is also its page in `docs/rules`, and its test.
pub struct Rule {
    /// Stable: silences, reports and links name it.
    pub code: &'static str,
    pub severity: Severity,
    pub runs: Runs,
    /// What it finds, in one sentence.
    pub summary: &'static str,
    /// Why that matters, and where it is known from.
    pub why: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// HCL with which the rule is content.
    pub example: &'static str,
    pub check: fn(&Rule, &Context<'_>) -> Vec<Found>,
}

/// A finding, with the instances whose change brings it into a plan.
#[derive(Clone, Debug)]
pub struct Found {
    pub finding: Finding,
    pub concerns: BTreeSet<String>,
}

impl Rule {
    /// A finding of this rule.
    pub fn found(&self, message: impl Into<String>) -> Found {
        Found { finding: Diagnostic::new(self.severity, self.code, message), concerns: BTreeSet::new() }
    }
}

impl Found {
    /// The instance it is about: its block is the place, unless there is a better one.
    #[must_use]
    pub fn about(mut self, instance: &Instance) -> Self {
        self.finding.span.get_or_insert(instance.span);
        self.finding.address = Some(instance.address.to_string());
        self.also(instance)
    }

    /// Another instance whose change makes the finding worth showing in a plan.
    #[must_use]
    pub fn also(mut self, instance: &Instance) -> Self {
        self.concerns.insert(instance.address.to_string());
        self
    }

    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.finding = self.finding.at(span);
        self
    }

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.finding = self.finding.label(label);
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.finding = self.finding.with_note(note);
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.finding = self.finding.help(help);
        self
    }

    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.finding = self.finding.related(span, message);
        self
    }
}
