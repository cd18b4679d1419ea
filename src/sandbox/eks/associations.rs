//! Pod Identity associations, those of workloads and those that an add-on owns.

use serde_json::{Value, json};

use super::super::call::{Call, LOWER, id_text, seconds};
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::{IN_USE, LIMIT, NOT_FOUND, active_cluster, cluster, idempotency, invalid, page, roles, wrap};

/// How many associations a cluster takes.
const MOST: usize = 1000;

/// A DNS label, as Kubernetes wants of a namespace.
pub(super) fn label_valid(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.starts_with(plain)
        && text.ends_with(plain)
        && text.chars().all(|c| plain(c) || c == '-')
}

/// A DNS subdomain, as Kubernetes wants of a service account.
fn subdomain_valid(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 253
        && text.split('.').all(|part| {
            part.starts_with(plain) && part.ends_with(plain) && part.chars().all(|c| plain(c) || c == '-')
        })
}

fn generation(association: &Resource) -> String {
    association.hidden.get("generation").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn view(association: &Resource) -> Value {
    wrap("association", Value::Object(association.view.clone()))
}

/// The associations an add-on owns, with their keys.
pub(super) fn owned(call: &Call<'_>, cluster: &str, addon_arn: &str) -> Vec<(String, Resource)> {
    let keys: Vec<String> = call
        .store
        .range(&call.key(&["association", cluster]), None)
        .filter(|(_, document)| document["view"]["ownerArn"] == addon_arn)
        .map(|(key, _)| key.to_owned())
        .collect();
    keys.into_iter().filter_map(|key| call.load(&key).map(|association| (key, association))).collect()
}

/// Stores a new association, unless there is one for the same service account or there are too many.
fn make(
    call: &mut Call<'_>,
    cluster: &str,
    namespace: &str,
    service_account: &str,
    role: &str,
) -> Result<(String, Resource), AwsError> {
    let prefix = call.key(&["association", cluster]);
    let mut count = 0;
    for (key, document) in call.store.range(&prefix, None) {
        let view = &document["view"];
        if view["namespace"] == namespace && view["serviceAccount"] == service_account {
            let text = format!("Association already exists: {}", super::super::store::last(key));
            return Err(AwsError::new(IN_USE, text).with("clusterName", cluster));
        }
        count += 1;
    }
    if count >= MOST {
        let text = format!("The cluster {cluster} has the maximum of {MOST} pod identity associations");
        return Err(AwsError::new(LIMIT, text).with("clusterName", cluster));
    }
    let seed = call.seed(&call.key(&["association", cluster, namespace, service_account]));
    let id = format!("a-{}", id_text(&seed, 17, LOWER));
    let mut association = Resource::default();
    let mut put = |member: &str, value: Value| association.view.insert(member.to_owned(), value);
    put("clusterName", json!(cluster));
    put("namespace", json!(namespace));
    put("serviceAccount", json!(service_account));
    put("roleArn", json!(role));
    put("associationArn", json!(super::arn(call, &format!("podidentityassociation/{cluster}/{id}"))));
    put("associationId", json!(id));
    put("tags", json!({}));
    put("createdAt", seconds(call.now));
    put("modifiedAt", seconds(call.now));
    put("disableSessionTags", json!(false));
    association.hidden.insert("generation".into(), json!(seed));
    Ok((call.key(&["association", cluster, &id]), association))
}

/// Makes an association that belongs to an add-on.
pub(super) fn make_owned(
    call: &mut Call<'_>,
    cluster: &str,
    namespace: &str,
    service_account: &str,
    role: &str,
    addon_arn: &str,
) -> Result<(), AwsError> {
    let (key, mut association) = make(call, cluster, namespace, service_account, role)?;
    association.view.insert("ownerArn".into(), json!(addon_arn));
    call.save(&key, &association);
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(view(&made));
    }
    let cluster = active_cluster(call, "clusterName")?;
    let name = cluster.text("name").to_owned();
    let (namespace, service_account) = (call.required("namespace"), call.required("serviceAccount"));
    if !label_valid(&namespace) {
        return Err(invalid(call, format!("The namespace {namespace} is not valid")));
    }
    if !subdomain_valid(&service_account) {
        return Err(invalid(call, format!("The service account {service_account} is not valid")));
    }
    let role = call.required("roleArn");
    roles::check_pod_identity_role(call, &role)?;
    let (key, mut association) = make(call, &name, &namespace, &service_account, &role)?;
    if let Some(tags) = call.input.get("tags") {
        association.view.insert("tags".into(), tags.clone());
    }
    apply(call, &mut association)?;
    call.save(&key, &association);
    let generation = generation(&association);
    idempotency::remember(call, &key, &generation);
    Ok(view(&association))
}

