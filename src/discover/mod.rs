//! What EKS offers and says about add-ons, and which roles would do, as tables for people.

mod addons;
mod roles;
mod settings;

pub use addons::{AddonPage, AddonRow, VersionRow, usual};
pub use roles::{RoleRow, cluster_arn};
pub use settings::{Setting, settings};
