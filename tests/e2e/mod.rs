//! The whole program, as a process, on sandboxes: what the operator types, what is printed, which calls are made and
//! what the account holds afterwards.

mod console;
mod contract;
mod drift;
mod examples;
mod existing;
mod full;
mod in_place;
mod reads;
mod recommended;
mod saved;
mod scope;
mod server;
mod trouble;
mod upgrade;
mod versions;
mod walkthrough;
mod world;
