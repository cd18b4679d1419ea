//! Reads what planning wants to know, and walks finished plans.
//!
//! Architecture invariant: the plan holds every decision. Apply walks it, fills in what became known,
//! and decides nothing.

mod converge;
mod execute;
mod late;
mod schedule;
mod stale;

pub use converge::{Further, Planned, converge, declared, gather, go_on};
pub use execute::{Applied, Execution, Listener, Options, execute};
pub use stale::{Moved, moved, refill};

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::Notify;

/// How an apply is told to stop. The first request lets finish what is in flight, the second leaves at
/// once.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    requests: AtomicU8,
    changed: Notify,
}

impl Interrupt {
    /// One more request to stop; how many there were with this one.
    pub fn request(&self) -> u8 {
        let before = self.0.requests.fetch_add(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
        before.saturating_add(1)
    }

    /// Whether nothing new may be started.
    pub fn stopping(&self) -> bool {
        self.0.requests.load(Ordering::SeqCst) > 0
    }

    fn leaving(&self) -> bool {
        self.0.requests.load(Ordering::SeqCst) > 1
    }

    /// Returns at the second request.
    async fn left(&self) {
        while !self.leaving() {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.leaving() {
                break;
            }
            changed.await;
        }
    }
}
