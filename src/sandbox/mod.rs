//! An embedded AWS: EKS, IAM, STS, EKS Auth and resource tagging, over their real wire protocols.
//!
//! The core is [`Sandbox::handle`], from an HTTP request to an HTTP response; [`serve`] puts it on a port. It shares no
//! code with the rest of eksform, so that one mistake cannot hide another. The truth about shapes is botocore's
//! models (`model/`), the truth about behaviour the AWS documentation and what AWS was seen to answer; `docs/sandbox.md`
//! lists the differences that remain.

mod access;
mod admin;
mod answer;
mod call;
mod catalog;
mod clock;
mod eks;
mod error;
mod faults;
mod iam;
mod log;
mod model;
mod resource;
mod seed;
mod serve;
mod store;
mod sts;
mod tagging;
mod transfer;
mod wire;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use store::Store;

pub use clock::Clock;
pub use faults::{Broken, Fault, FaultRule, Faults};
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
    /// For how long a change in IAM is hidden from EKS and from everyone but its author. Zero: not at all.
    pub consistency: Duration,
    /// What goes wrong.
    pub faults: Faults,
    /// The known access keys and their secrets. If given, every other access key and every signature that does not
    /// fit is refused; credentials that the sandbox handed out are known.
    pub verify_signatures: Option<BTreeMap<String, String>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            clock: Clock::System,
            speed: 2700.0,
            consistency: Duration::ZERO,
            faults: Faults::default(),
            verify_signatures: None,
        }
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
    /// Milliseconds.
    consistency: i64,
    known_keys: Option<BTreeMap<String, String>>,
    directory: Option<PathBuf>,
    state: Mutex<State>,
}

struct State {
    store: Store,
    log: log::Log,
    faults: faults::Active,
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
        let state = Mutex::new(State {
            store,
            log,
            faults: faults::Active::new(options.faults),
            requests: 0,
            _lock: lock,
        });
        Sandbox {
            inner: Arc::new(Inner {
                clock: options.clock.run(),
                speed,
                consistency: i64::try_from(options.consistency.as_millis()).unwrap_or(i64::MAX),
                known_keys: options.verify_signatures,
                directory,
                state,
            }),
        }
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
    ///
    /// A connection that a fault breaks is an extension of the response, [`Broken`].
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        if let Some(response) = admin::answer(self, &parts, &body) {
            return response;
        }
        let prepared = self.prepare(&parts, &body);
        if prepared.latency() > Duration::ZERO {
            tokio::time::sleep(prepared.latency()).await;
        }
        self.finish(prepared)
    }

    /// Makes these faults happen from now on, and no others.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults::Active::new(faults);
    }

    /// The whole state as one JSON document, for [`Sandbox::import`].
    #[must_use]
    pub fn export(&self) -> Value {
        transfer::export(&self.lock().store)
    }

    /// Replaces the whole state by an exported one.
    ///
    /// # Errors
    /// If the document is not an export of a format this version reads, or it cannot be stored.
    pub fn import(&self, document: &Value) -> io::Result<()> {
        transfer::import(&mut self.lock().store, document)
    }

    /// Adds what a seed lists to the state. `docs/sandbox.md` has the form of a seed.
    ///
    /// # Errors
    /// If the seed is not one, or it cannot be stored.
    pub fn seed(&self, seed: &Value) -> io::Result<()> {
        let now = self.inner.clock.now();
        seed::plant(&mut self.lock().store, seed, now)
    }

    /// Takes the output of `aws eks describe-addon-versions` or `describe-addon-configuration` into the catalog, and
    /// says how many add-ons it was about.
    ///
    /// # Errors
    /// If it is neither, or it cannot be stored.
    pub fn import_catalog(&self, answer: &Value) -> io::Result<usize> {
        let store = &mut self.lock().store;
        let taken = catalog::take(store, answer).map_err(|text| {
            store.rollback();
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?;
        store.commit()?;
        Ok(taken)
    }

    /// Forgets everything, the log too.
    ///
    /// # Errors
    /// If the empty state cannot be stored.
    pub fn reset(&self) -> io::Result<()> {
        let mut state = self.lock();
        transfer::clear(&mut state.store)?;
        state.log.clear()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while answering rolled nothing back; the next request does, see `answer.rs`.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
