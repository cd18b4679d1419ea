//! A refusal as AWS words it.

use super::model::{Service, Violation};

/// An error answer: AWS's code, its text, and members such as `clusterName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AwsError {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) members: Vec<(&'static str, String)>,
    /// The HTTP status, if the service's model does not say it.
    pub(crate) status: Option<u16>,
}

/// What an operation answers.
pub(crate) type Answer = Result<serde_json::Value, AwsError>;

impl AwsError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> AwsError {
        AwsError { code: code.to_owned(), message: message.into(), members: Vec::new(), status: None }
    }

    pub(crate) fn with(mut self, member: &'static str, value: &str) -> AwsError {
        self.members.push((member, value.to_owned()));
        self
    }

    pub(crate) fn status(mut self, status: u16) -> AwsError {
        self.status = Some(status);
        self
    }

    /// The HTTP status of this error in a service.
    pub(crate) fn http_status(&self, service: Option<Service>) -> u16 {
        let modelled = || service?.model().error(&self.code)?.error.as_ref().map(|error| error.status);
        self.status.or_else(modelled).unwrap_or(400)
    }

    /// "1 validation error detected: Value … at … failed to satisfy constraint: …", AWS's wording in every service.
    pub(crate) fn validation(code: &str, found: &[Violation]) -> AwsError {
        let list: Vec<String> = found
            .iter()
            .map(|found| {
                format!(
                    "Value {} at '{}' failed to satisfy constraint: {}",
                    found.value, found.path, found.constraint
                )
            })
            .collect();
        let s = if found.len() == 1 { "" } else { "s" };
        AwsError::new(code, format!("{} validation error{s} detected: {}", found.len(), list.join("; ")))
    }
}
