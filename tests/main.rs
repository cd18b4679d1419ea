//! The one integration test binary: every other one would link everything again.

#[cfg(feature = "sandbox")]
mod sandbox;
