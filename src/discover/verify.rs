//! Whether what was applied really works: status and health, roles that EKS Pod Identity can assume, the permissions
//! that EKS recommends, the agent, and the pods where somebody looked at them.

use super::concern::{Concern, Concerns, Outcome, Subject, VerifyRow};
use super::pods::{self, Pod};
use crate::author::{self, Role, Survey};
use crate::kinds::recommended::Session;
use crate::kinds::{AGENT, cluster_arn, identity, pod_trust};
use crate::live::{AddonKey, Fact, Object, Phase, Snapshot, StackName};
use crate::value::{Address, Identity, Map, Place, ProviderRef, Text, Value, Want};
use std::collections::{BTreeMap, BTreeSet};

/// What EKS says of an add-on whose pods have nowhere to run.
const NO_REPLICAS: &str = "InsufficientNumberOfReplicas";

/// What the files say of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    pub address: Option<Address>,
    /// The service accounts of an add-on that they give a role.
    pub service_accounts: Vec<Text>,
}

/// The pods by cluster and namespace; or why they could not be listed.
pub type Pods = BTreeMap<(Identity<Place>, Text), Result<Vec<Pod>, String>>;

/// Whose objects are looked at, and what is known of their pods.
pub struct Verification<'a> {
    pub stack: &'a StackName,
    pub declared: &'a BTreeMap<Identity<Place>, Declared>,
    pub snapshot: &'a Snapshot,
    /// `None` if nobody looks at pods.
    pub pods: Option<&'a Pods>,
}

/// What has to be read of a cluster; nothing more once it is known.
pub fn verify_wants(provider: &ProviderRef, cluster: &str, snapshot: &Snapshot) -> BTreeSet<Want> {
    let mut wants = author::wants(provider, cluster, snapshot);
    let Some(place) = snapshot.place(provider, true) else { return wants };
    let survey = Survey::new(&place, cluster, snapshot);
    for addon in &survey.addons {
        let Some(object) = survey.object(addon) else { continue };
        if !object.text("version").is_empty() {
            wants.extend(author::configuration_want(provider, addon, object, snapshot));
        }
    }
    wants
}

/// A service account that has a role.
struct Use<'s> {
    namespace: &'s str,
    account: Text,
    role_arn: &'s str,
    target_role_arn: &'s str,
    /// The managed policies EKS recommends, where it does.
    recommended: Option<&'s [Text]>,
}

impl Verification<'_> {
    /// The lines about one cluster: itself, then the add-ons of the stack with their associations, then those that
    /// stand on their own.
    pub fn rows(&self, place: &Place, name: &str) -> Vec<VerifyRow> {
        let look = Look { all: self, survey: Survey::new(place, name, self.snapshot), place, name };
        look.rows()
    }

    /// The namespaces of a cluster in which pods have roles from the stack.
    pub fn namespaces(&self, place: &Place, name: &str) -> BTreeSet<Text> {
        let rows = self.rows(place, name);
        let associations = rows.iter().filter(|row| row.subject == Subject::Association);
        associations
            .filter_map(|row| row.name.split_once('/'))
            .map(|(namespace, _)| namespace.into())
            .collect()
    }

    fn declares(&self, identity: &Identity<Place>) -> Option<&Declared> {
        self.declared.get(identity)
    }

    /// Whether an object is the stack's.
    fn concerns(&self, identity: &Identity<Place>) -> bool {
        let owned = |object: &Object| object.owner.is(self.stack);
        self.declared.contains_key(identity)
            || self.snapshot.object(identity).and_then(Fact::known).is_some_and(owned)
    }
}

/// One cluster.
struct Look<'s> {
    all: &'s Verification<'s>,
    survey: Survey<'s>,
    place: &'s Place,
    name: &'s str,
}

