//! The aws room against the sandbox, over the wire protocols, in virtual time.

mod environment;
mod lifecycles;
mod reading;
mod trouble;
mod world;
