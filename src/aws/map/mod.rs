//! Between the SDK's shapes and the attributes of the schemas; a file per kind.

pub(super) mod addon;
pub(super) mod association;
pub(super) mod cluster;
pub(super) mod role;

pub(super) use crate::kinds::identity;
use crate::kinds::{OWNERSHIP, TAG_PREFIX};
use crate::live::Owner;
use crate::value::{Map, Text, Value};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::collections::HashMap;

/// Attributes as the SDK wants them. What is null, unknown or not there is `None`: not sent.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a Map);

impl<'a> Fields<'a> {
    pub fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null() && !value.is_unknown())
    }

    pub fn text(self, name: &str) -> Option<String> {
        self.value(name).and_then(Value::as_str).map(str::to_string)
    }

    pub fn flag(self, name: &str) -> Option<bool> {
        self.value(name).and_then(Value::as_bool)
    }

    pub fn whole(self, name: &str) -> Option<i32> {
        self.value(name)
            .and_then(Value::as_number)
            .and_then(|number| number.as_i64())
            .and_then(|whole| i32::try_from(whole).ok())
    }

    /// The texts of a list or set.
    pub fn texts(self, name: &str) -> Option<Vec<String>> {
        let items = self.value(name)?.as_items()?;
        Some(items.iter().filter_map(Value::as_str).map(str::to_string).collect())
    }

    pub fn block(self, name: &str) -> Option<Fields<'a>> {
        self.value(name).and_then(Value::as_map).map(Fields)
    }

    /// The object's tags: its own and eksform's.
    pub fn all_tags(self) -> HashMap<String, String> {
        ["tags", OWNERSHIP]
            .into_iter()
            .filter_map(|name| self.value(name).and_then(Value::as_map))
            .flatten()
            .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_string())))
            .collect()
    }
}

/// Attributes under construction from what AWS returned.
#[derive(Default)]
pub(super) struct Attributes(pub Map);

impl Attributes {
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.into(), value);
    }

    pub fn text(&mut self, name: &str, value: Option<&str>) {
        self.set(name, text(value));
    }

    pub fn time(&mut self, name: &str, time: Option<&DateTime>) {
        let written = time.and_then(|time| time.fmt(Format::DateTime).ok());
        self.text(name, written.as_deref());
    }

    /// `tags` without AWS's and eksform's own, and eksform's own as `ownership`; whose the object is.
    pub fn tags<'a>(&mut self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Owner {
        let (mut plain, mut own) = (Map::new(), Map::new());
        for (key, value) in tags {
            if key.starts_with(TAG_PREFIX) {
                own.insert(key.into(), Value::from(value));
            } else if !key.starts_with("aws:") {
                plain.insert(key.into(), Value::from(value));
            }
        }
        let owner = Owner::from_tags(&own);
        self.set("tags", Value::map(plain));
        self.set(OWNERSHIP, Value::map(own));
        owner
    }
}

/// The entries of EKS's tags.
pub(super) fn pairs(tags: Option<&HashMap<String, String>>) -> impl Iterator<Item = (&str, &str)> {
    tags.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
}

/// A text, null if there is none.
pub(super) fn text(value: Option<&str>) -> Value {
    value.map_or(Value::NULL, Value::from)
}

/// A set of texts.
pub(super) fn texts<T: AsRef<str>>(values: &[T]) -> Value {
    Value::set(values.iter().map(|value| Value::from(value.as_ref())).collect())
}

/// What follows the account in an EKS ARN: `addon/demo/vpc-cni/…` as its parts.
pub(super) fn arn_resource(arn: &str) -> Option<Vec<&str>> {
    let resource = arn.splitn(6, ':').nth(5)?;
    Some(resource.split('/').collect())
}

/// The add-on an ARN names, as cluster and name.
pub(super) fn addon_of_arn(arn: &str) -> Option<(&str, &str)> {
    match arn_resource(arn)?.as_slice() {
        ["addon", cluster, name, ..] => Some((cluster, name)),
        _ => None,
    }
}

/// A health issue.
pub(super) fn issue(code: Option<&str>, message: Option<&str>) -> crate::live::HealthIssue {
    let shared = |text: Option<&str>| Text::from(text.unwrap_or_default());
    crate::live::HealthIssue { code: shared(code), message: shared(message) }
}
