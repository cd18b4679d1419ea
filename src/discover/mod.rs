//! What EKS offers and says about add-ons, which roles would do, and what works, as tables for people.

mod addons;
mod concern;
mod pods;
mod roles;
mod settings;
mod verify;

pub use addons::{AddonPage, AddonRow, VersionRow, usual};
pub use concern::{Concern, Outcome, Subject, VerifyRow};
pub use pods::{Pod, PodCount, pods};
pub use roles::RoleRow;
pub use settings::{Setting, settings};
pub use verify::{Declared, Pods, Verification, verify_wants};
