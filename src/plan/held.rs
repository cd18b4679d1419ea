//! Which changes wait for conditions that are told only while applying.

use super::build::Builder;
use super::change::{Change, ChangeAction, Held, When};
use crate::stack::{BlockId, Instance};
use crate::value::Address;
use std::collections::{BTreeMap, BTreeSet};

/// The conditions of changed instances, and those of unchanged ones on the way from a change to what it
/// refers to.
pub(super) fn held(builder: &Builder<'_>, changes: &[Change]) -> Vec<Held> {
    let instances = &builder.evaluation.instances;
    if !builder.traits.open {
        return Vec::new();
    }
    let made = changes.iter().filter(|change| change.action != ChangeAction::Delete);
    let changed: BTreeMap<&Address, &Change> =
        made.filter_map(|change| Some((change.address.as_ref()?, change))).collect();
    let by_address: BTreeMap<&Address, &Instance> =
        instances.iter().map(|instance| (&instance.address, &**instance)).collect();
    let mut by_block: BTreeMap<BlockId, Vec<&Instance>> = BTreeMap::new();
    for instance in instances {
        by_block.entry(BlockId::of(&instance.address)).or_default().push(instance);
    }
    let mut found = Vec::new();
    for (address, change) in changed.iter() {
        let Some(instance) = by_address.get(address) else { continue };
        let mut add = |address: &Address, when| {
            found.push(Held { change: change.id, address: address.clone(), when });
        };
        if instance.open.preconditions {
            add(address, When::Before);
        }
        if instance.open.postconditions {
            add(address, When::After);
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![*instance];
        while let Some(at) = open.pop() {
            let single = at.references.iter().filter_map(|address| by_address.get(address));
            let blocks = at.whole_blocks.iter().chain(&at.depends_on);
            let whole = blocks.filter_map(|block| by_block.get(block)).flatten();
            for referred in single.chain(whole) {
                let unchanged = !changed.contains_key(&referred.address) && referred.open.any();
                if unchanged && seen.insert(&referred.address) {
                    add(&referred.address, When::Before);
                    open.push(referred);
                }
            }
        }
    }
    found.sort_by(|a, b| (a.change, &a.address).cmp(&(b.change, &b.address)));
    found
}
