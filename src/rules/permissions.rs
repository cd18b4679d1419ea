//! What add-ons and workloads are allowed: too little, too much, or somebody else's.

use super::context::{Addon, Context, Role, Use};
use super::policies::{allows, policy_name, statements, words};
use super::rule::{Found, Rule, Runs};
use crate::diagnostic::Severity;
use crate::value::{Text, Value};
use std::collections::{BTreeMap, BTreeSet};

pub const RULES: &[Rule] = &[
    Rule {
        code: "addon-needs-iam",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The add-on needs IAM permissions, and none of its service accounts has a role.",
        why: "EKS says of each add-on version whether it calls AWS (requiresIamPermissions). Without a role for its \
              service account it takes the permissions of the node, which pods usually cannot reach and should not \
              have; controllers then fail with AccessDenied and the add-on is degraded. An add-on that runs well on the \
              node's role, as vpc-cni can, may silence the rule.",
        fix: "Give its service account a role with the managed policies that AWS recommends. The finding names both.",
        example: r#"role "ebs_csi" {
  managed_policies = ["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
}

addon "aws-ebs-csi-driver" {
  cluster = "demo"
  pod_identity_association {
    service_account = "ebs-csi-controller-sa"
    role_arn        = role.ebs_csi.arn
  }
}
"#,
        check: none,
    },
    Rule {
        code: "role-lacks-recommended",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The role of an add-on's service account lacks the policies that AWS recommends for it.",
        why: "EKS names the managed policies that each service account of an add-on version needs. The rule is silent \
              when the role has inline policies or policies of your own, since these may allow the same.",
        fix: "Attach the recommended policies.",
        example: r#"role "vpc_cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}
"#,
        check: lacks,
    },
    Rule {
        code: "role-beyond-recommendation",
        severity: Severity::Note,
        runs: Runs::Plan,
        summary: "The role of an add-on's service account allows more than AWS recommends for it.",
        why: "Every pod that runs as the service account has everything the role allows. Policies that the add-on does \
              not need are a gift to whoever gets into one of its pods.",
        fix: "Detach what the add-on does not need, or silence the rule with the reason why it does.",
        example: r#"role "vpc_cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}
"#,
        check: beyond,
    },
    Rule {
        code: "role-shared",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "One role serves service accounts that need different permissions.",
        why: "A role that serves several service accounts has the permissions of all of them, so each can do what only \
              another one needs. AWS recommends different policies for these, or recommends some for one and knows \
              nothing of the other.",
        fix: "Make one role for each.",
        example: r#"role "ebs_csi" {
  managed_policies = ["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
}

role "efs_csi" {
  managed_policies = ["arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"]
}
"#,
        check: shared,
    },
    Rule {
        code: "role-is-admin",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "Pods have a role that may do everything.",
        why: "Whoever can start a pod under the service account, or gets into one, can do whatever the role allows: here \
              all of AWS, or all of IAM, which comes to the same.",
        fix: "Allow the actions the pods need, on the resources they need them for.",
        example: r#"role "orders" {
  inline_policies = {
    queue = {
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource = "arn:aws:sqs:us-east-2:123456789012:orders" }]
    }
  }
}
"#,
        check: admin,
    },
];

fn none(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in &context.addons {
        // What is said of one version holds for those that EKS no longer knows.
        let offer = addon.offer().or_else(|| addon.offered?.first());
        let Some(offer) = offer.filter(|offer| offer.requires_iam) else { continue };
        if has_role(addon, context) {
            continue;
        }
        let instance = addon.instance;
        let mut finding = rule
            .found(format!("The add-on {} needs IAM permissions and has none", addon.name))
            .about(instance)
            .note(format!("EKS says so of {} {}.", addon.name, offer.version));
        let accounts = addon.configuration.map(|it| it.service_accounts.as_slice()).unwrap_or_default();
        for (account, policies) in accounts {
            let names: Vec<&str> = policies.iter().map(|arn| policy_name(arn)).collect();
            let names = if names.is_empty() { "policies of your own".to_string() } else { names.join(", ") };
            finding = finding.note(format!("The service account {account} needs {names}."));
        }
        found.push(finding.help(remedy(addon)));
    }
    found
}

