//! Where the keys of a document stand that the files write out.

use crate::diagnostic::Span;
use crate::lang::Expr;
use crate::value::{Path, Step};
use std::collections::BTreeMap;

/// Enters the place of every key and list element of an object that is written out, also inside of
/// `jsonencode(…)` and `yamlencode(…)`. What is computed has the place of the attribute alone.
pub(super) fn enter(expr: &Expr, at: &Path, spans: &mut BTreeMap<Path, Span>) {
    if let Some(("jsonencode" | "yamlencode", [argument])) = expr.as_call() {
        return enter(argument, at, spans);
    }
    if let Some(entries) = expr.as_object() {
        for (key, value) in entries {
            if let Some(name) = key.as_keyword().or_else(|| key.as_string()) {
                let path = at.key(name);
                spans.insert(path.clone(), key.span());
                enter(value, &path, spans);
            }
        }
    } else if let Some(items) = expr.as_list() {
        for (index, item) in items.iter().enumerate() {
            let path = at.join(Step::Index(index));
            spans.insert(path.clone(), item.span());
            enter(item, &path, spans);
        }
    }
}
