//! Versions of add-ons and of Kubernetes.

use super::context::{Addon, Context};
use super::rule::{Found, Rule, Runs};
use crate::diagnostic::Severity;
use crate::diff::Difference;
use crate::kinds::version::{ONE_MINOR_AT_A_TIME, numbers};
use crate::plan::ChangeAction;
use crate::value::{Path, Value};

pub const RULES: &[Rule] = &[
    Rule {
        code: "addon-version-not-offered",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "EKS does not offer this version of the add-on for the cluster's Kubernetes version.",
        why: "EKS lists the versions of each add-on by Kubernetes version, and refuses any other with \"Addon version \
              specified is not supported\".",
        fix: "Take a version that is offered. The finding names the default one and the newest.",
        example: r#"addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
}
"#,
        check: not_offered,
    },
    Rule {
        code: "addon-version-left-behind",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The add-on stays on a version that EKS does not offer for the cluster's Kubernetes version.",
        why: "AWS moves a cluster without a look at its add-ons. One that stays on a version from before may not work with \
              the new Kubernetes version, and once it is gone it cannot be installed again. AWS also stops offering \
              versions over time.",
        fix: "Move the add-on to a version that is offered, before or with the cluster. The finding names the default one and \
              the newest.",
        example: r#"addon "vpc-cni" {
  cluster = "demo"
  version = "v1.20.1-eksbuild.1"
}
"#,
        check: left_behind,
    },
    Rule {
        code: "addon-version-skips-minor",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "The add-on moves one minor version at a time, and this plan skips one.",
        why: "AWS supports moving vpc-cni by one minor version at a time only. The network of every pod depends on it.",
        fix: "Go through the minor versions one by one: write the next one, apply, and go on from there.",
        example: r#"addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
}
"#,
        check: skips_minor,
    },
    Rule {
        code: "addon-without-pod-identity",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "This version of the add-on takes no Pod Identity associations.",
        why: "Only some add-ons, and these only from some version on, can have associations. EKS refuses the others with \
              \"Pod Identity feature is not supported for addon version\".",
        fix: "Take a newer version of the add-on. If there is none that does, use service_account_role_arn, or an \
              association outside of the add-on.",
        example: r#"addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc_cni.arn
  }
}
"#,
        check: no_pod_identity,
    },
    Rule {
        code: "kubernetes-out-of-support",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The cluster's Kubernetes version is out of standard support.",
        why: "After standard support ends, a cluster costs six times as much by the hour, and when extended support ends too, \
              AWS upgrades it on its own. With upgrade_policy { support_type = \"STANDARD\" } that happens at the end of \
              standard support already. The dates are EKS's own.",
        fix: "Move the cluster to a newer version, one minor version at a time.",
        example: r#"cluster "demo" {
  version  = "1.34"
  role_arn = role.cluster.arn
  vpc { subnet_ids = var.subnet_ids }
}
"#,
        check: out_of_support,
    },
];

/// Whether the plan sends the add-on's version to AWS.
fn sends_version(addon: &Addon<'_>, context: &Context<'_>) -> bool {
    let created = context.change(addon.instance).is_some_and(|change| change.action == ChangeAction::Create);
    created || version_difference(addon, context).is_some()
}

fn not_offered(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let message = |addon: &str, version: &str, kubernetes: &str| {
        format!("EKS does not offer {addon} {version} for Kubernetes {kubernetes}")
    };
    unknown_versions(rule, context, true, &message)
}

fn left_behind(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let message = |addon: &str, version: &str, kubernetes: &str| {
        format!("{addon} stays on {version}, which EKS does not offer for Kubernetes {kubernetes}")
    };
    unknown_versions(rule, context, false, &message)
}

