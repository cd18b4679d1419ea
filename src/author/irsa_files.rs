//! The files that move a cluster from IRSA to Pod Identity: blocks for what no file declares, edits of what they do.

use super::files::{Files, addon_names};
use super::import::{Draft, Imported, Request};
use super::irsa::{Account, Agent, Irsa, with_pods};
use super::irsa_edit::{Edits, Written};
use super::labels::Labels;
use super::survey::Survey;
use crate::diagnostic::{Diagnostic, Sources};
use crate::kinds::AGENT;
use crate::kinds::{self, identity, policy};
use crate::lang::quoted_string;
use crate::live::{AssociationMember, Fact, Object, Owner, Phase, Snapshot};
use crate::value::{Address, Identity, Map, Place, Text, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be moved, and what the files say so far.
pub struct Moving<'a> {
    /// What an import would be asked for. Its snapshot holds what [`super::irsa_wants`] asked for.
    pub request: Request<'a>,
    pub irsa: &'a Irsa<'a>,
    /// The blocks of the stack's own files, by kind and label.
    pub blocks: &'a BTreeMap<(&'a str, &'a str), Written<'a>>,
    pub sources: &'a Sources,
    /// The new file.
    pub file: String,
}

/// The files after the move, and what has to be said about them.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    /// New files: names and texts.
    pub files: Vec<(String, String)>,
    /// Files that change: paths and texts.
    pub changed: BTreeMap<String, String>,
    /// What moves, in words.
    pub moves: Vec<String>,
    /// What has to be changed by hand, and where.
    pub by_hand: Vec<String>,
    /// What is not moved, and why.
    pub left_out: Vec<String>,
}

/// Writes the files in which every role is open to Pod Identity and to the OIDC provider, and in which add-ons and
/// service accounts have their associations.
pub fn move_irsa(moving: &Moving<'_>) -> Result<Moved, Box<Diagnostic>> {
    let irsa = moving.irsa;
    let mut mover = Mover {
        moving,
        target: moving.request.snapshot.clone(),
        edits: Edits::new(moving.sources),
        drafts: BTreeSet::new(),
        agent: agent_block(moving),
        made: BTreeSet::new(),
        moved: Moved { left_out: irsa.left_out.clone(), ..Moved::default() },
    };
    let mut roles: BTreeMap<&Identity<Place>, Result<(), String>> = BTreeMap::new();
    for addon in &irsa.addons {
        let name = addon.addon.part(1);
        let [first, ..] = addon.service_accounts.as_slice() else {
            let why = "which of its service accounts uses the role cannot be told";
            mover.moved.left_out.push(format!("addon {name}: {why}"));
            continue;
        };
        let account: Account = (mover.namespace(&addon.addon), first.clone());
        let object = irsa.roles.get(&addon.role).map(|used| used.object);
        let role = roles.entry(&addon.role).or_insert_with(|| mover.role(&addon.role, object, &account));
        match role {
            Ok(()) => mover.addon(&addon.addon, &addon.role_arn, &addon.service_accounts),
            Err(why) => mover.moved.left_out.push(format!("addon {name}: {why}")),
        }
    }
    for (role, account) in irsa.workloads() {
        let object = irsa.roles.get(role).map(|used| used.object);
        let result = roles.entry(role).or_insert_with(|| mover.role(role, object, account));
        match result {
            Ok(()) => mover.workload(role, account),
            Err(why) => {
                let why = why.clone();
                mover.moved.left_out.push(format!("service account {}/{}: {why}", account.0, account.1));
            }
        }
    }
    for (role, used) in &irsa.roles {
        if let Some(vague) = &used.vague {
            mover.moved.left_out.push(format!("role {}: {vague}", role.part(0)));
        }
    }
    mover.agent();
    mover.write()
}

