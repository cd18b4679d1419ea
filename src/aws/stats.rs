//! What was asked of AWS, counted as it leaves and as its answer comes.

use crate::value::Text;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Requests sent so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By operation: `eks:DescribeCluster`.
    pub operations: BTreeMap<Text, Operation>,
    /// How many requests repeated an earlier attempt.
    pub retries: u64,
    /// From the first request to the last answer.
    pub wall: Duration,
}

/// What one operation took. Every attempt counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    pub calls: u64,
    /// Bytes of the requests' bodies.
    pub sent: u64,
    /// Bytes of the answers' bodies.
    pub received: u64,
    /// How long each answer took, in the order in which they came.
    pub times: Vec<Duration>,
}

impl Operation {
    /// All times together; longer than the wall clock's where calls overlap.
    pub fn total(&self) -> Duration {
        self.times.iter().sum()
    }

    /// The time in the middle, zero without an answer; of two the longer one.
    pub fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }
}

impl Stats {
    /// All requests together.
    pub fn total(&self) -> u64 {
        self.operations.values().map(|operation| operation.calls).sum()
    }

    fn sent(&self) -> u64 {
        self.operations.values().map(|operation| operation.sent).sum()
    }

    fn received(&self) -> u64 {
        self.operations.values().map(|operation| operation.received).sum()
    }

