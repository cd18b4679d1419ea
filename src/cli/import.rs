//! `eksform import`: writes the files of a stack for what exists.

use super::args::{Global, Import, ImportCluster, ImportCommand, Planning};
use super::connect::{self, Connected};
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken};
use super::{DONE, ERROR, Exit, sources};
use crate::apply;
use crate::author::{self, Imported, Request};
use crate::diagnostic::Diagnostic;
use crate::lang::quoted_string;
use crate::live::Snapshot;
use crate::render::{self, Counts};
use crate::stack::{self, Evaluation, Inputs, Mode, Program, SourceTree};
use crate::value::{Address, Identity, Place, ProviderRef};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub fn run(global: &Global, args: &Import, terminal: &Terminal) -> Exit {
    let ImportCommand::Cluster(args) = &args.command;
    finish(session::block_on(cluster(global, args, terminal)), terminal)
}

async fn cluster(global: &Global, args: &ImportCluster, terminal: &Terminal) -> Result<Exit, Broken> {
    let printed = args.stdout || args.out.as_deref() == Some(Path::new("-"));
    let directory = match &args.out {
        Some(out) if !printed => global.path(out),
        _ => global.chdir.clone(),
    };
    let new_stack = !sources::any(&directory);
    let inputs = inputs(&directory, args, new_stack)?;
    let (program, diagnostics) = stack::declare(&inputs.sources);
    let broken = |diagnostics| Broken { diagnostics, sources: program.sources.clone() };
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(broken(diagnostics));
    }
    let provider = provider(args, &program)?;
    let connected = connect::connect(global, 0).map_err(|problem| vec![*problem])?;
    let files = sources::reader(&directory, &inputs.sources);
    let mut snapshot = session::snapshot(&inputs);
    let evaluation =
        apply::declared(&program, &inputs, &connected.aws, &files, &mut snapshot).await.map_err(broken)?;
    let wanted = |snapshot: &Snapshot| author::wants(&provider, &args.name, snapshot);
    apply::gather(&evaluation, &connected.aws, &mut snapshot, &wanted).await.map_err(broken)?;
    let entries = connected.aws.access_entries(&evaluation.providers, &provider, &args.name).await;
    let default_tags = evaluation.providers.get(&provider).map(|config| config.default_tags.clone());
    let adopt = ["adopt.eks.hcl".to_string(), format!("adopt-{}.eks.hcl", args.name)];
    let request = Request {
        snapshot: &snapshot,
        provider: &provider,
        cluster: &args.name,
        stack: &evaluation.stack,
        new_stack,
        from_stack: args.from_stack.as_deref(),
        declared: &identities(&evaluation),
        labels: &labels(&program),
        default_tags: &default_tags.unwrap_or_default(),
        access_entries: &entries,
        // A second import does not touch what the first one wrote.
        adopt_file: adopt.into_iter().find(|name| !directory.join(name).exists()).filter(|_| !args.no_adopt),
    };
    let imported = author::import(&request).map_err(|problem| broken(vec![*problem]))?;
    if printed {
        let texts = imported.files.iter().map(|(name, text)| format!("# {name}\n\n{text}"));
        terminal.print(&texts.collect::<Vec<_>>().join("\n"));
        return Ok(DONE);
    }
    terminal.print(&format!("{}\n\n", session::header(&connected, &snapshot)));
    write(&directory, args, &imported)?;
    tell(global, &directory, &imported, terminal);
    check(inputs, new_stack, &imported, &connected, &directory, snapshot, terminal).await
}

/// The files there are, or those of a stack that is about to be.
fn inputs(directory: &Path, args: &ImportCluster, new_stack: bool) -> Result<Inputs, Vec<Diagnostic>> {
    if !new_stack {
        for (given, what) in [(&args.stack, "--stack"), (&args.region, "--region")] {
            if given.is_some() {
                return Err(vec![
                    Diagnostic::error(
                        "stack-exists",
                        format!("{what} is for a new stack, and {} has one", directory.display()),
                    )
                    .help("leave it out, or write into another directory: --out DIR"),
                ]);
            }
        }
        let planning = Planning { variables: args.variables.clone(), ..Planning::default() };
        return session::inputs(directory, &planning, Mode::Apply);
    }
    let mut text = format!("stack {} {{}}\n", quoted_string(args.stack.as_ref().unwrap_or(&args.name)));
    if let Some(region) = &args.region {
        text.push_str(&format!("provider \"aws\" {{\n  region = {}\n}}\n", quoted_string(region)));
    }
    let sources = SourceTree { files: BTreeMap::from([("stack.eks.hcl".into(), text.into())]) };
    Ok(Inputs { sources, ..session::inputs_without_files(Mode::Apply) })
}

