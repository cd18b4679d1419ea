//! Roles that no block stands for: made for the first that asks, found by the others.

use super::check;
use super::evaluate::Evaluator;
use super::instance::{Derived, Instance, Open, Requester};
use super::program::Ignore;
use super::recommended::{ASSOCIATIONS, Asking};
use crate::diagnostic::{Diagnostic, Span};
use crate::diff::{Action, Proposal, Proposed};
use crate::kinds::recommended::{self, Session};
use crate::kinds::{self, OWNERSHIP, Schema, TAG_SHARED, pod_trust};
use crate::live::{Fact, Object, Phase, Seen, ownership_tags};
use crate::stack::Mode;
use crate::value::{
    Address, Identity, Key, KeyPart, Map, Origin, Place, ProviderRef, Text, Type, Value, Want,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the `recommended` block says.
pub(super) struct Own {
    pub role_name: Option<Text>,
    pub path: Value,
    pub boundary: Value,
    pub scoped: bool,
}

/// One role to derive, and who is to assume it.
pub(super) struct Request<'a> {
    pub name: String,
    pub addon: &'a str,
    pub service_account: &'a str,
    pub policies: &'a [Text],
    /// `None`: the account's.
    pub own: Option<&'a Own>,
    pub cluster_arn: &'a str,
    /// Where it is known: a role for one cluster needs it.
    pub namespace: Option<&'a str>,
    pub span: Span,
}

/// A role that an add-on's instance asks for: all that a derived instance is made of.
#[derive(Clone, Debug)]
pub(super) struct RoleRequest {
    requester: Requester,
    /// The add-on's name.
    addon: Text,
    symbolic: Identity<ProviderRef>,
    place: Place,
    address: Address,
    desired: Map,
    /// It belongs to the account.
    shared: bool,
    policies: Arc<[Text]>,
    cluster_arn: Text,
    /// Where it is known.
    namespace: Option<Text>,
    span: Span,
}

