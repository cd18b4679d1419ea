//! What instances live in and no file declares.

use super::Evaluator;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::kinds::{self, RefersBy, Schema};
use crate::live::{Fact, Object, Phase};
use crate::stack::Mode;
use crate::value::{Identity, Map, Path, ProviderRef, Value, Want};
use std::collections::BTreeMap;

impl Evaluator<'_> {
    /// A cluster that no file declares has to exist.
    pub(in crate::stack) fn parent_exists(
        &mut self,
        schema: &'static Schema,
        desired: &Map,
        spans: &BTreeMap<Path, Span>,
        header: Span,
        provider: &ProviderRef,
    ) {
        for attribute in schema.attributes {
            let Some(refers) = attribute.refers.filter(|refers| refers.by == RefersBy::Name) else {
                continue;
            };
            let Some(name) = desired.get(attribute.name).and_then(Value::as_str) else { continue };
            let elsewhere = self.clusters.get(name);
            if elsewhere.is_some_and(|providers| providers.contains(provider)) {
                continue;
            }
            let Some(parent) = kinds::schema(refers.kind) else { continue };
            let identity = kinds::identity(provider, refers.kind, &[name]);
            match self.fact(&identity, parent) {
                None => {
                    self.wants.insert(Want::Object(identity));
                }
                Some(fact) if self.inputs.mode != Mode::Apply || settled(fact) => {}
                Some(Fact::Known(object)) => {
                    let message = format!("The {} \"{name}\" is {}", refers.kind, object.status);
                    let diagnostic = match object.phase {
                        Phase::Busy => Diagnostic::warning("busy-cluster", message)
                            .help("AWS may refuse changes in it until it is ACTIVE"),
                        _ => Diagnostic::error("broken-cluster", message)
                            .help("nothing can be made in it: wait, or name another one"),
                    };
                    let span = spans.get(&Path::attribute(attribute.name)).copied().unwrap_or(header);
                    self.diagnostics
                        .push(diagnostic.at(span).label("no file declares it, so it is not waited for"));
                }
                Some(Fact::Denied(why)) => {
                    let why = why.to_string();
                    self.diagnostics.push(
                        Diagnostic::warning(
                            "unreadable-cluster",
                            format!(
                                "The {} \"{name}\" could not be read, so whether it exists is not known",
                                refers.kind
                            ),
                        )
                        .at(spans.get(&Path::attribute(attribute.name)).copied().unwrap_or(header))
                        .label(why)
                        .help("grant the permission to be sure before apply"),
                    );
                }
                Some(Fact::Absent) => {
                    let declared: Vec<&str> = self.clusters.keys().map(AsRef::as_ref).collect();
                    let help = match (elsewhere.and_then(|all| all.first()), nearest(name, declared)) {
                        (Some(other), _) => {
                            format!("it is declared for {other}: leave out \"provider\" here to follow it")
                        }
                        (None, Some(near)) => format!("did you mean \"{near}\"?"),
                        (None, None) => "declare the cluster, or check account and region".to_string(),
                    };
                    self.diagnostics.push(
                        Diagnostic::error(
                            "missing-cluster",
                            format!("There is no {} \"{name}\"", refers.kind),
                        )
                        .at(spans.get(&Path::attribute(attribute.name)).copied().unwrap_or(header))
                        .label("neither declared here nor in the account")
                        .help(help),
                    );
                }
            }
        }
    }

    fn fact(&self, identity: &Identity<ProviderRef>, schema: &Schema) -> Option<&Fact<Object>> {
        let place = self.snapshot.place(&identity.scope, schema.regional)?;
        self.snapshot.object(&identity.within(place))
    }
}

fn settled(fact: &Fact<Object>) -> bool {
    fact.known().is_some_and(|object| object.phase == Phase::Settled)
}
