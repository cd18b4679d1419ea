//! Reads the EKS kinds of one region. Whatever several questions need is read once.

use super::pages::{PAGE, all_pages};
use super::{Read, found};
use crate::aws::connect::Connection;
use crate::aws::error::CallError;
use crate::aws::map::{self, addon, arn_resource, association, cluster};
use crate::aws::memory::Memory;
use crate::live::{AssociationMember, Members, NodeGroup, Object, Phase};
use crate::value::{Place, Text};
use aws_sdk_eks::types::{Addon, PodIdentityAssociation};
use futures_util::future::{join, join_all, try_join, try_join_all, try_join4};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Answers by question: whoever asks first reads, the others wait for it.
struct Memo<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K: Hash + Eq, V: Clone> Memo<K, V> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    async fn get(&self, key: K, read: impl Future<Output = V>) -> V {
        let cell = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        cell.get_or_init(|| read).await.clone()
    }
}

type Listed = Read<Arc<Vec<AssociationMember>>>;

/// One region's EKS, read through one connection.
pub(super) struct Reader {
    pub connection: Arc<Connection>,
    pub place: Place,
    clusters: Memo<String, Read<Object>>,
    addons: Memo<(String, String), Read<Object>>,
    addon_names: Memo<String, Read<Vec<Text>>>,
    listed: Memo<String, Listed>,
    associations: Memo<(String, String), Read<Arc<PodIdentityAssociation>>>,
}

impl Reader {
    pub fn new(connection: Arc<Connection>, place: Place) -> Self {
        Self {
            connection,
            place,
            clusters: Memo::new(),
            addons: Memo::new(),
            addon_names: Memo::new(),
            listed: Memo::new(),
            associations: Memo::new(),
        }
    }

    /// What earlier runs read here.
    pub fn memory(&self) -> Option<&dyn Memory> {
        self.connection.memory.as_deref()
    }

    pub async fn cluster(&self, name: &str) -> Read<Object> {
        let read = async {
            let eks = &self.connection.eks;
            let answer = eks.run("DescribeCluster", |eks| eks.describe_cluster().name(name).send()).await;
            Ok(found(answer)?.and_then(|answer| answer.cluster).map(|found| cluster::object(&found)))
        };
        self.clusters.get(name.to_string(), read).await
    }

    /// The add-on with the associations it owns.
    pub async fn addon(&self, cluster: &str, name: &str) -> Read<Object> {
        let read = async {
            match self.describe_addon(cluster, name).await? {
                Some(found) => self.with_associations(cluster, &found).await.map(Some),
                None => Ok(None),
            }
        };
        self.addons.get((cluster.to_string(), name.to_string()), read).await
    }

    /// The add-on, without what it owns as long as AWS works on it.
    pub async fn addon_under_way(&self, cluster: &str, name: &str) -> Read<Object> {
        let Some(found) = self.describe_addon(cluster, name).await? else { return Ok(None) };
        let object = addon::object(&found, &[]);
        match object.phase {
            Phase::Busy | Phase::Deleting => Ok(Some(object)),
            Phase::Settled | Phase::Failed => self.with_associations(cluster, &found).await.map(Some),
        }
    }

    async fn describe_addon(&self, cluster: &str, name: &str) -> Read<Addon> {
        let answer = self
            .connection
            .eks
            .run("DescribeAddon", |eks| eks.describe_addon().cluster_name(cluster).addon_name(name).send())
            .await;
        Ok(found(answer)?.and_then(|answer| answer.addon))
    }

    async fn with_associations(&self, cluster: &str, found: &Addon) -> Result<Object, CallError> {
        let ids = found.pod_identity_associations().iter().filter_map(|arn| arn.rsplit('/').next());
        let owned = join_all(ids.map(|id| self.association_by_id(cluster, id))).await;
        let owned = owned.into_iter().collect::<Result<Vec<_>, _>>()?;
        // One that is gone since is none.
        let owned: Vec<_> = owned.into_iter().flatten().map(|found| (*found).clone()).collect();
        Ok(addon::object(found, &owned))
    }

