//! Who answers wants about files.

use super::Fact;
use crate::value::Text;

/// Answers wants about files. Paths are relative to the stack.
pub trait Files: Send + Sync {
    /// The text of a file.
    fn file(&self, path: &str) -> Fact<Text>;

    /// The files below a directory, sorted, relative to it, at most that many levels deep.
    fn directory(&self, path: &str, levels: Option<u32>) -> Fact<Vec<Text>> {
        let _ = (path, levels);
        Fact::Denied("directories cannot be listed here".into())
    }
}

impl<F: Fn(&str) -> Fact<Text> + Send + Sync> Files for F {
    fn file(&self, path: &str) -> Fact<Text> {
        self(path)
    }
}