/// Whether any of the add-on's service accounts has a role, in whichever way.
fn has_role(addon: &Addon<'_>, context: &Context<'_>) -> bool {
    let given =
        |name: &str| addon.instance.proposed.after.get(name).or_else(|| addon.instance.desired.get(name));
    let some = |value: &Value| match value.as_map() {
        Some(blocks) => !blocks.is_empty(),
        None => !value.is_null(),
    };
    if ["service_account_role_arn", "pod_identity", "pod_identity_association"]
        .into_iter()
        .any(|name| given(name).is_some_and(some))
    {
        return true;
    }
    let Some(configuration) = addon.configuration else { return false };
    let namespace = addon.namespace();
    let its_own = |name: &str| configuration.service_accounts.iter().any(|(account, _)| **account == *name);
    let declared = context
        .uses_in(&addon.cluster)
        .any(|used| used.namespace == namespace && its_own(&used.service_account));
    let members = context.clusters.get(&addon.cluster).and_then(|cluster| cluster.members);
    let live = members.into_iter().flat_map(|members| &members.associations).any(|member| {
        member.owner_arn.is_none()
            && Some(&member.namespace) == namespace.as_ref()
            && its_own(&member.service_account)
    });
    declared || live
}

/// The lines to paste.
fn remedy(addon: &Addon<'_>) -> String {
    let label: String = addon.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let short = addon.instance.schema.attribute("pod_identity").is_some();
    let accounts = addon.configuration.map(|it| it.service_accounts.as_slice()).unwrap_or_default();
    let mut text = String::new();
    if short {
        text.push_str("in the addon block, add\n  pod_identity = \"recommended\"");
        if !accounts.is_empty() {
            text.push_str("\nor, with a role of your own,");
        }
    } else {
        text.push_str("in the addon block, add");
    }
    for (account, _) in accounts {
        text.push_str(&format!(
            "\n  pod_identity_association {{\n    service_account = \"{account}\"\n    role_arn        = role.{label}.arn\n  }}"
        ));
        if short {
            break;
        }
    }
    if accounts.is_empty() && !short {
        return "give its service account a role: pod_identity_association { … }".to_string();
    }
    let policies: BTreeSet<&Text> = accounts.iter().flat_map(|(_, policies)| policies).collect();
    if !accounts.is_empty() {
        let policies: Vec<String> = policies.into_iter().map(|arn| format!("\"{arn}\"")).collect();
        text.push_str(&format!(
            "\nand beside it\n  role \"{label}\" {{\n    managed_policies = [{}]\n  }}",
            policies.join(", ")
        ));
    }
    text
}

/// Uses of a role by add-ons, if they all have one and the same recommendation.
fn recommendation<'a>(arn: &Text, context: &Context<'a>) -> Option<(Vec<&'a str>, &'a [Text])> {
    let mut one: Option<&'a [Text]> = None;
    let mut names = Vec::new();
    for used in context.users(arn) {
        let recommended = context.recommended(used).filter(|policies| !policies.is_empty())?;
        if one.is_some_and(|one| one != recommended) {
            return None;
        }
        one = Some(recommended);
        names.push(context.owner(used)?.name);
    }
    names.sort_unstable();
    names.dedup();
    Some((names, one?))
}

fn about_role(mut finding: Found, arn: &Text, role: &Role<'_>, context: &Context<'_>) -> Found {
    for used in context.users(arn) {
        finding = finding.also(used.instance);
    }
    match (role.instance, context.users(arn).next()) {
        (Some(instance), _) => finding.about(instance),
        (None, Some(used)) => finding.at(used.span).about(used.instance),
        (None, None) => finding,
    }
}

fn lacks(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (arn, role) in &context.roles {
        let Some((addons, recommended)) = recommendation(arn, context) else { continue };
        let (Some(managed), Some(inline)) = (role.managed_policies(), role.inline_policies()) else {
            continue;
        };
        let own = managed.iter().any(|policy| !policy.contains(":iam::aws:policy/"));
        let missing: Vec<&Text> = recommended.iter().filter(|policy| !managed.contains(*policy)).collect();
        if missing.is_empty() || own || !inline.is_empty() {
            continue;
        }
        let list: Vec<String> = missing.iter().map(|policy| format!("\"{policy}\"")).collect();
        let names: Vec<&str> = missing.iter().map(|policy| policy_name(policy)).collect();
        let finding = rule
            .found(format!("The role \"{}\" of {} lacks {}", role.name, addons.join(", "), names.join(", ")))
            .help(format!("add to managed_policies: {}", list.join(", ")));
        found.push(about_role(finding, arn, role, context));
    }
    found
}

