//! A case's `snapshot.json`: a whole snapshot as saved plans hold it, or only what is special about it.
//!
//! The short form names objects as plans do (`addon demo/vpc-cni`, in another place `cluster eu
//! (123456789012/eu-west-1)`) and changes a template of the kind, an object as the sandbox answers it,
//! by JSON merge patch.

use eksform::live::Snapshot;
use eksform::plan::saved;
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-2";
const KINDS: [&str; 4] = ["cluster", "addon", "role", "pod_identity_association"];

pub fn read(text: &str) -> Result<Snapshot, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let whole =
        if document.get("taken_at").is_some() { text.to_string() } else { expand(&document)?.to_string() };
    saved::read_snapshot(&whole).map_err(|problem| format!("{}: {:?}", problem.message, problem.notes))
}

fn expand(short: &Value) -> Result<Value, String> {
    let known =
        ["callers", "objects", "members", "partial", "files", "addon_versions", "addon_configurations"];
    let entries = short.as_object().ok_or("an object is expected")?;
    if let Some(unknown) = entries.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("\"{unknown}\" is none of {known:?}"));
    }
    let section = |name: &str| entries.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut callers = section("callers");
    if callers.is_empty() {
        callers.insert(String::new(), REGION.into());
    }
    let (mut caller_documents, mut places) = (Vec::new(), Vec::<(String, String)>::new());
    for (alias, caller) in &callers {
        let alias = (!alias.is_empty()).then_some(alias);
        // `us-east-2`, or `210987654321/us-east-2`, or { "denied": … }.
        let caller = match caller.as_str() {
            Some(text) => {
                let (account, region) = text.split_once('/').unwrap_or((ACCOUNT, text));
                places.push((account.to_string(), region.to_string()));
                let arn = format!("arn:aws:iam::{account}:user/sandbox");
                json!({ "known": { "partition": "aws", "account": account, "region": region, "arn": arn } })
            }
            None => caller.clone(),
        };
        caller_documents.push(json!({ "alias": alias, "key": null, "caller": caller }));
    }
    places.sort();
    places.dedup();
    let partial = section("partial");
    let mut coverage: Vec<Value> = Vec::new();
    for (account, region) in &places {
        for kind in KINDS {
            let place = place(account, Some(region), kind);
            let named = [format!("{kind} ({account}/{region})"), kind.to_string()];
            let why = named.iter().find_map(|name| partial.get(name)).cloned().unwrap_or_default();
            let one = json!({ "place": place, "kind": kind, "partial": why });
            if !coverage.contains(&one) {
                coverage.push(one);
            }
        }
    }
    let mut objects = Vec::new();
    for (name, object) in &section("objects") {
        let identity = identity(name)?;
        let fact = match object {
            Value::Object(patch) if !patch.contains_key("denied") => {
                json!({ "known": known_object(name, &identity, patch)? })
            }
            fact => fact.clone(),
        };
        objects.push(json!({ "identity": identity, "object": fact }));
    }
    let mut members = Vec::new();
    for (name, given) in &section("members") {
        let list = |what: &str| given.get(what).cloned().unwrap_or_else(|| json!([]));
        let associations = given.get("associations").and_then(Value::as_array).cloned().unwrap_or_default();
        let associations = associations.iter().filter_map(Value::as_str).map(|text| {
            // `shop/orders`, and behind a blank the ARN of the add-on it belongs to.
            let (name, owner) =
                text.split_once(' ').map_or((text, None), |(name, owner)| (name, Some(owner)));
            let (namespace, account) = name.split_once('/').unwrap_or(("default", name));
            json!({
                "namespace": namespace, "service_account": account,
                "association_id": format!("a-{}", id(name)), "owner_arn": owner,
            })
        });
        members.push(json!({ "cluster": identity(name)?, "members": { "known": {
            "addons": list("addons"), "associations": associations.collect::<Vec<_>>(),
            "node_groups": list("node_groups"), "fargate_profiles": list("fargate_profiles"),
        } } }));
    }
    let mut versions = Vec::new();
    for (name, given) in &section("addon_versions") {
        // `vpc-cni 1.33`, and a list of versions of which one may be `default v1.19.0-eksbuild.1`, each with
        // `needs-iam` behind it if it does.
        let (addon, kubernetes) = name.split_once(' ').ok_or("an add-on and a Kubernetes version")?;
        let one = |text: &str| {
            let (text, needs_iam) =
                text.strip_suffix(" needs-iam").map_or((text, false), |version| (version, true));
            let version = text.strip_prefix("default ");
            json!({
                "version": version.unwrap_or(text), "default": version.is_some(),
                "requires_iam": needs_iam, "requires_configuration": false, "namespace": "kube-system",
            })
        };
        let known: Vec<Value> =
            given.as_array().into_iter().flatten().filter_map(Value::as_str).map(one).collect();
        let place = place(ACCOUNT, Some(REGION), "addon");
        let key = json!({ "place": place, "addon": addon, "version": kubernetes });
        versions.push(json!({ "key": key, "versions": { "known": known } }));
    }
    let mut configurations = Vec::new();
    for (name, given) in &section("addon_configurations") {
        // `vpc-cni v1.19.0-eksbuild.1`, and the recommended policies by service account, or another fact.
        let (name, at) = name
            .split_once(" (")
            .map_or((name.as_str(), REGION), |(name, at)| (name, at.trim_end_matches(')')));
        let (addon, version) = name.split_once(' ').ok_or("an add-on and a version")?;
        let fact = match given.as_object().filter(|given| !given.contains_key("denied")) {
            Some(accounts) => {
                let accounts: Vec<Value> =
                    accounts.iter().map(|(name, policies)| json!([name, policies])).collect();
                json!({ "known": { "schema": null, "service_accounts": accounts } })
            }
            None => given.clone(),
        };
        let place = place(ACCOUNT, Some(at), "addon");
        let key = json!({ "place": place, "addon": addon, "version": version });
        configurations.push(json!({ "key": key, "configuration": fact }));
    }
    let files: Map<String, Value> =
        section("files").into_iter().map(|(path, text)| (path, json!({ "known": text }))).collect();
    Ok(json!({
        "taken_at": "1767323045", "callers": caller_documents, "objects": objects, "members": members,
        "coverage": coverage, "files": files, "addon_versions": versions,
        "addon_configurations": configurations,
    }))
}

