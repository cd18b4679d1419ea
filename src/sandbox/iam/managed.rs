//! Managed policies: the account's own, and AWS's from the catalog.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::call::{Arn, Call, UPPER, iam_key, id_text, load, seconds};
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::store::Store;
use super::document::{self, Kind};
use super::role::Role;
use super::{attachments, done, limit, listing, max_items, missing, tags};

/// Characters of a managed policy, white space not counted.
const SIZE: usize = 6144;
/// When AWS's own policies were made, as far as the sandbox is concerned: 2018-05-27.
const AWS_CREATED: i64 = 1_527_415_200_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) description: String,
    pub(super) default: String,
    /// By number: the document and when it was made.
    pub(super) versions: BTreeMap<u64, (String, i64)>,
    pub(super) next_version: u64,
    #[serde(default)]
    pub(super) tags: tags::Tags,
}

/// The path in a policy's ARN.
pub(super) fn path(arn: &str) -> String {
    let rest = arn.split_once(":policy/").map_or("", |(_, rest)| rest);
    rest.rsplit_once('/').map_or_else(|| "/".to_owned(), |(path, _)| format!("/{path}/"))
}

/// An AWS managed policy of the catalog as a stored one.
fn of_aws(arn: &str) -> Option<Policy> {
    let found = catalog::get().policy(arn)?;
    let (path, name) = found.path_and_name();
    Some(Policy {
        name: name.to_owned(),
        path,
        id: format!("ANPA{}", id_text(arn, 17, UPPER)),
        arn: arn.to_owned(),
        created: AWS_CREATED,
        updated: AWS_CREATED,
        description: String::new(),
        default: "v1".to_owned(),
        versions: BTreeMap::from([(1, (found.document.to_string(), AWS_CREATED))]),
        next_version: 2,
        tags: tags::Tags::new(),
    })
}

/// The policy behind an ARN.
pub(super) fn by_arn(store: &Store, arn: &str) -> Option<Policy> {
    let parsed = Arn::parse(arn)?;
    if parsed.account == "aws" {
        return of_aws(arn);
    }
    let name = parsed.resource.strip_prefix("policy/")?.rsplit('/').next()?;
    load::<Policy>(store, &iam_key(parsed.account, &["policy", &name.to_ascii_lowercase()]))
        .filter(|policy| policy.arn == arn)
}

/// Whether an account can use the policy of this ARN.
pub(super) fn exists(store: &Store, account: &str, arn: &str) -> bool {
    let usable = Arn::parse(arn).is_some_and(|arn| arn.account == "aws" || arn.account == account);
    usable && by_arn(store, arn).is_some()
}

/// The document of a policy's default version.
pub(super) fn default_document(store: &Store, arn: &str) -> Option<String> {
    let policy = by_arn(store, arn)?;
    policy.version(&policy.default).map(|(document, _)| document.clone())
}

impl Policy {
    pub(super) fn version(&self, id: &str) -> Option<&(String, i64)> {
        let number: u64 = id.strip_prefix('v')?.parse().ok()?;
        self.versions.get(&number)
    }

    /// As GetPolicy shows it, how often roles use it counted.
    fn view(&self, uses: Uses) -> Value {
        let mut view = json!({
            "PolicyName": self.name, "PolicyId": self.id, "Arn": self.arn, "Path": self.path,
            "DefaultVersionId": self.default, "AttachmentCount": uses.attached,
            "PermissionsBoundaryUsageCount": uses.boundary, "IsAttachable": true,
            "CreateDate": seconds(self.created), "UpdateDate": seconds(self.updated),
        });
        if !self.description.is_empty() {
            view["Description"] = json!(self.description);
        }
        view
    }

    /// As GetAccountAuthorizationDetails shows it, with the documents.
    pub(super) fn detailed(&self, uses: Uses) -> Value {
        let mut view = self.view(uses);
        view["PolicyVersionList"] =
            self.versions.keys().map(|number| self.version_view(*number, true)).collect();
        view
    }

    pub(super) fn version_view(&self, number: u64, with_document: bool) -> Value {
        let id = format!("v{number}");
        let mut view = json!({"VersionId": id, "IsDefaultVersion": self.default == id});
        if let Some((document, created)) = self.versions.get(&number) {
            view["CreateDate"] = seconds(*created);
            if with_document {
                view["Document"] = json!(super::encoded(document));
            }
        }
        view
    }
}

/// How many roles use a policy.
#[derive(Clone, Copy, Default)]
pub(super) struct Uses {
    pub(super) attached: u32,
    pub(super) boundary: u32,
}

/// How many roles of the account use each policy.
pub(super) fn uses(call: &Call<'_>) -> BTreeMap<String, Uses> {
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    for (_, document) in call.store.range(&call.iam_key(&["role"]), None) {
        let Ok(role) = Role::deserialize(document) else {
            continue;
        };
        for arn in role.attached {
            uses.entry(arn).or_default().attached += 1;
        }
        if let Some(arn) = role.boundary {
            uses.entry(arn).or_default().boundary += 1;
        }
    }
    uses
}

