//! What a server can be asked about itself, under `/_sandbox/`: no AWS path is like that.
//!
//! A browser could be tricked into sending such a request to a loopback port, so each must carry a header that pages
//! cannot send across origins without asking.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::Sandbox;
use super::faults::Faults;

/// The header every request must carry.
const HEADER: &str = "x-eksform-sandbox";
pub(super) const PREFIX: &str = "/_sandbox/";

/// The answer, if the request is one of these.
pub(super) fn answer(sandbox: &Sandbox, parts: &Parts, body: &Bytes) -> Option<Response<Bytes>> {
    let what = parts.uri.path().strip_prefix(PREFIX)?;
    let (status, body) = if parts.headers.contains_key(HEADER) {
        run(sandbox, &parts.method, what, body)
    } else {
        (StatusCode::FORBIDDEN, json!({"message": format!("the header {HEADER} is missing")}))
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    Some(response)
}

fn run(sandbox: &Sandbox, method: &Method, what: &str, body: &Bytes) -> (StatusCode, Value) {
    let done = |result: std::io::Result<()>| match result {
        Ok(()) => (StatusCode::OK, json!({})),
        Err(error) => (StatusCode::BAD_REQUEST, json!({"message": error.to_string()})),
    };
    let read = || serde_json::from_slice::<Value>(body).map_err(std::io::Error::from);
    match (method.as_str(), what) {
        ("GET", "export") => (StatusCode::OK, sandbox.export()),
        ("GET", "log") => (StatusCode::OK, json!(sandbox.log())),
        ("PUT", "import") => done(read().and_then(|document| sandbox.import(&document))),
        ("POST", "seed") => done(read().and_then(|document| sandbox.seed(&document))),
        ("POST", "catalog") => done(read().and_then(|answer| sandbox.import_catalog(&answer)).map(|_| ())),
        ("POST", "reset") => done(sandbox.reset()),
        ("PUT", "faults") => {
            done(serde_json::from_slice::<Faults>(body).map_err(std::io::Error::from).map(|faults| {
                sandbox.set_faults(faults);
            }))
        }
        _ => {
            (StatusCode::NOT_FOUND, json!({"message": "export, log, import, seed, catalog, reset or faults"}))
        }
    }
}
