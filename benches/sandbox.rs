//! How fast the sandbox is: `cargo bench --no-default-features --features sandbox --bench sandbox`.
//!
//! It prints a line for each thing measured and fails if one misses its mark: starting in 50 ms, DescribeCluster over
//! loopback in 1 ms (median), a page of a list among 100,000 objects in 20 ms.

use std::time::{Duration, Instant};

use bytes::Bytes;
use eksform::sandbox::{Options, Sandbox, serve};
use http::Request;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ACCOUNT: &str = "123456789012";
const OBJECTS: usize = 100_000;

fn scope(service: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-2/{service}/aws4_request, Signature=0")
}

/// A state of 100,000 objects: 60 clusters with 1,000 associations each, and 40,000 roles.
fn crowd() -> Value {
    let mut documents = Map::new();
    for cluster in 0..60 {
        let name = format!("cluster-{cluster:02}");
        let view = json!({"name": name, "arn": format!("arn:aws:eks:us-east-2:{ACCOUNT}:cluster/{name}"), "tags": {}});
        documents
            .insert(format!("{ACCOUNT}/us-east-2/cluster/{name}"), json!({"view": view, "status": "ACTIVE"}));
        for n in 0..1000 {
            let id = format!("a-{n:017}");
            let view = json!({
                "clusterName": name, "namespace": format!("team-{}", n % 50), "serviceAccount": format!("app-{n}"),
                "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/app-{n}"), "associationId": id, "createdAt": 1.0,
                "associationArn": format!("arn:aws:eks:us-east-2:{ACCOUNT}:podidentityassociation/{name}/{id}"),
                "modifiedAt": 1.0, "disableSessionTags": false, "tags": {"team": format!("team-{}", n % 50)},
            });
            let key = format!("{ACCOUNT}/us-east-2/association/{name}/{id}");
            documents.insert(key, json!({"view": view, "status": ""}));
        }
    }
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    for n in 0..OBJECTS - documents.len() {
        let name = format!("app-{n:06}");
        let role = json!({
            "name": name, "path": "/", "id": format!("AROA{n:017}"), "arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            "created": 0, "trust": trust, "description": "", "max_session": 3600,
            "attached": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], "tags": {"team": ["team", "x"]},
        });
        documents.insert(format!("{ACCOUNT}/iam/role/{name}"), role);
    }
    json!({"format": 1, "documents": documents})
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn report(what: &str, time: Duration, mark: Duration, missed: &mut bool) {
    let verdict = if time <= mark { "" } else { "  MISSED" };
    *missed |= time > mark;
    println!("{what:<60} {:>9.3} ms (mark {} ms){verdict}", time.as_secs_f64() * 1000.0, mark.as_millis());
}

async fn page(sandbox: &Sandbox, request: impl Fn() -> Request<Bytes>) -> Duration {
    let mut times = Vec::new();
    for _ in 0..21 {
        let request = request();
        let start = Instant::now();
        let response = sandbox.handle(request).await;
        times.push(start.elapsed());
        assert_eq!(response.status(), 200);
    }
    median(times)
}

async fn describe(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> Duration {
    let start = Instant::now();
    stream.write_all(request).await.expect("the server reads");
    let mut read = 0;
    loop {
        read += stream.read(&mut buffer[read..]).await.expect("the server answers");
        let text = String::from_utf8_lossy(&buffer[..read]);
        if text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.ends_with("}}")) {
            return start.elapsed();
        }
    }
}

#[tokio::main]
async fn main() {
    let mut missed = false;
    let directory = std::env::temp_dir().join(format!("eksform-bench-{}", std::process::id()));
    let start = Instant::now();
    let sandbox = Sandbox::open(&directory, Options::default()).expect("the directory is new");
    let get = |path: &'static str| {
        move || {
            Request::get(path).header("authorization", scope("eks")).body(Bytes::new()).expect("a request")
        }
    };
    page(&sandbox, get("/clusters")).await;
    report("start, with 21 calls", start.elapsed(), Duration::from_millis(50), &mut missed);

    let start = Instant::now();
    sandbox.import(&crowd()).expect("the export is one");
    println!("import of {OBJECTS} objects: {:?}", start.elapsed());
    drop(sandbox);
    let start = Instant::now();
    let sandbox = Sandbox::open(&directory, Options::default()).expect("the directory is free");
    println!("open with {OBJECTS} objects: {:?}", start.elapsed());

    let mark = Duration::from_millis(20);
    let time = page(&sandbox, get("/clusters/cluster-30/pod-identity-associations?maxResults=100")).await;
    report("ListPodIdentityAssociations, 100 of 1,000", time, mark, &mut missed);
    let time = page(&sandbox, get("/clusters/cluster-30/pod-identity-associations?namespace=team-49")).await;
    report("ListPodIdentityAssociations of a namespace", time, mark, &mut missed);
    let iam = |form: &'static str| {
        move || {
            Request::post("/")
                .header("authorization", scope("iam"))
                .body(Bytes::from(form))
                .expect("a request")
        }
    };
    let time = page(&sandbox, iam("Action=ListRoles&MaxItems=1000")).await;
    report("ListRoles, 1,000 of 39,940", time, mark, &mut missed);
    let details = "Action=GetAccountAuthorizationDetails&MaxItems=1000&Filter.member.1=Role";
    let time = page(&sandbox, iam(details)).await;
    report("GetAccountAuthorizationDetails, 1,000 roles", time, mark, &mut missed);
    let tagged = || {
        Request::post("/")
            .header("authorization", scope("tagging"))
            .header("x-amz-target", "ResourceGroupsTaggingAPI_20170126.GetResources")
            .body(Bytes::from_static(br#"{"TagFilters": [{"Key": "team", "Values": ["absent"]}]}"#))
            .expect("a request")
    };
    report("GetResources that finds nothing among 60,000", page(&sandbox, tagged).await, mark, &mut missed);
    let mut times = Vec::new();
    for n in 0..50 {
        let body = json!({"tags": {"n": n.to_string()}}).to_string();
        let path = format!("/tags/arn:aws:eks:us-east-2:{ACCOUNT}:cluster/cluster-30");
        let request = Request::post(path).header("authorization", scope("eks")).body(Bytes::from(body));
        let request = request.expect("a request");
        let start = Instant::now();
        assert_eq!(sandbox.handle(request).await.status(), 200);
        times.push(start.elapsed());
    }
    report("TagResource, written to disk", median(times), Duration::from_millis(1), &mut missed);

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("the listener is bound");
    let server = tokio::spawn(serve(sandbox, listener, std::future::pending()));
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket option");
    let request = format!(
        "GET /clusters/cluster-30 HTTP/1.1\r\nhost: {address}\r\nauthorization: {}\r\n\r\n",
        scope("eks")
    );
    let mut buffer = vec![0; 65_536];
    let mut times = Vec::new();
    for _ in 0..1001 {
        times.push(describe(&mut stream, request.as_bytes(), &mut buffer).await);
    }
    report("DescribeCluster over loopback, median", median(times), Duration::from_millis(1), &mut missed);
    server.abort();
    let _ = std::fs::remove_dir_all(directory);
    assert!(!missed, "a mark was missed");
}
