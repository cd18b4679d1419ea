//! What EKS asks of the roles it is given.

use serde_json::Value;

use super::super::call::{Arn, Call};
use super::super::error::AwsError;
use super::super::iam::{Role, trust_allows_service, visible_role_by_arn};
use super::invalid;

/// The role of a cluster. The texts are those Terraform's provider waits on.
pub(super) fn check_cluster_role(call: &Call<'_>, arn: &str) -> Result<(), AwsError> {
    let role = own_role(call, arn, || format!("roleArn, {arn}, does not exist"))?;
    if !trust_allows_service(&role.trust, "eks.amazonaws.com", &["sts:AssumeRole"]) {
        return Err(invalid(call, "Role could not be assumed because the trusted entity is not correct"));
    }
    let policy = format!("arn:{}:iam::aws:policy/AmazonEKSClusterPolicy", call.partition);
    // A policy of one's own may stand in for it if it covers what EKS looks for first.
    if !role.attached.contains(&policy) && !role.allows(call.store, "ec2:DescribeSubnets") {
        let text = format!(
            "The provided role doesn't have the Amazon EKS Managed Policies associated with it. Please ensure the \
             following policies [{policy}] are attached"
        );
        return Err(invalid(call, text));
    }
    Ok(())
}

/// The role of a Pod Identity association.
pub(super) fn check_pod_identity_role(call: &Call<'_>, arn: &str) -> Result<(), AwsError> {
    let role = own_role(call, arn, || "Role provided in the request does not exist".to_owned())?;
    if !trust_allows_service(&role.trust, "pods.eks.amazonaws.com", &["sts:AssumeRole", "sts:TagSession"]) {
        return Err(invalid(call, "Trust policy of the role provided is invalid"));
    }
    Ok(())
}

/// A role that a service may use: it exists in this account and trusts the service.
pub(super) fn check_service_role(
    call: &Call<'_>,
    arn: &str,
    member: &str,
    service: &str,
) -> Result<(), AwsError> {
    let role = own_role(call, arn, || format!("{member}, {arn}, does not exist"))?;
    if !trust_allows_service(&role.trust, service, &["sts:AssumeRole"]) {
        let text = format!("The trust relationship of {member} does not allow {service} to assume it");
        return Err(invalid(call, text));
    }
    Ok(())
}

/// The role of a node group.
pub(super) fn check_node_role(call: &Call<'_>, arn: &str) -> Result<(), AwsError> {
    check_principals(call, arn, "nodeRole", "ec2.amazonaws.com")
}

/// The pod execution role of a Fargate profile.
pub(super) fn check_fargate_role(call: &Call<'_>, arn: &str) -> Result<(), AwsError> {
    check_principals(call, arn, "podExecutionRole", "eks-fargate-pods.amazonaws.com")
}

fn check_principals(call: &Call<'_>, arn: &str, what: &str, service: &str) -> Result<(), AwsError> {
    let role = own_role(call, arn, || format!("The role with ARN {arn} cannot be found."))?;
    if !trust_allows_service(&role.trust, service, &["sts:AssumeRole"]) {
        let text = format!(
            "Following required service principals [{service}] were not found in the trust relationships of {what} {arn}"
        );
        return Err(invalid(call, text));
    }
    Ok(())
}

fn own_role(call: &Call<'_>, arn: &str, missing: impl Fn() -> String) -> Result<Role, AwsError> {
    check_role_arn(call, arn)?;
    if Arn::parse(arn).is_some_and(|arn| arn.account != call.account) {
        return Err(invalid(call, "Cross-account pass role is not allowed."));
    }
    visible_role_by_arn(call.store, arn).ok_or_else(|| invalid(call, missing()))
}

/// That a text is a role's ARN at all.
pub(super) fn check_role_arn(call: &Call<'_>, arn: &str) -> Result<(), AwsError> {
    let valid = Arn::parse(arn).is_some_and(|parsed| {
        parsed.role_name().is_some()
            && parsed.partition == call.partition
            && parsed.account.len() == 12
            && parsed.account.chars().all(|c| c.is_ascii_digit())
    });
    if valid { Ok(()) } else { Err(invalid(call, format!("The role ARN {arn} is not valid"))) }
}

/// A session policy: a JSON object with statements, at most 2,048 characters.
pub(super) fn check_session_policy(call: &Call<'_>, policy: &str) -> Result<(), AwsError> {
    let parsed: Option<Value> = serde_json::from_str(policy).ok();
    if policy.chars().count() > 2048 || parsed.is_none_or(|policy| policy.get("Statement").is_none()) {
        return Err(invalid(
            call,
            "The session policy is not a valid policy document of at most 2048 characters",
        ));
    }
    Ok(())
}
