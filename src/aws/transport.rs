//! Any function from request to response as the SDK's HTTP client.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::fmt;
use std::sync::Arc;

/// An HTTP client for [`Setup::http_client`](super::Setup::http_client) that hands every request to
/// `handler` instead of a network.
pub fn transport<F>(handler: F) -> SharedHttpClient
where
    F: Fn(http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>> + Send + Sync + 'static,
{
    fallible_transport(move |request| {
        let answer = handler(request);
        Box::pin(async move { Ok(answer.await) })
    })
}

/// The same for a handler that can fail to answer: the call is then lost, as on a broken connection.
pub fn fallible_transport<F>(handler: F) -> SharedHttpClient
where
    F: Fn(http::Request<Bytes>) -> BoxFuture<'static, std::io::Result<http::Response<Bytes>>>
        + Send
        + Sync
        + 'static,
{
    let connector = SharedHttpConnector::new(Handler(Arc::new(handler)));
    http_client_fn(move |_, _| connector.clone())
}

type Handle =
    dyn Fn(http::Request<Bytes>) -> BoxFuture<'static, std::io::Result<http::Response<Bytes>>> + Send + Sync;

#[derive(Clone)]
struct Handler(Arc<Handle>);

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

impl HttpConnector for Handler {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let handler = self.0.clone();
        HttpConnectorFuture::new(async move {
            let user = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
            let request = request.try_into_http1x().map_err(|error| user(error.into()))?;
            let (head, body) = request.into_parts();
            let body =
                ByteStream::new(body).collect().await.map_err(|error| user(error.into()))?.into_bytes();
            let answer = handler(http::Request::from_parts(head, body))
                .await
                .map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| user(error.into()))
        })
    }
}