/// The block of an agent that is yet to be created, if it can be referred to.
fn agent_block(moving: &Moving<'_>) -> Option<String> {
    let (irsa, request) = (moving.irsa, &moving.request);
    if irsa.agent != Agent::Missing {
        return None;
    }
    let id = identity(&irsa.place, "addon", &[irsa.cluster.part(0), AGENT]);
    if let Some(address) = request.declared.get(&id) {
        return address.module.is_empty().then(|| format!("{}.{}", address.kind, address.name));
    }
    let label = Labels::taken(request.labels.iter().cloned()).give("addon", &addon_names(&id));
    Some(format!("addon.{label}"))
}

/// Takes the OIDC provider out of the files' trust policies. `desired` are the trust policies that the files give the
/// roles they declare. An error lists what has yet to be so.
pub fn finish_irsa(
    irsa: &Irsa<'_>,
    declared: &BTreeMap<Identity<Place>, Address>,
    desired: &BTreeMap<Identity<Place>, Value>,
    blocks: &BTreeMap<(&str, &str), Written<'_>>,
    sources: &Sources,
) -> Result<Moved, Box<Diagnostic>> {
    let mut edits = Edits::new(sources);
    let mut moved = Moved { left_out: irsa.left_out.clone(), ..Moved::default() };
    let mut problems = Vec::new();
    for (role, used) in &irsa.roles {
        let Some(address) = declared.get(role) else {
            moved.left_out.push(format!("role {}: this stack does not declare it", role.part(0)));
            continue;
        };
        // What the files have let go of needs an apply only.
        let named = |policy: &Value| policy.is_unknown() || policy::text(policy).contains(&irsa.issuer);
        if !desired.get(role).is_none_or(named) {
            continue;
        }
        let unfinished = irsa.unfinished(role, used);
        if !unfinished.is_empty() {
            problems.extend(unfinished.into_iter().map(|problem| format!("{address}: {problem}")));
            continue;
        }
        let block = blocks.get(&(&*address.kind, &*address.name)).filter(|_| address.module.is_empty());
        let result = block.map_or_else(
            || Err("it is declared in a module".into()),
            |block| edits.close(block, &irsa.issuer),
        );
        match result {
            Ok(()) => moved.moves.push(format!("{address}: no longer trusts the OIDC provider")),
            Err(why) => moved.by_hand.push(format!(
                "{address}: {why}. Remove the statement for oidc-provider/{} from its trust policy",
                irsa.issuer
            )),
        }
    }
    match &irsa.agent {
        _ if moved.moves.is_empty() && moved.by_hand.is_empty() => {}
        Agent::Works => {}
        Agent::Missing => problems.push(format!("the cluster has no {AGENT} and no EKS Auto Mode")),
        Agent::Status(status) => problems.push(format!("the add-on {AGENT} is {status}")),
    }
    if problems.is_empty() {
        moved.changed = edits.apply();
        return Ok(moved);
    }
    let mut diagnostic =
        Diagnostic::error("irsa-in-use", "The OIDC provider is still needed, so no trust policy was changed");
    for problem in problems {
        diagnostic = diagnostic.with_note(problem);
    }
    Err(Box::new(diagnostic.help("run eksform migrate irsa, then eksform apply, then this again")))
}

struct Mover<'m, 'a> {
    moving: &'m Moving<'a>,
    /// The account as it will be.
    target: Snapshot,
    edits: Edits<'m>,
    /// What gets a block.
    drafts: BTreeSet<Identity<Place>>,
    /// The block of the agent, if it is not there yet: whatever uses it comes after.
    agent: Option<String>,
    /// What of that is new.
    made: BTreeSet<Identity<Place>>,
    moved: Moved,
}

impl Mover<'_, '_> {
    fn namespace(&self, addon: &Identity<Place>) -> Text {
        match self.target.object(addon).and_then(Fact::known).map(|object| object.text("namespace")) {
            None | Some("") => "kube-system".into(),
            Some(namespace) => namespace.into(),
        }
    }

