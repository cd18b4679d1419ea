//! Plans, complaints and events as text and JSON. Pure: the same input gives the same bytes.
//!
//! Architecture Invariant: nothing here decides. Whatever a plan does not say is not shown.

mod block;
mod diagnostics;
#[cfg(test)]
mod diagnostics_tests;
mod document;
mod event;
#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod fixtures;
mod json;
#[cfg(test)]
mod json_tests;
mod literal;
mod page;
mod plan;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod property_tests;
mod style;
mod summary;
mod terraform;
mod tree;
mod upgrade;
mod validation;
mod value;

pub use diagnostics::{diagnostics, error_count};
pub use event::{elapsed, event};
pub use json::{finding as json_finding, json_plan};
pub use plan::plan;
pub use style::Style;
pub use summary::{Counts, summary};
pub use upgrade::{upgrade, upgrade_step, upgraded};
pub use validation::json_validation;
pub use value::{outputs, value};
