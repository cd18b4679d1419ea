//! One instance: its attributes, its identity and what has to be done about it.

use super::decode::Decoder;
use super::evaluate::Evaluator;
use super::graph::Node;
use super::inputs::Mode;
use super::instance::{AdoptConsent, Guarded, Instance, Open};
use super::program::{Ignore, Resource};
use super::recommended::Asking;
use super::scope::Iteration;
use crate::diagnostic::{Diagnostic, Span};
use crate::diff::{self, Action, Observed, Subject};
use crate::kinds::{self, OWNERSHIP, Schema, Ty};
use crate::live::{Fact, Object, Phase, ownership_tags};
use crate::value::{
    Address, Identity, Key, KeyPart, Map, Origin, Path, Place, ProviderRef, Text, Value, Want,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Evaluator<'_> {
    /// Evaluates and proposes one instance; its value for those that refer to it, `None` after an error.
    pub(super) fn instance(
        &mut self,
        node: &Node,
        at: usize,
        resource: &Resource,
        key: Option<Key>,
        iteration: Iteration,
    ) -> Option<Value> {
        let schema = resource.schema;
        let address = Address {
            module: self.modules[at].path.clone(),
            kind: Text::new_static(schema.kind),
            name: resource.name.clone(),
            key,
            origin: Origin::Declared,
        };
        let shown = || address.to_string();
        let before = self.conditions(at, &iteration, None, &resource.conditions.before, &shown);
        if before.broken {
            self.checked(Guarded::Object(address), before);
            return None;
        }
        let named = schema.named.map(|named| (named, resource.name.as_ref()));
        let (mut desired, mut spans, mut problems) = {
            let scope = self.scope(at, iteration.clone());
            let mut decoder = Decoder::new(&scope);
            let desired = decoder.kind(schema.attributes, resource.span, &resource.body, named);
            (desired, decoder.spans, decoder.diagnostics)
        };
        let broken = problems.iter().any(Diagnostic::is_error);
        self.diagnostics.append(&mut problems);
        if broken {
            return None;
        }
        if let Some(unknown) = Value::map(desired.clone()).unknowns() {
            self.wants.extend(unknown.pending);
        }
        (schema.expand)(&mut desired);
        let key = self.natural_key(schema, &desired, &spans, resource.span)?;
        let Ok(key) = key else { return key.err() };
        let provider = self.provider_of(at, resource, &desired);
        let symbolic =
            Identity { scope: provider.clone(), kind: Text::new_static(schema.kind), key: key.into() };
        let Ok(pin) = self.resolve_version(schema, &symbolic, &mut desired, &spans, resource.span) else {
            return None;
        };
        let mut roles = Vec::new();
        if schema.kind == "addon" {
            let asking = Asking { address: &address, symbolic: &symbolic, header: resource.span };
            roles = self.recommended(&asking, &mut desired, &mut spans)?;
        }
        if schema.kind == "role" {
            self.recommended_for(&provider, &mut desired, &spans)?;
        }
        let config = self.evaluation.providers.get(&provider);
        if let Some(config) = config.filter(|config| !config.default_tags.is_empty()) {
            let defaults = config.default_tags.iter();
            let mut tags: Map =
                defaults.map(|(key, value)| (key.clone(), Value::string(value.clone()))).collect();
            match desired.get("tags").map(Value::as_map) {
                Some(Some(own)) => tags.extend(own.iter().map(|(key, value)| (key.clone(), value.clone()))),
                // Unknown tags stay unknown.
                Some(None) => tags = Map::new(),
                None => {}
            }
            if !tags.is_empty() {
                desired.insert("tags".into(), Value::map(tags));
            }
        }
        let place = self.snapshot.place(&provider, schema.regional);
        if let Some(caller) = self.snapshot.callers.get(&provider).and_then(Fact::known) {
            let region = (!schema.regional).then_some(caller.region().as_str());
            let tags = ownership_tags(&self.evaluation.stack, &address, region);
            desired.insert(OWNERSHIP.into(), Value::map(tags));
        }
        self.parent_exists(schema, &desired, &spans, resource.span, &provider);
        let triggered = self.triggered(at, &iteration, resource);
        let ignored = &resource.ignore_changes;
        let (proposed, triggered_by) =
            self.propose(schema, ignored, &address, &symbolic, place.as_ref(), &desired, triggered);
        let identity = place.map(|place| symbolic.within(place));
        let value = exposed(&proposed.after);
        let after = self.conditions(at, &iteration, Some(&value), &resource.conditions.after, &shown);
        let open = Open { preconditions: before.open, postconditions: after.open };
        self.checked(Guarded::Object(address.clone()), before.and(after));
        let (mut references, whole_blocks) = self.references(node, at, &iteration);
        references.extend(roles.iter().map(|role| role.address().clone()));
        // Data that is read late passes on what it waits for.
        for value in proposed.after.values() {
            value.each_unknown(&mut |unknown| {
                let others = unknown.after.iter().filter(|(other, _)| *other != address);
                references.extend(others.map(|(other, _)| other.clone()));
            });
        }
        let claims = claims(schema, &desired, &proposed.after, &symbolic);
        let adopt = self.adopt_consent(&address);
        self.add(Arc::new(Instance {
            address,
            schema,
            provider,
            span: resource.span,
            spans,
            desired,
            symbolic,
            identity,
            claims,
            proposed,
            references,
            whole_blocks,
            depends_on: self.depends_on(at, &resource.depends_on),
            adopt,
            pin,
            prevent_destroy: resource.prevent_destroy,
            triggered_by,
            open,
            derived: None,
            roles,
        }));
        Some(value)
    }

    /// The parts of the natural key; `Ok(Err(stand-in))` while something has to be read first.
    #[allow(clippy::type_complexity, reason = "an option of a result: error, pending, known")]
    fn natural_key(
        &mut self,
        schema: &'static Schema,
        desired: &Map,
        spans: &BTreeMap<Path, Span>,
        header: Span,
    ) -> Option<Result<Vec<KeyPart>, Value>> {
        let mut parts = Vec::new();
        for name in schema.identity {
            let value = desired.get(*name).unwrap_or(const { &Value::NULL });
            match value.as_str() {
                Some(_) if value.is_sensitive() => {
                    let span = spans.get(&Path::attribute(*name)).copied().unwrap_or(header);
                    self.diagnostics.push(
                        Diagnostic::error(
                            "sensitive-name",
                            format!("\"{name}\" would show a sensitive value"),
                        )
                        .at(span)
                        .label("part of ARNs and of every message about the object")
                        .help("take a name that is no secret, or nonsensitive(…) if this is none"),
                    );
                    return None;
                }
                Some(text) => parts.push(schema.key_part(text)),
                None if value.is_unknown() => {
                    let span = spans.get(&Path::attribute(*name)).copied().unwrap_or(header);
                    let before = self.diagnostics.len();
                    self.unknown(&format!("\"{name}\""), value, span);
                    return (self.diagnostics.len() == before).then(|| Err(value.clone()));
                }
                None => return None,
            }
        }
        Some(Ok(parts))
    }

    /// The provider named, else that of the declared cluster it lives in, else the default one. In a
    /// module these are what the call says they are.
    fn provider_of(&self, at: usize, resource: &Resource, desired: &Map) -> ProviderRef {
        let known = &self.program.modules[self.modules[at].module].providers;
        if let Some((provider, _)) = &resource.provider {
            return known.get(provider).unwrap_or(provider).clone();
        }
        let default = known.get(&ProviderRef::default()).cloned().unwrap_or_default();
        let cluster = desired.get("cluster").and_then(Value::as_str);
        match cluster.and_then(|name| self.clusters.get(name)).map(Vec::as_slice) {
            Some([provider]) => provider.clone(),
            _ => default,
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one instance")]
    pub(super) fn propose(
        &mut self,
        schema: &'static Schema,
        ignore: &Ignore,
        address: &Address,
        symbolic: &Identity<ProviderRef>,
        place: Option<&Place>,
        desired: &Map,
        triggered: Result<BTreeSet<(Address, Path)>, BTreeSet<Want>>,
    ) -> (diff::Proposed, BTreeSet<(Address, Path)>) {
        let fact = place.and_then(|place| self.snapshot.object(&symbolic.within(place.clone())));
        let mut compared = desired.clone();
        if let (Some(Fact::Known(object)), false) = (fact, matches!(ignore, Ignore::None)) {
            let ignored = |name: &str| match ignore {
                Ignore::None => false,
                Ignore::All => name != OWNERSHIP,
                Ignore::Attributes(names) => names.iter().any(|ignored| **ignored == *name),
            };
            compared.retain(|name, _| !ignored(name) || !object.attributes.contains_key(name));
        }
        let subject = Subject { schema, address, place, key: &symbolic.key, desired: &compared };
        let observed = match fact {
            // An add-on's own association is no stand-alone one: planning sees to it that the add-on lets go.
            Some(Fact::Known(object)) if object.parent.is_some() => Observed::Fact(const { &Fact::Absent }),
            Some(fact) => Observed::Fact(fact),
            None => {
                let want = Want::Object(symbolic.clone());
                self.wants.insert(want.clone());
                Observed::Pending(vec![want])
            }
        };
        if self.replaces.iter().any(|pattern| pattern.matches(address)) {
            return (diff::propose_anew(&subject, &observed), BTreeSet::new());
        }
        let proposed = self.proposed(&subject, symbolic, &observed, fact);
        let lives = matches!(proposed.proposal.action, Action::NoOp | Action::Update | Action::Await);
        match (triggered, fact) {
            // Whether it is replaced is not known yet, so what others read of it is not either.
            (Err(wants), _) if lives => {
                let pending = Observed::Pending(wants.into_iter().collect());
                (diff::propose(&subject, &pending), BTreeSet::new())
            }
            (Ok(by), _) if lives && !by.is_empty() && self.inputs.mode == Mode::Apply => {
                (diff::propose_anew(&subject, &observed), by)
            }
            _ => (proposed, BTreeSet::new()),
        }
    }

    /// What differs, but for tags that are left to others.
    fn proposed(
        &self,
        subject: &Subject<'_>,
        symbolic: &Identity<ProviderRef>,
        observed: &Observed<'_>,
        fact: Option<&Fact<Object>>,
    ) -> diff::Proposed {
        if let (Observed::Fact(Fact::Known(object)), Some(tags)) =
            (observed, self.others_tags(symbolic, subject.desired, fact))
        {
            let mut compared = subject.desired.clone();
            compared.insert("tags".into(), tags);
            let proposed = diff::propose(&Subject { desired: &compared, ..*subject }, observed);
            // What is made anew is made as the files say.
            let stays = !matches!(object.phase, Phase::Deleting | Phase::Failed);
            if stays && proposed.proposal.action != Action::Replace {
                return proposed;
            }
        }
        diff::propose(subject, observed)
    }

    /// The tags of an instance with those that `ignore_tags` leaves to others as they are live; `None` if there is
    /// nothing to ignore.
    fn others_tags(
        &self,
        symbolic: &Identity<ProviderRef>,
        desired: &Map,
        fact: Option<&Fact<Object>>,
    ) -> Option<Value> {
        let ignore = &self.evaluation.providers.get(&symbolic.scope)?.ignore_tags;
        let (own, live) = (desired.get("tags")?, fact?.known()?.attributes.get("tags")?);
        let (tags, live) = (own.as_map()?, live.as_map()?);
        tags.keys()
            .chain(live.keys())
            .any(|key| ignore.ignores(key))
            .then(|| Value::map(ignore.applied(tags, live)).mark(own.is_sensitive()))
    }

    pub(super) fn adopt_consent(&self, address: &Address) -> Option<AdoptConsent> {
        if self.program.adopts.is_empty() && self.inputs.adopt.is_empty() {
            return None;
        }
        let text = address.to_string();
        if let Some(from) = self.inputs.adopt.get(text.as_str()) {
            return Some(AdoptConsent { from_stack: from.clone() });
        }
        // A block as a whole stands for all of its instances; what names one of them goes first.
        // Whether a block of the files stands for an instance is nothing an address in the files tells.
        let named = Address { origin: Origin::Declared, ..address.clone() };
        let block = self.adopts.get(&named).or_else(|| self.adopts.get(&named.without_key()))?;
        Some(AdoptConsent { from_stack: block.from_stack.clone() })
    }
}

/// What others read of an instance: all but eksform's own tags.
fn exposed(after: &Map) -> Value {
    let mut object = after.clone();
    object.remove(OWNERSHIP);
    Value::map(object)
}

/// Identities that an instance's nested blocks stand for, where the namespace is known.
fn claims(
    schema: &'static Schema,
    desired: &Map,
    after: &Map,
    symbolic: &Identity<ProviderRef>,
) -> BTreeMap<Text, Identity<ProviderRef>> {
    let mut claims = BTreeMap::new();
    for attribute in schema.attributes {
        let (Some(kind), Ty::Keyed { .. }) = (attribute.claims, attribute.ty) else { continue };
        let namespace = desired.get("namespace").or_else(|| after.get("namespace")).and_then(Value::as_str);
        let (Some(claimed), Some(namespace)) = (kinds::schema(kind), namespace) else { continue };
        let Some(entries) = desired.get(attribute.name).and_then(Value::as_map) else { continue };
        for name in entries.keys() {
            let key = [symbolic.part(0), namespace, name].map(|part| claimed.key_part(part));
            let identity =
                Identity { scope: symbolic.scope.clone(), kind: Text::new_static(kind), key: Arc::from(key) };
            claims.insert(name.clone(), identity);
        }
    }
    claims
}
