//! The saved plan file: the inputs and the snapshot a plan was made of, and its fingerprint.

use super::base;
use super::build::{Built, build};
use super::document::{IdentityDocument, InputsDocument, SnapshotDocument};
use super::fingerprint::{Known, fingerprint};
use super::secrets;
use crate::diagnostic::Diagnostic;
use crate::live::{Digest, Snapshot};
use crate::stack::{self, Evaluation, Inputs, Program, Rounds, VariableInput, evaluate};
use crate::value::{Identity, Place, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format this version writes. Reading refuses any other.
pub const FORMAT: u32 = 2;

/// Where planning stands after one round.
#[derive(Clone, Debug)]
pub struct Round {
    pub built: Built,
    /// Providers as evaluated, to answer the wants with.
    pub evaluation: Option<Evaluation>,
}

/// The fingerprint of a plan file: of what the plan is a function of, and of what stands in for objects that are
/// left out.
fn mark(
    inputs: &Inputs,
    kept: &Snapshot,
    left_out: &BTreeMap<Identity<Place>, Digest>,
    shown: Option<&Shown>,
) -> Digest {
    let whole = fingerprint(inputs, kept, &Known::default());
    if left_out.is_empty() {
        return whole;
    }
    let objects: Vec<(String, String)> =
        left_out.iter().map(|(identity, digest)| (identity.to_string(), digest.to_string())).collect();
    let document = serde_json::json!([whole.to_string(), objects, shown]);
    Digest::of_text(&document.to_string())
}

/// One round of planning: evaluate, and plan once evaluation wants nothing more.
pub fn round(program: &Program, inputs: &Inputs, snapshot: &Snapshot) -> Round {
    planned(inputs, snapshot, evaluate(program, inputs, snapshot))
}

/// One round of several, each with a snapshot that knows more.
pub fn next_round(rounds: &mut Rounds<'_>, snapshot: &Snapshot) -> Round {
    let (_, inputs) = rounds.about();
    let evaluated = rounds.round(snapshot);
    planned(inputs, snapshot, evaluated)
}

fn planned(
    inputs: &Inputs,
    snapshot: &Snapshot,
    (evaluation, diagnostics): (Option<Evaluation>, Vec<Diagnostic>),
) -> Round {
    let Some(evaluation) = evaluation else {
        return Round { built: Built { plan: None, wants: BTreeSet::new(), diagnostics }, evaluation: None };
    };
    let broken = diagnostics.iter().any(Diagnostic::is_error);
    if broken || !evaluation.wants.is_empty() {
        let wants = (*evaluation.wants).clone();
        return Round { built: Built { plan: None, wants, diagnostics }, evaluation: Some(evaluation) };
    }
    let mut built = build(&evaluation, inputs, snapshot);
    built.diagnostics.splice(0..0, diagnostics);
    if let Some(base) = &inputs.base {
        base::mark(&mut built, &evaluation, base, inputs, snapshot);
    }
    Round { built, evaluation: Some(evaluation) }
}

/// A snapshot as JSON text, as the plan file holds it.
pub fn write_snapshot(snapshot: &Snapshot) -> String {
    // Plain maps, lists and texts: writing them as JSON cannot fail.
    serde_json::to_string_pretty(&SnapshotDocument::new(snapshot)).unwrap_or_default() + "\n"
}

/// Reads what [`write_snapshot`] wrote.
pub fn read_snapshot(text: &str) -> Result<Snapshot, Box<Diagnostic>> {
    let document: SnapshotDocument =
        serde_json::from_str(text).map_err(|error| Box::new(unreadable(&error.to_string())))?;
    Ok(document.read())
}

#[derive(Serialize, Deserialize)]
struct FileDocument {
    format: u32,
    eksform: String,
    plan_id: String,
    /// Variables whose values were left out.
    secret_variables: BTreeSet<String>,
    inputs: InputsDocument,
    snapshot: SnapshotDocument,
    /// Live objects that hold sensitive values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOutDocument>,
    /// The plan as it was shown, if objects were left out: it cannot be made again without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown: Option<Shown>,
}

#[derive(Serialize, Deserialize)]
struct LeftOutDocument {
    identity: IdentityDocument,
    digest: String,
}

/// A plan as people and tools see it. Nothing sensitive is in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub text: String,
    /// Terraform's plan JSON.
    pub json: serde_json::Value,
}

/// Only what is needed to refuse another format with a clear message.
#[derive(Deserialize)]
struct Header {
    format: u32,
    eksform: String,
}

/// What a saved plan file holds.
#[derive(Clone, Debug)]
pub struct Saved {
    pub inputs: Inputs,
    pub snapshot: Snapshot,
    pub plan_id: Digest,
    /// Variables that have to be given again.
    pub secret_variables: BTreeSet<Text>,
    /// Live objects that hold sensitive values. They are missing in the snapshot, and have to be read again: what
    /// is then found must have this fingerprint.
    pub left_out: BTreeMap<Identity<Place>, Digest>,
    /// The plan as it was shown, if anything was left out.
    pub shown: Option<Shown>,
}

