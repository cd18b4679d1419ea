//! What AWS offers: Kubernetes versions, add-on versions and their schemas, managed policies. Data, each entry with its
//! source or marked as synthetic.

mod import;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use import::{addon, addons, take};

pub(crate) struct Catalog {
    pub(crate) kubernetes: Vec<Kubernetes>,
    addons: Vec<Addon>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) access_policies: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Kubernetes {
    pub(crate) version: String,
    pub(crate) platform: String,
    pub(crate) patch: String,
    /// Seconds since the epoch, as are the next two.
    pub(crate) released: i64,
    pub(crate) standard_support_until: i64,
    pub(crate) extended_support_until: i64,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) default: bool,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Addon {
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) publisher: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) requires_iam: bool,
    pub(crate) pod_identity_since: Option<String>,
    pub(crate) service_accounts: Vec<ServiceAccount>,
    pub(crate) compute_types: Vec<String>,
    pub(crate) needs_nodes: bool,
    pub(crate) schema: Option<Value>,
    pub(crate) versions: Vec<AddonVersion>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ServiceAccount {
    pub(crate) name: String,
    pub(crate) recommended_policies: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AddonVersion {
    pub(crate) version: String,
    pub(crate) kubernetes: Vec<String>,
    #[serde(default)]
    pub(crate) default_for: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Policy {
    pub(crate) path_and_name: String,
    pub(crate) document: Value,
}

#[derive(Deserialize)]
struct KubernetesFile {
    kubernetes: Vec<Kubernetes>,
}

#[derive(Deserialize)]
struct AddonsFile {
    addons: Vec<Addon>,
}

#[derive(Deserialize)]
struct PoliciesFile {
    policies: Vec<Policy>,
    access_policies: Vec<String>,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    // The files are compiled in, and the tests below read them.
    let well_formed = "the catalog that is compiled in is well formed";
    let kubernetes: KubernetesFile =
        serde_json::from_str(include_str!("kubernetes.json")).expect(well_formed);
    let mut addons: AddonsFile = serde_json::from_str(include_str!("addons.json")).expect(well_formed);
    let policies: PoliciesFile = serde_json::from_str(include_str!("policies.json")).expect(well_formed);
    addons.addons.sort_by(|a, b| a.name.cmp(&b.name));
    Catalog {
        kubernetes: kubernetes.kubernetes,
        addons: addons.addons,
        policies: policies.policies,
        access_policies: policies.access_policies,
    }
});

/// The catalog.
pub(crate) fn get() -> &'static Catalog {
    &CATALOG
}

/// The numbers of `v1.19.0-eksbuild.1`, for comparison.
pub(crate) fn version_parts(version: &str) -> [u64; 4] {
    let (semantic, build) = version.trim_start_matches('v').split_once('-').unwrap_or((version, ""));
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
    let mut parts = semantic.trim_start_matches('v').split('.');
    let mut next = || number(parts.next());
    [next(), next(), next(), number(build.strip_prefix("eksbuild."))]
}

impl Catalog {
    fn addon(&self, name: &str) -> Option<&Addon> {
        self.addons.iter().find(|addon| addon.name == name)
    }

    /// The AWS managed policy behind an ARN.
    pub(crate) fn policy(&self, arn: &str) -> Option<&Policy> {
        let (_, name) = arn.split_once(":iam::aws:policy/")?;
        self.policies.iter().find(|policy| policy.path_and_name == name)
    }
}

impl Addon {
    pub(crate) fn default_for(&self, kubernetes: &str) -> Option<&AddonVersion> {
        self.versions.iter().find(|version| version.is_default_for(kubernetes))
    }

    pub(crate) fn supports_pod_identity(&self, version: &str) -> bool {
        self.pod_identity_since.as_ref().is_some_and(|since| version_parts(version) >= version_parts(since))
    }
}

impl AddonVersion {
    pub(crate) fn offered_for(&self, kubernetes: &str) -> bool {
        self.kubernetes.iter().any(|known| known == kubernetes)
    }

    pub(crate) fn is_default_for(&self, kubernetes: &str) -> bool {
        self.default_for.iter().any(|known| known == kubernetes)
    }
}

impl Policy {
    /// The path, `/` or `/service-role/`, and the name.
    pub(crate) fn path_and_name(&self) -> (String, &str) {
        match self.path_and_name.rsplit_once('/') {
            Some((path, name)) => (format!("/{path}/"), name),
            None => ("/".to_owned(), &self.path_and_name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_addon_has_versions_and_one_default() {
        let catalog = get();
        assert_eq!(catalog.kubernetes.iter().filter(|version| version.default).count(), 1);
        for addon in &catalog.addons {
            for kubernetes in &catalog.kubernetes {
                let offered =
                    addon.versions.iter().filter(|version| version.offered_for(&kubernetes.version));
                let defaults =
                    addon.versions.iter().filter(|version| version.is_default_for(&kubernetes.version));
                assert!(offered.count() >= 2, "{} {}", addon.name, kubernetes.version);
                assert_eq!(defaults.count(), 1, "{} {}", addon.name, kubernetes.version);
            }
            for account in &addon.service_accounts {
                for policy in &account.recommended_policies {
                    assert!(catalog.policy(policy).is_some(), "{policy}");
                }
            }
        }
        let cni = catalog.addon("vpc-cni").unwrap();
        assert_eq!(cni.default_for("1.30").unwrap().version, "v1.19.0-eksbuild.1");
        assert!(
            cni.supports_pod_identity("v1.15.5-eksbuild.1")
                && !cni.supports_pod_identity("v1.15.4-eksbuild.1")
        );
    }

    #[test]
    fn every_entry_says_where_it_is_from() {
        for text in
            [include_str!("kubernetes.json"), include_str!("addons.json"), include_str!("policies.json")]
        {
            let file: Value = serde_json::from_str(text).unwrap();
            for list in ["kubernetes", "addons", "policies"] {
                for entry in file[list].as_array().into_iter().flatten() {
                    let told =
                        |entry: &Value| entry.get("source").is_some() || entry.get("synthetic").is_some();
                    assert!(told(entry), "{entry}");
                    for version in entry["versions"].as_array().into_iter().flatten() {
                        assert!(told(version), "{version}");
                    }
                }
            }
        }
    }
}
