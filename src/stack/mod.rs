//! Files → declarations → evaluated, proposed instances and their graph.

mod check;
mod declare;
mod decode;
mod duplicates;
mod evaluate;
mod explain;
mod graph;
mod inputs;
mod instance;
mod provider;
mod scope;
mod together;
mod validate;
mod variables;
mod version;

pub use declare::{Program, declare};
pub use evaluate::evaluate;
pub use inputs::{Inputs, Mode, SourceTree, VariableInput, VariableText};
pub use instance::{AdoptConsent, BlockId, EvaluatedOutput, Evaluation, Instance};
pub use provider::{AssumeRole, ProviderConfig};
pub use validate::validate;
