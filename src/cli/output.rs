//! Where text goes, and in which colours.

use crate::diagnostic::{Diagnostic, Silenced, Sources};
use crate::render::{self, Style};
#[cfg(feature = "aws")]
use std::io::BufRead;
use std::io::{IsTerminal, Write};

/// Standard output and error. Writing to a pipe that was closed ends nothing.
pub struct Terminal {
    out: Style,
    err: Style,
}

impl Terminal {
    pub fn new(no_color: bool) -> Self {
        let plain = no_color
            || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let style = |terminal: bool| if terminal && !plain { Style::coloured() } else { Style::plain() };
        Self { out: style(std::io::stdout().is_terminal()), err: style(std::io::stderr().is_terminal()) }
    }

    pub fn style(&self) -> Style {
        self.out
    }

    /// Prints to standard output as is. A closed pipe is no error: nobody reads any more.
    pub fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Prints a line to standard error.
    #[cfg(any(feature = "aws", feature = "sandbox"))]
    pub fn say(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Prints complaints to standard error, and their number if there is an error among them.
    pub fn complain(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        if diagnostics.is_empty() {
            return;
        }
        let mut text = render::diagnostics(diagnostics, sources, self.err);
        if diagnostics.iter().any(Diagnostic::is_error) {
            text.push_str(&render::error_count(diagnostics));
            text.push('\n');
        }
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints to standard error how many findings the files silence.
    pub fn say_silenced(&self, silenced: &[Silenced]) {
        let text = render::silenced(silenced);
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Asks a question that only `yes` answers. Without a terminal to answer from, or at its end: no.
    #[cfg(feature = "aws")]
    pub fn confirm(&self, question: &str) -> bool {
        self.print(question);
        let mut answer = String::new();
        match std::io::stdin().lock().read_line(&mut answer) {
            Ok(read) if read > 0 => answer.trim() == "yes",
            _ => {
                self.print("\n");
                false
            }
        }
    }
}
