//! The files of a stack as of another revision, from the `git` program.

use super::sources::{self, NOT_ALLOWED, Read};
use crate::diagnostic::Diagnostic;
use crate::live::Fact;
use crate::stack::{Base, SourceTree};
use crate::value::Text;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A commit, seen from the stack's directory.
pub struct Commit {
    directory: PathBuf,
    /// The full hash.
    pub hash: Text,
    /// The stack's directory within the repository, ended by `/` unless it is the top.
    prefix: String,
    /// Directories outside of the stack's that hold modules.
    modules: Vec<Text>,
}

/// Runs git in a directory. What it says goes into the error.
fn git(directory: &Path, args: &[&str], input: &str) -> Result<Output, Box<Diagnostic>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = |command: &mut Command| -> std::io::Result<Output> {
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // It may end without reading.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output()
    };
    run(&mut command).map_err(|error| {
        Box::new(
            Diagnostic::error("no-git", format!("git cannot be run: {error}"))
                .help("--base reads files of another revision: install git, or plan without it"),
        )
    })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_string()
}

/// Reads the stack as of a revision.
pub fn base(directory: &Path, revision: &str) -> Result<Base, Vec<Diagnostic>> {
    let prefix = prefix(directory, revision)?;
    let name = format!("{revision}^{{commit}}");
    let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &name];
    let found = git(directory, &args, "").map_err(|problem| vec![*problem])?;
    let hash = String::from_utf8_lossy(&found.stdout).trim().to_string();
    if !found.status.success() || hash.is_empty() {
        return Err(vec![
            Diagnostic::error("unknown-revision", format!("--base {revision}: git knows no such revision"))
                .help("a branch, a tag or a commit; where CI fetches a single commit, fetch the other one first: git fetch origin main"),
        ]);
    }
    let directory = directory.to_path_buf();
    let commit = Commit { directory, hash: hash.into(), prefix, modules: Vec::new() };
    let tree = sources::gather(|relative| commit.files(relative));
    let tree = match tree {
        Ok(tree) => tree,
        // The stack's directory was not there.
        Err(problems) if problems.is_empty() => SourceTree::default(),
        Err(problems) => return Err(problems),
    };
    Ok(Base { revision: revision.into(), commit: commit.hash, sources: tree })
}

/// The commit of a base, to read more of its files.
pub fn commit(directory: &Path, base: &Base) -> Result<Commit, Vec<Diagnostic>> {
    Ok(Commit {
        directory: directory.to_path_buf(),
        hash: base.commit.clone(),
        prefix: prefix(directory, &base.revision)?,
        modules: sources::outside(&base.sources),
    })
}

/// Where the directory lies in its repository.
fn prefix(directory: &Path, revision: &str) -> Result<String, Vec<Diagnostic>> {
    let top = git(directory, &["rev-parse", "--show-prefix"], "").map_err(|problem| vec![*problem])?;
    if top.status.success() {
        return Ok(String::from_utf8_lossy(&top.stdout).trim_end_matches('\n').to_string());
    }
    Err(vec![
        Diagnostic::error("no-repository", format!("--base {revision}: there is no git repository here"))
            .with_note(said(&top))
            .help("run in a working copy of the repository that holds the stack, or without --base"),
    ])
}

impl Commit {
    /// The path within the repository of one that is relative to the stack; `None` if it leads out of it.
    fn within(&self, path: &str) -> Option<String> {
        let mut parts: Vec<&str> = self.prefix.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }

    /// What a stack reads of one directory. An empty error: there is no such directory.
    fn files(&self, relative: &str) -> Result<Vec<Read>, Vec<Diagnostic>> {
        let inside = self.within(relative).ok_or_else(Vec::new)?;
        let tree = format!("{}:{inside}", self.hash);
        let listed = git(&self.directory, &["ls-tree", "--full-tree", "-z", "--name-only", &tree], "")
            .map_err(|it| vec![*it])?;
        if !listed.status.success() {
            return Err(Vec::new());
        }
        let names = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names = names.split('\0').filter(|name| sources::belongs(relative, name));
        let mut found = Vec::new();
        for name in names {
            let path = sources::joined(relative, name);
            let text = match self.text(&path) {
                Fact::Known(text) => Ok(text),
                // A directory, or a link that leads out of the repository.
                Fact::Absent => continue,
                Fact::Denied(why) => {
                    let message = format!("{path} cannot be read as of {}: {why}", self.hash);
                    Err(Diagnostic::error("unreadable-file", message))
                }
            };
            found.push((path.into(), text));
        }
        Ok(found)
    }

    /// Answers what expressions ask about files, as of the commit.
    pub fn file(&self, path: &str) -> Fact<Text> {
        if !sources::allowed(&self.modules, path) {
            return Fact::Denied(Text::from(NOT_ALLOWED));
        }
        self.text(path)
    }

    /// The files below a directory as of the commit, at most that many levels deep.
    pub fn directory(&self, path: &str, levels: Option<u32>) -> Fact<Vec<Text>> {
        if path != "."
            && !sources::allowed(&self.modules, path)
            && !self.modules.iter().any(|it| **it == *path)
        {
            return Fact::Denied(Text::from(NOT_ALLOWED));
        }
        let Some(inside) = self.within(path) else { return Fact::Absent };
        let tree = format!("{}:{inside}", self.hash);
        let args = ["ls-tree", "-r", "--full-tree", "-z", "--name-only", &tree];
        match git(&self.directory, &args, "") {
            Ok(listed) if listed.status.success() => {
                let names = String::from_utf8_lossy(&listed.stdout).into_owned();
                let levels = levels.map_or(usize::MAX, |levels| levels as usize);
                let near = |name: &&str| !name.is_empty() && name.split('/').count() <= levels;
                let mut files: Vec<Text> = names.split('\0').filter(near).map(Text::from).collect();
                files.sort_unstable();
                Fact::Known(files)
            }
            // There was no such directory.
            Ok(_) => Fact::Absent,
            Err(problem) => Fact::Denied(problem.message.clone().into()),
        }
    }

    /// The text of a file, also through links.
    fn text(&self, path: &str) -> Fact<Text> {
        let Some(inside) = self.within(path).filter(|path| !path.contains('\n')) else { return Fact::Absent };
        let name = format!("{}:{inside}\n", self.hash);
        let output = match git(&self.directory, &["cat-file", "--batch", "--follow-symlinks"], &name) {
            Ok(output) if output.status.success() => output,
            Ok(output) => return Fact::Denied(said(&output).into()),
            Err(problem) => return Fact::Denied(problem.message.clone().into()),
        };
        // `HASH blob SIZE`, the content and a line break; or `NAME missing` and the like.
        let Some(end) = output.stdout.iter().position(|byte| *byte == b'\n') else { return Fact::Absent };
        let header = String::from_utf8_lossy(&output.stdout[..end]).into_owned();
        let mut words = header.split(' ').skip(1);
        let (Some("blob"), Some(size)) = (words.next(), words.next().and_then(|size| size.parse().ok()))
        else {
            return Fact::Absent;
        };
        let content = output.stdout.get(end + 1..).and_then(|rest| rest.get(..size)).unwrap_or_default();
        match std::str::from_utf8(content) {
            Ok(text) => Fact::Known(text.into()),
            Err(_) => Fact::Denied("it is not UTF-8".into()),
        }
    }
}
