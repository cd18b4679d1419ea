//! What `validate` found, in the shape of Terraform's `validate -json`.

use crate::diagnostic::{Diagnostic, Severity, Silenced, Sources, Span};
use serde_json::{Value, json};

/// All complaints as one document. Notes count as warnings: Terraform knows no other.
pub fn json_validation(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": diagnostics.len() - errors,
        "diagnostics": diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect::<Vec<_>>(),
    })
}

/// What `check` found: the same, and what the files silence.
pub fn json_check(findings: &[Diagnostic], silenced: &[Silenced], sources: &Sources) -> Value {
    let mut document = json_validation(findings, sources);
    let entries = silenced.iter().map(|silenced| {
        let mut entry = one(&silenced.finding, sources);
        entry["reason"] = json!(silenced.reason);
        entry
    });
    document["silenced"] = entries.collect();
    document
}

/// Where a span lies, as SARIF says it: lines and columns from 1, the end one past the last character.
pub fn region(span: Span, sources: &Sources) -> Value {
    let (_, line, column) = sources.position(span);
    let (_, end_line, end_column) = sources.position(Span { start: span.end, ..span });
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut detail: Vec<String> = diagnostic.label.iter().cloned().collect();
    detail.extend(diagnostic.notes.iter().cloned());
    detail.extend(diagnostic.related.iter().map(|related| {
        let (path, line, _) = sources.position(related.span);
        format!("{}: {path}:{line}", related.message)
    }));
    detail.extend(diagnostic.help.iter().map(|help| format!("help: {help}")));
    let mut document = json!({
        "severity": if diagnostic.severity == Severity::Error { "error" } else { "warning" },
        "summary": diagnostic.message,
        "detail": detail.join("\n"),
        "code": diagnostic.code,
    });
    if let Some(address) = &diagnostic.address {
        document["address"] = json!(address);
    }
    if let Some(span) = diagnostic.span.filter(|span| sources.get(span.file).is_some()) {
        document["range"] = range(span, sources);
        document["snippet"] = snippet(span, sources);
    }
    document
}

/// Lines and columns count from 1, bytes from 0; the end is one past the last byte.
fn range(span: Span, sources: &Sources) -> Value {
    let (path, line, column) = sources.position(span);
    let end = Span { start: span.end, ..span };
    let (_, end_line, end_column) = sources.position(end);
    json!({
        "filename": path,
        "start": { "line": line, "column": column, "byte": span.start },
        "end": { "line": end_line, "column": end_column, "byte": span.end },
    })
}

/// The whole lines a span touches, and where in them it lies.
fn snippet(span: Span, sources: &Sources) -> Value {
    let text = sources.get(span.file).map_or("", |file| &file.text);
    let (start, end) = (text.len().min(span.start as usize), text.len().min(span.end as usize));
    let before = text.as_bytes()[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let after =
        text.as_bytes()[end..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| end + at);
    let (_, line, _) = sources.position(span);
    json!({
        "context": null,
        "code": text.get(before..after).unwrap_or(""),
        "start_line": line,
        "highlight_start_offset": start - before,
        "highlight_end_offset": end - before,
        "values": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_has_its_range_and_its_line() {
        let mut sources = Sources::default();
        let text = "locals {\n  é = nope\n}\n";
        let file = sources.add("a.eks.hcl", text);
        let at = text.find("nope").expect("it is there");
        let found = [
            Diagnostic::error("unknown-reference", "There is nothing called \"nope\"")
                .at(Span::new(file, at..at + 4))
                .label("here")
                .help("write it in quotes"),
            Diagnostic::note("moved-ignored", "A moved block is not needed"),
        ];
        let document = json_validation(&found, &sources);
        assert_eq!(document["valid"], false);
        assert_eq!((&document["error_count"], &document["warning_count"]), (&json!(1), &json!(1)));
        let first = &document["diagnostics"][0];
        assert_eq!(first["detail"], "here\nhelp: write it in quotes");
        assert_eq!(first["range"]["filename"], "a.eks.hcl");
        assert_eq!(first["range"]["start"], json!({ "line": 2, "column": 7, "byte": at }));
        assert_eq!(first["range"]["end"], json!({ "line": 2, "column": 11, "byte": at + 4 }));
        assert_eq!(first["snippet"]["code"], "  é = nope");
        assert_eq!(first["snippet"]["highlight_start_offset"], 7);
        assert_eq!(document["diagnostics"][1].get("range"), None);
        assert_eq!(json_validation(&[], &sources)["valid"], true);
    }
}
