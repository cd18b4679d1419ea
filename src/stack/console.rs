//! Expressions against an evaluated stack, one after the other.

use super::evaluate::Evaluator;
use super::graph::{graph, unknown_names};
use super::inputs::Inputs;
use super::program::Program;
use super::scope::{Iteration, StackScope, Values};
use crate::diagnostic::Diagnostic;
use crate::lang::{Expr, eval};
use crate::live::Snapshot;
use crate::value::{Text, Value, Want};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What a stack's own expressions see, once everything is evaluated.
pub struct Console<'a> {
    program: &'a Program,
    values: Values,
    stack: Value,
    directory: Text,
    inputs: eval::Inputs,
}

/// What comes of one expression.
#[derive(Debug)]
pub struct Answer {
    pub result: Result<Value, Vec<Diagnostic>>,
    /// Files it asks for that the snapshot does not know; the value is unknown without them.
    pub wants: BTreeSet<Want>,
}

impl<'a> Console<'a> {
    /// Evaluates the stack; `None` without a stack block. Complaints about the files are the business of whoever
    /// evaluated them before.
    pub fn new(program: &'a Program, inputs: &Inputs, snapshot: &Snapshot) -> Option<Self> {
        let (graph, _) = graph(program);
        let mut evaluator = Evaluator::new(program, inputs, snapshot, &graph)?;
        evaluator.run();
        let stack = evaluator.stack.clone();
        let root = evaluator.modules.into_iter().next()?;
        Some(Self {
            program,
            values: root.values,
            stack,
            directory: ".".into(),
            inputs: inputs.of_functions(),
        })
    }

    /// Evaluates an expression as if it stood in the stack's own files.
    pub fn evaluate(&self, expr: &Expr, snapshot: &Snapshot) -> Answer {
        let unknown = unknown_names(self.program, expr);
        if !unknown.is_empty() {
            return Answer { result: Err(unknown), wants: BTreeSet::new() };
        }
        let asked = RefCell::default();
        let scope = StackScope {
            values: &self.values,
            directory: &self.directory,
            stack: &self.stack,
            iteration: Iteration::None,
            own: None,
            module: &[],
            snapshot,
            inputs: &self.inputs,
            asked: &asked,
            recording: false,
        };
        let result = eval::evaluate(expr, &scope);
        Answer { result, wants: asked.into_inner() }
    }
}
