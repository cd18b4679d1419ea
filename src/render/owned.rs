//! What a stack owns, as a table and as JSON.

use super::addons::table;
use super::style::{Style, printable};
use crate::value::Text;
use serde_json::{Value, json};

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRow {
    pub kind: Text,
    /// As AWS has it.
    pub name: String,
    /// Account and region.
    pub place: String,
    /// The address recorded on it.
    pub address: Option<String>,
    /// AWS's own word, empty for kinds without one.
    pub status: Text,
}

/// The objects by address.
pub fn owned(stack: &str, rows: &[OwnedRow], style: Style) -> String {
    if rows.is_empty() {
        return format!("The stack \"{}\" owns nothing.\n", printable(stack));
    }
    let mut sorted: Vec<&OwnedRow> = rows.iter().collect();
    sorted.sort_by(|a, b| (&a.address, &a.kind, &a.name).cmp(&(&b.address, &b.kind, &b.name)));
    let dash = |text: &str| if text.is_empty() { "-".to_string() } else { printable(text) };
    let cells: Vec<Vec<String>> = sorted
        .into_iter()
        .map(|row| {
            let address = row.address.as_deref().unwrap_or("");
            vec![dash(address), dash(&row.kind), dash(&row.name), dash(&row.status), dash(&row.place)]
        })
        .collect();
    table(&["ADDRESS", "KIND", "NAME", "STATUS", "PLACE"], &cells, style)
}

/// The objects as JSON.
pub fn json_owned(stack: &str, rows: &[OwnedRow]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "address": row.address, "kind": &*row.kind, "name": row.name, "place": row.place,
                "status": (!row.status.is_empty()).then_some(&*row.status),
            })
        })
        .collect();
    json!({"format_version": "1", "stack": stack, "objects": rows})
}
