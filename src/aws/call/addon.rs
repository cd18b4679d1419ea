//! The calls that change add-ons, and the tags of the EKS kinds.

use super::{Request, unknown, until_visible};
use crate::aws::connect::Connection;
use crate::aws::error::CallError;
use crate::aws::map::Fields;
use crate::aws::pace::{Limited, Pace};
use crate::aws::wait::Wait;
use crate::value::{Data, Value, json};
use aws_sdk_eks::types::{AddonNamespaceConfigRequest, AddonPodIdentityAssociations, ResolveConflicts};

pub(super) async fn make(
    connection: &Connection,
    pace: &Pace,
    request: &Request<'_>,
) -> Result<Wait, CallError> {
    let eks = &connection.eks;
    let (cluster, name) = (request.identity.part(0), request.identity.part(1));
    match request.call.operation {
        "CreateAddon" => create(connection, pace, request).await,
        "UpdateAddon" => update(connection, pace, request).await,
        "DeleteAddon" => {
            let sides = [request.after, request.before].into_iter().flatten();
            let preserve = sides.filter_map(|side| Fields(side).flag("preserve")).next();
            eks.run(request.operation(), |eks| {
                eks.delete_addon().cluster_name(cluster).addon_name(name).set_preserve(preserve).send()
            })
            .await?;
            Ok(Wait::Gone)
        }
        "TagResource" | "UntagResource" => tag(eks, request).await,
        _ => Err(unknown(request)),
    }
}

async fn create(connection: &Connection, pace: &Pace, request: &Request<'_>) -> Result<Wait, CallError> {
    let after = request.after()?;
    let associations = associations(after, request)?;
    let namespace = after.text("namespace");
    until_visible(pace, request, || {
        connection.eks.run(request.operation(), |eks| {
            eks.create_addon()
                .cluster_name(request.identity.part(0))
                .addon_name(request.identity.part(1))
                .set_addon_version(after.text("version"))
                .set_configuration_values(after.value("configuration_values").map(document))
                .set_pod_identity_associations(Some(associations.clone()).filter(|all| !all.is_empty()))
                .set_service_account_role_arn(after.text("service_account_role_arn"))
                .set_namespace_config(
                    namespace
                        .clone()
                        .map(|namespace| AddonNamespaceConfigRequest::builder().namespace(namespace).build()),
                )
                .set_resolve_conflicts(conflicts(after, "resolve_conflicts_on_create"))
                .set_tags(Some(after.all_tags()).filter(|tags| !tags.is_empty()))
                .set_client_request_token(request.token())
                .send()
        })
    })
    .await?;
    Ok(Wait::Settled)
}

/// Sends what the paths name and nothing else; what is left out stays as it is.
async fn update(connection: &Connection, pace: &Pace, request: &Request<'_>) -> Result<Wait, CallError> {
    let after = request.after()?;
    let version = request.names("version").then(|| after.text("version")).flatten();
    let values = request
        .names("configuration_values")
        .then(|| after.value("configuration_values").map_or_else(|| "{}".to_string(), document));
    let associations = match request.names("pod_identity_association") {
        true => Some(associations(after, request)?),
        false => None,
    };
    let answer = until_visible(pace, request, || {
        connection.eks.run(request.operation(), |eks| {
            eks.update_addon()
                .cluster_name(request.identity.part(0))
                .addon_name(request.identity.part(1))
                .set_addon_version(version.clone())
                .set_configuration_values(values.clone())
                .set_pod_identity_associations(associations.clone())
                // Left out, EKS might take the role off: an add-on that keeps it is told again.
                .set_service_account_role_arn(after.text("service_account_role_arn"))
                .set_resolve_conflicts(conflicts(after, "resolve_conflicts_on_update"))
                .set_client_request_token(request.token())
                .send()
        })
    })
    .await?;
    Ok(Wait::update(answer.update))
}

/// Every association the add-on will have.
fn associations(
    after: Fields<'_>,
    request: &Request<'_>,
) -> Result<Vec<AddonPodIdentityAssociations>, CallError> {
    let blocks = after.value("pod_identity_association").and_then(Value::as_map);
    let each = blocks.into_iter().flatten().map(|(account, block)| {
        let role = block.as_map().and_then(|block| Fields(block).text("role_arn"));
        AddonPodIdentityAssociations::builder()
            .service_account(account.as_str())
            .set_role_arn(role)
            .build()
            .map_err(|_| request.misses(&format!("role of the service account {account}")))
    });
    each.collect()
}

/// Configuration values as text: text as it is, anything else as JSON.
fn document(value: &Value) -> String {
    match value.data() {
        Data::String(text) => text.to_string(),
        _ => json::to_json(value).to_string(),
    }
}

fn conflicts(after: Fields<'_>, attribute: &str) -> Option<ResolveConflicts> {
    after.text(attribute).as_deref().map(ResolveConflicts::from)
}

/// Writes or removes tags of a cluster, add-on or association.
pub(super) async fn tag(
    eks: &Limited<aws_sdk_eks::Client>,
    request: &Request<'_>,
) -> Result<Wait, CallError> {
    let arn = request.fixed("arn")?;
    if request.call.operation == "UntagResource" {
        let keys = request.tags_to_remove();
        eks.run(request.operation(), |eks| {
            eks.untag_resource().resource_arn(&arn).set_tag_keys(Some(keys.clone())).send()
        })
        .await?;
    } else {
        let tags = request.tags_to_put()?;
        eks.run(request.operation(), |eks| {
            eks.tag_resource().resource_arn(&arn).set_tags(Some(tags.clone())).send()
        })
        .await?;
    }
    Ok(Wait::None)
}
