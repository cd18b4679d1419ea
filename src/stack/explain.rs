//! Why something is not known yet, in words.

use crate::value::Value;

/// The attributes an unknown value depends on: `cluster.demo.endpoint and role.a.unique_id`.
pub fn reasons(value: &Value) -> String {
    let Some(unknown) = value.unknowns() else { return "nothing".to_string() };
    let mut names: Vec<String> =
        unknown.after.iter().map(|(address, path)| format!("{address}.{path}")).collect();
    if names.is_empty() {
        return "what has still to be read".to_string();
    }
    let last = names.pop().unwrap_or_default();
    match names.as_slice() {
        [] => format!("depends on {last}"),
        _ => format!("depends on {} and {last}", names.join(", ")),
    }
}
