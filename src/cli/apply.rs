//! `eksform apply`: makes the account what the files, or a saved plan, say.

use super::args::{Apply, Global, Planning};
use super::connect::{self, Connected};
use super::output::Terminal;
use super::pins;
use super::plan::finish;
use super::session::{self, Broken, Session};
use super::{DONE, ERROR, Exit, show};
use crate::apply::{self, Execution, Interrupt, Options};
use crate::diagnostic::{Diagnostic, Sources};
use crate::plan::{Event, Plan};
use crate::render;
use crate::stack::{EvaluatedOutput, Mode};
use std::path::Path;
use std::sync::Arc;

pub fn run(global: &Global, args: &Apply, terminal: &Terminal) -> Exit {
    match &args.file {
        Some(file) => saved(global, args, file, terminal),
        None => {
            let mode = if args.destroy { Mode::Destroy } else { Mode::Apply };
            plan_and_apply(global, &args.planning, mode, args.auto_approve, terminal)
        }
    }
}

/// Plans, shows the plan, asks, and applies it.
pub fn plan_and_apply(
    global: &Global,
    planning: &Planning,
    mode: Mode,
    auto_approve: bool,
    terminal: &Terminal,
) -> Exit {
    let result = session::block_on(async {
        let session = session::plan(global, planning, mode, terminal).await?;
        apply_session(global, session, planning, auto_approve, terminal, || Ok(())).await
    });
    finish(result, terminal)
}

/// Shows a plan, asks, and applies it. `before` runs once it is approved, before anything is changed.
pub async fn apply_session(
    global: &Global,
    session: Session,
    planning: &Planning,
    auto_approve: bool,
    terminal: &Terminal,
    before: impl FnOnce() -> Result<(), Broken>,
) -> Result<Exit, Broken> {
    let mode = session.inputs.mode;
    let allowed = session.show(terminal);
    if !allowed {
        return Ok(ERROR);
    }
    let connected = session.connected;
    let execution = Execution {
        plan: session.planned.plan,
        program: session.program,
        inputs: session.inputs,
        evaluation: session.planned.evaluation,
        snapshot: session.planned.snapshot,
        aws: connected.aws.clone(),
    };
    if execution.plan.is_empty() {
        before()?;
        pin(global, &execution, terminal);
        outputs_as_they_are(&execution, terminal);
        session::stats(&connected, planning.stats, terminal);
        return Ok(DONE);
    }
    if !auto_approve && !terminal.confirm(question(mode)) {
        terminal.print("\nNothing was changed.\n");
        return Ok(ERROR);
    }
    // While somebody read the plan, the account may have moved.
    if !auto_approve {
        unmoved(&execution).await?;
    }
    before()?;
    pin(global, &execution, terminal);
    let code = walk(execution, planning.parallelism, !auto_approve, terminal).await;
    session::stats(&connected, planning.stats, terminal);
    Ok(code)
}

fn question(mode: Mode) -> &'static str {
    match mode {
        Mode::Apply => {
            "\nDo you want to perform these actions?\n  Only \"yes\" will be accepted.\n\n  Enter a value: "
        }
        Mode::Destroy => {
            "\nDo you really want to destroy everything listed?\n  There is no undo. Only \"yes\" will be accepted.\n\n  Enter a value: "
        }
    }
}

