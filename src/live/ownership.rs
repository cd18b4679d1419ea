//! Whose an object is, read from and written as tags.

use crate::kinds::{TAG_ADDRESS, TAG_REGION, TAG_STACK};
use crate::value::{Address, Map, Text, Value};
use std::fmt;

/// The value of the ownership tag: `platform`, or `platform/prod` for one instance of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackName {
    pub name: Text,
    pub instance: Option<Text>,
}

impl StackName {
    /// Whether the text is what a tag would say.
    fn is_written(&self, text: &str) -> bool {
        match &self.instance {
            Some(instance) => text
                .strip_prefix(self.name.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| *rest == **instance),
            None => *text == *self.name,
        }
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.instance {
            Some(instance) => write!(f, "/{instance}"),
            None => Ok(()),
        }
    }
}

/// Whose an object is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// No stack's: made by hand, by another tool, or by AWS.
    #[default]
    None,
    /// The stack named by the tag, and the address recorded when it was last applied.
    Stack { stack: Text, address: Option<Address> },
}

impl Owner {
    /// Reads the owner off an object's tags.
    pub fn from_tags(tags: &Map) -> Self {
        match tags.get(TAG_STACK).and_then(Value::as_str) {
            Some(stack) => Self::Stack {
                stack: stack.into(),
                address: tags.get(TAG_ADDRESS).and_then(Value::as_str).and_then(decode_address),
            },
            None => Self::None,
        }
    }

    /// The address that is recorded on the object.
    pub fn recorded(&self) -> Option<&Address> {
        match self {
            Self::Stack { address, .. } => address.as_ref(),
            Self::None => None,
        }
    }

    pub fn is(&self, stack: &StackName) -> bool {
        matches!(self, Self::Stack { stack: owner, .. } if stack.is_written(owner))
    }
}

/// The tags that make an object the stack's. `region` is given for kinds that have none of their own.
pub fn ownership_tags(stack: &StackName, address: &Address, region: Option<&str>) -> Map {
    let mut tags = Map::from([
        (TAG_STACK.into(), Value::from(stack.to_string())),
        (TAG_ADDRESS.into(), Value::from(encode_address(address))),
    ]);
    if let Some(region) = region {
        tags.insert(TAG_REGION.into(), Value::from(region));
    }
    tags
}

/// The longest value a tag may have.
const TAG_VALUE_MAX: usize = 256;

/// An address in the characters that tag values allow (letters, digits, space and `_ . : / = + - @`):
/// any other byte as `=` and two hex digits. Too long a text is cut and then reads back as no address.
pub fn encode_address(address: &Address) -> String {
    let mut encoded = String::new();
    for byte in address.to_string().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b':' | b'/' | b'+' | b'-' | b'@' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("={byte:02X}")),
        }
    }
    encoded.truncate(TAG_VALUE_MAX);
    encoded
}

/// The address a tag records, if it is one.
pub fn decode_address(tag: &str) -> Option<Address> {
    let mut bytes = Vec::with_capacity(tag.len());
    let mut rest = tag.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    Address::parse(&String::from_utf8(bytes).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_tag() {
        for text in ["addon.vpc-cni", "role.app[\"blue\"]", "module.a[0].role.x[\"ü =\"]"] {
            let address = Address::parse(text).expect(text);
            let tag = encode_address(&address);
            assert!(tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:/=+-@".contains(&b)), "{tag}");
            assert_eq!(decode_address(&tag), Some(address));
        }
        for tag in ["", "=", "=G0", "role", "a.b.c"] {
            assert_eq!(decode_address(tag), None, "{tag}");
        }
    }
}
