//! Broken files, and exactly what `validate` says about them: `testdata/invalid`.

mod bytes;

use eksform::diagnostic::Diagnostic;
use eksform::render::{self, Style};
use eksform::stack::{self, Inputs, SourceTree};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/invalid")
}

/// Name and sources of every case: a file `x.eks.hcl`, or a folder `x` of several.
fn cases() -> Vec<(String, SourceTree)> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(root()).expect("testdata/invalid") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().to_string();
        let mut tree = SourceTree::default();
        let mut add = |name: &str, path: &Path| {
            let text = std::fs::read_to_string(path).expect("UTF-8");
            tree.files.insert(name.into(), text.into());
        };
        if path.is_dir() {
            let mut open = vec![(String::new(), path)];
            while let Some((prefix, directory)) = open.pop() {
                for file in std::fs::read_dir(&directory).expect("a folder") {
                    let file = file.expect("a file").path();
                    let name = format!("{prefix}{}", file.file_name().expect("a name").to_string_lossy());
                    if file.is_dir() {
                        open.push((format!("{name}/"), file));
                    } else {
                        add(&name, &file);
                    }
                }
            }
            cases.push((name, tree));
        } else if let Some(stem) = name.strip_suffix(".eks.hcl") {
            add(&name, &path);
            cases.push((stem.to_string(), tree));
        }
    }
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

/// What `validate` finds and prints.
fn validate(sources: &SourceTree) -> (Vec<Diagnostic>, String) {
    let (program, found) = stack::validate(&Inputs { sources: sources.clone(), ..Inputs::default() });
    let mut text = render::diagnostics(&found, &program.sources, Style::plain());
    text.push_str(&render::error_count(&found));
    text.push('\n');
    (found, text)
}

/// What every error has to show: where, what is meant there, and what it is about or how to mend it.
fn lacks(found: &[Diagnostic], sources: &SourceTree) -> Vec<String> {
    let mut problems = Vec::new();
    if !found.iter().any(Diagnostic::is_error) {
        problems.push("there is no error".to_string());
    }
    let (program, _) = stack::declare(sources);
    for diagnostic in found {
        let text = render::diagnostics(std::slice::from_ref(diagnostic), &program.sources, Style::plain());
        let mut lack = |what: &str| problems.push(format!("no {what}:\n{text}"));
        // Without any block there is no place to point at.
        if diagnostic.code != "no-stack" {
            let (path, line, column) = match diagnostic.span {
                Some(span) => program.sources.position(span),
                None => (String::new(), 0, 0),
            };
            if !text.contains(&format!("--> {path}:{line}:")) || column == 0 {
                lack("path, line and column");
            }
            if !text.contains('^') {
                lack("underlined source");
            }
        }
        let label = diagnostic.label.as_ref().is_some_and(|label| !label.is_empty());
        let help = diagnostic.help.as_ref().is_some_and(|help| !help.is_empty());
        if !label && !help {
            lack("hint");
        }
    }
    problems
}

#[test]
fn every_broken_file_is_explained() {
    let mut failures = String::new();
    let cases = cases();
    for (name, sources) in &cases {
        let (found, text) = validate(sources);
        let mut problems = lacks(&found, sources);
        let expected = snapbox::Data::read_from(&root().join(format!("{name}.txt")), None).raw();
        let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
        if let Err(error) = assert.try_eq(Some(&"validate"), text.into(), expected) {
            problems.push(error.to_string());
        }
        if !problems.is_empty() {
            let _ = writeln!(failures, "==== {name}\n{}\n", problems.join("\n"));
        }
    }
    println!("{} broken files", cases.len());
    assert!(failures.is_empty(), "\n{failures}");
    assert!(cases.len() >= 40, "cases are missing");
}

#[test]
fn no_text_is_left_without_its_files() {
    let names: Vec<String> = cases().into_iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(root()).expect("testdata/invalid") {
        let name = entry.expect("an entry").file_name().to_string_lossy().to_string();
        if let Some(stem) = name.strip_suffix(".txt") {
            assert!(names.iter().any(|known| known == stem), "{name} belongs to nothing");
        }
    }
}
