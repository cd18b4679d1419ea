//! What of a stack works, as a table with the concerns below, and as JSON.

use super::addons::table;
use super::style::{Style, paint, printable};
use crate::discover::{Outcome, Subject, VerifyRow};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The object, as people call it: `addon demo/vpc-cni`, `vpc-cni: kube-system/aws-node`.
fn name(row: &VerifyRow) -> String {
    let name = match (row.subject, &row.addon) {
        (Subject::Cluster, _) => format!("cluster {}", row.name),
        (Subject::Addon, _) => format!("addon {}/{}", row.cluster, row.name),
        (Subject::Association, Some(addon)) => format!("addon {}/{addon}: {}", row.cluster, row.name),
        (Subject::Association, None) => format!("association {}/{}", row.cluster, row.name),
    };
    printable(&name).to_string()
}

/// One line for each object, then what is not as it should be, then how many work.
pub fn verification(rows: &[VerifyRow], style: Style) -> String {
    if rows.is_empty() {
        return "The stack has no cluster, and nothing in one.\n".to_string();
    }
    let dash = |text: &str| if text.is_empty() { "-".to_string() } else { printable(text) };
    let with_pods = rows.iter().any(|row| row.pods.is_some());
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let pods = row.pods.map_or("-".to_string(), |pods| format!("{}/{}", pods.fine, pods.all));
            vec![
                name(row),
                dash(&row.status),
                dash(row.role.as_deref().unwrap_or("")),
                if with_pods { pods } else { String::new() },
                row.outcome().word().to_string(),
            ]
        })
        .collect();
    let mut text = table(&["OBJECT", "STATUS", "ROLE", "PODS", "RESULT"], &cells, style);
    for row in rows {
        for concern in &row.concerns {
            let look = match concern.outcome {
                Outcome::NotWorking | Outcome::Unknown => style.error,
                Outcome::Warning | Outcome::Working => style.warning,
            };
            let _ = write!(
                text,
                "\n{}: {}\n  {}\n",
                paint(look, concern.outcome.word()),
                name(row),
                printable(&concern.text)
            );
            for help in concern.help.iter().flat_map(|help| help.lines()) {
                let _ = writeln!(text, "  {} {}", paint(style.help, "help:"), printable(help));
            }
        }
    }
    let count = |outcome: Outcome| rows.iter().filter(|row| row.outcome() == outcome).count();
    let all = rows.len();
    let plural = if all == 1 { "object" } else { "objects" };
    let warned = match count(Outcome::Warning) {
        0 => String::new(),
        some => format!(", {some} of them with a warning"),
    };
    let summary = match (count(Outcome::NotWorking), count(Outcome::Unknown)) {
        (0, 0) => format!("Verified: nothing is broken in {all} {plural}{warned}."),
        (0, unknown) => format!("Not verified: {unknown} of {all} {plural} could not be read."),
        (broken, 0) => format!("Not verified: {broken} of {all} {plural} not working."),
        (broken, unknown) => {
            format!("Not verified: {broken} of {all} {plural} not working, and {unknown} could not be read.")
        }
    };
    let _ = write!(text, "\n{}\n", paint(style.strong, &summary));
    text
}

/// As people read an outcome, in one word for programs.
fn word(outcome: Outcome) -> String {
    outcome.word().replace(' ', "_")
}

/// The same as JSON.
pub fn json_verification(stack: &str, rows: &[VerifyRow]) -> String {
    let worst = rows.iter().map(VerifyRow::outcome).max().unwrap_or_default();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let concerns: Vec<Value> = row
                .concerns
                .iter()
                .map(|concern| {
                    json!({"result": word(concern.outcome), "text": concern.text, "help": concern.help})
                })
                .collect();
            json!({
                "kind": row.subject.word(), "cluster": &*row.cluster, "place": row.place, "name": row.name,
                "addon": row.addon.as_deref(), "address": row.address, "role": row.role.as_deref(),
                "status": (!row.status.is_empty()).then_some(&*row.status),
                "pods": row.pods.map(|pods| json!({"fine": pods.fine, "all": pods.all})),
                "result": word(row.outcome()), "concerns": concerns,
            })
        })
        .collect();
    let document = json!({"format_version": "1", "stack": stack, "result": word(worst), "objects": rows});
    // A document of plain values: writing it cannot fail.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
