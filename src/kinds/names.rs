//! The names in the tables as shared texts, each made once.

use super::{ALL, Attribute, Ty};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

static SHARED: LazyLock<HashMap<&'static str, Arc<str>>> = LazyLock::new(|| {
    let mut found = HashMap::new();
    for schema in ALL {
        found.insert(schema.kind, Arc::from(schema.kind));
        gather(schema.attributes, &mut found);
    }
    found
});

fn gather(attributes: &[Attribute], found: &mut HashMap<&'static str, Arc<str>>) {
    for attribute in attributes {
        found.insert(attribute.name, Arc::from(attribute.name));
        match attribute.ty {
            Ty::Block(nested) | Ty::Blocks(nested) | Ty::Keyed { attributes: nested, .. } => {
                gather(nested, found)
            }
            _ => {}
        }
    }
}

/// The name of a kind or of an attribute, shared by all who have it.
pub fn shared(name: &str) -> Arc<str> {
    SHARED.get(name).cloned().unwrap_or_else(|| name.into())
}
