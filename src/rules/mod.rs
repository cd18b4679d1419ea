//! Guardrails: what a plan would do that AWS refuses later, or that works on paper and not in the cluster.
//!
//! Every rule is an entry of [`RULES`]: its code, its text and its test. Rules read the plan, the instances it
//! was made of, and the snapshot; what they would have to see besides is asked with [`wants`], like everything
//! else that is read.

mod agent;
mod associations;
mod compute;
mod configuration;
mod context;
pub mod docs;
mod permissions;
mod policies;
mod rule;
mod schema;
mod silence;
mod trust;
mod versions;
mod wants;

pub use rule::{Found, Rule, Runs, Scope};
pub use wants::wants;

use crate::diagnostic::{Diagnostic, Finding, Silenced};
use crate::live::Snapshot;
use crate::plan::Plan;
use crate::stack::{Evaluation, Program};
use context::Context;
use std::collections::BTreeSet;

/// Every rule, by family.
pub const RULES: &[&[Rule]] = &[
    permissions::RULES,
    agent::RULES,
    trust::RULES,
    associations::RULES,
    versions::RULES,
    configuration::RULES,
    compute::RULES,
    silence::RULES,
];

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().flatten()
}

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code == code)
}

/// A plan, and what it was made of.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub plan: &'a Plan,
    pub evaluation: &'a Evaluation,
    pub snapshot: &'a Snapshot,
    pub program: &'a Program,
    /// When the plan was made, in seconds since 1970.
    pub now: i64,
}

/// What the rules have to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub silenced: Vec<Silenced>,
}

/// Holds a plan against every rule of the scope. Pure.
pub fn check(subject: &Subject<'_>, scope: Scope) -> Report {
    let Subject { plan, evaluation, snapshot, program, now } = *subject;
    let context = Context::new(plan, evaluation, snapshot, scope, now);
    let changed = context.changed();
    let runs = |rule: &&Rule| scope == Scope::Check || rule.runs == Runs::Plan;
    let mut findings: Vec<Finding> = Vec::new();
    let mut said = BTreeSet::new();
    for rule in all().filter(runs) {
        for found in (rule.check)(rule, &context) {
            let shown =
                scope == Scope::Check || found.concerns.is_empty() || !found.concerns.is_disjoint(&changed);
            let finding = found.finding;
            if shown
                && said.insert((finding.code, finding.span, finding.address.clone(), finding.message.clone()))
            {
                findings.push(finding);
            }
        }
    }
    let mut report = silence::apply(findings, evaluation, program, scope);
    report.findings.extend(wants::unanswered(&context));
    report
}

/// Adds what the rules find to the plan's own findings.
pub fn enter(plan: &mut Plan, report: Report) {
    plan.findings.extend(report.findings);
    plan.silenced.extend(report.silenced);
    let order = |a: &Diagnostic, b: &Diagnostic| {
        (a.severity, a.code, &a.message).cmp(&(b.severity, b.code, &b.message))
    };
    plan.findings.sort_by(order);
}
