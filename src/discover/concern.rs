//! What verification says of one object.

use super::pods::PodCount;
use crate::value::Text;

/// How an object is, from good to bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    #[default]
    Working,
    /// Worth a look.
    Warning,
    /// It could not be read.
    Unknown,
    NotWorking,
}

impl Outcome {
    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Working => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::NotWorking => "not working",
        }
    }
}

/// One thing about an object that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    pub outcome: Outcome,
    pub text: String,
    pub help: Option<String>,
}

impl Concern {
    pub(super) fn new(outcome: Outcome, text: impl Into<String>) -> Self {
        Self { outcome, text: text.into(), help: None }
    }

    pub(super) fn failing(text: impl Into<String>) -> Self {
        Self::new(Outcome::NotWorking, text)
    }

    pub(super) fn only_warns(self) -> Self {
        Self { outcome: Outcome::Warning, ..self }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// What was found out about one object.
#[derive(Debug, Default)]
pub(super) struct Concerns(pub(super) Vec<Concern>);

impl Concerns {
    pub(super) fn push(&mut self, concern: Concern) {
        self.0.push(concern);
    }

    pub(super) fn fail(&mut self, text: impl Into<String>) {
        self.push(Concern::failing(text));
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.push(Concern::new(Outcome::Warning, text));
    }

    pub(super) fn unread(&mut self, what: &str, why: &str) {
        self.push(Concern::new(Outcome::Unknown, format!("{what} cannot be read: {why}")));
    }
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Cluster,
    Addon,
    Association,
}

impl Subject {
    /// As programs read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Addon => "addon",
            Self::Association => "pod_identity_association",
        }
    }
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyRow {
    pub subject: Subject,
    pub cluster: Text,
    /// Account and region.
    pub place: String,
    /// `demo`, `vpc-cni`, `kube-system/aws-node`.
    pub name: String,
    /// The add-on whose association it is.
    pub addon: Option<Text>,
    /// In the files, or recorded on the object.
    pub address: Option<String>,
    /// AWS's own word, empty for what has none.
    pub status: Text,
    /// The role's name.
    pub role: Option<Text>,
    /// Only where pods were looked at.
    pub pods: Option<PodCount>,
    pub concerns: Vec<Concern>,
}

impl VerifyRow {
    pub fn outcome(&self) -> Outcome {
        self.concerns.iter().map(|concern| concern.outcome).max().unwrap_or_default()
    }
}
