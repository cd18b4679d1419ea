//! What must hold for any text and any expression: nothing panics, places are real, a sensitive input
//! shows in no unmarked output, and what is known early is not contradicted later.

use eksform::diagnostic::{Diagnostic, FileId, Span};
use eksform::lang::eval::{Inputs, Scope, evaluate};
use eksform::lang::{Expr, format, function_names, literal, references, syntax};
use eksform::value::{Address, Data, Path, Type, Value};
use proptest::prelude::*;

/// One name, `x`, for any value, and a few constants.
struct OneName {
    x: Value,
    inputs: Inputs,
}

impl Scope for OneName {
    fn lookup(&self, root: &str, _: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        match root {
            "x" => Ok((self.x.clone(), 0)),
            "l" => Ok((Value::list(vec![Value::from(1), Value::from("b")]), 0)),
            "m" => Ok((Value::object([("a", Value::from("1")), ("b", Value::NULL)]), 0)),
            _ => Err(Box::new(Diagnostic::error("unknown-reference", "no such name").at(span))),
        }
    }

    fn inputs(&self) -> Option<&Inputs> {
        Some(&self.inputs)
    }
}

fn with(x: &Value, expr: &Expr) -> Result<Value, Vec<Diagnostic>> {
    evaluate(expr, &OneName { x: x.clone(), inputs: Inputs::default() })
}

/// Deep syntax needs more stack than test threads have.
pub fn on_a_large_stack(body: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(body).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Pieces of the language in any order: more likely to get far than any characters.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "a",
            "x",
            "for",
            "in",
            "if",
            "=",
            "==",
            "=>",
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            "\"",
            "${",
            "%{",
            "~}",
            "}",
            "\n",
            "\r\n",
            " ",
            ",",
            ".",
            "...",
            "*",
            "?",
            ":",
            "<<EOT\n",
            "<<-EOT\n",
            "EOT\n",
            "EOT",
            "#c\n",
            "/*",
            "*/",
            "//c\n",
            "1",
            "1.5",
            "0e",
            "-",
            "!",
            "&&",
            "||",
            "%",
            "null",
            "true",
            "\\",
            "\\u00e9",
            "é",
            "$${",
            "%{ if ",
            "%{ else }",
            "%{ endif }",
            "%{ for x in ",
            "%{ endfor }",
            "\"a\"",
            "\"a${x}\"",
            "a.b-c",
            "x[0]",
            "x[*]",
            "x.*",
            "upper(",
            "'",
            "\u{feff}",
            "\t",
            "::",
        ])
        .prop_map(String::from),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// An expression that mostly means something.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x",
        "x",
        "x",
        "l",
        "m",
        "1",
        "-2.5",
        "0",
        "\"a\"",
        "\"\"",
        "\"3\"",
        "true",
        "false",
        "null",
        "[]",
        "{}",
        "m.a",
        "l[0]",
        "\"%s\"",
        "\"%d-%v\"",
        "\",\"",
        "\"10.0.0.0/8\"",
        "\"2020-01-01T00:00:00Z\"",
        "\"1h\"",
    ])
    .prop_map(String::from);
    // What looks behind marks, reads files, or turns failure into a value is not bound by the laws.
    let functions: Vec<&str> = function_names()
        .into_iter()
        .filter(|name| {
            ![
                "nonsensitive",
                "issensitive",
                "try",
                "can",
                "bcrypt",
                "convert",
                "type",
                "uuid",
                "ephemeralasnull",
            ]
            .contains(name)
                && !name.starts_with("file")
                && !name.starts_with("template")
        })
        .collect();
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            (inner.clone(), inner.clone()).prop_map(|(k, v)| format!("{{ ({k}) = {v}, b = {v} }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("\"<${{{a}}}>${{{b}}}\"")),
            inner.clone().prop_map(|a| format!("\"%{{ if {a} }}y%{{ else }}n%{{ endif }}\"")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("\"%{{ for i, v in {a} }}${{i}}${{v}}${{{b}}}%{{ endfor }}\"")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("[for k, v in {a} : [k, v, {b}] if {c}]")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("{{ for k, v in {a} : \"${{v}}\" => {b}... }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("({a})[*]")),
            inner.clone().prop_map(|a| format!("({a}).*.a")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{ a = {a}, c = {b} }}.a")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (prop::sample::select(functions.clone()), prop::collection::vec(inner, 0..4))
                .prop_map(|(name, args)| format!("{name}({})", args.join(", "))),
        ]
    })
}

fn known() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::NULL),
        any::<bool>().prop_map(Value::from),
        (-1000i64..1000).prop_map(Value::from),
        "[a-z0-9 ${%\"\\\\\n\té]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::list),
            prop::collection::vec("[a-c$]{0,2}", 0..3)
                .prop_map(|items| Value::set(items.into_iter().map(Value::from).collect())),
            prop::collection::btree_map("[a-z${ ]{1,3}", inner, 0..3).prop_map(Value::object),
        ]
    })
}

