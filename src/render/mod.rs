//! Plans, complaints and events as text and JSON. Pure: the same input gives the same bytes.
//!
//! Architecture Invariant: nothing here decides. Whatever a plan does not say is not shown.

mod addons;
mod block;
mod checks;
mod diagnostics;
#[cfg(test)]
mod diagnostics_tests;
mod document;
mod drift;
mod event;
#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod fixtures;
mod json;
#[cfg(test)]
mod json_tests;
mod literal;
mod outputs;
mod owned;
mod page;
mod plan;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod property_tests;
mod sarif;
mod style;
mod summary;
mod terraform;
mod tree;
mod upgrade;
mod validation;
mod value;
mod verify;

pub use addons::{addon, addon_roles, addons, json_addon, json_addon_roles, json_addons};
pub use diagnostics::{diagnostics, error_count, finding_count, silenced};
pub use drift::{drift, drifted, json_drift};
pub use event::{elapsed, event};
pub use json::{finding as json_finding, json_plan};
pub use outputs::{json_outputs, json_value, raw, revealed};
pub use owned::{OwnedRow, json_owned, owned};
pub use plan::plan;
pub use sarif::{Findings, sarif};
pub use style::Style;
pub use summary::{Counts, summary};
pub use upgrade::{upgrade, upgrade_step, upgraded};
pub use validation::{json_check, json_validation};
pub use value::{output_list, outputs, value};
pub use verify::{json_verification, verification};
