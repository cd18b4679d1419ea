//! The language against its corpus (`testdata/lang`) and its laws.

mod corpus;
mod format;
mod laws;
mod limits;
mod mutations;
mod replay;
mod rooms;
mod scope;
