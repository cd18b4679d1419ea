//! Which declaration needs which, before anything is evaluated.

mod lifecycle;
mod order;
mod providers;
mod targets;

pub(super) use targets::{Target, Which};

use self::targets::Selected;
use super::program::{Call, ModuleId, Program, ROOT, Repeat, Resource};
use crate::diagnostic::{Diagnostic, Span, did_you_mean, nearest};
use crate::kinds;
use crate::lang::Expr;
use crate::lang::references::{self, RefStep, Reference};
use crate::lang::syntax::Body;
use crate::value::{ProviderRef, Text};
use std::collections::{BTreeMap, BTreeSet};

/// One declaration, in one of the called modules whatever its instances.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    pub module: ModuleId,
    pub item: Item,
}

/// What a declaration is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Item {
    /// The module itself: how many instances there are.
    Call,
    Variable(Text),
    Local(Text),
    Provider(ProviderRef),
    Resource(Text, Text),
    Data(Text, Text),
    Output(Text),
    Check(Text),
}

impl Item {
    fn of(self, module: ModuleId) -> Node {
        Node { module, item: self }
    }
}

impl Node {
    /// The name a reference from the stack's own files would have.
    fn name(&self, program: &Program) -> String {
        let prefix = program.modules[self.module].prefix();
        match &self.item {
            Item::Call => prefix.trim_end_matches('.').to_string(),
            Item::Variable(name) => format!("{prefix}var.{name}"),
            Item::Local(name) => format!("{prefix}local.{name}"),
            Item::Provider(provider) => format!("{prefix}{provider}"),
            Item::Resource(kind, name) => format!("{prefix}{kind}.{name}"),
            Item::Data(of, name) => format!("{prefix}data.{of}.{name}"),
            Item::Output(name) if self.module == ROOT => format!("output.{name}"),
            Item::Output(name) => format!("{prefix}{name}"),
            Item::Check(name) => format!("{prefix}check.{name}"),
        }
    }
}

/// The order of evaluation, and what each declaration refers to.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Every node after those it needs; the ones in a circle are left out.
    pub order: Vec<Node>,
    pub needs: BTreeMap<Node, BTreeSet<Node>>,
    /// The blocks each declaration refers to, also through locals, variables and outputs of modules.
    pub targets: BTreeMap<Node, BTreeSet<Target>>,
}

/// Follows every reference. Unknown ones and circles are errors.
pub(super) fn graph(program: &Program) -> (Graph, Vec<Diagnostic>) {
    let mut builder = Builder::new(program);
    for module in 0..program.modules.len() {
        builder.collect(module);
    }
    builder.providers_first();
    let Builder { edges, targets, selected, mut diagnostics, .. } = builder;
    let order = order::order(program, &edges, &mut diagnostics);
    let mut graph = Graph { order, needs: BTreeMap::new(), targets: BTreeMap::new() };
    for (node, needs) in edges {
        graph.needs.insert(node, needs.into_keys().collect());
    }
    graph.targets = targets::passed_on(program, &graph, &targets, &selected);
    (graph, diagnostics)
}

/// Complaints about the names in an expression, as if it stood among the stack's own files.
pub(super) fn unknown_names(program: &Program, expr: &Expr) -> Vec<Diagnostic> {
    let mut builder = Builder::new(program);
    builder.expr(&Item::Output("".into()).of(ROOT), expr, Allowed::default(), &[]);
    builder.diagnostics
}

struct Builder<'a> {
    program: &'a Program,
    /// What each node needs, with the place that says so.
    edges: BTreeMap<Node, BTreeMap<Node, Option<Span>>>,
    targets: BTreeMap<Node, BTreeSet<Target>>,
    /// Whose outputs a node refers to, where it names instances of the module.
    selected: Selected,
    diagnostics: Vec<Diagnostic>,
}

/// What may be named where a reference stands.
#[derive(Clone, Copy, Default)]
struct Allowed {
    each: bool,
    count: bool,
    /// `self`, in a postcondition.
    own: bool,
}

