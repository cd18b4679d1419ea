//! How the files name an instance: `addon.vpc-cni`, `role.app["blue"]`, `module.eu.cluster.main`.

use super::Text;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The key of an instance under `for_each` or `count`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Int(u64),
    Str(Text),
}

/// Whether a block of the files stands for the instance, or expansion made it (a recommended role).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    #[default]
    Declared,
    Derived,
}

/// One module call on the way to an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleStep {
    pub name: Text,
    pub key: Option<Key>,
}

/// The address of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    pub module: Arc<[ModuleStep]>,
    pub kind: Text,
    pub name: Text,
    pub key: Option<Key>,
    pub origin: Origin,
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By module, kind, name, key and origin.
impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        let modules = match Arc::ptr_eq(&self.module, &other.module) {
            true => Ordering::Equal,
            false => self.module.cmp(&other.module),
        };
        modules
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| self.key.cmp(&other.key))
            .then_with(|| self.origin.cmp(&other.origin))
    }
}

impl Address {
    /// An address in the root module, without key.
    pub fn root(kind: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self {
            module: Arc::from([]),
            kind: kind.into(),
            name: name.into(),
            key: None,
            origin: Origin::Declared,
        }
    }

    /// Reads what [`Address`]'s `Display` writes; `None` if it is no address.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut module = Vec::new();
        loop {
            let (word, after) = identifier(rest)?;
            let after = after.strip_prefix('.')?;
            let (name, after) = identifier(after)?;
            let (key, after) = key(after)?;
            if word == "module" {
                module.push(ModuleStep { name: name.into(), key });
                rest = after.strip_prefix('.')?;
                continue;
            }
            if !after.is_empty() {
                return None;
            }
            return Some(Self {
                module: module.into(),
                kind: word.into(),
                name: name.into(),
                key,
                origin: Origin::Declared,
            });
        }
    }

    /// The address of the block, without the instance's own key.
    #[must_use]
    pub fn without_key(&self) -> Self {
        Self { key: None, ..self.clone() }
    }
}

pub(super) fn identifier(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[allow(clippy::option_option, reason = "no key is a valid answer, a broken key is none")]
pub(super) fn key(text: &str) -> Option<(Option<Key>, &str)> {
    let Some(inner) = text.strip_prefix('[') else { return Some((None, text)) };
    if inner.starts_with('"') {
        let mut escaped = false;
        let end = inner.char_indices().skip(1).find_map(|(at, c)| match c {
            '"' if !escaped => Some(at),
            _ => {
                escaped = c == '\\' && !escaped;
                None
            }
        })?;
        let string: String = serde_json::from_str(&inner[..=end]).ok()?;
        let rest = inner[end + 1..].strip_prefix(']')?;
        return Some((Some(Key::Str(string.into())), rest));
    }
    let (digits, rest) = inner.split_once(']')?;
    Some((Some(Key::Int(digits.parse().ok()?)), rest))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(index) => write!(f, "[{index}]"),
            Self::Str(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str())),
        }
    }
}

/// `module.eu["a"]`.
impl fmt::Display for ModuleStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module.{}", self.name)?;
        match &self.key {
            Some(key) => write!(f, "{key}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.module.iter() {
            write!(f, "{step}.")?;
        }
        write!(f, "{}.{}", self.kind, self.name)?;
        if let Some(key) = &self.key {
            write!(f, "{key}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_are_inverse() {
        for text in [
            "addon.vpc-cni",
            "role.app[\"blue\"]",
            "role.app[3]",
            "module.eu.cluster.main",
            "module.eu[\"a.b]\\\"\"].module.x[0].role.y[\"é\"]",
        ] {
            assert_eq!(Address::parse(text).expect(text).to_string(), text);
        }
        for text in ["", "addon", "addon.", "addon.x[", "addon.x[\"a]", "module.x.", "a.b.c", "addon.x[-1]"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
