//! Tests of the parts together: text in, value or error out.

use super::eval::{Scope, evaluate};
use super::references::references;
use super::syntax;
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::value::{Type, Value};

struct Names;

impl Scope for Names {
    fn lookup(&self, root: &str, attrs: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        match (root, attrs) {
            ("var", ["name", ..]) => Ok((Value::string("demo"), 1)),
            ("var", ["secret", ..]) => Ok((Value::string("s3cret").mark(true), 1)),
            ("var", ["unknown", ..]) => Ok((Value::pending(Type::String, []), 1)),
            ("var", ["list", ..]) => Ok((Value::list(vec![Value::from(1), Value::from(2)]), 1)),
            _ => Err(Box::new(Diagnostic::error("unknown-reference", format!("no {root}")).at(span))),
        }
    }
}

fn eval(text: &str) -> String {
    let expr = match syntax::parse_expression(FileId(0), text) {
        Ok(expr) => expr,
        Err(errors) => return format!("syntax: {}", errors[0].message),
    };
    match evaluate(&expr, &Names) {
        Ok(value) => format!("{value:?}"),
        Err(errors) => errors
            .iter()
            .map(|error| {
                let at = error.span.map_or("", |span| &text[span.range()]);
                format!("{}: {} <{at}>", error.code, error.message)
            })
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[test]
fn the_core_evaluates() {
    for (text, expected) in [
        ("1 + 2 * 3", "7"),
        ("\"5\" + 1", "6"),
        ("\"x-${var.name}-${1 + 1}\"", "\"x-demo-2\""),
        ("[for x in var.list : x * 2 if x > 1]", "[4]"),
        ("{for i, x in var.list : \"k${i}\" => x}", "{\"k0\": 1, \"k1\": 2}"),
        ("var.list[*]", "[1, 2]"),
        ("var.secret", "(sensitive)"),
        ("\"a${var.secret}\"", "(sensitive)"),
        ("[var.unknown, 1]", "[(unknown string), 1]"),
        ("var.unknown == \"a\" ? 1 : 2", "(unknown number)"),
        ("true ? 1 : \"a\"", "\"1\""),
        ("var.nope", "unknown-reference: no var <var.nope>"),
        ("\"a${null}\"", "invalid-template: Invalid template interpolation value <null>"),
        ("1 / 0", "division-by-zero: Division by zero <1 / 0>"),
        (
            "[nope.a, ture, 1 + []]",
            "unknown-reference: no nope <nope.a>; unknown-reference: no ture <ture>; \
          invalid-operand: Unsuitable value for the right operand: a number is required, but this is a list <[]>",
        ),
        ("max(1, 5, 3)", "5"),
        ("mx(1)", "unknown-function: There is no function named \"mx\" <mx>"),
        ("false && nope", "false"),
        ("nope || true", "true"),
    ] {
        assert_eq!(eval(text), expected, "{text}");
    }
}

#[test]
fn references_are_free_names() {
    let text = "[for x in var.list : \"${x}-${addon.vpc-cni.arn}-${role.a[\"k\"].arn[x]}\"]";
    let expr = syntax::parse_expression(FileId(0), text).expect("parses");
    let found: Vec<&str> = references(&expr).iter().map(|reference| &text[reference.span.range()]).collect();
    assert_eq!(found, ["var.list", "addon.vpc-cni.arn", "role.a[\"k\"].arn"]);
}
