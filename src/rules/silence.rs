//! Silences: comments in the files that say which rule does not apply here, and why.
//!
//! `# eksform:ignore CODE REASON` stands above the block, the nested block or the line that a finding points at,
//! or behind it. Above the `stack` block it holds for the whole stack.

use super::rule::{Found, Rule, Runs, Scope};
use super::{all, context::Context, rule};
use crate::diagnostic::{Diagnostic, FileId, Finding, Severity, Silenced, Span, did_you_mean};
use crate::lang;
use crate::stack::{Evaluation, Program};
use std::collections::{BTreeMap, BTreeSet};

pub const RULES: &[Rule] = &[
    Rule {
        code: "unused-silence",
        severity: Severity::Warning,
        runs: Runs::Check,
        summary: "A comment silences a rule that has nothing to say there.",
        why: "The reason it gives no longer holds, or the comment stands in the wrong place. Left where it is, it would \
              silence the next finding without anyone having thought about that one.",
        fix: "Remove the comment, or move it above the block or the line that the finding points at.",
        example: r#"# eksform:ignore addon-needs-iam the node role has AmazonEKS_CNI_Policy until the migration is done
addon "vpc-cni" {
  cluster = "demo"
}
"#,
        check: elsewhere,
    },
    Rule {
        code: "invalid-silence",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "A comment that should silence a rule names none, or gives no reason.",
        why: "A silence without a reason cannot be reviewed, and one that names no rule silences nothing.",
        fix: "Write the code of a rule and, behind it, the reason.",
        example: r#"# eksform:ignore addon-needs-iam the node role has AmazonEKS_CNI_Policy until the migration is done
addon "vpc-cni" {
  cluster = "demo"
}
"#,
        check: elsewhere,
    },
];

/// Silences are found in the files, not in the plan: see [`apply`].
fn elsewhere(_: &Rule, _: &Context<'_>) -> Vec<Found> {
    Vec::new()
}

const MARK: &str = "eksform:ignore";

/// A comment that silences a rule.
struct Silence {
    span: Span,
    code: String,
    reason: String,
    /// The line it speaks of, from 1.
    line: usize,
    used: bool,
}

/// Takes the silenced findings out, and complains about silences.
pub(super) fn apply(
    findings: Vec<Finding>,
    evaluation: &Evaluation,
    program: &Program,
    scope: Scope,
) -> super::Report {
    let sources = &program.sources;
    let mut report = super::Report::default();
    let mut silences = Vec::new();
    for (file, source) in sources.iter() {
        read(file, &source.path, &source.text, &mut silences, &mut report.findings);
    }
    if silences.is_empty() {
        report.findings.extend(findings);
        return report;
    }
    let line = |span: Span| sources.position(span).1;
    let mut blocks: BTreeMap<String, Span> = BTreeMap::new();
    for instance in &evaluation.instances {
        blocks.insert(instance.address.to_string(), instance.span);
    }
    let stack = program.stack.as_ref().map(|stack| (stack.span.file, line(stack.span)));
    for finding in findings {
        let block = finding.address.as_ref().and_then(|address| blocks.get(address)).copied();
        let places: Vec<(FileId, usize)> = [finding.span, block]
            .into_iter()
            .flatten()
            .map(|span| (span.file, line(span)))
            .chain(stack)
            .collect();
        let silence = silences.iter_mut().find(|silence| {
            silence.code == finding.code && places.contains(&(silence.span.file, silence.line))
        });
        match silence {
            Some(silence) => {
                silence.used = true;
                report.silenced.push(Silenced {
                    finding,
                    reason: silence.reason.clone(),
                    span: silence.span,
                });
            }
            None => report.findings.push(finding),
        }
    }
    // A plan does not look at everything, so there it cannot be told.
    if scope == Scope::Check {
        let unused = silences.iter().filter(|silence| !silence.used);
        report.findings.extend(unused.map(|silence| {
            Diagnostic::new(
                Severity::Warning,
                "unused-silence",
                format!("Nothing is silenced here: {} has nothing to say", silence.code),
            )
            .at(silence.span)
            .help("remove the comment")
        }));
    }
    report
}

/// The silences of a file, and what is wrong with them.
fn read(file: FileId, path: &str, text: &str, silences: &mut Vec<Silence>, found: &mut Vec<Finding>) {
    if !text.contains(MARK) {
        return;
    }
    let line_of = |at: usize| text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let comments: Vec<(std::ops::Range<usize>, usize)> = if path.ends_with(".json") {
        json_comments(text).into_iter().map(|(range, object)| (range, line_of(object))).collect()
    } else {
        let comments = lang::comments(text);
        // Lines with nothing but a comment: what is above them speaks of what is below.
        let bare: BTreeSet<usize> = comments
            .iter()
            .filter(|range| {
                text[..range.start].rsplit('\n').next().is_some_and(|before| before.trim().is_empty())
            })
            .map(|range| line_of(range.start))
            .collect();
        let speaks_of = |mut line: usize| {
            while bare.contains(&line) {
                line += 1;
            }
            line
        };
        comments.into_iter().map(|range| (range.clone(), speaks_of(line_of(range.start)))).collect()
    };
    for (range, line) in comments {
        let comment = text[range.clone()].trim_start_matches(['#', '/', '*', ' ', '"', ':']);
        let Some(rest) = comment.strip_prefix(MARK) else { continue };
        let rest = rest.trim_start_matches(':').trim().trim_end_matches("*/").trim();
        let (code, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let reason = reason.trim().trim_start_matches("--").trim();
        let span = Span::new(file, range.clone());
        let invalid = |message: &str| Diagnostic::new(Severity::Error, "invalid-silence", message).at(span);
        if rule(code).is_none() {
            let codes: Vec<&str> = all().map(|rule| rule.code).collect();
            let near = crate::diagnostic::nearest(code, codes.iter().copied());
            found.push(invalid(&format!("There is no rule \"{code}\"")).help(match near {
                Some(_) => did_you_mean(code, codes.iter().copied()),
                None => format!("write: {MARK} CODE REASON"),
            }));
            continue;
        }
        if reason.is_empty() {
            found.push(
                invalid("A silence needs a reason")
                    .label("says only what")
                    .help(format!("write why behind it: {MARK} {code} REASON")),
            );
            continue;
        }
        silences.push(Silence {
            span,
            code: code.to_string(),
            reason: reason.to_string(),
            line,
            used: false,
        });
    }
}

/// In JSON a comment is a property `//`: with each, where the object begins that it stands in and speaks of.
fn json_comments(text: &str) -> Vec<(std::ops::Range<usize>, usize)> {
    let mut found = Vec::new();
    let mut objects = Vec::new();
    let mut string = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (string, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(start), b'"') => {
                if text[start..at].starts_with(MARK) {
                    found.push((start..at, objects.last().copied().unwrap_or(0)));
                }
                string = None;
            }
            (None, b'"') => string = Some(at + 1),
            (None, b'{') => objects.push(at),
            (None, b'}') => {
                objects.pop();
            }
            _ => {}
        }
    }
    found
}
