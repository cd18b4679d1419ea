//! A small document store: ordered keys, JSON documents, an append-only journal.
//!
//! A key is `account/region/kind/parent…/name`, so the members of anything are one range of keys. Documents that carry
//! `next.at` are due at that time; [`Store::due`] finds them without looking at the others, which is how statuses
//! move without a background task.
//!
//! Each commit appends one line, `<checksum> [[key, document or null], …]`, before the request is answered. A line that
//! was cut short by a crash is the last one and was never answered: it is dropped at the next open.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

const JOURNAL: &str = "journal.jsonl";
const HEADER: &str = "eksform sandbox journal, format 1";

#[derive(Default)]
pub(crate) struct Store {
    documents: BTreeMap<String, Value>,
    due: BTreeSet<(i64, String)>,
    /// Which documents carry a tag: [`tag_entry`] and the document's key.
    tagged: BTreeSet<(String, String)>,
    undo: Vec<(String, Option<Value>)>,
    journal: Option<File>,
}

/// Joins the parts of a key. A part may hold anything: `/` and `%` are escaped.
pub(crate) fn key(parts: &[&str]) -> String {
    let mut key = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            key.push('/');
        }
        for c in part.chars() {
            match c {
                '/' => key.push_str("%2F"),
                '%' => key.push_str("%25"),
                c => key.push(c),
            }
        }
    }
    key
}

/// The last part of a key, as it went in.
pub(crate) fn last(key: &str) -> String {
    let part = key.rsplit('/').next().unwrap_or_default();
    part.replace("%2F", "/").replace("%25", "%")
}

fn due_at(document: &Value) -> Option<i64> {
    document.get("next")?.get("at")?.as_i64()
}

/// A tag in the index: where, its key, its value, in an order that keeps the values of a key together.
fn tag_entry(place: &str, name: &str, value: &str) -> String {
    format!("{place}\0{name}\0{value}")
}

/// The tags of a document in the index.
fn tag_entries(key: &str, document: &Value) -> Vec<(String, String)> {
    let Some((place, _)) = key.match_indices('/').nth(1).and_then(|(at, _)| key.split_at_checked(at)) else {
        return Vec::new();
    };
    let tags = document.get("view").and_then(|view| view.get("tags")).and_then(Value::as_object);
    let tags = tags.into_iter().flatten();
    tags.filter_map(|(name, value)| Some((tag_entry(place, name, value.as_str()?), key.to_owned()))).collect()
}

fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..6])
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Opens the journal in a directory, replays it and, if most of it is history, rewrites it.
    pub(crate) fn open(directory: &Path) -> io::Result<Store> {
        let path = directory.join(JOURNAL);
        let mut store = Store::default();
        let mut lines = 0;
        if path.exists() {
            let (read, valid_bytes) = store.replay(&path)?;
            lines = read;
            let file = OpenOptions::new().write(true).open(&path)?;
            if file.metadata()?.len() > valid_bytes {
                file.set_len(valid_bytes)?;
            }
        }
        if lines == 0 || lines > 2 * store.documents.len() + 64 {
            store.compact(&path)?;
        }
        store.journal = Some(OpenOptions::new().append(true).open(&path)?);
        Ok(store)
    }

    fn replay(&mut self, path: &Path) -> io::Result<(usize, u64)> {
        let mut reader = BufReader::new(File::open(path)?);
        let (mut lines, mut valid, mut broken) = (0, 0, None);
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let length = reader.read_until(b'\n', &mut buffer)?;
            if length == 0 {
                return Ok((lines, valid));
            }
            let corrupt = |line: usize| {
                let text = format!("{}: line {line} is damaged", path.display());
                io::Error::new(io::ErrorKind::InvalidData, text)
            };
            if let Some(line) = broken {
                return Err(corrupt(line));
            }
            match parse_line(&buffer) {
                Some(changes) => {
                    for (key, document) in changes {
                        self.set(key, document);
                    }
                    lines += 1;
                    valid += length as u64;
                }
                None => broken = Some(lines + 1),
            }
        }
    }

    fn compact(&self, path: &Path) -> io::Result<()> {
        let mut next = PathBuf::from(path);
        next.set_extension("jsonl.new");
        let mut writer = BufWriter::new(File::create(&next)?);
        writer.write_all(line(&[(HEADER, None::<&Value>)])?.as_bytes())?;
        for (key, document) in &self.documents {
            writer.write_all(line(&[(key, Some(document))])?.as_bytes())?;
        }
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(next, path)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.documents.get(key)
    }

    pub(crate) fn put(&mut self, key: String, document: Value) {
        let before = self.set(key.clone(), Some(document));
        self.undo.push((key, before));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if self.documents.contains_key(key) {
            let before = self.set(key.to_owned(), None);
            self.undo.push((key.to_owned(), before));
        }
    }

    fn set(&mut self, key: String, document: Option<Value>) -> Option<Value> {
        let after = document.as_ref().and_then(due_at);
        let tags = document.as_ref().map(|document| tag_entries(&key, document)).unwrap_or_default();
        let before = match document {
            Some(document) => self.documents.insert(key.clone(), document),
            None => self.documents.remove(&key),
        };
        for entry in before.as_ref().map(|before| tag_entries(&key, before)).unwrap_or_default() {
            self.tagged.remove(&entry);
        }
        self.tagged.extend(tags);
        if let Some(at) = before.as_ref().and_then(due_at) {
            self.due.remove(&(at, key.clone()));
        }
        if let Some(at) = after {
            self.due.insert((at, key));
        }
        before
    }

    /// The documents under `prefix/`, in order, those after `after` if it is given.
    pub(crate) fn range<'a>(
        &'a self,
        prefix: &str,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let prefix = format!("{prefix}/");
        let start = match after {
            Some(after) if after >= prefix.as_str() => Bound::Excluded(after.to_owned()),
            _ => Bound::Included(prefix.clone()),
        };
        self.documents
            .range((start, Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(key, document)| (key.as_str(), document))
    }

    /// The documents of a place, `account/region`, that carry a tag with one of these values; with any, if there are
    /// none. In order.
    pub(crate) fn tagged(&self, place: &str, name: &str, values: &[&str]) -> BTreeMap<&str, &Value> {
        let with = |start: String, whole: bool| {
            let entries = self.tagged.range((start.clone(), String::new())..);
            let these = entries.take_while(
                move |(entry, _)| {
                    if whole { *entry == start } else { entry.starts_with(&start) }
                },
            );
            these.filter_map(|(_, key)| self.documents.get_key_value(key))
        };
        let found: Vec<(&String, &Value)> = if values.is_empty() {
            with(tag_entry(place, name, ""), false).collect()
        } else {
            values.iter().flat_map(|value| with(tag_entry(place, name, value), true)).collect()
        };
        found.into_iter().map(|(key, document)| (key.as_str(), document)).collect()
    }

    /// The keys under `prefix/`.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.range(prefix, None).map(|(key, _)| key.to_owned()).collect()
    }

    /// The key of a document that is due, the earliest first.
    pub(crate) fn due(&self, now: i64) -> Option<String> {
        self.due.first().filter(|(at, _)| *at <= now).map(|(_, key)| key.clone())
    }

    /// Makes the changes since the last commit durable. If that fails they are undone.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        if self.undo.is_empty() {
            return Ok(());
        }
        if let Some(journal) = &mut self.journal {
            let changed: BTreeSet<&String> = self.undo.iter().map(|(key, _)| key).collect();
            let changes: Vec<(&String, Option<&Value>)> =
                changed.into_iter().map(|key| (key, self.documents.get(key))).collect();
            let line = line(&changes)?;
            let length = journal.metadata()?.len();
            if let Err(error) = journal.write_all(line.as_bytes()) {
                // A line that went out in part would make the next one unreadable.
                let _ = journal.set_len(length);
                self.rollback();
                return Err(error);
            }
        }
        self.undo.clear();
        Ok(())
    }

    /// The keys that changed since the last commit.
    pub(crate) fn changed(&self) -> Vec<String> {
        let changed: BTreeSet<&String> = self.undo.iter().map(|(key, _)| key).collect();
        changed.into_iter().cloned().collect()
    }

    /// The keys that changed since the last commit, each with what it held then.
    pub(crate) fn changes(&self) -> BTreeMap<String, Option<Value>> {
        let mut changes = BTreeMap::new();
        for (key, before) in &self.undo {
            changes.entry(key.clone()).or_insert_with(|| before.clone());
        }
        changes
    }

    /// Undoes the changes since the last commit.
    pub(crate) fn rollback(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            self.set(key, before);
        }
    }

    /// Every document.
    pub(crate) fn all(&self) -> &BTreeMap<String, Value> {
        &self.documents
    }
}

