//! The lock file on disk.

use super::files;
use super::output::Terminal;
use crate::diagnostic::{Diagnostic, Sources};
use crate::stack::lock::{self, Lock};
use std::io::ErrorKind;
use std::path::Path;

/// Adds pins to the stack's lock file; those that are there stay.
pub fn add(directory: &Path, pins: Lock, terminal: &Terminal) -> Result<(), Box<Diagnostic>> {
    if pins.is_empty() {
        return Ok(());
    }
    let path = directory.join(lock::FILE);
    let mut all = match std::fs::read_to_string(&path) {
        Ok(text) => {
            let mut sources = Sources::default();
            let file = sources.add(lock::FILE, text.as_str());
            let (lock, problems) = lock::read(file, &text);
            // A damaged file is somebody's to mend, not to overwrite.
            match problems.into_iter().find(Diagnostic::is_error) {
                Some(problem) => return Err(unwritable(&problem.message)),
                None => lock,
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Lock::new(),
        Err(error) => return Err(unwritable(&error.to_string())),
    };
    let before = all.len();
    for (key, version) in pins {
        all.entry(key).or_insert(version);
    }
    let added = all.len() - before;
    if added == 0 {
        return Ok(());
    }
    files::replace(&path, &lock::write(&all)).map_err(|error| unwritable(&error.to_string()))?;
    let what = if added == 1 { "version".to_string() } else { format!("{added} versions") };
    terminal.print(&format!("\nPinned {what} in {}: check it in.\n", lock::FILE));
    Ok(())
}

/// Without the pins everything goes on: next time they are resolved again.
fn unwritable(why: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::warning("unwritable-file", format!("The versions could not be pinned in {}", lock::FILE))
            .with_note(why)
            .help("mend it, and the next apply pins them"),
    )
}
