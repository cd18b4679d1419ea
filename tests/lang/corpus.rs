//! Every case of `testdata/lang/*.txt`.

use super::scope::{CorpusScope, show};
use eksform::diagnostic::FileId;
use eksform::lang::{eval::evaluate, syntax};
use std::fmt::Write as _;

struct Case {
    line: usize,
    expr: String,
    expected: Expected,
}

enum Expected {
    Value(String),
    Error(String),
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut expr = String::new();
    let mut first = 0;
    for (index, line) in text.lines().enumerate() {
        if expr.is_empty() {
            if line.is_empty() || line.starts_with("# ") || line == "#" {
                continue;
            }
            first = index + 1;
        }
        let expected = match (line.get(..2), line) {
            (Some("= "), _) => Expected::Value(line[2..].to_string()),
            (Some("! "), _) => Expected::Error(line[2..].to_string()),
            _ => {
                expr.push_str(line);
                expr.push('\n');
                continue;
            }
        };
        cases.push(Case { line: first, expr: std::mem::take(&mut expr), expected });
    }
    assert_eq!(expr, "", "a case without an expectation");
    cases
}

/// The value in words, or everything the errors say.
fn outcome(text: &str) -> Result<String, String> {
    let scope = CorpusScope::default();
    let result = syntax::parse_expression(FileId(0), text).and_then(|expr| evaluate(&expr, &scope));
    result.map(|value| show(&value)).map_err(|errors| {
        let mut said = String::new();
        for error in errors {
            assert!(error.span.is_some(), "an error without a place: {}", error.message);
            let notes = error.notes.join("; ");
            let _ = writeln!(
                said,
                "{} ({}) {} {notes}",
                error.message,
                error.label.unwrap_or_default(),
                error.help.unwrap_or_default()
            );
        }
        said
    })
}

/// The expressions of the whole corpus.
pub fn all_cases() -> Vec<String> {
    texts().into_iter().flat_map(|(_, text)| cases(&text)).map(|case| case.expr).collect()
}

/// The files of the corpus with their names.
fn texts() -> Vec<(String, String)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lang");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).expect("the corpus").filter_map(Result::ok).collect();
    files.sort_by_key(|file| file.file_name());
    files
        .into_iter()
        .map(|file| (file.file_name().to_string_lossy().to_string(), file.path()))
        .filter(|(name, _)| name.ends_with(".txt"))
        .map(|(name, path)| (name, std::fs::read_to_string(path).expect("a corpus file")))
        .collect()
}

#[test]
fn the_corpus_holds() {
    let mut failures = String::new();
    let mut count = 0;
    for (name, text) in texts() {
        for case in cases(&text) {
            count += 1;
            let got = outcome(&case.expr);
            let problem = match (&case.expected, &got) {
                (Expected::Value(expected), Ok(value)) => match outcome(expected) {
                    Ok(expected) if expected == *value => None,
                    Ok(expected) => Some(format!("expected {expected}\n     got {value}")),
                    Err(error) => Some(format!("the expectation itself fails: {error}")),
                },
                (Expected::Error(part), Err(said)) if said.contains(part.as_str()) => None,
                (Expected::Error(part), Err(said)) => {
                    Some(format!("expected an error with {part:?}\n     got {said}"))
                }
                (Expected::Error(part), Ok(value)) => {
                    Some(format!("expected an error with {part:?}\n     got {value}"))
                }
                (Expected::Value(_), Err(said)) => Some(format!("expected a value\n     got {said}")),
            };
            if let Some(problem) = problem {
                let _ = writeln!(failures, "{name}:{}: {}{problem}\n", case.line, case.expr);
            }
        }
    }
    assert!(count >= 700, "cases are missing: {count}");
    assert!(failures.is_empty(), "\n{failures}");
}
