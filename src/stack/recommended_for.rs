//! `recommended_for` blocks: roles of the files that take the policies EKS recommends.

use super::Mode;
use super::catalog::{AddonAt, Read, known};
use super::evaluate::Evaluator;
use super::pins::choose;
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::kinds;
use crate::kinds::version::Requirement;
use crate::value::{Map, Path, ProviderRef, Step, Text, Type, Value};
use std::collections::{BTreeMap, BTreeSet};

const BLOCK: &str = "recommended_for";
const POLICIES: &str = "managed_policies";

impl Evaluator<'_> {
    /// Adds what EKS recommends to a role's managed policies. `None` after an error.
    pub(super) fn recommended_for(
        &mut self,
        provider: &ProviderRef,
        desired: &mut Map,
        spans: &BTreeMap<Path, Span>,
    ) -> Option<()> {
        let blocks = desired.get(BLOCK).cloned().unwrap_or_default();
        let items = blocks.as_items().unwrap_or_default();
        if (items.is_empty() && !blocks.is_unknown()) || self.inputs.mode == Mode::Destroy {
            return Some(());
        }
        let Some(given) = desired.get(POLICIES).and_then(Value::as_items) else { return Some(()) };
        let mut policies: Vec<Value> = given.to_vec();
        let mut pending = blocks.unknowns().map(|unknown| unknown.pending).unwrap_or_default();
        let mut failed = false;
        for (index, block) in items.iter().enumerate() {
            let path = Path::attribute(BLOCK).join(Step::Index(index));
            let Some(span) = spans.get(&path).copied() else { continue };
            match self.policies_of(provider, block, span) {
                Read::Known(found) => policies.extend(found.iter().cloned().map(Value::string)),
                Read::Pending(wants) => pending.extend(wants),
                Read::Failed => failed = true,
            }
        }
        let unanswered = pending.is_empty() && blocks.contains_unknown();
        let value = if pending.is_empty() && !unanswered {
            Value::set(policies)
        } else {
            self.wants.extend(pending.iter().cloned());
            Value::pending(Type::set(Type::String), pending)
        };
        desired.insert(POLICIES.into(), value);
        (!failed).then_some(())
    }

    /// The policies EKS recommends for what one block names.
    fn policies_of(&mut self, provider: &ProviderRef, block: &Value, span: Span) -> Read<Vec<Text>> {
        if let Some(unknown) = block.unknowns() {
            let before = self.diagnostics.len();
            self.unknown("What recommended_for names", &Value::unknown(unknown.clone()), span);
            return match self.diagnostics.len() == before {
                true => Read::Pending(unknown.pending),
                false => Read::Failed,
            };
        }
        let text = |name: &str| block.get(name).and_then(Value::as_str);
        // What is missing was complained about where the block stands.
        let (Some(addon), Some(account)) = (text("addon"), text("service_account")) else {
            return Read::Failed;
        };
        let at = AddonAt { provider, addon, span };
        let version = known!(self.version_for(at, text("version"), text("cluster")));
        let configuration = known!(self.addon_configuration(at, &version));
        let found = configuration.service_accounts.iter().find(|(name, _)| **name == *account);
        match found.filter(|(_, policies)| !policies.is_empty()) {
            Some((_, policies)) => Read::Known(policies.clone()),
            None => {
                let known: BTreeSet<&str> =
                    configuration.service_accounts.iter().map(|(name, _)| name.as_ref()).collect();
                let message =
                    format!("EKS recommends nothing for the service account {account} of {addon} {version}");
                let diagnostic = Diagnostic::error("no-recommendation", message).at(span);
                self.diagnostics.push(match known.is_empty() {
                    true => diagnostic.help("remove the block: EKS recommends nothing for this add-on"),
                    false => diagnostic.help(did_you_mean(account, known.into_iter().collect::<Vec<_>>())),
                });
                Read::Failed
            }
        }
    }

    /// The version that decides: an exact one, or the one a cluster's Kubernetes version leads to.
    fn version_for(&mut self, at: AddonAt<'_>, version: Option<&str>, cluster: Option<&str>) -> Read<Text> {
        let requirement = match version.map(Requirement::parse) {
            Some(Some(Requirement::Exact(version))) => return Read::Known(version.into()),
            Some(Some(requirement)) => Some(requirement),
            None => Some(Requirement::Default),
            Some(None) => None,
        };
        let (Some(requirement), Some(cluster)) = (requirement, cluster) else {
            let shown = version.unwrap_or_default();
            self.diagnostics.push(
                Diagnostic::error(
                    "invalid-value",
                    format!("\"{shown}\" alone does not say which version is meant"),
                )
                .at(at.span)
                .help("write an exact version, or name the cluster as well: cluster = cluster.demo"),
            );
            return Read::Failed;
        };
        let symbolic = kinds::identity(at.provider, "addon", &[cluster, at.addon]);
        let kubernetes = known!(self.kubernetes(at, &symbolic));
        let versions = known!(self.addon_versions(at, &kubernetes));
        match choose(versions, requirement) {
            Some(version) => Read::Known(version.version.clone()),
            None => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "no-version",
                        format!("EKS offers no such version of {} for Kubernetes {kubernetes}", at.addon),
                    )
                    .at(at.span),
                );
                Read::Failed
            }
        }
    }
}