/// Two values of one simple type: what an unknown may turn into, what a secret may be.
fn twins() -> impl Strategy<Value = (Value, Value, Type)> {
    prop_oneof![
        ("[a-z0-9]{0,3}", "[a-z0-9]{0,3}").prop_map(|(a, b)| (Value::from(a), Value::from(b), Type::String)),
        (-3i64..4, -3i64..4).prop_map(|(a, b)| (Value::from(a), Value::from(b), Type::Number)),
        (any::<bool>(), any::<bool>()).prop_map(|(a, b)| (Value::from(a), Value::from(b), Type::Bool)),
        (prop::collection::vec("[ab]", 0..3), prop::collection::vec("[ab]", 0..3)).prop_map(|(a, b)| {
            let list = |items: Vec<String>| Value::list(items.into_iter().map(Value::from).collect());
            (list(a), list(b), Type::list(Type::String))
        }),
    ]
}

/// Whether two outputs differ where no mark covers it.
pub fn leaks(a: &Value, b: &Value) -> bool {
    if a.is_sensitive() && b.is_sensitive() {
        return false;
    }
    match (a.data(), b.data()) {
        (Data::List(a), Data::List(b)) | (Data::Set(a), Data::Set(b)) => {
            a.len() != b.len() || a.iter().zip(b.iter()).any(|(a, b)| leaks(a, b))
        }
        (Data::Map(a), Data::Map(b)) => {
            !a.keys().eq(b.keys()) || a.values().zip(b.values()).any(|(a, b)| leaks(a, b))
        }
        _ => a != b,
    }
}

/// Whether `later` is what `early` may turn into.
pub fn refines(early: &Value, later: &Value) -> bool {
    match (early.data(), later.data()) {
        (Data::Unknown(_), _) => true,
        (Data::List(a), Data::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| refines(a, b))
        }
        (Data::Set(_), Data::Set(_)) => early.contains_unknown() || early == later,
        (Data::Map(a), Data::Map(b)) => {
            a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| refines(a, b))
        }
        _ => early == later,
    }
}

fn assert_places(text: &str, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let span = diagnostic.span.expect("every error has a place");
        assert!(
            text.get(span.range()).is_some(),
            "{}: {:?} is no part of {text:?}",
            diagnostic.message,
            span.range()
        );
    }
}

