//! Text: `chomp`, `join`, `regex`, `replace`, `split`, `substr`, `trim` and their kin.

use super::{Cx, Depth, Error, Function, Param, Ty, argument, function, param, text, whole};
use crate::lang::convert;
use crate::lang::eval::{MAX_TEXT, unknown_because};
use crate::value::{Map, Type, Value};
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;
use unicode_segmentation::UnicodeSegmentation;

const STR: Param = param("str", Ty::String);
const STRING: Param = param("string", Ty::String);

pub(super) const FUNCTIONS: &[Function] = &[
    function("chomp", &[STR], Ty::String, |_, args| {
        Ok(Value::string(text(args, 0).trim_end_matches(['\r', '\n'])))
    }),
    function("endswith", &[STR, param("suffix", Ty::String)], Ty::Bool, |_, args| {
        Ok(Value::from(text(args, 0).ends_with(text(args, 1))))
    }),
    function("indent", &[param("spaces", Ty::Number), STR], Ty::String, indent),
    function("join", &[param("separator", Ty::String), lists()], Ty::String, join).variadic(lists()),
    function("lower", &[STR], Ty::String, |_, args| Ok(Value::string(lower(text(args, 0))))),
    function("regex", &[param("pattern", Ty::String), STRING], Ty::Any, regex_first),
    function("regexall", &[param("pattern", Ty::String), STRING], Ty::Sequence, regex_all),
    function(
        "replace",
        &[STR, param("substr", Ty::String), param("replace", Ty::String)],
        Ty::String,
        replace,
    ),
    function("split", &[param("separator", Ty::String), STR], Ty::Strings, split),
    function("startswith", &[STR, param("prefix", Ty::String)], Ty::Bool, |_, args| {
        Ok(Value::from(text(args, 0).starts_with(text(args, 1))))
    }),
    function("strcontains", &[STR, param("substr", Ty::String)], Ty::Bool, |_, args| {
        Ok(Value::from(text(args, 0).contains(text(args, 1))))
    }),
    function("strrev", &[STR], Ty::String, |_, args| {
        Ok(Value::string(text(args, 0).graphemes(true).rev().collect::<String>()))
    }),
    function("substr", &[STR, param("offset", Ty::Number), param("length", Ty::Number)], Ty::String, substr),
    function("title", &[STR], Ty::String, |_, args| Ok(Value::string(title(text(args, 0))))),
    function("trim", &[STR, param("cutset", Ty::String)], Ty::String, |_, args| {
        let cut = text(args, 1);
        Ok(Value::string(text(args, 0).trim_matches(|c| cut.contains(c))))
    }),
    function("trimprefix", &[STR, param("prefix", Ty::String)], Ty::String, |_, args| {
        let given = text(args, 0);
        Ok(Value::string(given.strip_prefix(text(args, 1)).unwrap_or(given)))
    }),
    function("trimspace", &[STR], Ty::String, |_, args| Ok(Value::string(text(args, 0).trim()))),
    function("trimsuffix", &[STR, param("suffix", Ty::String)], Ty::String, |_, args| {
        let given = text(args, 0);
        Ok(Value::string(given.strip_suffix(text(args, 1)).unwrap_or(given)))
    }),
    function("upper", &[STR], Ty::String, |_, args| Ok(Value::string(upper(text(args, 0))))),
];

const fn lists() -> Param {
    Param { name: "lists", ty: Ty::Strings, nullable: false, depth: Depth::Whole }
}

/// Refuses a result that would be too long before it is built.
pub(super) fn check_length(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_TEXT {
        return Err(format!("the result would be longer than {} MiB", MAX_TEXT >> 20).into());
    }
    Ok(())
}

/// One letter to one letter: what has no single counterpart (`ß`) stays.
fn upper(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_uppercase())).collect()
}

fn lower(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_lowercase())).collect()
}

fn single(original: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => original,
    }
}

/// The first letter of every word in upper case; digits and underscores belong to words.
fn title(text: &str) -> String {
    let mut in_word = false;
    text.chars()
        .map(|c| {
            let first = !in_word;
            in_word = match c {
                '_' => true,
                c if c.is_ascii() => c.is_ascii_alphanumeric(),
                c if c.is_alphanumeric() => true,
                c => !c.is_whitespace(),
            };
            if first { single(c, c.to_uppercase()) } else { c }
        })
        .collect()
}

fn indent(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let spaces =
        usize::try_from(whole(args, 0)?).map_err(|_| Error::Argument(0, "must not be negative".into()))?;
    let given = text(args, 1);
    let lines = given.matches('\n').count();
    check_length(spaces.saturating_mul(lines).saturating_add(given.len()))?;
    Ok(Value::string(given.replace('\n', &format!("\n{}", " ".repeat(spaces)))))
}

