//! The attributes and nested blocks of one change.

use super::document;
use super::literal::quote;
use super::page::{Mark, Page, assign, width};
use super::style::paint;
use super::tree::{self, Shape, Slot};
use crate::diff::canonical;
use crate::kinds::{Attribute, Change, Compare, OWNERSHIP, Omitted, Ty};
use crate::value::{Address, Map, Path, Step, Text, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What is the same for all attributes of one change.
pub struct Context<'a> {
    pub address: Option<&'a Address>,
    /// The attributes that cannot change in place and do.
    pub forces: Vec<Path>,
    /// Nothing but eksform's own tags changes: what AWS will stamp anew on that occasion is no news.
    pub only_ownership: bool,
}

/// One attribute before and after, in the words in which it is shown.
struct Shown {
    attribute: &'static Attribute,
    path: Path,
    before: Option<Value>,
    after: Option<Value>,
    mark: Mark,
}

/// A block before and after: the change itself, or one nested in it.
pub struct Block<'a> {
    pub attributes: &'static [Attribute],
    /// These are shown even when they stay as they are.
    pub identity: &'a [&'static str],
    pub path: Path,
    pub before: Option<Cow<'a, Map>>,
    pub after: Option<Cow<'a, Map>>,
}

/// Shows the attributes, then the nested blocks.
pub fn body(page: &mut Page, context: &Context<'_>, depth: usize, block: &Block<'_>) {
    let attributes = block.attributes.iter();
    let all: Vec<Shown> = attributes.filter_map(|attribute| shown(context, attribute, block)).collect();
    let (blocks, plain): (Vec<Shown>, Vec<Shown>) = all.into_iter().partition(Shown::as_block);
    let visible = |shown: &&Shown| shown.mark != Mark::Same || block.identity.contains(&shown.attribute.name);
    let widest = plain.iter().filter(visible).map(|shown| width(shown.attribute.name)).max().unwrap_or(0);
    for shown in plain.iter().filter(visible) {
        plain_attribute(page, context, depth, widest, shown);
    }
    page.hidden(depth, plain.iter().filter(|shown| !visible(shown)).count(), "attribute");
    let mut hidden = 0;
    for shown in &blocks {
        for block in shown.blocks() {
            if differs(context, &block) {
                page.blank();
                nested(page, context, depth, shown, &block);
            } else {
                hidden += 1;
            }
        }
    }
    if hidden > 0 {
        page.blank();
        page.hidden(depth, hidden, "block");
    }
}

/// Whether anything of a nested block is to be shown as a change.
fn differs(context: &Context<'_>, block: &Block<'_>) -> bool {
    let changed = |attribute: &'static Attribute| match shown(context, attribute, block) {
        Some(shown) if shown.as_block() => shown.blocks().iter().any(|block| differs(context, block)),
        Some(shown) => shown.mark != Mark::Same,
        None => false,
    };
    match (&block.before, &block.after) {
        (Some(_), Some(_)) => block.attributes.iter().any(changed),
        (before, after) => before.is_some() || after.is_some(),
    }
}

/// Prepares one attribute; `None` if there is nothing to show of it.
fn shown(context: &Context<'_>, attribute: &'static Attribute, block: &Block<'_>) -> Option<Shown> {
    if attribute.change == Change::Expanded || attribute.name == OWNERSHIP {
        return None;
    }
    let path = block.path.attr(attribute.name);
    let get = |side: &Option<Cow<'_, Map>>| {
        side.as_ref()?.get(attribute.name).filter(|value| !value.is_null()).cloned()
    };
    let (mut old, mut new) = (get(&block.before), get(&block.after));
    let aws_decides = matches!(attribute.omitted, Omitted::FilledByAws);
    if aws_decides && old.is_none() && new.as_ref().is_some_and(|new| is_own(new, context.address, &path)) {
        return None;
    }
    // What AWS does not return is no difference by itself.
    if !attribute.returned && block.before.is_some() && block.after.is_some() {
        old = new.clone();
    }
    let stamped = matches!(attribute.omitted, Omitted::Computed { stable: false });
    if context.only_ownership && stamped && new.as_ref().is_some_and(Value::is_unknown) {
        new = old.clone();
    }
    // An empty default that comes or goes says nothing.
    let empty = |value: &Option<Value>| value.as_ref().is_none_or(|value| empty_default(attribute, value));
    if empty(&old) && empty(&new) {
        return None;
    }
    if let (Some(before), Some(after)) = (&old, &new) {
        let same = canonical(attribute, before) == canonical(attribute, after) && !after.contains_unknown();
        let (before, after) =
            if same { (after.clone(), after.clone()) } else { in_words(attribute, before, after) };
        (old, new) = (Some(before), Some(after));
    } else {
        let alone = |value: Value| in_words(attribute, &value, &value).1;
        (old, new) = (old.map(alone), new.map(alone));
    }
    let mark = Mark::of(old.as_ref(), new.as_ref());
    Some(Shown { attribute, path, before: old, after: new, mark })
}

