//! Policy documents written as blocks, with the meaning and the text that Terraform's `aws_iam_policy_document` has.
//!
//! What the same blocks give there, byte for byte: lists of one are texts, longer lists of actions, resources and
//! principals go backwards, `&{` is written `${`, and `<`, `>` and `&` are escaped.

use super::schema::*;
use super::{policy, trust};
use crate::value::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const STRING: Ty = Ty::String;

const PRINCIPALS: &[Attribute] = &[
    Attribute::new("type", Ty::String, "AWS, Service, Federated, CanonicalUser or *.").required(),
    Attribute::new("identifiers", Ty::Set(&STRING), "ARNs, account ids, service names, or *.").required(),
];

const STATEMENT: &[Attribute] = &[
    Attribute::new("sid", Ty::String, "The statement's id, by which documents are merged.")
        .checks(&[Check::Pattern { regex: "[a-zA-Z0-9]*", means: "letters and digits" }]),
    Attribute::new("effect", Ty::String, "Allow or Deny.")
        .default(|| Value::from("Allow"))
        .checks(&[Check::OneOf(&["Allow", "Deny"])]),
    Attribute::new("actions", Ty::Set(&STRING), "The actions."),
    Attribute::new("not_actions", Ty::Set(&STRING), "All actions but these."),
    Attribute::new("resources", Ty::Set(&STRING), "The resources, by ARN."),
    Attribute::new("not_resources", Ty::Set(&STRING), "All resources but these."),
    Attribute::new("principals", Ty::Blocks(PRINCIPALS), "Whom the statement is about.")
        .default(|| Value::list(Vec::new())),
    Attribute::new("not_principals", Ty::Blocks(PRINCIPALS), "Everybody but these.")
        .default(|| Value::list(Vec::new())),
    Attribute::new("condition", Ty::Blocks(trust::CONDITION), "A condition; all must hold.")
        .default(|| Value::list(Vec::new())),
];

/// What a `data "policy_document"` block may hold.
pub const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("version", Ty::String, "The version of the policy language.")
        .default(|| Value::from("2012-10-17"))
        .checks(&[Check::OneOf(&["2008-10-17", "2012-10-17"])]),
    Attribute::new("policy_id", Ty::String, "The document's id."),
    Attribute::new("statement", Ty::Blocks(STATEMENT), "A statement.").default(|| Value::list(Vec::new())),
    Attribute::new(
        "source_policy_documents",
        Ty::List(&STRING),
        "Documents to begin with, as JSON text; a statement here replaces the one with its sid there.",
    ),
    Attribute::new(
        "override_policy_documents",
        Ty::List(&STRING),
        "Documents whose statements replace those with the same sid, as JSON text.",
    ),
];

/// A document as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// With line breaks and two blanks of indentation.
    pub json: String,
    pub minified: String,
}

/// Writes the document that a block describes; everything in it has to be known. An error is for the reader of the
/// files.
pub fn text(block: &Map) -> Result<Texts, String> {
    let mut merged = Document::default();
    let mut sids = BTreeSet::new();
    for (index, source) in documents(block, "source_policy_documents").enumerate() {
        let what = format!("source_policy_documents[{index}]");
        let source = read(source).map_err(|problem| format!("{what}: {problem}"))?;
        for statement in source.statements.iter().filter(|statement| !statement.sid.is_empty()) {
            if !sids.insert(statement.sid.clone()) {
                return Err(format!("{what}: the sid \"{}\" is there already", statement.sid));
            }
        }
        merged.merge(source);
    }
    merged.merge(own(block)?);
    for (index, document) in documents(block, "override_policy_documents").enumerate() {
        let document =
            read(document).map_err(|problem| format!("override_policy_documents[{index}]: {problem}"))?;
        merged.merge(document);
    }
    let tree = merged.tree();
    let (mut json, mut minified) = (String::new(), String::new());
    tree.write(Some(0), &mut json);
    tree.write(None, &mut minified);
    Ok(Texts { json, minified })
}

