//! Blocks that hold values: variables, locals and outputs.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::lang::convert;
use crate::lang::syntax::Block;
use crate::stack::program::{Condition, Output, Variable};
use crate::value::{Text, Type};

impl Reader<'_> {
    pub(super) fn variable(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        self.only(
            block,
            &["type", "default", "description", "sensitive", "nullable", "ephemeral"],
            &["validation"],
        );
        if let Some(first) = self.directory.declared.variables.get(&name) {
            let first = first.span;
            return self.duplicate(&format!("Variable \"{name}\""), block.span, first);
        }
        let ty = match block.body.attribute("type").map(|attribute| convert::parse_type(&attribute.expr)) {
            Some(Ok(ty)) => ty,
            Some(Err(diagnostic)) => {
                self.error(*diagnostic);
                Type::Any
            }
            None => Type::Any,
        };
        let validations = self.conditions(block, "validation");
        let ephemeral = self.flag(block, "ephemeral").unwrap_or(false);
        if let (true, Some(attribute)) = (ephemeral, block.body.attribute("ephemeral")) {
            self.error(
                Diagnostic::note("ephemeral", "An ephemeral variable is taken as a sensitive one")
                    .at(attribute.span)
                    .label("the same as sensitive = true")
                    .with_note("There is no state it could get into; plan files leave it out, and apply takes it from the same place again."),
            );
        }
        let variable = Variable {
            span: block.span,
            ty,
            default: block.body.attribute("default").map(|attribute| attribute.expr.clone()),
            description: self.constant(block, "description", "text", |expr| expr.as_string().map(Text::from)),
            sensitive: self.flag(block, "sensitive").unwrap_or(false) || ephemeral,
            nullable: self.flag(block, "nullable").unwrap_or(true),
            validations,
        };
        self.directory.declared.variables.insert(name, variable);
    }

    /// The conditions of all nested blocks of that name.
    pub(super) fn conditions(&mut self, block: &Block, name: &str) -> Vec<Condition> {
        block.body.blocks_of(name).filter_map(|nested| self.condition(nested)).collect()
    }

    pub(super) fn condition(&mut self, block: &Block) -> Option<Condition> {
        self.labels(block, []);
        self.only(block, &["condition", "error_message"], &[]);
        let expr = |name| block.body.attribute(name).map(|attribute| attribute.expr.clone());
        match (expr("condition"), expr("error_message")) {
            (Some(condition), Some(error_message)) => Some(Condition { condition, error_message }),
            _ => {
                self.error(
                    Diagnostic::error(
                        "missing-attribute",
                        match block.kind.as_ref() {
                            "assert" => "An assert block needs condition and error_message".to_string(),
                            kind => format!("A {kind} block needs condition and error_message"),
                        },
                    )
                    .at(block.span)
                    .help("write: condition = … and error_message = \"…\""),
                );
                None
            }
        }
    }

    pub(super) fn locals(&mut self, block: &Block) {
        self.labels(block, []);
        self.only(
            block,
            &block.body.attributes.iter().map(|attribute| attribute.name.as_ref()).collect::<Vec<_>>(),
            &[],
        );
        for attribute in &block.body.attributes {
            if let Some(first) = self.directory.declared.locals.get(&attribute.name) {
                let first = first.name_span;
                self.duplicate(&format!("local.{}", attribute.name), attribute.name_span, first);
            } else {
                self.directory.declared.locals.insert(attribute.name.clone(), attribute.clone());
            }
        }
    }

    pub(super) fn output(&mut self, block: &Block) {
        let Some([name]) = self.labels(block, ["name"]) else { return };
        self.only(block, &["value", "description", "sensitive", "depends_on"], &["precondition"]);
        if let Some(first) = self.directory.declared.outputs.get(&name) {
            let first = first.span;
            return self.duplicate(&format!("Output \"{name}\""), block.span, first);
        }
        let Some(value) = block.body.attribute("value") else {
            return self.error(
                Diagnostic::error("missing-attribute", format!("Output \"{name}\" has no value"))
                    .at(block.span)
                    .help("add: value = …"),
            );
        };
        let output = Output {
            span: block.span,
            value: value.expr.clone(),
            description: self.constant(block, "description", "text", |expr| expr.as_string().map(Text::from)),
            sensitive: self.flag(block, "sensitive").unwrap_or(false),
            preconditions: self.conditions(block, "precondition"),
            depends_on: self.reference_list(block, "depends_on"),
        };
        self.directory.declared.outputs.insert(name, output);
    }
}
