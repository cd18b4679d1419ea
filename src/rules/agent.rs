//! The add-on that gives pods their credentials.

use super::context::{Context, cluster_of};
use super::rule::{Found, Rule, Runs};
use crate::diagnostic::Severity;
use crate::kinds::AGENT;
use crate::live::Fact;
use crate::plan::{Change, ChangeAction};
use crate::value::{Identity, Place};
use std::collections::BTreeSet;

pub const RULES: &[Rule] = &[
    Rule {
        code: "pod-identity-without-agent",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "Service accounts have roles through EKS Pod Identity, and the cluster has no agent.",
        why: "Pods get their credentials from the add-on eks-pod-identity-agent on their node. Without it an \
              association is accepted and does nothing. Clusters in Auto Mode have the agent built in. An agent that \
              was installed without EKS, with Helm say, cannot be seen from outside of the cluster.",
        fix: "Declare the add-on eks-pod-identity-agent.",
        example: r#"addon "eks-pod-identity-agent" {
  cluster = "demo"
}
"#,
        check: missing,
    },
    Rule {
        code: "agent-deleted-in-use",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The agent is deleted while associations stay.",
        why: "Pods ask the add-on eks-pod-identity-agent for credentials. Once it is gone, pods of every service \
              account that still has an association can no longer renew theirs, whoever made the association.",
        fix: "Keep the agent, or delete the associations first.",
        example: r#"addon "eks-pod-identity-agent" {
  cluster = "demo"
}
"#,
        check: deleted,
    },
];

fn missing(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (identity, cluster) in &context.clusters {
        let uses: Vec<_> = context.uses_in(identity).collect();
        let declared = context.addons_in(identity).any(|addon| addon.name == AGENT);
        if uses.is_empty() || declared || cluster.auto_mode() {
            continue;
        }
        // Of a cluster that exists, somebody else may have installed it.
        let live = match (cluster.members, context.snapshot.object(&cluster.addon(AGENT))) {
            (Some(members), _) => members.addons.iter().any(|name| **name == *AGENT),
            (None, Some(Fact::Absent)) => false,
            (None, None) if cluster.created => false,
            _ => true,
        };
        if live {
            continue;
        }
        let mut accounts: Vec<String> = uses.iter().map(|used| used.name()).collect();
        accounts.sort();
        accounts.dedup();
        let mut finding = rule
            .found(format!("The cluster \"{}\" has no {AGENT}, so pods get no credentials", cluster.name()))
            .note(format!("Roles through EKS Pod Identity: {}.", some(&accounts)))
            .help(format!("add: addon \"{AGENT}\" {{ cluster = {} }}", reference(cluster)));
        for used in &uses {
            finding = finding.also(used.instance);
        }
        found.push(finding.about(cluster.instance.unwrap_or(uses[0].instance)));
    }
    found
}

/// How the files name a cluster.
fn reference(cluster: &super::context::Cluster<'_>) -> String {
    match cluster.instance {
        Some(instance) if instance.address.module.is_empty() => format!("{}.name", instance.address),
        _ => format!("\"{}\"", cluster.name()),
    }
}

/// The first few of many names.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Deletions of agents whose clusters stay.
pub(super) fn deletions<'a>(context: &Context<'a>) -> Vec<(&'a Change, Identity<Place>)> {
    let changes = &context.plan.changes;
    let deleted: BTreeSet<&Identity<Place>> = changes
        .iter()
        .filter(|change| change.action == ChangeAction::Delete)
        .map(|change| &change.identity)
        .collect();
    let comes_back: BTreeSet<&Identity<Place>> = changes
        .iter()
        .filter(|change| change.action == ChangeAction::Create)
        .map(|change| &change.identity)
        .collect();
    let agents = changes.iter().filter(|change| {
        change.action == ChangeAction::Delete
            && change.schema.kind == "addon"
            && change.identity.part(1) == AGENT
            && !comes_back.contains(&change.identity)
    });
    agents
        .map(|change| (change, cluster_of(&change.identity)))
        .filter(|(_, cluster)| !deleted.contains(cluster))
        .collect()
}

fn deleted(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (change, cluster) in deletions(context) {
        if context.clusters.get(&cluster).is_some_and(|cluster| cluster.auto_mode()) {
            continue;
        }
        // What is there, without what the plan deletes, with what the files declare.
        let mut left: BTreeSet<(String, String)> = BTreeSet::new();
        let gone: BTreeSet<&Identity<Place>> = context
            .plan
            .changes
            .iter()
            .filter(|change| change.action == ChangeAction::Delete)
            .map(|change| &change.identity)
            .collect();
        let arns: BTreeSet<&str> = gone
            .iter()
            .filter_map(|identity| context.snapshot.object(identity)?.known())
            .map(|object| object.text("arn"))
            .collect();
        let standing: BTreeSet<(&str, &str)> = gone
            .iter()
            .filter(|identity| {
                &*identity.kind == "pod_identity_association" && cluster_of(identity) == cluster
            })
            .map(|identity| (identity.part(1), identity.part(2)))
            .collect();
        let members = context.snapshot.members.get(&cluster).and_then(Fact::known);
        for member in members.into_iter().flat_map(|members| &members.associations) {
            let with_addon = member.owner_arn.as_ref().is_some_and(|owner| arns.contains(&**owner));
            if !with_addon && !standing.contains(&(&*member.namespace, &*member.service_account)) {
                left.insert((member.namespace.to_string(), member.service_account.to_string()));
            }
        }
        for used in context.uses_in(&cluster) {
            let namespace = used.namespace.as_deref().unwrap_or("").to_string();
            left.insert((namespace, used.service_account.to_string()));
        }
        if left.is_empty() {
            continue;
        }
        let names: Vec<String> = left
            .into_iter()
            .map(
                |(namespace, account)| {
                    if namespace.is_empty() { account } else { format!("{namespace}/{account}") }
                },
            )
            .collect();
        let mut finding = rule.found(format!(
            "Deleting {AGENT} from the cluster \"{}\" leaves pods without credentials",
            cluster.part(0)
        ));
        finding.finding.address =
            Some(change.address.as_ref().map_or_else(|| change.identity.to_string(), ToString::to_string));
        found.push(
            finding
                .note(format!("Associations that stay: {}.", some(&names)))
                .help("keep the add-on declared, or remove the associations first"),
        );
    }
    found
}
