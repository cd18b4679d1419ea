//! Any expression is evaluated, or refused, within its allowance.
#![no_main]

use eksform::diagnostic::FileId;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(expr) = eksform::lang::syntax::parse_expression(FileId(0), text) {
        let _ = eksform::lang::eval::evaluate(&expr, &eksform::lang::eval::NoScope);
    }
});
