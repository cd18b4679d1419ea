//! Attributes that go together, or do not.

use crate::diagnostic::{Diagnostic, Span};
use crate::kinds::Attribute;
use crate::value::{Map, Path, Value};
use std::collections::BTreeMap;

/// Holds a block's attributes against what the schema says about them together.
pub(super) fn check(
    attributes: &[Attribute],
    values: &Map,
    at: &Path,
    spans: &BTreeMap<Path, Span>,
    found: &mut Vec<Diagnostic>,
) {
    // Where it is written, if it is and says something.
    let given = |name: &str| -> Option<Span> {
        let path = at.attr(name);
        let (_, span) = spans.range(path.clone()..).next().filter(|(inner, _)| inner.starts_with(&path))?;
        values.get(name).filter(|value| !value.is_null()).map(|_| *span)
    };
    for attribute in attributes {
        let Some(span) = given(attribute.name) else { continue };
        for other in attribute.excludes {
            if let Some(first) = given(other) {
                found.push(
                    Diagnostic::error(
                        "exclusive-attributes",
                        format!("\"{}\" and \"{other}\" exclude each other", attribute.name),
                    )
                    .at(span)
                    .label("instead of the other")
                    .related(first, "the other one")
                    .help("keep one of the two"),
                );
            }
        }
        if let Some((needed, flag)) = attribute.needs
            && values.get(needed).and_then(Value::as_bool).is_some_and(|value| value != flag)
        {
            found.push(
                Diagnostic::error(
                    "needs-attribute",
                    format!("AWS takes \"{}\" only with {needed} = {flag}", attribute.name),
                )
                .at(span)
                .help(format!("add: {needed} = {flag}")),
            );
        }
    }
}

/// Complains about a nested block that has none of the attributes of which it needs one.
pub(super) fn one_of(attribute: &Attribute, block: &Map, header: Span, found: &mut Vec<Diagnostic>) {
    let any = |name: &&str| block.get(*name).is_some_and(|value| !value.is_null());
    if !attribute.one_of.is_empty() && !attribute.one_of.iter().any(any) {
        let names = attribute.one_of.join(", ");
        found.push(
            Diagnostic::error(
                "missing-attribute",
                format!("A {} block needs one of: {names}", attribute.name),
            )
            .at(header)
            .label("gives none of them")
            .help(format!("add: {} = …", attribute.one_of[0])),
        );
    }
}
