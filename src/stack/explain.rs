//! Why something is not known yet, in words.

use crate::value::{Path, Value};

/// In place of the path of an attribute: all that is done to the instance has to be done.
pub(super) const AFTER_ALL: Path = Path::ROOT;

/// The attributes an unknown value depends on: `cluster.demo.endpoint and role.a.unique_id`.
pub fn reasons(value: &Value) -> String {
    let Some(unknown) = value.unknowns() else { return "nothing".to_string() };
    let name = |(address, path): &(crate::value::Address, Path)| match *path == AFTER_ALL {
        true => address.to_string(),
        false => format!("{address}.{path}"),
    };
    let mut names: Vec<String> = unknown.after.iter().map(name).collect();
    if names.is_empty() {
        return "what has still to be read".to_string();
    }
    let last = names.pop().unwrap_or_default();
    match names.as_slice() {
        [] => format!("depends on {last}"),
        _ => format!("depends on {} and {last}", names.join(", ")),
    }
}