fn beyond(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (arn, role) in &context.roles {
        let Some((addons, recommended)) = recommendation(arn, context) else { continue };
        let (Some(managed), Some(inline)) = (role.managed_policies(), role.inline_policies()) else {
            continue;
        };
        // A role without the recommendation has policies of another design.
        if !recommended.iter().all(|policy| managed.contains(policy)) {
            continue;
        }
        let extra = managed
            .iter()
            .filter(|policy| !recommended.contains(policy))
            .map(|arn| policy_name(arn).to_string());
        let extra: Vec<String> =
            extra.chain(inline.keys().map(|name| format!("the inline policy {name}"))).collect();
        if extra.is_empty() {
            continue;
        }
        let finding = rule
            .found(format!(
                "The role \"{}\" allows {} more than AWS recommends",
                role.name,
                addons.join(", ")
            ))
            .note(format!("Beyond the recommendation: {}.", extra.join(", ")))
            .help("detach what is not needed");
        found.push(about_role(finding, arn, role, context));
    }
    found
}

fn shared(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let arns: BTreeSet<&Text> = context.uses.iter().filter_map(|used| used.role_arn.as_ref()).collect();
    for arn in arns {
        // What each needs: the recommendation, or nothing that is known.
        let mut needs: BTreeMap<Option<&[Text]>, BTreeSet<String>> = BTreeMap::new();
        let uses: Vec<&Use<'_>> =
            context.users(arn).filter(|used| used.role_arn.as_ref() == Some(arn)).collect();
        for used in &uses {
            let recommended = context.recommended(used).filter(|policies| !policies.is_empty());
            // An add-on of which nothing is known may need the same as another.
            if recommended.is_none() && used.addon.is_some() {
                continue;
            }
            needs.entry(recommended).or_default().insert(used.name());
        }
        if needs.len() < 2 {
            continue;
        }
        let name = super::policies::role_of(arn).map_or(&**arn, |(_, name)| name);
        let mut finding = rule
            .found(format!("The role \"{name}\" serves service accounts that need different permissions"));
        for (recommended, accounts) in &needs {
            let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
            finding = finding.note(match recommended {
                Some(policies) => {
                    let names: Vec<&str> = policies.iter().map(|arn| policy_name(arn)).collect();
                    format!("{}: AWS recommends {}.", accounts.join(", "), names.join(", "))
                }
                None => format!("{}: a workload of your own.", accounts.join(", ")),
            });
        }
        for used in &uses {
            finding = finding.also(used.instance);
        }
        for used in &uses[1..] {
            finding = finding.related(used.span, "and here");
        }
        let first = uses[0];
        found.push(finding.at(first.span).help("make a role for each").about(first.instance));
    }
    found
}

/// Managed policies with which a role can become anything.
const ADMIN: [&str; 3] = ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"];

fn admin(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (arn, role) in &context.roles {
        let mut uses: Vec<String> = context.users(arn).map(Use::name).collect();
        if uses.is_empty() {
            continue;
        }
        uses.sort();
        uses.dedup();
        let managed = role.managed_policies().unwrap_or_default();
        let managed = managed
            .iter()
            .filter(|arn| arn.contains(":iam::aws:policy/") && ADMIN.contains(&policy_name(arn)))
            .map(|arn| policy_name(arn).to_string());
        let inline = role.inline_policies().into_iter().flatten();
        let inline = inline
            .filter(|(_, document)| allows_everything(document))
            .map(|(name, _)| format!("the inline policy {name}"));
        let through: Vec<String> = managed.chain(inline).collect();
        if through.is_empty() {
            continue;
        }
        let finding = rule
            .found(format!(
                "Pods of {} may do everything, through the role \"{}\"",
                uses.join(", "),
                role.name
            ))
            .note(format!("Through {}.", through.join(", ")))
            .help("allow only the actions and resources that the pods need");
        found.push(about_role(finding, arn, role, context));
    }
    found
}

fn allows_everything(document: &Value) -> bool {
    let Some(statements) = statements(document) else { return false };
    statements.iter().any(|statement| {
        allows(statement)
            && !statement.contains_key("Condition")
            && words(statement, "Action").any(|action| matches!(action, "*" | "*:*" | "iam:*"))
            && words(statement, "Resource").any(|resource| resource == "*")
    })
}
