//! `eksform validate`: checks the files without asking AWS.

use super::args::{Global, Validate};
use super::output::Terminal;
use super::{DONE, ERROR, Exit, sources, variables};
use crate::diagnostic::{Diagnostic, Sources};
use crate::live::Snapshot;
use crate::stack::{self, Inputs};

pub fn run(global: &Global, args: &Validate, terminal: &Terminal) -> Exit {
    let read = sources::read(&global.chdir)
        .and_then(|tree| Ok((tree, variables::gather(&global.chdir, &args.variables)?)));
    let (sources, variables) = match read {
        Ok(read) => read,
        Err(problems) => {
            terminal.complain(&problems, &Sources::default());
            return ERROR;
        }
    };
    let (program, mut diagnostics) = stack::declare(&sources);
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let inputs = Inputs { sources, variables, ..Inputs::default() };
        let (_, mut found) = stack::evaluate(&program, &inputs, &Snapshot::default());
        // A value that is given only where plan and apply run is no mistake of the files.
        found.retain(|diagnostic| diagnostic.code != "missing-variable");
        diagnostics.append(&mut found);
    }
    terminal.complain(&diagnostics, &program.sources);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return ERROR;
    }
    terminal.print("Success! The configuration is valid.\n");
    DONE
}
