//! Everything that can be said about the files alone.

use super::evaluate::evaluate;
use super::inputs::Inputs;
use super::modules::declare;
use super::program::Program;
use crate::diagnostic::Diagnostic;
use crate::live::Snapshot;

/// Checks the files without anything read from AWS: errors of declarations and of expressions together.
pub fn validate(inputs: &Inputs) -> (Program, Vec<Diagnostic>) {
    let (program, mut diagnostics) = declare(&inputs.sources);
    // What cannot be parsed is not declared either, and references to it are no mistake of their own.
    let hidden = diagnostics.iter().any(|diagnostic| diagnostic.code == "syntax");
    let (_, mut found) = evaluate(&program, inputs, &Snapshot::default());
    // A value that is given only where plan and apply run is no mistake of the files.
    found.retain(|diagnostic| {
        diagnostic.code != "missing-variable" && !(hidden && diagnostic.code == "unknown-reference")
    });
    diagnostics.append(&mut found);
    (program, diagnostics)
}
