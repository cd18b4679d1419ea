//! `eksform fmt`: files in the one layout.

use super::args::{Fmt, Global};
use super::output::Terminal;
use super::{DONE, ERROR, Exit, UNFORMATTED};
use crate::diagnostic::{Diagnostic, Sources};
use crate::lang;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Whether a file of this name is formatted. JSON is the business of whoever writes it.
fn is_formatted(name: &str) -> bool {
    name.ends_with(".eks.hcl") || name.ends_with(".eksvars.hcl")
}

pub fn run(global: &Global, args: &Fmt, terminal: &Terminal) -> Exit {
    if args.target.as_deref().is_some_and(|target| target.as_os_str() == "-") {
        return standard_input(args, terminal);
    }
    let mut problems = Vec::new();
    let mut sources = Sources::default();
    let mut changed = false;
    for (name, path) in files(global, args.target.as_deref(), &mut problems) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                problems.push(unreadable(&name, &error));
                continue;
            }
        };
        let formatted = match format(&name, &text, &mut sources) {
            Ok(formatted) => formatted,
            Err(mut found) => {
                problems.append(&mut found);
                continue;
            }
        };
        if formatted == text {
            continue;
        }
        changed = true;
        terminal.print(&format!("{name}\n"));
        if args.diff {
            terminal.print(&difference(&name, &text, &formatted));
        }
        if !args.check
            && let Err(error) = std::fs::write(&path, &formatted)
        {
            problems.push(Diagnostic::error("unwritable-file", format!("{name} cannot be written: {error}")));
        }
    }
    terminal.complain(&problems, &sources);
    match (problems.iter().any(Diagnostic::is_error), args.check && changed) {
        (true, _) => ERROR,
        (false, true) => UNFORMATTED,
        (false, false) => DONE,
    }
}

/// Formats what comes in and prints it, or says whether it is formatted.
fn standard_input(args: &Fmt, terminal: &Terminal) -> Exit {
    let mut text = String::new();
    let mut sources = Sources::default();
    let formatted = match std::io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => format("<stdin>", &text, &mut sources),
        Err(error) => Err(vec![unreadable("<stdin>", &error)]),
    };
    match formatted {
        Ok(formatted) => {
            if args.diff {
                terminal.print(&difference("<stdin>", &text, &formatted));
            } else if !args.check {
                terminal.print(&formatted);
            }
            if args.check && formatted != text { UNFORMATTED } else { DONE }
        }
        Err(problems) => {
            terminal.complain(&problems, &sources);
            ERROR
        }
    }
}

/// The files to format, with the names they are shown under, in order.
fn files(global: &Global, target: Option<&Path>, problems: &mut Vec<Diagnostic>) -> Vec<(String, PathBuf)> {
    let at = target.map_or_else(|| global.chdir.clone(), |target| global.path(target));
    let shown = |path: &Path| match target {
        Some(target) => target.join(path).display().to_string(),
        None => path.display().to_string(),
    };
    if at.is_file() {
        return vec![(target.unwrap_or(&at).display().to_string(), at)];
    }
    let entries = match std::fs::read_dir(&at) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(unreadable(&at.display().to_string(), &error));
            return Vec::new();
        }
    };
    let mut found: Vec<(String, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .filter_map(|path| {
            let name = path.file_name()?.to_str().filter(|name| is_formatted(name))?;
            Some((shown(Path::new(name)), path.clone()))
        })
        .collect();
    found.sort();
    found
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("unreadable-file", format!("{name} cannot be read: {error}"))
}

/// Formats a text. Complaints point into a source of that name.
fn format(name: &str, text: &str, sources: &mut Sources) -> Result<String, Vec<Diagnostic>> {
    lang::format(text).map_err(|mut problems| {
        let file = sources.add(name, text);
        for problem in &mut problems {
            let spans = problem.span.iter_mut().chain(problem.related.iter_mut().map(|one| &mut one.span));
            spans.for_each(|span| span.file = file);
        }
        problems
    })
}

pub fn difference(name: &str, before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&format!("old/{name}"), &format!("new/{name}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UGLY: &str = "locals {\na=1\n}\n";
    const NICE: &str = "locals {\n  a = 1\n}\n";

    /// A directory of its own, gone at the end.
    struct Directory(PathBuf);

    impl Directory {
        fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn directory(name: &str, files: &[(&str, &str)]) -> Directory {
        let path = std::env::temp_dir().join(format!("eksform-fmt-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        for (name, text) in files {
            std::fs::write(path.join(name), text).expect("a file");
        }
        Directory(path)
    }

    fn fmt(directory: &Path, args: Fmt) -> Exit {
        let global =
            Global { chdir: directory.to_path_buf(), sandbox: None, no_cache: false, no_color: true };
        run(&global, &args, &Terminal::new(true))
    }

    #[test]
    fn files_of_the_directory_are_formatted_once() {
        let directory =
            directory("once", &[("a.eks.hcl", UGLY), ("b.auto.eksvars.hcl", "a=1\n"), ("c.hcl", UGLY)]);
        let text = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect("a file");
        let check = || Fmt { check: true, diff: true, target: None };
        assert_eq!(fmt(directory.path(), check()), UNFORMATTED);
        assert_eq!(text("a.eks.hcl"), UGLY, "a check writes nothing");
        assert_eq!(fmt(directory.path(), Fmt::default()), DONE);
        assert_eq!((text("a.eks.hcl").as_str(), text("b.auto.eksvars.hcl").as_str()), (NICE, "a = 1\n"));
        assert_eq!(text("c.hcl"), UGLY, "this file is somebody else's");
        assert_eq!(fmt(directory.path(), check()), DONE);
    }

    #[test]
    fn what_does_not_parse_is_left_alone() {
        let directory = directory("broken", &[("a.eks.hcl", "locals {\n"), ("b.eks.hcl", UGLY)]);
        assert_eq!(fmt(directory.path(), Fmt::default()), ERROR);
        let text = std::fs::read_to_string(directory.path().join("b.eks.hcl")).expect("a file");
        assert_eq!(text, NICE, "the others are formatted");
        let missing = Fmt { target: Some("nowhere".into()), ..Fmt::default() };
        assert_eq!(fmt(directory.path(), missing), ERROR);
    }
}
