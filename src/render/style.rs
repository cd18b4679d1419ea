//! The colours of terminal text, and what may be printed at all.

use anstyle::{AnsiColor, Effects, Style as Ansi};

/// Which parts of the text look how. [`Style::plain`] writes no escape sequence anywhere.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub create: Ansi,
    pub update: Ansi,
    pub delete: Ansi,
    pub wait: Ansi,
    /// What a change is about, the summary, headings.
    pub strong: Ansi,
    /// `# forces replacement` and words for what is lost.
    pub danger: Ansi,
    /// What matters least: `# (5 unchanged attributes hidden)`, `-> null`.
    pub faint: Ansi,
    pub error: Ansi,
    pub warning: Ansi,
    pub note: Ansi,
    pub help: Ansi,
}

impl Style {
    /// No colour, no escape sequence.
    pub const fn plain() -> Self {
        let plain = Ansi::new();
        Self {
            create: plain,
            update: plain,
            delete: plain,
            wait: plain,
            strong: plain,
            danger: plain,
            faint: plain,
            error: plain,
            warning: plain,
            note: plain,
            help: plain,
        }
    }

    /// The sixteen colours every terminal has, as Terraform uses them.
    pub const fn coloured() -> Self {
        const fn colour(colour: AnsiColor) -> Ansi {
            colour.on_default()
        }
        const fn bold(style: Ansi) -> Ansi {
            style.effects(Effects::BOLD)
        }
        Self {
            create: colour(AnsiColor::Green),
            update: colour(AnsiColor::Yellow),
            delete: colour(AnsiColor::Red),
            wait: colour(AnsiColor::Cyan),
            strong: bold(Ansi::new()),
            danger: bold(colour(AnsiColor::Red)),
            faint: Ansi::new().effects(Effects::DIMMED),
            error: bold(colour(AnsiColor::BrightRed)),
            warning: bold(colour(AnsiColor::Yellow)),
            note: bold(colour(AnsiColor::BrightBlue)),
            help: bold(colour(AnsiColor::BrightCyan)),
        }
    }

    /// Whether nothing is coloured.
    pub fn is_plain(&self) -> bool {
        self.error.is_plain() && self.create.is_plain()
    }
}

/// `text` in the given look; the bare text where that is plain.
pub fn paint(look: Ansi, text: &str) -> String {
    if look.is_plain() || text.is_empty() { text.to_string() } else { format!("{look}{text}{look:#}") }
}

/// Whether a character would steer the terminal, hide, or reorder what stands around it. (The joiners of
/// scripts and emoji, U+200C and U+200D, are text.)
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// Text from outside without anything that steers a terminal. Line breaks and tabs stay.
pub fn printable(text: &str) -> String {
    if !text.chars().any(|c| steers(c) && c != '\n' && c != '\t') {
        return text.to_string();
    }
    text.chars()
        .filter(|c| *c != '\r')
        .map(|c| if steers(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c })
        .collect()
}
