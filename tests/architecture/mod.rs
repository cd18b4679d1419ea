//! Holds the source tree against `docs/architecture.md`: who may import whom, and what the pure rooms keep away
//! from. Reads the source as text, so it sees every feature and every platform at once.

mod source;

use source::Code;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Every room with the rooms it may import, lowest first. A room that is not listed is an error.
const ROOMS: [(&str, &[&str]); 15] = [
    ("diagnostic", &[]),
    ("value", &["diagnostic"]),
    ("lang", &["diagnostic", "value"]),
    ("kinds", &["diagnostic", "value", "lang"]),
    ("live", &["diagnostic", "value", "lang", "kinds"]),
    ("diff", &["diagnostic", "value", "lang", "kinds", "live"]),
    ("author", &["diagnostic", "value", "lang", "kinds", "live", "diff"]),
    ("stack", &["diagnostic", "value", "lang", "kinds", "live", "diff"]),
    ("plan", &["diagnostic", "value", "lang", "kinds", "live", "diff", "stack"]),
    ("rules", &["diagnostic", "value", "lang", "kinds", "live", "diff", "stack", "plan"]),
    ("render", &["diagnostic", "value", "lang", "kinds", "live", "diff", "stack", "plan", "rules"]),
    // Of `stack` it takes the provider configuration, of `plan` the call to make: see `AWS_TAKES`.
    ("aws", &["diagnostic", "value", "kinds", "live", "stack", "plan"]),
    ("apply", &["diagnostic", "value", "kinds", "live", "diff", "stack", "plan", "aws"]),
    ("sandbox", &[]),
    (
        "cli",
        &[
            "diagnostic",
            "value",
            "lang",
            "kinds",
            "live",
            "diff",
            "author",
            "stack",
            "plan",
            "rules",
            "render",
            "aws",
            "apply",
            "sandbox",
        ],
    ),
];

/// Rooms that touch nothing outside of themselves.
const PURE: [&str; 11] =
    ["diagnostic", "value", "lang", "kinds", "live", "diff", "author", "stack", "plan", "rules", "render"];

/// All that the aws room takes of the rooms above `live`.
const AWS_TAKES: [&str; 3] =
    ["crate::plan::Call", "crate::stack::AssumeRole", "crate::stack::ProviderConfig"];

/// The longest file.
const MOST_LINES: usize = 800;

/// A source file below `src`.
struct Source {
    /// Relative to `src`.
    path: String,
    text: String,
    /// Every path the code names, in full: `crate::plan::Call`, `std::fs::read`.
    names: BTreeSet<String>,
    /// Every macro called, without the `!`.
    macros: BTreeSet<String>,
}

impl Source {
    fn room(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }
}

fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read_sources);
    &SOURCES
}

fn read_sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in rust_files(&root) {
        let text = std::fs::read_to_string(&file).expect("source is readable");
        let path = file.strip_prefix(&root).expect("below src").to_str().expect("UTF-8").replace('\\', "/");
        let code = Code::new(&text, &path);
        found.push(Source { path, text, names: code.names, macros: code.macros });
    }
    assert!(found.len() > 100, "the source tree was found");
    found
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the directory is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Fails with every violation at once.
fn none(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn every_room_is_known() {
    let known: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).chain(["lib", "main"]).collect();
    let unknown: BTreeSet<String> = sources()
        .iter()
        .filter(|source| !known.contains(source.room()))
        .map(|source| format!("src/{} is in no room: give it a place in ROOMS", source.path))
        .collect();
    none(&unknown.into_iter().collect::<Vec<_>>());
}

#[test]
fn rooms_import_lower_rooms_only() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    let mut found = Vec::new();
    for source in sources() {
        let Some(lower) = allowed.get(source.room()) else { continue };
        for name in &source.names {
            let Some(room) = name.strip_prefix("crate::").and_then(|rest| rest.split("::").next()) else {
                continue;
            };
            if room != source.room() && allowed.contains_key(room) && !lower.contains(&room) {
                found.push(format!("src/{} names {name}", source.path));
            }
        }
    }
    none(&found);
}

#[test]
fn aws_takes_data_only_from_planning() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.room() == "aws") {
        for name in &source.names {
            let above = ["crate::plan", "crate::stack"].into_iter().any(|room| begins_with(name, room));
            let allowed = AWS_TAKES.into_iter().any(|taken| begins_with(name, taken));
            if above && !allowed {
                found.push(format!("src/{} names {name}", source.path));
            }
        }
    }
    none(&found);
}

