//! EKS: the operations and what they share.

mod access_entries;
mod addon_updates;
mod addons;
mod associations;
pub(crate) mod auth;
mod cluster_config;
mod cluster_updates;
mod clusters;
mod configuration;
mod fargate;
mod idempotency;
mod insights;
mod nodegroup_updates;
mod nodegroups;
mod roles;
mod tags;
mod updates;
mod versions;

use serde_json::{Map, Value};

use super::call::Call;
use super::error::{Answer, AwsError};
use super::resource::Resource;

const INVALID_PARAMETER: &str = "InvalidParameterException";
const INVALID_REQUEST: &str = "InvalidRequestException";
const NOT_FOUND: &str = "ResourceNotFoundException";
const IN_USE: &str = "ResourceInUseException";
const LIMIT: &str = "ResourceLimitExceededException";

pub(super) fn answer(call: &mut Call<'_>) -> Answer {
    if let Some(tags) = call.input.get("tags").and_then(Value::as_object)
        && !call.operation.starts_with("Tag")
    {
        super::call::check_tags(tags.keys().map(String::as_str), INVALID_PARAMETER, 0)?;
    }
    idempotency::check_token(call)?;
    match call.operation {
        "CreateCluster" => clusters::create(call),
        "DescribeCluster" => clusters::describe(call),
        "ListClusters" => clusters::list(call),
        "DeleteCluster" => clusters::delete(call),
        "UpdateClusterConfig" => cluster_updates::update_config(call),
        "UpdateClusterVersion" => cluster_updates::update_version(call),
        "AssociateEncryptionConfig" => cluster_updates::associate_encryption(call),
        "DescribeClusterVersions" => versions::cluster_versions(call),
        "CreateAddon" => addons::create(call),
        "DescribeAddon" => addons::describe(call),
        "ListAddons" => addons::list(call),
        "UpdateAddon" => addon_updates::update(call),
        "DeleteAddon" => addons::delete(call),
        "DescribeAddonVersions" => versions::addon_versions(call),
        "DescribeAddonConfiguration" => versions::addon_configuration(call),
        "CreatePodIdentityAssociation" => associations::create(call),
        "DescribePodIdentityAssociation" => associations::describe(call),
        "ListPodIdentityAssociations" => associations::list(call),
        "UpdatePodIdentityAssociation" => associations::update(call),
        "DeletePodIdentityAssociation" => associations::delete(call),
        "DescribeUpdate" => updates::describe(call),
        "ListUpdates" => updates::list(call),
        "TagResource" => tags::tag(call),
        "UntagResource" => tags::untag(call),
        "ListTagsForResource" => tags::list(call),
        "CreateNodegroup" => nodegroups::create(call),
        "DescribeNodegroup" => nodegroups::describe(call),
        "ListNodegroups" => list_members(call, "nodegroup", "nodegroupName", "nodegroups"),
        "UpdateNodegroupConfig" => nodegroup_updates::update_config(call),
        "UpdateNodegroupVersion" => nodegroup_updates::update_version(call),
        "DeleteNodegroup" => nodegroups::delete(call),
        "CreateFargateProfile" => fargate::create(call),
        "DescribeFargateProfile" => fargate::describe(call),
        "ListFargateProfiles" => {
            list_members(call, "fargate-profile", "fargateProfileName", "fargateProfileNames")
        }
        "DeleteFargateProfile" => fargate::delete(call),
        "CreateAccessEntry" => access_entries::create(call),
        "DescribeAccessEntry" => access_entries::describe(call),
        "ListAccessEntries" => access_entries::list(call),
        "UpdateAccessEntry" => access_entries::update(call),
        "DeleteAccessEntry" => access_entries::delete(call),
        "AssociateAccessPolicy" => access_entries::associate(call),
        "DisassociateAccessPolicy" => access_entries::disassociate(call),
        "ListAssociatedAccessPolicies" => access_entries::list_associated(call),
        "ListInsights" => insights::list(call),
        "DescribeInsight" => insights::describe(call),
        "StartInsightsRefresh" => insights::start_refresh(call),
        "DescribeInsightsRefresh" => insights::describe_refresh(call),
        "ListAccessPolicies" => versions::access_policies(call),
        other => {
            let text = format!("The sandbox does not implement {other}");
            Err(AwsError::new(call.declared(&["ServerException"]), text).status(501))
        }
    }
}

/// An invalid parameter, in the words of the operation's model.
fn invalid(call: &Call<'_>, message: impl Into<String>) -> AwsError {
    let code = call.declared(&[INVALID_PARAMETER, INVALID_REQUEST, "ClientException"]);
    about_cluster(call, AwsError::new(code, message))
}

fn about_cluster(call: &Call<'_>, error: AwsError) -> AwsError {
    let name = ["clusterName", "name"].into_iter().find_map(|member| call.text(member));
    match name {
        Some(name) => error.with("clusterName", &name),
        None => error,
    }
}

/// The cluster an operation is about, by the name of the input's member.
fn cluster(call: &Call<'_>, member: &str) -> Result<Resource, AwsError> {
    let name = call.required(member);
    call.load(&call.key(&["cluster", &name])).ok_or_else(|| {
        // ListUpdates and a few others say it this way too; DescribeCluster is where the text was seen.
        AwsError::new(NOT_FOUND, format!("No cluster found for name: {name}.")).with("clusterName", &name)
    })
}

/// The cluster, if it is ACTIVE, which is when it takes add-ons and associations.
fn active_cluster(call: &Call<'_>, member: &str) -> Result<Resource, AwsError> {
    let cluster = cluster(call, member)?;
    if cluster.status == "ACTIVE" {
        return Ok(cluster);
    }
    let text = format!("Cluster '{}' is not in ACTIVE status", cluster.text("name"));
    Err(about_cluster(call, AwsError::new(call.declared(&[INVALID_REQUEST, INVALID_PARAMETER]), text)))
}

/// A page of names or summaries, `{"<member>": […], "nextToken": …}`.
fn page<T: Into<Value>>(
    call: &Call<'_>,
    prefix: &str,
    member: &str,
    wanted: impl Fn(&Resource) -> Option<T>,
) -> Answer {
    let limit = call.number("maxResults").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let token = call.text("nextToken");
    let (items, next) = call
        .page(prefix, limit, token.as_deref(), |_, document| {
            let resource = serde::Deserialize::deserialize(document).ok()?;
            wanted(&resource)
        })
        .map_err(|_| invalid(call, "The nextToken is not valid"))?;
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(items.into_iter().map(Into::into).collect()));
    if let Some(next) = next {
        answer.insert("nextToken".to_owned(), Value::String(next));
    }
    Ok(Value::Object(answer))
}

/// The names of a cluster's members of one kind; `name` is where their description has it.
fn list_members(call: &Call<'_>, kind: &str, name: &str, member: &str) -> Answer {
    let cluster = cluster(call, "clusterName")?;
    let prefix = call.key(&[kind, cluster.text("name")]);
    page(call, &prefix, member, |resource| Some(Value::String(resource.text(name).to_owned())))
}

/// `{"<member>": value}`
fn wrap(member: &str, value: Value) -> Value {
    let mut answer = Map::new();
    answer.insert(member.to_owned(), value);
    Value::Object(answer)
}

/// An ARN of this region.
fn arn(call: &Call<'_>, resource: &str) -> String {
    format!("arn:{}:eks:{}:{}:{resource}", call.partition, call.region, call.account)
}
