//! Service accounts and the roles they have.

use super::context::{Context, Use};
use super::policies::{allows, role_of, statements};
use super::rule::{Found, Rule, Runs};
use crate::diagnostic::{Severity, did_you_mean};
use crate::plan::{ChangeAction, Reason};
use crate::value::{Identity, Path, Place, Text, Value};
use std::collections::BTreeMap;

/// Associations a cluster can have.
const LIMIT: usize = 1000;
/// From here on the limit is near.
const NEAR: usize = 900;

/// Characters in the names of cluster, namespace and service account from which on the session tags may not fit.
const LONG_NAMES: usize = 250;

pub const RULES: &[Rule] = &[
    Rule {
        code: "unknown-service-account",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "The add-on has no such service account.",
        why: "EKS lists the service accounts of each add-on version that can have a role, and refuses any other: \
              \"Service account X in pod identity configuration is not supported\".",
        fix: "Name one of the add-on's service accounts. A workload of your own gets its role with a \
              pod_identity_association block outside of the add-on.",
        example: r#"addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc_cni.arn
  }
}
"#,
        check: unknown_account,
    },
    Rule {
        code: "service-account-claimed-twice",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "Two associations are for one service account.",
        why: "A service account has at most one association. EKS refuses the second one, and an add-on cannot take over \
              one that exists. Where both are declared with the namespace written out, planning refuses them anyway; this \
              rule also knows the namespace that EKS gives an add-on, and, in check, the associations that live in the \
              cluster.",
        fix: "Keep one of the two. To move an association into an add-on, remove the other one.",
        example: r#"addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc_cni.arn
  }
}
"#,
        check: claimed_twice,
    },
    Rule {
        code: "irsa-and-pod-identity",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "A service account has a role through IRSA and another one through EKS Pod Identity.",
        why: "With the agent and an association present, pods get their credentials from EKS Pod Identity, and the role of \
              the service account's IRSA annotation is not used. Pods that have no association fall back to IRSA, so \
              permissions change with something that nobody looks at. On one add-on the two exclude each other; this rule \
              finds the pair across blocks.",
        fix: "Remove service_account_role_arn, or the trust in the cluster's OIDC provider, once the association works.",
        example: r#"pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
"#,
        check: irsa,
    },
    Rule {
        code: "role-in-other-account",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "An association names a role of another account.",
        why: "role_arn has to be a role of the cluster's account. A role elsewhere is reached through one that is there: \
              EKS Pod Identity assumes role_arn and with it target_role_arn.",
        fix: "Name a role of the cluster's account in role_arn and the other one in target_role_arn. In an add-on, only \
              role_arn can be given.",
        example: r#"pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
  target_role_arn = "arn:aws:iam::210987654321:role/orders-data"
}
"#,
        check: other_account,
    },
    Rule {
        code: "session-tags-too-large",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The names may be too long for the session tags of EKS Pod Identity.",
        why: "EKS Pod Identity tags each session with the ARN and name of the cluster, the namespace, the service account, \
              and the name and id of the pod. AWS packs them, and refuses the session if they do not fit; pods then get no \
              credentials. AWS does not say how much fits, so this is an estimate: it counts the names of cluster, \
              namespace and service account, and warns from 250 characters on.",
        fix: "Shorten the names, or set disable_session_tags = true where no policy relies on the tags.",
        example: r#"pod_identity_association "orders" {
  cluster              = "demo"
  namespace            = "shop"
  service_account      = "orders"
  role_arn             = role.orders.arn
  disable_session_tags = true
}
"#,
        check: session_tags,
    },
    Rule {
        code: "association-limit",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "The cluster would have more associations than EKS allows.",
        why: "A cluster has at most 1,000 Pod Identity associations. A plan counts those it knows of; check counts all that \
              are in the cluster too.",
        fix: "Let workloads with the same permissions share a service account, or spread them over clusters.",
        example: r#"pod_identity_association "workers" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "workers"
  role_arn        = role.workers.arn
}
"#,
        check: limit,
    },
    Rule {
        code: "association-limit-near",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The cluster is near the number of associations that EKS allows.",
        why: "A cluster has at most 1,000 Pod Identity associations, and this one has 900 or more. The next \
              deployment that brings its own may be refused.",
        fix: "Let workloads with the same permissions share a service account, or spread them over clusters.",
        example: r#"pod_identity_association "workers" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "workers"
  role_arn        = role.workers.arn
}
"#,
        check: near_limit,
    },
    Rule {
        code: "restart-needed",
        severity: Severity::Note,
        runs: Runs::Plan,
        summary: "Running pods do not notice the change until they are restarted.",
        why: "The agent keeps the credentials of a pod for up to 6 hours, 59 minutes with a target role, and a pod that \
              started without an association never asks for any. A changed association reaches running pods when they \
              are started anew.",
        fix: "Restart the pods of the service account after the apply.",
        example: r#"pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
"#,
        check: restart,
    },
];