impl<'s> Look<'s> {
    fn rows(&self) -> Vec<VerifyRow> {
        let mut rows = Vec::new();
        // What is declared may not be there.
        let of_cluster = |kind: &'s str| {
            let declared = self.all.declared.keys();
            declared.filter(move |it| *it.kind == *kind && it.scope == *self.place && it.part(0) == self.name)
        };
        let addons: BTreeSet<&Identity<Place>> =
            self.survey.addons.iter().filter(|it| self.all.concerns(it)).chain(of_cluster("addon")).collect();
        let associations: BTreeSet<&Identity<Place>> = self
            .survey
            .associations
            .iter()
            .filter(|it| self.all.concerns(it))
            .chain(of_cluster("pod_identity_association"))
            .collect();
        for addon in addons {
            self.addon(addon, &mut rows);
        }
        for association in associations {
            rows.push(self.association(association));
        }
        let uses = rows.iter().any(|row| row.subject == Subject::Association);
        let agent_listed = rows.iter().any(|row| row.subject == Subject::Addon && row.name == AGENT);
        rows.insert(0, self.cluster(uses, agent_listed));
        rows
    }

    fn row(&self, subject: Subject, name: String, object: Option<&Identity<Place>>) -> VerifyRow {
        let declared = object.and_then(|it| self.all.declares(it)?.address.as_ref()).map(ToString::to_string);
        let recorded = || match &self.survey.object(object?)?.owner {
            crate::live::Owner::Stack { address, .. } => address.as_ref().map(ToString::to_string),
            crate::live::Owner::None => None,
        };
        let status = object.and_then(|it| self.survey.object(it)).map(|object| object.status.clone());
        VerifyRow {
            subject,
            cluster: self.name.into(),
            place: self.place.to_string(),
            name,
            addon: None,
            address: declared.or_else(recorded),
            status: status.unwrap_or_default(),
            role: None,
            pods: None,
            concerns: Vec::new(),
        }
    }

    /// The object, or why it is not there.
    fn existing(&self, object: &Identity<Place>, concerns: &mut Concerns) -> Option<&'s Object> {
        match self.all.snapshot.object(object) {
            Some(Fact::Known(found)) => return Some(found),
            Some(Fact::Denied(why)) => concerns.unread("it", why),
            Some(Fact::Absent) | None => {
                concerns.push(Concern::failing("it does not exist").help("eksform apply makes it"));
            }
        }
        None
    }

    fn auto_mode(&self) -> bool {
        let cluster = self.survey.object(&self.survey.cluster);
        let enabled = cluster.and_then(|cluster| cluster.attributes.get("auto_mode")?.get("enabled"));
        enabled.and_then(Value::as_bool) == Some(true)
    }

    /// Whether EKS knows of anything that can run pods; so it is, where that could not be listed.
    fn has_compute(&self) -> bool {
        let none = |members: &crate::live::Members| {
            members.node_groups.is_empty() && members.fargate_profiles.is_empty()
        };
        self.auto_mode() || !self.survey.members.is_some_and(none)
    }

    fn cluster(&self, uses: bool, agent_listed: bool) -> VerifyRow {
        let cluster = &self.survey.cluster;
        let mut row = self.row(Subject::Cluster, self.name.to_string(), Some(cluster));
        let mut concerns = Concerns::default();
        if let Some(object) = self.existing(cluster, &mut concerns) {
            state(object, &mut concerns);
            if let Some(Fact::Denied(why)) = self.all.snapshot.members.get(cluster) {
                concerns.unread("what lives in it", why);
            } else if uses && !self.auto_mode() && !agent_listed {
                self.agent(&mut concerns);
            }
        }
        row.concerns = concerns.0;
        row
    }

    /// Somebody else's agent, or none.
    fn agent(&self, concerns: &mut Concerns) {
        let agent = identity(self.place, "addon", &[self.name, AGENT]);
        if !self.survey.addons.contains(&agent) {
            concerns.push(
                Concern::failing(format!("the add-on {AGENT} is missing, so pods get no credentials"))
                    .help(format!("declare: addon \"{AGENT}\" {{ cluster = \"{}\" }}", self.name)),
            );
            return;
        }
        match self.all.snapshot.object(&agent) {
            Some(Fact::Known(found)) if *found.status != *"ACTIVE" => {
                concerns
                    .fail(format!("the add-on {AGENT} is {}, so pods may get no credentials", found.status));
            }
            Some(Fact::Denied(why)) => concerns.unread(AGENT, why),
            _ => {}
        }
    }

    fn addon(&self, addon: &Identity<Place>, rows: &mut Vec<VerifyRow>) {
        let name = addon.part(1);
        let mut row = self.row(Subject::Addon, name.to_string(), Some(addon));
        let mut concerns = Concerns::default();
        let mut uses = Vec::new();
        if let Some(object) = self.existing(addon, &mut concerns) {
            let only_replicas = &*object.status == "DEGRADED"
                && !object.issues.is_empty()
                && object.issues.iter().all(|issue| *issue.code == *NO_REPLICAS);
            if only_replicas && !self.has_compute() {
                concerns.warn(format!(
                    "DEGRADED until the cluster has nodes, a Fargate profile or Auto Mode: nothing runs its pods yet ({NO_REPLICAS})"
                ));
            } else {
                state(object, &mut concerns);
            }
            let configuration = self.configuration(name, object, &mut concerns);
            let blocks = object.attributes.get("pod_identity_association").and_then(Value::as_map);
            for (account, block) in blocks.into_iter().flatten() {
                uses.push(Use {
                    namespace: object.text("namespace"),
                    account: account.clone(),
                    role_arn: block.get("role_arn").and_then(Value::as_str).unwrap_or(""),
                    target_role_arn: "",
                    recommended: recommended(configuration, account),
                });
            }
            let irsa = object.text("service_account_role_arn");
            if !irsa.is_empty() {
                row.role = Some(self.role(irsa, &mut concerns).0);
            }
            let beside = |account: &str| {
                self.survey
                    .associations
                    .iter()
                    .any(|it| it.part(1) == object.text("namespace") && it.part(2) == account)
            };
            let without: Vec<&str> = configuration
                .iter()
                .map(|(account, _)| &**account)
                .filter(|account| !uses.iter().any(|used| *used.account == **account) && !beside(account))
                .collect();
            if irsa.is_empty() && !without.is_empty() {
                concerns.push(
                    Concern::new(
                        Outcome::Warning,
                        format!("EKS recommends permissions for {}, which has no role", without.join(", ")),
                    )
                    .help("pod_identity = \"recommended\" gives it one"),
                );
            }
            let declared = self.all.declares(addon).map(|declared| &declared.service_accounts);
            for account in declared.into_iter().flatten() {
                if !uses.iter().any(|used| used.account == *account) {
                    concerns.push(
                        Concern::failing(format!("its association for {account} does not exist"))
                            .help("eksform apply makes it"),
                    );
                }
            }
        }
        row.concerns = concerns.0;
        let address = row.address.clone();
        rows.push(row);
        for used in uses {
            let mut row = self.used(&used, Concerns::default(), None);
            row.addon = Some(name.into());
            row.address = address.clone();
            rows.push(row);
        }
    }

    /// What EKS recommends for an add-on's service accounts.
    fn configuration(&self, name: &str, object: &Object, concerns: &mut Concerns) -> &'s [(Text, Vec<Text>)] {
        let version = object.text("version");
        let key = AddonKey { place: self.place.clone(), addon: name.into(), version: version.into() };
        match self.all.snapshot.addon_configurations.get(&key) {
            Some(Fact::Known(configuration)) => &configuration.service_accounts,
            Some(Fact::Denied(why)) => {
                concerns.unread("what EKS recommends for it", why);
                &[]
            }
            Some(Fact::Absent) | None => &[],
        }
    }

    fn association(&self, association: &Identity<Place>) -> VerifyRow {
        let (namespace, account) = (association.part(1), association.part(2));
        let mut concerns = Concerns::default();
        let Some(object) = self.existing(association, &mut concerns) else {
            let mut row = self.row(Subject::Association, format!("{namespace}/{account}"), Some(association));
            row.concerns = concerns.0;
            return row;
        };
        // It may be for a service account of an add-on.
        let recommended = self.survey.addons.iter().find_map(|addon| {
            let object = self.survey.object(addon).filter(|object| object.text("namespace") == namespace)?;
            recommended(self.configuration(addon.part(1), object, &mut Concerns::default()), account)
        });
        let used = Use {
            namespace,
            account: account.into(),
            role_arn: object.text("role_arn"),
            target_role_arn: object.text("target_role_arn"),
            recommended,
        };
        self.used(&used, concerns, Some(association))
    }

    fn used(&self, used: &Use<'_>, mut concerns: Concerns, object: Option<&Identity<Place>>) -> VerifyRow {
        let name = format!("{}/{}", used.namespace, used.account);
        let mut row = self.row(Subject::Association, name, object);
        let (role_name, role) = self.role(used.role_arn, &mut concerns);
        row.role = Some(role_name.clone());
        if let Some(role) = role {
            self.permissions(used, &role_name, role, &mut concerns);
        }
        if !used.target_role_arn.is_empty() {
            self.role(used.target_role_arn, &mut concerns);
        }
        if let Some(pods) = self.all.pods {
            match pods.get(&(self.survey.cluster.clone(), used.namespace.into())) {
                Some(Ok(pods)) => {
                    let compute = self.has_compute();
                    row.pods = Some(pods::judge(used.namespace, &used.account, pods, compute, &mut concerns));
                }
                Some(Err(why)) => concerns.unread("its pods", why),
                None => {}
            }
        }
        row.concerns = concerns.0;
        row
    }

    /// The name of a role, and the role itself if it is one of the account.
    fn role(&self, arn: &str, concerns: &mut Concerns) -> (Text, Option<&'s Map>) {
        let here = match self.survey.roles.get(arn) {
            Some(Role::Here(here)) => here,
            Some(Role::Elsewhere(why)) => {
                concerns.warn(format!("the role {arn} was not looked at: {why}"));
                return (arn.into(), None);
            }
            None => return (arn.into(), None),
        };
        let name: Text = here.part(0).into();
        match self.all.snapshot.object(here) {
            Some(Fact::Known(role)) => (name, Some(&role.attributes)),
            Some(Fact::Denied(why)) => {
                concerns.unread(&format!("the role {name}"), why);
                (name, None)
            }
            Some(Fact::Absent) | None => {
                concerns.fail(format!("the role {name} does not exist"));
                (name, None)
            }
        }
    }

    /// Whether EKS Pod Identity can assume a role, and whether the role allows what EKS recommends.
    fn permissions(&self, used: &Use<'_>, name: &str, role: &Map, concerns: &mut Concerns) {
        let arn = cluster_arn(self.place, self.name).unwrap_or_default();
        let session =
            Session { cluster_arn: &arn, namespace: used.namespace, service_account: &used.account };
        let trust = pod_trust::problems(role.get("trust_policy").unwrap_or(const { &Value::NULL }), &session);
        for problem in trust {
            concerns.fail(format!("EKS Pod Identity cannot assume the role {name}: {problem}"));
        }
        let attached: Vec<&str> = role
            .get("managed_policies")
            .and_then(Value::as_items)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let inline = role.get("inline_policies").and_then(Value::as_map).is_some_and(|all| !all.is_empty());
        let recommended = used.recommended.unwrap_or_default();
        let lacks: Vec<&str> =
            recommended.iter().map(|policy| &**policy).filter(|policy| !attached.contains(policy)).collect();
        let other = inline || attached.iter().any(|policy| !recommended.iter().any(|it| **it == **policy));
        if lacks.is_empty() && attached.is_empty() && !inline {
            concerns.fail(format!("the role {name} has no policy, so it allows nothing"));
        }
        if !lacks.is_empty() {
            let text = format!("the role {name} lacks what EKS recommends: {}", lacks.join(", "));
            // Whether policies of one's own allow as much cannot be seen from their names.
            concerns.push(match other {
                true => {
                    Concern::new(Outcome::Warning, format!("{text}; its other policies may allow as much"))
                }
                false => Concern::failing(text),
            });
        }
    }
}

fn recommended<'s>(configuration: &'s [(Text, Vec<Text>)], account: &str) -> Option<&'s [Text]> {
    let (_, policies) = configuration.iter().find(|(name, _)| **name == *account)?;
    Some(policies)
}

/// Status and health of an object.
fn state(object: &Object, concerns: &mut Concerns) {
    let status = &*object.status;
    let outcome = match (object.phase, status) {
        (Phase::Settled, "ACTIVE" | "") => Outcome::Working,
        (Phase::Busy, "UPDATING") => Outcome::Warning,
        _ => Outcome::NotWorking,
    };
    if outcome > Outcome::Working && object.issues.is_empty() {
        concerns.push(Concern::new(outcome, format!("it is {status}")));
    }
    for issue in &object.issues {
        let outcome = outcome.max(Outcome::Warning);
        concerns.push(Concern::new(outcome, format!("{status}: {} ({})", issue.message, issue.code)));
    }
}
