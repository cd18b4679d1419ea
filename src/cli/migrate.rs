//! `eksform migrate irsa`: rewrites the files of a stack such that a cluster moves from IRSA to Pod Identity.

use super::args::{Global, Migrate, MigrateCommand, MigrateIrsa};
use super::connect::{self, Connected};
use super::import;
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken};
use super::{DONE, ERROR, Exit, sources};
use crate::apply;
use crate::author::{self, Moved, Moving, Request, Written};
use crate::diagnostic::Diagnostic;
use crate::live::{Fact, Snapshot};
use crate::rules::Scope;
use crate::stack::{self, Evaluation, Mode, Program};
use crate::value::{ProviderRef, Text};
use std::collections::{BTreeMap, BTreeSet};

pub fn run(global: &Global, args: &Migrate, terminal: &Terminal) -> Exit {
    let MigrateCommand::Irsa(args) = &args.command;
    finish(session::block_on(irsa(global, args, terminal)), terminal)
}

async fn irsa(global: &Global, args: &MigrateIrsa, terminal: &Terminal) -> Result<Exit, Broken> {
    let mut inputs = session::inputs(global, &args.planning, Mode::Apply)?;
    let (program, diagnostics) = stack::declare(&inputs.sources);
    let broken = |diagnostics| Broken { diagnostics, sources: program.sources.clone() };
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(broken(diagnostics));
    }
    let connected = connect::connect(global, args.planning.parallelism).map_err(|problem| vec![*problem])?;
    let files = sources::reader(&global.chdir, &inputs.sources);
    let mut snapshot = session::snapshot(&inputs);
    let evaluation =
        apply::declared(&program, &inputs, &connected.aws, &files, &mut snapshot).await.map_err(broken)?;
    let (provider, cluster) = cluster(args, &program, &evaluation).map_err(broken)?;
    let wanted = |snapshot: &Snapshot| author::irsa_wants(&provider, &cluster, snapshot);
    apply::gather(&evaluation, &connected.aws, &mut snapshot, &wanted).await.map_err(broken)?;
    terminal.print(&format!("{}\n\n", session::header(&connected, &snapshot)));
    let moved = moved(global, args, &program, &evaluation, &snapshot, &connected, &provider, &cluster)
        .await
        .map_err(|problem| broken(vec![*problem]))?;
    tell(args, &cluster, &moved, terminal);
    if moved.files.is_empty() && moved.changed.is_empty() {
        return Ok(DONE);
    }
    if args.dry_run {
        for (path, after) in &moved.changed {
            let before = inputs.sources.files.get(path.as_str()).map_or("", AsRef::as_ref);
            terminal.print(&format!("\n{}", super::fmt::difference(path, before, after)));
        }
        for (name, text) in &moved.files {
            terminal.print(&format!("\n# {name}\n\n{text}"));
        }
        return Ok(DONE);
    }
    write(global, &moved, terminal)?;
    let texts = moved.files.iter().map(|(name, text)| (name, text)).chain(&moved.changed);
    inputs
        .sources
        .files
        .extend(texts.map(|(name, text)| (Text::from(name.as_str()), Text::from(text.as_str()))));
    let (session, diagnostics) =
        session::look(global, &args.planning, inputs, Some(connected), Scope::Plan).await?;
    terminal.print("\n");
    terminal.complain(&diagnostics, &session.program.sources);
    let allowed = session.show(terminal);
    session::stats(&session.connected, args.planning.stats, terminal);
    if !allowed {
        return Ok(ERROR);
    }
    terminal.print(match args.finish {
        true => "\nNext: read the plan, then run eksform apply.\n",
        false => {
            "\nNext: read the plan, then run eksform apply. Pods take the new credentials when they start: restart those of \
             what moved\n(kubectl rollout restart), see that they work, and run eksform migrate irsa --finish.\n"
        }
    });
    Ok(DONE)
}

/// The cluster that is meant, and the provider to reach it with.
fn cluster(
    args: &MigrateIrsa,
    program: &Program,
    evaluation: &Evaluation,
) -> Result<(ProviderRef, Text), Vec<Diagnostic>> {
    let known: BTreeSet<(ProviderRef, Text)> = session::clusters(evaluation);
    let mut meant =
        known.iter().filter(|(_, name)| args.cluster.as_ref().is_none_or(|given| **given == **name));
    match (meant.next(), meant.next(), &args.cluster) {
        (Some(one), None, _) if args.provider.is_none() => Ok(one.clone()),
        (_, _, Some(name)) => {
            Ok((import::provider(args.provider.as_deref(), program)?, name.as_str().into()))
        }
        (first, ..) => {
            let names: Vec<&str> = known.iter().map(|(_, name)| &**name).collect();
            let message = match first {
                Some(_) => format!("The files name several clusters: {}", names.join(", ")),
                None => "The files name no cluster".to_string(),
            };
            Err(vec![
                Diagnostic::error("which-cluster", message).help("name the one to migrate: --cluster NAME"),
            ])
        }
    }
}

