//! `eksform upgrade`: moves a cluster and its add-ons to newer versions, step by step.

use super::args::{Global, Upgrade};
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken, Session};
use super::{DONE, ERROR, Exit, apply};
use crate::diagnostic::Diagnostic;
use crate::plan::upgrade::{self, Blocked, Edited, Gathered, Step};
use crate::render;
use crate::stack::{Inputs, Mode, SourceTree};
use std::path::Path;

/// Rounds of reading what EKS offers: one per minor version, and one more.
const MOST_ROUNDS: usize = 64;

pub fn run(global: &Global, args: &Upgrade, terminal: &Terminal) -> Exit {
    let result = session::block_on(steps(global, args, terminal));
    finish(result, terminal)
}

async fn steps(global: &Global, args: &Upgrade, terminal: &Terminal) -> Result<Exit, Broken> {
    let mut done: Vec<Step> = Vec::new();
    let mut connected = None;
    loop {
        let inputs = session::inputs(&global.chdir, &args.planning, Mode::Apply)?;
        let (mut session, _) = session::look(global, &args.planning, inputs, connected.take()).await?;
        let (gathered, way) = plan(&mut session, args).await?;
        if done.is_empty() {
            terminal
                .print(&format!("{}\n\n", session::header(&session.connected, &session.planned.snapshot)));
            terminal.print(&render::upgrade(&gathered.goal, &gathered.state, &way, terminal.style()));
        }
        if done.is_empty() && way.iter().any(|step| step.cluster.is_some()) {
            terminal.complain(&insights(&session, &gathered).await, &session.program.sources);
        }
        let edited = edit(&session, &gathered, &way)?;
        if args.dry_run {
            for (path, before, after) in texts(&session.inputs.sources, &edited) {
                terminal.print(&format!("\n{}", super::fmt::difference(path, before, after)));
            }
            return Ok(DONE);
        }
        let Some(step) = way.first() else {
            if !done.is_empty() {
                terminal.print(&format!("\n{}\n", render::upgraded(&gathered.goal, &gathered.state)));
            }
            return Ok(DONE);
        };
        if done.contains(step) {
            return Err(vec![
                Diagnostic::error("no-end", "The step was applied, and the account does not show it")
                    .help("look at it with plan, and run upgrade again"),
            ]
            .into());
        }
        terminal.print(&format!(
            "\n{}\n\n",
            render::upgrade_step(step, done.len() + 1, done.len() + way.len(), terminal.style())
        ));
        let edited = edit(&session, &gathered, std::slice::from_ref(step))?;
        let inputs = Inputs { sources: edited.sources.clone(), ..session.inputs };
        connected = Some(session.connected.clone());
        let (session, diagnostics) = session::look(global, &args.planning, inputs, connected.clone()).await?;
        terminal.complain(&diagnostics, &session.program.sources);
        let before = || write(&global.chdir, &edited).map_err(Broken::from);
        let code = apply::apply_session(global, session, &args.planning, args.auto_approve, terminal, before)
            .await?;
        if code != DONE {
            terminal.print("\nThe upgrade stopped here. Run it again to go on.\n");
            return Ok(ERROR);
        }
        done.push(step.clone());
    }
}

/// The steps from here, reading what EKS offers until they are known.
async fn plan(session: &mut Session, args: &Upgrade) -> Result<(Gathered, Vec<Step>), Broken> {
    let broken =
        |session: &Session, diagnostics| Broken { diagnostics, sources: session.program.sources.clone() };
    let planned = &session.planned;
    let gathered = upgrade::gather(
        &planned.evaluation,
        &planned.snapshot,
        args.cluster.as_deref(),
        args.kubernetes_version.as_deref(),
        &args.addon,
    )
    .map_err(|problems| broken(session, problems))?;
    for _ in 0..MOST_ROUNDS {
        let way = upgrade::way(
            &gathered.goal,
            &gathered.subjects,
            &gathered.place,
            gathered.state.clone(),
            &session.planned.snapshot,
        );
        match way {
            Ok(way) => return Ok((gathered, way)),
            Err(Blocked::Errors(problems)) => return Err(broken(session, problems)),
            Err(Blocked::Wants(wants)) => {
                let planned = &mut session.planned;
                session
                    .connected
                    .aws
                    .answer(
                        &planned.evaluation.providers,
                        &planned.evaluation.stack,
                        &wants,
                        &mut planned.snapshot,
                    )
                    .await?;
            }
        }
    }
    Err(vec![Diagnostic::error("no-end", "There is no end to the versions to read")].into())
}

/// What EKS itself says about the next Kubernetes version. Steps before the cluster moves may mend it.
async fn insights(session: &Session, gathered: &Gathered) -> Vec<Diagnostic> {
    let (aws, goal) = (&session.connected.aws, &gathered.goal);
    let providers = &session.planned.evaluation.providers;
    match aws.upgrade_insights(providers, &goal.provider, &gathered.place, &goal.cluster).await {
        Ok(insights) => insights
            .into_iter()
            .map(|insight| {
                let diagnostic = Diagnostic::warning(
                    "upgrade-insight",
                    format!("EKS on Kubernetes {}: {}", insight.kubernetes, insight.name),
                )
                .with_note(insight.reason.to_string());
                match insight.blocking {
                    true => diagnostic
                        .help("EKS refuses the upgrade until this is mended, by one of the steps or by hand"),
                    false => diagnostic,
                }
            })
            .collect(),
        Err(error) => vec![
            Diagnostic::warning("upgrade-insight", "EKS's upgrade insights cannot be read")
                .with_note(error.to_string())
                .help("grant eks:ListInsights to see what would block the upgrade"),
        ],
    }
}

fn edit(session: &Session, gathered: &Gathered, steps: &[Step]) -> Result<Edited, Broken> {
    let (program, sources) = (&session.program, &session.inputs.sources);
    upgrade::edit(program, sources, &session.planned.evaluation, gathered, steps)
        .map_err(|diagnostics| Broken { diagnostics, sources: program.sources.clone() })
}

/// Path, text before and text after of each file that changes.
fn texts<'a>(sources: &'a SourceTree, edited: &'a Edited) -> Vec<(&'a str, &'a str, &'a str)> {
    let before = |path: &str| sources.files.get(path).map_or("", AsRef::as_ref);
    edited.changed.iter().map(|(path, after)| (path.as_ref(), before(path), after.as_ref())).collect()
}

/// Writes the files that changed, each in one step.
fn write(directory: &Path, edited: &Edited) -> Result<(), Vec<Diagnostic>> {
    for (path, text) in &edited.changed {
        super::files::replace(&directory.join(&**path), text).map_err(|error| {
            vec![
                Diagnostic::error("unwritable-file", format!("{path} cannot be written: {error}"))
                    .help("nothing was applied; make the file writable and run upgrade again"),
            ]
        })?;
    }
    Ok(())
}
