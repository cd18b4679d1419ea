//! The body of a block → attributes, as the kind's schema says.

use super::declare::{META, identifier};
use super::{check, document_spans, together};
use crate::diagnostic::{Diagnostic, Span, did_you_mean, nearest};
use crate::kinds::{self, Attribute, Compare, Omitted, RefersBy, Ty};
use crate::lang::eval::{self, Inputs, Scope};
use crate::lang::syntax::{Block, Body};
use crate::lang::{Expr, convert, references};
use crate::value::{Data, Map, Path, Step, Text, Type, Value, Want};
use std::collections::BTreeMap;

/// Reads bodies and gathers what is wrong with them and where each attribute stands.
pub(super) struct Decoder<'a> {
    pub scope: &'a dyn Scope,
    pub diagnostics: Vec<Diagnostic>,
    pub spans: BTreeMap<Path, Span>,
}

impl<'a> Decoder<'a> {
    pub fn new(scope: &'a dyn Scope) -> Self {
        Self { scope, diagnostics: Vec::new(), spans: BTreeMap::new() }
    }

    /// The attributes of a kind's block, with their defaults; one that AWS fills and the files omit is
    /// absent. `named` is the attribute that the label stands for, with the label.
    pub fn kind(
        &mut self,
        attributes: &'static [Attribute],
        header: Span,
        body: &Body,
        named: Option<(&str, &str)>,
    ) -> Map {
        self.body(attributes, header, body, &Path::ROOT, named)
    }

    fn body(
        &mut self,
        attributes: &'static [Attribute],
        header: Span,
        body: &Body,
        at: &Path,
        named: Option<(&str, &str)>,
    ) -> Map {
        let mut map = Map::new();
        let root = at.0.is_empty();
        for given in &body.attributes {
            if root && META.contains(&given.name.as_ref()) {
                continue;
            }
            let path = at.attr(given.name.clone());
            let Some(attribute) = attributes.iter().find(|attribute| *attribute.name == *given.name) else {
                self.unknown(attributes, &given.name, given.name_span, root);
                continue;
            };
            if attribute.is_computed() {
                self.diagnostics.push(
                    Diagnostic::error("computed-attribute", format!("\"{}\" is set by AWS", attribute.name))
                        .at(given.name_span)
                        .label("cannot be set here")
                        .help("remove the line; other blocks may refer to the attribute"),
                );
                continue;
            }
            if attribute.is_block() {
                self.diagnostics.push(
                    Diagnostic::error("block-expected", format!("\"{}\" is a block", attribute.name))
                        .at(given.name_span)
                        .label("written as an attribute")
                        .help(format!("write: {} {{ … }}", attribute.name)),
                );
                continue;
            }
            self.spans.insert(path.clone(), given.expr.span());
            if attribute.compare == Compare::Document {
                document_spans::enter(&given.expr, &path, &mut self.spans);
            }
            if let Some(value) = self.value(attribute, &given.expr, &path)
                && !value.is_null()
            {
                map.insert(Text::new_static(attribute.name), value);
            }
        }
        self.blocks(attributes, body, at, &mut map);
        self.complete(attributes, header, body, named, &mut map);
        together::check(attributes, &map, at, &self.spans, &mut self.diagnostics);
        map
    }

    fn unknown(&mut self, attributes: &[Attribute], name: &str, span: Span, root: bool) {
        let known =
            attributes.iter().filter(|attribute| !attribute.is_computed()).map(|attribute| attribute.name);
        let known: Vec<&str> = known.chain(META.into_iter().filter(|_| root)).collect();
        let by_terraform = attributes.iter().find(|attribute| attribute.terraform == name);
        let help = match by_terraform {
            Some(attribute) => format!("it is called \"{}\" here", attribute.name),
            None => did_you_mean(name, known.iter().copied()),
        };
        self.diagnostics.push(
            Diagnostic::error("unknown-attribute", format!("There is no attribute \"{name}\""))
                .at(span)
                .help(help),
        );
    }

