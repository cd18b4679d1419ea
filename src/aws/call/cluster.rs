//! The calls that change clusters.

use super::{Request, unknown, until_visible};
use crate::aws::connect::Connection;
use crate::aws::error::CallError;
use crate::aws::map::Fields;
use crate::aws::pace::Pace;
use crate::aws::wait::Wait;
use aws_sdk_eks::operation::update_cluster_config::builders::UpdateClusterConfigFluentBuilder as Update;
use aws_sdk_eks::types::{
    AuthenticationMode, BlockStorage, ComputeConfigRequest, ControlPlanePlacementRequest,
    ControlPlaneScalingConfig, CreateAccessConfigRequest, ElasticLoadBalancing, EncryptionConfig, IpFamily,
    KubernetesNetworkConfigRequest, LogSetup, LogType, Logging, OutpostConfigRequest, Provider,
    ProvisionedControlPlaneTier, RemoteNetworkConfigRequest, RemoteNodeNetwork, RemotePodNetwork,
    StorageConfigRequest, SupportType, UpdateAccessConfigRequest, UpgradePolicyRequest, VpcConfigRequest,
    ZonalShiftConfigRequest,
};

/// Whom AWS lets reach a public endpoint unless told otherwise.
const ANYWHERE: &str = "0.0.0.0/0";

pub(super) async fn make(
    connection: &Connection,
    pace: &Pace,
    request: &Request<'_>,
) -> Result<Wait, CallError> {
    let eks = &connection.eks;
    let (operation, name) = (request.operation(), request.identity.part(0));
    match request.call.operation {
        "CreateCluster" => create(connection, pace, request).await,
        "DeleteCluster" => {
            eks.run(operation, |eks| eks.delete_cluster().name(name).send()).await?;
            Ok(Wait::Gone)
        }
        "TagResource" | "UntagResource" => super::addon::tag(eks, request).await,
        "UpdateClusterVersion" => {
            let version = request.after()?.text("version");
            let answer = eks
                .run(operation, |eks| {
                    eks.update_cluster_version()
                        .name(name)
                        .set_version(version.clone())
                        .set_client_request_token(request.token())
                        .send()
                })
                .await?;
            Ok(Wait::update(answer.update))
        }
        "AssociateEncryptionConfig" => {
            let config = encryption(request.after()?);
            let answer = eks
                .run(operation, |eks| {
                    eks.associate_encryption_config()
                        .cluster_name(name)
                        .set_encryption_config(config.clone())
                        .set_client_request_token(request.token())
                        .send()
                })
                .await?;
            Ok(Wait::update(answer.update))
        }
        config => {
            let Some(("UpdateClusterConfig", group)) = config.split_once(':') else {
                return Err(unknown(request));
            };
            let after = request.after()?;
            let answer = until_visible(pace, request, || {
                eks.run(operation, |eks| {
                    let update =
                        eks.update_cluster_config().name(name).set_client_request_token(request.token());
                    group_of(update, group, request, after).send()
                })
            })
            .await?;
            Ok(Wait::update(answer.update))
        }
    }
}

async fn create(connection: &Connection, pace: &Pace, request: &Request<'_>) -> Result<Wait, CallError> {
    let after = request.after()?;
    let auto = after.block("auto_mode");
    until_visible(pace, request, || {
        connection.eks.run(request.operation(), |eks| {
            eks.create_cluster()
                .name(request.identity.part(0))
                .set_version(after.text("version"))
                .set_role_arn(after.text("role_arn"))
                .set_resources_vpc_config(after.block("vpc").map(vpc))
                .set_kubernetes_network_config(network(after))
                .set_logging(logging(after, false))
                .set_access_config(after.block("access_config").and_then(access))
                .set_bootstrap_self_managed_addons(after.flag("bootstrap_self_managed_addons"))
                .set_compute_config(auto.map(compute))
                .set_storage_config(auto.map(storage))
                .set_deletion_protection(after.flag("deletion_protection"))
                .set_encryption_config(encryption(after))
                .set_outpost_config(after.block("outpost_config").and_then(outpost))
                .set_remote_network_config(after.block("remote_network_config").map(remote_network))
                .set_upgrade_policy(upgrade_policy(after))
                .set_zonal_shift_config(zonal_shift(after))
                .set_control_plane_scaling_config(scaling(after))
                .set_tags(Some(after.all_tags()).filter(|tags| !tags.is_empty()))
                .set_client_request_token(request.token())
                .send()
        })
    })
    .await?;
    Ok(Wait::Settled)
}

