//! A person at a terminal, by means of Python's `pty`.

use super::world::{Run, run};
use crate::sandbox::botocore::python;
use std::process::Command;

/// What the person waits for and types.
pub struct Terminal {
    steps: Vec<(String, String, bool)>,
    waits: Vec<String>,
}

impl Terminal {
    /// `None`, after saying so, where there is no Python.
    pub fn new() -> Option<Self> {
        let found = python().args(["-c", "import pty"]).output().is_ok_and(|output| output.status.success());
        if !found {
            println!("skipped: there is no python3 with pty");
        }
        found.then_some(Self { steps: Vec::new(), waits: Vec::new() })
    }

    /// Waits for a text that has not been waited for yet.
    pub fn sees(&mut self, text: &str) -> &mut Self {
        self.waits.push(text.to_string());
        self
    }

    pub fn types(&mut self, text: &str) -> &mut Self {
        self.step(text, false)
    }

    /// Types once the terminal shows nothing of it.
    pub fn types_unseen(&mut self, text: &str) -> &mut Self {
        self.step(text, true)
    }

    fn step(&mut self, text: &str, unseen: bool) -> &mut Self {
        let last = self.waits.pop().unwrap_or_default();
        self.steps.extend(self.waits.drain(..).map(|wait| (wait, String::new(), false)));
        self.steps.push((last, text.to_string(), unseen));
        self
    }

    /// Runs the command; all that the terminal showed is its standard output.
    pub fn run(&self, command: Command) -> Run {
        let mut python = python();
        python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/terminal.py"));
        python.arg(serde_json::to_string(&self.steps).unwrap());
        python.arg(command.get_program()).args(command.get_args());
        python.current_dir(command.get_current_dir().unwrap());
        // The command begins with an empty environment.
        python.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "xterm");
        python.envs(command.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        run(&mut python)
    }
}
