//! What a constraint on an add-on's version stands for: the pin in the lock file, else what EKS offers.

use super::Mode;
use super::evaluate::Evaluator;
use super::explain;
use super::lock::{self, Pin, PinKey};
use crate::diagnostic::{Diagnostic, Span};
use crate::kinds::version::{Requirement, numbers};
use crate::kinds::{self, Schema};
use crate::live::{AddonKey, AddonVersion, Fact};
use crate::value::{Identity, Map, Path, ProviderRef, Text, Type, Value, Want};
use std::collections::BTreeMap;

/// An error has been said.
pub(super) struct Failed;

impl Evaluator<'_> {
    /// Puts the version in place of a constraint in `desired`; the pin it follows, if it is known yet.
    pub(super) fn resolve_version(
        &mut self,
        schema: &'static Schema,
        symbolic: &Identity<ProviderRef>,
        desired: &mut Map,
        spans: &BTreeMap<Path, Span>,
        header: Span,
    ) -> Result<Option<Pin>, Failed> {
        let Some(attribute) = schema.attributes.iter().find(|attribute| attribute.pinned) else {
            return Ok(None);
        };
        let Some(given) = desired.get(attribute.name).cloned() else { return Ok(None) };
        let Some(text) = given.as_str() else { return Ok(None) };
        let span = spans.get(&Path::attribute(attribute.name)).copied().unwrap_or(header);
        let requirement = match Requirement::parse(text) {
            Some(Requirement::Exact(_)) => return Ok(None),
            Some(requirement) => requirement,
            None => {
                self.diagnostics.push(
                    Diagnostic::error("invalid-value", format!("\"{}\" is no version", attribute.name))
                        .at(span)
                        .label("neither a version nor a constraint on versions")
                        .help("write an exact one (v1.19.0-eksbuild.1), \"default\", \"latest\" or a constraint: \"~> 1.19\""),
                );
                return Err(Failed);
            }
        };
        // What is to be destroyed may have any version.
        if self.inputs.mode == Mode::Destroy {
            desired.remove(attribute.name);
            return Ok(None);
        }
        let provider = &symbolic.scope;
        let kubernetes = match self.kubernetes_version(symbolic, span)? {
            Ok(version) => version,
            Err(pending) => {
                desired.insert(Text::new_static(attribute.name), pending);
                return Ok(None);
            }
        };
        let addon: Text = symbolic.part(1).into();
        let Some(place) = self.snapshot.place(provider, true) else {
            let mut wants = vec![Want::Caller(provider.clone())];
            // Where no region has a pin for it, the versions can be asked for along with the caller.
            let pinned =
                self.program.lock.keys().any(|key| {
                    key.addon == addon && key.kubernetes == kubernetes && *key.constraint == *text
                });
            if !pinned {
                wants.push(Want::AddonVersions { provider: provider.clone(), addon, kubernetes });
            }
            self.wants.extend(wants.iter().cloned());
            desired.insert(Text::new_static(attribute.name), Value::pending(Type::String, wants));
            return Ok(None);
        };
        let key = PinKey::new(&place, &addon, &kubernetes, text);
        if let Some(version) = self.program.lock.get(&key) {
            desired.insert(
                Text::new_static(attribute.name),
                Value::string(version.clone()).mark(given.is_sensitive()),
            );
            return Ok(Some(Pin { key, version: version.clone(), locked: true }));
        }
        let fact = self.snapshot.addon_versions.get(&AddonKey {
            place,
            addon: addon.clone(),
            version: kubernetes.clone(),
        });
        let message = match requirement {
            Requirement::Range(_) => {
                format!(
                    "EKS offers no version of {addon} for Kubernetes {kubernetes} that satisfies \"{text}\""
                )
            }
            _ => format!("EKS offers no version of {addon} for Kubernetes {kubernetes}"),
        };
        let problem = match fact {
            None => {
                let want = Want::AddonVersions { provider: provider.clone(), addon, kubernetes };
                self.wants.insert(want.clone());
                desired.insert(Text::new_static(attribute.name), Value::pending(Type::String, [want]));
                return Ok(None);
            }
            Some(Fact::Known(versions)) => match choose(versions, requirement) {
                Some(chosen) => {
                    let version = chosen.version.clone();
                    let value = Value::string(version.clone()).mark(given.is_sensitive());
                    desired.insert(Text::new_static(attribute.name), value);
                    return Ok(Some(Pin { key, version, locked: false }));
                }
                None => {
                    let problem = Diagnostic::error("no-version", message).at(span);
                    match newest_first(versions).as_slice() {
                        [] => problem.help("check the add-on's name and the cluster's Kubernetes version"),
                        offered => problem.help(format!("it offers {}", some(offered))),
                    }
                }
            },
            Some(Fact::Absent) => Diagnostic::error("no-version", message)
                .at(span)
                .label("EKS offers no such add-on")
                .help("check the add-on's name"),
            Some(Fact::Denied(why)) => Diagnostic::error(
                "unreadable-versions",
                format!("The versions of {addon} that EKS offers cannot be read"),
            )
            .at(span)
            .label(why.to_string())
            .help("grant eks:DescribeAddonVersions, or write an exact version"),
        };
        self.diagnostics.push(problem);
        Err(Failed)
    }

    /// The Kubernetes version of the cluster that something lives in; `Ok(Err(stand-in))` while something has
    /// to be read first.
    pub(super) fn kubernetes_version(
        &mut self,
        symbolic: &Identity<ProviderRef>,
        span: Span,
    ) -> Result<Result<Text, Value>, Failed> {
        let cluster: Text = symbolic.part(0).into();
        let declared = self.kubernetes.get(&(symbolic.scope.clone(), cluster.clone())).cloned();
        if let Some(version) = declared {
            if let Some(text) = version.as_str() {
                return Ok(Ok(text.into()));
            }
            if let Some(unknown) = version.unknowns().filter(|unknown| !unknown.pending.is_empty()) {
                self.wants.extend(unknown.pending.iter().cloned());
                return Ok(Err(Value::pending(Type::String, unknown.pending.iter().cloned())));
            }
            let label = match version.is_unknown() {
                true => format!("{}, known only after apply", explain::reasons(&version)),
                false => "its cluster has none".to_string(),
            };
            self.diagnostics.push(
                Diagnostic::error(
                    "unknown-at-plan",
                    "The cluster's Kubernetes version has to be known to choose the add-on's",
                )
                .at(span)
                .label(label)
                .help("give the cluster a version, or the add-on an exact one"),
            );
            return Err(Failed);
        }
        let identity = kinds::identity(&symbolic.scope, "cluster", &[&cluster]);
        let place = self.snapshot.place(&identity.scope, true);
        match place.and_then(|place| self.snapshot.object(&identity.within(place))) {
            None => {
                let want = Want::Object(identity);
                self.wants.insert(want.clone());
                Ok(Err(Value::pending(Type::String, [want])))
            }
            Some(Fact::Known(object)) if !object.text("version").is_empty() => {
                Ok(Ok(object.text("version").into()))
            }
            Some(Fact::Denied(why)) => {
                let why = why.to_string();
                self.diagnostics.push(
                    Diagnostic::error(
                        "unreadable-cluster",
                        format!("The cluster \"{cluster}\" could not be read, so its Kubernetes version is not known"),
                    )
                    .at(span)
                    .label("depends on it")
                    .with_note(why)
                    .help("grant eks:DescribeCluster, or write an exact version"),
                );
                Err(Failed)
            }
            // That there is no such cluster is said where it is named.
            Some(_) => Ok(Err(Value::pending(Type::String, []))),
        }
    }

    /// With `--locked` a constraint without a pin is an error, else a note.
    pub(super) fn missing_pins(&mut self) {
        let mut missing: BTreeMap<&PinKey, (&Pin, Span)> = BTreeMap::new();
        for instance in &self.evaluation.instances {
            if let Some(pin) = instance.pin.as_ref().filter(|pin| !pin.locked) {
                let span = instance.spans.get(&Path::attribute("version")).copied().unwrap_or(instance.span);
                missing.entry(&pin.key).or_insert((pin, span));
            }
        }
        let what = |key: &PinKey| {
            format!("\"{}\" of {} on Kubernetes {}", key.constraint, key.addon, key.kubernetes)
        };
        if self.inputs.locked {
            self.diagnostics.extend(missing.into_values().map(|(pin, span)| {
                Diagnostic::error("missing-pin", format!("{} has no pin for {}", lock::FILE, what(&pin.key)))
                    .at(span)
                    .label(format!("today it would be {}", pin.version))
                    .help(format!("apply once without --locked, and check {} in", lock::FILE))
            }));
            return;
        }
        let note = match missing.len() {
            0 => return,
            1 => "A version is chosen anew each time until it is pinned".to_string(),
            count => format!("{count} versions are chosen anew each time until they are pinned"),
        };
        let note =
            missing.into_values().fold(Diagnostic::note("unpinned-version", note), |note, (pin, _)| {
                note.with_note(format!("{} is {} today", what(&pin.key), pin.version))
            });
        self.diagnostics.push(note.help(format!("apply pins in {}: check that file in", lock::FILE)));
    }
}

