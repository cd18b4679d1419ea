//! Whatever happens to one object of an account, the plan keeps the rules and settles.

use super::case::{self, Case, Outcome};
use super::{show, simulate};
use eksform::live::{AddonConfiguration, AddonKey, AddonVersion, Fact, Members, Object, Owner, Phase};
use eksform::plan::checker;
use eksform::value::{Identity, KeyPart, Map, Place, Text, Value, Want};
use std::fmt::Write as _;

/// What may have happened to an object.
const EVENTS: [&str; 11] = [
    "deleted",
    "unreadable",
    "nobody's",
    "another stack's",
    "without its address",
    "CREATE_FAILED",
    "UPDATING",
    "DELETING",
    "unhealthy",
    "changed by hand",
    "stripped by hand",
];

fn disturb(case: &Case, identity: &Identity<Place>, event: &str) -> Option<Case> {
    let mut case = case.clone();
    let fact = case.snapshot.objects.get_mut(identity)?;
    let known = fact.known()?.clone();
    let status = |phase: Phase, status: &str| Object { phase, status: status.into(), ..known.clone() };
    *fact = match event {
        "deleted" => Fact::Absent,
        "changed by hand" | "stripped by hand" => {
            Fact::Known(Object { attributes: drifted(identity, &known, event), ..known.clone() })
        }
        "unreadable" => Fact::Denied("AccessDenied".into()),
        "nobody's" => Fact::Known(owned(&known, Owner::None)),
        "another stack's" => {
            Fact::Known(owned(&known, Owner::Stack { stack: "another".into(), address: None }))
        }
        "without its address" => match &known.owner {
            Owner::None => return None,
            Owner::Stack { stack, .. } => {
                Fact::Known(owned(&known, Owner::Stack { stack: stack.clone(), address: None }))
            }
        },
        "CREATE_FAILED" => Fact::Known(status(Phase::Failed, "CREATE_FAILED")),
        "UPDATING" => Fact::Known(status(Phase::Busy, "UPDATING")),
        "DELETING" => Fact::Known(status(Phase::Deleting, "DELETING")),
        _ => Fact::Known(status(Phase::Settled, "DEGRADED")),
    };
    Some(case)
}

/// The attributes after somebody changed what can change in place.
fn drifted(identity: &Identity<Place>, object: &Object, event: &str) -> Map {
    let mut attributes = object.attributes.clone();
    let changed = event == "changed by hand";
    let mut set = |name: &str, value: Value| {
        attributes.insert(name.into(), value);
    };
    let text = |text: &str| Value::from(text);
    set("tags", Value::object(changed.then_some(("drift", text("yes")))));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    match &*identity.kind {
        "role" => {
            let arns = changed.then(|| text("arn:aws:iam::aws:policy/AdministratorAccess"));
            set("managed_policies", Value::set(arns.into_iter().collect()));
            set("inline_policies", Value::object(changed.then_some(("drift", text(policy)))));
            set("trust_policy", text(policy));
            set("description", text(if changed { "drift" } else { "" }));
        }
        "addon" => {
            set("configuration_values", if changed { text("drift: true") } else { Value::NULL });
            if !changed {
                set("pod_identity_association", Value::map(Map::new()));
            }
        }
        "cluster" => {
            set("enabled_log_types", Value::set(changed.then(|| text("api")).into_iter().collect()));
        }
        _ => {
            set("role_arn", text("arn:aws:iam::123456789012:role/drift"));
            set("disable_session_tags", Value::from(changed));
        }
    }
    attributes
}

/// The object with another owner, and the tags that say so.
fn owned(object: &Object, owner: Owner) -> Object {
    let mut object = Object { owner, ..object.clone() };
    let tags = match &object.owner {
        Owner::None => None,
        Owner::Stack { stack, .. } => Some(Value::object([("eksform:stack", stack.to_string().into())])),
    };
    object.attributes.remove("ownership");
    object.attributes.extend(tags.map(|tags| ("ownership".into(), tags)));
    object
}

