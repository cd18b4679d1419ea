//! Whether the account is still what the plan saw.

use crate::aws::Aws;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{Digest, Fact, Snapshot};
use crate::plan::{Plan, digest};
use crate::value::{Identity, Place, ProviderRef, Want};
use std::collections::{BTreeMap, BTreeSet};

/// An object that is not what the plan saw.
#[derive(Clone, Debug)]
pub struct Moved {
    pub identity: Identity<Place>,
    pub what: String,
}

/// Reads every object the plan touches or relied on again, in bulk, and names those that moved.
pub async fn moved(plan: &Plan, snapshot: &Snapshot, aws: &Aws) -> Result<Vec<Moved>, Vec<Diagnostic>> {
    let mut seen: BTreeMap<Identity<Place>, Option<Digest>> = BTreeMap::new();
    let mut wants: BTreeSet<Want> = plan.providers.keys().cloned().map(Want::Caller).collect();
    let mut want = |identity: &Identity<Place>, provider: Option<ProviderRef>| {
        if let Some(provider) = provider {
            wants.insert(Want::Object(identity.within(provider)));
        }
    };
    for change in &plan.changes {
        // Of a delete and a create of one identity the first one counts.
        let entry = seen.entry(change.identity.clone()).or_insert_with(|| change.seen.clone());
        if entry.is_none() {
            entry.clone_from(&change.seen);
        }
        want(&change.identity, Some(change.provider.clone()));
    }
    for (identity, digest) in &plan.relied_on {
        seen.insert(identity.clone(), digest.clone());
        want(identity, provider_of(plan, snapshot, identity));
    }
    let mut fresh = Snapshot::default();
    aws.answer(&plan.providers, &plan.stack, &wants, &mut fresh).await?;
    let mut found = Vec::new();
    for (provider, caller) in &snapshot.callers {
        let now = fresh.callers.get(provider).and_then(Fact::known);
        let then = caller.known();
        if let (Some(then), Some(now)) = (then, now)
            && (&then.account, &then.region) != (&now.account, &now.region)
        {
            return Err(vec![
                Diagnostic::error(
                    "other-account",
                    format!(
                        "The plan is for account {} in {}, and {provider} is now account {} in {}",
                        then.account, then.region, now.account, now.region
                    ),
                )
                .help("use the credentials and region the plan was made with, or make the plan again"),
            ]);
        }
    }
    for (identity, then) in seen {
        let Some(fact) = fresh.object(&identity) else { continue };
        if let Some(what) = difference(&identity, then.as_ref(), fact) {
            found.push(Moved { identity, what });
        }
    }
    Ok(found)
}

/// What is different about an object, in words; `None` if it is what it was.
pub(super) fn difference(
    identity: &Identity<Place>,
    then: Option<&Digest>,
    now: &Fact<crate::live::Object>,
) -> Option<String> {
    match (then, now) {
        (None, Fact::Absent) => None,
        // What an add-on owns is no stand-alone object.
        (None, Fact::Known(object)) if object.parent.is_some() => None,
        (None, Fact::Known(_)) => Some("did not exist, and does now".to_string()),
        (Some(_), Fact::Absent) => Some("existed, and does not any more".to_string()),
        (_, Fact::Denied(why)) => Some(format!("could not be read: {why}")),
        (Some(then), Fact::Known(object)) => {
            let same = kinds::schema(&identity.kind).is_some_and(|schema| digest(schema, object) == *then);
            (!same).then(|| "was changed".to_string())
        }
    }
}

fn provider_of(plan: &Plan, snapshot: &Snapshot, identity: &Identity<Place>) -> Option<ProviderRef> {
    let regional = identity.scope.region.is_some();
    let reaches = |provider: &&ProviderRef| {
        snapshot.place(provider, regional).is_some_and(|place| place == identity.scope)
    };
    plan.providers.keys().find(reaches).cloned()
}
