//! What canned answers become.

use super::*;
use crate::live::{Owner, Phase};

#[tokio::test(start_paused = true)]
async fn clusters_have_awss_defaults() {
    let (aws, _) = scripted(|line| {
        let cluster = match line.ends_with("/full") {
            false => json!({ "name": "bare", "status": "CREATING" }),
            true => json!({
                "name": "full", "arn": "arn:aws:eks:us-east-2:123456789012:cluster/full", "version": "1.33",
                "roleArn": "arn:r", "status": "ACTIVE", "createdAt": 1700000000.25, "platformVersion": "eks.5",
                "endpoint": "https://x", "certificateAuthority": { "data": "Q0E=" },
                "identity": { "oidc": { "issuer": "https://oidc" } },
                "resourcesVpcConfig": { "subnetIds": ["subnet-2", "subnet-1"], "securityGroupIds": ["sg-1"],
                    "clusterSecurityGroupId": "sg-c", "vpcId": "vpc-1", "endpointPublicAccess": true,
                    "endpointPrivateAccess": true, "publicAccessCidrs": ["10.0.0.0/8"] },
                "kubernetesNetworkConfig": { "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4" },
                "logging": { "clusterLogging": [{ "types": ["audit", "api"], "enabled": true },
                                                { "types": ["scheduler"], "enabled": false }] },
                "accessConfig": { "authenticationMode": "API" },
                "computeConfig": { "enabled": true, "nodePools": ["system"], "nodeRoleArn": "arn:n" },
                "encryptionConfig": [{ "resources": ["secrets"], "provider": { "keyArn": "arn:k" } }],
                "outpostConfig": { "outpostArns": ["arn:o"], "controlPlaneInstanceType": "m5.large" },
                "remoteNetworkConfig": { "remoteNodeNetworks": [{ "cidrs": ["10.1.0.0/16"] }] },
                "upgradePolicy": { "supportType": "STANDARD" }, "zonalShiftConfig": { "enabled": true },
                "controlPlaneScalingConfig": { "tier": "tier-xl" }, "deletionProtection": true,
                "health": { "issues": [{ "code": "AccessDenied", "message": "no role" }] },
                "tags": { "team": "a", "aws:x": "y", "eksform:stack": "platform/prod", "eksform:address": "cluster.full" }
            }),
        };
        ok(json!({ "cluster": cluster }).to_string())
    });
    let snapshot = answered(&aws, [object("cluster", &["bare"]), object("cluster", &["full"])]).await;
    let bare = known(&snapshot, "cluster", &["bare"]);
    assert_complete("cluster", bare);
    assert_eq!(bare.phase, Phase::Busy);
    let json = as_json(&bare.attributes);
    assert_eq!(json["auto_mode"], json!({ "enabled": false, "node_pools": [], "node_role_arn": null }));
    assert_eq!(json["deletion_protection"], json!(false));
    assert_eq!(json["zonal_shift"], json!({ "enabled": false }));
    assert_eq!(json["upgrade_policy"], json!({ "support_type": "EXTENDED" }));
    assert_eq!(json["encryption_config"], json!(null));
    assert_eq!(json["remote_network_config"], json!(null));
    let full = known(&snapshot, "cluster", &["full"]);
    assert_complete("cluster", full);
    assert_eq!(full.phase, Phase::Settled);
    assert_eq!(full.issues.len(), 1);
    assert!(matches!(&full.owner, Owner::Stack { stack, address: Some(_) } if &**stack == "platform/prod"));
    assert_eq!(
        as_json(&full.attributes),
        json!({
            "name": "full", "arn": "arn:aws:eks:us-east-2:123456789012:cluster/full", "version": "1.33", "role_arn": "arn:r",
            "created_at": "2023-11-14T22:13:20.25Z", "platform_version": "eks.5", "endpoint": "https://x",
            "certificate_authority": "Q0E=", "oidc_issuer": "https://oidc", "cluster_security_group_id": "sg-c", "vpc_id": "vpc-1",
            "vpc": { "subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"], "endpoint_public_access": true,
                     "endpoint_private_access": true, "public_access_cidrs": ["10.0.0.0/8"] },
            "kubernetes_network_config": { "service_ipv4_cidr": "172.20.0.0/16", "ip_family": "ipv4" },
            "enabled_log_types": ["api", "audit"], "access_config": { "authentication_mode": "API" },
            "auto_mode": { "enabled": true, "node_pools": ["system"], "node_role_arn": "arn:n" },
            "encryption_config": { "resources": ["secrets"], "key_arn": "arn:k" },
            "outpost_config": { "outpost_arns": ["arn:o"], "control_plane_instance_type": "m5.large", "control_plane_placement": null },
            "remote_network_config": { "remote_node_networks": { "cidrs": ["10.1.0.0/16"] }, "remote_pod_networks": null },
            "upgrade_policy": { "support_type": "STANDARD" }, "zonal_shift": { "enabled": true },
            "control_plane_scaling_config": { "tier": "tier-xl" }, "deletion_protection": true,
            "tags": { "team": "a" },
            "ownership": { "eksform:stack": "platform/prod", "eksform:address": "cluster.full" }
        })
    );
}

