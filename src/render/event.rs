//! What apply reports, as lines.

use super::style::{Style, paint, printable};
use crate::plan::{
    Because, Change, ChangeAction, ChangeId, Event, Failure, Outcome, Ownership, Plan, Skipped,
};
use crate::stack::Mode;
use crate::value::Value;
use std::time::Duration;

/// The lines for one event, each ended by a line break; `None` if there is nothing to say.
pub fn event(event: &Event, plan: &Plan, style: Style) -> Option<String> {
    Some(match event {
        Event::Started { change, action } => {
            let words = words(plan.change(*change), *action);
            format!("{}: {}…\n", subject(plan, *change, style), words.doing)
        }
        Event::Progress { change, status, elapsed } => {
            let action = plan.change(*change)?.action;
            let words = words(plan.change(*change), action);
            // AWS's word only where it says something else than ours.
            let status = match &**status {
                "" | "CREATING" | "UPDATING" | "DELETING" | "PENDING" => String::new(),
                other => format!(" ({})", printable(other)),
            };
            let subject = subject(plan, *change, style);
            format!("{subject}: still {}… [{}]{status}\n", words.doing, self::elapsed(*elapsed))
        }
        Event::Finished { change, elapsed, arn, notes } => {
            let change_of = plan.change(*change)?;
            let words = words(Some(change_of), change_of.action);
            let arn = match (change_of.action, arn) {
                (ChangeAction::Delete, _) => None,
                (_, Some(arn)) => Some(arn.to_string()),
                (_, None) => known_arn(change_of),
            };
            let arn = arn.map_or(String::new(), |arn| format!(" {}", printable(&arn)));
            let mut text = format!(
                "{}: {} [{}]{arn}\n",
                subject(plan, *change, style),
                words.done,
                self::elapsed(*elapsed)
            );
            for note in notes {
                text.push_str(&labelled("  ", &paint(style.note, "note"), note));
            }
            text
        }
        Event::Failed { failure, elapsed } => {
            let change = plan.change(failure.change);
            let words = words(change, change?.action);
            let headline = format!(
                "{}{}\n",
                paint(style.error, "error"),
                paint(
                    style.strong,
                    &format!(
                        ": {} could not be {} [{}]",
                        name(plan, failure.change),
                        words.done,
                        self::elapsed(*elapsed)
                    )
                ),
            );
            format!("{headline}{}", details("  ", failure, style))
        }
        Event::Skipped(skipped) => {
            format!(
                "{}: {}, {}\n",
                subject(plan, skipped.change, style),
                paint(style.warning, "skipped"),
                because(plan, skipped)
            )
        }
        // Set apart from the lines before it.
        Event::Summary(outcome) => format!("\n{}", summary(outcome, plan, style)),
    })
}

/// `5s`, `1m20s`, `1h2m`.
pub fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, _) => format!("{hours}h{minutes}m"),
    }
}

/// `creating`, `created`.
struct Words {
    doing: &'static str,
    done: &'static str,
}

fn words(change: Option<&Change>, action: ChangeAction) -> Words {
    let ownership = change.map(|change| &change.ownership);
    let tags_only = change.is_some_and(Change::only_ownership);
    let (doing, done) = match (action, ownership) {
        (ChangeAction::Update, Some(Ownership::Release)) => ("releasing", "released"),
        (ChangeAction::Update, Some(Ownership::Adopt { .. })) if tags_only => ("adopting", "adopted"),
        (ChangeAction::Update, Some(Ownership::Adopt { .. })) => {
            ("adopting and updating", "adopted and updated")
        }
        (ChangeAction::Create, _) => ("creating", "created"),
        (ChangeAction::Update, _) => ("updating", "updated"),
        (ChangeAction::Delete, _) => ("destroying", "destroyed"),
        (ChangeAction::Await, _) => ("waiting", "waited for"),
    };
    Words { doing, done }
}

/// The address, or the identity of what has none.
fn name(plan: &Plan, id: ChangeId) -> String {
    match plan.change(id) {
        Some(Change { address: Some(address), .. }) => address.to_string(),
        Some(change) => printable(&change.identity.to_string()),
        None => format!("change {}", id.0),
    }
}

fn subject(plan: &Plan, id: ChangeId, style: Style) -> String {
    paint(style.strong, &name(plan, id))
}

fn known_arn(change: &Change) -> Option<String> {
    change
        .after
        .as_ref()?
        .get("arn")
        .filter(|arn| !arn.is_sensitive())
        .and_then(Value::as_str)
        .map(str::to_string)
}

