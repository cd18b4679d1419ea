//! What conditions, triggers and `depends_on` refer to.

use super::{Allowed, Builder, Item, Node, Target};
use crate::lang::references::{RefStep, Reference};
use crate::stack::pending;
use crate::stack::program::{Condition, Conditions, ModuleId, Repeat, Trigger};
use std::collections::BTreeSet;

impl Builder<'_> {
    pub(super) fn conditions(&mut self, node: &Node, conditions: &Conditions, allowed: Allowed) {
        self.each_condition(node, &conditions.before, allowed);
        self.each_condition(node, &conditions.after, Allowed { own: true, ..allowed });
    }

    pub(super) fn each_condition(&mut self, node: &Node, conditions: &[Condition], allowed: Allowed) {
        self.edges.entry(node.clone()).or_default();
        for condition in conditions {
            self.expr(node, &condition.condition, allowed, &[]);
            self.expr(node, &condition.error_message, allowed, &[]);
        }
    }

    /// `replace_triggered_by`: what triggers comes first.
    pub(super) fn triggers(&mut self, node: &Node, triggers: &[Trigger], allowed: Allowed) {
        let program = self.program;
        for trigger in triggers {
            let mut reference = trigger.block.clone();
            if let Some(key) = &trigger.key {
                // A key that is an expression may be any: then all instances come first.
                if let Some(key) = crate::lang::references::as_key(key) {
                    reference.steps.push(RefStep::Index(key));
                }
                self.expr(node, key, allowed, &[]);
            }
            self.reference(node.module, node, &reference, allowed, &[]);
            let name = reference.attrs().next().unwrap_or_default();
            let key = (reference.root.clone(), name.into());
            if let Some(block) = program.modules[node.module].declared.resources.get(&key) {
                let repeated = !matches!(block.repeat, Repeat::Once);
                self.complain(pending::complaint(trigger, block.schema, repeated));
            }
        }
    }

    /// `depends_on` of what others refer to: they come after what it names as well.
    pub(super) fn comes_after(&mut self, node: &Node, references: &[Reference]) {
        self.depends_on(node.module, node, references);
        let program = self.program;
        let module = &program.modules[node.module];
        let mut targets = BTreeSet::new();
        for reference in references {
            let name = reference.attrs().next().unwrap_or_default();
            if &*reference.root == "module" {
                if let Some(child) = module.calls.get(name) {
                    self.blocks_inside(*child, module.depth(), &mut targets);
                }
            } else if module.declared.resources.contains_key(&(reference.root.clone(), name.into())) {
                targets.insert(self.target(node.module, &reference.root, name, module.depth()));
            }
        }
        self.targets.entry(node.clone()).or_default().append(&mut targets);
    }

    fn target(&self, module: ModuleId, kind: &str, name: &str, shared: usize) -> Target {
        Target { module, kind: kind.into(), name: name.into(), key: None, shared, select: Vec::new() }
    }

    /// All blocks of a module and of those it calls.
    fn blocks_inside(&self, child: ModuleId, shared: usize, found: &mut BTreeSet<Target>) {
        let module = &self.program.modules[child];
        for (kind, name) in module.declared.resources.keys() {
            found.insert(self.target(child, kind, name, shared));
        }
        for inner in module.calls.values() {
            self.blocks_inside(*inner, shared, found);
        }
    }
}

/// Whether a node is of a sort that others refer to without being an object.
pub(super) fn passes_on(item: &Item) -> bool {
    matches!(item, Item::Local(_) | Item::Variable(_) | Item::Output(_) | Item::Data(..))
}
