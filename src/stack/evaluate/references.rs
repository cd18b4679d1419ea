//! Which instances an instance refers to.

use super::Evaluator;
use crate::lang::eval;
use crate::stack::graph::{Node, Target, Which};
use crate::stack::instance::BlockId;
use crate::stack::program::Repeat;
use crate::stack::scope::Iteration;
use crate::value::{Address, Data, Key, ModuleStep};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Evaluator<'_> {
    /// The instances that one instance of a block refers to, and the blocks whose instances it refers to as a
    /// whole.
    pub(in crate::stack) fn references(
        &self,
        node: &Node,
        at: usize,
        iteration: &Iteration,
    ) -> (BTreeSet<Address>, BTreeSet<BlockId>) {
        let (mut instances, mut blocks) = (BTreeSet::new(), BTreeSet::new());
        for target in self.graph.targets.get(node).into_iter().flatten() {
            let declared = &self.program.modules[target.module].declared;
            let block = declared.resources.get(&(target.kind.clone(), target.name.clone()));
            let repeat = block.map_or(const { &Repeat::Once }, |block| &block.repeat);
            let repeated = !matches!(repeat, Repeat::Once);
            let key = match &target.key {
                Some(which) if repeated => self.key(at, iteration, which, repeat),
                _ => None,
            };
            for module in self.paths(target, at, iteration) {
                let (kind, name) = (target.kind.clone(), target.name.clone());
                if repeated && key.is_none() {
                    blocks.insert(BlockId { module, kind, name });
                    continue;
                }
                let mut address = Address::root(kind, name);
                (address.module, address.key) = (module, key.clone());
                instances.insert(address);
            }
        }
        (instances, blocks)
    }

    /// The instances of a target's module that are meant: below the one both are in, those that are named.
    fn paths(&self, target: &Target, at: usize, iteration: &Iteration) -> Vec<Arc<[ModuleStep]>> {
        let module = &self.program.modules[target.module];
        let mut found = at;
        while self.modules[found].path.len() > target.shared {
            found = self.modules[found].caller;
        }
        let mut found = vec![found];
        for (step, name) in module.path.iter().enumerate().skip(target.shared) {
            let call =
                self.program.modules[self.program.ancestor(target.module, step)].declared.calls.get(name);
            let repeat = call.map_or(const { &Repeat::Once }, |call| &call.repeat);
            let which = target.select.iter().find(|(place, _)| *place == step).map(|(_, which)| which);
            let key = which.and_then(|which| self.key(at, iteration, which, repeat));
            let below = |at: &usize| {
                let children = self.modules[*at].children.get(name).map_or(&[][..], Vec::as_slice);
                children.iter().copied().filter(|child| {
                    key.is_none() || self.modules[*child].path.last().is_none_or(|last| last.key == key)
                })
            };
            found = found.iter().flat_map(below).collect();
        }
        found.into_iter().map(|at| self.modules[at].path.clone()).collect()
    }

    /// The key that is meant; `None` while it is not known, or where it cannot be told.
    fn key(&self, at: usize, iteration: &Iteration, which: &Which, repeat: &Repeat) -> Option<Key> {
        let value = match which {
            Which::Key(key) => return fitting(key, repeat),
            Which::Computed { key, written, by_call } => {
                let (mut here, mut own) = (at, iteration.clone());
                while self.modules[here].module != *written {
                    if here == 0 {
                        return None;
                    }
                    own = self.modules[here].iteration.clone();
                    here = self.modules[here].caller;
                }
                // What else stands further out is no part of a call.
                if !by_call && here != at {
                    own = Iteration::None;
                }
                eval::evaluate(&key.0, &self.scope(here, own)).ok()?
            }
        };
        let key = match value.data() {
            Data::String(text) => Key::Str(text.clone()),
            Data::Number(number) => Key::Int(u64::try_from(number.as_i64()?).ok()?),
            _ => return None,
        };
        fitting(&key, repeat)
    }
}

/// A key as the instances have it: under `count` a number, under `for_each` text.
fn fitting(key: &Key, repeat: &Repeat) -> Option<Key> {
    match (key, repeat) {
        (Key::Str(text), Repeat::Count(_)) => text.parse().ok().map(Key::Int),
        (Key::Int(index), Repeat::ForEach(_)) => Some(Key::Str(index.to_string().into())),
        _ => Some(key.clone()),
    }
}
