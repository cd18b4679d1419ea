//! What EKS says about add-ons, asked for where it decides something.

use super::evaluate::Evaluator;
use super::pins::choose;
use crate::diagnostic::{Diagnostic, Span};
use crate::kinds;
use crate::kinds::version::Requirement;
use crate::live::{AddonConfiguration, AddonKey, AddonVersion, Fact, Object, Phase};
use crate::value::{Few, Identity, Map, ProviderRef, Text, Want};

/// What could be found out.
pub(super) enum Read<T> {
    Known(T),
    /// These have to be answered first.
    Pending(Few<Want>),
    /// There was a complaint.
    Failed,
}

impl<T> Read<T> {
    fn want(want: Want) -> Self {
        Self::Pending([want].into_iter().collect())
    }
}

/// Goes on with what is known; what is pending or failed is so for the whole.
macro_rules! known {
    ($read:expr) => {
        match $read {
            Read::Known(value) => value,
            Read::Pending(wants) => return Read::Pending(wants),
            Read::Failed => return Read::Failed,
        }
    };
}
pub(super) use known;

/// An add-on that something is asked about.
#[derive(Clone, Copy)]
pub(super) struct AddonAt<'a> {
    pub provider: &'a ProviderRef,
    pub addon: &'a str,
    /// Where complaints point.
    pub span: Span,
}

impl<'a> Evaluator<'a> {
    /// The Kubernetes version of the cluster an add-on is in.
    pub(super) fn kubernetes(&mut self, at: AddonAt<'_>, symbolic: &Identity<ProviderRef>) -> Read<Text> {
        match self.kubernetes_version(symbolic, at.span) {
            Ok(Ok(version)) => Read::Known(version),
            Ok(Err(pending)) => Read::Pending(pending.unknowns().map(|it| it.pending).unwrap_or_default()),
            Err(_) => Read::Failed,
        }
    }

    /// The versions EKS offers of an add-on for a Kubernetes version.
    pub(super) fn addon_versions(&mut self, at: AddonAt<'_>, kubernetes: &Text) -> Read<&'a [AddonVersion]> {
        let key = self.snapshot.place(at.provider, true).map(|place| AddonKey {
            place,
            addon: at.addon.into(),
            version: kubernetes.clone(),
        });
        let why = match key.and_then(|key| self.snapshot.addon_versions.get(&key)) {
            None => {
                let (provider, addon) = (at.provider.clone(), at.addon.into());
                return Read::want(Want::AddonVersions { provider, addon, kubernetes: kubernetes.clone() });
            }
            Some(Fact::Known(versions)) if !versions.is_empty() => return Read::Known(versions),
            Some(Fact::Known(_) | Fact::Absent) => "EKS offers none: check the add-on's name",
            Some(Fact::Denied(why)) => why,
        };
        let message = format!("There is no version of {} for Kubernetes {kubernetes}", at.addon);
        self.diagnostics
            .push(Diagnostic::error("no-addon-version", message).at(at.span).label(why.to_string()));
        Read::Failed
    }

    /// The version an add-on will have: the one given, else the one it has, else EKS's default.
    pub(super) fn resolved_version(
        &mut self,
        at: AddonAt<'_>,
        symbolic: &Identity<ProviderRef>,
        desired: &Map,
    ) -> Read<Text> {
        match desired.get("version").map(|version| (version.as_str(), version)) {
            Some((Some(version), _)) => return Read::Known(version.into()),
            Some((None, unknown)) if unknown.is_unknown() => {
                let before = self.diagnostics.len();
                self.unknown("\"version\"", unknown, at.span);
                if self.diagnostics.len() > before {
                    return Read::Failed;
                }
                return Read::Pending(unknown.unknowns().map(|unknown| unknown.pending).unwrap_or_default());
            }
            _ => {}
        }
        match self.live(symbolic) {
            Some(Fact::Known(object))
                if matches!(object.phase, Phase::Settled | Phase::Busy)
                    && !object.text("version").is_empty() =>
            {
                return Read::Known(object.text("version").into());
            }
            Some(_) => {}
            None => return Read::want(Want::Object(symbolic.clone())),
        }
        let kubernetes = known!(self.kubernetes(at, symbolic));
        let versions = known!(self.addon_versions(at, &kubernetes));
        match choose(versions, Requirement::Default) {
            Some(version) => Read::Known(version.version.clone()),
            None => Read::Failed,
        }
    }

    /// Settings and recommended policies of one version of an add-on.
    pub(super) fn addon_configuration(
        &mut self,
        at: AddonAt<'_>,
        version: &Text,
    ) -> Read<&'a AddonConfiguration> {
        let key = self.snapshot.place(at.provider, true).map(|place| AddonKey {
            place,
            addon: at.addon.into(),
            version: version.clone(),
        });
        let (message, why, help) = match key.and_then(|key| self.snapshot.addon_configurations.get(&key)) {
            None => {
                let (provider, addon) = (at.provider.clone(), at.addon.into());
                return Read::want(Want::AddonConfiguration { provider, addon, version: version.clone() });
            }
            Some(Fact::Known(configuration)) => return Read::Known(configuration),
            Some(Fact::Absent) => (
                format!("EKS knows no {} {version}", at.addon),
                "so it recommends nothing for it".to_string(),
                "check the add-on's name and version",
            ),
            Some(Fact::Denied(why)) => (
                format!("What EKS recommends for {} {version} cannot be read", at.addon),
                why.to_string(),
                "grant eks:DescribeAddonConfiguration, or try again",
            ),
        };
        self.diagnostics
            .push(Diagnostic::error("no-recommendation", message).at(at.span).label(why).help(help));
        Read::Failed
    }

    /// What is known of an object.
    pub(super) fn live(&self, symbolic: &Identity<ProviderRef>) -> Option<&'a Fact<Object>> {
        let schema = kinds::schema(&symbolic.kind)?;
        let place = self.snapshot.place(&symbolic.scope, schema.regional)?;
        self.snapshot.object(&symbolic.within(place))
    }
}
