//! The one integration test binary: every other one would link everything again.

mod architecture;
mod lang;
#[cfg(feature = "sandbox")]
mod sandbox;
