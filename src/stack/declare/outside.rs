//! Blocks that name what lies outside of the directory: modules, data to read, and checks on it.

use super::{CALL, META, Reader, identifier};
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::kinds;
use crate::lang::syntax::Block;
use crate::stack::data;
use crate::stack::policy_document;
use crate::stack::program::{Call, Check, Conditions, Data};
use crate::value::{ProviderRef, Text};

impl Reader<'_> {
    /// `check "x" { data … assert { … } }`.
    pub(super) fn check(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        self.only(block, &[], &["data", "assert"]);
        if let Some(first) = self.directory.declared.checks.get(&name) {
            let first = first.span;
            return self.duplicate(&format!("Check \"{name}\""), block.span, first);
        }
        if !identifier(&name) {
            self.error(
                Diagnostic::error("invalid-name", format!("\"{name}\" cannot name a check"))
                    .at(block.labels[0].1)
                    .label("letters, digits, - and _, beginning with a letter or _"),
            );
        }
        let mut data = block.body.blocks_of("data");
        if let Some(nested) = data.next() {
            self.data(nested, Some(&name));
        }
        if let Some(second) = data.next() {
            self.error(
                Diagnostic::error("duplicate-block", "A check holds at most one data block")
                    .at(second.span)
                    .help("put the other one outside of the check, or into a check of its own"),
            );
        }
        let assertions = self.conditions(block, "assert");
        if block.body.blocks_of("assert").next().is_none() {
            self.error(
                Diagnostic::error("missing-block", format!("Check \"{name}\" asserts nothing"))
                    .at(block.span)
                    .help("add: assert { condition = … and error_message = \"…\" }"),
            );
        }
        self.directory.declared.checks.insert(name, Check { span: block.span, assertions });
    }

    /// `check` names the check the block stands in.
    pub(super) fn data(&mut self, block: &Block, check: Option<&Text>) {
        let Some([of, name]) = self.labels(block, ["KIND", "name"]) else { return };
        let Some(arguments) = data::arguments(&of) else {
            let known: Vec<&str> = data::names().collect();
            let terraform = kinds::ALL.iter().find(|schema| *schema.terraform_type == *of);
            return self.error(
                Diagnostic::error("unknown-data", format!("There is no data \"{of}\""))
                    .at(block.labels[0].1)
                    .help(match terraform {
                        Some(schema) => format!("write: data \"{}\" \"{name}\" {{ … }}", schema.kind),
                        None => did_you_mean(of.trim_start_matches("aws_"), known.iter().copied()),
                    }),
            );
        };
        let key = (of.clone(), name.clone());
        if let Some(first) = self.directory.declared.data.get(&key) {
            let first = first.span;
            return self.duplicate(&format!("data.{of}.{name}"), block.span, first);
        }
        if !identifier(&name) {
            self.error(
                Diagnostic::error("invalid-name", format!("\"{name}\" cannot be a label"))
                    .at(block.labels[1].1)
                    .label("letters, digits, - and _, beginning with a letter or _"),
            );
        }
        let names: Vec<&str> =
            arguments.iter().map(|(name, _)| *name).chain(META).filter(|name| *name != "lifecycle").collect();
        // As in Terraform, what a check reads is one thing, and the check says what is expected of it.
        let (names, blocks): (Vec<&str>, &[&str]) = match check {
            Some(_) => {
                (names.into_iter().filter(|name| !matches!(*name, "count" | "for_each")).collect(), &[])
            }
            None => (names, &["lifecycle"]),
        };
        // Of policy documents the blocks are checked where they are read.
        if !policy_document::NAMES.contains(&&*of) {
            self.only(block, &names, blocks);
        }
        let mut conditions = Conditions::default();
        for lifecycle in block.body.blocks_of("lifecycle") {
            self.only(lifecycle, &[], &["precondition", "postcondition"]);
            self.before_and_after(lifecycle, &mut conditions);
        }
        let depends_on = self.reference_list(block, "depends_on");
        for (argument, _) in arguments.iter().filter(|(_, needed)| *needed) {
            if block.body.attribute(argument).is_none() {
                self.error(
                    Diagnostic::error(
                        "missing-attribute",
                        format!("The attribute \"{argument}\" is required"),
                    )
                    .at(block.span)
                    .label("missing in this block")
                    .help(format!("add: {argument} = …")),
                );
            }
        }
        let provider = block.body.attribute("provider");
        let provider = provider.and_then(|attribute| self.provider_reference(&attribute.expr));
        let (span, body, repeat) = (block.span, block.body.clone(), self.repeat(block));
        let check = check.cloned();
        let data = Data { of, name, span, body, repeat, provider, depends_on, conditions, check };
        self.directory.declared.data.insert(key, data);
    }

    pub(super) fn module(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        if let Some(first) = self.directory.declared.calls.get(&name) {
            let first = first.span;
            return self.duplicate(&format!("module.{name}"), block.span, first);
        }
        if !identifier(&name) {
            self.error(
                Diagnostic::error("invalid-name", format!("\"{name}\" cannot name a module"))
                    .at(block.labels[0].1)
                    .label("letters, digits, - and _, beginning with a letter or _"),
            );
        }
        for nested in &block.body.blocks {
            self.error(
                Diagnostic::error(
                    "unknown-block",
                    format!("A module block has no block \"{}\"", nested.kind),
                )
                .at(nested.kind_span)
                .help(format!("for a value of the module's variable write: {} = …", nested.kind)),
            );
        }
        let Some(attribute) = block.body.attribute("source") else {
            return self.error(
                Diagnostic::error("missing-attribute", format!("Module \"{name}\" has no source"))
                    .at(block.span)
                    .help("add: source = \"./directory\""),
            );
        };
        let Some(source) = self.constant(block, "source", "text", |expr| expr.as_string().map(Text::from))
        else {
            return;
        };
        if !(source.starts_with("./") || source.starts_with("../") || matches!(&*source, "." | "..")) {
            return self.error(
                Diagnostic::error("module-source", "A module is a directory next to the files")
                    .at(attribute.expr.span())
                    .label("begins neither with ./ nor with ../")
                    .with_note("There is nothing to download before planning: no registry, no repository.")
                    .help(format!(
                        "for a directory write \"./{}\"; what lies elsewhere has to be copied next to the stack",
                        source.trim_start_matches('/')
                    )),
            );
        }
        let arguments = block.body.attributes.iter().filter(|given| !CALL.contains(&given.name.as_ref()));
        let call = Call {
            span: block.span,
            source: (source, attribute.expr.span()),
            arguments: arguments.map(|given| (given.name.clone(), given.clone())).collect(),
            repeat: self.repeat(block),
            providers: self.provider_map(block),
            depends_on: self.reference_list(block, "depends_on"),
        };
        self.directory.declared.calls.insert(name, call);
    }

    /// `providers = { aws = aws.west, aws.other = aws }`.
    fn provider_map(&mut self, block: &Block) -> Vec<(ProviderRef, ProviderRef, Span)> {
        let Some(attribute) = block.body.attribute("providers") else { return Vec::new() };
        let Some(entries) = attribute.expr.as_object() else {
            self.error(
                Diagnostic::error("invalid-provider", "\"providers\" has to be a map of providers")
                    .at(attribute.expr.span())
                    .help("write: providers = { aws = aws.west }"),
            );
            return Vec::new();
        };
        let mut found: Vec<(ProviderRef, ProviderRef, Span)> = Vec::new();
        for (there, here) in entries {
            let name = match there.as_string() {
                Some(text) => Some(text.split('.').collect()),
                None => there.as_dotted(),
            };
            let inner = match name.as_deref() {
                Some(["aws"]) => ProviderRef::default(),
                Some(["aws", alias]) => ProviderRef { alias: Some((*alias).into()), key: None },
                _ => {
                    self.error(
                        Diagnostic::error("invalid-provider", "A key of \"providers\" names a provider")
                            .at(there.span())
                            .label("the provider's name inside of the module")
                            .help("write: aws = …, or aws.NAME = …"),
                    );
                    continue;
                }
            };
            if let Some((outer, span)) = self.provider_reference(here) {
                found.push((inner, outer, span));
            }
        }
        found
    }
}