/// The files after the migration.
#[expect(clippy::too_many_arguments, reason = "all that was read")]
async fn moved(
    global: &Global,
    args: &MigrateIrsa,
    program: &Program,
    evaluation: &Evaluation,
    snapshot: &Snapshot,
    connected: &Connected,
    provider: &ProviderRef,
    cluster: &str,
) -> Result<Moved, Box<Diagnostic>> {
    let roles = connected.aws.account_roles(&evaluation.providers, provider).await.map_err(|error| {
        Diagnostic::error("unreadable-roles", "The account's roles cannot be read")
            .with_note(error.to_string())
            .help("grant iam:GetAccountAuthorizationDetails and iam:ListRoles")
    })?;
    let Some(place) = snapshot.place(provider, true) else {
        return Err(Box::new(Diagnostic::error(
            "no-caller",
            format!("{provider} cannot tell whose account it works in"),
        )));
    };
    let irsa = author::find_irsa(&place, cluster, snapshot, &roles).map_err(|why| {
        Diagnostic::error("unreadable", format!("IRSA cannot be looked for: {why}"))
            .help("check the name, the region and the account, and grant what is denied")
    })?;
    let declared = import::identities(evaluation);
    let resources = program.root().resources.iter();
    let blocks: BTreeMap<(&str, &str), Written<'_>> = resources
        .map(|((kind, name), resource)| {
            ((&**kind, &**name), Written { body: &resource.body, repeated: resource.is_repeated() })
        })
        .collect();
    if args.finish {
        let desired = evaluation.instances.iter().filter(|instance| instance.schema.kind == "role");
        let desired = desired.filter_map(|instance| {
            Some((instance.identity.clone()?, instance.desired.get("trust_policy")?.clone()))
        });
        return author::finish_irsa(&irsa, &declared, &desired.collect(), &blocks, &program.sources);
    }
    let free = |stem: &str| {
        let names = [format!("{stem}.eks.hcl"), format!("{stem}-{cluster}.eks.hcl")];
        names.into_iter().find(|name| !global.chdir.join(name).exists()).ok_or_else(|| {
            Box::new(
                Diagnostic::error(
                    "file-exists",
                    format!("{stem}-{cluster}.eks.hcl exists already, and is not overwritten"),
                )
                .help("move it away, or print with --dry-run"),
            )
        })
    };
    let default_tags = evaluation.providers.get(provider).map(|config| config.default_tags.clone());
    author::move_irsa(&Moving {
        request: Request {
            snapshot,
            provider,
            cluster,
            stack: &evaluation.stack,
            new_stack: false,
            from_stack: None,
            declared: &declared,
            labels: &import::labels(program),
            default_tags: &default_tags.unwrap_or_default(),
            access_entries: &Fact::Absent,
            adopt_file: Some(free("adopt-irsa")?),
        },
        irsa: &irsa,
        blocks: &blocks,
        sources: &program.sources,
        file: free("irsa")?,
    })
}

/// What moves, and what does not.
fn tell(args: &MigrateIrsa, cluster: &str, moved: &Moved, terminal: &Terminal) {
    let mut text = String::new();
    let mut section = |title: &str, lines: &[String]| {
        if !lines.is_empty() {
            let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
            text.push_str(&format!("{title}\n{lines}"));
        }
    };
    section(&format!("From IRSA to Pod Identity on the cluster {cluster}:"), &moved.moves);
    section("To change by hand:", &moved.by_hand);
    section("Left as it is:", &moved.left_out);
    if moved.moves.is_empty() && moved.by_hand.is_empty() {
        text.push_str(&match args.finish {
            true => format!("There is nothing to finish on the cluster {cluster}.\n"),
            false => format!("There is nothing to move on the cluster {cluster}.\n"),
        });
    }
    terminal.print(&text);
}

/// Writes the new files, then those that change, each in one step.
fn write(global: &Global, moved: &Moved, terminal: &Terminal) -> Result<(), Vec<Diagnostic>> {
    let unwritable = |name: &str, error: &std::io::Error| {
        vec![Diagnostic::error("unwritable-file", format!("{name} cannot be written: {error}"))]
    };
    let mut text = "\n".to_string();
    for (name, content) in &moved.files {
        let created = std::fs::OpenOptions::new().write(true).create_new(true).open(global.chdir.join(name));
        created
            .and_then(|mut file| std::io::Write::write_all(&mut file, content.as_bytes()))
            .map_err(|error| unwritable(name, &error))?;
        text.push_str(&format!("Wrote {name}\n"));
    }
    for (path, content) in &moved.changed {
        super::files::replace(&global.chdir.join(path), content).map_err(|error| unwritable(path, &error))?;
        text.push_str(&format!("Changed {path}\n"));
    }
    terminal.print(&text);
    Ok(())
}
