//! Any value before and after, as the lines that show the difference.

use super::literal::{SENSITIVE, bare_key, heredoc, quote, scalar};
use super::page::{Mark, Page, assign, width};
use super::style::paint;
use crate::kinds::policy;
use crate::value::{Data, Text, Value};
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::collections::BTreeSet;

/// How the inside of a value is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    /// Keys of maps without quotes where the language allows it (objects), else always quoted (maps).
    pub bare_keys: bool,
    /// IAM policies: keys in their customary order, unchanged ones shown beside changed ones.
    pub policy: bool,
    /// The entries of this map are policies themselves.
    pub of_policies: bool,
}

/// Where a value stands: what precedes it on its first line and follows it on its last.
#[derive(Clone, Copy)]
pub struct Slot<'a> {
    pub depth: usize,
    /// `name = `, or nothing.
    pub lead: &'a str,
    /// `,` or `# forces replacement`, with its leading blank.
    pub tail: &'a str,
    /// Whether a deletion is shown as `-> null`.
    pub null: bool,
}

impl Slot<'_> {
    fn gone(&self, mark: Mark, page: &Page) -> String {
        if self.null && mark == Mark::Delete { paint(page.style.faint, " -> null") } else { String::new() }
    }
}

/// Shows one value; `None` is not there at all.
pub fn value(page: &mut Page, slot: Slot<'_>, shape: Shape, before: Option<&Value>, after: Option<&Value>) {
    match (before, after) {
        (None, None) => {}
        (Some(before), Some(after)) if secret(before, after) => {
            let mark = Mark::of(Some(before), Some(after));
            page.line(slot.depth, mark, &format!("{}{SENSITIVE}{}", slot.lead, slot.tail));
        }
        (Some(before), Some(after)) if before == after => {
            let shown = if before.contains_sensitive() { before } else { after };
            one_side(page, slot, shape, Mark::Same, shown);
        }
        (Some(before), Some(after)) => both(page, slot, shape, before, after),
        (Some(gone), None) => one_side(page, slot, shape, Mark::Delete, gone),
        (None, Some(new)) => one_side(page, slot, shape, Mark::Create, new),
    }
}

/// Shows a document: `jsonencode( … )` around it.
pub fn document(
    page: &mut Page,
    slot: Slot<'_>,
    policy: bool,
    before: Option<&Value>,
    after: Option<&Value>,
) {
    let mark = Mark::of(before, after);
    let plain = |side: Option<&Value>| side.is_none_or(|side| side.is_sensitive() || side.as_map().is_none());
    if plain(before) && plain(after) || plain(before) != plain(after) && before.is_some() && after.is_some() {
        return value(page, slot, Shape::default(), before, after);
    }
    page.line(slot.depth, mark, &format!("{}jsonencode(", slot.lead));
    let inner = Slot { depth: slot.depth + 1, lead: "", tail: "", null: false };
    let shape = Shape { bare_keys: true, policy, of_policies: false };
    match (before, after, mark) {
        (Some(before), Some(after), Mark::Update) => both(page, inner, shape, before, after),
        // The brackets of a document that comes or goes whole have no symbol of their own.
        (side, Some(map), _) | (Some(map), side, _) => {
            let map = side.filter(|side| side.contains_sensitive()).unwrap_or(map);
            page.close(inner.depth, "{");
            entries_of(page, inner.depth + 1, shape, mark, map);
            page.close(inner.depth, "}");
        }
        (None, None, _) => {}
    }
    let gone = slot.gone(mark, page);
    page.close(slot.depth, &format!("){gone}{}", slot.tail));
}

/// Whether showing the difference could show a secret: one side is marked, or the marks lie where the
/// two sides cannot be matched by key.
fn secret(before: &Value, after: &Value) -> bool {
    let maps = before.as_map().is_some() && after.as_map().is_some();
    before.is_sensitive()
        || after.is_sensitive()
        || before != after && !maps && (before.contains_sensitive() || after.contains_sensitive())
}

/// A value that comes, goes or stays as a whole.
fn one_side(page: &mut Page, slot: Slot<'_>, shape: Shape, mark: Mark, value: &Value) {
    let Slot { depth, lead, tail, .. } = slot;
    let gone = slot.gone(mark, page);
    if let Some(lines) = heredoc(value) {
        page.line(depth, mark, &format!("{lead}<<-EOT"));
        lines.iter().for_each(|line| page.close(depth + 1, line));
        return page.close(depth, &format!("EOT{gone}{tail}"));
    }
    if let Some(text) = scalar(value) {
        return page.line(depth, mark, &format!("{lead}{text}{gone}{tail}"));
    }
    let (open, shut) = brackets(value);
    page.line(depth, mark, &format!("{lead}{open}"));
    entries_of(page, depth + 1, shape, mark, value);
    page.close(depth, &format!("{shut}{gone}{tail}"));
}

