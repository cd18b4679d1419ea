//! The protocols: who is asked, by whom, for which operation; and the answer's bytes.

mod identify;
mod query;
mod rest;
pub(crate) mod signature;
mod xml;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, request::Parts};
use serde_json::Value;

use super::error::{Answer, AwsError};
use super::model::Service;

pub(crate) use identify::{Scope, identify};

/// A request's operation, and its input unless that cannot be read.
pub(crate) struct Decoded {
    pub(crate) operation: Option<&'static str>,
    pub(crate) input: Result<Value, AwsError>,
}

impl Decoded {
    fn refused(operation: Option<&'static str>, error: AwsError) -> Decoded {
        Decoded { operation, input: Err(error) }
    }
}

/// Reads the operation and its input from a request.
pub(crate) fn decode(service: Service, parts: &Parts, body: &Bytes) -> Decoded {
    match service {
        Service::Eks | Service::EksAuth => rest::decode(service, parts, body),
        Service::Iam | Service::Sts => query::decode(service, parts, body),
        Service::Tagging => rest::decode_target(parts, body),
    }
}

/// Writes an answer.
pub(crate) fn encode(
    service: Option<Service>,
    operation: Option<&str>,
    answer: &Answer,
    request_id: &str,
) -> Response<Bytes> {
    let (status, content_type, body) = match (service, answer) {
        (Some(Service::Eks | Service::EksAuth) | None, Ok(value)) => {
            (200, "application/json", value.to_string())
        }
        (Some(Service::Tagging), Ok(value)) => (200, "application/x-amz-json-1.1", value.to_string()),
        (Some(service @ (Service::Iam | Service::Sts)), Ok(value)) => {
            (200, "text/xml", query::success(service, operation.unwrap_or_default(), value, request_id))
        }
        (Some(service @ (Service::Iam | Service::Sts)), Err(error)) => {
            (error.http_status(Some(service)), "text/xml", query::failure(service, error, request_id))
        }
        (Some(Service::Tagging), Err(error)) => {
            (error.http_status(service), "application/x-amz-json-1.1", rest::target_failure(error))
        }
        (service, Err(error)) => {
            (error.http_status(service), "application/json", rest::failure(service, error))
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut header = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    header("content-type", content_type);
    header("x-amzn-requestid", request_id);
    if let (Some(Service::Eks | Service::EksAuth) | None, Err(error)) = (service, answer) {
        header("x-amzn-errortype", &error.code);
    }
    response
}
