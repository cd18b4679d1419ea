//! The calls that change roles.

use super::{Request, unknown, until_visible};
use crate::aws::error::CallError;
use crate::aws::map::role;
use crate::aws::pace::{Limited, Pace};
use crate::aws::wait::Wait;
use crate::kinds::{OWNERSHIP, policy};
use aws_sdk_iam::Client;
use aws_sdk_iam::config::Config;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::types::Tag;
use std::time::Duration;

type Iam = Limited<Client>;

pub(super) async fn make(iam: &Iam, pace: &Pace, request: &Request<'_>) -> Result<Wait, CallError> {
    match request.call.operation {
        "CreateRole" => create(iam, pace, request).await,
        "DeleteRole" => {
            let name = request.identity.part(0);
            until_visible(pace, request, || {
                iam.run(request.operation(), |iam| iam.delete_role().role_name(name).send())
            })
            .await?;
            Ok(Wait::None)
        }
        operation => {
            let changed = until_visible(pace, request, || change(iam, request)).await;
            match changed {
                // What is to come off is off: an earlier attempt got through.
                Err(error) if takes_off(operation) && error.is_not_found() => Ok(Wait::None),
                changed => changed.map(|()| Wait::None),
            }
        }
    }
}

fn takes_off(operation: &str) -> bool {
    matches!(operation, "DetachRolePolicy" | "DeleteRolePolicy" | "DeleteRolePermissionsBoundary")
}

/// Everything but making and deleting the role itself.
async fn change(iam: &Iam, request: &Request<'_>) -> Result<(), CallError> {
    let (operation, name) = (request.operation(), request.identity.part(0));
    match request.call.operation {
        "UpdateRole" => {
            let after = request.after()?;
            let send = |iam: &Client| {
                iam.update_role()
                    .role_name(name)
                    .set_description(after.text("description"))
                    .set_max_session_duration(after.whole("max_session_duration"))
                    .send()
            };
            iam.run(operation, send).await?;
        }
        "UpdateAssumeRolePolicy" => {
            let document = trust(request)?;
            let send = |iam: &Client| {
                iam.update_assume_role_policy().role_name(name).policy_document(&document).send()
            };
            iam.run(operation, send).await?;
        }
        "PutRolePermissionsBoundary" => {
            let boundary = request.after()?.text("permissions_boundary");
            let send = |iam: &Client| {
                iam.put_role_permissions_boundary()
                    .role_name(name)
                    .set_permissions_boundary(boundary.clone())
                    .send()
            };
            iam.run(operation, send).await?;
        }
        "DeleteRolePermissionsBoundary" => {
            iam.run(operation, |iam| iam.delete_role_permissions_boundary().role_name(name).send()).await?;
        }
        "AttachRolePolicy" => {
            let arn = request.element()?;
            let send = |iam: &Client| iam.attach_role_policy().role_name(name).policy_arn(arn).send();
            iam.run(operation, send).await?;
        }
        "DetachRolePolicy" => {
            let arn = request.element()?;
            let send = |iam: &Client| iam.detach_role_policy().role_name(name).policy_arn(arn).send();
            iam.run(operation, send).await?;
        }
        "PutRolePolicy" => {
            let policy = request.element()?;
            let documents = request.after()?.block("inline_policies");
            let document = documents.and_then(|documents| documents.value(policy));
            let text = document.map(policy::text).ok_or_else(|| request.misses("policy document"))?;
            let send = |iam: &Client| {
                iam.put_role_policy().role_name(name).policy_name(policy).policy_document(&text).send()
            };
            iam.run(operation, send).await?;
        }
        "DeleteRolePolicy" => {
            let policy = request.element()?;
            let send = |iam: &Client| iam.delete_role_policy().role_name(name).policy_name(policy).send();
            iam.run(operation, send).await?;
        }
        "TagRole" => {
            let tags = tags(request.tags_to_put()?);
            let send = |iam: &Client| iam.tag_role().role_name(name).set_tags(Some(tags.clone())).send();
            iam.run(operation, send).await?;
        }
        "UntagRole" => {
            let keys = request.tags_to_remove();
            let send =
                |iam: &Client| iam.untag_role().role_name(name).set_tag_keys(Some(keys.clone())).send();
            iam.run(operation, send).await?;
        }
        _ => return Err(unknown(request)),
    }
    Ok(())
}