impl<'a> Builder<'a> {
    fn new(program: &'a Program) -> Self {
        Self {
            program,
            edges: BTreeMap::new(),
            targets: BTreeMap::new(),
            selected: BTreeMap::new(),
            diagnostics: Vec::new(),
        }
    }

    fn collect(&mut self, module: ModuleId) {
        let program = self.program;
        let declared = &program.modules[module].declared;
        for name in declared.variables.keys() {
            self.edges.entry(Item::Variable(name.clone()).of(module)).or_default();
        }
        for (name, local) in &declared.locals {
            self.expr(&Item::Local(name.clone()).of(module), &local.expr, Allowed::default(), &[]);
        }
        for (provider, block) in &declared.providers {
            let node = Item::Provider(provider.clone()).of(module);
            self.body(&node, &block.body, Allowed::default(), &mut Vec::new(), true);
        }
        for ((kind, name), resource) in &declared.resources {
            self.resource(&Item::Resource(kind.clone(), name.clone()).of(module), resource);
        }
        for ((of, name), data) in &declared.data {
            let node = Item::Data(of.clone(), name.clone()).of(module);
            let allowed = self.repeat(&node, &data.repeat);
            self.body(&node, &data.body, allowed, &mut Vec::new(), true);
            self.conditions(&node, &data.conditions, allowed);
            self.comes_after(&node, &data.depends_on);
            self.provider(&node, data.provider.as_ref());
        }
        for (name, output) in &declared.outputs {
            let node = Item::Output(name.clone()).of(module);
            self.expr(&node, &output.value, Allowed::default(), &[]);
            self.each_condition(&node, &output.preconditions, Allowed::default());
            self.comes_after(&node, &output.depends_on);
        }
        for (name, check) in &declared.checks {
            self.each_condition(&Item::Check(name.clone()).of(module), &check.assertions, Allowed::default());
        }
        for (name, child) in &program.modules[module].calls {
            if let Some(call) = declared.calls.get(name) {
                self.call(module, *child, name, call);
            }
        }
        if module != ROOT {
            // All in a module comes after the call that says how many instances there are.
            let call = Item::Call.of(module);
            let own = Item::Variable("".into()).of(module)..Item::Call.of(module + 1);
            let inside: Vec<Node> = self.edges.range(own).map(|(node, _)| node.clone()).collect();
            for node in inside {
                self.edges.entry(node).or_default().insert(call.clone(), None);
            }
        }
    }

    /// The call of a module: its number of instances, and what its variables are given.
    fn call(&mut self, caller: ModuleId, child: ModuleId, name: &Text, call: &Call) {
        let program = self.program;
        // References are the caller's: they are followed there and then handed to the call's node.
        let here = |item: Item| (item.of(child), caller);
        let (node, from) = here(Item::Call);
        self.edges.entry(node.clone()).or_default();
        let allowed = match &call.repeat {
            Repeat::Once => Allowed::default(),
            Repeat::Count(expr) => {
                self.expr_from(from, &node, expr, Allowed::default(), &[]);
                Allowed { count: true, ..Allowed::default() }
            }
            Repeat::ForEach(expr) => {
                self.expr_from(from, &node, expr, Allowed::default(), &[]);
                Allowed { each: true, ..Allowed::default() }
            }
        };
        let repeated_over = self.targets.get(&node).cloned().unwrap_or_default();
        self.depends_on(from, &node, &call.depends_on);
        if caller != ROOT {
            self.edges.entry(node.clone()).or_default().insert(Item::Call.of(caller), None);
        }
        let variables = &program.modules[child].declared.variables;
        for (argument, given) in &call.arguments {
            let (node, from) = here(Item::Variable(argument.clone()));
            if variables.contains_key(argument) {
                self.expr_from(from, &node, &given.expr, allowed, &[]);
                if targets::takes_element(&given.expr) {
                    self.targets.entry(node).or_default().extend(repeated_over.iter().cloned());
                }
                continue;
            }
            let help = match argument.as_ref() {
                "version" => "remove the line: a module of a directory has no version".to_string(),
                _ => did_you_mean(argument, variables.keys().map(AsRef::as_ref).collect::<Vec<_>>()),
            };
            self.diagnostics.push(
                Diagnostic::error(
                    "unknown-variable",
                    format!("Module \"{name}\" has no variable \"{argument}\""),
                )
                .at(given.name_span)
                .help(help),
            );
        }
        for (missing, variable) in variables {
            if variable.default.is_none() && !call.arguments.contains_key(missing) {
                self.diagnostics.push(
                    Diagnostic::error("missing-attribute", format!("Module \"{name}\" needs \"{missing}\""))
                        .at(call.span)
                        .label("not given in this block")
                        .related(variable.span, "the variable has no default")
                        .help(format!("add: {missing} = …")),
                );
            }
        }
        let known = &program.modules[child].providers;
        for (provider, _, span) in &call.providers {
            let used =
                provider.alias.is_none()
                    || program.modules[child].declared.resources.values().any(|resource| {
                        resource.provider.as_ref().is_some_and(|(named, _)| named == provider)
                    })
                    || program.modules[child]
                        .declared
                        .calls
                        .values()
                        .any(|inner| inner.providers.iter().any(|(_, here, _)| here == provider));
            if !used && known.contains_key(provider) {
                self.diagnostics.push(
                    Diagnostic::warning(
                        "unused-provider",
                        format!("Nothing in module \"{name}\" uses {provider}"),
                    )
                    .at(*span)
                    .help("remove the entry, or name the provider in the module's blocks"),
                );
            }
        }
    }

