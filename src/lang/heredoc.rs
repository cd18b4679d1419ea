//! Where heredocs end. The parser ends one at any line that begins with the end marker, while the marker
//! has to be alone on its line: in `<<END` the line `END OF FILE` is text.

use super::lexer::{Kind, Token};
use std::borrow::Cow;

/// The same text for the parser, of the same length: where a line of text begins with the heredoc's marker,
/// another marker is in its place. `tokens` are those of the text.
pub(super) fn with_clear_ends<'t>(text: &'t str, tokens: &[Token]) -> Cow<'t, str> {
    let mut clear = Cow::Borrowed(text);
    let mut open = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::OpenHeredoc => open.push(token),
            Kind::CloseHeredoc => {
                let Some(opener) = open.pop() else { continue };
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