/// All that is in a collection, under one symbol.
fn entries_of(page: &mut Page, depth: usize, shape: Shape, mark: Mark, value: &Value) {
    match value.data() {
        Data::Map(map) => {
            let keys = ordered(shape, map.keys());
            let widest = widest(shape, &keys);
            for key in keys {
                let lead = assign(&key_text(shape, key), widest);
                let slot = Slot { depth, lead: &lead, tail: "", null: false };
                let item = map.get(key);
                match mark {
                    Mark::Delete => entry(page, slot, shape, item, None),
                    Mark::Same => entry(page, slot, shape, item, item),
                    _ => entry(page, slot, shape, None, item),
                }
            }
        }
        Data::List(items) | Data::Set(items) => {
            for item in items.iter() {
                one_side(page, Slot { depth, lead: "", tail: ",", null: false }, shape, mark, item);
            }
        }
        _ => {}
    }
}

/// One entry of a map.
fn entry(page: &mut Page, slot: Slot<'_>, shape: Shape, before: Option<&Value>, after: Option<&Value>) {
    if shape.of_policies {
        document(page, slot, true, before, after);
    } else {
        value(page, slot, shape, before, after);
    }
}

/// Two values that differ.
fn both(page: &mut Page, slot: Slot<'_>, shape: Shape, before: &Value, after: &Value) {
    let Slot { depth, lead, tail, .. } = slot;
    match (before.data(), after.data()) {
        (Data::Map(old), Data::Map(new)) => {
            page.line(depth, Mark::Update, &format!("{lead}{{"));
            let all: BTreeSet<&Text> = old.keys().chain(new.keys()).collect();
            let same = |key: &&Text| old.get(&***key) == new.get(&***key);
            let hidden = if shape.policy { 0 } else { all.iter().filter(|key| same(key)).count() };
            let shown = ordered(shape, all.into_iter().filter(|key| shape.policy || !same(key)));
            let widest = widest(shape, &shown);
            for key in shown {
                let lead = assign(&key_text(shape, key), widest);
                let slot = Slot { depth: depth + 1, lead: &lead, tail: "", null: !shape.bare_keys };
                entry(page, slot, shape, old.get(key), new.get(key));
            }
            page.hidden(depth + 1, hidden, if shape.bare_keys { "attribute" } else { "element" });
            page.close(depth, &format!("}}{tail}"));
        }
        (Data::List(old) | Data::Set(old), Data::List(new) | Data::Set(new)) => {
            page.line(depth, Mark::Update, &format!("{lead}["));
            let set = matches!(before.data(), Data::Set(_)) || matches!(after.data(), Data::Set(_));
            elements(page, depth + 1, shape, set, old, new);
            page.close(depth, &format!("]{tail}"));
        }
        _ => match (heredoc(before), heredoc(after)) {
            (Some(old), Some(new)) if old != new => {
                page.line(depth, Mark::Update, &format!("{lead}<<-EOT"));
                text_lines(page, depth + 1, &old, &new);
                page.close(depth, &format!("EOT{tail}"));
            }
            _ => replaced(page, slot, shape, before, after),
        },
    }
}

/// One value for another of a different form: `old -> new`.
fn replaced(page: &mut Page, slot: Slot<'_>, shape: Shape, before: &Value, after: &Value) {
    let Slot { depth, lead, tail, .. } = slot;
    match (scalar(before), scalar(after)) {
        (Some(old), Some(new)) => page.line(depth, Mark::Update, &format!("{lead}{old} -> {new}{tail}")),
        (None, Some(new)) => {
            let (open, shut) = brackets(before);
            page.line(depth, Mark::Update, &format!("{lead}{open}"));
            entries_of(page, depth + 1, shape, Mark::Delete, before);
            page.close(depth, &format!("{shut} -> {new}{tail}"));
        }
        (Some(old), None) => {
            let (open, shut) = brackets(after);
            page.line(depth, Mark::Update, &format!("{lead}{old} -> {open}"));
            entries_of(page, depth + 1, shape, Mark::Create, after);
            page.close(depth, &format!("{shut}{tail}"));
        }
        (None, None) => {
            one_side(page, Slot { tail: "", ..slot }, shape, Mark::Delete, before);
            one_side(page, slot, shape, Mark::Create, after);
        }
    }
}

