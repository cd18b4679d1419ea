//! Files → declarations: which blocks there are, by name, before anything is evaluated.

mod outside;

use super::program::{
    Adopt, Condition, Declarations, Ignore, Output, Removed, Repeat, Resource, StackBlock, Variable,
};
use crate::diagnostic::{Diagnostic, FileId, Sources, Span, did_you_mean};
use crate::kinds::{self, Schema};
use crate::lang::syntax::{self, Attribute, Block, Body, Document};
use crate::lang::{Expr, convert, references};
use crate::value::{Address, AddressPattern, Key, ModuleStep, Origin, ProviderRef, Type};
use std::sync::Arc;

const BLOCKS: [&str; 10] =
    ["stack", "variable", "locals", "output", "module", "data", "provider", "adopt", "moved", "removed"];

/// Attributes of a module block that are no values of the module's variables.
const CALL: [&str; 5] = ["source", "count", "for_each", "providers", "depends_on"];

/// Attributes and blocks every kind takes besides its own.
pub(super) const META: [&str; 5] = ["count", "for_each", "provider", "depends_on", "lifecycle"];

type Parse = fn(FileId, &str) -> (Document, Vec<Diagnostic>);

/// How a file of that name is read, if it belongs to a stack or module.
fn format(path: &str) -> Option<Parse> {
    match path {
        path if path.ends_with(".eks.hcl") => Some(syntax::parse),
        path if path.ends_with(".eks.json") => Some(|file, text| syntax::parse_json(file, text, &labels)),
        _ => None,
    }
}

/// What the files of one directory declare.
pub(super) struct Directory {
    pub stack: Option<StackBlock>,
    pub adopts: Vec<Adopt>,
    pub removed: Vec<Removed>,
    pub declared: Declarations,
}

/// Reads the files of one directory, by path. What can be read is returned even if there are errors.
/// `caller` is the call that leads to a module.
pub(super) fn directory<'a>(
    files: impl IntoIterator<Item = (&'a Arc<str>, &'a Arc<str>)>,
    caller: Option<Span>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Directory {
    let empty = Directory { stack: None, adopts: Vec::new(), removed: Vec::new(), declared: Declarations::default() };
    let mut reader = Reader { directory: empty, caller, diagnostics };
    for (path, text) in files {
        let Some(parse) = format(path) else { continue };
        let file = sources.add(path.to_string(), text.clone());
        let (document, mut found) = parse(file, text);
        reader.diagnostics.append(&mut found);
        reader.file(&document.body);
    }
    reader.directory
}

/// The sources that the module blocks of a file name.
pub(super) fn called(path: &str, text: &str) -> Vec<Arc<str>> {
    let Some(parse) = format(path) else { return Vec::new() };
    let file = Sources::default().add(path, text);
    let (document, _) = parse(file, text);
    let source = |block: &Block| Some(block.body.attribute("source")?.expr.as_string()?.into());
    document.body.blocks_of("module").filter_map(source).collect()
}

/// For the JSON syntax, which does not tell blocks from attributes: how many labels the innermost of these
/// nested names takes as a block, `None` if it is an attribute.
fn labels(path: &[&str]) -> Option<usize> {
    match path {
        ["locals" | "adopt" | "moved" | "removed"] => Some(0),
        ["stack" | "variable" | "output" | "provider" | "module"] => Some(1),
        ["variable", "validation"] | ["output", "precondition"] | ["provider", "assume_role" | "ignore_tags"] => Some(0),
        ["data"] => Some(2),
        [kind] => kinds::schema(kind).map(|_| 1),
        [_, "lifecycle"] | [.., "dynamic", "content"] => Some(0),
        [_, .., "dynamic"] => Some(1),
        [kind, nested @ ..] => {
            let mut attributes = match *kind {
                // No other data block has blocks in it.
                "data" => kinds::policy_document::ATTRIBUTES,
                kind => kinds::schema(kind)?.attributes,
            };
            for name in nested {
                let attribute = attributes.iter().find(|attribute| attribute.name == *name)?;
                attribute.is_block().then_some(())?;
                attributes = attribute.nested();
            }
            Some(0)
        }
        [] => None,
    }
}

