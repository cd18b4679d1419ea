//! Resource Groups Tagging: GetResources over EKS objects. As on AWS it does not cover IAM roles.

use serde_json::{Map, Value, json};

use super::call::{Arn, Call};
use super::error::{Answer, AwsError};

/// The kinds it covers and the member of their view that is the ARN.
const KINDS: [(&str, &str); 6] = [
    ("addon", "addonArn"),
    ("association", "associationArn"),
    ("cluster", "arn"),
    ("fargate-profile", "fargateProfileArn"),
    ("nodegroup", "nodegroupArn"),
    ("access-entry", "accessEntryArn"),
];

fn invalid(text: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", text)
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(super) fn answer(call: &mut Call<'_>) -> Answer {
    let types = texts(call.input.get("ResourceTypeFilters"));
    for kind in &types {
        let valid = kind.split(':').all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-./".contains(c))
        });
        if !valid {
            return Err(invalid(format!("Unsupported resource type specified: {kind}")));
        }
    }
    let arns = texts(call.input.get("ResourceARNList"));
    let filters: Vec<&Value> =
        call.input.get("TagFilters").and_then(Value::as_array).into_iter().flatten().collect();
    if !arns.is_empty()
        && (!types.is_empty() || !filters.is_empty() || call.text("PaginationToken").is_some())
    {
        return Err(invalid("ResourceARNList cannot be combined with other filters or a PaginationToken"));
    }
    if filters.iter().any(|filter| filter.get("Key").is_none()) {
        return Err(invalid("Every tag filter needs a Key"));
    }
    let limit = match call.number("ResourcesPerPage") {
        None => 50,
        Some(limit @ 1..=100) => usize::try_from(limit).unwrap_or(50),
        Some(_) => return Err(invalid("ResourcesPerPage must be between 1 and 100")),
    };
    if call.number("TagsPerPage").is_some_and(|limit| !(100..=500).contains(&limit)) {
        return Err(invalid("TagsPerPage must be between 100 and 500"));
    }
    let token = call.text("PaginationToken").filter(|token| !token.is_empty());
    let prefix = call.key(&[]);
    let wanted = |key: &str, document: &Value| {
        let kind = key[prefix.len() + 1..].split('/').next()?;
        let (_, arn_member) = KINDS.iter().find(|(known, _)| *known == kind)?;
        let view = document.get("view")?;
        let arn = view.get(*arn_member)?.as_str()?;
        let tags = view.get("tags")?.as_object()?;
        let fits = if arns.is_empty() {
            !tags.is_empty() && tags_fit(tags, &filters) && type_fits(arn, &types)
        } else {
            arns.contains(&arn)
        };
        fits.then(|| {
            let tags: Vec<Value> =
                tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            json!({"ResourceARN": arn, "Tags": tags})
        })
    };
    let page = match filters.first() {
        Some(filter) => {
            let name = filter.get("Key").and_then(Value::as_str).unwrap_or_default();
            call.page_of_tagged((name, &texts(filter.get("Values"))), limit, token.as_deref(), wanted)
        }
        None => call.page(&prefix, limit, token.as_deref(), wanted),
    };
    let (items, next) = page
        .map_err(|_| AwsError::new("PaginationTokenExpiredException", "The PaginationToken is not valid"))?;
    Ok(json!({"ResourceTagMappingList": items, "PaginationToken": next.unwrap_or_default()}))
}

/// `eks`, or `eks:cluster`.
fn type_fits(arn: &str, types: &[&str]) -> bool {
    if types.is_empty() {
        return true;
    }
    let Some(arn) = Arn::parse(arn) else {
        return false;
    };
    let resource = arn.resource.split('/').next().unwrap_or_default();
    types.iter().any(|kind| match kind.split_once(':') {
        Some((service, of)) => service == arn.service && of == resource,
        None => *kind == arn.service,
    })
}

fn tags_fit(tags: &Map<String, Value>, filters: &[&Value]) -> bool {
    filters.iter().all(|filter| {
        let values = texts(filter.get("Values"));
        let key = filter.get("Key").and_then(Value::as_str).unwrap_or_default();
        let found = tags.get(key).and_then(Value::as_str);
        found.is_some_and(|found| values.is_empty() || values.contains(&found))
    })
}