/// What CreatePodIdentityAssociation and UpdatePodIdentityAssociation both set.
fn apply(call: &Call<'_>, association: &mut Resource) -> Result<(), AwsError> {
    if let Some(flag) = call.flag("disableSessionTags") {
        association.view.insert("disableSessionTags".into(), json!(flag));
    }
    match call.text("targetRoleArn").as_deref() {
        Some("") => {
            association.view.remove("targetRoleArn");
            association.view.remove("externalId");
        }
        Some(target) => {
            roles::check_role_arn(call, target)?;
            let external = format!(
                "{}/{}/{}/{}/{}",
                call.region,
                call.account,
                association.text("clusterName"),
                association.text("namespace"),
                association.text("serviceAccount")
            );
            association.view.insert("targetRoleArn".into(), json!(target));
            association.view.insert("externalId".into(), json!(external));
        }
        None => {}
    }
    match call.text("policy").as_deref() {
        Some("") => {
            association.view.remove("policy");
        }
        Some(policy) => {
            roles::check_session_policy(call, policy)?;
            association.view.insert("policy".into(), json!(policy));
        }
        None => {}
    }
    let session_tags = association.view.get("disableSessionTags") != Some(&Value::Bool(true));
    if association.view.contains_key("policy") && session_tags {
        return Err(invalid(call, "A policy can be specified only if disableSessionTags is true"));
    }
    Ok(())
}

fn load(call: &Call<'_>) -> Result<(String, Resource), AwsError> {
    let cluster = cluster(call, "clusterName")?;
    let id = call.required("associationId");
    if id.chars().count() != 19 {
        return Err(invalid(call, "The parameter associationId should be 19 characters long"));
    }
    let key = call.key(&["association", cluster.text("name"), &id]);
    let association = call.load(&key).ok_or_else(|| {
        let text = format!("The association {id} could not be found in cluster {}", cluster.text("name"));
        AwsError::new(NOT_FOUND, text).with("clusterName", cluster.text("name"))
    })?;
    Ok((key, association))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    Ok(view(&load(call)?.1))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call, "clusterName")?;
    let (namespace, service_account) = (call.text("namespace"), call.text("serviceAccount"));
    let fits = |asked: &Option<String>, found: &str| asked.as_ref().is_none_or(|asked| asked == found);
    let prefix = call.key(&["association", cluster.text("name")]);
    page(call, &prefix, "associations", |association| {
        let found = fits(&namespace, association.text("namespace"))
            && fits(&service_account, association.text("serviceAccount"));
        found.then(|| {
            let shown =
                ["clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn"];
            let members = association.view.iter().filter(|(name, _)| shown.contains(&name.as_str()));
            Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
        })
    })
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(view(&made));
    }
    let (key, mut association) = load(call)?;
    if let Some(role) = call.text("roleArn") {
        roles::check_pod_identity_role(call, &role)?;
        association.view.insert("roleArn".into(), json!(role));
    }
    apply(call, &mut association)?;
    association.view.insert("modifiedAt".into(), seconds(call.now));
    call.save(&key, &association);
    let generation = generation(&association);
    idempotency::remember(call, &key, &generation);
    Ok(view(&association))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (key, association) = load(call)?;
    call.store.remove(&key);
    Ok(view(&association))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_names() {
        assert!(label_valid("kube-system") && label_valid("a") && !label_valid("A") && !label_valid("-a"));
        assert!(!label_valid("") && !label_valid(&"a".repeat(64)) && !label_valid("a/b"));
        assert!(subdomain_valid("a.b-c") && subdomain_valid("orders") && !subdomain_valid("a..b"));
    }
}
