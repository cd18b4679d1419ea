//! Declarations + snapshot → instances, their proposals, and what would have to be read.

mod again;
mod parents;
mod references;

use self::again::Memory;
pub(super) use self::again::Part;
use super::expand::ModuleInstance;
use super::graph::{Graph, Item, Node, graph};
use super::inputs::Inputs;
use super::instance::{EvaluatedOutput, Evaluation, Guarded};
use super::pending::Blocks;
use super::program::{Adopt, ModuleId, Program, ROOT};
use super::provider::{self, ProviderConfig};
use super::scope::{Iteration, StackScope, failed};
use super::variables;
use crate::diagnostic::{Diagnostic, Span};
use crate::kinds;
use crate::lang::Expr;
use crate::lang::eval;
use crate::live::{Caller, Fact, Snapshot, StackName};
use crate::value::{Address, AddressPattern, ProviderRef, Text, Value, Want};
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Evaluates a program against what is known. Pure: the same arguments give the same answer. The
/// diagnostics count only in the last round, when nothing is wanted any more.
pub fn evaluate(
    program: &Program,
    inputs: &Inputs,
    snapshot: &Snapshot,
) -> (Option<Evaluation>, Vec<Diagnostic>) {
    let (graph, diagnostics) = graph(program);
    let (result, _) = round(program, inputs, &graph, diagnostics, snapshot, None);
    result
}

/// Evaluates a program in rounds, between which more becomes known. Each answers what [`evaluate`] would, and
/// evaluates only what the new facts touch.
pub struct Rounds<'a> {
    program: &'a Program,
    inputs: &'a Inputs,
    graph: Graph,
    /// What is wrong with references.
    diagnostics: Vec<Diagnostic>,
    memory: Option<Box<Memory>>,
}

impl<'a> Rounds<'a> {
    pub fn new(program: &'a Program, inputs: &'a Inputs) -> Self {
        let (graph, diagnostics) = graph(program);
        Self { program, inputs, graph, diagnostics, memory: None }
    }

    /// The program and the inputs this is about.
    pub fn about(&self) -> (&'a Program, &'a Inputs) {
        (self.program, self.inputs)
    }

    /// One round. The snapshot has all that it had in the round before, and may have more: what was read once
    /// is never read otherwise.
    pub fn round(&mut self, snapshot: &Snapshot) -> (Option<Evaluation>, Vec<Diagnostic>) {
        if let Some(mut memory) = self.memory.take()
            && memory.begin(snapshot)
            && let (result, Some(memory)) = self.one(snapshot, memory)
        {
            self.memory = Some(memory);
            return result;
        }
        let (result, memory) = self.one(snapshot, Box::new(Memory::new(&self.graph)));
        self.memory = memory;
        result
    }

    fn one(&self, snapshot: &Snapshot, memory: Box<Memory>) -> (Outcome, Option<Box<Memory>>) {
        round(self.program, self.inputs, &self.graph, self.diagnostics.clone(), snapshot, Some(memory))
    }
}

type Outcome = (Option<Evaluation>, Vec<Diagnostic>);

/// One round, with what the ones before left. It is gone if it was of no use: then the outcome means nothing.
fn round(
    program: &Program,
    inputs: &Inputs,
    graph: &Graph,
    mut diagnostics: Vec<Diagnostic>,
    snapshot: &Snapshot,
    memory: Option<Box<Memory>>,
) -> (Outcome, Option<Box<Memory>>) {
    let Some(mut evaluator) = Evaluator::new(program, inputs, snapshot, graph) else {
        return ((None, diagnostics), None);
    };
    evaluator.memory = memory;
    evaluator.run();
    if evaluator.lost() {
        return ((None, diagnostics), None);
    }
    evaluator.end();
    // A name that does not exist was complained about where references were followed.
    let unknown = |diagnostic: &Diagnostic| {
        (diagnostic.code == "unknown-reference").then_some(diagnostic.span).flatten()
    };
    let followed: BTreeSet<Span> = diagnostics.iter().filter_map(unknown).collect();
    evaluator.diagnostics.retain(|diagnostic| match diagnostic.span {
        Some(at) if diagnostic.code == "unknown-reference" => {
            !followed.iter().any(|span| span.file == at.file && span.start <= at.start && at.end <= span.end)
        }
        // The name is the last step of the reference.
        Some(at) if diagnostic.code == "unsupported-attribute" => {
            !followed.iter().any(|span| span.file == at.file && span.start < at.start && span.end == at.end)
        }
        _ => true,
    });
    let mut seen = BTreeSet::new();
    for diagnostic in evaluator.diagnostics {
        // One mistake in a module or under for_each shows once, however many instances have it.
        let same = (diagnostic.span, diagnostic.code, diagnostic.message.clone(), diagnostic.label.clone());
        if diagnostic.span.is_none() || seen.insert(same) {
            diagnostics.push(diagnostic);
        }
    }
    let (mut evaluation, mut wants) = (evaluator.evaluation, evaluator.wants);
    wants.append(&mut evaluator.asked.into_inner());
    evaluation.wants = match &mut evaluator.memory {
        Some(memory) => {
            memory.keep(evaluator.modules, evaluator.expanded);
            memory.wanted(wants)
        }
        None => Arc::new(wants),
    };
    ((Some(evaluation), diagnostics), evaluator.memory)
}