    /// The association of a service account. With `all`, the cluster's whole list is read for it.
    pub async fn association(
        &self,
        cluster: &str,
        namespace: &str,
        account: &str,
        all: bool,
    ) -> Read<Object> {
        let listed = match all {
            true => self.association_list(cluster).await?,
            false => self.list_associations(cluster, Some((namespace, account))).await?,
        };
        let member = listed
            .iter()
            .flat_map(|list| list.iter())
            .find(|member| *member.namespace == *namespace && *member.service_account == *account);
        match member {
            Some(member) => self.association_object(cluster, &member.association_id).await,
            None => Ok(None),
        }
    }

    /// The association with that id as an object.
    pub async fn association_object(&self, cluster: &str, id: &str) -> Read<Object> {
        let found = self.association_by_id(cluster, id).await?;
        Ok(found.map(|found| association::object(&self.place, &found)))
    }

    async fn association_by_id(&self, cluster: &str, id: &str) -> Read<Arc<PodIdentityAssociation>> {
        let read = async {
            let answer = self
                .connection
                .eks
                .run("DescribePodIdentityAssociation", |eks| {
                    eks.describe_pod_identity_association().cluster_name(cluster).association_id(id).send()
                })
                .await;
            Ok(found(answer)?.and_then(|answer| answer.association).map(Arc::new))
        };
        self.associations.get((cluster.to_string(), id.to_string()), read).await
    }

    /// All associations of a cluster, `None` if there is no such cluster.
    pub async fn association_list(&self, cluster: &str) -> Listed {
        self.listed.get(cluster.to_string(), self.list_associations(cluster, None)).await
    }

    async fn list_associations(&self, cluster: &str, only: Option<(&str, &str)>) -> Listed {
        let members = all_pages(|token| async move {
            let answer = self.connection.eks.run("ListPodIdentityAssociations", |eks| {
                eks.list_pod_identity_associations()
                    .cluster_name(cluster)
                    .set_namespace(only.map(|(namespace, _)| namespace.to_string()))
                    .set_service_account(only.map(|(_, account)| account.to_string()))
                    .set_max_results(only.is_none().then_some(PAGE))
                    .set_next_token(token.clone())
                    .send()
            });
            let page = found(answer.await)?;
            Ok(page
                .map(|page| (page.associations().iter().map(association::member).collect(), page.next_token)))
        });
        Ok(members.await?.map(Arc::new))
    }

    /// The names of a cluster's add-ons, `None` if there is no such cluster.
    pub async fn addon_names(&self, cluster: &str) -> Read<Vec<Text>> {
        let read = all_pages(|token| async move {
            let answer = self.connection.eks.run("ListAddons", |eks| {
                eks.list_addons().cluster_name(cluster).max_results(PAGE).set_next_token(token.clone()).send()
            });
            let page = found(answer.await)?;
            Ok(page.map(|page| (shared(page.addons()), page.next_token)))
        });
        self.addon_names.get(cluster.to_string(), read).await
    }

    async fn node_groups(&self, cluster: &str) -> Read<Vec<Text>> {
        all_pages(|token| async move {
            let answer = self.connection.eks.run("ListNodegroups", |eks| {
                eks.list_nodegroups()
                    .cluster_name(cluster)
                    .max_results(PAGE)
                    .set_next_token(token.clone())
                    .send()
            });
            let page = found(answer.await)?;
            Ok(page.map(|page| (shared(page.nodegroups()), page.next_token)))
        })
        .await
    }

    async fn fargate_profiles(&self, cluster: &str) -> Read<Vec<Text>> {
        all_pages(|token| async move {
            let answer = self.connection.eks.run("ListFargateProfiles", |eks| {
                eks.list_fargate_profiles()
                    .cluster_name(cluster)
                    .max_results(PAGE)
                    .set_next_token(token.clone())
                    .send()
            });
            let page = found(answer.await)?;
            Ok(page.map(|page| (shared(page.fargate_profile_names()), page.next_token)))
        })
        .await
    }

    /// The principals of a cluster's access entries; `None` as well where its authentication mode has none.
    pub async fn access_entries(&self, cluster: &str) -> Read<Vec<Text>> {
        let entries = all_pages(|token| async move {
            let answer = self.connection.eks.run("ListAccessEntries", |eks| {
                eks.list_access_entries()
                    .cluster_name(cluster)
                    .max_results(PAGE)
                    .set_next_token(token.clone())
                    .send()
            });
            let page = found(answer.await)?;
            Ok(page.map(|page| (shared(page.access_entries()), page.next_token)))
        });
        match entries.await {
            Err(error) if error.code.as_deref() == Some("InvalidRequestException") => Ok(None),
            read => read,
        }
    }

