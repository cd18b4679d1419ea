//! Roles that no block stands for: made for the first that asks, found by the others.

use super::check;
use super::evaluate::Evaluator;
use super::instance::{Derived, Instance, Requester};
use super::program::Ignore;
use super::recommended::{ASSOCIATIONS, Asking};
use crate::diagnostic::{Diagnostic, Span};
use crate::diff::{Action, Proposal, Proposed};
use crate::kinds::recommended::{self, Session};
use crate::kinds::{self, OWNERSHIP, Schema, TAG_SHARED, pod_trust};
use crate::live::{Fact, Object, Phase, ownership_tags};
use crate::value::{Address, Identity, Key, Map, Origin, Place, ProviderRef, Type, Value, Want};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the `recommended` block says.
pub(super) struct Own {
    pub role_name: Option<Arc<str>>,
    pub path: Value,
    pub boundary: Value,
    pub scoped: bool,
}

/// One role to derive, and who is to assume it.
pub(super) struct Request<'a> {
    pub name: String,
    pub addon: &'a str,
    pub service_account: &'a str,
    pub policies: &'a [Arc<str>],
    /// `None`: the account's.
    pub own: Option<&'a Own>,
    pub cluster_arn: &'a str,
    /// Where it is known: a role for one cluster needs it.
    pub namespace: Option<&'a str>,
    pub span: Span,
}

impl Evaluator<'_> {
    /// One role: made for the first that asks, found by the others. Its address and ARN.
    pub(super) fn derive(&mut self, asking: &Asking<'_>, request: &Request<'_>) -> Option<(Address, Value)> {
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
        let symbolic = Identity {
            scope: provider.clone(),
            kind: schema.kind.into(),
            key: Arc::from([schema.key_part(name)]),
        };
        let identity = symbolic.within(place.clone());
        let mut desired = self.role(schema, provider, request);
        self.requests += 1;
        if let Some(index) = self.derived.get(&identity).copied() {
            let known = &self.evaluation.instances[index];
            if let Some(problem) = unequal(known, &desired, asking, request) {
                self.diagnostics.push(problem);
                return None;
            }
            let found = (known.address.clone(), known.proposed.after.get("arn").cloned()?);
            if let Some(derived) = &mut Arc::make_mut(&mut self.evaluation.instances[index]).derived {
                derived.requested_by.push(requester(asking, request.service_account));
            }
            self.suffices(&identity, request).then_some(())?;
            return Some(found);
        }
        let address = Address {
            module: Arc::from([]),
            kind: schema.kind.into(),
            name: recommended::RECOMMENDED.into(),
            key: Some(Key::Str(name.as_str().into())),
            origin: Origin::Derived,
        };
        let tags = match request.own {
            None => Map::from([(TAG_SHARED.0.into(), Value::from(TAG_SHARED.1))]),
            Some(_) => {
                let caller = self.snapshot.callers.get(provider).and_then(Fact::known);
                ownership_tags(&self.evaluation.stack, &address, caller.map(|caller| &*caller.region))
            }
        };
        desired.insert(OWNERSHIP.into(), Value::map(tags));
        let shared = request.own.is_none();
        let fact = self.snapshot.object(&identity);
        let proposed = match fact {
            // The account's own is taken as it is.
            Some(Fact::Known(object)) if shared && object.phase != Phase::Deleting => as_it_is(object),
            _ => self.propose(schema, &Ignore::None, &address, &symbolic, Some(&place), &desired),
        };
        let mut proposed = proposed;
        if shared && fact.is_none() {
            // Whoever made it may have given it a path.
            proposed
                .after
                .insert("arn".into(), Value::pending(Type::String, [Want::Object(symbolic.clone())]));
        }
        self.suffices(&identity, request).then_some(())?;
        let arn = proposed.after.get("arn").cloned()?;
        self.derived.insert(identity, self.evaluation.instances.len());
        let derived = Derived { requested_by: vec![requester(asking, request.service_account)], shared };
        self.push_derived(address.clone(), schema, symbolic, place, request.span, desired, proposed, derived);
        Some((address, arn))
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one instance")]
    fn push_derived(
        &mut self,
        address: Address,
        schema: &'static Schema,
        symbolic: Identity<ProviderRef>,
        place: Place,
        span: Span,
        desired: Map,
        proposed: Proposed,
        derived: Derived,
    ) {
        let adopt = self.adopt_consent(&address);
        self.add(Arc::new(Instance {
            address,
            schema,
            provider: symbolic.scope.clone(),
            span,
            spans: BTreeMap::new(),
            desired,
            identity: Some(symbolic.within(place)),
            symbolic,
            claims: BTreeMap::new(),
            proposed,
            references: BTreeSet::new(),
            whole_blocks: BTreeSet::new(),
            depends_on: BTreeSet::new(),
            adopt,
            pin: None,
            prevent_destroy: false,
            derived: Some(derived),
        }));
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
                role.insert("trust".into(), request.session(namespace).trust());
            }
            let tags = self.evaluation.providers.get(provider).map(|config| &config.default_tags);
            let tags = tags.into_iter().flatten();
            let tags = tags.map(|(key, value)| (key.clone(), Value::string(value.clone())));
            role.insert("tags".into(), Value::map(tags.collect()));
        }
        (schema.expand)(&mut role);
        role
    }

    /// Whether a role of the account that exists is good enough, with a complaint if it is not.
    fn suffices(&mut self, identity: &Identity<Place>, request: &Request<'_>) -> bool {
        let (None, Some(Fact::Known(object))) = (request.own, self.snapshot.object(identity)) else {
            return true;
        };
        if object.phase == Phase::Deleting {
            return true;
        }
        let session = request.session(request.namespace.unwrap_or_default());
        let lacks = pod_trust::lacks(&object.attributes, request.policies, &session);
        if lacks.is_empty() {
            return true;
        }
        let name = &request.name;
        let mut diagnostic = Diagnostic::error(
            "insufficient-role",
            format!(
                "The role \"{name}\" exists and lacks what EKS recommends for {}'s {}",
                request.addon, request.service_account
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
        false
    }

    /// When everything is destroyed, the account's roles that the add-on used stay.
    pub(super) fn left(&mut self, asking: &Asking<'_>, span: Span) {
        let Some(schema) = kinds::schema("role") else { return };
        let Some(fact) = self.live(asking.symbolic) else {
            self.evaluation.wants.insert(Want::Object(asking.symbolic.clone()));
            return;
        };
        let Some(place) = self.snapshot.place(&asking.symbolic.scope, schema.regional) else { return };
        let blocks =
            fact.known().and_then(|object| object.attributes.get(ASSOCIATIONS)).and_then(Value::as_map);
        let used = blocks.into_iter().flatten().filter_map(|(account, block)| {
            Some((account.clone(), Arc::<str>::from(block.get("role_arn")?.as_str()?.rsplit('/').next()?)))
        });
        for (account, name) in used {
            let symbolic = Identity {
                scope: asking.symbolic.scope.clone(),
                kind: schema.kind.into(),
                key: Arc::from([schema.key_part(&name)]),
            };
            let identity = symbolic.within(place.clone());
            let object = match self.snapshot.object(&identity) {
                None => {
                    self.evaluation.wants.insert(Want::Object(symbolic));
                    continue;
                }
                Some(Fact::Known(object)) if is_shared(object) => object,
                Some(_) => continue,
            };
            self.requests += 1;
            if let Some(index) = self.derived.get(&identity).copied() {
                if let Some(derived) = &mut Arc::make_mut(&mut self.evaluation.instances[index]).derived {
                    derived.requested_by.push(requester(asking, &account));
                }
                continue;
            }
            let address = Address {
                module: Arc::from([]),
                kind: schema.kind.into(),
                name: recommended::RECOMMENDED.into(),
                key: Some(Key::Str(name)),
                origin: Origin::Derived,
            };
            self.derived.insert(identity, self.evaluation.instances.len());
            let derived = Derived { requested_by: vec![requester(asking, &account)], shared: true };
            let (desired, proposed) = (object.attributes.clone(), as_it_is(object));
            self.push_derived(address, schema, symbolic, place.clone(), span, desired, proposed, derived);
        }
    }

    pub(super) fn want_role(&mut self, provider: &ProviderRef, name: &str) {
        let Some(schema) = kinds::schema("role") else { return };
        let identity = Identity {
            scope: provider.clone(),
            kind: schema.kind.into(),
            key: Arc::from([schema.key_part(name)]),
        };
        if self.live(&identity).is_none() {
            self.evaluation.wants.insert(Want::Object(identity));
        }
    }
}

impl Request<'_> {
    fn session<'s>(&'s self, namespace: &'s str) -> Session<'s> {
        Session { cluster_arn: self.cluster_arn, namespace, service_account: self.service_account }
    }
}

