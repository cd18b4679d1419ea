//! Questions for variables that nothing gives a value to.

use crate::stack::{Variable, VariableInput, VariableText};
use crate::value::Text;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

/// Asks for every variable without a value and without a default, if there is a terminal to ask on. What is not
/// answered stays without a value, which is complained about where it is needed.
pub fn missing(declared: &BTreeMap<Text, Variable>, values: &mut BTreeMap<Text, VariableInput>) {
    // Standard output may be a pipe to something that reads it; the questions are for a person.
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return;
    }
    for (name, variable) in declared {
        if variable.default.is_some() || values.contains_key(name) {
            continue;
        }
        let Some(answer) = ask(name, variable) else { return };
        let input = VariableInput { value: VariableText::Text(answer.into()), origin: "the terminal".into() };
        values.insert(name.clone(), input);
    }
}

/// The answer to one question; `None` if there will be none (Ctrl-D).
fn ask(name: &str, variable: &Variable) -> Option<String> {
    let mut question = format!("var.{name}\n");
    for line in variable.description.iter().flat_map(|text| text.lines()) {
        question.push_str(&format!("  {line}\n"));
    }
    question.push_str("\n  Enter a value: ");
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(question.as_bytes()).and_then(|()| err.flush());
    let answer = if variable.sensitive {
        rpassword::read_password().ok()?
    } else {
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(read) if read > 0 => line.trim_end_matches(['\r', '\n']).to_string(),
            _ => return None,
        }
    };
    let _ = err.write_all(b"\n");
    Some(answer)
}
