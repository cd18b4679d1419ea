//! Facts about what EKS offers: versions of add-ons and of Kubernetes, settings and recommended policies.

use super::{Answer, Reader, RegionWants, fact, found};
use crate::aws::error::CallError;
use crate::live::{AddonConfiguration, AddonKey, AddonVersion};
use futures_util::future::{BoxFuture, join_all};
use std::sync::Arc;

/// Answers the catalog wants of one region.
pub(super) async fn answer(reader: &Reader, wants: &RegionWants) -> Vec<Answer> {
    let mut reads: Vec<BoxFuture<'_, Answer>> = Vec::new();
    for (addon, kubernetes) in &wants.versions {
        reads.push(Box::pin(async move {
            let key =
                AddonKey { place: reader.place.clone(), addon: addon.clone(), version: kubernetes.clone() };
            Answer::Versions(key, fact(versions(reader, addon, kubernetes).await))
        }));
    }
    for (addon, version) in &wants.configurations {
        reads.push(Box::pin(async move {
            let key =
                AddonKey { place: reader.place.clone(), addon: addon.clone(), version: version.clone() };
            let read = remembered(reader, &key).await;
            Answer::Configuration(key, fact(read))
        }));
    }
    if wants.cluster_versions {
        reads.push(Box::pin(async move {
            Answer::ClusterVersions(reader.place.clone(), fact(cluster_versions(reader).await.map(Some)))
        }));
    }
    join_all(reads).await
}

/// The versions of an add-on for a Kubernetes version, `None` if EKS has no such add-on.
async fn versions(reader: &Reader, addon: &str, kubernetes: &str) -> super::Read<Vec<AddonVersion>> {
    let mut versions = Vec::new();
    let mut next = None;
    let mut known = false;
    loop {
        let token: Option<String> = next;
        let answer = reader
            .connection
            .eks
            .run("DescribeAddonVersions", |eks| {
                eks.describe_addon_versions()
                    .addon_name(addon)
                    .kubernetes_version(kubernetes)
                    .max_results(100)
                    .set_next_token(token.clone())
                    .send()
            })
            .await;
        let Some(page) = found(answer)? else { return Ok(None) };
        for info in page.addons().iter().filter(|info| info.addon_name() == Some(addon)) {
            known = true;
            for version in info.addon_versions() {
                let default = version.compatibilities().iter().any(|compatible| {
                    compatible.default_version() && compatible.cluster_version() == Some(kubernetes)
                });
                versions.push(AddonVersion {
                    version: version.addon_version().unwrap_or_default().into(),
                    default,
                    requires_iam: version.requires_iam_permissions(),
                    requires_configuration: version.requires_configuration(),
                    namespace: info.default_namespace().map(Arc::from),
                });
            }
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(known.then_some(versions));
        }
    }
}

/// [`configuration`], without asking where an earlier run did.
async fn remembered(reader: &Reader, key: &AddonKey) -> super::Read<AddonConfiguration> {
    let memory = reader.memory();
    if let Some(fact) = memory.and_then(|memory| memory.recall(key)) {
        return Ok(Some(fact));
    }
    let read = configuration(reader, &key.addon, &key.version).await?;
    if let (Some(memory), Some(fact)) = (memory, &read) {
        memory.remember(key, fact);
    }
    Ok(read)
}

/// Settings and recommended policies of one add-on version.
async fn configuration(reader: &Reader, addon: &str, version: &str) -> super::Read<AddonConfiguration> {
    let answer = reader
        .connection
        .eks
        .run("DescribeAddonConfiguration", |eks| {
            eks.describe_addon_configuration().addon_name(addon).addon_version(version).send()
        })
        .await;
    let Some(answer) = found(answer)? else { return Ok(None) };
    let accounts = answer.pod_identity_configuration().iter().map(|account| {
        let policies = account.recommended_managed_policies().iter();
        let policies = policies.map(|policy| Arc::from(policy.as_str())).collect();
        (Arc::from(account.service_account().unwrap_or_default()), policies)
    });
    Ok(Some(AddonConfiguration {
        schema: answer.configuration_schema().map(Arc::from),
        service_accounts: accounts.collect(),
    }))
}

/// The Kubernetes versions EKS offers, in AWS's order.
async fn cluster_versions(reader: &Reader) -> Result<Vec<Arc<str>>, CallError> {
    let mut versions = Vec::new();
    let mut next = None;
    loop {
        let token: Option<String> = next;
        let page = reader
            .connection
            .eks
            .run("DescribeClusterVersions", |eks| {
                eks.describe_cluster_versions().max_results(100).set_next_token(token.clone()).send()
            })
            .await?;
        let found = page.cluster_versions().iter();
        versions.extend(found.filter_map(|info| info.cluster_version()).map(Arc::<str>::from));
        next = page.next_token;
        if next.is_none() {
            return Ok(versions);
        }
    }
}
