//! The tables' form. A line `== Operation` begins an operation; what follows belongs to it:
//!
//! | line | |
//! | --- | --- |
//! | `with {…}` | what every input of it has |
//! | `ok {…}` | the input of its success |
//! | `twice ok` or `twice Code` | what becomes of a second success; reading succeeds again |
//! | `other {…}` | what differs in a second request with the same `clientRequestToken` |
//! | `pages Name` | where the items of a list are; with `{…}` added to the input |
//! | `Code {…}` | an input that is answered with this error |
//! | `after Operation {…}`, `wait N`, `associations N` | what happens before the next such line |
//!
//! `never Code reason` before any operation says that an error cannot happen, `never Code: Operation, … reason` that it
//! cannot in these operations. In texts, `$name` stands for a value of the world.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What happens before a case.
#[derive(Clone)]
pub enum Step {
    Call(String, Value),
    Wait(u64),
    /// So many associations in the cluster `demo`.
    Associations(usize),
}

#[derive(Default)]
pub struct Entry {
    pub ok: Option<(Vec<Step>, Value)>,
    pub twice: Option<String>,
    pub other: Option<Value>,
    pub pages: Option<(String, Value)>,
    pub errors: Vec<(String, Vec<Step>, Value)>,
}

/// An error that cannot happen: its code and operations, none for every one.
pub struct Never {
    pub code: String,
    pub operations: Option<Vec<String>>,
}

#[derive(Default)]
pub struct Table {
    pub entries: BTreeMap<String, Entry>,
    pub never: Vec<Never>,
}

/// `{…}` with the values of the world, over what every input has.
fn input(text: &str, with: &Value, world: &[(&str, String)]) -> Value {
    let given: Value = if text.is_empty() {
        Value::Object(Map::new())
    } else {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    merged(with, &filled(given, world))
}

fn filled(value: Value, world: &[(&str, String)]) -> Value {
    match value {
        Value::String(text) => Value::String(
            world.iter().fold(text, |text, (name, value)| text.replace(&format!("${name}"), value)),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| filled(item, world)).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, filled(value, world))).collect())
        }
        other => other,
    }
}

/// The first level of `over` replaces that of `base`; null removes.
pub fn merged(base: &Value, over: &Value) -> Value {
    let mut members = base.as_object().cloned().unwrap_or_default();
    for (name, value) in over.as_object().into_iter().flatten() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    Value::Object(members)
}

/// The steps of a text that has nothing but steps.
pub fn steps(text: &str, world: &[(&str, String)]) -> Vec<Step> {
    lines(text)
        .map(|(word, rest)| step(word, rest, world).unwrap_or_else(|| panic!("{word} {rest}")))
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim())))
}

fn step(word: &str, rest: &str, world: &[(&str, String)]) -> Option<Step> {
    match word {
        "after" => {
            let (operation, text) = rest.split_once(' ').unwrap_or((rest, ""));
            Some(Step::Call(operation.to_owned(), input(text.trim(), &Value::Null, world)))
        }
        "wait" => Some(Step::Wait(rest.parse().unwrap())),
        "associations" => Some(Step::Associations(rest.parse().unwrap())),
        _ => None,
    }
}

impl Table {
    pub fn read(&mut self, text: &str, world: &[(&str, String)]) {
        let (mut name, mut with, mut before) = (String::new(), Value::Null, Vec::new());
        for (word, rest) in lines(text) {
            if word == "==" {
                rest.clone_into(&mut name);
                with = Value::Null;
                assert!(
                    self.entries.insert(name.clone(), Entry::default()).is_none(),
                    "{name} is there twice"
                );
                continue;
            }
            if word == "never" {
                let (code, rest) = rest.split_once(' ').expect("a reason");
                let operations = code.strip_suffix(':').map(|_| {
                    let list = rest.split(" -- ").next().expect("operations").split(',');
                    list.map(|one| one.trim().to_owned()).collect()
                });
                self.never.push(Never { code: code.trim_end_matches(':').to_owned(), operations });
                continue;
            }
            if let Some(step) = step(word, rest, world) {
                before.push(step);
                continue;
            }
            let entry = self.entries.get_mut(&name).expect("an operation");
            match word {
                "with" => with = input(rest, &Value::Null, world),
                "twice" => entry.twice = Some(rest.to_owned()),
                "other" => entry.other = Some(input(rest, &Value::Null, world)),
                "pages" => {
                    let (item, text) = rest.split_once(' ').unwrap_or((rest, ""));
                    entry.pages = Some((item.to_owned(), input(text, &Value::Null, world)));
                }
                "ok" => entry.ok = Some((std::mem::take(&mut before), input(rest, &with, world))),
                code => {
                    let case = (code.to_owned(), std::mem::take(&mut before), input(rest, &with, world));
                    entry.errors.push(case);
                }
            }
        }
        assert!(before.is_empty(), "steps without a case after {name}");
    }
}
