//! All that a plan is a function of, besides the snapshot.

use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The files of a stack, by path relative to the stack's directory, `/` as separator. From disk, from
/// git, or from a saved plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceTree {
    pub files: BTreeMap<Arc<str>, Arc<str>>,
}

/// A variable's value from outside, and where it came from in words (`--var`, `EKSFORM_VAR_x`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableInput {
    pub value: VariableText,
    pub origin: Arc<str>,
}

/// Values from the environment and `--var` are text that the variable's type gives a meaning to;
/// values from files are values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableText {
    Text(Arc<str>),
    Value(Value),
}

/// What the plan is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Make the account what the files say.
    #[default]
    Apply,
    /// Delete everything the stack owns.
    Destroy,
}

/// Everything a plan is a function of, besides the snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    pub sources: SourceTree,
    pub variables: BTreeMap<Arc<str>, VariableInput>,
    pub mode: Mode,
    /// `--adopt ADDRESS[=STACK]`: address as text, and the stack it may be taken from.
    pub adopt: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// `--allow-destroy X`.
    pub allow_destroy: BTreeSet<Arc<str>>,
    /// `--allow-orphans`.
    pub allow_orphans: bool,
    /// `--target X`: only this, and what it needs.
    pub targets: BTreeSet<Arc<str>>,
    /// `--exclude X`: not this, nor what needs it.
    pub excludes: BTreeSet<Arc<str>>,
    /// `--replace X`: destroyed and created anew, whether it differs or not.
    pub replaces: BTreeSet<Arc<str>>,
    /// `--locked`: every constraint on a version has to have its pin.
    pub locked: bool,
    /// When the plan was made, in seconds since 1970.
    pub now: i64,
    /// What the non-deterministic functions draw from.
    pub seed: u64,
}
