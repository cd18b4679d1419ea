//! `eksform plan`: what apply would do.

use super::args::{Global, Plan};
use super::output::Terminal;
use super::session::{self, Broken};
use super::{CHANGES, DONE, ERROR, Exit};
use crate::diagnostic::Diagnostic;
use crate::plan::saved;
use crate::stack::Mode;

pub fn run(global: &Global, args: &Plan, terminal: &Terminal) -> Exit {
    let mode = if args.destroy { Mode::Destroy } else { Mode::Apply };
    let result = session::block_on(async {
        let session = session::plan(global, &args.planning, mode, terminal).await?;
        let allowed = session.show(terminal);
        session::stats(&session.connected, args.planning.stats, terminal);
        if !allowed {
            return Ok(ERROR);
        }
        if let Some(path) = &args.out {
            let planned = &session.planned;
            let broken = |diagnostics| Broken { diagnostics, sources: session.program.sources.clone() };
            let text =
                saved::write(&session.program, &planned.evaluation, &session.inputs, &planned.snapshot)
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