/// Whether a value is unknown because it is the attribute's own, rather than because it comes from
/// another instance.
fn is_own(value: &Value, address: Option<&Address>, path: &Path) -> bool {
    let (Some(unknown), Some(address)) = (value.as_unknown(), address) else { return false };
    let own = |(at, of): &(Address, Path)| at == address && of == path;
    unknown.pending.is_empty() && unknown.after.iter().all(own)
}

/// Whether a value is empty and that is what leaving it out means.
fn empty_default(attribute: &Attribute, value: &Value) -> bool {
    let Omitted::Default(default) = attribute.omitted else { return false };
    let empty = value.as_str() == Some("")
        || value.as_items().is_some_and(<[Value]>::is_empty)
        || value.as_map().is_some_and(Map::is_empty)
        || canonical(attribute, value).is_null();
    let default = default();
    empty && (default.is_null() || default == *value)
}

/// Both sides in the words in which their difference is what AWS would see.
fn in_words(attribute: &Attribute, before: &Value, after: &Value) -> (Value, Value) {
    if before.is_sensitive() || after.is_sensitive() {
        return (before.clone(), after.clone());
    }
    match (attribute.compare, attribute.ty) {
        (Compare::Policy, Ty::Map(_)) => {
            let (Some(old), Some(new)) = (before.as_map(), after.as_map()) else {
                return (before.clone(), after.clone());
            };
            let side = |side: &Map, first: bool| {
                let pair = |(name, value): (&Text, &Value)| {
                    let other = if first { new.get(name) } else { old.get(name) };
                    let (before, after) = match (first, other) {
                        (true, Some(after)) => document::policies(value, after),
                        (false, Some(before)) => document::policies(before, value),
                        (_, None) => (document::readable(value), document::readable(value)),
                    };
                    (name.clone(), if first { before } else { after })
                };
                Value::map(side.iter().map(pair).collect())
            };
            (side(old, true), side(new, false))
        }
        (Compare::Policy, _) => document::policies(before, after),
        (Compare::Document | Compare::Tags, _) if before.is_unknown() || after.is_unknown() => {
            (before.clone(), after.clone())
        }
        (Compare::Document, _) => (parsed(attribute, before), parsed(attribute, after)),
        (Compare::Tags, _) => (canonical(attribute, before), canonical(attribute, after)),
        (_, Ty::Set(_)) => {
            let set = |value: &Value| {
                value.as_items().map_or_else(|| value.clone(), |items| Value::set(items.to_vec()))
            };
            (set(before), set(after))
        }
        _ => (before.clone(), after.clone()),
    }
}

/// Text is read; a value is left as it is, with its marks.
fn parsed(attribute: &Attribute, value: &Value) -> Value {
    if value.as_str().is_some() { canonical(attribute, value) } else { value.clone() }
}

