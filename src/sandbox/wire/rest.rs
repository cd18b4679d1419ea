//! rest-json (EKS, EKS Auth) and awsJson1.1 (tagging).

use bytes::Bytes;
use http::{Method, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::super::error::AwsError;
use super::super::model::{Kind, Operation, Service, coerce};
use super::Decoded;

type Route = (&'static str, &'static Operation, Vec<(String, String)>);

fn route(service: Service, method: &Method, path: &str) -> Option<Route> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    service.model().operations.iter().find_map(|(name, operation)| {
        if operation.method != method.as_str() {
            return None;
        }
        let labels = labels(&operation.uri, &segments)?;
        Some((name.as_str(), operation, labels))
    })
}

/// The values of the labels in a URI template, if the path fits it. An ARN may come with its slashes unescaped.
fn labels(template: &str, segments: &[&str]) -> Option<Vec<(String, String)>> {
    let parts: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    if parts[0] == "tags" && segments[0] == "tags" && segments.len() > 2 {
        return labels_of(&parts, &["tags", &segments[1..].join("/")]);
    }
    let mut segments = segments;
    if segments.len() == parts.len() + 1 && segments.last() == Some(&"") {
        segments = &segments[..parts.len()];
    }
    labels_of(&parts, segments)
}

fn labels_of(parts: &[&str], segments: &[&str]) -> Option<Vec<(String, String)>> {
    if parts.len() != segments.len() {
        return None;
    }
    let mut labels = Vec::new();
    for (part, segment) in parts.iter().zip(segments) {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(label) if !segment.is_empty() => {
                labels.push((label.to_owned(), percent_decode_str(segment).decode_utf8().ok()?.into_owned()));
            }
            Some(_) => return None,
            None if part == segment => {}
            None => return None,
        }
    }
    Some(labels)
}

pub(super) fn decode(service: Service, parts: &Parts, body: &Bytes) -> Decoded {
    let Some((name, operation, labels)) = route(service, &parts.method, parts.uri.path()) else {
        let text = format!("No operation answers {} on this path", parts.method);
        return Decoded::refused(None, AwsError::new("UnknownOperationException", text).status(404));
    };
    let input = match body_object(body) {
        Ok(mut input) => {
            bind(service, operation, labels, parts, &mut input);
            Ok(Value::Object(input))
        }
        Err(error) => Err(error),
    };
    Decoded { operation: Some(name), input }
}

/// Puts path and query where the input shape wants them. What the body says under their names does not count.
fn bind(
    service: Service,
    operation: &Operation,
    labels: Vec<(String, String)>,
    parts: &Parts,
    input: &mut Map<String, Value>,
) {
    let model = service.model();
    let Some(shape) = operation.input.as_ref().map(|name| model.shape(name)) else {
        return;
    };
    let query = parts.uri.query().unwrap_or_default();
    for member in &shape.members {
        let of = model.shape(&member.shape);
        match member.location.as_deref() {
            Some("uri") => {
                let found = labels.iter().find(|(label, _)| label == member.wire());
                let value = found.map_or(Value::Null, |(_, value)| Value::String(value.clone()));
                input.insert(member.member.clone(), value);
            }
            Some("querystring") => {
                let found =
                    form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == member.wire());
                let value = if of.kind == Kind::List {
                    let items: Vec<Value> =
                        found.map(|(_, value)| Value::String(value.into_owned())).collect();
                    if items.is_empty() { Value::Null } else { Value::Array(items) }
                } else {
                    found.last().map_or(Value::Null, |(_, value)| coerce(of, &value))
                };
                input.remove(&member.member);
                if !value.is_null() {
                    input.insert(member.member.clone(), value);
                }
            }
            _ => {}
        }
    }
    input.retain(|name, value| !value.is_null() && shape.members.iter().any(|member| member.member == *name));
}

fn body_object(body: &Bytes) -> Result<Map<String, Value>, AwsError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(AwsError::new("SerializationException", "Expected a JSON object").status(400)),
        Err(error) => {
            Err(AwsError::new("SerializationException", format!("Not valid JSON: {error}")).status(400))
        }
    }
}

/// An error's body: the message and the shape's other members, null where they do not apply.
pub(super) fn failure(service: Option<Service>, error: &AwsError) -> String {
    let mut body = Map::new();
    if let Some(shape) = service.and_then(|service| service.model().error(&error.code)) {
        for member in shape.members.iter().filter(|member| member.member != "message") {
            let value = error.members.iter().find(|(name, _)| *name == member.member);
            body.insert(
                member.member.clone(),
                value.map_or(Value::Null, |(_, value)| Value::String(value.clone())),
            );
        }
    }
    body.insert("message".to_owned(), Value::String(error.message.clone()));
    Value::Object(body).to_string()
}

/// Reads an awsJson1.1 request of the tagging API.
pub(super) fn decode_target(parts: &Parts, body: &Bytes) -> Decoded {
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = target.strip_prefix("ResourceGroupsTaggingAPI_20170126.").unwrap_or_default();
    let Some((name, _)) = Service::Tagging.model().operations.get_key_value(name) else {
        return Decoded::refused(None, AwsError::new("UnknownOperationException", "").status(400));
    };
    let input = body_object(body).map(Value::Object);
    Decoded { operation: Some(name), input }
}

pub(super) fn target_failure(error: &AwsError) -> String {
    serde_json::json!({"__type": error.code, "Message": error.message}).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decoded(method: &str, uri: &str, body: &str) -> (Option<&'static str>, Result<Value, String>) {
        let (parts, ()) = http::Request::builder().method(method).uri(uri).body(()).unwrap().into_parts();
        let decoded = decode(Service::Eks, &parts, &Bytes::copy_from_slice(body.as_bytes()));
        (decoded.operation, decoded.input.map_err(|error| error.code))
    }

    #[test]
    fn routes_and_binds() {
        assert_eq!(
            decoded("POST", "/clusters/demo/addons", r#"{"addonName":"vpc-cni","name":"evil","tags":null}"#),
            (Some("CreateAddon"), Ok(json!({"clusterName": "demo", "addonName": "vpc-cni"})))
        );
        assert_eq!(
            decoded("GET", "/clusters?maxResults=5&include=a&include=b", ""),
            (Some("ListClusters"), Ok(json!({"maxResults": 5, "include": ["a", "b"]})))
        );
        assert_eq!(
            decoded("DELETE", "/clusters/demo/addons/x?preserve=true", ""),
            (Some("DeleteAddon"), Ok(json!({"clusterName": "demo", "addonName": "x", "preserve": true})))
        );
        let arn = "arn:aws:eks:us-east-2:1:cluster/demo";
        for uri in [
            "/tags/arn%3Aaws%3Aeks%3Aus-east-2%3A1%3Acluster%2Fdemo",
            "/tags/arn:aws:eks:us-east-2:1:cluster/demo",
        ] {
            assert_eq!(
                decoded("GET", uri, ""),
                (Some("ListTagsForResource"), Ok(json!({"resourceArn": arn})))
            );
        }
    }

    #[test]
    fn hostile_requests() {
        for uri in ["/", "//", "/clusters//addons", "/clusters/../..", "/clusters/%ff", "/tags", "/tags/"] {
            assert_eq!(decoded("GET", uri, "").0, None, "{uri}");
        }
        let deep = "[".repeat(100_000);
        for body in ["[]", "{", "1", deep.as_str(), "\u{0}"] {
            assert_eq!(decoded("POST", "/clusters", body).1, Err("SerializationException".into()));
        }
    }
}
