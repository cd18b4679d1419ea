//! Everything read for one plan. Each question is answered once and never retracted.

use super::Owner;
use crate::kinds;
use crate::value::{Address, Identity, KeyPart, Map, Place, ProviderRef, Text, Want};
use std::collections::BTreeMap;

/// The answer to a question. No entry means it was not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    Known(T),
    Absent,
    /// The read failed; why, in AWS's words. Never the same as absent.
    Denied(Text),
}

impl<T> Fact<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }
}

/// Who a provider's credentials are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The region the provider works in.
    regional: Place,
    global: Place,
    /// The ARN of the calling user or role.
    pub arn: Text,
}

impl Caller {
    /// `region` is the one the provider works in, `arn` that of the calling user or role.
    pub fn new(
        partition: impl Into<Text>,
        account: impl Into<Text>,
        region: impl Into<Text>,
        arn: impl Into<Text>,
    ) -> Self {
        let regional = Place::new(partition, account, Some(region.into()));
        Self { global: regional.global(), regional, arn: arn.into() }
    }

    /// Where the provider's objects live; IAM's have no region.
    pub fn place(&self, regional: bool) -> Place {
        if regional { self.regional.clone() } else { self.global.clone() }
    }

    pub fn partition(&self) -> &Text {
        &self.global.partition
    }

    pub fn account(&self) -> &Text {
        &self.global.account
    }

    pub fn region(&self) -> &Text {
        self.regional.region.as_ref().unwrap_or(const { &Text::new_static("") })
    }
}

/// Whether an object can be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It is what it is (ACTIVE, DEGRADED, UPDATE_FAILED, or a kind without status).
    Settled,
    /// AWS is working on it (CREATING, UPDATING).
    Busy,
    /// It was never made right (CREATE_FAILED add-on, FAILED cluster) and has to be replaced.
    Failed,
    Deleting,
}

/// A health issue AWS reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HealthIssue {
    pub code: Text,
    pub message: Text,
}

/// One object as AWS has it. `attributes` follow the kind's schema, computed ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub attributes: Map,
    pub owner: Owner,
    /// The object it belongs to: the add-on of an association that an add-on owns.
    pub parent: Option<Identity<Place>>,
    pub phase: Phase,
    /// AWS's own word: `ACTIVE`, `DEGRADED`; empty for kinds without status.
    pub status: Text,
    pub issues: Vec<HealthIssue>,
}

impl Object {
    /// An attribute's text, empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.attributes.get(name).and_then(crate::value::Value::as_str).unwrap_or("")
    }
}

/// The names of what lives in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    pub addons: Vec<Text>,
    pub associations: Vec<AssociationMember>,
    pub node_groups: Vec<Text>,
    pub fargate_profiles: Vec<Text>,
}

/// A node group of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeGroup {
    pub name: Text,
    /// AWS's own word: `AL2023_x86_64_STANDARD`, `WINDOWS_CORE_2022_x86_64`, `CUSTOM`.
    pub ami_type: Text,
}

/// An association of a cluster, as listing tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssociationMember {
    pub namespace: Text,
    pub service_account: Text,
    pub association_id: Text,
    /// The add-on it belongs to, by ARN.
    pub owner_arn: Option<Text>,
}

/// How far a search for everything the stack owns got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    Complete,
    /// Something could not be searched; what, and why.
    Partial(Text),
}

/// A version EKS offers of an add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddonVersion {
    pub version: Text,
    /// Whether it is the default for the Kubernetes version asked for.
    pub default: bool,
    pub requires_iam: bool,
    pub requires_configuration: bool,
    /// The namespace the add-on is installed in unless another one is given, where EKS tells it.
    pub namespace: Option<Text>,
}

/// A Kubernetes version EKS offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterVersion {
    pub version: Text,
    /// AWS's own word: `STANDARD_SUPPORT`, `EXTENDED_SUPPORT`, `UNSUPPORTED`.
    pub status: Text,
    /// When standard support ends, in seconds since 1970.
    pub standard_support_until: Option<i64>,
    /// When extended support ends, in seconds since 1970.
    pub extended_support_until: Option<i64>,
}

/// What EKS says about one add-on version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddonConfiguration {
    /// JSON schema of the configuration values, as text.
    pub schema: Option<Text>,
    /// Service accounts with the managed policies AWS recommends for each.
    pub service_accounts: Vec<(Text, Vec<Text>)>,
}

/// An add-on EKS offers for a Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub addon: Text,
    /// `networking`, `storage`, …
    pub category: Text,
    pub publisher: Text,
    /// `aws`, `community`, `aws-marketplace`.
    pub owner: Text,
    pub versions: Vec<AddonVersion>,
}

