//! Waits until a call's effect is there.

use super::call::Request;
use super::connect::Connection;
use super::error::CallError;
use super::observe;
use super::pace::{Pace, Watch};
use crate::live::{HealthIssue, Object, Phase};
use crate::value::Text;
use aws_sdk_eks::types::{Update, UpdateStatus};
use std::sync::Arc;
use std::time::Duration;

/// The pause before the second look; later ones grow to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long something that was just made may take to show.
const SHOWS_WITHIN: Duration = Duration::from_secs(120);

/// The health issue of an add-on whose pods have nowhere to run.
const NO_REPLICAS: &str = "InsufficientNumberOfReplicas";

/// What to wait for before a call's effect is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nothing: it took effect at once, though IAM may take a while to show it.
    None,
    /// The object to be settled. Also what waits for somebody else's work on it, with the operation that
    /// creates it.
    Settled,
    /// The object to be gone.
    Gone,
    /// The update with that id, as `DescribeUpdate` tells it.
    Update { id: String },
}

impl Wait {
    /// What an update call's answer says to wait for.
    pub(super) fn update(update: Option<Update>) -> Self {
        match update.and_then(|update| update.id) {
            Some(id) => Self::Update { id },
            None => Self::Settled,
        }
    }
}

/// What waiting came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The object as it now is; `None` once deleted.
    pub object: Option<Object>,
    /// What the operator should know about it, though it counts as done.
    pub notes: Vec<String>,
}

/// One wait.
struct Waiting<'a> {
    connection: &'a Arc<Connection>,
    request: &'a Request<'a>,
    deadline: Duration,
    progress: &'a (dyn Fn(&str) + Sync),
    watch: Watch,
    /// Whether the call's effect is there at once (tags), whatever else the object is in.
    at_once: bool,
}

