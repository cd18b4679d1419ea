//! A plan as a person sees it, and the order in which it is made.

use super::case::Outcome;
use eksform::diagnostic::Diagnostic;
use eksform::plan::{Change, ChangeAction, EdgeKind, Plan};
use eksform::render::{self, Style};
use std::fmt::Write as _;

/// Complaints, plan, findings, as `plan` prints them; then the order.
pub fn all(outcome: &Outcome) -> String {
    let sources = &outcome.program.sources;
    let complaints = complaints(outcome);
    let mut text = String::new();
    let complain = |text: &mut String, all: &[Diagnostic]| {
        text.push_str(&render::diagnostics(all, sources, Style::plain()));
        if all.iter().any(Diagnostic::is_error) {
            text.push_str(&render::error_count(all));
            text.push('\n');
        }
    };
    complain(&mut text, &complaints);
    if let Some(plan) = &outcome.round.built.plan {
        text.push_str(&render::plan(plan, Style::plain()));
        complain(&mut text, &plan.findings);
        text.push_str(&order(plan));
    }
    text
}

fn complaints(outcome: &Outcome) -> Vec<Diagnostic> {
    outcome.declared.iter().chain(&outcome.round.built.diagnostics).cloned().collect()
}

/// The same without anything that depends on where in the files things stand.
pub fn without_places(outcome: &Outcome) -> String {
    let findings = outcome.round.built.plan.iter().flat_map(|plan| plan.findings.iter().cloned());
    let mut complaints: Vec<String> = complaints(outcome)
        .into_iter()
        .chain(findings)
        .map(|it| {
            format!(
                "{:?} {} {} {:?} {:?} {:?}\n",
                it.severity, it.code, it.message, it.label, it.notes, it.help
            )
        })
        .collect();
    complaints.sort();
    let mut text = complaints.concat();
    if let Some(plan) = &outcome.round.built.plan {
        text.push_str(&render::plan(plan, Style::plain()));
        text.push_str(&order(plan));
    }
    text
}

/// Every change with its calls, in the order of the plan, and what it waits for.
fn order(plan: &Plan) -> String {
    if plan.changes.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nOrder:\n");
    for change in &plan.changes {
        let waits: Vec<String> = plan
            .edges
            .iter()
            .filter(|edge| edge.to == change.id)
            .map(|edge| format!("{} ({})", edge.from.0, kind(edge.kind)))
            .collect();
        let after = if waits.is_empty() { String::new() } else { format!(", after {}", waits.join(", ")) };
        let first = if change.waits_first { ", waits first" } else { "" };
        let _ = writeln!(text, "  {} {} {}{first}{after}", change.id.0, verb(change), name(change));
        for call in &change.calls {
            let paths: Vec<String> = call.paths.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "      {}", format!("{} {}", call.operation, paths.join(" ")).trim_end());
        }
    }
    text
}

fn kind(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Reference => "reference",
        EdgeKind::SameIdentity => "same identity",
        EdgeKind::LiveRelation => "live relation",
        EdgeKind::DependsOn => "depends_on",
    }
}

fn verb(change: &Change) -> &'static str {
    match change.action {
        ChangeAction::Create => "create",
        ChangeAction::Update => "update",
        ChangeAction::Delete => "delete",
        ChangeAction::Await => "await",
    }
}

fn name(change: &Change) -> String {
    match &change.address {
        Some(address) => address.to_string(),
        None => change.identity.to_string(),
    }
}
