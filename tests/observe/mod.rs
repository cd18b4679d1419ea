//! What reading an account takes: calls, from the sandbox's log, and time, in virtual time.

mod scene;

use scene::{MOST, Size, plan};
use std::time::Duration;

const LATENCY: Duration = Duration::from_millis(50);

/// What the command line uses.
const PARALLELISM: usize = 10;

/// One cluster, five add-ons with two associations each, twenty workloads with a role each.
const ORDINARY: Size = Size { clusters: 1, addons: 5, nested: 2, workloads: 20, roles: 20 };

/// A hundred clusters with twelve add-ons each.
const FLEET: Size = Size { clusters: 100, addons: 12, nested: 0, workloads: 0, roles: 0 };

#[tokio::test(start_paused = true)]
async fn an_ordinary_plan_makes_few_calls() {
    let figures = plan(&ORDINARY, PARALLELISM, LATENCY).await;
    assert!(figures.planned.plan.is_empty(), "{}", figures.text());
    let counts = figures.by_operation();
    println!("{} calls: {counts:#?}", figures.calls.len());
    // Nothing was left out: all that is declared was looked at.
    assert_eq!(figures.planned.snapshot.existing().count(), ORDINARY.declared());
    assert_eq!(counts["DescribePodIdentityAssociation"], 5 * 2 + 20);
    assert_eq!((counts["DescribeAddon"], counts["DescribeCluster"]), (5, 1));
    assert!(figures.calls.len() <= 50, "{counts:#?}");
    assert_eq!(figures.calls.len(), ORDINARY.needed(), "{counts:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_fleet_takes_a_look_per_object_and_the_lists() {
    for size in [FLEET, Size { nested: 1, workloads: 3, roles: 12, ..FLEET }] {
        let figures = plan(&size, PARALLELISM, LATENCY).await;
        assert!(figures.planned.plan.is_empty(), "{}", figures.text());
        assert_eq!(figures.planned.snapshot.existing().count(), size.declared());
        let (made, needed) = (figures.calls.len(), size.needed());
        println!("{size:?}: {made} calls, {needed} needed; {:#?}", figures.by_operation());
        assert!(made * 100 <= needed * 105, "{made} calls where {needed} are needed");
        assert!(figures.share() <= MOST, "{}", figures.line());
    }
}

/// Within 1.3 × (longest chain of dependent calls + calls ÷ concurrency) × latency, whatever there is to read and however
/// many calls may be in flight. `cargo bench --bench observe` measures more of it.
#[tokio::test(start_paused = true)]
async fn reading_takes_the_longest_chain_and_the_calls_by_concurrency() {
    let sizes = [
        ORDINARY,
        Size { clusters: 1, addons: 1, nested: 0, workloads: 0, roles: 0 },
        Size { clusters: 1, addons: 1, nested: 1, workloads: 1, roles: 1 },
        Size { clusters: 1, addons: 0, nested: 0, workloads: 250, roles: 5 },
        Size { clusters: 10, addons: 12, nested: 1, workloads: 2, roles: 24 },
    ];
    for size in sizes {
        for parallelism in [1, PARALLELISM, 40] {
            let figures = plan(&size, parallelism, LATENCY).await;
            assert!(figures.planned.plan.is_empty(), "{}", figures.text());
            println!("{}", figures.line());
            assert!(figures.share() <= MOST, "{}", figures.line());
        }
    }
}
