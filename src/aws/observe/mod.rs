//! Answers wants: sorts them by place, reads every place concurrently, each thing once.

mod catalog;
mod insights;
mod owned;
mod pages;
mod reader;
mod roles;

use super::Providers;
use super::connect::{Connection, Connections};
use super::error::CallError;
use super::map;
use crate::diagnostic::Diagnostic;
use crate::kinds::schema;
use crate::live::{
    AddonConfiguration, AddonKey, AddonVersion, Caller, ClusterVersion, Coverage, Fact, Insight, Members,
    NodeGroup, Object, Offer, Snapshot, StackName,
};
use crate::stack::ProviderConfig;
use crate::value::{Identity, KeyPart, Place, ProviderRef, Text, Want};
use futures_util::future::{BoxFuture, join_all};
use reader::Reader;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a read came to: the thing, nothing, or why it is not known.
pub(super) type Read<T> = Result<Option<T>, CallError>;

/// A read as a fact. Every failure is a denial, never an absence.
fn fact<T>(read: Read<T>) -> Fact<T> {
    match read {
        Ok(Some(found)) => Fact::Known(found),
        Ok(None) => Fact::Absent,
        Err(error) => Fact::Denied(error.to_string().into()),
    }
}

/// "There is no such thing" as an answer rather than a failure.
fn found<T>(result: Result<T, CallError>) -> Read<T> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// One entry of the snapshot.
enum Answer {
    Object(Identity<Place>, Fact<Object>),
    Members(Identity<Place>, Fact<Members>),
    NodeGroups(Identity<Place>, Fact<Vec<NodeGroup>>),
    Coverage((Place, Text), Coverage),
    Versions(AddonKey, Fact<Vec<AddonVersion>>),
    Configuration(AddonKey, Fact<AddonConfiguration>),
    ClusterVersions(Place, Fact<Vec<ClusterVersion>>),
}

type Pair = (Text, Text);

/// What is wanted of the EKS kinds of one region.
#[derive(Default)]
struct RegionWants {
    clusters: BTreeSet<Text>,
    addons: BTreeSet<Pair>,
    /// By cluster: namespace and service account.
    associations: BTreeMap<Text, BTreeSet<Pair>>,
    members: BTreeSet<Text>,
    node_groups: BTreeSet<Text>,
    owned: BTreeSet<Text>,
    versions: BTreeSet<Pair>,
    configurations: BTreeSet<Pair>,
    cluster_versions: bool,
}

/// What is wanted of the roles of one account.
#[derive(Default)]
struct RoleWants {
    roles: BTreeSet<KeyPart>,
    owned: bool,
}

/// The wants of all places, each with a connection that leads there.
#[derive(Default)]
struct Sorted {
    regions: BTreeMap<Place, (Option<Arc<Connection>>, RegionWants)>,
    accounts: BTreeMap<Place, (Option<Arc<Connection>>, RoleWants)>,
}

/// See [`Aws::answer`](super::Aws::answer).
pub(super) async fn answer(
    connections: &Connections,
    providers: &Providers,
    stack: &StackName,
    wants: &BTreeSet<Want>,
    snapshot: &mut Snapshot,
) -> Result<(), Vec<Diagnostic>> {
    let named: BTreeSet<&ProviderRef> = wants.iter().filter_map(Want::provider).collect();
    let reached = reach(connections, providers, named).await?;
    for (provider, (_, caller)) in &reached {
        snapshot.callers.entry(provider.clone()).or_insert_with(|| Fact::Known(caller.clone()));
    }
    let sorted = sort(wants, &reached, snapshot);
    let mut readers = Vec::new();
    for (place, (connection, wants)) in &sorted.regions {
        if let Some(connection) = connection {
            readers.push((Reader::new(connection.clone(), place.clone()), wants));
        }
    }
    let mut reads: Vec<BoxFuture<'_, Vec<Answer>>> = Vec::new();
    for (reader, wants) in &readers {
        reads.push(Box::pin(region(reader, wants, stack)));
    }
    for (place, (connection, wants)) in &sorted.accounts {
        if let Some(connection) = connection {
            reads.push(Box::pin(roles::answer(&connection.session.iam, place, wants, stack)));
        }
    }
    for answer in join_all(reads).await.into_iter().flatten() {
        insert(snapshot, answer);
    }
    Ok(())
}

