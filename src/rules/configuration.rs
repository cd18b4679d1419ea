//! Settings of add-ons, held against the schema that EKS has of them.

use super::context::{Addon, Context};
use super::rule::{Found, Rule, Runs};
use super::schema;
use crate::diagnostic::{Severity, Span, nearest};
use crate::diff;
use crate::value::{Data, Path, Step, Value};

pub const RULES: &[Rule] = &[
    Rule {
        code: "configuration-invalid",
        severity: Severity::Error,
        runs: Runs::Plan,
        summary: "A configuration value is not what the add-on's schema allows.",
        why: "EKS has a JSON schema of each add-on version's settings, and refuses values that do not fit: \
              \"ConfigurationValue provided in request is not supported: Json schema validation failed\". A version may \
              have other settings than the one before.",
        fix: "Correct the key or the value. The finding points at it, where the files write it as an object.",
        example: r#"addon "coredns" {
  cluster              = "demo"
  configuration_values = { replicaCount = 3 }
}
"#,
        check: invalid,
    },
    Rule {
        code: "configuration-ignored",
        severity: Severity::Warning,
        runs: Runs::Plan,
        summary: "AWS accepts a configuration value that nothing reads.",
        why: "The add-on's schema describes the settings beside this one, says nothing of it, and does not forbid it \
              either. EKS takes it without a word, and it changes nothing: often a misspelt key.",
        fix: "Correct or remove the key.",
        example: r#"addon "coredns" {
  cluster              = "demo"
  configuration_values = { replicaCount = 3 }
}
"#,
        check: ignored,
    },
    Rule {
        code: "configuration-not-checked",
        severity: Severity::Note,
        runs: Runs::Check,
        summary: "The add-on's schema could not be read, so its configuration values are not checked.",
        why: "The schema that EKS returns is no JSON schema, or refers to another document. Nothing is ever loaded from \
              elsewhere.",
        fix: "Nothing: AWS checks the values when they are applied.",
        example: r#"addon "coredns" {
  cluster              = "demo"
  configuration_values = { replicaCount = 3 }
}
"#,
        check: unreadable,
    },
];

const ATTRIBUTE: &str = "configuration_values";

/// The add-on's settings as a value, with its schema, where there are both.
fn settings(addon: &Addon<'_>) -> Option<(serde_json::Value, Value)> {
    let schema = addon.configuration?.schema.as_ref()?;
    let given = addon.instance.desired.get(ATTRIBUTE)?;
    let value = match given.data() {
        Data::Null | Data::Unknown(_) => return None,
        // A secret text is no text for messages, but its marks have to go on.
        Data::String(text) => diff::document_text(text)?.mark(given.is_sensitive()),
        _ => given.clone(),
    };
    Some((serde_json::from_str(schema).unwrap_or(serde_json::Value::Null), value))
}

/// Where a setting stands: the key, or the nearest place around it that the files write out.
fn span(addon: &Addon<'_>, path: &Path) -> Span {
    let mut steps = vec![Step::Attribute(ATTRIBUTE.into())];
    steps.extend(path.0.iter().cloned());
    loop {
        if let Some(span) = addon.instance.spans.get(&Path(steps.clone())) {
            return *span;
        }
        if steps.pop().is_none() {
            return addon.instance.span;
        }
    }
}

/// The setting's name for messages; nothing of what is secret.
fn name(value: &Value, path: &Path) -> Option<String> {
    let mut at = value;
    let mut name = String::new();
    for step in &path.0 {
        if at.is_sensitive() {
            return None;
        }
        match step {
            Step::Key(key) | Step::Attribute(key) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(key);
                at = at.get(key).unwrap_or(const { &Value::NULL });
            }
            Step::Index(index) => {
                name.push_str(&format!("[{index}]"));
                at = at.as_items().and_then(|items| items.get(*index)).unwrap_or(const { &Value::NULL });
            }
        }
    }
    Some(if name.is_empty() { ATTRIBUTE.to_string() } else { name })
}

fn invalid(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in &context.addons {
        let Some((schema, value)) = settings(addon) else { continue };
        for problem in schema::problems(&schema, &value).unwrap_or_default() {
            let name = name(&value, &problem.path);
            let shown = name.as_deref().unwrap_or("A setting");
            let mut finding = rule
                .found(format!("{shown} of {} {}", addon.name, problem.message))
                .at(span(addon, &problem.path));
            // What may have been meant repeats a part of what was written.
            let help = problem.help.filter(|_| name.is_some()).unwrap_or_else(|| {
                let version = addon.version.as_deref().unwrap_or_default();
                format!(
                    "see aws eks describe-addon-configuration --addon-name {} --addon-version {version}",
                    addon.name
                )
            });
            finding = finding.help(help);
            found.push(finding.about(addon.instance));
        }
    }
    found
}

fn ignored(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in &context.addons {
        let Some((schema, value)) = settings(addon) else { continue };
        for (path, known) in schema::ignored(&schema, &value) {
            let Some(name) = name(&value, &path) else { continue };
            let last = name.rsplit('.').next().unwrap_or(&name).to_string();
            let finding = rule
                .found(format!("Nothing reads the setting {name} of {}", addon.name))
                .at(span(addon, &path))
                .label("not in the add-on's schema");
            let help = match nearest(&last, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "remove it".to_string(),
            };
            found.push(finding.help(help).about(addon.instance));
        }
    }
    found
}

fn unreadable(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for addon in &context.addons {
        let Some((schema, value)) = settings(addon) else { continue };
        let why = match schema {
            serde_json::Value::Null => Some("it is no JSON".to_string()),
            schema => schema::problems(&schema, &value).err(),
        };
        if let Some(why) = why {
            found.push(
                rule.found(format!("The settings of {} are not checked", addon.name))
                    .at(addon.span(ATTRIBUTE))
                    .note(format!("Its schema cannot be read: {why}"))
                    .about(addon.instance),
            );
        }
    }
    found
}
