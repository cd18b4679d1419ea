//! `eksform drift`: whether the account still is what the files say.

use super::args::{Drift, Global, Planning};
use super::output::Terminal;
use super::plan::finish;
use super::session;
use super::{CHANGES, DONE, Exit};
use crate::render;
use crate::rules::Scope;
use crate::stack::Mode;

pub fn run(global: &Global, args: Drift, terminal: &Terminal) -> Exit {
    let json = args.json;
    let planning = Planning {
        variables: args.variables,
        target: args.target,
        exclude: args.exclude,
        stats: args.stats,
        parallelism: args.parallelism,
        ..Planning::default()
    };
    let result = session::block_on(async {
        let inputs = session::inputs(global, &planning, Mode::Apply)?;
        let (session, mut complaints) = session::look(global, &planning, inputs, None, Scope::Plan).await?;
        let plan = &session.planned.plan;
        if json {
            terminal.print(&format!("{:#}\n", render::json_drift(plan)));
        } else {
            session.introduce(terminal);
            terminal.print(&render::drift(plan, terminal.style()));
        }
        // Why a plan would be refused is no concern here; what is unhealthy is.
        let worth_a_look = plan.findings.iter().filter(|finding| !finding.is_error());
        complaints.extend(worth_a_look.cloned());
        terminal.complain(&complaints, &session.program.sources);
        session::stats(&session.connected, planning.stats, terminal);
        Ok(if render::drifted(plan) { CHANGES } else { DONE })
    });
    finish(result, terminal)
}