/// One object, read afresh.
pub(super) async fn object(connection: &Arc<Connection>, identity: &Identity<Place>) -> Read<Object> {
    match &*identity.kind {
        "role" => roles::one(&connection.session.iam, identity.part(0)).await,
        kind => {
            let reader = Reader::new(connection.clone(), identity.scope.clone());
            match kind {
                "cluster" => reader.cluster(identity.part(0)).await,
                "addon" => reader.addon(identity.part(0), identity.part(1)).await,
                "pod_identity_association" => {
                    reader.association(identity.part(0), identity.part(1), identity.part(2), false).await
                }
                _ => Err(CallError::new("read", format!("nothing is known of the kind {kind}"))),
            }
        }
    }
}

/// One object, for somebody who waits for it: as long as AWS works on it, only what one call tells.
pub(super) async fn under_way(connection: &Arc<Connection>, identity: &Identity<Place>) -> Read<Object> {
    if &*identity.kind == "addon" {
        let reader = Reader::new(connection.clone(), identity.scope.clone());
        return reader.addon_under_way(identity.part(0), identity.part(1)).await;
    }
    object(connection, identity).await
}

/// The principals of a cluster's access entries.
pub(super) async fn access_entries(connection: &Arc<Connection>, cluster: &str) -> Read<Vec<Text>> {
    // The region is the connection's; nothing that is read here is told apart by its place.
    let place = connection.caller().await?.place(true);
    Reader::new(connection.clone(), place).access_entries(cluster).await
}

/// Whether anything in the cluster can run pods: a node group, a Fargate profile, or Auto Mode.
pub(super) async fn has_compute(
    connection: &Arc<Connection>,
    place: &Place,
    cluster: &str,
) -> Result<bool, CallError> {
    Reader::new(connection.clone(), place.clone()).has_compute(cluster).await
}

/// What is not passing of a cluster's upgrade insights.
pub(super) async fn upgrade_insights(
    connection: &Arc<Connection>,
    place: &Place,
    cluster: &str,
) -> Result<Vec<Insight>, CallError> {
    insights::upgrade(&Reader::new(connection.clone(), place.clone()), cluster).await
}

/// Every add-on EKS offers for a Kubernetes version.
pub(super) async fn addon_offers(
    connection: &Arc<Connection>,
    place: &Place,
    kubernetes: &str,
) -> Result<Vec<Offer>, CallError> {
    catalog::offers(&Reader::new(connection.clone(), place.clone()), kubernetes).await
}

/// Every role of the account but those of AWS services.
pub(super) async fn account_roles(connection: &Arc<Connection>) -> Result<Vec<(Text, Object)>, CallError> {
    roles::all(&connection.session.iam).await
}

type Reached = BTreeMap<ProviderRef, (Arc<Connection>, Caller)>;

/// Connects to every provider and finds out who it is. What fails here makes planning impossible.
async fn reach(
    connections: &Connections,
    providers: &Providers,
    named: BTreeSet<&ProviderRef>,
) -> Result<Reached, Vec<Diagnostic>> {
    let default = ProviderConfig::default();
    let each = named.into_iter().map(|provider| {
        let config = providers.get(provider).unwrap_or(&default);
        async move {
            let connect = async {
                let connection = connections.get(config).await?;
                let caller = connection.caller().await?;
                Ok((connection, caller))
            };
            match connect.await {
                Ok((connection, caller)) => match refused(provider, config, &caller) {
                    Some(diagnostic) => Err(diagnostic),
                    None => Ok((provider.clone(), (connection, caller))),
                },
                Err(error) => Err(unreachable(provider, config, &error)),
            }
        }
    });
    let (mut reached, mut failed) = (Reached::new(), Vec::new());
    for result in join_all(each).await {
        match result {
            Ok((provider, found)) => {
                reached.insert(provider, found);
            }
            Err(diagnostic) => failed.push(diagnostic),
        }
    }
    if failed.is_empty() { Ok(reached) } else { Err(failed) }
}

