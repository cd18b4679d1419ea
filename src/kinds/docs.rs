//! The reference page of a kind, from its schema: what a reader has to know to write a block and to foresee what a
//! change of it does.

use super::OWNERSHIP;
use super::schema::*;
use crate::value::{KeyPart, Map, Place, Value, json};
use std::fmt::Write as _;

/// The page in Markdown.
pub fn page(schema: &Schema) -> String {
    let mut page = Page { schema, text: String::new() };
    page.head();
    page.attributes();
    page.computed();
    page.operations();
    page.terraform();
    page.text
}

struct Page<'a> {
    schema: &'a Schema,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self) {
        let schema = self.schema;
        self.line("<!-- Generated from the schema in src/kinds. Do not edit; write it anew with:");
        self.line("     SNAPSHOTS=overwrite cargo test --no-default-features --lib kinds -->");
        self.line("");
        self.line(&format!("# {}", schema.kind));
        self.line("");
        self.line(schema.summary);
        self.line("");
        let parts = joined(schema.identity.iter().map(|part| code(part)));
        let scope = if schema.regional { "account and region" } else { "account" };
        let case = if schema.ignores_case { ", without regard to case" } else { "" };
        self.line(&format!(
            "- **Identity**: {parts} within {scope}{case}. Two blocks with one identity are an error."
        ));
        match schema.named {
            Some(named) => self.line(&format!("- **Label**: stands for `{named}` when that is omitted.")),
            None => self.line("- **Label**: names the block in expressions and nothing else."),
        }
        self.line(&format!("- **Terraform's type**: `{}`.", schema.terraform_type));
        self.line("");
        self.line("Every block also takes [`count`, `for_each`, `provider`, `depends_on` and `lifecycle`](../language.md#what-every-kind-takes).");
        self.line("How to read the tables: [Kinds](README.md).");
        self.line("");
    }

    fn attributes(&mut self) {
        self.line("## Attributes");
        self.line("");
        let attributes: Vec<&Attribute> =
            self.schema.attributes.iter().filter(|attribute| !attribute.is_computed()).collect();
        self.table(&attributes, None);
        self.nested(self.schema.attributes, "");
    }

    /// A section per nested block, in the order in which they appear.
    fn nested(&mut self, attributes: &[Attribute], prefix: &str) {
        for attribute in attributes.iter().filter(|attribute| attribute.is_block()) {
            let name = format!("{prefix}{}", attribute.name);
            self.line(&format!("### {name}"));
            self.line("");
            self.line(attribute.doc);
            self.line("");
            match attribute.ty {
                Ty::Block(_) => self.line("At most one block."),
                Ty::Keyed { key, .. } => self.line(&format!(
                    "Any number of blocks, told apart by `{key}`; their order has no meaning."
                )),
                _ => self.line("Any number of blocks, in order."),
            }
            self.line("");
            self.table(&attribute.nested().iter().collect::<Vec<_>>(), Some(attribute));
            self.nested(attribute.nested(), &format!("{name}."));
        }
    }

    fn table(&mut self, attributes: &[&Attribute], within: Option<&Attribute>) {
        let root = within.is_none();
        self.line("| Attribute | Type | Omitted | A change takes | What it is |");
        self.line("| --- | --- | --- | --- | --- |");
        for attribute in attributes {
            let row = [
                code(attribute.name),
                ty(attribute.ty),
                self.omitted(attribute, root),
                self.change(
                    within.filter(|block| block.change == Change::Expanded).unwrap_or(attribute),
                    root,
                ),
                about(attribute),
            ];
            self.line(&format!("| {} |", row.join(" | ")));
        }
        self.line("");
    }

    fn omitted(&self, attribute: &Attribute, root: bool) -> String {
        if root && self.schema.named == Some(attribute.name) {
            return "the block's label".to_string();
        }
        match attribute.omitted {
            Omitted::Required => "**required**".to_string(),
            Omitted::Default(value) => default(&value(), attribute.is_block()),
            Omitted::FilledByAws if root && self.expanded(attribute.name) => {
                "from the blocks above".to_string()
            }
            Omitted::FilledByAws | Omitted::Computed { .. } => "left to AWS".to_string(),
        }
    }

    /// Whether the schema itself writes the attribute when the files omit it.
    fn expanded(&self, name: &str) -> bool {
        let mut attributes = Map::new();
        (self.schema.expand)(&mut attributes);
        attributes.contains_key(name)
    }

    fn change(&self, attribute: &Attribute, root: bool) -> String {
        if root && self.schema.identity.contains(&attribute.name) {
            return "another object".to_string();
        }
        match attribute.change {
            Change::InPlace(operation) => code(operation),
            Change::Elements { put, remove } | Change::Entries { put, remove } => {
                format!("`{put}`, `{remove}`")
            }
            Change::Replace if attribute.is_block() => "see below".to_string(),
            Change::Replace => "**replacement**".to_string(),
            Change::InputOnly => "nothing by itself".to_string(),
            Change::Expanded => {
                let through = self.schema.attributes.iter().filter(|attribute| self.expanded(attribute.name));
                joined(through.map(|attribute| format!("that of `{}`", attribute.name)))
            }
        }
    }

    fn computed(&mut self) {
        self.line("## Set by AWS");
        self.line("");
        self.line(
            "Other blocks may refer to these. What is predicted is shown in full before the object exists.",
        );
        self.line("");
        self.line("| Attribute | Type | Known | What it is |");
        self.line("| --- | --- | --- | --- |");
        let predicted = example(self.schema);
        for attribute in self.schema.attributes.iter().filter(|attribute| attribute.is_computed()) {
            let Omitted::Computed { stable } = attribute.omitted else { continue };
            if attribute.name == OWNERSHIP {
                continue;
            }
            let known = match predicted.iter().find(|(name, _)| *name == attribute.name) {
                Some((_, value)) => format!("predicted: `{}`", value.as_str().unwrap_or_default()),
                None if stable => "after creation, then for good".to_string(),
                None => "after every change anew".to_string(),
            };
            self.line(&format!(
                "| `{}` | {} | {known} | {} |",
                attribute.name,
                ty(attribute.ty),
                attribute.doc
            ));
        }
        self.line("");
    }

    fn operations(&mut self) {
        self.line("## Operations");
        self.line("");
        self.line("The calls of one change are made in this order.");
        self.line("");
        self.line("| Operation | For | IAM actions | Typically takes |");
        self.line("| --- | --- | --- | --- |");
        let mut operations: Vec<&Operation> = self.schema.operations.iter().collect();
        operations.sort_by_key(|operation| operation.order);
        for operation in operations {
            let mut triggers = Vec::new();
            triggered(self.schema.attributes, "", operation.id, &mut triggers);
            let what = match operation.id {
                id if id == self.schema.create => "creating it".to_string(),
                id if id == self.schema.delete => "deleting it".to_string(),
                _ => triggers.join(", "),
            };
            let actions: Vec<String> = operation.iam_actions.iter().map(|action| code(action)).collect();
            let row = [code(operation.id), what, actions.join(", "), duration(operation.seconds)];
            self.line(&format!("| {} |", row.join(" | ")));
        }
        self.line("");
        let elements: Vec<String> = self
            .schema
            .attributes
            .iter()
            .filter(|attribute| matches!(attribute.change, Change::Elements { .. }))
            .map(|attribute| code(attribute.name))
            .collect();
        if !elements.is_empty() {
            let names = joined(elements.into_iter());
            self.line(&format!(
                "Each element of {names} takes a call of its own: after `{}`, and before `{}`.",
                self.schema.create, self.schema.delete
            ));
            self.line("");
        }
        if self.schema.operations.iter().any(|operation| operation.exclusive == Exclusive::Cluster) {
            self.line("Operations that change a cluster run one at a time per cluster.");
            self.line("");
        }
    }

    fn terraform(&mut self) {
        self.line("## Terraform's names");
        self.line("");
        self.line(&format!(
            "Plan JSON uses the names of `{}`. These differ; every other name is the same.",
            self.schema.terraform_type
        ));
        self.line("");
        self.line("| Here | Terraform |");
        self.line("| --- | --- |");
        let mut rows = Vec::new();
        renamed(self.schema.attributes, "", "", &mut rows);
        for (here, there) in rows {
            self.line(&format!("| `{here}` | `{there}` |"));
        }
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// `a`, `a and b`, `a, b and c`.
fn joined(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    let last = items.pop().unwrap_or_default();
    if items.is_empty() { last } else { format!("{} and {last}", items.join(", ")) }
}

fn ty(ty: Ty) -> String {
    match ty {
        Ty::Bool => "bool".to_string(),
        Ty::Number => "number".to_string(),
        Ty::String => "string".to_string(),
        Ty::Any => "any".to_string(),
        Ty::Set(element) => format!("set({})", self::ty(*element)),
        Ty::List(element) => format!("list({})", self::ty(*element)),
        Ty::Map(element) => format!("map({})", self::ty(*element)),
        Ty::Block(_) => "block".to_string(),
        Ty::Keyed { .. } | Ty::Blocks(_) => "blocks".to_string(),
    }
}

/// A default as the files would write it.
fn default(value: &Value, block: bool) -> String {
    let empty =
        value.as_items().is_some_and(<[Value]>::is_empty) || value.as_map().is_some_and(Map::is_empty);
    if value.is_null() {
        "unset".to_string()
    } else if empty && block {
        "none".to_string()
    } else {
        code(&json::to_json(value).to_string())
    }
}

/// The doc, what values are allowed, and how they are compared.
fn about(attribute: &Attribute) -> String {
    let mut text = attribute.doc.to_string();
    for check in attribute.checks {
        let _ = write!(text, " {}", allowed(check, attribute.ty));
    }
    if let Some(refers) = attribute.refers {
        let by = match refers.by {
            RefersBy::Name => "name",
            RefersBy::Arn => "ARN",
        };
        let _ = write!(text, " Names a [{kind}]({kind}.md) by {by}.", kind = refers.kind);
    }
    if let Some(kind) = attribute.claims {
        let _ = write!(text, " Each block claims the identity of a [{kind}]({kind}.md).");
    }
    if !attribute.returned {
        text.push_str(" AWS does not return it, so it is sent but never compared.");
    }
    text.push_str(match attribute.compare {
        Compare::Exact => "",
        Compare::IgnoreCase => " Compared without regard to case.",
        Compare::Tags => " Tags that begin with `aws:` are not compared.",
        Compare::Policy => " Compared [by meaning](../../explanation/no-state-file.md#comparison-is-by-meaning), as IAM reads policies.",
        Compare::Document => " Compared [by meaning](../../explanation/no-state-file.md#comparison-is-by-meaning): layout and order of keys do not count.",
    });
    text.replace('|', "\\|")
}

fn allowed(check: &Check, ty: Ty) -> String {
    match (check, ty) {
        (Check::Pattern { means, .. }, Ty::Set(_) | Ty::List(_)) => format!("Each: {means}."),
        (Check::Pattern { means, .. }, _) => format!("Form: {means}."),
        (Check::Length { max, .. }, Ty::Map(_)) => format!("At most {max} entries."),
        (Check::Length { min, max }, Ty::Set(_) | Ty::List(_)) => format!("{min} to {max} elements."),
        (Check::Length { min: 0, max }, _) => format!("At most {max} characters."),
        (Check::Length { min, max }, _) => format!("{min} to {max} characters."),
        (Check::Between { min, max }, _) => format!("From {min} to {max}."),
        (Check::OneOf([only]), _) => format!("The only value is `{only}`."),
        (Check::OneOf(words), _) => format!("One of {}.", joined_words(words)),
        (Check::Policy { max }, Ty::Map(_)) => {
            format!("At most {max} characters each, white space not counted.")
        }
        (Check::Policy { max }, _) => format!("At most {max} characters, white space not counted."),
        (Check::Arn { service, resource }, _) => {
            let account = if *service == "iam" { "arn:aws:iam::" } else { "arn:aws:kms:us-east-2:" };
            format!("Form: `{account}123456789012:{resource}…`.")
        }
        (Check::Cidr, Ty::Set(_) | Ty::List(_)) => "Each: an address range such as 10.0.0.0/16.".to_string(),
        (Check::Cidr, _) => "Form: an address range such as 10.0.0.0/16.".to_string(),
    }
}

fn joined_words(words: &[&str]) -> String {
    words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", ")
}

