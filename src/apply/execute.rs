//! Walks a plan: starts what is ready, tells what happens, and says at the end what exists.

use super::Interrupt;
use super::late::Closing;
use super::schedule::Schedule;
use super::stale::difference;
use crate::aws::{Aws, CallError, Request, Settled, Wait};
use crate::diagnostic::Diagnostic;
use crate::kinds::{Exclusive, Omitted, Operation};
use crate::live::{Fact, Object, Snapshot};
use crate::plan::checker;
use crate::plan::{
    Because, Call, Change, ChangeAction, ChangeId, Event, Failure, Outcome, Ownership, Plan, Reason, Skipped,
    When,
};
use crate::stack::{EvaluatedOutput, Evaluation, Inputs, Program};
use crate::value::{Identity, Map, Place, Text, Want};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Seconds between two signs of life of a change that takes its time.
const TELL_EVERY: u64 = 10;

/// The pause before a call that AWS was too busy for is made again; later ones grow to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How a plan is walked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Changes in flight.
    pub parallelism: usize,
    /// Look at every object once more right before its first write: time has passed since the plan.
    pub look_again: bool,
    pub interrupt: Interrupt,
}

impl Default for Options {
    fn default() -> Self {
        Self { parallelism: 10, look_again: false, interrupt: Interrupt::default() }
    }
}

/// A plan with all it takes to apply it.
pub struct Execution {
    pub plan: Plan,
    pub program: Program,
    pub inputs: Inputs,
    /// What the plan was made of.
    pub evaluation: Evaluation,
    /// What the plan was made of; grows by what is made.
    pub snapshot: Snapshot,
    pub aws: Arc<Aws>,
}

impl Execution {
    /// Holds the plan against its rules once more, by independent means. A finding is a mistake of eksform's
    /// own, and the plan must not be applied.
    pub fn check(&self) -> Result<(), Vec<Diagnostic>> {
        let wrong = checker::check(&self.plan, &self.evaluation, &self.inputs, &self.snapshot);
        if wrong.is_empty() {
            return Ok(());
        }
        let diagnostic = Diagnostic::error(
            "unsound-plan",
            "This plan breaks a rule that every plan has to keep, so it is not applied",
        )
        .help("this is a mistake in eksform: please report it with these lines");
        Err(vec![wrong.into_iter().fold(diagnostic, Diagnostic::with_note)])
    }
}

/// Hears what happens.
pub type Listener = dyn Fn(&Event) + Send + Sync;

pub(super) struct Shared {
    pub execution: Execution,
    pub snapshot: Mutex<Snapshot>,
    /// What was read while applying.
    pub read: Mutex<BTreeSet<Want>>,
    /// Operations that go one at a time per cluster.
    clusters: Mutex<BTreeMap<Identity<Place>, Arc<tokio::sync::Mutex<()>>>>,
    options: Options,
    listener: Arc<Listener>,
}

/// How an apply ended.
#[derive(Clone, Debug)]
pub struct Applied {
    pub outcome: Outcome,
    pub outputs: Vec<EvaluatedOutput>,
    /// What checks find now, and conditions that do not hold without any change waiting for them.
    pub findings: Vec<Diagnostic>,
    /// What the plan was made of, with what was made since.
    pub snapshot: Snapshot,
}

