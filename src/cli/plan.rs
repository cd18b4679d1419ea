//! `eksform plan`: what apply would do.

use super::args::{Global, Plan};
use super::git;
use super::output::Terminal;
use super::session::{self, Broken};
use super::{CHANGES, DONE, ERROR, Exit, snapshot};
use crate::diagnostic::Diagnostic;
use crate::plan::saved::{self, Shown};
use crate::render::{self, Style};
use crate::stack::Mode;
use std::path::Path;

pub fn run(global: &Global, args: &Plan, terminal: &Terminal) -> Exit {
    let mode = if args.destroy { Mode::Destroy } else { Mode::Apply };
    let result = session::block_on(async {
        let snapshot = match (&args.snapshot, args.refresh) {
            (Some(file), _) => Some(file.as_path()),
            (None, false) => Some(Path::new(snapshot::DEFAULT)),
            (None, true) => None,
        };
        let session = match snapshot {
            Some(_) if args.base.is_some() => {
                return Err(Broken::from(vec![
                    Diagnostic::error(
                        "base-offline",
                        "--base needs AWS: what the base wants may not be in a snapshot",
                    )
                    .help("leave out --refresh=false"),
                ]));
            }
            Some(file) => session::plan_offline(global, &args.planning, mode, file, terminal)?,
            None => {
                let mut inputs = session::inputs(global, &args.planning, mode)?;
                let base = args.base.as_ref().map(|revision| git::base(&global.chdir, revision));
                inputs.base = base.transpose()?;
                session::plan_of(global, &args.planning, inputs, terminal).await?
            }
        };
        let allowed = session.show(terminal);
        session::stats(&session.connected, args.planning.stats, terminal);
        if !allowed {
            return Ok(ERROR);
        }
        if let Some(path) = &args.out {
            let planned = &session.planned;
            let broken = |diagnostics| Broken { diagnostics, sources: session.program.sources.clone() };
            let shown = Shown {
                text: render::plan(&planned.plan, Style::plain()),
                json: render::json_plan(&planned.plan),
            };
            let text = saved::write(
                &session.program,
                &planned.evaluation,
                &session.inputs,
                &planned.snapshot,
                shown,
            )
            .map_err(|problem| broken(vec![*problem]))?;
            std::fs::write(global.path(path), text).map_err(|error| {
                broken(vec![Diagnostic::error(
                    "unwritable-file",
                    format!("{} cannot be written: {error}", path.display()),
                )])
            })?;
            terminal.print(&format!(
                "\nSaved the plan to {path}. To perform exactly these actions, run:\n    eksform apply {path}\n",
                path = path.display()
            ));
        }
        let changes = args.detailed_exitcode && !session.planned.plan.is_empty();
        Ok(if changes { CHANGES } else { DONE })
    });
    finish(result, terminal)
}

/// Prints what is wrong, and the exit code.
pub fn finish(result: std::io::Result<Result<Exit, Broken>>, terminal: &Terminal) -> Exit {
    match result {
        Ok(Ok(code)) => code,
        Ok(Err(broken)) => {
            terminal.complain(&broken.diagnostics, &broken.sources);
            ERROR
        }
        Err(error) => {
            terminal.say(&format!("eksform cannot start: {error}"));
            ERROR
        }
    }
}
