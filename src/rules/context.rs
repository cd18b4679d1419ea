//! What rules look at: the plan's world, seen as clusters, add-ons, the service accounts that have a role,
//! and roles.

use super::Scope;
use crate::diagnostic::Span;
use crate::live::{
    AddonConfiguration, AddonKey, AddonVersion, ClusterVersion, Fact, Members, NodeGroup, Snapshot,
};
use crate::plan::{Change, ChangeAction, Plan};
use crate::stack::{Evaluation, Instance, Mode};
use crate::value::{Identity, KeyPart, Map, Path, Place, PlaceParts, ProviderRef, Text, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub struct Context<'a> {
    pub plan: &'a Plan,
    pub snapshot: &'a Snapshot,
    pub scope: Scope,
    /// Seconds since 1970.
    pub now: i64,
    /// Clusters that the files declare or name, by identity.
    pub clusters: BTreeMap<Identity<Place>, Cluster<'a>>,
    pub addons: Vec<Addon<'a>>,
    /// Every service account that the files give a role through Pod Identity.
    pub uses: Vec<Use<'a>>,
    /// Declared roles, and those of the account that the files name by ARN.
    pub roles: BTreeMap<Text, Role<'a>>,
    /// What the plan makes or changes, but for eksform's own tags.
    changes: BTreeMap<&'a Identity<Place>, &'a Change>,
    /// Indices of add-ons.
    addons_of: BTreeMap<Identity<Place>, Vec<usize>>,
    /// Indices of uses.
    uses_of: BTreeMap<Identity<Place>, Vec<usize>>,
    /// Indices of uses, by ARN.
    users_of: BTreeMap<Text, Vec<usize>>,
}

/// A cluster as it will be.
pub struct Cluster<'a> {
    pub identity: Identity<Place>,
    pub provider: ProviderRef,
    pub instance: Option<&'a Instance>,
    pub attributes: Option<&'a Map>,
    /// What lives in it, if that was read.
    pub members: Option<&'a Members>,
    /// What its node groups run on, if that was read.
    pub node_groups: Option<&'a [NodeGroup]>,
    /// Whether the plan creates it.
    pub created: bool,
}

/// A declared add-on as it will be.
pub struct Addon<'a> {
    pub instance: &'a Instance,
    pub name: &'a str,
    pub cluster: Identity<Place>,
    /// What EKS offers of it for the cluster's Kubernetes version.
    pub offered: Option<&'a [AddonVersion]>,
    /// The version it will have, where that is known.
    pub version: Option<Text>,
    pub configuration: Option<&'a AddonConfiguration>,
}

/// A service account with a role.
pub struct Use<'a> {
    pub instance: &'a Instance,
    /// Index of the add-on whose association it is.
    pub addon: Option<usize>,
    pub cluster: Identity<Place>,
    pub namespace: Option<Text>,
    pub service_account: Text,
    pub role_arn: Option<Text>,
    pub target_role_arn: Option<Text>,
    pub span: Span,
}

/// A role as it will be.
pub struct Role<'a> {
    pub name: Text,
    pub instance: Option<&'a Instance>,
    pub attributes: &'a Map,
}

/// Text of a known attribute that is no secret.
pub fn text(attributes: &Map, name: &str) -> Option<Text> {
    let value = attributes.get(name).filter(|value| !value.is_sensitive())?;
    value.as_str().map(Text::from)
}