fn documents<'a>(block: &'a Map, name: &str) -> impl Iterator<Item = &'a str> {
    block.get(name).and_then(Value::as_items).unwrap_or_default().iter().filter_map(Value::as_str)
}

#[derive(Default)]
struct Document {
    version: String,
    id: String,
    statements: Vec<Statement>,
}

/// The elements of a statement besides its sid, in the order in which they are written.
const ELEMENTS: [&str; 8] =
    ["Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"];

#[derive(Default)]
struct Statement {
    sid: String,
    /// By the place in [`ELEMENTS`].
    elements: BTreeMap<usize, Tree>,
}

/// JSON whose keys keep their order.
#[derive(Clone, Debug)]
enum Tree {
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Document {
    /// Takes another document's statements: one with the same sid replaces the one here.
    fn merge(&mut self, other: Self) {
        if !other.id.is_empty() {
            self.id = other.id;
        }
        if other.version > self.version {
            self.version = other.version;
        }
        for statement in other.statements {
            let same = |known: &&mut Statement| !statement.sid.is_empty() && known.sid == statement.sid;
            match self.statements.iter_mut().find(same) {
                Some(known) => *known = statement,
                None => self.statements.push(statement),
            }
        }
    }

    fn tree(self) -> Tree {
        let mut entries = Vec::new();
        for (name, text) in [("Version", self.version), ("Id", self.id)] {
            if !text.is_empty() {
                entries.push((name.to_string(), Tree::Text(text)));
            }
        }
        if !self.statements.is_empty() {
            let statements = self.statements.into_iter().map(Statement::tree);
            entries.push(("Statement".to_string(), Tree::List(statements.collect())));
        }
        Tree::Object(entries)
    }
}

impl Statement {
    fn set(&mut self, element: &str, value: Option<Tree>) {
        if let (Some(at), Some(value)) = (ELEMENTS.iter().position(|known| *known == element), value) {
            self.elements.insert(at, value);
        }
    }

