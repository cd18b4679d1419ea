//! `eksform show`: a saved plan.

use super::args::{Global, Show};
use super::output::Terminal;
use super::{DONE, ERROR, Exit, variables};
use crate::diagnostic::{Diagnostic, Sources};
use crate::plan::{Plan, saved};
use crate::render;
use crate::rules::{self, Scope};
use crate::stack::{self, Program};
use std::collections::BTreeMap;
use std::path::Path;

/// A plan as a file holds it.
pub struct Loaded {
    pub plan: Plan,
    pub program: Program,
    #[cfg(feature = "aws")]
    pub evaluation: stack::Evaluation,
    #[cfg(feature = "aws")]
    pub saved: saved::Saved,
}

/// Reads a plan file, relative to the stack's directory. It is whole, and the sensitive values that it was made
/// with are given again, or it is refused.
pub fn open(
    directory: &Path,
    file: &Path,
    given: &super::args::Variables,
) -> Result<(saved::Saved, Program), Vec<Diagnostic>> {
    let text = std::fs::read_to_string(directory.join(file)).map_err(|error| {
        vec![Diagnostic::error("unreadable-file", format!("{} cannot be read: {error}", file.display()))]
    })?;
    let mut saved = saved::read(&text).map_err(|problem| vec![*problem])?;
    let given = match saved.secret_variables.is_empty() {
        true => BTreeMap::new(),
        false => variables::gather(directory, given)?,
    };
    saved.complete(&given).map_err(|problem| vec![*problem])?;
    let (program, diagnostics) = stack::declare(&saved.inputs.sources);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    Ok((saved, program))
}

/// Plans again from what a plan file holds: the outcome is the same, or it is refused.
pub fn plan(saved: saved::Saved, program: Program) -> Result<Loaded, Vec<Diagnostic>> {
    let round = saved::round(&program, &saved.inputs, &saved.snapshot);
    match (round.built.plan, round.evaluation) {
        (Some(mut plan), Some(evaluation)) => {
            let subject = rules::Subject {
                plan: &plan,
                evaluation: &evaluation,
                snapshot: &saved.snapshot,
                program: &program,
                now: saved.inputs.now,
            };
            let report = rules::check(&subject, Scope::Plan);
            rules::enter(&mut plan, report);
            Ok(Loaded {
                plan,
                program,
                #[cfg(feature = "aws")]
                evaluation,
                #[cfg(feature = "aws")]
                saved,
            })
        }
        _ => Err(vec![
            Diagnostic::error(
                "plan-format",
                "The plan file was written by a version of eksform that plans differently",
            )
            .help("make the plan again"),
        ]),
    }
}

pub fn run(global: &Global, args: &Show, terminal: &Terminal) -> Exit {
    let Some(file) = &args.file else {
        let problem = Diagnostic::error("no-file", "Which plan? This eksform was built without AWS")
            .help("name a plan saved with plan --out");
        terminal.complain(&[problem], &Sources::default());
        return ERROR;
    };
    let loaded = match open(&global.chdir, file, &args.variables) {
        // Without the account it cannot be made again.
        Ok((saved::Saved { shown: Some(shown), .. }, _)) => {
            match args.json {
                true => terminal.print(&format!("{:#}\n", shown.json)),
                false => terminal.print(&shown.text),
            }
            return DONE;
        }
        Ok((saved, program)) => plan(saved, program),
        Err(problems) => Err(problems),
    };
    match loaded {
        Ok(loaded) if args.json => {
            terminal.print(&format!("{:#}\n", render::json_plan(&loaded.plan)));
            DONE
        }
        Ok(loaded) => {
            terminal.print(&render::plan(&loaded.plan, terminal.style()));
            terminal.complain(&loaded.plan.findings, &loaded.program.sources);
            terminal.say_silenced(&loaded.plan.silenced);
            DONE
        }
        Err(problems) => {
            terminal.complain(&problems, &Sources::default());
            ERROR
        }
    }
}
