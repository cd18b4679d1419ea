//! A folder of `testdata/plan` as inputs and snapshot.

use super::snapshot;
use eksform::diff::Action;
use eksform::live::{Fact, Members, Owner, Snapshot};
use eksform::plan::saved::{self, Round};
use eksform::stack::{self, Base, Inputs, Mode, Program, SourceTree, VariableInput, VariableText};
use eksform::value::{Identity, KeyPart, Text, Want, json};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Clone)]
pub struct Case {
    pub inputs: Inputs,
    pub snapshot: Snapshot,
}

/// A program with what planning it gave.
pub struct Outcome {
    pub program: Program,
    /// What reading the files complains about.
    pub declared: Vec<eksform::diagnostic::Diagnostic>,
    pub round: Round,
}

/// `options.json`: what else than files and account a plan depends on.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    destroy: bool,
    /// Address to the stack it may be taken from.
    adopt: BTreeMap<String, Option<String>>,
    allow_destroy: BTreeSet<String>,
    allow_orphans: bool,
    partial: bool,
    targets: BTreeSet<String>,
    excludes: BTreeSet<String>,
    replaces: BTreeSet<String>,
    releases: BTreeSet<String>,
    locked: bool,
    variables: BTreeMap<String, serde_json::Value>,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/plan")
}

/// Every case, in the order of the names.
pub fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root())
        .expect("testdata/plan")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir() && path.file_name().is_none_or(|name| name != "_templates"))
        .collect();
    folders.sort();
    folders
}

/// The files of a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().to_string())
        .collect();
    names.sort();
    names
}

impl Case {
    pub fn read(folder: &Path) -> Result<Self, String> {
        let text = |name: &str| {
            std::fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))
        };
        let mut inputs = Inputs { now: 1_767_323_045, seed: 1, ..Inputs::default() };
        let mut open = vec![String::new()];
        while let Some(directory) = open.pop() {
            for name in names(&folder.join(&directory)) {
                let path = format!("{directory}{name}");
                if folder.join(&path).is_dir() {
                    open.push(format!("{path}/"));
                } else if name.ends_with(".eks.hcl") || name == stack::lock::FILE {
                    inputs.sources.files.insert(path.as_str().into(), text(&path)?.into());
                }
            }
        }
        let (base, own): (BTreeMap<Text, Text>, _) = std::mem::take(&mut inputs.sources.files)
            .into_iter()
            .partition(|(path, _)| path.starts_with("base/"));
        inputs.sources.files = own;
        if !base.is_empty() {
            let then = base.into_iter().map(|(path, text)| (path["base/".len()..].into(), text));
            let sources = SourceTree { files: then.collect() };
            inputs.base = Some(Base { revision: "main".into(), commit: "c0ffee".into(), sources });
        }
        let options: Options = match text("options.json") {
            Ok(text) => serde_json::from_str(&text).map_err(|error| format!("options.json: {error}"))?,
            Err(_) => Options::default(),
        };
        let arc = |text: String| -> Text { text.into() };
        inputs.mode = if options.destroy { Mode::Destroy } else { Mode::Apply };
        inputs.adopt =
            options.adopt.into_iter().map(|(address, from)| (arc(address), from.map(arc))).collect();
        let arcs = |texts: BTreeSet<String>| -> BTreeSet<Text> { texts.into_iter().map(arc).collect() };
        inputs.allow_destroy = arcs(options.allow_destroy);
        (inputs.targets, inputs.excludes) = (arcs(options.targets), arcs(options.excludes));
        inputs.replaces = arcs(options.replaces);
        inputs.releases = arcs(options.releases);
        inputs.allow_orphans = options.allow_orphans;
        (inputs.locked, inputs.partial) = (options.locked, options.partial);
        inputs.variables = options
            .variables
            .into_iter()
            .map(|(name, value)| {
                let value = match value {
                    serde_json::Value::String(text) => VariableText::Text(text.into()),
                    value => VariableText::Value(json::from_json(&value)),
                };
                (arc(name), VariableInput { value, origin: "--var".into() })
            })
            .collect();
        let snapshot = snapshot::read(&text("snapshot.json")?, folder)
            .map_err(|error| format!("snapshot.json: {error}"))?;
        Ok(Self { inputs, snapshot })
    }

    pub fn plan(&self) -> Outcome {
        let (program, declared) = stack::declare(&self.inputs.sources);
        let mut snapshot = self.snapshot.clone();
        let mut round = saved::round(&program, &self.inputs, &snapshot);
        // What an add-on may claim and the account does not mention is free to claim.
        while self.free_to_claim(&round, &mut snapshot) {
            round = saved::round(&program, &self.inputs, &snapshot);
        }
        Outcome { program, declared, round }
    }

    /// Answers what is asked of associations once everything else is answered. Whether anything was.
    fn free_to_claim(&self, round: &Round, snapshot: &mut Snapshot) -> bool {
        let Some(evaluation) = round.evaluation.as_ref().filter(|evaluation| evaluation.wants.is_empty())
        else {
            return false;
        };
        let mut answered = false;
        for want in &round.built.wants {
            match want {
                Want::Object(identity) if &*identity.kind == "pod_identity_association" => {
                    let Some(place) = snapshot.place(&identity.scope, true) else { continue };
                    snapshot.objects.insert(identity.within(place), Fact::Absent);
                    answered = true;
                }
                // Of a cluster that is deleted it has to be said what goes with it.
                Want::Members { provider, cluster } => {
                    let Some(place) = snapshot.place(provider, true) else { continue };
                    let key = [KeyPart::exact(cluster.clone())];
                    let identity = Identity { scope: place, kind: "cluster".into(), key: key.into() };
                    let owner = snapshot.object(&identity).and_then(Fact::known).map(|object| &object.owner);
                    let stays = self.inputs.mode == Mode::Apply
                        && evaluation.instances.iter().any(|instance| {
                            instance.identity.as_ref() == Some(&identity)
                                && instance.proposed.proposal.action != Action::Replace
                        });
                    if stays || owner == Some(&Owner::None) {
                        snapshot.members.insert(identity, Fact::Known(Members::default()));
                        answered = true;
                    }
                }
                _ => {}
            }
        }
        answered
    }
}
