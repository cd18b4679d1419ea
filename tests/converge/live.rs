//! The law of the whole on accounts that no apply left behind: objects of nobody and of another stack, made by hand,
//! changed by hand, deleted, failed. Whatever is there, the plan is refused, or applying it leaves nothing to do; what is
//! not the stack's is as it was; and the order in which anything is written or listed changes no byte.

use super::{ACCOUNTS, ADDONS, StackSpec, World, inputs, stack};
use crate::plan::shuffle;
use bytes::Bytes;
use eksform::apply::Planned;
use eksform::plan::Ownership;
use eksform::render::{self, Style};
use eksform::stack::{Inputs, SourceTree};
use eksform::value::Text;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const ACCOUNT: &str = "123456789012";

/// What of the sandbox's documents is an object of a kind.
const OBJECTS: [&str; 4] = ["role", "addon", "association", "cluster"];

/// What somebody did to an object of the account.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Took the stack's tags off.
    Released,
    /// Tagged it as another stack's.
    Taken,
    /// Took off the recorded address alone.
    Nameless,
    Deleted,
    Tagged,
    Changed,
    /// AWS failed to make it, or to change it.
    Failed,
}

const EVENTS: [Event; 7] = [
    Event::Released,
    Event::Taken,
    Event::Nameless,
    Event::Deleted,
    Event::Tagged,
    Event::Changed,
    Event::Failed,
];

/// An account: what a stack once left there, and what happened since.
#[derive(Clone, Debug)]
struct Story {
    before: StackSpec,
    /// To which object, and what.
    events: Vec<(usize, Event)>,
    /// Associations made by hand: for a service account of an add-on, or of a workload.
    by_hand: Vec<usize>,
    now: StackSpec,
    /// Whether everything declared may be adopted, also from another stack.
    consent: bool,
}

fn story() -> impl Strategy<Value = Story> {
    let event = (any::<usize>(), (0..EVENTS.len()).prop_map(|event| EVENTS[event]));
    let events = proptest::collection::vec(event, 0..4);
    let by_hand = proptest::collection::vec(any::<usize>(), 0..2);
    (stack(), events, by_hand, stack(), proptest::bool::weighted(0.6))
        .prop_map(|(before, events, by_hand, now, consent)| Story { before, events, by_hand, now, consent })
}

type Documents = Map<String, Value>;

/// The account's objects as the sandbox keeps them.
fn documents(world: &World) -> Documents {
    world.sandbox.export()["documents"].as_object().cloned().unwrap_or_default()
}

fn kind(key: &str) -> &str {
    let parts: Vec<&str> = key.split('/').collect();
    match parts.as_slice() {
        [_, "iam", kind, ..] | [_, _, kind, ..] => kind,
        _ => "",
    }
}

/// Whose it is by its own tags; an association of an add-on is the add-on's.
fn owner(all: &Documents, document: &Value) -> Option<String> {
    if let Some(addon) = document["view"]["ownerArn"].as_str() {
        let addon = all.values().find(|other| other["view"]["addonArn"] == addon)?;
        return owner(all, addon);
    }
    let eks = &document["view"]["tags"]["eksform:stack"];
    let role = &document["tags"]["eksform:stack"][1];
    eks.as_str().or(role.as_str()).map(ToString::to_string)
}

fn tag(document: &mut Value, key: &str, value: Option<&str>) {
    let role = document.get("trust").is_some();
    let tags = if role { &mut document["tags"] } else { &mut document["view"]["tags"] };
    let Some(tags) = tags.as_object_mut() else { return };
    match value {
        None => {
            tags.remove(key);
        }
        Some(value) => {
            tags.insert(key.to_string(), if role { json!([key, value]) } else { json!(value) });
        }
    }
}

