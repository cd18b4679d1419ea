//! The sandbox from outside: requests in, responses out.

mod addons;
mod associations;
mod botocore;
mod client;
mod clusters;
mod durable;
mod hostile;
mod iam;
mod sts_and_tags;
