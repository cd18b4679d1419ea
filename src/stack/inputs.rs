//! All that a plan is a function of, besides the snapshot.

use crate::lang::eval;
use crate::value::{Text, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The files of a stack, by path relative to the stack's directory, `/` as separator. From disk, from
/// git, or from a saved plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceTree {
    pub files: BTreeMap<Text, Text>,
}

/// A variable's value from outside, and where it came from in words (`--var`, `EKSFORM_VAR_x`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableInput {
    pub value: VariableText,
    pub origin: Text,
}

/// Values from the environment and `--var` are text that the variable's type gives a meaning to;
/// values from files are values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableText {
    Text(Text),
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

/// The stack as of another revision, to tell what is intended from what is drift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// As given: `main`.
    pub revision: Text,
    /// The commit it stands for. Files of it are asked for as `COMMIT:path`.
    pub commit: Text,
    /// Empty if the stack was not there.
    pub sources: SourceTree,
}

/// Everything a plan is a function of, besides the snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    pub sources: SourceTree,
    pub variables: BTreeMap<Text, VariableInput>,
    pub mode: Mode,
    /// `--adopt ADDRESS[=STACK]`: address as text, and the stack it may be taken from.
    pub adopt: BTreeMap<Text, Option<Text>>,
    /// `--allow-destroy X`.
    pub allow_destroy: BTreeSet<Text>,
    /// `--allow-orphans`.
    pub allow_orphans: bool,
    /// `--partial`: destroy what was found, although not everything could be searched.
    pub partial: bool,
    /// `--target X`: only this, and what it needs.
    pub targets: BTreeSet<Text>,
    /// `--exclude X`: not this, nor what needs it.
    pub excludes: BTreeSet<Text>,
    /// `--replace X`: destroyed and created anew, whether it differs or not.
    pub replaces: BTreeSet<Text>,
    /// `--locked`: every constraint on a version has to have its pin.
    pub locked: bool,
    /// `release X`: a plan that does nothing but release these.
    pub releases: BTreeSet<Text>,
    /// `--base REV`.
    pub base: Option<Base>,
    /// When the plan was made, in seconds since 1970.
    pub now: i64,
    /// What the non-deterministic functions draw from.
    pub seed: u64,
}

impl Inputs {
    /// What functions draw from.
    pub(super) fn of_functions(&self) -> eval::Inputs {
        eval::Inputs { now: self.now, seed: self.seed, home: None }
    }
}
