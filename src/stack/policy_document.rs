//! `data "policy_document"` blocks: policies written as blocks. They read nothing.

use super::decode::Decoder;
use super::evaluate::Evaluator;
use super::program::Data;
use super::scope::Iteration;
use crate::diagnostic::Diagnostic;
use crate::kinds::policy_document;
use crate::value::{Type, Unknown, Value};

/// The names of the block: eksform's, and those that Terraform's users look for.
pub(super) const NAMES: [&str; 3] = ["policy_document", "iam_policy_document", "aws_iam_policy_document"];

impl Evaluator<'_> {
    /// The document's text, `None` after an error.
    pub(super) fn policy_document(&mut self, at: usize, data: &Data, iteration: &Iteration) -> Option<Value> {
        let (block, mut problems) = {
            let scope = self.scope(at, iteration.clone());
            let mut decoder = Decoder::new(&scope);
            let block = decoder.kind(policy_document::ATTRIBUTES, data.span, &data.body, None);
            (block, decoder.diagnostics)
        };
        let broken = problems.iter().any(Diagnostic::is_error);
        self.diagnostics.append(&mut problems);
        if broken {
            return None;
        }
        let whole = Value::map(block.clone());
        let (json, minified) = match whole.unknowns() {
            Some(unknown) => {
                self.wants.extend(unknown.pending.iter().cloned());
                let text = Value::unknown(Unknown { ty: Type::String, ..unknown });
                (text.clone(), text)
            }
            None => match policy_document::text(&block) {
                Ok(text) => (Value::from(text.json), Value::from(text.minified)),
                Err(problem) => {
                    self.diagnostics.push(
                        Diagnostic::error("invalid-policy", "These blocks are no policy document")
                            .at(data.span)
                            .label(problem),
                    );
                    return None;
                }
            },
        };
        let secret = whole.contains_sensitive();
        Some(Value::object([("json", json.mark(secret)), ("minified_json", minified.mark(secret))]))
    }
}
