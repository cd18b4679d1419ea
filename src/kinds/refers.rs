//! Which other objects an object's attributes name.

use super::schema::{Attribute, RefersTo, Ty};
use crate::value::{Map, Value};

/// Every name or ARN of another object in attributes and their nested blocks, in the schema's order.
pub fn references<'v>(attributes: &'static [Attribute], values: &'v Map) -> Vec<(RefersTo, &'v str)> {
    let mut found = Vec::new();
    walk(attributes, values, &mut found);
    found
}

fn walk<'v>(attributes: &'static [Attribute], values: &'v Map, found: &mut Vec<(RefersTo, &'v str)>) {
    for attribute in attributes {
        let Some(value) = values.get(attribute.name) else { continue };
        match attribute.ty {
            Ty::Block(nested) => {
                if let Some(block) = value.as_map() {
                    walk(nested, block, found);
                }
            }
            Ty::Keyed { attributes, .. } => {
                for block in value.as_map().into_iter().flat_map(Map::values).filter_map(Value::as_map) {
                    walk(attributes, block, found);
                }
            }
            _ => found.extend(attribute.refers.zip(value.as_str())),
        }
    }
}
