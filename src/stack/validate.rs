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
    let (_, found) = evaluate(&program, inputs, &Snapshot::default());
    let mut found = without_consequences(&diagnostics, found);
    // What follows from values that are given only where plan and apply run is no mistake of the files.
    found.retain(|diagnostic| {
        !matches!(diagnostic.code, "missing-variable" | "precondition" | "postcondition")
    });
    diagnostics.append(&mut found);
    (program, diagnostics)
}

/// What evaluation found, less what only follows from the files not being read whole: what cannot be parsed is
/// not declared either, and references to it are no mistake of their own.
pub fn without_consequences(declared: &[Diagnostic], mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if declared.iter().any(|diagnostic| diagnostic.code == "syntax") {
        found.retain(|diagnostic| diagnostic.code != "unknown-reference");
    }
    found
}
