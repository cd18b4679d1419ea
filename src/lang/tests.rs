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

fn complaints(text: &str) -> Vec<String> {
    let (_, diagnostics) = syntax::parse(FileId(0), text);
    diagnostics
        .iter()
        .map(|error| {
            let at = error.span.map_or("", |span| text.get(span.range()).unwrap_or("?"));
            format!("{} <{at}>", error.message)
        })
        .collect()
}

#[test]
fn every_syntax_error_is_found_and_placed() {
    let text =
        "a = 1\nb = \"oops\nc = [1, 2\n\ncluster \"x\" {\n  v = 'q'\n}\n\nrole \"y\" {\n  a: 1\n}\nd = 4\n";
    assert_eq!(
        complaints(text),
        [
            "This string does not end on its line <\"oops>",
            "This [ is never closed <[>",
            "Invalid character <'>",
            "An attribute or a block is expected here, but there is \":\" <:>",
        ]
    );
    let (document, _) = syntax::parse(FileId(0), text);
    let names: Vec<&str> = document.body.attributes.iter().map(|attribute| &*attribute.name).collect();
    assert_eq!(names, ["a", "d"]);
    for (text, expected) in [
        ("a = 1, b = 2\n", "The line should end here, but there is \",\" <,>"),
        ("a = {\n  b = 1\n", "This { is never closed <{>"),
        ("a = [1)\n", "This ) does not close [ <)>"),
        ("a = \"${b\n", "This template sequence does not end <${>"),
        ("a = \"${b\"\nb = 2\n", "This template sequence does not end <${>"),
        ("a = <<EOT\nx\n", "This heredoc does not end <<<EOT>"),
        ("a = 1\na = 2\n", "The attribute \"a\" is defined twice <a>"),
        ("a = \n", "An expression is expected here, but there is the end of the line <>"),
        ("a =", "An expression is expected here, but there is the end of the file <>"),
        ("a = \"\\q\"\n", "Unknown escape sequence: \\q <\\q>"),
        ("a = \"%{ if x }y\"\n", "This %{ if } has no %{ endif } <%{>"),
        ("a = \"%{ fi x }y\"\n", "There is no template directive \"fi\" <fi>"),
        ("a = \"x%{ endfor }\"\n", "There is no open directive for this %{ endfor } <endfor>"),
        ("a = b.\n", "A name is expected after the dot <.>"),
        ("a = 1.\n", "Digits are expected after the dot <.>"),
        ("a = 0x10\n", "Invalid number <0x10>"),
        ("1a = 2\n", "An attribute or a block is expected here, but there is \"1\" <1>"),
        ("a = if x then y\n", "There is no if expression <x>"),
        ("a = [1 2]\n", "Unexpected \"2\": expected \"]\" <2>"),
        ("/* x", "This comment does not end </*>"),
        ("a { b = 1, c = 2 }\n", "Something is wrong inside this block: unexpected \",\" <,>"),
        ("a = 1\n \r \r \n", "Invalid character <\r>"),
        ("a = (1 +\r\n\r2)\r\n", "Invalid character <\r>"),
        ("}\na = 1\n", "There is no open bracket for this } <}>"),
    ] {
        let found = complaints(text);
        assert_eq!(found, [expected], "{text:?}");
    }
}

#[test]
fn spans_are_exact_everywhere() {
    let text = "\u{feff}cluster \"é\" {\n  a = \"x${var.name}y${nope.a}\"\n  b = <<-EOT\n    é ${nope.b}\n    %{ if nope.c }z%{ endif }\n  EOT\n}\n";
    let (document, errors) = syntax::parse(FileId(0), text);
    assert_eq!(errors, []);
    let block = &document.body.blocks[0];
    assert_eq!(&text[block.span.range()], "cluster \"é\"");
    assert_eq!(&text[block.labels[0].1.range()], "\"é\"");
    let mut found = Vec::new();
    for attribute in &block.body.attributes {
        assert_eq!(&text[attribute.name_span.range()], &*attribute.name);
        found.extend(
            references(&attribute.expr).iter().map(|reference| text[reference.span.range()].to_string()),
        );
        for error in evaluate(&attribute.expr, &Names).expect_err("names are missing") {
            found.push(format!("!{}", &text[error.span.expect("a span").range()]));
        }
    }
    assert_eq!(found, ["var.name", "nope.a", "!nope.a", "nope.b", "nope.c", "!nope.b", "!nope.c"]);
}