fn unknown_account(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for used in &context.uses {
        let Some(addon) = used.addon.map(|index| &context.addons[index]) else { continue };
        // Without any, the version takes no associations at all: another rule.
        let Some(configuration) = addon.configuration.filter(|it| !it.service_accounts.is_empty()) else {
            continue;
        };
        let names = configuration.service_accounts.iter().map(|(name, _)| &**name);
        if !names.clone().any(|name| *name == *used.service_account) {
            let path = Path::attribute("pod_identity_association").key(used.service_account.clone());
            let span = used.instance.spans.get(&path.attr("service_account")).copied().unwrap_or(used.span);
            found.push(
                rule.found(format!("{} has no service account \"{}\"", addon.name, used.service_account))
                    .at(span)
                    .help(did_you_mean(&used.service_account, names))
                    .about(used.instance),
            );
        }
    }
    found
}

type Account<'a> = (&'a Identity<Place>, &'a str, &'a str);

fn accounts<'c, 'a>(context: &'c Context<'a>) -> BTreeMap<Account<'c>, Vec<&'c Use<'a>>> {
    let mut accounts: BTreeMap<Account<'c>, Vec<&'c Use<'a>>> = BTreeMap::new();
    for used in &context.uses {
        if let Some(namespace) = &used.namespace {
            accounts.entry((&used.cluster, namespace, &used.service_account)).or_default().push(used);
        }
    }
    accounts
}

fn claimed_twice(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for ((cluster, namespace, account), uses) in accounts(context) {
        if let [first, rest @ ..] = uses.as_slice() {
            for second in rest {
                found.push(
                    rule.found(format!("Two associations are for {namespace}/{account}"))
                        .at(second.span)
                        .label("the second one")
                        .related(first.span, "the first one")
                        .help("a service account has one role: keep one of the two")
                        .also(first.instance)
                        .about(second.instance),
                );
            }
        }
        // An add-on cannot take over what somebody else made.
        let members = context.clusters.get(cluster).and_then(|cluster| cluster.members);
        let live = members.into_iter().flat_map(|members| &members.associations).find(|member| {
            *member.namespace == *namespace
                && *member.service_account == *account
                && member.owner_arn.is_none()
        });
        let (Some(live), Some(claim)) = (live, uses.iter().find(|used| used.addon.is_some())) else {
            continue;
        };
        let deleted = context.plan.changes.iter().any(|change| {
            change.action == ChangeAction::Delete
                && change.schema.kind == "pod_identity_association"
                && change.identity.scope == cluster.scope
                && change.identity.part(1) == namespace
                && change.identity.part(2) == account
        });
        if !deleted {
            found.push(
                rule.found(format!(
                    "{namespace}/{account} already has an association that is not the add-on's"
                ))
                .at(claim.span)
                .label(format!("cannot take over {}", live.association_id))
                .help("delete the other association first, with what made it")
                .about(claim.instance),
            );
        }
    }
    found
}