fn requester(asking: &Asking<'_>, service_account: &str) -> Requester {
    Requester { address: asking.address.clone(), service_account: service_account.into() }
}

/// A role of the account: nobody's to change.
fn as_it_is(object: &Object) -> Proposed {
    let proposal = Proposal { action: Action::NoOp, differences: Vec::new() };
    Proposed { proposal, after: object.attributes.clone() }
}

/// Whether a role carries the tag of those that belong to the account.
fn is_shared(object: &Object) -> bool {
    let tags = object.attributes.get(OWNERSHIP);
    let shared = tags.and_then(|tags| tags.get(TAG_SHARED.0)).and_then(Value::as_str);
    shared == Some(TAG_SHARED.1)
}

/// The complaint, if two ask for one role and mean different ones.
fn unequal(
    known: &Instance,
    desired: &Map,
    asking: &Asking<'_>,
    request: &Request<'_>,
) -> Option<Diagnostic> {
    let derived = known.derived.as_ref()?;
    let first = derived.requested_by.first()?;
    let asking = requester(asking, request.service_account);
    let name = &request.name;
    let message = format!("{first} and {asking} ask for one role \"{name}\" and mean different ones");
    let differs = |attribute: &&String| {
        let side = |side: &Map| side.get(attribute.as_str()).cloned();
        side(&known.desired) != side(desired)
    };
    let names: BTreeSet<String> = known
        .desired
        .keys()
        .chain(desired.keys())
        .filter(|name| name.as_ref() != OWNERSHIP)
        .map(ToString::to_string)
        .collect();
    let different: Vec<&String> = names.iter().filter(differs).filter(|name| *name != "trust").collect();
    let label = match (derived.shared == request.own.is_none(), different.as_slice()) {
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
        different.iter().filter(|name| derived.shared == request.own.is_none() && *name != &"description")
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
