//! Trust policies that EKS Pod Identity cannot use.

use super::context::{Context, Role, Use};
use super::policies::{allows, principals, statements, words};
use super::rule::{Found, Rule, Runs};
use crate::diagnostic::Severity;
use crate::kinds::policy::fits;
use crate::value::{Map, Path, Value};
use std::collections::BTreeSet;

const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

pub const RULES: &[Rule] = &[
    Rule {
        code: "trust-not-for-pods",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "The trust policy of an association's role does not let EKS Pod Identity use it.",
        why: "EKS Pod Identity assumes the role as the service pods.eks.amazonaws.com and tags the session, so the \
              trust policy has to allow that principal both sts:AssumeRole and sts:TagSession. EKS refuses an \
              association whose role it cannot use, and pods get no credentials if the policy changes afterwards. A \
              condition that asks for something the session does not have can never hold.",
        fix: "Leave out the trust block: a role without one trusts EKS Pod Identity. If others use the role too, add \
              a trust block with service = \"pods.eks.amazonaws.com\" and no actions.",
        example: r#"role "orders" {
  trust { service = "pods.eks.amazonaws.com" }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
"#,
        check: pods,
    },
    Rule {
        code: "target-role-trust",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "The target role of an association does not trust the association's role.",
        why: "With target_role_arn, EKS Pod Identity assumes role_arn first and the target role with it. The trust \
              policy of the target role has to allow the first role sts:AssumeRole and, unless session tags are \
              disabled, sts:TagSession. Nobody checks that before pods ask for credentials.",
        fix: "Let the target role trust the association's role with both actions.",
        example: r#"role "target" {
  trust {
    aws     = role.orders.arn
    actions = ["sts:AssumeRole", "sts:TagSession"]
  }
}
"#,
        check: targets,
    },
];

fn pods(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for used in &context.uses {
        let Some(role) = context.role(used) else { continue };
        let Some(problems) = problems(role, &Session::of(used, context)) else { continue };
        let mut finding = rule
            .found(format!("EKS Pod Identity cannot use the role \"{}\" for {}", role.name, used.name()))
            .label("names a role that pods cannot assume")
            .at(used.span);
        let condition = problems.iter().any(|problem| problem.starts_with("The condition"));
        for problem in problems {
            finding = finding.note(problem);
        }
        if let Some(instance) = role.instance {
            let written = ["trust_policy", "trust"].map(|name| {
                let path = Path::attribute(name);
                let mut inside = instance.spans.range(path.clone()..);
                inside.next().filter(|(inner, _)| inner.starts_with(&path)).map(|(_, span)| *span)
            });
            if let Some(span) = written.into_iter().flatten().next() {
                finding = finding.related(span, "what it trusts");
            }
            finding = finding.also(instance);
        }
        let help = match condition {
            true => "correct the condition, or remove it".to_string(),
            false => format!("let the role trust it: trust {{ service = \"{POD_IDENTITY}\" }}"),
        };
        found.push(finding.help(help).about(used.instance));
    }
    found
}

/// What a session of EKS Pod Identity has that conditions can ask for.
struct Session {
    account: String,
    cluster_arn: String,
    cluster: String,
    namespace: Option<String>,
    service_account: String,
    tagged: bool,
}

impl Session {
    fn of(used: &Use<'_>, context: &Context<'_>) -> Self {
        let untagged = used.instance.proposed.after.get("disable_session_tags").and_then(Value::as_bool);
        let arn = context.clusters.get(&used.cluster).map(|cluster| cluster.arn()).unwrap_or_default();
        Self {
            account: used.cluster.scope.account.to_string(),
            cluster_arn: arn,
            cluster: used.cluster.part(0).to_string(),
            namespace: used.namespace.as_ref().map(ToString::to_string),
            service_account: used.service_account.to_string(),
            tagged: untagged != Some(true),
        }
    }

    fn key(&self, key: &str) -> Key {
        let key = key.to_ascii_lowercase();
        let tag = key.strip_prefix("aws:requesttag/").or_else(|| key.strip_prefix("aws:principaltag/"));
        if let Some(tag) = tag {
            return match tag {
                _ if !self.tagged => Key::Missing,
                "eks-cluster-arn" => Key::Is(self.cluster_arn.clone()),
                "eks-cluster-name" => Key::Is(self.cluster.clone()),
                "kubernetes-namespace" => self.namespace.clone().map_or(Key::Unknown, Key::Is),
                "kubernetes-service-account" => Key::Is(self.service_account.clone()),
                "kubernetes-pod-name" | "kubernetes-pod-uid" => Key::Unknown,
                _ => Key::Missing,
            };
        }
        match key.as_str() {
            "aws:sourceaccount" => Key::Is(self.account.clone()),
            "aws:sourcearn" => Key::Is(self.cluster_arn.clone()),
            "sts:externalid" | "aws:multifactorauthpresent" | "aws:sourceip" => Key::Missing,
            _ => Key::Unknown,
        }
    }
}

enum Key {
    Is(String),
    Missing,
    Unknown,
}

