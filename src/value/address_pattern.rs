//! What names instances from outside: `addon.vpc-cni`, `role.app["blue"]`, all of a block or of a module.

use super::address::{identifier, key};
use super::{Address, Key, ModuleStep, Text};
use std::fmt;

/// One instance, every instance of a block (`role.app`), or everything in a module (`module.eu`). What
/// has no key stands for every key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressPattern {
    module: Vec<ModuleStep>,
    /// Kind, name and key of the block; `None`: the whole module.
    block: Option<(Text, Text, Option<Key>)>,
}

impl AddressPattern {
    /// Reads what a person types; `None` if it is no address.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(address) = Address::parse(text) {
            let Address { module, kind, name, key, .. } = address;
            return Some(Self { module: module.to_vec(), block: Some((kind, name, key)) });
        }
        let mut rest = text;
        let mut module = Vec::new();
        loop {
            let (word, after) = identifier(rest)?;
            let (name, after) = identifier(after.strip_prefix('.')?)?;
            let (key, after) = key(after)?;
            if word != "module" {
                return None;
            }
            module.push(ModuleStep { name: name.into(), key });
            if after.is_empty() {
                return Some(Self { module, block: None });
            }
            rest = after.strip_prefix('.')?;
        }
    }

    /// Whether the address is among those that are meant.
    pub fn matches(&self, address: &Address) -> bool {
        let any = |wanted: &Option<Key>, key: &Option<Key>| wanted.is_none() || wanted == key;
        let deep_enough = match self.block {
            Some(_) => address.module.len() == self.module.len(),
            None => address.module.len() >= self.module.len(),
        };
        let steps = || self.module.iter().zip(address.module.iter());
        deep_enough
            && steps().all(|(wanted, step)| wanted.name == step.name && any(&wanted.key, &step.key))
            && self.block.as_ref().is_none_or(|(kind, name, key)| {
                *kind == address.kind && *name == address.name && any(key, &address.key)
            })
    }

    /// Whether it names blocks, and no instances of them.
    pub fn has_no_key(&self) -> bool {
        self.module.iter().all(|step| step.key.is_none())
            && self.block.as_ref().is_none_or(|(_, _, key)| key.is_none())
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dot = "";
        for step in &self.module {
            write!(f, "{dot}{step}")?;
            dot = ".";
        }
        if let Some((kind, name, key)) = &self.block {
            write!(f, "{dot}{kind}.{name}")?;
            if let Some(key) = key {
                write!(f, "{key}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_key_stands_for_every_key() {
        let address = Address::parse("module.eu[0].module.apps.role.app[\"a.b\"]").expect("an address");
        for (text, meant) in [
            ("module.eu", true),
            ("module.eu[0]", true),
            ("module.eu[1]", false),
            ("module.eu.module.apps", true),
            ("module.eu[0].module.apps.role.app", true),
            ("module.eu.module.apps.role.app[\"a.b\"]", true),
            ("module.eu.module.apps.role.app[\"b\"]", false),
            ("module.apps", false),
            ("role.app", false),
            ("module.eu.module.apps.addon.app", false),
        ] {
            let pattern = AddressPattern::parse(text).expect(text);
            assert_eq!(pattern.matches(&address), meant, "{text}");
            assert_eq!(pattern.to_string(), text);
        }
        for text in
            ["", "module", "module.", "role.a.b", "module.x.role", "module.x.", "x.y.", "role.app[\"a]"]
        {
            assert_eq!(AddressPattern::parse(text), None, "{text}");
        }
    }
}
