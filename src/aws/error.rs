//! What a failed call means: its code and text, whether it may still have had an effect, and what the
//! operator can do.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use std::fmt;

/// What to do when there are no usable credentials.
const CREDENTIALS_HELP: &str = "run aws configure, set AWS_PROFILE, or use --sandbox";

/// Why a call failed. `Display` is one line for an operator: operation, AWS's code, AWS's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The API's name of the operation; empty if no call was made.
    pub operation: &'static str,
    /// AWS's error code, if AWS answered.
    pub code: Option<String>,
    pub message: String,
    /// No answer arrived or AWS failed inside (time-out, connection lost, 5xx): the effect may exist.
    pub ambiguous: bool,
    /// The same call may succeed later.
    pub retryable: bool,
    /// There are no credentials, or AWS does not know them.
    pub credentials: bool,
    /// An answer came that cannot be read.
    pub(super) broken: bool,
    pub help: Option<String>,
}

impl CallError {
    /// A failure found here rather than told by AWS.
    pub fn new(operation: &'static str, message: impl Into<String>) -> Self {
        Self {
            operation,
            code: None,
            message: message.into(),
            ambiguous: false,
            retryable: false,
            credentials: false,
            broken: false,
            help: None,
        }
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether AWS answered with this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether what the call is about does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some(
                "ResourceNotFoundException" | "NoSuchEntity" | "NoSuchEntityException" | "NotFoundException"
            )
        )
    }

    /// Whether the caller lacks the permission.
    pub fn is_denied(&self) -> bool {
        self.code.as_deref().is_some_and(|code| {
            matches!(
                code,
                "AccessDenied"
                    | "AccessDeniedException"
                    | "UnauthorizedOperation"
                    | "UnauthorizedException"
                    | "ForbiddenException"
            )
        })
    }

    /// Whether AWS is at work on what the call is about, and takes the call once that is done. Exactly its texts
    /// for it: `… currently has update … in progress`, `… is currently in UPDATING state`.
    pub fn is_busy(&self) -> bool {
        let says = |text: &str| self.message.contains(text);
        self.has_code("ResourceInUseException")
            && (says("in progress")
                || says("is currently in") && ["CREATING", "UPDATING"].into_iter().any(says))
    }

    /// Whether AWS asks to slow down.
    pub fn is_throttled(&self) -> bool {
        self.code.as_deref().is_some_and(|code| {
            matches!(
                code,
                "Throttling"
                    | "ThrottlingException"
                    | "ThrottledException"
                    | "RequestThrottled"
                    | "RequestThrottledException"
                    | "TooManyRequestsException"
                    | "RequestLimitExceeded"
                    | "BandwidthLimitExceeded"
            )
        })
    }

    /// Reads the SDK's error.
    pub(super) fn from_sdk<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut failed = Self::new(operation, "");
        match &error {
            SdkError::ServiceError(answer) => {
                let meta = answer.err().meta();
                let status = answer.raw().status().as_u16();
                failed.code = meta.code().map(str::to_string);
                failed.message = match (meta.message(), meta.code()) {
                    (Some(message), _) => message.to_string(),
                    (None, Some(_)) => String::new(),
                    (None, None) => format!("AWS answered with HTTP status {status}"),
                };
                // The SDK also reports a success that it cannot read as an error of the service.
                failed.broken = status < 400;
                if failed.broken {
                    failed.message = "the answer cannot be read".to_string();
                }
                failed.ambiguous = status >= 500 || failed.broken;
            }
            SdkError::TimeoutError(_) => {
                failed.message = "no answer in time".to_string();
                failed.ambiguous = true;
            }
            SdkError::DispatchFailure(failure) => {
                failed.message = causes(&error);
                failed.ambiguous = !failure.is_user();
            }
            SdkError::ResponseError(_) => {
                failed.message = causes(&error);
                failed.broken = true;
                failed.ambiguous = true;
            }
            _ => failed.message = causes(&error),
        }
        if let Some(cause) = no_credentials(&error) {
            failed.credentials = true;
            failed.message = causes(cause);
            failed.ambiguous = false;
        }
        failed.credentials |= failed.code.as_deref().is_some_and(is_credentials_code);
        failed.retryable |= failed.ambiguous || failed.is_throttled();
        // A read has no effect to be in doubt about.
        failed.ambiguous &= !["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb));
        if failed.credentials {
            failed.help = Some(CREDENTIALS_HELP.to_string());
        }
        failed
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.operation, self.code.as_deref().unwrap_or_default(), &self.message];
        let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        f.write_str(&said.join(": "))?;
        if self.ambiguous {
            f.write_str(" (it may have taken effect)")?;
        }
        Ok(())
    }
}

impl Error for CallError {}

fn is_credentials_code(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "AuthFailure"
            | "RequestExpired"
    )
}

/// The missing or refused credentials among the causes.
fn no_credentials<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<CredentialsError>() {
            return Some(error);
        }
        cause = error.source();
    }
    None
}

/// An error with its causes, each said once.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.iter().any(|earlier| earlier.contains(&text)) {
            said.push(text);
        }
        cause = error.source();
    }
    said.join(": ")
}