pub(super) fn check_document(text: &str) -> Result<(), AwsError> {
    document::check(text, Kind::Identity)?;
    if document::size(text) > SIZE {
        return Err(limit(format!("Cannot exceed quota for PolicySize: {SIZE}")));
    }
    Ok(())
}

/// The policy a request names.
pub(super) fn named(call: &Call<'_>) -> Result<Policy, AwsError> {
    let arn = call.required("PolicyArn");
    attachments::check_arn(&arn)?;
    let usable = exists(call.store, &call.account, &arn);
    by_arn(call.store, &arn).filter(|_| usable).ok_or_else(|| missing(format!("Policy {arn} was not found.")))
}

/// The policy a request names, to be changed, with its key: AWS's own cannot be.
pub(super) fn own(call: &Call<'_>) -> Result<(String, Policy), AwsError> {
    let policy = named(call)?;
    if Arn::parse(&policy.arn).is_some_and(|arn| arn.account == "aws") {
        let text = "Cannot perform the operation on an AWS managed policy";
        return Err(AwsError::new("AccessDenied", text).status(403));
    }
    Ok((call.iam_key(&["policy", &policy.name.to_ascii_lowercase()]), policy))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("PolicyName");
    let key = call.iam_key(&["policy", &name.to_ascii_lowercase()]);
    let tags = tags::from_input(call)?;
    if call.store.get(&key).is_some() {
        let text = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(AwsError::new("EntityAlreadyExists", text));
    }
    let text = call.required("PolicyDocument");
    check_document(&text)?;
    let path = call.text("Path").unwrap_or_else(|| "/".to_owned());
    let seed = call.seed(&key);
    let policy = Policy {
        id: format!("ANPA{}", id_text(&seed, 17, UPPER)),
        arn: format!("arn:{}:iam::{}:policy{path}{name}", call.partition, call.account),
        name,
        path,
        created: call.now,
        updated: call.now,
        description: call.text("Description").unwrap_or_default(),
        default: "v1".to_owned(),
        versions: BTreeMap::from([(1, (text, call.now))]),
        next_version: 2,
        tags,
    };
    call.save(&key, &policy);
    let mut view = policy.view(Uses::default());
    if !policy.tags.is_empty() {
        view["Tags"] = tags::list(&policy.tags);
    }
    Ok(json!({"Policy": view}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let policy = named(call)?;
    let uses = uses(call).remove(&policy.arn).unwrap_or_default();
    let mut view = policy.view(uses);
    view["Tags"] = tags::list(&policy.tags);
    Ok(json!({"Policy": view}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (key, policy) = own(call)?;
    let refuse = |text: &str| Err(AwsError::new("DeleteConflict", text));
    let uses = uses(call).remove(&policy.arn).unwrap_or_default();
    if uses.attached + uses.boundary > 0 {
        return refuse("Cannot delete a policy attached to entities.");
    }
    if policy.versions.len() > 1 {
        return refuse(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.",
        );
    }
    call.store.remove(&key);
    done()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let scope = call.text("Scope").unwrap_or_else(|| "All".to_owned());
    let mut policies: Vec<Policy> = Vec::new();
    if scope != "AWS" {
        let own = call.store.range(&call.iam_key(&["policy"]), None);
        policies.extend(own.filter_map(|(_, document)| Policy::deserialize(document).ok()));
    }
    if scope != "Local" {
        let arns = catalog::get().policies.iter();
        policies.extend(arns.filter_map(|policy| {
            of_aws(&format!("arn:{}:iam::aws:policy/{}", call.partition, policy.path_and_name))
        }));
    }
    let uses = uses(call);
    let of = |policy: &Policy| uses.get(&policy.arn).copied().unwrap_or_default();
    let under = call.text("PathPrefix").unwrap_or_else(|| "/".to_owned());
    let usage = call.text("PolicyUsageFilter");
    policies.retain(|policy| {
        let uses = of(policy);
        let used = match usage.as_deref() {
            Some("PermissionsBoundary") => uses.boundary > 0,
            Some(_) => uses.attached > 0,
            None => uses.attached + uses.boundary > 0,
        };
        policy.path.starts_with(&under)
            && (used || call.flag("OnlyAttached") != Some(true) && usage.is_none())
    });
    let start = match call.text("Marker") {
        None => 0,
        Some(marker) => {
            let after = policies.iter().position(|policy| policy.id == marker);
            after.ok_or_else(super::bad_marker)? + 1
        }
    };
    let page: Vec<&Policy> = policies.iter().skip(start).take(max_items(call)).collect();
    let more = start + page.len() < policies.len();
    let next = page.last().filter(|_| more).map(|policy| policy.id.clone());
    Ok(listing("Policies", page.iter().map(|policy| policy.view(of(policy))).collect(), next))
}