impl Evaluator<'_> {
    /// What one role would be, and its ARN. `None` after an error.
    pub(super) fn request(
        &mut self,
        asking: &Asking<'_>,
        request: &Request<'_>,
    ) -> Option<(RoleRequest, Value)> {
        let schema = kinds::schema("role")?;
        let provider = &asking.symbolic.scope;
        let place = self.snapshot.place(provider, schema.regional)?;
        let name = &request.name;
        let problem = schema.attribute("name").and_then(|attribute| check::text(attribute, name));
        if let Some(problem) = problem {
            self.diagnostics.push(
                Diagnostic::error("invalid-value", format!("\"{name}\" cannot be the name of a role"))
                    .at(request.span)
                    .label(problem)
                    .help("choose another role_name; {service_account} stands for the service account"),
            );
            return None;
        }
        let shared = request.own.is_none();
        let address = address(name);
        let mut desired = self.role(schema, provider, request);
        let tags = match shared {
            true => Map::from([(TAG_SHARED.0.into(), Value::from(TAG_SHARED.1))]),
            false => {
                let caller = self.snapshot.callers.get(provider).and_then(Fact::known);
                ownership_tags(
                    &self.evaluation.stack,
                    &address,
                    caller.map(|caller| caller.region().as_str()),
                )
            }
        };
        desired.insert(OWNERSHIP.into(), Value::map(tags));
        let request = RoleRequest {
            requester: requester(asking, request.service_account),
            addon: request.addon.into(),
            symbolic: kinds::identity(provider, schema.kind, &[name]),
            place,
            address,
            desired,
            shared,
            policies: request.policies.into(),
            cluster_arn: request.cluster_arn.into(),
            namespace: request.namespace.map(Text::from),
            span: request.span,
        };
        let arn = self.role_proposed(&request)?.after.get("arn").cloned()?;
        Some((request, arn))
    }

    /// What has to happen to a role that is asked for.
    fn role_proposed(&mut self, request: &RoleRequest) -> Option<Proposed> {
        let schema = kinds::schema("role")?;
        let RoleRequest { symbolic, place, address, desired, shared, .. } = request;
        let fact = self.snapshot.object(&symbolic.within(place.clone()));
        if let Some(Fact::Known(object)) = fact
            && *shared
            && object.phase != Phase::Deleting
        {
            // The account's own is taken as it is.
            return Some(as_it_is(place, &symbolic.key, object));
        }
        let mut proposed = {
            let none = Ok(BTreeSet::new());
            self.propose(schema, &Ignore::None, address, symbolic, Some(place), desired, none).0
        };
        if *shared && fact.is_none() {
            // Whoever made it may have given it a path.
            let pending = Value::pending(Type::String, [Want::Object(symbolic.clone())]);
            proposed.after.insert("arn".into(), pending);
        }
        Some(proposed)
    }

    /// Makes an instance of each role that add-ons ask for; those that mean the same role share it.
    pub(super) fn derive_roles(&mut self) {
        let Some(schema) = kinds::schema("role") else { return };
        let requests: Vec<RoleRequest> =
            self.evaluation.instances.iter().flat_map(|instance| instance.roles.iter().cloned()).collect();
        let mut made: Vec<Instance> = Vec::new();
        let mut known: BTreeMap<Identity<Place>, usize> = BTreeMap::new();
        for request in &requests {
            let identity = request.symbolic.within(request.place.clone());
            if self.inputs.mode == Mode::Apply {
                self.suffices(&identity, request);
            }
            if let Some(index) = known.get(&identity) {
                let first = &mut made[*index];
                if let Some(problem) = unequal(first, request) {
                    self.diagnostics.push(problem);
                } else if let Some(derived) = &mut first.derived {
                    derived.requested_by.push(request.requester.clone());
                }
                continue;
            }
            let Some(proposed) = self.role_proposed(request) else { continue };
            let derived = Derived { requested_by: vec![request.requester.clone()], shared: request.shared };
            known.insert(identity.clone(), made.len());
            made.push(Instance {
                address: request.address.clone(),
                schema,
                provider: request.symbolic.scope.clone(),
                span: request.span,
                spans: BTreeMap::new(),
                desired: request.desired.clone(),
                symbolic: request.symbolic.clone(),
                identity: Some(identity),
                claims: BTreeMap::new(),
                proposed,
                references: BTreeSet::new(),
                whole_blocks: BTreeSet::new(),
                depends_on: BTreeSet::new(),
                adopt: self.adopt_consent(&request.address),
                pin: None,
                prevent_destroy: false,
                triggered_by: BTreeSet::new(),
                open: Open::default(),
                derived: Some(derived),
                roles: Vec::new(),
            });
        }
        // They refer to nothing, and add-ons refer to them.
        self.evaluation.instances.splice(0..0, made.into_iter().map(Arc::new));
    }

    /// The attributes of a recommended role.
    fn role(&self, schema: &'static Schema, provider: &ProviderRef, request: &Request<'_>) -> Map {
        let mut role = recommended::role(&request.name, request.policies);
        let description = match request.own {
            None => format!(
                "What EKS recommends for the service account {} of the add-on {}. Shared by the account: made by eksform, changed and deleted by nobody but you.",
                request.service_account, request.addon
            ),
            Some(_) => "What EKS recommends for an add-on, through EKS Pod Identity.".to_string(),
        };
        role.insert("description".into(), Value::from(description));
        if let Some(own) = request.own {
            role.insert("path".into(), own.path.clone());
            role.insert("permissions_boundary".into(), own.boundary.clone());
            if let (true, Some(namespace)) = (own.scoped, request.namespace) {
                let session = Session {
                    cluster_arn: request.cluster_arn,
                    namespace,
                    service_account: request.service_account,
                };
                role.insert("trust".into(), session.trust());
            }
            let tags = self.evaluation.providers.get(provider).map(|config| &config.default_tags);
            let tags = tags.into_iter().flatten();
            let tags = tags.map(|(key, value)| (key.clone(), Value::string(value.clone())));
            role.insert("tags".into(), Value::map(tags.collect()));
        }
        (schema.expand)(&mut role);
        role
    }

    /// Complains if a role of the account exists and is not good enough.
    fn suffices(&mut self, identity: &Identity<Place>, request: &RoleRequest) {
        let (true, Some(Fact::Known(object))) = (request.shared, self.snapshot.object(identity)) else {
            return;
        };
        if object.phase == Phase::Deleting {
            return;
        }
        let namespace = request.namespace.clone();
        let namespace = namespace.or_else(|| self.default_namespace(&request.symbolic.scope, &request.addon));
        let session = Session {
            cluster_arn: &request.cluster_arn,
            namespace: namespace.as_deref().unwrap_or_default(),
            service_account: &request.requester.service_account,
        };
        let lacks = pod_trust::lacks(&object.attributes, &request.policies, &session);
        if lacks.is_empty() {
            return;
        }
        let name = request.symbolic.part(0);
        let mut diagnostic = Diagnostic::error(
            "insufficient-role",
            format!(
                "The role \"{name}\" exists and lacks what EKS recommends for {}'s {}",
                request.addon, request.requester.service_account
            ),
        )
        .at(request.span)
        .label("would take the account's role of this name")
        .with_note("It belongs to the account, so eksform does not change it.");
        for lack in lacks {
            diagnostic = diagnostic.with_note(lack);
        }
        self.diagnostics.push(diagnostic.help(format!(
            "complete it, as with: aws iam attach-role-policy --role-name {name} --policy-arn …, or make a role of the stack's own: recommended {{}}"
        )));
    }

    /// When everything is destroyed: the account's roles that an add-on used, as the account tells it.
    pub(super) fn used_roles(&mut self, asking: &Asking<'_>, span: Span) -> Vec<RoleRequest> {
        let Some(schema) = kinds::schema("role") else { return Vec::new() };
        let provider = &asking.symbolic.scope;
        let Some(fact) = self.live(asking.symbolic) else {
            self.wants.insert(Want::Object(asking.symbolic.clone()));
            return Vec::new();
        };
        let Some(place) = self.snapshot.place(provider, schema.regional) else { return Vec::new() };
        let blocks =
            fact.known().and_then(|object| object.attributes.get(ASSOCIATIONS)).and_then(Value::as_map);
        let mut found = Vec::new();
        for (account, block) in blocks.into_iter().flatten() {
            let arn = block.get("role_arn").and_then(Value::as_str);
            let Some(name) = arn.and_then(|arn| arn.rsplit('/').next()) else { continue };
            let symbolic = kinds::identity(provider, schema.kind, &[name]);
            match self.snapshot.object(&symbolic.within(place.clone())) {
                None => {
                    self.wants.insert(Want::Object(symbolic));
                }
                Some(Fact::Known(object)) if is_shared(object) => found.push(RoleRequest {
                    requester: requester(asking, account),
                    addon: asking.symbolic.part(1).into(),
                    address: address(name),
                    symbolic,
                    place: place.clone(),
                    desired: object.attributes.clone(),
                    shared: true,
                    policies: Arc::from([]),
                    cluster_arn: "".into(),
                    namespace: None,
                    span,
                }),
                Some(_) => {}
            }
        }
        found
    }

    pub(super) fn want_role(&mut self, provider: &ProviderRef, name: &str) {
        let Some(schema) = kinds::schema("role") else { return };
        let identity = kinds::identity(provider, schema.kind, &[name]);
        if self.live(&identity).is_none() {
            self.wants.insert(Want::Object(identity));
        }
    }
}

