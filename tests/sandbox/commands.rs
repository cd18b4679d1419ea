//! `eksform sandbox …` as a process.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use eksform::sandbox::{Options, Sandbox, serve};
use serde_json::json;
use tokio::net::TcpListener;

use super::client::{Client, PODS};

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

/// Makes roles until the server is gone, and says how many were acknowledged.
fn make_roles(address: &str, round: usize) -> usize {
    let trust: String = form_urlencoded::byte_serialize(PODS.as_bytes()).collect();
    let authorization = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/iam/aws4_request, Signature=0";
    let mut made = 0;
    loop {
        let body = format!("Action=CreateRole&RoleName=r{round}-{made}&AssumeRolePolicyDocument={trust}");
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = String::new();
        let sent = TcpStream::connect(address).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        });
        if sent.is_err() || !answer.ends_with("</CreateRoleResponse>") {
            return made;
        }
        made += 1;
    }
}

/// What was acknowledged is there, whenever the process is killed; at most the one call under way may be there besides.
#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    let directory: PathBuf = std::env::temp_dir().join(format!("eksform-kill-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    let mut all = 0;
    for round in 0..5 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eksform"));
        command.args(["sandbox", "serve", "--port", "0", "--dir"]).arg(&directory).stdout(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect(&line).to_owned();
        let writer = std::thread::spawn(move || make_roles(&address, round));
        std::thread::sleep(Duration::from_millis(60 + 37 * u64::try_from(round).unwrap()));
        // SIGKILL on Unix.
        server.kill().unwrap();
        server.wait().unwrap();
        let made = writer.join().unwrap();
        let state = Sandbox::open(&directory, Options::default()).unwrap().export();
        let keys = state["documents"].as_object().unwrap().keys();
        let names: BTreeSet<&str> =
            keys.filter_map(|key| key.strip_prefix("123456789012/iam/role/")).collect();
        for number in 0..made {
            assert!(
                names.contains(format!("r{round}-{number}").as_str()),
                "round {round}: role {number} of {made} is lost"
            );
        }
        assert!(
            (all + made..=all + made + 1).contains(&names.len()),
            "{made} made, {} of {all}",
            names.len()
        );
        all = names.len();
    }
    assert!(all > 5, "{all}");
    let _ = std::fs::remove_dir_all(&directory);
}
