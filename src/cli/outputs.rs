//! `eksform output`: what the stack puts out. There is no state to read it from: outputs are evaluated from the
//! files and the account.

use super::args::{Global, Output, Planning};
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken};
use super::{DONE, Exit};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::render;
use crate::rules::Scope;
use crate::stack::{self, EvaluatedOutput, Mode, Program};

pub fn run(global: &Global, args: &Output, terminal: &Terminal) -> Exit {
    let planning = Planning::to_look(args.variables.clone(), args.asking.clone());
    let result = session::block_on(async {
        let (session, diagnostics) = {
            let inputs = session::inputs(global, &planning, Mode::Apply)?;
            session::look(global, &planning, inputs, None, Scope::Plan).await?
        };
        terminal.complain(&diagnostics, &session.program.sources);
        let outputs = &session.planned.evaluation.outputs;
        let text = match &args.name {
            Some(name) => one(name, outputs, args, &session.program)?,
            None => all(outputs, args, terminal),
        };
        terminal.print(&text);
        if !session.planned.plan.is_empty() {
            let pending = Diagnostic::note("changes-pending", "The account is not yet as the files say")
                .help("outputs are as apply would make them: eksform plan shows what is left to do");
            terminal.complain(&[pending], &session.program.sources);
        }
        Ok(DONE)
    });
    finish(result, terminal)
}

fn all(outputs: &[EvaluatedOutput], args: &Output, terminal: &Terminal) -> String {
    let unknown: Vec<&EvaluatedOutput> =
        outputs.iter().filter(|output| output.value.contains_unknown()).collect();
    if args.json {
        let known = outputs.iter().filter(|output| !output.value.contains_unknown());
        for output in unknown {
            terminal
                .complain(&[not_known(output, Diagnostic::warning)], &crate::diagnostic::Sources::default());
        }
        return format!("{:#}\n", render::json_outputs(known));
    }
    if outputs.is_empty() {
        let none = Diagnostic::note("no-outputs", "The stack declares no outputs")
            .help("declare one: output \"NAME\" { value = … }");
        terminal.complain(&[none], &crate::diagnostic::Sources::default());
    }
    let listed = outputs.iter().map(|output| (output.name.as_ref(), &output.value));
    render::output_list(listed, terminal.style())
}

fn one(name: &str, outputs: &[EvaluatedOutput], args: &Output, program: &Program) -> Result<String, Broken> {
    let broken = |problem| Broken { diagnostics: vec![problem], sources: program.sources.clone() };
    let Some(output) = outputs.iter().find(|output| &*output.name == name) else {
        let known: Vec<&str> = outputs.iter().map(|output| output.name.as_ref()).collect();
        return Err(broken(
            Diagnostic::error("unknown-output", format!("There is no output \"{name}\""))
                .help(did_you_mean(name, known)),
        ));
    };
    let place = |problem: Diagnostic| match program.root().outputs.get(&output.name) {
        Some(declared) => problem.at(declared.value.span()),
        None => problem,
    };
    if output.value.contains_unknown() {
        return Err(broken(place(not_known(output, Diagnostic::error))));
    }
    if args.json {
        return Ok(format!("{:#}\n", render::json_value(&output.value)));
    }
    if !args.raw {
        return Ok(format!("{}\n", render::revealed(&output.value)));
    }
    render::raw(&output.value).ok_or_else(|| {
        let what = output.value.type_name();
        broken(place(
            Diagnostic::error("type-mismatch", format!("Output \"{name}\" is {what}, which has no raw form"))
                .label(what)
                .help(format!("print it as JSON: eksform output --json {name}")),
        ))
    })
}

/// The complaint about an output that nobody can know yet.
fn not_known(output: &EvaluatedOutput, make: fn(&'static str, String) -> Diagnostic) -> Diagnostic {
    let why = stack::reasons(&output.value);
    make("not-yet-known", format!("Output \"{}\" is known only after apply", output.name))
        .label(why)
        .help("apply first: eksform apply")
}