struct Reader<'a> {
    directory: Directory,
    /// The call of the module, if it is one.
    caller: Option<Span>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn file(&mut self, body: &Body) {
        for attribute in &body.attributes {
            self.error(
                Diagnostic::error(
                    "unexpected-attribute",
                    format!("\"{}\" stands outside of any block", attribute.name),
                )
                .at(attribute.span)
                .label("only blocks may stand at the top of a file")
                .help("a value of one's own goes into locals { … }"),
            );
        }
        for block in &body.blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        if let Some(caller) = self.caller
            && matches!(block.kind.as_ref(), "stack" | "provider" | "adopt" | "removed")
        {
            return self.only_in_stacks(block, caller);
        }
        match block.kind.as_ref() {
            "module" => self.module(block),
            "data" => self.data(block),
            "stack" => self.stack(block),
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "provider" => self.provider(block),
            "adopt" => self.adopt(block),
            "removed" => self.removed(block),
            "moved" => self.error(
                Diagnostic::note("moved-ignored", "A moved block is not needed")
                    .at(block.kind_span)
                    .with_note("eksform knows objects by AWS's own names, so a new address changes nothing but a tag."),
            ),
            kind => match kinds::schema(kind) {
                Some(schema) => self.resource(schema, block),
                None => self.unknown_block(block),
            },
        }
    }

    /// A stack, provider or adopt block in a module.
    fn only_in_stacks(&mut self, block: &Block, caller: Span) {
        let help = match block.kind.as_ref() {
            "stack" => {
                "remove the block; a directory with one is a stack of its own, to be applied by itself"
            }
            "provider" => {
                "move it to the stack's files and pass it: module \"…\" { providers = { aws = aws.west } }"
            }
            "removed" => "move it to the stack's files: removed { from = module.NAME.addon.vpc-cni }",
            _ => "move it to the stack's files: adopt { to = module.NAME.addon.vpc-cni }",
        };
        let message = format!("A module holds no {} block", block.kind);
        self.error(
            Diagnostic::error(
                if &*block.kind == "stack" { "stack-in-module" } else { "not-in-module" },
                message,
            )
            .at(block.span)
            .label("these files are called as a module")
            .related(caller, "called here")
            .help(help),
        );
    }

    fn unknown_block(&mut self, block: &Block) {
        let diagnostic = Diagnostic::error("unknown-block", format!("There is no block \"{}\"", block.kind))
            .at(block.kind_span);
        let terraform = |schema: &&&Schema| {
            block.labels.first().is_some_and(|(label, _)| **label == *schema.terraform_type)
        };
        self.error(match (block.kind.as_ref(), kinds::ALL.iter().find(terraform)) {
            ("resource", Some(schema)) => {
                diagnostic.label("kinds are blocks of their own here").help(format!(
                    "write: {} \"{}\" {{ … }}",
                    schema.kind,
                    block.labels.get(1).map_or("name", |(name, _)| name)
                ))
            }
            ("terraform", _) => diagnostic
                .label("there is no state to configure")
                .help("name the stack instead: stack \"my-platform\" {}"),
            ("resource", None) => diagnostic
                .label("kinds are blocks of their own here")
                .help("eksform has clusters, add-ons, roles and pod identity associations: leave the rest to Terraform"),
            ("import", _) => diagnostic.label("nothing has to be imported").help("write: adopt { to = … }"),
            (kind, _) => {
                let known = kinds::ALL.iter().map(|schema| schema.kind).chain(BLOCKS);
                diagnostic.help(did_you_mean(kind, known.collect::<Vec<_>>().iter().copied()))
            }
        });
    }

    /// The labels of a block, if there are as many as there should be.
    fn labels<const N: usize>(&mut self, block: &Block, names: [&str; N]) -> Option<[Arc<str>; N]> {
        if block.labels.len() == N {
            return Some(std::array::from_fn(|index| block.labels[index].0.clone()));
        }
        let usage: String = names.iter().map(|name| format!(" \"{name}\"")).collect();
        self.error(
            Diagnostic::error(
                "wrong-labels",
                format!("A {} block takes {}, not {}", block.kind, count(N, "label"), block.labels.len()),
            )
            .at(block.span)
            .help(format!("write: {}{usage} {{ … }}", block.kind)),
        );
        None
    }

    fn duplicate(&mut self, what: &str, second: Span, first: Span) {
        self.error(
            Diagnostic::error("duplicate-address", format!("{what} is declared twice"))
                .at(second)
                .label("declared again here")
                .related(first, "first declared here")
                .help("rename one of the two, or remove it"),
        );
    }

    /// Complains about attributes and blocks other than the named ones.
    fn only(&mut self, block: &Block, attributes: &[&str], blocks: &[&str]) {
        for attribute in &block.body.attributes {
            if !attributes.contains(&attribute.name.as_ref()) {
                let help = if blocks.contains(&attribute.name.as_ref()) {
                    format!("it is a block: {} {{ … }}", attribute.name)
                } else {
                    did_you_mean(&attribute.name, attributes.iter().copied())
                };
                self.error(
                    Diagnostic::error(
                        "unknown-attribute",
                        format!("A {} block has no attribute \"{}\"", block.kind, attribute.name),
                    )
                    .at(attribute.name_span)
                    .help(help),
                );
            }
        }
        for nested in &block.body.blocks {
            if !blocks.contains(&nested.kind.as_ref()) {
                let help = if attributes.contains(&nested.kind.as_ref()) || blocks.is_empty() {
                    format!("write an attribute: {} = …", nested.kind)
                } else {
                    did_you_mean(&nested.kind, blocks.iter().copied())
                };
                self.error(
                    Diagnostic::error(
                        "unknown-block",
                        format!("A {} block has no block \"{}\"", block.kind, nested.kind),
                    )
                    .at(nested.kind_span)
                    .help(help),
                );
            }
        }
    }

    fn constant<T>(
        &mut self,
        block: &Block,
        name: &str,
        what: &str,
        read: impl Fn(&Expr) -> Option<T>,
    ) -> Option<T> {
        let attribute = block.body.attribute(name)?;
        let value = read(&attribute.expr);
        if value.is_none() {
            self.error(
                Diagnostic::error("not-constant", format!("\"{name}\" has to be {what}, written out"))
                    .at(attribute.expr.span())
                    .label("no expressions here"),
            );
        }
        value
    }

    fn flag(&mut self, block: &Block, name: &str) -> Option<bool> {
        self.constant(block, name, "true or false", |expr| expr.as_literal()?.as_bool())
    }

    fn stack(&mut self, block: &Block) {
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

    fn required_version(&mut self, attribute: &Attribute) {
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
        match kinds::version::satisfies(text, version) {
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

    fn variable(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        self.only(
            block,
            &["type", "default", "description", "sensitive", "nullable", "ephemeral"],
            &["validation"],
        );
        if let Some(first) = self.directory.declared.variables.get(&name) {
            let first = first.span;
            return self.duplicate(&format!("Variable \"{name}\""), block.span, first);
        }
        let ty = match block.body.attribute("type").map(|attribute| convert::parse_type(&attribute.expr)) {
            Some(Ok(ty)) => ty,
            Some(Err(diagnostic)) => {
                self.error(*diagnostic);
                Type::Any
            }
            None => Type::Any,
        };
        let mut validations = Vec::new();
        for nested in block.body.blocks_of("validation") {
            validations.extend(self.condition(nested));
        }
        let variable = Variable {
            span: block.span,
            ty,
            default: block.body.attribute("default").map(|attribute| attribute.expr.clone()),
            description: self.constant(block, "description", "text", |expr| expr.as_string().map(Arc::from)),
            sensitive: self.flag(block, "sensitive").unwrap_or(false),
            nullable: self.flag(block, "nullable").unwrap_or(true),
            validations,
        };
        self.directory.declared.variables.insert(name, variable);
    }

    fn condition(&mut self, block: &Block) -> Option<Condition> {
        self.only(block, &["condition", "error_message"], &[]);
        let expr = |name| block.body.attribute(name).map(|attribute| attribute.expr.clone());
        match (expr("condition"), expr("error_message")) {
            (Some(condition), Some(error_message)) => Some(Condition { condition, error_message }),
            _ => {
                self.error(
                    Diagnostic::error(
                        "missing-attribute",
                        format!("A {} block needs condition and error_message", block.kind),
                    )
                    .at(block.span)
                    .help("write: condition = … and error_message = \"…\""),
                );
                None
            }
        }
    }

    fn locals(&mut self, block: &Block) {
        self.labels(block, []);
        self.only(
            block,
            &block.body.attributes.iter().map(|attribute| attribute.name.as_ref()).collect::<Vec<_>>(),
            &[],
        );
        for attribute in &block.body.attributes {
            if let Some(first) = self.directory.declared.locals.get(&attribute.name) {
                let first = first.name_span;
                self.duplicate(&format!("local.{}", attribute.name), attribute.name_span, first);
            } else {
                self.directory.declared.locals.insert(attribute.name.clone(), attribute.clone());
            }
        }
    }

    fn output(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        self.only(block, &["value", "description", "sensitive", "depends_on"], &["precondition"]);
        if let Some(first) = self.directory.declared.outputs.get(&name) {
            let first = first.span;
            return self.duplicate(&format!("Output \"{name}\""), block.span, first);
        }
        let Some(value) = block.body.attribute("value") else {
            return self.error(
                Diagnostic::error("missing-attribute", format!("Output \"{name}\" has no value"))
                    .at(block.span)
                    .help("add: value = …"),
            );
        };
        let output = Output {
            span: block.span,
            value: value.expr.clone(),
            description: self.constant(block, "description", "text", |expr| expr.as_string().map(Arc::from)),
            sensitive: self.flag(block, "sensitive").unwrap_or(false),
        };
        self.directory.declared.outputs.insert(name, output);
    }

    fn provider(&mut self, block: &Block) {
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
        let alias = self.constant(block, "alias", "a name", |expr| expr.as_string().map(Arc::from));
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

    fn adopt(&mut self, block: &Block) {
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
            self.constant(block, "from_stack", "a stack's name", |expr| expr.as_string().map(Arc::from));
        self.directory.adopts.push(Adopt { to: address, from_stack, span: block.span });
    }

    /// `removed { from = addon.x  lifecycle { destroy = false } }`.
    fn removed(&mut self, block: &Block) {
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

    fn resource(&mut self, schema: &'static Schema, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        let key = (Arc::from(schema.kind), name.clone());
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
        let (prevent_destroy, ignore_changes) = self.lifecycle(schema, block);
        let resource = Resource {
            schema,
            name,
            span: block.span,
            body: block.body.clone(),
            repeat,
            provider,
            depends_on,
            prevent_destroy,
            ignore_changes,
        };
        self.directory.declared.resources.insert(key, resource);
    }

    fn repeat(&mut self, block: &Block) -> Repeat {
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

    fn provider_reference(&mut self, expr: &Expr) -> Option<(ProviderRef, Span)> {
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

    fn reference_list(&mut self, block: &Block, name: &str) -> Vec<references::Reference> {
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
    fn ignorable(&mut self, schema: &'static Schema, reference: &references::Reference) {
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

    fn lifecycle(&mut self, schema: &'static Schema, block: &Block) -> (bool, Ignore) {
        let mut prevent_destroy = false;
        let mut ignore = Ignore::None;
        for lifecycle in block.body.blocks_of("lifecycle") {
            self.only(lifecycle, &["prevent_destroy", "ignore_changes", "create_before_destroy"], &[]);
            prevent_destroy |= self.flag(lifecycle, "prevent_destroy").unwrap_or(false);
            if let Some(attribute) = lifecycle.body.attribute("create_before_destroy") {
                self.error(
                    Diagnostic::note("create-before-destroy", "create_before_destroy has no effect")
                        .at(attribute.span)
                        .with_note("Order follows identity: a new name is created before the old one is deleted, the same name cannot be."),
                );
            }
            match lifecycle.body.attribute("ignore_changes") {
                Some(attribute) if attribute.expr.as_keyword() == Some("all") => ignore = Ignore::All,
                Some(_) => {
                    let names = self.reference_list(lifecycle, "ignore_changes");
                    for reference in &names {
                        self.ignorable(schema, reference);
                    }
                    ignore = Ignore::Attributes(names.into_iter().map(|reference| reference.root).collect());
                }
                None => {}
            }
        }
        (prevent_destroy, ignore)
    }
}

/// `2 labels`, `one label`, `no label`.
fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        1 => format!("one {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// Whether expressions can refer to it by name.
pub(super) fn identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// The words of a reference, each with the key behind it.
fn words(reference: &references::Reference) -> Option<Vec<(Arc<str>, Option<Key>)>> {
    use references::RefStep;
    let mut words = vec![(reference.root.clone(), None::<Key>)];
    for step in &reference.steps {
        match step {
            RefStep::Attr(name) => words.push((name.clone(), None)),
            RefStep::Index(key) => words.last_mut()?.1 = Some(key.clone()),
            RefStep::Computed(_) => return None,
        }
    }
    Some(words)
}

/// The address a reference names: `addon.vpc-cni`, `role.app["blue"]`, `module.eu.cluster.main`.
pub(super) fn address(reference: &references::Reference) -> Option<Address> {
    let words = words(reference)?;
    let mut module = Vec::new();
    let mut rest = words.as_slice();
    loop {
        match rest {
            [(word, None), (name, key), tail @ ..] if &**word == "module" => {
                module.push(ModuleStep { name: name.clone(), key: key.clone() });
                rest = tail;
            }
            [(kind, None), (name, key)] => {
                return Some(Address {
                    module: module.into(),
                    kind: kind.clone(),
                    name: name.clone(),
                    key: key.clone(),
                    origin: Origin::Declared,
                });
            }
            _ => return None,
        }
    }
}
