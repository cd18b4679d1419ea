//! `clientRequestToken`: the same token with the same parameters is the same request.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::call::Call;
use super::super::error::AwsError;
use super::super::resource::Resource;
use super::super::store::hex;
use super::invalid;

/// How long AWS remembers a token is not published; a day is what its SDK guide says of other services.
const REMEMBERED_MS: i64 = 24 * 3600 * 1000;

/// The refusal of a token of the wrong length.
pub(super) fn check_token(call: &Call<'_>) -> Result<(), AwsError> {
    match call.text("clientRequestToken") {
        Some(token) if !(33..=126).contains(&token.chars().count()) => {
            Err(invalid(call, "clientRequestToken must have between 33 and 126 characters"))
        }
        _ => Ok(()),
    }
}

fn digest(call: &Call<'_>) -> String {
    let mut input = call.input.clone();
    input.remove("clientRequestToken");
    hex(&Sha256::digest(Value::Object(input).to_string().as_bytes())[..12])
}

fn token_key(call: &Call<'_>) -> Option<String> {
    let token = call.text("clientRequestToken")?;
    Some(call.key(&["token", call.operation, &token]))
}

/// The object an earlier call with this token made, if it is still there.
pub(super) fn replayed(call: &Call<'_>) -> Result<Option<Resource>, AwsError> {
    let Some(remembered) = token_key(call).and_then(|key| call.load::<Resource>(&key)) else {
        return Ok(None);
    };
    let hidden = |member: &str| remembered.hidden.get(member).and_then(Value::as_str).unwrap_or_default();
    let Some(made) = call.load::<Resource>(hidden("made")) else {
        return Ok(None);
    };
    let generation = made.hidden.get("generation").and_then(Value::as_str).unwrap_or_default();
    if generation != hidden("generation") {
        return Ok(None);
    }
    if hidden("digest") != digest(call) {
        let text = "A request with this clientRequestToken and different parameters was made before";
        return Err(invalid(call, text));
    }
    Ok(Some(made))
}

/// Remembers that this call made the object at `made`, whose generation tells it from a namesake.
pub(super) fn remember(call: &mut Call<'_>, made: &str, generation: &str) {
    let Some(key) = token_key(call) else { return };
    let mut token = Resource::default();
    for (member, value) in [("made", made), ("generation", generation), ("digest", &digest(call))] {
        token.hidden.insert(member.to_owned(), Value::String(value.to_owned()));
    }
    token.start("", call.now.saturating_add(REMEMBERED_MS), None, serde_json::Map::new());
    call.save(&key, &token);
}
