//! The files of a stack, from disk.

use crate::diagnostic::Diagnostic;
#[cfg(feature = "aws")]
use crate::live::Fact;
use crate::stack::SourceTree;
use std::path::Path;
#[cfg(feature = "aws")]
use std::{path::Component, sync::Arc};

/// A file larger than this is no file of a stack.
const LARGEST: u64 = 16 << 20;

/// Reads every `*.eks.hcl` and `*.eks.json` of the directory; never recursively.
pub fn read(directory: &Path) -> Result<SourceTree, Vec<Diagnostic>> {
    let entries = std::fs::read_dir(directory).map_err(|error| {
        vec![
            Diagnostic::error(
                "unreadable-directory",
                format!("{} cannot be read: {error}", directory.display()),
            )
            .help("name the stack's directory with --chdir"),
        ]
    })?;
    let mut tree = SourceTree::default();
    let mut problems = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !(name.ends_with(".eks.hcl") || name.ends_with(".eks.json")) || path.is_dir() {
            continue;
        }
        match text(&path) {
            Ok(text) => {
                tree.files.insert(name.into(), text.into());
            }
            Err(why) => {
                problems.push(Diagnostic::error("unreadable-file", format!("{name} cannot be read: {why}")))
            }
        }
    }
    if tree.files.is_empty() && problems.is_empty() {
        problems.push(
            Diagnostic::error("no-files", format!("There is no *.eks.hcl file in {}", directory.display()))
                .help("name the stack's directory with --chdir, or start with a file stack.eks.hcl: stack \"my-platform\" {}"),
        );
    }
    if problems.is_empty() { Ok(tree) } else { Err(problems) }
}

fn text(path: &Path) -> Result<String, String> {
    let size = path.metadata().map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_string())
}

/// Answers what expressions ask about files (`file("policy.json")`): below the stack's directory only.
#[cfg(feature = "aws")]
pub fn file(directory: &Path, path: &str) -> Fact<Arc<str>> {
    let relative = Path::new(path);
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Fact::Denied(Arc::from("it lies outside of the stack's directory"));
    }
    let full = directory.join(relative);
    if !full.exists() {
        return Fact::Absent;
    }
    match text(&full) {
        Ok(text) => Fact::Known(text.into()),
        Err(why) => Fact::Denied(why.into()),
    }
}
