//! The query protocol of IAM and STS: forms in, XML out.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, request::Parts};
use serde_json::{Map, Value};

use super::super::error::AwsError;
use super::super::model::{Kind, Model, Service, coerce};
use super::{Decoded, xml};

/// No input of IAM or STS nests deeper; what does is not an input.
const DEPTH: usize = 8;

#[derive(Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Node>,
}

pub(super) fn decode(service: Service, parts: &Parts, body: &Bytes) -> Decoded {
    let mut root = Node::default();
    let mut action = None;
    let query = parts.uri.query().unwrap_or_default();
    let form = if parts.method == Method::POST { &body[..] } else { b"" };
    for (name, value) in form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(form)) {
        if name == "Action" {
            action = Some(value.into_owned());
            continue;
        }
        let mut node = &mut root;
        for part in name.splitn(DEPTH, '.') {
            node = node.children.entry(part.to_owned()).or_default();
        }
        node.text = Some(value.into_owned());
    }
    let model = service.model();
    let Some(action) = action else {
        let text = "Missing Action";
        return Decoded::refused(None, AwsError::new("MissingAction", text).status(400));
    };
    let Some((operation, declared)) = model.operations.get_key_value(&action) else {
        let text = format!("Could not find operation {action} for version {}", version(service));
        return Decoded::refused(None, AwsError::new("InvalidAction", text).status(400));
    };
    let input = match &declared.input {
        Some(shape) => build(model, shape, &root),
        None => Value::Object(Map::new()),
    };
    Decoded { operation: Some(operation), input: Ok(input) }
}

fn version(service: Service) -> &'static str {
    if service == Service::Iam { "2010-05-08" } else { "2011-06-15" }
}

fn build(model: &Model, name: &str, node: &Node) -> Value {
    let shape = model.shape(name);
    match shape.kind {
        Kind::Structure => {
            let mut object = Map::new();
            for member in &shape.members {
                if let Some(child) = node.children.get(member.wire()) {
                    object.insert(member.member.clone(), build(model, &member.shape, child));
                }
            }
            Value::Object(object)
        }
        Kind::List => {
            let mut items: Vec<(u32, Value)> = Vec::new();
            // An empty list is sent as the bare name without a value.
            if let (Some(members), Some(of)) = (node.children.get("member"), &shape.item) {
                for (index, child) in &members.children {
                    if let Ok(index) = index.parse() {
                        items.push((index, build(model, of, child)));
                    }
                }
            }
            items.sort_by_key(|(index, _)| *index);
            Value::Array(items.into_iter().map(|(_, item)| item).collect())
        }
        Kind::Map => {
            let mut object = Map::new();
            if let (Some(entries), Some(of)) = (node.children.get("entry"), &shape.value) {
                for child in entries.children.values() {
                    let key = child.children.get("key").and_then(|key| key.text.clone());
                    if let (Some(key), Some(value)) = (key, child.children.get("value")) {
                        object.insert(key, build(model, of, value));
                    }
                }
            }
            Value::Object(object)
        }
        _ => node.text.as_ref().map_or(Value::Null, |text| coerce(shape, text)),
    }
}

pub(super) fn success(service: Service, operation: &str, value: &Value, request_id: &str) -> String {
    let model = service.model();
    let mut out = String::with_capacity(1024);
    out.push_str(&format!(
        "<{operation}Response xmlns=\"{}\">",
        model.namespace.as_deref().unwrap_or_default()
    ));
    if let Some(shape) = model.operations.get(operation).and_then(|operation| operation.output.as_ref()) {
        let result = format!("{operation}Result");
        xml::open(&result, &mut out);
        xml::content(model, shape, value, &mut out);
        xml::close(&result, &mut out);
    }
    out.push_str("<ResponseMetadata>");
    xml::element("RequestId", request_id, &mut out);
    out.push_str(&format!("</ResponseMetadata></{operation}Response>"));
    out
}

pub(super) fn failure(service: Service, error: &AwsError, request_id: &str) -> String {
    let namespace = service.model().namespace.as_deref().unwrap_or_default();
    let mut out = format!("<ErrorResponse xmlns=\"{namespace}\"><Error>");
    let kind = if error.http_status(Some(service)) >= 500 { "Receiver" } else { "Sender" };
    xml::element("Type", kind, &mut out);
    xml::element("Code", &error.code, &mut out);
    xml::element("Message", &error.message, &mut out);
    out.push_str("</Error>");
    xml::element("RequestId", request_id, &mut out);
    out.push_str("</ErrorResponse>");
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(form: &str) -> Value {
        let (parts, ()) = http::Request::post("/").body(()).unwrap().into_parts();
        decode(Service::Iam, &parts, &Bytes::copy_from_slice(form.as_bytes())).input.unwrap_or_default()
    }

    #[test]
    fn lists_numbers_and_order() {
        let form = "Action=CreateRole&RoleName=r&MaxSessionDuration=3600&Tags.member.10.Key=b&Tags.member.10.Value=&\
                    Tags.member.2.Key=a%20x&Tags.member.2.Value=1";
        assert_eq!(
            input(form),
            json!({"RoleName": "r", "MaxSessionDuration": 3600,
                   "Tags": [{"Key": "a x", "Value": "1"}, {"Key": "b", "Value": ""}]})
        );
        assert_eq!(input("Action=TagRole&Tags="), json!({"Tags": []}));
    }

    #[test]
    fn hostile_forms() {
        assert_eq!(input(&format!("Action=GetRole&{}=1", "a.".repeat(100_000))), json!({}));
        assert_eq!(input("%%%=&&&=&Action=GetRole&RoleName.member.1=x"), json!({"RoleName": null}));
        assert_eq!(input("Action=Nope"), Value::Null);
    }
}
