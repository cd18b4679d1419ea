//! Files → declarations → evaluated, proposed instances and their graph.

mod inputs;
mod provider;

pub use inputs::{Inputs, Mode, SourceTree, VariableInput, VariableText};
pub use provider::{AssumeRole, ProviderConfig};
