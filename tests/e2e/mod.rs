//! The whole program, as a process, on sandboxes: what the operator types, what is printed, which calls are made and
//! what the account holds afterwards.

mod cache;
mod check;
mod conditions;
mod console;
mod contract;
mod discovery;
mod drift;
mod examples;
mod existing;
mod expressions;
mod full;
mod guides;
mod import;
mod in_place;
mod migrate;
mod outputs;
mod reads;
mod recommended;
mod saved;
mod scope;
mod server;
mod terminal;
mod trouble;
mod upgrade;
mod variables;
mod verify;
mod versions;
mod walkthrough;
mod world;
