//! The one generic differ: what has to happen to one instance.

mod compare;
mod propose;
mod refine;

pub use compare::{canonical, document_problem, is_own_tag};
pub use propose::{Action, Difference, Observed, Proposal, Proposed, Subject, only_ownership, propose, propose_anew};
pub use refine::contradiction;
