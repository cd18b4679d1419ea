//! Small texts that ask for much: each is refused soon, and says what is too much.

use super::laws::on_a_large_stack;
use super::scope::CorpusScope;
use eksform::diagnostic::{Diagnostic, FileId};
use eksform::lang::{eval::evaluate, syntax};
use std::time::{Duration, Instant};

/// An expression and a part of what is said about it.
const BOMBS: &[(&str, &str)] = &[
    // Numbers of elements.
    ("range(2000)", "more than 1024 values were generated"),
    ("range(0, 1e300, 1e-300)", "more than 1024 values were generated"),
    ("setproduct(range(1000), range(1000), range(1000))", "the product would have more than"),
    ("cidrsubnets(\"10.0.0.0/8\", [for j in range(300) : 8]...)", "not enough remaining address space"),
    ("cidrsubnet(\"10.0.0.0/8\", 1e9, 0)", "bits"),
    // Lengths of text.
    (
        "replace(join(\"\", [for i in range(1000) : join(\"\", range(100))]), \"\", join(\"\", range(1000)))",
        "longer than",
    ),
    ("indent(100000000, \"a\\nb\")", ""),
    ("format(\"%100000d\", 1)", "larger than 1024"),
    ("format(\"%.100000f\", 1)", "larger than 1024"),
    ("format(\"%99999999999999999999d\", 1)", "larger than 1024"),
    // Sizes of numbers.
    ("pow(pow(10, 1000), 1000)", "too"),
    ("pow(2, 1e9)", "not a finite number"),
    ("1e9999999999", "out of range"),
    ("parseint(join(\"\", [for i in range(1000) : \"zzzzzzzzzz\"]), 36)", ""),
    // Depth.
    ("jsondecode(join(\"\", [for i in range(1000) : \"[\"]))", "nested deeper than"),
    ("yamldecode(join(\"\", [for i in range(1000) : \"[\"]))", "recursion limit exceeded"),
    ("templatefile(\"nested.tftpl\", {})", "a template cannot call templatefile"),
    // What stands for more than it is long.
    (
        "yamldecode(\"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\")",
        "",
    ),
    ("regex(\"(a{1000}){1000}\", \"a\")", ""),
    ("regexall(\"((((a{100}){100}){100}){100})\", \"a\")", ""),
    // Work of one call; `laws::work_is_limited` has what many calls add up to.
    ("bcrypt(\"x\", 31)", "the cost must be between 4 and 16"),
];

fn said(errors: &[Diagnostic]) -> String {
    let words = errors.iter().map(|error| {
        let parts = [Some(&error.message), error.label.as_ref(), error.help.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" / ")
    });
    words.collect::<Vec<_>>().join("\n")
}

#[test]
fn bombs_are_refused_soon() {
    let mut failures = Vec::new();
    let body = move || {
        for (text, part) in BOMBS {
            let started = Instant::now();
            let scope = CorpusScope::default();
            let result = syntax::parse_expression(FileId(0), text).and_then(|expr| evaluate(&expr, &scope));
            match result {
                Ok(_) => failures.push(format!("{text}: no error")),
                Err(errors) if !said(&errors).contains(part) => {
                    failures.push(format!("{text}: {}", said(&errors)));
                }
                Err(errors) if errors.iter().any(|error| error.span.is_none()) => {
                    failures.push(format!("{text}: no place"));
                }
                Err(_) => {}
            }
            println!("{:?} {}", started.elapsed(), &text[..text.len().min(70)]);
            // Much more than any takes on an idle machine in a debug build.
            if started.elapsed() > Duration::from_secs(120) {
                failures.push(format!("{text}: took {:?}", started.elapsed()));
            }
        }
        failures
    };
    let failures = std::thread::Builder::new().stack_size(16 << 20).spawn(body).expect("a thread").join();
    let failures = failures.expect("no panic");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Locals that double each other: each is small, together they stand for 2^60 values.
#[test]
fn names_that_double_each_other_are_refused() {
    use eksform::stack::{self, Inputs, SourceTree};
    let mut text = String::from("stack \"s\" {}\nlocals {\n  x0 = [1, 1]\n");
    for at in 1..60 {
        text.push_str(&format!("  x{at} = [local.x{before}, local.x{before}]\n", before = at - 1));
    }
    text.push_str("}\noutput \"x\" { value = jsonencode(local.x59) }\n");
    let sources = SourceTree { files: [("main.eks.hcl".into(), text.as_str().into())].into() };
    let started = Instant::now();
    let (_, found) = stack::validate(&Inputs { sources, ..Inputs::default() });
    assert!(said(&found).contains("This value is too large"), "{}", said(&found));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

/// For every level of chains around a mistake the parser takes twice as long.
#[test]
fn a_mistake_deep_inside_of_chains_is_found_soon() {
    on_a_large_stack(|| {
        for (open, close) in [
            ("1 + 1 + (", ")"),
            ("a && b && !(", ")"),
            ("1 - 1 /* - */ - [", "]"),
            ("1 == 1 == {a=", "}"),
            ("1 * 1 * f(1, ", ")"),
            ("1 + 1 + \"${", "}\""),
            ("1 + 1 + x[", "]"),
            ("1 + 1 + [for x in y : ", "]"),
            ("1 + 1 + \"%{ if ", "}%{ endif }\""),
        ] {
            for levels in [1, 4, 8, 16, 50] {
                for mistake in ["1 & 1", "1 +", "1 ! 1"] {
                    let text = format!("{}{mistake}{}", open.repeat(levels), close.repeat(levels));
                    let started = Instant::now();
                    let errors = syntax::parse_expression(FileId(0), &text).expect_err("does not parse");
                    let template = format!("x${{{text}}}\n");
                    let json = format!("{{\"a\": {}}}", serde_json::Value::from(template));
                    let (_, more) = syntax::parse_json(FileId(0), &json, &|_| None);
                    let took = started.elapsed();
                    assert!(took < Duration::from_secs(10), "{text} took {took:?}");
                    let (said, more) = (said(&errors), said(&more));
                    assert_eq!(said.contains("Nested too deeply"), levels > 8, "{text}: {said}");
                    assert!(!more.is_empty(), "{json}");
                }
            }
        }
    });
}
