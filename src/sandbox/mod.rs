//! An embedded AWS: EKS, IAM, STS, EKS Auth and resource tagging, over their real wire protocols.
//!
//! The core is [`Sandbox::handle`], from an HTTP request to an HTTP response; [`serve`] puts it on a port. It shares no
//! code with the rest of eksform, so that one mistake cannot hide another. The truth about shapes is botocore's
//! models (`model/`), the truth about behaviour the AWS documentation and what AWS was seen to answer; `docs/sandbox.md`
//! lists the differences that remain.

mod call;
mod catalog;
mod clock;
mod eks;
mod error;
mod iam;
mod log;
mod model;
mod resource;
mod serve;
mod store;
mod sts;
mod tagging;
mod wire;

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use call::Call;
use error::{Answer, AwsError};
use model::Service;
use store::Store;

pub use clock::Clock;
pub use log::{LogEntry, read_log};
pub use serve::serve;

/// The account of every access key that does not say another one.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// No request of these APIs comes near this many bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How a sandbox behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it takes the time from.
    pub clock: Clock,
    /// How many times faster than AWS things happen. With the default a cluster takes 0.2 seconds; with 1 as long as
    /// on AWS, which suits a paused tokio clock.
    pub speed: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options { clock: Clock::System, speed: 2700.0 }
    }
}

/// Why a directory could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process holds the directory.
    Held {
        /// Where that process serves it, if it does.
        endpoint: Option<String>,
    },
    /// It could not be read or written.
    Io(io::Error),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OpenError::Held { endpoint: Some(endpoint) } => {
                write!(f, "the sandbox is held by the server at {endpoint}")
            }
            OpenError::Held { endpoint: None } => f.write_str("the sandbox is held by another process"),
            OpenError::Io(error) => write!(f, "the sandbox cannot be opened: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Held { .. } => None,
            OpenError::Io(error) => Some(error),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> OpenError {
        OpenError::Io(error)
    }
}

/// An embedded AWS. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    clock: clock::Running,
    speed: f64,
    directory: Option<PathBuf>,
    state: Mutex<State>,
}

struct State {
    store: Store,
    log: log::Log,
    requests: u64,
    /// Holds the directory as long as the sandbox lives.
    _lock: Option<File>,
}

impl Sandbox {
    /// A sandbox that leaves nothing behind.
    #[must_use]
    pub fn in_memory(options: Options) -> Sandbox {
        Sandbox::new(options, None, Store::default(), log::Log::Memory(Vec::new()), None)
    }

