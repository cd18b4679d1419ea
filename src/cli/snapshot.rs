//! `eksform snapshot`: saves what is live, to plan from it without asking AWS.

use super::args::{Global, Snapshot as Arguments};
use super::connect::Connected;
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken};
use super::{DONE, Exit, files};
use crate::aws::{Aws, Setup};
use crate::diagnostic::Diagnostic;
use crate::live::Snapshot;
use crate::plan::snapshot_file;
use std::path::Path;
use std::sync::Arc;

/// Where a snapshot is unless a file is named, relative to the stack.
pub const DEFAULT: &str = ".eksform/snapshot.json";

pub fn run(global: &Global, args: &Arguments, terminal: &Terminal) -> Exit {
    let result = session::block_on(async {
        let surveyed = session::survey(global, &args.variables).await?;
        let broken = |diagnostics| Broken { diagnostics, sources: surveyed.sources.clone() };
        let text = snapshot_file::write(&surveyed.evaluation, &surveyed.snapshot)
            .map_err(|problem| broken(vec![*problem]))?;
        let file = args.file.as_deref().unwrap_or(Path::new(DEFAULT));
        if file == Path::new("-") {
            terminal.print(&text);
            return Ok::<Exit, Broken>(DONE);
        }
        let path = global.path(file);
        let written = match path.parent() {
            // Only the default's directory is eksform's own to make.
            Some(parent) if args.file.is_none() => std::fs::create_dir_all(parent),
            _ => Ok(()),
        };
        written.and_then(|()| files::replace(&path, &text)).map_err(|error| {
            broken(vec![Diagnostic::error(
                "unwritable-file",
                format!("{} cannot be written: {error}", file.display()),
            )])
        })?;
        terminal.print(&format!("{}\n\n", session::header(&surveyed.connected, &surveyed.snapshot)));
        let option = match args.file {
            Some(_) => format!("--snapshot {}", file.display()),
            None => "--refresh=false".to_string(),
        };
        terminal.print(&format!(
            "Saved {} objects to {}. To plan from them without asking AWS, run:\n    eksform plan {option}\n",
            surveyed.snapshot.existing().count(),
            file.display()
        ));
        Ok(DONE)
    });
    finish(result, terminal)
}

/// The snapshot of a file, relative to the stack.
pub fn read(global: &Global, file: &Path) -> Result<Snapshot, Box<Diagnostic>> {
    let text = std::fs::read_to_string(global.path(file)).map_err(|error| {
        Box::new(
            Diagnostic::error("unreadable-file", format!("{} cannot be read: {error}", file.display()))
                .help("take a snapshot first: eksform snapshot"),
        )
    })?;
    snapshot_file::read(&text).map_err(|problem| {
        let message = format!("{}: {}", file.display(), problem.message);
        Box::new(Diagnostic { message, ..*problem })
    })
}

/// Nothing is asked of AWS: this leads nowhere, and says what stands in its place.
pub fn connected(file: &Path, snapshot: &Snapshot) -> Connected {
    Connected {
        aws: Arc::new(Aws::new(Setup { isolated: true, ..Setup::default() })),
        what: format!("Snapshot {} of {}", file.display(), snapshot.taken_at),
    }
}
