//! Planning from a snapshot alone: what it does not hold is answered from what it does, or said to be assumed.

use super::Plan;
use super::saved;
use crate::diagnostic::Diagnostic;
use crate::kinds::{self, identity};
use crate::live::{AddonKey, Coverage, Fact, Files, Snapshot};
use crate::stack::{Evaluation, Inputs, Program};
use crate::value::{Identity, Place, ProviderRef, Text, Want};
use std::collections::BTreeSet;

const NOT_IN: &str = "the snapshot does not hold it";

/// A plan and what it was made of.
pub struct Offline {
    pub plan: Plan,
    pub evaluation: Evaluation,
    /// With what was assumed.
    pub snapshot: Snapshot,
    pub diagnostics: Vec<Diagnostic>,
}

/// Plans without asking AWS. A member that a cluster's list does not name is absent; any other object that the
/// snapshot does not hold is planned as if it were absent, with a warning. What planning cannot do without is an
/// error.
pub fn offline(
    program: &Program,
    inputs: &Inputs,
    files: &dyn Files,
    mut snapshot: Snapshot,
) -> Result<Offline, Vec<Diagnostic>> {
    let mut assumed: BTreeSet<String> = BTreeSet::new();
    loop {
        let round = saved::round(program, inputs, &snapshot);
        let Some(evaluation) = round.evaluation else { return Err(round.built.diagnostics) };
        if round.built.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(round.built.diagnostics);
        }
        if let Some(plan) = round.built.plan {
            let mut diagnostics = round.built.diagnostics;
            if !assumed.is_empty() {
                let mut warning = Diagnostic::warning(
                    "not-in-snapshot",
                    "Not in the snapshot, and planned as if it did not exist",
                );
                for what in assumed {
                    warning = warning.with_note(what);
                }
                diagnostics
                    .push(warning.help("plan from the live account to be sure, or take the snapshot again"));
            }
            return Ok(Offline { plan, evaluation, snapshot, diagnostics });
        }
        let mut missing: BTreeSet<ProviderRef> = BTreeSet::new();
        for want in &round.built.wants {
            match answer(want, &mut snapshot, files, &mut assumed) {
                Ok(()) => {}
                Err(provider) => {
                    missing.insert(provider);
                }
            }
        }
        // Every want answered adds an entry, so this ends.
        if !missing.is_empty() || round.built.wants.is_empty() {
            return Err(missing.iter().map(without).collect());
        }
    }
}

fn without(provider: &ProviderRef) -> Diagnostic {
    Diagnostic::error("not-in-snapshot", format!("The snapshot was taken without {provider}"))
        .help("take it again with these files: eksform snapshot")
}

/// Answers one want; the provider whose account the snapshot does not know, if that is in the way.
fn answer(
    want: &Want,
    snapshot: &mut Snapshot,
    files: &dyn Files,
    assumed: &mut BTreeSet<String>,
) -> Result<(), ProviderRef> {
    let denied = || Text::from(NOT_IN);
    let regional = |provider: &ProviderRef| snapshot.place(provider, true).ok_or_else(|| provider.clone());
    match want {
        Want::Caller(provider) => return Err(provider.clone()),
        Want::File(path) => {
            snapshot.files.insert(path.clone(), files.file(path));
        }
        Want::Directory { path, levels } => {
            snapshot.directories.insert((path.clone(), *levels), files.directory(path, *levels));
        }
        Want::Object(symbolic) => {
            let provider = &symbolic.scope;
            let global = kinds::schema(&symbolic.kind).is_some_and(|schema| !schema.regional);
            let place = snapshot.place(provider, !global).ok_or_else(|| provider.clone())?;
            let object = symbolic.within(place);
            let fact = match listed(&object, snapshot) {
                // It is there, but nobody looked at it.
                Some(true) => Fact::Denied(denied()),
                Some(false) => Fact::Absent,
                None => {
                    assumed.insert(object.to_string());
                    Fact::Absent
                }
            };
            snapshot.objects.insert(object, fact);
        }
        Want::Members { provider, cluster } => {
            let cluster = identity(&regional(provider)?, "cluster", &[cluster]);
            let absent = matches!(snapshot.object(&cluster), Some(Fact::Absent));
            let members = if absent { Fact::Absent } else { Fact::Denied(denied()) };
            snapshot.members.insert(cluster, members);
        }
        Want::NodeGroups { provider, cluster } => {
            let cluster = identity(&regional(provider)?, "cluster", &[cluster]);
            snapshot.node_groups.insert(cluster, Fact::Denied(denied()));
        }
        Want::Owned { provider, kind } => {
            let global = kinds::schema(kind).is_some_and(|schema| !schema.regional);
            let place = snapshot.place(provider, !global).ok_or_else(|| provider.clone())?;
            snapshot.coverage.insert((place, kind.clone()), Coverage::Partial(denied()));
        }
        Want::AddonVersions { provider, addon, kubernetes } => {
            let key =
                AddonKey { place: regional(provider)?, addon: addon.clone(), version: kubernetes.clone() };
            snapshot.addon_versions.insert(key, Fact::Denied(denied()));
        }
        Want::AddonConfiguration { provider, addon, version } => {
            let key = AddonKey { place: regional(provider)?, addon: addon.clone(), version: version.clone() };
            snapshot.addon_configurations.insert(key, Fact::Denied(denied()));
        }
        Want::ClusterVersions(provider) => {
            let place = regional(provider)?;
            snapshot.cluster_versions.insert(place, Fact::Denied(denied()));
        }
    }
    Ok(())
}

/// Whether a cluster's list names the object, as far as the snapshot tells.
fn listed(object: &Identity<Place>, snapshot: &Snapshot) -> Option<bool> {
    kinds::schema(&object.kind)?.attribute("cluster")?;
    let cluster = identity(&object.scope, "cluster", &[object.part(0)]);
    if matches!(snapshot.object(&cluster), Some(Fact::Absent)) {
        return Some(false);
    }
    let members = snapshot.members.get(&cluster)?.known()?;
    Some(match &*object.kind {
        "addon" => members.addons.iter().any(|name| **name == *object.part(1)),
        _ => members
            .associations
            .iter()
            .any(|member| *member.namespace == *object.part(1) && *member.service_account == *object.part(2)),
    })
}
