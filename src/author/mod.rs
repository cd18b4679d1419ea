//! Writes HCL: what a live cluster would look like in a stack's files. Pure; nothing here reads AWS or a
//! disk.

mod block;
mod expression;
mod files;
mod import;
mod irsa;
mod irsa_edit;
mod irsa_files;
mod labels;
mod policy;
mod repeat;
mod survey;
mod unowned;

pub use import::{Imported, Request, import};
pub use irsa::{Irsa, find as find_irsa, irsa_wants};
pub use irsa_edit::Written;
pub use irsa_files::{Moved, Moving, finish_irsa, move_irsa};
pub use survey::{Role, Survey, configuration_want, wants};
pub use unowned::{Listing, Unowned, adopt_block, unowned};
