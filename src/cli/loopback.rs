//! One HTTP exchange with a process on this machine.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;

/// Sends the request to `authority` (`127.0.0.1:4700`) over a connection of its own. The host header stays
/// what the request says, since that is what was signed.
pub async fn exchange(
    authority: &str,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = tokio::net::TcpStream::connect(authority).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    if !head.headers.contains_key(http::header::HOST) {
        let host = head.uri.host().unwrap_or(authority).parse()?;
        head.headers.insert(http::header::HOST, host);
    }
    let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_string();
    head.uri = path.parse()?;
    let response = sender.send_request(http::Request::from_parts(head, Full::new(body))).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    driver.abort();
    Ok(http::Response::from_parts(head, body))
}
