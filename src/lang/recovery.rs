//! Syntax errors: where a file can be cut so that one mistake does not hide the others, and what to
//! say about each.

use super::lexer::{Kind, Lexed, Token, Unterminated};
use crate::diagnostic::{Diagnostic, FileId, Span};
use std::ops::Range;

/// One top-level item of a file that does not parse as a whole.
pub(super) struct Chunk {
    pub range: Range<usize>,
    /// What is wrong with it as far as tokens can tell; such a chunk need not be parsed.
    pub diagnostics: Vec<Diagnostic>,
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
        Chunk { range, diagnostics }
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
    };
    Diagnostic::error("syntax", message).at(span(file, base, at)).label(label).help(help)
}

/// The parser's complaint in the language's terms, at the token it is about.
pub(super) fn explain(
    file: FileId,
    base: usize,
    text: &str,
    lexed: &Lexed,
    error: &hcl::edit::parser::Error,
) -> Diagnostic {
    let at = error.location().offset().min(text.len());
    let index = lexed.tokens.partition_point(|token| token.range.end <= at);
    let token = lexed.tokens.get(index);
    let range = match token {
        Some(token) if token.range.start <= at => at..token.range.end.min(line_end(text, at)).max(at),
        Some(token) if text[at..token.range.start].trim().is_empty() => {
            token.range.start..token.range.end.min(line_end(text, token.range.start)).max(token.range.start)
        }
        _ => at..at,
    };
    let message = error.message();
    let found = match token {
        None => "the end of the file".to_string(),
        Some(token) if token.kind == Kind::Newline => "the end of the line".to_string(),
        Some(token) if token.kind == Kind::Comment => "a comment".to_string(),
        Some(_) => format!("\"{}\"", text.get(range.clone()).unwrap_or_default()),
    };
    let kind = token.map(|token| token.kind);
    let at = span(file, base, &range);
    if message.contains("nesting depth") {
        return Diagnostic::error("limit", "Nested too deeply")
            .at(at)
            .help("expressions and blocks may be nested 64 levels deep; locals give parts a name");
    }
    if message.contains("chained binary operators") {
        return Diagnostic::error("limit", "Too many operators in one expression")
            .at(at)
            .help("an expression may chain 128 operators; locals give parts a name");
    }
    if message.contains("redefined attribute") || message.contains("redefined object key") {
        let what = if message.contains("object key") { "object key" } else { "attribute" };
        return Diagnostic::error("syntax", format!("The {what} {found} is defined twice"))
            .at(at)
            .help("remove one of the definitions");
    }
    let error = |message: String| Diagnostic::error("syntax", message).at(at);
    if let Some(token) = token
        && token.kind == Kind::Number
        && token.range.start < range.start
    {
        return Diagnostic::error("syntax", "Number out of range").at(span(file, base, &token.range));
    }
    if found == "\"'\"" {
        return error("Invalid character".to_string())
            .label("a single quote")
            .help("strings are written in double quotes");
    }
    if message.contains("invalid structure") {
        let diagnostic = error(format!("An attribute or a block is expected here, but there is {found}"));
        return match kind {
            Some(Kind::Colon) => diagnostic.help("attributes are assigned with =, not with :"),
            Some(Kind::Dot | Kind::OpenBracket) => {
                diagnostic.help("an attribute name is a single word, without . or [ ]")
            }
            _ => diagnostic.help("write name = value for an attribute, or name { … } for a block"),
        };
    }
    if message.contains("newline") && message.contains("eof") {
        let diagnostic = error(format!("The line should end here, but there is {found}"));
        return match kind {
            Some(Kind::Comma) => diagnostic.help("attributes and blocks are not separated by commas"),
            _ => diagnostic.help("every attribute and every block stands on a line of its own"),
        };
    }
    if let Some(directive) = unended_directive(text, lexed) {
        let word = shown(directive, text);
        return Diagnostic::error("syntax", format!("This %{{ {word} }} is never ended"))
            .at(span(file, base, &directive.range))
            .label("starts here")
            .help(format!("end it with %{{ end{word} }}"));
    }
    if message.contains("block body") {
        return error(format!("Something is wrong inside this block: unexpected {found}"))
            .help("a block on one line may hold one attribute; more of them go on lines of their own");
    }
    if message.contains("invalid expression") {
        let diagnostic = error(format!("An expression is expected here, but there is {found}"));
        return match kind {
            Some(Kind::Newline | Kind::Comment) | None => {
                diagnostic.help("the value must start on this line; put it in parentheses to break the line")
            }
            _ => diagnostic.help("a value is a literal, a reference such as var.x, or a function call"),
        };
    }
    if message.contains("object item") {
        return error(format!(
            "Items of an object are separated by a line break or a comma, but there is {found}"
        ))
        .help("put a comma before it, or a line break");
    }
    if message.contains("object value assignment") {
        return error(format!("\"=\" or \":\" is expected after an object key, but there is {found}"))
            .help("write: { key = value }");
    }
    if message.contains("escape sequence") {
        let start = text[..range.start].rfind('\\').unwrap_or(range.start);
        let end = text[start..].char_indices().nth(2).map_or(text.len(), |(at, _)| start + at);
        let at = span(file, base, &(start..end));
        return Diagnostic::error("syntax", format!("Unknown escape sequence: {}", &text[start..end])).at(at).help(
            "known ones are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \\UNNNNNNNN; a backslash itself is \\\\",
        );
    }
    if message.contains("unicode") {
        return error(format!("Invalid unicode escape: {found}"))
            .help("\\u takes four and \\U eight hexadecimal digits of a character");
    }
    let expected = message.rsplit_once("expected ").map(|(_, expected)| expected.replace('`', "\""));
    match (expected.as_deref(), kind) {
        // `name "value"`: it reads like the header of a block.
        (Some("\"{\""), Some(Kind::Newline) | None) => error(
            "A block's { is expected before the end of the line".to_string(),
        )
        .label("the line ends here")
        .help(
            "a value is assigned with =: name = \"value\"; a block opens on its own line: name \"label\" {",
        ),
        (Some("\"]\"" | "\")\""), Some(kind)) if starts_value(kind) => {
            error("A comma is missing between two elements".to_string())
                .label("the next element starts here")
                .help("elements are separated by commas, also across lines")
        }
        (Some(expected), _) => {
            error(format!("Unexpected {found}")).label(format!("{expected} is expected here"))
        }
        (None, _) => error(format!("Unexpected {found}")).label("not expected here"),
    }
}

/// The first `%{ for }` or `%{ if }` of a template that has no end.
fn unended_directive<'t>(text: &str, lexed: &'t Lexed) -> Option<&'t Token> {
    let mut open = Vec::new();
    for pair in lexed.tokens.windows(2).filter(|pair| pair[0].kind == Kind::Control) {
        match shown(&pair[1], text) {
            "for" | "if" => open.push(&pair[1]),
            "endfor" | "endif" => drop(open.pop()),
            _ => {}
        }
    }
    open.first().copied()
}

/// Whether an expression may start with such a token.
fn starts_value(kind: Kind) -> bool {
    matches!(kind, Kind::Ident | Kind::OpenQuote | Kind::QuotedText | Kind::Number | Kind::OpenBrace)
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |end| from + end)
}
