//! Whether EKS Pod Identity can assume a role, by its trust policy.

use super::policy;
use super::recommended::Session;
use super::trust::POD_IDENTITY;
use crate::value::{Map, Text, Value};

/// What Pod Identity does with a role, in lower case as canonical policies have it.
const NEEDED: [(&str, &str); 2] =
    [("sts:assumerole", "sts:AssumeRole"), ("sts:tagsession", "sts:TagSession")];

/// What keeps Pod Identity from assuming a role for these pods; empty if nothing does. A condition on something
/// that is not known here counts as one that does not hold.
pub fn problems(trust_policy: &Value, session: &Session<'_>) -> Vec<String> {
    let policy = match policy::canonical(trust_policy) {
        Ok(policy) => policy,
        Err(problem) => return vec![format!("its trust policy cannot be read: {problem}")],
    };
    let statements = policy.get("Statement").and_then(Value::as_items).unwrap_or_default();
    let effect = |statement: &Value, effect: &str| {
        statement.get("Effect").and_then(Value::as_str).is_some_and(|it| it == effect)
    };
    let mut found = Vec::new();
    for (needed, shown) in NEEDED {
        let about: Vec<&Value> =
            statements.iter().filter(|statement| principal(statement) && action(statement, needed)).collect();
        let (mut allowed, mut conditional) = (false, None);
        for statement in about.iter().filter(|statement| effect(statement, "Allow")) {
            match doubt(statement.get("Condition"), session) {
                None => allowed = true,
                Some(key) => conditional = Some(key),
            }
        }
        let denied =
            |statement: &&&Value| effect(statement, "Deny") && !excluded(statement.get("Condition"), session);
        if about.iter().any(|statement| denied(&statement)) {
            found.push(format!("its trust policy denies {shown}"));
        } else if !allowed {
            found.push(match conditional {
                Some(key) => {
                    format!("its trust policy allows {shown} only under a condition on {key} that does not hold here")
                }
                None => format!("its trust policy does not allow {shown} to {POD_IDENTITY}"),
            });
        }
    }
    found
}

fn principal(statement: &Value) -> bool {
    let Some(principal) = statement.get("Principal") else { return false };
    let services = principal.get("Service").and_then(Value::as_items).unwrap_or_default();
    principal.as_str() == Some("*") || services.iter().any(|service| service.as_str() == Some(POD_IDENTITY))
}

fn action(statement: &Value, needed: &str) -> bool {
    let actions = statement.get("Action").and_then(Value::as_items).unwrap_or_default();
    actions.iter().filter_map(Value::as_str).any(|pattern| policy::fits(pattern, needed))
}

/// The first condition key that does not hold, or of which nothing is known.
fn doubt(condition: Option<&Value>, session: &Session<'_>) -> Option<String> {
    each(condition)
        .find(|(operator, key, values)| holds(operator, key, values, session) != Some(true))
        .map(|it| it.1)
}

/// Whether a condition is known not to hold.
fn excluded(condition: Option<&Value>, session: &Session<'_>) -> bool {
    each(condition).any(|(operator, key, values)| holds(&operator, &key, &values, session) == Some(false))
}

/// Operator, key and values of each condition.
fn each(condition: Option<&Value>) -> impl Iterator<Item = (String, String, Vec<String>)> {
    let operators = condition.and_then(Value::as_map).into_iter().flatten();
    operators.flat_map(|(operator, keys)| {
        keys.as_map().into_iter().flatten().map(move |(key, values)| {
            let one = std::slice::from_ref(values);
            let values = values.as_items().unwrap_or(one).iter().filter_map(Value::as_str);
            (operator.to_string(), key.to_string(), values.map(ToString::to_string).collect())
        })
    })
}

/// Whether one condition holds, `None` if that cannot be said.
fn holds(operator: &str, key: &str, values: &[String], session: &Session<'_>) -> Option<bool> {
    let parts: Vec<&str> = session.cluster_arn.split(':').collect();
    let (account, cluster) = (*parts.get(4)?, session.cluster_arn.rsplit('/').next()?);
    let actual = match key.to_ascii_lowercase().as_str() {
        "aws:requesttag/eks-cluster-arn" | "aws:sourcearn" => session.cluster_arn,
        "aws:requesttag/eks-cluster-name" => cluster,
        "aws:requesttag/kubernetes-namespace" => session.namespace,
        "aws:requesttag/kubernetes-service-account" => session.service_account,
        "aws:sourceaccount" => account,
        _ => return None,
    };
    let operator = operator.to_ascii_lowercase();
    let operator = operator.trim_end_matches("ifexists");
    let any = |matches: &dyn Fn(&str) -> bool| values.iter().any(|value| matches(value));
    Some(match operator {
        "stringequals" => any(&|value| value == actual),
        "stringequalsignorecase" => any(&|value| value.eq_ignore_ascii_case(actual)),
        "stringlike" | "arnequals" | "arnlike" => any(&|value| policy::fits(value, actual)),
        "stringnotequals" => !any(&|value| value == actual),
        "stringnotlike" | "arnnotequals" | "arnnotlike" => !any(&|value| policy::fits(value, actual)),
        _ => return None,
    })
}

