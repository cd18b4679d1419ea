//! Lines of a plan: indentation, the symbol in front, alignment.

use super::style::{Style, paint};
use unicode_width::UnicodeWidthStr;

/// The symbol in front of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Same,
    Create,
    Update,
    Delete,
    /// Deleted, then created anew.
    DeleteCreate,
    /// Created anew, then deleted.
    CreateDelete,
    /// No longer the stack's.
    Release,
    Wait,
}

impl Mark {
    pub const ALL: [Mark; 7] = [
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::DeleteCreate,
        Self::CreateDelete,
        Self::Release,
        Self::Wait,
    ];

    /// The mark of something that was and will be.
    pub fn of<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> Self {
        match (before, after) {
            (None, Some(_)) => Self::Create,
            (Some(_), None) => Self::Delete,
            (before, after) if before == after => Self::Same,
            _ => Self::Update,
        }
    }

    /// Three columns wide, to the right.
    pub fn symbol(self, style: &Style) -> String {
        match self {
            Self::Same => "   ".to_string(),
            Self::Create => format!("  {}", paint(style.create, "+")),
            Self::Update => format!("  {}", paint(style.update, "~")),
            Self::Delete => format!("  {}", paint(style.delete, "-")),
            Self::DeleteCreate => format!("{}/{}", paint(style.delete, "-"), paint(style.create, "+")),
            Self::CreateDelete => format!("{}/{}", paint(style.create, "+"), paint(style.delete, "-")),
            Self::Release => format!("  {}", paint(style.update, ".")),
            Self::Wait => format!("  {}", paint(style.wait, "…")),
        }
    }

    /// What the symbol stands for.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Create => "create",
            Self::Update => "update in-place",
            Self::Delete => "destroy",
            Self::DeleteCreate => "destroy and then create replacement",
            Self::CreateDelete => "create replacement and then destroy",
            Self::Release => "release, without destroying",
            Self::Wait => "wait for",
        }
    }
}

/// Text under construction.
pub struct Page {
    pub out: String,
    pub style: Style,
}

impl Page {
    pub fn new(style: Style) -> Self {
        Self { out: String::new(), style }
    }

    /// A line with a symbol. Depth 0 is the block of a change, 1 its attributes.
    pub fn line(&mut self, depth: usize, mark: Mark, content: &str) {
        self.indent(depth);
        self.out.push_str(&mark.symbol(&self.style));
        self.out.push(' ');
        self.out.push_str(content);
        self.out.push('\n');
    }

    /// A closing bracket of what was opened at `depth`, or any other line without symbol.
    pub fn close(&mut self, depth: usize, content: &str) {
        self.line(depth, Mark::Same, content);
    }

    /// `# …` at the place of an attribute of `depth`.
    pub fn comment(&mut self, depth: usize, text: &str) {
        let text = paint(self.style.faint, &format!("# {text}"));
        self.line(depth, Mark::Same, &text);
    }

    /// `# (3 unchanged attributes hidden)`, nothing if there are none.
    pub fn hidden(&mut self, depth: usize, count: usize, what: &str) {
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            self.comment(depth, &format!("({count} unchanged {what}{plural} hidden)"));
        }
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.out.push_str("    ");
        }
    }
}

/// The columns a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `name   = `, with the equals signs of a block under each other.
pub fn assign(name: &str, widest: usize) -> String {
    format!("{name}{} = ", " ".repeat(widest.saturating_sub(width(name))))
}