/// `label: text`, with further lines of the text under its first.
fn labelled(margin: &str, label: &str, text: &str) -> String {
    let text = printable(text);
    let mut lines = text.trim_end().lines();
    let first = lines.next().unwrap_or_default();
    let mut all = format!("{margin}{label}: {first}\n");
    for line in lines {
        all.push_str(format!("{margin}  {line}").trim_end());
        all.push('\n');
    }
    all
}

/// What went wrong, what is half done, what to do.
fn details(margin: &str, failure: &Failure, style: Style) -> String {
    let mut text: String = printable(&failure.error)
        .trim_end()
        .lines()
        .map(|line| format!("{}\n", format!("{margin}{line}").trim_end()))
        .collect();
    if let Some(exists) = &failure.exists {
        text.push_str(&labelled(margin, &paint(style.warning, "half done"), exists));
    }
    if let Some(help) = &failure.help {
        text.push_str(&labelled(margin, &paint(style.help, "help"), help));
    }
    text
}

fn because(plan: &Plan, skipped: &Skipped) -> String {
    match &skipped.because {
        Because::Needs(id) => format!("because it needs {}", name(plan, *id)),
        Because::Reason(reason) => printable(reason),
    }
}

/// The last words of an apply.
fn summary(outcome: &Outcome, plan: &Plan, style: Style) -> String {
    let verb = match plan.mode {
        Mode::Apply => "Apply",
        Mode::Destroy => "Destroy",
    };
    let mut counts = Vec::new();
    if outcome.adopted > 0 {
        counts.push(format!("{} adopted", outcome.adopted));
    }
    if plan.mode == Mode::Apply || outcome.added + outcome.changed > 0 {
        counts.push(format!("{} added", outcome.added));
        counts.push(format!("{} changed", outcome.changed));
    }
    counts.push(format!("{} destroyed", outcome.destroyed));
    if outcome.released > 0 {
        counts.push(format!("{} released", outcome.released));
    }
    let counts = counts.join(", ");
    if outcome.is_complete() {
        let headline = paint(style.create, &format!("{verb} complete! Resources: {counts}."));
        return format!("{headline}\n");
    }
    let mut text =
        format!("{}\n", paint(style.error, &format!("{verb} incomplete: {counts}; {}.", open_ends(outcome))));
    let mut rest: Vec<ChangeId> = plan.changes.iter().map(|change| change.id).collect();
    rest.retain(|id| {
        let failed = outcome.failed.iter().any(|failure| failure.change == *id);
        let skipped = outcome.skipped.iter().any(|skipped| skipped.change == *id);
        !failed && !skipped && !outcome.abandoned.contains(id)
    });
    section(&mut text, style, "Done", rest.into_iter().map(|id| line(plan, id, |words| words.done)));
    section(
        &mut text,
        style,
        "Failed",
        outcome.failed.iter().map(|failure| {
            let action = line(plan, failure.change, |words| words.doing);
            format!("{action}{}", details("    ", failure, style))
        }),
    );
    let abandoned = outcome.abandoned.iter().map(|id| line(plan, *id, |words| words.doing));
    section(&mut text, style, "Left while AWS was working on it (may be half done)", abandoned);
    section(
        &mut text,
        style,
        "Skipped",
        outcome
            .skipped
            .iter()
            .map(|skipped| format!("  {}, {}\n", name(plan, skipped.change), because(plan, skipped))),
    );
    text.push_str("\nA second run goes on from here: the live account is the state.\n");
    text
}

/// `1 failed, 2 skipped`.
fn open_ends(outcome: &Outcome) -> String {
    [
        (outcome.failed.len(), "failed"),
        (outcome.abandoned.len(), "unfinished"),
        (outcome.skipped.len(), "skipped"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect::<Vec<_>>()
    .join(", ")
}

fn section(text: &mut String, style: Style, heading: &str, lines: impl Iterator<Item = String>) {
    let lines: String = lines.collect();
    if !lines.is_empty() {
        text.push_str(&format!("\n{}\n{lines}", paint(style.strong, &format!("{heading}:"))));
    }
}

fn line(plan: &Plan, id: ChangeId, word: impl Fn(&Words) -> &'static str) -> String {
    let words = plan.change(id).map(|change| words(Some(change), change.action));
    match words {
        Some(words) => format!("  {}: {}\n", name(plan, id), word(&words)),
        None => format!("  {}\n", name(plan, id)),
    }
}
