//! What of a cluster uses IAM roles for service accounts (IRSA), by its add-ons and by the trust of the account's roles.

use super::survey::{self, Role};
use crate::kinds::AGENT;
use crate::kinds::{identity, pod_trust, policy, recommended};
use crate::live::{AddonKey, Fact, Object, Phase, Snapshot};
use crate::value::{Identity, Map, Place, ProviderRef, Text, Value, Want};
use std::collections::{BTreeMap, BTreeSet};

/// A service account: namespace and name.
pub type Account = (Text, Text);

/// An add-on with a role through IRSA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddonUse {
    pub addon: Identity<Place>,
    pub role: Identity<Place>,
    pub role_arn: Text,
    /// The service accounts that get the role; none if that cannot be told.
    pub service_accounts: Vec<Text>,
}

/// A role that the cluster's OIDC provider may assume.
#[derive(Clone, Debug)]
pub struct RoleUse<'a> {
    pub object: &'a Object,
    /// The service accounts its trust policy names.
    pub accounts: BTreeSet<Account>,
    /// Why it cannot be told which service accounts use it, if so.
    pub vague: Option<String>,
}

/// All that uses IRSA on one cluster.
#[derive(Clone, Debug)]
pub struct Irsa<'a> {
    pub place: Place,
    pub cluster: Identity<Place>,
    /// The cluster's OIDC issuer, without `https://`.
    pub issuer: String,
    pub addons: Vec<AddonUse>,
    pub roles: BTreeMap<Identity<Place>, RoleUse<'a>>,
    /// The role of each service account that has an association.
    pub associated: BTreeMap<Account, Text>,
    /// Whether pods can get credentials; otherwise why not.
    pub agent: Agent,
    /// What cannot be moved, and why.
    pub left_out: Vec<String>,
}

/// How pods get their credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// The add-on runs, or EKS Auto Mode brings it.
    Works,
    /// The add-on is there, in this status.
    Status(Text),
    Missing,
}

/// What has to be read beyond [`super::wants`]: which service accounts the add-ons on IRSA have.
pub fn irsa_wants(provider: &ProviderRef, cluster: &str, snapshot: &Snapshot) -> BTreeSet<Want> {
    let mut wants = survey::wants(provider, cluster, snapshot);
    let Some(place) = snapshot.place(provider, true) else { return wants };
    let members = snapshot.members.get(&identity(&place, "cluster", &[cluster])).and_then(Fact::known);
    for addon in members.into_iter().flat_map(|members| &members.addons) {
        let addon = identity(&place, "addon", &[cluster, addon]);
        let Some(object) = snapshot.object(&addon).and_then(Fact::known) else { continue };
        if !object.text("service_account_role_arn").is_empty() {
            wants.extend(survey::configuration_want(provider, &addon, object, snapshot));
        }
    }
    wants
}

fn configuration_key(place: &Place, addon: &Identity<Place>, object: &Object) -> AddonKey {
    AddonKey { place: place.clone(), addon: addon.part(1).into(), version: object.text("version").into() }
}

