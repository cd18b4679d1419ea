//! Reads roles: all at once where that takes fewer calls, else one by one.

use super::{Answer, Read, RoleWants, fact, found};
use crate::aws::error::CallError;
use crate::aws::map::{self, role};
use crate::aws::pace::Limited;
use crate::kinds::TAG_STACK;
use crate::live::{Coverage, Fact, Object, StackName};
use crate::value::{KeyPart, Place, Text};
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{AttachedPolicy, EntityType, Role, RoleDetail};
use futures_util::future::{join, join_all, try_join3};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The longest page IAM gives.
const PAGE: i32 = 1000;

/// How many calls a role takes by itself, at least.
const CALLS_PER_ROLE: usize = 3;

/// Roles that belong to AWS services, which nobody else can tag or change.
const SERVICE_LINKED: &str = "/aws-service-role/";

type Iam = Limited<Client>;

/// Answers the wants about one account's roles.
pub(super) async fn answer(iam: &Iam, place: &Place, wants: &RoleWants, stack: &StackName) -> Vec<Answer> {
    let identity = |name: &str| map::identity(place, "role", &[name]);
    let found = if wants.owned || wants.roles.len() > 1 { bulk(iam, wants).await } else { Bulk::default() };
    let reads = wants.roles.iter().map(async |name| {
        let fact = fact(found.role(iam, name).await);
        Answer::Object(identity(name.as_str()), fact)
    });
    let (mut answers, owned) = join(join_all(reads), async {
        if wants.owned { found.owned(iam, stack, &wants.roles).await } else { Owned::default() }
    })
    .await;
    if wants.owned {
        let coverage = match owned.missed {
            Some(why) => Coverage::Partial(why.into()),
            None => Coverage::Complete,
        };
        answers.push(Answer::Coverage((place.clone(), "role".into()), coverage));
    }
    answers.extend(
        owned.roles.into_iter().map(|(name, object)| Answer::Object(identity(&name), Fact::Known(object))),
    );
    answers
}

/// Every role of the account but those of AWS services, by name.
pub(super) async fn all(iam: &Iam) -> Result<Vec<(Text, Object)>, CallError> {
    let found = bulk(iam, &RoleWants { owned: true, ..RoleWants::default() }).await;
    if let Some(error) = found.details_error {
        return Err(error);
    }
    let own = found
        .details
        .iter()
        .filter(|(_, detail)| !detail.path().unwrap_or_default().starts_with(SERVICE_LINKED));
    let reads = own.map(async |(name, detail)| {
        let shown = Text::from(detail.role_name().unwrap_or(name.as_str()));
        Ok(found.complete_role(iam, name, detail).await?.map(|object| (shown, object)))
    });
    let read: Result<Vec<_>, CallError> = join_all(reads).await.into_iter().collect();
    Ok(read?.into_iter().flatten().collect())
}

/// One role, read by itself.
pub(super) async fn one(iam: &Iam, name: &str) -> Read<Object> {
    let get = async {
        let answer = iam.run("GetRole", |iam| iam.get_role().role_name(name).send()).await;
        Ok::<_, CallError>(self::found(answer)?.and_then(|answer| answer.role))
    };
    let (role, managed, inline) = try_join3(get, attached(iam, name), inline(iam, name)).await?;
    Ok(role.map(|role| role::from_parts(&role, &managed, &inline)))
}

async fn attached(iam: &Iam, name: &str) -> Result<Vec<AttachedPolicy>, CallError> {
    let mut policies = Vec::new();
    let mut next = None;
    loop {
        let marker: Option<String> = next;
        let answer = iam
            .run("ListAttachedRolePolicies", |iam| {
                iam.list_attached_role_policies().role_name(name).set_marker(marker.clone()).send()
            })
            .await;
        let Some(page) = found(answer)? else { return Ok(policies) };
        policies.extend(page.attached_policies.unwrap_or_default());
        next = page.marker.filter(|_| page.is_truncated);
        if next.is_none() {
            return Ok(policies);
        }
    }
}

/// The inline policies with their documents as IAM encodes them.
async fn inline(iam: &Iam, name: &str) -> Result<Vec<(String, String)>, CallError> {
    let mut names = Vec::new();
    let mut next = None;
    loop {
        let marker: Option<String> = next;
        let answer = iam
            .run("ListRolePolicies", |iam| {
                iam.list_role_policies().role_name(name).set_marker(marker.clone()).send()
            })
            .await;
        let Some(page) = found(answer)? else { return Ok(Vec::new()) };
        names.extend(page.policy_names);
        next = page.marker.filter(|_| page.is_truncated);
        if next.is_none() {
            break;
        }
    }
    let reads = names.into_iter().map(async |policy| {
        let answer = iam
            .run("GetRolePolicy", |iam| iam.get_role_policy().role_name(name).policy_name(&policy).send())
            .await;
        Ok(found(answer)?.map(|answer| (policy, answer.policy_document)))
    });
    let read: Result<Vec<_>, CallError> = join_all(reads).await.into_iter().collect();
    Ok(read?.into_iter().flatten().collect())
}

/// What reading all roles at once came to. Either half can be incomplete or refused.
#[derive(Default)]
struct Bulk {
    details: BTreeMap<KeyPart, RoleDetail>,
    /// Every role is in `details`.
    complete: bool,
    details_error: Option<CallError>,
    summaries: BTreeMap<KeyPart, Role>,
    summaries_error: Option<CallError>,
}

