//! What a plan file must not hold: sensitive values, wherever they stand.

use super::checker::collect_secrets;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{Digest, Snapshot};
use crate::stack::{Evaluation, Inputs, VariableText};
use crate::value::{Address, Identity, Place, Text, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A secret shorter than this says nothing where people write: it may be any word.
const SHORTEST_IN_TEXT: usize = 8;

/// Every sensitive text that is known: of the variables so named, and of what came of them.
pub(super) fn texts(
    evaluation: &Evaluation,
    inputs: &Inputs,
    secret_variables: &BTreeSet<Text>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, input) in inputs.variables.iter().filter(|(name, _)| secret_variables.contains(*name)) {
        let value = match &input.value {
            VariableText::Text(text) => Value::from(text.to_string()),
            VariableText::Value(value) => value.clone(),
        };
        collect_secrets(&value, true, &mut found);
    }
    for instance in &evaluation.instances {
        instance.desired.values().for_each(|value| collect_secrets(value, false, &mut found));
    }
    for output in &evaluation.outputs {
        collect_secrets(&output.value, false, &mut found);
    }
    found
}

/// The live objects that hold, or may hold, what is sensitive, with the fingerprints of what is left out: those
/// of instances with a sensitive attribute, also under an earlier identity, and whatever holds a known secret.
pub(super) fn objects(
    evaluation: &Evaluation,
    snapshot: &Snapshot,
    secrets: &BTreeSet<String>,
) -> BTreeMap<Identity<Place>, Digest> {
    let sensitive = evaluation
        .instances
        .iter()
        .filter(|instance| instance.desired.values().any(Value::contains_sensitive));
    let (mut identities, mut addresses) = (BTreeSet::new(), BTreeSet::<&Address>::new());
    for instance in sensitive {
        identities.extend(&instance.identity);
        addresses.insert(&instance.address);
    }
    let concerned = snapshot.existing().filter(|(identity, object)| {
        identities.contains(identity)
            || snapshot.recorded_address(identity).is_some_and(|address| addresses.contains(address))
            || !secrets.is_empty() && {
                let attributes = json::to_json(&Value::map(object.attributes.clone()));
                secrets.iter().any(|secret| holds(&attributes, secret))
            }
    });
    concerned
        .filter_map(|(identity, object)| {
            let schema = kinds::schema(&identity.kind)?;
            Some((identity.clone(), Digest::of_object(schema, object)))
        })
        .collect()
}

/// Whether a text of the document holds the secret, as it is or as JSON writes it.
fn holds(document: &serde_json::Value, secret: &str) -> bool {
    match document {
        serde_json::Value::String(text) => {
            let written = serde_json::Value::from(secret).to_string();
            text.contains(secret) || text.contains(written.trim_matches('"'))
        }
        serde_json::Value::Array(items) => items.iter().any(|item| holds(item, secret)),
        serde_json::Value::Object(entries) => {
            entries.iter().any(|(key, value)| key.contains(secret) || holds(value, secret))
        }
        _ => false,
    }
}

/// The complaint about a plan file that would hold a secret although the objects that hold one are left out.
pub(super) fn complaint(document: &serde_json::Value, secrets: &BTreeSet<String>) -> Option<Diagnostic> {
    let long = || secrets.iter().filter(|secret| secret.len() >= SHORTEST_IN_TEXT);
    let within = |part: &serde_json::Value| {
        let entry = |(name, value): (&String, &serde_json::Value)| {
            long().any(|secret| holds(value, secret)).then(|| name.clone())
        };
        part.as_object().into_iter().flatten().find_map(entry)
    };
    let (inputs, snapshot) = (&document["inputs"], &document["snapshot"]);
    let place = if let Some(file) = within(&inputs["sources"]).or_else(|| within(&snapshot["files"])) {
        format!("the file {file}")
    } else if let Some(variable) = within(&inputs["variables"]) {
        format!("the variable \"{variable}\", which is not declared sensitive")
    } else if long().any(|secret| holds(&document["shown"], secret)) {
        "what the plan shows".to_string()
    } else {
        return None;
    };
    Some(
        Diagnostic::error(
            "sensitive-plan",
            format!(
                "A sensitive value stands in {place}, and sensitive values are never written to a plan file"
            ),
        )
        .help("give the value through a variable that is declared sensitive, or apply without a plan file"),
    )
}
