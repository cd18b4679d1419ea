//! The pages of `docs/rules`, from the rules themselves.

use super::rule::{Rule, Runs};
use super::{RULES, all};
use crate::diagnostic::Severity;
use std::fmt::Write as _;

const GENERATED: &str = "<!-- Generated from src/rules. Do not edit; write it anew with:
     SNAPSHOTS=overwrite cargo test --no-default-features --test main rules:: -->
";

/// Every page, by file name.
pub fn pages() -> Vec<(String, String)> {
    let mut pages = vec![("README.md".to_string(), index())];
    pages.extend(all().map(|rule| (format!("{}.md", rule.code), page(rule))));
    pages
}

fn severity(rule: &Rule) -> &'static str {
    match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The families, in the order of [`RULES`].
const FAMILIES: [&str; RULES.len()] = [
    "Permissions",
    "The agent",
    "Trust policies",
    "Service accounts and roles",
    "Versions",
    "Configuration values",
    "Compute",
    "Silences",
];

fn index() -> String {
    let mut text = format!(
        "{GENERATED}
# Rules

What `eksform check` looks for, and `plan` about what it changes. [How rules work](../explanation/rules.md) says
when each runs and what they read; [Silence a rule](../how-to/check-in-ci.md#silence-a-rule) how to make an exception.
"
    );
    for (family, rules) in FAMILIES.iter().zip(RULES) {
        let _ = write!(
            text,
            "\n## {family}\n\n| Rule | Severity | Runs in | Finds |\n| --- | --- | --- | --- |\n"
        );
        for rule in *rules {
            let _ = writeln!(
                text,
                "| [`{code}`]({code}.md) | {severity} | {runs} | {summary} |",
                code = rule.code,
                severity = severity(rule),
                runs = runs(rule),
                summary = rule.summary,
            );
        }
    }
    text
}

fn runs(rule: &Rule) -> &'static str {
    match rule.runs {
        Runs::Plan => "plan, check",
        Runs::Check => "check",
    }
}

/// The page of one rule, in Markdown.
fn page(rule: &Rule) -> String {
    format!(
        "{GENERATED}
# {code}

{summary}

- **Severity**: {severity}
- **Runs in**: {runs}

{body}",
        code = rule.code,
        summary = rule.summary,
        severity = severity(rule),
        runs = runs(rule),
        body = help(rule),
    )
}

/// Why, what to do, and an example, in Markdown: the help of a report.
pub fn help(rule: &Rule) -> String {
    let mut text = format!(
        "## Why\n\n{why}\n\n## What to do\n\n{fix}\n\n```hcl\n{example}```\n",
        why = wrapped(rule.why),
        fix = wrapped(rule.fix),
        example = rule.example,
    );
    // What is wrong with a silence is not silenced.
    if !super::silence::RULES.iter().any(|other| other.code == rule.code) {
        let _ = write!(
            text,
            "\nTo make an exception, write above the block:\n\n```hcl\n# eksform:ignore {} why it is fine here\n```\n",
            rule.code
        );
    }
    text
}

/// Lines of at most 120 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|line| line.len() + word.len() < 120);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}