/// What the kind predicts of an object whose attributes are their own names in capitals.
fn example(schema: &Schema) -> Vec<(&'static str, Value)> {
    let place = Place::new("aws", "123456789012", schema.regional.then(|| "us-east-2".into()));
    let key: Vec<KeyPart> = schema.identity.iter().map(|part| KeyPart::exact(part.to_uppercase())).collect();
    let mut attributes = Map::new();
    for attribute in schema.attributes {
        let value = match attribute.omitted {
            Omitted::Default(value) if !value().is_null() => value(),
            _ => Value::from(attribute.name.to_uppercase()),
        };
        attributes.insert(attribute.name.into(), value);
    }
    (schema.predict)(&place, &key, &attributes)
}

/// The attributes whose change takes an operation.
fn triggered(attributes: &[Attribute], prefix: &str, operation: &str, found: &mut Vec<String>) {
    for attribute in attributes {
        let name = format!("{prefix}{}", attribute.name);
        let what = if attribute.name == OWNERSHIP { "eksform's own tags".to_string() } else { code(&name) };
        match attribute.change {
            Change::InPlace(id) if id == operation => found.push(what),
            Change::Elements { put, .. } | Change::Entries { put, .. } if put == operation => {
                found.push(format!("{what}: added or changed"));
            }
            Change::Elements { remove, .. } | Change::Entries { remove, .. } if remove == operation => {
                found.push(format!("{what}: removed"));
            }
            _ => triggered(attribute.nested(), &format!("{name}."), operation, found),
        }
    }
}