/// The text of the plan file. Values of sensitive variables are left out, and so are live objects that hold
/// what the files call sensitive. A plan that would hold a sensitive value nevertheless cannot be saved.
pub fn write(
    program: &Program,
    evaluation: &Evaluation,
    inputs: &Inputs,
    snapshot: &Snapshot,
    shown: Shown,
) -> Result<String, Box<Diagnostic>> {
    let base = inputs.base.as_ref().map(|base| stack::declare(&base.sources).0);
    let secret: BTreeSet<Text> = std::iter::once(program)
        .chain(&base)
        .flat_map(|program| &program.root().variables)
        .filter(|(_, variable)| variable.sensitive)
        .map(|(name, _)| name.clone())
        .collect();
    let texts = secrets::texts(evaluation, inputs, &secret);
    let left_out = secrets::objects(evaluation, snapshot, &texts);
    let mut kept = snapshot.clone();
    kept.objects.retain(|identity, _| !left_out.contains_key(identity));
    let shown = Some(shown).filter(|_| !left_out.is_empty());
    let document = FileDocument {
        format: FORMAT,
        eksform: env!("CARGO_PKG_VERSION").to_string(),
        plan_id: mark(inputs, &kept, &left_out, shown.as_ref()).to_string(),
        secret_variables: secret
            .iter()
            .filter(|name| inputs.variables.contains_key(*name))
            .map(ToString::to_string)
            .collect(),
        inputs: InputsDocument::new(inputs, &secret),
        snapshot: SnapshotDocument::new(&kept),
        left_out: left_out
            .iter()
            .map(|(identity, digest)| LeftOutDocument {
                identity: IdentityDocument::new(identity),
                digest: digest.to_string(),
            })
            .collect(),
        shown,
    };
    let damaged = |error: serde_json::Error| Box::new(unreadable(&error.to_string()));
    let document = serde_json::to_value(&document).map_err(damaged)?;
    if let Some(complaint) = secrets::complaint(&document, &texts) {
        return Err(Box::new(complaint));
    }
    Ok(serde_json::to_string_pretty(&document).map_err(damaged)? + "\n")
}

/// Reads a plan file. Another format, or damage, is an error.
pub fn read(text: &str) -> Result<Saved, Box<Diagnostic>> {
    let header: Header =
        serde_json::from_str(text).map_err(|error| Box::new(unreadable(&error.to_string())))?;
    if header.format != FORMAT {
        return Err(Box::new(
            Diagnostic::error(
                "plan-format",
                format!(
                    "The plan file has format {}, written by eksform {}; this version reads format {FORMAT}",
                    header.format, header.eksform
                ),
            )
            .help("make the plan again with this version"),
        ));
    }
    let document: FileDocument =
        serde_json::from_str(text).map_err(|error| Box::new(unreadable(&error.to_string())))?;
    let digest = |text: &str| {
        Digest::parse(text).ok_or_else(|| Box::new(unreadable(&format!("\"{text}\" is no fingerprint"))))
    };
    let left_out = document.left_out.into_iter().map(|one| Ok((one.identity.read(), digest(&one.digest)?)));
    Ok(Saved {
        inputs: document.inputs.read(),
        snapshot: document.snapshot.read(),
        plan_id: digest(&document.plan_id)?,
        secret_variables: document.secret_variables.into_iter().map(Into::into).collect(),
        left_out: left_out.collect::<Result<_, Box<Diagnostic>>>()?,
        shown: document.shown,
    })
}

impl Saved {
    /// Adds the values of sensitive variables, and holds the whole against the fingerprint.
    pub fn complete(&mut self, given: &BTreeMap<Text, VariableInput>) -> Result<(), Box<Diagnostic>> {
        for name in &self.secret_variables {
            match given.get(name) {
                Some(value) => {
                    self.inputs.variables.insert(name.clone(), value.clone());
                }
                None => {
                    return Err(Box::new(
                        Diagnostic::error("missing-variable", format!("The plan was made with the sensitive variable \"{name}\", which is not in the plan file"))
                            .help(format!("give it again: --var {name}=… or EKSFORM_VAR_{name}")),
                    ));
                }
            }
        }
        if mark(&self.inputs, &self.snapshot, &self.left_out, self.shown.as_ref()) == self.plan_id {
            return Ok(());
        }
        Err(Box::new(match self.secret_variables.is_empty() {
            true => Diagnostic::error("plan-damaged", "The plan file was changed after it was written")
                .help("make the plan again"),
            false => Diagnostic::error(
                "plan-damaged",
                "The plan was made with other values of its sensitive variables, or was changed",
            )
            .help("give the same values, or make the plan again"),
        }))
    }
}

fn unreadable(why: &str) -> Diagnostic {
    Diagnostic::error("plan-unreadable", "This is no plan file, or it is damaged")
        .with_note(why)
        .help("make the plan again")
}
