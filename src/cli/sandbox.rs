//! `eksform sandbox`: the embedded AWS for other clients, and its log.

use super::args::{Global, Sandbox as Args, SandboxCommand};
use super::output::Terminal;
use super::{DONE, ERROR, Exit};
use crate::sandbox::{self, Options, Sandbox};
use std::io::Write;
use std::path::{Path, PathBuf};

pub fn run(global: &Global, args: &Args, terminal: &Terminal) -> Exit {
    let result = match &args.command {
        SandboxCommand::Serve { port, dir, speed } => {
            let directory = directory(global, dir.as_deref());
            serve(&directory, *port, *speed)
        }
        SandboxCommand::Log { json, dir } => log(&directory(global, dir.as_deref()), *json, terminal),
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
    let from_flag = || global.sandbox.clone().filter(|directory| !directory.is_empty()).map(PathBuf::from);
    let directory = given.map(Path::to_path_buf).or_else(from_flag).or_else(from_environment);
    global.chdir.join(directory.unwrap_or_else(|| PathBuf::from(".eksform/sandbox")))
}

fn serve(directory: &Path, port: u16, speed: Option<f64>) -> Result<(), Box<dyn std::error::Error>> {
    let defaults = Options::default();
    let options = Options { speed: speed.unwrap_or(defaults.speed), ..defaults };
    let sandbox = Sandbox::open(directory, options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        // Flushed at once: whoever started the server waits for this line.
        let mut out = std::io::stdout();
        writeln!(out, "listening on http://{address}")?;
        out.flush()?;
        sandbox::serve(sandbox, listener, stopped()).await
    })?;
    Ok(())
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

fn log(directory: &Path, json: bool, terminal: &Terminal) -> Result<(), Box<dyn std::error::Error>> {
    if !directory.exists() {
        return Err(format!("there is no sandbox in {}", directory.display()).into());
    }
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
