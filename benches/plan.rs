//! How fast a plan is made of what was evaluated and read: `cargo bench --no-default-features --bench plan`.
//!
//! Four accounts: one in which nothing exists yet, one in which of twenty objects one is missing, two differ and
//! one more is an orphan, one in which everything is as declared, and one in which all of that is to be destroyed.
//! Measured are the comparison of every instance and the making of the plan, which is changes with calls, their order,
//! and the fingerprint of all they are made of; apart from that the check of the finished plan, which is made before it
//! is applied; and all that is computed from the files to the plan, in two rounds. It prints a line for each, the
//! median of five runs in processes of their own, and fails if one misses its mark.

mod fleet;

use eksform::diff::{self, Observed, Proposed, Subject};
use eksform::kinds::{self, OWNERSHIP};
use eksform::live::{Coverage, Fact, Members, Object, Owner, Phase, Snapshot};
use eksform::plan::{self, checker};
use eksform::stack::{self, Evaluation, Inputs, Instance, Mode, Program, Rounds};
use eksform::value::{Data, Identity, KeyPart, Map, Place, Type, Value};
use std::hint::black_box;

/// What is live, compared with what is declared.
#[derive(Clone, Copy)]
enum Account {
    Empty,
    Drifted,
    Equal,
    /// It is as declared, and all of it is to go.
    Going,
}

/// What AWS would return of an instance, with inventions for what only AWS knows.
fn object(instance: &Instance) -> Object {
    let attributes: Map = instance
        .proposed
        .after
        .iter()
        .filter(|(name, _)| instance.schema.attribute(name).is_some_and(|attribute| attribute.returned))
        .map(|(name, value)| (name.clone(), invented(value)))
        .collect();
    Object {
        owner: attributes.get(OWNERSHIP).and_then(Value::as_map).map_or(Owner::None, Owner::from_tags),
        attributes,
        parent: None,
        phase: Phase::Settled,
        status: "ACTIVE".into(),
        issues: Vec::new(),
    }
}

fn invented(value: &Value) -> Value {
    match value.data() {
        Data::Unknown(unknown) => match &unknown.ty {
            Type::Bool => Value::from(false),
            Type::Number => Value::from(1),
            Type::String => Value::from("made up"),
            Type::Set(_) => Value::set(Vec::new()),
            Type::List(_) => Value::list(Vec::new()),
            Type::Map(_) => Value::map(Map::new()),
            _ => Value::NULL,
        },
        Data::Map(entries) => {
            Value::map(entries.iter().map(|(key, item)| (key.clone(), invented(item))).collect())
        }
        _ => value.clone(),
    }
}

/// What is live, and how many changes it takes.
fn snapshot(program: &Program, inputs: &Inputs, account: Account) -> (Snapshot, usize) {
    let mut changes = 0;
    let mut snapshot = fleet::account();
    let (evaluation, diagnostics) = stack::evaluate(program, inputs, &snapshot);
    fleet::sound(&diagnostics);
    let evaluation = evaluation.expect("there is a stack");
    for schema in kinds::ALL {
        let place = snapshot.place(&Default::default(), schema.regional).expect("the account is known");
        snapshot.coverage.insert((place, schema.kind.into()), Coverage::Complete);
    }
    for (index, instance) in evaluation.instances.iter().enumerate() {
        let identity = instance.identity.clone().expect("the account is known");
        let (drifted, number) = (matches!(account, Account::Drifted), index % fleet::PER_CLUSTER);
        if matches!(account, Account::Empty) || (drifted && number == 7) {
            snapshot.objects.insert(identity, Fact::Absent);
            changes += 1;
            continue;
        }
        let mut live = object(instance);
        if drifted && instance.schema.kind == "role" && number == 11 {
            snapshot.objects.insert(orphan(&identity), Fact::Known(live.clone()));
            changes += 1;
        }
        if drifted && (number == 3 || number == 13) {
            let tags = Value::object([("team", Value::from("platform"))]);
            live.attributes.insert("tags".into(), tags);
            changes += 1;
        }
        if matches!(account, Account::Going) {
            if instance.schema.kind == "cluster" {
                // What else lives in it is no concern of this.
                snapshot.members.insert(identity.clone(), Fact::Known(Members::default()));
            }
            changes += 1;
        }
        snapshot.objects.insert(identity, Fact::Known(live));
    }
    (snapshot, changes)
}

/// The inputs of a plan that destroys everything, with consent for each cluster.
fn destroying(inputs: &Inputs, snapshot: &Snapshot) -> Inputs {
    let clusters = snapshot.objects.keys().filter(|identity| *identity.kind == *"cluster");
    Inputs {
        mode: Mode::Destroy,
        allow_destroy: clusters.map(|cluster| format!("cluster.{}", cluster.part(0)).into()).collect(),
        ..inputs.clone()
    }
}

