//! Facts about what EKS offers: versions of add-ons and of Kubernetes, settings and recommended policies.

use super::pages::{PAGE, all_pages};
use super::{Answer, Reader, RegionWants, fact, found};
use crate::aws::error::CallError;
use crate::live::{AddonConfiguration, AddonKey, AddonVersion, ClusterVersion, Offer};
use crate::value::Text;
use aws_sdk_eks::types::{AddonInfo, ClusterVersionInformation};
use futures_util::future::{BoxFuture, join_all};
use std::collections::BTreeMap;

/// From so many add-ons on, one list of all that EKS offers for a Kubernetes version takes fewer calls than asking
/// for each.
const MANY: usize = 3;

/// Answers the catalog wants of one region.
pub(super) async fn answer(reader: &Reader, wants: &RegionWants) -> Vec<Answer> {
    let mut reads: Vec<BoxFuture<'_, Vec<Answer>>> = Vec::new();
    let mut by_kubernetes: BTreeMap<&Text, Vec<&Text>> = BTreeMap::new();
    for (addon, kubernetes) in &wants.versions {
        by_kubernetes.entry(kubernetes).or_default().push(addon);
    }
    for (kubernetes, addons) in by_kubernetes {
        let key = |addon: &Text| AddonKey {
            place: reader.place.clone(),
            addon: addon.clone(),
            version: kubernetes.clone(),
        };
        if addons.len() < MANY {
            for addon in addons {
                reads.push(Box::pin(async move {
                    let found = versions(reader, Some(addon), kubernetes).await;
                    let versions = found.map(|all| all.and_then(|mut all| all.remove(addon)));
                    vec![Answer::Versions(key(addon), fact(versions))]
                }));
            }
            continue;
        }
        reads.push(Box::pin(async move {
            let mut found = versions(reader, None, kubernetes).await;
            let one = |addon: &Text| {
                let versions = match &mut found {
                    Ok(all) => Ok(all.as_mut().and_then(|all| all.remove(addon))),
                    Err(error) => Err(error.clone()),
                };
                Answer::Versions(key(addon), fact(versions))
            };
            addons.into_iter().map(one).collect()
        }));
    }
    for (addon, version) in &wants.configurations {
        reads.push(Box::pin(async move {
            let key =
                AddonKey { place: reader.place.clone(), addon: addon.clone(), version: version.clone() };
            let read = remembered(reader, &key).await;
            vec![Answer::Configuration(key, fact(read))]
        }));
    }
    if wants.cluster_versions {
        reads.push(Box::pin(async move {
            let versions = cluster_versions(reader).await.map(Some);
            vec![Answer::ClusterVersions(reader.place.clone(), fact(versions))]
        }));
    }
    join_all(reads).await.into_iter().flatten().collect()
}

/// The versions of one add-on, or of all, for a Kubernetes version, by add-on; `None` if EKS has no such add-on.
async fn versions(
    reader: &Reader,
    addon: Option<&str>,
    kubernetes: &str,
) -> super::Read<BTreeMap<Text, Vec<AddonVersion>>> {
    let offers = listed(reader, addon, kubernetes).await?;
    Ok(offers.map(|offers| offers.into_iter().map(|offer| (offer.addon, offer.versions)).collect()))
}

/// Every add-on EKS offers for a Kubernetes version, by name.
pub(super) async fn offers(reader: &Reader, kubernetes: &str) -> Result<Vec<Offer>, CallError> {
    Ok(listed(reader, None, kubernetes).await?.unwrap_or_default())
}

/// One add-on, or all, as EKS offers them for a Kubernetes version, by name; `None` if EKS has no such add-on.
/// Source: EKS `DescribeAddonVersions`.
async fn listed(reader: &Reader, addon: Option<&str>, kubernetes: &str) -> super::Read<Vec<Offer>> {
    let read = all_pages(|token| async move {
        let answer = reader.connection.eks.run("DescribeAddonVersions", |eks| {
            eks.describe_addon_versions()
                .set_addon_name(addon.map(str::to_string))
                .kubernetes_version(kubernetes)
                .max_results(PAGE)
                .set_next_token(token.clone())
                .send()
        });
        let page = found(answer.await)?;
        Ok(page.map(|page| {
            (page.addons().iter().map(|info| offer(info, kubernetes)).collect(), page.next_token)
        }))
    });
    let Some(mut offers) = read.await? else { return Ok(None) };
    // An add-on may go on in the next page.
    offers.sort_by(|a, b| a.addon.cmp(&b.addon));
    offers.dedup_by(|later, first| {
        let same = later.addon == first.addon;
        if same {
            first.versions.append(&mut later.versions);
        }
        same
    });
    Ok(Some(offers))
}

fn offer(info: &AddonInfo, kubernetes: &str) -> Offer {
    let versions = info.addon_versions().iter().map(|version| AddonVersion {
        version: version.addon_version().unwrap_or_default().into(),
        default: version.compatibilities().iter().any(|compatible| {
            compatible.default_version() && compatible.cluster_version() == Some(kubernetes)
        }),
        requires_iam: version.requires_iam_permissions(),
        requires_configuration: version.requires_configuration(),
        namespace: info.default_namespace().map(Text::from),
    });
    Offer {
        addon: info.addon_name().unwrap_or_default().into(),
        category: info.r#type().unwrap_or_default().into(),
        publisher: info.publisher().unwrap_or_default().into(),
        owner: info.owner().unwrap_or_default().into(),
        versions: versions.collect(),
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
        let policies = policies.map(|policy| Text::from(policy.as_str())).collect();
        (Text::from(account.service_account().unwrap_or_default()), policies)
    });
    Ok(Some(AddonConfiguration {
        schema: answer.configuration_schema().map(Text::from),
        service_accounts: accounts.collect(),
    }))
}

/// The Kubernetes versions EKS offers, in AWS's order.
async fn cluster_versions(reader: &Reader) -> Result<Vec<ClusterVersion>, CallError> {
    let read = all_pages(|token| async move {
        let answer = reader.connection.eks.run("DescribeClusterVersions", |eks| {
            eks.describe_cluster_versions().max_results(PAGE).set_next_token(token.clone()).send()
        });
        let page = answer.await?;
        Ok(Some((page.cluster_versions().iter().filter_map(cluster_version).collect(), page.next_token)))
    });
    Ok(read.await?.unwrap_or_default())
}

fn cluster_version(info: &ClusterVersionInformation) -> Option<ClusterVersion> {
    Some(ClusterVersion {
        version: info.cluster_version()?.into(),
        status: info.version_status().map(|status| status.as_str()).unwrap_or_default().into(),
        standard_support_until: info.end_of_standard_support_date().map(|date| date.secs()),
        extended_support_until: info.end_of_extended_support_date().map(|date| date.secs()),
    })
}