    /// Evaluates, converts and checks one attribute. `None` after an error.
    fn value(&mut self, attribute: &Attribute, expr: &Expr, path: &Path) -> Option<Value> {
        let value = match eval::evaluate(expr, self.scope) {
            Ok(value) => value,
            Err(mut diagnostics) => {
                self.diagnostics.append(&mut diagnostics);
                return None;
            }
        };
        let value = match attribute.refers {
            Some(refers) => self.shorthand(refers.by, refers.kind, value, expr)?,
            None => value,
        };
        let single = matches!(attribute.ty, Ty::Set(_) | Ty::List(_)) && value.as_str().is_some();
        let value = match convert::convert(value, &ty(attribute.ty)) {
            Ok(value) => value,
            Err(error) => {
                let place =
                    if error.path.0.is_empty() { String::new() } else { format!(" at {}", error.path) };
                let mut diagnostic = Diagnostic::error(
                    "type-mismatch",
                    format!("\"{}\" has the wrong type{place}", attribute.name),
                )
                .at(expr.span())
                .label(error.message);
                if single && error.path.0.is_empty() {
                    diagnostic = diagnostic.help(format!("write it in brackets: {} = [ … ]", attribute.name));
                }
                self.diagnostics.push(diagnostic);
                return None;
            }
        };
        check::attribute(attribute, &value, expr, path, &mut self.diagnostics);
        Some(value)
    }

    /// `cluster = cluster.demo` means its name; an ARN where a name belongs is an error with the fix.
    fn shorthand(&mut self, by: RefersBy, kind: &str, value: Value, expr: &Expr) -> Option<Value> {
        match (by, value.data()) {
            (RefersBy::Name, Data::Map(object)) => {
                let named = references::as_reference(expr).map(|reference| reference.root);
                if let Some(other) = named.filter(|root| **root != *kind && kinds::schema(root).is_some()) {
                    self.diagnostics.push(
                        Diagnostic::error("wrong-kind", format!("A {kind} is needed here, not a {other}"))
                            .at(expr.span())
                            .label(format!("a {other}"))
                            .help(format!("write {kind}.LABEL, or the {kind}'s name in quotes")),
                    );
                    return None;
                }
                if let Some(name) = object.get("name") {
                    return Some(name.clone());
                }
            }
            (RefersBy::Name, Data::String(text)) if text.starts_with("arn:") => {
                let name = text.rsplit('/').next().unwrap_or_default();
                self.diagnostics.push(
                    Diagnostic::error(
                        "arn-for-name",
                        format!("A {kind} is named here by its name, not by its ARN"),
                    )
                    .at(expr.span())
                    .help(format!("write \"{name}\", or {kind}.LABEL.name")),
                );
                return None;
            }
            (RefersBy::Arn, Data::Map(object)) if object.contains_key("arn") => {
                self.diagnostics.push(
                    Diagnostic::error("object-for-arn", format!("A {kind} is named here by its ARN"))
                        .at(expr.span())
                        .label("this is the whole object")
                        .help("add .arn"),
                );
                return None;
            }
            _ => {}
        }
        Some(value)
    }

    fn blocks(&mut self, attributes: &'static [Attribute], body: &Body, at: &Path, map: &mut Map) {
        let root = at.0.is_empty();
        let mut seen: BTreeMap<&'static str, Span> = BTreeMap::new();
        for block in &body.blocks {
            if root && &*block.kind == "lifecycle" {
                continue;
            }
            if &*block.kind == "dynamic" {
                self.dynamic(attributes, block, at, map);
                continue;
            }
            if let Some(attribute) = self.block_attribute(attributes, &block.kind, block.kind_span) {
                if !block.labels.is_empty() {
                    self.diagnostics.push(
                        Diagnostic::error("wrong-labels", format!("A {} block takes no label", block.kind))
                            .at(block.labels[0].1)
                            .help(match attribute.ty {
                                Ty::Keyed { key, .. } => format!("give it in the block: {key} = …"),
                                _ => "remove it".to_string(),
                            }),
                    );
                }
                if let (Ty::Block(_), Some(first)) = (attribute.ty, seen.insert(attribute.name, block.span)) {
                    self.diagnostics.push(
                        Diagnostic::error("duplicate-block", format!("At most one {} block", attribute.name))
                            .at(block.span)
                            .label("the second one")
                            .related(first, "the first one"),
                    );
                    continue;
                }
                self.nested(attribute, block.span, &block.body, at, map);
            }
        }
    }

