//! Add-ons as EKS returns them.

use super::{Attributes, issue, pairs, text};
use crate::live::{Object, Phase};
use crate::value::{Map, Value};
use aws_sdk_eks::types::{Addon, AddonStatus, PodIdentityAssociation};

/// The add-on as an object, with the associations it owns.
pub fn object(addon: &Addon, associations: &[PodIdentityAssociation]) -> Object {
    let mut attributes = Attributes::default();
    attributes.text("cluster", addon.cluster_name());
    attributes.text("name", addon.addon_name());
    attributes.text("version", addon.addon_version());
    let values = addon.configuration_values().filter(|values| !values.is_empty());
    attributes.text("configuration_values", values);
    let mut roles = Map::new();
    for association in associations {
        let Some(account) = association.service_account() else { continue };
        let role = Value::object([
            ("service_account", Value::from(account)),
            ("role_arn", text(association.role_arn())),
        ]);
        roles.insert(account.into(), role);
    }
    attributes.set("pod_identity_association", Value::map(roles));
    let role = addon.service_account_role_arn().filter(|role| !role.is_empty());
    attributes.text("service_account_role_arn", role);
    // Left out rather than null: of an older add-on AWS does not tell it, and that is no difference.
    if let Some(namespace) = addon.namespace_config().and_then(|config| config.namespace()) {
        attributes.text("namespace", Some(namespace));
    }
    let owner = attributes.tags(pairs(addon.tags()));
    attributes.text("arn", addon.addon_arn());
    attributes.time("created_at", addon.created_at());
    attributes.time("modified_at", addon.modified_at());
    let issues = addon.health().map(|health| health.issues()).unwrap_or_default();
    Object {
        attributes: attributes.0,
        owner,
        parent: None,
        phase: phase(addon.status()),
        status: addon.status().map_or("", AddonStatus::as_str).into(),
        issues: issues
            .iter()
            .map(|found| issue(found.code().map(|code| code.as_str()), found.message()))
            .collect(),
    }
}

fn phase(status: Option<&AddonStatus>) -> Phase {
    match status {
        Some(AddonStatus::Creating | AddonStatus::Updating) => Phase::Busy,
        Some(AddonStatus::CreateFailed) => Phase::Failed,
        Some(AddonStatus::Deleting) => Phase::Deleting,
        _ => Phase::Settled,
    }
}