/// What a role lacks of a recommendation for these pods; empty if it suffices.
pub fn lacks(role: &Map, policies: &[Text], session: &Session<'_>) -> Vec<String> {
    let attached = role.get("managed_policies").and_then(Value::as_items).unwrap_or_default();
    let missing = policies.iter().filter(|policy| !attached.iter().any(|it| it.as_str() == Some(&***policy)));
    let mut found: Vec<String> = missing.map(|policy| format!("{policy} is not attached")).collect();
    found.extend(problems(role.get("trust_policy").unwrap_or(const { &Value::NULL }), session));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Session<'_> = Session {
        cluster_arn: "arn:aws:eks:us-east-2:123456789012:cluster/demo",
        namespace: "kube-system",
        service_account: "aws-node",
    };

    fn of(statements: &str) -> Vec<String> {
        problems(&Value::from(format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#)), &SESSION)
    }

    const PODS: &str = r#""Principal":{"Service":"pods.eks.amazonaws.com"}"#;

    #[test]
    fn pod_identity_can_assume() {
        for statements in [
            format!(r#"{{"Effect":"Allow",{PODS},"Action":["sts:AssumeRole","sts:TagSession"]}}"#),
            format!(r#"{{"Effect":"Allow",{PODS},"Action":"sts:*"}}"#),
            format!(
                r#"[{{"Effect":"Allow",{PODS},"Action":"sts:assumerole"}},{{"Effect":"Allow",{PODS},"Action":"sts:TagSession"}}]"#
            ),
            format!(
                r#"{{"Effect":"Allow",{PODS},"Action":"sts:*","Condition":{{"StringEquals":{{"aws:RequestTag/kubernetes-namespace":["kube-system","x"],"aws:SourceAccount":"123456789012"}},"ArnLike":{{"aws:SourceArn":"arn:aws:eks:*:123456789012:cluster/d?mo"}}}}}}"#
            ),
            format!(
                r#"[{{"Effect":"Allow",{PODS},"Action":"sts:*"}},{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{{"StringNotEquals":{{"aws:RequestTag/eks-cluster-name":"demo"}}}}}}]"#
            ),
        ] {
            assert_eq!(of(&statements), Vec::<String>::new(), "{statements}");
        }
    }

    #[test]
    fn pod_identity_cannot_assume() {
        for (statements, problem) in [
            (format!(r#"{{"Effect":"Allow",{PODS},"Action":"sts:AssumeRole"}}"#), "not allow sts:TagSession"),
            (
                r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:*"}"#
                    .to_string(),
                "not allow sts:AssumeRole to pods.eks.amazonaws.com",
            ),
            (
                format!(
                    r#"{{"Effect":"Allow",{PODS},"Action":"sts:*","Condition":{{"StringEquals":{{"aws:RequestTag/eks-cluster-name":"other"}}}}}}"#
                ),
                "condition on aws:RequestTag/eks-cluster-name",
            ),
            (
                format!(
                    r#"{{"Effect":"Allow",{PODS},"Action":"sts:*","Condition":{{"IpAddress":{{"aws:SourceIp":"10.0.0.0/8"}}}}}}"#
                ),
                "condition on aws:SourceIp",
            ),
            (
                format!(
                    r#"[{{"Effect":"Allow",{PODS},"Action":"sts:*"}},{{"Effect":"Deny",{PODS},"Action":"*"}}]"#
                ),
                "denies sts:AssumeRole",
            ),
            ("[1]".to_string(), "cannot be read"),
        ] {
            let found = of(&statements);
            assert!(found.iter().any(|it| it.contains(problem)), "{statements}: {found:?}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("a?c", "abc", true),
            ("", "a", false),
            ("a**", "a", true),
            ("*ab", "aab", true),
        ] {
            assert_eq!(policy::fits(pattern, text), matches, "{pattern} {text}");
        }
    }
}
