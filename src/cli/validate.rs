//! `eksform validate`: checks the files without asking AWS.

use super::args::{Global, Validate};
use super::output::Terminal;
use super::{DONE, ERROR, Exit, sources, variables};
use crate::diagnostic::{Diagnostic, Sources};
use crate::render;
use crate::stack::{self, Inputs};

pub fn run(global: &Global, args: &Validate, terminal: &Terminal) -> Exit {
    let read = sources::read(&global.chdir)
        .and_then(|tree| Ok((tree, variables::gather(&global.chdir, &args.variables)?)));
    let (sources, variables) = match read {
        Ok(read) => read,
        Err(problems) if args.json => return json(&problems, &Sources::default(), terminal),
        Err(problems) => {
            terminal.complain(&problems, &Sources::default());
            return ERROR;
        }
    };
    let (program, diagnostics) = stack::validate(&Inputs { sources, variables, ..Inputs::default() });
    if args.json {
        return json(&diagnostics, &program.sources, terminal);
    }
    terminal.complain(&diagnostics, &program.sources);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return ERROR;
    }
    terminal.print("Success! The configuration is valid.\n");
    DONE
}

fn json(diagnostics: &[Diagnostic], sources: &Sources, terminal: &Terminal) -> Exit {
    terminal.print(&format!("{:#}\n", render::json_validation(diagnostics, sources)));
    if diagnostics.iter().any(Diagnostic::is_error) { ERROR } else { DONE }
}
