//! The laws again, on expressions that mean something: every literal of every corpus case in turn is a
//! secret, then an unknown.

use super::corpus::all_cases;
use super::laws::{leaks, refines};
use super::scope::CorpusScope;
use eksform::diagnostic::{Diagnostic, FileId, Span};
use eksform::lang::eval::{Inputs, Scope, evaluate};
use eksform::lang::{Expr, syntax};
use eksform::value::{Address, Data, Path, Type, Value, Want};
use regex::Regex;
use std::fmt::Write as _;

/// The corpus' scope and one more name.
struct With {
    inner: CorpusScope,
    value: Value,
}

impl Scope for With {
    fn lookup(&self, root: &str, attrs: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        if root == "mutated" { Ok((self.value.clone(), 0)) } else { self.inner.lookup(root, attrs, span) }
    }

    fn ask(&self, want: &Want) -> Result<Option<Value>, Box<Diagnostic>> {
        self.inner.ask(want)
    }

    fn inputs(&self) -> Option<&Inputs> {
        self.inner.inputs()
    }
}

fn with(expr: &Expr, value: Value) -> Option<Value> {
    evaluate(expr, &With { inner: CorpusScope::default(), value }).ok()
}

/// Other values of the same type.
fn others(value: &Value) -> Vec<Value> {
    match value.data() {
        Data::String(text) => {
            let mut letters: Vec<char> = text.chars().collect();
            letters.reverse();
            vec![
                Value::from(""),
                Value::string(format!("{text}a")),
                Value::string(letters.into_iter().collect::<String>()),
                Value::from("b"),
            ]
        }
        Data::Number(number) => {
            let next = number.as_i64().unwrap_or(0);
            vec![Value::from(next + 1), Value::from(next - 1), Value::from(0)]
        }
        Data::Bool(value) => vec![Value::from(!value)],
        Data::List(items) => {
            let mut longer = items.to_vec();
            longer.extend(items.first().cloned());
            vec![
                Value::list(Vec::new()),
                Value::list(longer),
                Value::list(items.iter().rev().cloned().collect()),
            ]
        }
        _ => Vec::new(),
    }
}

fn type_of(value: &Value) -> Type {
    match value.data() {
        Data::String(_) => Type::String,
        Data::Number(_) => Type::Number,
        Data::Bool(_) => Type::Bool,
        Data::List(items) if !items.is_empty() && items.iter().all(|item| item.as_str().is_some()) => {
            Type::list(Type::String)
        }
        _ => Type::Any,
    }
}

/// The value with numbers and bools as text.
fn as_text(value: &Value) -> Value {
    match value.data() {
        Data::Number(_) | Data::Bool(_) => Value::string(format!("{value:?}")),
        Data::List(items) => Value::list(items.iter().map(as_text).collect()),
        Data::Map(map) => Value::object(map.iter().map(|(key, item)| (key.clone(), as_text(item)))),
        _ => value.clone(),
    }
}

#[test]
fn every_literal_may_be_a_secret_or_unknown() {
    let literal =
        Regex::new(r#""[^"\\$%]*"|\b\d+(\.\d+)?\b|\btrue\b|\bfalse\b|\[[^\[\](){}$]*\]"#).expect("a pattern");
    let blind =
        Regex::new(r"nonsensitive|issensitive|\btry\(|\bcan\(|type\(|convert\(|uuid|bcrypt|unknown\.|<<")
            .expect("a pattern");
    let mut failures = String::new();
    let mut checked = 0;
    for text in all_cases() {
        if blind.is_match(&text) {
            continue;
        }
        for found in literal.find_iter(&text) {
            let Some(value) = syntax::parse_expression(FileId(0), found.as_str())
                .ok()
                .and_then(|expr| evaluate(&expr, &CorpusScope::default()).ok())
            else {
                continue;
            };
            let mutated = format!("{} mutated {}", &text[..found.start()], &text[found.end()..]);
            let Ok(expr) = syntax::parse_expression(FileId(0), &mutated) else { continue };
            let Some(plain) = with(&expr, value.clone()) else { continue };
            checked += 1;
            let secret = with(&expr, value.clone().mark(true));
            if secret.as_ref() != Some(&plain) {
                let _ = writeln!(failures, "{mutated}a mark changes {plain:?} to {secret:?}\n");
            }
            for other in others(&value) {
                if let (Some(a), Some(b)) = (&secret, with(&expr, other.clone().mark(true)))
                    && leaks(a, &b)
                {
                    let _ = writeln!(failures, "{mutated}shows {value:?} and {other:?} as {a:?} and {b:?}\n");
                }
            }
            for ty in [type_of(&value), Type::Any] {
                let untyped = ty == Type::Any;
                let unknown = Value::after_apply(ty, Address::root("addon", "y"), Path::attribute("id"));
                let Some(early) = with(&expr, unknown) else { continue };
                // As in Terraform, an unknown of any type does not yet turn the numbers beside it to text.
                let same = if untyped {
                    refines(&as_text(&early), &as_text(&plain))
                } else {
                    refines(&early, &plain)
                };
                if !same {
                    let _ = writeln!(failures, "{mutated}{value:?}: early {early:?}, later {plain:?}\n");
                }
                if early.unknowns().is_some_and(|why| why.after.is_empty() && why.pending.is_empty()) {
                    let _ = writeln!(failures, "{mutated}is unknown for no reason\n");
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(checked > 500, "only {checked} mutations make sense");
}
