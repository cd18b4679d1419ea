//! Plans as data: every folder of `testdata/plan` (its README says what a folder holds).

mod broken;
pub mod case;
mod disturbed;
mod rounds;
mod show;
pub mod shuffle;
mod simulate;
mod snapshot;
mod snapshot_file;

use case::Case;
use eksform::plan::checker;
use std::fmt::Write as _;

/// What a case's text is, and what is wrong with it besides that.
fn judge(case: &Case) -> (String, Vec<String>) {
    let mut problems = Vec::new();
    let outcome = case.plan();
    let stopped = outcome.round.built.diagnostics.iter().any(|diagnostic| diagnostic.is_error());
    if !outcome.round.built.wants.is_empty() && !stopped {
        let wants: Vec<String> =
            outcome.round.built.wants.iter().map(|want| format!("    {want:?}")).collect();
        problems.push(format!("the snapshot does not answer everything:\n{}", wants.join("\n")));
        return (String::new(), problems);
    }
    let text = show::all(&outcome);
    if show::all(&case.plan()) != text {
        problems.push("planning twice gives two texts".to_string());
    }
    for (name, shuffled) in shuffle::all(&case.inputs) {
        let other = Case { inputs: shuffled, ..case.clone() }.plan();
        let (expected, got) = (show::without_places(&outcome), show::without_places(&other));
        if expected != got {
            problems.push(format!("{name} changes the plan:\n{}", difference(&expected, &got)));
        }
    }
    if let (Some(plan), Some(evaluation)) = (&outcome.round.built.plan, &outcome.round.evaluation) {
        problems.extend(
            checker::check(plan, evaluation, &case.inputs, &case.snapshot)
                .into_iter()
                .map(|problem| format!("the checker says: {problem}")),
        );
        let mut secrets = std::collections::BTreeSet::new();
        for instance in &evaluation.instances {
            instance.desired.values().for_each(|value| checker::collect_secrets(value, false, &mut secrets));
        }
        problems.extend(
            secrets
                .into_iter()
                .filter(|secret| text.contains(secret.as_str()))
                .map(|secret| format!("\"{secret}\" is sensitive and shown")),
        );
        if !plan.refused() {
            problems.extend(simulate::settles(case, &outcome));
        }
    }
    (text, problems)
}

fn difference(expected: &str, got: &str) -> String {
    similar::TextDiff::from_lines(expected, got).unified_diff().header("expected", "got").to_string()
}

#[test]
fn every_plan_is_as_expected() {
    let mut failures = String::new();
    let mut failed = 0;
    let folders = case::folders();
    for folder in &folders {
        let (text, mut problems) = match Case::read(folder) {
            Ok(case) => judge(&case),
            Err(problem) => (String::new(), vec![problem]),
        };
        if !text.is_empty() {
            let expected = snapbox::Data::read_from(&folder.join("expected.txt"), None).raw();
            let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
            if let Err(error) = assert.try_eq(Some(&"the plan"), text.into(), expected) {
                problems.push(error.to_string());
            }
        }
        if !problems.is_empty() {
            failed += 1;
            let _ = writeln!(failures, "==== {}\n{}\n", folder.display(), problems.join("\n"));
        }
    }
    println!("{} plans", folders.len());
    assert!(failures.is_empty(), "\n{failures}{failed} of {} cases failed", folders.len());
}

#[test]
fn every_folder_is_a_whole_case() {
    let mut failures = String::new();
    for folder in case::folders() {
        let names = case::names(&folder);
        let sources = names.iter().filter(|name| name.ends_with(".eks.hcl")).count();
        for needed in ["snapshot.json", "expected.txt"] {
            if !names.iter().any(|name| name == needed) {
                let _ = writeln!(failures, "{}: {needed} is missing", folder.display());
            }
        }
        if sources == 0 {
            let _ = writeln!(failures, "{}: there is no *.eks.hcl", folder.display());
        }
        for name in names {
            let known = [
                "snapshot.json",
                "options.json",
                "expected.txt",
                "modules",
                "base",
                eksform::stack::lock::FILE,
            ];
            let known = known.contains(&name.as_str());
            if !known && !name.ends_with(".eks.hcl") {
                let _ = writeln!(failures, "{}: {name} is not read", folder.display());
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(case::folders().len() >= 80, "cases are missing");
}

/// The README says which case proves what: each of these cases is there, and no cell is empty.
#[test]
fn every_case_that_proves_something_exists() {
    let readme = std::fs::read_to_string(case::root().join("README.md")).expect("the README");
    let (_, tables) = readme.split_once("## Which case proves what").expect("the tables");
    let lines: Vec<&str> = tables.lines().collect();
    let mut proven = std::collections::BTreeSet::new();
    for (at, row) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('|')) {
        // The line below a header, and the header.
        if row.contains("---") || lines.get(at + 1).is_some_and(|below| below.contains("---")) {
            continue;
        }
        let (what, cells) = row.trim_matches('|').split_once('|').expect("two cells");
        for name in cells.split(['|', ',']).map(|name| name.trim().trim_matches('`')) {
            let there = case::root().join(name).join("expected.txt").is_file();
            assert!(there, "{what}: there is no case {name:?}");
            proven.insert(name);
        }
    }
    assert!(proven.len() >= 60, "{proven:?}");
    for kind in ["cluster", "add-on", "role", "association", "nested association"] {
        let rows = tables.lines().filter(|line| line.starts_with(&format!("| {kind} |"))).count();
        assert_eq!(rows, 3, "{kind}: declared, not declared, and adopted");
    }
}
