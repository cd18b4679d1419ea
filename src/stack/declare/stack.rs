//! Blocks that only a stack's own files hold: the stack, its providers, what it adopts.

use super::{Reader, address, words};
use crate::diagnostic::Diagnostic;
use crate::lang::references;
use crate::lang::syntax::{Attribute, Block};
use crate::stack::program::{Adopt, Removed, StackBlock};
use crate::value::{AddressPattern, ProviderRef, Text};

impl Reader<'_> {
    pub(super) fn stack(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        self.only(block, &["required_version", "instance", "allow_destroy", "regions"], &[]);
        if let Some(first) = &self.directory.stack {
            let first = first.span;
            self.error(
                Diagnostic::error("two-stacks", "A directory holds exactly one stack block")
                    .at(block.span)
                    .label("the second one")
                    .related(first, "the first one")
                    .help("put the other stack into a directory of its own"),
            );
            return;
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 128 || !name.chars().all(allowed) {
            self.error(
                Diagnostic::error("invalid-name", format!("\"{name}\" cannot name a stack"))
                    .at(block.labels[0].1)
                    .label("1 to 128 letters, digits, - _ and .")
                    .with_note("The name is the value of the tag that marks what the stack owns."),
            );
        }
        if let Some(attribute) = block.body.attribute("required_version") {
            self.required_version(attribute);
        }
        let expr = |name: &str| block.body.attribute(name).map(|attribute| attribute.expr.clone());
        self.directory.stack = Some(StackBlock {
            name,
            span: block.span,
            instance: expr("instance"),
            allow_destroy: expr("allow_destroy"),
            regions: expr("regions"),
        });
    }

    pub(super) fn required_version(&mut self, attribute: &Attribute) {
        let version = env!("CARGO_PKG_VERSION");
        let Some(text) = attribute.expr.as_string() else {
            self.error(
                Diagnostic::error(
                    "not-constant",
                    "\"required_version\" has to be a version constraint, written out",
                )
                .at(attribute.expr.span())
                .help("write: required_version = \">= 0.1\""),
            );
            return;
        };
        match crate::kinds::version::satisfies(text, version) {
            Some(true) => {}
            Some(false) => self.error(
                Diagnostic::error(
                    "required-version",
                    format!("This is eksform {version}; the stack requires {text}"),
                )
                .at(attribute.expr.span())
                .help("use a version of eksform that satisfies the constraint"),
            ),
            None => self.error(
                Diagnostic::error("required-version", format!("\"{text}\" is no version constraint"))
                    .at(attribute.expr.span())
                    .help("write: \">= 0.1\", \"~> 1.2\" or several separated by commas"),
            ),
        }
    }

    pub(super) fn provider(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["aws"]) else { return };
        if &*name != "aws" {
            return self.error(
                Diagnostic::error("unknown-provider", format!("There is no provider \"{name}\""))
                    .at(block.labels[0].1)
                    .help("the only one is \"aws\""),
            );
        }
        self.only(
            block,
            &["alias", "region", "profile", "endpoint_url", "allowed_account_ids", "default_tags"],
            &["assume_role", "default_tags", "ignore_tags"],
        );
        let alias = self.constant(block, "alias", "a name", |expr| expr.as_string().map(Text::from));
        let provider = ProviderRef { alias, key: None };
        match self.directory.declared.providers.get(&provider) {
            Some(first) => {
                let first = first.span;
                self.duplicate(&provider.to_string(), block.span, first);
            }
            None => {
                self.directory.declared.providers.insert(provider, block.clone());
            }
        }
    }

    pub(super) fn adopt(&mut self, block: &Block) {
        self.labels(block, []);
        self.only(block, &["to", "from_stack"], &[]);
        let Some(to) = block.body.attribute("to") else {
            return self.error(
                Diagnostic::error("missing-attribute", "An adopt block needs \"to\"")
                    .at(block.span)
                    .help("add: to = addon.vpc-cni"),
            );
        };
        let Some(address) = references::as_reference(&to.expr).and_then(|reference| address(&reference))
        else {
            return self.error(
                Diagnostic::error("invalid-address", "\"to\" has to be the address of an instance")
                    .at(to.expr.span())
                    .help("write: to = addon.vpc-cni, or to = role.app[\"blue\"]"),
            );
        };
        let from_stack =
            self.constant(block, "from_stack", "a stack's name", |expr| expr.as_string().map(Text::from));
        self.directory.adopts.push(Adopt { to: address, from_stack, span: block.span });
    }

    /// `removed { from = addon.x  lifecycle { destroy = false } }`.
    pub(super) fn removed(&mut self, block: &Block) {
        self.labels(block, []);
        self.only(block, &["from"], &["lifecycle"]);
        let Some(from) = block.body.attribute("from") else {
            return self.error(
                Diagnostic::error("missing-attribute", "A removed block needs \"from\"")
                    .at(block.span)
                    .help("add: from = addon.vpc-cni"),
            );
        };
        let pattern = references::as_reference(&from.expr).and_then(|reference| {
            let words = words(&reference)?.into_iter().map(|(word, key)| match key {
                Some(key) => format!("{word}{key}"),
                None => word.to_string(),
            });
            AddressPattern::parse(&words.collect::<Vec<_>>().join("."))
        });
        let Some(from) = pattern.map(|pattern| (pattern, from.expr.span())) else {
            return self.error(
                Diagnostic::error("invalid-address", "\"from\" has to be the address of what was declared")
                    .at(from.expr.span())
                    .help("write: from = addon.vpc-cni, from = role.app[\"blue\"] or from = module.eu"),
            );
        };
        let mut destroy = true;
        for lifecycle in block.body.blocks_of("lifecycle") {
            self.only(lifecycle, &["destroy"], &[]);
            destroy = self.flag(lifecycle, "destroy").unwrap_or(destroy);
        }
        self.directory.removed.push(Removed { from, destroy });
    }
}
