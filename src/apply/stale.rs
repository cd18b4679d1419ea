//! Whether the account is still what the plan saw.

use crate::aws::Aws;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{Digest, Fact, Snapshot};
use crate::plan::Plan;
use crate::plan::saved::Saved;
use crate::stack::{Program, evaluate};
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
        let entry = seen.entry(change.identity.clone()).or_insert(change.seen);
        if entry.is_none() {
            *entry = change.seen;
        }
        want(&change.identity, Some(change.provider.clone()));
    }
    for (identity, digest) in &plan.relied_on {
        seen.insert(identity.clone(), *digest);
        want(identity, provider_of(plan.providers.keys(), snapshot, identity));
    }
    let mut fresh = Snapshot::default();
    aws.answer(&plan.providers, &plan.stack, &wants, &mut fresh).await?;
    let mut found = Vec::new();
    same_account(snapshot, &fresh)?;
    for (identity, then) in seen {
        let Some(fact) = fresh.object(&identity) else { continue };
        if let Some(what) = difference(&identity, then.as_ref(), fact) {
            found.push(Moved { identity, what });
        }
    }
    Ok(found)
}

/// Refuses credentials or a region that lead elsewhere than when the plan was made.
fn same_account(snapshot: &Snapshot, fresh: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    for (provider, caller) in &snapshot.callers {
        let now = fresh.callers.get(provider).and_then(Fact::known);
        let then = caller.known();
        if let (Some(then), Some(now)) = (then, now)
            && (&then.account(), &then.region()) != (&now.account(), &now.region())
        {
            return Err(vec![
                Diagnostic::error(
                    "other-account",
                    format!(
                        "The plan is for account {} in {}, and {provider} is now account {} in {}",
                        then.account(),
                        then.region(),
                        now.account(),
                        now.region()
                    ),
                )
                .help("use the credentials and region the plan was made with, or make the plan again"),
            ]);
        }
    }
    Ok(())
}

/// Reads the live objects that a plan file leaves out, since they hold sensitive values, and names those that
/// are not what the plan saw.
pub async fn refill(program: &Program, saved: &mut Saved, aws: &Aws) -> Result<Vec<Moved>, Vec<Diagnostic>> {
    if saved.left_out.is_empty() {
        return Ok(Vec::new());
    }
    let (evaluation, diagnostics) = evaluate(program, &saved.inputs, &saved.snapshot);
    let Some(evaluation) = evaluation else { return Err(diagnostics) };
    let mut wants: BTreeSet<Want> = evaluation.providers.keys().cloned().map(Want::Caller).collect();
    for identity in saved.left_out.keys() {
        let provider = provider_of(evaluation.providers.keys(), &saved.snapshot, identity);
        wants.extend(provider.map(|provider| Want::Object(identity.within(provider))));
    }
    let mut fresh = Snapshot::default();
    aws.answer(&evaluation.providers, &evaluation.stack, &wants, &mut fresh).await?;
    same_account(&saved.snapshot, &fresh)?;
    let mut found = Vec::new();
    for (identity, then) in &saved.left_out {
        let unread = Fact::Denied("nothing leads to it".into());
        let now = fresh.object(identity).unwrap_or(&unread);
        match difference(identity, Some(then), now) {
            Some(what) => found.push(Moved { identity: identity.clone(), what }),
            None => {
                saved.snapshot.objects.insert(identity.clone(), now.clone());
            }
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
            let same = kinds::schema(&identity.kind)
                .is_some_and(|schema| Digest::of_object(schema, object) == *then);
            (!same).then(|| "was changed".to_string())
        }
    }
}

fn provider_of<'a>(
    mut providers: impl Iterator<Item = &'a ProviderRef>,
    snapshot: &Snapshot,
    identity: &Identity<Place>,
) -> Option<ProviderRef> {
    let regional = identity.scope.region.is_some();
    let reaches = |provider: &&ProviderRef| {
        snapshot.place(provider, regional).is_some_and(|place| place == identity.scope)
    };
    providers.find(reaches).cloned()
}
