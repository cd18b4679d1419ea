//! Tags, whose operations have errors of their own: NotFoundException and BadRequestException.

use serde_json::{Map, Value};

use super::super::call::{Arn, Call, check_tags};
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::wrap;

const BAD_REQUEST: &str = "BadRequestException";

/// The key of the object an ARN names.
fn key_of(call: &Call<'_>, arn: &Arn<'_>) -> Option<String> {
    let parts: Vec<&str> = arn.resource.split('/').collect();
    Some(match parts[..] {
        ["cluster", name] => call.key(&["cluster", name]),
        ["addon", cluster, name, _] => call.key(&["addon", cluster, name]),
        ["nodegroup", cluster, name, _] => call.key(&["nodegroup", cluster, name]),
        ["fargateprofile", cluster, name, _] => call.key(&["fargate-profile", cluster, name]),
        ["podidentityassociation", cluster, id] => call.key(&["association", cluster, id]),
        ["identityproviderconfig", cluster, "oidc", name, _] => {
            call.key(&["identity-provider", cluster, name])
        }
        ["access-entry", cluster, ..] => {
            let prefix = call.key(&["access-entry", cluster]);
            let text = format!("arn:{}:eks:{}:{}:{}", arn.partition, arn.region, arn.account, arn.resource);
            let mut entries = call.store.range(&prefix, None);
            entries.find(|(_, entry)| entry["view"]["accessEntryArn"] == text)?.0.to_owned()
        }
        _ => return None,
    })
}

fn load(call: &Call<'_>) -> Result<(String, Resource), AwsError> {
    let text = call.required("resourceArn");
    let arn = Arn::parse(&text).filter(|arn| arn.service == "eks");
    let Some(arn) = arn else {
        return Err(AwsError::new(BAD_REQUEST, format!("The resource ARN {text} is not valid")));
    };
    let missing = || AwsError::new("NotFoundException", format!("The resource {text} was not found"));
    if arn.account != call.account || arn.region != call.region {
        return Err(missing());
    }
    let key = key_of(call, &arn).ok_or_else(missing)?;
    let resource: Resource = call.load(&key).ok_or_else(missing)?;
    let own = resource
        .view
        .iter()
        .any(|(name, value)| name.to_ascii_lowercase().ends_with("arn") && *value == *text);
    if own { Ok((key, resource)) } else { Err(missing()) }
}

fn tags(resource: &Resource) -> Map<String, Value> {
    resource.view.get("tags").and_then(Value::as_object).cloned().unwrap_or_default()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let (_, resource) = load(call)?;
    Ok(wrap("tags", Value::Object(tags(&resource))))
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let (key, mut resource) = load(call)?;
    let new = call.input.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut tags = tags(&resource);
    let kept = tags.keys().filter(|key| !new.contains_key(*key)).count();
    check_tags(new.keys().map(String::as_str), BAD_REQUEST, kept)?;
    tags.extend(new);
    resource.view.insert("tags".to_owned(), Value::Object(tags));
    call.save(&key, &resource);
    Ok(Value::Object(Map::new()))
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let (key, mut resource) = load(call)?;
    let mut tags = tags(&resource);
    for name in
        call.input.get("tagKeys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        tags.remove(name);
    }
    resource.view.insert("tags".to_owned(), Value::Object(tags));
    call.save(&key, &resource);
    Ok(Value::Object(Map::new()))
}