    /// What lives in a cluster.
    pub async fn members(&self, cluster: &str) -> Read<Members> {
        let (addons, associations, node_groups, fargate_profiles) = try_join4(
            self.addon_names(cluster),
            self.association_list(cluster),
            self.node_groups(cluster),
            self.fargate_profiles(cluster),
        )
        .await?;
        let all = (addons, associations, node_groups, fargate_profiles);
        let (Some(mut addons), Some(associations), Some(mut node_groups), Some(mut fargate_profiles)) = all
        else {
            return Ok(None);
        };
        let mut associations = associations.to_vec();
        // The order in which AWS lists them says nothing, and a plan's fingerprint covers what was read.
        addons.sort();
        associations.sort();
        node_groups.sort();
        fargate_profiles.sort();
        Ok(Some(Members { addons, associations, node_groups, fargate_profiles }))
    }

    /// What the node groups of a cluster run on; one that went away meanwhile is left out.
    pub async fn node_group_details(&self, cluster: &str) -> Read<Vec<NodeGroup>> {
        let Some(names) = self.node_groups(cluster).await? else { return Ok(None) };
        let each = names.into_iter().map(|name| async move {
            let answer = self
                .connection
                .eks
                .run("DescribeNodegroup", |eks| {
                    eks.describe_nodegroup().cluster_name(cluster).nodegroup_name(&*name).send()
                })
                .await;
            let group = found(answer)?.and_then(|answer| answer.nodegroup);
            let ami =
                group.as_ref().map(|group| group.ami_type().map(|ami| ami.as_str()).unwrap_or_default());
            Ok::<_, CallError>(ami.map(|ami| NodeGroup { name: name.clone(), ami_type: ami.into() }))
        });
        Ok(Some(try_join_all(each).await?.into_iter().flatten().collect()))
    }

    /// Whether the cluster can run pods.
    pub async fn has_compute(&self, name: &str) -> Result<bool, CallError> {
        let lists = try_join(self.node_groups(name), self.fargate_profiles(name));
        let (cluster, lists) = join(self.cluster(name), lists).await;
        let auto_mode = cluster?.is_some_and(|cluster| {
            let mode = cluster.attributes.get("auto_mode").and_then(|mode| mode.get("enabled"));
            mode.and_then(crate::value::Value::as_bool).unwrap_or(false)
        });
        let (node_groups, profiles) = lists?;
        let any = |names: Option<Vec<Text>>| names.is_some_and(|names| !names.is_empty());
        Ok(auto_mode || any(node_groups) || any(profiles))
    }

    /// All clusters of the region.
    pub async fn cluster_names(&self) -> Result<Vec<Text>, CallError> {
        let names = all_pages(|token| async move {
            let answer = self.connection.eks.run("ListClusters", |eks| {
                eks.list_clusters().max_results(PAGE).set_next_token(token.clone()).send()
            });
            let page = answer.await?;
            Ok(Some((shared(page.clusters()), page.next_token)))
        });
        Ok(names.await?.unwrap_or_default())
    }

    /// What a resource ARN of EKS names: its identity, and the association's id where it is one.
    pub async fn of_arn(&self, arn: &str) -> Read<(crate::value::Identity<Place>, Object)> {
        let (kind, object) = match arn_resource(arn).unwrap_or_default().as_slice() {
            ["cluster", name] => ("cluster", self.cluster(name).await?),
            ["addon", cluster, name, ..] => ("addon", self.addon(cluster, name).await?),
            ["podidentityassociation", cluster, id] => {
                ("pod_identity_association", self.association_object(cluster, id).await?)
            }
            _ => return Ok(None),
        };
        let Some(object) = object else { return Ok(None) };
        let key: Vec<&str> = crate::kinds::schema(kind)
            .map(|schema| schema.identity.iter().map(|name| object.text(name)).collect())
            .unwrap_or_default();
        Ok(Some((map::identity(&self.place, kind, &key), object)))
    }
}

fn shared(names: &[String]) -> Vec<Text> {
    names.iter().map(|name| Text::from(name.as_str())).collect()
}
