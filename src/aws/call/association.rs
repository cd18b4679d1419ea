//! The calls that change Pod Identity associations.

use super::{Request, unknown, until_visible};
use crate::aws::connect::Connection;
use crate::aws::error::CallError;
use crate::aws::pace::Pace;
use crate::aws::wait::Wait;
use crate::kinds::policy;

pub(super) async fn make(
    connection: &Connection,
    pace: &Pace,
    request: &Request<'_>,
) -> Result<Wait, CallError> {
    let eks = &connection.eks;
    let cluster = request.identity.part(0);
    match request.call.operation {
        "CreatePodIdentityAssociation" => {
            let after = request.after()?;
            until_visible(pace, request, || {
                eks.run(request.operation(), |eks| {
                    eks.create_pod_identity_association()
                        .cluster_name(cluster)
                        .namespace(request.identity.part(1))
                        .service_account(request.identity.part(2))
                        .set_role_arn(after.text("role_arn"))
                        .set_target_role_arn(after.text("target_role_arn"))
                        .set_disable_session_tags(after.flag("disable_session_tags"))
                        .set_policy(after.value("policy").map(policy::text))
                        .set_tags(Some(after.all_tags()).filter(|tags| !tags.is_empty()))
                        .set_client_request_token(request.token())
                        .send()
                })
            })
            .await?;
            Ok(Wait::None)
        }
        "UpdatePodIdentityAssociation" => update(connection, pace, request).await,
        "DeletePodIdentityAssociation" => {
            let id = request.fixed("association_id")?;
            eks.run(request.operation(), |eks| {
                eks.delete_pod_identity_association().cluster_name(cluster).association_id(&id).send()
            })
            .await?;
            Ok(Wait::None)
        }
        "TagResource" | "UntagResource" => super::addon::tag(eks, request).await,
        _ => Err(unknown(request)),
    }
}

/// Sends what the paths name; an empty text takes off a target role or a policy.
async fn update(connection: &Connection, pace: &Pace, request: &Request<'_>) -> Result<Wait, CallError> {
    let after = request.after()?;
    let id = request.fixed("association_id")?;
    let role = request.names("role_arn").then(|| after.text("role_arn")).flatten();
    let target = request.names("target_role_arn").then(|| after.text("target_role_arn").unwrap_or_default());
    let text = request.names("policy").then(|| after.value("policy").map(policy::text).unwrap_or_default());
    // A session policy is only taken together with the flag it needs.
    let tags = request.names("disable_session_tags") || request.names("policy");
    let untagged = tags.then(|| after.flag("disable_session_tags")).flatten();
    until_visible(pace, request, || {
        connection.eks.run(request.operation(), |eks| {
            eks.update_pod_identity_association()
                .cluster_name(request.identity.part(0))
                .association_id(&id)
                .set_role_arn(role.clone())
                .set_target_role_arn(target.clone())
                .set_disable_session_tags(untagged)
                .set_policy(text.clone())
                .set_client_request_token(request.token())
                .send()
        })
    })
    .await?;
    Ok(Wait::None)
}
