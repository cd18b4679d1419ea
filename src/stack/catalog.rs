//! What EKS says about add-ons, asked for where it decides something.

use super::evaluate::Evaluator;
use crate::diagnostic::{Diagnostic, Span};
use crate::kinds;
use crate::live::{AddonConfiguration, AddonKey, AddonVersion, Fact, Object, Phase};
use crate::value::{Identity, Map, ProviderRef, Value, Want};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What could be found out.
pub(super) enum Read<T> {
    Known(T),
    /// These have to be answered first.
    Pending(BTreeSet<Want>),
    /// There was a complaint.
    Failed,
}

impl<T> Read<T> {
    fn want(want: Want) -> Self {
        Self::Pending(BTreeSet::from([want]))
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
    /// The Kubernetes version of a cluster: as declared, else as it is live. `None` if only AWS will decide it.
    pub(super) fn kubernetes(&self, provider: &ProviderRef, cluster: &str) -> Read<Option<Arc<str>>> {
        let Some(schema) = kinds::schema("cluster") else { return Read::Failed };
        let identity = Identity {
            scope: provider.clone(),
            kind: schema.kind.into(),
            key: Arc::from([schema.key_part(cluster)]),
        };
        if let Some(index) = self.declared_clusters.get(&identity) {
            let version = self.evaluation.instances[*index].proposed.after.get("version");
            return match version.map(|version| (version.as_str(), version.as_unknown())) {
                Some((Some(version), _)) => Read::Known(Some(version.into())),
                Some((_, Some(unknown))) if !unknown.pending.is_empty() => {
                    Read::Pending(unknown.pending.clone())
                }
                _ => Read::Known(None),
            };
        }
        let place = self.snapshot.place(provider, schema.regional);
        match place.and_then(|place| self.snapshot.object(&identity.within(place))) {
            None => Read::want(Want::Object(identity)),
            Some(Fact::Known(object)) => {
                Read::Known(Some(object.text("version")).filter(|it| !it.is_empty()).map(Arc::from))
            }
            // Complained about where it is named.
            Some(Fact::Absent | Fact::Denied(_)) => Read::Known(None),
        }
    }

    /// The versions EKS offers of an add-on for a Kubernetes version.
    pub(super) fn addon_versions(
        &mut self,
        at: AddonAt<'_>,
        kubernetes: &Arc<str>,
    ) -> Read<&'a [AddonVersion]> {
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

    /// The version an add-on will have: the one given, that of a keyword, or the one it has or EKS gives it. The
    /// live one stays where a keyword would move it back.
    pub(super) fn resolved_version(
        &mut self,
        at: AddonAt<'_>,
        symbolic: &Identity<ProviderRef>,
        desired: &Map,
    ) -> Read<Arc<str>> {
        let given = desired.get("version");
        let keyword = match given.map(|version| (version.as_str(), version)) {
            Some((Some(keyword @ ("default" | "latest")), _)) => Some(keyword),
            Some((Some(version), _)) => return Read::Known(version.into()),
            Some((None, unknown)) if unknown.is_unknown() => {
                let before = self.diagnostics.len();
                self.unknown("\"version\"", unknown, at.span);
                if self.diagnostics.len() > before {
                    return Read::Failed;
                }
                return Read::Pending(unknown.unknowns().map(|unknown| unknown.pending).unwrap_or_default());
            }
            _ => None,
        };
        let live = match self.live(symbolic) {
            Some(Fact::Known(object)) if matches!(object.phase, Phase::Settled | Phase::Busy) => {
                Some(Arc::<str>::from(object.text("version"))).filter(|version| !version.is_empty())
            }
            Some(_) => None,
            None => return Read::want(Want::Object(symbolic.clone())),
        };
        if let (None, Some(live)) = (keyword, &live) {
            return Read::Known(live.clone());
        }
        let Some(kubernetes) = known!(self.kubernetes(at.provider, symbolic.part(0))) else {
            self.unknown_kubernetes(at, symbolic.part(0));
            return Read::Failed;
        };
        let versions = known!(self.addon_versions(at, &kubernetes));
        let Some(chosen) = choose(versions, keyword == Some("latest")) else { return Read::Failed };
        let (chosen, offered) =
            (chosen.version.clone(), |it: &Arc<str>| versions.iter().any(|version| version.version == *it));
        let newer = live.filter(|live| numbers(live) > numbers(&chosen) && offered(live));
        Read::Known(newer.unwrap_or(chosen))
    }

    fn unknown_kubernetes(&mut self, at: AddonAt<'_>, cluster: &str) {
        self.diagnostics.push(
            Diagnostic::error(
                "unknown-kubernetes-version",
                format!(
                    "The version of {} follows from the Kubernetes version of {cluster}, which is not known",
                    at.addon
                ),
            )
            .at(at.span)
            .help("give the cluster a version, or the add-on an exact one"),
        );
    }

    /// Settings and recommended policies of one version of an add-on.
    pub(super) fn addon_configuration(
        &mut self,
        at: AddonAt<'_>,
        version: &Arc<str>,
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

    /// Puts the version that a keyword stands for in its place.
    pub(super) fn pin(
        &mut self,
        at: AddonAt<'_>,
        symbolic: &Identity<ProviderRef>,
        desired: &mut Map,
    ) -> Option<()> {
        if !matches!(desired.get("version").and_then(Value::as_str), Some("default" | "latest")) {
            return Some(());
        }
        if self.inputs.mode == super::Mode::Destroy {
            desired.remove("version");
            return Some(());
        }
        let version = match self.resolved_version(at, symbolic, desired) {
            Read::Known(version) => Value::string(version),
            Read::Pending(wants) => {
                self.evaluation.wants.extend(wants.iter().cloned());
                Value::pending(crate::value::Type::String, wants)
            }
            Read::Failed => return None,
        };
        desired.insert("version".into(), version);
        Some(())
    }
}

/// The default version, or the newest by its numbers. Without a default the newest is as good as any.
pub(super) fn choose(versions: &[AddonVersion], newest: bool) -> Option<&AddonVersion> {
    let default = versions.iter().find(|version| version.default).filter(|_| !newest);
    default.or_else(|| versions.iter().max_by_key(|version| numbers(&version.version)))
}

/// `v1.19.0-eksbuild.2` as 1, 19, 0, 2.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_so_by_number() {
        let version = |text: &str, default| AddonVersion {
            version: text.into(),
            default,
            requires_iam: false,
            requires_configuration: false,
            namespace: None,
        };
        let versions = [
            version("v1.9.5-eksbuild.10", false),
            version("v1.10.0-eksbuild.2", true),
            version("v1.10.0-eksbuild.11", false),
        ];
        assert_eq!(choose(&versions, false), Some(&versions[1]));
        assert_eq!(choose(&versions, true), Some(&versions[2]));
        assert_eq!(choose(&versions[..1], false), Some(&versions[0]));
        assert_eq!(choose(&[], true), None);
    }
}
