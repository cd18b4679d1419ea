//! How conditions stand, as Terraform's plan JSON has it.

use super::json::module;
use crate::kinds;
use crate::plan::Plan;
use crate::stack::{Checked, Guarded, Status};
use crate::value::{Address, Key, ModuleStep};
use serde_json::{Map as Object, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `checks` of the plan: a thing with conditions for each block, with its instances.
pub fn checks(plan: &Plan) -> Vec<Json> {
    let mut blocks: BTreeMap<Guarded, Vec<&Checked>> = BTreeMap::new();
    for checked in &plan.checks {
        blocks.entry(block(&checked.guarded)).or_default().push(checked);
    }
    let one = |(block, mut instances): (Guarded, Vec<&Checked>)| {
        instances.sort_by(|a, b| a.guarded.cmp(&b.guarded));
        let worst = instances.iter().map(|checked| checked.status).max().unwrap_or(Status::Pass);
        json!({
            "address": address(&block),
            "status": status(worst),
            "instances": instances.into_iter().map(instance).collect::<Vec<_>>(),
        })
    };
    blocks.into_iter().map(one).collect()
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Unknown => "unknown",
        Status::Fail => "fail",
        Status::Error => "error",
    }
}

fn instance(checked: &Checked) -> Json {
    let mut address = display(&checked.guarded);
    let key = match &checked.guarded {
        Guarded::Object(address) | Guarded::Data(address) => address.key.as_ref(),
        Guarded::Output { .. } | Guarded::Check { .. } => None,
    };
    match key {
        Some(Key::Int(index)) => address.insert("instance_key".into(), json!(index)),
        Some(Key::Str(key)) => address.insert("instance_key".into(), json!(&**key)),
        None => None,
    };
    let mut instance = json!({"address": address, "status": status(checked.status)});
    // A message that may not be shown is empty.
    let problems: Vec<Json> = checked
        .problems
        .iter()
        .map(|message| json!({"message": if message.is_empty() { "(sensitive)" } else { message }}))
        .collect();
    if let (Json::Object(instance), false) = (&mut instance, problems.is_empty()) {
        instance.insert("problems".into(), Json::Array(problems));
    }
    instance
}

/// The block, without any key.
fn block(guarded: &Guarded) -> Guarded {
    let keyless = |module: &Arc<[ModuleStep]>| {
        module.iter().map(|step| ModuleStep { name: step.name.clone(), key: None }).collect()
    };
    let object =
        |address: &Address| Address { module: keyless(&address.module), key: None, ..address.clone() };
    match guarded {
        Guarded::Object(address) => Guarded::Object(object(address)),
        Guarded::Data(address) => Guarded::Data(object(address)),
        Guarded::Output { module, name } => Guarded::Output { module: keyless(module), name: name.clone() },
        Guarded::Check { module, name } => Guarded::Check { module: keyless(module), name: name.clone() },
    }
}

fn display(guarded: &Guarded) -> Object<String, Json> {
    let path = match guarded {
        Guarded::Object(address) | Guarded::Data(address) => &address.module,
        Guarded::Output { module, .. } | Guarded::Check { module, .. } => module,
    };
    let mut found = Object::new();
    found.insert("to_display".into(), json!(guarded.to_string()));
    if let Some(module) = module(&Address { module: path.clone(), ..Address::root("", "") }) {
        found.insert("module".into(), json!(module));
    }
    found
}

fn address(block: &Guarded) -> Json {
    let mut found = display(block);
    let mut add = |name: &str, value: &str| found.insert(name.into(), json!(value));
    match block {
        Guarded::Object(address) | Guarded::Data(address) => {
            let kind = address.kind.as_ref();
            let mode = if matches!(block, Guarded::Data(_)) { "data" } else { "managed" };
            add("kind", "resource");
            add("mode", mode);
            add("type", kinds::schema(kind).map_or(kind, |schema| schema.terraform_type));
            add("name", &address.name);
        }
        Guarded::Output { name, .. } => {
            add("kind", "output_value");
            add("name", name);
        }
        Guarded::Check { name, .. } => {
            add("kind", "check");
            add("name", name);
        }
    }
    Json::Object(found)
}
