//! Applies a plan to a snapshot, and plans again: nothing may be left to do.

use super::case::{Case, Outcome};
use super::show;
use eksform::diff;
use eksform::kinds::{self, Change as How, OWNERSHIP};
use eksform::live::{Fact, Object, Owner, Phase, Snapshot};
use eksform::plan::{Change, ChangeAction};
use eksform::stack::evaluate;
use eksform::value::{Data, Map, Type, Value};

/// What is wrong when the plan is applied as it stands.
pub fn settles(case: &Case, outcome: &Outcome) -> Vec<String> {
    let mut problems = Vec::new();
    let Some(plan) = &outcome.round.built.plan else { return problems };
    let mut later = case.clone();
    for change in &plan.changes {
        if let Err(problem) = apply(&mut later, outcome, change) {
            problems.push(format!("applying: {problem}"));
        }
    }
    // What was to be made anew has been.
    later.inputs.replaces.clear();
    let again = later.plan();
    if gone_with_it(&again) {
        return problems;
    }
    if !again.round.built.wants.is_empty() {
        problems.push(format!("after applying, planning asks again: {:?}", again.round.built.wants));
    }
    match &again.round.built.plan {
        Some(plan) if plan.changes.is_empty() && !plan.refused() => {}
        _ => problems.push(format!("after applying there are changes:\n{}", show::all(&again))),
    }
    problems
}

/// Whether nothing is wrong but that the command line names orphans that the plan has deleted.
fn gone_with_it(again: &Outcome) -> bool {
    let mut errors =
        again.round.built.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).peekable();
    errors.peek().is_some()
        && errors.all(|error| error.message.ends_with("nothing is declared or owned under this name"))
}

fn apply(later: &mut Case, outcome: &Outcome, change: &Change) -> Result<(), String> {
    let name = || change.identity.to_string();
    match change.action {
        ChangeAction::Delete => {
            release(&mut later.snapshot, change);
            later.snapshot.objects.insert(change.identity.clone(), Fact::Absent);
        }
        ChangeAction::Await => {
            let Some(Fact::Known(object)) = later.snapshot.objects.get_mut(&change.identity) else {
                return Err(format!("{} is awaited and not there", name()));
            };
            if object.phase == Phase::Deleting {
                later.snapshot.objects.insert(change.identity.clone(), Fact::Absent);
            } else {
                settle(object);
            }
        }
        ChangeAction::Create | ChangeAction::Update => {
            if change.action == ChangeAction::Create && change.waits_first {
                later.snapshot.objects.insert(change.identity.clone(), Fact::Absent);
            }
            let there = later.snapshot.object(&change.identity).and_then(Fact::known);
            let there = there.is_some_and(|object| object.parent.is_none());
            if there != (change.action == ChangeAction::Update) {
                return Err(format!("{}: {:?}, and there: {there}", name(), change.action));
            }
            // As apply does: what became known meanwhile is filled in by evaluating again.
            let (evaluation, _) = evaluate(&outcome.program, &later.inputs, &later.snapshot);
            let after = evaluation
                .iter()
                .flat_map(|evaluation| &evaluation.instances)
                .find(|instance| instance.identity.as_ref() == Some(&change.identity))
                .map(|instance| instance.proposed.after.clone())
                .ok_or_else(|| format!("{} is not declared any more", name()))?;
            let planned = change.after.clone().unwrap_or_default();
            if let Some(path) = diff::contradiction(&planned, &after) {
                return Err(format!("{}: {path} became something else than was planned", name()));
            }
            for (attribute, value) in &after {
                let others = value.unknowns().is_some_and(|unknown| {
                    unknown.after.iter().any(|(address, _)| Some(address) != change.address.as_ref())
                });
                if others {
                    return Err(format!("{}.{attribute} is made before what it needs is known", name()));
                }
            }
            release(&mut later.snapshot, change);
            let mut object = Object {
                owner: after.get(OWNERSHIP).and_then(Value::as_map).map_or(Owner::None, Owner::from_tags),
                attributes: stored(change, &after),
                parent: None,
                phase: Phase::Settled,
                status: "".into(),
                issues: Vec::new(),
            };
            settle(&mut object);
            later.snapshot.objects.insert(change.identity.clone(), Fact::Known(object));
        }
    }
    Ok(())
}

fn settle(object: &mut Object) {
    object.phase = Phase::Settled;
    object.status = "ACTIVE".into();
    object.issues.clear();
}

/// Associations that go with what the add-on gives up.
fn release(snapshot: &mut Snapshot, change: &Change) {
    if change.schema.kind != "addon" {
        return;
    }
    let kept = change.after.as_ref().and_then(|after| after.get("pod_identity_association")).cloned();
    for (identity, fact) in &mut snapshot.objects {
        let mine = fact.known().is_some_and(|object| object.parent.as_ref() == Some(&change.identity));
        if mine && kept.as_ref().is_none_or(|kept| kept.get(identity.part(2)).is_none()) {
            *fact = Fact::Absent;
        }
    }
}

/// What AWS would return of it, with inventions for what only AWS knows.
fn stored(change: &Change, after: &Map) -> Map {
    after
        .iter()
        .filter(|(name, _)| {
            change
                .schema
                .attribute(name)
                .is_some_and(|attribute| attribute.returned && attribute.change != How::Expanded)
        })
        .map(|(name, value)| (name.clone(), invented(value, &format!("{}.{name}", change.identity.name()))))
        .collect()
}

fn invented(value: &Value, what: &str) -> Value {
    match value.data() {
        Data::Unknown(unknown) => match &unknown.ty {
            Type::Bool => Value::from(false),
            Type::Number => Value::from(1),
            // What EKS says of every add-on in these cases.
            Type::String if what.ends_with(".namespace") => Value::from("kube-system"),
            Type::String => Value::from(format!("made up for {what}")),
            Type::Set(_) => Value::set(Vec::new()),
            Type::List(_) => Value::list(Vec::new()),
            Type::Map(_) => Value::map(Map::new()),
            _ => Value::NULL,
        },
        Data::Map(entries) => Value::map(
            entries
                .iter()
                .map(|(key, item)| (key.clone(), invented(item, &format!("{what}.{key}"))))
                .collect(),
        ),
        Data::List(items) => Value::list(items.iter().map(|item| invented(item, what)).collect()),
        Data::Set(items) => Value::set(items.iter().map(|item| invented(item, what)).collect()),
        _ => value.clone(),
    }
}

/// Every kind has a template to make objects from.
#[test]
fn every_kind_has_a_template() {
    for schema in kinds::ALL {
        let path = super::case::root().join(format!("_templates/{}.json", schema.kind));
        assert!(path.is_file(), "{}", path.display());
    }
}
