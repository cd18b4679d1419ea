//! The sandbox on a port.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{BODY_LIMIT, Broken, Sandbox, admin};

/// How long connections that are in use may take to finish after a shutdown.
const GRACE: Duration = Duration::from_secs(2);
/// An import may hold 100,000 objects.
const STATE_LIMIT: usize = 512 * 1024 * 1024;
/// How long a client may take to send its headers.
const HEADERS: Duration = Duration::from_secs(30);

/// The file that holds the address of the server that holds a directory.
pub(super) fn endpoint_file(directory: &Path) -> PathBuf {
    directory.join("endpoint")
}

/// Removes the endpoint file however serving ends.
struct Endpoint(Option<PathBuf>);

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // If it cannot be removed, the next holder of the directory does.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Serves a sandbox until `shutdown` is done. While it does, the sandbox's directory names the address in `endpoint`.
///
/// # Errors
/// If the listener has no address, the endpoint cannot be written, or connections cannot be accepted.
pub async fn serve(
    sandbox: Sandbox,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut endpoint = Endpoint(None);
    if let Some(directory) = sandbox.directory() {
        let path = endpoint_file(directory);
        let new = directory.join("endpoint.new");
        std::fs::write(&new, format!("http://{address}\n"))?;
        std::fs::rename(new, &path)?;
        endpoint.0 = Some(path);
    }
    let mut connections = JoinSet::new();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // The client went away before it was its turn, or there are too many files open for now.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (sandbox, mut stopped) = (sandbox.clone(), stopped.clone());
        connections.spawn(async move {
            let service = hyper::service::service_fn(|request| answer(&sandbox, request));
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS)
                .serve_connection(TokioIo::new(stream), service);
            let mut connection = std::pin::pin!(connection);
            // What goes wrong on a connection is its client's to notice.
            let _ = tokio::select! {
                done = &mut connection => done,
                _ = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
        });
    }
    let _ = stop.send(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, finished).await;
    Ok(())
}

async fn answer(
    sandbox: &Sandbox,
    request: Request<Incoming>,
) -> Result<Response<Either<Full<Bytes>, Cut>>, ConnectionBroken> {
    let (parts, body) = request.into_parts();
    let limit = if parts.uri.path().starts_with(admin::PREFIX) { STATE_LIMIT } else { BODY_LIMIT };
    let body = match Limited::new(body, limit).collect().await {
        Ok(body) => body.to_bytes(),
        // One byte over the limit: the sandbox words the refusal.
        Err(error) if error.is::<LengthLimitError>() => Bytes::from(vec![0; BODY_LIMIT + 1]),
        Err(_) => Bytes::from_static(b"\0"),
    };
    let response = sandbox.handle(Request::from_parts(parts, body)).await;
    match response.extensions().get::<Broken>() {
        None => Ok(response.map(|body| Either::Left(Full::new(body)))),
        // hyper drops a connection whose service fails.
        Some(Broken::Reset) => Err(ConnectionBroken),
        Some(Broken::Truncated(bytes)) => {
            let bytes = *bytes;
            Ok(response.map(|body| {
                let part = body.slice(..bytes.min(body.len()));
                Either::Right(Cut { whole: body.len() as u64, part: Some(part), flushed: false })
            }))
        }
    }
}

/// A body that promises its whole length and breaks off.
struct Cut {
    whole: u64,
    part: Option<Bytes>,
    /// hyper writes out what it has when a body makes it wait, and throws it away when a body fails.
    flushed: bool,
}

impl hyper::body::Body for Cut {
    type Data = Bytes;
    type Error = ConnectionBroken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ConnectionBroken>>> {
        if let Some(part) = self.part.take() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if !self.flushed {
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(ConnectionBroken)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.whole)
    }
}

/// A fault breaks the connection.
#[derive(Debug)]
struct ConnectionBroken;

impl std::fmt::Display for ConnectionBroken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is broken on purpose")
    }
}

impl std::error::Error for ConnectionBroken {}
