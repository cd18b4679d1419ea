//! Requests as text, and what must hold of every answer: shared by the fuzz target and the test that replays its
//! corpus.
//!
//! An input is one request or several, apart by a line `%%`. A request is a line `METHOD service path`, header lines,
//! an empty line and the body.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use eksform::sandbox::{Options, Sandbox};
use http::{Request, Response};
use serde_json::Value;

/// Requests that make a small account: a cluster, and one of each kind that lives in one.
const SETUP: &str = include_str!("../seeds/setup.txt");
/// More requests of one input would say nothing new.
const MOST: usize = 12;

fn sandbox() -> Sandbox {
    // So fast that whatever is begun is done by the next request.
    Sandbox::in_memory(Options { speed: 1e12, ..Options::default() })
}

/// The state every input starts from.
pub fn world() -> Value {
    let sandbox = sandbox();
    for text in SETUP.split("\n%%\n") {
        let request = request(text.as_bytes()).expect("the setup is well formed");
        let response = answer(&sandbox, request);
        assert!(response.status().is_success(), "{text}: {:?}", response.body());
    }
    sandbox.export()
}

/// Sends the requests of an input.
///
/// # Panics
/// If an answer is not one that AWS would give.
pub fn run(world: &Value, data: &[u8]) {
    let sandbox = sandbox();
    sandbox.import(world).expect("what was exported can be imported");
    let mut rest = Some(data);
    for _ in 0..MOST {
        let Some(text) = rest else { break };
        let end = text.windows(4).position(|window| window == b"\n%%\n");
        let (one, more) = end.map_or((text, None), |end| (&text[..end], Some(&text[end + 4..])));
        rest = more;
        if let Some(request) = request(one) {
            let shown = format!("{} {}", request.method(), request.uri());
            check(&shown, &answer(&sandbox, request));
        }
    }
    let export = sandbox.export();
    self::sandbox().import(&export).expect("what was exported can be imported");
    let list = request(b"GET eks /clusters\n\n").expect("a request");
    assert_eq!(answer(&sandbox, list).status(), 200, "the sandbox answers afterwards");
}

/// Nothing waits without a fault that makes it wait.
fn answer(sandbox: &Sandbox, request: Request<Bytes>) -> Response<Bytes> {
    match pin!(sandbox.handle(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response,
        Poll::Pending => panic!("an answer waits"),
    }
}

fn request(text: &[u8]) -> Option<Request<Bytes>> {
    let end = text.windows(2).position(|window| window == b"\n\n");
    let (head, body) = end.map_or((text, &[][..]), |end| (&text[..end], &text[end + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut first = lines.next()?.splitn(3, |byte| *byte == b' ');
    let (method, service, path) = (first.next()?, first.next()?, first.next()?);
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-2/{}/aws4_request, SignedHeaders=host, Signature=0",
        String::from_utf8_lossy(service)
    );
    let mut request = Request::builder().method(method).uri(path).header("authorization", scope);
    for line in lines {
        let at = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..at], line[at + 1..].trim_ascii());
        // What a server can be asked about itself is its owner's business.
        if name.eq_ignore_ascii_case(b"x-eksform-sandbox") {
            return None;
        }
        request
            .headers_mut()?
            .insert(http::HeaderName::from_bytes(name).ok()?, http::HeaderValue::from_bytes(value).ok()?);
    }
    request.body(Bytes::copy_from_slice(body)).ok()
}

/// A success, or an error in AWS's form that is the caller's own; 501 is for operations that are not there.
fn check(request: &str, response: &Response<Bytes>) {
    let status = response.status().as_u16();
    let body = String::from_utf8_lossy(response.body());
    assert!(status < 500 || status == 501, "{request}: {status} {body}");
    if request.contains(" /_sandbox/") {
        return;
    }
    assert!(response.headers().contains_key("x-amzn-requestid"), "{request}: no request id");
    let kind = response.headers()["content-type"].to_str().expect("the sandbox's own text");
    if kind == "text/xml" {
        assert!(body.ends_with("Response>") || body.ends_with("Response>\n"), "{request}: {body}");
        assert!(status == 200 || body.contains("<Code>"), "{request}: {body}");
        return;
    }
    let json: Value =
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{request}: {error}: {body}"));
    let named = response.headers().contains_key("x-amzn-errortype") || json.get("__type").is_some();
    assert!(status == 200 || named, "{request}: {status} without a code: {body}");
}
