//! Plans built by hand, for the tests of this room.

use crate::diff::{Action, Observed, Proposed, Subject, propose};
use crate::kinds::{self, Attribute, Omitted, Schema, Ty};
use crate::live::{Digest, Fact, Object, Owner, Phase, StackName, ownership_tags};
use crate::plan::{Change, ChangeAction, ChangeId, Ownership, Plan, Reason};
use crate::stack::Mode;
use crate::value::{Address, Identity, Map, Place, ProviderRef, Text, Value};

/// Holds a text against `testdata/render/<file>`; `SNAPSHOTS=overwrite` writes it.
#[track_caller]
pub fn holds(text: &str, file: &str) {
    let path = std::path::Path::new("testdata/render").join(file);
    snapbox::assert_data_eq!(text, snapbox::Data::read_from(&path, None).raw());
}

/// A value from JSON.
pub fn value(json: serde_json::Value) -> Value {
    crate::value::json::from_json(&json)
}

/// A set of strings.
pub fn set(words: &[&str]) -> Value {
    Value::set(words.iter().map(|word| Value::from(*word)).collect())
}

pub fn stack() -> StackName {
    StackName { name: "demo".into(), instance: None }
}

pub fn place(schema: &Schema) -> Place {
    Place::new("aws", "123456789012", schema.regional.then(|| "us-east-2".into()))
}

/// What `stack` hands the differ: the given attributes with the defaults of the schema.
pub fn desired<const N: usize>(address: &str, given: [(&str, Value); N]) -> Map {
    let address = Address::parse(address).expect("a test writes valid addresses");
    let schema = kinds::schema(&address.kind).expect("a test names a kind");
    let mut attributes: Map = given.into_iter().map(|(name, value)| (name.into(), value)).collect();
    if let Some(name) = schema.named {
        attributes.insert_missing(name, || Value::string(address.name.clone()));
    }
    (schema.expand)(&mut attributes);
    let mut attributes = with_defaults(schema.attributes, &attributes);
    let region = (!schema.regional).then_some("us-east-2");
    attributes.insert(kinds::OWNERSHIP.into(), Value::map(ownership_tags(&stack(), &address, region)));
    attributes
}

fn with_defaults(attributes: &[Attribute], given: &Map) -> Map {
    let mut all = given.clone();
    for attribute in attributes {
        match (given.get(attribute.name), attribute.omitted, attribute.ty) {
            (None, Omitted::Default(default), _) => {
                all.insert(attribute.name.into(), default());
            }
            (Some(block), _, Ty::Block(nested)) => {
                if let Some(map) = block.as_map() {
                    all.insert(attribute.name.into(), Value::map(with_defaults(nested, map)));
                }
            }
            _ => {}
        }
    }
    all
}

/// The live object of a declaration that was applied as it is, with what AWS fills in.
pub fn live(address: &str, mut attributes: Map, aws: serde_json::Value) -> Object {
    attributes.retain(|name, _| **name != *"trust");
    for (name, filled) in value(aws).as_map().expect("a test gives an object") {
        attributes.insert(name.clone(), filled.clone());
    }
    Object {
        attributes,
        owner: Owner::Stack { stack: "demo".into(), address: Address::parse(address) },
        parent: None,
        phase: Phase::Settled,
        status: "ACTIVE".into(),
        issues: Vec::new(),
    }
}

fn identity(schema: &'static Schema, attributes: &Map) -> Identity<Place> {
    let part = |name: &&str| schema.key_part(attributes.get(*name).and_then(Value::as_str).unwrap_or("?"));
    Identity {
        scope: place(schema),
        kind: schema.kind.into(),
        key: schema.identity.iter().map(part).collect(),
    }
}

fn proposed(
    address: &str,
    desired: &Map,
    fact: Fact<Object>,
) -> (Address, Identity<Place>, &'static Schema, Proposed) {
    let address = Address::parse(address).expect("a test writes valid addresses");
    let schema = kinds::schema(&address.kind).expect("a test names a kind");
    let identity = identity(schema, desired);
    let place = place(schema);
    let subject = Subject { schema, address: &address, place: Some(&place), key: &identity.key, desired };
    let proposed = propose(&subject, &Observed::Fact(&fact));
    (address, identity, schema, proposed)
}

fn bare(
    schema: &'static Schema,
    address: Option<Address>,
    identity: Identity<Place>,
    action: ChangeAction,
    reason: Reason,
) -> Change {
    Change {
        id: ChangeId(0),
        schema,
        address,
        identity,
        provider: ProviderRef::default(),
        action,
        ownership: Ownership::Keep,
        reason,
        cause: Default::default(),
        before: None,
        after: None,
        differences: Vec::new(),
        seen: None,
        calls: Vec::new(),
        replaces: None,
        waits_first: false,
        derived: None,
    }
}

