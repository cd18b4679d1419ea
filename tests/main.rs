//! The one integration test binary: every other one would link everything again.

mod invalid;
mod lang;
mod plan;
#[cfg(feature = "sandbox")]
mod sandbox;