pub fn check_text(text: &str) {
    let (document, errors) = syntax::parse(FileId(0), text);
    assert_places(text, &errors);
    for attribute in &document.body.attributes {
        assert_eq!(&text[attribute.name_span.range()], &*attribute.name);
        let _ = with(&Value::from("x"), &attribute.expr).map_err(|errors| assert_places(text, &errors));
    }
    let parsed = syntax::parse_expression(FileId(0), text);
    match parsed {
        Ok(expr) => {
            for reference in references::references(&expr) {
                assert!(text[reference.span.range()].starts_with(&*reference.root));
            }
            if let Err(errors) = with(&Value::from("x"), &expr) {
                assert_places(text, &errors);
            }
        }
        Err(errors) => assert_places(text, &errors),
    }
    let (_, errors) = syntax::parse_json(FileId(0), text, &|path| (path.len() < 3).then_some(1));
    assert_places(text, &errors);
    match format(text) {
        Ok(once) => {
            assert_eq!(format(&once).as_ref(), Ok(&once), "fmt is not idempotent on {text:?}");
            let meaning = |text: &str| {
                let (document, _) = syntax::parse(FileId(0), text);
                let body = document.body;
                let values: Vec<_> = body
                    .attributes
                    .iter()
                    .map(|attribute| (attribute.name.clone(), with(&Value::from("x"), &attribute.expr).ok()))
                    .collect();
                let blocks: Vec<_> = body
                    .blocks
                    .iter()
                    .map(|block| {
                        (
                            block.kind.clone(),
                            block.labels.iter().map(|label| label.0.clone()).collect::<Vec<_>>(),
                        )
                    })
                    .collect();
                (values, blocks)
            };
            assert_eq!(meaning(text), meaning(&once), "fmt changed the meaning of {text:?}");
        }
        Err(errors) => assert_places(text, &errors),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in soup()) {
        on_a_large_stack(move || check_text(&text));
    }

    #[test]
    fn any_json_text_is_read_or_refused(text in "[\\[\\]{}:,\"a0-9.eE\\\\$ \n-]{0,40}") {
        on_a_large_stack(move || check_text(&text));
    }

    #[test]
    fn any_characters_are_read_or_refused(text in "\\PC{0,60}") {
        on_a_large_stack(move || check_text(&text));
    }

    #[test]
    fn secrets_stay_marked(text in expression(), (a, b, _) in twins()) {
        on_a_large_stack(move || {
            let Ok(expr) = syntax::parse_expression(FileId(0), &text) else { return };
            if let (Ok(a), Ok(b)) = (with(&a.mark(true), &expr), with(&b.mark(true), &expr)) {
                assert!(!leaks(&a, &b), "{text} shows its secret");
            }
        });
    }

    #[test]
    fn what_is_known_early_holds_later(text in expression(), (a, _, ty) in twins()) {
        on_a_large_stack(move || {
            let Ok(expr) = syntax::parse_expression(FileId(0), &text) else { return };
            let unknown = Value::after_apply(ty, Address::root("addon", "x"), Path::attribute("arn"));
            if let (Ok(early), Ok(later)) = (with(&unknown, &expr), with(&a, &expr)) {
                assert!(refines(&early, &later), "{text} was {early:?} and became {later:?}");
                if let Some(why) = early.unknowns() {
                    assert!(!why.after.is_empty(), "{text} is unknown for no reason");
                }
            }
        });
    }

    #[test]
    fn literals_read_back(value in known()) {
        on_a_large_stack(move || {
            let text = literal(&value);
            let expr = syntax::parse_expression(FileId(0), &text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
            let back = with(&Value::NULL, &expr).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
            assert_eq!(back, value, "{text}");
        });
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(128)
}

#[test]
fn nesting_is_limited() {
    on_a_large_stack(|| {
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{a=", "}"),
            ("upper(", ")"),
            ("-", ""),
            ("!", ""),
            ("\"${", "}\""),
            ("[for x in l : ", "]"),
            ("1 + 1 + (", ")"),
        ] {
            for depth in [10, 60, 70, 1_000, 20_000] {
                let text = format!("a = {}1{}\n", open.repeat(depth), close.repeat(depth));
                let (document, errors) = syntax::parse(FileId(0), &text);
                assert_places(&text, &errors);
                for attribute in &document.body.attributes {
                    let _ = with(&Value::NULL, &attribute.expr);
                }
                if depth > 100 {
                    assert!(!errors.is_empty(), "{open} {depth}");
                }
            }
        }
        let chain = format!("a = 1{}\n", " + 1".repeat(10_000));
        let (_, errors) = syntax::parse(FileId(0), &chain);
        assert_eq!(errors[0].message, "Too many operators in one expression");
        let blocks = format!("{}{}", " a {\n".repeat(1_000), " }\n".repeat(1_000));
        let (_, errors) = syntax::parse(FileId(0), &blocks);
        assert_eq!(errors[0].message, "Nested too deeply");
        let json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let (_, errors) = syntax::parse_json(FileId(0), &json, &|_| None);
        assert_eq!(errors.len(), 1);
    });
}

#[test]
fn work_is_limited() {
    for text in [
        "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]",
        "setproduct(range(1000), range(1000), range(1000))",
        "join(\"\", [for i in range(1000) : join(\"\", [for j in range(1000) : \"0123456789012345678901234567890123456789012345678901234567890123456789\"])])",
        "replace(join(\"\", [for i in range(1000) : \"aaaaaaaaaaaaaaaaaaaa\"]), \"a\", join(\"\", [for i in range(1000) : \"bbbbbbbbbb\"]))",
        "indent(100000000, \"a\\nb\")",
        "format(\"%100000d\", 1)",
        "pow(pow(10, 1000), 1000)",
        "\"%{ for a in range(1000) }%{ for b in range(1000) }%{ for c in range(1000) }x%{ endfor }%{ endfor }%{ endfor }\"",
        "yamldecode(\"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\")",
        "[for a in [[1, 1]] : [for b in [[a, a]] : [for c in [[b, b]] : [for d in [[c, c, c, c, c, c, c, c, c, c]] : [for e in [[d, d, d, d, d, d, d, d, d, d]] : [for f in [[e, e, e, e, e, e, e, e, e, e]] : [for g in [[f, f, f, f, f, f, f, f, f, f]] : [for h in [[g, g, g, g, g, g, g, g, g, g]] : [for i in [[h, h, h, h, h, h, h, h, h, h]] : [for j in [[i, i, i, i, i, i, i, i, i, i]] : jsonencode(j) ]]]]]]]]]]",
        "regex(\"(a{1000}){1000}\", \"a\")",
    ] {
        let expr = syntax::parse_expression(FileId(0), text).expect("parses");
        let started = std::time::Instant::now();
        assert!(with(&Value::NULL, &expr).is_err(), "{text}");
        // Seconds in a debug build on an idle machine. This is about not hanging, so it is generous.
        assert!(started.elapsed().as_secs() < 300, "{text} took {:?}", started.elapsed());
    }
}