/// The changes that `propose` asks for: none, one, or a deletion and a creation.
pub fn changes(address: &str, desired: &Map, live: Option<&Object>) -> Vec<Change> {
    let fact = live.map_or(Fact::Absent, |object| Fact::Known(object.clone()));
    let (address, identity, schema, proposed) = proposed(address, desired, fact);
    let before = live.map(|object| object.attributes.clone());
    let forcing = proposed.proposal.differences.iter().filter(|difference| difference.forces_replacement());
    let forcing = forcing.map(|difference| difference.path.clone()).collect();
    let change = |action, reason| Change {
        before: before.clone(),
        after: Some(proposed.after.clone()),
        differences: proposed.proposal.differences.clone(),
        ..bare(schema, Some(address.clone()), identity.clone(), action, reason)
    };
    match proposed.proposal.action {
        Action::NoOp => Vec::new(),
        Action::Create => vec![change(ChangeAction::Create, Reason::Missing)],
        Action::Update => vec![change(ChangeAction::Update, Reason::Differs)],
        Action::Await => vec![change(ChangeAction::Await, Reason::Busy("UPDATING".into()))],
        Action::Undecided => panic!("a test knows its objects"),
        Action::Replace => {
            let reason = match live {
                Some(object) if object.phase == Phase::Failed => Reason::Broken(object.status.clone()),
                _ => Reason::ForcesReplacement(forcing),
            };
            let mut delete = change(ChangeAction::Delete, reason.clone());
            delete.after = None;
            let mut create = change(ChangeAction::Create, reason);
            create.before = None;
            create.replaces = Some(ChangeId(0));
            vec![delete, create]
        }
    }
}

/// The deletion of a live object.
pub fn delete(address: Option<&str>, kind: &str, live: &Object, reason: Reason) -> Change {
    let schema = kinds::schema(kind).expect("a test names a kind");
    let address = address.and_then(Address::parse);
    let mut change = bare(schema, address, identity(schema, &live.attributes), ChangeAction::Delete, reason);
    change.before = Some(live.attributes.clone());
    change
}

/// A plan of groups of changes; `replaces` counts within its group.
pub fn plan(groups: Vec<Vec<Change>>) -> Plan {
    let mut changes: Vec<Change> = Vec::new();
    for group in groups {
        let start = changes.len();
        for mut change in group {
            change.id = ChangeId(changes.len());
            change.replaces = change.replaces.map(|ChangeId(at)| ChangeId(start + at));
            changes.push(change);
        }
    }
    Plan {
        id: Digest::of_text("test"),
        stack: stack(),
        mode: Mode::Apply,
        providers: Default::default(),
        changes,
        edges: Vec::new(),
        outputs: Vec::new(),
        relied_on: Vec::new(),
        checks: Vec::new(),
        held: Vec::new(),
        coverage: Vec::new(),
        selection: Default::default(),
        base: None,
        findings: Vec::new(),
        silenced: Vec::new(),
    }
}

/// The cluster of the launch post.
pub fn cluster() -> Map {
    desired(
        "cluster.demo",
        [
            ("version", Value::from("1.30")),
            ("role_arn", Value::from("arn:aws:iam::123456789012:role/cluster")),
            ("vpc", Value::object([("subnet_ids", set(&["subnet-0a", "subnet-0b"]))])),
        ],
    )
}

/// The role of the launch post.
pub fn role() -> Map {
    desired(
        "role.vpc_cni",
        [
            ("name", Value::from("AmazonEKSPodIdentityAmazonVPCCNIRole")),
            ("managed_policies", set(&["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"])),
        ],
    )
}

pub const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/AmazonEKSPodIdentityAmazonVPCCNIRole";

/// The add-on of the launch post, with an association for each of the service accounts.
pub fn addon(accounts: &[&str]) -> Map {
    let block = |account: &&str| {
        let block =
            Value::object([("service_account", Value::from(*account)), ("role_arn", Value::from(ROLE_ARN))]);
        (Text::from(*account), block)
    };
    desired(
        "addon.vpc-cni",
        [
            ("cluster", Value::from("demo")),
            ("version", Value::from("v1.19.0-eksbuild.1")),
            ("pod_identity_association", Value::map(accounts.iter().map(block).collect())),
        ],
    )
}

/// The association of a workload.
pub fn association() -> Map {
    desired(
        "pod_identity_association.orders",
        [
            ("cluster", Value::from("demo")),
            ("namespace", Value::from("shop")),
            ("service_account", Value::from("orders")),
            ("role_arn", Value::from("arn:aws:iam::123456789012:role/orders")),
            ("tags", value(serde_json::json!({"team": "shop"}))),
        ],
    )
}
