//! Which blocks, and which instances of them, a declaration refers to, also by way of others.

use super::{Builder, Graph, Item, Node, lifecycle};
use crate::lang::Expr;
use crate::lang::references::{self, KeyExpr, RefStep};
use crate::stack::program::{ModuleId, Program, Repeat};
use crate::value::{Key, Text};
use std::collections::{BTreeMap, BTreeSet};

/// A block of a kind that something refers to, and the instance of it if one is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::stack) struct Target {
    pub module: ModuleId,
    pub kind: Text,
    pub name: Text,
    /// `None`: all instances.
    pub key: Option<Which>,
    /// How many steps of the module's address are those of the instance that refers to it.
    pub shared: usize,
    /// Instances of the modules on the way, by the place of their step in the module's address. All where
    /// nothing is said.
    pub select: Vec<(usize, Which)>,
}

/// Which instance of a block or module is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::stack) enum Which {
    Key(Key),
    /// An expression that stands in the module `written`; in a call of a module, if `by_call`, whose `each` and
    /// `count` it may then name.
    Computed {
        key: KeyExpr,
        written: ModuleId,
        by_call: bool,
    },
}

/// Which instances of a module a node names, where it refers to one of its outputs. `None`: all.
pub(super) type Selected = BTreeMap<(Node, Node), BTreeSet<Option<Which>>>;

impl Which {
    /// The instance that the step after a repeated block or module names, in a reference of `node` that stands
    /// in the module `from`. `None`: all, or it cannot be told.
    pub(super) fn of(
        step: Option<&RefStep>,
        from: ModuleId,
        node: &Node,
        iterators: &[&str],
    ) -> Option<Self> {
        match step? {
            RefStep::Attr(_) => None,
            RefStep::Index(key) => Some(Self::Key(key.clone())),
            RefStep::Computed(key) => {
                let iterates = |name: &references::Reference| iterators.contains(&&*name.root);
                let known = iterators.is_empty() || !references::references(&key.0).iter().any(iterates);
                known.then(|| Self::Computed {
                    key: key.clone(),
                    written: from,
                    by_call: node.module != from,
                })
            }
        }
    }

    fn is_constant(&self) -> bool {
        matches!(self, Self::Key(_))
    }
}

/// Whether an argument of a module is made of what the call's `for_each` yields.
pub(super) fn takes_element(expr: &Expr) -> bool {
    references::references(expr)
        .iter()
        .any(|reference| &*reference.root == "each" && reference.attrs().next() == Some("value"))
}

impl Builder<'_> {
    /// `for_each = role.x`: the instances have the keys of those they are made for, and mean just these.
    pub(super) fn same_keys(&mut self, node: &Node, expr: &Expr) {
        let Some(reference) = references::as_reference(expr) else { return };
        let [RefStep::Attr(name)] = reference.steps.as_slice() else { return };
        let id = (reference.root.clone(), name.clone());
        let declared = &self.program.modules[node.module].declared;
        if !declared.resources.get(&id).is_some_and(|block| matches!(block.repeat, Repeat::ForEach(_))) {
            return;
        }
        let Some(targets) = self.targets.get_mut(node) else { return };
        let same = Which::Computed { key: KeyExpr::each(expr.span()), written: node.module, by_call: false };
        *targets = std::mem::take(targets)
            .into_iter()
            .map(|target| match (&target.key, target.module == node.module) {
                (None, true) if (&target.kind, &target.name) == (&id.0, &id.1) => {
                    Target { key: Some(same.clone()), ..target }
                }
                _ => target,
            })
            .collect();
    }
}

/// What each node refers to, also through locals, variables, data blocks and outputs of modules. What is
/// passed on comes before what refers to it, so one pass in order carries the targets on.
pub(super) fn passed_on(
    program: &Program,
    graph: &Graph,
    own: &BTreeMap<Node, BTreeSet<Target>>,
    selected: &Selected,
) -> BTreeMap<Node, BTreeSet<Target>> {
    let mut all: BTreeMap<Node, BTreeSet<Target>> = BTreeMap::new();
    for node in &graph.order {
        let mut found = own.get(node).cloned().unwrap_or_default();
        for need in graph.needs.get(node).into_iter().flatten() {
            if lifecycle::passes_on(&need.item)
                && let Some(through) = all.get(need)
            {
                // A module's variable is written where the module is called. Beyond the instance in
                // which the writing stands, all instances of the other module count.
                let written = match node.item {
                    Item::Variable(_) => program.modules[node.module].caller,
                    _ => node.module,
                };
                let meeting = program.modules[need.module].depth().min(program.modules[written].depth());
                let which = selected.get(&(node.clone(), need.clone()));
                for target in through {
                    let mut target = Target { shared: target.shared.min(meeting), ..target.clone() };
                    // Nobody outside knows what `each` stood for in there.
                    if matches!(need.item, Item::Output(_) | Item::Data(..)) {
                        target.key = target.key.filter(Which::is_constant);
                        target.select.retain(|(_, which)| which.is_constant());
                    }
                    match which {
                        Some(keys) if matches!(need.item, Item::Output(_)) => {
                            found.extend(keys.iter().map(|key| within(program, need.module, &target, key)));
                        }
                        _ => {
                            found.insert(target);
                        }
                    }
                }
            }
        }
        all.insert(node.clone(), found);
    }
    all
}

/// A target that is reached through one instance of a module.
fn within(program: &Program, through: ModuleId, target: &Target, key: &Option<Which>) -> Target {
    let mut target = target.clone();
    let (path, outer) = (&program.modules[target.module].path, &program.modules[through].path);
    if let (Some(key), Some(step)) = (key, outer.len().checked_sub(1))
        && target.shared <= step
        && path.starts_with(outer)
    {
        target.select.push((step, key.clone()));
    }
    target
}
