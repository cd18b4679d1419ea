//! What AWS reports as unhealthy and no change of the plan mends.

use super::build::Builder;
use crate::diagnostic::{Diagnostic, Severity};
use crate::live::Object;
use crate::value::{Identity, Place};
use rustc_hash::FxHashSet;

/// Whether AWS reports that something is wrong.
pub(super) fn is_failing(object: &Object) -> bool {
    !object.issues.is_empty() || matches!(&*object.status, "DEGRADED" | "UPDATE_FAILED" | "DELETE_FAILED")
}

/// Adds a finding for each instance that is unwell and does not change.
pub(super) fn check(builder: &mut Builder<'_>) {
    if builder.failing.is_empty() {
        return;
    }
    let changed: FxHashSet<&Identity<Place>> = builder.drafts.iter().map(|draft| draft.identity).collect();
    let unwell = builder
        .failing
        .iter()
        .filter(|(identity, index, _)| builder.considers(*index) && !changed.contains(identity));
    let mut found = Vec::new();
    for (_, index, object) in unwell {
        let instance = &builder.evaluation.instances[*index];
        let mut diagnostic = Diagnostic::new(
            Severity::Warning,
            "unhealthy",
            format!("{} is {}", instance.address, object.status),
        )
        .at(instance.span)
        .about(&instance.address);
        let meaning = match &*object.status {
            "UPDATE_FAILED" => {
                "The last update failed. Nothing differs from the files, so nothing is sent again."
            }
            "DELETE_FAILED" => "AWS failed to delete it. It is declared, so it is kept as it is.",
            _ => "Nothing differs from the files, so nothing is changed.",
        };
        diagnostic = diagnostic.with_note(meaning);
        for issue in &object.issues {
            diagnostic = diagnostic.with_note(format!("{}: {}", issue.code, issue.message));
        }
        found.push(diagnostic);
    }
    builder.findings.append(&mut found);
}