pub(super) struct Evaluator<'a> {
    pub(super) program: &'a Program,
    pub(super) inputs: &'a Inputs,
    pub(super) snapshot: &'a Snapshot,
    function_inputs: eval::Inputs,
    pub(super) graph: &'a Graph,
    /// What is kept from round to round; `None` if there is one alone.
    pub(super) memory: Option<Box<Memory>>,
    /// What `stack` stands for.
    pub(super) stack: Value,
    /// Every instance of every module; the stack itself is the first.
    pub(super) modules: Vec<ModuleInstance>,
    /// The instances of each module.
    pub(super) expanded: Vec<Vec<usize>>,
    /// The providers data blocks read from.
    pub(super) read_providers: BTreeSet<ProviderRef>,
    /// Declarations with errors: what needs them is left out instead of complained about again.
    pub(super) failed: BTreeSet<Node>,
    /// Where else orphans are looked for.
    regions: BTreeSet<Text>,
    /// What is to be made anew.
    pub(super) replaces: Vec<AddressPattern>,
    /// What the files adopt, by the address that is to have it.
    pub(super) adopts: FxHashMap<&'a Address, &'a Adopt>,
    pub(super) asked: RefCell<BTreeSet<Want>>,
    /// What would have to be read, apart from what is remembered.
    pub(super) wants: BTreeSet<Want>,
    /// Declared clusters by name, with the provider each belongs to.
    pub(super) clusters: BTreeMap<Text, Vec<ProviderRef>>,
    /// Instances by their blocks, as far as they were looked for.
    pub(super) blocks: Blocks,
    /// Checks whose data could not be read, by instance of the module.
    pub(super) broken_checks: BTreeSet<(usize, Text)>,
    /// The Kubernetes versions declared clusters will have.
    pub(super) kubernetes: BTreeMap<(ProviderRef, Text), Value>,
    pub(super) evaluation: Evaluation,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'a> Evaluator<'a> {
    /// Nothing is evaluated yet; `None` without a stack block.
    pub(super) fn new(
        program: &'a Program,
        inputs: &'a Inputs,
        snapshot: &'a Snapshot,
        graph: &'a Graph,
    ) -> Option<Self> {
        let stack_block = program.stack.as_ref()?;
        Some(Self {
            program,
            inputs,
            snapshot,
            function_inputs: inputs.of_functions(),
            graph,
            memory: None,
            stack: Value::default(),
            modules: vec![ModuleInstance::root()],
            read_providers: BTreeSet::new(),
            expanded: vec![Vec::new(); program.modules.len()],
            failed: BTreeSet::new(),
            regions: BTreeSet::new(),
            replaces: inputs.replaces.iter().filter_map(|text| AddressPattern::parse(text)).collect(),
            // Of two blocks the first counts.
            adopts: program.adopts.iter().rev().map(|adopt| (&adopt.to, adopt)).collect(),
            asked: RefCell::default(),
            wants: BTreeSet::new(),
            clusters: BTreeMap::new(),
            blocks: Blocks::default(),
            broken_checks: BTreeSet::new(),
            kubernetes: BTreeMap::new(),
            evaluation: Evaluation {
                stack: StackName { name: stack_block.name.clone(), instance: None },
                providers: BTreeMap::new(),
                instances: Vec::new(),
                wants: Arc::default(),
                outputs: Vec::new(),
                checks: Vec::new(),
                findings: Vec::new(),
                late: BTreeSet::new(),
                reread: BTreeSet::new(),
                released: {
                    let removed = program.removed.iter().filter(|removed| !removed.destroy);
                    removed.map(|removed| removed.from.0.clone()).collect()
                },
                blocks: program.blocks(),
                allow_destroy: BTreeSet::new(),
            },
            diagnostics: Vec::new(),
        })
    }

    pub(super) fn run(&mut self) {
        if !self.resume() {
            self.expanded[ROOT].push(0);
        }
        self.everywhere(None, Self::outside);
        if !self.program.root().providers.contains_key(&ProviderRef::default()) {
            self.evaluation.providers.insert(ProviderRef::default(), ProviderConfig::default());
        }
        let graph = self.graph;
        for (index, node) in graph.order.iter().enumerate() {
            if self.lost() {
                return;
            }
            let before = self.diagnostics.len();
            // What needs something broken is evaluated all the same, for errors of its own.
            let blocked = graph.needs.get(node).is_some_and(|needs| !needs.is_disjoint(&self.failed));
            let module = node.module;
            match &node.item {
                Item::Call => self.calls(index, module),
                _ => {
                    let mut evaluated = false;
                    for at in self.expanded[module].clone() {
                        evaluated |= self.place(index, node, at);
                    }
                    if evaluated && matches!(node.item, Item::Output(_)) && module != ROOT {
                        self.collect_outputs(module);
                    }
                }
            }
            let broken = self.diagnostics[before..].iter().any(Diagnostic::is_error);
            if broken {
                self.called_from(module, before);
                self.stand_in(node);
            }
            if broken || blocked {
                self.failed.insert(node.clone());
            }
        }
        self.derive_roles();
        let renamed = self.settle();
        self.unused_default_provider();
        self.regions();
        self.search();
        self.adoptions();
        self.removals();
        self.missing_pins();
        if renamed {
            super::duplicates::check(&self.evaluation, &mut self.diagnostics);
        }
    }

    /// Evaluates one declaration in one instance of its module.
    fn item(&mut self, node: &Node, at: usize) {
        match &node.item {
            // These are evaluated for all instances at once, or keep what they leave behind by themselves.
            Item::Call | Item::Resource(..) => {}
            Item::Variable(name) => self.variable(at, name),
            Item::Local(name) => self.local(at, name),
            Item::Provider(provider) => self.provider(provider),
            Item::Data(of, name) => self.data(at, of, name),
            Item::Output(name) => self.output(node, at, name),
            Item::Check(name) => self.check(at, name),
        }
    }

    /// What comes from outside, and the stack block.
    fn outside(&mut self) {
        let program = self.program;
        self.modules[0].values.variables =
            variables::evaluate(program.root(), &self.inputs.variables, &mut self.diagnostics);
        for (name, value) in &self.modules[0].values.variables {
            if value.is_unknown() {
                self.failed.insert(Node { module: ROOT, item: Item::Variable(name.clone()) });
            }
        }
        self.stack_block();
        let mut problems = Vec::new();
        let root = &self.modules[0].values;
        let scope = self.scope(0, Iteration::None);
        for (name, variable) in &program.root().variables {
            variables::validate(name, variable, root, &scope, &mut problems);
        }
        self.diagnostics.append(&mut problems);
    }

    pub(super) fn scope(&self, at: usize, iteration: Iteration) -> StackScope<'_> {
        let module = &self.modules[at];
        StackScope {
            values: &module.values,
            directory: &self.program.modules[module.module].directory,
            stack: &self.stack,
            iteration,
            own: None,
            module: &module.path,
            snapshot: self.snapshot,
            inputs: &self.function_inputs,
            asked: &self.asked,
            recording: self.memory.is_some(),
        }
    }

    pub(super) fn eval(&mut self, at: usize, iteration: Iteration, expr: &Expr) -> Option<Value> {
        match eval::evaluate(expr, &self.scope(at, iteration)) {
            Ok(value) => Some(value),
            Err(mut problems) => {
                self.diagnostics.append(&mut problems);
                None
            }
        }
    }

    /// Adds to errors found in a module where the module is called.
    fn called_from(&mut self, module: ModuleId, since: usize) {
        let Some((name, caller)) =
            self.program.modules[module].path.last().map(|name| (name, self.program.modules[module].caller))
        else {
            return;
        };
        let Some(call) = self.program.modules[caller].declared.calls.get(name) else { return };
        for diagnostic in &mut self.diagnostics[since..] {
            let elsewhere = diagnostic.span.is_some_and(|span| span.file != call.span.file);
            let told = diagnostic.related.iter().any(|related| related.span.file == call.span.file);
            if diagnostic.is_error() && elsewhere && !told {
                diagnostic.related.push(crate::diagnostic::Related {
                    span: call.span,
                    message: "in the module called here".to_string(),
                });
            }
        }
    }

    /// Something to refer to in place of what could not be evaluated.
    fn stand_in(&mut self, node: &Node) {
        if let Item::Provider(provider) = &node.item {
            self.evaluation.providers.entry(provider.clone()).or_default();
        }
        for at in self.expanded[node.module].clone() {
            let values = &mut self.modules[at].values;
            match &node.item {
                Item::Local(name) => {
                    values.locals.insert(name.clone(), failed());
                }
                Item::Variable(name) => {
                    values.variables.insert(name.clone(), failed());
                }
                Item::Resource(kind, name) => {
                    values.objects.entry(kind.clone()).or_default().insert(name.clone(), failed());
                }
                Item::Data(of, name) => {
                    values.data.entry(of.clone()).or_default().insert(name.clone(), failed());
                }
                Item::Output(name) => {
                    values.outputs.insert(name.clone(), failed());
                }
                Item::Provider(_) | Item::Check(_) | Item::Call => {}
            }
        }
        if matches!(node.item, Item::Output(_)) && node.module != ROOT {
            self.collect_outputs(node.module);
        }
    }

    fn stack_block(&mut self) {
        let Some(block) = &self.program.stack else { return };
        if let Some(expr) = &block.instance
            && let Some(value) = self.eval(0, Iteration::None, expr)
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
        if let Some(expr) = &block.allow_destroy {
            let help = "write: allow_destroy = [\"my-cluster\"]";
            let names = self.texts(expr, "\"allow_destroy\" has to be a list of cluster names", help);
            self.evaluation.allow_destroy.extend(names);
        }
        if let Some(expr) = &block.regions {
            let help = "write: regions = [\"us-east-2\", \"eu-west-1\"]";
            let regions = self.texts(expr, "\"regions\" has to be a list of regions", help);
            for region in &regions {
                let part = |part: &str| {
                    !part.is_empty()
                        && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                };
                if region.split('-').count() < 3 || !region.split('-').all(part) {
                    self.diagnostics.push(
                        Diagnostic::error("invalid-value", format!("\"{region}\" is no region"))
                            .at(expr.span())
                            .help(help),
                    );
                }
            }
            self.regions.extend(regions);
        }
        let stack = &self.evaluation.stack;
        let instance = stack.instance.clone().map_or(Value::NULL, Value::string);
        self.stack = Value::object([("name", Value::string(stack.name.clone())), ("instance", instance)]);
    }

    /// The texts of a list of the stack block.
    fn texts(&mut self, expr: &Expr, wrong: &str, help: &str) -> Vec<Text> {
        let Some(value) = self.eval(0, Iteration::None, expr) else { return Vec::new() };
        if value.is_unknown() {
            return Vec::new();
        }
        let items = value.as_items();
        let texts: Vec<Text> =
            items.unwrap_or_default().iter().filter_map(Value::as_str).map(Text::from).collect();
        if items.is_none_or(|items| items.len() != texts.len()) {
            self.diagnostics.push(Diagnostic::error("type-mismatch", wrong).at(expr.span()).help(help));
        }
        texts
    }

    /// Providers for the regions in which only orphans are looked for: one for each account's credentials.
    fn regions(&mut self) {
        let mut seen: Vec<ProviderConfig> = Vec::new();
        for (provider, config) in self.evaluation.providers.clone() {
            let anywhere =
                ProviderConfig { span: None, region: None, default_tags: BTreeMap::new(), ..config.clone() };
            if seen.contains(&anywhere) {
                continue;
            }
            let own = self.snapshot.callers.get(&provider).and_then(Fact::known).map(Caller::region);
            for region in self.regions.iter().filter(|region| config.region.as_ref().or(own) != Some(*region))
            {
                let there = self.evaluation.providers.values().any(|other| {
                    other.region.as_ref() == Some(region)
                        && ProviderConfig {
                            span: None,
                            region: None,
                            default_tags: BTreeMap::new(),
                            ..other.clone()
                        } == anywhere
                });
                if !there {
                    let name = match &provider.alias {
                        Some(alias) => format!("{alias}/{region}"),
                        None => region.to_string(),
                    };
                    let found = ProviderConfig { region: Some(region.clone()), ..anywhere.clone() };
                    let alias = ProviderRef { alias: Some(format!("regions/{name}").into()), key: None };
                    self.evaluation.providers.insert(alias, found);
                }
            }
            seen.push(anywhere);
        }
    }

    fn local(&mut self, at: usize, name: &Text) {
        let program = self.program;
        if let Some(local) = program.modules[self.modules[at].module].declared.locals.get(name)
            && let Some(value) = self.eval(at, Iteration::None, &local.expr)
        {
            self.modules[at].values.locals.insert(name.clone(), value);
        }
    }

    fn output(&mut self, node: &Node, at: usize, name: &Text) {
        let program = self.program;
        let Some(output) = program.modules[self.modules[at].module].declared.outputs.get(name) else {
            return;
        };
        let guarded = Guarded::Output { module: self.modules[at].path.clone(), name: name.clone() };
        let shown = || guarded.to_string();
        let standing = self.conditions(at, &Iteration::None, None, &output.preconditions, &shown);
        let broken = standing.broken;
        self.checked(guarded, standing);
        if broken {
            return;
        }
        let Some(value) = self.eval(at, Iteration::None, &output.value) else { return };
        if at != 0 {
            // Inside, a sensitive value stays marked; only what the stack puts out is shown.
            self.modules[at].values.outputs.insert(name.clone(), value.mark(output.sensitive));
            return;
        }
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
        let (references, whole_blocks) = self.references(node, at, &Iteration::None);
        self.evaluation.outputs.push(EvaluatedOutput {
            name: name.clone(),
            value: value.mark(output.sensitive),
            description: output.description.clone(),
            references,
            whole_blocks,
        });
    }

    fn provider(&mut self, provider: &ProviderRef) {
        let program = self.program;
        let Some(block) = program.root().providers.get(provider) else { return };
        let (config, mut problems) = provider::read(block, &self.scope(0, Iteration::None));
        self.diagnostics.append(&mut problems);
        self.evaluation.providers.insert(provider.clone(), config);
    }

    /// Beside provider blocks with aliases, the default provider is there only if something uses it.
    fn unused_default_provider(&mut self) {
        let default = ProviderRef::default();
        let used = self.program.root().providers.is_empty()
            || self.program.modules.iter().all(|module| module.declared.resources.is_empty())
            || self.evaluation.instances.iter().any(|instance| instance.provider == default)
            || self.read_providers.contains(&default)
            || !self.failed.is_empty();
        if !used && !self.program.root().providers.contains_key(&default) {
            self.evaluation.providers.remove(&default);
        }
    }

    /// Who the callers are, and everything the stack owns.
    fn search(&mut self) {
        for provider in self.evaluation.providers.keys() {
            match self.snapshot.callers.get(provider) {
                Some(Fact::Known(_)) => {}
                None => {
                    self.wants.insert(Want::Caller(provider.clone()));
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
                    self.wants.insert(Want::Owned { provider: provider.clone(), kind: schema.kind.into() });
                }
            }
        }
    }

    /// What is removed from the files is not in them.
    fn removals(&mut self) {
        for removed in &self.program.removed {
            let (from, span) = &removed.from;
            let there = self.evaluation.instances.iter().find(|instance| from.matches(&instance.address));
            if let Some(instance) = there {
                self.diagnostics.push(
                    Diagnostic::error("still-declared", format!("{} is still declared", instance.address))
                        .at(*span)
                        .label("removed, according to this")
                        .related(instance.span, "declared here")
                        .help("remove the block that declares it, or this one"),
                );
            }
        }
    }

    fn adoptions(&mut self) {
        if self.program.adopts.is_empty() && self.inputs.adopt.is_empty() {
            return;
        }
        let declared: BTreeSet<String> =
            self.evaluation.instances.iter().map(|instance| instance.address.to_string()).collect();
        let instances = &self.evaluation.instances;
        let blocks: OnceCell<BTreeSet<Address>> = OnceCell::new();
        let blocks = || {
            blocks.get_or_init(|| instances.iter().map(|instance| instance.address.without_key()).collect())
        };
        for adopt in &self.program.adopts {
            let block = Item::Resource(adopt.to.kind.clone(), adopt.to.name.clone());
            let module = self.program.module_of(&adopt.to.module);
            let failed = module.is_some_and(|module| {
                let call = Node { module, item: Item::Call };
                self.failed.contains(&call) || self.failed.contains(&Node { module, item: block })
            });
            // A block under for_each that has no instance just now is declared all the same.
            let key = (adopt.to.kind.clone(), adopt.to.name.clone());
            let whole = adopt.to.key.is_none()
                && match adopt.to.module.is_empty() {
                    true => self.program.root().resources.contains_key(&key),
                    false => blocks().contains(&adopt.to),
                };
            if !whole && !declared.contains(&adopt.to.to_string()) && !failed {
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
            if !declared.contains(address.as_str()) && self.failed.is_empty() && self.nothing_wanted() {
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
}
