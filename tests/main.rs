//! The one integration test binary: every other one would link everything again.

mod architecture;
#[cfg(all(feature = "aws", feature = "sandbox"))]
mod author;
#[cfg(all(feature = "aws", feature = "sandbox"))]
mod aws;
#[cfg(all(feature = "aws", feature = "sandbox"))]
mod converge;
mod docs;
#[cfg(all(feature = "aws", feature = "sandbox"))]
mod e2e;
mod invalid;
mod lang;
#[cfg(all(feature = "aws", feature = "sandbox"))]
mod observe;
mod plan;
#[cfg(feature = "sandbox")]
mod sandbox;