fn saved(global: &Global, args: &Apply, file: &Path, terminal: &Terminal) -> Exit {
    let result = session::block_on(async {
        let loaded = show::load(&global.chdir, file, &args.planning.variables)?;
        let sources = loaded.program.sources.clone();
        let connected: Connected =
            connect::connect(global, args.planning.parallelism).map_err(|problem| vec![*problem])?;
        terminal.print(&format!("{}\n\n", session::header(&connected, &loaded.saved.snapshot)));
        if loaded.plan.refused() {
            return Err(Broken { diagnostics: loaded.plan.findings, sources });
        }
        let execution = Execution {
            plan: loaded.plan,
            program: loaded.program,
            inputs: loaded.saved.inputs,
            evaluation: loaded.evaluation,
            snapshot: loaded.saved.snapshot,
            aws: connected.aws.clone(),
        };
        unmoved(&execution).await?;
        if execution.plan.is_empty() {
            terminal.print(&render::plan(&execution.plan, terminal.style()));
            pin(global, &execution, terminal);
            outputs_as_they_are(&execution, terminal);
            session::stats(&connected, args.planning.stats, terminal);
            return Ok(DONE);
        }
        pin(global, &execution, terminal);
        let code = walk(execution, args.planning.parallelism, true, terminal).await;
        session::stats(&connected, args.planning.stats, terminal);
        Ok(code)
    });
    finish(result, terminal)
}

/// Adds what the lock file lacks, before anything is made that should be the same next time.
fn pin(global: &Global, execution: &Execution, terminal: &Terminal) {
    let missing = execution.evaluation.missing_pins();
    if let Err(problem) = pins::add(&global.chdir, missing, terminal) {
        terminal.complain(&[*problem], &execution.program.sources);
    }
}

/// Refuses the whole plan if anything it touches or relied on is not what it saw.
async fn unmoved(execution: &Execution) -> Result<(), Broken> {
    let moved = apply::moved(&execution.plan, &execution.snapshot, &execution.aws).await?;
    if moved.is_empty() {
        return Ok(());
    }
    let mut diagnostic = Diagnostic::error(
        "stale-plan",
        "The account changed since the plan was made, so nothing was applied",
    );
    for object in moved {
        diagnostic = diagnostic.with_note(format!("{} {}", object.identity, object.what));
    }
    let diagnostics = vec![diagnostic.help("make the plan again and look at what it does now")];
    Err(Broken { diagnostics, sources: Sources::default() })
}

async fn walk(execution: Execution, parallelism: usize, look_again: bool, terminal: &Terminal) -> Exit {
    if let Err(unsound) = execution.check() {
        terminal.complain(&unsound, &execution.program.sources);
        return ERROR;
    }
    let interrupt = Interrupt::default();
    let listening = tokio::spawn(listen_for_signals(interrupt.clone()));
    let partial = execution.plan.selection.is_partial();
    let (plan, style): (Plan, _) = (execution.plan.clone(), terminal.style());
    let print = Terminal::new(style.is_plain());
    let listener = move |event: &Event| {
        if let Some(text) = render::event(event, &plan, style) {
            print.print(&text);
        }
    };
    terminal.print("\n");
    let options = Options { parallelism, look_again, interrupt };
    let applied = apply::execute(execution, options, Arc::new(listener)).await;
    listening.abort();
    if !applied.outcome.is_complete() {
        return ERROR;
    }
    if partial {
        terminal.print(
            "\nThis was a part of the whole: plan without --target and --exclude to see what is left.\n",
        );
    }
    print_outputs(&applied.outputs, terminal);
    DONE
}

/// The outputs where there is nothing to do: without a state this is where they are asked for.
fn outputs_as_they_are(execution: &Execution, terminal: &Terminal) {
    if execution.inputs.mode == Mode::Apply {
        print_outputs(&execution.evaluation.outputs, terminal);
    }
}

fn print_outputs(outputs: &[EvaluatedOutput], terminal: &Terminal) {
    let outputs = outputs.iter().map(|output| (output.name.as_ref(), &output.value));
    let text = render::outputs(outputs, terminal.style());
    if !text.is_empty() {
        terminal.print(&format!("\n{text}"));
    }
}

/// The first Ctrl-C or SIGTERM lets finish what is in flight, the second leaves at once.
async fn listen_for_signals(interrupt: Interrupt) {
    loop {
        signal().await;
        match interrupt.request() {
            1 => eprintln!(
                "\nStopping: nothing new is started, what is in flight is finished. Once more to leave at once."
            ),
            _ => eprintln!("\nLeaving at once."),
        }
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut stream) => {
                stream.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    // Without a handler the process ends at the first one, as by default.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
