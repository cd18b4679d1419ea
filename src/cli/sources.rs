//! The files of a stack, from disk.

use crate::diagnostic::Diagnostic;
#[cfg(feature = "aws")]
use crate::live::Fact;
use crate::stack::{SourceTree, called_directories, lock};
use std::collections::BTreeSet;
#[cfg(feature = "aws")]
use std::path::Component;
use std::path::Path;
use std::sync::Arc;

/// A file larger than this is no file of a stack.
const LARGEST: u64 = 16 << 20;

/// Reads every `*.eks.hcl` and `*.eks.json` of the directory, and those of the directories that the files
/// call as modules, and the lock file; nothing else.
pub fn read(directory: &Path) -> Result<SourceTree, Vec<Diagnostic>> {
    let mut tree = SourceTree::default();
    let mut problems = Vec::new();
    let mut read = BTreeSet::from([Arc::from(".")]);
    let mut open: Vec<Arc<str>> = vec![Arc::from(".")];
    while let Some(at) = open.pop() {
        let files = match files(directory, &at) {
            Ok(files) => files,
            // What a module's missing directory means is said where it is called.
            Err(_) if &*at != "." => continue,
            Err(mut found) => return Err(std::mem::take(&mut found)),
        };
        let mut found = SourceTree::default();
        for (path, text) in files {
            match text {
                Ok(text) => {
                    found.files.insert(path, text);
                }
                Err(problem) => problems.push(problem),
            }
        }
        open.extend(called_directories(&found).into_iter().filter(|called| read.insert(called.clone())));
        tree.files.append(&mut found.files);
    }
    if tree.files.keys().all(|path| path.contains('/') || &**path == lock::FILE) && problems.is_empty() {
        problems.push(
            Diagnostic::error("no-files", format!("There is no *.eks.hcl file in {}", directory.display()))
                .help("name the stack's directory with --chdir, or start with a file stack.eks.hcl: stack \"my-platform\" {}"),
        );
    }
    if problems.is_empty() { Ok(tree) } else { Err(problems) }
}

/// Whether a directory has files of a stack.
#[cfg(feature = "aws")]
pub fn any(directory: &Path) -> bool {
    files(directory, ".").is_ok_and(|files| !files.is_empty())
}

/// A file's path relative to the stack, and its text or why there is none.
type Read = (Arc<str>, Result<Arc<str>, Diagnostic>);

/// The files of one directory, which is relative to the stack's.
fn files(directory: &Path, relative: &str) -> Result<Vec<Read>, Vec<Diagnostic>> {
    let entries = std::fs::read_dir(directory.join(relative)).map_err(|error| {
        vec![
            Diagnostic::error(
                "unreadable-directory",
                format!("{} cannot be read: {error}", directory.display()),
            )
            .help("name the stack's directory with --chdir"),
        ]
    })?;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let declares = name.ends_with(".eks.hcl") || name.ends_with(".eks.json");
        if !(declares || (name == lock::FILE && relative == ".")) || path.is_dir() {
            continue;
        }
        let shown = if relative == "." { name.to_string() } else { format!("{relative}/{name}") };
        let text = text(&path)
            .map(Arc::from)
            .map_err(|why| Diagnostic::error("unreadable-file", format!("{shown} cannot be read: {why}")));
        found.push((shown.into(), text));
    }
    Ok(found)
}

fn text(path: &Path) -> Result<String, String> {
    let size = path.metadata().map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_string())
}

/// Answers what expressions ask about files (`file("policy.json")`): below the stack's directory, and
/// below the directories of its modules.
#[cfg(feature = "aws")]
fn file(directory: &Path, modules: &[Arc<str>], path: &str) -> Fact<Arc<str>> {
    if !allowed(modules, path) {
        return Fact::Denied(Arc::from("it lies outside of the directories of the stack and its modules"));
    }
    let full = directory.join(path);
    if !full.exists() {
        return Fact::Absent;
    }
    match text(&full) {
        Ok(text) => Fact::Known(text.into()),
        Err(why) => Fact::Denied(why.into()),
    }
}

/// Answers what the expressions of these files ask about files.
#[cfg(feature = "aws")]
pub fn reader(directory: &Path, tree: &SourceTree) -> impl Fn(&str) -> Fact<Arc<str>> + Send + Sync + use<> {
    let (directory, modules) = (directory.to_path_buf(), outside(tree));
    move |path| file(&directory, &modules, path)
}

/// The directories outside of the stack's that hold modules.
#[cfg(feature = "aws")]
fn outside(tree: &SourceTree) -> Vec<Arc<str>> {
    let directories = tree.files.keys().filter_map(|path| path.rsplit_once('/'));
    let outside: BTreeSet<&str> =
        directories.map(|(directory, _)| directory).filter(|directory| directory.starts_with("..")).collect();
    outside.into_iter().map(Arc::from).collect()
}

/// Whether a path lies below the stack's directory or one of the others.
#[cfg(feature = "aws")]
fn allowed(modules: &[Arc<str>], path: &str) -> bool {
    let below = |path: &str| {
        Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    };
    below(path)
        || modules.iter().any(|module| {
            path.strip_prefix(&**module)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| !rest.starts_with('/') && below(rest))
        })
}
