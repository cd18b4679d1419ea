//! Declarations + snapshot → instances, their proposals, and what would have to be read.

mod parents;

use super::declare::{Ignore, Program, Repeat, Resource};
use super::decode::Decoder;
use super::graph::{Graph, Node, graph};
use super::inputs::Inputs;
use super::instance::{AdoptConsent, BlockId, EvaluatedOutput, Evaluation, Instance};
use super::provider::{self, ProviderConfig};
use super::scope::{Iteration, StackScope, Values, failed};
use super::{explain, variables};
use crate::diagnostic::{Diagnostic, Span};
use crate::diff::{self, Observed, Subject};
use crate::kinds::{self, OWNERSHIP, Schema, Ty};
use crate::lang::Expr;
use crate::lang::eval;
use crate::live::{Fact, Snapshot, StackName, ownership_tags};
use crate::value::{
    Address, Data, Identity, Key, KeyPart, Map, Origin, Path, Place, ProviderRef, Value, Want,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Evaluates a program against what is known. Pure: the same arguments give the same answer. The
/// diagnostics count only in the last round, when nothing is wanted any more.
pub fn evaluate(
    program: &Program,
    inputs: &Inputs,
    snapshot: &Snapshot,
) -> (Option<Evaluation>, Vec<Diagnostic>) {
    let (graph, mut diagnostics) = graph(program);
    let Some(stack_block) = &program.stack else { return (None, diagnostics) };
    let function_inputs = eval::Inputs { now: inputs.now, seed: inputs.seed, home: None };
    let mut evaluator = Evaluator {
        program,
        inputs,
        snapshot,
        function_inputs,
        graph: &graph,
        values: Values::default(),
        failed: BTreeSet::new(),
        asked: RefCell::default(),
        clusters: BTreeMap::new(),
        evaluation: Evaluation {
            stack: StackName { name: stack_block.name.clone(), instance: None },
            providers: BTreeMap::new(),
            instances: Vec::new(),
            wants: BTreeSet::new(),
            outputs: Vec::new(),
            allow_destroy: BTreeSet::new(),
        },
        diagnostics: Vec::new(),
    };
    evaluator.run();
    // A name that does not exist was complained about where references were followed.
    let unknown = |diagnostic: &Diagnostic| {
        (diagnostic.code == "unknown-reference").then_some(diagnostic.span).flatten()
    };
    let followed: BTreeSet<Span> = diagnostics.iter().filter_map(unknown).collect();
    evaluator.diagnostics.retain(|diagnostic| !unknown(diagnostic).is_some_and(|at| followed.contains(&at)));
    diagnostics.append(&mut evaluator.diagnostics);
    let mut evaluation = evaluator.evaluation;
    evaluation.wants.extend(evaluator.asked.into_inner());
    (Some(evaluation), diagnostics)
}

struct Evaluator<'a> {
    program: &'a Program,
    inputs: &'a Inputs,
    snapshot: &'a Snapshot,
    function_inputs: eval::Inputs,
    graph: &'a Graph,
    values: Values,
    /// Declarations with errors: what needs them is left out instead of complained about again.
    failed: BTreeSet<Node>,
    asked: RefCell<BTreeSet<Want>>,
    /// Declared clusters by name, with the provider each belongs to.
    clusters: BTreeMap<Arc<str>, Vec<ProviderRef>>,
    evaluation: Evaluation,
    diagnostics: Vec<Diagnostic>,
}

