//! Who answers wants about files.

use super::Fact;
use std::sync::Arc;

/// Answers wants about files. Paths are relative to the stack.
pub trait Files: Send + Sync {
    /// The text of a file.
    fn file(&self, path: &str) -> Fact<Arc<str>>;

    /// The files below a directory, sorted, relative to it, at most that many levels deep.
    fn directory(&self, path: &str, levels: Option<u32>) -> Fact<Vec<Arc<str>>> {
        let _ = (path, levels);
        Fact::Denied("directories cannot be listed here".into())
    }
}

impl<F: Fn(&str) -> Fact<Arc<str>> + Send + Sync> Files for F {
    fn file(&self, path: &str) -> Fact<Arc<str>> {
        self(path)
    }
}