    fn tree(self) -> Tree {
        let sid = (!self.sid.is_empty()).then(|| ("Sid".to_string(), Tree::Text(self.sid)));
        let elements = self.elements.into_iter().map(|(at, value)| (ELEMENTS[at].to_string(), value));
        Tree::Object(sid.into_iter().chain(elements).collect())
    }
}

/// The document of the block's own statements.
fn own(block: &Map) -> Result<Document, String> {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let mut document = Document { version: text("version"), id: text("policy_id"), statements: Vec::new() };
    let mut sids = BTreeSet::new();
    for block in block.get("statement").and_then(Value::as_items).unwrap_or_default() {
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        let mut statement = Statement { sid: text("sid"), ..Statement::default() };
        if !statement.sid.is_empty() && !sids.insert(statement.sid.clone()) {
            return Err(format!("two statements have the sid \"{}\"", statement.sid));
        }
        let variables = |texts: Vec<String>| replaced(texts, &document.version);
        statement.set("Effect", Some(Tree::Text(text("effect"))));
        statement.set("Action", backwards(texts(block, "actions")));
        statement.set("NotAction", backwards(texts(block, "not_actions")));
        // Sorted first: what variables become does not count.
        let resources = |name: &str| Ok::<_, String>(one_or_more(variables(reversed(texts(block, name)))?));
        statement.set("Resource", resources("resources")?);
        statement.set("NotResource", resources("not_resources")?);
        for (element, name) in [("Principal", "principals"), ("NotPrincipal", "not_principals")] {
            let mut found = Vec::new();
            for principal in block.get(name).and_then(Value::as_items).unwrap_or_default() {
                let kind = principal.get("type").and_then(Value::as_str).unwrap_or_default().to_string();
                found.push((kind, variables(reversed(texts(principal, "identifiers")))?));
            }
            statement.set(element, principals(found));
        }
        let mut conditions = Vec::new();
        for condition in block.get("condition").and_then(Value::as_items).unwrap_or_default() {
            let text =
                |name: &str| condition.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
            conditions.push((text("test"), text("variable"), variables(texts(condition, "values"))?));
        }
        statement.set("Condition", self::conditions(conditions));
        document.statements.push(statement);
    }
    Ok(document)
}

fn texts(block: &Value, name: &str) -> Vec<String> {
    let items = block.get(name).and_then(Value::as_items).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(ToString::to_string).collect()
}

fn reversed(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.reverse();
    texts
}

/// `&{aws:username}` as `${aws:username}`, which the language would take for its own.
fn replaced(texts: Vec<String>, version: &str) -> Result<Vec<String>, String> {
    match texts.iter().find(|text| version == "2008-10-17" && text.contains("&{")) {
        Some(text) => Err(format!("\"{text}\" has a variable, which version 2008-10-17 does not know")),
        None => Ok(texts.into_iter().map(|text| text.replace("&{", "${")).collect()),
    }
}

fn one_or_more(mut texts: Vec<String>) -> Option<Tree> {
    match texts.len() {
        0 => None,
        1 => texts.pop().map(Tree::Text),
        _ => Some(Tree::List(texts.into_iter().map(Tree::Text).collect())),
    }
}

fn backwards(texts: Vec<String>) -> Option<Tree> {
    one_or_more(reversed(texts))
}

/// By type, in the order of the types; those of one type together.
fn principals(found: Vec<(String, Vec<String>)>) -> Option<Tree> {
    if found.is_empty() {
        return None;
    }
    if let [(kind, names)] = found.as_slice()
        && kind == "*"
        && *names == ["*"]
    {
        return Some(Tree::Text("*".to_string()));
    }
    let mut by_type: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (kind, mut names) in found {
        by_type.entry(kind).or_default().append(&mut names);
    }
    let entries = by_type
        .into_iter()
        .map(|(kind, names)| (kind, one_or_more(names).unwrap_or_else(|| Tree::List(Vec::new()))));
    Some(Tree::Object(entries.collect()))
}

fn conditions(found: Vec<(String, String, Vec<String>)>) -> Option<Tree> {
    if found.is_empty() {
        return None;
    }
    let mut by_test: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (test, variable, mut values) in found {
        // The order of values may count, so it stays.
        by_test.entry(test).or_default().entry(variable).or_default().append(&mut values);
    }
    let keys = |keys: BTreeMap<String, Vec<String>>| {
        let entries = keys
            .into_iter()
            .map(|(key, values)| (key, one_or_more(values).unwrap_or_else(|| Tree::List(Vec::new()))));
        Tree::Object(entries.collect())
    };
    Some(Tree::Object(by_test.into_iter().map(|(test, variables)| (test, keys(variables))).collect()))
}

/// A document given as text.
fn read(text: &str) -> Result<Document, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_string());
    }
    let value = policy::parse(text)?;
    if value.get("Statement").is_some() {
        policy::canonical(&value)?;
    } else if value.as_map().is_none() {
        return Err(format!("a policy document is an object, not a {}", value.type_name()));
    }
    let field =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let mut document =
        Document { version: field(&value, "Version"), id: field(&value, "Id"), statements: Vec::new() };
    let statements = value.get("Statement").cloned().unwrap_or_default();
    let one = std::slice::from_ref(&statements);
    for given in statements.as_items().unwrap_or(one).iter().filter(|given| !given.is_null()) {
        let mut statement = Statement { sid: field(given, "Sid"), ..Statement::default() };
        for element in ["Effect", "Action", "NotAction", "Resource", "NotResource"] {
            statement.set(element, given.get(element).map(tree));
        }
        for element in ["Principal", "NotPrincipal"] {
            let Some(principal) = given.get(element) else { continue };
            let found = match principal.as_map() {
                None => vec![("*".to_string(), vec!["*".to_string()])],
                Some(map) => {
                    map.iter().map(|(kind, names)| (kind.to_string(), reversed(list(names)))).collect()
                }
            };
            statement.set(element, principals(found));
        }
        let tests = given.get("Condition").and_then(Value::as_map).into_iter().flatten();
        let found = tests.flat_map(|(test, keys)| {
            let keys = keys.as_map().into_iter().flatten();
            keys.map(|(key, values)| (test.to_string(), key.to_string(), list(values))).collect::<Vec<_>>()
        });
        statement.set("Condition", conditions(found.collect()));
        document.statements.push(statement);
    }
    Ok(document)
}