fn join(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let separator = text(args, 0);
    let mut parts: Vec<&str> = Vec::new();
    let mut length = 0usize;
    for (index, list) in args.iter().enumerate().skip(1) {
        for (at, item) in list.as_items().unwrap_or_default().iter().enumerate() {
            let Some(part) = item.as_str() else {
                return argument(index, format!("element {at} is null; cannot concatenate null values"));
            };
            length = length.saturating_add(part.len() + separator.len());
            parts.push(part);
        }
    }
    check_length(length)?;
    Ok(Value::string(parts.join(separator)))
}

fn split(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (separator, given) = (text(args, 0), text(args, 1));
    let parts: Vec<Value> = if separator.is_empty() {
        cx.spend(given.len())?;
        given.chars().map(|c| Value::string(c.to_string())).collect()
    } else {
        cx.spend(given.len() / separator.len())?;
        given.split(separator).map(Value::from).collect()
    };
    Ok(Value::list(parts))
}

fn substr(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let given: Vec<&str> = text(args, 0).graphemes(true).collect();
    let (offset, length) = (whole(args, 1)?, whole(args, 2)?);
    let count = given.len() as i64;
    let start = if offset < 0 { (count + offset).max(0) } else { offset.min(count) };
    let end = if length < 0 { count } else { start.saturating_add(length).min(count) };
    // Both lie between 0 and the number of clusters.
    Ok(Value::string(given[start as usize..end as usize].concat()))
}

fn replace(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (given, search, with) = (text(args, 0), text(args, 1), text(args, 2));
    if search.len() > 1
        && let Some(pattern) = search.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'))
    {
        let pattern = compile(pattern, 1)?;
        cx.spend(given.len())?;
        check_length(given.len().saturating_add(given.len().saturating_mul(with.len()).min(MAX_TEXT / 4)))?;
        return Ok(Value::string(pattern.replace_all(given, with).into_owned()));
    }
    let found = if search.is_empty() { given.chars().count() + 1 } else { given.matches(search).count() };
    check_length(given.len().saturating_add(found.saturating_mul(with.len())))?;
    Ok(Value::string(given.replace(search, with)))
}

/// Compiles a pattern; the last few are kept, since one expression often runs over many elements.
pub(super) fn compile(pattern: &str, index: usize) -> Result<Regex, Error> {
    thread_local! {
        static CACHE: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    if let Some(known) = CACHE.with_borrow(|cache| cache.get(pattern).cloned()) {
        return Ok(known);
    }
    match Regex::new(pattern) {
        Ok(regex) => {
            CACHE.with_borrow_mut(|cache| {
                if cache.len() >= 64 {
                    cache.clear();
                }
                cache.insert(pattern.to_string(), regex.clone());
            });
            Ok(regex)
        }
        Err(regex::Error::CompiledTooBig(_)) => argument(index, "the regular expression is too large"),
        Err(error) => {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            argument(index, format!("invalid regular expression: {reason}"))
        }
    }
}

/// What a match yields: the text without groups, a list with unnamed ones, an object with named ones.
fn captured(pattern: &Regex, found: &regex::Captures) -> Result<Value, Error> {
    let group = |found: Option<regex::Match>| found.map_or(Value::NULL, |found| Value::from(found.as_str()));
    if pattern.captures_len() == 1 {
        return Ok(group(found.get(0)));
    }
    let named = pattern.capture_names().flatten().count();
    if named == 0 {
        return Ok(Value::list(found.iter().skip(1).map(group).collect()));
    }
    if named + 1 != pattern.captures_len() {
        return argument(
            0,
            "invalid use of regexp pattern: cannot mix both named and unnamed capture groups",
        );
    }
    let names = pattern.capture_names().zip(found.iter());
    Ok(Value::map(names.filter_map(|(name, found)| Some((name?.into(), group(found)))).collect::<Map>()))
}

fn regex_first(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let pattern = compile(text(args, 0), 0)?;
    cx.spend(text(args, 1).len() / 16)?;
    match pattern.captures(text(args, 1)) {
        Some(found) => captured(&pattern, &found),
        None => Err("pattern did not match any part of the given string".into()),
    }
}

fn regex_all(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let pattern = compile(text(args, 0), 0)?;
    let mut all = Vec::new();
    for found in pattern.captures_iter(text(args, 1)) {
        cx.spend(1)?;
        all.push(captured(&pattern, &found)?);
    }
    Ok(Value::list(all))
}

/// `formatlist` and others need lists of strings whose elements may be unknown one by one.
pub(super) fn to_string(value: &Value) -> Result<Value, String> {
    if value.is_unknown() {
        return Ok(unknown_because(Type::String, [value]));
    }
    convert::convert(value.clone(), &Type::String).map_err(|error| error.to_string())
}
