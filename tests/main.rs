//! The one integration test binary: every other one would link everything again.

#[cfg(all(feature = "aws", feature = "sandbox"))]
mod aws;
mod lang;
#[cfg(feature = "sandbox")]
mod sandbox;
