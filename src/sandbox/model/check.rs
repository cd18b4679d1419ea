//! Input against its shape: required members, types, lengths, ranges, patterns, enumerations.

use serde_json::{Number, Value};

use super::{Kind, Model, Shape};

/// One constraint that an input breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The member's place, `tags.1.member.key`.
    pub(crate) path: String,
    /// The offending value, or `null`.
    pub(crate) value: String,
    /// AWS's wording of the constraint.
    pub(crate) constraint: String,
    pub(crate) kind: ViolationKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ViolationKind {
    Missing,
    Type,
    Pattern,
    Other,
}

/// What in `value` breaks the constraints of `shape`; at most ten findings, as AWS stops counting there too.
pub(crate) fn violations(model: &Model, shape: &str, value: &Value) -> Vec<Violation> {
    let mut check = Check { model, found: Vec::new() };
    check.value(shape, value, "");
    check.found.truncate(10);
    check.found
}

struct Check<'a> {
    model: &'a Model,
    found: Vec<Violation>,
}

fn join(path: &str, member: &str) -> String {
    if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

impl Check<'_> {
    fn report(&mut self, path: &str, value: &Value, kind: ViolationKind, constraint: String) {
        let value = match value {
            Value::String(text) => format!("'{}'", text.chars().take(200).collect::<String>()),
            Value::Null => "null".to_owned(),
            Value::Array(_) | Value::Object(_) => "''".to_owned(),
            other => format!("'{other}'"),
        };
        self.found.push(Violation { path: path.to_owned(), value, constraint, kind });
    }

    fn value(&mut self, name: &str, value: &Value, path: &str) {
        let shape = self.model.shape(name);
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(object)) => {
                for required in &shape.required {
                    if object.get(required).is_none_or(Value::is_null) {
                        let path = join(path, &lower_first(required));
                        self.report(
                            &path,
                            &Value::Null,
                            ViolationKind::Missing,
                            "Member must not be null".into(),
                        );
                    }
                }
                for member in &shape.members {
                    if let Some(value) = object.get(&member.member).filter(|value| !value.is_null()) {
                        self.value(&member.shape, value, &join(path, &lower_first(&member.member)));
                    }
                }
            }
            (Kind::List, Value::Array(items)) => {
                self.length(shape, items.len(), value, path);
                for (index, item) in items.iter().enumerate().take(1000) {
                    let path = format!("{path}.{}.member", index + 1);
                    if item.is_null() {
                        self.report(&path, item, ViolationKind::Missing, "Member must not be null".into());
                    } else if let Some(of) = &shape.item {
                        self.value(of, item, &path);
                    }
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                self.length(shape, entries.len(), value, path);
                for (key, item) in entries.iter().take(1000) {
                    if let (Some(keys), Some(values)) = (&shape.key, &shape.value) {
                        self.value(keys, &Value::String(key.clone()), &format!("{path}.key"));
                        self.value(values, item, &format!("{path}.{key}.member"));
                    }
                }
            }
            (Kind::String, Value::String(text)) => self.text(shape, text, value, path),
            (Kind::Integer | Kind::Long, Value::Number(number)) if number.as_i64().is_some() => {
                let number = number.as_i64().unwrap_or_default();
                if let Some(max) = shape.max.filter(|max| number > *max) {
                    let text = format!("Member must have value less than or equal to {max}");
                    self.report(path, value, ViolationKind::Other, text);
                }
                if let Some(min) = shape.min.filter(|min| number < *min) {
                    let text = format!("Member must have value greater than or equal to {min}");
                    self.report(path, value, ViolationKind::Other, text);
                }
            }
            (Kind::Boolean, Value::Bool(_))
            | (Kind::Timestamp | Kind::Double | Kind::Float, Value::Number(_))
            | (Kind::Blob, Value::String(_)) => {}
            (expected, _) => {
                let text = format!("Member must be of type {}", format!("{expected:?}").to_lowercase());
                self.report(path, value, ViolationKind::Type, text);
            }
        }
    }

    fn length(&mut self, shape: &Shape, length: usize, value: &Value, path: &str) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        if let Some(max) = shape.max.filter(|max| length > *max) {
            let text = format!("Member must have length less than or equal to {max}");
            self.report(path, value, ViolationKind::Other, text);
        }
        if let Some(min) = shape.min.filter(|min| length < *min) {
            let text = format!("Member must have length greater than or equal to {min}");
            self.report(path, value, ViolationKind::Other, text);
        }
    }

    fn text(&mut self, shape: &Shape, text: &str, value: &Value, path: &str) {
        self.length(shape, text.chars().count(), value, path);
        if let Some(source) = &shape.pattern
            && pattern(source).is_some_and(|matches| !matches(text))
        {
            let text = format!("Member must satisfy regular expression pattern: {source}");
            self.report(path, value, ViolationKind::Pattern, text);
        }
        if let Some(values) = &shape.values
            && !values.iter().any(|allowed| allowed == text)
        {
            let text = format!("Member must satisfy enum value set: [{}]", values.join(", "));
            self.report(path, value, ViolationKind::Other, text);
        }
    }
}

/// Text from a query string or form as the value its shape asks for; text that does not fit stays text, and the
/// check complains.
pub(crate) fn coerce(shape: &Shape, text: &str) -> Value {
    let fallback = || Value::String(text.to_owned());
    match shape.kind {
        Kind::Integer | Kind::Long => {
            text.trim().parse::<i64>().map_or_else(|_| fallback(), |n| Value::Number(n.into()))
        }
        Kind::Double | Kind::Float => {
            text.trim().parse::<f64>().ok().and_then(Number::from_f64).map_or_else(fallback, Value::Number)
        }
        Kind::Boolean => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => fallback(),
        },
        _ => fallback(),
    }
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn all(text: &str, accepts: impl Fn(char) -> bool) -> bool {
    text.chars().all(accepts)
}

