//! The parser's complaints in the language's terms.

use super::lexer::{Kind, Lexed, Token};
use crate::diagnostic::{Diagnostic, FileId, Span};
use std::ops::Range;

fn span(file: FileId, base: usize, range: &Range<usize>) -> Span {
    Span::new(file, range.start + base..range.end + base)
}

/// After a bracket the word `for` cannot be a name.
pub(super) fn no_for_expression() -> Diagnostic {
    Diagnostic::error("syntax", "A for expression begins here, but it does not go on as one").help(
        "write [for x in list : x] or { for k, v in map : k => v }; as a name it goes in quotes: \"for\"",
    )
}

/// A text of its own that is no expression.
pub(super) fn no_expression(whole: Span, text: &str, lexed: &Lexed) -> Diagnostic {
    if let Some((range, message, help)) = misplaced(text, lexed).filter(|(range, ..)| range.start > 0) {
        return Diagnostic::error("syntax", message)
            .at(span(whole.file, whole.start as usize, &range))
            .help(help);
    }
    match lexed.tokens.last() {
        Some(only) if lexed.tokens.len() == 1 && only.kind == Kind::Number => {
            Diagnostic::error("syntax", "Number out of range").at(whole)
        }
        Some(last) if last.kind.takes_operand() => {
            Diagnostic::error("syntax", "The expression ends too early")
                .at(span(whole.file, whole.start as usize, &last.range))
                .label("something is missing after this")
        }
        _ => Diagnostic::error("syntax", "This is no expression")
            .at(whole)
            .help("an expression is what stands to the right of = in a file"),
    }
}

/// The parser's complaint in the language's terms, at the token it is about.
pub(super) fn explain(
    file: FileId,
    base: usize,
    text: &str,
    lexed: &Lexed,
    error: &hcl::edit::parser::Error,
) -> Diagnostic {
    let at = boundary(text, error.location().offset());
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
        Some(token) if token.kind == Kind::OpenQuote => "a string".to_string(),
        Some(_) => format!("\"{}\"", text.get(range.clone()).unwrap_or_default()),
    };
    let before = index.checked_sub(1).and_then(|before| lexed.tokens.get(before));
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
    if message.contains("expected identifier")
        && before.is_some_and(|before| text.get(before.range.clone()) == Some("for"))
    {
        return no_for_expression().at(at);
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
    if let (Some(before), Some(token)) = (before, token)
        && before.kind == Kind::Number
        && token.kind == Kind::Ident
        && before.range.end == token.range.start
    {
        let whole = span(file, base, &(before.range.start..token.range.end));
        return Diagnostic::error("syntax", "Invalid number").at(whole).help(
            "numbers are decimal digits, without underscores or prefixes; parseint(\"ff\", 16) reads others",
        );
    }
    if message.contains("newline") && message.contains("eof") {
        if before
            .is_some_and(|before| before.kind == Kind::Ident && text.get(before.range.clone()) == Some("if"))
        {
            return error("There is no if expression".to_string()).help("write condition ? value : other");
        }
        let diagnostic = error(format!("The line should end here, but there is {found}"));
        return match kind {
            Some(Kind::Comma) => diagnostic.help("attributes and blocks are not separated by commas"),
            _ => diagnostic.help("every attribute and every block stands on a line of its own"),
        };
    }
    let directives = lexed.tokens.iter().any(|token| token.kind == Kind::Control);
    if message.contains("block body")
        && directives
        && let Some((range, message, help)) = misplaced(text, lexed)
    {
        return Diagnostic::error("syntax", message).at(span(file, base, &range)).help(help);
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
            _ => diagnostic,
        };
    }
    if message.contains("object item") {
        return error(format!(
            "Items of an object are separated by a line break or a comma, but there is {found}"
        ));
    }
    if message.contains("object value assignment") {
        return error(format!("\"=\" or \":\" is expected after an object key, but there is {found}"));
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
    if message == "unexpected token"
        && let Some((range, message, help)) = misplaced(text, lexed)
    {
        return Diagnostic::error("syntax", message).at(span(file, base, &range)).help(help);
    }
    let diagnostic = match message.rsplit_once("expected ") {
        Some((_, expected)) if expected != "token" => {
            error(format!("Unexpected {found}: expected {}", expected.replace('`', "\"")))
        }
        _ => error(format!("Unexpected {found}")),
    };
    match message.rsplit_once("expected ").map_or("", |(_, expected)| expected) {
        "`]`" => diagnostic.help("elements of a list are separated by commas"),
        expected if expected.starts_with("`)`") => diagnostic.help("arguments are separated by commas"),
        "`{`" => match kind {
            Some(Kind::Equal) => diagnostic.help("the name of an attribute is one word"),
            Some(Kind::OpenQuote) => diagnostic.help("labels are plain text, without ${ }"),
            // `name "value"`: it reads like the header of a block.
            Some(Kind::Newline) | None => diagnostic.label("the { of a block would stand here").help(
                "a value is assigned with =: name = \"value\"; a block opens on its own line: name \"label\" {",
            ),
            _ => diagnostic.help("the { of a block stands on the same line as its name and labels"),
        },
        "`:`" => diagnostic.help("a conditional is condition ? value : other"),
        "`=>`" => diagnostic.help("in braces a for expression gives pairs: { for x in list : key => value }"),
        _ => diagnostic,
    }
}

