//! The whole state as one document, out and in.

use std::io;

use serde_json::{Map, Value, json};

use super::store::Store;

const FORMAT: u64 = 1;

pub(super) fn export(store: &Store) -> Value {
    let documents: Map<String, Value> =
        store.all().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    json!({"format": FORMAT, "documents": documents})
}

pub(super) fn import(store: &mut Store, document: &Value) -> io::Result<()> {
    let wrong = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    if document.get("format").and_then(Value::as_u64) != Some(FORMAT) {
        return Err(wrong("not an export of a sandbox in format 1"));
    }
    let documents = document.get("documents").and_then(Value::as_object);
    let documents = documents.ok_or_else(|| wrong("the export has no documents"))?;
    remove_all(store);
    for (key, value) in documents {
        store.put(key.clone(), value.clone());
    }
    store.commit()
}

pub(super) fn clear(store: &mut Store) -> io::Result<()> {
    remove_all(store);
    store.commit()
}

fn remove_all(store: &mut Store) {
    let keys: Vec<String> = store.all().keys().cloned().collect();
    for key in keys {
        store.remove(&key);
    }
}
