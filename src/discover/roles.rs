//! The account's roles that an add-on could use.

use crate::kinds::pod_trust;
use crate::kinds::recommended::Session;
use crate::value::{Map, Text, Value};

/// A role that Pod Identity can use for a service account, and how it compares to the recommendation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    pub service_account: Text,
    pub role: Text,
    pub arn: Text,
    /// Recommended policies that are not attached.
    pub lacks: Vec<Text>,
    /// Attached and inline policies that are not recommended.
    pub beyond: Vec<Text>,
    /// What keeps Pod Identity from assuming it for this service account, if anything.
    pub trust: Vec<String>,
}

impl RoleRow {
    /// `None` if the role is not one for Pod Identity at all.
    pub fn new(
        name: &Text,
        role: &Map,
        service_account: &Text,
        recommended: &[Text],
        session: &Session<'_>,
    ) -> Option<Self> {
        let trust_policy = role.get("trust_policy").unwrap_or(const { &Value::NULL });
        let trust = pod_trust::problems(trust_policy, session);
        // A role that only conditions keep out is one for Pod Identity all the same.
        let concerns = trust.is_empty() || trust.iter().any(|problem| problem.contains("under a condition"));
        if !concerns {
            return None;
        }
        let texts = |attribute: &str| -> Vec<Text> {
            let items = role.get(attribute).and_then(Value::as_items).unwrap_or_default();
            items.iter().filter_map(Value::as_str).map(Text::from).collect()
        };
        let attached = texts("managed_policies");
        let inline = role.get("inline_policies").and_then(Value::as_map);
        let lacks = recommended.iter().filter(|policy| !attached.contains(policy)).cloned().collect();
        let mut beyond: Vec<Text> =
            attached.iter().filter(|policy| !recommended.contains(policy)).cloned().collect();
        beyond.extend(inline.into_iter().flatten().map(|(name, _)| Text::from(format!("inline {name}"))));
        Some(Self {
            service_account: service_account.clone(),
            role: name.clone(),
            arn: role.get("arn").and_then(Value::as_str).unwrap_or_default().into(),
            lacks,
            beyond,
            trust,
        })
    }

    /// Whether it can be used as it is.
    pub fn suffices(&self) -> bool {
        self.lacks.is_empty() && self.trust.is_empty()
    }
}