/// Typical time in words.
fn duration(seconds: u32) -> String {
    match seconds {
        0 => "at once".to_string(),
        1..120 => format!("{seconds} s"),
        _ => format!("{} min", seconds.div_ceil(60)),
    }
}

/// Where Terraform has an attribute under another name.
fn renamed(attributes: &[Attribute], here: &str, there: &str, found: &mut Vec<(String, String)>) {
    for attribute in attributes.iter().filter(|attribute| attribute.change != Change::Expanded) {
        let name = format!("{here}{}", attribute.name);
        // A nested attribute that gives a whole path has its own place; a plain name stays in the block.
        let path = if attribute.terraform.contains('.') {
            attribute.terraform.to_string()
        } else {
            format!("{there}{}", attribute.terraform)
        };
        if path != format!("{there}{}", attribute.name) && attribute.name != OWNERSHIP {
            found.push((name.clone(), path.clone()));
        }
        renamed(attribute.nested(), &format!("{name}."), &format!("{path}."), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn reference_pages_are_current() {
        for schema in crate::kinds::ALL {
            let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join(format!("docs/reference/kinds/{}.md", schema.kind));
            snapbox::assert_data_eq!(page(schema), snapbox::Data::read_from(&file, None).raw());
        }
    }

    #[test]
    fn every_doc_is_a_sentence() {
        fn walk(kind: &str, attributes: &[Attribute]) {
            for attribute in attributes {
                let doc = attribute.doc;
                let begins = doc.starts_with(|c: char| c.is_uppercase()) || doc.starts_with("eksform");
                let one = doc.ends_with('.') && !doc.contains(". ");
                assert!(begins && one, "{kind}.{}: {doc}", attribute.name);
                walk(kind, attribute.nested());
            }
        }
        for schema in crate::kinds::ALL {
            walk(schema.kind, schema.attributes);
        }
    }
}
