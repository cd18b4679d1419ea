//! Where in a value something stands.

use super::Text;
use std::fmt;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute or block by name: `.vpc`.
    Attribute(Text),
    /// A map entry, a set element or a keyed block, by its key: `["aws-node"]`.
    Key(Text),
    /// A list element: `[0]`.
    Index(usize),
}

/// The steps from an instance to one of its attributes; displayed as `vpc.subnet_ids[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Step>);

impl Path {
    pub const ROOT: Path = Path(Vec::new());

    /// The path of one attribute of the instance itself.
    pub fn attribute(name: impl Into<Text>) -> Self {
        Self(vec![Step::Attribute(name.into())])
    }

    /// This path one step further.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// This path extended by an attribute.
    #[must_use]
    pub fn attr(&self, name: impl Into<Text>) -> Self {
        self.join(Step::Attribute(name.into()))
    }

    /// This path extended by a key.
    #[must_use]
    pub fn key(&self, key: impl Into<Text>) -> Self {
        self.join(Step::Key(key.into()))
    }

    /// The name of the attribute of the instance that the path leads into.
    pub fn root(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Attribute(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether `self` is `other` or leads into it.
    pub fn starts_with(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if index == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
