//! `data` blocks: what exists outside of the stack.

use super::Mode;
use super::evaluate::Evaluator;
use super::expand::assemble;
use super::pins::choose;
use super::program::Data;
use super::scope::{Iteration, failed};
use crate::diagnostic::{Diagnostic, Span};
use crate::kinds::version::Requirement;
use crate::kinds::{self, OWNERSHIP, Schema};
use crate::lang::{convert, eval};
use crate::live::{AddonKey, Fact};
use crate::value::{Identity, Map, ProviderRef, Type, Value, Want};
use std::sync::Arc;

/// A block's name, the attributes it takes (and whether each has to be given), and those to refer to.
type Other = (&'static str, &'static [(&'static str, bool)], &'static [&'static str]);

/// What can be read besides objects of the kinds.
const OTHERS: [Other; 2] = [
    ("caller_identity", &[], &["account_id", "arn", "partition", "region"]),
    (
        "addon_version",
        &[("addon", true), ("kubernetes_version", true), ("most_recent", false)],
        &["addon", "kubernetes_version", "version"],
    ),
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
    pub(super) fn data(&mut self, at: usize, of: &Arc<str>, name: &Arc<str>) {
        let program = self.program;
        let module = &program.modules[self.modules[at].module];
        let Some(data) = module.declared.data.get(&(of.clone(), name.clone())) else { return };
        let value = match self.repetitions(at, &data.repeat) {
            Ok(found) => {
                let read: Option<Vec<_>> = found
                    .into_iter()
                    .map(|(key, iteration)| Some((key, self.read(at, data, &iteration)?)))
                    .collect();
                read.map(|values| assemble(&data.repeat, values))
            }
            Err(value) => value,
        };
        let values = &mut self.modules[at].values;
        values.data.entry(of.clone()).or_default().insert(name.clone(), value.unwrap_or_else(failed));
    }

    /// What one instance of a data block reads, `None` after an error.
    fn read(&mut self, at: usize, data: &Data, iteration: &Iteration) -> Option<Value> {
        let known = &self.program.modules[self.modules[at].module].providers;
        let named = data.provider.as_ref().map(|(provider, _)| provider.clone()).unwrap_or_default();
        let provider = known.get(&named).cloned().unwrap_or(named);
        self.read_providers.insert(provider.clone());
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
                let before = self.diagnostics.len();
                self.unknown(&format!("\"{name}\""), &value, span);
                return (self.diagnostics.len() == before).then_some(value);
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
        match (&*data.of, kinds::schema(&data.of)) {
            (_, Some(schema)) => self.object(data, schema, &provider, &given),
            ("caller_identity", None) => self.caller(data.span, &provider),
            _ => self.addon_version(data.span, &provider, &given),
        }
    }

    /// An object of one of the kinds, as AWS has it.
    fn object(
        &mut self,
        data: &Data,
        schema: &'static Schema,
        provider: &ProviderRef,
        given: &Map,
    ) -> Option<Value> {
        let part = |name: &&'static str| {
            let text = given.get(*name).and_then(Value::as_str).unwrap_or(&data.name);
            schema.key_part(text)
        };
        let key: Vec<_> = schema.identity.iter().map(part).collect();
        let identity = Identity { scope: provider.clone(), kind: schema.kind.into(), key: key.into() };
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
                ("account_id", Value::string(caller.account.clone())),
                ("arn", Value::string(caller.arn.clone())),
                ("partition", Value::string(caller.partition.clone())),
                ("region", Value::string(caller.region.clone())),
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
        let text = |name: &str| given.get(name).and_then(Value::as_str).map(Arc::<str>::from);
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
        self.evaluation.wants.insert(want.clone());
        Value::pending(Type::Any, [want])
    }
}
