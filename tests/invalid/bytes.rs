//! Complaints point at the very bytes they are about, wherever these stand, and come all at once.

use eksform::diagnostic::Diagnostic;
use eksform::stack::{self, Inputs, SourceTree};
use std::collections::BTreeSet;

/// A stack of several files. What an error has to point at stands between « and », which are no part of it.
const FILES: &[(&str, &str)] = &[
    (
        "main.eks.hcl",
        r#"stack "s" {}

locals {
  # é: bytes are no characters
  plain    = «nope.a» # é
  template = "é ${«nope.b»} $${nope.x} \u00e9 ${upper(«nope.c»)}"
  control  = "é%{ if «nope.d» }é%{ else }${ «nope.e» }%{ endif }"
  flush    = <<-EOT
      é first
    ${«nope.f»} and ${length(«nope.g»)}
      %{ for x in «nope.h» ~}
      ${x}é
      %{ endfor ~}
  EOT
  heredoc = <<EOT
${«nope.i»}
EOT
  nested = [for x in [1] : { é = "${"é${"${«nope.j»}"}"}" }]
  lines = [
    1, «nope.k»,
    {
      a = «nope.l[0].b»
    },
  ]
  sum      = «"é"» + 1
  called   = "é ${upper(«[]»)} ${«nothing»(1)}"
  in_flush = <<-EOT
    é
      ${«"x"» * 2}
  EOT
}

module "a" {
  source = "./modules/a"
  size   = «nope.m»
  «siez» = 1
}

role "app" {
  description          = "é ${«nope.n»}"
  max_session_duration = «"é"»
  «nmae»               = "x"
}
"#,
    ),
    (
        "modules/a/main.eks.hcl",
        r#"variable "size" {}

output "x" {
  value = <<-EOT
    é ${«nope.o»}
  EOT
}

role "inner" {
  «pth» = "é"
}
"#,
    ),
    (
        "more.eks.json",
        r#"{
  "locals": {
    "é": "is fine",
    "json": "é \u00e9 \"${«nope.p»}\" \n\t ${upper(«nope.q»)}",
    "list": ["é", {"k": "${«nope.r»}"}]
  },
  "role": {
    "json": {
      "description": "${«nope.s»}"
    }
  }
}
"#,
    ),
];

/// The files without the marks, and the marked bytes.
fn marked() -> (SourceTree, BTreeSet<(String, String, usize, usize)>) {
    let mut sources = SourceTree::default();
    let mut expected = BTreeSet::new();
    for (path, text) in FILES {
        let mut plain = String::new();
        let mut rest = *text;
        while let Some((before, after)) = rest.split_once('«') {
            let (inside, after) = after.split_once('»').expect("a pair of marks");
            plain.push_str(before);
            let start = plain.len();
            plain.push_str(inside);
            expected.insert((path.to_string(), inside.to_string(), start, plain.len()));
            rest = after;
        }
        plain.push_str(rest);
        sources.files.insert((*path).into(), plain.into());
    }
    (sources, expected)
}

#[test]
fn every_error_points_at_its_bytes_in_one_run() {
    let (sources, expected) = marked();
    let (program, found) = stack::validate(&Inputs { sources, ..Inputs::default() });
    let place = |diagnostic: &Diagnostic| {
        let span = diagnostic.span.expect("a place");
        let path = program.sources.get(span.file).expect("a file").path.clone();
        (path, program.sources.text(span).to_string(), span.range().start, span.range().end)
    };
    let errors: Vec<&Diagnostic> = found.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    let pointed: BTreeSet<_> = errors.iter().map(|error| place(error)).collect();
    let wrong: Vec<String> = errors
        .iter()
        .filter(|error| !expected.contains(&place(error)))
        .map(|error| format!("{:?}: {}", place(error), error.message))
        .collect();
    let silent: Vec<_> = expected.difference(&pointed).collect();
    assert!(wrong.is_empty() && silent.is_empty(), "\nelsewhere: {wrong:#?}\nnot found: {silent:#?}");
    assert_eq!(errors.len(), expected.len(), "one complaint for each place");
}
