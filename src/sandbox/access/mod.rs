//! What an identity policy of the caller lets a call do: the fault `policy`, with which a CI role is rehearsed.
//!
//! An explicit Deny wins, then an Allow is needed, for the operation itself and for what AWS asks beside it: tagging
//! at creation, and `iam:PassRole` for every role handed to a service.

mod asked;

use serde_json::Value;

use super::call::{Arn, Call};
use super::error::AwsError;
use super::iam::document::{Verdict, verdict};
use super::model::Service;

/// One thing a call must be allowed to do.
struct Asked {
    action: String,
    resource: String,
    /// The resource as the refusal names it, if that is not the ARN.
    named: Option<String>,
    /// Condition keys that only this action has.
    keys: Vec<(String, String)>,
}

/// The refusal, if these policies together do not allow the call.
pub(super) fn refusal(call: &Call<'_>, policies: &[Value]) -> Option<AwsError> {
    // "No permissions are required", and a Deny does not count.
    if call.operation == "GetCallerIdentity" {
        return None;
    }
    let common = common_keys(call);
    asked::by(call).into_iter().find_map(|asked| {
        let keys: Vec<(&str, &str)> =
            common.iter().chain(&asked.keys).map(|(key, value)| (key.as_str(), value.as_str())).collect();
        match verdict(policies, &asked.action, &asked.resource, &keys) {
            Verdict::Allowed => None,
            refused => Some(worded(call, &asked, refused)),
        }
    })
}

/// The condition keys that every call has.
fn common_keys(call: &Call<'_>) -> Vec<(String, String)> {
    let mut keys = vec![
        ("aws:PrincipalArn".to_owned(), call.caller.principal.clone()),
        ("aws:PrincipalAccount".to_owned(), call.account.clone()),
        ("aws:RequestedRegion".to_owned(), call.region.clone()),
    ];
    match call.input.get("tags").or(call.input.get("Tags")) {
        Some(Value::Object(tags)) => {
            for (name, value) in tags {
                keys.push((format!("aws:RequestTag/{name}"), text_of(Some(value))));
            }
        }
        Some(Value::Array(tags)) => {
            for tag in tags {
                let name = text_of(tag.get("Key"));
                keys.push((format!("aws:RequestTag/{name}"), text_of(tag.get("Value"))));
            }
        }
        _ => {}
    }
    keys
}

fn text_of(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// IAM and STS say why; EKS was only ever seen to say so of an explicit Deny. An `AssumeRole` never says.
fn worded(call: &Call<'_>, asked: &Asked, refused: Verdict) -> AwsError {
    let query = matches!(call.service, Service::Iam | Service::Sts);
    let because = match (refused, call.service) {
        (_, Service::Sts) => String::new(),
        (Verdict::Denied, Service::Eks) => " with an explicit deny".to_owned(),
        (Verdict::Denied, _) => " with an explicit deny in an identity-based policy".to_owned(),
        (_, Service::Iam) => format!(" because no identity-based policy allows the {} action", asked.action),
        _ => String::new(),
    };
    let resource = match asked.named.as_deref().unwrap_or(&asked.resource) {
        "*" if !query => String::new(),
        name => format!(" on resource: {name}"),
    };
    let caller = &call.caller.arn;
    let text = format!("User: {caller} is not authorized to perform: {}{resource}{because}", asked.action);
    let code = if query { "AccessDenied" } else { "AccessDeniedException" };
    AwsError::new(code, text).status(403)
}

/// The services that are handed roles, by the member that names the role.
fn passed_to(member: &str, operation: &str) -> &'static str {
    match (member, operation) {
        ("nodeRole" | "RoleName", _) => "ec2.amazonaws.com",
        ("podExecutionRoleArn", _) => "eks-fargate-pods.amazonaws.com",
        ("roleArn", "CreateCluster") | ("nodeRoleArn", _) => "eks.amazonaws.com",
        _ => "pods.eks.amazonaws.com",
    }
}

/// The ARN of a role with its path, if it is there, else as if it had none.
fn role_arn(call: &Call<'_>, name: &str) -> String {
    let plain = format!("arn:{}:iam::{}:role/{name}", call.partition, call.account);
    super::iam::role_by_name(call.store, &call.account, name).map_or(plain, |role| role.arn)
}

fn is_role(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.role_name().is_some())
}