fn trust(request: &Request<'_>) -> Result<String, CallError> {
    let document = request.after()?.value("trust_policy");
    document.map(policy::text).ok_or_else(|| request.misses("trust policy"))
}

/// Tags as IAM takes them, in the order of their keys.
fn tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    let sorted: std::collections::BTreeMap<String, String> = tags.into_iter().collect();
    let each =
        sorted.into_iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok());
    each.collect()
}

/// How often an unanswered CreateRole is sent again.
const UNANSWERED: usize = 5;

/// How long a role may take to show after an unanswered CreateRole.
const SHOWS_WITHIN: Duration = Duration::from_secs(15);

/// Makes the role. IAM has no idempotency token, so the SDK does not repeat this call: after an answer
/// that never came the role is looked for, and it counts as made only if it carries this stack's tags.
async fn create(iam: &Iam, pace: &Pace, request: &Request<'_>) -> Result<Wait, CallError> {
    let after = request.after()?;
    let document = trust(request)?;
    let tags = tags(after.all_tags());
    let send = |iam: &Client| {
        iam.create_role()
            .role_name(request.identity.part(0))
            .set_path(after.text("path"))
            .assume_role_policy_document(&document)
            .set_description(after.text("description").filter(|text| !text.is_empty()))
            .set_max_session_duration(after.whole("max_session_duration"))
            .set_permissions_boundary(after.text("permissions_boundary"))
            .set_tags(Some(tags.clone()).filter(|tags| !tags.is_empty()))
            .customize()
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send()
    };
    let mut unanswered = 0;
    loop {
        let made = until_visible(pace, request, || iam.once(request.operation(), send)).await;
        let error = match made {
            Ok(_) => return Ok(Wait::None),
            Err(error) => error,
        };
        let exists = error.has_code("EntityAlreadyExists") || error.has_code("EntityAlreadyExistsException");
        if !(error.ambiguous || exists && unanswered > 0) {
            return Err(error);
        }
        match ours(iam, pace, request).await? {
            Some(true) => return Ok(Wait::None),
            Some(false) => {
                let message = "a role of this name exists that is not this stack's";
                return Err(CallError { ambiguous: false, message: message.to_string(), ..error });
            }
            None if unanswered < UNANSWERED => unanswered += 1,
            None => return Err(error),
        }
        pace.repeated();
    }
}

/// Whether the role that an unanswered CreateRole may have made carries this stack's tags; `None` if
/// there is no such role.
async fn ours(iam: &Iam, pace: &Pace, request: &Request<'_>) -> Result<Option<bool>, CallError> {
    let wanted = request.after()?.block(OWNERSHIP);
    let mut watch = pace.watch(Duration::from_secs(1), Duration::from_secs(5));
    let name = request.identity.part(0);
    loop {
        let answer = iam.run("GetRole", |iam| iam.get_role().role_name(name).send()).await;
        match answer {
            Ok(answer) => {
                let found = answer.role.map(|found| role::from_parts(&found, &[], &[]));
                let tags = found.as_ref().and_then(|found| found.attributes.get(OWNERSHIP));
                let same = wanted.is_some_and(|wanted| {
                    tags.and_then(|tags| tags.as_map()).is_some_and(|tags| tags == wanted.0)
                });
                return Ok(Some(same));
            }
            Err(error) if !error.is_not_found() => return Err(error),
            Err(_) if watch.elapsed() >= SHOWS_WITHIN => return Ok(None),
            Err(_) => watch.pause(SHOWS_WITHIN).await,
        }
    }
}
