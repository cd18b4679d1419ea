//! `eksform console`: expressions against the stack and the account as it was when the console began.

use super::args::{Console, Global, Planning};
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Session};
use super::{DONE, ERROR, Exit, sources};
use crate::diagnostic::{Diagnostic, FileId, Sources};
use crate::lang::syntax;
use crate::live::{Files, Snapshot};
use crate::render;
use crate::rules::Scope;
use crate::stack::{self, Mode};
use crate::value::{Value, Want};
use rustyline::error::ReadlineError;
use std::io::{BufRead, IsTerminal};

const GREETING: &str = "Type an expression; help says more, exit or Ctrl-D ends.\n";

const HELP: &str = "\
What stands to the right of = in a file is an expression: var.region, cluster.demo.version,
[for name in keys(local.apps) : upper(name)]. It is evaluated against the files and the account as they
were when the console began. An expression goes on on the next line while a bracket is open.
Nothing is changed here. exit or Ctrl-D ends.
";

pub fn run(global: &Global, args: &Console, terminal: &Terminal) -> Exit {
    let planning = Planning::to_look(args.variables.clone(), args.asking.clone());
    let interactive = std::io::stdin().is_terminal();
    let result = session::block_on(async {
        let (session, diagnostics) = {
            let inputs = session::inputs(global, &planning, Mode::Apply)?;
            session::look(global, &planning, inputs, None, Scope::Plan).await?
        };
        if interactive {
            terminal.print(&format!(
                "{}\n{GREETING}",
                session::header(&session.connected, &session.planned.snapshot)
            ));
        }
        terminal.complain(&diagnostics, &session.program.sources);
        Ok(session)
    });
    let session = match result {
        Ok(Ok(session)) => session,
        Ok(Err(broken)) => return finish(Ok(Err(broken)), terminal),
        Err(error) => return finish(Err(error), terminal),
    };
    let files = sources::reader(&global.chdir, &session.inputs.sources);
    // What is left is a conversation: nobody else has to wait for the account meanwhile.
    let Session { program, inputs, planned, connected } = session;
    drop(connected);
    let Some(console) = stack::Console::new(&program, &inputs, &planned.snapshot) else { return ERROR };
    let mut talk = Talk {
        console,
        snapshot: planned.snapshot,
        files: &files,
        sources: &program.sources,
        pending: String::new(),
        line: 0,
        interactive,
        failed: false,
        terminal,
    };
    if interactive { talk.with_a_person() } else { talk.with_a_pipe() }
}

/// One conversation.
struct Talk<'a> {
    console: stack::Console<'a>,
    snapshot: Snapshot,
    files: &'a dyn Files,
    sources: &'a Sources,
    /// Lines of an expression that goes on.
    pending: String,
    /// How many lines came before the pending ones.
    line: usize,
    interactive: bool,
    failed: bool,
    terminal: &'a Terminal,
}

/// What a line leads to.
#[derive(PartialEq)]
enum Next {
    Line,
    End,
}

impl Talk<'_> {
    fn with_a_person(&mut self) -> Exit {
        let mut editor = match rustyline::DefaultEditor::new() {
            Ok(editor) => editor,
            Err(error) => {
                self.terminal.say(&format!("eksform cannot read from this terminal: {error}"));
                return ERROR;
            }
        };
        loop {
            match editor.readline(if self.pending.is_empty() { "> " } else { ": " }) {
                Ok(line) => {
                    // One that cannot be remembered can be typed again.
                    let _ = editor.add_history_entry(line.as_str());
                    if self.line(&line) == Next::End {
                        return DONE;
                    }
                }
                // The first Ctrl-C takes back what was begun.
                Err(ReadlineError::Interrupted) if !self.pending.is_empty() => self.pending.clear(),
                Err(ReadlineError::Interrupted | ReadlineError::Eof) => return DONE,
                Err(error) => {
                    self.terminal.say(&format!("eksform cannot read from this terminal: {error}"));
                    return ERROR;
                }
            }
        }
    }

    fn with_a_pipe(&mut self) -> Exit {
        for line in std::io::stdin().lock().lines() {
            match line {
                Ok(line) => {
                    if self.line(&line) == Next::End {
                        break;
                    }
                }
                Err(error) => {
                    self.terminal.say(&format!("Standard input cannot be read: {error}"));
                    return ERROR;
                }
            }
        }
        if !self.pending.is_empty() {
            self.expression();
        }
        if self.failed { ERROR } else { DONE }
    }

    fn line(&mut self, line: &str) -> Next {
        if self.pending.is_empty() {
            match line.trim() {
                "exit" | "quit" => return Next::End,
                "help" => {
                    self.terminal.print(HELP);
                    self.line += 1;
                    return Next::Line;
                }
                text if text.is_empty() || text.starts_with('#') || text.starts_with("//") => {
                    self.line += 1;
                    return Next::Line;
                }
                _ => {}
            }
        }
        self.pending.push_str(line);
        self.pending.push('\n');
        if !syntax::is_unfinished(&self.pending) {
            self.expression();
        }
        Next::Line
    }

    /// Evaluates what is pending and prints what comes of it.
    fn expression(&mut self) {
        let text = std::mem::take(&mut self.pending);
        let lines = text.lines().count();
        // Of a pipe complaints name the line; at a terminal each expression is a text of its own.
        let (name, text) = match self.interactive {
            true => ("<console>", text),
            false => ("<stdin>", "\n".repeat(self.line) + &text),
        };
        let file = FileId(u32::try_from(self.sources.iter().count()).unwrap_or(u32::MAX));
        match self.evaluate(file, &text) {
            Ok(value) => {
                self.terminal.print(&format!("{}\n", render::value(&value, 0, self.terminal.style())))
            }
            Err(problems) => {
                self.failed = true;
                let mut sources = self.sources.clone();
                sources.add(name, text);
                self.terminal.complain(&problems, &sources);
            }
        }
        self.line += lines;
    }

    fn evaluate(&mut self, file: FileId, text: &str) -> Result<Value, Vec<Diagnostic>> {
        let expr = syntax::parse_expression(file, text)?;
        loop {
            let answer = self.console.evaluate(&expr, &self.snapshot);
            let mut read = false;
            for want in &answer.wants {
                match want {
                    Want::File(path) => {
                        self.snapshot.files.insert(path.clone(), self.files.file(path));
                    }
                    Want::Directory { path, levels } => {
                        let listed = self.files.directory(path, *levels);
                        self.snapshot.directories.insert((path.clone(), *levels), listed);
                    }
                    _ => continue,
                }
                read = true;
            }
            // Each file is read once, so this ends.
            if !read {
                return answer.result;
            }
        }
    }
}