/// Where the parser only knows that nothing fits: what the tokens show.
fn misplaced(text: &str, lexed: &Lexed) -> Option<(Range<usize>, String, &'static str)> {
    let shown = |token: &Token| text.get(token.range.clone()).unwrap_or_default().trim().to_string();
    let first = lexed.tokens.iter().find(|token| !matches!(token.kind, Kind::Newline | Kind::Comment))?;
    if first.kind != Kind::Ident {
        return Some((
            first.range.clone(),
            format!("An attribute or a block is expected here, but there is \"{}\"", shown(first)),
            "write name = value for an attribute, or name { … } for a block",
        ));
    }
    let mut open: Vec<String> = Vec::new();
    for (index, token) in lexed.tokens.iter().enumerate() {
        let next = lexed.tokens.get(index + 1);
        match (token.kind, next) {
            (Kind::Control, Some(word)) => match shown(word).as_str() {
                keyword @ ("if" | "for") => open.push(keyword.to_string()),
                "else" if open.last().is_some_and(|keyword| keyword == "if") => {}
                "endif" if open.last().is_some_and(|keyword| keyword == "if") => drop(open.pop()),
                "endfor" if open.last().is_some_and(|keyword| keyword == "for") => drop(open.pop()),
                keyword @ ("else" | "endif" | "endfor") => {
                    let message = format!("There is no open directive for this %{{ {keyword} }}");
                    return Some((
                        word.range.clone(),
                        message,
                        "directives are %{ if }, %{ else }, %{ endif }, %{ for } and %{ endfor }",
                    ));
                }
                other => {
                    return Some((
                        word.range.clone(),
                        format!("There is no template directive \"{other}\""),
                        "directives are %{ if }, %{ else }, %{ endif }, %{ for } and %{ endfor }; the text %{ is written %%{",
                    ));
                }
            },
            (Kind::Dot, next) => {
                let named =
                    next.is_some_and(|next| matches!(next.kind, Kind::Ident | Kind::Number | Kind::Star));
                if !named {
                    let after_number = index > 0 && lexed.tokens[index - 1].kind == Kind::Number;
                    let what = if after_number { "Digits are" } else { "A name is" };
                    return Some((
                        token.range.clone(),
                        format!("{what} expected after the dot"),
                        "remove the dot, or write what follows it",
                    ));
                }
            }
            _ => {}
        }
    }
    None
}

/// The start of the character that holds the byte; the parser sometimes points into one.
pub(super) fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |end| from + end)
}
