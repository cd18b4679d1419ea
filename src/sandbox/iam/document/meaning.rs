//! What a policy document means, as far as EKS and STS look.

use serde_json::{Map, Value};

use super::super::super::call::Arn;
use super::{statements, texts};

/// Whether a text fits a pattern with `*` and `?`.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

fn matches_action(statement: &Map<String, Value>, action: &str) -> bool {
    let fits = |patterns: Vec<&str>| {
        patterns.iter().any(|pattern| wildcard(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()))
    };
    match statement.get("NotAction") {
        Some(excluded) => !fits(texts(Some(excluded))),
        None => fits(texts(statement.get("Action"))),
    }
}

fn effect(statement: &Map<String, Value>) -> &str {
    statement.get("Effect").and_then(Value::as_str).unwrap_or_default()
}

/// Whether an identity policy allows an action on something.
pub(in super::super) fn allows_action(document: &str, action: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(document) else {
        return false;
    };
    statements(&policy)
        .into_iter()
        .any(|statement| effect(statement) == "Allow" && matches_action(statement, action))
}

/// Whether a trust policy lets a service do all of these actions. Conditions are not looked at: EKS does not evaluate
/// them when it checks a role, only STS does at the call.
pub(crate) fn trust_allows_service(document: &str, service: &str, actions: &[&str]) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(document) else {
        return false;
    };
    actions.iter().all(|action| {
        let about = statements(&policy)
            .into_iter()
            .filter(|s| names_service(s, service) && matches_action(s, action));
        let effects: Vec<&str> = about.map(effect).collect();
        effects.contains(&"Allow") && !effects.contains(&"Deny")
    })
}

/// Whether a trust policy lets a service do an action under these condition keys.
pub(crate) fn trust_allows_service_under(
    document: &str,
    service: &str,
    action: &str,
    keys: &[(&str, &str)],
) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(document) else { return false };
    let about = statements(&policy).into_iter().filter(|statement| {
        names_service(statement, service)
            && matches_action(statement, action)
            && condition_holds(statement.get("Condition"), keys)
    });
    let effects: Vec<&str> = about.map(effect).collect();
    effects.contains(&"Allow") && !effects.contains(&"Deny")
}

fn names_service(statement: &Map<String, Value>, service: &str) -> bool {
    match statement.get("Principal") {
        Some(Value::String(all)) => all == "*",
        Some(principal) => texts(principal.get("Service")).contains(&service),
        None => false,
    }
}

/// What is known of a caller when a trust policy is evaluated.
pub(crate) struct Request<'a> {
    pub(crate) account: &'a str,
    pub(crate) principal: &'a str,
    pub(crate) session: &'a str,
    /// The condition keys and their values.
    pub(crate) keys: &'a [(&'a str, &'a str)],
}

/// Whether a trust policy lets an AWS principal do an action.
pub(crate) fn trust_allows_principal(document: &str, request: &Request<'_>, action: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(document) else {
        return false;
    };
    let names = |statement: &Map<String, Value>| match statement.get("Principal") {
        Some(Value::String(all)) => all == "*",
        Some(principal) => texts(principal.get("AWS")).iter().any(|name| {
            *name == "*"
                || *name == request.account
                || *name == request.principal
                || *name == request.session
                || Arn::parse(name)
                    .is_some_and(|arn| arn.resource == "root" && arn.account == request.account)
        }),
        None => false,
    };
    let about = statements(&policy).into_iter().filter(|s| {
        names(s) && matches_action(s, action) && condition_holds(s.get("Condition"), request.keys)
    });
    let effects: Vec<&str> = about.map(effect).collect();
    effects.contains(&"Allow") && !effects.contains(&"Deny")
}

/// What identity policies say of an action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// One allows it and none denies it.
    Allowed,
    /// One denies it.
    Denied,
    /// None says anything about it.
    NotAllowed,
}

/// Evaluates identity policies together.
pub(crate) fn verdict(policies: &[Value], action: &str, resource: &str, keys: &[(&str, &str)]) -> Verdict {
    let about = |statement: &&Map<String, Value>| {
        matches_action(statement, action)
            && matches_resource(statement, resource)
            && condition_holds(statement.get("Condition"), keys)
    };
    let effects: Vec<&str> = policies.iter().flat_map(statements).filter(about).map(effect).collect();
    match (effects.contains(&"Deny"), effects.contains(&"Allow")) {
        (true, _) => Verdict::Denied,
        (_, true) => Verdict::Allowed,
        _ => Verdict::NotAllowed,
    }
}

