//! The reference page of the functions, from their tables.

use super::{FAMILIES, Function};
use std::fmt::Write as _;

/// The page in Markdown.
pub fn page() -> String {
    let mut text = String::from(
        "<!-- Generated from the tables in src/lang/functions. Do not edit; write it anew with:
     SNAPSHOTS=overwrite cargo test --no-default-features --lib functions -->

# Functions

These are Terraform's functions, with Terraform's results. A parameter that ends in `...` may be given any number of
times. [Language](language.md#functions) lists the few differences.
",
    );
    for (family, functions) in &FAMILIES {
        let _ = write!(text, "\n## {family}\n\n| Function | Result |\n| --- | --- |\n");
        let mut functions: Vec<&Function> = functions.iter().collect();
        functions.sort_by_key(|function| function.name);
        for function in functions {
            let _ = writeln!(text, "| `{}` | {} |", function.usage(), function.returns.ty());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_page_of_the_functions_is_current() {
        let file = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference/functions.md");
        snapbox::assert_data_eq!(super::page(), snapbox::Data::read_from(&file, None).raw());
    }
}
