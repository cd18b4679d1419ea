//! A plan in the format of `terraform show -json`, so that tools for Terraform's plans read it.

use super::checks;
use super::plan::{Step, forces, steps};
use super::terraform::{self, Tree};
use crate::diagnostic::{Diagnostic, Severity};
use crate::live::Coverage;
use crate::plan::{Cause, Change, ChangeAction, Ownership, Plan, Reason};
use crate::stack::Mode;
use crate::value::{Address, Key, Map, Path, Place, Text, Value};
use serde_json::{Map as Object, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The version of Terraform's plan format that is followed, and a Terraform that writes it: readers
/// look for both.
const FORMAT: (&str, &str) = ("1.2", "1.11.4");

/// What Terraform calls the provider of these resource types; rules match on it.
const PROVIDER: &str = "hashicorp/aws";

/// The plan as JSON. Sensitive values are not in it.
pub fn json_plan(plan: &Plan) -> Json {
    let steps = steps(plan);
    let complete = plan.coverage.iter().all(|(_, _, coverage)| *coverage == Coverage::Complete);
    let mut document = json!({
        "format_version": FORMAT.0,
        "terraform_version": FORMAT.1,
        "planned_values": planned_values(plan, &steps),
        "resource_changes": steps.iter().map(resource_change).collect::<Vec<_>>(),
        "output_changes": plan.outputs.iter().map(|output| {
            let after = terraform::plain(&output.value);
            (output.name.to_string(), change(&["create"], None, Some(after)))
        }).collect::<Object<String, Json>>(),
        "applyable": !plan.is_empty() && !plan.refused(),
        "complete": complete && !plan.selection.is_partial(),
        "errored": plan.refused(),
        "eksform": extras(plan),
    });
    let checks = checks::checks(plan);
    if let (Json::Object(document), false) = (&mut document, checks.is_empty()) {
        document.insert("checks".into(), Json::Array(checks));
    }
    document
}

/// What Terraform has no word for.
fn extras(plan: &Plan) -> Json {
    let places: BTreeSet<&Place> = plan.changes.iter().map(|change| &change.identity.scope).collect();
    json!({
        "version": 1,
        "id": plan.id.to_string(),
        "stack": plan.stack.to_string(),
        "base": plan.base.as_deref(),
        "mode": match plan.mode { Mode::Apply => "apply", Mode::Destroy => "destroy" },
        "places": places.into_iter().map(place).collect::<Vec<_>>(),
        "not_searched": not_searched(plan),
        "targets": texts(&plan.selection.targets),
        "excludes": texts(&plan.selection.excludes),
        "left_out": texts(&plan.selection.left_out),
        "findings": plan.findings.iter().map(finding).collect::<Vec<_>>(),
        "silenced": plan.silenced.iter().map(|silenced| {
            let mut entry = finding(&silenced.finding);
            entry["reason"] = json!(silenced.reason);
            entry
        }).collect::<Vec<_>>(),
        "order": plan.changes.iter().map(|change| json!({
            "address": name(change),
            "action": action(change),
            "cause": match change.cause {
                Cause::Unspecified => None,
                Cause::Intended => Some("intended"),
                Cause::Drift => Some("drift"),
                Cause::Both => Some("both"),
            },
            "calls": change.calls.iter().map(|call| call.operation).collect::<Vec<_>>(),
            "after": plan.edges.iter().filter(|edge| edge.to == change.id).map(|edge| edge.from.0).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// What could not be searched for orphans, and why.
pub(super) fn not_searched(plan: &Plan) -> Vec<Json> {
    let partial = plan.coverage.iter().filter_map(|(at, kind, coverage)| match coverage {
        Coverage::Complete => None,
        Coverage::Partial(why) => Some(json!({"place": place(at), "kind": &**kind, "reason": &**why})),
    });
    partial.collect()
}

pub(super) fn texts(names: &BTreeSet<Text>) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

fn action(change: &Change) -> &'static str {
    match change.action {
        ChangeAction::Create => "create",
        ChangeAction::Update => "update",
        ChangeAction::Delete => "delete",
        ChangeAction::Await => "await",
    }
}

pub(super) fn place(place: &Place) -> Json {
    json!({"partition": &*place.partition, "account": &*place.account, "region": place.region.as_deref()})
}

/// A complaint as data; its place in the files is the caller's to add.
pub fn finding(finding: &Diagnostic) -> Json {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    json!({
        "severity": severity,
        "code": finding.code,
        "message": finding.message,
        "address": finding.address,
        "notes": finding.notes,
        "help": finding.help,
    })
}

/// The address, or the identity of what has none.
fn name(change: &Change) -> String {
    change.address.as_ref().map_or_else(|| change.identity.to_string(), Address::to_string)
}

pub(super) fn module(address: &Address) -> Option<String> {
    let inner = Address { module: address.module.clone(), ..Address::root("", "") };
    (!address.module.is_empty()).then(|| inner.to_string().trim_end_matches('.').to_string())
}

/// What identifies a resource.
fn head(change: &Change) -> Object<String, Json> {
    let mut head = Object::new();
    head.insert("address".into(), json!(name(change)));
    if let Some(module) = change.address.as_ref().and_then(module) {
        head.insert("module_address".into(), json!(module));
    }
    head.insert("mode".into(), json!("managed"));
    head.insert("type".into(), json!(change.schema.terraform_type));
    let label = change.address.as_ref().map_or_else(|| change.identity.name(), |at| at.name.to_string());
    head.insert("name".into(), json!(label));
    match change.address.as_ref().and_then(|address| address.key.as_ref()) {
        Some(Key::Int(index)) => head.insert("index".into(), json!(index)),
        Some(Key::Str(key)) => head.insert("index".into(), json!(&**key)),
        None => None,
    };
    head.insert("provider_name".into(), json!(PROVIDER));
    head
}

fn resource_change(step: &Step<'_>) -> Json {
    let Step { change: new, replaced, .. } = step;
    let actions: &[&str] = match (new.action, replaced, &new.ownership) {
        (_, Some(_), _) if step.creates_first() => &["create", "delete"],
        (_, Some(_), _) => &["delete", "create"],
        (_, _, Ownership::Release) => &["forget"],
        (ChangeAction::Create, ..) => &["create"],
        (ChangeAction::Update, ..) => &["update"],
        (ChangeAction::Delete, ..) => &["delete"],
        (ChangeAction::Await, ..) => &["no-op"],
    };
    let tree = |attributes: &Map| terraform::resource(new.schema, attributes);
    let before = step.before().map(|before| match step.after() {
        Some(after) => tree(&marked_like(before, after)),
        None => tree(before),
    });
    let after = step.after().map(tree);
    let mut body = change(actions, before, after);
    if let Json::Object(body) = &mut body {
        let paths: BTreeSet<Path> = forces(step).into_iter().collect();
        let forced: Vec<Json> = paths.iter().map(|path| terraform::path(new.schema, path)).collect();
        if !forced.is_empty() {
            body.insert("replace_paths".into(), Json::Array(forced));
        }
        if matches!(new.ownership, Ownership::Adopt { .. }) {
            body.insert("importing".into(), json!({"id": new.identity.name()}));
        }
    }
    let mut resource = head(new);
    if let Reason::Renamed(old) = &new.reason {
        resource.insert("previous_address".into(), json!(old.to_string()));
    }
    resource.insert("change".into(), body);
    if let Some(reason) = action_reason(step) {
        resource.insert("action_reason".into(), json!(reason));
    }
    Json::Object(resource)
}

/// The live attributes, with what the files mark as sensitive marked: AWS returns it without marks.
fn marked_like(before: &Map, after: &Map) -> Map {
    let like = |(name, old): (&Text, &Value)| {
        let marked = match after.get(name) {
            Some(new) => match (old.as_map(), new.as_map()) {
                (Some(old), Some(new_map)) => Value::map(marked_like(old, new_map)).mark(new.is_sensitive()),
                _ => old.clone().mark(new.contains_sensitive()),
            },
            None => old.clone(),
        };
        (name.clone(), marked.mark(old.is_sensitive()))
    };
    before.iter().map(like).collect()
}

/// Terraform's word for the reason, where it has one.
fn action_reason(step: &Step<'_>) -> Option<&'static str> {
    match (&step.change.reason, step.replaced) {
        (Reason::Broken(_), Some(_)) => Some("replace_because_tainted"),
        (Reason::Triggered(_), Some(_)) => Some("replace_by_triggers"),
        (Reason::Requested, Some(_)) => Some("replace_by_request"),
        (_, Some(_)) => Some("replace_because_cannot_update"),
        (Reason::Orphan, None) => Some("delete_because_no_resource_config"),
        _ => None,
    }
}

fn change(actions: &[&str], before: Option<Tree>, after: Option<Tree>) -> Json {
    let gone = Tree { values: Json::Null, unknown: Json::Bool(false), sensitive: Json::Bool(false) };
    let (before, after) = (before.unwrap_or_else(|| gone.clone()), after.unwrap_or(gone));
    json!({
        "actions": actions,
        "before": before.values,
        "after": after.values,
        "after_unknown": after.unknown,
        "before_sensitive": before.sensitive,
        "after_sensitive": after.sensitive,
    })
}

/// The objects of the plan as they will be, by module.
fn planned_values(plan: &Plan, steps: &[Step<'_>]) -> Json {
    let outputs: Object<String, Json> = plan
        .outputs
        .iter()
        .map(|output| {
            let tree = terraform::plain(&output.value);
            let mut entry = json!({"sensitive": output.value.contains_sensitive()});
            if let (Json::Object(entry), false) = (&mut entry, tree.unknown == Json::Bool(true)) {
                entry.insert("value".into(), tree.values);
            }
            (output.name.to_string(), entry)
        })
        .collect();
    let mut modules: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for step in steps {
        let Some(after) = step.after() else { continue };
        let tree = terraform::resource(step.change.schema, after);
        let mut resource = head(step.change);
        resource.remove("module_address");
        resource.insert("schema_version".into(), json!(0));
        resource.insert("values".into(), tree.values);
        resource.insert("sensitive_values".into(), tree.sensitive);
        let module = step.change.address.as_ref().and_then(module).unwrap_or_default();
        modules.entry(module).or_default().push(Json::Object(resource));
    }
    let mut root = Object::new();
    if let Some(resources) = modules.remove("") {
        root.insert("resources".into(), Json::Array(resources));
    }
    if !modules.is_empty() {
        let child = |(address, resources)| json!({"address": address, "resources": Json::Array(resources)});
        root.insert("child_modules".into(), modules.into_iter().map(child).collect());
    }
    json!({"outputs": outputs, "root_module": root})
}
