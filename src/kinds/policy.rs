//! When two IAM policy documents mean the same.
//!
//! AWS returns documents as they were written or re-ordered, so they are compared in a canonical
//! form. What counts and what does not is IAM's own: one statement is a list of one, a string a list
//! of one, the values of `Action`, `Resource`, `Principal` and conditions are sets, statements a
//! multiset, action names ignore case, `123456789012` is `arn:aws:iam::123456789012:root`.
//! `Version`, `Id`, `Sid`, `Effect` and the number of statements count.

use crate::value::{Data, Map, Text, Value, json};

/// The canonical form of a document given as JSON text or as a value. Unknown values stay where they
/// are. An error says what is not a policy about it.
pub fn canonical(document: &Value) -> Result<Value, String> {
    let parsed;
    let document = match document.data() {
        Data::String(text) => {
            parsed = parse(text)?;
            &parsed
        }
        _ => document,
    };
    match document.data() {
        Data::Null | Data::Unknown(_) => Ok(document.clone()),
        Data::Map(map) => {
            let mut canonical = Map::new();
            for (key, value) in map.iter() {
                match key.as_ref() {
                    "Statement" => {
                        canonical.insert(key.clone(), statements(value)?);
                    }
                    "Version" | "Id" => {
                        canonical.insert(key.clone(), value.clone());
                    }
                    other => {
                        let near = near(other, &ELEMENTS[..OF_STATEMENTS]);
                        return Err(format!("a policy document has no element \"{other}\"{near}"));
                    }
                }
            }
            if !canonical.contains_key("Statement") {
                return Err("a policy document needs a \"Statement\"".to_string());
            }
            Ok(Value::map(canonical))
        }
        _ => Err(format!("a policy document is an object, not a {}", document.type_name())),
    }
}

/// The JSON text of a document as a value, elements as written.
pub fn parse(text: &str) -> Result<Value, String> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("not valid JSON: {error}"))?;
    Ok(json::from_json(&json))
}

/// The JSON text AWS is sent for a document: its own text, or a value written compactly.
pub fn text(document: &Value) -> String {
    match document.data() {
        Data::String(text) => text.to_string(),
        _ => json::to_json(document).to_string(),
    }
}

/// The elements of a document and its statements, in the order in which policies are written everywhere.
pub const ELEMENTS: [&str; 12] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// Where in [`ELEMENTS`] those of statements begin.
const OF_STATEMENTS: usize = 3;

