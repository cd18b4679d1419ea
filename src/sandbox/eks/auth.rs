//! EKS Auth: the credentials a pod gets for its service account's token.
//!
//! The token is read, not verified: the sandbox has no cluster that could have signed it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::call::{Arn, Call, uuid_of};
use super::super::error::{Answer, AwsError};
use super::super::iam::{Role, document, role_by_arn, trust_allows_service};
use super::super::resource::Resource;
use super::super::sts;

const AUDIENCE: &str = "pods.eks.amazonaws.com";
/// Seconds that credentials of an association last, and those of its target role.
const DURATION: i64 = 6 * 3600;
const TARGET_DURATION: i64 = 3600;

/// What a service account token says.
struct Token {
    namespace: String,
    service_account: String,
    pod: String,
    pod_uid: String,
}

pub(crate) fn answer(call: &mut Call<'_>) -> Answer {
    let name = call.required("clusterName");
    let key = call.key(&["cluster", &name]);
    let Some(cluster) = call.load::<Resource>(&key) else {
        return Err(AwsError::new(
            "ResourceNotFoundException",
            format!("No cluster found for name: {name}."),
        ));
    };
    let token = token(&call.required("token"), call.now)?;
    let prefix = call.key(&["association", &name]);
    let association = call.store.range(&prefix, None).find_map(|(_, document)| {
        let view = document.get("view")?;
        let fits = view.get("namespace")? == token.namespace.as_str()
            && view.get("serviceAccount")? == token.service_account.as_str();
        fits.then(|| serde::Deserialize::deserialize(document).ok()).flatten()
    });
    let association: Resource = association.ok_or_else(|| {
        let text = format!(
            "No pod identity association found for cluster: {name}, namespace: {}, service account: {}",
            token.namespace, token.service_account
        );
        AwsError::new("ResourceNotFoundException", text)
    })?;
    let refused = || {
        let text = "Unauthorized Exception! EKS does not have permissions to assume the associated role.";
        AwsError::new("AccessDeniedException", text)
    };
    let role = role_by_arn(call.store, association.text("roleArn")).ok_or_else(refused)?;
    let tags = session_tags(call, &cluster, &association, &token);
    let mut actions = vec!["sts:AssumeRole"];
    if !tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if !trust_allows_service(&role.trust_now(call.store), AUDIENCE, &actions)
        || !conditions_hold(call, &role, &cluster, &tags)
    {
        return Err(refused());
    }
    let session_name = session_name(&name, &token);
    let (role, duration) = match association.text("targetRoleArn") {
        "" => (role, DURATION),
        target => (target_role(call, &role, target, &association).ok_or_else(refused)?, TARGET_DURATION),
    };
    let session = sts::new_session(call, &role, &session_name, duration);
    Ok(json!({
        "subject": {"namespace": token.namespace, "serviceAccount": token.service_account},
        "audience": AUDIENCE,
        "podIdentityAssociation": {
            "associationArn": association.text("associationArn"),
            "associationId": association.text("associationId"),
        },
        "assumedRoleUser": {"arn": session.arn, "assumeRoleId": session.user_id},
        "credentials": {
            "sessionToken": session.token,
            "secretAccessKey": session.secret,
            "accessKeyId": session.access_key,
            "expiration": session.expires,
        },
    }))
}

fn session_name(cluster: &str, token: &Token) -> String {
    let unique = uuid_of(&format!("{cluster} {} {}", token.pod, token.pod_uid));
    let name = format!("eks-{cluster}-{}-", token.pod);
    let short: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(*c)).take(27).collect();
    format!("{short}{unique}")
}

/// The session tags EKS adds, unless the association turns them off.
fn session_tags(
    call: &Call<'_>,
    cluster: &Resource,
    association: &Resource,
    token: &Token,
) -> Vec<(String, String)> {
    if association.view.get("disableSessionTags") == Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let tags = [
        ("eks-cluster-arn", super::arn(call, &format!("cluster/{}", cluster.text("name")))),
        ("eks-cluster-name", cluster.text("name").to_owned()),
        ("kubernetes-namespace", token.namespace.clone()),
        ("kubernetes-service-account", token.service_account.clone()),
        ("kubernetes-pod-name", token.pod.clone()),
        ("kubernetes-pod-uid", token.pod_uid.clone()),
    ];
    tags.map(|(name, value)| (format!("aws:RequestTag/{name}"), value)).to_vec()
}

/// Whether the conditions of the role's trust policy hold for this pod.
fn conditions_hold(call: &Call<'_>, role: &Role, cluster: &Resource, tags: &[(String, String)]) -> bool {
    let mut keys: Vec<(&str, &str)> =
        tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    keys.push(("aws:SourceAccount", &call.account));
    keys.push(("aws:SourceArn", cluster.text("arn")));
    document::trust_allows_service_under(&role.trust_now(call.store), AUDIENCE, "sts:AssumeRole", &keys)
}

/// The target role, if its trust policy lets the association's role in. Of a role in an account that holds none here
/// nothing is known, so it cannot be assumed.
fn target_role(call: &Call<'_>, role: &Role, target: &str, association: &Resource) -> Option<Role> {
    let target = role_by_arn(call.store, target)?;
    let account = Arn::parse(&role.arn)?.account.to_owned();
    let keys = [("sts:ExternalId", association.text("externalId")), ("aws:PrincipalArn", role.arn.as_str())];
    let request = document::Request { account: &account, principal: &role.arn, session: "", keys: &keys };
    document::trust_allows_principal(&target.trust_now(call.store), &request, "sts:AssumeRole")
        .then_some(target)
}

fn token(text: &str, now: i64) -> Result<Token, AwsError> {
    let wrong = |text: &str| AwsError::new("InvalidTokenException", text);
    let payload = text.split('.').nth(1).unwrap_or_default().trim_end_matches('=');
    let payload: Option<Value> =
        URL_SAFE_NO_PAD.decode(payload).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let payload = payload.ok_or_else(|| wrong("The token included in the request is invalid"))?;
    let audiences = match payload.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&AUDIENCE) {
        return Err(wrong(
            "The token included in the request does not have the audience pods.eks.amazonaws.com",
        ));
    }
    match payload.get("exp").and_then(Value::as_i64) {
        Some(expires) if expires.saturating_mul(1000) > now => {}
        Some(_) => {
            return Err(AwsError::new(
                "ExpiredTokenException",
                "The token included in the request is expired",
            ));
        }
        None => return Err(wrong("The token included in the request has no expiration")),
    }
    let subject =
        payload.get("sub").and_then(Value::as_str).and_then(|sub| sub.strip_prefix("system:serviceaccount:"));
    let (namespace, service_account) = subject
        .and_then(|subject| subject.split_once(':'))
        .ok_or_else(|| wrong("The token has no service account"))?;
    let pod = |member: &str| {
        let pod = payload.get("kubernetes.io").and_then(|claims| claims.get("pod"));
        pod.and_then(|pod| pod.get(member)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    Ok(Token {
        namespace: namespace.to_owned(),
        service_account: service_account.to_owned(),
        pod: pod("name"),
        pod_uid: pod("uid"),
    })
}
