//! Upgrades: from the versions that are live to those that are wanted, in steps that each are one ordinary
//! plan and keep every add-on on a version that EKS offers for the Kubernetes version the cluster is at.

mod edit;
mod subject;
mod way;

pub use edit::{Edited, edit};
pub use subject::{Asked, Gathered, Goal, Subject, gather};
pub use way::{Blocked, Move, State, Step, way};

/// Add-ons that EKS moves one minor version at a time.
/// Source: EKS user guide, "Update the Amazon VPC CNI (Amazon EKS add-on)".
pub const ONE_MINOR_AT_A_TIME: &[&str] = &["vpc-cni"];
