//! Everything EKS offers for a Kubernetes version, and every role of the account: what discovery commands ask.

use super::{Reader, roles};
use crate::aws::connect::Connection;
use crate::aws::error::CallError;
use crate::live::{AddonVersion, Object, Offer};
use std::sync::Arc;

/// Every add-on EKS offers for a Kubernetes version, by name. Source: EKS `DescribeAddonVersions` without a name.
pub async fn addons(reader: &Reader, kubernetes: &str) -> Result<Vec<Offer>, CallError> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut next = None;
    loop {
        let token: Option<String> = next;
        let page = reader
            .connection
            .eks
            .run("DescribeAddonVersions", |eks| {
                eks.describe_addon_versions()
                    .kubernetes_version(kubernetes)
                    .max_results(100)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        for info in page.addons() {
            let versions = info.addon_versions().iter().map(|version| AddonVersion {
                version: version.addon_version().unwrap_or_default().into(),
                default: version.compatibilities().iter().any(|compatible| {
                    compatible.default_version() && compatible.cluster_version() == Some(kubernetes)
                }),
                requires_iam: version.requires_iam_permissions(),
                requires_configuration: version.requires_configuration(),
                namespace: info.default_namespace().map(Arc::from),
            });
            offers.push(Offer {
                addon: info.addon_name().unwrap_or_default().into(),
                category: info.r#type().unwrap_or_default().into(),
                publisher: info.publisher().unwrap_or_default().into(),
                owner: info.owner().unwrap_or_default().into(),
                versions: versions.collect(),
            });
        }
        next = page.next_token;
        if next.is_none() {
            // An add-on may go on in the next page.
            offers.sort_by(|a, b| a.addon.cmp(&b.addon));
            offers.dedup_by(|later, first| {
                let same = later.addon == first.addon;
                if same {
                    first.versions.append(&mut later.versions);
                }
                same
            });
            return Ok(offers);
        }
    }
}

/// Every role of the account but those of AWS services, by name.
pub async fn account_roles(connection: &Arc<Connection>) -> Result<Vec<(Arc<str>, Object)>, CallError> {
    roles::all(&connection.session.iam).await
}
