//! What plan, apply, destroy, output and console share: from flags to a plan.

use super::args::{Global, Planning, StatsForm, Variables};
use super::connect::{self, Connected};
use super::output::Terminal;
use super::{ask, git, sources, variables};
use crate::apply::{self, Planned};
use crate::author;
use crate::diagnostic::{Diagnostic, Sources};
use crate::live::{Fact, Files, Snapshot};
use crate::plan::{Plan, file_of};
use crate::render;
use crate::rules::{self, Scope};
use crate::stack::{self, Evaluation, Inputs, Mode, Program, Rounds};
use crate::value::{ProviderRef, Text};
use std::collections::BTreeSet;
use std::path::Path;

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

fn texts(given: &[String]) -> BTreeSet<Text> {
    given.iter().map(|text| text.as_str().into()).collect()
}

/// What the flags, the stack's files and the clock say.
pub fn inputs(global: &Global, planning: &Planning, mode: Mode) -> Result<Inputs, Vec<Diagnostic>> {
    inputs_of(&global.chdir, planning, mode)
}

/// What the flags, the files of a directory and the clock say.
pub fn inputs_of(directory: &Path, planning: &Planning, mode: Mode) -> Result<Inputs, Vec<Diagnostic>> {
    let adopt = planning.adopt.iter().map(|text| {
        // An address may hold `=` inside the quotes of its key; the stack's name never does.
        match text.rsplit_once('=') {
            Some((address, stack)) if !stack.ends_with(']') => (Text::from(address), Some(Text::from(stack))),
            _ => (Text::from(text.as_str()), None),
        }
    });
    Ok(Inputs {
        sources: sources::read(directory)?,
        variables: variables::gather(directory, &planning.variables)?,
        adopt: adopt.collect(),
        allow_destroy: texts(&planning.allow_destroy),
        allow_orphans: planning.allow_orphans,
        partial: planning.partial,
        targets: texts(&planning.target),
        excludes: texts(&planning.exclude),
        replaces: texts(&planning.replace),
        releases: texts(&planning.releases),
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

/// Reads the files, connects and plans, holds the plan against the rules, and says which AWS it was and what is
/// worth a warning.
pub async fn plan(
    global: &Global,
    planning: &Planning,
    mode: Mode,
    terminal: &Terminal,
) -> Result<Session, Broken> {
    plan_of(global, planning, inputs(global, planning, mode)?, terminal).await
}

/// The same of inputs that are there already.
pub async fn plan_of(
    global: &Global,
    planning: &Planning,
    inputs: Inputs,
    terminal: &Terminal,
) -> Result<Session, Broken> {
    let (session, diagnostics) = look(global, planning, inputs, None, Scope::Plan).await?;
    session.introduce(terminal);
    terminal.complain(&diagnostics, &session.program.sources);
    Ok(session)
}

/// Plans from a snapshot file without asking AWS, and says which it was and what is worth a warning.
pub fn plan_offline(
    global: &Global,
    planning: &Planning,
    mode: Mode,
    file: &Path,
    terminal: &Terminal,
) -> Result<Session, Broken> {
    let inputs = inputs(global, planning, mode)?;
    let (program, mut diagnostics) = declared(&inputs)?;
    let broken = |diagnostics| Broken { diagnostics, sources: program.sources.clone() };
    let snapshot = super::snapshot::read(global, file).map_err(|problem| broken(vec![*problem]))?;
    let connected = super::snapshot::connected(file, &snapshot);
    let files = sources::reader(&global.chdir, &inputs.sources);
    let planned = crate::plan::offline(&program, &inputs, &files, snapshot).map_err(broken)?;
    let mut planned = Planned::from(planned);
    judge(&program, &inputs, &mut planned, Scope::Plan);
    diagnostics.extend(planned.diagnostics.iter().cloned());
    let session = Session { program, inputs, planned, connected };
    terminal.print(&format!("{}\n\n", session.header()));
    terminal.complain(&diagnostics, &session.program.sources);
    Ok(session)
}

/// What the files declare, and what is worth a warning. Errors of declarations and of expressions come together.
fn declared(inputs: &Inputs) -> Result<(Program, Vec<Diagnostic>), Broken> {
    let (program, diagnostics) = stack::declare(&inputs.sources);
    let diagnostics = begin(&mut Rounds::new(&program, inputs), diagnostics)?;
    Ok((program, diagnostics))
}

/// The first round, in which nothing is known yet, after the complaints about declarations.
fn begin(rounds: &mut Rounds<'_>, mut diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Broken> {
    let (_, first) = rounds.round(&Snapshot::default());
    let first = stack::without_consequences(&diagnostics, first);
    if diagnostics.iter().chain(&first).any(Diagnostic::is_error) {
        diagnostics.extend(first);
        let (program, _) = rounds.about();
        return Err(Broken { diagnostics, sources: program.sources.clone() });
    }
    Ok(diagnostics)
}

/// Holds a plan against the rules.
fn judge(program: &Program, inputs: &Inputs, planned: &mut Planned, scope: Scope) {
    let subject = rules::Subject {
        plan: &planned.plan,
        evaluation: &planned.evaluation,
        snapshot: &planned.snapshot,
        program,
        now: inputs.now,
    };
    let report = rules::check(&subject, scope);
    rules::enter(&mut planned.plan, report);
}

/// Connects, unless that is done, plans, and holds the plan against the rules, without a word; the complaints are
/// warnings and notes. Errors in the files are found before any call.
pub async fn look(
    global: &Global,
    planning: &Planning,
    mut inputs: Inputs,
    connected: Option<Connected>,
    scope: Scope,
) -> Result<(Session, Vec<Diagnostic>), Broken> {
    let (program, diagnostics) = stack::declare(&inputs.sources);
    if planning.asking.input && !diagnostics.iter().any(Diagnostic::is_error) {
        ask::missing(&program.root().variables, &mut inputs.variables);
    }
    let mut rounds = Rounds::new(&program, &inputs);
    let mut diagnostics = begin(&mut rounds, diagnostics)?;
    let sources = program.sources.clone();
    let broken = |diagnostics| Broken { diagnostics, sources: sources.clone() };
    let connected = match connected {
        Some(connected) => connected,
        None => connect::connect(global, planning.parallelism).map_err(|problem| broken(vec![*problem]))?,
    };
    let commit = inputs.base.as_ref().map(|base| git::commit(&global.chdir, base));
    let commit = commit.transpose().map_err(broken)?;
    let today = sources::reader(&global.chdir, &inputs.sources);
    let files = TodayAndThen { today, commit };
    let snapshot = snapshot(&inputs);
    let further = move |plan: &Plan, evaluation: &stack::Evaluation, snapshot: &Snapshot| {
        rules::wants(plan, evaluation, snapshot, scope)
    };
    let mut planned =
        apply::go_on(&mut rounds, &connected.aws, &files, &further, snapshot).await.map_err(broken)?;
    judge(&program, &inputs, &mut planned, scope);
    diagnostics.extend(planned.diagnostics.iter().cloned());
    Ok((Session { program, inputs, planned, connected }, diagnostics))
}

/// What the files declare, and all there is of the clusters that they name.
pub struct Surveyed {
    pub evaluation: Evaluation,
    pub snapshot: Snapshot,
    pub connected: Connected,
    pub clusters: BTreeSet<(ProviderRef, Text)>,
    pub sources: Sources,
}

/// Reads what the files declare and everything of their clusters, whosever it is.
pub async fn survey(global: &Global, variables: &Variables) -> Result<Surveyed, Broken> {
    let planning = Planning { variables: variables.clone(), ..Planning::default() };
    let inputs = inputs(global, &planning, Mode::Apply)?;
    let (program, _) = declared(&inputs)?;
    let broken = |diagnostics| Broken { diagnostics, sources: program.sources.clone() };
    let connected = connect::connect(global, 0).map_err(|problem| broken(vec![*problem]))?;
    let files = sources::reader(&global.chdir, &inputs.sources);
    let mut snapshot = snapshot(&inputs);
    let evaluation =
        apply::declared(&program, &inputs, &connected.aws, &files, &mut snapshot).await.map_err(broken)?;
    let clusters = clusters(&evaluation);
    let wanted = |snapshot: &Snapshot| {
        clusters.iter().flat_map(|(provider, name)| author::wants(provider, name, snapshot)).collect()
    };
    apply::gather(&evaluation, &connected.aws, &mut snapshot, &wanted).await.map_err(broken)?;
    Ok(Surveyed { evaluation, snapshot, connected, clusters, sources: program.sources.clone() })
}

/// The files beside the stack, and those of the commit that a plan has as its base.
struct TodayAndThen {
    today: sources::Beside,
    commit: Option<git::Commit>,
}

impl TodayAndThen {
    fn then<'a>(&self, path: &'a str) -> Option<(&git::Commit, &'a str)> {
        let commit = self.commit.as_ref()?;
        Some((commit, file_of(path, &commit.hash)?))
    }
}

impl Files for TodayAndThen {
    fn file(&self, path: &str) -> Fact<Text> {
        match self.then(path) {
            Some((commit, path)) => commit.file(path),
            None => self.today.file(path),
        }
    }

    fn directory(&self, path: &str, levels: Option<u32>) -> Fact<Vec<Text>> {
        match self.then(path) {
            Some((commit, path)) => commit.directory(path, levels),
            None => self.today.directory(path, levels),
        }
    }
}

/// The clusters that the files name, each with the provider it is reached with.
pub fn clusters(evaluation: &Evaluation) -> BTreeSet<(ProviderRef, Text)> {
    let named = evaluation.instances.iter().filter_map(|instance| {
        // The first part of the key of whatever lives in a cluster is the cluster's name.
        let cluster = instance.schema.kind == "cluster" || instance.schema.lives_in_cluster();
        cluster.then(|| (instance.provider.clone(), Text::from(instance.symbolic.part(0))))
    });
    named.collect()
}

/// Which AWS this is: `AWS account 123456789012 in us-east-2`.
pub fn header(connected: &Connected, snapshot: &Snapshot) -> String {
    let mut places: Vec<String> = Vec::new();
    for caller in snapshot.callers.values().filter_map(Fact::known) {
        let place = format!("account {} in {}", caller.account(), caller.region());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    format!("{}: {}", connected.what, places.join(", "))
}

impl Session {
    /// Which AWS this is, in words.
    pub fn header(&self) -> String {
        header(&self.connected, &self.planned.snapshot)
    }

    /// Says which AWS this is.
    pub fn introduce(&self, terminal: &Terminal) {
        terminal.print(&format!("{}\n\n", self.header()));
    }

    /// Prints the plan and its findings. Whether it may be applied.
    pub fn show(&self, terminal: &Terminal) -> bool {
        terminal.print(&render::plan(&self.planned.plan, terminal.style()));
        terminal.complain(&self.planned.plan.findings, &self.program.sources);
        terminal.say_silenced(&self.planned.plan.silenced);
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
