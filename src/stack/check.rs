//! Conditions of the schemas on known values.

use crate::diagnostic::{Diagnostic, Span};
use crate::diff;
use crate::kinds::{Attribute, Check, Compare, TAG_PREFIX, policy};
use crate::lang::Expr;
use crate::value::{Data, Path, Value};
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;

/// Checks one attribute's value; a complaint points at the element that is wrong where the files write
/// it out.
pub(super) fn attribute(
    attribute: &Attribute,
    value: &Value,
    expr: &Expr,
    _path: &Path,
    found: &mut Vec<Diagnostic>,
) {
    meaning(attribute, value, expr, found);
    for check in attribute.checks {
        let mut complain = |problem: Option<String>, span: Span, shown: &Value| {
            if let Some(problem) = problem {
                let message = match shown.data() {
                    Data::String(text)
                        if !shown.is_sensitive() && text.len() <= 60 && !text.contains('\n') =>
                    {
                        format!("\"{text}\" is not valid for \"{}\"", attribute.name)
                    }
                    _ => format!("The value of \"{}\" is not valid", attribute.name),
                };
                found.push(Diagnostic::error("invalid-value", message).at(span).label(problem));
            }
        };
        match (check, value.data()) {
            (Check::Policy { .. }, Data::Map(entries))
                if matches!(attribute.ty, crate::kinds::Ty::Map(_)) =>
            {
                for (key, entry) in entries.iter() {
                    let span = entry_span(expr, key).unwrap_or_else(|| expr.span());
                    complain(violates(check, entry), span, &Value::NULL);
                }
            }
            (Check::Length { min, max }, Data::List(items) | Data::Set(items)) => {
                let problem = (items.len() < *min || items.len() > *max)
                    .then(|| format!("{} to {} elements, not {}", min, max, items.len()));
                complain(problem, expr.span(), value);
            }
            (Check::Length { max, .. }, Data::Map(entries)) => {
                let problem =
                    (entries.len() > *max).then(|| format!("at most {max} entries, not {}", entries.len()));
                complain(problem, expr.span(), value);
            }
            (_, Data::List(items) | Data::Set(items)) => {
                for item in items.iter() {
                    complain(violates(check, item), element_span(expr, item), item);
                }
            }
            _ => complain(violates(check, value), expr.span(), value),
        }
    }
}

/// What an attribute's way of comparing asks of its value.
fn meaning(attribute: &Attribute, value: &Value, expr: &Expr, found: &mut Vec<Diagnostic>) {
    match (attribute.compare, value.as_map(), value.as_str()) {
        (Compare::Tags, Some(_), _) => tags(value, expr, found),
        (Compare::Document, _, Some(text)) => {
            if let Some(problem) = diff::document_problem(text) {
                found.push(
                    Diagnostic::error(
                        "invalid-value",
                        format!("The value of \"{}\" is not valid", attribute.name),
                    )
                    .at(expr.span())
                    .label(problem)
                    .help("write an object: { key = value }, or its JSON or YAML text"),
                );
            }
        }
        _ => {}
    }
}

/// Keys and values of tags, as AWS takes them.
pub(super) fn tags(tags: &Value, expr: &Expr, found: &mut Vec<Diagnostic>) {
    for (key, value) in tags.as_map().into_iter().flatten() {
        let length = key.chars().count();
        let value = value.as_str().map_or(0, |value| value.chars().count());
        let problem = if key.starts_with("aws:") {
            "tags that begin with aws: are AWS's own".to_string()
        } else if key.starts_with(TAG_PREFIX) {
            format!("tags that begin with {TAG_PREFIX} are eksform's own")
        } else if !(1..=128).contains(&length) {
            format!("a key has 1 to 128 characters, not {length}")
        } else if value > 256 {
            format!("a value has at most 256 characters, not {value}")
        } else {
            continue;
        };
        let shown: String = key.chars().take(40).collect();
        found.push(
            Diagnostic::error("invalid-value", format!("The tag \"{shown}\" cannot be set"))
                .at(entry_span(expr, key).unwrap_or_else(|| expr.span()))
                .label(problem)
                .help("choose another key or value"),
        );
    }
}

