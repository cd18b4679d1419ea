//! What plan, apply and destroy share: from flags to a plan.

use super::args::{Global, Planning, StatsForm};
use super::connect::{self, Connected};
use super::output::Terminal;
use super::{sources, variables};
use crate::apply::{self, Planned};
use crate::diagnostic::{Diagnostic, Sources};
use crate::live::{Fact, Snapshot};
use crate::render;
use crate::stack::{self, Inputs, Mode, Program, Rounds};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A plan, and all it takes to apply it.
pub struct Session {
    pub program: Program,
    pub inputs: Inputs,
    pub planned: Planned,
    pub connected: Connected,
}

/// What went wrong, with the sources the complaints point into.
pub struct Broken {
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

impl From<Vec<Diagnostic>> for Broken {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, sources: Sources::default() }
    }
}

/// Runs a future to its end, with timers and network.
pub fn block_on<T>(future: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()?;
    let result = runtime.block_on(future);
    // What was left behind on purpose (a second Ctrl-C) is not waited for.
    runtime.shutdown_background();
    Ok(result)
}

fn texts(given: &[String]) -> BTreeSet<Arc<str>> {
    given.iter().map(|text| text.as_str().into()).collect()
}

/// Everything planning starts from, as the flags and the files of the directory say.
pub fn inputs(directory: &Path, planning: &Planning, mode: Mode) -> Result<Inputs, Vec<Diagnostic>> {
    let adopt = planning.adopt.iter().map(|text| {
        // An address may hold `=` inside the quotes of its key; the stack's name never does.
        match text.rsplit_once('=') {
            Some((address, stack)) if !stack.ends_with(']') => (Arc::from(address), Some(Arc::from(stack))),
            _ => (Arc::from(text.as_str()), None),
        }
    });
    Ok(Inputs {
        sources: sources::read(directory)?,
        variables: variables::gather(directory, &planning.variables)?,
        adopt: adopt.collect(),
        allow_destroy: texts(&planning.allow_destroy),
        allow_orphans: planning.allow_orphans,
        targets: texts(&planning.target),
        excludes: texts(&planning.exclude),
        replaces: texts(&planning.replace),
        locked: planning.locked,
        ..inputs_without_files(mode)
    })
}

/// The time, and what the non-deterministic functions draw from.
pub fn inputs_without_files(mode: Mode) -> Inputs {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Inputs {
        mode,
        now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
        seed: u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(32),
        ..Inputs::default()
    }
}

/// A snapshot that nothing was read into.
pub fn snapshot(inputs: &Inputs) -> Snapshot {
    let taken_at = jiff::Timestamp::from_second(inputs.now).map(|time| time.to_string()).unwrap_or_default();
    Snapshot { taken_at: taken_at.into(), ..Snapshot::default() }
}

/// Reads the files, connects and plans, and says which AWS it was and what is worth a warning.
pub async fn plan(
    global: &Global,
    planning: &Planning,
    mode: Mode,
    terminal: &Terminal,
) -> Result<Session, Broken> {
    let (session, diagnostics) = look(global, planning, inputs(&global.chdir, planning, mode)?, None).await?;
    terminal.print(&format!("{}\n\n", header(&session.connected, &session.planned.snapshot)));
    terminal.complain(&diagnostics, &session.program.sources);
    Ok(session)
}

/// Connects, unless that is done, and plans without a word; the complaints are warnings and notes. Errors in the files are found
/// before any call.
pub async fn look(
    global: &Global,
    planning: &Planning,
    inputs: Inputs,
    connected: Option<Connected>,
) -> Result<(Session, Vec<Diagnostic>), Broken> {
    let (program, mut diagnostics) = stack::declare(&inputs.sources);
    let sources = program.sources.clone();
    let broken = |diagnostics| Broken { diagnostics, sources: sources.clone() };
    // Errors of declarations and of expressions come together.
    let mut rounds = Rounds::new(&program, &inputs);
    let (_, first) = rounds.round(&Snapshot::default());
    let first = stack::without_consequences(&diagnostics, first);
    if diagnostics.iter().chain(&first).any(Diagnostic::is_error) {
        diagnostics.extend(first);
        return Err(broken(diagnostics));
    }
    let connected = match connected {
        Some(connected) => connected,
        None => connect::connect(global, planning.parallelism).map_err(|problem| broken(vec![*problem]))?,
    };
    let files = sources::reader(&global.chdir, &inputs.sources);
    let snapshot = snapshot(&inputs);
    let planned = apply::go_on(&mut rounds, &connected.aws, &files, snapshot).await.map_err(broken)?;
    diagnostics.extend(planned.diagnostics.iter().cloned());
    Ok((Session { program, inputs, planned, connected }, diagnostics))
}

/// Which AWS this is: `AWS account 123456789012 in us-east-2`.
pub fn header(connected: &Connected, snapshot: &Snapshot) -> String {
    let mut places: Vec<String> = Vec::new();
    for caller in snapshot.callers.values().filter_map(Fact::known) {
        let place = format!("account {} in {}", caller.account, caller.region);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    format!("{}: {}", connected.what, places.join(", "))
}

impl Session {
    /// Prints the plan and its findings. Whether it may be applied.
    pub fn show(&self, terminal: &Terminal) -> bool {
        terminal.print(&render::plan(&self.planned.plan, terminal.style()));
        terminal.complain(&self.planned.plan.findings, &self.program.sources);
        !self.planned.plan.refused()
    }
}

/// Prints the calls made so far to standard error, if that was asked for.
pub fn stats(connected: &Connected, form: Option<StatsForm>, terminal: &Terminal) {
    let stats = connected.aws.stats();
    match form {
        None => {}
        Some(StatsForm::Text) => terminal.say(&stats.to_string()),
        Some(StatsForm::Json) => terminal.say(&stats.to_json().to_string()),
    }
}