fn irsa(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in &context.addons {
        let after = &addon.instance.proposed.after;
        let (Some(configuration), Some(_)) =
            (addon.configuration, after.get("service_account_role_arn").filter(|arn| !arn.is_null()))
        else {
            continue;
        };
        let namespace = addon.namespace();
        for used in context.uses_in(&addon.cluster).filter(|used| {
            used.namespace == namespace
                && configuration.service_accounts.iter().any(|(name, _)| *name == used.service_account)
        }) {
            found.push(
                rule.found(format!(
                    "{} has a role through IRSA and one through EKS Pod Identity",
                    used.name()
                ))
                .at(addon.span("service_account_role_arn"))
                .label("not used while the association exists")
                .related(used.span, "the association")
                .help("remove service_account_role_arn")
                .also(used.instance)
                .about(addon.instance),
            );
        }
    }
    let mut accounts: BTreeMap<(&str, &str), Vec<&Use<'_>>> = BTreeMap::new();
    for used in &context.uses {
        if let Some(namespace) = &used.namespace {
            accounts.entry((namespace, &used.service_account)).or_default().push(used);
        }
    }
    for (arn, role) in &context.roles {
        let Some(instance) = role.instance else { continue };
        let Some(statements) = role.attributes.get("trust_policy").and_then(statements) else { continue };
        for (namespace, account) in statements.iter().filter(|statement| allows(statement)).flat_map(subjects)
        {
            let uses = accounts.get(&(namespace.as_str(), account.as_str())).into_iter().flatten();
            for used in uses.filter(|used| used.role_arn.as_ref() != Some(arn)) {
                found.push(
                    rule.found(format!(
                        "{namespace}/{account} has a role through IRSA and one through EKS Pod Identity"
                    ))
                    .note(format!("The role \"{}\" trusts it through an OIDC provider.", role.name))
                    .related(used.span, "the association")
                    .help("remove the role, or its trust in the OIDC provider, once the association works")
                    .also(used.instance)
                    .about(instance),
                );
            }
        }
    }
    found
}

/// The service accounts that a statement trusts by the subject of their OIDC tokens.
fn subjects(statement: &crate::value::Map) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for keys in statement.get("Condition").and_then(Value::as_map).into_iter().flat_map(|it| it.values()) {
        for (key, values) in keys.as_map().into_iter().flatten() {
            if !key.ends_with(":sub") {
                continue;
            }
            for value in values.as_items().unwrap_or_default().iter().filter_map(Value::as_str) {
                let subject =
                    value.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
                found
                    .extend(subject.map(|(namespace, account)| (namespace.to_string(), account.to_string())));
            }
        }
    }
    found
}

fn other_account(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for used in &context.uses {
        let Some(arn) = &used.role_arn else { continue };
        let Some((account, name)) = role_of(arn) else { continue };
        let home = &*used.cluster.scope.account;
        if account == home {
            continue;
        }
        let path = match used.addon {
            Some(_) => {
                Path::attribute("pod_identity_association").key(used.service_account.clone()).attr("role_arn")
            }
            None => Path::attribute("role_arn"),
        };
        let span = used.instance.spans.get(&path).copied().unwrap_or(used.span);
        let help = match used.addon {
            Some(_) => format!("name a role of the account {home}"),
            None => format!("name a role of the account {home}, and this one as target_role_arn"),
        };
        found.push(
            rule.found(format!("The role \"{name}\" is in the account {account}, the cluster in {home}"))
                .at(span)
                .label("a role of another account")
                .help(help)
                .about(used.instance),
        );
    }
    found
}

fn session_tags(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for used in &context.uses {
        let untagged = used.instance.proposed.after.get("disable_session_tags").and_then(Value::as_bool);
        let namespace = used.namespace.as_deref().unwrap_or("");
        let length = used.cluster.part(0).len() + namespace.len() + used.service_account.len();
        if untagged == Some(true) || length < LONG_NAMES {
            continue;
        }
        found.push(
            rule.found("The session tags of EKS Pod Identity may not fit".to_string())
                .at(used.span)
                .note(format!("Cluster, namespace and service account have {length} characters together."))
                .help(match used.addon {
                    Some(_) => "shorten the names",
                    None => "shorten the names, or set disable_session_tags = true",
                })
                .about(used.instance),
        );
    }
    found
}

