//! Which directories a stack's files call as modules, and the tree of calls.

use super::declare::{self, Directory};
use super::inputs::SourceTree;
use super::lock;
use super::program::{Call, Module, ModuleId, Program, ROOT};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::value::{ProviderRef, Text};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many directories above the stack's own a module may lie.
const MOST_UP: usize = 8;

/// Calls of modules in one stack, those inside of modules included.
const MOST_CALLS: usize = 10_000;

/// The directory a source names, relative to the stack: `modules/eks`, `../shared`. `None` if it lies
/// too far up.
fn resolve(directory: &str, source: &str) -> Option<Text> {
    let parts = path_parts(directory, source);
    let up = parts.iter().filter(|part| **part == "..").count();
    (up <= MOST_UP).then(|| if parts.is_empty() { ".".into() } else { parts.join("/").into() })
}

/// The parts of a path that is relative to a directory, without `.`, and with `..` only where it leads out of what
/// is known.
pub fn path_parts<'a>(directory: &'a str, path: &'a str) -> Vec<&'a str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// The directory of a file.
fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(directory, _)| directory)
}

/// The directories that the files call as modules, relative to the stack. Whoever reads a stack reads
/// these too, and those that they call in turn.
pub fn called_directories(tree: &SourceTree) -> BTreeSet<Text> {
    tree.files
        .iter()
        .flat_map(|(path, text)| {
            declare::called(path, text)
                .into_iter()
                .filter(|source| source.starts_with('.'))
                .filter_map(|source| resolve(directory_of(path), &source))
        })
        .collect()
}

/// Reads all files of a stack and of the modules it calls. What can be read is returned even if there
/// are errors.
pub fn declare(tree: &SourceTree) -> (Program, Vec<Diagnostic>) {
    let mut files: BTreeMap<&str, Files<'_>> = BTreeMap::new();
    for (path, text) in &tree.files {
        files.entry(directory_of(path)).or_default().push((path, text));
    }
    let mut diagnostics = Vec::new();
    let mut program = Program {
        sources: crate::diagnostic::Sources::default(),
        stack: None,
        adopts: Vec::new(),
        removed: Vec::new(),
        lock: lock::Lock::new(),
        modules: Vec::new(),
    };
    let own = files.get(".").cloned().unwrap_or_default();
    let Directory { stack, adopts, removed, declared } =
        declare::directory(own, None, &mut program.sources, &mut diagnostics);
    if stack.is_none() && diagnostics.is_empty() {
        diagnostics.push(
            Diagnostic::error("no-stack", "No stack is declared here")
                .with_note("A stack is a directory of *.eks.hcl files with exactly one stack block: its name is the tag that says what eksform owns.")
                .help("add: stack \"my-platform\" {}"),
        );
    }
    (program.stack, program.adopts, program.removed) = (stack, adopts, removed);
    if let Some(text) = tree.files.get(lock::FILE) {
        let file = program.sources.add(lock::FILE, text.clone());
        let (pins, mut problems) = lock::read(file, text);
        program.lock = pins;
        diagnostics.append(&mut problems);
    }
    let provider = |provider: &ProviderRef| (provider.clone(), provider.clone());
    let mut providers: BTreeMap<_, _> = declared.providers.keys().map(provider).collect();
    providers.entry(ProviderRef::default()).or_default();
    program.modules.push(Module {
        path: Arc::from([]),
        caller: ROOT,
        directory: ".".into(),
        declared: Arc::new(declared),
        calls: BTreeMap::new(),
        providers,
    });
    let mut tree = Tree { files, known: BTreeMap::new(), program, diagnostics };
    let mut at = ROOT;
    while at < tree.program.modules.len() {
        let declared = tree.program.modules[at].declared.clone();
        for (name, call) in &declared.calls {
            if tree.program.modules.len() > MOST_CALLS {
                tree.diagnostics.push(
                    Diagnostic::error("limit", format!("More than {MOST_CALLS} calls of modules"))
                        .at(call.span)
                        .label("one too many, those inside of modules counted each time")
                        .help("call modules with for_each instead of one by one"),
                );
                return (tree.program, tree.diagnostics);
            }
            tree.call(at, name, call);
        }
        at += 1;
    }
    (tree.program, tree.diagnostics)
}

/// Path and text of each file of one directory.
type Files<'a> = Vec<(&'a Text, &'a Text)>;

struct Tree<'a> {
    files: BTreeMap<&'a str, Files<'a>>,
    /// Directories read, and those that cannot be.
    known: BTreeMap<Text, Option<Arc<super::program::Declarations>>>,
    program: Program,
    diagnostics: Vec<Diagnostic>,
}

