//! Update records: what UpdateX answers and DescribeUpdate follows.

use serde_json::{Map, Value, json};

use super::super::call::{Call, seconds, uuid_of};
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::{NOT_FOUND, cluster, idempotency, invalid, page, wrap};

/// What an update is of, beside the cluster.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Cluster,
    Addon(&'a str),
    Nodegroup(&'a str),
}

impl Of<'_> {
    fn tag(self) -> String {
        match self {
            Of::Cluster => String::new(),
            Of::Addon(name) => format!("addon/{name}"),
            Of::Nodegroup(name) => format!("nodegroup/{name}"),
        }
    }
}

/// Records an update that runs until `at` and then succeeds, and answers with it.
pub(super) fn start(
    call: &mut Call<'_>,
    cluster: &str,
    of: Of<'_>,
    kind: &str,
    params: Vec<(&str, String)>,
    at: i64,
) -> Resource {
    let scope = call.key(&["update", cluster]);
    let id = uuid_of(&call.seed(&scope));
    let params: Vec<Value> =
        params.into_iter().map(|(kind, value)| json!({"type": kind, "value": value})).collect();
    let mut update = Resource::default();
    update.view.insert("id".into(), Value::String(id.clone()));
    update.view.insert("type".into(), Value::String(kind.to_owned()));
    update.view.insert("params".into(), Value::Array(params));
    update.view.insert("createdAt".into(), seconds(call.now));
    update.view.insert("errors".into(), Value::Array(Vec::new()));
    update.hidden.insert("of".into(), Value::String(of.tag()));
    update.start("InProgress", at, Some("Successful"), Map::new());
    let key = call.key(&["update", cluster, &id]);
    call.save(&key, &update);
    idempotency::remember(call, &key, "");
    update
}

fn asked(call: &Call<'_>) -> Result<String, AwsError> {
    match (call.text("addonName"), call.text("nodegroupName")) {
        (Some(_), Some(_)) => Err(invalid(call, "Only one of addonName and nodegroupName can be given")),
        (Some(addon), None) => Ok(Of::Addon(&addon).tag()),
        (None, Some(nodegroup)) => Ok(Of::Nodegroup(&nodegroup).tag()),
        (None, None) => Ok(Of::Cluster.tag()),
    }
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call, "name")?;
    let asked = asked(call)?;
    let id = call.required("updateId");
    let key = call.key(&["update", cluster.text("name"), &id]);
    let update = call.load::<Resource>(&key).filter(|update| of(update) == asked);
    let update = update.ok_or_else(|| {
        AwsError::new(NOT_FOUND, format!("No update found for ID: {id}"))
            .with("clusterName", cluster.text("name"))
    })?;
    Ok(wrap("update", update.describe()))
}

fn of(update: &Resource) -> &str {
    update.hidden.get("of").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call, "name")?;
    let asked = asked(call)?;
    let prefix = call.key(&["update", cluster.text("name")]);
    page(call, &prefix, "updateIds", |update| (of(update) == asked).then(|| update.text("id").to_owned()))
}