    fn resource(&mut self, node: &Node, resource: &Resource) {
        let allowed = self.repeat(node, &resource.repeat);
        self.body(node, &resource.body, allowed, &mut Vec::new(), true);
        self.conditions(node, &resource.conditions, allowed);
        self.triggers(node, &resource.replace_triggered_by, allowed);
        self.depends_on(node.module, node, &resource.depends_on);
        self.provider(node, resource.provider.as_ref());
    }

    /// Follows `count` or `for_each`; what its instances may name.
    fn repeat(&mut self, node: &Node, repeat: &Repeat) -> Allowed {
        match repeat {
            Repeat::Once => Allowed::default(),
            Repeat::Count(expr) => {
                self.expr(node, expr, Allowed::default(), &[]);
                Allowed { count: true, ..Allowed::default() }
            }
            Repeat::ForEach(expr) => {
                self.expr(node, expr, Allowed::default(), &[]);
                self.same_keys(node, expr);
                Allowed { each: true, ..Allowed::default() }
            }
        }
    }

    /// Holds the provider a block names against those there are. All of them come first.
    fn provider(&mut self, node: &Node, named: Option<&(ProviderRef, Span)>) {
        let program = self.program;
        let module = &program.modules[node.module];
        if let Some((provider, span)) = named
            && provider.alias.is_some()
            && !module.providers.contains_key(provider)
        {
            let aliases: Vec<&str> =
                module.providers.keys().filter_map(|known| known.alias.as_deref()).collect();
            let alias = provider.alias.as_deref().unwrap_or_default();
            let missing = Diagnostic::error("unknown-provider", format!("There is no {provider}"))
                .at(*span)
                .help(if node.module == ROOT {
                    did_you_mean(alias, aliases.iter().copied())
                } else {
                    format!("pass it where the module is called: providers = {{ aws.{alias} = … }}")
                });
            let caller =
                program.modules[module.caller].declared.calls.get(module.path.last().map_or("", |name| name));
            self.complain(Some(match caller {
                Some(call) if node.module != ROOT => missing.related(call.span, "called here"),
                _ => missing,
            }));
        }
        for provider in program.root().providers.keys() {
            let provider = Item::Provider(provider.clone()).of(ROOT);
            self.edges.entry(node.clone()).or_default().insert(provider, None);
        }
    }