/// Applies a plan. Every change is heard of; the outcome says what went through, what failed and what was
/// not started.
pub async fn execute(execution: Execution, options: Options, listener: Arc<Listener>) -> Applied {
    let mut schedule = Schedule::new(&execution.plan);
    let snapshot = Mutex::new(execution.snapshot.clone());
    let shared = Arc::new(Shared {
        execution,
        snapshot,
        read: Mutex::default(),
        clusters: Mutex::default(),
        options,
        listener,
    });
    let mut outcome = Outcome::default();
    let mut running: JoinSet<Result<(), Failure>> = JoinSet::new();
    let mut in_flight: HashMap<tokio::task::Id, ChangeId> = HashMap::new();
    let mut settled: BTreeSet<ChangeId> = BTreeSet::new();
    loop {
        while running.len() < shared.options.parallelism.max(1) && !shared.options.interrupt.stopping() {
            let Some(id) = schedule.pop() else { break };
            let task = shared.clone();
            let handle = running.spawn(async move { task.change(id).await });
            in_flight.insert(handle.id(), id);
        }
        let finished = tokio::select! {
            finished = running.join_next_with_id() => finished,
            () = shared.options.interrupt.left() => {
                running.abort_all();
                outcome.abandoned = in_flight.into_values().collect();
                outcome.abandoned.sort();
                break;
            }
        };
        let Some(finished) = finished else { break };
        let (task, result) = match finished {
            Ok((task, result)) => (task, Some(result)),
            Err(error) => (error.id(), None),
        };
        let Some(id) = in_flight.remove(&task) else { continue };
        settled.insert(id);
        // A change that panicked is a failure like any other.
        let result = result.unwrap_or_else(|| Err(crashed(id)));
        match result {
            Ok(()) => {
                count(&shared.execution.plan, id, &mut outcome);
                schedule.done(id);
            }
            Err(failure) => {
                outcome.failed.push(failure);
                for (skipped, needs) in schedule.failed(id) {
                    if settled.insert(skipped) {
                        let skipped = Skipped { change: skipped, because: Because::Needs(needs) };
                        (shared.listener)(&Event::Skipped(skipped.clone()));
                        outcome.skipped.push(skipped);
                    }
                }
            }
        }
    }
    for change in &shared.execution.plan.changes {
        if !settled.contains(&change.id) && !outcome.abandoned.contains(&change.id) {
            let because = Because::Reason(Text::from("interrupted before it was started"));
            outcome.skipped.push(Skipped { change: change.id, because });
        }
    }
    (shared.listener)(&Event::Summary(outcome.clone()));
    let Closing { outputs, findings } = shared.closing(&outcome).await;
    let snapshot = shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Applied { outcome, outputs, findings, snapshot }
}

fn crashed(change: ChangeId) -> Failure {
    Failure {
        change,
        error: "eksform itself failed in a way it should not have".into(),
        exists: Some("the change may be half done".into()),
        help: Some("plan again to see what is there, and please report this".into()),
    }
}

fn count(plan: &Plan, id: ChangeId, outcome: &mut Outcome) {
    let Some(change) = plan.change(id) else { return };
    match change.action {
        ChangeAction::Create => outcome.added += 1,
        ChangeAction::Delete => outcome.destroyed += 1,
        ChangeAction::Update if change.ownership == Ownership::Release => outcome.released += 1,
        ChangeAction::Update => {
            let adopted = matches!(change.ownership, Ownership::Adopt { .. });
            outcome.adopted += usize::from(adopted);
            outcome.changed += usize::from(!(adopted && change.only_ownership()));
        }
        ChangeAction::Await => {}
    }
}

impl Shared {
    fn tell(&self, event: &Event) {
        (self.listener)(event);
    }

    /// Makes one change, from the first look to the last wait.
    async fn change(&self, id: ChangeId) -> Result<(), Failure> {
        let started = Instant::now();
        let Some(change) = self.execution.plan.change(id) else { return Ok(()) };
        self.tell(&Event::Started { change: id, action: change.action });
        let mut made = Vec::new();
        match self.make(change, &mut made, started).await {
            Ok(settled) => {
                let arn =
                    settled.object.as_ref().map(|object| object.text("arn")).filter(|arn| !arn.is_empty());
                let arn = arn.map(Text::from);
                self.record(change, settled.object);
                if let Err(error) = self.hold(change, When::After).await {
                    let failure = Failure {
                        change: id,
                        error: error.to_string().into(),
                        exists: Some("it is as it was planned; what depends on it is not started".into()),
                        help: error.help.clone().map(Into::into),
                    };
                    self.tell(&Event::Failed { failure: failure.clone(), elapsed: started.elapsed() });
                    return Err(failure);
                }
                let notes = settled.notes.into_iter().map(Into::into).collect();
                self.tell(&Event::Finished { change: id, elapsed: started.elapsed(), arn, notes });
                Ok(())
            }
            Err(error) => {
                let failure = Failure {
                    change: id,
                    exists: half_done(change, &made, error.ambiguous).map(Into::into),
                    help: error.help.clone().map(Into::into),
                    error: error.to_string().into(),
                };
                self.tell(&Event::Failed { failure: failure.clone(), elapsed: started.elapsed() });
                Err(failure)
            }
        }
    }

