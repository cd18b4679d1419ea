//! How fast a stack is read and evaluated: `cargo bench --no-default-features --bench evaluate`.
//!
//! 500 clusters in modules, 20 instances each, with merges and templates. It prints a line for each thing
//! measured, the median of five runs in processes of their own, and fails if one misses its mark.

mod fleet;

use eksform::live::Fact;
use eksform::stack::{self, Rounds};

/// Reads and evaluates a stack of that many instances, answers one of a hundred questions, and goes on.
fn run(size: usize) -> Vec<(&'static str, fleet::Cost)> {
    let inputs = fleet::inputs(size);
    let mut snapshot = fleet::account();
    let (program, first) = fleet::measure(|| {
        let (program, diagnostics) = stack::declare(&inputs.sources);
        fleet::sound(&diagnostics);
        program
    });
    let mut rounds = Rounds::new(&program, &inputs);
    let (evaluation, evaluated) = fleet::measure(|| fleet::round(&mut rounds, &snapshot));
    assert_eq!(evaluation.instances.len(), size);
    for instance in evaluation.instances.iter().step_by(100) {
        let identity = instance.identity.clone().expect("the account is known");
        snapshot.objects.insert(identity, Fact::Absent);
    }
    drop(evaluation);
    let (again, second) = fleet::measure(|| fleet::round(&mut rounds, &snapshot));
    let (once, diagnostics) = stack::evaluate(&program, &inputs, &snapshot);
    fleet::sound(&diagnostics);
    let once = once.expect("there is a stack");
    assert!(once.wants == again.wants);
    assert!(once.instances.iter().zip(&again.instances).all(|(one, other)| one.proposed == other.proposed));
    vec![("first", first + evaluated), ("second", second), ("evaluated", evaluated)]
}

fn main() {
    fleet::child(run);
    let mut marks = fleet::Marks::default();
    let [few, some, many] = fleet::medians([1_000, 10_000, 100_000]);
    marks.hold("parse, expand and evaluate 10,000 instances", some.get("first.wall"), 1000.0, "ms");
    marks.hold("the same, CPU time", some.get("first.cpu"), 1000.0, "ms");
    marks.hold("the same, peak memory", some.get("first.peak"), 300.0, "MB");
    let again = some.get("second.cpu") / some.get("first.cpu") * 100.0;
    marks.hold("second round with 1 % answered, CPU time of the first", again, 5.0, "%");
    let ratio = many.get("first.cpu") / few.get("first.cpu") / 100.0;
    marks.hold("CPU time per instance: 100,000 instances against 1,000", ratio, 1.5, "×");
    println!(
        "1,000: {:.1} ms; 100,000: {:.1} ms, {} MB",
        few.get("first.cpu"),
        many.get("first.cpu"),
        many.get("first.peak")
    );
    marks.end();
}