/// The version that is asked for, of those on offer.
pub(super) fn choose<'a>(
    versions: &'a [AddonVersion],
    requirement: Requirement<'_>,
) -> Option<&'a AddonVersion> {
    let default = versions.iter().find(|version| version.default && requirement == Requirement::Default);
    default.or_else(|| {
        let admitted = versions.iter().filter(|version| requirement.admits(&version.version));
        admitted.max_by_key(|version| numbers(&version.version))
    })
}

fn newest_first(versions: &[AddonVersion]) -> Vec<&str> {
    let mut all: Vec<&str> = versions.iter().map(|version| version.version.as_ref()).collect();
    all.sort_by_key(|version| std::cmp::Reverse(numbers(version)));
    all
}

/// The first few, and how many more there are.
fn some(versions: &[&str]) -> String {
    const MOST: usize = 4;
    let shown = versions.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    match versions.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{shown} and {more} older"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_so_by_number() {
        let version =
            |text: &str, default| AddonVersion { version: text.into(), default, ..AddonVersion::default() };
        let versions = [
            version("v1.9.5-eksbuild.10", false),
            version("v1.10.0-eksbuild.2", true),
            version("v1.10.0-eksbuild.11", false),
        ];
        assert_eq!(choose(&versions, Requirement::Default), Some(&versions[1]));
        assert_eq!(choose(&versions, Requirement::Latest), Some(&versions[2]));
        assert_eq!(choose(&versions, Requirement::Range("~> 1.9.0")), Some(&versions[0]));
        assert_eq!(choose(&versions, Requirement::Range("~> 2.0")), None);
        // Without a default the newest is as good as any.
        assert_eq!(choose(&versions[..1], Requirement::Default), Some(&versions[0]));
        assert_eq!(choose(&[], Requirement::Latest), None);
    }
}
