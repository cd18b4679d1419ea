//! The language: syntax with spans, evaluation, functions, types and formatting. Pure: what lies
//! outside (files, the clock) is asked through [`eval::Scope`].

mod ast;
pub mod convert;
#[allow(dead_code, reason = "counters for functions to come")]
pub mod eval;
#[allow(dead_code, reason = "the families that use all of it come next")]
mod functions;
mod lower;
pub mod references;
pub mod syntax;
#[allow(dead_code, reason = "bare templates come with templatefile")]
mod template;

pub use ast::Expr;

#[cfg(test)]
mod tests;
