//! Makes the calls a plan names: one SDK call for (operation, before, after). A file per kind.

mod addon;
mod association;
mod cluster;
mod role;

use super::connect::Connection;
use super::error::CallError;
use super::map::Fields;
use super::observe;
use super::pace::Pace;
use super::{Providers, Wait};
use crate::kinds::Schema;
use crate::live::Phase;
use crate::plan::Call;
use crate::value::{Identity, Map, Path, Place, ProviderRef, Step, Text, Value};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a role, its policies or its trust may take to be visible everywhere.
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// One call of a change, with all it takes to make it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub providers: &'a Providers,
    pub provider: &'a ProviderRef,
    pub identity: &'a Identity<Place>,
    pub schema: &'static Schema,
    pub call: &'a Call,
    /// The attributes as they are, if the object exists.
    pub before: Option<&'a Map>,
    /// The attributes as they will be; `None` for a delete.
    pub after: Option<&'a Map>,
}

impl<'a> Request<'a> {
    /// The API's name of the operation.
    pub(super) fn operation(&self) -> &'static str {
        self.schema.operation(self.call.operation).map_or(self.call.operation, |operation| operation.api())
    }

    pub(super) fn is_create(&self) -> bool {
        self.call.operation == self.schema.create
    }

    pub(super) fn is_delete(&self) -> bool {
        self.call.operation == self.schema.delete
    }

    /// The attributes as they will be.
    fn after(&self) -> Result<Fields<'a>, CallError> {
        self.after.map(Fields).ok_or_else(|| self.misses("attributes to send"))
    }

    fn misses(&self, what: &str) -> CallError {
        CallError::new(self.operation(), format!("the plan gives no {what} for {}", self.identity))
    }

    fn token(&self) -> Option<String> {
        self.call.token.as_deref().map(str::to_string)
    }

    /// Whether the call is for the attribute or something in it.
    pub(super) fn names(&self, attribute: &str) -> bool {
        self.call.paths.iter().any(|path| path.root() == Some(attribute))
    }

    /// The element the call is about.
    fn element(&self) -> Result<&'a str, CallError> {
        let path = self.call.paths.first().and_then(last_key);
        path.ok_or_else(|| self.misses("element"))
    }

    /// An attribute as it is, else as it will be: what AWS chose and never changes.
    fn fixed(&self, name: &str) -> Result<String, CallError> {
        let sides = [self.before, self.after].into_iter().flatten();
        sides.filter_map(|side| Fields(side).text(name)).next().ok_or_else(|| self.misses(name))
    }

    /// The tags to write: those the paths name, with the values they will have.
    fn tags_to_put(&self) -> Result<HashMap<String, String>, CallError> {
        let after = self.after()?;
        let mut tags = HashMap::new();
        for path in &self.call.paths {
            let entries = path.root().and_then(|root| after.value(root)).and_then(Value::as_map);
            for (key, value) in entries.into_iter().flatten() {
                if last_key(path).is_none_or(|named| named == &**key) {
                    tags.extend(value.as_str().map(|text| (key.to_string(), text.to_string())));
                }
            }
        }
        Ok(tags)
    }

    /// The keys of the tags to remove: those the paths name.
    fn tags_to_remove(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for path in &self.call.paths {
            let Some(root) = path.root() else { continue };
            let entries = |side: Option<&'a Map>| {
                side.and_then(|side| Fields(side).value(root)).and_then(Value::as_map)
            };
            match last_key(path) {
                Some(key) => keys.push(key.to_string()),
                None => {
                    let kept = entries(self.after);
                    let all = entries(self.before).into_iter().flatten().map(|(key, _)| key);
                    let gone = all.filter(|key| kept.is_none_or(|kept| !kept.contains_key(*key)));
                    keys.extend(gone.map(|key: &Text| key.to_string()));
                }
            }
        }
        keys
    }
}

/// The key a path ends in: a tag, an element.
fn last_key(path: &Path) -> Option<&str> {
    match path.0.last() {
        Some(Step::Key(key)) => Some(key),
        _ => None,
    }
}

