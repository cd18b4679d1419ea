//! One request being answered: who asks, where, when, with what; and the state it reads and changes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::error::AwsError;
use super::model::Service;
use super::store::{Store, hex, key};

/// Who makes a call.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// What GetCallerIdentity says.
    pub(crate) arn: String,
    pub(crate) user_id: String,
    /// The user or role behind the ARN.
    pub(crate) principal: String,
}

pub(crate) struct Call<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    pub(crate) partition: &'static str,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) caller: Caller,
    pub(crate) access_key: String,
    pub(crate) now: i64,
    pub(crate) speed: f64,
    pub(crate) input: Map<String, Value>,
}

/// The partition a region belongs to.
pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// A time as the JSON protocols write it: seconds since the epoch.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch fit a double")]
pub(crate) fn seconds(millis: i64) -> Value {
    Value::from(millis as f64 / 1000.0)
}

/// Letters and digits made of a hash, the way AWS's ids look.
pub(crate) fn id_text(seed: &str, length: usize, alphabet: &[u8]) -> String {
    let mut out = String::with_capacity(length);
    let mut block = Sha256::digest(seed.as_bytes());
    while out.len() < length {
        for byte in block {
            if out.len() < length {
                out.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
        block = Sha256::digest(block);
    }
    out
}

pub(crate) const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
pub(crate) const HEX: &[u8] = b"0123456789abcdef";

/// A UUID made of a hash.
pub(crate) fn uuid_of(seed: &str) -> String {
    let text = hex(&Sha256::digest(seed.as_bytes())[..16]);
    format!("{}-{}-4{}-a{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
}

impl Call<'_> {
    /// The key of a document of this account and region.
    pub(crate) fn key(&self, parts: &[&str]) -> String {
        let mut all = vec![self.account.as_str(), self.region.as_str()];
        all.extend_from_slice(parts);
        key(&all)
    }

    /// The key of a document of this account's IAM.
    pub(crate) fn iam_key(&self, parts: &[&str]) -> String {
        iam_key(&self.account, parts)
    }

    pub(crate) fn load<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        load(self.store, key)
    }

    pub(crate) fn save<T: Serialize>(&mut self, key: &str, document: &T) {
        // The documents are plain structs and maps with text keys, which always serialize.
        let value = serde_json::to_value(document).unwrap_or_default();
        self.store.put(key.to_owned(), value);
    }

    /// Text from the input. The shape check has seen to its type and to required members.
    pub(crate) fn text(&self, member: &str) -> Option<String> {
        self.input.get(member).and_then(Value::as_str).map(str::to_owned)
    }

    /// Text that the shape requires, so it is there.
    pub(crate) fn required(&self, member: &str) -> String {
        self.text(member).unwrap_or_default()
    }

    pub(crate) fn flag(&self, member: &str) -> Option<bool> {
        self.input.get(member).and_then(Value::as_bool)
    }

    pub(crate) fn number(&self, member: &str) -> Option<i64> {
        self.input.get(member).and_then(Value::as_i64)
    }

    /// When something that takes AWS this many seconds will be done here.
    #[expect(clippy::cast_possible_truncation, reason = "a saturating cast is what is wanted")]
    pub(crate) fn after(&self, seconds: f64) -> i64 {
        self.now.saturating_add((seconds * 1000.0 / self.speed) as i64)
    }

    /// A seed for ids of the thing at `key`: the same things made in the same order get the same ids, and a thing
    /// that is made again gets another.
    pub(crate) fn seed(&mut self, key_of_thing: &str) -> String {
        let counter = key(&[&self.account, "made", key_of_thing]);
        let count = self.store.get(&counter).and_then(Value::as_u64).unwrap_or_default() + 1;
        self.store.put(counter, Value::from(count));
        format!("{key_of_thing}#{count}")
    }

    /// The error code of `wanted` that this operation declares first.
    pub(crate) fn declared<'c>(&self, wanted: &[&'c str]) -> &'c str {
        self.service.model().declared(self.operation, wanted)
    }

    /// One page of the documents under a prefix: those `wanted` accepts, and the token of the next page.
    pub(crate) fn page<T>(
        &self,
        prefix: &str,
        limit: usize,
        token: Option<&str>,
        wanted: impl Fn(&str, &Value) -> Option<T>,
    ) -> Result<(Vec<T>, Option<String>), BadToken> {
        let after = token.map(|token| read_token(token, prefix)).transpose()?;
        Ok(page_of(self.store.range(prefix, after.as_deref()), limit, wanted))
    }

    /// One page of the documents that carry a tag; see [`Store::tagged`].
    pub(crate) fn page_of_tagged<T>(
        &self,
        (name, values): (&str, &[&str]),
        limit: usize,
        token: Option<&str>,
        wanted: impl Fn(&str, &Value) -> Option<T>,
    ) -> Result<(Vec<T>, Option<String>), BadToken> {
        let place = self.key(&[]);
        let after = token.map(|token| read_token(token, &place)).transpose()?;
        let found = self.store.tagged(&place, name, values).into_iter();
        let found = found.filter(|(key, _)| after.as_deref().is_none_or(|after| *key > after));
        Ok(page_of(found, limit, wanted))
    }
}

