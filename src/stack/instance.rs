//! What evaluation yields.

use super::derived::RoleRequest;
use super::lock::{Lock, Pin};
use super::provider::ProviderConfig;
use crate::diagnostic::{Diagnostic, Span};
use crate::diff::Proposed;
use crate::kinds::Schema;
use crate::live::StackName;
use crate::value::{
    Address, AddressPattern, Identity, Map, ModuleStep, Path, Place, ProviderRef, Text, Value, Want,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A block in one instance of its module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    pub module: Arc<[ModuleStep]>,
    pub kind: Text,
    pub name: Text,
}

impl BlockId {
    /// The block an instance is of.
    pub fn of(address: &Address) -> Self {
        Self { module: address.module.clone(), kind: address.kind.clone(), name: address.name.clone() }
    }
}

/// One object the files declare.
#[derive(Clone, Debug)]
pub struct Instance {
    pub address: Address,
    pub schema: &'static Schema,
    pub provider: ProviderRef,
    /// The block's header.
    pub span: Span,
    /// Where attributes stand.
    pub spans: BTreeMap<Path, Span>,
    /// What the files say, with defaults; what they leave to AWS is absent.
    pub desired: Map,
    /// How AWS names it, before the account is known.
    pub symbolic: Identity<ProviderRef>,
    /// How AWS names it, once the account is known.
    pub identity: Option<Identity<Place>>,
    /// Identities of other kinds that belong to it (associations of an add-on), where known.
    pub claims: BTreeMap<Text, Identity<ProviderRef>>,
    pub proposed: Proposed,
    /// Blocks (and instances of them) it refers to or depends on.
    pub references: BTreeSet<Address>,
    /// Blocks whose instances it refers to as a whole.
    pub whole_blocks: BTreeSet<BlockId>,
    pub depends_on: BTreeSet<BlockId>,
    pub adopt: Option<AdoptConsent>,
    /// The version its constraint stands for, where the files give one and it is known.
    pub pin: Option<Pin>,
    pub prevent_destroy: bool,
    /// What of `replace_triggered_by` makes it be replaced; the path is that of an attribute if one is
    /// named.
    pub triggered_by: BTreeSet<(Address, Path)>,
    pub open: Open,
    /// `None`: a block of the files stands for it.
    pub derived: Option<Derived>,
    /// The roles it asks for, each of which becomes an instance.
    pub(super) roles: Vec<RoleRequest>,
}

/// Which conditions of an instance are known only while applying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    pub preconditions: bool,
    pub postconditions: bool,
}

impl Open {
    pub fn any(self) -> bool {
        self.preconditions || self.postconditions
    }
}

/// What has conditions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarded {
    Object(Address),
    /// The address is that of an object of the kind.
    Data(Address),
    Output {
        module: Arc<[ModuleStep]>,
        name: Text,
    },
    Check {
        module: Arc<[ModuleStep]>,
        name: Text,
    },
}

impl std::fmt::Display for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (module, kind, name) = match self {
            Self::Object(address) => return address.fmt(f),
            Self::Data(address) => {
                let prefix = Address { module: address.module.clone(), ..Address::root("data", "") };
                let local = Address { module: Arc::from([]), ..address.clone() };
                return write!(f, "{prefix}{local}");
            }
            Self::Output { module, name } => (module, "output", name),
            Self::Check { module, name } => (module, "check", name),
        };
        let address = Address { module: module.clone(), ..Address::root(kind, name.clone()) };
        address.fmt(f)
    }
}

/// How a condition stands, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Pass,
    /// Known only after apply.
    Unknown,
    Fail,
    /// It could not be evaluated.
    Error,
}

/// How all conditions of one thing stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub guarded: Guarded,
    /// The worst of them.
    pub status: Status,
    /// The messages of those that do not hold.
    pub problems: Vec<String>,
}

impl Instance {
    /// Whether it belongs to the account rather than to the stack.
    pub fn is_shared(&self) -> bool {
        self.derived.as_ref().is_some_and(|derived| derived.shared)
    }
}

/// What made an instance that no block stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Who needs it, the first one first. Never empty.
    pub requested_by: Vec<Requester>,
    /// It belongs to the account: made if it is missing, never changed and never deleted.
    pub shared: bool,
}

/// An add-on that needs a recommended role, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requester {
    pub address: Address,
    pub service_account: Text,
}

/// `addon.vpc-cni (aws-node)`.
impl fmt::Display for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.service_account)
    }
}

impl Derived {
    /// The addresses of those who need it, each once, joined by commas.
    pub fn users(&self) -> String {
        let mut users: Vec<String> = Vec::new();
        for requester in &self.requested_by {
            let address = requester.address.to_string();
            if !users.contains(&address) {
                users.push(address);
            }
        }
        users.join(", ")
    }
}

/// The files or the command line allow an existing object to be taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdoptConsent {
    /// The stack it may be taken from; `None`: only if it is no stack's.
    pub from_stack: Option<Text>,
}

/// What the files say, given a snapshot.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub stack: StackName,
    pub providers: BTreeMap<ProviderRef, ProviderConfig>,
    /// In an order in which each comes after those it refers to.
    pub instances: Vec<Arc<Instance>>,
    /// What would have to be read to know more.
    pub wants: Arc<BTreeSet<Want>>,
    pub outputs: Vec<EvaluatedOutput>,
    /// What is released instead of deleted, now that no file declares it any more.
    pub released: Vec<AddressPattern>,
    /// Everything with conditions, and how they stand.
    pub checks: Vec<Checked>,
    /// What checks found, and what is read only while applying. Never errors.
    pub findings: Vec<Diagnostic>,
    /// What data blocks wait to read until others have been applied.
    pub late: BTreeSet<Want>,
    /// What checks read: it is read once more after apply.
    pub reread: BTreeSet<Want>,
    /// Every block of a kind, without keys, also those that stand for no instance.
    pub blocks: BTreeSet<Address>,
    /// Names of clusters whose deletion the stack block allows.
    pub allow_destroy: BTreeSet<Text>,
}

impl Evaluation {
    /// What constraints stand for that the lock file has no pin for.
    pub fn missing_pins(&self) -> Lock {
        let pins = self.instances.iter().filter_map(|instance| instance.pin.as_ref());
        let missing = pins.filter(|pin| !pin.locked);
        missing.map(|pin| (pin.key.clone(), pin.version.clone())).collect()
    }
}

/// A root output.
#[derive(Clone, Debug)]
pub struct EvaluatedOutput {
    pub name: Text,
    pub value: Value,
    pub description: Option<Text>,
    /// Instances it refers to, and blocks whose instances it refers to as a whole.
    pub references: BTreeSet<Address>,
    pub whole_blocks: BTreeSet<BlockId>,
}
