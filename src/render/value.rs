//! Values as HCL text that could be read back, for outputs.

use super::literal::{SENSITIVE, UNKNOWN, bare_key, heredoc, quote};
use super::page::{assign, width};
use super::style::{Style, paint};
use crate::value::{Data, Value};

/// The HCL text of a value. Its first line starts where it is put; the others are indented by `indent`
/// columns. No line break at the end.
pub fn value(value: &Value, indent: usize, style: Style) -> String {
    if value.is_sensitive() {
        return paint(style.faint, SENSITIVE);
    }
    let margin = " ".repeat(indent);
    let inner = indent + 2;
    let item = |item: &Value| format!("{margin}  {},\n", self::value(item, inner, style));
    match value.data() {
        Data::Null => "null".to_string(),
        Data::Bool(value) => value.to_string(),
        Data::Number(number) => number.to_string(),
        Data::String(text) => match heredoc(value).filter(|_| reads_back(text)) {
            Some(lines) => {
                let lines: String = lines.iter().map(|line| indented(&margin, line)).collect();
                format!("<<-EOT\n{lines}{margin}EOT")
            }
            None => quote(text),
        },
        Data::Unknown(_) => paint(style.faint, UNKNOWN),
        Data::List(items) if items.is_empty() => "[]".to_string(),
        Data::Set(items) if items.is_empty() => "toset([])".to_string(),
        Data::Map(map) if map.is_empty() => "{}".to_string(),
        Data::List(items) => format!("[\n{}{margin}]", items.iter().map(item).collect::<String>()),
        Data::Set(items) => format!("toset([\n{}{margin}])", items.iter().map(item).collect::<String>()),
        Data::Map(map) => {
            let widest = map.keys().map(|key| width(&quote(key))).max().unwrap_or(0);
            let entry = |key: &str, item| {
                format!("{margin}  {}{}\n", assign(&quote(key), widest), self::value(item, inner, style))
            };
            format!("{{\n{}{margin}}}", map.iter().map(|(key, item)| entry(key, item)).collect::<String>())
        }
    }
}

/// `name = value` for each output under a heading; empty if there are none.
pub fn outputs<'a>(outputs: impl IntoIterator<Item = (&'a str, &'a Value)>, style: Style) -> String {
    let list = output_list(outputs, style);
    if list.is_empty() { list } else { format!("{}\n\n{list}", paint(style.strong, "Outputs:")) }
}

/// `name = value` for each output.
pub fn output_list<'a>(outputs: impl IntoIterator<Item = (&'a str, &'a Value)>, style: Style) -> String {
    let line = |(name, output)| format!("{} = {}\n", bare_key(name), value(output, 0, style));
    outputs.into_iter().map(line).collect()
}

fn indented(margin: &str, line: &str) -> String {
    if line.is_empty() { "\n".to_string() } else { format!("{margin}{line}\n") }
}

/// Whether an indented heredoc means the very text: it ends in a line break, some line stands at the
/// margin, and nothing in it is read as something else.
fn reads_back(text: &str) -> bool {
    text.ends_with('\n')
        && text.lines().any(|line| line.starts_with(|c: char| !c.is_whitespace()))
        && !text.lines().any(|line| line.trim() == "EOT")
        && !["${", "%{"].iter().any(|template| text.contains(template))
}