/// Finds what uses IRSA. `roles` are all roles of the account. An error says why the cluster cannot be looked at.
pub fn find<'a>(
    place: &Place,
    cluster: &str,
    snapshot: &Snapshot,
    roles: &'a [(Text, Object)],
) -> Result<Irsa<'a>, String> {
    let id = identity(place, "cluster", &[cluster]);
    let object = match snapshot.object(&id) {
        Some(Fact::Known(object)) => object,
        Some(Fact::Denied(why)) => return Err(format!("the cluster \"{cluster}\" could not be read: {why}")),
        _ => return Err(format!("there is no cluster \"{cluster}\" in {place}")),
    };
    let members = match snapshot.members.get(&id) {
        Some(Fact::Known(members)) => members,
        Some(Fact::Denied(why)) => return Err(format!("what lives in the cluster could not be read: {why}")),
        _ => return Err("what lives in the cluster could not be read".to_string()),
    };
    let issuer = object.text("oidc_issuer").trim_start_matches("https://").to_string();
    let auto = object.attributes.get("auto_mode").and_then(|mode| mode.get("enabled")?.as_bool());
    let mut found = Irsa {
        place: place.clone(),
        issuer,
        addons: Vec::new(),
        roles: BTreeMap::new(),
        associated: BTreeMap::new(),
        agent: if auto == Some(true) { Agent::Works } else { Agent::Missing },
        left_out: Vec::new(),
        cluster: id,
    };
    let iam = place.global();
    for (name, object) in roles {
        if let Some((accounts, vague)) = trusted(object, &found.issuer) {
            found.roles.insert(identity(&iam, "role", &[name]), RoleUse { object, accounts, vague });
        }
    }
    for name in &members.addons {
        let addon = identity(place, "addon", &[cluster, name]);
        match snapshot.object(&addon) {
            Some(Fact::Known(object)) => found.addon(addon, object, snapshot, roles),
            Some(Fact::Denied(why)) => {
                found.left_out.push(format!("addon {name}: it could not be read: {why}"));
            }
            _ => {}
        }
    }
    found.addons.sort_by(|a, b| a.addon.cmp(&b.addon));
    for member in &members.associations {
        let account = (member.namespace.clone(), member.service_account.clone());
        let free = identity(place, "pod_identity_association", &[cluster, &account.0, &account.1]);
        let role = match &member.owner_arn {
            None => snapshot.object(&free).and_then(Fact::known).map(|object| object.text("role_arn").into()),
            Some(owner) => members.addons.iter().find_map(|name| {
                let addon = snapshot.object(&identity(place, "addon", &[cluster, name]))?.known()?;
                let associations = addon.attributes.get("pod_identity_association")?;
                let role = associations.get(&account.1)?.get("role_arn")?.as_str()?;
                (addon.text("arn") == &**owner).then(|| Text::from(role))
            }),
        };
        found.associated.insert(account, role.unwrap_or_default());
    }
    Ok(found)
}