    fn block_attribute(
        &mut self,
        attributes: &'static [Attribute],
        kind: &str,
        span: Span,
    ) -> Option<&'static Attribute> {
        let attribute = attributes.iter().find(|attribute| attribute.name == kind);
        match attribute {
            Some(attribute) if attribute.is_block() => return Some(attribute),
            Some(_) => self.diagnostics.push(
                Diagnostic::error("attribute-expected", format!("\"{kind}\" is an attribute"))
                    .at(span)
                    .label("written as a block")
                    .help(format!("write: {kind} = …")),
            ),
            None => {
                // Only the kinds themselves have eksform's own tags, and a lifecycle.
                let root = attributes.iter().any(|attribute| attribute.name == kinds::OWNERSHIP);
                let blocks = attributes.iter().filter(|attribute| attribute.is_block());
                let blocks = blocks.map(|attribute| attribute.name).chain(["dynamic"]);
                let blocks: Vec<&str> = blocks.chain(root.then_some("lifecycle")).collect();
                let by_terraform = attributes.iter().find(|attribute| attribute.terraform == kind);
                let help = match by_terraform {
                    Some(attribute) => format!("it is called \"{}\" here", attribute.name),
                    None => did_you_mean(kind, blocks.iter().copied()),
                };
                self.diagnostics.push(
                    Diagnostic::error("unknown-block", format!("There is no block \"{kind}\" here"))
                        .at(span)
                        .help(help),
                );
            }
        }
        None
    }

    /// One nested block, added to what there is of its attribute.
    fn nested(&mut self, attribute: &'static Attribute, header: Span, body: &Body, at: &Path, map: &mut Map) {
        let path = at.attr(attribute.name);
        match attribute.ty {
            Ty::Block(attributes) => {
                self.spans.insert(path.clone(), header);
                let block = self.body(attributes, header, body, &path, None);
                together::one_of(attribute, &block, header, &mut self.diagnostics);
                map.insert(Text::new_static(attribute.name), Value::map(block));
            }
            Ty::Blocks(attributes) => {
                let mut items =
                    map.get(attribute.name).and_then(Value::as_items).unwrap_or_default().to_vec();
                let path = path.join(Step::Index(items.len()));
                self.spans.insert(path.clone(), header);
                let block = self.body(attributes, header, body, &path, None);
                together::one_of(attribute, &block, header, &mut self.diagnostics);
                items.push(Value::map(block));
                map.insert(Text::new_static(attribute.name), Value::list(items));
            }
            Ty::Keyed { key, attributes } => {
                self.keyed(attribute, key, attributes, (header, body), &path, map)
            }
            _ => {}
        }
    }

    fn keyed(
        &mut self,
        attribute: &'static Attribute,
        key: &str,
        attributes: &'static [Attribute],
        (header, body): (Span, &Body),
        path: &Path,
        map: &mut Map,
    ) {
        // The key is part of the path, so the block is read once with a path of its own.
        let mut inner = Decoder { scope: self.scope, diagnostics: Vec::new(), spans: BTreeMap::new() };
        let block = inner.body(attributes, header, body, &Path(vec![Step::Index(0)]), None);
        self.diagnostics.append(&mut inner.diagnostics);
        let name = match block.get(key).map(|value| (value, value.as_str())) {
            Some((value, Some(_))) if value.is_sensitive() => {
                self.diagnostics.push(
                    Diagnostic::error("sensitive-name", format!("\"{key}\" would show a sensitive value"))
                        .at(header)
                        .label("part of every message about the block")
                        .help("take a name that is no secret, or nonsensitive(…) if this is none"),
                );
                return;
            }
            Some((_, Some(name))) => Text::from(name),
            Some((value, None)) if value.is_unknown() => {
                if value
                    .as_unknown()
                    .is_some_and(|unknown| unknown.pending.is_empty() && !unknown.after.is_empty())
                {
                    let span =
                        inner.spans.get(&Path(vec![Step::Index(0)]).attr(key)).copied().unwrap_or(header);
                    self.diagnostics.push(
                        Diagnostic::error(
                            "unknown-identity",
                            format!("\"{key}\" has to be known when planning"),
                        )
                        .at(span)
                        .label(format!("known only after apply: {}", super::explain::reasons(value))),
                    );
                }
                map.insert(Text::new_static(attribute.name), value.clone());
                return;
            }
            _ => return,
        };
        let at = path.key(name.clone());
        if let Some(first) = self.spans.insert(at.clone(), header) {
            self.diagnostics.push(
                Diagnostic::error("duplicate-block", format!("Two {} blocks for \"{name}\"", attribute.name))
                    .at(header)
                    .label("the second one")
                    .related(first, "the first one")
                    .help("a service account has one role"),
            );
            return;
        }
        for (inner_path, span) in inner.spans {
            let steps = at.0.iter().chain(inner_path.0.iter().skip(1)).cloned();
            self.spans.insert(Path(steps.collect()), span);
        }
        let mut entries = map.get(attribute.name).and_then(Value::as_map).cloned().unwrap_or_default();
        entries.insert(name, Value::map(block));
        map.insert(Text::new_static(attribute.name), Value::map(entries));
    }

    /// `dynamic "x" { for_each = … content { … } }`: a block per element.
    fn dynamic(&mut self, attributes: &'static [Attribute], block: &Block, at: &Path, map: &mut Map) {
        let Some((kind, label_span)) = block.labels.first() else {
            self.diagnostics.push(
                Diagnostic::error("wrong-labels", "A dynamic block takes the name of the block it repeats")
                    .at(block.span)
                    .help("write: dynamic \"condition\" { … }"),
            );
            return;
        };
        let Some(attribute) = self.block_attribute(attributes, kind, *label_span) else { return };
        let (Some(each), Some(content)) =
            (block.body.attribute("for_each"), block.body.blocks_of("content").next())
        else {
            self.diagnostics.push(
                Diagnostic::error("missing-attribute", "A dynamic block needs for_each and a content block")
                    .at(block.span)
                    .help(format!("write: dynamic \"{kind}\" {{ for_each = … and content {{ … }} }}")),
            );
            return;
        };
        let iterator = block
            .body
            .attribute("iterator")
            .and_then(|given| given.expr.as_keyword())
            .unwrap_or(kind)
            .to_string();
        let elements = match eval::evaluate(&each.expr, self.scope) {
            Ok(value) => value,
            Err(mut diagnostics) => {
                self.diagnostics.append(&mut diagnostics);
                return;
            }
        };
        let pairs: Vec<(Value, Value)> = match elements.data() {
            Data::Map(entries) => {
                entries.iter().map(|(key, value)| (Value::string(key.clone()), value.clone())).collect()
            }
            Data::Set(items) => items.iter().map(|item| (item.clone(), item.clone())).collect(),
            Data::List(items) => {
                (0i64..).zip(items.iter()).map(|(index, item)| (Value::from(index), item.clone())).collect()
            }
            Data::Unknown(unknown) => {
                if unknown.pending.is_empty() && !unknown.after.is_empty() {
                    self.diagnostics.push(
                        Diagnostic::error("unknown-for-each", "for_each has to be known when planning")
                            .at(each.expr.span())
                            .label(format!("known only after apply: {}", super::explain::reasons(&elements))),
                    );
                }
                map.insert(Text::new_static(attribute.name), elements);
                return;
            }
            _ => {
                self.diagnostics.push(
                    Diagnostic::error("type-mismatch", "for_each takes a map, a set or a list")
                        .at(each.expr.span())
                        .label(format!("this is a {}", elements.type_name())),
                );
                return;
            }
        };
        for (key, value) in pairs {
            let bound = Value::object([("key", key), ("value", value)]);
            let scope = Bound { inner: self.scope, name: &iterator, value: bound };
            let mut inner =
                Decoder { scope: &scope, diagnostics: Vec::new(), spans: std::mem::take(&mut self.spans) };
            inner.nested(attribute, content.span, &content.body, at, map);
            self.spans = inner.spans;
            self.diagnostics.append(&mut inner.diagnostics);
        }
    }

    /// Adds defaults and complains about what is missing.
    fn complete(
        &mut self,
        attributes: &'static [Attribute],
        header: Span,
        body: &Body,
        named: Option<(&str, &str)>,
        map: &mut Map,
    ) {
        for attribute in attributes {
            if map.contains_key(attribute.name) {
                continue;
            }
            match attribute.omitted {
                Omitted::Default(value) => {
                    map.insert(Text::new_static(attribute.name), value());
                }
                Omitted::Required => {
                    if let Some((_, label)) = named.filter(|(name, _)| *name == attribute.name) {
                        let value = Value::from(label);
                        // What cannot even be a label was complained about where the block is declared.
                        if let Some(problem) = check::text(attribute, label).filter(|_| identifier(label)) {
                            self.diagnostics.push(
                                Diagnostic::error(
                                    "invalid-value",
                                    format!("\"{label}\" cannot be the {}", attribute.name),
                                )
                                .at(header)
                                .label(problem)
                                .help(format!("give it in the block: {} = \"…\"", attribute.name)),
                            );
                        }
                        map.insert(Text::new_static(attribute.name), value);
                        continue;
                    }
                    // Given but wrong was complained about where it stands; null is as good as omitted.
                    let given = body.attributes.iter().find(|given| *given.name == *attribute.name);
                    let as_block = body.blocks.iter().any(|block| {
                        *block.kind == *attribute.name
                            || (&*block.kind == "dynamic"
                                && block.labels.iter().any(|(label, _)| **label == *attribute.name))
                    });
                    // Another spelling of it was complained about where it stands.
                    let misspelt = body.attributes.iter().any(|given| {
                        *given.name == *attribute.terraform
                            || (!attributes.iter().any(|known| *known.name == *given.name)
                                && nearest(&given.name, attributes.iter().map(|known| known.name))
                                    == Some(attribute.name))
                    });
                    if given.is_none_or(|given| given.expr.is_null()) && !as_block && !misspelt {
                        let what = if attribute.is_block() { "block" } else { "attribute" };
                        let example = if attribute.is_block() {
                            format!("{} {{ … }}", attribute.name)
                        } else {
                            format!("{} = …", attribute.name)
                        };
                        self.diagnostics.push(
                            Diagnostic::error(
                                "missing-attribute",
                                format!("The {what} \"{}\" is required", attribute.name),
                            )
                            .at(header)
                            .label("missing in this block")
                            .help(format!("add: {example}   # {}", attribute.doc)),
                        );
                    }
                }
                Omitted::FilledByAws | Omitted::Computed { .. } => {}
            }
        }
    }
}

