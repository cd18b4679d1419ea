//! eksform plans and applies Amazon EKS from HCL files, with the live account as the only state.

#[cfg(feature = "sandbox")]
pub mod sandbox;