impl Irsa<'_> {
    fn addon(
        &mut self,
        addon: Identity<Place>,
        object: &Object,
        snapshot: &Snapshot,
        roles: &[(Text, Object)],
    ) {
        if addon.part(1) == AGENT && self.agent == Agent::Missing {
            let works = object.phase == Phase::Settled && &*object.status == "ACTIVE";
            self.agent = if works { Agent::Works } else { Agent::Status(object.status.clone()) };
        }
        let arn = object.text("service_account_role_arn");
        if arn.is_empty() {
            return;
        }
        let role = match survey::role(arn, &self.place) {
            Role::Here(role) => role,
            Role::Elsewhere(why) => {
                self.left_out.push(format!("addon {}: its role {arn} is {why}", addon.part(1)));
                return;
            }
        };
        let Some((_, live)) = roles.iter().find(|(name, _)| name.eq_ignore_ascii_case(role.part(0))) else {
            self.left_out.push(format!("addon {}: its role {arn} does not exist", addon.part(1)));
            return;
        };
        let (trusted, _) = trusted(live, &self.issuer).unwrap_or_default();
        let known = snapshot.addon_configurations.get(&configuration_key(&self.place, &addon, object));
        let known: Vec<Text> = known
            .and_then(Fact::known)
            .map(|known| known.service_accounts.iter().map(|(account, _)| account.clone()).collect())
            .unwrap_or_default();
        let namespace = match object.text("namespace") {
            "" => "kube-system",
            namespace => namespace,
        };
        let named: Vec<Text> =
            trusted.into_iter().filter(|account| &*account.0 == namespace).map(|account| account.1).collect();
        let both: Vec<Text> = known.iter().filter(|account| named.contains(account)).cloned().collect();
        // What EKS knows and the role names; else the one that either of them knows.
        let service_accounts = match (both.is_empty(), known.as_slice(), named.as_slice()) {
            (false, ..) => both,
            (true, [only], _) | (true, [], [only]) => vec![only.clone()],
            _ => Vec::new(),
        };
        self.addons.push(AddonUse { addon, role, role_arn: arn.into(), service_accounts });
    }

    /// Service accounts outside of add-ons, each with its role, that have no association yet.
    pub fn workloads(&self) -> impl Iterator<Item = (&Identity<Place>, &Account)> {
        let all = self
            .roles
            .iter()
            .flat_map(|(role, used)| used.accounts.iter().map(move |account| (role, account)));
        all.filter(|(role, account)| {
            let of_addon =
                |used: &&AddonUse| used.role == **role && used.service_accounts.contains(&account.1);
            !self.associated.contains_key(*account) && !self.addons.iter().any(|used| of_addon(&used))
        })
    }

    /// What keeps Pod Identity from assuming a role for a service account.
    pub fn problems(&self, role: &Map, account: &Account) -> Vec<String> {
        let arn = format!(
            "arn:{}:eks:{}:{}:cluster/{}",
            self.place.partition,
            self.place.region.as_deref().unwrap_or_default(),
            self.place.account,
            self.cluster.part(0)
        );
        let session =
            recommended::Session { cluster_arn: &arn, namespace: &account.0, service_account: &account.1 };
        pod_trust::problems(role.get("trust_policy").unwrap_or(const { &Value::NULL }), &session)
    }

    /// What has yet to be so before a role can do without the OIDC provider, in words.
    pub fn unfinished(&self, role: &Identity<Place>, used: &RoleUse<'_>) -> Vec<String> {
        let mut problems: Vec<String> = used.vague.iter().cloned().collect();
        for addon in self.addons.iter().filter(|addon| addon.role == *role) {
            problems.push(format!("the add-on {} still uses it through IRSA", addon.addon.part(1)));
        }
        for account in &used.accounts {
            let name = format!("{}/{}", account.0, account.1);
            match self.associated.get(account) {
                None => problems.push(format!("{name} has no Pod Identity association")),
                Some(arn) if **arn != *used.object.text("arn") => {
                    problems.push(format!("the association of {name} names another role: {arn}"));
                }
                Some(_) => {
                    problems.extend(self.problems(&used.object.attributes, account));
                }
            }
        }
        problems.sort();
        problems.dedup();
        problems
    }
}

/// The service accounts that a role trusts through the issuer, and why these are not all, if so. `None` if it does
/// not trust the issuer.
fn trusted(role: &Object, issuer: &str) -> Option<(BTreeSet<Account>, Option<String>)> {
    let policy = role.attributes.get("trust_policy")?;
    let policy = match policy.as_str() {
        Some(text) => policy::parse(text).ok()?,
        None => policy.clone(),
    };
    let provider = format!(":oidc-provider/{issuer}");
    let mut found = None;
    for statement in several(policy.get("Statement")?) {
        let federated = statement.get("Principal").and_then(|principal| principal.get("Federated"));
        let trusts = federated.is_some_and(|federated| {
            several(federated).iter().any(|arn| arn.as_str().is_some_and(|arn| arn.ends_with(&provider)))
        });
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        if issuer.is_empty() || !trusts || !allows {
            continue;
        }
        let (accounts, vague) = found.get_or_insert_with(|| (BTreeSet::new(), None));
        let mut any = true;
        let key = format!("{issuer}:sub");
        for (operator, keys) in statement.get("Condition").and_then(Value::as_map).into_iter().flatten() {
            for (name, values) in keys.as_map().into_iter().flatten() {
                if !name.eq_ignore_ascii_case(&key) {
                    continue;
                }
                any = false;
                for value in several(values) {
                    let subject = value.as_str().unwrap_or_default();
                    let account =
                        subject.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
                    match account {
                        Some((namespace, account))
                            if !operator.contains("Not") && !subject.contains(['*', '?']) =>
                        {
                            accounts.insert((namespace.into(), account.into()));
                        }
                        _ => {
                            *vague = Some(format!(
                                "its trust policy names the pattern {operator} \"{subject}\", not one service account"
                            ))
                        }
                    }
                }
            }
        }
        if any {
            *vague = Some("its trust policy lets every service account of the cluster use it".to_string());
        }
    }
    found
}