    fn body<'b>(
        &mut self,
        node: &Node,
        body: &'b Body,
        allowed: Allowed,
        iterators: &mut Vec<&'b str>,
        root: bool,
    ) {
        self.edges.entry(node.clone()).or_default();
        for attribute in &body.attributes {
            // These are read when the block is declared.
            let read = ["count", "for_each", "provider", "depends_on", "alias"];
            if !(root && read.contains(&attribute.name.as_ref())) && &*attribute.name != "iterator" {
                self.expr(node, &attribute.expr, allowed, iterators);
            }
        }
        for block in &body.blocks {
            if root && &*block.kind == "lifecycle" {
                continue;
            }
            let depth = iterators.len();
            if &*block.kind == "dynamic" {
                let given =
                    block.body.attribute("iterator").and_then(|attribute| attribute.expr.as_keyword());
                iterators.extend(given.or(block.labels.first().map(|(label, _)| label.as_ref())));
            }
            self.body(node, &block.body, allowed, iterators, false);
            iterators.truncate(depth);
        }
    }

    fn expr(&mut self, node: &Node, expr: &Expr, allowed: Allowed, iterators: &[&str]) {
        self.expr_from(node.module, node, expr, allowed, iterators);
    }

    /// Follows the references of an expression that stands in the module `from`.
    fn expr_from(&mut self, from: ModuleId, node: &Node, expr: &Expr, allowed: Allowed, iterators: &[&str]) {
        self.edges.entry(node.clone()).or_default();
        for reference in references::references(expr) {
            self.reference(from, node, &reference, allowed, iterators);
        }
    }

    fn reference(
        &mut self,
        from: ModuleId,
        node: &Node,
        reference: &Reference,
        allowed: Allowed,
        iterators: &[&str],
    ) {
        let declared = &self.program.modules[from].declared;
        let root = reference.root.as_ref();
        let first = reference.attrs().next();
        if iterators.contains(&root) || matches!(root, "path" | "stack") || (root == "self" && allowed.own) {
            return;
        }
        if root == "data" {
            return self.data_reference(from, node, reference);
        }
        if root == "module" {
            return self.module_reference(from, node, reference, first, iterators);
        }
        let unknown = |what: &str, name: &str, known: Vec<&str>| {
            Some(
                Diagnostic::error("unknown-reference", format!("There is no {what} \"{name}\""))
                    .at(reference.span)
                    .help(did_you_mean(name, known.iter().copied())),
            )
        };
        let mut found = None;
        let problem = match (root, first) {
            ("self", _) => Some(
                Diagnostic::error("unknown-reference", "\"self\" has a meaning only in a postcondition")
                    .at(reference.span)
                    .help("name the object instead, or move the condition into a postcondition"),
            ),
            ("each", _) if allowed.each => None,
            ("count", _) if allowed.count => None,
            ("each" | "count", _) => {
                let needs = if root == "each" { "for_each" } else { "count" };
                Some(
                    Diagnostic::error(
                        "unknown-reference",
                        format!("\"{root}\" has a meaning only under {needs}"),
                    )
                    .at(reference.span)
                    .help(format!("add {needs} = … to the block, or refer to something else")),
                )
            }
            ("var", Some(name)) => match declared.variables.get_key_value(name) {
                Some((name, _)) => {
                    found = Some(Item::Variable(name.clone()));
                    None
                }
                None => unknown("variable", name, declared.variables.keys().map(AsRef::as_ref).collect()),
            },
            ("local", Some(name)) => match declared.locals.get_key_value(name) {
                Some((name, _)) => {
                    found = Some(Item::Local(name.clone()));
                    None
                }
                None => unknown("local value", name, declared.locals.keys().map(AsRef::as_ref).collect()),
            },
            (kind, Some(name)) if kinds::schema(kind).is_some() => {
                let key = (Text::from(kind), Text::from(name));
                if declared.resources.contains_key(&key) {
                    let target = Target {
                        module: from,
                        kind: key.0.clone(),
                        name: key.1.clone(),
                        key: Which::of(reference.steps.get(1), from, node, iterators),
                        shared: self.program.modules[from].depth(),
                        select: Vec::new(),
                    };
                    self.targets.entry(node.clone()).or_default().insert(target);
                    found = Some(Item::Resource(key.0, key.1));
                    None
                } else {
                    let names = declared.resources.keys().filter(|(of, _)| **of == *kind);
                    unknown(kind, name, names.map(|(_, name)| name.as_ref()).collect())
                }
            }
            (root, None) if matches!(root, "var" | "local") || kinds::schema(root).is_some() => Some(
                Diagnostic::error("unknown-reference", format!("\"{root}\" alone names nothing"))
                    .at(reference.span)
                    .help(format!("write {root}.NAME")),
            ),
            (root, _) => {
                let roots = kinds::ALL.iter().map(|schema| schema.kind);
                let known: Vec<&str> = roots
                    .chain(["var", "local", "module", "data", "each", "count", "path", "stack"])
                    .collect();
                let by_terraform = kinds::ALL.iter().find(|schema| schema.terraform_type == root);
                Some(
                    Diagnostic::error("unknown-reference", format!("There is nothing called \"{root}\""))
                        .at(reference.span)
                        .help(match by_terraform {
                            Some(schema) => format!("write {}.NAME", schema.kind),
                            None if first.is_none() => match nearest(root, ["true", "false", "null"]) {
                                Some(keyword) => format!("did you mean {keyword}?"),
                                None => format!("for text write it in quotes: \"{root}\""),
                            },
                            None => did_you_mean(root, known.iter().copied()),
                        }),
                )
            }
        };
        self.complain(problem);
        if let Some(found) = found {
            self.need(node, found.of(from), Some(reference.span));
        }
    }

    /// A module called twice is followed twice, but a mistake in it is one.
    fn complain(&mut self, problem: Option<Diagnostic>) {
        let Some(problem) = problem else { return };
        let same = |known: &Diagnostic| known.span == problem.span && known.message == problem.message;
        if !self.diagnostics.iter().any(same) {
            self.diagnostics.push(problem);
        }
    }

    fn need(&mut self, node: &Node, needed: Node, span: Option<Span>) {
        self.edges.entry(node.clone()).or_default().entry(needed).or_insert(span);
    }

    /// `module.x`, `module.x.out` or `module.x["key"].out`.
    fn module_reference(
        &mut self,
        from: ModuleId,
        node: &Node,
        reference: &Reference,
        name: Option<&str>,
        iterators: &[&str],
    ) {
        let program = self.program;
        let module = &program.modules[from];
        let unknown = |message: String, help: String| {
            Some(Diagnostic::error("unknown-reference", message).at(reference.span).help(help))
        };
        let Some(name) = name else {
            let message = "\"module\" alone names nothing".to_string();
            return self.complain(unknown(message, "write module.NAME.OUTPUT".to_string()));
        };
        let Some(child) = module.calls.get(name) else {
            // A call that is wrong was complained about where it stands.
            if !module.declared.calls.contains_key(name) {
                let known: Vec<&str> = module.declared.calls.keys().map(AsRef::as_ref).collect();
                let help = did_you_mean(name, known.iter().copied());
                self.complain(unknown(format!("There is no module \"{name}\""), help));
            }
            return;
        };
        self.need(node, Item::Call.of(*child), Some(reference.span));
        let outputs = &program.modules[*child].declared.outputs;
        let repeated =
            module.declared.calls.get(name).is_some_and(|call| !matches!(call.repeat, Repeat::Once));
        let output = match (&reference.steps[1..], repeated) {
            ([RefStep::Attr(output), ..], false) => Some(output),
            ([RefStep::Index(_) | RefStep::Computed(_), RefStep::Attr(output), ..], true) => Some(output),
            ([RefStep::Attr(output), ..], true) => {
                let known = outputs.contains_key(output);
                return self.complain(unknown(
                    format!("\"{name}\" is several modules, so {output} of which?"),
                    match known {
                        true => format!(
                            "name one: module.{name}[\"key\"].{output}, or all: values(module.{name})[*].{output}"
                        ),
                        false => format!("name one: module.{name}[\"key\"].OUTPUT"),
                    },
                ));
            }
            _ => None,
        };
        match output {
            Some(output) if outputs.contains_key(output) => {
                let output = Item::Output(output.clone()).of(*child);
                let which = Which::of(reference.steps.get(1), from, node, iterators);
                self.selected.entry((node.clone(), output.clone())).or_default().insert(which);
                self.need(node, output, Some(reference.span));
            }
            Some(output) => {
                let known: Vec<&str> = outputs.keys().map(AsRef::as_ref).collect();
                let variable = program.modules[*child].declared.variables.contains_key(output);
                let help = if variable && nearest(output, known.iter().copied()).is_none() {
                    format!(
                        "it is a variable; add to the module: output \"{output}\" {{ value = var.{output} }}"
                    )
                } else {
                    did_you_mean(output, known.iter().copied())
                };
                self.complain(unknown(format!("Module \"{name}\" has no output \"{output}\""), help));
            }
            None => self.whole_module(node, *child, reference.span),
        }
    }

    /// `data.cluster.x` and an attribute of it.
    fn data_reference(&mut self, from: ModuleId, node: &Node, reference: &Reference) {
        let program = self.program;
        let declared = &program.modules[from].declared.data;
        let unknown = |message: String, help: String| {
            Some(Diagnostic::error("unknown-reference", message).at(reference.span).help(help))
        };
        let mut names = reference.attrs();
        let (Some(of), Some(name)) = (names.next(), names.next()) else {
            let message = "\"data\" needs a kind and a name".to_string();
            return self.complain(unknown(message, "write data.KIND.NAME".to_string()));
        };
        let key = (Text::from(of), Text::from(name));
        let Some(data) = declared.get(&key) else {
            let names = declared.keys().filter(|(known, _)| **known == *of).map(|(_, name)| name.as_ref());
            let names: Vec<&str> = names.collect();
            let help = did_you_mean(name, names.iter().copied());
            return self.complain(unknown(format!("There is no data {of} \"{name}\""), help));
        };
        if let Some(check) = &data.check
            && node.item != Item::Check(check.clone())
        {
            let message = format!("data.{of}.{name} belongs to the check \"{check}\"");
            let help =
                "only the check's own assertions see it: move the data block out of the check".to_string();
            return self.complain(unknown(message, help));
        }
        self.need(node, Item::Data(key.0, key.1).of(from), Some(reference.span));
        let step = match data.repeat {
            Repeat::Once => reference.steps.get(2),
            _ => reference.steps.get(3),
        };
        if let Some(RefStep::Attr(attribute)) = step {
            let known = super::data::attributes(of);
            if !known.contains(&attribute.as_ref()) {
                let help = did_you_mean(attribute, known.iter().copied());
                self.complain(unknown(format!("A {of} has no attribute \"{attribute}\""), help));
            }
        }
    }

    /// All that a module puts out, and (for `depends_on`) all that is in it.
    fn whole_module(&mut self, node: &Node, child: ModuleId, span: Span) {
        let program = self.program;
        for output in program.modules[child].declared.outputs.keys() {
            let output = Item::Output(output.clone()).of(child);
            self.selected.entry((node.clone(), output.clone())).or_default().insert(None);
            self.need(node, output, Some(span));
        }
    }

    /// All objects of a module and of those it calls.
    fn all_inside(&mut self, node: &Node, child: ModuleId, span: Span) {
        let program = self.program;
        self.need(node, Item::Call.of(child), Some(span));
        for (kind, name) in program.modules[child].declared.resources.keys() {
            self.need(node, Item::Resource(kind.clone(), name.clone()).of(child), Some(span));
        }
        for inner in program.modules[child].calls.values() {
            self.all_inside(node, *inner, span);
        }
    }

    fn depends_on(&mut self, from: ModuleId, node: &Node, references: &[Reference]) {
        // What is only depended on orders, and is nothing that the block refers to.
        let targets = self.targets.get(node).cloned().unwrap_or_default();
        for reference in references {
            self.reference(from, node, reference, Allowed::default(), &[]);
            let name = reference.attrs().next().unwrap_or_default();
            if &*reference.root == "module"
                && let Some(child) = self.program.modules[from].calls.get(name)
            {
                self.all_inside(node, *child, reference.span);
            }
        }
        self.targets.insert(node.clone(), targets);
    }
}

type Edges = BTreeMap<Node, BTreeMap<Node, Option<Span>>>;
