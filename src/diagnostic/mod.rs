//! Every complaint eksform makes: what is wrong, where, why, and what to do about it.

mod source;

pub use source::{FileId, SourceFile, Sources, Span};

/// How much a [`Diagnostic`] weighs. Only errors stop a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A second place that belongs to a complaint: the first declaration of a duplicate, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub span: Span,
    pub message: String,
}

/// One complaint. `code` is stable (tools and rule silencing refer to it), `message` says what is
/// wrong in one line, `label` stands under the underlined source, `help` says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    pub span: Option<Span>,
    pub label: Option<String>,
    pub related: Vec<Related>,
    /// Further facts, one a line: why it matters, what was seen.
    pub notes: Vec<String>,
    pub help: Option<String>,
    /// The instance the complaint is about, as text, where there is one.
    pub address: Option<String>,
}

/// A complaint of a rule about a finished plan. The same type: it is shown in the same ways.
pub type Finding = Diagnostic;

/// A finding that the files silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silenced {
    pub finding: Finding,
    /// Why, in the words of whoever silenced it.
    pub reason: String,
    /// Where it is silenced.
    pub span: Span,
}

impl Diagnostic {
    /// A complaint of the given severity without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            span: None,
            label: None,
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
            address: None,
        }
    }

    /// An error without a place; add one with [`Diagnostic::at`].
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note without a place.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// Points at source text.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The text under the underlined source.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// One more fact.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// A second place that belongs to the complaint.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related { span, message: message.into() });
        self
    }

    /// The instance the complaint is about.
    #[must_use]
    pub fn about(mut self, address: impl ToString) -> Self {
        self.address = Some(address.to_string());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The candidate nearest to `given`, if one is near enough to be what was meant.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(given, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1.max(given.len().min(candidate.len()) / 3) && *distance < given.len().max(2)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The usual hint for a misspelt name: the nearest candidate, else the list of what exists.
pub fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(given, candidates.clone()) {
        return format!("did you mean \"{near}\"?");
    }
    let mut all: Vec<&str> = candidates.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    match all.as_slice() {
        [] => "none is declared".to_string(),
        [one] => format!("the only one is \"{one}\""),
        many => format!("one of: {}", many.join(", ")),
    }
}
