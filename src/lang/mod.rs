//! The language: syntax with spans, evaluation, functions, types and formatting. Pure: what lies
//! outside (files, the clock) is asked through [`eval::Scope`].

mod ast;
pub mod convert;
pub mod eval;
mod functions;
#[allow(dead_code, reason = "spans are for the JSON syntax that comes next")]
mod json;
mod literal;
mod lower;
pub mod references;
pub mod syntax;
mod template;

pub use ast::Expr;
pub use functions::names as function_names;
pub use literal::literal;

#[cfg(test)]
mod tests;
