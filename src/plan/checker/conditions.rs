//! What does not change itself, but passes on what its conditions wait for.

use crate::plan::change::Change;
use crate::stack::{BlockId, Instance};
use crate::value::{Address, Identity, Place};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Instances without a change whose conditions are open.
#[derive(Default)]
pub(super) struct Unchanged<'a> {
    by_address: FxHashMap<&'a Address, &'a Instance>,
    by_block: FxHashMap<BlockId, Vec<&'a Instance>>,
}

impl<'a> Unchanged<'a> {
    pub fn new(instances: &'a [Arc<Instance>], changes: &FxHashMap<&Identity<Place>, Vec<&Change>>) -> Self {
        let mut found = Self::default();
        let changes = |one: &Instance| one.identity.as_ref().is_some_and(|it| changes.contains_key(it));
        for instance in instances.iter().filter(|one| one.open.any() && !changes(one)) {
            found.by_address.insert(&instance.address, instance);
            found.by_block.entry(BlockId::of(&instance.address)).or_default().push(instance);
        }
        found
    }

    /// Those that an instance refers to, directly or by way of others of them.
    pub fn on_the_way(&self, from: &'a Instance) -> Vec<&'a Instance> {
        let mut found: Vec<&Instance> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            let single = at.references.iter().filter_map(|address| self.by_address.get(address));
            let whole = at.whole_blocks.iter().filter_map(|block| self.by_block.get(block)).flatten();
            for next in single.chain(whole).filter(|next| seen.insert(&next.address)) {
                found.push(next);
                open.push(next);
            }
        }
        found
    }
}

/// Whether an instance refers to another by name.
pub(super) fn mentions_instance(instance: &Instance, address: &Address) -> bool {
    instance.references.contains(address) || instance.whole_blocks.contains(&BlockId::of(address))
}
