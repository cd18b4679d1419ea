//! `eksform release`: lets go of what the stack owns.

use super::Exit;
use super::apply;
use super::args::{Global, Planning, Release};
use super::output::Terminal;
use crate::stack::Mode;

pub fn run(global: &Global, args: Release, terminal: &Terminal) -> Exit {
    let planning = Planning {
        variables: args.variables,
        releases: args.addresses,
        stats: args.stats,
        parallelism: args.parallelism,
        ..Planning::default()
    };
    apply::plan_and_apply(global, &planning, Mode::Apply, args.auto_approve, terminal)
}
