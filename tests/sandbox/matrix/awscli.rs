//! The aws CLI runs the success of every operation.

use eksform::sandbox::{Options, Sandbox, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::botocore::{has, python};
use super::table::Step;
use super::{LEFT_OUT, Matrix, Table};

/// What the CLI is to do, for the script.
fn plan(matrix: &Matrix, table: &Table) -> Value {
    let case = |name: &str, input: &Value| {
        let service = matrix.named(name).service;
        json!({"service": service, "operation": name, "input": input, "before": []})
    };
    let wanted = matrix.operations.iter().filter(|operation| !LEFT_OUT.contains(&operation.name.as_str()));
    let cases = wanted.map(|operation| {
        let (before, input) = table.entries[&operation.name].ok.as_ref().unwrap();
        let mut made = case(&operation.name, input);
        // Time passes by itself there.
        let calls = before.iter().filter_map(|step| match step {
            Step::Call(name, input) => Some(case(name, input)),
            _ => None,
        });
        made["before"] = calls.collect();
        made
    });
    json!({"cases": cases.collect::<Vec<Value>>(), "world": matrix.world})
}

#[test]
fn the_aws_cli_drives_every_operation() {
    if !has("awscli") {
        return;
    }
    let paused =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (matrix, table) = paused.block_on(super::start());
    let file = std::env::temp_dir().join(format!("eksform-awscli-{}.json", std::process::id()));
    std::fs::write(&file, plan(&matrix, &table).to_string()).unwrap();
    let real = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let output = real.block_on(async {
        // So fast that whatever is begun is done by the next request.
        let sandbox = Sandbox::in_memory(Options { speed: 1e12, ..Options::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(sandbox, listener, std::future::pending()));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox/awscli_check.py");
        let mut command = python();
        command.args([script, &endpoint]).arg(&file);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    });
    let _ = std::fs::remove_file(&file);
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
