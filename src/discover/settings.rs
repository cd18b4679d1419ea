//! An add-on's configuration schema as a flat list of settings.

use serde_json::Value;

/// Levels beyond which a schema is not followed.
const DEEPEST: usize = 12;
/// Settings beyond which no more are listed.
const MOST: usize = 2_000;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `controller.replicaCount`; `[]` stands for an element of a list, `*` for any key.
    pub path: String,
    /// `integer`, `string or null`, `one of "a", "b"`.
    pub kind: String,
    /// As JSON.
    pub default: Option<String>,
    pub description: Option<String>,
    pub required: bool,
}

/// The settings a JSON schema describes, sorted by path; none if it cannot be read.
pub fn settings(schema: &str) -> Vec<Setting> {
    let Ok(root) = serde_json::from_str::<Value>(schema) else { return Vec::new() };
    let mut found = Vec::new();
    let mut walk = Walk { root: &root, found: &mut found };
    walk.node(&root, String::new(), false, 0);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    found
}

struct Walk<'a> {
    root: &'a Value,
    found: &'a mut Vec<Setting>,
}

impl<'a> Walk<'a> {
    fn node(&mut self, node: &'a Value, path: String, required: bool, depth: usize) {
        if depth > DEEPEST || self.found.len() >= MOST {
            return;
        }
        let node = self.resolved(node);
        let mut inner = false;
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            inner = !properties.is_empty();
            let needed = node.get("required").and_then(Value::as_array);
            for (name, child) in properties {
                let required = needed.is_some_and(|names| names.iter().any(|it| it == name.as_str()));
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.node(child, path, required, depth + 1);
            }
        }
        for combination in ["allOf", "anyOf", "oneOf"] {
            let parts = node.get(combination).and_then(Value::as_array);
            for part in parts.into_iter().flatten() {
                if self.resolved(part).get("properties").is_some() {
                    inner = true;
                    self.node(part, path.clone(), required, depth + 1);
                }
            }
        }
        for (keyword, step) in [("items", "[]"), ("additionalProperties", ".*")] {
            if let Some(child) = node.get(keyword)
                && self.resolved(child).get("properties").is_some()
            {
                inner = true;
                self.node(child, format!("{path}{step}"), false, depth + 1);
            }
        }
        if !inner && !path.is_empty() {
            self.found.push(Setting {
                path,
                kind: kind(node),
                default: node.get("default").map(Value::to_string),
                description: node.get("description").and_then(Value::as_str).map(str::to_string),
                required,
            });
        }
    }

    /// What a reference inside of the schema stands for; one that leads nowhere, or outside, is left as it is.
    fn resolved(&self, node: &'a Value) -> &'a Value {
        let mut node = node;
        for _ in 0..DEEPEST {
            let Some(pointer) = node.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'))
            else {
                break;
            };
            match self.root.pointer(pointer) {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }
}

fn kind(node: &Value) -> String {
    if let Some(values) = node.get("enum").and_then(Value::as_array) {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return format!("one of {}", values.join(", "));
    }
    let kind = match node.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_string(),
    };
    match (kind.as_str(), node.get("items").and_then(|items| items.get("type")).and_then(Value::as_str)) {
        ("array", Some(element)) => format!("array of {element}"),
        _ => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_a_list_of_settings() {
        let schema = r##"{
            "type": "object",
            "required": ["mode"],
            "definitions": {"resources": {"type": "object", "properties": {"cpu": {"type": ["string", "integer"]}}}},
            "properties": {
                "mode": {"enum": ["a", "b"], "default": "a", "description": "How."},
                "controller": {"type": "object", "properties": {
                    "replicaCount": {"type": "integer", "default": 2},
                    "resources": {"$ref": "#/definitions/resources"}
                }},
                "tolerations": {"type": "array", "items": {"type": "object", "properties": {"key": {"type": "string"}}}},
                "loop": {"$ref": "#/properties/loop"},
                "outside": {"$ref": "https://example.com/schema"}
            }
        }"##;
        let seen: Vec<String> = settings(schema)
            .into_iter()
            .map(|setting| {
                let needed = if setting.required { "!" } else { "" };
                format!("{}{needed} {} {}", setting.path, setting.kind, setting.default.unwrap_or_default())
            })
            .collect();
        assert_eq!(
            seen,
            [
                "controller.replicaCount integer 2",
                "controller.resources.cpu string or integer ",
                "loop any ",
                "mode! one of \"a\", \"b\" \"a\"",
                "outside any ",
                "tolerations[].key string ",
            ]
        );
        assert_eq!(settings("no schema"), []);
    }
}