fn at(diagnostic: Diagnostic, config: &ProviderConfig) -> Diagnostic {
    match config.span {
        Some(span) => diagnostic.at(span),
        None => diagnostic,
    }
}

fn unreachable(provider: &ProviderRef, config: &ProviderConfig, error: &CallError) -> Diagnostic {
    let diagnostic = if error.operation == "connect" {
        Diagnostic::error("no-region", format!("{provider}: {}", error.message))
    } else if error.credentials {
        let diagnostic =
            Diagnostic::error("no-credentials", format!("{provider} has no usable AWS credentials"))
                .with_note(error.to_string());
        match profile(config) {
            Some(note) if error.code.is_none() => diagnostic.with_note(note),
            _ => diagnostic,
        }
    } else {
        Diagnostic::error("aws-unreachable", format!("{provider} cannot reach AWS"))
            .with_note(error.to_string())
    };
    let said = error.to_string();
    let help = match &error.help {
        _ if said.contains("AssumeRole") && said.contains("AccessDenied") => {
            "the role of assume_role has to trust these credentials, and they have to be allowed sts:AssumeRole".to_string()
        }
        Some(help) => help.clone(),
        None => "check the network and endpoint_url, or use --sandbox".to_string(),
    };
    at(diagnostic.help(help), config)
}

/// Who names the profile that may not be there: the SDK passes over one it does not find.
fn profile(config: &ProviderConfig) -> Option<String> {
    match &config.profile {
        Some(profile) => Some(format!("the provider block names the profile \"{profile}\"")),
        None => {
            let profile = std::env::var("AWS_PROFILE").ok().filter(|profile| !profile.is_empty())?;
            Some(format!("AWS_PROFILE names the profile \"{profile}\""))
        }
    }
}

/// Whether the provider block forbids the account its credentials lead to.
fn refused(provider: &ProviderRef, config: &ProviderConfig, caller: &Caller) -> Option<Diagnostic> {
    let allowed = &config.allowed_account_ids;
    if allowed.is_empty() || allowed.contains(caller.account()) {
        return None;
    }
    let list: Vec<&str> = allowed.iter().map(AsRef::as_ref).collect();
    let diagnostic = Diagnostic::error(
        "account-not-allowed",
        format!("{provider} leads to account {}, which allowed_account_ids does not list", caller.account()),
    )
    .with_note(format!("the credentials are those of {}; allowed: {}", caller.arn, list.join(", ")))
    .help("use credentials of an allowed account, or add this one to allowed_account_ids");
    Some(at(diagnostic, config))
}

/// Sorts what the snapshot does not hold yet by place.
fn sort(wants: &BTreeSet<Want>, reached: &Reached, snapshot: &Snapshot) -> Sorted {
    let mut sorted = Sorted::default();
    for want in wants {
        let Some((connection, caller)) = want.provider().and_then(|provider| reached.get(provider)) else {
            continue;
        };
        let place = caller.place(true);
        if let Some(kind) = global(want) {
            let place = caller.place(false);
            let asked = match want {
                Want::Object(identity) => snapshot.objects.contains_key(&identity.within(place.clone())),
                _ => snapshot.coverage.contains_key(&(place.clone(), kind.clone())),
            };
            if !asked {
                let entry = sorted.accounts.entry(place).or_default();
                entry.0.get_or_insert_with(|| connection.clone());
                match want {
                    Want::Object(identity) => entry.1.roles.extend(identity.key.first().cloned()),
                    _ => entry.1.owned = true,
                }
            }
            continue;
        }
        if snapshot.answers(want, &place) {
            continue;
        }
        let entry = sorted.regions.entry(place).or_default();
        entry.0.get_or_insert_with(|| connection.clone());
        add(&mut entry.1, want);
    }
    sorted
}

/// The kind of a want about a kind without region.
fn global(want: &Want) -> Option<&Text> {
    let kind = match want {
        Want::Object(identity) => &identity.kind,
        Want::Owned { kind, .. } => kind,
        _ => return None,
    };
    schema(kind).is_some_and(|schema| !schema.regional).then_some(kind)
}

