//! Values of variables from outside, in Terraform's order: environment, automatic files, then `--var-file`
//! and `--var` as they stand on the command line.

use super::args::{Source, Variables};
use crate::diagnostic::{Diagnostic, Sources};
use crate::lang::{eval, syntax};
use crate::stack::{VariableInput, VariableText};
use crate::value::{Text, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const PREFIX: &str = "EKSFORM_VAR_";

/// Gathers every value. Automatic files are those of the stack's directory; paths are relative to it.
pub fn gather(directory: &Path, given: &Variables) -> Result<BTreeMap<Text, VariableInput>, Vec<Diagnostic>> {
    let mut values = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if let Some(variable) = name.strip_prefix(PREFIX) {
            values.insert(Text::from(variable), text(value, name));
        }
    }
    let mut automatic: Vec<_> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".auto.eksvars.hcl") || name.ends_with(".auto.eksvars.json"))
        .map(PathBuf::from)
        .collect();
    automatic.sort();
    let automatic = automatic.into_iter().map(Source::File);
    for source in automatic.chain(given.0.iter().cloned()) {
        match source {
            Source::File(path) => match file(&directory.join(path)) {
                Ok(read) => values.extend(read),
                Err(mut found) => problems.append(&mut found),
            },
            Source::Pair(pair) => match pair.split_once('=') {
                Some((name, value)) => {
                    values.insert(Text::from(name.trim()), text(value, "--var"));
                }
                None => problems.push(
                    Diagnostic::error("invalid-variable", format!("--var {pair} gives no value"))
                        .help(format!("write: --var {pair}=VALUE")),
                ),
            },
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

fn text(value: &str, origin: &str) -> VariableInput {
    VariableInput { value: VariableText::Text(value.into()), origin: origin.into() }
}

/// A file of `name = value` lines. Its complaints name the line in words, since it is no file of the stack.
fn file(path: &Path) -> Result<BTreeMap<Text, VariableInput>, Vec<Diagnostic>> {
    let shown = path.display().to_string();
    let content = std::fs::read_to_string(path).map_err(|error| {
        vec![Diagnostic::error("unreadable-file", format!("{shown} cannot be read: {error}"))]
    })?;
    let mut sources = Sources::default();
    let id = sources.add(shown.clone(), content.as_str());
    let elsewhere = |problems: Vec<Diagnostic>| -> Vec<Diagnostic> {
        let placed = problems.into_iter().map(|mut problem| {
            if let Some(span) = problem.span.take() {
                let (file, line, column) = sources.position(span);
                problem.message = format!("{file}:{line}:{column}: {}", problem.message);
                problem.related.clear();
            }
            problem
        });
        placed.collect()
    };
    if path.extension().is_some_and(|extension| extension == "json") {
        return json_file(&shown, &content);
    }
    let (document, problems) = syntax::parse(id, &content);
    if !problems.is_empty() {
        return Err(elsewhere(problems));
    }
    let mut values = BTreeMap::new();
    let mut problems = Vec::new();
    for block in &document.body.blocks {
        problems.push(
            Diagnostic::error("unexpected-block", "A file of variables holds no blocks").at(block.span),
        );
    }
    for attribute in &document.body.attributes {
        match eval::evaluate(&attribute.expr, &eval::NoScope) {
            Ok(value) => {
                let input =
                    VariableInput { value: VariableText::Value(value), origin: shown.as_str().into() };
                values.insert(attribute.name.clone(), input);
            }
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(elsewhere(problems)) }
}

/// A JSON object from name to value. Texts are texts: `${` means nothing in them.
fn json_file(shown: &str, content: &str) -> Result<BTreeMap<Text, VariableInput>, Vec<Diagnostic>> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(content).map_err(|error| {
            vec![
                Diagnostic::error("syntax", format!("{shown} is no JSON object of variables: {error}"))
                    .help("write: { \"name\": \"value\" }"),
            ]
        })?;
    let input = |value: &serde_json::Value| VariableInput {
        value: VariableText::Value(json::from_json(value)),
        origin: shown.into(),
    };
    Ok(object.iter().map(|(name, value)| (name.as_str().into(), input(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn files_of_variables_may_be_json() {
        let read = json_file("x.auto.eksvars.json", r#"{"a": "${b}", "c": [1, {"d": null}]}"#).expect("JSON");
        let expected = Value::from("${b}");
        assert_eq!(read.get("a").map(|input| &input.value), Some(&VariableText::Value(expected)));
        assert_eq!(read.len(), 2);
        let broken = json_file("x.json", "[1]").expect_err("no object");
        assert!(broken[0].message.contains("x.json") && broken[0].message.contains("line 1"));
    }
}
