//! `eksform sandbox …` as a process.

use std::path::PathBuf;
use std::process::Command;

use eksform::sandbox::{Options, Sandbox, serve};
use serde_json::json;
use tokio::net::TcpListener;

use super::client::Client;

fn eksform(directory: &std::path::Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eksform"));
    command.arg("sandbox").args(arguments).arg("--dir").arg(directory).env_remove("EKSFORM_SANDBOX");
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Into the directory while no one holds it, and into the server that does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalog_is_imported_here_and_in_a_running_server() {
    let scratch: PathBuf = std::env::temp_dir().join(format!("eksform-catalog-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&scratch);
    let directory = scratch.join("sandbox");
    std::fs::create_dir_all(&directory).unwrap();
    let file = scratch.join("answer.json");
    let import = |version: &str| {
        let answer = json!({"addons": [{"addonName": "of-ones-own", "addonVersions": [
            {"addonVersion": version, "compatibilities": [{"clusterVersion": "1.33", "defaultVersion": true}]}]}]});
        std::fs::write(&file, answer.to_string()).unwrap();
        eksform(&directory, &["catalog", "import", file.to_str().unwrap()])
    };
    let offered = async |sandbox: &Sandbox| {
        let path = "/addons/supported-versions?addonName=of-ones-own&kubernetesVersion=1.33";
        let answer = Client::of(sandbox.clone()).get(path).await.ok();
        answer["addons"][0]["addonVersions"][0]["addonVersion"].clone()
    };
    assert_eq!(import("v1"), (true, String::new()));
    let sandbox = Sandbox::open(&directory, Options::default()).unwrap();
    assert_eq!(offered(&sandbox).await, "v1");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = tokio::spawn(serve(sandbox.clone(), listener, std::future::pending()));
    while !directory.join("endpoint").exists() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let done = tokio::task::block_in_place(|| import("v2"));
    assert_eq!(done, (true, String::new()));
    assert_eq!(offered(&sandbox).await, "v2");
    std::fs::write(&file, "{}").unwrap();
    let (succeeded, text) =
        tokio::task::block_in_place(|| eksform(&directory, &["catalog", "import", file.to_str().unwrap()]));
    assert!(!succeeded && text.contains("neither the output of describe-addon-versions"), "{text}");
    server.abort();
    let _ = std::fs::remove_dir_all(&scratch);
}
