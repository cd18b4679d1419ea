//! What evaluation would have to see to know more.

use super::{Identity, ProviderRef, Text};

/// One question to the world outside. Answered once, as known, absent or denied, and never retracted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// Who the provider's credentials are, and its region.
    Caller(ProviderRef),
    /// One object with all its attributes.
    Object(Identity<ProviderRef>),
    /// Everything of a cluster: its add-ons, associations, node groups and Fargate profiles, by name.
    Members { provider: ProviderRef, cluster: Text },
    /// The node groups of a cluster with what they run on.
    NodeGroups { provider: ProviderRef, cluster: Text },
    /// Every object of a kind that carries the stack's tag, in the provider's place.
    Owned { provider: ProviderRef, kind: Text },
    /// The versions EKS offers of an add-on for a Kubernetes version (`1.33`).
    AddonVersions { provider: ProviderRef, addon: Text, kubernetes: Text },
    /// Service accounts, recommended policies and configuration schema of one add-on version.
    AddonConfiguration { provider: ProviderRef, addon: Text, version: Text },
    /// The Kubernetes versions EKS offers.
    ClusterVersions(ProviderRef),
    /// The content of a file, by path relative to the stack.
    File(Text),
    /// The files below a directory, as sorted paths relative to it with `/` as separator, at most that many
    /// levels deep (1: those in the directory itself).
    Directory { path: Text, levels: Option<u32> },
}

impl Want {
    /// Through which provider it is answered; `None` for what is no question to AWS.
    pub fn provider(&self) -> Option<&ProviderRef> {
        match self {
            Self::Caller(provider) | Self::ClusterVersions(provider) => Some(provider),
            Self::Object(identity) => Some(&identity.scope),
            Self::Members { provider, .. }
            | Self::NodeGroups { provider, .. }
            | Self::Owned { provider, .. }
            | Self::AddonVersions { provider, .. }
            | Self::AddonConfiguration { provider, .. } => Some(provider),
            Self::File(_) | Self::Directory { .. } => None,
        }
    }
}
