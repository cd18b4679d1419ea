//! The sandbox from outside: requests in, responses out.

mod access;
mod addons;
mod associations;
pub mod botocore;
mod client;
mod clusters;
mod commands;
mod durable;
mod faults;
mod hostile;
mod iam;
mod matrix;
mod members;
mod replay;
mod sts_and_tags;