    async fn make(
        &self,
        change: &Change,
        made: &mut Vec<&'static str>,
        started: Instant,
    ) -> Result<Settled, CallError> {
        if change.waits_first || change.action == ChangeAction::Await {
            let gone = change.reason == Reason::BeingDeleted;
            let settled = self.wait_first(change, gone, started).await?;
            if change.action == ChangeAction::Await {
                return Ok(settled);
            }
        } else if self.options.look_again && change.replaces.is_none() {
            self.look_again(change).await?;
        }
        self.hold(change, When::Before).await?;
        let after = self.completed(change).await?;
        let after = after.as_ref().or(change.after.as_ref());
        let mut settled = Settled { object: None, notes: Vec::new() };
        for (number, call) in change.calls.iter().enumerate() {
            let request = self.request(change, call, after);
            let operation = change.schema.operation(call.operation);
            let guard = match operation.map(|operation| operation.exclusive) {
                Some(Exclusive::Cluster) => Some(self.cluster(&change.identity)),
                _ => None,
            };
            let _held = match &guard {
                Some(lock) => Some(lock.lock().await),
                None => None,
            };
            let wait = self.call(change, request, started).await?;
            made.push(call.operation);
            // What takes effect at once needs no look before the next call.
            if wait == Wait::None && number + 1 < change.calls.len() {
                continue;
            }
            let deadline = operation.map_or(change.schema.patience(), Operation::timeout);
            let progress = self.progress(change, started);
            let result = self.execution.aws.settle(request, wait, deadline, &progress).await?;
            settled.object = result.object;
            settled.notes.extend(result.notes);
        }
        self.as_predicted(change, after, settled.object.as_ref())?;
        Ok(settled)
    }

    /// Makes a call, once AWS has done what else it is at with the object: an update that somebody else began
    /// since the plan was made.
    async fn call(&self, change: &Change, request: Request<'_>, started: Instant) -> Result<Wait, CallError> {
        let (first, patience) = (Instant::now(), change.schema.patience());
        let progress = self.progress(change, started);
        let mut pause = SHORTEST_PAUSE;
        loop {
            match self.execution.aws.call(request).await {
                Err(error) if error.is_busy() && first.elapsed() < patience => {
                    progress("waiting for another update");
                    tokio::time::sleep(pause).await;
                    pause = pause.mul_f32(1.5).min(LONGEST_PAUSE);
                }
                result => return result,
            }
        }
    }

    /// Tells that AWS is still at it, every ten seconds.
    fn progress<'a>(&'a self, change: &'a Change, started: Instant) -> impl Fn(&str) + Sync + 'a {
        let next = AtomicU64::new(TELL_EVERY);
        move |status| {
            let elapsed = started.elapsed();
            if elapsed.as_secs() >= next.load(Ordering::Relaxed) {
                next.store(elapsed.as_secs() + TELL_EVERY, Ordering::Relaxed);
                self.tell(&Event::Progress { change: change.id, status: status.into(), elapsed });
            }
        }
    }

    fn request<'a>(&'a self, change: &'a Change, call: &'a Call, after: Option<&'a Map>) -> Request<'a> {
        let deletes = change.action == ChangeAction::Delete;
        let creates = change.action == ChangeAction::Create;
        Request {
            providers: &self.execution.plan.providers,
            provider: &change.provider,
            identity: &change.identity,
            schema: change.schema,
            call,
            before: if creates { None } else { change.before.as_ref() },
            after: if deletes { None } else { after },
        }
    }

