//! STS: who am I, and AssumeRole.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::DEFAULT_ACCOUNT;
use super::call::{Arn, Call, Caller, UPPER, id_text, load, seconds};
use super::error::{Answer, AwsError};
use super::iam::{self, role_by_arn};
use super::resource::Resource;
use super::store::{Store, hex, key};

/// How long a session that has run out is remembered, so that it is refused rather than taken for another caller.
const REMEMBERED_MS: i64 = 24 * 3600 * 1000;

/// The account and the caller behind an access key.
pub(super) fn caller(
    store: &Store,
    access_key: &str,
    partition: &str,
    now: i64,
) -> Result<(String, Caller), AwsError> {
    if let Some(session) = load::<Resource>(store, &key(&["sessions", access_key])) {
        let expires = session.hidden.get("expires").and_then(Value::as_i64).unwrap_or_default();
        if expires <= now {
            let text = "The security token included in the request is expired";
            return Err(AwsError::new("ExpiredTokenException", text).status(403));
        }
        let caller = Caller {
            arn: session.text("arn").to_owned(),
            user_id: session.text("userId").to_owned(),
            principal: session.text("principal").to_owned(),
        };
        return Ok((session.text("account").to_owned(), caller));
    }
    let own = access_key.len() == 12 && access_key.chars().all(|c| c.is_ascii_digit());
    let account = if own { access_key } else { DEFAULT_ACCOUNT };
    let arn = format!("arn:{partition}:iam::{account}:user/sandbox");
    let user_id = format!("AIDA{}", id_text(&arn, 17, UPPER));
    Ok((account.to_owned(), Caller { principal: arn.clone(), arn, user_id }))
}

/// The secret of credentials that were handed out.
pub(super) fn secret(store: &Store, access_key: &str) -> Option<String> {
    let session: Resource = load(store, &key(&["sessions", access_key]))?;
    Some(session.text("secret").to_owned())
}

pub(super) fn answer(call: &mut Call<'_>) -> Answer {
    match call.operation {
        "GetCallerIdentity" => {
            Ok(json!({"UserId": call.caller.user_id, "Account": call.account, "Arn": call.caller.arn}))
        }
        "AssumeRole" => assume_role(call),
        other => {
            let text = format!("The sandbox does not implement {other}");
            Err(AwsError::new("InternalFailure", text).status(501))
        }
    }
}

fn assume_role(call: &mut Call<'_>) -> Answer {
    let arn = call.required("RoleArn");
    let session_name = call.required("RoleSessionName");
    if Arn::parse(&arn).is_none_or(|arn| arn.role_name().is_none()) {
        return Err(AwsError::new("ValidationError", format!("{arn} is invalid")));
    }
    let refused = || {
        let text = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            call.caller.arn
        );
        AwsError::new("AccessDenied", text).status(403)
    };
    let role = role_by_arn(call.store, &arn).ok_or_else(refused)?;
    let external = call.text("ExternalId");
    let mut keys =
        vec![("aws:PrincipalArn", call.caller.principal.as_str()), ("aws:PrincipalAccount", &call.account)];
    keys.push(("sts:RoleSessionName", &session_name));
    if let Some(external) = &external {
        keys.push(("sts:ExternalId", external));
    }
    let request = iam::document::Request {
        account: &call.account,
        principal: &call.caller.principal,
        session: &call.caller.arn,
        keys: &keys,
    };
    let trust = role.trust_now(call.store);
    let tags = call.input.get("Tags").and_then(Value::as_array).is_some_and(|tags| !tags.is_empty());
    let mut actions = vec!["sts:AssumeRole"];
    if tags {
        actions.push("sts:TagSession");
    }
    if !actions.iter().all(|action| iam::document::trust_allows_principal(&trust, &request, action)) {
        return Err(refused());
    }
    if let Some(policy) = call.text("Policy") {
        iam::document::check(&policy, iam::document::Kind::Identity)?;
    }
    let duration = call.number("DurationSeconds").unwrap_or(3600);
    if duration > role.max_session {
        let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(AwsError::new("ValidationError", text));
    }
    let chained = call.caller.arn.contains(":assumed-role/");
    if chained && duration > 3600 {
        let text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(AwsError::new("ValidationError", text));
    }
    let session = new_session(call, &role, &session_name, duration);
    Ok(json!({
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 0,
    }))
}

/// Credentials that were handed out.
pub(super) struct Session {
    pub(super) access_key: String,
    pub(super) secret: String,
    pub(super) token: String,
    /// Seconds since the epoch.
    pub(super) expires: Value,
    pub(super) user_id: String,
    pub(super) arn: String,
}

/// Makes credentials for a role and remembers whose they are.
pub(super) fn new_session(call: &mut Call<'_>, role: &iam::Role, name: &str, duration: i64) -> Session {
    let account = Arn::parse(&role.arn).map_or_else(|| call.account.clone(), |arn| arn.account.to_owned());
    let seed = call.seed(&key(&["session", &role.arn, name]));
    let expires = call.now.saturating_add(duration.saturating_mul(1000));
    let session = Session {
        access_key: format!("ASIA{}", id_text(&seed, 16, UPPER)),
        secret: hex(&Sha256::digest(format!("secret {seed}").as_bytes()))[..40].to_owned(),
        token: format!("sandbox{}", hex(&Sha256::digest(format!("token {seed}").as_bytes()))),
        expires: seconds(expires),
        user_id: format!("{}:{name}", role.id),
        arn: format!("arn:{}:sts::{account}:assumed-role/{}/{name}", call.partition, role.name),
    };
    let mut stored = Resource::default();
    let members = [
        ("account", account.as_str()),
        ("arn", &session.arn),
        ("userId", &session.user_id),
        ("principal", &role.arn),
        ("secret", &session.secret),
    ];
    for (member, value) in members {
        stored.view.insert(member.to_owned(), Value::String(value.to_owned()));
    }
    stored.hidden.insert("expires".to_owned(), Value::from(expires));
    stored.start("", expires.saturating_add(REMEMBERED_MS), None, Map::new());
    call.save(&key(&["sessions", &session.access_key]), &stored);
    session
}