/// One text or several; flags and numbers are their texts.
fn list(value: &Value) -> Vec<String> {
    let one = std::slice::from_ref(value);
    let text = |item: &Value| match (item.as_str(), item.as_bool(), item.as_number()) {
        (Some(text), ..) => Some(text.to_string()),
        (_, Some(flag), _) => Some(flag.to_string()),
        (.., Some(number)) => Some(number.to_string()),
        _ => None,
    };
    value.as_items().unwrap_or(one).iter().filter_map(text).collect()
}

fn tree(value: &Value) -> Tree {
    match (value.as_str(), value.as_items()) {
        (Some(text), _) => Tree::Text(text.to_string()),
        _ => Tree::List(list(value).into_iter().map(Tree::Text).collect()),
    }
}

impl Tree {
    /// Compactly, or with line breaks from a depth on.
    fn write(&self, depth: Option<usize>, out: &mut String) {
        let inner = depth.map(|depth| depth + 1);
        let line = |depth: Option<usize>, out: &mut String| {
            if let Some(depth) = depth {
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
            }
        };
        match self {
            Self::Text(text) => quoted(text, out),
            Self::List(items) if items.is_empty() => out.push_str("[]"),
            Self::Object(entries) if entries.is_empty() => out.push_str("{}"),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    line(inner, out);
                    item.write(inner, out);
                }
                line(depth, out);
                out.push(']');
            }
            Self::Object(entries) => {
                out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    line(inner, out);
                    quoted(key, out);
                    out.push_str(if depth.is_some() { ": " } else { ":" });
                    value.write(inner, out);
                }
                line(depth, out);
                out.push('}');
            }
        }
    }
}