impl<'a> Context<'a> {
    #[must_use]
    pub fn new(
        plan: &'a Plan,
        evaluation: &'a Evaluation,
        snapshot: &'a Snapshot,
        scope: Scope,
        now: i64,
    ) -> Self {
        // What is to be destroyed needs no guardrails.
        let instances = if plan.mode == Mode::Apply { evaluation.instances.as_slice() } else { &[] };
        let mut context = Self {
            plan,
            snapshot,
            scope,
            now,
            clusters: BTreeMap::new(),
            addons: Vec::new(),
            uses: Vec::new(),
            roles: BTreeMap::new(),
            changes: changes(plan),
            addons_of: BTreeMap::new(),
            uses_of: BTreeMap::new(),
            users_of: BTreeMap::new(),
        };
        context.clusters(instances);
        context.addons(instances);
        context.uses(instances);
        for (index, addon) in context.addons.iter().enumerate() {
            context.addons_of.entry(addon.cluster.clone()).or_default().push(index);
        }
        for (index, used) in context.uses.iter().enumerate() {
            context.uses_of.entry(used.cluster.clone()).or_default().push(index);
            for arn in used.role_arns() {
                context.users_of.entry(arn.clone()).or_default().push(index);
            }
        }
        context.roles(instances);
        context
    }