impl RoleRequest {
    /// Where the derived instance will be found.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }
}

fn address(name: &str) -> Address {
    Address {
        module: Arc::from([]),
        kind: "role".into(),
        name: recommended::RECOMMENDED.into(),
        key: Some(Key::Str(name.into())),
        origin: Origin::Derived,
    }
}

fn requester(asking: &Asking<'_>, service_account: &str) -> Requester {
    Requester { address: asking.address.clone(), service_account: service_account.into() }
}

/// A role of the account: nobody's to change.
fn as_it_is(place: &Place, key: &[KeyPart], object: &Object) -> Proposed {
    Proposed {
        proposal: Proposal { action: Action::NoOp, differences: Vec::new() },
        after: object.attributes.clone(),
        seen: Some(Seen::new(place, "role", key, object)),
    }
}

/// Whether a role carries the tag of those that belong to the account.
fn is_shared(object: &Object) -> bool {
    let tags = object.attributes.get(OWNERSHIP);
    let shared = tags.and_then(|tags| tags.get(TAG_SHARED.0)).and_then(Value::as_str);
    shared == Some(TAG_SHARED.1)
}

/// The complaint, if two ask for one role and mean different ones.
fn unequal(known: &Instance, request: &RoleRequest) -> Option<Diagnostic> {
    let derived = known.derived.as_ref()?;
    let first = derived.requested_by.first()?;
    let (asking, desired) = (&request.requester, &request.desired);
    let name = request.symbolic.part(0);
    let message = format!("{first} and {asking} ask for one role \"{name}\" and mean different ones");
    let differs = |attribute: &&String| {
        let side = |side: &Map| side.get(attribute.as_str()).cloned();
        side(&known.desired) != side(desired)
    };
    let names: BTreeSet<String> = known
        .desired
        .keys()
        .chain(desired.keys())
        .filter(|name| **name != OWNERSHIP)
        .map(ToString::to_string)
        .collect();
    let different: Vec<&String> = names.iter().filter(differs).filter(|name| *name != "trust").collect();
    let label = match (derived.shared == request.shared, different.as_slice()) {
        (false, _) => "once the account's, once the stack's own".to_string(),
        (true, []) => return None,
        (true, [attribute]) => format!("with another {attribute}"),
        (true, attributes) => {
            format!("with other {}", attributes.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", "))
        }
    };
    let mut diagnostic = Diagnostic::error("unequal-roles", message).at(request.span).label(label);
    if known.span != request.span {
        diagnostic = diagnostic.related(known.span, "asked for here first");
    }
    for attribute in
        different.iter().filter(|name| derived.shared == request.shared && *name != &"description")
    {
        let shown = |side: &Map| {
            side.get(attribute.as_str())
                .map(|value| crate::value::json::to_json(value).to_string())
                .unwrap_or_default()
        };
        diagnostic = diagnostic
            .with_note(format!("{attribute} for {first}: {}", shown(&known.desired)))
            .with_note(format!("{attribute} for {asking}: {}", shown(desired)));
    }
    Some(diagnostic.help("give each a name of its own: recommended { role_name = \"…\" }, where {service_account} stands for the service account"))
}
