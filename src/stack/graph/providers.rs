//! Provider blocks come before everything that is read or made through them.

use super::lifecycle::passes_on;
use super::{Builder, Item, Node};
use crate::diagnostic::{Diagnostic, Span};
use crate::stack::program::ROOT;
use std::collections::BTreeSet;

impl Builder<'_> {
    /// Complains about provider blocks that need what only a provider can read or make, and takes the need
    /// away: it would show once more as a circle.
    pub(super) fn providers_first(&mut self) {
        let providers = self.program.root().providers.keys();
        let nodes: Vec<Node> = providers.map(|it| Item::Provider(it.clone()).of(ROOT)).collect();
        for provider in nodes {
            for (needed, span) in self.edges.get(&provider).cloned().unwrap_or_default() {
                let Some(object) = self.leads_to_object(&needed) else { continue };
                let name = object.name(self.program);
                let through = if object == needed {
                    String::new()
                } else {
                    format!(", by way of {}", needed.name(self.program))
                };
                let mut diagnostic = Diagnostic::error(
                    "provider-needs-object",
                    format!("{} cannot depend on {name}", provider.name(self.program)),
                )
                .label(format!("says whom to ask, and {name} has to be asked for first{through}"))
                .help("use variables, locals and plain values in provider blocks");
                if let Some(span) = span {
                    diagnostic = diagnostic.at(span);
                }
                self.complain(Some(diagnostic));
                if let Some(needs) = self.edges.get_mut(&provider) {
                    needs.remove(&needed);
                }
            }
        }
    }

    /// The object or data a value comes from.
    fn leads_to_object(&self, from: &Node) -> Option<Node> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            if matches!(node.item, Item::Resource(..) | Item::Data(..)) {
                return Some(node.clone());
            }
            if (passes_on(&node.item) || node.item == Item::Call) && seen.insert(node) {
                let needs: Option<&std::collections::BTreeMap<Node, Option<Span>>> = self.edges.get(node);
                open.extend(needs.into_iter().flat_map(|needs| needs.keys()));
            }
        }
        None
    }
}