#[tokio::test(start_paused = true)]
async fn statuses_are_phases() {
    for (kind, status, phase) in [
        ("addon", "CREATING", Phase::Busy),
        ("addon", "UPDATING", Phase::Busy),
        ("addon", "CREATE_FAILED", Phase::Failed),
        ("addon", "DELETING", Phase::Deleting),
        ("addon", "DEGRADED", Phase::Settled),
        ("addon", "UPDATE_FAILED", Phase::Settled),
        ("addon", "SOMETHING_NEW", Phase::Settled),
        ("cluster", "PENDING", Phase::Busy),
        ("cluster", "FAILED", Phase::Failed),
        ("cluster", "DELETING", Phase::Deleting),
        ("cluster", "SOMETHING_NEW", Phase::Settled),
    ] {
        let (aws, _) = scripted(move |_| ok(json!({ kind: { "status": status } }).to_string()));
        let key: &[&str] = if kind == "addon" { &["demo", "x"] } else { &["demo"] };
        let Fact::Known(object) = aws.read(&providers(), &ProviderRef::default(), &identity(kind, key)).await
        else {
            panic!("{kind} {status}")
        };
        assert_eq!((object.phase, &*object.status), (phase, status), "{kind}");
        assert_complete(kind, &object);
    }
}

#[tokio::test(start_paused = true)]
async fn the_catalog() {
    let (aws, log) = scripted(|line| {
        let body = match line {
            _ if line.starts_with("GET /addons/supported-versions") => {
                json!({ "addons": [{ "addonName": "vpc-cni", "addonVersions": [
                { "addonVersion": "v2", "requiresIamPermissions": true, "compatibilities": [{ "clusterVersion": "1.33", "defaultVersion": false }] },
                { "addonVersion": "v1", "requiresConfiguration": true, "compatibilities": [{ "clusterVersion": "1.33", "defaultVersion": true }] },
            ] }] })
            }
            _ if line.starts_with("GET /addons/configuration-schemas") => {
                json!({ "configurationSchema": "{}",
                "podIdentityConfiguration": [{ "serviceAccount": "aws-node", "recommendedManagedPolicies": ["arn:p"] }] })
            }
            _ => json!({ "clusterVersions": [{ "clusterVersion": "1.34" }, { "clusterVersion": "1.33" }] }),
        };
        ok(body.to_string())
    });
    let provider = ProviderRef::default;
    let snapshot = answered(
        &aws,
        [
            Want::AddonVersions { provider: provider(), addon: "vpc-cni".into(), kubernetes: "1.33".into() },
            Want::AddonConfiguration { provider: provider(), addon: "vpc-cni".into(), version: "v1".into() },
            Want::ClusterVersions(provider()),
        ],
    )
    .await;
    let Some(Fact::Known(versions)) = snapshot.addon_versions.values().next() else { panic!("known") };
    let seen: Vec<_> =
        versions.iter().map(|v| (&*v.version, v.default, v.requires_iam, v.requires_configuration)).collect();
    assert_eq!(seen, [("v2", false, true, false), ("v1", true, false, true)]);
    let Some(Fact::Known(configuration)) = snapshot.addon_configurations.values().next() else {
        panic!("known")
    };
    assert_eq!(configuration.service_accounts, [("aws-node".into(), vec!["arn:p".into()])]);
    let Some(Fact::Known(versions)) = snapshot.cluster_versions.values().next() else { panic!("known") };
    assert_eq!(versions.len(), 2);
    assert_eq!(log.lines().len(), 3);
}
