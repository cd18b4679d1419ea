//! What holds for any values: drawn from a fixed seed.

use super::fixtures::*;
use super::{Style, document, json_plan, plan as render};
use crate::kinds::policy;
use crate::plan::PlannedOutput;
use crate::value::{Data, Map, Text, Value};
use serde_json::json;

/// A small generator of numbers, the same on every machine.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::NULL,
            1 => Value::from(self.below(2) == 0),
            2 => Value::from(i64::try_from(self.below(5)).unwrap_or(0)),
            3 => Value::from(*self.one(&["a\nb\n", "\u{1b}[31m", "${x}", "", "größe"])),
            4 => Value::from(format!("SECRET{}", self.below(3))).mark(true),
            5 => Value::from(*self.one(&["x", "y", "z"])),
            6 => Value::list((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            _ => self.map(depth),
        }
    }

    fn map(&mut self, depth: usize) -> Value {
        let entries =
            (0..self.below(4)).map(|_| (*self.one(&["a", "b", "c d", "é"]), ())).collect::<Vec<_>>();
        Value::map(entries.into_iter().map(|(key, ())| (Text::from(key), self.value(depth - 1))).collect())
    }

    /// What AWS might have of it: no marks, other leaves, more or fewer elements of lists.
    fn live(&mut self, value: &Value) -> Value {
        match value.data() {
            Data::Map(map) => {
                Value::map(map.iter().map(|(key, item)| (key.clone(), self.live(item))).collect::<Map>())
            }
            Data::List(items) => {
                let mut items: Vec<Value> = items.iter().map(|item| self.live(item)).collect();
                match self.below(4) {
                    0 => items.push(Value::from("more")),
                    1 => self.shuffle(&mut items),
                    2 => items.truncate(1),
                    _ => {}
                }
                Value::list(items)
            }
            Data::String(text) if value.is_sensitive() => match self.below(3) {
                0 => Value::string(text.clone()),
                1 => Value::list(vec![Value::from("SECRET in a list")]),
                _ => Value::from("SECRET of old"),
            },
            _ if self.below(3) == 0 => Value::from("other"),
            _ => value.clone().unmark(),
        }
    }
}

#[test]
fn no_secret_no_escape_and_the_same_bytes() {
    let mut draw = Draw(1);
    for _ in 0..500 {
        let mut wanted = addon(&[]);
        let settings = draw.map(4);
        let mut object = live("addon.vpc-cni", addon(&[]), json!({}));
        let old = draw.live(&settings);
        object.attributes.insert("configuration_values".into(), old.clone());
        wanted.insert("configuration_values".into(), settings.clone());
        let mut groups =
            vec![changes("addon.vpc-cni", &wanted, Some(&object)), changes("addon.new", &wanted, None)];
        let mut tagged = role();
        tagged.insert("tags".into(), Value::object([("k", draw.value(0))]));
        groups.push(changes("role.vpc_cni", &tagged, None));
        let mut plan = plan(groups);
        plan.outputs = vec![PlannedOutput { name: "o".into(), value: settings, description: None }];
        let text = render(&plan, Style::plain());
        assert_eq!(text, render(&plan, Style::plain()));
        assert!(!text.contains('\u{1b}'), "{text}");
        for shown in [&text, &render(&plan, Style::coloured()), &json_plan(&plan).to_string()] {
            assert!(!shown.contains("SECRET"), "{shown}");
        }
        for line in text.lines() {
            assert_eq!(line, line.trim_end(), "{text}");
        }
    }
}

fn draw_policy(draw: &mut Draw) -> Value {
    let mut statements = Vec::new();
    for _ in 0..1 + draw.below(3) {
        let mut statement = Map::new();
        let mut words = |names: &[&str]| {
            let all: Vec<Value> = (0..draw.below(3) + 1).map(|_| Value::from(*draw.one(names))).collect();
            if all.len() == 1 && draw.below(2) == 0 { all[0].clone() } else { Value::list(all) }
        };
        let action = words(&["s3:Get*", "S3:get*", "s3:Put*", "sqs:Send"]);
        statement.insert("Action".into(), action);
        let resource = words(&["*", "a", "b"]);
        statement.insert("Resource".into(), resource);
        let accounts =
            words(&["123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/x"]);
        let values = words(&["true", "false"]);
        if draw.below(3) == 0 {
            statement.insert("Principal".into(), Value::object([("AWS", accounts)]));
        }
        if draw.below(3) == 0 {
            let keys = Value::object([("aws:SecureTransport", values)]);
            statement.insert("Condition".into(), Value::object([("Bool", keys)]));
        }
        if draw.below(2) == 0 {
            statement.insert("Sid".into(), Value::from(*draw.one(&["", "A", "B"])));
        }
        statement.insert("Effect".into(), Value::from(*draw.one(&["Allow", "Deny"])));
        statements.push(Value::map(statement));
    }
    let statements = if statements.len() == 1 && draw.below(2) == 0 {
        statements[0].clone()
    } else {
        Value::list(statements)
    };
    Value::object([
        ("Version", Value::from(*draw.one(&["2012-10-17", "2008-10-17"]))),
        ("Statement", statements),
    ])
}

#[test]
fn policies_keep_their_meaning_and_equal_ones_are_equal() {
    let mut draw = Draw(2);
    for _ in 0..3000 {
        let (before, after) = (draw_policy(&mut draw), draw_policy(&mut draw));
        let canonical = |policy: &Value| policy::canonical(policy).expect("drawn as a policy");
        let (old, new) = document::policies(&before, &after);
        assert_eq!(canonical(&old), canonical(&before), "{before:?}\n{after:?}");
        assert_eq!(canonical(&new), canonical(&after), "{before:?}\n{after:?}");
        assert_eq!(old == new, canonical(&before) == canonical(&after), "{before:?}\n{after:?}");
        let text = Value::from(policy::text(&before));
        assert_eq!(document::policies(&text, &after), (old, new), "text means the same as a value");
    }
}

#[test]
fn large_plans_are_quick() {
    let groups = (0..2000).map(|at| changes(&format!("role.r[{at}]"), &role(), None)).collect();
    let text = render(&plan(groups), Style::plain());
    assert!(text.ends_with("Plan: 2000 to add, 0 to change, 0 to destroy.\n"));
}
