//! Which other objects an object's attributes name.

use super::ALL;
use super::schema::{Attribute, RefersBy, RefersTo, Ty};
use crate::value::{Map, Value};
use std::sync::LazyLock;

/// Every name or ARN of another object in attributes and their nested blocks, in the schema's order.
pub fn references<'v>(attributes: &'static [Attribute], values: &'v Map) -> Vec<(RefersTo, &'v str)> {
    let mut found = Vec::new();
    walk(attributes, values, &mut found);
    found
}

fn walk<'v>(attributes: &'static [Attribute], values: &'v Map, found: &mut Vec<(RefersTo, &'v str)>) {
    for attribute in attributes {
        match (attribute.ty, attribute.refers) {
            (Ty::Block(nested), _) => {
                if let Some(block) = values.get(attribute.name).and_then(Value::as_map) {
                    walk(nested, block, found);
                }
            }
            (Ty::Keyed { attributes, .. }, _) => {
                let blocks = values.get(attribute.name).and_then(Value::as_map);
                for block in blocks.into_iter().flat_map(Map::values).filter_map(Value::as_map) {
                    walk(attributes, block, found);
                }
            }
            (_, Some(refers)) => {
                let text = values.get(attribute.name).and_then(Value::as_str);
                found.extend(text.map(|text| (refers, text)));
            }
            (_, None) => {}
        }
    }
}

/// Every way in which attributes of any kind name objects.
static REFERENCES: LazyLock<Vec<RefersTo>> = LazyLock::new(|| {
    fn gather(attributes: &[Attribute], found: &mut Vec<RefersTo>) {
        for attribute in attributes {
            found.extend(attribute.refers);
            if let Ty::Block(nested) | Ty::Blocks(nested) | Ty::Keyed { attributes: nested, .. } =
                attribute.ty
            {
                gather(nested, found);
            }
        }
    }
    let mut found = Vec::new();
    ALL.iter().for_each(|schema| gather(schema.attributes, &mut found));
    found.sort_by_key(|refers| (refers.kind, refers.by == RefersBy::Arn));
    found.dedup();
    found
});

/// Whether attributes of any kind name objects of this kind so.
pub fn is_referred_to(kind: &str, by: RefersBy) -> bool {
    REFERENCES.iter().any(|refers| refers.by == by && refers.kind == kind)
}