impl Evaluator<'_> {
    fn run(&mut self) {
        self.values.variables =
            variables::evaluate(self.program, &self.inputs.variables, &mut self.diagnostics);
        for (name, value) in &self.values.variables {
            if value.is_unknown() {
                self.failed.insert(Node::Variable(name.clone()));
            }
        }
        self.stack_block();
        let mut problems = Vec::new();
        variables::validate(self.program, &self.values, &self.scope(Iteration::None), &mut problems);
        self.diagnostics.append(&mut problems);
        if !self.program.providers.contains_key(&ProviderRef::default()) {
            self.evaluation.providers.insert(ProviderRef::default(), ProviderConfig::default());
        }
        let graph = self.graph;
        for node in &graph.order {
            let before = self.diagnostics.len();
            // What needs something broken is evaluated all the same, for errors of its own.
            let blocked = graph.needs.get(node).is_some_and(|needs| !needs.is_disjoint(&self.failed));
            match node {
                Node::Variable(_) => {}
                Node::Local(name) => self.local(name),
                Node::Provider(provider) => self.provider(provider),
                Node::Resource(kind, name) => self.resource(kind, name),
                Node::Output(name) => self.output(name),
            }
            let broken = self.diagnostics[before..].iter().any(Diagnostic::is_error);
            if broken {
                self.stand_in(node);
            }
            if broken || blocked {
                self.failed.insert(node.clone());
            }
        }
        self.unused_default_provider();
        self.search();
        self.adoptions();
        super::duplicates::check(&self.evaluation, &mut self.diagnostics);
    }

    fn scope(&self, iteration: Iteration) -> StackScope<'_> {
        StackScope {
            values: &self.values,
            iteration,
            snapshot: self.snapshot,
            inputs: &self.function_inputs,
            asked: &self.asked,
        }
    }

    fn eval(&mut self, expr: &Expr) -> Option<Value> {
        match eval::evaluate(expr, &self.scope(Iteration::None)) {
            Ok(value) => Some(value),
            Err(mut problems) => {
                self.diagnostics.append(&mut problems);
                None
            }
        }
    }

    /// Something to refer to in place of what could not be evaluated.
    fn stand_in(&mut self, node: &Node) {
        match node {
            Node::Local(name) => {
                self.values.locals.insert(name.clone(), failed());
            }
            Node::Resource(kind, name) => {
                self.values.objects.entry(kind.clone()).or_default().insert(name.clone(), failed());
            }
            Node::Provider(provider) => {
                self.evaluation.providers.entry(provider.clone()).or_default();
            }
            Node::Variable(_) | Node::Output(_) => {}
        }
    }

    fn stack_block(&mut self) {
        let Some(block) = &self.program.stack else { return };
        if let Some(expr) = &block.instance
            && let Some(value) = self.eval(expr)
        {
            match value.as_str() {
                Some(text)
                    if !text.is_empty()
                        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) =>
                {
                    self.evaluation.stack.instance = Some(text.into());
                }
                _ if value.is_null() => {}
                _ => self.diagnostics.push(
                    Diagnostic::error("invalid-name", "\"instance\" has to be letters, digits, - _ and .")
                        .at(expr.span())
                        .label("part of the tag that marks what the stack owns"),
                ),
            }
        }
        if let Some(expr) = &block.allow_destroy
            && let Some(value) = self.eval(expr)
        {
            match value.as_items() {
                Some(items) => {
                    self.evaluation
                        .allow_destroy
                        .extend(items.iter().filter_map(Value::as_str).map(Arc::from));
                }
                None => self.diagnostics.push(
                    Diagnostic::error("type-mismatch", "\"allow_destroy\" has to be a list of cluster names")
                        .at(expr.span())
                        .help("write: allow_destroy = [\"my-cluster\"]"),
                ),
            }
        }
        let stack = &self.evaluation.stack;
        let instance = stack.instance.clone().map_or(Value::NULL, Value::string);
        self.values.stack =
            Value::object([("name", Value::string(stack.name.clone())), ("instance", instance)]);
    }

    fn local(&mut self, name: &Arc<str>) {
        let program = self.program;
        if let Some(local) = program.locals.get(name)
            && let Some(value) = self.eval(&local.expr)
        {
            self.values.locals.insert(name.clone(), value);
        }
    }

    fn output(&mut self, name: &Arc<str>) {
        let program = self.program;
        let Some(output) = program.outputs.get(name) else { return };
        let Some(value) = self.eval(&output.value) else { return };
        if value.contains_sensitive() && !output.sensitive {
            self.diagnostics.push(
                Diagnostic::error(
                    "sensitive-output",
                    format!("Output \"{name}\" would show a sensitive value"),
                )
                .at(output.value.span())
                .help("add: sensitive = true"),
            );
        }
        self.evaluation.outputs.push(EvaluatedOutput {
            name: name.clone(),
            value: value.mark(output.sensitive),
            description: output.description.clone(),
        });
    }

    fn provider(&mut self, provider: &ProviderRef) {
        let program = self.program;
        let Some(block) = program.providers.get(provider) else { return };
        let (config, mut problems) = provider::read(block, &self.scope(Iteration::None));
        self.diagnostics.append(&mut problems);
        self.evaluation.providers.insert(provider.clone(), config);
    }

    /// Beside provider blocks with aliases, the default provider is there only if something uses it.
    fn unused_default_provider(&mut self) {
        let default = ProviderRef::default();
        let used = self.program.providers.is_empty()
            || self.program.resources.is_empty()
            || self.evaluation.instances.iter().any(|instance| instance.provider == default)
            || !self.failed.is_empty();
        if !used && !self.program.providers.contains_key(&default) {
            self.evaluation.providers.remove(&default);
        }
    }

    /// Who the callers are, and everything the stack owns.
    fn search(&mut self) {
        for provider in self.evaluation.providers.keys() {
            match self.snapshot.callers.get(provider) {
                Some(Fact::Known(_)) => {}
                None => {
                    self.evaluation.wants.insert(Want::Caller(provider.clone()));
                }
                Some(Fact::Absent | Fact::Denied(_)) => {
                    let why = match self.snapshot.callers.get(provider) {
                        Some(Fact::Denied(why)) => why.to_string(),
                        _ => "there are no credentials".to_string(),
                    };
                    let mut diagnostic = Diagnostic::error(
                        "no-caller",
                        format!("{provider} cannot tell whose account it works in"),
                    )
                    .with_note(why)
                    .help("check credentials, profile and region");
                    if let Some(span) = self.evaluation.providers.get(provider).and_then(|config| config.span)
                    {
                        diagnostic = diagnostic.at(span);
                    }
                    self.diagnostics.push(diagnostic);
                }
            }
            for schema in kinds::ALL {
                let searched = self
                    .snapshot
                    .place(provider, schema.regional)
                    .is_some_and(|place| self.snapshot.coverage.contains_key(&(place, schema.kind.into())));
                if !searched {
                    self.evaluation
                        .wants
                        .insert(Want::Owned { provider: provider.clone(), kind: schema.kind.into() });
                }
            }
        }
    }

    fn adoptions(&mut self) {
        let declared: BTreeSet<String> =
            self.evaluation.instances.iter().map(|instance| instance.address.to_string()).collect();
        for adopt in &self.program.adopts {
            let block = (adopt.to.kind.clone(), adopt.to.name.clone());
            if !declared.contains(&adopt.to.to_string())
                && !self.failed.contains(&Node::Resource(block.0, block.1))
            {
                self.diagnostics.push(
                    Diagnostic::error("unknown-reference", format!("Nothing is declared as {}", adopt.to))
                        .at(adopt.span)
                        .help(
                            match crate::diagnostic::nearest(
                                &adopt.to.to_string(),
                                declared.iter().map(String::as_str),
                            ) {
                                Some(near) => format!("did you mean {near}?"),
                                None => {
                                    "declare it first: adopting means that the block describes what exists"
                                        .to_string()
                                }
                            },
                        ),
                );
            }
        }
        for address in self.inputs.adopt.keys() {
            if !declared.contains(address.as_ref())
                && self.failed.is_empty()
                && self.evaluation.wants.is_empty()
            {
                self.diagnostics.push(
                    Diagnostic::error(
                        "unknown-reference",
                        format!("--adopt {address}: nothing is declared under this address"),
                    )
                    .help(crate::diagnostic::did_you_mean(address, declared.iter().map(String::as_str))),
                );
            }
        }
    }

    fn resource(&mut self, kind: &Arc<str>, name: &Arc<str>) {
        let program = self.program;
        let Some(resource) = program.resources.get(&(kind.clone(), name.clone())) else { return };
        let value = match &resource.repeat {
            Repeat::Once => self.instance(resource, None, Iteration::None),
            Repeat::Count(expr) => self.counted(resource, expr),
            Repeat::ForEach(expr) => self.each(resource, expr),
        };
        self.values
            .objects
            .entry(kind.clone())
            .or_default()
            .insert(name.clone(), value.unwrap_or_else(failed));
    }

    /// Complains that `what` is unknown, unless it only has to be read first.
    fn unknown(&mut self, what: &str, value: &Value, span: Span) {
        let Some(unknown) = value.unknowns() else { return };
        self.evaluation.wants.extend(unknown.pending.iter().cloned());
        if unknown.pending.is_empty() && !unknown.after.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("unknown-at-plan", format!("{what} has to be known when planning"))
                    .at(span)
                    .label(format!("{}, known only after apply", explain::reasons(value)))
                    .help("use something that is known before: names and ARNs are"),
            );
        }
    }

    fn counted(&mut self, resource: &Resource, expr: &Expr) -> Option<Value> {
        let value = self.eval(expr)?;
        if value.is_unknown() {
            self.unknown("\"count\"", &value, expr.span());
            return Some(value);
        }
        let count = value
            .as_number()
            .and_then(|number| number.as_i64())
            .filter(|count| (0..=100_000).contains(count));
        let Some(count) = count else {
            self.diagnostics.push(
                Diagnostic::error("type-mismatch", "\"count\" has to be a whole number from 0 to 100000")
                    .at(expr.span())
                    .label(match value.as_number() {
                        Some(number) => format!("this is {number}"),
                        None => format!("this is a {}", value.type_name()),
                    })
                    .help("count = 0 makes none"),
            );
            return None;
        };
        let items = (0..count)
            .map(|index| {
                let key = Key::Int(u64::try_from(index).unwrap_or_default());
                self.instance(resource, Some(key), Iteration::Count(Value::from(index)))
            })
            .collect::<Option<Vec<_>>>();
        items.map(Value::list)
    }

    fn each(&mut self, resource: &Resource, expr: &Expr) -> Option<Value> {
        let value = self.eval(expr)?;
        if value.is_unknown() {
            self.unknown("\"for_each\"", &value, expr.span());
            return Some(value);
        }
        if value.is_sensitive() {
            self.diagnostics.push(
                Diagnostic::error(
                    "sensitive-for-each",
                    "\"for_each\" would show a sensitive value in addresses",
                )
                .at(expr.span())
                .label("keys become part of addresses")
                .help("take keys that are no secret, or nonsensitive(…) if these are none"),
            );
            return None;
        }
        let pairs: Vec<(Arc<str>, Value)> = match value.data() {
            Data::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            Data::Set(items) if items.iter().all(|item| item.as_str().is_some()) => {
                items.iter().filter_map(|item| Some((item.as_str()?.into(), item.clone()))).collect()
            }
            Data::Set(items) if items.iter().any(Value::is_unknown) => {
                self.unknown("\"for_each\"", &value, expr.span());
                return Some(value.unknowns().map_or_else(failed, Value::unknown));
            }
            _ => {
                let fix = if matches!(value.data(), Data::List(_)) {
                    "wrap it: toset(…)"
                } else {
                    "write { key = value }"
                };
                self.diagnostics.push(
                    Diagnostic::error("type-mismatch", "\"for_each\" takes a map or a set of strings")
                        .at(expr.span())
                        .label(format!("this is a {}", value.type_name()))
                        .help(fix),
                );
                return None;
            }
        };
        let mut entries = Map::new();
        let mut complete = true;
        for (key, value) in pairs {
            let iteration = Iteration::Each { key: Value::string(key.clone()), value };
            match self.instance(resource, Some(Key::Str(key.clone())), iteration) {
                Some(instance) => {
                    entries.insert(key, instance);
                }
                None => complete = false,
            }
        }
        complete.then(|| Value::map(entries))
    }

    /// Evaluates and proposes one instance; its value for those that refer to it, `None` after an error.
    fn instance(&mut self, resource: &Resource, key: Option<Key>, iteration: Iteration) -> Option<Value> {
        let schema = resource.schema;
        let address = Address {
            module: Arc::from([]),
            kind: schema.kind.into(),
            name: resource.name.clone(),
            key,
            origin: Origin::Declared,
        };
        let named = schema.named.map(|named| (named, resource.name.as_ref()));
        let (mut desired, spans, mut problems) = {
            let scope = self.scope(iteration);
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
            self.evaluation.wants.extend(unknown.pending);
        }
        (schema.expand)(&mut desired);
        let key = self.natural_key(schema, &desired, &spans, resource.span)?;
        let Ok(key) = key else { return key.err() };
        let provider = self.provider_of(resource, &desired);
        let config = self.evaluation.providers.get(&provider).cloned().unwrap_or_default();
        if !config.default_tags.is_empty() {
            let mut tags: Map = config
                .default_tags
                .iter()
                .map(|(key, value)| (key.clone(), Value::string(value.clone())))
                .collect();
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
            let region = (!schema.regional).then_some(caller.region.as_ref());
            let tags = ownership_tags(&self.evaluation.stack, &address, region);
            desired.insert(OWNERSHIP.into(), Value::map(tags));
        }
        let symbolic = Identity { scope: provider.clone(), kind: schema.kind.into(), key: key.into() };
        self.parent_exists(schema, &desired, &spans, resource.span, &provider);
        let proposed = self.propose(resource, &address, &symbolic, place.as_ref(), &desired);
        let identity = place.map(|place| symbolic.within(place));
        if schema.kind == "cluster" {
            self.clusters.entry(symbolic.part(0).into()).or_default().push(provider.clone());
        }
        let value = exposed(&proposed.after);
        let (references, whole_blocks) = self.references(resource);
        let claims = claims(schema, &desired, &proposed.after, &symbolic);
        let adopt = self.adopt_consent(&address);
        self.evaluation.instances.push(Instance {
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
            depends_on: depends_on(resource),
            adopt,
            prevent_destroy: resource.prevent_destroy,
        });
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

    /// The provider named, else that of the declared cluster it lives in, else the default one.
    fn provider_of(&self, resource: &Resource, desired: &Map) -> ProviderRef {
        if let Some((provider, _)) = &resource.provider {
            return provider.clone();
        }
        let cluster = desired.get("cluster").and_then(Value::as_str);
        match cluster.and_then(|name| self.clusters.get(name)).map(Vec::as_slice) {
            Some([provider]) => provider.clone(),
            _ => ProviderRef::default(),
        }
    }

    fn propose(
        &mut self,
        resource: &Resource,
        address: &Address,
        symbolic: &Identity<ProviderRef>,
        place: Option<&Place>,
        desired: &Map,
    ) -> diff::Proposed {
        let schema = resource.schema;
        let fact = place.and_then(|place| self.snapshot.object(&symbolic.within(place.clone())));
        let mut compared = desired.clone();
        if let Some(Fact::Known(object)) = fact {
            let ignored = |name: &str| match &resource.ignore_changes {
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
                self.evaluation.wants.insert(want.clone());
                Observed::Pending(vec![want])
            }
        };
        diff::propose(&subject, &observed)
    }

    fn adopt_consent(&self, address: &Address) -> Option<AdoptConsent> {
        let text = address.to_string();
        if let Some(from) = self.inputs.adopt.get(text.as_str()) {
            return Some(AdoptConsent { from_stack: from.clone() });
        }
        let block = self.program.adopts.iter().find(|adopt| adopt.to == *address)?;
        Some(AdoptConsent { from_stack: block.from_stack.clone() })
    }

    /// The instances a block refers to, and the blocks whose instances it refers to as a whole.
    fn references(&self, resource: &Resource) -> (BTreeSet<Address>, BTreeSet<BlockId>) {
        let node = Node::Resource(resource.schema.kind.into(), resource.name.clone());
        let (mut instances, mut blocks) = (BTreeSet::new(), BTreeSet::new());
        for target in self.graph.targets.get(&node).into_iter().flatten() {
            let id = (target.kind.clone(), target.name.clone());
            let repeated =
                self.program.resources.get(&id).is_some_and(|block| !matches!(block.repeat, Repeat::Once));
            if repeated && target.key.is_none() {
                blocks.insert(id);
                continue;
            }
            let mut address = Address::root(target.kind.clone(), target.name.clone());
            address.key = if repeated { target.key.clone() } else { None };
            instances.insert(address);
        }
        (instances, blocks)
    }
}