/// The items of a list; anything else as a list of one.
fn several(value: &Value) -> Vec<Value> {
    value.as_items().map_or_else(|| vec![value.clone()], <[Value]>::to_vec)
}

/// A trust policy that lets pods use the role, too.
pub fn with_pods(policy: &Value) -> Option<Value> {
    let read = match policy.as_str() {
        Some(text) => policy::parse(text).ok()?,
        None => policy.clone(),
    };
    let mut document = read.as_map()?.clone();
    let mut statements = several(document.get("Statement")?);
    statements.push(Value::object([
        ("Effect", Value::from("Allow")),
        ("Principal", Value::object([("Service", Value::from("pods.eks.amazonaws.com"))])),
        ("Action", Value::list(vec![Value::from("sts:AssumeRole"), Value::from("sts:TagSession")])),
    ]));
    document.insert("Statement".into(), Value::list(statements));
    // Live policies are text.
    Some(Value::from(policy::text(&Value::map(document))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Owner;

    const ISSUER: &str = "oidc.eks.us-east-2.amazonaws.com/id/AAAA";

    fn role(condition: &str, issuer: &str) -> Object {
        let policy = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::1:oidc-provider/{issuer}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{condition}}}}}"#
        );
        Object {
            attributes: Map::from([("trust_policy".into(), Value::from(policy))]),
            owner: Owner::None,
            parent: None,
            phase: Phase::Settled,
            status: "".into(),
            issues: Vec::new(),
        }
    }

    #[test]
    fn the_trust_policy_tells_who_uses_a_role() {
        let of = |operator: &str, subjects: &str| {
            trusted(&role(&format!(r#"{{"{operator}":{{"{ISSUER}:sub":{subjects}}}}}"#), ISSUER), ISSUER)
        };
        let (accounts, vague) = of("StringEquals", r#""system:serviceaccount:shop:orders""#).expect("IRSA");
        assert_eq!((accounts.len(), vague), (1, None));
        assert!(accounts.contains(&("shop".into(), "orders".into())));
        let two = r#"["system:serviceaccount:a:b","system:serviceaccount:c:*"]"#;
        let (accounts, vague) = of("StringLike", two).expect("IRSA");
        assert_eq!(accounts.len(), 1);
        assert!(vague.expect("a pattern").contains("system:serviceaccount:c:*"));
        let (accounts, vague) = of("StringNotEquals", r#""system:serviceaccount:a:b""#).expect("IRSA");
        assert!(accounts.is_empty() && vague.is_some());
        let (_, vague) = trusted(&role("{}", ISSUER), ISSUER).expect("IRSA");
        assert!(vague.expect("anybody").contains("every service account"));
        assert_eq!(trusted(&role("{}", "oidc.eks.us-east-2.amazonaws.com/id/BBBB"), ISSUER), None);
        assert_eq!(trusted(&role("{}", ISSUER), ""), None);
    }

    #[test]
    fn a_policy_that_lets_pods_in_keeps_what_it_has() {
        let before = role("{}", ISSUER).attributes.get("trust_policy").cloned().expect("a policy");
        let after = with_pods(&before).expect("a policy");
        let after = policy::parse(after.as_str().expect("text")).expect("JSON");
        assert_eq!(after.get("Statement").and_then(Value::as_items).map(<[Value]>::len), Some(2));
        assert_eq!(with_pods(&Value::from("no policy")), None);
    }
}
