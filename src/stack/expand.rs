//! How many instances there are of blocks and modules, and what passes in and out of modules.

use super::evaluate::{Evaluator, Part};
use super::graph::Node;
use super::instance::BlockId;
use super::program::{Call, ModuleId, Program, Repeat};
use super::scope::{Iteration, Values, failed};
use super::{explain, variables};
use crate::diagnostic::{Diagnostic, Span};
use crate::lang::Expr;
use crate::lang::references::Reference;
use crate::value::{Data, Key, Map, ModuleStep, Text, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Instances of modules one stack may have.
const MOST_MODULES: usize = 100_000;

/// Objects one stack may declare.
const MOST_OBJECTS: usize = 250_000;

/// One instance of a module, or the stack itself.
pub(super) struct ModuleInstance {
    pub module: ModuleId,
    pub path: Arc<[ModuleStep]>,
    /// The instance with the call; the stack is its own.
    pub caller: usize,
    /// `each` or `count` of the call.
    pub iteration: Iteration,
    /// What the calls that lead here depend on.
    depends_on: BTreeSet<BlockId>,
    /// Instances of the modules called from here, in the order of their keys.
    pub children: BTreeMap<Text, Vec<usize>>,
    pub values: Values,
}

impl ModuleInstance {
    pub fn root() -> Self {
        Self {
            module: super::program::ROOT,
            path: Arc::from([]),
            caller: 0,
            iteration: Iteration::None,
            depends_on: BTreeSet::new(),
            children: BTreeMap::new(),
            values: Values::default(),
        }
    }
}

/// The instances `count` or `for_each` asks for. `Err` is the value that stands for them all while it is
/// not known which there are, or nothing after an error.
type Repetitions = Result<Vec<(Option<Key>, Iteration)>, Option<Value>>;

impl Evaluator<'_> {
    /// Evaluates all instances of a block, in one instance of its module.
    pub(super) fn resource(&mut self, node: &Node, place: (usize, usize), kind: &Text, name: &Text) {
        let at = place.1;
        let value = self.block(node, place, kind, name).unwrap_or_else(failed);
        let objects = self.modules[at].values.objects.entry(kind.clone()).or_default();
        objects.insert(name.clone(), value);
    }

    fn block(&mut self, node: &Node, place: (usize, usize), kind: &Text, name: &Text) -> Option<Value> {
        let (program, at) = (self.program, place.1);
        let declared = &program.modules[self.modules[at].module].declared;
        let resource = declared.resources.get(&(kind.clone(), name.clone()))?;
        let mut before = self.before(place);
        let (found, head) = self.captured(|evaluator| evaluator.repetitions(at, &resource.repeat));
        let found = match found {
            Ok(found) => found,
            Err(value) => {
                let value = value.unwrap_or_else(failed);
                self.remember(place, before, head, value.clone(), Vec::new());
                return Some(value);
            }
        };
        if self.evaluation.instances.len() + found.len() > MOST_OBJECTS {
            self.too_many(MOST_OBJECTS, "objects", resource.span);
            self.ask(head);
            return None;
        }
        let mut parts = Vec::with_capacity(found.len());
        let mut complete = true;
        for (index, (key, iteration)) in found.into_iter().enumerate() {
            let standing =
                before.as_mut().and_then(|before| self.part_before(before, index, key.as_ref(), &iteration));
            if let Some(part) = standing {
                parts.push(part);
                continue;
            }
            let (value, captured) = self
                .captured(|evaluator| evaluator.instance(node, at, resource, key.clone(), iteration.clone()));
            match value {
                Some(value) => parts.push(Part { key, iteration, value, captured }),
                None => {
                    complete = false;
                    self.ask(captured);
                }
            }
        }
        if !complete {
            self.ask(head);
            parts.into_iter().for_each(|part| self.ask(part.captured));
            return None;
        }
        let values = parts.iter().map(|part| (part.key.clone(), part.value.clone()));
        let value = assemble(&resource.repeat, values.collect());
        self.remember(place, before, head, value.clone(), parts);
        Some(value)
    }

    fn too_many(&mut self, most: usize, what: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error("limit", format!("More than {most} {what}"))
                .at(span)
                .label("too many instances")
                .help("split the stack"),
        );
    }

    /// Complains that `what` is unknown, unless it only has to be read first.
    pub(super) fn unknown(&mut self, what: &str, value: &Value, span: Span) {
        let Some(unknown) = value.unknowns() else { return };
        self.wants.extend(unknown.pending.iter().cloned());
        if unknown.pending.is_empty() && !unknown.after.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("unknown-at-plan", format!("{what} has to be known when planning"))
                    .at(span)
                    .label(format!("{}, known only after apply", explain::reasons(value)))
                    .help("use something that is known before: names and ARNs are"),
            );
        }
    }

    pub(super) fn repetitions(&mut self, at: usize, repeat: &Repeat) -> Repetitions {
        match repeat {
            Repeat::Once => Ok(vec![(None, Iteration::None)]),
            Repeat::Count(expr) => self.counted(at, expr),
            Repeat::ForEach(expr) => self.each(at, expr),
        }
    }

    fn counted(&mut self, at: usize, expr: &Expr) -> Repetitions {
        let value = self.eval(at, Iteration::None, expr).ok_or(None)?;
        if value.is_unknown() {
            self.unknown("\"count\"", &value, expr.span());
            return Err(Some(value));
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
            return Err(None);
        };
        let instance = |index: i64| {
            let key = Key::Int(u64::try_from(index).unwrap_or_default());
            (Some(key), Iteration::Count(Value::from(index)))
        };
        Ok((0..count).map(instance).collect())
    }

    fn each(&mut self, at: usize, expr: &Expr) -> Repetitions {
        let value = self.eval(at, Iteration::None, expr).ok_or(None)?;
        if value.is_unknown() {
            self.unknown("\"for_each\"", &value, expr.span());
            return Err(Some(value));
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
            return Err(None);
        }
        let pairs: Vec<(Text, Value)> = match value.data() {
            Data::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            Data::Set(items) if items.iter().all(|item| item.as_str().is_some()) => {
                items.iter().filter_map(|item| Some((item.as_str()?.into(), item.clone()))).collect()
            }
            Data::Set(items) if items.iter().any(Value::is_unknown) => {
                self.unknown("\"for_each\"", &value, expr.span());
                return Err(Some(value.unknowns().map_or_else(failed, Value::unknown)));
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
                return Err(None);
            }
        };
        let instance = |(key, value): (Text, Value)| {
            let iteration = Iteration::Each { key: Value::string(key.clone()), value };
            (Some(Key::Str(key)), iteration)
        };
        Ok(pairs.into_iter().map(instance).collect())
    }

    /// Expands a module in every instance of its caller. The instances stay from round to round.
    pub(super) fn call(&mut self, module: ModuleId) {
        let program = self.program;
        let caller = program.modules[module].caller;
        let Some((name, call)) = called(program, module) else { return };
        for at in self.expanded[caller].clone() {
            let found = match self.repetitions(at, &call.repeat) {
                Ok(found) => found,
                Err(value) => {
                    let value = value.unwrap_or_else(failed);
                    self.modules[at].values.modules.insert(name.clone(), value);
                    continue;
                }
            };
            if self.modules.len() + found.len() > MOST_MODULES {
                return self.too_many(MOST_MODULES, "instances of modules", call.span);
            }
            let mut depends_on = self.modules[at].depends_on.clone();
            depends_on.append(&mut self.depends_on(at, &call.depends_on));
            let mut children = Vec::with_capacity(found.len());
            for (key, iteration) in found {
                let step = ModuleStep { name: name.clone(), key };
                let path = self.modules[at].path.iter().cloned().chain(std::iter::once(step));
                children.push(self.modules.len());
                self.modules.push(ModuleInstance {
                    module,
                    path: path.collect(),
                    caller: at,
                    iteration,
                    depends_on: depends_on.clone(),
                    children: BTreeMap::new(),
                    values: Values::default(),
                });
            }
            self.expanded[module].extend(&children);
            self.modules[at].children.insert(name.clone(), children);
        }
        self.collect_outputs(module);
    }

    /// What `module.x` stands for in every caller, as far as outputs are evaluated.
    pub(super) fn collect_outputs(&mut self, module: ModuleId) {
        let program = self.program;
        let Some((name, call)) = called(program, module) else { return };
        for at in self.expanded[program.modules[module].caller].clone() {
            let Some(children) = self.modules[at].children.get(name) else { continue };
            let instance = |child: &usize| {
                let child = &self.modules[*child];
                let key = child.path.last().and_then(|step| step.key.clone());
                (key, Value::map(child.values.outputs.clone()))
            };
            let value = assemble(&call.repeat, children.iter().map(instance).collect());
            self.modules[at].values.modules.insert(name.clone(), value);
        }
    }

    /// A module's variable: what the call gives, else the default.
    pub(super) fn variable(&mut self, at: usize, name: &Text) {
        // The stack's own come from outside and were read first.
        if at == 0 {
            return;
        }
        let program = self.program;
        let ModuleInstance { module, caller, iteration, .. } = &self.modules[at];
        let (module, caller, iteration) = (*module, *caller, iteration.clone());
        let Some((_, call)) = called(program, module) else { return };
        let Some(variable) = program.modules[module].declared.variables.get(name) else { return };
        let given = match call.arguments.get(name) {
            Some(argument) => match self.eval(caller, iteration, &argument.expr) {
                Some(value) => Some((value, argument.expr.span())),
                None => return,
            },
            None => None,
        };
        let mut problems = Vec::new();
        let value = variables::argument(name, variable, given, call.span, &mut problems);
        self.diagnostics.append(&mut problems);
        let value = value.unwrap_or_else(failed).mark(variable.sensitive);
        self.modules[at].values.variables.insert(name.clone(), value);
        if !variable.validations.is_empty() {
            let values = &self.modules[at].values;
            let scope = self.scope(at, Iteration::None);
            variables::validate(name, variable, values, &scope, &mut problems);
            self.diagnostics.append(&mut problems);
        }
    }

    /// The blocks that `depends_on` names, in one instance of a module, and what the calls that lead to
    /// it depend on.
    pub(super) fn depends_on(&self, at: usize, references: &[Reference]) -> BTreeSet<BlockId> {
        let here = &self.modules[at];
        let mut found = here.depends_on.clone();
        for reference in references {
            let Some(name) = reference.attrs().next() else { continue };
            if &*reference.root == "module" {
                for child in here.children.get(name).into_iter().flatten() {
                    self.all_blocks(*child, &mut found);
                }
            } else {
                found.insert(BlockId {
                    module: here.path.clone(),
                    kind: reference.root.clone(),
                    name: name.into(),
                });
            }
        }
        found
    }

    fn all_blocks(&self, at: usize, found: &mut BTreeSet<BlockId>) {
        let here = &self.modules[at];
        for (kind, name) in self.program.modules[here.module].declared.resources.keys() {
            found.insert(BlockId { module: here.path.clone(), kind: kind.clone(), name: name.clone() });
        }
        for child in here.children.values().flatten() {
            self.all_blocks(*child, found);
        }
    }
}

/// The call that leads to a module, with its name. The stack is called by nobody.
fn called(program: &Program, module: ModuleId) -> Option<(&Text, &Call)> {
    let module = &program.modules[module];
    let name = module.path.last()?;
    Some((name, program.modules[module.caller].declared.calls.get(name)?))
}

/// The value of a block or module as others refer to it: the instance, or the list or map of them.
pub(super) fn assemble(repeat: &Repeat, instances: Vec<(Option<Key>, Value)>) -> Value {
    let mut values = instances.into_iter();
    match repeat {
        Repeat::Once => values.next().map_or(Value::NULL, |(_, value)| value),
        Repeat::Count(_) => Value::list(values.map(|(_, value)| value).collect::<Vec<_>>()),
        Repeat::ForEach(_) => {
            let mut entries = Map::new();
            for (key, value) in values {
                if let Some(Key::Str(key)) = key {
                    entries.insert(key, value);
                }
            }
            Value::map(entries)
        }
    }
}