/// The elements of two lists or sets, unchanged ones left out where they help nobody.
fn elements(page: &mut Page, depth: usize, shape: Shape, set: bool, old: &[Value], new: &[Value]) {
    let slot = Slot { depth, lead: "", tail: ",", null: false };
    for operation in capture_diff_slices(Algorithm::Myers, old, new) {
        let (tag, olds, news) = operation.as_tag_tuple();
        let (olds, news) = (&old[olds], &new[news]);
        if tag == DiffTag::Equal {
            let few = shape.policy && news.iter().all(|item| scalar(item).is_some());
            match news {
                items if few && items.len() <= CONTEXT => {
                    items.iter().for_each(|item| one_side(page, slot, shape, Mark::Same, item));
                }
                items => page.hidden(depth, items.len(), "element"),
            }
            continue;
        }
        let partners = partners(shape, set, olds, news);
        let mut next = 0;
        for (at, new) in news.iter().enumerate() {
            // What goes is shown before what comes instead of it.
            let until =
                partners[at].or_else(|| partners[at..].iter().all(Option::is_none).then_some(olds.len()));
            if let Some(until) = until.filter(|until| *until > next) {
                olds[next..until].iter().for_each(|item| one_side(page, slot, shape, Mark::Delete, item));
                next = until;
            }
            match partners[at] {
                Some(old) => {
                    value(page, slot, shape, Some(&olds[old]), Some(new));
                    next = old + 1;
                }
                None => one_side(page, slot, shape, Mark::Create, new),
            }
        }
        olds[next..].iter().for_each(|item| one_side(page, slot, shape, Mark::Delete, item));
    }
}

/// For each new element the old one it is shown as a change of, in ascending order. Elements of a list
/// change in place; those of a set come and go. Statements of a policy are one if they share something
/// besides their effect, or if there is but one.
fn partners(shape: Shape, set: bool, olds: &[Value], news: &[Value]) -> Vec<Option<usize>> {
    let alike = |old: &Value, new: &Value| match (old.as_map(), new.as_map()) {
        (Some(old), Some(new)) if shape.policy && olds.len().max(news.len()) > 1 => {
            old.iter().any(|(key, value)| *key != "Effect" && new.get(key) == Some(value))
        }
        (Some(_), Some(_)) => true,
        _ => !set,
    };
    let mut next = 0;
    news.iter()
        .map(|new| {
            let found = next + olds[next..].iter().position(|old| alike(old, new))?;
            next = found + 1;
            Some(found)
        })
        .collect()
}

/// So many unchanged words of a policy are shown rather than counted.
const CONTEXT: usize = 3;

/// Two texts line by line.
fn text_lines(page: &mut Page, depth: usize, old: &[&str], new: &[&str]) {
    for operation in capture_diff_slices(Algorithm::Myers, old, new) {
        let (tag, olds, news) = operation.as_tag_tuple();
        if tag == DiffTag::Equal {
            match &new[news] {
                [first, .., last] if olds.len() > 2 * CONTEXT => {
                    page.close(depth, first);
                    page.hidden(depth, olds.len() - 2, "line");
                    page.close(depth, last);
                }
                lines => lines.iter().for_each(|line| page.close(depth, line)),
            }
            continue;
        }
        old[olds].iter().for_each(|line| page.line(depth, Mark::Delete, line));
        new[news].iter().for_each(|line| page.line(depth, Mark::Create, line));
    }
}

fn brackets(value: &Value) -> (&'static str, &'static str) {
    if value.as_map().is_some() { ("{", "}") } else { ("[", "]") }
}

fn key_text(shape: Shape, key: &str) -> String {
    if shape.bare_keys { bare_key(key) } else { quote(key) }
}

fn widest(shape: Shape, keys: &[&Text]) -> usize {
    keys.iter().map(|key| width(&key_text(shape, key))).max().unwrap_or(0)
}

/// Keys in the order in which they are shown.
fn ordered<'a>(shape: Shape, keys: impl Iterator<Item = &'a Text>) -> Vec<&'a Text> {
    let mut keys: Vec<&Text> = keys.collect();
    if shape.policy {
        keys.sort_by_key(|key| {
            policy::ELEMENTS.iter().position(|known| *known == &***key).unwrap_or(policy::ELEMENTS.len())
        });
    }
    keys
}