    /// The add-ons that the files declare in a cluster.
    pub fn addons_in(&self, cluster: &Identity<Place>) -> impl Iterator<Item = &Addon<'a>> {
        self.addons_of.get(cluster).into_iter().flatten().map(|index| &self.addons[*index])
    }

    /// The service accounts of a cluster that have a role.
    pub fn uses_in(&self, cluster: &Identity<Place>) -> impl Iterator<Item = &Use<'a>> {
        self.uses_of.get(cluster).into_iter().flatten().map(|index| &self.uses[*index])
    }

    /// The service accounts that have a role, at first or second hand.
    pub fn users(&self, arn: &Text) -> impl Iterator<Item = &Use<'a>> {
        self.users_of.get(arn).into_iter().flatten().map(|index| &self.uses[*index])
    }

    fn clusters(&mut self, instances: &'a [Arc<Instance>]) {
        for instance in instances {
            let Some(identity) = &instance.identity else { continue };
            let cluster = match instance.schema.kind {
                "cluster" => identity.clone(),
                _ if instance.schema.lives_in_cluster() => cluster_of(identity),
                _ => continue,
            };
            let declared = (instance.schema.kind == "cluster").then_some(instance);
            let snapshot = self.snapshot;
            let entry = self.clusters.entry(cluster.clone()).or_insert_with(|| Cluster {
                provider: instance.provider.clone(),
                instance: None,
                attributes: snapshot.object(&cluster).and_then(Fact::known).map(|object| &object.attributes),
                members: snapshot.members.get(&cluster).and_then(Fact::known),
                node_groups: snapshot.node_groups.get(&cluster).and_then(Fact::known).map(Vec::as_slice),
                created: self
                    .changes
                    .get(&cluster)
                    .is_some_and(|change| change.action == ChangeAction::Create),
                identity: cluster,
            });
            if let Some(instance) = declared {
                entry.instance = Some(instance);
                entry.attributes = Some(&instance.proposed.after);
            }
        }
    }

    fn addons(&mut self, instances: &'a [Arc<Instance>]) {
        for instance in instances.iter().filter(|instance| instance.schema.kind == "addon") {
            let Some(identity) = &instance.identity else { continue };
            let cluster = cluster_of(identity);
            let name = instance.symbolic.part(1);
            let offered = self.clusters.get(&cluster).and_then(Cluster::kubernetes).and_then(|kubernetes| {
                let key = AddonKey { place: cluster.scope.clone(), addon: name.into(), version: kubernetes };
                self.snapshot.addon_versions.get(&key)
            });
            let offered = offered.and_then(Fact::known).map(Vec::as_slice);
            let mut version = text(&instance.proposed.after, "version");
            if version.is_none() && !instance.desired.contains_key("version") {
                // AWS takes the default.
                let default = offered.and_then(|all| all.iter().find(|version| version.default));
                version = default.map(|version| version.version.clone());
            }
            let configuration = version.clone().and_then(|version| {
                let key = AddonKey { place: cluster.scope.clone(), addon: name.into(), version };
                self.snapshot.addon_configurations.get(&key)
            });
            let configuration = configuration.and_then(Fact::known);
            self.addons.push(Addon { instance, name, cluster, offered, version, configuration });
        }
    }

    fn uses(&mut self, instances: &'a [Arc<Instance>]) {
        for (index, addon) in self.addons.iter().enumerate() {
            let blocks = addon.instance.proposed.after.get("pod_identity_association");
            for (account, block) in blocks.and_then(Value::as_map).into_iter().flatten() {
                let path = Path::attribute("pod_identity_association").key(account.clone());
                self.uses.push(Use {
                    instance: addon.instance,
                    addon: Some(index),
                    cluster: addon.cluster.clone(),
                    namespace: addon.namespace(),
                    service_account: account.clone(),
                    role_arn: block.as_map().and_then(|block| text(block, "role_arn")),
                    target_role_arn: None,
                    span: addon.instance.spans.get(&path).copied().unwrap_or(addon.instance.span),
                });
            }
        }
        for instance in instances {
            if instance.schema.kind != "pod_identity_association" {
                continue;
            }
            let Some(identity) = &instance.identity else { continue };
            self.uses.push(Use {
                instance,
                addon: None,
                cluster: cluster_of(identity),
                namespace: Some(identity.part(1).into()),
                service_account: identity.part(2).into(),
                role_arn: text(&instance.proposed.after, "role_arn"),
                target_role_arn: text(&instance.proposed.after, "target_role_arn"),
                span: instance.span,
            });
        }
    }

    fn roles(&mut self, instances: &'a [Arc<Instance>]) {
        for (identity, object) in self.snapshot.existing().filter(|(identity, _)| &*identity.kind == "role") {
            if let Some(arn) = text(&object.attributes, "arn").filter(|arn| self.users_of.contains_key(arn)) {
                let role =
                    Role { name: identity.part(0).into(), instance: None, attributes: &object.attributes };
                self.roles.insert(arn, role);
            }
        }
        for instance in instances.iter().filter(|instance| instance.schema.kind == "role") {
            let after = &instance.proposed.after;
            if let Some(arn) = text(after, "arn") {
                let name = instance.symbolic.part(0).into();
                self.roles.insert(arn, Role { name, instance: Some(instance), attributes: after });
            }
        }
    }

    /// Addresses of what the plan makes or changes.
    pub fn changed(&self) -> BTreeSet<String> {
        self.changes.values().filter_map(|change| change.address.as_ref()).map(ToString::to_string).collect()
    }

    /// The plan's change of an instance that makes or changes more than eksform's own tags.
    pub fn change(&self, instance: &Instance) -> Option<&'a Change> {
        self.changes.get(instance.identity.as_ref()?).copied()
    }

    /// The Kubernetes version as EKS describes it.
    pub fn cluster_version(&self, place: &Place, version: &str) -> Option<&'a ClusterVersion> {
        let all = self.snapshot.cluster_versions.get(place)?.known()?;
        all.iter().find(|known| *known.version == *version)
    }

    /// The role a service account has, if it is known.
    pub fn role(&self, used: &Use<'_>) -> Option<&Role<'a>> {
        self.roles.get(used.role_arn.as_ref()?)
    }

    /// The managed policies AWS recommends for a service account of an add-on, whether the association is the
    /// add-on's or stands beside it.
    pub fn recommended(&self, used: &Use<'_>) -> Option<&'a [Text]> {
        self.owner(used)?.recommended(&used.service_account)
    }

    /// The add-on whose service account it is.
    pub fn owner(&self, used: &Use<'_>) -> Option<&Addon<'a>> {
        if let Some(index) = used.addon {
            return self.addons.get(index);
        }
        self.addons_in(&used.cluster).find(|addon| {
            addon.recommended(&used.service_account).is_some() && addon.namespace() == used.namespace
        })
    }
}

/// What a plan makes or changes, but for eksform's own tags. Of a replacement it is the creation.
fn changes(plan: &Plan) -> BTreeMap<&Identity<Place>, &Change> {
    let changes = plan.changes.iter().filter(|change| match change.action {
        ChangeAction::Create => true,
        ChangeAction::Update => !change.only_ownership(),
        ChangeAction::Delete | ChangeAction::Await => false,
    });
    changes.map(|change| (&change.identity, change)).collect()
}

/// The cluster that an identity of something in it names.
pub fn cluster_of(identity: &Identity<Place>) -> Identity<Place> {
    Identity { scope: identity.scope.clone(), kind: "cluster".into(), key: identity.key[..1].into() }
}

impl Cluster<'_> {
    pub fn name(&self) -> &str {
        self.identity.part(0)
    }

    pub fn kubernetes(&self) -> Option<Text> {
        text(self.attributes?, "version")
    }

    /// Whether EKS runs the nodes, and the agent on them.
    pub fn auto_mode(&self) -> bool {
        let mode = self.attributes.and_then(|attributes| attributes.get("auto_mode")?.get("enabled"));
        mode.and_then(Value::as_bool) == Some(true)
    }

    /// Whether nothing of EKS can run pods: certain of a new cluster, else only once it was looked at.
    pub fn without_compute(&self) -> bool {
        let none = match self.members {
            Some(members) => members.node_groups.is_empty() && members.fargate_profiles.is_empty(),
            None => self.created,
        };
        none && !self.auto_mode()
    }

    pub fn arn(&self) -> String {
        let PlaceParts { partition, account, region } = &*self.identity.scope;
        format!("arn:{partition}:eks:{}:{account}:cluster/{}", region.as_deref().unwrap_or(""), self.name())
    }

    /// The identity of an add-on of this cluster.
    pub fn addon(&self, name: &str) -> Identity<Place> {
        let key = [self.identity.key[0].clone(), KeyPart::exact(name)];
        Identity { scope: self.identity.scope.clone(), kind: "addon".into(), key: key.into() }
    }
}

impl<'a> Addon<'a> {
    /// What EKS says about the version it will have.
    pub fn offer(&self) -> Option<&'a AddonVersion> {
        let version = self.version.as_ref()?;
        self.offered?.iter().find(|offered| offered.version == *version)
    }

    /// Where it is installed: as the files or the account say, else where EKS puts it.
    pub fn namespace(&self) -> Option<Text> {
        text(&self.instance.proposed.after, "namespace").or_else(|| {
            let offer = self.offer().or_else(|| self.offered?.first())?;
            offer.namespace.clone()
        })
    }

    /// The managed policies AWS recommends for one of its service accounts.
    pub fn recommended(&self, account: &str) -> Option<&'a [Text]> {
        let accounts = &self.configuration?.service_accounts;
        accounts.iter().find(|(name, _)| **name == *account).map(|(_, policies)| policies.as_slice())
    }

    /// Where one of its attributes stands.
    pub fn span(&self, attribute: &str) -> Span {
        let path = Path::attribute(attribute);
        self.instance.spans.get(&path).copied().unwrap_or(self.instance.span)
    }
}

impl Use<'_> {
    /// The role and the one it assumes.
    pub fn role_arns(&self) -> impl Iterator<Item = &Text> {
        self.role_arn.iter().chain(&self.target_role_arn)
    }

    /// `shop/orders`, or the account alone while its namespace is not known.
    pub fn name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.service_account),
            None => self.service_account.to_string(),
        }
    }
}

impl Role<'_> {
    /// The attached policies, unless one of them is unknown or secret.
    pub fn managed_policies(&self) -> Option<BTreeSet<Text>> {
        let policies = self.attributes.get("managed_policies")?;
        if policies.contains_sensitive() || policies.contains_unknown() {
            return None;
        }
        Some(policies.as_items()?.iter().filter_map(Value::as_str).map(Text::from).collect())
    }

    /// The inline policies by name, unless there is something secret about them.
    pub fn inline_policies(&self) -> Option<&Map> {
        let policies = self.attributes.get("inline_policies")?;
        if policies.contains_sensitive() { None } else { policies.as_map() }
    }
}