/// What EKS sees in the way of a cluster's next Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insight {
    /// What was looked at: `EKS add-on version compatibility`.
    pub name: Text,
    /// The Kubernetes version it is about.
    pub kubernetes: Text,
    /// Whether EKS refuses the upgrade because of it.
    pub blocking: bool,
    /// In EKS's words.
    pub reason: Text,
}

/// What a catalog fact is about: an add-on for a Kubernetes version, or one version of an add-on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddonKey {
    pub place: Place,
    pub addon: Text,
    pub version: Text,
}

/// A directory by its path, and how many levels of it were listed.
pub type Listing = (Text, Option<u32>);

/// Everything read from AWS (and from files) for one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// When reading began, RFC 3339.
    pub taken_at: Text,
    pub callers: BTreeMap<ProviderRef, Fact<Caller>>,
    pub objects: BTreeMap<Identity<Place>, Fact<Object>>,
    /// By the cluster's identity.
    pub members: BTreeMap<Identity<Place>, Fact<Members>>,
    /// By the cluster's identity.
    pub node_groups: BTreeMap<Identity<Place>, Fact<Vec<NodeGroup>>>,
    /// How completely the objects the stack owns were searched, by place and kind.
    pub coverage: BTreeMap<(Place, Text), Coverage>,
    /// By Kubernetes version.
    pub addon_versions: BTreeMap<AddonKey, Fact<Vec<AddonVersion>>>,
    /// By add-on version.
    pub addon_configurations: BTreeMap<AddonKey, Fact<AddonConfiguration>>,
    pub cluster_versions: BTreeMap<Place, Fact<Vec<ClusterVersion>>>,
    /// By path relative to the stack.
    pub files: BTreeMap<Text, Fact<Text>>,
    /// The files below directories.
    pub directories: BTreeMap<Listing, Fact<Vec<Text>>>,
}

impl Snapshot {
    /// The place of a provider's objects, once its caller is known.
    pub fn place(&self, provider: &ProviderRef, regional: bool) -> Option<Place> {
        self.callers.get(provider)?.known().map(|caller| caller.place(regional))
    }

    /// Whether a question to AWS about a place was answered: as known, absent or denied.
    pub fn answers(&self, want: &Want, place: &Place) -> bool {
        let key = |addon: &Text, version: &Text| AddonKey {
            place: place.clone(),
            addon: addon.clone(),
            version: version.clone(),
        };
        let cluster = |name: &Text| Identity {
            scope: place.clone(),
            kind: "cluster".into(),
            key: [KeyPart::exact(name.clone())].into(),
        };
        match want {
            Want::Caller(_) | Want::File(_) | Want::Directory { .. } => true,
            Want::Object(identity) => self.objects.contains_key(&identity.within(place.clone())),
            Want::Members { cluster: name, .. } => self.members.contains_key(&cluster(name)),
            Want::NodeGroups { cluster: name, .. } => self.node_groups.contains_key(&cluster(name)),
            Want::Owned { kind, .. } => self.coverage.contains_key(&(place.clone(), kind.clone())),
            Want::AddonVersions { addon, kubernetes, .. } => {
                self.addon_versions.contains_key(&key(addon, kubernetes))
            }
            Want::AddonConfiguration { addon, version, .. } => {
                self.addon_configurations.contains_key(&key(addon, version))
            }
            Want::ClusterVersions(_) => self.cluster_versions.contains_key(place),
        }
    }

    /// Whether a question was answered, wherever the provider it goes to works.
    pub fn has_answer(&self, want: &Want) -> bool {
        let regional = match want {
            Want::Caller(provider) => return self.callers.contains_key(provider),
            Want::File(path) => return self.files.contains_key(path),
            Want::Directory { path, levels } => {
                return self.directories.contains_key(&(path.clone(), *levels));
            }
            Want::Object(Identity { kind, .. }) | Want::Owned { kind, .. } => {
                kinds::schema(kind).is_none_or(|schema| schema.regional)
            }
            _ => true,
        };
        let place = want.provider().and_then(|provider| self.place(provider, regional));
        place.is_some_and(|place| self.answers(want, &place))
    }

    /// What is known of an object.
    pub fn object(&self, identity: &Identity<Place>) -> Option<&Fact<Object>> {
        self.objects.get(identity)
    }

    /// Every object that exists.
    pub fn existing(&self) -> impl Iterator<Item = (&Identity<Place>, &Object)> {
        self.objects.iter().filter_map(|(identity, fact)| fact.known().map(|object| (identity, object)))
    }

    /// The address recorded on an object, if a stack owns it.
    pub fn recorded_address(&self, identity: &Identity<Place>) -> Option<&Address> {
        self.object(identity)?.known()?.owner.recorded()
    }
}