fn some(text: &str, accepts: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(accepts)
}

fn cluster_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && all(text, |c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn policy_path(text: &str) -> bool {
    text.strip_suffix('/').is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('/').is_some_and(|rest| {
                rest.split('/').all(|part| some(part, |c| c.is_ascii_alphanumeric() || ".,+@=_-".contains(c)))
            })
    })
}

fn policy_version(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('v') else {
        return false;
    };
    let (number, suffix) = rest.split_once('.').map_or((rest, ""), |(number, suffix)| (number, suffix));
    number.starts_with(|c: char| ('1'..='9').contains(&c))
        && all(number, |c| c.is_ascii_digit())
        && all(suffix, |c| c.is_ascii_alphanumeric() || c == '-')
}

fn jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| some(part, |c| word(c) || c == '-' || c == '='))
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, what a tag may be made of.
pub(crate) fn tag_char(c: char) -> bool {
    // \p{Z}: separators. Control characters such as tabs and new lines are white space, but not separators.
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

fn printable_latin(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}')
}

/// The pattern as a function. AWS's patterns match the whole text.
pub(crate) fn pattern(source: &str) -> Option<fn(&str) -> bool> {
    Some(match source {
        r"^[0-9A-Za-z][A-Za-z0-9\-_]*" | r"[0-9A-Za-z][A-Za-z0-9\-_]*" => cluster_name,
        r"((/[A-Za-z0-9\.,\+@=_-]+)*)/" => policy_path,
        r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)" => |text| {
            text == "/"
                || text.len() > 2
                    && text.starts_with('/')
                    && text.ends_with('/')
                    && all(text, |c| ('\u{21}'..='\u{7e}').contains(&c))
        },
        r"\u002F[\u0021-\u007F]*" => {
            |text| text.starts_with('/') && all(text, |c| ('\u{21}'..='\u{7f}').contains(&c))
        }
        r"[A-Za-z0-9-_=]+\.[A-Za-z0-9-_=]+\.[A-Za-z0-9-_=]+" => jwt,
        r"[\d]*" => |text| all(text, |c| c.is_ascii_digit()),
        r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*" => |text| all(text, tag_char),
        r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+" => |text| some(text, tag_char),
        r"[\s\S]*" => |_| true,
        r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+" => |text| {
            some(text, |c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{10FFFF}'))
        },
        r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*" => {
            |text| all(text, |c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{A1}'..='\u{FF}'))
        }
        r"[\u0009\u000A\u000D\u0020-\u00FF]+" => |text| some(text, printable_latin),
        r"[\u0020-\u00FF]+" => |text| some(text, |c| ('\u{20}'..='\u{FF}').contains(&c)),
        r"[\w+=,.@-]*" => |text| all(text, |c| word(c) || "+=,.@-".contains(c)),
        r"[\w+=,.@-]+" => |text| some(text, |c| word(c) || "+=,.@-".contains(c)),
        r"[\w+=,.@:-]*" => |text| all(text, |c| word(c) || "+=,.@:-".contains(c)),
        r"[\w+=,.@:\/-]*" => |text| all(text, |c| word(c) || "+=,.@:/-".contains(c)),
        r"[\w+=/:,.@-]*" => |text| all(text, |c| word(c) || "+=/:,.@-".contains(c)),
        r"[\w]*" => |text| all(text, word),
        r"[\w]+" => |text| some(text, word),
        r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?" => policy_version,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Service;
    use super::*;

    fn texts(service: Service, shape: &str, value: Value) -> Vec<String> {
        violations(service.model(), shape, &value)
            .into_iter()
            .map(|found| format!("{} at {}: {}", found.value, found.path, found.constraint))
            .collect()
    }

    #[test]
    fn reports_what_aws_reports() {
        let value = json!({"clusterName": "a b", "podIdentityAssociations": [{"serviceAccount": "x"}], "tags": {"k": 1}});
        assert_eq!(
            texts(Service::Eks, "CreateAddonRequest", value),
            [
                "null at addonName: Member must not be null",
                r"'a b' at clusterName: Member must satisfy regular expression pattern: ^[0-9A-Za-z][A-Za-z0-9\-_]*",
                "'1' at tags.k.member: Member must be of type string",
                "null at podIdentityAssociations.1.member.roleArn: Member must not be null",
            ]
        );
        assert_eq!(
            texts(Service::Iam, "ListRolesRequest", json!({"MaxItems": 1001})),
            ["'1001' at maxItems: Member must have value less than or equal to 1000"]
        );
    }

    #[test]
    fn patterns() {
        let path = pattern(r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)").unwrap();
        assert!(path("/") && path("/a/") && path("/a/b/") && !path("//") && !path("a/") && !path("/a b/"));
        assert!(policy_path("/") && policy_path("/a/b/") && !policy_path("//") && !policy_path("/a"));
        assert!(
            policy_version("v1")
                && policy_version("v12.x-1")
                && !policy_version("v0")
                && !policy_version("1")
        );
        assert!(jwt("a.b.c") && !jwt("a.b") && !jwt("a..c"));
        assert!(tag_char('é') && tag_char(' ') && !tag_char('\n') && !tag_char('!'));
    }
}