/// Namespace and service account.
type Named = (Text, Text);

/// How many associations each cluster will have, as far as is known.
fn counts<'c>(context: &'c Context<'_>) -> Vec<(&'c Identity<Place>, usize)> {
    let mut counts = Vec::new();
    let mut gone: BTreeMap<Identity<Place>, Vec<Named>> = BTreeMap::new();
    for change in &context.plan.changes {
        if change.action == ChangeAction::Delete
            && change.schema.kind == "pod_identity_association"
            && change.reason == Reason::Orphan
        {
            let account = (change.identity.part(1).into(), change.identity.part(2).into());
            gone.entry(super::context::cluster_of(&change.identity)).or_default().push(account);
        }
    }
    for (identity, cluster) in &context.clusters {
        let mut all: std::collections::BTreeSet<Named> = context
            .uses_in(identity)
            .map(|used| (used.namespace.clone().unwrap_or_default(), used.service_account.clone()))
            .collect();
        let members = cluster.members.into_iter().flat_map(|members| &members.associations);
        all.extend(members.map(|member| (member.namespace.clone(), member.service_account.clone())));
        for account in gone.get(identity).into_iter().flatten() {
            all.remove(account);
        }
        counts.push((identity, all.len()));
    }
    counts
}

fn many(rule: &Rule, context: &Context<'_>, range: std::ops::Range<usize>) -> Vec<Found> {
    let mut found = Vec::new();
    for (identity, count) in counts(context) {
        if !range.contains(&count) {
            continue;
        }
        let name = identity.part(0);
        let mut finding =
            rule.found(format!("The cluster \"{name}\" would have {count} associations of at most {LIMIT}"));
        let uses: Vec<&Use<'_>> = context.uses_in(identity).collect();
        for used in &uses {
            finding = finding.also(used.instance);
        }
        let cluster = context.clusters.get(identity).and_then(|cluster| cluster.instance);
        if let Some(instance) = cluster.or_else(|| uses.first().map(|used| used.instance)) {
            finding = finding.about(instance);
        }
        found.push(finding.help("let workloads with the same permissions share a service account"));
    }
    found
}

fn limit(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    many(rule, context, LIMIT + 1..usize::MAX)
}

fn near_limit(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    many(rule, context, NEAR..LIMIT + 1)
}

/// Attributes whose change pods notice only once they are started anew.
const CACHED: [&str; 4] = ["role_arn", "target_role_arn", "policy", "disable_session_tags"];

fn restart(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut by_instance: BTreeMap<&Identity<Place>, Vec<&Use<'_>>> = BTreeMap::new();
    for used in &context.uses {
        if let Some(identity) = &used.instance.identity {
            by_instance.entry(identity).or_default().push(used);
        }
    }
    let changes = context.plan.changes.iter().filter(|change| change.action == ChangeAction::Update);
    for change in changes {
        let roots = change.differences.iter().filter_map(|difference| difference.path.root());
        let relevant = match change.schema.kind {
            "pod_identity_association" => roots.into_iter().any(|root| CACHED.contains(&root)),
            "addon" => roots.into_iter().any(|root| root == "pod_identity_association"),
            _ => continue,
        };
        let uses = by_instance.get(&change.identity).map(Vec::as_slice).unwrap_or_default();
        let (true, Some(first)) = (relevant, uses.first()) else { continue };
        let chained = first.target_role_arn.is_some();
        let names: Vec<String> = uses.iter().map(|used| used.name()).collect();
        found.push(
            rule.found(format!(
                "Running pods of {} keep what they have until they are restarted",
                names.join(", ")
            ))
            .note(format!(
                "The agent keeps credentials for up to {}; a pod that started without a role asks for none.",
                if chained { "59 minutes" } else { "6 hours" }
            ))
            .help(match &first.namespace {
                Some(namespace) => format!("after the apply: kubectl rollout restart -n {namespace} …"),
                None => "after the apply: kubectl rollout restart …".to_string(),
            })
            .about(first.instance),
        );
    }
    found
}
