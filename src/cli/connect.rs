//! Which AWS a command talks to: the embedded one if asked for, else AWS.

use super::args::Global;
use super::cache;
use crate::aws::{Aws, Setup};
use crate::diagnostic::Diagnostic;
use std::path::PathBuf;
use std::sync::Arc;

/// A way to AWS, and its name for the operator.
#[derive(Clone)]
pub struct Connected {
    pub aws: Arc<Aws>,
    pub what: String,
}

/// The directory of the embedded AWS, if the command is to use it: `--sandbox`, `--sandbox=DIR`, or a
/// non-empty `EKSFORM_SANDBOX`. Paths are relative to `--chdir`.
pub fn sandbox_directory(global: &Global) -> Option<PathBuf> {
    let asked = match &global.sandbox {
        Some(directory) => Some(PathBuf::from(directory)),
        None => std::env::var_os("EKSFORM_SANDBOX").filter(|value| !value.is_empty()).map(PathBuf::from),
    }?;
    let directory = if asked.as_os_str().is_empty() { PathBuf::from(".eksform/sandbox") } else { asked };
    Some(global.path(directory))
}

/// Connects as the flags say.
pub fn connect(global: &Global, parallelism: usize) -> Result<Connected, Box<Diagnostic>> {
    match sandbox_directory(global) {
        None => {
            let memory = cache::of_aws(global.no_cache);
            let aws = Aws::new(Setup { parallelism, memory, ..Setup::default() });
            Ok(Connected { aws: Arc::new(aws), what: "AWS".to_string() })
        }
        #[cfg(feature = "sandbox")]
        Some(directory) => {
            embedded::connect(&directory, parallelism, cache::of_sandbox(&directory, global.no_cache))
        }
        #[cfg(not(feature = "sandbox"))]
        Some(_) => Err(Box::new(
            Diagnostic::error("no-sandbox", "This eksform was built without the sandbox")
                .help("build it with --features sandbox"),
        )),
    }
}

#[cfg(feature = "sandbox")]
mod embedded {
    use super::Connected;
    use crate::aws::{Aws, Memory, Setup, SharedHttpClient, access_key, fallible_transport};
    use crate::cli::loopback::exchange;
    use crate::diagnostic::Diagnostic;
    use crate::sandbox::{Broken, DEFAULT_ACCOUNT, OpenError, Options, Sandbox};
    use std::path::Path;
    use std::sync::Arc;

    /// The region where neither the provider block nor the environment names one.
    const DEFAULT_REGION: &str = "us-east-2";

    pub fn connect(
        directory: &Path,
        parallelism: usize,
        memory: Option<Arc<dyn Memory>>,
    ) -> Result<Connected, Box<Diagnostic>> {
        let (http_client, what) = match Sandbox::open(directory, Options::default()) {
            Ok(sandbox) => (in_process(sandbox), format!("Sandbox {}", directory.display())),
            Err(OpenError::Held { endpoint: Some(endpoint) }) => {
                let what = format!("Sandbox {} at {endpoint}", directory.display());
                (over_tcp(&endpoint), what)
            }
            Err(error) => {
                return Err(Box::new(
                    Diagnostic::error("sandbox", format!("{}: {error}", directory.display()))
                        .help("wait for the other process, or name another directory: --sandbox=DIR"),
                ));
            }
        };
        let region = std::env::var("AWS_REGION").ok().filter(|region| !region.is_empty());
        let setup = Setup {
            http_client: Some(http_client),
            credentials: Some(access_key(DEFAULT_ACCOUNT, "sandbox")),
            region: Some(region.unwrap_or_else(|| DEFAULT_REGION.to_string()).into()),
            isolated: true,
            parallelism,
            memory,
            ..Setup::default()
        };
        Ok(Connected { aws: Arc::new(Aws::new(setup)), what })
    }

    /// As unreliable as a network where faults are asked for.
    fn in_process(sandbox: Sandbox) -> SharedHttpClient {
        fallible_transport(move |request| {
            let sandbox = sandbox.clone();
            Box::pin(async move {
                let response = sandbox.handle(request).await;
                match response.extensions().get::<Broken>().copied() {
                    None => Ok(response),
                    Some(Broken::Reset) => Err(std::io::ErrorKind::ConnectionReset.into()),
                    Some(Broken::Truncated(length)) => {
                        Ok(response.map(|body| body.slice(..length.min(body.len()))))
                    }
                }
            })
        })
    }

    /// Sends every request to the process that holds the directory, one connection each.
    fn over_tcp(endpoint: &str) -> SharedHttpClient {
        let authority: Arc<str> = endpoint.trim_start_matches("http://").into();
        fallible_transport(move |request| {
            let authority = authority.clone();
            Box::pin(async move { exchange(&authority, request).await.map_err(std::io::Error::other) })
        })
    }
}
