//! Writes HCL: what a live cluster would look like in a stack's files. Pure; nothing here reads AWS or a
//! disk.

mod block;
mod expression;
mod files;
mod import;
mod labels;
mod policy;
mod repeat;
mod survey;
mod unowned;

pub use import::{Imported, Request, import};
pub use survey::wants;
pub use unowned::{Unowned, adopt_block, unowned};