#[test]
fn sandbox_shares_no_code() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.room() == "sandbox") {
        for name in &source.names {
            let inside = name == "crate" || name.starts_with("crate::sandbox");
            if name.starts_with("crate") && !inside || name.starts_with("eksform::") {
                found.push(format!("src/{} names {name}", source.path));
            }
        }
    }
    none(&found);
}

#[test]
fn only_aws_and_cli_know_the_sdk() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !["aws", "cli"].contains(&source.room())) {
        for name in source.names.iter().filter(|name| name.starts_with("aws_")) {
            found.push(format!("src/{} names {name}", source.path));
        }
    }
    // The command line wires transport and credentials together; it makes no calls.
    for source in sources().iter().filter(|source| source.room() == "cli") {
        for name in source.names.iter().filter(|name| name.starts_with("aws_sdk_")) {
            found.push(format!("src/{} names {name}", source.path));
        }
    }
    none(&found);
}

#[test]
fn pure_rooms_touch_nothing() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.room())) {
        found.extend(
            source
                .names
                .iter()
                .filter(|name| touches(name))
                .map(|name| format!("src/{} names {name}", source.path)),
        );
    }
    none(&found);
}

/// Whether a path leads to the file system, the network, the environment, another process or a clock.
/// Addresses of `std::net` are plain data.
fn touches(name: &str) -> bool {
    let starts =
        |prefix: &str| name == prefix || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"));
    let crates = ["tokio", "hyper", "http", "reqwest", "std::fs", "std::env", "std::process"];
    let addresses = ["std::net::IpAddr", "std::net::Ipv4Addr", "std::net::Ipv6Addr"];
    let clocks = ["Instant::now", "Timestamp::now", "Zoned::now"];
    crates.into_iter().any(starts)
        || name.starts_with("aws_")
        || starts("std::net") && !addresses.into_iter().any(starts)
        || name.split("::").any(|part| part == "SystemTime")
        || clocks.into_iter().any(|clock| name == clock || name.ends_with(&format!("::{clock}")))
}

/// Whether a path is the given one or lies below it.
fn begins_with(name: &str, path: &str) -> bool {
    name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn files_stay_short() {
    let found: Vec<String> = sources()
        .iter()
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(source, lines)| format!("src/{} has {lines} lines: split it by meaning", source.path))
        .collect();
    none(&found);
}

#[test]
fn nothing_is_left_undone() {
    let mut found = Vec::new();
    for source in sources() {
        for name in ["todo", "unimplemented", "dbg"] {
            if source.macros.contains(name) {
                found.push(format!("src/{} calls {name}!", source.path));
            }
        }
    }
    none(&found);
}

#[test]
fn no_test_file_is_forgotten() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let main = std::fs::read_to_string(tests.join("main.rs")).expect("tests/main.rs is readable");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&tests).expect("tests is readable").flatten() {
        let path = entry.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let module = path.join("mod.rs").exists() || path.extension().is_some_and(|kind| kind == "rs");
        if module && name != "main" && !main.contains(&format!("mod {name};")) {
            found.push(format!("tests/{name} is no module of tests/main.rs"));
        }
    }
    let manifest = std::fs::read_to_string(tests.join("../Cargo.toml")).expect("the manifest is readable");
    assert!(manifest.contains("autotests = false"), "or Cargo makes a binary of every file in tests");
    none(&found);
}

#[test]
fn every_named_test_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).expect("the page is readable");
    let files = rust_files(&root.join("src")).into_iter().chain(rust_files(&root.join("tests")));
    let code: String = files.map(|file| std::fs::read_to_string(file).expect("source is readable")).collect();
    let mut names = 0;
    let mut found = Vec::new();
    for line in page.lines().filter(|line| line.trim_start().starts_with("Enforced by")) {
        for name in line.split('`').skip(1).step_by(2) {
            names += 1;
            let function = name.rsplit("::").next().unwrap_or(name);
            if !code.contains(&format!("fn {function}(")) {
                found.push(format!("docs/architecture.md names the test {name}, which does not exist"));
            }
        }
    }
    assert!(names > 5, "the page names the tests that hold its invariants");
    none(&found);
}

#[test]
fn what_touches_the_world() {
    for (name, expected) in [
        ("std::net::IpAddr::V4", false),
        ("std::net::TcpStream", true),
        ("std::net", true),
        ("std::environment", false),
        ("jiff::Timestamp::now", true),
        ("aws_config::load", true),
        ("std::time::SystemTime", true),
        ("tokio::time", true),
    ] {
        assert_eq!(touches(name), expected, "{name}");
    }
}
