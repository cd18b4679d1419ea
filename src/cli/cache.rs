//! Facts that never change, on disk: what EKS says about one version of an add-on.
//!
//! One file per fact: its fingerprint in the first line, then the fact in the form of a snapshot. A file that
//! does not hold what it should is as good as none, and is written anew.

use super::files;
use crate::aws::Memory;
use crate::live::{AddonConfiguration, AddonKey, Digest, Fact, Snapshot};
use crate::plan::saved;
use etcetera::BaseStrategy;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names another directory than the platform's.
const DIRECTORY: &str = "EKSFORM_CACHE_DIR";

/// Where facts are kept. Their form may change with the version of eksform.
const FACTS: &str = concat!("catalog-", env!("CARGO_PKG_VERSION"));

/// Facts of AWS: in the directory that is named, else where the platform keeps caches. `fresh` asks for
/// everything again. None if there is no such place.
pub fn of_aws(fresh: bool) -> Option<Arc<dyn Memory>> {
    // Somebody else's answers are no facts about AWS.
    if std::env::var_os("AWS_ENDPOINT_URL_EKS").is_some_and(|url| !url.is_empty()) {
        return None;
    }
    Some(Arc::new(Cache { directory: root()?.join(FACTS), fresh }))
}

/// Facts of one sandbox, whose catalog is its own: only where a directory is named.
#[cfg(feature = "sandbox")]
pub fn of_sandbox(directory: &Path, fresh: bool) -> Option<Arc<dyn Memory>> {
    let whole = std::path::absolute(directory).ok()?;
    let mark = Digest::of_text(&whole.to_string_lossy());
    Some(Arc::new(Cache { directory: named()?.join("sandbox").join(mark.to_string()).join(FACTS), fresh }))
}

/// Where anything is kept between runs: the directory that is named, else where the platform keeps caches.
pub fn root() -> Option<PathBuf> {
    let platform =
        || Some(etcetera::base_strategy::choose_native_strategy().ok()?.cache_dir().join("eksform"));
    named().or_else(platform)
}

fn named() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// A directory of facts.
pub struct Cache {
    pub directory: PathBuf,
    /// Recall nothing, so that everything is asked again.
    pub fresh: bool,
}

impl Cache {
    fn file(&self, key: &AddonKey) -> PathBuf {
        let region = key.place.region.as_deref().unwrap_or_default();
        let parts = [&key.place.partition, &key.place.account, region, &key.addon, &key.version];
        let parts: Vec<String> = parts.into_iter().map(plain).collect();
        self.directory.join(format!("{}.json", parts.join("@")))
    }
}

/// A text as part of a file's name: what else than letters, digits, `.`, `_` and `-` it holds as `%` and two
/// hex digits.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => plain.push(char::from(byte)),
            _ => {
                // Writing to a text cannot fail.
                let _ = write!(plain, "%{byte:02X}");
            }
        }
    }
    plain
}

impl Memory for Cache {
    fn recall(&self, key: &AddonKey) -> Option<AddonConfiguration> {
        if self.fresh {
            return None;
        }
        let text = std::fs::read_to_string(self.file(key)).ok()?;
        let (mark, fact) = text.split_once('\n')?;
        if Digest::parse(mark) != Some(Digest::of_text(fact)) {
            return None;
        }
        let mut snapshot = saved::read_snapshot(fact).ok()?;
        match snapshot.addon_configurations.remove(key)? {
            Fact::Known(fact) => Some(fact),
            Fact::Absent | Fact::Denied(_) => None,
        }
    }

