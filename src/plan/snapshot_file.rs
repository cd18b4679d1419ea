//! The snapshot file: what was live, to plan from without asking AWS.

use super::document::SnapshotDocument;
use crate::diagnostic::Diagnostic;
use crate::live::{Digest, Snapshot};
use crate::stack::Evaluation;
use crate::value::json;
use serde::{Deserialize, Serialize};

/// The format this version writes. Reading refuses any other.
pub const SNAPSHOT_FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDocument {
    snapshot_format: u32,
    eksform: String,
    /// The fingerprint of what follows.
    digest: String,
    snapshot: serde_json::Value,
}

/// Only what is needed to refuse another file with a clear message.
#[derive(Deserialize)]
struct Header {
    snapshot_format: Option<u32>,
    eksform: Option<String>,
    /// Of a saved plan.
    plan_id: Option<String>,
}

/// The text of the snapshot file. Files that expressions read are left out: they are on disk. A live object whose
/// attribute the files call sensitive cannot be saved.
pub fn write(evaluation: &Evaluation, snapshot: &Snapshot) -> Result<String, Box<Diagnostic>> {
    for instance in &evaluation.instances {
        if let Some((name, _)) = instance.desired.iter().find(|(_, value)| value.contains_sensitive()) {
            return Err(Box::new(
                Diagnostic::error(
                    "sensitive-snapshot",
                    format!(
                        "{}.{name} is sensitive, and sensitive values are never written to a snapshot",
                        instance.address
                    ),
                )
                .at(instance.span)
                .help("keep the value out of the object, or plan from the live account"),
            ));
        }
    }
    let document = SnapshotDocument::new(&Snapshot { files: Default::default(), ..snapshot.clone() });
    let document =
        serde_json::to_value(&document).map_err(|error| Box::new(unreadable(&error.to_string())))?;
    let document = FileDocument {
        snapshot_format: SNAPSHOT_FORMAT,
        eksform: env!("CARGO_PKG_VERSION").to_string(),
        digest: digest(&document),
        snapshot: document,
    };
    let text =
        serde_json::to_string_pretty(&document).map_err(|error| Box::new(unreadable(&error.to_string())))?;
    Ok(text + "\n")
}

/// The fingerprint of the document as it stands in the file, so that it holds for later versions too; the order of
/// names counts for nothing.
fn digest(document: &serde_json::Value) -> String {
    Digest::of_text(&json::to_json(&json::from_json(document)).to_string()).to_string()
}

/// Reads what [`write`] wrote. Another format, another kind of file, or damage is an error.
pub fn read(text: &str) -> Result<Snapshot, Box<Diagnostic>> {
    let header: Header =
        serde_json::from_str(text).map_err(|error| Box::new(unreadable(&error.to_string())))?;
    match header.snapshot_format {
        Some(SNAPSHOT_FORMAT) => {}
        Some(format) => {
            let by =
                header.eksform.map(|version| format!(", written by eksform {version}")).unwrap_or_default();
            return Err(Box::new(
                Diagnostic::error(
                    "snapshot-format",
                    format!(
                        "The snapshot has format {format}{by}; this version reads format {SNAPSHOT_FORMAT}"
                    ),
                )
                .help(AGAIN),
            ));
        }
        None if header.plan_id.is_some() => {
            return Err(Box::new(
                Diagnostic::error("snapshot-format", "This is a saved plan, not a snapshot")
                    .help("eksform show FILE shows a saved plan"),
            ));
        }
        None => return Err(Box::new(unreadable("it does not say which format it has"))),
    }
    let document: FileDocument =
        serde_json::from_str(text).map_err(|error| Box::new(unreadable(&error.to_string())))?;
    if digest(&document.snapshot) != document.digest {
        return Err(Box::new(
            Diagnostic::error("snapshot-damaged", "The snapshot was changed after it was written")
                .help(AGAIN),
        ));
    }
    let snapshot: SnapshotDocument = serde_json::from_value(document.snapshot)
        .map_err(|error| Box::new(unreadable(&error.to_string())))?;
    Ok(snapshot.read())
}

const AGAIN: &str = "take it again with this version: eksform snapshot";

fn unreadable(why: &str) -> Diagnostic {
    Diagnostic::error("snapshot-unreadable", "This is no snapshot, or it is damaged")
        .with_note(why)
        .help(AGAIN)
}