/// What others read of an instance: all but eksform's own tags.
fn exposed(after: &Map) -> Value {
    let mut object = after.clone();
    object.remove(OWNERSHIP);
    Value::map(object)
}

fn depends_on(resource: &Resource) -> BTreeSet<BlockId> {
    let pair = |reference: &crate::lang::references::Reference| {
        Some((reference.root.clone(), Arc::from(reference.attrs().next()?)))
    };
    resource.depends_on.iter().filter_map(pair).collect()
}

/// Identities that an instance's nested blocks stand for, where the namespace is known.
fn claims(
    schema: &'static Schema,
    desired: &Map,
    after: &Map,
    symbolic: &Identity<ProviderRef>,
) -> BTreeMap<Arc<str>, Identity<ProviderRef>> {
    let mut claims = BTreeMap::new();
    for attribute in schema.attributes {
        let (Some(kind), Ty::Keyed { .. }) = (attribute.claims, attribute.ty) else { continue };
        let namespace = desired.get("namespace").or_else(|| after.get("namespace")).and_then(Value::as_str);
        let (Some(claimed), Some(namespace)) = (kinds::schema(kind), namespace) else { continue };
        let Some(entries) = desired.get(attribute.name).and_then(Value::as_map) else { continue };
        for name in entries.keys() {
            let key = [symbolic.part(0), namespace, name].map(|part| claimed.key_part(part));
            let identity = Identity { scope: symbolic.scope.clone(), kind: kind.into(), key: Arc::from(key) };
            claims.insert(name.clone(), identity);
        }
    }
    claims
}
