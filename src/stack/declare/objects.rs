//! Blocks of the kinds, and what every block that repeats takes.

use super::{Reader, identifier};
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::kinds::Schema;
use crate::lang::Expr;
use crate::lang::references::{self, IndexedStep, RefStep, Reference};
use crate::lang::syntax::Block;
use crate::stack::program::{Conditions, Ignore, Repeat, Resource, Trigger};
use crate::value::{Key, Path, ProviderRef, Step, Text};

impl Reader<'_> {
    pub(super) fn resource(&mut self, schema: &'static Schema, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        let key = (Text::from(schema.kind), name.clone());
        if let Some(first) = self.directory.declared.resources.get(&key) {
            let first = first.span;
            return self.duplicate(&format!("{}.{name}", schema.kind), block.span, first);
        }
        if !identifier(&name) {
            self.error(
                Diagnostic::error("invalid-name", format!("\"{name}\" cannot be a label"))
                    .at(block.labels[0].1)
                    .label("letters, digits, - and _, beginning with a letter or _")
                    .help(match schema.named {
                        Some(named) => format!("give the name AWS knows in the block: {named} = \"{name}\""),
                        None => "choose a label you would refer to in expressions".to_string(),
                    }),
            );
        }
        let expr = |name: &str| block.body.attribute(name).map(|attribute| attribute.expr.clone());
        let repeat = self.repeat(block);
        let provider = expr("provider").and_then(|expr| self.provider_reference(&expr));
        let depends_on = self.reference_list(block, "depends_on");
        let lifecycle = self.lifecycle(schema, block);
        let resource = Resource {
            schema,
            name,
            span: block.span,
            body: block.body.clone(),
            repeat,
            provider,
            depends_on,
            prevent_destroy: lifecycle.prevent_destroy,
            ignore_changes: lifecycle.ignore_changes,
            replace_triggered_by: lifecycle.replace_triggered_by,
            conditions: lifecycle.conditions,
        };
        self.directory.declared.resources.insert(key, resource);
    }

    pub(super) fn repeat(&mut self, block: &Block) -> Repeat {
        let expr = |name: &str| block.body.attribute(name).map(|attribute| attribute.expr.clone());
        match (expr("count"), expr("for_each")) {
            (Some(count), Some(_)) => {
                self.error(
                    Diagnostic::error("count-and-for-each", "A block has either count or for_each, not both")
                        .at(count.span())
                        .label("for_each is there as well")
                        .help("keep for_each for instances with names of their own, count for interchangeable ones"),
                );
                Repeat::Once
            }
            (Some(count), None) => Repeat::Count(count),
            (None, Some(each)) => Repeat::ForEach(each),
            (None, None) => Repeat::Once,
        }
    }

    pub(super) fn provider_reference(&mut self, expr: &Expr) -> Option<(ProviderRef, Span)> {
        match expr.as_dotted().as_deref() {
            Some(["aws"]) => Some((ProviderRef::default(), expr.span())),
            Some(["aws", alias]) => {
                Some((ProviderRef { alias: Some((*alias).into()), key: None }, expr.span()))
            }
            _ => {
                self.error(
                    Diagnostic::error("invalid-provider", "\"provider\" has to name a provider block")
                        .at(expr.span())
                        .help("write: provider = aws.west"),
                );
                None
            }
        }
    }

    pub(super) fn reference_list(&mut self, block: &Block, name: &str) -> Vec<references::Reference> {
        let Some(attribute) = block.body.attribute(name) else { return Vec::new() };
        let Some(items) = attribute.expr.as_list() else {
            self.error(
                Diagnostic::error("invalid-reference", format!("\"{name}\" has to be a list of references"))
                    .at(attribute.expr.span())
                    .help(format!("write: {name} = [role.app]")),
            );
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items {
            match references::as_reference(item) {
                Some(reference) => found.push(reference),
                None => self.error(
                    Diagnostic::error(
                        "invalid-reference",
                        format!("\"{name}\" takes references, nothing else"),
                    )
                    .at(item.span())
                    .help("write an address without quotes: role.app"),
                ),
            }
        }
        found
    }

    /// Complains about a name in `ignore_changes` that is no attribute files can set.
    pub(super) fn ignorable(&mut self, schema: &'static Schema, reference: &references::Reference) {
        let known = schema.attributes.iter().filter(|attribute| !attribute.is_computed());
        let known: Vec<&str> = known.map(|attribute| attribute.name).collect();
        if !known.contains(&reference.root.as_ref()) {
            self.error(
                Diagnostic::error(
                    "unknown-attribute",
                    format!("A {} has no attribute \"{}\" to ignore", schema.kind, reference.root),
                )
                .at(reference.span)
                .help(did_you_mean(&reference.root, known.iter().copied())),
            );
        }
    }

    fn lifecycle(&mut self, schema: &'static Schema, block: &Block) -> Lifecycle {
        let mut found = Lifecycle::default();
        for lifecycle in block.body.blocks_of("lifecycle") {
            self.only(
                lifecycle,
                &["prevent_destroy", "ignore_changes", "create_before_destroy", "replace_triggered_by"],
                &["precondition", "postcondition"],
            );
            found.prevent_destroy |= self.flag(lifecycle, "prevent_destroy").unwrap_or(false);
            if let Some(attribute) = lifecycle.body.attribute("create_before_destroy") {
                self.error(
                    Diagnostic::note("create-before-destroy", "create_before_destroy has no effect")
                        .at(attribute.span)
                        .with_note("Order follows identity: a new name is created before the old one is deleted, the same name cannot be."),
                );
            }
            match lifecycle.body.attribute("ignore_changes") {
                Some(attribute) if attribute.expr.as_keyword() == Some("all") => {
                    found.ignore_changes = Ignore::All;
                }
                Some(_) => {
                    let names = self.reference_list(lifecycle, "ignore_changes");
                    for reference in &names {
                        self.ignorable(schema, reference);
                    }
                    let names = names.into_iter().map(|reference| reference.root).collect();
                    found.ignore_changes = Ignore::Attributes(names);
                }
                None => {}
            }
            found.replace_triggered_by.append(&mut self.triggers(lifecycle));
            self.before_and_after(lifecycle, &mut found.conditions);
        }
        found
    }

    /// `precondition` and `postcondition` blocks.
    pub(super) fn before_and_after(&mut self, lifecycle: &Block, found: &mut Conditions) {
        found.before.append(&mut self.conditions(lifecycle, "precondition"));
        found.after.append(&mut self.conditions(lifecycle, "postcondition"));
    }

    fn triggers(&mut self, lifecycle: &Block) -> Vec<Trigger> {
        let Some(attribute) = lifecycle.body.attribute("replace_triggered_by") else { return Vec::new() };
        let Some(items) = attribute.expr.as_list() else {
            self.error(
                Diagnostic::error(
                    "invalid-reference",
                    "\"replace_triggered_by\" has to be a list of references",
                )
                .at(attribute.expr.span())
                .help("write: replace_triggered_by = [role.app]"),
            );
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items {
            match trigger(item) {
                Some(trigger) => found.push(trigger),
                None => self.error(
                    Diagnostic::error(
                        "invalid-reference",
                        "\"replace_triggered_by\" takes objects of this stack and their attributes",
                    )
                    .at(item.span())
                    .help("write: role.app, role.app[each.key] or role.app.path"),
                ),
            }
        }
        found
    }
}

/// What a lifecycle block says.
#[derive(Default)]
struct Lifecycle {
    prevent_destroy: bool,
    ignore_changes: Ignore,
    replace_triggered_by: Vec<Trigger>,
    conditions: Conditions,
}

/// Reads `role.app`, `role.app[each.key]` or `role.app["x"].path`.
fn trigger(expr: &Expr) -> Option<Trigger> {
    let (root, steps) = references::as_indexed(expr)?;
    let mut steps = steps.into_iter();
    let Some(IndexedStep::Attr(name)) = steps.next() else { return None };
    crate::kinds::schema(&root)?;
    let mut steps = steps.peekable();
    let mut key = None;
    if let Some(IndexedStep::Index(index)) = steps.peek() {
        key = Some((*index).clone());
        steps.next();
    }
    let path = steps.map(|step| match step {
        IndexedStep::Attr(name) => Some(Step::Attribute(name)),
        IndexedStep::Index(index) => Some(match references::as_key(index)? {
            Key::Str(key) => Step::Key(key),
            Key::Int(index) => Step::Index(usize::try_from(index).ok()?),
        }),
    });
    let path = Path(path.collect::<Option<Vec<_>>>()?);
    let block = Reference { root, steps: vec![RefStep::Attr(name)], span: expr.span() };
    Some(Trigger { block, key, path, span: expr.span() })
}
