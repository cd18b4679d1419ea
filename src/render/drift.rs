//! What no longer is as the files say, as a short table and as JSON.

use super::json::{not_searched, texts};
use super::plan::{Step, steps};
use super::style::{Style, paint, printable};
use super::summary::{incomplete, selected};
use crate::kinds::OWNERSHIP;
use crate::plan::{ChangeAction, Ownership, Plan, Reason};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The paths of one object that are written out.
const MOST_PATHS: usize = 4;

/// How an object differs from what the files say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drifted {
    /// The files declare it, and it is not there.
    Missing,
    /// It is there, and differs.
    Changed,
    /// It is this stack's, and no file declares it.
    Undeclared,
    /// It is there and is to be taken over.
    NotAdopted,
    /// It is this stack's, and to be released.
    NotReleased,
    /// AWS is still working on it; nothing differs.
    Busy,
}

impl Drifted {
    fn of(step: &Step<'_>) -> Self {
        let change = step.change;
        match (change.action, &change.ownership) {
            (_, Ownership::Adopt { .. }) => Self::NotAdopted,
            (_, Ownership::Release) => Self::NotReleased,
            (ChangeAction::Await, _) => Self::Busy,
            (ChangeAction::Create, _) if step.replaced.is_some() => Self::Changed,
            (ChangeAction::Create, _) => Self::Missing,
            (ChangeAction::Update, _) => Self::Changed,
            (ChangeAction::Delete, _) => Self::Undeclared,
        }
    }

    /// As people and programs read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Undeclared => "undeclared",
            Self::NotAdopted => "not adopted",
            Self::NotReleased => "not released",
            Self::Busy => "busy",
        }
    }
}

/// Whether the account is not what the files say. What AWS is still working on is no difference.
pub fn drifted(plan: &Plan) -> bool {
    steps(plan).iter().any(|step| Drifted::of(step) != Drifted::Busy)
}

/// The places of an object that differ, by path.
fn paths(step: &Step<'_>) -> Vec<String> {
    let old = step.replaced.into_iter().flat_map(|old| &old.differences);
    let differences = step.change.differences.iter().chain(old);
    let mut paths: BTreeSet<String> = differences
        .filter(|difference| difference.path.root() != Some(OWNERSHIP))
        .map(|difference| difference.path.to_string())
        .collect();
    if paths.is_empty() && step.change.action == ChangeAction::Update {
        paths.insert("eksform's own tags".to_string());
    }
    paths.into_iter().collect()
}

/// What there is to say beside the state.
fn remark(step: &Step<'_>) -> String {
    let change = step.change;
    let paths = paths(step);
    let mut shown: Vec<String> =
        paths.iter().take(MOST_PATHS).map(|path| printable(path).to_string()).collect();
    if paths.len() > MOST_PATHS {
        shown.push(format!("{} more", paths.len() - MOST_PATHS));
    }
    match &change.reason {
        Reason::Broken(status) | Reason::Busy(status) => {
            shown.insert(0, format!("it is {}", printable(status)))
        }
        Reason::ParentReplaced(parent) => {
            shown.insert(0, format!("{} {} is replaced", parent.kind, parent.name()))
        }
        Reason::BeingDeleted => shown.insert(0, "AWS is deleting it".to_string()),
        Reason::Moved(old) => shown.insert(0, format!("is {} {}", old.kind, printable(&old.name()))),
        Reason::Renamed(old) => shown.insert(0, format!("was {}", printable(&old.to_string()))),
        _ => {}
    }
    if step.replaced.is_some() {
        shown.push("must be replaced".to_string());
    }
    shown.join(", ")
}

/// A line for each object that differs, and how many there are.
pub fn drift(plan: &Plan, style: Style) -> String {
    let rows: Vec<[String; 3]> = steps(plan)
        .iter()
        .map(|step| {
            let name = printable(&step.change.shown_name()).to_string();
            [name, Drifted::of(step).word().to_string(), remark(step)]
        })
        .collect();
    let count = steps(plan).iter().filter(|step| Drifted::of(step) != Drifted::Busy).count();
    let mut text = String::new();
    let widest = |column: usize| rows.iter().map(|row| super::page::width(&row[column])).max().unwrap_or(0);
    let widths = [widest(0), widest(1)];
    for [name, state, remark] in &rows {
        let pad = |text: &str, width: usize| " ".repeat(width.saturating_sub(super::page::width(text)));
        let line = format!("{name}{}  {state}{}  {remark}", pad(name, widths[0]), pad(state, widths[1]));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if !rows.is_empty() {
        text.push('\n');
    }
    text.push_str(&match count {
        0 => format!("{} The account matches the files.\n", paint(style.strong, "No drift.")),
        1 => format!("{} 1 object is not as the files say.\n", paint(style.strong, "Drift:")),
        count => format!("{} {count} objects are not as the files say.\n", paint(style.strong, "Drift:")),
    });
    text + &incomplete(plan, style) + &selected(plan, style)
}

/// The same for programs. Values are not in it, only where they differ.
pub fn json_drift(plan: &Plan) -> Json {
    let steps = steps(plan);
    let objects = steps.iter().map(|step| {
        json!({
            "address": step.change.shown_name(),
            "kind": step.change.schema.kind,
            "name": step.change.identity.name(),
            "place": super::json::place(&step.change.identity.scope),
            "state": Drifted::of(step).word(),
            "paths": paths(step),
            "replace": step.replaced.is_some(),
        })
    });
    json!({
        "version": 1,
        "stack": plan.stack.to_string(),
        "drifted": drifted(plan),
        "objects": objects.collect::<Vec<_>>(),
        "not_searched": not_searched(plan),
        "targets": texts(&plan.selection.targets),
        "excludes": texts(&plan.selection.excludes),
        "left_out": texts(&plan.selection.left_out),
        "findings": plan.findings.iter().map(super::json::finding).collect::<Vec<_>>(),
    })
}