/// Plans, with an empty cluster where the account was not asked what lives in it, one version of every add-on, one
/// service account with a recommendation, and no other roles.
fn plan(case: &mut Case) -> Outcome {
    let mut outcome = case.plan();
    for _ in 0..4 {
        for want in &outcome.round.built.wants {
            answer(case, want);
        }
        if outcome.round.built.wants.is_empty() {
            break;
        }
        outcome = case.plan();
    }
    outcome
}

fn answer(case: &mut Case, want: &Want) {
    let key = |provider, addon: &Text, version: &Text| {
        let place = case.snapshot.place(provider, true)?;
        Some(AddonKey { place, addon: addon.clone(), version: version.clone() })
    };
    match want {
        Want::Members { provider, cluster } => {
            let Some(place) = case.snapshot.place(provider, true) else { return };
            let key = [KeyPart::exact(cluster.clone())];
            let identity = Identity { scope: place, kind: "cluster".into(), key: key.into() };
            case.snapshot.members.insert(identity, Fact::Known(Members::default()));
        }
        Want::AddonVersions { provider, addon, kubernetes } => {
            let Some(key) = key(provider, addon, kubernetes) else { return };
            let version = AddonVersion {
                version: "v9.0.0-eksbuild.1".into(),
                default: true,
                requires_iam: false,
                requires_configuration: false,
                namespace: Some("kube-system".into()),
            };
            case.snapshot.addon_versions.insert(key, Fact::Known(vec![version]));
        }
        Want::AddonConfiguration { provider, addon, version } => {
            let Some(key) = key(provider, addon, version) else { return };
            let policy = Text::from("arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy");
            let service_accounts = vec![(Text::from("aws-node"), vec![policy])];
            let configuration = AddonConfiguration { schema: None, service_accounts };
            case.snapshot.addon_configurations.insert(key, Fact::Known(configuration));
        }
        Want::Object(identity) => {
            let Some(place) = case.snapshot.place(&identity.scope, &*identity.kind != "role") else { return };
            case.snapshot.objects.insert(identity.within(place), Fact::Absent);
        }
        _ => {}
    }
}

/// A number that only depends on the numbers and texts so far.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % most.max(1)
    }
}

/// What is wrong with the plan of an account.
fn judge(case: &mut Case) -> Option<String> {
    let outcome = plan(case);
    let built = &outcome.round.built;
    let mut problems = Vec::new();
    match (&built.plan, &outcome.round.evaluation) {
        (Some(plan), Some(evaluation)) => {
            problems = checker::check(plan, evaluation, &case.inputs, &case.snapshot);
            if !plan.refused() {
                problems.extend(simulate::settles(case, &outcome));
            }
        }
        _ if built.diagnostics.iter().any(|diagnostic| diagnostic.is_error()) => {}
        _ => problems.push(format!("neither a plan nor an error: {:?}", built.wants)),
    }
    (!problems.is_empty()).then(|| format!("{}\n{}", problems.join("\n"), show::all(&outcome)))
}

/// One to three objects of each account are disturbed, a few times. `DISTURBANCES=100` takes its time.
#[test]
fn a_disturbed_account_is_planned_by_the_rules() {
    let times = std::env::var("DISTURBANCES").ok().and_then(|times| times.parse().ok()).unwrap_or(4);
    let mut failures = String::new();
    for (at, folder) in case::folders().iter().enumerate() {
        let Ok(case) = Case::read(folder) else { continue };
        let identities: Vec<&Identity<Place>> = case.snapshot.objects.keys().collect();
        let mut dice = Dice(at as u64);
        for _ in 0..times {
            let mut disturbed = case.clone();
            let mut story = String::new();
            for _ in 0..=dice.below(3) {
                let Some(identity) = identities.get(dice.below(identities.len())) else { continue };
                let event = EVENTS[dice.below(EVENTS.len())];
                if let Some(after) = disturb(&disturbed, identity, event) {
                    let _ = write!(story, ", {identity} {event}");
                    disturbed = after;
                }
            }
            if let Some(problem) = judge(&mut disturbed)
                && failures.len() < 20_000
            {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().to_string();
                let _ = writeln!(failures, "==== {name}{story}\n{problem}");
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
