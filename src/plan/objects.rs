//! The objects that changes are about, numbered, and the names by which others mean them.

use super::build::Builder;
use super::change::ChangeAction;
use super::relations::{Name, names_of};
use crate::kinds::{self, Schema};
use crate::stack::{BlockId, Instance};
use crate::value::{Address, Identity, Map, Place};
use rustc_hash::FxHashMap;

/// The number of an object in [`Objects`].
pub(super) type Number = usize;

/// What is done to an object, by the indices of the drafts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    /// What makes or changes it, or waits for it.
    pub present: Option<usize>,
    pub deleted: Option<usize>,
}

/// The objects that changes are about.
pub(super) struct Objects<'a> {
    numbers: FxHashMap<&'a Identity<Place>, Number>,
    /// By number.
    identities: Vec<&'a Identity<Place>>,
    done: Vec<Done>,
    by_address: FxHashMap<&'a Address, Number>,
    /// Empty if nothing refers to a block as a whole.
    by_block: FxHashMap<BlockId, Vec<Number>>,
    by_name: FxHashMap<Name<'a>, Number>,
    /// Whether any instance has conditions that are told only while applying.
    pub any_open: bool,
}

impl<'a> Objects<'a> {
    /// What changes, and what has conditions that changes may wait for.
    pub fn changing(builder: &'a Builder<'_>) -> Self {
        let mut objects = Self::drafted(builder);
        let instances = &builder.evaluation.instances;
        let by_block = builder.traits.whole_blocks;
        for draft in &builder.drafts {
            let number = objects.number(draft.identity);
            if let Some(instance) = draft.instance.map(|index| &instances[index]) {
                objects.address(instance, number, by_block);
                objects.name(draft.schema, draft.identity, &instance.proposed.after, number);
            }
            if let Some(object) = draft.object {
                objects.name(draft.schema, draft.identity, &object.attributes, number);
            }
        }
        for instance in instances.iter().filter(|instance| builder.traits.open && instance.open.any()) {
            if let Some(identity) = &instance.identity {
                let number = objects.number(identity);
                objects.address(instance, number, by_block);
            }
        }
        objects
    }

    /// All that exists or is declared.
    pub fn all(builder: &'a Builder<'_>) -> Self {
        let mut objects = Self::drafted(builder);
        for (identity, object) in builder.snapshot.existing() {
            if let Some(schema) = kinds::schema(&identity.kind) {
                let number = objects.number(identity);
                objects.name(schema, identity, &object.attributes, number);
            }
        }
        for instance in &builder.evaluation.instances {
            if let Some(identity) = &instance.identity {
                let number = objects.number(identity);
                objects.address(instance, number, true);
                objects.name(instance.schema, identity, &instance.proposed.after, number);
            }
        }
        objects
    }

    fn drafted(builder: &'a Builder<'_>) -> Self {
        let count = builder.drafts.len();
        let mut objects = Self {
            numbers: FxHashMap::default(),
            identities: Vec::with_capacity(count),
            done: Vec::with_capacity(count),
            by_address: FxHashMap::default(),
            by_block: FxHashMap::default(),
            by_name: FxHashMap::default(),
            any_open: builder.traits.open,
        };
        objects.numbers.reserve(count);
        objects.by_address.reserve(count);
        for (at, draft) in builder.drafts.iter().enumerate() {
            let number = objects.number(draft.identity);
            let done = &mut objects.done[number];
            match draft.action {
                ChangeAction::Delete => done.deleted = Some(at),
                _ => done.present = Some(at),
            }
        }
        objects
    }

    fn number(&mut self, identity: &'a Identity<Place>) -> Number {
        *self.numbers.entry(identity).or_insert_with(|| {
            self.identities.push(identity);
            self.done.push(Done::default());
            self.done.len() - 1
        })
    }

    fn address(&mut self, instance: &'a Instance, number: Number, by_block: bool) {
        self.by_address.insert(&instance.address, number);
        if by_block {
            let block = self.by_block.entry(BlockId::of(&instance.address)).or_default();
            if block.last() != Some(&number) {
                block.push(number);
            }
        }
    }

    fn name(&mut self, schema: &Schema, identity: &'a Identity<Place>, attributes: &'a Map, number: Number) {
        self.by_name.extend(names_of(schema, identity, attributes).map(|name| (name, number)));
    }

    pub fn identity(&self, number: Number) -> &'a Identity<Place> {
        self.identities[number]
    }

    /// What is done to an object.
    pub fn done(&self, number: Number) -> Done {
        self.done[number]
    }

    pub fn at(&self, address: &Address) -> Option<Number> {
        self.by_address.get(address).copied()
    }

    pub fn in_block(&self, block: &BlockId) -> &[Number] {
        self.by_block.get(block).map_or(&[], Vec::as_slice)
    }

    pub fn named(&self, name: &Name<'_>) -> Option<Number> {
        self.by_name.get(name).copied()
    }

    /// What an instance refers to.
    pub fn referred<'i>(&'i self, instance: &'i Instance) -> impl Iterator<Item = Number> + 'i {
        let single = instance.references.iter().filter_map(|address| self.at(address));
        let whole = instance.whole_blocks.iter().flat_map(|block| self.in_block(block)).copied();
        single.chain(whole)
    }

    /// What an instance refers to that has no change of its own, but conditions that wait for others.
    pub fn unchanged_and_open<'b>(&self, builder: &'b Builder<'_>, instance: &Instance) -> Vec<&'b Instance> {
        if !self.any_open {
            return Vec::new();
        }
        let unchanged = self.referred(instance).filter(|number| self.done(*number).present.is_none());
        let instances = unchanged.filter_map(|number| {
            let index = builder.declared.get(self.identity(number))?;
            Some(&*builder.evaluation.instances[*index])
        });
        instances.filter(|instance| instance.open.any()).collect()
    }
}
