//! One object's attributes in Terraform's names and nesting.

use crate::kinds::{Attribute, Change, Compare, OWNERSHIP, Schema, Ty, policy};
use crate::value::{Data, Map, Path, Step, Value, json};
use serde_json::{Value as Json, json};

/// The same tree three times, as Terraform's plan JSON has it: the values, `true` where one is
/// unknown, `true` where one is sensitive. Unlike Terraform, sensitive values are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    pub values: Json,
    pub unknown: Json,
    pub sensitive: Json,
}

/// An object in the shape of its Terraform resource.
pub fn resource(schema: &Schema, attributes: &Map) -> Tree {
    let mut tree = Tree::object();
    block(&mut tree, schema.attributes, attributes, &[]);
    if schema.attribute("tags").is_some() {
        tree.put(&["tags_all".to_string()], &all_tags(attributes), Form::Plain);
    }
    tree
}

/// A value on its own: an output.
pub fn plain(value: &Value) -> Tree {
    form(value, Form::Plain)
}

/// Where Terraform has what a path leads to: `["vpc_config", 0, "subnet_ids"]`.
pub fn path(schema: &Schema, path: &Path) -> Json {
    let mut attributes = schema.attributes;
    let mut at: Vec<String> = Vec::new();
    for step in &path.0 {
        let Step::Attribute(name) = step else { break };
        let Some(attribute) = attributes.iter().find(|attribute| attribute.name == &**name) else { break };
        at = place(&at, attribute);
        attributes = attribute.nested();
    }
    let mut steps: Vec<Json> = Vec::new();
    for (index, name) in at.iter().enumerate() {
        if index > 0 {
            steps.push(json!(0));
        }
        steps.push(json!(name));
    }
    Json::Array(steps)
}

/// The path of an attribute inside the block at `at`: below it, unless its own leads through several
/// blocks and so begins at the top.
fn place(at: &[String], attribute: &Attribute) -> Vec<String> {
    let own = attribute.terraform.split('.').map(str::to_string);
    if attribute.terraform.contains('.') { own.collect() } else { at.iter().cloned().chain(own).collect() }
}

fn block(tree: &mut Tree, attributes: &[Attribute], values: &Map, at: &[String]) {
    for attribute in attributes {
        let Some(value) = values.get(attribute.name) else { continue };
        if attribute.change == Change::Expanded || attribute.name == OWNERSHIP {
            continue;
        }
        let at = place(at, attribute);
        match (attribute.ty, value.as_map()) {
            (Ty::Block(nested), Some(map)) if !value.is_sensitive() => block(tree, nested, map, &at),
            (Ty::Block(_) | Ty::Blocks(_), _) if value.is_null() => {
                tree.put(&at, &Value::list(Vec::new()), Form::Plain);
            }
            _ => tree.put(&at, value, Form::of(attribute)),
        }
    }
}

/// How Terraform writes a value.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    /// JSON text.
    Text,
    /// A list of blocks, one per entry of a map.
    Entries,
    /// A list of `name` and `policy`.
    NamedPolicies,
}

impl Form {
    fn of(attribute: &Attribute) -> Self {
        match (attribute.compare, attribute.ty) {
            (Compare::Policy, Ty::Map(_)) => Self::NamedPolicies,
            (Compare::Policy | Compare::Document, _) => Self::Text,
            (_, Ty::Keyed { .. }) => Self::Entries,
            _ => Self::Plain,
        }
    }
}

fn form(value: &Value, form: Form) -> Tree {
    let leaf = |values: Json, unknown: bool, sensitive: bool| Tree {
        values,
        unknown: Json::Bool(unknown),
        sensitive: Json::Bool(sensitive),
    };
    if value.is_sensitive() {
        return leaf(Json::Null, value.contains_unknown(), true);
    }
    match (form, value.data()) {
        (_, Data::Unknown(_)) => leaf(Json::Null, true, false),
        (Form::Text, Data::List(_) | Data::Set(_) | Data::Map(_)) => {
            match (value.contains_unknown(), value.contains_sensitive()) {
                (false, false) => leaf(Json::String(policy::text(value)), false, false),
                (unknown, sensitive) => leaf(Json::Null, unknown, sensitive),
            }
        }
        (Form::Entries, Data::Map(map)) => joined(map.values().map(|block| self::form(block, Form::Plain))),
        (Form::NamedPolicies, Data::Map(map)) => joined(map.iter().map(|(name, document)| {
            let mut block = Tree::object();
            block.insert("name", self::form(&Value::string(name.clone()), Form::Plain));
            block.insert("policy", self::form(document, Form::Text));
            block
        })),
        (_, Data::List(items) | Data::Set(items)) => {
            joined(items.iter().map(|item| self::form(item, Form::Plain)))
        }
        (_, Data::Map(map)) => {
            let mut tree = Tree::object();
            for (key, item) in map.iter() {
                tree.insert(key, self::form(item, Form::Plain));
            }
            tree
        }
        _ => leaf(json::to_json(value), false, false),
    }
}

/// Elements of a list: an unknown one is null, so that the others keep their index.
fn joined(items: impl Iterator<Item = Tree>) -> Tree {
    let (mut values, mut unknown, mut sensitive) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        values.push(item.values);
        unknown.push(item.unknown);
        sensitive.push(item.sensitive);
    }
    Tree { values: values.into(), unknown: unknown.into(), sensitive: sensitive.into() }
}

fn set(object: &mut Json, key: &str, value: Json) {
    if let Json::Object(entries) = object {
        entries.insert(key.to_string(), value);
    }
}

impl Tree {
    fn object() -> Self {
        Self { values: json!({}), unknown: json!({}), sensitive: json!({}) }
    }

    /// One entry of an object: what is unknown has no value, what is known or may be seen no mark.
    fn insert(&mut self, key: &str, entry: Tree) {
        if entry.unknown != Json::Bool(true) {
            set(&mut self.values, key, entry.values);
        }
        if entry.unknown != Json::Bool(false) {
            set(&mut self.unknown, key, entry.unknown);
        }
        if entry.sensitive != Json::Bool(false) {
            set(&mut self.sensitive, key, entry.sensitive);
        }
    }

    /// Puts a value where `at` leads: each name but the last is a list with one block.
    fn put(&mut self, at: &[String], value: &Value, form: Form) {
        let entry = self::form(value, form);
        let Some((last, blocks)) = at.split_last() else { return };
        let mut inner = Tree::object();
        inner.insert(last, entry);
        for (side, entries) in [
            (&mut self.values, inner.values),
            (&mut self.unknown, inner.unknown),
            (&mut self.sensitive, inner.sensitive),
        ] {
            let Json::Object(entries) = entries else { continue };
            if !entries.is_empty()
                && let Some(object) = descend(side, blocks)
            {
                object.extend(entries);
            }
        }
    }
}

/// The object inside the nested blocks, made where it is missing.
fn descend<'a>(mut side: &'a mut Json, blocks: &[String]) -> Option<&'a mut serde_json::Map<String, Json>> {
    for name in blocks {
        side = side.as_object_mut()?.entry(name.clone()).or_insert_with(|| json!([{}])).get_mut(0)?;
    }
    side.as_object_mut()
}

/// The object's own tags and eksform's.
fn all_tags(attributes: &Map) -> Value {
    let tags = attributes.get("tags").cloned().unwrap_or(Value::NULL);
    let (Some(own), false) = (tags.as_map(), tags.is_sensitive()) else { return tags };
    let mut all = own.clone();
    if let Some(ownership) = attributes.get(OWNERSHIP).and_then(Value::as_map) {
        all.extend(ownership.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Value::map(all)
}