    /// The same as `Display` tells, for machines: times in milliseconds, sizes in bytes.
    pub fn to_json(&self) -> serde_json::Value {
        let operations = self.operations.iter().map(|(name, operation)| {
            let told = json!({
                "calls": operation.calls,
                "sent_bytes": operation.sent,
                "received_bytes": operation.received,
                "median_ms": milliseconds(operation.median()),
                "total_ms": milliseconds(operation.total()),
            });
            (name.to_string(), told)
        });
        json!({
            "calls": self.total(),
            "retries": self.retries,
            "sent_bytes": self.sent(),
            "received_bytes": self.received(),
            "wall_ms": milliseconds(self.wall),
            "operations": operations.collect::<serde_json::Map<_, _>>(),
        })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `12 calls, 0 of them repeated, 310 bytes sent, 20480 received, 350 ms`, then a table with a line per operation.
impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls, {} of them repeated, ", self.total(), self.retries)?;
        let wall = milliseconds(self.wall);
        write!(f, "{} bytes sent, {} received, {wall} ms", self.sent(), self.received())?;
        if !self.operations.is_empty() {
            write!(f, "\n  calls  median ms  total ms      sent  received  operation")?;
        }
        for (name, operation) in &self.operations {
            let (median, total) = (milliseconds(operation.median()), milliseconds(operation.total()));
            let Operation { calls, sent, received, .. } = operation;
            write!(f, "\n  {calls:>5}  {median:>9}  {total:>8}  {sent:>8}  {received:>8}  {name}")?;
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Counts {
    stats: Stats,
    /// When the first request was sent.
    first: Option<Instant>,
}

/// Where all clients count.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter(Arc<Mutex<Counts>>);

impl Counter {
    pub fn stats(&self) -> Stats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stats.clone()
    }

    /// The hook of one service's client.
    pub fn of(&self, service: &'static str) -> ServiceCounter {
        ServiceCounter { service, counts: self.0.clone() }
    }

    /// One more repetition, decided outside the SDK.
    pub fn retried(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stats.retries += 1;
    }
}

/// Counts one service's requests.
#[derive(Debug)]
pub(super) struct ServiceCounter {
    service: &'static str,
    counts: Arc<Mutex<Counts>>,
}

/// When the attempt under way was sent.
#[derive(Debug)]
struct SentAt(Instant);

impl Storable for SentAt {
    type Storer = StoreReplace<Self>;
}

impl ServiceCounter {
    fn name(&self, bag: &ConfigBag) -> Text {
        let operation = bag.load::<Metadata>().map_or("?", Metadata::name);
        format!("{}:{operation}", self.service).into()
    }
}

impl Intercept for ServiceCounter {
    fn name(&self) -> &'static str {
        "ServiceCounter"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        use aws_smithy_runtime_api::client::retries::RequestAttempts;
        let attempt = bag.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        let sent = context.request().body().bytes().map_or(0, <[u8]>::len);
        let (name, now) = (self.name(bag), Instant::now());
        bag.interceptor_state().store_put(SentAt(now));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.first.get_or_insert(now);
        counts.stats.retries += u64::from(attempt > 1);
        let operation = counts.stats.operations.entry(name).or_default();
        operation.calls += 1;
        operation.sent += sent as u64;
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // An attempt that failed before it was sent took nothing.
        let Some(SentAt(sent_at)) = bag.load::<SentAt>() else { return Ok(()) };
        let (took, sent_at) = (sent_at.elapsed(), *sent_at);
        bag.interceptor_state().unset::<SentAt>();
        let received = context.response().and_then(|response| response.body().bytes()).map_or(0, <[u8]>::len);
        let name = self.name(bag);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let first = counts.first.unwrap_or(sent_at);
        counts.stats.wall = counts.stats.wall.max((sent_at + took).saturating_duration_since(first));
        let operation = counts.stats.operations.entry(name).or_default();
        operation.received += received as u64;
        operation.times.push(took);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{delayed, eks_error, identity, ok, providers};
    use super::*;
    use crate::value::ProviderRef;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Answers come after 100 ms, 200 ms, 300 ms …; the third is a throttle, which is repeated.
    #[tokio::test(start_paused = true)]
    async fn calls_bytes_and_times_are_told() {
        let (asked, waited) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
        let (aws, _) = delayed(
            move |_| match asked.fetch_add(1, Ordering::Relaxed) {
                2 => eks_error(429, "TooManyRequestsException", "slow down"),
                _ => ok(r#"{"cluster":{"name":"demo","status":"ACTIVE"}}"#),
            },
            move || {
                let number = waited.fetch_add(1, Ordering::Relaxed) + 1;
                Box::pin(tokio::time::sleep(Duration::from_millis(100 * number)))
            },
        );
        assert_eq!(aws.stats(), Stats::default());
        assert_eq!(aws.stats().to_string(), "0 calls, 0 of them repeated, 0 bytes sent, 0 received, 0 ms");
        for _ in 0..3 {
            aws.read(&providers(), &ProviderRef::default(), &identity("cluster", &["demo"])).await;
        }
        let stats = aws.stats();
        let describe = &stats.operations["eks:DescribeCluster"];
        let milliseconds: Vec<u128> = describe.times.iter().map(Duration::as_millis).collect();
        assert_eq!(milliseconds, [100, 200, 300, 400]);
        assert_eq!((describe.calls, stats.retries), (4, 1));
        assert_eq!((describe.median().as_millis(), describe.total().as_millis()), (300, 1000));
        let (body, refusal) = (45, 42);
        assert_eq!((describe.sent, describe.received), (0, 3 * body + refusal));
        // The pause before the repetition is part of it.
        assert!(stats.wall > Duration::from_millis(1000), "{:?}", stats.wall);
        let stats = Stats { wall: Duration::from_millis(1500), ..stats };
        assert_eq!(
            stats.to_string(),
            "4 calls, 1 of them repeated, 0 bytes sent, 177 received, 1500 ms\n  \
             calls  median ms  total ms      sent  received  operation\n      \
             4        300      1000         0       177  eks:DescribeCluster"
        );
        assert_eq!(
            stats.to_json(),
            json!({
                "calls": 4, "retries": 1, "sent_bytes": 0, "received_bytes": 177, "wall_ms": 1500,
                "operations": { "eks:DescribeCluster": {
                    "calls": 4, "sent_bytes": 0, "received_bytes": 177, "median_ms": 300, "total_ms": 1000,
                } },
            })
        );
    }
}