    /// The sandbox in a directory, which is made if it is not there. One process at a time holds it.
    ///
    /// # Errors
    /// If another process holds it, or if it cannot be read or written.
    pub fn open(directory: &Path, options: Options) -> Result<Sandbox, OpenError> {
        std::fs::create_dir_all(directory)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(directory.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let endpoint = std::fs::read_to_string(serve::endpoint_file(directory)).ok();
                let endpoint = endpoint.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
                return Err(OpenError::Held { endpoint });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(OpenError::Io(error)),
        }
        // Whoever wrote it is gone, or the lock would not be ours.
        match std::fs::remove_file(serve::endpoint_file(directory)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::Io(error));
            }
            _ => {}
        }
        let store = Store::open(directory)?;
        let log = log::Log::open(directory)?;
        Ok(Sandbox::new(options, Some(directory.to_owned()), store, log, Some(lock)))
    }

    fn new(
        options: Options,
        directory: Option<PathBuf>,
        store: Store,
        log: log::Log,
        lock: Option<File>,
    ) -> Sandbox {
        let speed = if options.speed > 0.0 { options.speed } else { 1.0 };
        let state = Mutex::new(State { store, log, requests: 0, _lock: lock });
        Sandbox { inner: Arc::new(Inner { clock: options.clock.run(), speed, directory, state }) }
    }

    /// The directory the state lives in; none in memory.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.inner.directory.as_deref()
    }

    /// Every call this sandbox received, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        if let Some(directory) = self.directory() {
            return read_log(directory).unwrap_or_default();
        }
        match &self.lock().log {
            log::Log::Memory(entries) => entries.clone(),
            log::Log::File(_) => Vec::new(),
        }
    }

    /// Answers one request. What is not a request of a service it knows gets an error in AWS's form.
    #[expect(clippy::unused_async, reason = "delays and faults will wait here")]
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.answer(request)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while answering rolled nothing back; the next request does, see `answer`.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let now = self.inner.clock.now();
        let mut state = self.lock();
        let state = &mut *state;
        state.store.rollback();
        state.requests += 1;
        let request_id = call::uuid_of(&format!("request {now} {}", state.requests));
        let mut entry = LogEntry {
            time: clock::iso_millis(now),
            account: DEFAULT_ACCOUNT.to_owned(),
            region: None,
            service: String::new(),
            operation: "Unknown".to_owned(),
            status: 0,
            error: None,
            caller: String::new(),
            request_id: request_id.clone(),
        };
        let (service, operation, answer) = match wire::identify(&parts) {
            Err((service, error)) => (service, None, Err(error)),
            Ok(scope) => {
                let (operation, answer) = self.dispatch(state, &scope, &parts, &body, now, &mut entry);
                (Some(scope.service), operation, answer)
            }
        };
        let response = wire::encode(service, operation, &answer, &request_id);
        if let Some(service) = service {
            service.signing_name().clone_into(&mut entry.service);
        }
        if let Some(operation) = operation {
            operation.clone_into(&mut entry.operation);
        }
        entry.status = response.status().as_u16();
        entry.error = answer.err().map(|error| error.code);
        // A log that cannot be written must not turn a change that was made into an error.
        let _ = state.log.push(entry);
        response
    }

    fn dispatch(
        &self,
        state: &mut State,
        scope: &wire::Scope,
        parts: &http::request::Parts,
        body: &Bytes,
        now: i64,
        entry: &mut LogEntry,
    ) -> (Option<&'static str>, Answer) {
        let service = scope.service;
        let partition = call::partition(&scope.region);
        let (account, caller) = match sts::caller(&state.store, &scope.access_key, partition, now) {
            Ok(found) => found,
            Err(mut error) => {
                if matches!(service, Service::Iam | Service::Sts) {
                    "ExpiredToken".clone_into(&mut error.code);
                }
                return (None, Err(error));
            }
        };
        entry.account.clone_from(&account);
        entry.caller.clone_from(&caller.arn);
        entry.region = (service != Service::Iam).then(|| scope.region.clone());
        if body.len() > BODY_LIMIT {
            let error =
                AwsError::new("RequestEntityTooLargeException", "The request is too large").status(413);
            return (None, Err(error));
        }
        let decoded = wire::decode(service, parts, body);
        let Some(operation) = decoded.operation else {
            let unknown = AwsError::new("UnknownOperationException", "").status(404);
            return (None, Err(decoded.input.err().unwrap_or(unknown)));
        };
        let input = match decoded.input.and_then(|input| checked(service, operation, input)) {
            Ok(input) => input,
            Err(error) => return (Some(operation), Err(error)),
        };
        resource::settle(&mut state.store, now);
        // What time has done stays, whatever becomes of the request.
        if let Err(error) = state.store.commit() {
            return (Some(operation), Err(broken(service, &error)));
        }
        let answer = run(Call {
            store: &mut state.store,
            service,
            operation,
            partition,
            account,
            region: scope.region.clone(),
            caller,
            now,
            speed: self.inner.speed,
            input,
        });
        let answer = match answer {
            Ok(value) => match state.store.commit() {
                Ok(()) => Ok(value),
                Err(error) => Err(broken(service, &error)),
            },
            Err(error) => {
                state.store.rollback();
                Err(error)
            }
        };
        (Some(operation), answer)
    }
}

fn run(mut call: Call<'_>) -> Answer {
    match call.service {
        Service::Eks => eks::answer(&mut call),
        Service::Iam => iam::answer(&mut call),
        Service::Sts => sts::answer(&mut call),
        Service::Tagging => tagging::answer(&mut call),
        Service::EksAuth => eks::auth::answer(&mut call),
    }
}

/// The state could not be written: a fault of the service's.
fn broken(service: Service, error: &io::Error) -> AwsError {
    let code = match service {
        Service::Eks => "ServerException",
        Service::Iam => "ServiceFailure",
        Service::Sts => "InternalFailure",
        Service::Tagging => "InternalServiceException",
        Service::EksAuth => "InternalServerException",
    };
    AwsError::new(code, format!("The sandbox's state cannot be written: {error}")).status(500)
}

/// The input, if it fits the operation's shape.
fn checked(service: Service, operation: &str, input: Value) -> Result<Map<String, Value>, AwsError> {
    let model = service.model();
    if let Some(shape) = model.operations.get(operation).and_then(|operation| operation.input.as_ref()) {
        let found = model::violations(model, shape, &input);
        if !found.is_empty() {
            return Err(match service {
                Service::Iam | Service::Sts => iam::validation(&found),
                Service::Eks => {
                    let codes = [
                        "InvalidParameterException",
                        "InvalidRequestException",
                        "BadRequestException",
                        "ClientException",
                    ];
                    AwsError::validation(model.declared(operation, &codes), &found)
                }
                Service::Tagging | Service::EksAuth => {
                    AwsError::validation("InvalidParameterException", &found)
                }
            });
        }
    }
    match input {
        Value::Object(input) => Ok(input),
        _ => Ok(Map::new()),
    }
}