/// Reads all roles while that is cheaper than reading the wanted ones singly; to the end if all that the
/// stack owns is wanted.
async fn bulk(iam: &Iam, wants: &RoleWants) -> Bulk {
    let budget = if wants.owned { usize::MAX } else { CALLS_PER_ROLE * wants.roles.len() };
    let spent = AtomicUsize::new(0);
    let affordable = || spent.fetch_add(1, Ordering::Relaxed) < budget;
    let enough =
        |seen: &BTreeSet<KeyPart>| !wants.owned && wants.roles.iter().all(|name| seen.contains(name));
    let mut bulk = Bulk::default();
    let details = async {
        let (mut found, mut seen, mut next) = (BTreeMap::new(), BTreeSet::new(), None);
        while affordable() {
            let marker: Option<String> = next.take();
            let page = iam
                .run("GetAccountAuthorizationDetails", |iam| {
                    iam.get_account_authorization_details()
                        .filter(EntityType::Role)
                        .max_items(PAGE)
                        .set_marker(marker.clone())
                        .send()
                })
                .await;
            let page = match page {
                Ok(page) => page,
                Err(error) => return (found, false, Some(error)),
            };
            for role in page.role_detail_list.unwrap_or_default() {
                let name = KeyPart::ignoring_case(role.role_name().unwrap_or_default());
                seen.insert(name.clone());
                found.insert(name, role);
            }
            next = page.marker.filter(|_| page.is_truncated);
            if next.is_none() {
                return (found, true, None);
            }
            if enough(&seen) {
                break;
            }
        }
        (found, false, None)
    };
    let summaries = async {
        let (mut found, mut seen, mut next) = (BTreeMap::new(), BTreeSet::new(), None);
        while affordable() {
            let marker: Option<String> = next.take();
            let page = iam
                .run("ListRoles", |iam| iam.list_roles().max_items(PAGE).set_marker(marker.clone()).send())
                .await;
            let page = match page {
                Ok(page) => page,
                Err(error) => return (found, Some(error)),
            };
            for role in page.roles {
                let name = KeyPart::ignoring_case(role.role_name());
                seen.insert(name.clone());
                found.insert(name, role);
            }
            next = page.marker.filter(|_| page.is_truncated);
            if next.is_none() || enough(&seen) {
                break;
            }
        }
        (found, None)
    };
    let (details, summaries) = join(details, summaries).await;
    (bulk.details, bulk.complete, bulk.details_error) = details;
    (bulk.summaries, bulk.summaries_error) = summaries;
    bulk
}

/// The roles a stack owns, and what could not be looked at.
#[derive(Default)]
struct Owned {
    roles: Vec<(String, Object)>,
    missed: Option<String>,
}

impl Owned {
    fn miss(&mut self, why: String) {
        self.missed.get_or_insert(why);
    }

    fn take(&mut self, stack: &StackName, name: &str, read: Read<Object>) {
        match read {
            Ok(Some(object)) if object.owner.is(stack) => self.roles.push((name.to_string(), object)),
            Ok(_) => {}
            Err(error) => self.miss(format!("role {name}: {error}")),
        }
    }
}

impl Bulk {
    /// A role, from what was read at once if it is there.
    async fn role(&self, iam: &Iam, name: &KeyPart) -> Read<Object> {
        match self.details.get(name) {
            Some(detail) => self.complete_role(iam, name, detail).await,
            None if self.complete => Ok(None),
            None => one(iam, name.as_str()).await,
        }
    }

    /// Adds what the bulk read leaves out.
    async fn complete_role(&self, iam: &Iam, name: &KeyPart, detail: &RoleDetail) -> Read<Object> {
        if let Some(summary) = self.summaries.get(name) {
            return Ok(Some(role::from_detail(detail, &role::Rest::of(summary))));
        }
        let answer = iam.run("GetRole", |iam| iam.get_role().role_name(name.as_str()).send()).await;
        let found = found(answer)?.and_then(|answer| answer.role);
        Ok(found.map(|found| role::from_detail(detail, &role::Rest::of(&found))))
    }

    /// Everything the stack owns, but for the roles that were asked for by name.
    async fn owned(&self, iam: &Iam, stack: &StackName, asked: &BTreeSet<KeyPart>) -> Owned {
        let mut owned = Owned::default();
        let Some(denied) = &self.details_error else {
            let tag = stack.to_string();
            let ours = self.details.iter().filter(|(name, detail)| {
                let tagged =
                    detail.tags().iter().any(|entry| entry.key() == TAG_STACK && entry.value() == tag);
                tagged && !asked.contains(name)
            });
            let reads = ours.map(async |(name, detail)| (name, self.complete_role(iam, name, detail).await));
            for (name, read) in join_all(reads).await {
                owned.take(stack, name.as_str(), read);
            }
            return owned;
        };
        if let Some(error) = &self.summaries_error {
            owned.miss(format!("{denied}; {error}"));
            return owned;
        }
        let candidates = self
            .summaries
            .iter()
            .filter(|(name, role)| !role.path().starts_with(SERVICE_LINKED) && !asked.contains(name));
        let reads = candidates.map(async |(name, _)| match tagged(iam, name.as_str(), stack).await {
            Ok(true) => (name, one(iam, name.as_str()).await),
            Ok(false) => (name, Ok(None)),
            Err(error) => (name, Err(error)),
        });
        for (name, read) in join_all(reads).await {
            owned.take(stack, name.as_str(), read);
        }
        if let Some(why) = &mut owned.missed {
            *why = format!("{denied}; {why}");
        }
        owned
    }
}

/// Whether a role carries the stack's tag.
async fn tagged(iam: &Iam, name: &str, stack: &StackName) -> Result<bool, CallError> {
    let answer =
        iam.run("ListRoleTags", |iam| iam.list_role_tags().role_name(name).max_items(100).send()).await;
    let tag = stack.to_string();
    let tags = found(answer)?.map(|answer| answer.tags).unwrap_or_default();
    Ok(tags.iter().any(|entry| entry.key() == TAG_STACK && entry.value() == tag))
}
