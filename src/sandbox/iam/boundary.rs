//! Permissions boundaries.

use super::super::call::Call;
use super::super::error::{Answer, AwsError};
use super::role::modifiable;
use super::{attachments, done, managed, missing};

/// That a boundary's policy exists.
pub(super) fn check(call: &Call<'_>, arn: &str) -> Result<(), AwsError> {
    attachments::check_arn(arn)?;
    if managed::exists(call.store, &call.account, arn) {
        return Ok(());
    }
    Err(missing(format!("Scope ARN: {arn} does not exist or is not attachable.")))
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    let arn = call.required("PermissionsBoundary");
    check(call, &arn)?;
    if arn.contains(":policy/aws-service-role/") {
        let text = format!("Cannot use a Service Role Policy as a permissions boundary. ({arn})");
        return Err(AwsError::new("PolicyNotAttachable", text));
    }
    role.boundary = Some(arn);
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    if role.boundary.take().is_none() {
        return Err(missing(format!("The role with name {} has no permissions boundary.", role.name)));
    }
    call.save(&role.key(call), &role);
    done()
}
