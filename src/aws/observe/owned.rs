//! Everything of the EKS kinds that carries the stack's tag: through the tagging API, or, where that is
//! refused, by looking at everything there is.

use super::pages::{PAGE, all_pages};
use super::{Answer, Reader};
use crate::aws::error::CallError;
use crate::aws::map::{self, arn_resource};
use crate::kinds::TAG_STACK;
use crate::live::{Coverage, Fact, Object, StackName};
use crate::value::{Identity, Place, Text};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// What a search came to: objects of the stack, and what could not be looked at, by kind.
#[derive(Default)]
struct Search {
    objects: Vec<(Identity<Place>, Fact<Object>)>,
    missed: BTreeMap<Text, String>,
}

impl Search {
    fn miss(&mut self, kind: &str, why: impl ToString) {
        self.missed.entry(kind.into()).or_insert_with(|| why.to_string());
    }

    fn take(&mut self, stack: &StackName, identity: Identity<Place>, read: super::Read<Object>) {
        match read {
            Ok(Some(object)) if object.owner.is(stack) => self.objects.push((identity, Fact::Known(object))),
            Ok(_) => {}
            Err(error) => self.miss(&identity.kind, format!("{}: {error}", identity.name())),
        }
    }
}

/// Answers `Want::Owned` for these kinds of one region.
pub(super) async fn answer(reader: &Reader, kinds: &BTreeSet<Text>, stack: &StackName) -> Vec<Answer> {
    let search = match tagged(reader, stack).await {
        Ok(arns) => confirm(reader, kinds, stack, &arns).await,
        Err(denied) => {
            let mut search = everything(reader, kinds, stack).await;
            for why in search.missed.values_mut() {
                *why = format!("{denied}; {why}");
            }
            search
        }
    };
    let mut answers = Vec::new();
    for kind in kinds {
        let coverage = match search.missed.get(kind) {
            Some(why) => Coverage::Partial(why.as_str().into()),
            None => Coverage::Complete,
        };
        answers.push(Answer::Coverage((reader.place.clone(), kind.clone()), coverage));
    }
    answers.extend(search.objects.into_iter().map(|(identity, fact)| Answer::Object(identity, fact)));
    answers
}

/// The ARNs of EKS resources with the stack's tag.
async fn tagged(reader: &Reader, stack: &StackName) -> Result<Vec<String>, CallError> {
    let filter = TagFilter::builder().key(TAG_STACK).values(stack.to_string()).build();
    let read = all_pages(|token| {
        let filter = &filter;
        async move {
            let answer = reader.connection.tagging.run("GetResources", |tagging| {
                tagging
                    .get_resources()
                    .tag_filters(filter.clone())
                    .resource_type_filters("eks")
                    .resources_per_page(PAGE)
                    .set_pagination_token(token.clone())
                    .send()
            });
            let page = answer.await?;
            let found = page.resource_tag_mapping_list().iter();
            let arns = found.filter_map(|mapping| mapping.resource_arn().map(str::to_string)).collect();
            Ok(Some((arns, page.pagination_token.filter(|token| !token.is_empty()))))
        }
    });
    Ok(read.await?.unwrap_or_default())
}

/// The kind an ARN of EKS is of.
fn kind_of(arn: &str) -> Option<&'static str> {
    match *arn_resource(arn)?.first()? {
        "cluster" => Some("cluster"),
        "addon" => Some("addon"),
        "podidentityassociation" => Some("pod_identity_association"),
        _ => None,
    }
}

/// Looks at each: the tagging API also returns what is deleted.
async fn confirm(reader: &Reader, kinds: &BTreeSet<Text>, stack: &StackName, arns: &[String]) -> Search {
    let wanted = arns.iter().filter_map(|arn| {
        let kind = kind_of(arn)?;
        kinds.contains(kind).then_some((kind, arn))
    });
    let reads = wanted.map(async |(kind, arn)| (kind, arn, reader.of_arn(arn).await));
    let mut search = Search::default();
    for (kind, arn, read) in join_all(reads).await {
        match read {
            Ok(Some((identity, object))) => search.take(stack, identity, Ok(Some(object))),
            Ok(None) => {}
            Err(error) => search.miss(kind, format!("{arn}: {error}")),
        }
    }
    search
}

/// Looks at every object of the region.
async fn everything(reader: &Reader, kinds: &BTreeSet<Text>, stack: &StackName) -> Search {
    let mut search = Search::default();
    let clusters = match reader.cluster_names().await {
        Ok(clusters) => clusters,
        Err(error) => {
            kinds.iter().for_each(|kind| search.miss(kind, &error));
            return search;
        }
    };
    let within = clusters.iter().map(async |cluster| one_cluster(reader, kinds, stack, cluster).await);
    for mut part in join_all(within).await {
        search.objects.append(&mut part.objects);
        part.missed.iter().for_each(|(kind, why)| search.miss(kind, why));
    }
    search
}

/// A cluster and what lives in it.
async fn one_cluster(reader: &Reader, kinds: &BTreeSet<Text>, stack: &StackName, cluster: &str) -> Search {
    let mut search = Search::default();
    if kinds.contains("cluster") {
        let identity = map::identity(&reader.place, "cluster", &[cluster]);
        search.take(stack, identity, reader.cluster(cluster).await);
    }
    if kinds.contains("addon") {
        match reader.addon_names(cluster).await {
            Ok(names) => {
                let names = names.unwrap_or_default();
                let reads = names.iter().map(async |name| (name, reader.addon(cluster, name).await));
                for (name, read) in join_all(reads).await {
                    search.take(stack, map::identity(&reader.place, "addon", &[cluster, name]), read);
                }
            }
            Err(error) => search.miss("addon", error),
        }
    }
    let kind = "pod_identity_association";
    if kinds.contains(kind) {
        match reader.association_list(cluster).await {
            Ok(listed) => {
                let listed = listed.unwrap_or_default();
                // What an add-on owns carries no tags.
                let free = listed.iter().filter(|member| member.owner_arn.is_none());
                let reads = free.map(async |member| {
                    (member, reader.association_object(cluster, &member.association_id).await)
                });
                for (member, read) in join_all(reads).await {
                    let key = [cluster, &member.namespace, &member.service_account];
                    search.take(stack, map::identity(&reader.place, kind, &key), read);
                }
            }
            Err(error) => search.miss(kind, error),
        }
    }
    search
}
