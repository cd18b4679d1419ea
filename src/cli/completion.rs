//! Shell completion: commands and flags from the flags themselves, names and versions of add-ons from what
//! `addons list` saw last.

use super::cache;
use super::files;
use crate::live::Offer;
use clap_complete::engine::CompletionCandidate;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Names of add-ons with the versions on offer.
type Known = BTreeMap<String, Vec<String>>;

fn file() -> Option<PathBuf> {
    Some(cache::root()?.join("completion.json"))
}

/// Keeps what completion offers. That it cannot be kept is no matter.
pub fn remember(offers: &[Offer]) {
    let Some(path) = file() else { return };
    let known: Known = offers
        .iter()
        .map(|offer| {
            let versions = offer.versions.iter().map(|version| version.version.to_string());
            (offer.addon.to_string(), versions.collect())
        })
        .collect();
    if let Some(directory) = path.parent()
        && std::fs::create_dir_all(directory).is_ok()
        && let Ok(text) = serde_json::to_string(&known)
    {
        let _ = files::replace(&path, &text);
    }
}

fn known() -> Known {
    let text = file().and_then(|path| std::fs::read_to_string(path).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn beginning(with: &OsStr, all: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let with = with.to_str().unwrap_or_default();
    all.into_iter().filter(|text| text.starts_with(with)).map(CompletionCandidate::new).collect()
}

/// Names of add-ons.
pub fn addons(current: &OsStr) -> Vec<CompletionCandidate> {
    beginning(current, known().into_keys())
}

/// Versions of add-ons; of which one the word before does not tell.
pub fn versions(current: &OsStr) -> Vec<CompletionCandidate> {
    let all: std::collections::BTreeSet<String> = known().into_values().flatten().collect();
    beginning(current, all)
}
