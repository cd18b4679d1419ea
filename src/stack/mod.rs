//! Files → declarations → evaluated, proposed instances and their graph.

mod catalog;
mod check;
mod data;
mod declare;
mod decode;
mod derived;
mod duplicates;
mod evaluate;
mod expand;
mod explain;
mod graph;
mod inputs;
mod instance;
pub mod lock;
mod modules;
mod objects;
mod pins;
mod program;
mod provider;
mod recommended;
mod recommended_for;
mod scope;
mod together;
mod validate;
mod variables;

pub use evaluate::{Rounds, evaluate};
pub use inputs::{Inputs, Mode, SourceTree, VariableInput, VariableText};
pub use instance::{AdoptConsent, BlockId, Derived, EvaluatedOutput, Evaluation, Instance, Requester};
pub use modules::{called_directories, declare};
pub use program::{Declarations, Program};
pub use provider::{AssumeRole, ProviderConfig};
pub use validate::{validate, without_consequences};