/// A text in quotes, with what Go's JSON escapes.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Value {
        Value::list(texts.iter().map(|text| Value::from(*text)).collect())
    }

    fn statement(entries: Vec<(&'static str, Value)>) -> Value {
        Value::object(std::iter::once(("effect", Value::from("Allow"))).chain(entries))
    }

    fn block(entries: Vec<(&'static str, Value)>) -> Map {
        let version = ("version", Value::from("2012-10-17"));
        std::iter::once(version).chain(entries).map(|(name, value)| (name.into(), value)).collect()
    }

    /// The example of Terraform's documentation, and its text there.
    #[test]
    fn as_terraform_writes_it() {
        let condition = Value::object([
            ("test", Value::from("StringLike")),
            ("variable", Value::from("s3:prefix")),
            ("values", list(&["", "home/", "home/&{aws:username}/"])),
        ]);
        let principal = |kind: &str, names: &[&str]| {
            Value::object([("type", Value::from(kind)), ("identifiers", list(names))])
        };
        let document = block(vec![(
            "statement",
            Value::list(vec![
                statement(vec![
                    ("sid", Value::from("1")),
                    ("actions", list(&["s3:GetBucketLocation", "s3:ListAllMyBuckets"])),
                    ("resources", list(&["arn:aws:s3:::*"])),
                ]),
                statement(vec![
                    ("actions", list(&["s3:ListBucket"])),
                    ("resources", list(&["arn:aws:s3:::bucket"])),
                    ("condition", Value::list(vec![condition])),
                    (
                        "principals",
                        Value::list(vec![principal("AWS", &["a", "b"]), principal("AWS", &["c"])]),
                    ),
                ]),
                statement(vec![
                    ("actions", list(&["s3:*"])),
                    ("resources", list(&["arn:aws:s3:::bucket/home/&{aws:username}"])),
                    ("not_principals", Value::list(vec![principal("*", &["*"])])),
                ]),
            ]),
        )]);
        let text = text(&document).expect("a document");
        let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "1",
      "Effect": "Allow",
      "Action": [
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation"
      ],
      "Resource": "arn:aws:s3:::*"
    },
    {
      "Effect": "Allow",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::bucket",
      "Principal": {
        "AWS": [
          "b",
          "a",
          "c"
        ]
      },
      "Condition": {
        "StringLike": {
          "s3:prefix": [
            "",
            "home/",
            "home/${aws:username}/"
          ]
        }
      }
    },
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": "arn:aws:s3:::bucket/home/${aws:username}",
      "NotPrincipal": "*"
    }
  ]
}"#;
        assert_eq!(text.json, expected);
        let compact = |text: &str| text.parse::<serde_json::Value>().expect("JSON");
        assert_eq!(compact(&text.minified), compact(expected));
        assert!(!text.minified.contains([' ', '\n']), "{}", text.minified);
    }

    #[test]
    fn documents_are_merged_by_sid() {
        let named = |sid: &str, action: &str| {
            statement(vec![
                ("sid", Value::from(sid)),
                ("actions", list(&[action])),
                ("resources", list(&["*"])),
            ])
        };
        let source = r#"{"Version":"2008-10-17","Id":"first","Statement":[
            {"Sid":"a","Effect":"Allow","Action":"a:source","Resource":"*"},
            {"Sid":"b","Effect":"Allow","Action":["b:y","b:x"],"Resource":"*","Principal":{"AWS":["1","2"]}},
            {"Effect":"Deny","Action":"c:source","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}]}"#;
        let over = r#"{"Statement":{"Sid":"b","Effect":"Deny","Action":"b:override","Resource":"<*>&"}}"#;
        let document = block(vec![
            ("source_policy_documents", list(&[source])),
            ("override_policy_documents", list(&[over])),
            ("statement", Value::list(vec![named("a", "a:own"), named("d", "d:own")])),
        ]);
        assert_eq!(
            text(&document).expect("a document").minified,
            concat!(
                r#"{"Version":"2012-10-17","Id":"first","Statement":["#,
                r#"{"Sid":"a","Effect":"Allow","Action":"a:own","Resource":"*"},"#,
                r#"{"Sid":"b","Effect":"Deny","Action":"b:override","Resource":"\u003c*\u003e\u0026"},"#,
                r#"{"Effect":"Deny","Action":"c:source","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},"#,
                r#"{"Sid":"d","Effect":"Allow","Action":"d:own","Resource":"*"}]}"#
            )
        );
        // From a source alone: actions stay in order, principals go backwards.
        let alone = text(&block(vec![("source_policy_documents", list(&[source]))])).expect("a document");
        assert!(
            alone.minified.contains(r#""Action":["b:y","b:x"],"Resource":"*","Principal":{"AWS":["2","1"]}"#)
        );
        assert_eq!(text(&block(Vec::new())).expect("a document").minified, r#"{"Version":"2012-10-17"}"#);
    }

    #[test]
    fn says_what_is_no_document() {
        let twice = r#"{"Statement":[{"Sid":"a","Effect":"Allow"},{"Sid":"a","Effect":"Deny"}]}"#;
        let same = || statement(vec![("sid", Value::from("x"))]);
        let old = statement(vec![("resources", list(&["a&{b}"]))]);
        for (document, problem) in [
            (block(vec![("source_policy_documents", list(&[twice]))]), "the sid \"a\" is there already"),
            (
                block(vec![("override_policy_documents", list(&["{"]))]),
                "override_policy_documents[0]: not valid JSON",
            ),
            (block(vec![("source_policy_documents", list(&["[]"]))]), "is an object"),
            (block(vec![("source_policy_documents", list(&[""]))]), "it is empty"),
            (
                block(vec![("statement", Value::list(vec![same(), same()]))]),
                "two statements have the sid \"x\"",
            ),
            (
                block(vec![("version", Value::from("2008-10-17")), ("statement", Value::list(vec![old]))]),
                "which version 2008-10-17 does not know",
            ),
        ] {
            let found = text(&document).expect_err(problem);
            assert!(found.contains(problem), "{found}");
        }
    }
}
