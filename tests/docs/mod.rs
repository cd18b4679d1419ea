//! Holds the documentation to what the product does: its HCL is valid, and its links lead somewhere.

use eksform::diagnostic::Diagnostic;
use eksform::live::Snapshot;
use eksform::stack::{self, Inputs, SourceTree};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown page: those at the top, and all of `docs` and `examples`.
fn pages() -> Vec<(String, String)> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let mut found: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].iter().map(|name| root().join(name)).collect();
    walk(&root().join("docs"), &mut found);
    walk(&root().join("examples"), &mut found);
    found.sort();
    found
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(root()).ok()?.to_str()?.to_string();
            Some((name, std::fs::read_to_string(&path).ok()?))
        })
        .collect()
}

/// A fenced block of a page.
struct Fence<'a> {
    /// What stands behind the opening fence: `hcl complete`.
    info: &'a str,
    text: String,
    line: usize,
}

fn fences(page: &str) -> Vec<Fence<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Fence<'_>)> = None;
    for (number, line) in page.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let marker = line.trim_start().strip_prefix("```");
        open = match (open, marker) {
            (None, Some(info)) => {
                Some((indent, Fence { info: info.trim(), text: String::new(), line: number + 2 }))
            }
            (Some((_, fence)), Some(_)) => {
                found.push(fence);
                None
            }
            (Some((indent, mut fence)), None) => {
                fence.text.push_str(line.get(indent..).unwrap_or(line));
                fence.text.push('\n');
                Some((indent, fence))
            }
            (None, None) => None,
        };
    }
    found
}

fn errors(diagnostics: &[Diagnostic]) -> Vec<String> {
    let missing = |diagnostic: &&Diagnostic| diagnostic.code != "missing-variable";
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).filter(missing);
    errors.map(|diagnostic| format!("{}: {}", diagnostic.code, diagnostic.message)).collect()
}

/// What is wrong with the files of a stack before anything is read from AWS.
fn problems(sources: SourceTree) -> Vec<String> {
    let (program, mut diagnostics) = stack::declare(&sources);
    let inputs = Inputs { sources, ..Inputs::default() };
    diagnostics.extend(stack::evaluate(&program, &inputs, &Snapshot::default()).1);
    errors(&diagnostics)
}

fn tree(files: impl IntoIterator<Item = (String, String)>) -> SourceTree {
    SourceTree { files: files.into_iter().map(|(name, text)| (name.into(), text.into())).collect() }
}

/// Whether a block is a whole stack: it says so, or it begins with a `stack` block.
fn whole(fence: &Fence<'_>) -> bool {
    let first = fence.text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    fence.info.split_whitespace().any(|word| word == "complete")
        || first.is_some_and(|line| line.starts_with("stack "))
}

#[test]
fn hcl_is_valid() {
    let mut found = Vec::new();
    let (mut complete, mut fragments) = (0, 0);
    for (page, text) in pages() {
        for fence in fences(&text).iter().filter(|fence| fence.info.split(' ').next() == Some("hcl")) {
            let complaints = if whole(fence) {
                complete += 1;
                problems(tree([("main.eks.hcl".to_string(), fence.text.clone())]))
            } else {
                fragments += 1;
                let file = eksform::diagnostic::Sources::default().add("fragment", fence.text.as_str());
                errors(&eksform::lang::syntax::parse(file, &fence.text).1)
            };
            found.extend(complaints.iter().map(|complaint| format!("{page}:{}: {complaint}", fence.line)));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    assert!(complete >= 5 && fragments >= 3, "{complete} complete stacks and {fragments} fragments");
}

#[test]
fn examples_are_valid() {
    let mut examples = 0;
    for entry in std::fs::read_dir(root().join("examples")).expect("there are examples").flatten() {
        let files = std::fs::read_dir(entry.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = files.filter(|path| path.to_str().is_some_and(|path| path.ends_with(".eks.hcl")));
        let read = files.map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_string();
            (name, std::fs::read_to_string(&path).expect("the file is readable"))
        });
        let found = problems(tree(read));
        assert!(found.is_empty(), "{}: {}", entry.path().display(), found.join("\n"));
        examples += 1;
    }
    assert!(examples > 0);
}

#[test]
fn links_lead_somewhere() {
    let mut found = Vec::new();
    for (page, text) in pages() {
        let directory = root().join(&page).parent().expect("a page lies in a directory").to_path_buf();
        for target in links(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = if path.is_empty() { root().join(&page) } else { directory.join(path) };
            if !file.exists() {
                found.push(format!("{page}: {target} does not exist"));
            } else if !anchor.is_empty()
                && !anchors(&std::fs::read_to_string(&file).unwrap_or_default()).any(|name| name == anchor)
            {
                found.push(format!("{page}: {target} names no heading of that page"));
            }
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The targets of `[text](target)` outside of fenced blocks.
fn links(page: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in page.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](") {
            if let Some((target, _)) = after.split_once(')') {
                found.push(target.to_string());
            }
            rest = after;
        }
    }
    found
}

/// The names headings have in links.
fn anchors(page: &str) -> impl Iterator<Item = String> + '_ {
    page.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}
