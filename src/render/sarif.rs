//! Findings as SARIF 2.1.0, which code hosts show beside the lines they are about.

use super::validation::region;
use crate::diagnostic::{Diagnostic, Severity, Silenced, Sources, Span};
use crate::live::Digest;
use crate::rules::{self, Rule};
use serde_json::{Map as Object, Value as Json, json};
use std::collections::BTreeMap;

/// What findings are and where they lie.
pub struct Findings<'a> {
    pub findings: &'a [Diagnostic],
    pub silenced: &'a [Silenced],
    pub sources: &'a Sources,
    /// The stack's directory as the reports name it: relative to where the command ran, empty for that itself.
    pub directory: &'a str,
    /// Where findings without a place are shown.
    pub stack: Option<Span>,
}

/// The log. Every rule is described in it, so that a report can say what was looked for.
pub fn sarif(findings: &Findings<'_>) -> Json {
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    let mut described: Vec<Json> = Vec::new();
    for rule in rules::all() {
        index.insert(rule.code, described.len());
        described.push(descriptor(rule));
    }
    // Refusals and complaints of planning have a code and no page.
    let silenced = findings.silenced.iter().map(|silenced| &silenced.finding);
    for finding in findings.findings.iter().chain(silenced) {
        index.entry(finding.code).or_insert_with(|| {
            described.push(json!({ "id": finding.code }));
            described.len() - 1
        });
    }
    let one = |finding: &Diagnostic| result(finding, index.get(finding.code).copied(), findings);
    let mut results: Vec<Json> = findings.findings.iter().map(one).collect();
    results.extend(findings.silenced.iter().map(|silenced| {
        let mut result = one(&silenced.finding);
        result["suppressions"] = json!([{
            "kind": "inSource",
            "status": "accepted",
            "justification": silenced.reason,
            "location": { "physicalLocation": physical(silenced.span, findings) },
        }]);
        result
    }));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "eksform",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": described,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn descriptor(rule: &Rule) -> Json {
    json!({
        "id": rule.code,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.fix, "markdown": rules::docs::help(rule) },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn result(finding: &Diagnostic, index: Option<usize>, all: &Findings<'_>) -> Json {
    let mut message = vec![finding.message.clone()];
    message.extend(finding.notes.iter().cloned());
    message.extend(finding.help.iter().map(|help| format!("Help: {help}")));
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": message.join("\n") },
        // The same finding, wherever it moves in the files.
        "partialFingerprints": { "finding/v1": fingerprint(finding) },
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    let mut location = Object::new();
    if let Some(span) = finding.span.or(all.stack) {
        location.insert("physicalLocation".into(), physical(span, all));
    }
    if let Some(address) = &finding.address {
        let logical = json!([{ "fullyQualifiedName": address, "kind": "resource" }]);
        location.insert("logicalLocations".into(), logical);
    }
    if !location.is_empty() {
        result["locations"] = json!([location]);
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(id, related)| {
            json!({
                "id": id,
                "message": { "text": related.message },
                "physicalLocation": physical(related.span, all),
            })
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

fn fingerprint(finding: &Diagnostic) -> String {
    let address = finding.address.as_deref().unwrap_or("");
    Digest::of_text(&format!("{}\n{address}\n{}", finding.code, finding.message)).to_string()
}

fn physical(span: Span, all: &Findings<'_>) -> Json {
    let path = all.sources.get(span.file).map_or("", |file| &file.path);
    json!({
        "artifactLocation": { "uri": uri(all.directory, path) },
        "region": region(span, all.sources),
    })
}

/// A relative reference to a file, or an absolute one if the directory is absolute.
fn uri(directory: &str, path: &str) -> String {
    let parts = crate::stack::path_parts(directory, path);
    let mut text = String::from(if directory.starts_with('/') { "file:///" } else { "" });
    for byte in parts.join("/").bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => text.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => text.push(byte.into()),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_as_references() {
        for (directory, path, expected) in [
            ("", "main.eks.hcl", "main.eks.hcl"),
            (".", "main.eks.hcl", "main.eks.hcl"),
            ("./stacks/a b", "main.eks.hcl", "stacks/a%20b/main.eks.hcl"),
            ("stacks/a", "../modules/m.eks.hcl", "stacks/modules/m.eks.hcl"),
            ("", "../m.eks.hcl", "../m.eks.hcl"),
            ("/srv/stack", "é.eks.hcl", "file:///srv/stack/%C3%A9.eks.hcl"),
        ] {
            assert_eq!(uri(directory, path), expected);
        }
    }

    #[test]
    fn findings_have_their_place_and_their_rule() {
        let mut sources = Sources::default();
        let file = sources.add("main.eks.hcl", "stack \"s\" {}\naddon \"é\" {}\n");
        let about = |code, start: usize, end: usize| {
            Diagnostic::warning(code, "Something is wrong").at(Span::new(file, start..end)).about("addon.x")
        };
        let findings = [
            about("addon-needs-iam", 13, 23).with_note("A fact.").help("Do this."),
            Diagnostic::error("destroys-cluster", "No place").related(Span::new(file, 0..5), "see here"),
        ];
        let silenced = [Silenced {
            finding: about("role-shared", 13, 23),
            reason: "both are ours".to_string(),
            span: Span::new(file, 0..11),
        }];
        let log = sarif(&Findings {
            findings: &findings,
            silenced: &silenced,
            sources: &sources,
            directory: "",
            stack: Some(Span::new(file, 0..11)),
        });
        let run = &log["runs"][0];
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), 3);
        for result in results {
            let rule =
                &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
        let first = &results[0];
        assert_eq!(first["message"]["text"], "Something is wrong\nA fact.\nHelp: Do this.");
        let place = &first["locations"][0];
        assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], "addon.x");
        let region = &place["physicalLocation"]["region"];
        assert_eq!(
            (&region["startLine"], &region["startColumn"], &region["endLine"], &region["endColumn"]),
            (&json!(2), &json!(1), &json!(2), &json!(10))
        );
        assert_eq!(results[1]["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
        assert_eq!(results[1]["relatedLocations"][0]["message"]["text"], "see here");
        assert_eq!(results[2]["suppressions"][0]["justification"], "both are ours");
        assert!(first.get("suppressions").is_none());
    }
}
