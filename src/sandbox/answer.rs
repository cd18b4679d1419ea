//! From a request to its answer: who asks, what goes wrong, what happens, what is written down.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use serde_json::{Map, Value};

use super::call::{self, Call, Caller};
use super::error::{Answer, AwsError};
use super::faults::{Broken, Met, internal};
use super::log::{self, LogEntry};
use super::model::{self, Service};
use super::{
    BODY_LIMIT, DEFAULT_ACCOUNT, Sandbox, State, access, clock, eks, iam, resource, sts, tagging, wire,
};

/// A request that was read and not yet acted on.
pub(super) struct Prepared {
    service: Option<Service>,
    operation: Option<&'static str>,
    asked: Result<Asked, AwsError>,
    met: Met,
    entry: LogEntry,
}

/// What a well-formed request asks.
struct Asked {
    operation: &'static str,
    service: Service,
    account: String,
    region: String,
    caller: Caller,
    access_key: String,
    input: Map<String, Value>,
}

impl Prepared {
    /// How long the answer is held back on purpose.
    pub(super) fn latency(&self) -> Duration {
        Duration::from_secs_f64(self.met.latency)
    }
}

impl Sandbox {
    /// Reads a request: nothing changes yet but the count of calls that faults go by.
    pub(super) fn prepare(&self, parts: &Parts, body: &Bytes) -> Prepared {
        let now = self.inner.clock.now();
        let mut state = self.lock();
        let state = &mut *state;
        // If the last request panicked, this undoes what it left half done.
        state.store.rollback();
        state.requests += 1;
        let entry = LogEntry {
            time: clock::iso_millis(now),
            account: DEFAULT_ACCOUNT.to_owned(),
            region: None,
            service: String::new(),
            operation: "Unknown".to_owned(),
            status: 0,
            error: None,
            caller: String::new(),
            request_id: call::uuid_of(&format!("request {now} {}", state.requests)),
            names: Default::default(),
        };
        let none = AwsError::new("UnknownOperationException", "").status(404);
        let mut prepared =
            Prepared { service: None, operation: None, asked: Err(none), met: Met::default(), entry };
        match wire::identify(parts) {
            Err((service, error)) => {
                prepared.service = service;
                prepared.asked = Err(error);
            }
            Ok(scope) => {
                prepared.service = Some(scope.service);
                let verified = match &self.inner.known_keys {
                    Some(known) => verify(state, known, &scope, parts, body),
                    None => Ok(()),
                };
                prepared.asked = verified.and_then(|()| read(state, &scope, parts, body, now, &mut prepared));
            }
        }
        prepared
    }

    /// Acts on a request and answers it.
    pub(super) fn finish(&self, prepared: Prepared) -> Response<Bytes> {
        let Prepared { service, operation, asked, met, mut entry } = prepared;
        let mut state = self.lock();
        let state = &mut *state;
        if let Ok(asked) = &asked {
            entry.names = log::names(&asked.input);
        }
        let answer = asked.and_then(|asked| {
            if met.reset_before {
                return Err(AwsError::new("ConnectionReset", "").status(500));
            }
            self.act(state, asked, &met)
        });
        let mut response = wire::encode(service, operation, &answer, &entry.request_id);
        if let Some(service) = service {
            service.signing_name().clone_into(&mut entry.service);
        }
        if let Some(operation) = operation {
            operation.clone_into(&mut entry.operation);
        }
        entry.status = response.status().as_u16();
        entry.error = answer.err().map(|error| error.code);
        if met.reset_before || met.reset_after {
            response.extensions_mut().insert(Broken::Reset);
        } else if met.truncate {
            let half = response.body().len() / 2;
            response.extensions_mut().insert(Broken::Truncated(half));
        }
        // A log that cannot be written must not turn a change that was made into an error.
        let _ = state.log.push(entry);
        response
    }