/// Exactly the members of one group: EKS takes one kind of update at a time.
fn group_of(update: Update, group: &str, request: &Request<'_>, after: Fields<'_>) -> Update {
    let block = after.block("vpc");
    let texts = |name| block.and_then(|vpc| vpc.texts(name));
    match group {
        "vpc" => {
            // Security groups that are left out would be taken off.
            let before = request.before.map(Fields).and_then(|before| before.block("vpc"));
            let groups = before.and_then(|vpc| vpc.texts("security_group_ids")).filter(|ids| !ids.is_empty());
            update.resources_vpc_config(
                VpcConfigRequest::builder()
                    .set_subnet_ids(texts("subnet_ids"))
                    .set_security_group_ids(groups)
                    .build(),
            )
        }
        "security_groups" => update.resources_vpc_config(
            VpcConfigRequest::builder().set_security_group_ids(texts("security_group_ids")).build(),
        ),
        "endpoint_access" => update.set_resources_vpc_config(block.map(endpoints)),
        "logging" => update.set_logging(logging(after, true)),
        "access" => update.access_config(
            UpdateAccessConfigRequest::builder()
                .set_authentication_mode(after.block("access_config").and_then(authentication))
                .build(),
        ),
        "auto_mode" => {
            let auto = after.block("auto_mode");
            update
                .set_compute_config(auto.map(compute))
                .set_storage_config(auto.map(storage))
                .set_kubernetes_network_config(auto.map(|auto| {
                    KubernetesNetworkConfigRequest::builder().elastic_load_balancing(balancing(auto)).build()
                }))
        }
        "upgrade_policy" => update.set_upgrade_policy(upgrade_policy(after)),
        "zonal_shift" => update.set_zonal_shift_config(zonal_shift(after)),
        "remote_network" => {
            // Nothing means none.
            let remote = after.block("remote_network_config").map(remote_network);
            update.remote_network_config(remote.unwrap_or_else(|| {
                RemoteNetworkConfigRequest::builder()
                    .set_remote_node_networks(Some(Vec::new()))
                    .set_remote_pod_networks(Some(Vec::new()))
                    .build()
            }))
        }
        "deletion_protection" => update.set_deletion_protection(after.flag("deletion_protection")),
        "scaling" => update.set_control_plane_scaling_config(scaling(after)),
        _ => update,
    }
}

fn vpc(vpc: Fields<'_>) -> VpcConfigRequest {
    VpcConfigRequest::builder()
        .set_subnet_ids(vpc.texts("subnet_ids"))
        .set_security_group_ids(vpc.texts("security_group_ids").filter(|ids| !ids.is_empty()))
        .set_endpoint_public_access(vpc.flag("endpoint_public_access"))
        .set_endpoint_private_access(vpc.flag("endpoint_private_access"))
        .set_public_access_cidrs(ranges(vpc))
        .build()
}

fn endpoints(vpc: Fields<'_>) -> VpcConfigRequest {
    VpcConfigRequest::builder()
        .set_endpoint_public_access(vpc.flag("endpoint_public_access"))
        .set_endpoint_private_access(vpc.flag("endpoint_private_access"))
        .set_public_access_cidrs(ranges(vpc))
        .build()
}

/// Who may reach the public endpoint; the default is not sent where there is no such endpoint.
fn ranges(vpc: Fields<'_>) -> Option<Vec<String>> {
    let public = vpc.flag("endpoint_public_access") != Some(false);
    vpc.texts("public_access_cidrs").filter(|ranges| public || *ranges != [ANYWHERE])
}

fn network(after: Fields<'_>) -> Option<KubernetesNetworkConfigRequest> {
    let network = after.block("kubernetes_network_config");
    let text = |name| network.and_then(|network| network.text(name));
    let (cidr, family) = (text("service_ipv4_cidr"), text("ip_family"));
    let auto = after.block("auto_mode");
    if cidr.is_none() && family.is_none() && auto.is_none() {
        return None;
    }
    let config = KubernetesNetworkConfigRequest::builder()
        .set_service_ipv4_cidr(cidr)
        .set_ip_family(family.as_deref().map(IpFamily::from))
        .set_elastic_load_balancing(auto.map(balancing));
    Some(config.build())
}

