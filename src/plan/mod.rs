//! The finished plan: data only. Everything that is decided is decided here; apply only walks it.

mod base;
mod build;
mod calls;
mod change;
pub mod checker;
mod claims;
mod declared;
mod document;
mod draft;
mod edges;
mod event;
mod fingerprint;
mod health;
mod held;
mod objects;
mod offline;
mod order;
mod orphans;
mod refusals;
mod relations;
mod release;
pub mod saved;
mod secrets;
mod selection;
mod shared;
pub mod snapshot_file;
pub mod upgrade;

pub use base::file_of;
pub use build::{Built, build, wanted};
pub use change::{
    Call, Cause, Change, ChangeAction, ChangeId, Edge, EdgeKind, Held, Ownership, Plan, PlannedOutput,
    Reason, Selection, When,
};
pub use event::{Because, Event, Failure, Outcome, Skipped};
pub use offline::{Offline, offline};