    fn act(&self, state: &mut State, asked: Asked, met: &Met) -> Answer {
        let now = self.inner.clock.now();
        let service = asked.service;
        resource::settle(&mut state.store, now);
        // What time has done stays, whatever becomes of the request.
        state.store.commit().map_err(|error| unwritten(service, &error))?;
        if let Some(refusal) = &met.refusal {
            return Err(refusal.clone());
        }
        let mut call = Call {
            store: &mut state.store,
            service,
            operation: asked.operation,
            partition: call::partition(&asked.region),
            account: asked.account,
            region: asked.region,
            caller: asked.caller,
            access_key: asked.access_key,
            now,
            speed: self.inner.speed,
            input: asked.input,
        };
        if !met.policies.is_empty()
            && let Some(refusal) = access::refusal(&call, &met.policies)
        {
            return Err(refusal);
        }
        let answer = match service {
            Service::Eks => eks::answer(&mut call),
            Service::Iam => iam::answer(&mut call),
            Service::Sts => sts::answer(&mut call),
            Service::Tagging => tagging::answer(&mut call),
            Service::EksAuth => eks::auth::answer(&mut call),
        };
        let access_key = call.access_key;
        if answer.is_err() {
            state.store.rollback();
            return answer;
        }
        met.twist(&mut state.store);
        if service == Service::Iam && self.inner.consistency > 0 {
            let until = now.saturating_add(self.inner.consistency);
            iam::hide_changes(&mut state.store, &access_key, until);
        }
        state.store.commit().map_err(|error| unwritten(service, &error))?;
        answer
    }
}

/// That the caller has the secret of the access key.
fn verify(
    state: &State,
    known: &BTreeMap<String, String>,
    scope: &wire::Scope,
    parts: &Parts,
    body: &Bytes,
) -> Result<(), AwsError> {
    let query = matches!(scope.service, Service::Iam | Service::Sts);
    let refuse = |query_code: &str, json_code: &str, text: &str| {
        Err(AwsError::new(if query { query_code } else { json_code }, text).status(403))
    };
    let session = sts::secret(&state.store, &scope.access_key);
    let Some(secret) = known.get(&scope.access_key).or(session.as_ref()) else {
        let text = "The security token included in the request is invalid.";
        return refuse("InvalidClientTokenId", "UnrecognizedClientException", text);
    };
    if wire::signature::valid(parts, body, secret) {
        return Ok(());
    }
    let text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                Access Key and signing method. Consult the service documentation for details.";
    refuse("SignatureDoesNotMatch", "InvalidSignatureException", text)
}

fn read(
    state: &mut State,
    scope: &wire::Scope,
    parts: &Parts,
    body: &Bytes,
    now: i64,
    prepared: &mut Prepared,
) -> Result<Asked, AwsError> {
    let service = scope.service;
    let partition = call::partition(&scope.region);
    let (account, caller) =
        sts::caller(&state.store, &scope.access_key, partition, now).map_err(|mut error| {
            if matches!(service, Service::Iam | Service::Sts) {
                "ExpiredToken".clone_into(&mut error.code);
            }
            error
        })?;
    prepared.entry.account.clone_from(&account);
    prepared.entry.caller.clone_from(&caller.arn);
    prepared.entry.region = (service != Service::Iam).then(|| scope.region.clone());
    if body.len() > BODY_LIMIT {
        return Err(AwsError::new("RequestEntityTooLargeException", "The request is too large").status(413));
    }
    let decoded = wire::decode(service, parts, body);
    let Some(operation) = decoded.operation else {
        let unknown = AwsError::new("UnknownOperationException", "").status(404);
        return Err(decoded.input.err().unwrap_or(unknown));
    };
    prepared.operation = Some(operation);
    prepared.met = state.faults.meet(service, operation, &caller);
    let input = decoded.input.and_then(|input| checked(service, operation, input))?;
    Ok(Asked {
        operation,
        service,
        account,
        region: scope.region.clone(),
        caller,
        access_key: scope.access_key.clone(),
        input,
    })
}

/// The state could not be written: a fault of the service's.
fn unwritten(service: Service, error: &io::Error) -> AwsError {
    AwsError::new(internal(service), format!("The sandbox's state cannot be written: {error}")).status(500)
}

/// The input, if it fits the operation's shape.
fn checked(service: Service, operation: &str, input: Value) -> Result<Map<String, Value>, AwsError> {
    let model = service.model();
    if let Some(shape) = model.operations.get(operation).and_then(|operation| operation.input.as_ref()) {
        let found = model::violations(model, shape, &input);
        if !found.is_empty() {
            return Err(match service {
                Service::Iam | Service::Sts => iam::validation(&found),
                Service::Eks => {
                    let codes = [
                        "InvalidParameterException",
                        "InvalidRequestException",
                        "BadRequestException",
                        "ClientException",
                    ];
                    AwsError::validation(model.declared(operation, &codes), &found)
                }
                Service::Tagging | Service::EksAuth => {
                    AwsError::validation("InvalidParameterException", &found)
                }
            });
        }
    }
    match input {
        Value::Object(input) => Ok(input),
        _ => Ok(Map::new()),
    }
}
