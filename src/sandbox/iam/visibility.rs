//! Eventual consistency: for a while a change is seen by its author only.
//!
//! A change leaves behind what was there before, under a key of its own that goes away by itself. Whoever must not
//! see the change yet is shown that.

use serde_json::{Map, Value, json};

use super::super::call::{Arn, Call, iam_key, load};
use super::super::resource::Resource;
use super::super::store::Store;
use super::role::{Role, role_by_arn};

fn shadow_key(key: &str) -> String {
    key.replacen("/iam/", "/iam-before/", 1)
}

/// Hides the changes made since the last commit from everyone but `author` until a time.
pub(crate) fn hide_changes(store: &mut Store, author: &str, until: i64) {
    for (key, before) in store.changes() {
        if !key.contains("/iam/role/") && !key.contains("/iam/policy/") {
            continue;
        }
        let shadow_key = shadow_key(&key);
        let mut shadow = load::<Resource>(store, &shadow_key).unwrap_or_default();
        if shadow.next.is_none() {
            shadow.hidden.insert("before".into(), before.unwrap_or(Value::Null));
        }
        shadow.hidden.insert("author".into(), json!(author));
        shadow.start("", until, None, Map::new());
        store.put(shadow_key, serde_json::to_value(&shadow).unwrap_or_default());
    }
}

/// What someone who is not the author sees at a key; none if there is nothing hidden.
fn before(store: &Store, key: &str, reader: Option<&str>) -> Option<Value> {
    let shadow: Resource = load(store, &shadow_key(key))?;
    if reader.is_some() && shadow.hidden.get("author").and_then(Value::as_str) == reader {
        return None;
    }
    shadow.hidden.get("before").cloned()
}

/// The role of an ARN as other services see it.
pub(crate) fn visible_role_by_arn(store: &Store, arn: &str) -> Option<Role> {
    let parsed = Arn::parse(arn)?;
    let key = iam_key(parsed.account, &["role", &parsed.role_name()?.to_ascii_lowercase()]);
    match before(store, &key, None) {
        Some(before) => serde_json::from_value(before).ok().filter(|role: &Role| role.arn == arn),
        None => role_by_arn(store, arn),
    }
}

/// A stored document as the caller of a read sees it; none if it is not there for them.
pub(super) fn seen(call: &Call<'_>, key: &str, document: Option<&Value>) -> Option<Value> {
    match before(call.store, key, Some(&call.access_key)) {
        Some(Value::Null) => None,
        Some(before) => Some(before),
        None => document.cloned(),
    }
}

/// Whether anything is hidden in an account at all.
pub(super) fn anything_hidden(call: &Call<'_>) -> bool {
    call.store.range(&super::super::store::key(&[&call.account, "iam-before"]), None).next().is_some()
}

/// A stored role as the caller of a list sees it; `hidden` says whether anything is hidden at all.
pub(super) fn role(call: &Call<'_>, hidden: bool, key: &str, document: &Value) -> Option<Role> {
    if hidden {
        return serde_json::from_value(seen(call, key, Some(document))?).ok();
    }
    serde::Deserialize::deserialize(document).ok()
}