/// A scope with one more name: the iterator of a dynamic block.
struct Bound<'a> {
    inner: &'a dyn Scope,
    name: &'a str,
    value: Value,
}

impl Scope for Bound<'_> {
    fn lookup(&self, root: &str, attrs: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        if root == self.name { Ok((self.value.clone(), 0)) } else { self.inner.lookup(root, attrs, span) }
    }

    fn read(&self, value: &Value) {
        self.inner.read(value);
    }

    fn ask(&self, want: &Want) -> Result<Option<Value>, Box<Diagnostic>> {
        self.inner.ask(want)
    }

    fn inputs(&self) -> Option<&Inputs> {
        self.inner.inputs()
    }

    fn instance(&self) -> String {
        format!("{}|{:?}", self.inner.instance(), self.value.get("key"))
    }
}

/// The type an attribute's expression is converted to.
fn ty(ty: Ty) -> Type {
    match ty {
        Ty::Bool => Type::Bool,
        Ty::Number => Type::Number,
        Ty::String => Type::String,
        Ty::Set(element) => Type::set(self::ty(*element)),
        Ty::List(element) => Type::list(self::ty(*element)),
        // Elements of any type keep each its own; `map(any)` would make them one.
        Ty::Map(Ty::Any) | Ty::Any | Ty::Block(_) | Ty::Keyed { .. } | Ty::Blocks(_) => Type::Any,
        Ty::Map(element) => Type::map(self::ty(*element)),
    }
}
