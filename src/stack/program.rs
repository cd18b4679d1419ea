//! What the files declare, as data.

use crate::diagnostic::{Sources, Span};
use crate::kinds::Schema;
use crate::lang::syntax::{Attribute, Block, Body};
use crate::lang::{Expr, references};
use crate::value::{Address, AddressPattern, ModuleStep, Path, ProviderRef, Text, Type};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything the files declare: the stack, and every module it calls.
#[derive(Clone, Debug)]
pub struct Program {
    pub sources: Sources,
    pub stack: Option<StackBlock>,
    pub adopts: Vec<Adopt>,
    pub removed: Vec<Removed>,
    /// What the lock file says.
    pub lock: super::lock::Lock,
    /// The stack's own directory first, then every call of a module, each after its caller.
    pub(super) modules: Vec<Module>,
}

impl Program {
    /// What the stack's own files declare.
    pub fn root(&self) -> &Declarations {
        &self.modules[ROOT].declared
    }

    /// The module on the way to another, that many calls deep.
    pub(super) fn ancestor(&self, of: ModuleId, depth: usize) -> ModuleId {
        let mut at = of;
        while self.modules[at].depth() > depth {
            at = self.modules[at].caller;
        }
        at
    }

    /// The address of every block of a kind, without keys.
    pub(super) fn blocks(&self) -> BTreeSet<Address> {
        let mut blocks = BTreeSet::new();
        for module in &self.modules {
            let steps: Arc<[ModuleStep]> =
                module.path.iter().map(|name| ModuleStep { name: name.clone(), key: None }).collect();
            for (kind, name) in module.declared.resources.keys() {
                let root = Address::root(kind.clone(), name.clone());
                blocks.insert(Address { module: steps.clone(), ..root });
            }
        }
        blocks
    }

    /// The module an instance's address leads to, whatever the keys.
    pub(super) fn module_of(&self, path: &[ModuleStep]) -> Option<ModuleId> {
        path.iter().try_fold(ROOT, |at, step| self.modules[at].calls.get(&step.name).copied())
    }
}

/// Index into [`Program`]'s modules.
pub(super) type ModuleId = usize;

/// The stack's own directory.
pub(super) const ROOT: ModuleId = 0;

/// One call of a module, or the stack itself. A directory called twice is two modules that share
/// their declarations.
#[derive(Clone, Debug)]
pub(super) struct Module {
    /// The names of the calls that lead here.
    pub path: Arc<[Text]>,
    /// The module with the call; the stack is its own.
    pub caller: ModuleId,
    /// Relative to the stack, `.` for the stack itself.
    pub directory: Text,
    pub declared: Arc<Declarations>,
    /// The modules called from here, by name.
    pub calls: BTreeMap<Text, ModuleId>,
    /// The providers as they are called here.
    pub providers: BTreeMap<ProviderRef, ProviderRef>,
}

impl Module {
    /// How many calls deep.
    pub fn depth(&self) -> usize {
        self.path.len()
    }

    /// `module.eu.` before the names of what it declares.
    pub fn prefix(&self) -> String {
        self.path.iter().map(|name| format!("module.{name}.")).collect()
    }
}

/// What the files of one directory declare.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    pub variables: BTreeMap<Text, Variable>,
    pub locals: BTreeMap<Text, Attribute>,
    pub outputs: BTreeMap<Text, Output>,
    pub providers: BTreeMap<ProviderRef, Block>,
    pub resources: BTreeMap<(Text, Text), Resource>,
    pub(super) data: BTreeMap<(Text, Text), Data>,
    pub(super) calls: BTreeMap<Text, Call>,
    pub(super) checks: BTreeMap<Text, Check>,
}

/// `module "x" { source = "./dir" … }`.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The header.
    pub span: Span,
    /// The directory, relative to the calling one, and where it says so.
    pub source: (Text, Span),
    /// Values of the module's variables.
    pub arguments: BTreeMap<Text, Attribute>,
    pub repeat: Repeat,
    /// `providers = { aws = aws.west }`: the name there, the name here.
    pub providers: Vec<(ProviderRef, ProviderRef, Span)>,
    pub depends_on: Vec<references::Reference>,
}

