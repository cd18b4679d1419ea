//! Rules as data: every rule has a folder in `testdata/rules` with a case in which it finds something and one in
//! which it does not (the README there says more), and its page in `docs/rules`.

use crate::plan::case::{self, Case, Outcome};
use eksform::diagnostic::{Finding, Severity};
use eksform::render::{self, Style};
use eksform::rules::{self, Scope, Subject};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules")
}

/// What a case says, and the codes it finds in `check`.
fn judge(case: &Case) -> Result<(String, BTreeSet<String>, BTreeSet<String>), String> {
    let outcome = case.plan();
    let Outcome { program, declared, round } = &outcome;
    let (Some(plan), Some(evaluation)) = (&round.built.plan, &round.evaluation) else {
        let complaints = declared.iter().chain(&round.built.diagnostics).cloned().collect::<Vec<_>>();
        return Err(format!(
            "there is no plan; wanted {:?}\n{}",
            round.built.wants,
            render::diagnostics(&complaints, &program.sources, Style::plain())
        ));
    };
    let mut texts = [String::new(), String::new()];
    let mut codes = [BTreeSet::new(), BTreeSet::new()];
    for (scope, (text, codes)) in
        [Scope::Plan, Scope::Check].into_iter().zip(texts.iter_mut().zip(&mut codes))
    {
        let wants = rules::wants(plan, evaluation, &case.snapshot, scope);
        if !wants.is_empty() {
            return Err(format!("the snapshot does not answer, in {scope:?}: {wants:#?}"));
        }
        let subject = Subject { plan, evaluation, snapshot: &case.snapshot, program, now: case.inputs.now };
        let report = rules::check(&subject, scope);
        let again = rules::check(&subject, scope);
        assert_eq!((&report.findings, &report.silenced), (&again.findings, &again.silenced));
        text.push_str(&render::diagnostics(&report.findings, &program.sources, Style::plain()));
        for silenced in &report.silenced {
            let _ = writeln!(text, "silenced: {} ({})", silenced.finding.message, silenced.reason);
        }
        let _ = writeln!(text, "{}", render::finding_count(&report.findings, &report.silenced));
        complete(&report.findings)?;
        codes.extend(report.findings.iter().map(|finding| finding.code.to_string()));
    }
    let [plan_text, check_text] = texts;
    let text = match plan_text == check_text {
        true => format!("==== plan and check\n{plan_text}"),
        false => format!("==== plan\n{plan_text}==== check\n{check_text}"),
    };
    let [planned, checked] = codes;
    Ok((text, planned, checked))
}

/// A finding says where it is and what to do.
fn complete(findings: &[Finding]) -> Result<(), String> {
    for finding in findings {
        let Some(rule) = rules::rule(finding.code) else {
            if finding.code == "rules-not-applied" {
                continue;
            }
            return Err(format!("{} is no rule", finding.code));
        };
        if finding.severity != rule.severity {
            return Err(format!("{} has another severity than its rule", finding.code));
        }
        let place = finding.span.is_some() || finding.address.is_some();
        if !place || (finding.help.is_none() && finding.severity != Severity::Note) {
            return Err(format!("{} lacks a place or help: {}", finding.code, finding.message));
        }
    }
    Ok(())
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
        .unwrap_or_default();
    folders.sort();
    folders
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_string()
}

#[test]
fn every_rule_finds_what_it_should() {
    let mut failures = String::new();
    let mut cases = 0;
    for rule in folders(&root()) {
        for folder in folders(&rule) {
            cases += 1;
            let code = name(&rule);
            let mut problems = Vec::new();
            match Case::read(&folder).and_then(|case| judge(&case)) {
                Ok((text, planned, checked)) => {
                    let finds = name(&folder).starts_with("found");
                    if finds != checked.contains(&code) || (!finds && planned.contains(&code)) {
                        problems.push(format!("{code} in plan: {planned:?}, in check: {checked:?}"));
                    }
                    let expected = snapbox::Data::read_from(&folder.join("expected.txt"), None).raw();
                    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
                    if let Err(error) = assert.try_eq(Some(&"the findings"), text.into(), expected) {
                        problems.push(error.to_string());
                    }
                }
                Err(problem) => problems.push(problem),
            }
            if !problems.is_empty() {
                let _ = writeln!(failures, "==== {}\n{}\n", folder.display(), problems.join("\n"));
            }
        }
    }
    println!("{cases} cases");
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn every_rule_has_both_cases() {
    let mut missing = Vec::new();
    for rule in rules::all() {
        let cases: Vec<String> = folders(&root().join(rule.code)).iter().map(|path| name(path)).collect();
        for kind in ["found", "silent"] {
            if !cases.iter().any(|case| case.starts_with(kind)) {
                missing.push(format!("{}/{kind}", rule.code));
            }
        }
    }
    let unknown =
        folders(&root()).into_iter().map(|path| name(&path)).filter(|code| rules::rule(code).is_none());
    missing.extend(unknown.map(|code| format!("{code} is no rule")));
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(!case::folders().is_empty());
}

#[test]
fn rule_pages_are_current() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let pages = rules::docs::pages();
    let mut stale = Vec::new();
    for (name, text) in &pages {
        let expected = snapbox::Data::read_from(&directory.join(name), None).raw();
        let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
        stale.extend(
            assert.try_eq(Some(name), text.as_str().into(), expected).err().map(|error| error.to_string()),
        );
    }
    for entry in std::fs::read_dir(directory).expect("docs/rules").flatten() {
        let name = entry.file_name().to_string_lossy().to_string();
        if !pages.iter().any(|(page, _)| *page == name) {
            stale.push(format!("docs/rules/{name} is no rule's page"));
        }
    }
    assert!(stale.is_empty(), "\n{}", stale.join("\n"));
}

#[test]
fn every_rule_is_whole() {
    let mut codes = BTreeSet::new();
    for rule in rules::all() {
        assert!(codes.insert(rule.code), "{} twice", rule.code);
        assert!(rule.summary.ends_with('.') && !rule.summary.contains(". "), "{}: one sentence", rule.code);
        assert!(
            rule.why.len() > 60 && rule.fix.ends_with('.') && rule.example.ends_with('\n'),
            "{}",
            rule.code
        );
    }
}
