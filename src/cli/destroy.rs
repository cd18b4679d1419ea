//! `eksform destroy`: deletes everything the stack owns.

use super::Exit;
use super::apply;
use super::args::{Destroy, Global};
use super::output::Terminal;
use crate::stack::Mode;

pub fn run(global: &Global, args: &Destroy, terminal: &Terminal) -> Exit {
    apply::plan_and_apply(global, &args.planning, Mode::Destroy, args.auto_approve, terminal)
}
