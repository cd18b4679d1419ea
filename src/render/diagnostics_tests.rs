//! Complaints as the terminal shows them.

use super::fixtures::holds;
use super::{Style, diagnostics, error_count};
use crate::diagnostic::{Diagnostic, FileId, Sources, Span};

fn sources() -> (Sources, FileId, FileId) {
    let mut sources = Sources::default();
    let main = sources.add(
        "main.eks.hcl",
        "cluster \"größe 大きい\" {\n  verison = \"1.33\" # ⎈\n  vpc {\n    subnet_ids = [\n    ]\n  }\n}",
    );
    let other = sources.add("modules/a/roles.eks.hcl", "role \"a\" {\n\tpath = \"/\"\n}\n");
    (sources, main, other)
}

fn find(sources: &Sources, file: FileId, text: &str) -> Span {
    let all = &sources.get(file).expect("a test's file").text;
    let start = all.find(text).expect("a test's text");
    Span::new(file, start..start + text.len())
}

fn shown(all: &[Diagnostic], sources: &Sources) -> String {
    let text = diagnostics(all, sources, Style::plain());
    assert!(!text.contains('\u{1b}'));
    text
}

#[test]
fn underlines_multibyte_source_with_help() {
    let (sources, main, _) = sources();
    let all = [
        Diagnostic::error("unknown-attribute", "a cluster has no attribute \"verison\"")
            .at(find(&sources, main, "verison"))
            .label("not an attribute")
            .with_note("seen in größe")
            .about("cluster.demo")
            .help("did you mean \"version\"?"),
        Diagnostic::error("name", "a cluster's name is letters, digits, - and _").at(find(
            &sources,
            main,
            "\"größe 大きい\"",
        )),
    ];
    holds(&shown(&all, &sources), "diagnostics-multibyte.txt");
}

#[test]
fn related_places_in_the_same_and_in_another_file() {
    let (sources, main, other) = sources();
    let all = [Diagnostic::error("duplicate", "two blocks have the address role.a")
        .at(find(&sources, main, "vpc"))
        .label("declared again")
        .related(find(&sources, other, "\"a\""), "first declared here")
        .related(find(&sources, main, "subnet_ids"), "and here")];
    holds(&shown(&all, &sources), "diagnostics-related.txt");
}

#[test]
fn spans_over_lines_and_at_the_end() {
    let (sources, main, other) = sources();
    let end = sources.get(main).expect("a file").text.len();
    let other_end = sources.get(other).expect("a file").text.len();
    let all = [
        Diagnostic::error("block", "over three lines")
            .at(find(&sources, main, "vpc {\n    subnet_ids = [\n    ]\n  }"))
            .label("this block"),
        Diagnostic::error("eof", "the file ends here").at(Span::new(main, end..end)).label("expected }"),
        Diagnostic::error("newline", "ends in a line break").at(Span::new(other, 0..other_end)),
        Diagnostic::error("last", "after the last line break").at(Span::new(other, other_end..other_end)),
        Diagnostic::error("beyond", "outside of the file").at(Span::new(other, 900..1000)),
        Diagnostic::error("inside", "inside a character").at(Span::new(main, 12..12)),
        Diagnostic::error("lost", "in a file that is not there").at(Span::new(FileId(9), 0..1)),
    ];
    holds(&shown(&all, &sources), "diagnostics-spans.txt");
}

#[test]
fn errors_first_then_by_place_and_nothing_steers() {
    let (sources, main, other) = sources();
    let all = [
        Diagnostic::note("note", "a note"),
        Diagnostic::error("no-place", "no credentials\u{1b}[31m for \u{202e}AWS").help("run `aws sso login`"),
        Diagnostic::warning("late", "a warning").at(find(&sources, main, "vpc")),
        Diagnostic::error("other", "in the second file").at(find(&sources, other, "path")),
        Diagnostic::error("first", "in the first file").at(find(&sources, main, "vpc")),
    ];
    let text = shown(&all, &sources);
    let order: Vec<&str> = text.lines().filter(|line| line.contains('[') && line.contains("]: ")).collect();
    assert_eq!(
        order,
        [
            "error[first]: in the first file",
            "error[other]: in the second file",
            "error[no-place]: no credentials\u{fffd}[31m for \u{fffd}AWS",
            "warning[late]: a warning",
            "note[note]: a note",
        ]
    );
    assert!(text.contains("= help: run `aws sso login`\n"), "{text}");
    assert_eq!(error_count(&all), "3 errors, 1 warning");
    assert_eq!(error_count(&all[..1]), "");
    assert!(diagnostics(&all, &sources, Style::coloured()).contains('\u{1b}'));
    assert_eq!(diagnostics(&[], &sources, Style::plain()), "");
}

#[test]
fn any_span_of_any_text_can_be_shown() {
    let texts = ["", "\n", "\r\n", "a", "é", "\t\ta\u{200d}b\r\nc\n\n", "大\n\u{1f469}\u{200d}\u{1f4bb}x"];
    for text in texts {
        let mut sources = Sources::default();
        let file = sources.add("a", text);
        for start in 0..=text.len() + 1 {
            for end in start..=text.len() + 1 {
                let one = Diagnostic::error("x", "y")
                    .at(Span::new(file, start..end))
                    .label("z")
                    .related(Span::new(file, end..end), "w");
                assert!(diagnostics(&[one], &sources, Style::plain()).starts_with("error[x]: y\n"));
            }
        }
    }
}
