//! Objects, numbered, and the names by which others mean them.

use super::build::Builder;
use super::change::ChangeAction;
use super::draft::Draft;
use super::relations::{Name, names_of};
use crate::kinds::{self, Schema};
use crate::stack::{BlockId, Instance};
use crate::value::{Address, Identity, Map, Place};
use rustc_hash::FxHashMap;

/// The number of an object in [`Objects`]: of a declared one the index of its instance, others come after those.
pub(super) type Number = usize;

/// What is done to an object, by the indices of the drafts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    /// What makes or changes it, or waits for it.
    pub present: Option<usize>,
    pub deleted: Option<usize>,
}

/// Objects with their names: those that changes are about, or all.
pub(super) struct Objects<'a> {
    builder: &'a Builder<'a>,
    /// Of what is not declared.
    numbers: FxHashMap<&'a Identity<Place>, Number>,
    /// By number.
    done: Vec<Done>,
    by_address: FxHashMap<&'a Address, Number>,
    /// Where only changes count, empty if nothing refers to a block as a whole.
    by_block: FxHashMap<BlockId, Vec<Number>>,
    by_name: FxHashMap<Name<'a>, Number>,
}

impl<'a> Objects<'a> {
    /// What changes, and what has conditions that changes may wait for.
    pub fn changing(builder: &'a Builder<'a>) -> Self {
        let mut objects = Self::drafted(builder);
        let by_block = builder.traits.whole_blocks;
        for draft in &builder.drafts {
            let number = objects.number_of(draft);
            if let Some(instance) = objects.instance(number) {
                objects.address(instance, number, by_block);
                objects.name(draft.schema, draft.identity, &instance.proposed.after, number);
            }
            if let Some(object) = draft.object {
                objects.name(draft.schema, draft.identity, &object.attributes, number);
            }
        }
        if builder.traits.open {
            for (number, instance) in builder.evaluation.instances.iter().enumerate() {
                if instance.open.any() && instance.identity.is_some() {
                    objects.address(instance, number, by_block);
                }
            }
        }
        objects
    }

    /// All that exists or is declared.
    pub fn all(builder: &'a Builder<'a>) -> Self {
        let mut objects = Self::drafted(builder);
        for (identity, object) in builder.snapshot.existing() {
            if let Some(schema) = kinds::schema(&identity.kind) {
                let number = objects.number(identity);
                objects.name(schema, identity, &object.attributes, number);
            }
        }
        for (number, instance) in builder.evaluation.instances.iter().enumerate() {
            if let Some(identity) = &instance.identity {
                objects.address(instance, number, true);
                objects.name(instance.schema, identity, &instance.proposed.after, number);
            }
        }
        objects
    }

    fn drafted(builder: &'a Builder<'a>) -> Self {
        let mut objects = Self {
            builder,
            numbers: FxHashMap::default(),
            done: vec![Done::default(); builder.evaluation.instances.len()],
            by_address: FxHashMap::default(),
            by_block: FxHashMap::default(),
            by_name: FxHashMap::default(),
        };
        objects.by_address.reserve(builder.drafts.len());
        for (at, draft) in builder.drafts.iter().enumerate() {
            let number = objects.number_of(draft);
            let done = &mut objects.done[number];
            match draft.action {
                ChangeAction::Delete => done.deleted = Some(at),
                _ => done.present = Some(at),
            }
        }
        objects
    }

    fn number(&mut self, identity: &'a Identity<Place>) -> Number {
        if let Some(index) = self.builder.declared.get(identity) {
            return *index;
        }
        *self.numbers.entry(identity).or_insert_with(|| {
            self.done.push(Done::default());
            self.done.len() - 1
        })
    }

    fn number_of(&mut self, draft: &'a Draft<'a>) -> Number {
        draft.instance.unwrap_or_else(|| self.number(draft.identity))
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

    /// The instance of a declared object.
    pub fn instance(&self, number: Number) -> Option<&'a Instance> {
        self.builder.evaluation.instances.get(number).map(|instance| &**instance)
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
    pub fn unchanged_and_open(&self, instance: &Instance) -> Vec<&'a Instance> {
        if !self.builder.traits.open {
            return Vec::new();
        }
        let unchanged = self.referred(instance).filter(|number| self.done(*number).present.is_none());
        unchanged.filter_map(|number| self.instance(number)).filter(|instance| instance.open.any()).collect()
    }
}
