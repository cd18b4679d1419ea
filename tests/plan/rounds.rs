//! Evaluating in rounds is no different from evaluating at once, whatever becomes known first.

use super::case::{self, Case};
use eksform::live::Snapshot;
use eksform::stack::{self, Evaluation, Rounds};
use std::fmt::Write as _;

/// A generator of numbers, the same ones each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end.max(1)
    }
}

/// Moves some of the facts of `whole` to `known`, all at last.
fn reveal(whole: &mut Snapshot, known: &mut Snapshot, numbers: &mut Numbers, last: bool) {
    // Mostly the callers come first, as they do in practice, since nothing can be read without them.
    macro_rules! some {
        ($($field:ident: $chance:expr),*) => {$(
            for key in whole.$field.keys().cloned().collect::<Vec<_>>() {
                if last || numbers.below($chance) == 0 {
                    if let Some(fact) = whole.$field.remove(&key) {
                        known.$field.insert(key, fact);
                    }
                }
            }
        )*};
    }
    some!(callers: 2, objects: 3, coverage: 3, files: 3, directories: 3, members: 3, node_groups: 3);
    some!(addon_versions: 3, addon_configurations: 3, cluster_versions: 3);
}

/// All that an evaluation tells, as text; values compare by the text and by themselves.
fn difference(rounds: &Evaluation, once: &Evaluation) -> Option<String> {
    if rounds.wants != once.wants {
        return Some(format!("wants: {:#?}\ninstead of {:#?}", rounds.wants, once.wants));
    }
    if rounds.instances.len() != once.instances.len() {
        return Some(format!("{} instances instead of {}", rounds.instances.len(), once.instances.len()));
    }
    for (one, other) in rounds.instances.iter().zip(&once.instances) {
        let same = one.desired == other.desired && one.proposed == other.proposed;
        if !same || format!("{one:?}") != format!("{other:?}") {
            return Some(format!("{}: {one:#?}\ninstead of {other:#?}", one.address));
        }
    }
    let (one, other) = (format!("{rounds:#?}"), format!("{once:#?}"));
    (one != other).then(|| format!("{one}\ninstead of {other}"))
}

#[test]
fn rounds_are_like_evaluating_at_once() {
    let mut failures = String::new();
    for (number, folder) in case::folders().iter().enumerate() {
        let Ok(case) = Case::read(folder) else { continue };
        let (program, _) = stack::declare(&case.inputs.sources);
        let mut numbers = Numbers(number as u64);
        for attempt in 0..2 {
            let (mut whole, mut known) = (case.snapshot.clone(), Snapshot::default());
            let mut rounds = Rounds::new(&program, &case.inputs);
            if attempt == 1 {
                known.callers = std::mem::take(&mut whole.callers);
            }
            for step in 0..5 {
                let (one, said) = rounds.round(&known);
                let (other, told) = stack::evaluate(&program, &case.inputs, &known);
                let difference = match (&one, &other) {
                    (Some(one), Some(other)) => difference(one, other),
                    (None, None) => None,
                    _ => Some("only one of them is there".to_string()),
                };
                let difference =
                    difference.or_else(|| (said != told).then(|| format!("{said:#?}\ninstead of {told:#?}")));
                if let Some(difference) = difference {
                    let name = folder.display();
                    let _ = writeln!(failures, "==== {name}, round {step} of {attempt}\n{difference}\n");
                    break;
                }
                reveal(&mut whole, &mut known, &mut numbers, step == 3);
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