fn plain_attribute(page: &mut Page, context: &Context<'_>, depth: usize, widest: usize, shown: &Shown) {
    let forced = context.forces.iter().any(|path| path.starts_with(&shown.path));
    let tail = if forced { paint(page.style.danger, " # forces replacement") } else { String::new() };
    let lead = assign(shown.attribute.name, widest);
    let slot = Slot { depth, lead: &lead, tail: &tail, null: true };
    let (before, after) = (shown.before.as_ref(), shown.after.as_ref());
    match (shown.attribute.compare, shown.attribute.ty) {
        (Compare::Policy, Ty::Map(_)) => {
            let shape = Shape { of_policies: true, ..Shape::default() };
            tree::value(page, slot, shape, before, after);
        }
        (Compare::Policy, _) => tree::document(page, slot, true, before, after),
        (Compare::Document, _) => tree::document(page, slot, false, before, after),
        _ => {
            let shape = Shape { bare_keys: shown.attribute.is_block(), ..Shape::default() };
            tree::value(page, slot, shape, before, after);
        }
    }
}

impl Shown {
    /// Whether it can be shown as blocks: a side that is unknown or marked sensitive is one value.
    fn as_block(&self) -> bool {
        let open = |side: &Option<Value>| {
            side.as_ref().is_none_or(|side| match self.attribute.ty {
                Ty::Blocks(_) => !side.is_sensitive() && side.as_items().is_some(),
                _ => !side.is_sensitive() && side.as_map().is_some(),
            })
        };
        self.attribute.is_block() && open(&self.before) && open(&self.after)
    }

    /// The blocks of the attribute, by key or in order.
    fn blocks(&self) -> Vec<Block<'_>> {
        let (before, after) = (self.before.as_ref(), self.after.as_ref());
        match self.attribute.ty {
            Ty::Keyed { key, .. } => {
                let sides = [before, after].into_iter().flatten().filter_map(Value::as_map);
                let names: BTreeSet<&Text> = sides.flat_map(Map::keys).collect();
                let one = |name: &Text| {
                    self.block(self.path.key(name.clone()), keyed(before, key, name), keyed(after, key, name))
                };
                names.into_iter().map(one).collect()
            }
            Ty::Blocks(_) => {
                let count = |side: Option<&Value>| side.and_then(Value::as_items).map_or(0, <[Value]>::len);
                let one = |index| {
                    let path = self.path.join(Step::Index(index));
                    self.block(path, element(before, index), element(after, index))
                };
                (0..count(before).max(count(after))).map(one).collect()
            }
            _ => vec![self.block(self.path.clone(), borrowed(before), borrowed(after))],
        }
    }

    fn block<'a>(
        &'a self,
        path: Path,
        before: Option<Cow<'a, Map>>,
        after: Option<Cow<'a, Map>>,
    ) -> Block<'a> {
        let identity = match &self.attribute.ty {
            Ty::Keyed { key, .. } => std::slice::from_ref(key),
            _ => &[],
        };
        Block { attributes: self.attribute.nested(), identity, path, before, after }
    }
}

fn borrowed(value: Option<&Value>) -> Option<Cow<'_, Map>> {
    value.and_then(Value::as_map).map(Cow::Borrowed)
}

fn element(list: Option<&Value>, index: usize) -> Option<Cow<'_, Map>> {
    borrowed(list?.as_items()?.get(index))
}

/// A keyed block with its key among its attributes.
fn keyed(blocks: Option<&Value>, key: &str, name: &Text) -> Option<Cow<'static, Map>> {
    let mut block = blocks?.get(name)?.as_map()?.clone();
    block.insert_missing(key, || Value::string(name.clone()));
    Some(Cow::Owned(block))
}

fn nested(page: &mut Page, context: &Context<'_>, depth: usize, shown: &Shown, block: &Block<'_>) {
    let mark = Mark::of(block.before.as_ref(), block.after.as_ref());
    let forced = context.forces.iter().any(|path| *path == block.path || *path == shown.path);
    let tail = if forced { paint(page.style.danger, " # forces replacement") } else { String::new() };
    page.line(depth, mark, &format!("{} {{{tail}", shown.attribute.name));
    body(page, context, depth + 1, block);
    page.close(depth, "}");
}

/// The first line of a change's block: `role "vpc_cni" {`.
pub fn opening(kind: &str, label: &str) -> String {
    format!("{kind} {} {{", quote(label))
}
