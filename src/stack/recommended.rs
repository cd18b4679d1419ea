//! Recommended roles: derived from add-ons that ask for them.

use super::catalog::{AddonAt, Read, known};
use super::derived::{Own, Request, RoleRequest};
use super::evaluate::Evaluator;
use crate::diagnostic::{Diagnostic, Span};
use crate::kinds::recommended;
use crate::live::{AddonKey, Fact};
use crate::stack::Mode;
use crate::value::{Address, Identity, Map, Path, ProviderRef, Text, Type, Value};
use std::collections::BTreeMap;

/// An add-on that asks.
pub(super) struct Asking<'a> {
    pub address: &'a Address,
    pub symbolic: &'a Identity<ProviderRef>,
    pub header: Span,
}

/// A service account, the role for it, and the role's ARN.
type Association = (Text, RoleRequest, Value);

pub(super) const ASSOCIATIONS: &str = "pod_identity_association";

impl Evaluator<'_> {
    /// Adds an association for every service account that EKS recommends policies for and no block names, each
    /// with a role; these roles. `None` after an error.
    pub(super) fn recommended(
        &mut self,
        asking: &Asking<'_>,
        desired: &mut Map,
        spans: &mut BTreeMap<Path, Span>,
    ) -> Option<Vec<RoleRequest>> {
        let span = |name| spans.get(&Path::attribute(name)).copied().unwrap_or(asking.header);
        let at = span("pod_identity");
        let given = desired.get("pod_identity").filter(|given| !given.is_null()).cloned();
        let Some(given) = given else {
            if desired.get("recommended").is_some_and(|block| !block.is_null()) {
                self.diagnostics.push(
                    Diagnostic::error(
                        "needs-attribute",
                        "A recommended block describes roles that nothing asks for",
                    )
                    .at(span("recommended"))
                    .help("add: pod_identity = \"recommended\""),
                );
                return None;
            }
            return Some(Vec::new());
        };
        if self.inputs.mode == Mode::Destroy {
            return Some(self.used_roles(asking, at));
        }
        if given.is_unknown() {
            let before = self.diagnostics.len();
            self.unknown("\"pod_identity\"", &given, at);
            desired.insert(ASSOCIATIONS.into(), given);
            return (self.diagnostics.len() == before).then(Vec::new);
        }
        let (version, found) = match self.derive_all(asking, at, span("recommended"), desired) {
            Read::Known(found) => found,
            Read::Pending(wants) => {
                self.wants.extend(wants.iter().cloned());
                desired.insert(ASSOCIATIONS.into(), Value::pending(Type::Any, wants));
                return Some(Vec::new());
            }
            Read::Failed => return None,
        };
        // What is recommended is recommended for a version: an add-on that is yet to be made gets that one.
        desired.insert_missing("version", || Value::string(version));
        if found.is_empty() {
            return Some(Vec::new());
        }
        let mut roles = Vec::new();
        let mut entries = desired.get(ASSOCIATIONS).and_then(Value::as_map).cloned().unwrap_or_default();
        for (account, role, arn) in found {
            let path = Path::attribute(ASSOCIATIONS).key(account.clone());
            spans.insert(path.attr("role_arn"), at);
            spans.insert(path, at);
            let block =
                Value::object([("service_account", Value::string(account.clone())), ("role_arn", arn)]);
            entries.insert(account, block);
            roles.push(role);
        }
        desired.insert(ASSOCIATIONS.into(), Value::map(entries));
        Some(roles)
    }

    /// The version this is for; service account, role and its ARN for each account that EKS recommends policies for
    /// and no block names.
    fn derive_all(
        &mut self,
        asking: &Asking<'_>,
        span: Span,
        block_span: Span,
        desired: &Map,
    ) -> Read<(Text, Vec<Association>)> {
        let (cluster, addon) = (asking.symbolic.part(0), asking.symbolic.part(1));
        let provider = &asking.symbolic.scope;
        let at = AddonAt { provider, addon, span };
        let own = known!(self.own(block_span, desired));
        if own.is_none()
            && let Some(name) = recommended::console_name(addon)
        {
            // Its name is known before EKS has answered anything, so it is read along with the rest.
            self.want_role(provider, name);
        }
        let version = known!(self.resolved_version(at, asking.symbolic, desired));
        let configuration = known!(self.addon_configuration(at, &version));
        let recommended = configuration.service_accounts.iter().filter(|(_, policies)| !policies.is_empty());
        let recommended: Vec<&(Text, Vec<Text>)> = recommended.collect();
        if recommended.is_empty() {
            known!(self.none_recommended(asking, at, &version));
            return Read::Known((version, Vec::new()));
        }
        let blocks = desired.get(ASSOCIATIONS);
        if blocks.is_some_and(Value::is_unknown) {
            return Read::Known((version, Vec::new()));
        }
        let named = |account: &str| blocks.and_then(|blocks| blocks.get(account)).is_some();
        // What EKS answered was read from somewhere.
        let Some(place) = self.snapshot.place(provider, true) else { return Read::Failed };
        let cluster_arn = crate::kinds::cluster_arn(&place, cluster).unwrap_or_default();
        let namespace = match own.as_ref().is_some_and(|own| own.scoped) {
            true => Some(known!(self.namespace(at, asking.symbolic, &version, desired))),
            false => self.told_namespace(asking.symbolic, desired),
        };
        let mut found = Vec::new();
        for (account, policies) in recommended.into_iter().filter(|(account, _)| !named(account)) {
            let name = match own.as_ref().map(|own| &own.role_name) {
                None => recommended::default_name(addon, account, None),
                Some(None) => recommended::default_name(addon, account, Some(cluster)),
                Some(Some(template)) => recommended::named(template, account),
            };
            let request = Request {
                name,
                addon,
                service_account: account,
                policies,
                own: own.as_ref(),
                cluster_arn: &cluster_arn,
                namespace: namespace.as_deref(),
                span: if own.as_ref().is_some_and(|own| own.role_name.is_some()) { block_span } else { span },
            };
            let Some((role, arn)) = self.request(asking, &request) else { return Read::Failed };
            found.push((account.clone(), role, arn));
        }
        Read::Known((version, found))
    }

    /// The `recommended` block, if there is one.
    fn own(&mut self, span: Span, desired: &Map) -> Read<Option<Own>> {
        let Some(block) = desired.get("recommended").filter(|block| !block.is_null()) else {
            return Read::Known(None);
        };
        if let Some(unknown) = block.unknowns() {
            let before = self.diagnostics.len();
            let value = Value::unknown(unknown.clone());
            self.unknown("What the recommended block says", &value, span);
            return match self.diagnostics.len() == before {
                true => Read::Pending(unknown.pending),
                false => Read::Failed,
            };
        }
        let field = |name: &str| block.get(name).cloned().unwrap_or(Value::NULL);
        if block.contains_sensitive() {
            self.diagnostics.push(
                Diagnostic::error("sensitive-name", "The recommended block would show a sensitive value")
                    .at(span)
                    .help("take values that are no secret, or nonsensitive(…) if these are none"),
            );
            return Read::Failed;
        }
        Read::Known(Some(Own {
            role_name: field("role_name").as_str().map(Text::from),
            path: field("path"),
            boundary: field("permissions_boundary"),
            scoped: field("scope_to_cluster").as_bool().unwrap_or(false),
        }))
    }

    /// EKS recommends nothing: fine for an add-on that needs nothing.
    fn none_recommended(&mut self, asking: &Asking<'_>, at: AddonAt<'_>, version: &Text) -> Read<()> {
        // Of a cluster whose version only AWS will decide nothing can be asked.
        let cluster = (at.provider.clone(), asking.symbolic.part(0).into());
        let undecided = |version: &Value| {
            version.as_str().is_none() && version.unknowns().is_none_or(|unknown| unknown.pending.is_empty())
        };
        let needs = if self.kubernetes.get(&cluster).is_some_and(undecided) {
            false
        } else {
            let kubernetes = known!(self.kubernetes(at, asking.symbolic));
            let versions = known!(self.addon_versions(at, &kubernetes));
            versions.iter().any(|known| known.version == *version && known.requires_iam)
        };
        let addon = at.addon;
        if needs {
            self.diagnostics.push(
                Diagnostic::error(
                    "no-recommendation",
                    format!(
                        "{addon} {version} needs IAM permissions, and EKS recommends none for Pod Identity"
                    ),
                )
                .at(at.span)
                .help(
                    "take a newer version, or declare a role and name it in a pod_identity_association block",
                ),
            );
            return Read::Failed;
        }
        // Once it is there, this is no news.
        if self.live(asking.symbolic).is_some_and(|fact| fact.known().is_some()) {
            return Read::Known(());
        }
        self.diagnostics.push(
            Diagnostic::note(
                "nothing-recommended",
                format!("EKS recommends no permissions for {addon} {version}, so it gets no role"),
            )
            .at(at.span)
            .about(asking.address),
        );
        Read::Known(())
    }

    /// The namespace of an add-on as files or account tell it.
    fn told_namespace(&self, symbolic: &Identity<ProviderRef>, desired: &Map) -> Option<Text> {
        let live = self.live(symbolic).and_then(Fact::known);
        let told = desired.get("namespace").and_then(Value::as_str);
        told.or_else(|| live.map(|object| object.text("namespace")).filter(|text| !text.is_empty()))
            .map(Text::from)
    }

    /// The namespace EKS installs an add-on in, if it was asked about the add-on for whatever reason.
    pub(super) fn default_namespace(&self, provider: &ProviderRef, addon: &str) -> Option<Text> {
        let place = self.snapshot.place(provider, true)?;
        let about = |key: &AddonKey| key.place == place && *key.addon == *addon;
        let mut known = self.snapshot.addon_versions.iter().filter(|(key, _)| about(key));
        known.find_map(|(_, fact)| fact.known()?.iter().find_map(|version| version.namespace.clone()))
    }

    /// The namespace of an add-on's service accounts.
    fn namespace(
        &mut self,
        at: AddonAt<'_>,
        symbolic: &Identity<ProviderRef>,
        version: &Text,
        desired: &Map,
    ) -> Read<Text> {
        if let Some(told) = self.told_namespace(symbolic, desired) {
            return Read::Known(told);
        }
        let kubernetes = known!(self.kubernetes(at, symbolic));
        let versions = known!(self.addon_versions(at, &kubernetes));
        let versions = versions.iter().filter(|known| known.version == *version).chain(versions);
        if let Some(namespace) = versions.filter_map(|known| known.namespace.clone()).next() {
            return Read::Known(namespace);
        }
        self.diagnostics.push(
            Diagnostic::error(
                "unknown-namespace",
                format!("EKS does not tell the namespace of {}, which scope_to_cluster needs", at.addon),
            )
            .at(at.span)
            .help("give the add-on a namespace"),
        );
        Read::Failed
    }
}