    /// AWS is still working on the object: waits until it has settled, or is gone.
    async fn wait_first(&self, change: &Change, gone: bool, started: Instant) -> Result<Settled, CallError> {
        let operation = if gone { change.schema.delete } else { change.schema.create };
        let call = Call { operation, paths: Vec::new(), token: None };
        let request = self.request(change, &call, change.after.as_ref());
        let wait = if gone { Wait::Gone } else { Wait::Settled };
        let progress = self.progress(change, started);
        self.execution.aws.settle(request, wait, Duration::from_secs(3600), &progress).await
    }

    /// Time has passed since the plan: the object must still be what the plan saw.
    async fn look_again(&self, change: &Change) -> Result<(), CallError> {
        let now =
            self.execution.aws.read(&self.execution.plan.providers, &change.provider, &change.identity).await;
        match difference(&change.identity, change.seen.as_ref(), &now) {
            None => Ok(()),
            Some(what) => {
                let mut error = CallError::new("", format!("it {what} since the plan was made"));
                error.help = Some("plan again".to_string());
                Err(error)
            }
        }
    }

    fn cluster(&self, identity: &Identity<Place>) -> Arc<tokio::sync::Mutex<()>> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.entry(identity.clone()).or_default().clone()
    }

    /// A prediction is checked against the answer.
    fn as_predicted(
        &self,
        change: &Change,
        after: Option<&Map>,
        object: Option<&Object>,
    ) -> Result<(), CallError> {
        let (ChangeAction::Create, Some(after), Some(object)) = (change.action, after, object) else {
            return Ok(());
        };
        for attribute in change.schema.attributes {
            if !matches!(attribute.omitted, Omitted::Computed { stable: true })
                || attribute.name == crate::kinds::OWNERSHIP
            {
                continue;
            }
            if let (Some(planned), Some(actual)) =
                (after.get(attribute.name), object.attributes.get(attribute.name))
                && !planned.is_unknown()
                && planned != actual
            {
                return Err(CallError::new(
                    "",
                    format!("AWS answered {} = {actual:?}, where {planned:?} was planned", attribute.name),
                ));
            }
        }
        Ok(())
    }

    /// What is there now, for those who refer to it.
    fn record(&self, change: &Change, object: Option<Object>) {
        let fact = match object {
            Some(object) if change.action != ChangeAction::Delete => Fact::Known(object),
            _ if change.action == ChangeAction::Delete => Fact::Absent,
            _ => return,
        };
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        snapshot.objects.insert(change.identity.clone(), fact);
    }
}

/// Whether something the change writes depends on another instance being applied first.
pub(super) fn waits_for_others(change: &Change, after: &Map) -> bool {
    let own = change.address.as_ref();
    after.iter().any(|(name, value)| {
        change.schema.attribute(name).is_some_and(|attribute| !attribute.is_computed())
            && value
                .unknowns()
                .is_some_and(|unknown| unknown.after.iter().any(|(address, _)| Some(address) != own))
    })
}

/// What exists of a change that failed half-way.
fn half_done(change: &Change, made: &[&'static str], ambiguous: bool) -> Option<String> {
    let name = change.identity.name();
    let kind = change.schema.kind;
    let missing: Vec<&str> = change.calls.iter().skip(made.len()).map(|call| call.operation).collect();
    match (change.action, made, ambiguous) {
        (_, [], true) => {
            Some(format!("no clear answer came: {kind} \"{name}\" may or may not have been changed"))
        }
        (_, [], false) => None,
        (ChangeAction::Create, _, _) => Some(match missing.as_slice() {
            [] => format!("{kind} \"{name}\" exists, but did not become what was planned"),
            missing => format!("{kind} \"{name}\" exists; still to do: {}", missing.join(", ")),
        }),
        (_, made, _) => Some(format!("done so far: {}", made.join(", "))),
    }
}