/// Whether a text fits a pattern with `*` and `?`.
pub fn fits(pattern: &str, text: &str) -> bool {
    // Where to go on after the last `*`, and how far it had reached.
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((after, reached)) => {
                    at = after + 1;
                    read = reached + 1;
                    star = Some((after, reached + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// The element that was probably meant.
fn near(given: &str, known: &[&str]) -> String {
    match crate::diagnostic::nearest(given, known.iter().copied()) {
        Some(near) => format!(": did you mean \"{near}\"?"),
        None => String::new(),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value.data() {
        Data::List(items) | Data::Set(items) => items.to_vec(),
        _ => vec![value.clone()],
    }
}

fn statements(value: &Value) -> Result<Value, String> {
    if value.is_unknown() {
        return Ok(value.clone());
    }
    let mut all = list(value).iter().map(statement).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    Ok(Value::list(all))
}

fn statement(value: &Value) -> Result<Value, String> {
    let Some(map) = value.as_map() else {
        if value.is_unknown() {
            return Ok(value.clone());
        }
        return Err(format!("a statement is an object, not a {}", value.type_name()));
    };
    let mut canonical = Map::new();
    for (key, value) in map.iter() {
        let element = match key.as_ref() {
            "Action" | "NotAction" => words(value, |word| word.to_ascii_lowercase().into()),
            "Resource" | "NotResource" => words(value, |word| word.into()),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            "Sid" if value.as_str() == Some("") => continue,
            "Sid" | "Effect" => value.clone(),
            other => {
                let near = near(other, &ELEMENTS[OF_STATEMENTS..]);
                return Err(format!("a statement has no element \"{other}\"{near}"));
            }
        };
        canonical.insert(key.clone(), element);
    }
    Ok(Value::map(canonical))
}

/// One string or a list of them as a set.
fn words(value: &Value, word: impl Fn(&str) -> Text) -> Value {
    if value.is_unknown() {
        return value.clone();
    }
    Value::set(
        list(value)
            .into_iter()
            .map(|item| match item.data() {
                Data::String(text) => Value::string(word(text)),
                // Conditions take "true" and true, "5" and 5 alike.
                Data::Bool(flag) => Value::from(flag.to_string()),
                Data::Number(number) => Value::from(number.to_string()),
                _ => item,
            })
            .collect(),
    )
}

fn principal(value: &Value) -> Value {
    let Some(map) = value.as_map() else { return value.clone() };
    let entries = map.iter().map(|(kind, value)| {
        let account = |word: &str| account_of_root(word).map_or_else(|| Text::from(word), Text::from);
        (kind.clone(), if kind == "AWS" { words(value, account) } else { words(value, |word| word.into()) })
    });
    Value::map(entries.collect())
}

/// The account id of `arn:<partition>:iam::<id>:root`.
fn account_of_root(arn: &str) -> Option<&str> {
    let (_, rest) = arn.strip_prefix("arn:")?.split_once(":iam::")?;
    rest.strip_suffix(":root").filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))
}

fn condition(value: &Value) -> Value {
    let Some(operators) = value.as_map() else { return value.clone() };
    let operators = operators.iter().map(|(operator, keys)| {
        let keys = match keys.as_map() {
            Some(keys) => Value::map(
                keys.iter().map(|(key, value)| (key.clone(), words(value, |word| word.into()))).collect(),
            ),
            None => keys.clone(),
        };
        (operator.clone(), keys)
    });
    Value::map(operators.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "sts:assumerole", true),
            ("sts:*", "sts:tagsession", true),
            ("sts:?agSession", "sts:TagSession", true),
            ("arn:*:cluster/*", "arn:aws:eks:us-east-2:1:cluster/demo", true),
            ("a*b*c", "axxbxxbc", true),
            ("a*b", "axxbc", false),
            ("", "a", false),
            ("?", "é", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    fn same(a: &str, b: &str) -> bool {
        canonical(&Value::from(a)).expect(a) == canonical(&Value::from(b)).expect(b)
    }

    #[test]
    fn equal_by_meaning() {
        for (a, b) in [
            // one statement, list of one; string, list of one
            (
                r#"{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#,
                r#"{ "Statement": [ {"Resource":["*"], "Effect":"Allow", "Action":["s3:get*"]} ] }"#,
            ),
            // sets and multisets
            (
                r#"{"Statement":[{"Effect":"Allow","Action":["a:b","c:d"]},{"Effect":"Deny","Action":"x:y"}]}"#,
                r#"{"Statement":[{"Effect":"Deny","Action":["x:y"]},{"Effect":"Allow","Action":["c:d","a:b","a:b"]}]}"#,
            ),
            // accounts and their roots
            (
                r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"}}}"#,
                r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]}}}"#,
            ),
            // condition values
            (
                r#"{"Statement":{"Effect":"Allow","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}}}"#,
                r#"{"Statement":{"Effect":"Allow","Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]}}}}"#,
            ),
            (r#"{"Statement":{"Sid":"","Effect":"Allow"}}"#, r#"{"Statement":{"Effect":"Allow"}}"#),
        ] {
            assert!(same(a, b), "{a}\n{b}");
        }
    }

    #[test]
    fn different_by_meaning() {
        for (a, b) in [
            (r#"{"Statement":{"Effect":"Allow"}}"#, r#"{"Statement":{"Effect":"Deny"}}"#),
            (
                r#"{"Statement":{"Effect":"Allow"}}"#,
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow"}}"#,
            ),
            (
                r#"{"Statement":{"Effect":"Allow"}}"#,
                r#"{"Statement":[{"Effect":"Allow"},{"Effect":"Allow"}]}"#,
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Resource":"a"}}"#,
                r#"{"Statement":{"Effect":"Allow","Resource":"A"}}"#,
            ),
            (r#"{"Statement":{"Sid":"a","Effect":"Allow"}}"#, r#"{"Statement":{"Effect":"Allow"}}"#),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a:b"}}"#,
                r#"{"Statement":{"Effect":"Allow","NotAction":"a:b"}}"#,
            ),
        ] {
            assert!(!same(a, b), "{a}\n{b}");
        }
    }

    #[test]
    fn says_what_is_no_policy() {
        for text in ["{", "[]", "{}", r#"{"Statement":[1]}"#, r#"{"Statement":[],"Extra":1}"#] {
            assert!(canonical(&Value::from(text)).is_err(), "{text}");
        }
    }
}
