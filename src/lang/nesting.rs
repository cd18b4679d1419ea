//! Expressions that the parser would refuse only after a very long time.
//!
//! From the second operator of a chain on, it reads an operand that does not parse twice. With brackets in
//! such operands in each other the time doubles with every level, so there is a limit to these levels.

use super::lexer::{Kind, Token};
use crate::diagnostic::Diagnostic;
use std::ops::Range;

const MAX_LEVELS: usize = 8;

/// What is open: a bracket, a string or, at the bottom, the file.
struct Open {
    /// How many operators there are so far in its current chain.
    operators: usize,
    level: usize,
    /// Expressions in it end with their line.
    lines: bool,
}

/// The bracket or quote that is one level too deep.
pub(super) fn too_deep(tokens: &[Token]) -> Option<Range<usize>> {
    let bottom = || Open { operators: 0, level: 0, lines: true };
    let mut open = vec![bottom()];
    let mut after_operand = false;
    for token in tokens {
        let change = match token.kind {
            Kind::OpenQuote | Kind::OpenHeredoc => 1,
            Kind::CloseQuote | Kind::CloseHeredoc => -1,
            kind => kind.bracket_change(),
        };
        if change < 0 {
            open.pop();
        }
        if open.is_empty() {
            open.push(bottom());
        }
        let Some(inner) = open.last_mut() else { continue };
        match token.kind {
            _ if change > 0 => {
                let level = inner.level + usize::from(inner.operators > 1);
                if level > MAX_LEVELS {
                    return Some(token.range.clone());
                }
                open.push(Open { operators: 0, level, lines: token.kind == Kind::OpenBrace });
            }
            Kind::Arithmetic | Kind::Star | Kind::Comparison | Kind::Logical => inner.operators += 1,
            Kind::Minus if after_operand => inner.operators += 1,
            Kind::Comma | Kind::Question | Kind::Colon | Kind::Equal | Kind::Arrow => inner.operators = 0,
            Kind::Newline | Kind::Comment if inner.lines => inner.operators = 0,
            _ => {}
        }
        if !matches!(token.kind, Kind::Newline | Kind::Comment) {
            after_operand = change < 0 || matches!(token.kind, Kind::Ident | Kind::Number);
        }
    }
    None
}

pub(super) fn refusal() -> Diagnostic {
    Diagnostic::error("limit", "Nested too deeply")
        .help(format!("chains of operators may be nested {MAX_LEVELS} levels deep; locals give parts a name"))
}