    /// Whether another stack owns an object.
    fn foreign(&self, object: &Object) -> Result<(), String> {
        match &object.owner {
            Owner::Stack { stack, .. } if !object.owner.is(self.moving.request.stack) => {
                Err(format!("it belongs to the stack \"{stack}\": run eksform migrate irsa there"))
            }
            _ => Ok(()),
        }
    }

    /// Opens a role to Pod Identity. An error says why that cannot be.
    fn role(
        &mut self,
        id: &Identity<Place>,
        object: Option<&Object>,
        account: &Account,
    ) -> Result<(), String> {
        let name = id.part(0);
        let Some(object) = object else {
            return Err(format!("the role {name} does not trust the cluster's OIDC provider"));
        };
        self.foreign(object).map_err(|why| format!("the role {name}: {why}"))?;
        let open = self.moving.irsa.problems(&object.attributes, account).is_empty();
        // What an import would have read.
        self.target.objects.insert(id.clone(), Fact::Known(object.clone()));
        if let Some(address) = self.moving.request.declared.get(id) {
            if !open {
                let change = "trust {\n  service = \"pods.eks.amazonaws.com\"\n}";
                let block = self.moving.blocks.get(&(&*address.kind, &*address.name));
                let here = block.filter(|_| address.module.is_empty());
                match here
                    .map_or_else(|| Err("it is declared in a module".into()), |block| self.edits.open(block))
                {
                    Ok(true) => {
                        self.moved.moves.push(format!("{address}: trusts pods.eks.amazonaws.com as well"))
                    }
                    Ok(false) => {}
                    Err(why) => {
                        let change = change.replace('\n', "\n      ");
                        self.moved
                            .by_hand
                            .push(format!("{address}: {why}. Let it trust pods, too:\n      {change}"));
                    }
                }
            }
            return Ok(());
        }
        if open {
            return Ok(());
        }
        let policy = object.attributes.get("trust_policy").and_then(with_pods);
        let Some(policy) = policy else { return Err(format!("the trust policy of {name} cannot be read")) };
        let mut object = object.clone();
        object.attributes.insert("trust_policy".into(), policy);
        self.target.objects.insert(id.clone(), Fact::Known(object));
        self.drafts.insert(id.clone());
        self.moved.moves.push(format!("role {name}: trusts pods.eks.amazonaws.com as well"));
        Ok(())
    }

    /// Gives an add-on associations in the place of its role.
    fn addon(&mut self, id: &Identity<Place>, role: &str, accounts: &[Text]) {
        let name = id.part(1);
        let said = format!("through Pod Identity for {}", accounts.join(", "));
        if let Some(address) = self.moving.request.declared.get(id) {
            let block = self.moving.blocks.get(&(&*address.kind, &*address.name));
            let here = block.filter(|_| address.module.is_empty());
            let result = here.map_or_else(
                || Err("it is declared in a module".into()),
                |block| self.edits.associate(block, role, accounts, self.agent.as_deref()),
            );
            match result {
                Ok(true) => self.moved.moves.push(format!("{address}: {said}")),
                Ok(false) => {}
                Err(why) => {
                    let blocks: String = accounts
                        .iter()
                        .map(|account| {
                            format!(
                                "\n      pod_identity_association {{\n        service_account = {}\n        role_arn        = {}\n      }}",
                                quoted_string(account),
                                quoted_string(role)
                            )
                        })
                        .collect();
                    self.moved.by_hand.push(format!(
                        "{address}: {why}. In the place of service_account_role_arn write:{blocks}"
                    ));
                }
            }
            return;
        }
        let Some(Fact::Known(object)) = self.target.objects.get(id) else { return };
        if let Err(why) = self.foreign(object) {
            self.moved.left_out.push(format!("addon {name}: {why}"));
            return;
        }
        let associations = accounts.iter().map(|account| {
            let entry =
                [("service_account", Value::string(account.clone())), ("role_arn", Value::from(role))];
            (account.clone(), Value::object(entry))
        });
        let mut object = object.clone();
        object.attributes.insert("service_account_role_arn".into(), Value::NULL);
        object.attributes.insert("pod_identity_association".into(), Value::map(associations.collect()));
        self.target.objects.insert(id.clone(), Fact::Known(object));
        self.drafts.insert(id.clone());
        self.moved.moves.push(format!("addon {name}: {said}"));
    }

