//! The language: syntax with spans, evaluation, functions, types and formatting. Pure: what lies
//! outside (files, the clock) is asked through [`eval::Scope`].

mod ast;
pub mod convert;
pub mod eval;
mod explain;
mod format;
mod functions;
mod heredoc;
mod json;
mod json_syntax;
mod lexer;
mod literal;
mod lower;
mod nesting;
mod recovery;
pub mod references;
pub mod syntax;
mod template;

pub use ast::Expr;
pub use format::format;
pub use functions::{names as function_names, page as function_reference};
pub use lexer::comments;
pub use literal::{literal, quoted_string};

#[cfg(test)]
mod tests;
