//! What there is to run pods on.

use super::context::Context;
use super::rule::{Found, Rule, Runs};
use crate::diagnostic::Severity;
use crate::plan::ChangeAction;

/// Add-ons that are degraded until there is something to run their pods on.
const NEED_COMPUTE: [&str; 3] = ["coredns", "aws-ebs-csi-driver", "aws-efs-csi-driver"];

pub const RULES: &[Rule] = &[
    Rule {
        code: "pod-identity-without-linux-nodes",
        severity: Severity::Warning,
        runs: Runs::Check,
        summary: "Service accounts have roles through EKS Pod Identity, and the cluster has no Linux nodes of EC2.",
        why: "EKS Pod Identity works on Linux nodes of EC2. Pods on Fargate or on Windows nodes get no credentials from it, \
              since the agent does not run there. Nodes that are no node group, of Karpenter say, cannot be seen from \
              outside of the cluster.",
        fix: "Use IRSA (service_account_role_arn on add-ons) for pods on Fargate or Windows, or give the cluster Linux nodes.",
        example: r#"addon "vpc-cni" {
  cluster                  = "demo"
  service_account_role_arn = role.vpc_cni.arn
}
"#,
        check: no_linux,
    },
    Rule {
        code: "addon-before-compute",
        severity: Severity::Note,
        runs: Runs::Plan,
        summary: "The add-on is degraded until the cluster has something to run its pods on.",
        why: "coredns and the controllers of the storage drivers are deployments that need nodes, a Fargate profile or Auto \
              Mode. Created before there is any, they are DEGRADED (InsufficientNumberOfReplicas) until there is. eksform \
              counts that as done, and other tools may not.",
        fix: "Nothing, if nodes follow. Else turn on Auto Mode, or declare the add-on once there are nodes.",
        example: r#"cluster "demo" {
  role_arn = role.cluster.arn
  vpc { subnet_ids = var.subnet_ids }
  auto_mode {
    enabled       = true
    node_pools    = ["system"]
    node_role_arn = role.node.arn
  }
}
"#,
        check: before_compute,
    },
];

fn no_linux(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (identity, cluster) in &context.clusters {
        let Some(members) = cluster.members else { continue };
        let fargate = !members.fargate_profiles.is_empty();
        let (instead, runs_on) = match cluster.node_groups {
            _ if members.node_groups.is_empty() && fargate => {
                ("on Fargate", format!("Fargate profiles: {}", members.fargate_profiles.join(", ")))
            }
            Some(groups)
                if !groups.is_empty() && groups.iter().all(|group| group.ami_type.starts_with("WINDOWS")) =>
            {
                let names: Vec<&str> = groups.iter().map(|group| &*group.name).collect();
                let where_else = if fargate { "on Windows and Fargate" } else { "on Windows" };
                (where_else, format!("Windows node groups: {}", names.join(", ")))
            }
            _ => continue,
        };
        let mut uses = context.uses_in(identity).peekable();
        let (false, Some(first)) = (cluster.auto_mode(), uses.peek().copied()) else { continue };
        let names: Vec<String> = uses.map(|used| used.name()).collect();
        found.push(
            rule.found(format!(
                "EKS Pod Identity does not work {instead}, and the cluster \"{}\" has no Linux nodes",
                cluster.name()
            ))
            .note(format!("Without credentials there: {}.", names.join(", ")))
            .note(format!("{runs_on}."))
            .help("use IRSA for these pods, or add Linux nodes")
            .about(cluster.instance.unwrap_or(first.instance)),
        );
    }
    found
}

fn before_compute(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in context.addons.iter().filter(|addon| NEED_COMPUTE.contains(&addon.name)) {
        let created =
            context.change(addon.instance).is_some_and(|change| change.action == ChangeAction::Create);
        let Some(cluster) = context.clusters.get(&addon.cluster).filter(|cluster| cluster.without_compute())
        else {
            continue;
        };
        if created {
            found.push(
                rule.found(format!(
                    "{} is degraded until the cluster \"{}\" has nodes",
                    addon.name,
                    cluster.name()
                ))
                .help("add nodes after the apply; apply does not wait for them")
                .about(addon.instance),
            );
        }
    }
    found
}
