//! Add-ons as EKS offers them.

use super::settings::{Setting, settings};
use crate::kinds::version::numbers;
use crate::live::{AddonConfiguration, AddonVersion, Offer};
use crate::value::Text;

/// The version EKS installs unless told otherwise: its default, or the newest where none is.
pub fn usual(offer: &Offer) -> Option<&AddonVersion> {
    offer.versions.iter().find(|version| version.default).or_else(|| latest(offer))
}

fn latest(offer: &Offer) -> Option<&AddonVersion> {
    offer.versions.iter().max_by_key(|version| numbers(&version.version))
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddonRow {
    pub name: Text,
    pub category: Text,
    pub publisher: Text,
    pub default: Text,
    pub latest: Text,
    pub requires_iam: bool,
    pub namespace: Option<Text>,
    /// Those EKS recommends permissions for.
    pub service_accounts: Vec<Text>,
}

impl AddonRow {
    /// `configuration` is that of the usual version. `None` if no version is on offer.
    pub fn new(offer: &Offer, configuration: Option<&AddonConfiguration>) -> Option<Self> {
        let usual = usual(offer)?;
        let accounts = configuration.map_or(&[][..], |configuration| &configuration.service_accounts);
        Some(Self {
            name: offer.addon.clone(),
            category: offer.category.clone(),
            publisher: offer.publisher.clone(),
            default: usual.version.clone(),
            latest: latest(offer)?.version.clone(),
            requires_iam: usual.requires_iam,
            namespace: usual.namespace.clone(),
            service_accounts: accounts.iter().map(|(name, _)| name.clone()).collect(),
        })
    }
}

/// A version, and what is special about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    pub version: Text,
    pub default: bool,
}

/// Everything about one version of an add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddonPage {
    pub name: Text,
    pub version: Text,
    pub kubernetes: Text,
    pub requires_iam: bool,
    pub requires_configuration: bool,
    pub namespace: Option<Text>,
    /// The managed policies EKS recommends for each service account.
    pub service_accounts: Vec<(Text, Vec<Text>)>,
    /// Every version on offer for the Kubernetes version, newest first.
    pub versions: Vec<VersionRow>,
    pub settings: Vec<Setting>,
}

impl AddonPage {
    pub fn new(
        offer: &Offer,
        version: &str,
        kubernetes: &str,
        configuration: Option<&AddonConfiguration>,
    ) -> Self {
        let mut versions: Vec<VersionRow> = offer
            .versions
            .iter()
            .map(|version| VersionRow { version: version.version.clone(), default: version.default })
            .collect();
        versions.sort_by_key(|row| std::cmp::Reverse(numbers(&row.version)));
        let about = offer.versions.iter().find(|known| &*known.version == version);
        let schema = configuration.and_then(|configuration| configuration.schema.as_deref());
        Self {
            name: offer.addon.clone(),
            version: version.into(),
            kubernetes: kubernetes.into(),
            requires_iam: about.is_some_and(|version| version.requires_iam),
            requires_configuration: about.is_some_and(|version| version.requires_configuration),
            namespace: about.and_then(|version| version.namespace.clone()),
            service_accounts: configuration
                .map(|configuration| configuration.service_accounts.clone())
                .unwrap_or_default(),
            versions,
            settings: schema.map(settings).unwrap_or_default(),
        }
    }
}
