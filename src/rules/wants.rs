//! What rules would have to see.

use super::Scope;
use super::context::{Cluster, Context};
use crate::diagnostic::{Diagnostic, Finding};
use crate::kinds::AGENT;
use crate::live::{Fact, Snapshot};
use crate::plan::{ChangeAction, Plan};
use crate::stack::Evaluation;
use crate::value::{Identity, KeyPart, Place, Text, Want};
use std::collections::BTreeSet;

/// What has to be read before the rules of a scope can tell. A plan asks about what it changes alone, so one
/// without changes asks nothing. Answered questions are not asked again.
pub fn wants(plan: &Plan, evaluation: &Evaluation, snapshot: &Snapshot, scope: Scope) -> BTreeSet<Want> {
    let context = Context::new(plan, evaluation, snapshot, scope, 0);
    let mut wanted = Vec::new();
    addons(&context, &mut wanted);
    clusters(&context, &mut wanted);
    roles(&context, &mut wanted);
    agent_deletions(&context, &mut wanted);
    wanted.into_iter().filter(|(want, place)| !snapshot.answers(want, place)).map(|(want, _)| want).collect()
}

type Wanted = Vec<(Want, Place)>;

fn addons(context: &Context<'_>, wanted: &mut Wanted) {
    for addon in &context.addons {
        let Some(cluster) = context.clusters.get(&addon.cluster) else { continue };
        let changed = context.scope == Scope::Check || context.change(addon.instance).is_some();
        // A new Kubernetes version may not have the version of an add-on that stays as it is.
        let moved = cluster.instance.and_then(|instance| context.change(instance)).is_some_and(|change| {
            change.action == ChangeAction::Create
                || change.differences.iter().any(|difference| difference.path.root() == Some("version"))
        });
        let (provider, place) = (&addon.instance.provider, &addon.cluster.scope);
        if let Some(kubernetes) = cluster.kubernetes().filter(|_| changed || moved) {
            let want =
                Want::AddonVersions { provider: provider.clone(), addon: addon.name.into(), kubernetes };
            wanted.push((want, place.clone()));
        }
        if let Some(version) = addon.version.clone().filter(|_| changed) {
            let (provider, addon) = (provider.clone(), addon.name.into());
            wanted.push((Want::AddonConfiguration { provider, addon, version }, place.clone()));
        }
    }
}

fn clusters(context: &Context<'_>, wanted: &mut Wanted) {
    for cluster in context.clusters.values() {
        let check = context.scope == Scope::Check;
        let changed = cluster.instance.is_some_and(|instance| context.change(instance).is_some());
        let place = &cluster.identity.scope;
        if check || changed {
            wanted.push((Want::ClusterVersions(cluster.provider.clone()), place.clone()));
        }
        if cluster.created || cluster.attributes.is_none() {
            continue;
        }
        if check {
            let (provider, name) = (cluster.provider.clone(), Text::from(cluster.name()));
            wanted.push((Want::Members { provider, cluster: name }, place.clone()));
            let groups = cluster.members.is_some_and(|members| !members.node_groups.is_empty());
            let relevant = !cluster.auto_mode() && context.uses_in(&cluster.identity).next().is_some();
            if groups && relevant {
                let (provider, name) = (cluster.provider.clone(), Text::from(cluster.name()));
                wanted.push((Want::NodeGroups { provider, cluster: name }, place.clone()));
            }
        } else if needs_agent(context, cluster) {
            let want = Want::Object(cluster.addon(AGENT).within(cluster.provider.clone()));
            wanted.push((want, place.clone()));
        }
    }
}

/// Whether the plan gives a service account a role, and no file says what gives its pods credentials.
fn needs_agent(context: &Context<'_>, cluster: &Cluster<'_>) -> bool {
    let declared = context.addons_in(&cluster.identity).any(|addon| addon.name == AGENT);
    !declared
        && !cluster.auto_mode()
        && context.uses_in(&cluster.identity).any(|used| context.change(used.instance).is_some())
}

/// Roles of the account that the files only name.
fn roles(context: &Context<'_>, wanted: &mut Wanted) {
    if context.scope != Scope::Check {
        return;
    }
    for used in &context.uses {
        for arn in used.role_arns().filter(|arn| !context.roles.contains_key(*arn)) {
            let place = used.cluster.scope.global();
            let Some((account, name)) = super::policies::role_of(arn) else { continue };
            if account == &*place.account {
                let key = [KeyPart::ignoring_case(name)].into();
                let identity = Identity { scope: used.instance.provider.clone(), kind: "role".into(), key };
                wanted.push((Want::Object(identity), place));
            }
        }
    }
}

/// Who still needs an agent that goes.
fn agent_deletions(context: &Context<'_>, wanted: &mut Wanted) {
    for (change, cluster) in super::agent::deletions(context) {
        let want = Want::Members { provider: change.provider.clone(), cluster: cluster.part(0).into() };
        wanted.push((want, cluster.scope));
    }
}

/// Says what could not be read, so that silence is never taken for consent.
pub(super) fn unanswered(context: &Context<'_>) -> Option<Finding> {
    let mut denied: BTreeSet<String> = BTreeSet::new();
    let mut add = |what: String, why: &Text| {
        denied.insert(format!("{what}: {why}"));
    };
    for addon in &context.addons {
        let place = &addon.cluster.scope;
        for (key, fact) in &context.snapshot.addon_versions {
            if let (true, Fact::Denied(why)) = (key.place == *place && *key.addon == *addon.name, fact) {
                add(format!("versions of {}", key.addon), why);
            }
        }
        for (key, fact) in &context.snapshot.addon_configurations {
            if let (true, Fact::Denied(why)) = (key.place == *place && *key.addon == *addon.name, fact) {
                add(format!("configuration of {} {}", key.addon, key.version), why);
            }
        }
    }
    for (identity, cluster) in &context.clusters {
        if let Some(Fact::Denied(why)) = context.snapshot.cluster_versions.get(&identity.scope) {
            add("Kubernetes versions".to_string(), why);
        }
        if let Some(Fact::Denied(why)) = context.snapshot.members.get(identity) {
            add(format!("what lives in the cluster {}", cluster.name()), why);
        }
        if let Some(Fact::Denied(why)) = context.snapshot.node_groups.get(identity) {
            add(format!("node groups of {}", cluster.name()), why);
        }
        if let Some(Fact::Denied(why)) = context.snapshot.object(&cluster.addon(AGENT)) {
            add(format!("the add-on {AGENT} of {}", cluster.name()), why);
        }
    }
    if denied.is_empty() {
        return None;
    }
    let mut finding = Diagnostic::note(
        "rules-not-applied",
        "Some rules could not be applied: what they need could not be read",
    );
    for line in denied {
        finding = finding.with_note(line);
    }
    Some(finding.help("grant the actions named, or leave it: nothing else depends on them"))
}
