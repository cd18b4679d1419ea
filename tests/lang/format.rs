//! `fmt`: layouts, and that nothing but layout changes.

use eksform::lang::format;

fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let twice = format(&once).expect("formatted text parses");
    assert_eq!(once, twice, "not idempotent");
    once
}

#[test]
fn layouts() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lang/fmt");
    let mut count = 0;
    for file in std::fs::read_dir(directory).expect("the corpus").filter_map(Result::ok) {
        let name = file.file_name().to_string_lossy().to_string();
        let Some(stem) = name.strip_suffix(".in.hcl") else { continue };
        let given = std::fs::read_to_string(file.path()).expect("an input");
        let expected = std::fs::read_to_string(format!("{directory}/{stem}.out.hcl")).expect("an output");
        similar_asserted(&formatted(&given), &expected, stem);
        assert_eq!(formatted(&expected), expected, "{stem}: the output is not in its own layout");
        count += 1;
    }
    assert!(count > 0);
}

fn similar_asserted(got: &str, expected: &str, name: &str) {
    let difference = similar::TextDiff::from_lines(expected, got);
    assert!(got == expected, "{name}:\n{}", difference.unified_diff().header("expected", "got"));
}

#[test]
fn syntax_errors_are_returned() {
    let errors = format("a = [\n").expect_err("does not parse");
    assert_eq!(errors[0].message, "This [ is never closed");
}