/// `stack "name" { … }`.
#[derive(Clone, Debug)]
pub struct StackBlock {
    pub name: Text,
    pub span: Span,
    pub instance: Option<Expr>,
    pub allow_destroy: Option<Expr>,
    /// Regions beside those of the providers in which something may have been left.
    pub regions: Option<Expr>,
}

/// `variable "x" { … }`.
#[derive(Clone, Debug)]
pub struct Variable {
    pub span: Span,
    pub ty: Type,
    pub default: Option<Expr>,
    pub description: Option<Text>,
    pub sensitive: bool,
    pub nullable: bool,
    pub validations: Vec<Condition>,
}

/// `condition` and `error_message` of a validation, precondition, postcondition or assertion.
#[derive(Clone, Debug)]
pub struct Condition {
    pub condition: Expr,
    pub error_message: Expr,
}

/// `output "x" { … }`.
#[derive(Clone, Debug)]
pub struct Output {
    pub span: Span,
    pub value: Expr,
    pub description: Option<Text>,
    pub sensitive: bool,
    pub preconditions: Vec<Condition>,
    pub depends_on: Vec<references::Reference>,
}

/// `check "x" { … }`: what is only warned about.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// The header.
    pub span: Span,
    pub assertions: Vec<Condition>,
}

/// What `lifecycle` says of when an object may be made, and whether it is as it should be.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    pub before: Vec<Condition>,
    /// These may say `self`.
    pub after: Vec<Condition>,
}

/// One element of `replace_triggered_by`: `role.app`, `role.app[each.key]`, `role.app.path`.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// The block, as a name of its own.
    pub block: references::Reference,
    /// The key of the instance, if one is named.
    pub key: Option<Expr>,
    /// The attribute and what in it, if one is named.
    pub path: Path,
    pub span: Span,
}

/// A block of one of the kinds.
#[derive(Clone, Debug)]
pub struct Resource {
    pub schema: &'static Schema,
    pub name: Text,
    /// The header.
    pub span: Span,
    pub body: Body,
    pub repeat: Repeat,
    pub provider: Option<(ProviderRef, Span)>,
    pub depends_on: Vec<references::Reference>,
    pub prevent_destroy: bool,
    /// `ignore_changes`: attribute names, or everything.
    pub ignore_changes: Ignore,
    pub replace_triggered_by: Vec<Trigger>,
    pub conditions: Conditions,
}

impl Resource {
    /// Whether the block stands for several objects.
    pub fn is_repeated(&self) -> bool {
        !matches!(self.repeat, Repeat::Once)
    }
}

/// `data "cluster" "x" { name = … }`: what exists outside of the stack.
#[derive(Clone, Debug)]
pub(super) struct Data {
    /// What is read: a kind, or something else that AWS tells.
    pub of: Text,
    pub name: Text,
    /// The header.
    pub span: Span,
    pub body: Body,
    pub repeat: Repeat,
    pub provider: Option<(ProviderRef, Span)>,
    pub depends_on: Vec<references::Reference>,
    pub conditions: Conditions,
    /// The check it stands in: nothing else may refer to it, and its errors are warnings.
    pub check: Option<Text>,
}

/// How many instances a block stands for.
#[derive(Clone, Debug, Default)]
pub enum Repeat {
    #[default]
    Once,
    Count(Expr),
    ForEach(Expr),
}

/// Which differences do not count.
#[derive(Clone, Debug, Default)]
pub enum Ignore {
    #[default]
    None,
    All,
    Attributes(Vec<Text>),
}

/// `removed { from = addon.vpc-cni  lifecycle { destroy = false } }`.
#[derive(Clone, Debug)]
pub struct Removed {
    /// What was declared, and where that stands.
    pub from: (AddressPattern, Span),
    /// Whether it is deleted, as anything else that no file declares any more; released otherwise.
    pub destroy: bool,
}

/// `adopt { to = addon.vpc-cni }`.
#[derive(Clone, Debug)]
pub struct Adopt {
    pub to: Address,
    pub from_stack: Option<Text>,
    pub span: Span,
}
