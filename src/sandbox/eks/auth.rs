//! EKS Auth: credentials for a pod. Placeholder until the tokens are in.

use super::super::call::Call;
use super::super::error::{Answer, AwsError};

pub(crate) fn answer(call: &mut Call<'_>) -> Answer {
    let text = format!("The sandbox does not implement {}", call.operation);
    Err(AwsError::new("InternalServerException", text).status(501))
}
