//! Files → declarations → evaluated, proposed instances and their graph.

mod catalog;
mod check;
mod conditions;
mod console;
mod data;
mod declare;
mod decode;
mod derived;
mod document_spans;
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
mod pending;
mod pins;
mod policy_document;
mod program;
mod provider;
mod recommended;
mod recommended_for;
mod scope;
mod together;
mod validate;
mod variables;

pub use console::{Answer, Console};
pub use evaluate::{Rounds, evaluate};
pub use explain::reasons;
pub use inputs::{Base, Inputs, Mode, SourceTree, VariableInput, VariableText};
pub use instance::{
    AdoptConsent, BlockId, Checked, Derived, EvaluatedOutput, Evaluation, Guarded, Instance, Open, Requester,
    Status,
};
pub use modules::{called_directories, declare, path_parts};
pub use program::{Declarations, Program, Variable};
pub use provider::{AssumeRole, IgnoreTags, ProviderConfig};
pub use validate::{validate, without_consequences};
