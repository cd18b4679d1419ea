//! What the corpus' expressions can see; `testdata/lang/README.md` lists it.

use eksform::diagnostic::{Diagnostic, Span, did_you_mean};
use eksform::lang::eval::{Inputs, Scope};
use eksform::value::{Address, Data, Path, Type, Value, Want};

pub struct CorpusScope {
    inputs: Inputs,
    vars: Value,
    secrets: Value,
}

impl Default for CorpusScope {
    fn default() -> Self {
        let text = |text: &str| Value::from(text);
        let list = |items: &[&str]| Value::list(items.iter().map(|item| text(item)).collect());
        let vars = Value::object([
            ("s", text("hello")),
            ("empty", text("")),
            ("n", Value::from(5)),
            ("zero", Value::from(0)),
            ("t", Value::from(true)),
            ("f", Value::from(false)),
            ("null", Value::NULL),
            ("list", list(&["a", "b", "c"])),
            ("set", Value::set(vec![text("c"), text("a"), text("b")])),
            ("map", Value::object([("a", text("x")), ("b", text("y"))])),
            (
                "users",
                Value::list(vec![
                    Value::object([("name", text("ann")), ("admin", Value::from(true))]),
                    Value::object([("name", text("bob")), ("admin", Value::from(false))]),
                ]),
            ),
            ("template", text("Hello ${name}!")),
            ("reader", text("${file(\"hello.txt\")}")),
        ]);
        let secrets = Value::object([
            ("s", text("secret").mark(true)),
            ("n", Value::from(7).mark(true)),
            ("list", list(&["p", "q"]).mark(true)),
            ("inside", Value::object([("open", text("o")), ("hidden", text("h").mark(true))])),
        ]);
        let inputs = Inputs { now: 1_700_000_000, seed: 1, home: Some("/home/ann".into()) };
        Self { inputs, vars, secrets }
    }
}

/// The unknowns, all for the same reason: an attribute of `addon.x` exists only after apply.
fn unknown(name: &str) -> Option<Value> {
    let ty = match name {
        "any" => Type::Any,
        "string" => Type::String,
        "number" => Type::Number,
        "bool" => Type::Bool,
        "list" => Type::list(Type::String),
        "set" => Type::set(Type::String),
        "map" => Type::map(Type::String),
        _ => return None,
    };
    Some(Value::after_apply(ty, Address::root("addon", "x"), Path::attribute("arn")))
}

impl Scope for CorpusScope {
    fn lookup(&self, root: &str, attrs: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        let found = match (root, attrs.first()) {
            ("var", Some(name)) => self.vars.get(name).cloned(),
            ("secret", Some(name)) => self.secrets.get(name).cloned(),
            ("unknown", Some(name)) => unknown(name),
            ("path", Some(&"cwd")) => Some(Value::from("/srv")),
            ("path", Some(&("module" | "root"))) => Some(Value::from(".")),
            ("addon", Some(&"vpc-cni")) => Some(Value::object([("arn", Value::from("arn:addon"))])),
            _ => None,
        };
        match found {
            Some(value) => Ok((value, 1)),
            None => Err(Box::new(
                Diagnostic::error("unknown-reference", format!("There is no {root} here"))
                    .at(span)
                    .help(did_you_mean(root, ["var", "secret", "unknown", "path", "addon"])),
            )),
        }
    }

    fn ask(&self, want: &Want) -> Result<Option<Value>, Box<Diagnostic>> {
        Ok(Some(match want {
            Want::File(path) => match &**path {
                "hello.txt" => Value::from("Hello\n"),
                "name.tftpl" => Value::from("Hello, ${name}!"),
                "list.tftpl" => Value::from("%{ for x in xs ~}\nitem ${x}\n%{ endfor ~}\n"),
                "nested.tftpl" => Value::from("${templatefile(\"name.tftpl\", { name = \"x\" })}"),
                "only.tftpl" => Value::from("${a}"),
                "broken.tftpl" => Value::from("a\n${b"),
                "binary" => Value::object([("base64", Value::from("/wA="))]),
                "pending" => return Ok(None),
                "denied" => return Err(Box::new(Diagnostic::error("file", "permission denied"))),
                _ => Value::NULL,
            },
            Want::Directory { path, .. } => match &**path {
                "files" => {
                    Value::list(["a.txt", "b.yaml", "sub/c.txt", "sub/deep/d.txt"].map(Value::from).to_vec())
                }
                _ => Value::list(Vec::new()),
            },
            _ => return Ok(None),
        }))
    }

    fn inputs(&self) -> Option<&Inputs> {
        Some(&self.inputs)
    }
}

/// A value with everything that counts: marks, types of unknowns, lists apart from sets.
pub fn show(value: &Value) -> String {
    let plain = match value.data() {
        Data::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Data::Set(items) => format!("set[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Data::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, item)| format!("{key:?} = {}", show(item))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Data::Unknown(unknown) => {
            let why = match (unknown.after.len(), unknown.pending.len()) {
                (0, 0) => " for no reason",
                (_, 0) => "",
                (0, _) => " pending",
                _ => " and pending",
            };
            format!("unknown({}{why})", unknown.ty)
        }
        _ => format!("{value:?}", value = value.clone().unmark()),
    };
    if value.is_sensitive() { format!("sensitive({plain})") } else { plain }
}
