//! The names an expression of a stack can see.

use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::lang::eval::{Inputs, Scope};
use crate::live::{Fact, Snapshot};
use crate::value::{Address, Map, ModuleStep, Text, Type, Value, Want};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Values of the declarations evaluated so far.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub variables: BTreeMap<Text, Value>,
    pub locals: BTreeMap<Text, Value>,
    /// By kind, then by label: the instance, or the map or list of instances.
    pub objects: BTreeMap<Text, BTreeMap<Text, Value>>,
    /// What data blocks read, by kind, then by label.
    pub data: BTreeMap<Text, BTreeMap<Text, Value>>,
    /// What each called module puts out: the instance, or the map or list of instances.
    pub modules: BTreeMap<Text, Value>,
    /// What the module itself puts out.
    pub outputs: Map,
}

/// `each` or `count` of one instance.
#[derive(Clone, Debug, Default)]
pub(super) enum Iteration {
    #[default]
    None,
    Each {
        key: Value,
        value: Value,
    },
    Count(Value),
}

/// The scope of one declaration, or of one instance of it.
pub(super) struct StackScope<'a> {
    pub values: &'a Values,
    /// Of the module, relative to the stack.
    pub directory: &'a Text,
    /// What `stack` stands for.
    pub stack: &'a Value,
    pub iteration: Iteration,
    /// What `self` stands for, in a postcondition.
    pub own: Option<&'a Value>,
    /// The instance of the module.
    pub module: &'a [ModuleStep],
    pub snapshot: &'a Snapshot,
    pub inputs: &'a Inputs,
    /// What expressions asked and the snapshot does not know.
    pub asked: &'a RefCell<BTreeSet<Want>>,
    /// Whether what was pending in what expressions read counts as asked too.
    pub recording: bool,
}

impl Scope for StackScope<'_> {
    fn lookup(&self, root: &str, attrs: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        let found = match (root, attrs.first()) {
            ("var", Some(name)) => self.values.variables.get(*name).cloned(),
            ("local", Some(name)) => self.values.locals.get(*name).cloned(),
            ("each", Some(name)) => match (&self.iteration, *name) {
                (Iteration::Each { key, .. }, "key") => Some(key.clone()),
                (Iteration::Each { value, .. }, "value") => Some(value.clone()),
                _ => None,
            },
            ("count", Some(&"index")) => match &self.iteration {
                Iteration::Count(index) => Some(index.clone()),
                _ => None,
            },
            // Paths are relative to the stack.
            ("path", Some(&"module")) => Some(Value::string(self.directory.clone())),
            ("path", Some(&("root" | "cwd"))) => Some(Value::from(".")),
            ("stack", Some(name)) => self.stack.get(name).cloned(),
            ("module", Some(name)) => self.values.modules.get(*name).cloned(),
            (kind, Some(name)) => {
                self.values.objects.get(kind).and_then(|objects| objects.get(*name)).cloned()
            }
            (_, None) => None,
        };
        if let ("self", Some(own)) = (root, self.own) {
            return Ok((own.clone(), 0));
        }
        if let ("data", [of, name, ..]) = (root, attrs) {
            let read = self.values.data.get(*of).and_then(|read| read.get(*name));
            return Ok((read.cloned().unwrap_or_else(failed), 2));
        }
        match found {
            Some(value) => Ok((value, 1)),
            // What is declared nowhere was complained about when references were followed.
            None if matches!(root, "var" | "local" | "module") || crate::kinds::schema(root).is_some() => {
                Ok((failed(), usize::from(!attrs.is_empty())))
            }
            None => {
                let name = attrs.first().copied().unwrap_or_default();
                let known: Vec<&str> = match root {
                    "each" => vec!["key", "value"],
                    "count" => vec!["index"],
                    "path" => vec!["module", "root", "cwd"],
                    "stack" => vec!["name", "instance"],
                    _ => Vec::new(),
                };
                Err(Box::new(
                    Diagnostic::error("unknown-reference", format!("There is no {root}.{name}"))
                        .at(span)
                        .help(did_you_mean(name, known.iter().copied())),
                ))
            }
        }
    }

    fn ask(&self, want: &Want) -> Result<Option<Value>, Box<Diagnostic>> {
        let refused = |path: &str, why: &str| {
            let message = format!("{path} cannot be read: {why}");
            Err(Box::new(Diagnostic::error("unreadable-file", message)))
        };
        let known = match want {
            Want::File(path) => match self.snapshot.files.get(path) {
                Some(Fact::Known(text)) => Some(Value::string(text.clone())),
                Some(Fact::Absent) => Some(Value::NULL),
                Some(Fact::Denied(why)) => return refused(path, why),
                None => None,
            },
            Want::Directory { path, levels } => match self.snapshot.directories.get(&(path.clone(), *levels))
            {
                Some(Fact::Known(files)) => {
                    Some(Value::list(files.iter().map(|file| Value::string(file.clone())).collect()))
                }
                Some(Fact::Absent) => Some(Value::list(Vec::new())),
                Some(Fact::Denied(why)) => return refused(path, why),
                None => None,
            },
            _ => None,
        };
        if known.is_none() {
            self.asked.borrow_mut().insert(want.clone());
        }
        Ok(known)
    }

    fn read(&self, value: &Value) {
        if self.recording {
            let mut asked = self.asked.borrow_mut();
            value.each_unknown(&mut |unknown| asked.extend(unknown.pending.iter().cloned()));
        }
    }

    fn inputs(&self) -> Option<&Inputs> {
        Some(self.inputs)
    }

    fn instance(&self) -> String {
        let module = Address { module: self.module.into(), ..Address::root("", "") };
        match &self.iteration {
            Iteration::None => module.to_string(),
            Iteration::Each { key, .. } | Iteration::Count(key) => format!("{module}[{key:?}]"),
        }
    }
}

/// What stands in for a value that could not be evaluated: nobody complains about it again.
pub(super) fn failed() -> Value {
    Value::pending(Type::Any, [])
}
