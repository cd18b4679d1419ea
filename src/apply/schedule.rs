//! Which change is started next: of the ready ones the one with the longest way to go.

use crate::plan::{Change, ChangeId, Plan};
use std::collections::BTreeSet;

/// What has to be done before what, and what is ready.
pub(super) struct Schedule {
    waiting: Vec<usize>,
    next: Vec<Vec<usize>>,
    /// Expected seconds from the start of each change to the end of the last one that needs it.
    remaining: Vec<u64>,
    /// Longest first, then in the plan's order.
    ready: BTreeSet<(std::cmp::Reverse<u64>, usize)>,
}

impl Schedule {
    pub fn new(plan: &Plan) -> Self {
        let count = plan.changes.len();
        let mut waiting = vec![0; count];
        let mut next = vec![Vec::new(); count];
        for edge in &plan.edges {
            waiting[edge.to.0] += 1;
            next[edge.from.0].push(edge.to.0);
        }
        let mut remaining = vec![0; count];
        // Changes are in topological order, so going backwards meets what needs a change before it.
        for at in (0..count).rev() {
            let longest = next[at].iter().map(|to| remaining[*to]).max().unwrap_or(0);
            remaining[at] = expected(&plan.changes[at]) + longest;
        }
        let ready = (0..count)
            .filter(|at| waiting[*at] == 0)
            .map(|at| (std::cmp::Reverse(remaining[at]), at))
            .collect();
        Self { waiting, next, remaining, ready }
    }

    /// The next change to start.
    pub fn pop(&mut self) -> Option<ChangeId> {
        self.ready.pop_first().map(|(_, at)| ChangeId(at))
    }

    /// A change went through: what waited only for it is ready.
    pub fn done(&mut self, id: ChangeId) {
        for to in std::mem::take(&mut self.next[id.0]) {
            self.waiting[to] -= 1;
            if self.waiting[to] == 0 {
                self.ready.insert((std::cmp::Reverse(self.remaining[to]), to));
            }
        }
    }

    /// A change did not go through: everything that needs it, with what it needs of it, nearest first.
    pub fn failed(&mut self, id: ChangeId) -> Vec<(ChangeId, ChangeId)> {
        let mut found = Vec::new();
        let mut queue = std::collections::VecDeque::from([id.0]);
        let mut seen = BTreeSet::from([id.0]);
        while let Some(at) = queue.pop_front() {
            for to in std::mem::take(&mut self.next[at]) {
                if seen.insert(to) {
                    // Never becomes ready: its count stays above zero.
                    found.push((ChangeId(to), ChangeId(at)));
                    queue.push_back(to);
                }
            }
        }
        found
    }
}

/// Seconds a change is expected to take.
fn expected(change: &Change) -> u64 {
    let seconds = change.calls.iter().filter_map(|call| change.schema.operation(call.operation));
    1 + seconds.map(|operation| u64::from(operation.seconds)).sum::<u64>()
}
