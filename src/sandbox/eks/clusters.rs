//! Clusters: create, describe, list, delete.

use serde_json::{Map, Value, json};

use super::super::call::{Call, HEX, UPPER, id_text, seconds};
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::{
    IN_USE, INVALID_REQUEST, access_entries, cluster, cluster_config, idempotency, invalid, page, roles, wrap,
};

/// Seconds that AWS takes.
const CREATE: f64 = 540.0;
const DELETE: f64 = 180.0;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(wrap("cluster", made.describe()));
    }
    let name = call.required("name");
    let key = call.key(&["cluster", &name]);
    if call.store.get(&key).is_some() {
        let text = format!("Cluster already exists with name: {name}");
        return Err(AwsError::new(IN_USE, text).with("clusterName", &name));
    }
    let versions = &catalog::get().kubernetes;
    let version = match call.text("version") {
        Some(version) => version,
        None => {
            versions.iter().find(|version| version.default).map_or("", |version| &version.version).to_owned()
        }
    };
    let Some(kubernetes) = versions.iter().find(|known| known.version == version) else {
        return Err(invalid(call, "unsupported Kubernetes version"));
    };
    let vpc = cluster_config::create_vpc(call)?;
    let network = cluster_config::create_network(call)?;
    let auto_mode = cluster_config::auto_mode(call)?;
    if auto_mode == Some(true) && call.flag("bootstrapSelfManagedAddons") != Some(false) {
        return Err(invalid(
            call,
            "When Auto Mode is enabled, bootstrapSelfManagedAddons must be set to false",
        ));
    }
    let role = call.required("roleArn");
    roles::check_cluster_role(call, &role)?;
    if let Some(config) = call.input.get("encryptionConfig") {
        cluster_config::check_encryption(call, config)?;
    }

    let seed = call.seed(&key);
    let mut view = Map::new();
    let mut put = |member: &str, value: Value| view.insert(member.to_owned(), value);
    put("name", json!(name));
    put("arn", json!(super::arn(call, &format!("cluster/{name}"))));
    put("createdAt", seconds(call.now));
    put("version", json!(version));
    put("platformVersion", json!(kubernetes.platform));
    put("roleArn", json!(role));
    put("resourcesVpcConfig", vpc);
    put("kubernetesNetworkConfig", network);
    put("logging", cluster_config::logging(None, call.input.get("logging")));
    put("certificateAuthority", json!({}));
    put("health", json!({"issues": []}));
    put("tags", call.input.get("tags").cloned().unwrap_or_else(|| json!({})));
    let mode = call.input.get("accessConfig").and_then(|config| config.get("authenticationMode"));
    put("accessConfig", json!({"authenticationMode": mode.and_then(Value::as_str).unwrap_or("CONFIG_MAP")}));
    let support = call.input.get("upgradePolicy").and_then(|policy| policy.get("supportType"));
    put("upgradePolicy", json!({"supportType": support.and_then(Value::as_str).unwrap_or("EXTENDED")}));
    put("deletionProtection", json!(call.flag("deletionProtection").unwrap_or(false)));
    put("computeConfig", json!({"enabled": false}));
    put("storageConfig", json!({"blockStorage": {"enabled": false}}));
    put("zonalShiftConfig", json!({"enabled": false}));
    put("controlPlaneScalingConfig", json!({"tier": "standard"}));
    let given = [
        "clientRequestToken",
        "encryptionConfig",
        "outpostConfig",
        "zonalShiftConfig",
        "remoteNetworkConfig",
        "computeConfig",
        "storageConfig",
        "controlPlaneScalingConfig",
    ];
    for member in given {
        if let Some(value) = call.input.get(member) {
            put(member, value.clone());
        }
    }

    let mut resource = Resource { view, ..Resource::default() };
    let creator_admin = call
        .input
        .get("accessConfig")
        .and_then(|config| config.get("bootstrapClusterCreatorAdminPermissions"));
    resource.hidden.insert("generation".into(), json!(seed));
    resource.hidden.insert("creator".into(), json!(call.caller.principal));
    resource.hidden.insert("creatorAdmin".into(), creator_admin.cloned().unwrap_or(Value::Bool(true)));
    let done = call.after(CREATE);
    resource.start("CREATING", done, Some("ACTIVE"), ready(call, &seed));
    call.save(&key, &resource);
    if access_entries::api_mode(&resource) {
        access_entries::of_creator(call, &resource);
    }
    idempotency::remember(call, &key, &seed);
    Ok(wrap("cluster", resource.describe()))
}

/// What a cluster has only once it is up.
fn ready(call: &Call<'_>, seed: &str) -> Map<String, Value> {
    let id = id_text(seed, 32, UPPER);
    let authority =
        format!("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg{}", id_text(&format!("{seed} ca"), 64, UPPER));
    let suffix = if call.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let mut patch = Map::new();
    patch.insert("endpoint".into(), json!(format!("https://{id}.gr7.{}.eks.{suffix}", call.region)));
    patch.insert("certificateAuthority".into(), json!({"data": authority}));
    let issuer = format!("https://oidc.eks.{}.{suffix}/id/{id}", call.region);
    patch.insert("identity".into(), json!({"oidc": {"issuer": issuer}}));
    patch
}

/// A stable made-up id such as `sg-0123456789abcdef0`.
pub(super) fn ec2_id(prefix: &str, seed: &str) -> String {
    format!("{prefix}-0{}", id_text(&format!("{prefix} {seed}"), 16, HEX))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    Ok(wrap("cluster", cluster(call, "name")?.describe()))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let prefix = call.key(&["cluster"]);
    page(call, &prefix, "clusters", |cluster| Some(cluster.text("name").to_owned()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut cluster = cluster(call, "name")?;
    let name = cluster.text("name").to_owned();
    let refuse = |code: &str, text: String| Err(AwsError::new(code, text).with("clusterName", &name));
    for (kind, what) in [("nodegroup", "nodegroups"), ("fargate-profile", "Fargate profiles")] {
        if call.store.range(&call.key(&[kind, &name]), None).next().is_some() {
            return refuse(IN_USE, format!("Cluster has {what} attached"));
        }
    }
    if cluster.view.get("deletionProtection") == Some(&Value::Bool(true)) {
        let text = format!("Cluster {name} cannot be deleted because deletion protection is enabled for it");
        return refuse(INVALID_REQUEST, text);
    }
    match cluster.status.as_str() {
        "DELETING" => return refuse(IN_USE, format!("Cluster {name} is currently being deleted")),
        "CREATING" => {
            return refuse(
                IN_USE,
                format!("Cannot delete because cluster {name} is currently being created"),
            );
        }
        "UPDATING" => {
            return refuse(
                IN_USE,
                format!("Cannot delete because cluster {name} currently has an update in progress"),
            );
        }
        _ => {}
    }
    let done = call.after(DELETE);
    cluster.start("DELETING", done, None, Map::new());
    let key = call.key(&["cluster", &name]);
    call.save(&key, &cluster);
    Ok(wrap("cluster", cluster.describe()))
}