/// The provider block to read through.
fn provider(args: &ImportCluster, program: &Program) -> Result<ProviderRef, Vec<Diagnostic>> {
    let Some(given) = &args.provider else { return Ok(ProviderRef::default()) };
    let alias = match given.strip_prefix("aws.") {
        Some(alias) => Some(alias),
        None if given == "aws" => None,
        None => Some(given.as_str()),
    };
    let provider = ProviderRef { alias: alias.map(Into::into), key: None };
    let known = &program.root().providers;
    if alias.is_none() || known.contains_key(&provider) {
        return Ok(provider);
    }
    let names = known.keys().filter_map(|known| known.alias.as_deref());
    Err(vec![
        Diagnostic::error("unknown-provider", format!("There is no provider block with the alias {given}"))
            .help(crate::diagnostic::did_you_mean(alias.unwrap_or_default(), names)),
    ])
}

/// What the files declare, by identity.
pub fn identities(evaluation: &Evaluation) -> BTreeMap<Identity<Place>, Address> {
    let instances = evaluation.instances.iter();
    instances.filter_map(|instance| Some((instance.identity.clone()?, instance.address.clone()))).collect()
}

/// The labels of the stack's own files.
fn labels(program: &Program) -> BTreeSet<(String, String)> {
    program.root().resources.keys().map(|(kind, label)| (kind.to_string(), label.to_string())).collect()
}

/// Writes the files, all or none.
fn write(directory: &Path, args: &ImportCluster, imported: &Imported) -> Result<(), Vec<Diagnostic>> {
    let paths: Vec<PathBuf> = imported.files.iter().map(|(name, _)| directory.join(name)).collect();
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        return Err(vec![
            Diagnostic::error(
                "file-exists",
                format!("{} exists already, and is not overwritten", path.display()),
            )
            .help(format!(
                "move it away, write into another directory with --out DIR, or print with --stdout: eksform import cluster {} --stdout",
                args.name
            )),
        ]);
    }
    std::fs::create_dir_all(directory).map_err(|error| vec![unwritable(directory, &error)])?;
    for (at, (path, (_, text))) in paths.iter().zip(&imported.files).enumerate() {
        let created = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
        if let Err(error) = created.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        {
            for written in &paths[..at] {
                let _ = std::fs::remove_file(written);
            }
            return Err(vec![unwritable(path, &error)]);
        }
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("unwritable-file", format!("{} cannot be written: {error}", path.display()))
}

/// What was written, and what was not.
fn tell(global: &Global, directory: &Path, imported: &Imported, terminal: &Terminal) {
    let mut text = String::new();
    for (name, _) in &imported.files {
        let path = directory.join(name);
        let path = if *directory == global.chdir { Path::new(name) } else { path.as_path() };
        text.push_str(&format!("Wrote {}\n", path.display()));
    }
    let counts: Vec<String> = imported.counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    text.push_str(&format!("\nDescribed: {}.\n", counts.join(", ")));
    if !imported.unmanaged.is_empty() {
        text.push_str("\nNot described, because eksform does not manage it:\n");
        imported.unmanaged.iter().for_each(|what| text.push_str(&format!("  {what}\n")));
    }
    if !imported.left_out.is_empty() {
        text.push_str("\nLeft out:\n");
        for (identity, why) in &imported.left_out {
            text.push_str(&format!("  {} {}: {why}\n", identity.kind, identity.name()));
        }
    }
    terminal.print(&text);
}

/// Plans with what was written, from what was read: it has to describe the account as it is.
async fn check(
    mut inputs: Inputs,
    new_stack: bool,
    imported: &Imported,
    connected: &Connected,
    directory: &Path,
    snapshot: Snapshot,
    terminal: &Terminal,
) -> Result<Exit, Broken> {
    if new_stack {
        inputs.sources = SourceTree::default();
    }
    for (name, text) in &imported.files {
        inputs.sources.files.insert(name.as_str().into(), text.as_str().into());
    }
    inputs.adopt = imported.adopted.clone();
    let (program, diagnostics) = stack::declare(&inputs.sources);
    let broken = |diagnostics| Broken { diagnostics, sources: program.sources.clone() };
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(broken(diagnostics));
    }
    let files = sources::reader(directory, &inputs.sources);
    let planned =
        apply::converge(&program, &inputs, &connected.aws, &files, snapshot).await.map_err(broken)?;
    let plan = &planned.plan;
    let counts = Counts::of(plan);
    let exact = Counts { adopt: counts.adopt, ..Counts::default() } == counts;
    let text = match exact {
        true => render::summary(plan, terminal.style()),
        false => render::plan(plan, terminal.style()),
    };
    terminal.print(&format!("\nWith these files and what they adopt:\n{text}"));
    terminal.complain(&plan.findings, &program.sources);
    if exact && !plan.refused() {
        terminal.print("\nNext: read the files, then run eksform plan and eksform apply.\n");
    }
    Ok(if plan.refused() { ERROR } else { DONE })
}
