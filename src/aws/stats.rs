//! What was asked of AWS, counted as it leaves.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Requests sent so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By operation: `eks:DescribeCluster`. Every attempt counts.
    pub calls: BTreeMap<Arc<str>, u64>,
    /// How many of them repeated an earlier attempt.
    pub retries: u64,
}

impl Stats {
    /// All requests together.
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }
}

/// `12 calls, 0 of them repeated`, then a line per operation.
impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls, {} of them repeated", self.total(), self.retries)?;
        for (operation, count) in &self.calls {
            write!(f, "\n  {count:>5}  {operation}")?;
        }
        Ok(())
    }
}

/// Where all clients count.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter(Arc<Mutex<Stats>>);

impl Counter {
    pub fn stats(&self) -> Stats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The hook of one service's client.
    pub fn of(&self, service: &'static str) -> ServiceCounter {
        ServiceCounter { service, stats: self.0.clone() }
    }

    /// One more repetition, decided outside the SDK.
    pub fn retried(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retries += 1;
    }
}

/// Counts one service's requests.
#[derive(Debug)]
pub(super) struct ServiceCounter {
    service: &'static str,
    stats: Arc<Mutex<Stats>>,
}

impl Intercept for ServiceCounter {
    fn name(&self) -> &'static str {
        "ServiceCounter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        use aws_smithy_runtime_api::client::retries::RequestAttempts;
        let operation = bag.load::<Metadata>().map_or("?", Metadata::name);
        let attempt = bag.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        *stats.calls.entry(format!("{}:{operation}", self.service).into()).or_default() += 1;
        stats.retries += u64::from(attempt > 1);
        Ok(())
    }
}