/// See [`Aws::call`](super::Aws::call).
pub(super) async fn make(
    connection: &Arc<Connection>,
    pace: &Pace,
    request: &Request<'_>,
) -> Result<Wait, CallError> {
    let made = match request.schema.kind {
        "cluster" => cluster::make(connection, pace, request).await,
        "addon" => addon::make(connection, pace, request).await,
        "pod_identity_association" => association::make(connection, pace, request).await,
        "role" => role::make(&connection.session.iam, pace, request).await,
        _ => Err(unknown(request)),
    };
    match made {
        // What is to go is gone: an earlier attempt got through, or somebody was faster.
        Err(error) if request.is_delete() && error.is_not_found() => Ok(Wait::None),
        Err(error) if request.is_delete() && conflicts(&error) => {
            being_deleted(connection, request, error).await
        }
        Err(error) if error.is_denied() && error.help.is_none() => Err(needs(request, error)),
        made => made,
    }
}

/// Whether the object's state stands in the way of the call.
fn conflicts(error: &CallError) -> bool {
    error.has_code("ResourceInUseException") || error.has_code("InvalidRequestException")
}

/// A delete is refused while an earlier one is at work: that of an attempt whose answer was lost, say. Then it
/// is only waited for.
async fn being_deleted(
    connection: &Arc<Connection>,
    request: &Request<'_>,
    error: CallError,
) -> Result<Wait, CallError> {
    match observe::object(connection, request.identity).await {
        Ok(Some(object)) if object.phase == Phase::Deleting => Ok(Wait::Gone),
        Ok(None) => Ok(Wait::None),
        _ => Err(error),
    }
}

fn unknown(request: &Request<'_>) -> CallError {
    let message = format!("the kind {} has no operation {}", request.schema.kind, request.call.operation);
    CallError::new(request.call.operation, message)
}

/// Says which permissions the operation takes.
fn needs(request: &Request<'_>, error: CallError) -> CallError {
    match request.schema.operation(request.call.operation) {
        Some(operation) => error.help(format!("the caller needs {}", operation.iam_actions.join(", "))),
        None => error,
    }
}

/// Makes a call again while AWS answers that something is not visible everywhere yet.
async fn until_visible<T, F: Future<Output = Result<T, CallError>>>(
    pace: &Pace,
    request: &Request<'_>,
    call: impl Fn() -> F,
) -> Result<T, CallError> {
    let mut watch = pace.watch(Duration::from_secs(1), Duration::from_secs(10));
    loop {
        match call().await {
            Err(error) if not_visible_yet(request, &error) && watch.elapsed() < VISIBLE_WITHIN => {
                watch.pause(VISIBLE_WITHIN).await;
                pace.repeated();
            }
            result => return result,
        }
    }
}

/// Whether the answer means that a change made elsewhere has not arrived: exactly AWS's texts for it.
fn not_visible_yet(request: &Request<'_>, error: &CallError) -> bool {
    let says = |text: &str| error.message.contains(text);
    match error.code.as_deref() {
        Some("InvalidParameterException") => {
            let role = says("role") || says("Role");
            role && says("does not exist")
                || says("Trust policy of the role")
                || says("could not be assumed")
                || says("Error in role params")
                || says("doesn't have the Amazon EKS Managed Policies")
                || says("IAM role's policy must include")
        }
        Some("MalformedPolicyDocument" | "MalformedPolicyDocumentException") => {
            says("Invalid principal in policy")
        }
        Some(
            "ConcurrentModification"
            | "ConcurrentModificationException"
            | "EntityTemporarilyUnmodifiable"
            | "EntityTemporarilyUnmodifiableException",
        ) => true,
        // The role was made a moment ago.
        Some("NoSuchEntity" | "NoSuchEntityException") => {
            request.before.is_none()
                && !request.is_create()
                && (says("role with name") || says("Role with name"))
        }
        // Its policies were taken off a moment ago.
        Some("DeleteConflict" | "DeleteConflictException") => {
            says("must detach all policies first") || says("must delete policies first")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
