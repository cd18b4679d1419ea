//! An add-on's configuration values: JSON or YAML, held against the add-on's JSON schema.

use serde_json::Value;

use super::super::call::Call;
use super::super::catalog::Addon;
use super::super::error::AwsError;
use super::addons::refuse;

/// The refusal of values that are not JSON or YAML or do not fit the schema.
pub(super) fn check(call: &Call<'_>, addon: &Addon, values: Option<&str>) -> Result<(), AwsError> {
    let Some(text) = values.filter(|text| !text.trim().is_empty()) else {
        return Ok(());
    };
    let wrong = |reason: String| {
        refuse(
            call,
            &addon.name,
            format!("ConfigurationValue provided in request is not supported: {reason}"),
        )
    };
    let parsed: Option<Value> =
        serde_json::from_str(text).ok().or_else(|| serde_yaml_ng::from_str(text).ok());
    let Some(value) = parsed else {
        return Err(wrong("it is neither valid JSON nor valid YAML".to_owned()));
    };
    if !value.is_object() && !value.is_null() {
        return Err(wrong(format!(
            "Json schema validation failed with error: [$: {} found, object expected]",
            kind(&value)
        )));
    }
    let Some(schema) = &addon.schema else {
        return Ok(());
    };
    let mut found = Vec::new();
    validate(schema, schema, &value, "$", &mut found);
    if found.is_empty() || value.is_null() {
        return Ok(());
    }
    Err(wrong(format!("Json schema validation failed with error: [{}]", found.join(", "))))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The part of JSON Schema that add-on schemas use, with the wording AWS's answers have.
fn validate(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(name) =
        schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/definitions/"))
    {
        if let Some(target) = root.get("definitions").and_then(|definitions| definitions.get(name)) {
            validate(root, target, value, path, found);
        }
        return;
    }
    let allowed: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = kind(value);
    if !allowed.is_empty() && !allowed.iter().any(|want| *want == is || *want == "number" && is == "integer")
    {
        found.push(format!("{path}: {is} found, {} expected", allowed.join(" or ")));
        return;
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.contains(value)
    {
        let values: Vec<String> =
            values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        found.push(format!("{path}: does not have a value in the enumeration [{}]", values.join(", ")));
    }
    if let (Some(minimum), Some(number)) = (schema.get("minimum").and_then(Value::as_f64), value.as_f64())
        && number < minimum
    {
        found.push(format!("{path}: must have a minimum value of {minimum}"));
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, item) in list.iter().enumerate() {
            validate(root, items, item, &format!("{path}[{index}]"), found);
        }
    }
    let Some(object) = value.as_object() else {
        return;
    };
    for required in
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        if !object.contains_key(required) {
            found.push(format!("{path}.{required}: is missing but it is required"));
        }
    }
    for (name, value) in object {
        let path = format!("{path}.{name}");
        match (schema.get("properties").and_then(|known| known.get(name)), schema.get("additionalProperties"))
        {
            (Some(schema), _) => validate(root, schema, value, &path, found),
            (None, Some(Value::Bool(false))) => found.push(format!(
                "{path}: is not defined in the schema and the schema does not allow additional properties"
            )),
            (None, Some(schema @ Value::Object(_))) => validate(root, schema, value, &path, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::catalog;
    use crate::sandbox::store::Store;

    fn errors(addon: &str, value: &Value) -> Vec<String> {
        let addon = catalog::addon(&Store::default(), addon).unwrap();
        let schema = addon.schema.as_ref().unwrap();
        let mut found = Vec::new();
        validate(schema, schema, value, "$", &mut found);
        found
    }

    #[test]
    fn speaks_like_aws() {
        assert_eq!(
            errors("coredns", &json!({"replicaCount": "3", "nope": 1})),
            [
                "$.nope: is not defined in the schema and the schema does not allow additional properties",
                "$.replicaCount: string found, integer expected",
            ]
        );
        assert_eq!(
            errors("vpc-cni", &json!({"env": {"ENABLE_PREFIX_DELEGATION": true}})),
            ["$.env.ENABLE_PREFIX_DELEGATION: boolean found, string expected"]
        );
        let fine = json!({"controller": {"replicaCount": 2, "resources": {"limits": {"cpu": "1"}}}});
        assert!(errors("aws-ebs-csi-driver", &fine).is_empty());
        assert_eq!(
            errors("aws-ebs-csi-driver", &json!({"controller": {"resources": {"limits": {"cpus": 1}}}}))
                .len(),
            1
        );
    }
}
