//! Syntax errors: where a file can be cut so that one mistake does not hide the others, and what to
//! say about each.

use super::lexer::{Kind, Lexed, Token, Unterminated};
use super::nesting;
use crate::diagnostic::{Diagnostic, FileId, Span};
use std::ops::Range;

/// One top-level item of a file that does not parse as a whole.
pub(super) struct Chunk {
    pub range: Range<usize>,
    /// What is wrong with it as far as tokens can tell; such a chunk need not be parsed.
    pub diagnostics: Vec<Diagnostic>,
    /// What the parser may take although it is no part of the language.
    pub invalid_character: Option<Diagnostic>,
}

/// Cuts the tokens into top-level items. `base` is where the lexed text starts in the file.
pub(super) fn chunks(file: FileId, base: usize, text: &str, lexed: &Lexed) -> Vec<Chunk> {
    let mut found = Vec::new();
    let mut start = 0;
    // Open brackets of the current item, by token index.
    let mut open: Vec<usize> = Vec::new();
    let mut problems: Vec<Diagnostic> = Vec::new();
    let tokens = &lexed.tokens;
    let close = |from: usize, to: usize, open: &mut Vec<usize>, problems: &mut Vec<Diagnostic>| {
        let range = tokens.get(from).map_or(0, |token| token.range.start)
            ..tokens.get(to.wrapping_sub(1)).map_or(0, |token| token.range.end);
        let mut diagnostics = std::mem::take(problems);
        let mut unended: Vec<Diagnostic> = lexed
            .unterminated
            .iter()
            .filter(|(_, at)| range.contains(&at.start))
            .map(|(what, at)| unterminated(file, base, *what, at))
            .collect();
        // An unterminated string explains the brackets that seem wrong after it.
        if let Some(first) = lexed.unterminated.iter().map(|(_, at)| at.start).find(|at| range.contains(at)) {
            let after = span(file, base, &(first..first)).start;
            diagnostics.retain(|problem| problem.span.is_some_and(|span| span.start < after));
        } else if let Some(&first) = open.first() {
            diagnostics.push(unclosed(file, base, &tokens[first], text));
        }
        open.clear();
        diagnostics.append(&mut unended);
        if diagnostics.is_empty()
            && let Some(at) = nesting::too_deep(&tokens[from..to])
        {
            diagnostics.push(nesting::refusal().at(span(file, base, &at)));
        }
        let invalid_character = invalid_character(file, base, &tokens[from..to]);
        Chunk { range, diagnostics, invalid_character }
    };
    for (index, token) in tokens.iter().enumerate() {
        if index > start && !open.is_empty() && starts_block(tokens, index, text) {
            found.push(close(start, index, &mut open, &mut problems));
            start = index;
        }
        match token.kind.bracket_change() {
            1 => open.push(index),
            -1 => match open.pop() {
                Some(opener) if closes(tokens[opener].kind, token.kind) => {}
                Some(opener) => problems.push(mismatched(file, base, &tokens[opener], token, text)),
                None => problems.push(
                    Diagnostic::error(
                        "syntax",
                        format!("There is no open bracket for this {}", shown(token, text)),
                    )
                    .at(span(file, base, &token.range))
                    .label("closes nothing")
                    .help("remove it, or add the bracket it should close"),
                ),
            },
            _ => {}
        }
        let line_ends = token.kind == Kind::Newline
            || token.kind == Kind::Comment && text[token.range.clone()].ends_with('\n');
        if line_ends && open.is_empty() {
            found.push(close(start, index + 1, &mut open, &mut problems));
            start = index + 1;
        }
    }
    if start < tokens.len() {
        found.push(close(start, tokens.len(), &mut open, &mut problems));
    }
    found
}

/// The parser takes a carriage return that ends no line for a blank. Two of them with a blank between can
/// become one line end when the blank goes, so they mean nothing that could be kept.
pub(super) fn invalid_character(file: FileId, base: usize, tokens: &[Token]) -> Option<Diagnostic> {
    let token = tokens.iter().find(|token| token.kind == Kind::Invalid)?;
    Some(
        Diagnostic::error("syntax", "Invalid character")
            .at(span(file, base, &token.range))
            .help("lines end with a line feed, or with a carriage return and a line feed"),
    )
}

fn span(file: FileId, base: usize, range: &Range<usize>) -> Span {
    Span::new(file, range.start + base..range.end + base)
}

fn shown<'t>(token: &Token, text: &'t str) -> &'t str {
    &text[token.range.clone()]
}

/// A word in the first column, labels and a brace: hardly something inside an open bracket.
fn starts_block(tokens: &[Token], index: usize, text: &str) -> bool {
    let token = &tokens[index];
    let first_column = token.range.start == 0 || text.as_bytes()[token.range.start - 1] == b'\n';
    if !first_column || token.kind != Kind::Ident {
        return false;
    }
    for token in &tokens[index + 1..] {
        match token.kind {
            Kind::Ident | Kind::OpenQuote | Kind::QuotedText | Kind::CloseQuote => {}
            Kind::OpenBrace => return true,
            _ => return false,
        }
    }
    false
}

fn closes(opener: Kind, closer: Kind) -> bool {
    matches!(
        (opener, closer),
        (Kind::OpenBrace, Kind::CloseBrace)
            | (Kind::OpenBracket, Kind::CloseBracket)
            | (Kind::OpenParen, Kind::CloseParen)
            | (Kind::Interpolation | Kind::Control, Kind::TemplateEnd)
    )
}

fn unclosed(file: FileId, base: usize, opener: &Token, text: &str) -> Diagnostic {
    let bracket = shown(opener, text);
    Diagnostic::error("syntax", format!("This {bracket} is never closed"))
        .at(span(file, base, &opener.range))
        .label("opened here")
        .help(format!("close it with {}", closer(opener.kind)))
}

fn closer(opener: Kind) -> &'static str {
    match opener {
        Kind::OpenBracket => "]",
        Kind::OpenParen => ")",
        _ => "}",
    }
}

fn mismatched(file: FileId, base: usize, opener: &Token, closer: &Token, text: &str) -> Diagnostic {
    Diagnostic::error(
        "syntax",
        format!("This {} does not close {}", shown(closer, text), shown(opener, text)),
    )
    .at(span(file, base, &closer.range))
    .help(format!("{} is closed with {}", shown(opener, text), self::closer(opener.kind)))
    .related(span(file, base, &opener.range), "opened here")
}

fn unterminated(file: FileId, base: usize, what: Unterminated, at: &Range<usize>) -> Diagnostic {
    let (message, label, help) = match what {
        Unterminated::String => (
            "This string does not end on its line",
            "no closing quote",
            "close it with \"; text of several lines is written as a heredoc: <<-EOT … EOT",
        ),
        Unterminated::Heredoc => (
            "This heredoc does not end",
            "its end marker is missing",
            "the marker must stand on a line of its own",
        ),
        Unterminated::Comment => ("This comment does not end", "opened here", "close it with */"),
        Unterminated::Template => (
            "This template sequence does not end",
            "opened here",
            "close it with }, or write $${ for the text ${",
        ),
        Unterminated::Directive(keyword) => return unclosed_directive(keyword).at(span(file, base, at)),
    };
    Diagnostic::error("syntax", message).at(span(file, base, at)).label(label).help(help)
}

pub(super) fn unclosed_directive(keyword: &str) -> Diagnostic {
    Diagnostic::error("syntax", format!("This %{{ {keyword} }} has no %{{ end{keyword} }}")).help(
        "every directive is closed before its text ends: %{ if c }…%{ endif }, %{ for x in xs }…%{ endfor }",
    )
}