impl Tree<'_> {
    fn call(&mut self, caller: ModuleId, name: &Text, call: &Call) {
        let (source, span) = &call.source;
        let Some(directory) = resolve(&self.program.modules[caller].directory, source) else {
            return self.complain_once(
                Diagnostic::error("module-source", format!("\"{source}\" lies too far from the stack"))
                    .at(*span)
                    .label(format!("more than {MOST_UP} directories above the stack"))
                    .help("keep modules next to the stacks that share them"),
            );
        };
        if let Some(circle) = self.circle(caller, &directory, name) {
            return self.complain_once(
                Diagnostic::error("module-cycle", "A module calls itself")
                    .at(*span)
                    .label(circle)
                    .help("call another directory, or remove the call"),
            );
        }
        let Some(declared) = self.directory(&directory, call) else { return };
        let path: Vec<Text> =
            self.program.modules[caller].path.iter().chain(std::iter::once(name)).cloned().collect();
        let providers = self.providers(caller, call);
        let id = self.program.modules.len();
        self.program.modules[caller].calls.insert(name.clone(), id);
        let calls = BTreeMap::new();
        let path = path.into();
        self.program.modules.push(Module { path, caller, directory, declared, calls, providers });
    }

    /// The calls that lead from a directory back to itself.
    fn circle(&self, caller: ModuleId, directory: &Text, name: &Text) -> Option<String> {
        let mut at = caller;
        loop {
            let module = &self.program.modules[at];
            if module.directory == *directory {
                let names: Vec<&str> = self.program.modules[caller].path[module.depth()..]
                    .iter()
                    .chain(std::iter::once(name))
                    .map(AsRef::as_ref)
                    .collect();
                let what = if at == ROOT { "the stack".to_string() } else { format!("{directory}/") };
                return Some(format!("leads back to {what} by module.{}", names.join(".module.")));
            }
            if at == ROOT {
                return None;
            }
            at = module.caller;
        }
    }

    /// What a directory declares, read once however often it is called.
    fn directory(&mut self, directory: &Text, call: &Call) -> Option<Arc<super::program::Declarations>> {
        if let Some(known) = self.known.get(directory) {
            return known.clone();
        }
        let declared = match self.files.get(directory.as_str()) {
            Some(files) => {
                let read = declare::directory(
                    files.iter().copied(),
                    Some(call.span),
                    &mut self.program.sources,
                    &mut self.diagnostics,
                );
                Some(Arc::new(read.declared))
            }
            None => {
                let directories: Vec<&str> = self.files.keys().copied().filter(|name| *name != ".").collect();
                let near = crate::diagnostic::nearest(directory, directories);
                self.diagnostics.push(
                    Diagnostic::error("missing-module", format!("There is no module in {directory}/"))
                        .at(call.source.1)
                        .label("no *.eks.hcl file is there")
                        .help(match near {
                            Some(near) => format!("did you mean {near}/?"),
                            None => "the source is relative to the file it is written in".to_string(),
                        }),
                );
                None
            }
        };
        self.known.insert(directory.clone(), declared.clone());
        declared
    }

    /// What the providers of the caller are called in the module. The default one is the caller's
    /// unless the call says otherwise; others have to be passed.
    fn providers(&mut self, caller: ModuleId, call: &Call) -> BTreeMap<ProviderRef, ProviderRef> {
        let outer = self.program.modules[caller].providers.clone();
        let mut inner = BTreeMap::new();
        if let Some(default) = outer.get(&ProviderRef::default()) {
            inner.insert(ProviderRef::default(), default.clone());
        }
        for (there, here, span) in &call.providers {
            match outer.get(here) {
                Some(provider) => {
                    inner.insert(there.clone(), provider.clone());
                }
                None => {
                    let aliases: Vec<&str> =
                        outer.keys().filter_map(|known| known.alias.as_deref()).collect();
                    self.complain_once(
                        Diagnostic::error("unknown-provider", format!("There is no {here}")).at(*span).help(
                            did_you_mean(here.alias.as_deref().unwrap_or_default(), aliases.iter().copied()),
                        ),
                    );
                }
            }
        }
        inner
    }

    /// A directory called twice is one mistake, not two.
    fn complain_once(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_relative_to_the_calling_directory() {
        for (directory, source, expected) in [
            (".", "./modules/eks", Some("modules/eks")),
            (".", "../shared/", Some("../shared")),
            ("modules/eks", "../role", Some("modules/role")),
            ("modules/eks", "../..", Some(".")),
            ("../shared", "../other", Some("../other")),
            ("../shared", "./../../a/./b", Some("../../a/b")),
            (".", "../../../../../../../../../far", None),
        ] {
            assert_eq!(resolve(directory, source).as_deref(), expected, "{directory} {source}");
        }
    }
}
