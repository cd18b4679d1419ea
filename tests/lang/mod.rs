//! The language against its corpus (`testdata/lang`) and its laws.

mod corpus;
mod format;
mod laws;
mod mutations;
mod rooms;
mod scope;
