//! The finished plan: data only. Everything that is decided is decided here; apply only walks it.

mod build;
mod calls;
mod change;
pub mod checker;
mod claims;
mod document;
mod event;
mod order;
mod refusals;
mod relations;
pub mod saved;
mod selection;
mod shared;
pub mod upgrade;

pub use build::{Built, build, digest};
pub use change::{
    Call, Change, ChangeAction, ChangeId, Edge, EdgeKind, Ownership, Plan, PlannedOutput, Reason,
    Selection,
};
pub use event::{Because, Event, Failure, Outcome, Skipped};
