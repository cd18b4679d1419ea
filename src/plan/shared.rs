//! Roles that belong to the account: used by the stack, never changed or deleted by it.

use super::build::Builder;
use crate::diagnostic::Diagnostic;
use crate::live::{Fact, Object, Owner};
use crate::stack::Instance;

/// A role that is taken as the account's and carries a stack's tag goes when that stack lets go of it.
pub(super) fn taken(builder: &mut Builder<'_>, instance: &Instance, object: &Object) {
    let Owner::Stack { stack, .. } = &object.owner else { return };
    let name = instance.symbolic.name();
    let whose = match object.owner.is(&builder.evaluation.stack) {
        true => "this stack".to_string(),
        false => format!("the stack \"{stack}\""),
    };
    builder.findings.push(
        Diagnostic::warning("shared-role-owned", format!("The role \"{name}\" carries the tag of {whose}"))
            .at(instance.span)
            .with_note(format!("It is used as the account's, and destroying {whose} deletes it."))
            .about(&instance.address)
            .help("remove its eksform:stack tag to leave it to the account, or make a role of the stack's own: recommended {}"),
    );
}

/// When everything is destroyed: what stays, because it is not the stack's.
pub(super) fn left(builder: &mut Builder<'_>, instance: &Instance) {
    let Some(derived) = instance.derived.as_ref().filter(|derived| derived.shared) else { return };
    let object = instance.identity.as_ref().and_then(|identity| builder.snapshot.object(identity));
    if object.and_then(Fact::known).is_none_or(|object| object.owner != Owner::None) {
        return;
    }
    builder.findings.push(
        Diagnostic::note("shared-role-left", format!("The role \"{}\" is left", instance.symbolic.name()))
            .with_note(format!(
                "It belongs to the account, and other clusters may use it; here {} did.",
                derived.users()
            ))
            .about(&instance.address),
    );
}