/// What is wrong with a text that stands for an attribute (a label that is a name).
pub(super) fn text(attribute: &Attribute, text: &str) -> Option<String> {
    attribute.checks.iter().find_map(|check| violates(check, &Value::from(text)))
}

/// Where the element is written out, else the whole expression.
fn element_span(expr: &Expr, item: &Value) -> Span {
    let items = expr.as_list().unwrap_or_default();
    items
        .iter()
        .find(|candidate| candidate.as_literal() == Some(item))
        .map_or_else(|| expr.span(), Expr::span)
}

fn entry_span(expr: &Expr, key: &str) -> Option<Span> {
    let entries = expr.as_object()?;
    entries.iter().find(|(name, _)| name.as_string() == Some(key)).map(|(_, value)| value.span())
}

/// What is wrong with one value, `None` if nothing or if it is not known.
fn violates(check: &Check, value: &Value) -> Option<String> {
    if value.is_null() || value.is_unknown() {
        return None;
    }
    let text = value.as_str();
    match check {
        Check::Pattern { regex, means } => (!matches(regex, text?)).then(|| (*means).to_string()),
        Check::Length { min, max } => {
            let length = text?.chars().count();
            (length < *min || length > *max).then(|| format!("{min} to {max} characters, not {length}"))
        }
        Check::Between { min, max } => {
            let number = value.as_number()?;
            number
                .as_i64()
                .is_none_or(|number| number < *min || number > *max)
                .then(|| format!("a whole number from {min} to {max}"))
        }
        Check::OneOf(words) => (!words.contains(&text?)).then(|| {
            let near = crate::diagnostic::nearest(text.unwrap_or_default(), words.iter().copied());
            match near {
                Some(near) => format!("did you mean \"{near}\"? One of: {}", words.join(", ")),
                None => format!("one of: {}", words.join(", ")),
            }
        }),
        Check::Policy { max } => policy_problem(value, *max),
        Check::Arn { service, resource } => arn_problem(text?, service, resource),
        Check::Cidr => cidr_problem(text?),
    }
}

fn policy_problem(value: &Value, max: usize) -> Option<String> {
    if let Err(problem) = policy::canonical(value) {
        return Some(problem);
    }
    if value.contains_unknown() {
        return None;
    }
    let length = policy::text(value).chars().filter(|c| !c.is_whitespace()).count();
    (length > max).then(|| format!("at most {max} characters without white space, not {length}"))
}

fn arn_problem(text: &str, service: &str, resource: &str) -> Option<String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let example = if service == "iam" {
        format!("arn:aws:iam::123456789012:{resource}name")
    } else {
        format!("arn:aws:{service}:us-east-2:123456789012:{resource}…")
    };
    match parts.as_slice() {
        ["arn", partition, of, _, account, rest]
            if partition.starts_with("aws")
                && *of == service
                && rest.starts_with(resource)
                && rest.len() > resource.len()
                && (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())
                    || *account == "aws") =>
        {
            None
        }
        _ => Some(format!("an ARN such as {example}")),
    }
}

fn cidr_problem(text: &str) -> Option<String> {
    let valid = text.split_once('/').is_some_and(|(address, prefix)| {
        let longest = match address.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V4(_)) => 32u8,
            Ok(std::net::IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest)
    });
    (!valid).then(|| "an address range such as 10.0.0.0/16".to_string())
}

/// Whether the whole text matches. The expressions are few and constant, so each is compiled once.
fn matches(pattern: &'static str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<&'static str, Option<Regex>>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        let regex = compiled.entry(pattern).or_insert_with(|| Regex::new(&format!("^(?:{pattern})$")).ok());
        regex.as_ref().is_none_or(|regex| regex.is_match(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_the_schemas_compiles() {
        fn walk(attributes: &[Attribute]) {
            for attribute in attributes {
                for check in attribute.checks {
                    if let Check::Pattern { regex, .. } = check {
                        Regex::new(regex).expect(regex);
                    }
                }
                walk(attribute.nested());
            }
        }
        crate::kinds::ALL.iter().for_each(|schema| walk(schema.attributes));
    }
}
