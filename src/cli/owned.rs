//! `eksform show` without a file: what the stack owns, live.

use super::args::{Global, Planning, Show};
use super::connect;
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken};
use super::{DONE, Exit};
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{Coverage, Snapshot};
use crate::render;
use crate::stack::{self, Mode};
use crate::value::Want;
use std::collections::BTreeSet;

pub fn run(global: &Global, args: &Show, terminal: &Terminal) -> Exit {
    finish(session::block_on(owned(global, args, terminal)), terminal)
}

async fn owned(global: &Global, args: &Show, terminal: &Terminal) -> Result<Exit, Broken> {
    let planning = Planning { variables: args.variables.clone(), ..Planning::default() };
    let inputs = session::inputs(global, &planning, Mode::Apply)?;
    let (program, diagnostics) = stack::declare(&inputs.sources);
    let broken = |diagnostics| Broken { diagnostics, sources: program.sources.clone() };
    let mut snapshot = session::snapshot(&inputs);
    // Only whose account it is and where: what the files declare does not matter.
    let (evaluation, problems) = stack::evaluate(&program, &inputs, &snapshot);
    let Some(evaluation) = evaluation.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
        return Err(broken(diagnostics.into_iter().chain(problems).collect()));
    };
    let connected = connect::connect(global, 0).map_err(|problem| broken(vec![*problem]))?;
    let mut wants = BTreeSet::new();
    for provider in evaluation.providers.keys() {
        wants.insert(Want::Caller(provider.clone()));
        for schema in kinds::ALL {
            wants.insert(Want::Owned { provider: provider.clone(), kind: schema.kind.into() });
        }
    }
    let stack = &evaluation.stack;
    connected.aws.answer(&evaluation.providers, stack, &wants, &mut snapshot).await.map_err(broken)?;
    let rows = rows(&snapshot, stack);
    if args.json {
        terminal.print(&format!("{:#}\n", render::json_owned(&stack.to_string(), &rows)));
    } else {
        terminal.print(&format!("{}\n\n", session::header(&connected, &snapshot)));
        terminal.print(&render::owned(&stack.to_string(), &rows, terminal.style()));
    }
    let missed: Vec<Diagnostic> = snapshot
        .coverage
        .iter()
        .filter_map(|((_, kind), coverage)| match coverage {
            Coverage::Complete => None,
            Coverage::Partial(why) => Some(
                Diagnostic::warning("partial-coverage", format!("Not every {kind} could be looked at"))
                    .with_note(why.to_string()),
            ),
        })
        .collect();
    terminal.complain(&missed, &program.sources);
    Ok(DONE)
}

/// What the stack owns: kind, name, recorded address and status.
fn rows(snapshot: &Snapshot, stack: &crate::live::StackName) -> Vec<render::OwnedRow> {
    snapshot
        .existing()
        .filter(|(_, object)| object.owner.is(stack) && object.parent.is_none())
        .map(|(identity, object)| render::OwnedRow {
            kind: identity.kind.clone(),
            name: identity.name(),
            place: identity.scope.to_string(),
            address: object.owner.recorded().map(ToString::to_string),
            status: object.status.clone(),
        })
        .collect()
}
