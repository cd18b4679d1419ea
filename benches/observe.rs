//! How long reading an account takes with 50 ms a call: `cargo bench --bench observe`.
//!
//! Time is tokio's, paused, so the figures are exact and the same on every machine. It prints a line for each account
//! and concurrency, and fails if one takes more than 1.3 × (longest chain of dependent calls + calls ÷ concurrency) ×
//! latency. Behind it is what the machine itself took for calls, evaluation and plan, without the latency.

#[path = "../tests/observe/scene.rs"]
mod scene;

use scene::{MOST, Size, plan};
use std::time::{Duration, Instant};

const LATENCY: Duration = Duration::from_millis(50);

const SIZES: [Size; 7] = [
    Size { clusters: 1, addons: 1, nested: 0, workloads: 0, roles: 0 },
    Size { clusters: 1, addons: 5, nested: 2, workloads: 20, roles: 20 },
    Size { clusters: 1, addons: 0, nested: 0, workloads: 1000, roles: 10 },
    Size { clusters: 10, addons: 12, nested: 1, workloads: 10, roles: 100 },
    Size { clusters: 1, addons: 0, nested: 0, workloads: 0, roles: 2000 },
    Size { clusters: 100, addons: 12, nested: 0, workloads: 0, roles: 0 },
    Size { clusters: 100, addons: 12, nested: 1, workloads: 5, roles: 50 },
];

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let mut missed = Vec::new();
    for size in SIZES {
        for parallelism in [4, 10, 40] {
            let started = Instant::now();
            let figures = runtime.block_on(plan(&size, parallelism, LATENCY));
            let own = started.elapsed();
            assert!(figures.planned.plan.is_empty(), "{}", figures.text());
            println!("{}; the machine {:.2} s", figures.line(), own.as_secs_f64());
            if figures.share() > MOST {
                missed.push(figures.line());
            }
        }
        println!("{:#?}", runtime.block_on(plan(&size, 10, LATENCY)).by_operation());
    }
    assert!(missed.is_empty(), "more than {MOST} times the bound:\n{}", missed.join("\n"));
}