fn matches_resource(statement: &Map<String, Value>, resource: &str) -> bool {
    let fits = |patterns: Vec<&str>| patterns.iter().any(|pattern| wildcard(pattern, resource));
    match statement.get("NotResource") {
        Some(excluded) => !fits(texts(Some(excluded))),
        None => fits(texts(statement.get("Resource"))),
    }
}

/// Whether a condition holds. An operator or key that is not known here does not.
fn condition_holds(condition: Option<&Value>, keys: &[(&str, &str)]) -> bool {
    let Some(operators) = condition.and_then(Value::as_object) else {
        return true;
    };
    operators.iter().all(|(operator, tests)| {
        tests.as_object().into_iter().flatten().all(|(name, wanted)| {
            let found = keys.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
            let wanted = texts(Some(wanted));
            let any = |fits: &dyn Fn(&str, &str) -> bool| {
                found.is_some_and(|found| wanted.iter().any(|wanted| fits(wanted, found)))
            };
            match operator.as_str() {
                "StringEquals" | "ArnEquals" => {
                    any(&|wanted, found| wanted == found || wildcard(wanted, found))
                }
                "StringLike" | "ArnLike" => any(&|wanted, found| wildcard(wanted, found)),
                "StringEqualsIgnoreCase" => any(&|wanted, found| wanted.eq_ignore_ascii_case(found)),
                "StringNotEquals" | "ArnNotEquals" => !any(&|wanted, found| wanted == found),
                "StringNotLike" | "ArnNotLike" => !any(&|wanted, found| wildcard(wanted, found)),
                _ => false,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PODS: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Principal":{"Service":["pods.eks.amazonaws.com"]},"Action":["sts:AssumeRole","sts:TagSession"]}}"#;

    #[test]
    fn trust_of_services() {
        let both = ["sts:AssumeRole", "sts:TagSession"];
        assert!(trust_allows_service(PODS, "pods.eks.amazonaws.com", &both));
        assert!(!trust_allows_service(PODS, "eks.amazonaws.com", &both));
        let one = PODS.replace(r#","sts:TagSession""#, "");
        assert!(!trust_allows_service(&one, "pods.eks.amazonaws.com", &both));
        let star = PODS.replace(r#"["sts:AssumeRole","sts:TagSession"]"#, r#""STS:*""#);
        assert!(trust_allows_service(&star, "pods.eks.amazonaws.com", &both));
    }

    #[test]
    fn identity_policies() {
        let policies: [Value; 2] = [
            serde_json::json!({"Statement": [
                {"Effect": "Allow", "Action": ["eks:Describe*", "eks:List*"], "Resource": "*"},
                {"Effect": "Allow", "NotAction": "eks:*", "NotResource": "arn:aws:iam::1:role/admin*"},
                {"Effect": "Deny", "Action": "*", "Resource": "*",
                 "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-2", "eu-west-1"]}}}]}),
            serde_json::json!({"Statement": {"Effect": "Deny", "Action": "eks:*", "Resource": "*/prod"}}),
        ];
        let region = [("aws:RequestedRegion", "us-east-2")];
        for (action, resource, expected) in [
            ("eks:DescribeCluster", "arn:aws:eks:us-east-2:1:cluster/demo", Verdict::Allowed),
            ("EKS:describecluster", "arn:aws:eks:us-east-2:1:cluster/prod", Verdict::Denied),
            ("eks:CreateCluster", "arn:aws:eks:us-east-2:1:cluster/demo", Verdict::NotAllowed),
            ("iam:GetRole", "arn:aws:iam::1:role/x", Verdict::Allowed),
            ("iam:GetRole", "arn:aws:iam::1:role/admins", Verdict::NotAllowed),
        ] {
            assert_eq!(verdict(&policies, action, resource, &region), expected, "{action} {resource}");
            let elsewhere = [("aws:RequestedRegion", "us-west-2")];
            assert_eq!(verdict(&policies, action, resource, &elsewhere), Verdict::Denied);
        }
        assert_eq!(verdict(&[], "iam:GetRole", "*", &region), Verdict::NotAllowed);
    }

    #[test]
    fn wildcards() {
        assert!(wildcard("s3:Get*", "s3:GetObject") && wildcard("*", "") && wildcard("a?c", "abc"));
        assert!(!wildcard("a", "ab") && !wildcard("a*b", "acd") && wildcard("a*b*c", "a-b-b-c"));
    }
}