fn page_of<'d, T>(
    documents: impl Iterator<Item = (&'d str, &'d Value)>,
    limit: usize,
    wanted: impl Fn(&str, &Value) -> Option<T>,
) -> (Vec<T>, Option<String>) {
    let mut items = Vec::new();
    let mut last = None;
    for (key, document) in documents {
        if let Some(item) = wanted(key, document) {
            if items.len() == limit {
                return (items, last.map(write_token));
            }
            items.push(item);
            last = Some(key);
        }
    }
    (items, None)
}

pub(crate) fn iam_key(account: &str, parts: &[&str]) -> String {
    let mut all = vec![account, "iam"];
    all.extend_from_slice(parts);
    key(&all)
}

pub(crate) fn load<T: DeserializeOwned>(store: &Store, key: &str) -> Option<T> {
    T::deserialize(store.get(key)?).ok()
}

/// A page token that this sandbox did not hand out for this list.
#[derive(Debug)]
pub(crate) struct BadToken;

fn write_token(key: &str) -> String {
    let sum = Sha256::digest(key.as_bytes());
    format!("{}{}", hex(&sum[..4]), hex(key.as_bytes()))
}

fn read_token(token: &str, prefix: &str) -> Result<String, BadToken> {
    if !token.is_ascii() || token.len() < 8 || token.len() % 2 == 1 {
        return Err(BadToken);
    }
    let byte = |index: usize| u8::from_str_radix(&token[index..index + 2], 16).map_err(|_| BadToken);
    let bytes: Vec<u8> = (8..token.len()).step_by(2).map(byte).collect::<Result<_, _>>()?;
    let key = String::from_utf8(bytes).map_err(|_| BadToken)?;
    if write_token(&key) == token && key.starts_with(prefix) { Ok(key) } else { Err(BadToken) }
}

/// The parts of `arn:partition:service:region:account:resource`.
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (account, resource) = (parts.next()?, parts.next()?);
        let partition = ["aws", "aws-cn", "aws-us-gov"].into_iter().find(|known| *known == partition)?;
        (!resource.is_empty()).then_some(Arn { partition, service, region, account, resource })
    }

    /// The name of the role, whatever its path, if this is a role's ARN.
    pub(crate) fn role_name(&self) -> Option<&'a str> {
        let rest = self.resource.strip_prefix("role/")?;
        let name = rest.rsplit('/').next()?;
        (self.service == "iam" && self.region.is_empty() && !name.is_empty()).then_some(name)
    }
}

/// The refusal of a tag whose key is AWS's own, and of more than fifty tags.
pub(crate) fn check_tags<'t>(
    keys: impl IntoIterator<Item = &'t str>,
    code: &str,
    existing: usize,
) -> Result<(), AwsError> {
    let mut count = existing;
    for key in keys {
        if key.to_ascii_lowercase().starts_with("aws:") {
            let text =
                format!("Tag key '{key}' is invalid: tag keys may not start with the reserved prefix aws:");
            return Err(AwsError::new(code, text));
        }
        count += 1;
    }
    if count > 50 {
        return Err(AwsError::new(code, "The number of tags exceeds the limit of 50 tags per resource"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_checked() {
        let token = write_token("a/b/c");
        assert_eq!(read_token(&token, "a/b").unwrap(), "a/b/c");
        for bad in ["", "x", "zz", "0000000061", "ééééé", &token[2..], &write_token("other/c")] {
            assert!(read_token(bad, "a/b").is_err(), "{bad}");
        }
    }

    #[test]
    fn arns() {
        let arn = Arn::parse("arn:aws:iam::123456789012:role/path/to/name").unwrap();
        assert_eq!((arn.role_name(), arn.account, arn.partition), (Some("name"), "123456789012", "aws"));
        for bad in ["", "arn", "arn:aws:iam::1", "arn:other:iam::1:role/x", "arn:aws:iam::1:"] {
            assert!(Arn::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(Arn::parse("arn:aws:iam::1:role/").unwrap().role_name(), None);
    }

    #[test]
    fn ids() {
        assert_eq!(id_text("x", 40, HEX).len(), 40);
        assert_eq!(uuid_of("x").len(), 36);
        assert_ne!(uuid_of("x"), uuid_of("y"));
    }
}
