//! `eksform check`: every rule, about everything the files declare.

use super::args::{Check, Global};
use super::output::Terminal;
use super::session::{self, Broken};
use super::{DONE, ERROR, Exit};
use crate::diagnostic::{Diagnostic, Severity, Silenced, Sources, Span};
use crate::render;
use crate::rules::Scope;
use crate::stack::Mode;

/// What was found, also where nothing could be planned.
#[derive(Default)]
struct Outcome {
    header: Option<String>,
    findings: Vec<Diagnostic>,
    silenced: Vec<Silenced>,
    sources: Sources,
    stack: Option<Span>,
}

impl From<Broken> for Outcome {
    fn from(broken: Broken) -> Self {
        Self { findings: broken.diagnostics, sources: broken.sources, ..Self::default() }
    }
}

pub fn run(global: &Global, args: &Check, terminal: &Terminal) -> Exit {
    let result = session::block_on(async {
        let planned = async {
            let inputs = session::inputs(global, &args.planning, Mode::Apply)?;
            session::look(global, &args.planning, inputs, None, Scope::Check).await
        };
        let (session, mut findings) = match planned.await {
            Ok(planned) => planned,
            Err(broken) => return Outcome::from(broken),
        };
        session::stats(&session.connected, args.planning.stats, terminal);
        let header = Some(session.header());
        let plan = session.planned.plan;
        findings.extend(plan.findings);
        let stack = session.program.stack.as_ref().map(|stack| stack.span);
        Outcome { header, findings, silenced: plan.silenced, sources: session.program.sources, stack }
    });
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => {
            terminal.say(&format!("eksform cannot start: {error}"));
            return ERROR;
        }
    };
    if let Err(problem) = report(global, args, &outcome, terminal) {
        terminal.complain(&[*problem], &outcome.sources);
        return ERROR;
    }
    let fails = |severity| severity == Severity::Error || (args.strict && severity == Severity::Warning);
    if outcome.findings.iter().any(|finding| fails(finding.severity)) { ERROR } else { DONE }
}

fn report(
    global: &Global,
    args: &Check,
    outcome: &Outcome,
    terminal: &Terminal,
) -> Result<(), Box<Diagnostic>> {
    let Outcome { findings, silenced, sources, .. } = outcome;
    if args.json {
        terminal.print(&format!("{:#}\n", render::json_check(findings, silenced, sources)));
        return Ok(());
    }
    if let Some(file) = &args.sarif {
        let directory = global.chdir.to_string_lossy();
        let log = render::sarif(&render::Findings {
            findings,
            silenced,
            sources,
            directory: &directory,
            stack: outcome.stack,
        });
        let text = format!("{log:#}\n");
        let Some(file) = file else {
            terminal.print(&text);
            return Ok(());
        };
        std::fs::write(global.path(file), text).map_err(|error| {
            Box::new(Diagnostic::error(
                "unwritable-file",
                format!("{} cannot be written: {error}", file.display()),
            ))
        })?;
    }
    if let Some(header) = &outcome.header {
        terminal.print(&format!("{header}\n\n"));
    }
    terminal.print(&render::diagnostics(findings, sources, terminal.style()));
    terminal.print(&format!("{}\n", render::finding_count(findings, silenced)));
    Ok(())
}