fn place(account: &str, region: Option<&str>, kind: &str) -> Value {
    json!({ "partition": "aws", "account": account, "region": region.filter(|_| kind != "role") })
}

/// `addon demo/vpc-cni`, `addon eu/vpc-cni (123456789012/eu-west-1)`.
fn identity(text: &str) -> Result<Value, String> {
    let (kind, rest) = text.split_once(' ').ok_or_else(|| format!("{text}: a kind and a name"))?;
    let (name, at) = match rest.strip_suffix(')').and_then(|rest| rest.split_once(" (")) {
        Some((name, at)) => (name, Some(at)),
        None => (rest, None),
    };
    let (account, region) = at.map_or((ACCOUNT, Some(REGION)), |at| match at.split_once('/') {
        Some((account, region)) => (account, Some(region)),
        None => (at, None),
    });
    let parts = if kind == "role" { vec![name] } else { name.split('/').collect() };
    let expected = if kind == "addon" {
        2
    } else if kind == "pod_identity_association" {
        3
    } else {
        1
    };
    if parts.len() != expected || !KINDS.contains(&kind) {
        return Err(format!("{text}: not the identity of anything"));
    }
    Ok(json!({ "place": place(account, region, kind), "kind": kind, "key": parts }))
}

fn known_object(name: &str, identity: &Value, patch: &Map<String, Value>) -> Result<Value, String> {
    let kind = identity["kind"].as_str().unwrap_or_default();
    let path = super::case::root().join(format!("_templates/{kind}.json"));
    let template = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut object: Value = serde_json::from_str(&template).map_err(|error| error.to_string())?;
    let mut words: Vec<(String, String)> = identity["key"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, part)| (format!("{{{index}}}"), part.as_str().unwrap_or_default().to_string()))
        .collect();
    let id = id(name);
    words.push(("{ID}".to_string(), id.to_uppercase()));
    words.push(("{id}".to_string(), id));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    words.push(("{account}".to_string(), text(&identity["place"]["account"])));
    words.push(("{region}".to_string(), text(&identity["place"]["region"])));
    fill(&mut object, &words);
    let mut patch = patch.clone();
    if let Some(owner) = patch.get("owner").and_then(Value::as_str).map(ToString::to_string) {
        let (stack, address) = owner.split_once(' ').map_or((owner.as_str(), None), |(s, a)| (s, Some(a)));
        let parsed = address.map(|address| {
            eksform::value::Address::parse(address).ok_or_else(|| format!("{address} is no address"))
        });
        let address = parsed.transpose()?.map(|address| eksform::live::encode_address(&address));
        let mut tags = json!({ "eksform:stack": stack });
        if let Some(address) = &address {
            tags["eksform:address"] = json!(address);
        }
        if kind == "role" {
            tags["eksform:region"] = json!(REGION);
        }
        object["attributes"]["ownership"] = tags;
        patch.insert("owner".to_string(), json!({ "stack": stack, "address": address }));
    }
    if let Some(parent) = patch.get("parent").and_then(Value::as_str) {
        let parent = self::identity(parent)?;
        patch.insert("parent".to_string(), parent);
    }
    merge(&mut object, &Value::Object(patch));
    // Merging leaves out what is null, and a whole object has these.
    for name in ["owner", "parent"] {
        if object.get(name).is_none() {
            object[name] = Value::Null;
        }
    }
    Ok(object)
}

/// 17 digits that only depend on the text.
fn id(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:017x}")
}

fn fill(value: &mut Value, words: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (word, with) in words {
                *text = text.replace(word, with);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, words)),
        Value::Object(entries) => entries.values_mut().for_each(|item| fill(item, words)),
        _ => {}
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.as_object_mut().expect("made an object above").remove(key);
            }
            value => merge(&mut target[key.as_str()], value),
        }
    }
}