/// Lets it happen. Nothing happens to a cluster that would leave what lives in it behind.
fn happen(all: &mut Documents, at: usize, event: Event) {
    let keys: Vec<String> = all.keys().filter(|key| OBJECTS.contains(&kind(key))).cloned().collect();
    let Some(key) = keys.get(at % keys.len().max(1)).cloned() else { return };
    let of = kind(&key).to_string();
    let Some(document) = all.get_mut(&key) else { return };
    let nested = document["view"]["ownerArn"].is_string();
    match event {
        Event::Released | Event::Taken | Event::Nameless if nested => {}
        Event::Released => {
            for name in ["eksform:stack", "eksform:address", "eksform:region"] {
                tag(document, name, None);
            }
        }
        Event::Taken => tag(document, "eksform:stack", Some("other")),
        Event::Nameless => tag(document, "eksform:address", None),
        Event::Tagged if !nested => tag(document, "by", Some("hand")),
        Event::Deleted if of != "cluster" => {
            let arn = document["view"]["addonArn"].clone();
            all.remove(&key);
            all.retain(|_, other| arn.is_null() || other["view"]["ownerArn"] != arn);
        }
        Event::Changed => match of.as_str() {
            "role" => {
                document["description"] = json!("by hand");
                document["attached"] = json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
            }
            "cluster" => document["view"]["resourcesVpcConfig"]["endpointPrivateAccess"] = json!(true),
            "association" => {
                document["view"]["roleArn"] = json!(format!("arn:aws:iam::{ACCOUNT}:role/cluster"));
            }
            _ => document["view"]["configurationValues"] = json!("{}"),
        },
        Event::Failed if of == "addon" => {
            document["status"] = json!(if at.is_multiple_of(2) { "CREATE_FAILED" } else { "UPDATE_FAILED" });
        }
        Event::Tagged | Event::Deleted | Event::Failed => {}
    }
}

/// Makes an association with nobody's tags, unless there is one for the service account.
fn associate(all: &mut Documents, at: usize) {
    let nested =
        ADDONS.iter().flat_map(|(_, accounts)| accounts.iter().map(|account| ("kube-system", *account)));
    let free: Vec<(&str, &str)> = nested
        .chain(ACCOUNTS)
        .filter(|(namespace, account)| {
            !all.values().any(|document| {
                document["view"]["serviceAccount"] == *account && document["view"]["namespace"] == *namespace
            })
        })
        .collect();
    let Some((namespace, account)) = free.get(at % free.len().max(1)) else { return };
    let id = format!("a-hand{at:013}").chars().take(19).collect::<String>();
    let arn = format!("arn:aws:eks:us-east-2:{ACCOUNT}:podidentityassociation/demo/{id}");
    let view = json!({
        "clusterName": "demo", "namespace": namespace, "serviceAccount": account, "associationId": id,
        "associationArn": arn, "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/cluster"),
        "createdAt": 1.0, "modifiedAt": 1.0, "disableSessionTags": false, "tags": {},
    });
    all.insert(format!("{ACCOUNT}/us-east-2/association/demo/{id}"), json!({ "view": view, "status": "" }));
}

impl Story {
    fn inputs(&self, text: &str) -> Inputs {
        let mut sources = SourceTree::default();
        sources.files.insert("main.eks.hcl".into(), text.into());
        let mut inputs = Inputs { sources, ..inputs() };
        if self.consent {
            let blocks = text.lines().filter_map(|line| line.strip_suffix(" {"));
            for block in blocks {
                if let [kind, name] = block.split(' ').collect::<Vec<_>>().as_slice()
                    && !line_is_nested(block)
                {
                    let address = format!("{kind}.{}", name.trim_matches('"'));
                    inputs.adopt.insert(address.into(), Some(Text::from("other")));
                }
            }
        }
        inputs
    }
}

/// Blocks within blocks are indented.
fn line_is_nested(block: &str) -> bool {
    block.starts_with(' ')
}

