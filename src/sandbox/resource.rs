//! What EKS manages: something with a description, a status, and perhaps a transition under way.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::store::{Store, key};

/// A stored EKS object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Resource {
    /// What a description shows, but for the status.
    pub(crate) view: Map<String, Value>,
    pub(crate) status: String,
    /// What happens next by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Next>,
    /// What AWS keeps to itself.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) hidden: Map<String, Value>,
}

/// A transition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Next {
    /// When, in milliseconds since the epoch.
    pub(crate) at: i64,
    /// The status afterwards; none if the object is gone then.
    pub(crate) status: Option<String>,
    /// Members of the view that change with it; null removes one.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) patch: Map<String, Value>,
}

impl Resource {
    /// The description with its status.
    pub(crate) fn describe(&self) -> Value {
        let mut view = self.view.clone();
        view.insert("status".to_owned(), Value::String(self.status.clone()));
        Value::Object(view)
    }

    pub(crate) fn text(&self, member: &str) -> &str {
        self.view.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// Starts a transition: the status now, and the status after it (none: gone).
    pub(crate) fn start(&mut self, status: &str, at: i64, then: Option<&str>, patch: Map<String, Value>) {
        status.clone_into(&mut self.status);
        self.next = Some(Next { at, status: then.map(str::to_owned), patch });
    }

    fn settle(&mut self, next: Next) {
        if let Some(status) = next.status {
            self.status = status;
        }
        for (member, value) in next.patch {
            if value.is_null() {
                self.view.remove(&member);
            } else {
                self.view.insert(member, value);
            }
        }
    }
}

/// The kinds of documents that belong to a cluster and go with it.
pub(crate) const MEMBERS: [&str; 9] = [
    "addon",
    "association",
    "nodegroup",
    "fargate-profile",
    "access-entry",
    "update",
    "identity-provider",
    "insight",
    "capability",
];

/// Lets everything happen whose time has come, earliest first.
pub(crate) fn settle(store: &mut Store, now: i64) {
    while let Some(due) = store.due(now) {
        let Some(mut resource) = super::call::load::<Resource>(store, &due) else {
            // Only a damaged document gets here: drop it rather than come back for ever.
            store.remove(&due);
            continue;
        };
        let Some(next) = resource.next.take() else {
            store.remove(&due);
            continue;
        };
        if next.status.is_some() {
            resource.settle(next);
            store.put(due, serde_json::to_value(&resource).unwrap_or_default());
        } else {
            store.remove(&due);
            gone(store, &due, &resource);
        }
    }
}

/// What goes with an object.
fn gone(store: &mut Store, of: &str, resource: &Resource) {
    let parts: Vec<&str> = of.split('/').collect();
    match parts[..] {
        [account, region, "cluster", name] => {
            for kind in MEMBERS {
                for member in store.keys(&key(&[account, region, kind, name])) {
                    store.remove(&member);
                }
            }
        }
        [account, region, "addon", cluster, _] => {
            let preserve = resource.hidden.get("preserve") == Some(&Value::Bool(true));
            let arn = resource.text("addonArn");
            for member in store.keys(&key(&[account, region, "association", cluster])) {
                let Some(mut association) = super::call::load::<Resource>(store, &member) else {
                    continue;
                };
                if association.text("ownerArn") != arn {
                    continue;
                }
                if preserve {
                    association.view.remove("ownerArn");
                    store.put(member, serde_json::to_value(&association).unwrap_or_default());
                } else {
                    store.remove(&member);
                }
            }
        }
        _ => {}
    }
}
