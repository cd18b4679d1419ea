//! The way of an upgrade as text.

use super::style::{Style, paint, printable};
use crate::plan::upgrade::{Goal, State, Step};
use std::fmt::Write as _;

/// From where to where, and each step with its reason.
pub fn upgrade(goal: &Goal, state: &State, way: &[Step], style: Style) -> String {
    let cluster = printable(&goal.cluster);
    let Some(last) = way.last() else {
        return format!("The versions on the cluster \"{cluster}\" are as they should be.\n");
    };
    let what = match last.after.kubernetes == state.kubernetes {
        true => format!("add-ons of the cluster \"{cluster}\" (Kubernetes {})", state.kubernetes),
        false => format!(
            "the cluster \"{cluster}\" from Kubernetes {} to {}",
            state.kubernetes, last.after.kubernetes
        ),
    };
    let steps = if way.len() == 1 { "1 step".to_string() } else { format!("{} steps", way.len()) };
    let mut text = format!("{}\n", paint(style.strong, &format!("Upgrade of {what} in {steps}:")));
    for (index, step) in way.iter().enumerate() {
        let _ = write!(text, "\n  {}. {}", index + 1, step_text(step).replace('\n', "\n     "));
        text.push('\n');
    }
    text
}

/// A step's heading, as it begins.
pub fn upgrade_step(step: &Step, number: usize, of: usize, style: Style) -> String {
    let text = format!("Step {number} of {of}: {}", step_text(step));
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let first = paint(style.strong, first);
    if rest.is_empty() { first } else { format!("{first}\n{rest}") }
}

/// What an upgrade came to.
pub fn upgraded(goal: &Goal, state: &State) -> String {
    format!(
        "Upgrade complete: the cluster \"{}\" is at Kubernetes {}, and its add-ons are where they should be.",
        printable(&goal.cluster),
        state.kubernetes
    )
}

fn step_text(step: &Step) -> String {
    let mut text = match &step.cluster {
        Some((from, to)) if step.moves.is_empty() => return format!("Kubernetes {from} -> {to}"),
        Some((from, to)) => format!("Kubernetes {from} -> {to}, then"),
        None => "add-ons".to_string(),
    };
    let width = |part: fn(&crate::plan::upgrade::Move) -> &str| {
        step.moves.iter().map(|moved| part(moved).len()).max().unwrap_or(0)
    };
    let (names, from, to) =
        (width(|moved| &moved.addon), width(|moved| &moved.from), width(|moved| &moved.to));
    for moved in &step.moves {
        let _ = write!(
            text,
            "\n  {:names$}  {:from$} -> {:to$}  # {}",
            printable(&moved.addon),
            printable(&moved.from),
            printable(&moved.to),
            printable(&moved.why)
        );
    }
    text
}
