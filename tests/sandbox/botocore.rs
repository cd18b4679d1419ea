//! boto3 against a served sandbox, its raw answers held strictly against botocore's models.

use std::process::Command;

use eksform::sandbox::{Options, Sandbox, serve};
use tokio::net::TcpListener;

/// The Python that has boto3: `EKSFORM_PYTHON`, or the one on the path.
pub fn python() -> Command {
    let mut command = Command::new(std::env::var("EKSFORM_PYTHON").unwrap_or_else(|_| "python3".into()));
    // Nothing of the machine's own AWS set-up may matter.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Whether a module is there. If it must be, it is an error that it is not.
pub fn has(module: &str) -> bool {
    let import = format!("import {module}");
    let found = python().args(["-c", &import]).output().is_ok_and(|output| output.status.success());
    let required = std::env::var("EKSFORM_REQUIRE_BOTO3").is_ok_and(|value| value == "1");
    assert!(found || !required, "EKSFORM_REQUIRE_BOTO3 is set, but there is no {module}");
    if !found {
        println!("skipped: there is no {module}");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_finds_nothing_to_complain_about() {
    if !has("boto3") {
        return;
    }
    // So fast that whatever is begun is done by the next request.
    let known = ["AKIDEXAMPLE", "210987654321"].map(|key| (key.to_owned(), "secret".to_owned()));
    let verify_signatures = Some(known.into());
    let sandbox = Sandbox::in_memory(Options { speed: 1e12, verify_signatures, ..Options::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(sandbox, listener, std::future::pending()));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox/botocore_check.py");
    let run = move || python().args([script, &endpoint]).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    server.abort();
}
