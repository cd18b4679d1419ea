//! Pod Identity associations as EKS returns them.

use super::{Attributes, addon_of_arn, identity, pairs};
use crate::live::{AssociationMember, Object, Phase};
use crate::value::{Place, Value};
use aws_sdk_eks::types::{PodIdentityAssociation, PodIdentityAssociationSummary};

/// The association as an object; the add-on that owns it, if one does, is its parent.
pub fn object(place: &Place, association: &PodIdentityAssociation) -> Object {
    let mut attributes = Attributes::default();
    attributes.text("cluster", association.cluster_name());
    attributes.text("namespace", association.namespace());
    attributes.text("service_account", association.service_account());
    attributes.text("role_arn", association.role_arn());
    let target = association.target_role_arn().filter(|role| !role.is_empty());
    attributes.text("target_role_arn", target);
    attributes.set("disable_session_tags", Value::from(association.disable_session_tags().unwrap_or(false)));
    attributes.text("policy", association.policy().filter(|policy| !policy.is_empty()));
    let owner = attributes.tags(pairs(association.tags()));
    attributes.text("association_id", association.association_id());
    attributes.text("arn", association.association_arn());
    attributes.text("external_id", association.external_id().filter(|id| !id.is_empty()));
    attributes.time("created_at", association.created_at());
    attributes.time("modified_at", association.modified_at());
    let parent = association.owner_arn().and_then(addon_of_arn);
    Object {
        attributes: attributes.0,
        owner,
        parent: parent.map(|(cluster, addon)| identity(place, "addon", &[cluster, addon])),
        phase: Phase::Settled,
        status: "".into(),
        issues: Vec::new(),
    }
}

/// What listing tells of an association.
pub fn member(summary: &PodIdentityAssociationSummary) -> AssociationMember {
    AssociationMember {
        namespace: summary.namespace().unwrap_or_default().into(),
        service_account: summary.service_account().unwrap_or_default().into(),
        association_id: summary.association_id().unwrap_or_default().into(),
        owner_arn: summary.owner_arn().map(Into::into),
    }
}