/// See [`Aws::settle`](super::Aws::settle).
pub(super) async fn settle(
    connection: &Arc<Connection>,
    pace: &Pace,
    request: &Request<'_>,
    wait: Wait,
    deadline: Duration,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Settled, CallError> {
    let watch = pace.watch(FIRST_PAUSE, LONGEST_PAUSE);
    let at_once = matches!(wait, Wait::None);
    let mut waiting = Waiting { connection, request, deadline, progress, watch, at_once };
    match wait {
        Wait::None if request.is_delete() => Ok(Settled { object: None, notes: Vec::new() }),
        Wait::Gone => waiting.gone().await,
        Wait::Update { id } => waiting.updated(&id).await,
        Wait::None | Wait::Settled => waiting.settled().await,
    }
}

impl Waiting<'_> {
    /// A look that failed for a passing reason is no look; the next may succeed.
    fn looked<T>(&self, result: Result<T, CallError>) -> Result<Option<T>, CallError> {
        match result {
            Ok(seen) => Ok(Some(seen)),
            Err(error) if error.retryable && self.watch.elapsed() < self.deadline => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn look(&self) -> Result<Option<Option<Object>>, CallError> {
        self.looked(observe::under_way(self.connection, self.request.identity).await)
    }

    /// Pauses, unless the time is up: then says what the state still is.
    async fn again(&mut self, state: &str, issues: &[HealthIssue]) -> Result<(), CallError> {
        if self.watch.elapsed() >= self.deadline {
            let seconds = self.deadline.as_secs();
            let message =
                format!("{} is still {state} after {seconds} s{}", self.request.identity, listed(issues));
            let mut error = self.failure(message);
            error.ambiguous = true;
            return Err(error);
        }
        self.watch.pause(self.deadline).await;
        Ok(())
    }

    fn failure(&self, message: String) -> CallError {
        CallError::new(self.request.operation(), message)
    }

    async fn settled(&mut self) -> Result<Settled, CallError> {
        loop {
            let Some(seen) = self.look().await? else {
                self.again("unreadable", &[]).await?;
                continue;
            };
            let Some(object) = seen else {
                if self.watch.elapsed() >= SHOWS_WITHIN {
                    return Err(self.failure(format!("{} is gone", self.request.identity)));
                }
                self.again("not visible", &[]).await?;
                continue;
            };
            if !object.status.is_empty() {
                (self.progress)(&object.status);
            }
            if let Some(settled) = self.judge(&object).await? {
                return Ok(settled);
            }
            self.again(&object.status, &object.issues).await?;
        }
    }

    /// Whether an object is as settled as it gets.
    async fn judge(&self, object: &Object) -> Result<Option<Settled>, CallError> {
        let done = |notes| Ok(Some(Settled { object: Some(object.clone()), notes }));
        match (object.phase, &*object.status) {
            (Phase::Busy, _) => Ok(None),
            (Phase::Failed, status) => {
                let text = format!("{} is {status}{}", self.request.identity, listed(&object.issues));
                Err(self.failure(text))
            }
            (Phase::Deleting, _) => Err(self.failure(format!("{} is being deleted", self.request.identity))),
            (Phase::Settled, "DEGRADED") if !self.at_once => match self.waits_for_nodes(object).await? {
                true => done(vec![format!(
                    "{} is DEGRADED until the cluster has nodes: nothing runs its pods yet",
                    self.request.identity
                )]),
                false => Ok(None),
            },
            // Waiting for somebody else's work is done when that has failed, too.
            (Phase::Settled, status @ ("UPDATE_FAILED" | "DELETE_FAILED"))
                if !self.request.is_create() && !self.at_once =>
            {
                let text = format!("{} is {status}{}", self.request.identity, listed(&object.issues));
                Err(self.failure(text))
            }
            (Phase::Settled, _) => {
                self.kept(object)?;
                done(Vec::new())
            }
        }
    }

    /// Whether an add-on is degraded by nothing but a cluster that cannot run its pods.
    async fn waits_for_nodes(&self, object: &Object) -> Result<bool, CallError> {
        let only = !object.issues.is_empty() && object.issues.iter().all(|issue| *issue.code == *NO_REPLICAS);
        if !only || self.request.schema.kind != "addon" {
            return Ok(false);
        }
        let identity = self.request.identity;
        match observe::has_compute(self.connection, &identity.scope, identity.part(0)).await {
            Ok(compute) => Ok(!compute),
            // Without leave to look, it may have nodes.
            Err(_) => Ok(false),
        }
    }

    /// Nothing clears an add-on's IRSA role but leaving it out, which AWS may not take as clearing.
    fn kept(&self, object: &Object) -> Result<(), CallError> {
        const ROLE: &str = "service_account_role_arn";
        let cleared = self.request.call.operation == "UpdateAddon"
            && self.request.names(ROLE)
            && self.request.after.is_some_and(|after| after.get(ROLE).is_none_or(|role| role.is_null()));
        if !cleared || object.text(ROLE).is_empty() {
            return Ok(());
        }
        let role = object.text(ROLE);
        let message = format!("{} still has {ROLE} {role}: AWS kept it", self.request.identity);
        Err(self.failure(message).help("replace the add-on to take the role off"))
    }

    async fn gone(&mut self) -> Result<Settled, CallError> {
        loop {
            let (state, issues) = match self.look().await? {
                None => (Text::from("unreadable"), Vec::new()),
                Some(None) => return Ok(Settled { object: None, notes: Vec::new() }),
                Some(Some(object)) => (object.status, object.issues),
            };
            (self.progress)(&state);
            if matches!(&*state, "DELETE_FAILED" | "FAILED") {
                return Err(self.failure(format!("{} is {state}{}", self.request.identity, listed(&issues))));
            }
            self.again(&state, &issues).await?;
        }
    }

    async fn updated(&mut self, id: &str) -> Result<Settled, CallError> {
        let mut looks = 0_u32;
        loop {
            looks += 1;
            let Some(update) = self.looked(self.update(id).await)? else {
                self.again("unreadable", &[]).await?;
                continue;
            };
            let status = update.status().map_or("", UpdateStatus::as_str).to_string();
            match update.status() {
                // The object follows.
                Some(UpdateStatus::Successful) => return self.settled().await,
                Some(UpdateStatus::Failed | UpdateStatus::Cancelled) => {
                    let errors: Vec<HealthIssue> = update
                        .errors()
                        .iter()
                        .map(|error| {
                            let code = error.error_code().map(|code| code.as_str());
                            super::map::issue(code, error.error_message())
                        })
                        .collect();
                    let text =
                        format!("the update of {} is {status}{}", self.request.identity, listed(&errors));
                    let mut error = self.failure(text);
                    error.code = errors.first().map(|error| error.code.to_string());
                    return Err(error);
                }
                _ => {}
            }
            (self.progress)(&status);
            // An add-on without nodes stays in progress with its object saying why.
            if looks.is_multiple_of(4)
                && self.request.schema.kind == "addon"
                && let Some(Some(object)) = self.look().await?
                && &*object.status == "DEGRADED"
                && let Some(settled) = self.judge(&object).await?
            {
                return Ok(settled);
            }
            self.again(&status, &[]).await?;
        }
    }

    async fn update(&self, id: &str) -> Result<Update, CallError> {
        const OPERATION: &str = "DescribeUpdate";
        let identity = self.request.identity;
        let addon = (self.request.schema.kind == "addon").then(|| identity.part(1).to_string());
        let send = |eks: &aws_sdk_eks::Client| {
            eks.describe_update().name(identity.part(0)).update_id(id).set_addon_name(addon.clone()).send()
        };
        let answer = self.connection.eks.run(OPERATION, send).await?;
        answer.update.ok_or_else(|| CallError::new(OPERATION, "the answer holds no update"))
    }
}

/// Health issues behind a colon, nothing if there are none.
fn listed(issues: &[HealthIssue]) -> String {
    let each: Vec<String> =
        issues.iter().map(|issue| format!("{} ({})", issue.message, issue.code)).collect();
    match each.is_empty() {
        true => String::new(),
        false => format!(": {}", each.join("; ")),
    }
}

#[cfg(test)]
mod tests;
