//! The lock file: which version each constraint stands for, so that a plan of today is a plan of
//! tomorrow. `apply` adds what is missing, and only `upgrade` moves what is there.

use crate::diagnostic::{Diagnostic, FileId, Span, did_you_mean};
use crate::lang;
use crate::lang::syntax::{self, Block};
use crate::value::{Place, Text, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The lock file's name, in the stack's directory.
pub const FILE: &str = "eksform.lock.hcl";

const HEADER: &str = "\
# The versions that constraints stand for. Written by `eksform apply`, moved by `eksform upgrade`.
# Check this file in.
";

/// What a pin is for. The constraint is as the files write it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PinKey {
    pub addon: Text,
    pub kubernetes: Text,
    pub constraint: Text,
    pub partition: Text,
    pub region: Text,
}

impl PinKey {
    /// The key of a constraint on an add-on's version in a place.
    pub fn new(place: &Place, addon: &str, kubernetes: &str, constraint: &str) -> Self {
        Self {
            addon: addon.into(),
            kubernetes: kubernetes.into(),
            constraint: constraint.into(),
            partition: place.partition.clone(),
            region: place.region.clone().unwrap_or_default(),
        }
    }
}

/// The version a constraint stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub key: PinKey,
    pub version: Text,
    /// Whether the lock file says so; otherwise AWS's catalog does, today.
    pub locked: bool,
}

/// The pins of a lock file.
pub type Lock = BTreeMap<PinKey, Text>;

/// The attributes of a pin, in the order in which they are written.
const ATTRIBUTES: [&str; 5] = ["kubernetes_version", "constraint", "version", "partition", "region"];

/// Reads a lock file. What can be read is returned even if there are errors.
pub fn read(file: FileId, text: &str) -> (Lock, Vec<Diagnostic>) {
    let (document, mut diagnostics) = syntax::parse(file, text);
    let mut lock = Lock::new();
    let mut seen: BTreeMap<PinKey, Span> = BTreeMap::new();
    for attribute in &document.body.attributes {
        diagnostics.push(foreign(attribute.span));
    }
    for block in &document.body.blocks {
        if &*block.kind != "addon" || block.labels.len() != 1 {
            diagnostics.push(foreign(block.span));
            continue;
        }
        let Some((key, version)) = pin(block, &mut diagnostics) else { continue };
        if let Some(first) = seen.insert(key.clone(), block.span) {
            diagnostics.push(
                Diagnostic::error("duplicate-pin", format!("A second pin of {} for the same", key.addon))
                    .at(block.span)
                    .related(first, "the first one")
                    .help("remove one of them"),
            );
            continue;
        }
        lock.insert(key, version);
    }
    (lock, diagnostics)
}

fn foreign(span: Span) -> Diagnostic {
    Diagnostic::error("lock-file", "This is no pin of an add-on's version")
        .at(span)
        .label(format!("{FILE} holds nothing else"))
        .help("put declarations into a file *.eks.hcl")
}

fn pin(block: &Block, diagnostics: &mut Vec<Diagnostic>) -> Option<(PinKey, Text)> {
    let before = diagnostics.len();
    for nested in &block.body.blocks {
        diagnostics.push(foreign(nested.span));
    }
    for attribute in &block.body.attributes {
        if !ATTRIBUTES.contains(&attribute.name.as_ref()) {
            diagnostics.push(
                Diagnostic::error(
                    "unknown-attribute",
                    format!("There is no attribute \"{}\"", attribute.name),
                )
                .at(attribute.name_span)
                .help(did_you_mean(&attribute.name, ATTRIBUTES)),
            );
        }
    }
    let mut texts: [Text; ATTRIBUTES.len()] = Default::default();
    for (text, name) in texts.iter_mut().zip(ATTRIBUTES) {
        let given = block.body.attribute(name);
        match given.map(|attribute| (attribute, attribute.expr.as_string())) {
            Some((_, Some(value))) => *text = value.into(),
            Some((attribute, None)) => diagnostics.push(
                Diagnostic::error("lock-file", format!("\"{name}\" has to be a text"))
                    .at(attribute.expr.span())
                    .help("write it in quotes, without references"),
            ),
            None => diagnostics.push(
                Diagnostic::error("missing-attribute", format!("\"{name}\" is missing"))
                    .at(block.span)
                    .help("remove the pin, and let `eksform apply` write it again"),
            ),
        }
    }
    let [kubernetes, constraint, version, partition, region] = texts;
    let addon = block.labels.first()?.0.clone();
    let key = PinKey { addon, kubernetes, constraint, partition, region };
    (diagnostics.len() == before).then_some((key, version))
}

/// The text of a lock file.
pub fn write(lock: &Lock) -> String {
    let mut text = HEADER.to_string();
    for (key, version) in lock {
        let values = [&key.kubernetes, &key.constraint, version, &key.partition, &key.region];
        let _ = write!(text, "\naddon {} {{\n", lang::literal(&Value::from(&*key.addon)));
        let width = ATTRIBUTES.iter().map(|name| name.len()).max().unwrap_or(0);
        for (name, value) in ATTRIBUTES.iter().zip(values) {
            let _ = writeln!(text, "  {name:width$} = {}", lang::literal(&Value::from(&**value)));
        }
        text.push_str("}\n");
    }
    text
}