    fn remember(&self, key: &AddonKey, fact: &AddonConfiguration) {
        let mut snapshot = Snapshot::default();
        snapshot.addon_configurations.insert(key.clone(), Fact::Known(fact.clone()));
        let fact = saved::write_snapshot(&snapshot);
        let text = format!("{}\n{fact}", Digest::of_text(&fact));
        // A cache that cannot be written costs a call the next time, and nothing else.
        let _ =
            std::fs::create_dir_all(&self.directory).and_then(|()| files::replace(&self.file(key), &text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Place;

    fn cache(name: &str) -> Cache {
        let directory = std::env::temp_dir().join(format!("eksform-cache-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        Cache { directory, fresh: false }
    }

    fn key(region: &str, addon: &str, version: &str) -> AddonKey {
        let place = Place::new("aws", "123456789012", Some(region.into()));
        AddonKey { place, addon: addon.into(), version: version.into() }
    }

    fn fact(schema: &str) -> AddonConfiguration {
        let policies = vec!["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy".into()];
        AddonConfiguration {
            schema: Some(schema.into()),
            service_accounts: vec![("aws-node".into(), policies), ("ü\n\"".into(), Vec::new())],
        }
    }

    #[test]
    fn a_fact_comes_back_for_its_own_key_alone() {
        let cache = cache("keys");
        let keys = [
            key("us-east-2", "vpc-cni", "v1.19.0-eksbuild.1"),
            key("us-east-2", "vpc-cni", "v1.19.0-eksbuild.2"),
            key("us-east-2", "coredns", "v1.19.0-eksbuild.1"),
            key("eu-west-1", "vpc-cni", "v1.19.0-eksbuild.1"),
            // Texts of users are no paths.
            key("us-east-2", "../../../vpc-cni", "/../v1"),
            key("us-east-2", "..", ".."),
            key("", "a@b", "c"),
            key("", "a", "b@c"),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(cache.recall(key), None, "{key:?}");
            cache.remember(key, &fact(&at.to_string()));
        }
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(cache.recall(key), Some(fact(&at.to_string())), "{key:?}");
        }
        let files = std::fs::read_dir(&cache.directory).expect("it was made").count();
        assert_eq!(files, keys.len(), "all facts in the directory, and no drafts left");
        let fresh = Cache { directory: cache.directory.clone(), fresh: true };
        assert_eq!(fresh.recall(&keys[0]), None);
        fresh.remember(&keys[0], &fact("new"));
        assert_eq!(cache.recall(&keys[0]), Some(fact("new")), "what was asked again is kept");
        let _ = std::fs::remove_dir_all(&cache.directory);
    }

    #[test]
    fn damage_is_as_good_as_nothing_and_mended() {
        let cache = cache("damage");
        let (key, other) = (key("us-east-2", "vpc-cni", "v1"), key("us-east-2", "vpc-cni", "v2"));
        let path = cache.file(&key);
        cache.remember(&key, &fact("{}"));
        let whole = std::fs::read(&path).expect("it was written");
        let mut damaged: Vec<Vec<u8>> = (0..whole.len()).step_by(7).map(|at| whole[..at].to_vec()).collect();
        for at in (0..whole.len()).step_by(5) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x04;
            damaged.push(flipped);
        }
        damaged.extend([vec![0xff; 64], b"\n".to_vec(), [&whole[..], b" "].concat()]);
        for bytes in damaged {
            std::fs::write(&path, &bytes).expect("it can be written");
            assert_eq!(cache.recall(&key), None, "{}", String::from_utf8_lossy(&bytes));
        }
        cache.remember(&key, &fact("{}"));
        assert_eq!(cache.recall(&key), Some(fact("{}")));
        // A whole file in another's place.
        std::fs::copy(&path, cache.file(&other)).expect("it can be copied");
        assert_eq!(cache.recall(&other), None);
        let _ = std::fs::remove_dir_all(&cache.directory);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_failure() {
        let cache = cache("file");
        std::fs::write(&cache.directory, "a file where the directory should be").expect("it can be written");
        let key = key("us-east-2", "vpc-cni", "v1");
        cache.remember(&key, &fact("{}"));
        assert_eq!(cache.recall(&key), None);
        let _ = std::fs::remove_file(&cache.directory);
    }
}
