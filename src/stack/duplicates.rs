//! Two declarations for one object.

use super::instance::{Evaluation, Instance};
use crate::diagnostic::{Diagnostic, Span};
use crate::value::{Identity, Path, Place, ProviderRef, Text};
use rustc_hash::FxHashMap;

/// Complains about every identity that two instances, or an instance and a claim, or two claims have.
pub(super) fn check(evaluation: &Evaluation, found: &mut Vec<Diagnostic>) {
    let mut seen: FxHashMap<Identity<Scope<'_>>, Named<'_>> = FxHashMap::default();
    seen.reserve(evaluation.instances.len());
    for instance in &evaluation.instances {
        let own = (instance.symbolic.within(scope(instance)), Named { instance, claim: None });
        let claims = instance.claims.iter().map(|(name, identity)| {
            (identity.within(scope(instance)), Named { instance, claim: Some(name) })
        });
        for (identity, named) in std::iter::once(own).chain(claims) {
            match seen.get(&identity) {
                Some(first) => {
                    let what = format!("{} \"{}\"", identity.kind, identity.name());
                    found.push(named.twice(first, &what));
                }
                None => {
                    seen.insert(identity, named);
                }
            }
        }
    }
}

/// Where an identity is named: by an instance, or by one of its claims.
struct Named<'a> {
    instance: &'a Instance,
    claim: Option<&'a Text>,
}

impl Named<'_> {
    fn place(&self) -> (String, Span) {
        let Instance { address, span, spans, .. } = self.instance;
        match self.claim {
            None => (address.to_string(), *span),
            Some(name) => {
                let path = Path::attribute("pod_identity_association").key(name.clone());
                (format!("{address}.{path}"), spans.get(&path).copied().unwrap_or(*span))
            }
        }
    }

    /// The complaint that this names what `first` names already.
    fn twice(&self, first: &Named<'_>, what: &str) -> Diagnostic {
        let ((name, span), (other, other_span)) = (self.place(), first.place());
        let derived = self.instance.derived.is_some() || first.instance.derived.is_some();
        Diagnostic::error("duplicate-identity", format!("{other} and {name} are one object: {what}"))
            .at(span)
            .label(format!("{name} names it again"))
            .related(other_span, format!("{other} names it first"))
            .help(if derived {
                "it is the name of a recommended role: remove the block, or give the service account a pod_identity_association block with the role's ARN"
            } else if other_span == span {
                "AWS has one object of this name: make the name depend on each.key or count.index"
            } else {
                "AWS has one object of this name: remove one of the two, or give it another name"
            })
    }
}

/// The place once it is known, the provider before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Scope<'a> {
    Place(&'a Place),
    Provider(&'a ProviderRef),
}

fn scope(instance: &Instance) -> Scope<'_> {
    match &instance.identity {
        Some(identity) => Scope::Place(&identity.scope),
        None => Scope::Provider(&instance.provider),
    }
}