/// Why pods cannot use the role; `None` if they can, or if that cannot be told.
fn problems(role: &Role<'_>, session: &Session) -> Option<Vec<String>> {
    let statements = statements(role.attributes.get("trust_policy")?)?;
    let trusting: Vec<&Map> = statements
        .iter()
        .filter(|statement| allows(statement) && statement.contains_key("Principal"))
        .filter(|statement| {
            principals(statement, "Service").iter().any(|name| *name == "*" || *name == POD_IDENTITY)
        })
        .collect();
    if trusting.is_empty() {
        let mut others = BTreeSet::new();
        for statement in statements.iter().filter(|statement| allows(statement)) {
            for kind in ["Service", "AWS", "Federated"] {
                others.extend(principals(statement, kind));
            }
        }
        let others: Vec<&str> = others.into_iter().collect();
        return Some(vec![format!(
            "Its trust policy does not name {POD_IDENTITY}, only {}.",
            if others.is_empty() { "nobody".to_string() } else { others.join(", ") }
        )]);
    }
    let mut problems = Vec::new();
    let mut allowed = BTreeSet::new();
    for statement in trusting {
        match impossible(statement, session) {
            Some(problem) => problems.push(problem),
            None => allowed.extend(words(statement, "Action")),
        }
    }
    let lacks: Vec<&str> = ["sts:AssumeRole", "sts:TagSession"]
        .into_iter()
        .filter(|action| !allowed.iter().any(|pattern| fits(pattern, &action.to_ascii_lowercase())))
        .collect();
    if lacks.is_empty() {
        return None;
    }
    if problems.is_empty() {
        problems.push(format!("Its trust policy does not allow {POD_IDENTITY} {}.", lacks.join(" and ")));
    }
    Some(problems)
}

/// A condition of a statement that a session can never fulfil, in words.
fn impossible(statement: &Map, session: &Session) -> Option<String> {
    for (operator, keys) in statement.get("Condition").and_then(Value::as_map)? {
        for (key, values) in keys.as_map().into_iter().flatten() {
            let values: Vec<&str> =
                values.as_items().unwrap_or_default().iter().filter_map(Value::as_str).collect();
            let base = operator.rsplit(':').next().unwrap_or(operator);
            let optional = base.ends_with("IfExists") || operator.starts_with("ForAllValues:");
            let base = base.trim_end_matches("IfExists");
            let wanted = values.join(", ");
            match (session.key(key), base) {
                (Key::Unknown, _) => {}
                (Key::Missing, "Null") if values == ["true"] => {}
                (Key::Is(_), "Null") if values == ["false"] => {}
                (_, "Null") => return Some(format!("The condition {operator} on {key} never holds.")),
                (Key::Missing, _) if optional || base.contains("Not") => {}
                (Key::Missing, _) if !session.tagged && key.to_ascii_lowercase().contains("tag/") => {
                    return Some(format!(
                        "The condition on {key} never holds, since session tags are disabled."
                    ));
                }
                (Key::Missing, _) => {
                    return Some(format!(
                        "The condition on {key} never holds: EKS sends nothing of that name."
                    ));
                }
                (Key::Is(actual), _) => {
                    if let Some(false) = holds(base, &values, &actual) {
                        return Some(format!(
                            "The condition {operator} on {key} asks for {wanted}, and it is {actual}."
                        ));
                    }
                }
            }
        }
    }
    None
}

/// Whether a condition holds for a known value; `None` for operators that are not understood.
fn holds(operator: &str, values: &[&str], actual: &str) -> Option<bool> {
    let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|value| test(value));
    match operator {
        "StringEquals" => Some(any(&|value| value == actual)),
        "StringNotEquals" => Some(!any(&|value| value == actual)),
        "StringEqualsIgnoreCase" => Some(any(&|value| value.eq_ignore_ascii_case(actual))),
        "StringLike" | "ArnLike" | "ArnEquals" => Some(any(&|value| fits(value, actual))),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => Some(!any(&|value| fits(value, actual))),
        _ => None,
    }
}

fn targets(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for used in &context.uses {
        let (Some(first), Some(target)) = (&used.role_arn, &used.target_role_arn) else { continue };
        let Some(role) = context.roles.get(target) else { continue };
        let Some(statements) = role.attributes.get("trust_policy").and_then(statements) else { continue };
        let account = super::policies::role_of(first).map_or("", |(account, _)| account);
        let mut allowed = BTreeSet::new();
        for statement in statements.iter().filter(|statement| allows(statement)) {
            let named = principals(statement, "AWS");
            if named.iter().any(|name| *name == "*" || *name == &**first || *name == account) {
                allowed.extend(words(statement, "Action"));
            }
        }
        let tagged = used.instance.proposed.after.get("disable_session_tags").and_then(Value::as_bool);
        let mut needed = vec!["sts:AssumeRole"];
        if tagged != Some(true) {
            needed.push("sts:TagSession");
        }
        needed.retain(|action| !allowed.iter().any(|pattern| fits(pattern, &action.to_ascii_lowercase())));
        if needed.is_empty() {
            continue;
        }
        let message =
            format!("The target role \"{}\" does not allow {first} {}", role.name, needed.join(" and "));
        let mut finding = rule.found(message).at(used.span).note(
            "EKS Pod Identity assumes the target role with the association's role, so pods would get no credentials.",
        );
        if let Some(instance) = role.instance {
            finding = finding.related(instance.span, "the target role").also(instance);
        }
        found.push(
            finding
                .help("trust { aws = ROLE.arn, actions = [\"sts:AssumeRole\", \"sts:TagSession\"] } on the target role")
                .about(used.instance),
        );
    }
    found
}
