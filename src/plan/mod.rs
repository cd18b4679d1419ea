//! The finished plan: data only. Everything that is decided is decided here; apply only walks it.

mod change;

pub use change::{
    Call, Change, ChangeAction, ChangeId, Edge, EdgeKind, Ownership, Plan, PlannedOutput, Reason,
};
