//! Files → declarations: which blocks there are, by name, before anything is evaluated.

mod objects;
mod outside;
mod stack;
mod values;

use super::program::{Adopt, Declarations, Removed, StackBlock};
use crate::diagnostic::{Diagnostic, FileId, Sources, Span, did_you_mean};
use crate::kinds::{self, Schema};
use crate::lang::syntax::{self, Block, Body, Document};
use crate::lang::{Expr, references};
use crate::value::{Address, Key, ModuleStep, Origin, Text};

const BLOCKS: [&str; 11] = [
    "stack", "variable", "locals", "output", "module", "data", "check", "provider", "adopt", "moved",
    "removed",
];

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
    files: impl IntoIterator<Item = (&'a Text, &'a Text)>,
    caller: Option<Span>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Directory {
    let empty =
        Directory { stack: None, adopts: Vec::new(), removed: Vec::new(), declared: Declarations::default() };
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
pub(super) fn called(path: &str, text: &str) -> Vec<Text> {
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
        ["stack" | "variable" | "output" | "provider" | "module" | "check"] => Some(1),
        ["variable", "validation"]
        | ["output", "precondition"]
        | ["provider", "assume_role" | "ignore_tags"] => Some(0),
        ["check", "assert"] | [_, "lifecycle", "precondition" | "postcondition"] => Some(0),
        ["data"] | ["check", "data"] => Some(2),
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
            "data" => self.data(block, None),
            "check" => self.check(block),
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
    fn labels<const N: usize>(&mut self, block: &Block, names: [&str; N]) -> Option<[Text; N]> {
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
                } else if attributes.is_empty() && !blocks.is_empty() {
                    format!("it holds blocks: {}", blocks.join(", "))
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
fn words(reference: &references::Reference) -> Option<Vec<(Text, Option<Key>)>> {
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