fn add(wants: &mut RegionWants, want: &Want) {
    match want {
        Want::Object(identity) => {
            let part = |index: usize| Text::from(identity.part(index));
            match &*identity.kind {
                "cluster" => {
                    wants.clusters.insert(part(0));
                }
                "addon" => {
                    wants.addons.insert((part(0), part(1)));
                }
                "pod_identity_association" => {
                    wants.associations.entry(part(0)).or_default().insert((part(1), part(2)));
                }
                _ => {}
            }
        }
        Want::Members { cluster, .. } => {
            wants.members.insert(cluster.clone());
        }
        Want::NodeGroups { cluster, .. } => {
            wants.node_groups.insert(cluster.clone());
        }
        Want::Owned { kind, .. } => {
            wants.owned.insert(kind.clone());
        }
        Want::AddonVersions { addon, kubernetes, .. } => {
            wants.versions.insert((addon.clone(), kubernetes.clone()));
        }
        Want::AddonConfiguration { addon, version, .. } => {
            wants.configurations.insert((addon.clone(), version.clone()));
        }
        Want::ClusterVersions(_) => wants.cluster_versions = true,
        Want::Caller(_) | Want::File(_) | Want::Directory { .. } => {}
    }
}

/// Reads everything wanted of one region, concurrently.
async fn region(reader: &Reader, wants: &RegionWants, stack: &StackName) -> Vec<Answer> {
    let mut reads: Vec<BoxFuture<'_, Vec<Answer>>> = Vec::new();
    for name in &wants.clusters {
        reads.push(Box::pin(async move {
            let identity = map::identity(&reader.place, "cluster", &[name]);
            vec![Answer::Object(identity, fact(reader.cluster(name).await))]
        }));
    }
    for (cluster, name) in &wants.addons {
        reads.push(Box::pin(async move {
            let identity = map::identity(&reader.place, "addon", &[cluster, name]);
            vec![Answer::Object(identity, fact(reader.addon(cluster, name).await))]
        }));
    }
    for (cluster, accounts) in &wants.associations {
        // Listing all of a cluster's associations answers any number of questions.
        let all = accounts.len() > 1 || wants.members.contains(cluster);
        for (namespace, account) in accounts {
            reads.push(Box::pin(async move {
                let key = [&**cluster, namespace, account];
                let identity = map::identity(&reader.place, "pod_identity_association", &key);
                let read = reader.association(cluster, namespace, account, all).await;
                vec![Answer::Object(identity, fact(read))]
            }));
        }
    }
    for cluster in &wants.members {
        reads.push(Box::pin(async move {
            let identity = map::identity(&reader.place, "cluster", &[cluster]);
            vec![Answer::Members(identity, fact(reader.members(cluster).await))]
        }));
    }
    for cluster in &wants.node_groups {
        reads.push(Box::pin(async move {
            let identity = map::identity(&reader.place, "cluster", &[cluster]);
            vec![Answer::NodeGroups(identity, fact(reader.node_group_details(cluster).await))]
        }));
    }
    if !wants.owned.is_empty() {
        reads.push(Box::pin(owned::answer(reader, &wants.owned, stack)));
    }
    reads.push(Box::pin(catalog::answer(reader, wants)));
    join_all(reads).await.into_iter().flatten().collect()
}

/// Enters what was read; what is already there stays.
fn insert(snapshot: &mut Snapshot, answer: Answer) {
    match answer {
        Answer::Object(key, fact) => {
            snapshot.objects.entry(key).or_insert(fact);
        }
        Answer::Members(key, fact) => {
            snapshot.members.entry(key).or_insert(fact);
        }
        Answer::NodeGroups(key, fact) => {
            snapshot.node_groups.entry(key).or_insert(fact);
        }
        Answer::Coverage(key, coverage) => {
            snapshot.coverage.entry(key).or_insert(coverage);
        }
        Answer::Versions(key, fact) => {
            snapshot.addon_versions.entry(key).or_insert(fact);
        }
        Answer::Configuration(key, fact) => {
            snapshot.addon_configurations.entry(key).or_insert(fact);
        }
        Answer::ClusterVersions(key, fact) => {
            snapshot.cluster_versions.entry(key).or_insert(fact);
        }
    }
}

#[cfg(test)]
mod tests;
