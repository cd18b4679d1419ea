//! Where heredocs end. The parser ends one at any line but the first that begins with the end marker. That
//! line may be the first, where a heredoc is empty, and the marker has to be alone on it: in `<<END` the line
//! `END OF FILE` is text.

use super::lexer::{Kind, Token};
use std::borrow::Cow;

/// The same text for the parser, every byte of code in its place: an empty heredoc is an empty string, and
/// where a line of text begins with the heredoc's marker, it has another one. `tokens` are those of the text.
pub(super) fn with_clear_ends<'t>(text: &'t str, tokens: &[Token]) -> Cow<'t, str> {
    let mut clear = Cow::Borrowed(text);
    let mut open = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::OpenHeredoc => open.push(token),
            Kind::CloseHeredoc => {
                let Some(opener) = open.pop() else { continue };
                if opener.range.end == token.range.start {
                    let empty = opener.range.start..token.range.end;
                    let same = format!("{:width$}", "\"\"", width = empty.len());
                    clear.to_mut().replace_range(empty, &same);
                    continue;
                }
                let marker = text[token.range.clone()].trim_start();
                let lines =
                    || text[opener.range.end..token.range.start].lines().map(|line| line.trim_start());
                if !lines().any(|line| line.starts_with(marker)) {
                    continue;
                }
                let Some(other) = ('A'..='Z')
                    .map(|letter| letter.to_string().repeat(marker.len()))
                    .find(|other| lines().all(|line| !line.starts_with(other.as_str())))
                else {
                    continue;
                };
                let word = &text[opener.range.clone()];
                let start = opener.range.start + if word.starts_with("<<-") { 3 } else { 2 };
                let clear = clear.to_mut();
                clear.replace_range(start..start + marker.len(), &other);
                clear.replace_range(token.range.end - marker.len()..token.range.end, &other);
            }
            _ => {}
        }
    }
    clear
}
