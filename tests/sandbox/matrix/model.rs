//! The models as the tests read them, and requests made from them: a client of its own, so that a wrong binding in the
//! sandbox shows.

use bytes::Bytes;
use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::sandbox::client::Client;

/// The signing name, and the model's text.
const MODELS: [(&str, &str); 5] = [
    ("eks", include_str!("../../../src/sandbox/model/eks.json")),
    ("iam", include_str!("../../../src/sandbox/model/iam.json")),
    ("sts", include_str!("../../../src/sandbox/model/sts.json")),
    ("eks-auth", include_str!("../../../src/sandbox/model/eks-auth.json")),
    ("tagging", include_str!("../../../src/sandbox/model/resourcegroupstaggingapi.json")),
];

/// One operation of a service.
pub struct Operation {
    pub service: &'static str,
    pub name: String,
    method: String,
    uri: String,
    input: Option<String>,
    /// Code and status of the declared errors.
    pub errors: Vec<(String, u16)>,
    shapes: std::sync::Arc<Value>,
}

pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (service, text) in MODELS {
        let model: Value = serde_json::from_str(text).unwrap();
        let shapes = std::sync::Arc::new(model["shapes"].clone());
        for (name, operation) in model["operations"].as_object().unwrap() {
            let error = |name: &Value| {
                let error = &shapes[name.as_str().unwrap()]["error"];
                let status = u16::try_from(error["status"].as_u64().unwrap()).unwrap();
                (error["code"].as_str().unwrap().to_owned(), status)
            };
            all.push(Operation {
                service,
                name: name.clone(),
                method: operation["method"].as_str().unwrap().to_owned(),
                uri: operation["uri"].as_str().unwrap().to_owned(),
                input: operation["input"].as_str().map(str::to_owned),
                errors: operation["errors"].as_array().unwrap().iter().map(error).collect(),
                shapes: shapes.clone(),
            });
        }
    }
    all
}

impl Operation {
    fn members(&self) -> &[Value] {
        let shape = self.input.as_ref().map(|name| &self.shapes[name]["members"]);
        shape.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The first of these members that the input has.
    pub fn member<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().find(|name| self.members().iter().any(|member| member["member"] == **name)).copied()
    }

    /// An input that has what is required and fits the shape, for operations of which nothing else is known.
    pub fn least(&self) -> Value {
        self.input.as_ref().map_or(Value::Null, |shape| self.least_of(shape))
    }

    fn least_of(&self, shape: &str) -> Value {
        let shape = &self.shapes[shape];
        let inner = |member: &str| self.least_of(shape[member].as_str().unwrap());
        match shape["type"].as_str().unwrap() {
            "structure" => {
                let required = shape["required"].as_array().cloned().unwrap_or_default();
                let members = shape["members"].as_array().unwrap().iter();
                let wanted = members.filter(|member| required.contains(&member["member"]));
                let made = wanted.map(|member| {
                    (
                        member["member"].as_str().unwrap().to_owned(),
                        self.least_of(member["shape"].as_str().unwrap()),
                    )
                });
                Value::Object(made.collect())
            }
            "list" => json!([inner("item")]),
            "map" => json!({}),
            "string" => shape["enum"].get(0).cloned().unwrap_or_else(|| {
                json!("x".repeat(usize::try_from(shape["min"].as_u64().unwrap_or(4).max(4)).unwrap()))
            }),
            "boolean" => json!(true),
            _ => json!(shape["min"].as_i64().unwrap_or(1)),
        }
    }

    pub fn request(&self, client: &Client, input: &Value) -> Request<Bytes> {
        let authorization = client.authorization(self.service);
        let request = Request::builder().header("authorization", authorization);
        let request = match self.service {
            "iam" | "sts" => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.append_pair("Action", &self.name);
                let mut pairs = Vec::new();
                flatten("", input, &mut pairs);
                form.extend_pairs(pairs);
                return request.method("POST").uri("/").body(Bytes::from(form.finish())).unwrap();
            }
            "tagging" => {
                request.header("x-amz-target", format!("ResourceGroupsTaggingAPI_20170126.{}", self.name))
            }
            _ => request,
        };
        let encoded = |value: &Value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
        };
        let (mut uri, mut query, mut body) = (self.uri.clone(), Vec::new(), Map::new());
        for (name, value) in input.as_object().into_iter().flatten() {
            let member = self.members().iter().find(|member| member["member"] == *name);
            let member = member.unwrap_or_else(|| panic!("{} has no member {name}", self.name));
            let wire = member["wire"].as_str().unwrap_or(name);
            match member["location"].as_str() {
                Some("uri") => uri = uri.replace(&format!("{{{wire}}}"), &encoded(value)),
                Some(_) => {
                    let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    query.extend(several.iter().map(|value| format!("{wire}={}", encoded(value))));
                }
                None => {
                    body.insert(wire.to_owned(), value.clone());
                }
            }
        }
        assert!(!uri.contains('{'), "{}: {uri}: {input}", self.name);
        if !query.is_empty() {
            uri = format!("{uri}?{}", query.join("&"));
        }
        let body = if body.is_empty() && self.method != "POST" {
            String::new()
        } else {
            Value::Object(body).to_string()
        };
        request.method(self.method.as_str()).uri(uri).body(Bytes::from(body)).unwrap()
    }
}

fn flatten(prefix: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let dotted = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| flatten(&dotted(name), value, pairs))
        }
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            numbered.for_each(|(at, item)| flatten(&dotted(&format!("member.{}", at + 1)), item, pairs));
        }
        Value::String(text) => pairs.push((prefix.to_owned(), text.clone())),
        other => pairs.push((prefix.to_owned(), other.to_string())),
    }
}