/// Add-ons whose version is not on offer, of those whose version is sent or of those that keep theirs.
fn unknown_versions(
    rule: &Rule,
    context: &Context<'_>,
    sent: bool,
    message: &dyn Fn(&str, &str, &str) -> String,
) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in &context.addons {
        let (Some(offered), Some(version)) = (addon.offered, &addon.version) else { continue };
        if offered.iter().any(|offer| offer.version == *version) || sends_version(addon, context) != sent {
            continue;
        }
        let cluster = context.clusters.get(&addon.cluster);
        let kubernetes = cluster.and_then(|cluster| cluster.kubernetes()).unwrap_or_default();
        let default = offered.iter().find(|offer| offer.default).map(|offer| &*offer.version);
        let newest = offered.iter().max_by_key(|offer| numbers(&offer.version)).map(|offer| &*offer.version);
        let help = match (default, newest) {
            (Some(default), Some(newest)) if default != newest => {
                format!("the default is {default}, the newest {newest}")
            }
            (_, Some(newest)) => format!("the newest is {newest}"),
            _ => "EKS offers none".to_string(),
        };
        let mut finding =
            rule.found(message(addon.name, version, &kubernetes)).at(addon.span("version")).help(help);
        // What moves may be the cluster alone.
        if let Some(instance) = cluster.and_then(|cluster| cluster.instance) {
            finding = finding.also(instance);
        }
        found.push(finding.about(addon.instance));
    }
    found
}

fn version_difference<'a>(addon: &Addon<'a>, context: &Context<'a>) -> Option<&'a Difference> {
    let change = context.change(addon.instance)?;
    change.differences.iter().find(|difference| difference.path == Path::attribute("version"))
}

fn skips_minor(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in context.addons.iter().filter(|addon| ONE_MINOR_AT_A_TIME.contains(&addon.name)) {
        let Some(difference) = version_difference(addon, context) else { continue };
        let (Some(live), Some(file)) = (difference.before.as_str(), difference.after.as_str()) else {
            continue;
        };
        let (from, to) = (numbers(live), numbers(file));
        let (Some(minor), Some(wanted)) = (from.get(1), to.get(1)) else { continue };
        if from.first() != to.first() || *wanted <= minor + 1 {
            continue;
        }
        let next = addon.offered.into_iter().flatten().map(|offer| &*offer.version);
        let next = next
            .filter(|offer| numbers(offer).get(1) == Some(&(minor + 1)))
            .max_by_key(|offer| numbers(offer));
        found.push(
            rule.found(format!(
                "{} moves one minor version at a time, not from {live} to {file}",
                addon.name
            ))
            .at(addon.span("version"))
            .help(match next {
                Some(next) => format!("write version = \"{next}\", apply, and go on from there"),
                None => format!("go to v1.{} first", minor + 1),
            })
            .about(addon.instance),
        );
    }
    found
}

fn no_pod_identity(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in &context.addons {
        let blocks = addon.instance.proposed.after.get("pod_identity_association").and_then(Value::as_map);
        let empty =
            addon.configuration.is_some_and(|configuration| configuration.service_accounts.is_empty());
        let (true, Some(account), Some(version)) =
            (empty, blocks.and_then(|blocks| blocks.keys().next()), &addon.version)
        else {
            continue;
        };
        let path = Path::attribute("pod_identity_association").key(account.clone());
        let span = addon.instance.spans.get(&path).copied().unwrap_or(addon.instance.span);
        found.push(
            rule.found(format!("{} {version} takes no Pod Identity associations", addon.name))
                .at(span)
                .help("take a newer version, or give the service account its role in another way")
                .about(addon.instance),
        );
    }
    found
}

/// `2025-07-23`.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

fn out_of_support(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (identity, cluster) in &context.clusters {
        let Some(version) = cluster.kubernetes() else { continue };
        let Some(known) = context.cluster_version(&identity.scope, &version) else { continue };
        let Some(ended) = known.standard_support_until.filter(|end| *end <= context.now) else { continue };
        let mut finding = rule.found(format!(
            "Kubernetes {version} of the cluster \"{}\" is out of standard support since {}",
            cluster.name(),
            date(ended)
        ));
        finding = match known.extended_support_until {
            Some(end) if end <= context.now => finding.note(format!(
                "Extended support ended on {}: AWS upgrades the cluster on its own.",
                date(end)
            )),
            Some(end) => finding.note(format!("Extended support costs more, and ends on {}.", date(end))),
            None => finding,
        };
        let instance = cluster
            .instance
            .or_else(|| context.addons_in(identity).next().map(|addon| addon.instance))
            .or_else(|| context.uses_in(identity).next().map(|used| used.instance));
        let Some(instance) = instance else { continue };
        if cluster.instance.is_some()
            && let Some(span) = instance.spans.get(&Path::attribute("version"))
        {
            finding = finding.at(*span);
        }
        found.push(finding.help("move it to a newer version, one minor version at a time").about(instance));
    }
    found
}