fn line(changes: &impl Serialize) -> io::Result<String> {
    let text = serde_json::to_string(changes)?;
    Ok(format!("{} {text}\n", checksum(&text)))
}

fn parse_line(line: &[u8]) -> Option<Vec<(String, Option<Value>)>> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, changes) = text.split_once(' ')?;
    if sum != checksum(changes) {
        return None;
    }
    let changes: Vec<(String, Option<Value>)> = serde_json::from_str(changes).ok()?;
    Some(changes.into_iter().filter(|(key, _)| key != HEADER).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("eksform-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn survives_a_torn_last_line() {
        let directory = scratch("torn");
        let mut store = Store::open(&directory).unwrap();
        store.put("a/b".into(), json!({"x": 1}));
        store.commit().unwrap();
        store.put("a/c".into(), json!({"x": 2}));
        store.put("a/d".into(), json!({"x": 3}));
        store.commit().unwrap();
        drop(store);
        let path = directory.join(JOURNAL);
        let whole = std::fs::read(&path).unwrap();
        let two_lines = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
        for cut in two_lines..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut store = Store::open(&directory).unwrap();
            assert_eq!(store.all().len(), 1, "cut at {cut}");
            store.put("a/e".into(), json!(4));
            store.commit().unwrap();
            drop(store);
            assert_eq!(Store::open(&directory).unwrap().all().len(), 2);
        }
        std::fs::write(&path, [b"garbage\n", &whole[..]].concat()).unwrap();
        assert!(Store::open(&directory).is_err());
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn rollback_restores_documents_and_due_times() {
        let mut store = Store::default();
        store.put("k".into(), json!({"next": {"at": 5}}));
        store.commit().unwrap();
        store.put("k".into(), json!({"next": {"at": 9}}));
        store.remove("k");
        store.rollback();
        assert_eq!(store.due(5), Some("k".into()));
        assert_eq!(store.due(4), None);
    }

    #[test]
    fn the_tag_index_follows_changes_and_rollbacks() {
        let mut store = Store::default();
        let tagged = |value: &str| json!({"view": {"tags": {"team": value}}});
        let keys = |store: &Store, values: &[&str]| -> Vec<String> {
            store.tagged("a/r", "team", values).keys().map(|key| (*key).to_owned()).collect()
        };
        store.put("a/r/cluster/x".into(), tagged("one"));
        store.put("a/r/cluster/y".into(), tagged("one-and-more"));
        store.put("b/r/cluster/x".into(), tagged("one"));
        store.commit().unwrap();
        assert_eq!(keys(&store, &["one"]), ["a/r/cluster/x"]);
        assert_eq!(keys(&store, &[]), ["a/r/cluster/x", "a/r/cluster/y"]);
        store.put("a/r/cluster/x".into(), tagged("two"));
        store.remove("a/r/cluster/y");
        assert_eq!(keys(&store, &[]), ["a/r/cluster/x"]);
        assert!(keys(&store, &["one"]).is_empty());
        store.rollback();
        assert_eq!(keys(&store, &["one-and-more", "one"]), ["a/r/cluster/x", "a/r/cluster/y"]);
    }

    #[test]
    fn ranges_do_not_mix_parents() {
        let mut store = Store::default();
        for parts in [["p", "demo", "x"], ["p", "demo-2", "y"], ["p", "demo/", "z"]] {
            store.put(key(&parts), json!(null));
        }
        assert_eq!(store.keys(&key(&["p", "demo"])), ["p/demo/x"]);
        assert_eq!(last(&key(&["a", "x/y%2F"])), "x/y%2F");
    }

    #[test]
    fn compaction_keeps_the_documents() {
        let directory = scratch("compact");
        let mut store = Store::open(&directory).unwrap();
        for n in 0..500 {
            store.put("a/b".into(), json!(n));
            store.commit().unwrap();
        }
        drop(store);
        let store = Store::open(&directory).unwrap();
        assert_eq!(store.get("a/b"), Some(&json!(499)));
        assert!(std::fs::metadata(directory.join(JOURNAL)).unwrap().len() < 200);
        std::fs::remove_dir_all(directory).unwrap();
    }
}
