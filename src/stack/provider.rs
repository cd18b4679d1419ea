//! Provider blocks: which account and region, with which credentials.

use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::lang::eval::{self, Scope};
use crate::lang::syntax::{Block, Body};
use crate::lang::{Expr, convert};
use crate::value::{Map, Text, Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// An evaluated `provider "aws"` block. Everything omitted is the environment's, as every AWS tool
/// takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderConfig {
    /// The block, if there is one.
    pub span: Option<Span>,
    pub region: Option<Text>,
    pub profile: Option<Text>,
    pub assume_role: Option<AssumeRole>,
    pub endpoint_url: Option<Text>,
    /// Refuse to work in any other account.
    pub allowed_account_ids: BTreeSet<Text>,
    /// Tags of every object, unless its own say otherwise.
    pub default_tags: BTreeMap<Text, Text>,
    /// Tags that others look after.
    pub ignore_tags: IgnoreTags,
}

/// `ignore_tags { keys = […]  key_prefixes = […] }`: tags that are neither set right nor taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreTags {
    pub keys: BTreeSet<Text>,
    pub key_prefixes: BTreeSet<Text>,
}

impl IgnoreTags {
    pub fn ignores(&self, key: &str) -> bool {
        self.keys.contains(key) || self.key_prefixes.iter().any(|prefix| key.starts_with(&**prefix))
    }

    /// The tags to compare with the live ones: those that are ignored are as they are.
    pub(super) fn applied(&self, desired: &Map, live: &Map) -> Map {
        let own = desired.iter().filter(|(key, _)| !self.ignores(key));
        let others = live.iter().filter(|(key, _)| self.ignores(key));
        own.chain(others).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// A role to assume before anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssumeRole {
    pub role_arn: Text,
    pub session_name: Option<Text>,
    pub external_id: Option<Text>,
    /// Seconds.
    pub duration: Option<u32>,
}

/// Reads a provider block. Its values have to be known at once: they say whom to ask.
pub(super) fn read(block: &Block, scope: &dyn Scope) -> (ProviderConfig, Vec<Diagnostic>) {
    let mut reader = Reader { scope, diagnostics: Vec::new() };
    let body = &block.body;
    let mut config = ProviderConfig {
        span: Some(block.span),
        region: reader.text(body, "region"),
        profile: reader.text(body, "profile"),
        endpoint_url: reader.text(body, "endpoint_url"),
        ..ProviderConfig::default()
    };
    if let Some(accounts) = reader.value(body, "allowed_account_ids", &Type::set(Type::String)) {
        config
            .allowed_account_ids
            .extend(accounts.as_items().unwrap_or_default().iter().filter_map(Value::as_str).map(Text::from));
    }
    let nested = body.blocks_of("default_tags").next();
    let tags = match nested {
        Some(nested) => reader.value(&nested.body, "tags", &Type::map(Type::String)),
        None => reader.value(body, "default_tags", &Type::map(Type::String)),
    };
    let written = match nested {
        Some(nested) => nested.body.attribute("tags"),
        None => body.attribute("default_tags"),
    };
    if let (Some(tags), Some(written)) = (&tags, written) {
        super::check::tags(tags, &written.expr, &mut reader.diagnostics);
    }
    for (key, value) in tags.as_ref().and_then(Value::as_map).into_iter().flatten() {
        if let Some(value) = value.as_str() {
            config.default_tags.insert(key.clone(), value.into());
        }
    }
    if let Some(ignore) = body.blocks_of("ignore_tags").next() {
        const KNOWN: [&str; 2] = ["keys", "key_prefixes"];
        reader.only(&ignore.body, &KNOWN);
        let mut texts = |name: &str| -> BTreeSet<Text> {
            let value = reader.value(&ignore.body, name, &Type::set(Type::String));
            let items = value.as_ref().and_then(Value::as_items).unwrap_or_default();
            items.iter().filter_map(Value::as_str).map(Text::from).collect()
        };
        config.ignore_tags = IgnoreTags { keys: texts("keys"), key_prefixes: texts("key_prefixes") };
    }
    if let Some(assume) = body.blocks_of("assume_role").next() {
        const KNOWN: [&str; 4] = ["role_arn", "session_name", "external_id", "duration_seconds"];
        reader.only(&assume.body, &KNOWN);
        match reader.text(&assume.body, "role_arn") {
            Some(role_arn) => {
                let duration = reader.value(&assume.body, "duration_seconds", &Type::Number);
                let seconds = duration.as_ref().and_then(Value::as_number).and_then(|number| number.as_i64());
                config.assume_role = Some(AssumeRole {
                    role_arn,
                    session_name: reader.text(&assume.body, "session_name"),
                    external_id: reader.text(&assume.body, "external_id"),
                    duration: seconds.and_then(|seconds| u32::try_from(seconds).ok()),
                });
            }
            None => reader.diagnostics.push(
                Diagnostic::error("missing-attribute", "The attribute \"role_arn\" is required")
                    .at(assume.span)
                    .help("add: role_arn = …   # The role to assume before anything else."),
            ),
        }
    }
    (config, reader.diagnostics)
}

struct Reader<'a> {
    scope: &'a dyn Scope,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Complains about attributes other than the named ones.
    fn only(&mut self, body: &Body, known: &[&str]) {
        for attribute in &body.attributes {
            if !known.contains(&attribute.name.as_ref()) {
                self.diagnostics.push(
                    Diagnostic::error(
                        "unknown-attribute",
                        format!("There is no attribute \"{}\"", attribute.name),
                    )
                    .at(attribute.name_span)
                    .help(did_you_mean(&attribute.name, known.iter().copied())),
                );
            }
        }
    }

    fn text(&mut self, body: &Body, name: &str) -> Option<Text> {
        self.value(body, name, &Type::String)?.as_str().map(Text::from)
    }

    /// The value of an attribute, `None` if it is omitted, null or wrong.
    fn value(&mut self, body: &Body, name: &str, ty: &Type) -> Option<Value> {
        let attribute = body.attribute(name)?;
        match self.evaluate(&attribute.expr, ty) {
            Ok(value) if value.contains_unknown() => {
                // What has only to be read first is asked for; what is broken was complained about.
                if value.unknowns().is_none_or(|unknown| unknown.after.is_empty()) {
                    return None;
                }
                self.diagnostics.push(
                    Diagnostic::error(
                        "unknown-at-plan",
                        format!("\"{name}\" of a provider has to be known at once"),
                    )
                    .at(attribute.expr.span())
                    .help("use variables, locals or plain values"),
                );
                None
            }
            Ok(value) => Some(value),
            Err(mut problems) => {
                self.diagnostics.append(&mut problems);
                None
            }
        }
    }

    fn evaluate(&self, expr: &Expr, ty: &Type) -> Result<Value, Vec<Diagnostic>> {
        let value = eval::evaluate(expr, self.scope)?;
        convert::convert(value, ty).map_err(|error| {
            vec![
                Diagnostic::error("type-mismatch", format!("A {ty} is needed here"))
                    .at(expr.span())
                    .label(error.message),
            ]
        })
    }
}