/// Another object like it, which no file declares.
fn orphan(identity: &Identity<Place>) -> Identity<Place> {
    let key = identity.key.iter().map(|part| KeyPart::exact(format!("{}-of-old", part.as_str())));
    Identity { key: key.collect(), ..identity.clone() }
}

/// Compares every instance again, as evaluation does.
fn compare(evaluation: &Evaluation, snapshot: &Snapshot, see: impl Fn(&Instance, Proposed)) {
    for instance in &evaluation.instances {
        let identity = instance.identity.as_ref().expect("the account is known");
        let subject = Subject {
            schema: instance.schema,
            address: &instance.address,
            place: Some(&identity.scope),
            key: &instance.symbolic.key,
            desired: &instance.desired,
        };
        let fact = snapshot.object(identity).expect("everything was read");
        see(instance, diff::propose(&subject, &Observed::Fact(fact)));
    }
}

fn run(size: usize) -> Vec<(&'static str, fleet::Cost)> {
    let declared = fleet::inputs(size);
    let ((program, diagnostics), read) = fleet::measure(|| stack::declare(&declared.sources));
    fleet::sound(&diagnostics);
    let mut costs = Vec::new();
    for (account, name, check, whole) in [
        (Account::Empty, "empty", "empty-checked", "empty-whole"),
        (Account::Drifted, "drifted", "drifted-checked", "drifted-whole"),
        (Account::Equal, "equal", "equal-checked", "equal-whole"),
        (Account::Going, "going", "going-checked", "going-whole"),
    ] {
        let (snapshot, changes) = snapshot(&program, &declared, account);
        let inputs = match account {
            Account::Going => destroying(&declared, &snapshot),
            _ => declared.clone(),
        };
        let (mut rounds, first) = fleet::measure(|| {
            let mut rounds = Rounds::new(&program, &inputs);
            black_box(fleet::round(&mut rounds, &fleet::account()));
            rounds
        });
        let (evaluation, second) = fleet::measure(|| fleet::round(&mut rounds, &snapshot));
        let step = |what, cost: fleet::Cost| {
            if std::env::var_os("STEPS").is_some() {
                eprintln!("{name}: {what} {:.1} ms", cost.cpu.as_secs_f64() * 1e3);
            }
        };
        step("first round", first);
        step("second round", second);
        compare(&evaluation, &snapshot, |instance, proposed| assert!(proposed == instance.proposed));
        let keep = |_: &Instance, proposed| {
            black_box(proposed);
        };
        let ((), compared) = fleet::measure(|| compare(&evaluation, &snapshot, keep));
        step("compare", compared);
        let (plan, made) = fleet::measure(|| {
            let built = plan::build(&evaluation, &inputs, &snapshot);
            fleet::sound(&built.diagnostics);
            built.plan.expect("everything was read")
        });
        assert_eq!(plan.changes.len(), changes);
        let (problems, checked) = fleet::measure(|| checker::check(&plan, &evaluation, &inputs, &snapshot));
        step("check", checked);
        assert_eq!(problems, Vec::<String>::new());
        costs.extend([(name, compared + made), (check, checked), (whole, read + first + second + made)]);
    }
    costs
}

fn main() {
    fleet::child(run);
    let mut marks = fleet::Marks::default();
    let [few, some, many] = fleet::medians([1_000, 10_000, 100_000]);
    for name in ["empty", "drifted", "equal", "going"] {
        let whole = format!("{name}-whole");
        println!("account {name}");
        let growth = |cpu: &str| many.get(cpu) / few.get(cpu) / 100.0;
        let grows = "    CPU time per instance, at 100,000 of that at 1,000";
        for (what, key) in [("plan", name), ("check the plan of", &format!("{name}-checked"))] {
            let (cpu, wall) = (format!("{key}.cpu"), format!("{key}.wall"));
            marks.hold(&format!("  {what} 10,000 instances"), some.get(&wall), 300.0, "ms");
            marks.hold("    CPU time", some.get(&cpu), 300.0, "ms");
            // The mark is about comparing; what is destroyed is ordered by what lives, and told apart.
            match (what, name) {
                ("plan", "empty" | "drifted" | "equal") => marks.hold(grows, growth(&cpu), 1.5, "×"),
                _ => println!("{grows}: {:.2} ×", growth(&cpu)),
            }
        }
        let cpu = format!("{whole}.cpu");
        println!("  from the files to the plan, CPU time at 10,000: {:.1} ms", some.get(&cpu));
        marks.hold(grows, growth(&cpu), 1.5, "×");
    }
    marks.end();
}
