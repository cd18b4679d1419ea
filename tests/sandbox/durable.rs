use std::path::PathBuf;

use eksform::sandbox::{OpenError, Options, Sandbox, read_log, serve};
use tokio::net::TcpListener;

use super::client::{Client, cluster_body, real_time, wait};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("eksform-sandbox-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn state_and_time_survive() {
    let scratch = Scratch::new("survive");
    let client = Client::of(Sandbox::open(&scratch.0, real_time()).unwrap());
    let role = client.cluster_role("cluster").await;
    let made = client.post("/clusters", cluster_body("demo", "1.30", &role)).await.ok();
    assert!(matches!(Sandbox::open(&scratch.0, Options::default()), Err(OpenError::Held { endpoint: None })));
    assert_eq!(read_log(&scratch.0).unwrap().len(), 3);
    // A copy taken at any moment is what a kill would leave.
    let copy = Scratch::new("survive-copy");
    std::fs::create_dir_all(&copy.0).unwrap();
    for file in ["journal.jsonl", "log.jsonl"] {
        std::fs::copy(scratch.0.join(file), copy.0.join(file)).unwrap();
    }
    let copied = Client::of(Sandbox::open(&copy.0, real_time()).unwrap());
    assert_eq!(copied.get("/clusters/demo").await.ok(), made);
    wait(541).await;
    assert_eq!(copied.get("/clusters/demo").await.ok()["cluster"]["status"], "ACTIVE");
    drop((client, copied));
    let client = Client::of(Sandbox::open(&copy.0, real_time()).unwrap());
    assert_eq!(client.get("/clusters/demo").await.ok()["cluster"]["status"], "ACTIVE");
    assert_eq!(client.sandbox.log().len(), 6);
}

#[tokio::test]
async fn a_server_says_where_it_is() {
    let scratch = Scratch::new("endpoint");
    let sandbox = Sandbox::open(&scratch.0, Options::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, is_ready) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        // The endpoint file is written before the first poll of the shutdown.
        let shutdown = async move {
            let _ = ready.send(());
            let _ = stopped.await;
        };
        serve(sandbox, listener, shutdown).await
    });
    is_ready.await.unwrap();
    let held = Sandbox::open(&scratch.0, Options::default());
    let Err(OpenError::Held { endpoint }) = held else { panic!("the directory is held") };
    assert_eq!(endpoint, Some(format!("http://{address}")));
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(!scratch.0.join("endpoint").exists());
    assert!(Sandbox::open(&scratch.0, Options::default()).is_ok());
}