    /// An association for a service account outside of add-ons.
    fn workload(&mut self, role: &Identity<Place>, (namespace, account): &Account) {
        let irsa = self.moving.irsa;
        let cluster = irsa.cluster.part(0);
        let id = identity(&irsa.place, "pod_identity_association", &[cluster, namespace, account]);
        if self.moving.request.declared.contains_key(&id) {
            return;
        }
        let arn = self.target.object(role).and_then(Fact::known).map(|object| object.text("arn").to_string());
        let attributes = [
            ("cluster", Value::from(cluster)),
            ("namespace", Value::string(namespace.clone())),
            ("service_account", Value::string(account.clone())),
            ("role_arn", Value::from(arn.unwrap_or_default())),
        ];
        if let Some(Fact::Known(members)) = self.target.members.get_mut(&irsa.cluster) {
            members.associations.push(AssociationMember {
                namespace: namespace.clone(),
                service_account: account.clone(),
                association_id: "".into(),
                owner_arn: None,
            });
        }
        self.make(id, &attributes);
        self.moved.moves.push(format!(
            "service account {namespace}/{account}: an association with the role {}",
            role.part(0)
        ));
    }

    /// The agent, if pods would get no credentials without.
    fn agent(&mut self) {
        let irsa = self.moving.irsa;
        let cluster = irsa.cluster.part(0);
        let id = identity(&irsa.place, "addon", &[cluster, AGENT]);
        let needed = !self.drafts.is_empty() || self.edits.any();
        if irsa.agent != Agent::Missing || !needed || self.moving.request.declared.contains_key(&id) {
            return;
        }
        if let Some(Fact::Known(members)) = self.target.members.get_mut(&irsa.cluster) {
            members.addons.push(AGENT.into());
        }
        self.make(id, &[("cluster", Value::from(cluster)), ("name", Value::from(AGENT))]);
        self.moved.moves.push(format!("addon {AGENT}: gives the pods their credentials"));
    }

    fn make(&mut self, id: Identity<Place>, attributes: &[(&str, Value)]) {
        let attributes: Map =
            attributes.iter().map(|(name, value)| (Text::from(*name), value.clone())).collect();
        let object = Object {
            attributes,
            owner: Owner::None,
            parent: None,
            phase: Phase::Settled,
            status: "".into(),
            issues: Vec::new(),
        };
        self.target.objects.insert(id.clone(), Fact::Known(object));
        self.drafts.insert(id.clone());
        self.made.insert(id);
    }

    fn write(mut self) -> Result<Moved, Box<Diagnostic>> {
        let request = &self.moving.request;
        self.moved.changed = self.edits.apply();
        if self.drafts.is_empty() {
            return Ok(self.moved);
        }
        let survey = Survey::new(&self.moving.irsa.place, request.cluster, &self.target);
        let mut drafts = BTreeMap::new();
        for id in &self.drafts {
            let (Some(object), Some(schema)) =
                (self.target.object(id).and_then(Fact::known), kinds::schema(&id.kind))
            else {
                continue;
            };
            // What is made anew is not adopted.
            let owned = self.made.contains(id) || object.owner.is(request.stack);
            drafts.insert(id.clone(), Draft { schema, object, from: None, owned });
        }
        let about = format!(
            "# What moves from IRSA to Pod Identity on the cluster {cluster}, as written by: eksform migrate irsa\n",
            cluster = request.cluster
        );
        let imported = Files::new(request, &survey, drafts, Imported::default()).write_one(
            &self.moving.file,
            &about,
            self.agent.as_deref(),
        )?;
        self.moved.files = imported.files;
        Ok(self.moved)
    }
}
