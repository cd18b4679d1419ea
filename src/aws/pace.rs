//! How fast to go: calls in flight per service and place, pauses when AWS asks for them, and the clock
//! both are measured by.

use super::error::CallError;
use super::stats::Counter;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long a throttled call is repeated once the SDK has given up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a call is repeated whose answer cannot be read.
const BROKEN_ANSWERS: usize = 3;

/// Calls in flight unless the set-up says otherwise.
const PARALLELISM: usize = 16;

/// The clock and the limits every service client is given.
#[derive(Clone)]
pub(super) struct Pace {
    pub sleep: SharedAsyncSleep,
    parallelism: usize,
    counter: Counter,
}

impl Pace {
    pub fn new(sleep: SharedAsyncSleep, parallelism: usize, counter: Counter) -> Self {
        Self { sleep, parallelism: if parallelism == 0 { PARALLELISM } else { parallelism }, counter }
    }

    /// A client that is called at most so many times at once.
    pub fn limit<C>(&self, client: C) -> Limited<C> {
        Limited { client, permits: Arc::new(Semaphore::new(self.parallelism)), pace: self.clone() }
    }

    /// Counts a call made again for a reason the SDK does not know.
    pub fn repeated(&self) {
        self.counter.retried();
    }

    /// A watch that runs from now on, with pauses between `first` and `longest`.
    pub fn watch(&self, first: Duration, longest: Duration) -> Watch {
        Watch {
            sleep: self.sleep.clone(),
            started: Instant::now(),
            slept: Duration::ZERO,
            pause: first,
            longest,
        }
    }
}

/// Pauses that grow, and the time they took. The clock may be a virtual one, so what was slept counts as
/// passed even if the machine's clock does not show it.
pub(super) struct Watch {
    sleep: SharedAsyncSleep,
    started: Instant,
    slept: Duration,
    pause: Duration,
    longest: Duration,
}

impl Watch {
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed().max(self.slept)
    }

    /// Waits, but not beyond `deadline`; the next pause is half as long again.
    pub async fn pause(&mut self, deadline: Duration) {
        let left = deadline.saturating_sub(self.elapsed());
        let pause = self.pause.min(left);
        self.sleep.sleep(pause).await;
        self.slept += pause;
        self.pause = self.pause.mul_f32(1.5).min(self.longest);
    }
}

/// A service's client with a bound on the calls in flight.
pub(super) struct Limited<C> {
    client: C,
    permits: Arc<Semaphore>,
    pace: Pace,
}

impl<C> Limited<C> {
    /// One call that may be repeated: a read, or one that has the same effect when made twice (by its
    /// token or by its nature). Repeated are throttled calls, for longer than the SDK does it, and those
    /// whose answer came broken.
    pub async fn run<T, E, F>(&self, operation: &'static str, send: impl Fn(&C) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut broken = 0;
        loop {
            match self.once(operation, &send).await {
                Err(error) if error.broken && broken < BROKEN_ANSWERS => broken += 1,
                result => return result,
            }
            self.pace.repeated();
        }
    }

    /// One call that is repeated only where AWS refused to take it. Whoever backs off keeps the permit, so
    /// fewer calls are made while AWS is short.
    pub async fn once<T, E, F>(&self, operation: &'static str, send: impl Fn(&C) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        // The semaphore is never closed, so there always is a permit to come.
        let _permit = self.permits.acquire().await;
        let mut watch = self.pace.watch(Duration::from_secs(1), Duration::from_secs(15));
        loop {
            let error = match send(&self.client).await {
                Ok(answer) => return Ok(answer),
                Err(error) => CallError::from_sdk(operation, error),
            };
            if !error.is_throttled() || watch.elapsed() >= PATIENCE {
                return Err(error);
            }
            watch.pause(PATIENCE).await;
            self.pace.repeated();
        }
    }
}
