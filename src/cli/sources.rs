//! The files of a stack, from disk.

use crate::diagnostic::Diagnostic;
#[cfg(feature = "aws")]
use crate::live::Fact;
#[cfg(feature = "aws")]
use crate::live::Files;
use crate::stack::{SourceTree, called_directories, lock};
use crate::value::Text;
use std::collections::BTreeSet;
#[cfg(feature = "aws")]
use std::path::Component;
use std::path::Path;
#[cfg(feature = "aws")]
use std::path::PathBuf;

/// A file larger than this is no file of a stack.
const LARGEST: u64 = 16 << 20;

/// Reads every `*.eks.hcl` and `*.eks.json` of the directory, and those of the directories that the files
/// call as modules, and the lock file; nothing else.
pub fn read(directory: &Path) -> Result<SourceTree, Vec<Diagnostic>> {
    let tree = gather(|relative| files(directory, relative))?;
    if tree.files.keys().all(|path| path.contains('/') || &**path == lock::FILE) {
        return Err(vec![
            Diagnostic::error("no-files", format!("There is no *.eks.hcl file in {}", directory.display()))
                .help("name the stack's directory with --chdir, or start with a file stack.eks.hcl: stack \"my-platform\" {}"),
        ]);
    }
    Ok(tree)
}

/// Reads a stack's directory, `.`, and those that are called as modules, by whatever lists a directory.
pub fn gather(
    files: impl Fn(&str) -> Result<Vec<Read>, Vec<Diagnostic>>,
) -> Result<SourceTree, Vec<Diagnostic>> {
    let mut tree = SourceTree::default();
    let mut problems = Vec::new();
    let mut read = BTreeSet::from([Text::from(".")]);
    let mut open: Vec<Text> = vec![Text::from(".")];
    while let Some(at) = open.pop() {
        let files = match files(&at) {
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
    if problems.is_empty() { Ok(tree) } else { Err(problems) }
}

/// Whether a directory has files of a stack.
#[cfg(feature = "aws")]
pub fn any(directory: &Path) -> bool {
    files(directory, ".").is_ok_and(|files| !files.is_empty())
}

/// A file's path relative to the stack, and its text or why there is none.
pub type Read = (Text, Result<Text, Diagnostic>);

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
        if !belongs(relative, name) || path.is_dir() {
            continue;
        }
        let shown = joined(relative, name);
        let text = text(&path)
            .map(Text::from)
            .map_err(|why| Diagnostic::error("unreadable-file", format!("{shown} cannot be read: {why}")));
        found.push((shown.into(), text));
    }
    Ok(found)
}

/// Whether a file of that name in that directory is read.
pub fn belongs(directory: &str, name: &str) -> bool {
    let declares = name.ends_with(".eks.hcl") || name.ends_with(".eks.json");
    declares || (name == lock::FILE && directory == ".")
}

/// The path of a file, relative to the stack.
pub fn joined(directory: &str, name: &str) -> String {
    if directory == "." { name.to_string() } else { format!("{directory}/{name}") }
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
fn file(directory: &Path, modules: &[Text], path: &str) -> Fact<Text> {
    if !allowed(modules, path) {
        return Fact::Denied(Text::from(NOT_ALLOWED));
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

/// What expressions can read: what lies beside the stack's files and those of its modules.
#[cfg(feature = "aws")]
pub struct Beside {
    pub directory: PathBuf,
    /// Directories of modules outside of the stack's.
    pub modules: Vec<Text>,
}

#[cfg(feature = "aws")]
impl Files for Beside {
    fn file(&self, path: &str) -> Fact<Text> {
        file(&self.directory, &self.modules, path)
    }

    fn directory(&self, path: &str, levels: Option<u32>) -> Fact<Vec<Text>> {
        if path != "."
            && !allowed(&self.modules, path)
            && !self.modules.iter().any(|module| **module == *path)
        {
            return Fact::Denied(Text::from(
                "it lies outside of the directories of the stack and its modules",
            ));
        }
        let root = self.directory.join(path);
        if !root.is_dir() {
            return Fact::Absent;
        }
        match list(&root, levels.unwrap_or(u32::MAX)) {
            Ok(files) => Fact::Known(files),
            Err(why) => Fact::Denied(why.into()),
        }
    }
}

/// Files and directories that one listing may come across.
#[cfg(feature = "aws")]
const MOST_LISTED: usize = 20_000;

/// The files below a directory. Links to files count as files, links to directories are not followed.
#[cfg(feature = "aws")]
fn list(root: &Path, levels: u32) -> Result<Vec<Text>, String> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), String::new(), 1)];
    let mut seen = 0;
    while let Some((directory, prefix, level)) = open.pop() {
        let entries = std::fs::read_dir(&directory).map_err(|error| format!("{prefix}: {error}"))?;
        for entry in entries.flatten() {
            seen += 1;
            if seen > MOST_LISTED {
                return Err(format!(
                    "there are more than {MOST_LISTED} files below it: name a directory further down, or a pattern without **"
                ));
            }
            // What is not UTF-8 cannot be named in a stack's files either.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let real = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if real && level < levels {
                open.push((entry.path(), format!("{prefix}{name}/"), level + 1));
            } else if entry.path().is_file() {
                found.push(Text::from(format!("{prefix}{name}")));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Answers what the expressions of these files ask about files.
#[cfg(feature = "aws")]
pub fn reader(directory: &Path, tree: &SourceTree) -> Beside {
    Beside { directory: directory.to_path_buf(), modules: outside(tree) }
}

/// The directories outside of the stack's that hold modules.
#[cfg(feature = "aws")]
pub fn outside(tree: &SourceTree) -> Vec<Text> {
    let directories = tree.files.keys().filter_map(|path| path.rsplit_once('/'));
    let outside: BTreeSet<&str> =
        directories.map(|(directory, _)| directory).filter(|directory| directory.starts_with("..")).collect();
    outside.into_iter().map(Text::from).collect()
}

/// Why some files are not read.
#[cfg(feature = "aws")]
pub const NOT_ALLOWED: &str = "it lies outside of the directories of the stack and its modules";

/// Whether a path lies below the stack's directory or one of the others.
#[cfg(feature = "aws")]
pub fn allowed(modules: &[Text], path: &str) -> bool {
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