/// The enabled log types; in an update also the others, as disabled.
fn logging(after: Fields<'_>, update: bool) -> Option<Logging> {
    let enabled = after.texts("enabled_log_types")?;
    let setup = |types: Vec<LogType>, enabled| {
        (!types.is_empty()).then(|| LogSetup::builder().set_types(Some(types)).enabled(enabled).build())
    };
    let on = enabled.iter().map(|kind| LogType::from(kind.as_str())).collect();
    let off = LogType::values().iter().filter(|kind| update && !enabled.iter().any(|on| on == *kind));
    let off = off.map(|kind| LogType::from(*kind)).collect();
    let setups: Vec<LogSetup> = [setup(on, true), setup(off, false)].into_iter().flatten().collect();
    (!setups.is_empty()).then(|| Logging::builder().set_cluster_logging(Some(setups)).build())
}

fn authentication(access: Fields<'_>) -> Option<AuthenticationMode> {
    access.text("authentication_mode").as_deref().map(AuthenticationMode::from)
}

fn access(access: Fields<'_>) -> Option<CreateAccessConfigRequest> {
    let creator = access.flag("bootstrap_cluster_creator_admin_permissions");
    let mode = authentication(access);
    (creator.is_some() || mode.is_some()).then(|| {
        CreateAccessConfigRequest::builder()
            .set_bootstrap_cluster_creator_admin_permissions(creator)
            .set_authentication_mode(mode)
            .build()
    })
}

fn compute(auto: Fields<'_>) -> ComputeConfigRequest {
    let enabled = auto.flag("enabled");
    let pools = auto.texts("node_pools").filter(|_| enabled == Some(true));
    ComputeConfigRequest::builder()
        .set_enabled(enabled)
        .set_node_pools(pools)
        .set_node_role_arn(auto.text("node_role_arn").filter(|_| enabled == Some(true)))
        .build()
}

fn storage(auto: Fields<'_>) -> StorageConfigRequest {
    let block = BlockStorage::builder().set_enabled(auto.flag("enabled")).build();
    StorageConfigRequest::builder().block_storage(block).build()
}

fn balancing(auto: Fields<'_>) -> ElasticLoadBalancing {
    ElasticLoadBalancing::builder().set_enabled(auto.flag("enabled")).build()
}

#[expect(deprecated, reason = "AWS still requires what is to be encrypted")]
fn encryption(after: Fields<'_>) -> Option<Vec<EncryptionConfig>> {
    let config = after.block("encryption_config")?;
    let provider = Provider::builder().set_key_arn(config.text("key_arn")).build();
    let resources = config.texts("resources");
    Some(vec![EncryptionConfig::builder().set_resources(resources).provider(provider).build()])
}

fn outpost(outpost: Fields<'_>) -> Option<OutpostConfigRequest> {
    let placement = outpost.block("control_plane_placement").map(|placement| {
        ControlPlanePlacementRequest::builder().set_group_name(placement.text("group_name")).build()
    });
    OutpostConfigRequest::builder()
        .set_outpost_arns(outpost.texts("outpost_arns"))
        .set_control_plane_instance_type(outpost.text("control_plane_instance_type"))
        .set_control_plane_placement(placement)
        .build()
        .ok()
}

fn remote_network(remote: Fields<'_>) -> RemoteNetworkConfigRequest {
    let ranges = |name| remote.block(name).and_then(|network| network.texts("cidrs"));
    let nodes = ranges("remote_node_networks")
        .map(|ranges| vec![RemoteNodeNetwork::builder().set_cidrs(Some(ranges)).build()]);
    let pods = ranges("remote_pod_networks")
        .map(|ranges| vec![RemotePodNetwork::builder().set_cidrs(Some(ranges)).build()]);
    RemoteNetworkConfigRequest::builder()
        .set_remote_node_networks(nodes)
        .set_remote_pod_networks(pods)
        .build()
}

fn upgrade_policy(after: Fields<'_>) -> Option<UpgradePolicyRequest> {
    let support = after.block("upgrade_policy")?.text("support_type")?;
    Some(UpgradePolicyRequest::builder().support_type(SupportType::from(support.as_str())).build())
}

fn zonal_shift(after: Fields<'_>) -> Option<ZonalShiftConfigRequest> {
    let enabled = after.block("zonal_shift")?.flag("enabled")?;
    Some(ZonalShiftConfigRequest::builder().enabled(enabled).build())
}

fn scaling(after: Fields<'_>) -> Option<ControlPlaneScalingConfig> {
    let tier = after.block("control_plane_scaling_config")?.text("tier")?;
    let tier = ProvisionedControlPlaneTier::from(tier.as_str());
    Some(ControlPlaneScalingConfig::builder().tier(tier).build())
}
