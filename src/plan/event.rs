//! What happens while a plan is applied, as data. Apply tells; terminal, JSON lines and log listen.

use super::{ChangeAction, ChangeId};
use crate::value::Text;
use std::time::Duration;

/// One step of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Started {
        change: ChangeId,
        action: ChangeAction,
    },
    /// AWS is still working on it; `status` is AWS's own word, empty if it has none.
    Progress {
        change: ChangeId,
        status: Text,
        elapsed: Duration,
    },
    Finished {
        change: ChangeId,
        elapsed: Duration,
        /// The object's ARN, where it is known by now.
        arn: Option<Text>,
        notes: Vec<Text>,
    },
    Failed {
        failure: Failure,
        elapsed: Duration,
    },
    Skipped(Skipped),
    Summary(Outcome),
}

/// A change that did not go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub change: ChangeId,
    /// In AWS's words; may have several lines.
    pub error: Text,
    /// What is half done now: what exists, what is left over.
    pub exists: Option<Text>,
    /// What to do about it.
    pub help: Option<Text>,
}

/// A change that was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub change: ChangeId,
    pub because: Because,
}

/// Why a change was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// It needs a change that failed or was skipped.
    Needs(ChangeId),
    /// Anything else in words: interrupted, the object has moved since.
    Reason(Text),
}

/// How an apply ended. What is in none of the lists went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub adopted: usize,
    pub added: usize,
    pub changed: usize,
    pub destroyed: usize,
    pub released: usize,
    pub failed: Vec<Failure>,
    pub skipped: Vec<Skipped>,
    /// Left while AWS was working on them: they may be half done.
    pub abandoned: Vec<ChangeId>,
}

impl Outcome {
    /// Whether everything the plan holds went through.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.abandoned.is_empty()
    }
}
