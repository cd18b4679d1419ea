//! Two declarations for one object.

use super::instance::{Evaluation, Instance};
use crate::diagnostic::{Diagnostic, Span};
use crate::value::{Identity, Path, ProviderRef};
use std::collections::BTreeMap;

/// Complains about every identity that two instances, or an instance and a claim, or two claims have.
pub(super) fn check(evaluation: &Evaluation, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<Identity<Scope>, (String, Span, bool)> = BTreeMap::new();
    for instance in &evaluation.instances {
        let own = (instance.symbolic.within(scope(instance)), instance.address.to_string(), instance.span);
        let claims = instance.claims.iter().map(|(name, identity)| {
            let path = Path::attribute("pod_identity_association").key(name.clone());
            let span = instance.spans.get(&path).copied().unwrap_or(instance.span);
            (identity.within(scope(instance)), format!("{}.{path}", instance.address), span)
        });
        for (identity, name, span) in std::iter::once(own).chain(claims) {
            let what = format!("{} \"{}\"", identity.kind, identity.name());
            if let Some((first, first_span, derived)) = seen.get(&identity) {
                found.push(
                    Diagnostic::error(
                        "duplicate-identity",
                        format!("{first} and {name} are one object: {what}"),
                    )
                    .at(span)
                    .label(format!("{name} names it again"))
                    .related(*first_span, format!("{first} names it first"))
                    .help(if *derived || instance.derived.is_some() {
                        "it is the name of a recommended role: remove the block, or give the service account a pod_identity_association block with the role's ARN"
                    } else if *first_span == span {
                        "AWS has one object of this name: make the name depend on each.key or count.index"
                    } else {
                        "AWS has one object of this name: remove one of the two, or give it another name"
                    }),
                );
            } else {
                seen.insert(identity, (name, span, instance.derived.is_some()));
            }
        }
    }
}

/// The place once it is known, the provider before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Place(crate::value::Place),
    Provider(ProviderRef),
}

fn scope(instance: &Instance) -> Scope {
    match &instance.identity {
        Some(identity) => Scope::Place(identity.scope.clone()),
        None => Scope::Provider(instance.provider.clone()),
    }
}
