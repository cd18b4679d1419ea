//! `eksform sandbox`: the embedded AWS for other clients, its log and its state.

use super::args::{CatalogCommand, Global, Sandbox as Args, SandboxCommand, Serve};
use super::loopback::exchange;
use super::output::Terminal;
use super::{DONE, ERROR, Exit};
use crate::sandbox::{self, OpenError, Options, Sandbox};
use bytes::Bytes;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub fn run(global: &Global, args: &Args, terminal: &Terminal) -> Exit {
    let directory = directory(global, args.dir.as_deref());
    let result = match &args.command {
        SandboxCommand::Serve(args) => serve(global, &directory, args),
        SandboxCommand::Log { json } => log(&directory, *json, terminal),
        SandboxCommand::Seed { file } => change(&directory, "POST", "seed", Some(&global.path(file))),
        SandboxCommand::Import { file } => change(&directory, "PUT", "import", Some(&global.path(file))),
        SandboxCommand::Catalog { command: CatalogCommand::Import { file } } => {
            change(&directory, "POST", "catalog", Some(&global.path(file)))
        }
        SandboxCommand::Reset => change(&directory, "POST", "reset", None),
        SandboxCommand::Export => export(&directory, terminal),
    };
    match result {
        Ok(()) => DONE,
        Err(error) => {
            terminal.say(&format!("error: {error}"));
            ERROR
        }
    }
}

/// `--dir`, else what `--sandbox` and `EKSFORM_SANDBOX` say, else the stack's own.
fn directory(global: &Global, given: Option<&Path>) -> PathBuf {
    let from_environment =
        || std::env::var_os("EKSFORM_SANDBOX").filter(|value| !value.is_empty()).map(PathBuf::from);
    let from_flag = || global.sandbox.clone().map(PathBuf::from);
    let directory = given.map(Path::to_path_buf).or_else(from_flag).or_else(from_environment);
    let directory = directory.filter(|directory| !directory.as_os_str().is_empty());
    global.path(directory.unwrap_or_else(|| PathBuf::from(".eksform/sandbox")))
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()).into())
}

/// What a file that a flag names holds.
fn given<T: serde::de::DeserializeOwned>(global: &Global, file: Option<&Path>) -> Result<Option<T>> {
    let Some(file) = file else { return Ok(None) };
    let text = read(&global.path(file))?;
    serde_json::from_str(&text).map(Some).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn serve(global: &Global, directory: &Path, args: &Serve) -> Result<()> {
    let defaults = Options::default();
    let options = Options {
        speed: args.speed.unwrap_or(defaults.speed),
        consistency: args.consistency.unwrap_or(defaults.consistency),
        faults: given(global, args.faults.as_deref())?.unwrap_or_default(),
        verify_signatures: given(global, args.verify_signatures.as_deref())?,
        ..defaults
    };
    let sandbox = Sandbox::open(directory, options)?;
    runtime()?.block_on(async {
        let wanted = std::net::SocketAddr::new(args.listen, args.port);
        let listener = tokio::net::TcpListener::bind(wanted)
            .await
            .map_err(|error| format!("http://{wanted} cannot be served: {error}"))?;
        let address = listener.local_addr()?;
        // Flushed at once: whoever started the server waits for this line.
        let mut out = std::io::stdout();
        writeln!(out, "listening on http://{address}")?;
        out.flush()?;
        Ok(sandbox::serve(sandbox, listener, stopped()).await?)
    })
}

/// Ctrl-C or SIGTERM.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn exists(directory: &Path) -> Result<()> {
    if directory.exists() {
        Ok(())
    } else {
        Err(format!("there is no sandbox in {}", directory.display()).into())
    }
}

fn log(directory: &Path, json: bool, terminal: &Terminal) -> Result<()> {
    exists(directory)?;
    for entry in sandbox::read_log(directory)? {
        if json {
            terminal.print(&format!("{}\n", serde_json::to_string(&entry)?));
        } else {
            let error = entry.error.map(|code| format!(" {code}")).unwrap_or_default();
            let region = entry.region.as_deref().unwrap_or("global");
            terminal.print(&format!(
                "{} {} {region} {}:{} {}{error}\n",
                entry.time, entry.account, entry.service, entry.operation, entry.status
            ));
        }
    }
    Ok(())
}

fn export(directory: &Path, terminal: &Terminal) -> Result<()> {
    exists(directory)?;
    let document = match Sandbox::open(directory, Options::default()) {
        Ok(sandbox) => sandbox.export(),
        Err(OpenError::Held { endpoint: Some(endpoint) }) => ask(&endpoint, "GET", "export", String::new())?,
        Err(error) => return Err(error.into()),
    };
    terminal.print(&format!("{document:#}\n"));
    Ok(())
}

/// Changes the state as a whole: here, or in the server that holds the directory.
fn change(directory: &Path, method: &str, what: &str, file: Option<&Path>) -> Result<()> {
    let text = file.map(read).transpose()?.unwrap_or_default();
    let document: Value = match file {
        Some(file) => serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?,
        None => Value::Null,
    };
    match Sandbox::open(directory, Options::default()) {
        Ok(sandbox) => match what {
            "seed" => sandbox.seed(&document)?,
            "import" => sandbox.import(&document)?,
            "catalog" => drop(sandbox.import_catalog(&document)?),
            _ => sandbox.reset()?,
        },
        Err(OpenError::Held { endpoint: Some(endpoint) }) => {
            ask(&endpoint, method, what, text)?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Asks a running server about itself.
fn ask(endpoint: &str, method: &str, what: &str, body: String) -> Result<Value> {
    let authority = endpoint.trim_start_matches("http://");
    let request = http::Request::builder()
        .method(method)
        .uri(format!("/_sandbox/{what}"))
        .header("host", authority)
        .header("x-eksform-sandbox", "1")
        .body(Bytes::from(body))?;
    let response = runtime()?.block_on(exchange(authority, request))?;
    let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if response.status().is_success() {
        return Ok(answer);
    }
    Err(answer.get("message").and_then(Value::as_str).unwrap_or("the server refused").to_string().into())
}
