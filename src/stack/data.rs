//! `data` blocks: what exists outside of the stack.

use super::Mode;
use super::conditions::Standing;
use super::evaluate::Evaluator;
use super::expand::assemble;
use super::explain;
use super::instance::Guarded;
use super::pins::choose;
use super::policy_document;
use super::program::Data;
use super::scope::{Iteration, failed};
use crate::diagnostic::{Diagnostic, Span};
use crate::diff::attribute_type;
use crate::kinds::version::Requirement;
use crate::kinds::{self, OWNERSHIP, Schema};
use crate::lang::{convert, eval};
use crate::live::{AddonKey, Fact};
use crate::value::{Address, Identity, Key, Map, ProviderRef, Text, Type, Unknown, Value, Want};

/// A block's name, the attributes it takes (and whether each has to be given), and those to refer to.
type Other = (&'static str, &'static [(&'static str, bool)], &'static [&'static str]);

/// What can be read besides objects of the kinds.
const OTHERS: [Other; 5] = [
    ("caller_identity", &[], &["account_id", "arn", "partition", "region"]),
    (
        "addon_version",
        &[("addon", true), ("kubernetes_version", true), ("most_recent", false)],
        &["addon", "kubernetes_version", "version"],
    ),
    // Their blocks are read as the table of policy documents says.
    (policy_document::NAMES[0], &[], &["json", "minified_json"]),
    (policy_document::NAMES[1], &[], &["json", "minified_json"]),
    (policy_document::NAMES[2], &[], &["json", "minified_json"]),
];

/// The names of everything a data block can read.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    kinds::ALL.iter().map(|schema| schema.kind).chain(OTHERS.iter().map(|(name, ..)| *name))
}

/// The attributes a data block takes, and whether each has to be given; `None` if there is no such block.
pub(super) fn arguments(of: &str) -> Option<Vec<(&'static str, bool)>> {
    if let Some(schema) = kinds::schema(of) {
        return Some(schema.identity.iter().map(|name| (*name, schema.named != Some(*name))).collect());
    }
    OTHERS.iter().find(|(name, ..)| *name == of).map(|(_, arguments, _)| arguments.to_vec())
}

/// The attributes others can refer to.
pub(super) fn attributes(of: &str) -> Vec<&'static str> {
    match kinds::schema(of) {
        Some(schema) => {
            let names = schema.attributes.iter().map(|attribute| attribute.name);
            names.filter(|name| *name != OWNERSHIP).collect()
        }
        None => OTHERS
            .iter()
            .find(|(name, ..)| *name == of)
            .map(|(_, _, attributes)| attributes.to_vec())
            .unwrap_or_default(),
    }
}

impl Evaluator<'_> {
    pub(super) fn data(&mut self, at: usize, of: &Text, name: &Text) {
        let program = self.program;
        let module = &program.modules[self.modules[at].module];
        let Some(data) = module.declared.data.get(&(of.clone(), name.clone())) else { return };
        let before = self.diagnostics.len();
        let value = match self.repetitions(at, &data.repeat) {
            Ok(found) => {
                let read: Option<Vec<_>> = found
                    .into_iter()
                    .map(|(key, iteration)| {
                        let value = self.guarded(at, data, key.clone(), &iteration)?;
                        Some((key, value))
                    })
                    .collect();
                read.map(|values| assemble(&data.repeat, values))
            }
            Err(value) => value,
        };
        let values = &mut self.modules[at].values;
        values.data.entry(of.clone()).or_default().insert(name.clone(), value.unwrap_or_else(failed));
        if let Some(check) = &data.check {
            let (errors, rest): (Vec<Diagnostic>, Vec<_>) =
                self.diagnostics.split_off(before).into_iter().partition(Diagnostic::is_error);
            self.diagnostics.extend(rest);
            if !errors.is_empty() {
                let module = self.modules[at].path.clone();
                let shown = Guarded::Check { module, name: check.clone() }.to_string();
                self.broken_checks.insert((at, check.clone()));
                self.only_warn(&shown, errors);
            }
        }
    }

    /// What one instance reads, between its preconditions and its postconditions.
    fn guarded(&mut self, at: usize, data: &Data, key: Option<Key>, iteration: &Iteration) -> Option<Value> {
        let mut address = Address::root(data.of.clone(), data.name.clone());
        (address.module, address.key) = (self.modules[at].path.clone(), key);
        let guarded = Guarded::Data(address);
        let shown = || guarded.to_string();
        let before = self.conditions(at, iteration, None, &data.conditions.before, &shown);
        let value = if before.broken { None } else { self.read(at, data, iteration, &shown) };
        let after = match &value {
            Some(value) => self.conditions(at, iteration, Some(value), &data.conditions.after, &shown),
            None => Standing::default(),
        };
        let broken = after.broken;
        self.checked(guarded, before.and(after));
        value.filter(|_| !broken)
    }

    /// What one instance of a data block reads, `None` after an error.
    fn read(
        &mut self,
        at: usize,
        data: &Data,
        iteration: &Iteration,
        shown: &dyn Fn() -> String,
    ) -> Option<Value> {
        if policy_document::NAMES.contains(&&*data.of) {
            return self.policy_document(at, data, iteration);
        }
        let known = &self.program.modules[self.modules[at].module].providers;
        let named = data.provider.as_ref().map(|(provider, _)| provider.clone()).unwrap_or_default();
        let provider = known.get(&named).cloned().unwrap_or(named);
        self.read_providers.insert(provider.clone());
        let blocks = self.depends_on(at, &data.depends_on);
        let mut waits = match self.inputs.mode {
            Mode::Apply => self.waits_for(&blocks),
            Mode::Destroy => None,
        };
        let mut given = Map::new();
        for (name, needed) in arguments(&data.of)? {
            let Some(attribute) = data.body.attribute(name) else { continue };
            let span = attribute.expr.span();
            let value = match eval::evaluate(&attribute.expr, &self.scope(at, iteration.clone())) {
                Ok(value) => value,
                Err(mut problems) => {
                    self.diagnostics.append(&mut problems);
                    return None;
                }
            };
            if value.is_unknown() {
                let unknown = value.unknowns().unwrap_or_default();
                self.wants.extend(unknown.pending.iter().cloned());
                if unknown.pending.is_empty() && unknown.after.is_empty() {
                    return Some(value);
                }
                waits.get_or_insert_default().absorb(&unknown);
                continue;
            }
            let ty = if name == "most_recent" { Type::Bool } else { Type::String };
            match convert::convert(value, &ty) {
                Ok(value) if !(needed && value.is_null()) => {
                    given.insert(name.into(), value);
                }
                Ok(_) => {
                    self.diagnostics.push(
                        Diagnostic::error("null-value", format!("\"{name}\" is null"))
                            .at(span)
                            .label(format!("says which {} is meant", data.of)),
                    );
                    return None;
                }
                Err(error) => {
                    self.diagnostics.push(
                        Diagnostic::error("type-mismatch", format!("\"{name}\" has the wrong type"))
                            .at(span)
                            .label(error.to_string()),
                    );
                    return None;
                }
            }
        }
        let want = self.asks(data, &provider, &given);
        if let Some(unknown) = waits {
            self.evaluation.late.extend(want);
            return Some(self.later(data, &given, unknown, shown));
        }
        if data.check.is_some() {
            self.evaluation.reread.extend(want);
        }
        match (&*data.of, kinds::schema(&data.of)) {
            (_, Some(schema)) => self.object(data, schema, &provider, &given),
            ("caller_identity", None) => self.caller(data.span, &provider),
            _ => self.addon_version(data.span, &provider, &given),
        }
    }

    /// The identity of the object a block reads, if its arguments are known.
    fn identity(
        &self,
        data: &Data,
        schema: &'static Schema,
        provider: &ProviderRef,
        given: &Map,
    ) -> Identity<ProviderRef> {
        let part = |name: &&'static str| {
            let text = given.get(*name).and_then(Value::as_str).unwrap_or(&data.name);
            schema.key_part(text)
        };
        let key: Vec<_> = schema.identity.iter().map(part).collect();
        Identity { scope: provider.clone(), kind: Text::new_static(schema.kind), key: key.into() }
    }

    /// What a block reads, if its arguments are known. Who the caller is never changes.
    fn asks(&self, data: &Data, provider: &ProviderRef, given: &Map) -> Option<Want> {
        let known = |name: &str| given.contains_key(name) || data.body.attribute(name).is_none();
        if !arguments(&data.of)?.iter().all(|(name, _)| known(name)) {
            return None;
        }
        if let Some(schema) = kinds::schema(&data.of) {
            return Some(Want::Object(self.identity(data, schema, provider, given)));
        }
        let text = |name: &str| given.get(name).and_then(Value::as_str).map(Text::from);
        let (addon, kubernetes) = (text("addon")?, text("kubernetes_version")?);
        Some(Want::AddonVersions { provider: provider.clone(), addon, kubernetes })
    }

    /// What stands for data that is read only after something else: every attribute is unknown, but for
    /// those that say what is meant.
    fn later(&mut self, data: &Data, given: &Map, unknown: Unknown, shown: &dyn Fn() -> String) -> Value {
        if unknown.pending.is_empty() {
            let value = Value::unknown(unknown.clone());
            self.evaluation.findings.push(
                Diagnostic::note("read-at-apply", format!("{} is read only while applying", shown()))
                    .at(data.span)
                    .label(explain::reasons(&value)),
            );
        }
        self.wants.extend(unknown.pending.iter().cloned());
        let schema = kinds::schema(&data.of);
        // AWS may spell a name its own way where it ignores case.
        let exact = schema.is_none_or(|schema| schema.key_part("a") != schema.key_part("A"));
        let label = |name: &str| {
            let named = schema.is_some_and(|schema| schema.named == Some(name));
            (named && data.body.attribute(name).is_none()).then(|| Value::string(data.name.clone()))
        };
        let attribute = |name: &'static str| {
            if let Some(known) = given.get(name).cloned().or_else(|| label(name)).filter(|_| exact) {
                return (name, known);
            }
            let ty = schema.and_then(|schema| schema.attribute(name));
            let ty = ty.map_or(Type::String, |attribute| attribute_type(attribute.ty));
            (name, Value::unknown(Unknown { ty, ..unknown.clone() }))
        };
        Value::object(attributes(&data.of).into_iter().map(attribute))
    }

    /// An object of one of the kinds, as AWS has it.
    fn object(
        &mut self,
        data: &Data,
        schema: &'static Schema,
        provider: &ProviderRef,
        given: &Map,
    ) -> Option<Value> {
        let identity = self.identity(data, schema, provider, given);
        let name = identity.name();
        let place = self.snapshot.place(provider, schema.regional);
        let fact = place.and_then(|place| self.snapshot.object(&identity.within(place)));
        let problem = match fact {
            None => return Some(self.want(Want::Object(identity))),
            Some(Fact::Known(object)) => {
                let mut attributes = object.attributes.clone();
                attributes.remove(OWNERSHIP);
                return Some(Value::map(attributes));
            }
            // What is to be destroyed needs nothing of it any more.
            Some(Fact::Absent) if self.inputs.mode == Mode::Destroy => {
                let attributes = attributes(&data.of).into_iter().map(|name| (name.into(), Value::NULL));
                return Some(Value::map(attributes.collect()));
            }
            Some(Fact::Absent) => {
                Diagnostic::error("missing-data", format!("There is no {} \"{name}\"", schema.kind))
                    .label("a data block reads what exists")
                    .help("check the name, the account and the region; what the stack shall make is a block of its own kind")
            }
            Some(Fact::Denied(why)) => {
                Diagnostic::error("unreadable-data", format!("The {} \"{name}\" cannot be read", schema.kind))
                    .label(why.to_string())
            }
        };
        self.diagnostics.push(problem.at(data.span));
        None
    }

    fn caller(&mut self, span: Span, provider: &ProviderRef) -> Option<Value> {
        match self.snapshot.callers.get(provider) {
            None => Some(self.want(Want::Caller(provider.clone()))),
            Some(Fact::Known(caller)) => Some(Value::object([
                ("account_id", Value::string(caller.account().clone())),
                ("arn", Value::string(caller.arn.clone())),
                ("partition", Value::string(caller.partition().clone())),
                ("region", Value::string(caller.region().clone())),
            ])),
            Some(Fact::Absent | Fact::Denied(_)) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "no-caller",
                        format!("{provider} cannot tell whose account it works in"),
                    )
                    .at(span)
                    .help("check credentials, profile and region"),
                );
                None
            }
        }
    }

    /// The version EKS makes by default for a Kubernetes version, or the newest it offers.
    fn addon_version(&mut self, span: Span, provider: &ProviderRef, given: &Map) -> Option<Value> {
        let text = |name: &str| given.get(name).and_then(Value::as_str).map(Text::from);
        let (addon, kubernetes) = (text("addon")?, text("kubernetes_version")?);
        let newest = given.get("most_recent").and_then(Value::as_bool).unwrap_or(false);
        let fact = self.snapshot.place(provider, true).and_then(|place| {
            let key = AddonKey { place, addon: addon.clone(), version: kubernetes.clone() };
            self.snapshot.addon_versions.get(&key)
        });
        let problem = match fact {
            None => {
                let provider = provider.clone();
                return Some(self.want(Want::AddonVersions { provider, addon, kubernetes }));
            }
            Some(Fact::Known(versions)) => {
                match choose(versions, if newest { Requirement::Latest } else { Requirement::Default }) {
                    Some(version) => {
                        return Some(Value::object([
                            ("addon", Value::string(addon)),
                            ("kubernetes_version", Value::string(kubernetes)),
                            ("version", Value::string(version.version.clone())),
                        ]));
                    }
                    None => "EKS offers no version",
                }
            }
            Some(Fact::Absent) => "EKS offers no such add-on",
            Some(Fact::Denied(why)) => why,
        };
        let message = format!("There is no version of {addon} for Kubernetes {kubernetes}");
        let problem = Diagnostic::error("missing-data", message).at(span).label(problem.to_string());
        self.diagnostics.push(problem.help("check the add-on's name and the Kubernetes version"));
        None
    }

    /// Asks, and stands in for the answer.
    fn want(&mut self, want: Want) -> Value {
        self.wants.insert(want.clone());
        Value::pending(Type::Any, [want])
    }
}
