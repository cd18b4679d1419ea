//! The last words of a plan: how much it does, or that it does nothing.

use super::style::{Style, paint, printable};
use crate::live::Coverage;
use crate::plan::{ChangeAction, Ownership, Plan};
use crate::stack::Mode;

/// How many objects a plan adds, changes, …; a replacement is one added and one destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub adopt: usize,
    pub add: usize,
    pub change: usize,
    pub destroy: usize,
    pub release: usize,
    pub wait: usize,
}

impl Counts {
    pub fn of(plan: &Plan) -> Self {
        let mut counts = Self::default();
        for change in &plan.changes {
            let adopted = matches!(change.ownership, Ownership::Adopt { .. });
            let released = change.ownership == Ownership::Release;
            // Of a replacement, the deletion counts as such and the creation as the adoption.
            counts.adopt += usize::from(adopted && change.action != ChangeAction::Delete);
            counts.release += usize::from(released);
            match change.action {
                ChangeAction::Create => counts.add += 1,
                ChangeAction::Update => {
                    counts.change += usize::from(!(released || adopted && change.only_ownership()));
                }
                ChangeAction::Delete => counts.destroy += usize::from(!released),
                ChangeAction::Await => counts.wait += usize::from(!adopted),
            }
        }
        counts
    }
}

/// `Plan: 3 to add, 1 to change, 0 to destroy.` or `No changes. …`, with what was not searched.
pub fn summary(plan: &Plan, style: Style) -> String {
    let partial = partial(plan);
    let selected = selected(plan, style);
    if plan.is_empty() {
        if !partial.is_empty() {
            return format!("{}; {}\n{selected}", paint(style.strong, "No changes"), partial.join("; "));
        }
        let because = match plan.mode {
            Mode::Apply if plan.selection.is_partial() => "What was asked for matches the configuration.",
            Mode::Apply => "Your infrastructure matches the configuration.",
            Mode::Destroy => "No objects need to be destroyed.",
        };
        return format!("{} {because}\n{selected}", paint(style.strong, "No changes."));
    }
    let counts = Counts::of(plan);
    let mut parts = Vec::new();
    if counts.adopt > 0 {
        parts.push(format!("{} to adopt", counts.adopt));
    }
    parts.push(format!("{} to add", counts.add));
    parts.push(format!("{} to change", counts.change));
    parts.push(format!("{} to destroy", counts.destroy));
    for (count, what) in [(counts.release, "to release"), (counts.wait, "to wait for")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let mut text = format!("{} {}.\n", paint(style.strong, "Plan:"), parts.join(", "));
    for line in partial {
        let mut letters = line.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase).collect::<String>();
        text.push_str(&format!("{} {first}{}.\n", paint(style.warning, "Incomplete:"), letters.as_str()));
    }
    text + &selected
}

/// The names of things left out that are written out.
const MOST_NAMES: usize = 5;

/// That only a part was asked for, and what that leaves out.
pub fn selected(plan: &Plan, style: Style) -> String {
    let selection = &plan.selection;
    let options: Vec<&str> = [(&selection.targets, "--target"), (&selection.excludes, "--exclude")]
        .into_iter()
        .filter(|(given, _)| !given.is_empty())
        .map(|(_, option)| option)
        .collect();
    if options.is_empty() {
        return String::new();
    }
    let options = options.join(" and ");
    let left_out = match selection.left_out.len() {
        0 => format!("nothing that would change is left out by {options}"),
        count => {
            let mut names: Vec<String> =
                selection.left_out.iter().take(MOST_NAMES).map(|name| printable(name).to_string()).collect();
            if count > MOST_NAMES {
                names.push(format!("{} more", count - MOST_NAMES));
            }
            let changes = if count == 1 { "1 change is" } else { &format!("{count} changes are") };
            format!("{changes} left out by {options} ({})", names.join(", "))
        }
    };
    format!("{} {left_out}.\n", paint(style.warning, "Partial:"))
}

/// What could not be searched: `orphan roles could not be looked for (iam:ListRoles denied)`, once for
/// every reason. The place is named when the plan has several of a kind.
fn partial(plan: &Plan) -> Vec<String> {
    let of_kind = |kind: &str| plan.coverage.iter().filter(|(_, other, _)| **other == *kind).count();
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (place, kind, coverage) in &plan.coverage {
        let Coverage::Partial(why) = coverage else { continue };
        let place = if of_kind(kind) > 1 { format!(" in {place}") } else { String::new() };
        let what = format!("{}{place}", plural(kind));
        match reasons.iter_mut().find(|(reason, _)| *reason == &**why) {
            Some((_, kinds)) => kinds.push(what),
            None => reasons.push((why, vec![what])),
        }
    }
    let lines = reasons.into_iter().map(|(why, kinds)| {
        let kinds = match kinds.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => kinds.concat(),
        };
        format!("orphan {kinds} could not be looked for ({})", printable(why))
    });
    lines.collect()
}

/// The objects of a kind as people speak of them.
fn plural(kind: &str) -> String {
    match kind {
        "addon" => "add-ons".to_string(),
        "pod_identity_association" => "Pod Identity associations".to_string(),
        other => format!("{}s", other.replace('_', " ")),
    }
}
