//! The checker has to notice when a plan is broken: every plan of the corpus, broken in every simple way.

use super::case::{self, Case};
use eksform::live::{Fact, Owner};
use eksform::plan::{Change, ChangeAction, ChangeId, Plan, checker};
use eksform::stack::{Evaluation, Inputs};
use std::collections::BTreeSet;

struct Good {
    name: String,
    case: Case,
    plan: Plan,
    evaluation: Evaluation,
}

/// Every plan of the corpus that may be applied and has changes.
fn good() -> Vec<Good> {
    let plans = case::folders().into_iter().filter_map(|folder| {
        let case = Case::read(&folder).ok()?;
        let outcome = case.plan();
        let plan = outcome.round.built.plan.filter(|plan| !plan.refused() && !plan.changes.is_empty())?;
        let name = folder.file_name()?.to_string_lossy().to_string();
        Some(Good { name, case, plan, evaluation: outcome.round.evaluation? })
    });
    plans.collect()
}

fn complains(good: &Good, plan: &Plan) -> bool {
    !checker::check(plan, &good.evaluation, &good.case.inputs, &good.case.snapshot).is_empty()
}

fn reaches(plan: &Plan, from: ChangeId, to: ChangeId) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        for edge in plan.edges.iter().filter(|edge| edge.from == at) {
            if seen.insert(edge.to) {
                next.push(edge.to);
            }
        }
    }
    seen.contains(&to)
}

#[test]
fn a_missing_edge_is_noticed() {
    let mut tried = 0;
    for good in good() {
        for index in 0..good.plan.edges.len() {
            let mut plan = good.plan.clone();
            let edge = plan.edges.remove(index);
            if reaches(&plan, edge.from, edge.to) {
                continue;
            }
            tried += 1;
            assert!(complains(&good, &plan), "{}: {edge:?}", good.name);
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn a_missing_or_needless_call_is_noticed() {
    let mut tried = 0;
    for good in good() {
        for change in 0..good.plan.changes.len() {
            for call in 0..good.plan.changes[change].calls.len() {
                let mut plan = good.plan.clone();
                let gone = plan.changes[change].calls.remove(call);
                assert!(complains(&good, &plan), "{}: without {gone:?}", good.name);
                let mut plan = good.plan.clone();
                plan.changes[change].calls.push(gone.clone());
                assert!(complains(&good, &plan), "{}: twice {gone:?}", good.name);
                for path in 0..gone.paths.len() {
                    let mut plan = good.plan.clone();
                    plan.changes[change].calls[call].paths.remove(path);
                    assert!(complains(&good, &plan), "{}: a path less in {gone:?}", good.name);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn a_missing_change_is_noticed() {
    for good in good() {
        let mut plan = good.plan.clone();
        let last = plan.changes.pop().expect("there are changes");
        plan.edges.retain(|edge| edge.to != last.id);
        assert!(complains(&good, &plan), "{}: without {}", good.name, last.identity);
    }
}

#[test]
fn touching_what_others_own_is_noticed() {
    let mut tried = 0;
    for good in good() {
        for change in &good.plan.changes {
            let mut snapshot = good.case.snapshot.clone();
            let Some(Fact::Known(object)) = snapshot.objects.get_mut(&change.identity) else { continue };
            if change.action == ChangeAction::Create {
                continue;
            }
            object.owner = Owner::Stack { stack: "somebody".into(), address: None };
            let found = checker::check(&good.plan, &good.evaluation, &good.case.inputs, &snapshot);
            assert!(
                found.iter().any(|problem| problem.contains("not the stack's")),
                "{}: {}",
                good.name,
                change.identity
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_cluster_destroyed_without_consent_is_noticed() {
    let mut tried = 0;
    for good in good() {
        let deletes =
            |change: &Change| change.action == ChangeAction::Delete && change.schema.kind == "cluster";
        if !good.plan.changes.iter().any(deletes) {
            continue;
        }
        let inputs = Inputs { allow_destroy: BTreeSet::new(), ..good.case.inputs.clone() };
        let evaluation = Evaluation { allow_destroy: BTreeSet::new(), ..good.evaluation.clone() };
        let found = checker::check(&good.plan, &evaluation, &inputs, &good.case.snapshot);
        assert!(found.iter().any(|problem| problem.contains("not asked for")), "{}: {found:?}", good.name);
        tried += 1;
    }
    assert!(tried >= 5, "{tried}");
}

#[test]
fn a_disorder_is_noticed() {
    for good in good().into_iter().filter(|good| !good.plan.edges.is_empty()) {
        let mut plan = good.plan.clone();
        let edge = plan.edges[0];
        plan.edges[0].from = edge.to;
        plan.edges[0].to = edge.from;
        assert!(complains(&good, &plan), "{}: {edge:?} backwards", good.name);
        let mut plan = good.plan.clone();
        plan.changes[0].id = ChangeId(7777);
        assert!(complains(&good, &plan), "{}: a wrong id", good.name);
    }
}
