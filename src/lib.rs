//! eksform plans and applies Amazon EKS from HCL files, with the live account as the only state.
//!
//! The rooms, lowest first; a room imports lower ones only (`docs/architecture.md`).

#[cfg(feature = "aws")]
pub mod apply;
pub mod author;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cli;
pub mod diagnostic;
pub mod diff;
pub mod kinds;
pub mod lang;
pub mod live;
pub mod plan;
pub mod render;
pub mod stack;
pub mod value;

#[cfg(feature = "sandbox")]
pub mod sandbox;