/// The same stack with the statements of policies the other way round, and what is in them.
fn restated(text: &str) -> String {
    let a = r#"{ Sid = "A", Effect = "Allow", Action = "s3:GetObject", Resource = "*" }"#;
    let b = r#"{ Sid = "B", Effect = "Deny", Action = "s3:PutObject", Resource = "*" }"#;
    let text = text.replace(&format!("{a}, {b}"), &format!("{b}, {a}"));
    text.replace(r#""s3:getobject", "s3:ListBucket""#, r#""s3:ListBucket", "s3:getobject""#)
}

/// The same stack with every set the other way round.
fn mirrored(text: &str) -> String {
    let policy = |name: &str| format!("\"arn:aws:iam::aws:policy/{name}\"");
    let (cni, s3) = (policy("AmazonEKS_CNI_Policy"), policy("AmazonS3FullAccess"));
    let mut text = text.to_string();
    for (one, other) in [
        (cni.as_str(), s3.as_str()),
        (r#""api""#, r#""scheduler""#),
        (r#""subnet-0a1b2c3d4e5f60001""#, r#""subnet-0a1b2c3d4e5f60002""#),
    ] {
        text = text.replace(&format!("{one}, {other}"), &format!("{other}, {one}"));
    }
    text
}

/// An answer with every list in it the other way round.
fn backwards(headers: &http::HeaderMap, body: Bytes) -> Bytes {
    let json =
        headers.get("content-type").is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json")));
    if !json {
        return reversed_members(&String::from_utf8_lossy(&body)).into();
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(mut value) => {
            reverse(&mut value);
            value.to_string().into()
        }
        Err(_) => body,
    }
}

fn reverse(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(reverse);
            items.reverse();
        }
        Value::Object(entries) => entries.values_mut().for_each(reverse),
        _ => {}
    }
}

/// XML whose `member`s of each list are the other way round.
fn reversed_members(xml: &str) -> String {
    const OPEN: &str = "<member>";
    const CLOSE: &str = "</member>";
    let (mut out, mut run, mut rest) = (String::new(), Vec::<String>::new(), xml);
    while let Some(at) = rest.find(OPEN) {
        let before = &rest[..at];
        if !before.trim().is_empty() {
            out.extend(run.drain(..).rev());
        }
        out.push_str(before);
        // Behind the tag: up to the one that closes it.
        let inside = &rest[at + OPEN.len()..];
        let (mut depth, mut from) = (1, 0);
        while depth > 0 {
            let close = from + inside[from..].find(CLOSE).expect("well-formed");
            depth += inside[from..close].matches(OPEN).count();
            depth -= 1;
            from = close + CLOSE.len();
        }
        run.push(format!("{OPEN}{}{CLOSE}", reversed_members(&inside[..from - CLOSE.len()])));
        rest = &inside[from..];
    }
    out.extend(run.into_iter().rev());
    out + rest
}

#[test]
fn lists_are_reversed_at_every_depth() {
    let xml = "<r><l><member>1</member><member><k><member>a</member><member>b</member></k></member></l><t>x</t></r>";
    let other = "<r><l><member><k><member>b</member><member>a</member></k></member><member>1</member></l><t>x</t></r>";
    assert_eq!(reversed_members(xml), other);
    assert_eq!(reversed_members(other), xml);
}

/// Everything people and tools see of a plan, but for the fingerprint of what it was made of.
fn bytes(planned: &Planned) -> String {
    let mut json = render::json_plan(&planned.plan);
    json["eksform"]["id"] = Value::Null;
    let findings: Vec<String> = planned.plan.findings.iter().map(|finding| finding.message.clone()).collect();
    format!("{}{:#}{findings:#?}", render::plan(&planned.plan, Style::plain()), json)
}

/// What the plan does, without the texts it writes.
fn outline(planned: &Planned) -> Vec<String> {
    let calls = |change: &eksform::plan::Change| -> Vec<String> {
        change.calls.iter().map(|call| format!("{} {:?}", call.operation, call.paths)).collect()
    };
    let changes = planned.plan.changes.iter();
    changes.map(|change| format!("{} {:?} {:?}", change.identity, change.action, calls(change))).collect()
}

/// How many stories were planned, and how many of those had something to do.
#[derive(Default)]
struct Tally {
    refused: AtomicUsize,
    applied: AtomicUsize,
    adopted: AtomicUsize,
}

async fn hold(story: &Story, tally: &Tally) -> Result<(), String> {
    let world = World::new();
    world.settle(&story.before.text()).await?;
    let mut all = documents(&world);
    story.events.iter().for_each(|(at, event)| happen(&mut all, *at, *event));
    story.by_hand.iter().for_each(|at| associate(&mut all, *at));
    world.sandbox.import(&json!({ "format": 1, "documents": all })).map_err(|error| error.to_string())?;
    // As the sandbox keeps it.
    let all = documents(&world);
    let text = story.now.text();
    let (seen, inputs) = (world.sandbox.log().len(), story.inputs(&text));
    let planned = World::planned(&world.aws, inputs.clone()).await;
    for call in &world.sandbox.log()[seen..] {
        if !["Get", "List", "Describe"].iter().any(|read| call.operation.starts_with(read)) {
            return Err(format!("planning calls {}", call.operation));
        }
    }
    let (program, inputs, planned) = match planned {
        Ok(planned) => planned,
        Err(why) if why.contains("error[") => {
            tally.refused.fetch_add(1, Ordering::Relaxed);
            if std::env::var_os("TELL_REFUSALS").is_some() {
                println!("{:?} {:?} {}: {why}", story.events, story.by_hand, story.consent);
            }
            return Ok(());
        }
        Err(why) => return Err(format!("no plan, and no error: {why}")),
    };
    orders(&world, story, &text, &inputs, &planned).await?;
    // What may change: what is the stack's, what is adopted, and what is new.
    let adopted: Vec<String> = planned
        .plan
        .changes
        .iter()
        .filter(|change| matches!(change.ownership, Ownership::Adopt { .. }))
        .map(|change| {
            assert!(story.consent, "{} is adopted", change.identity);
            format!("{} {}", change.schema.kind, change.identity.name())
        })
        .collect();
    tally.adopted.fetch_add(adopted.len(), Ordering::Relaxed);
    let told =
        world.walk(program, inputs.clone(), planned).await.map_err(|told| format!("{text}\n{told}"))?;
    tally.applied.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let after = documents(&world);
    for (key, document) in all.iter().filter(|(key, _)| OBJECTS.contains(&kind(key))) {
        let ours = owner(&all, document).as_deref() == Some("law");
        if !ours && !adopted.contains(&name(key, document)) && after.get(key) != Some(document) {
            let now = after.get(key).map_or("gone".to_string(), ToString::to_string);
            return Err(format!(
                "{key} is not the stack's and was touched\n{document}\n{now}\n{text}\n{told}"
            ));
        }
    }
    let (_, _, again) = World::planned(&world.aws, inputs).await?;
    if again.plan.is_empty() {
        return Ok(());
    }
    let again = render::plan(&again.plan, Style::plain());
    Err(format!("{text}\n==== applied\n{told}\n==== then planned\n{again}"))
}

/// An object's kind and name as plans have it; an add-on's association goes by its add-on.
fn name(key: &str, document: &Value) -> String {
    let view = &document["view"];
    let text = |member: &str| view[member].as_str().unwrap_or_default();
    match kind(key) {
        "role" => format!("role {}", document["name"].as_str().unwrap_or_default()),
        "cluster" => format!("cluster {}", text("name")),
        "addon" => format!("addon {}/{}", text("clusterName"), text("addonName")),
        // arn:aws:eks:us-east-2:123456789012:addon/demo/vpc-cni/id
        "association" if view["ownerArn"].is_string() => {
            let parts: Vec<&str> = text("ownerArn").split('/').collect();
            format!("addon {}/{}", parts[1], parts[2])
        }
        "association" => format!(
            "pod_identity_association {}/{}/{}",
            text("clusterName"),
            text("namespace"),
            text("serviceAccount")
        ),
        _ => key.to_string(),
    }
}

/// The same plan, whatever the order of files, blocks, attributes, statements, elements and answers.
async fn orders(
    world: &World,
    story: &Story,
    text: &str,
    inputs: &Inputs,
    planned: &Planned,
) -> Result<(), String> {
    let expected = bytes(planned);
    let mut others: BTreeMap<&str, (bool, Inputs)> =
        shuffle::all(inputs).into_iter().map(|(how, inputs)| (how, (false, inputs))).collect();
    others.insert("listing the other way round", (true, inputs.clone()));
    others.insert("writing sets the other way round", (false, story.inputs(&mirrored(text))));
    for (how, (listed_backwards, inputs)) in others {
        let way = if listed_backwards { World::way(&world.sandbox, backwards) } else { world.aws.clone() };
        let (_, _, other) = World::planned(&way, inputs).await.map_err(|why| format!("{how}: {why}"))?;
        let got = bytes(&other);
        // What AWS says is the same, so the plan is of the same.
        if listed_backwards && other.plan.id != planned.plan.id {
            return Err(format!("{text}\n{how} changes the fingerprint"));
        }
        if got != expected {
            let difference = similar::TextDiff::from_lines(&expected, &got).unified_diff().to_string();
            return Err(format!("{text}\n{how} changes the plan:\n{difference}"));
        }
    }
    // A policy is written as it stands in the file, and its order is no reason to write it.
    let (_, _, other) = World::planned(&world.aws, story.inputs(&restated(text))).await?;
    if outline(&other) != outline(planned) {
        return Err(format!("{text}\nwriting statements the other way round changes what is done"));
    }
    Ok(())
}

#[test]
fn any_account_is_planned_by_the_rules() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let tally = Tally::default();
    let config = ProptestConfig { cases: super::cases(), max_shrink_iters: 60, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let outcome =
        runner.run(&story(), |story| runtime.block_on(hold(&story, &tally)).map_err(TestCaseError::fail));
    let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    println!(
        "{} plans refused, {} applied, {} objects adopted",
        count(&tally.refused),
        count(&tally.applied),
        count(&tally.adopted)
    );
    if let Err(problem) = outcome {
        panic!("{problem}");
    }
    assert!(count(&tally.applied) > count(&tally.refused) / 2, "hardly anything was applied");
}
