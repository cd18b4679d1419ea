//! Files and paths. Contents are asked as wants, so that a plan can replay them.

use super::{Cx, Error, Function, Param, Ty, argument, function, param, string, text};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::lang::ast::{Expr, Kind};
use crate::lang::eval::{Env, Evaluator, Inputs, Outcome, Scope, fail};
use crate::lang::{references, syntax};
use crate::value::{Data, Map, Type, Value, Want};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

const PATH: Param = param("path", Ty::String);
const VARS: Param = param("vars", Ty::Any).shallow();

pub(super) const FUNCTIONS: &[Function] = &[
    function("abspath", &[PATH], Ty::String, abspath),
    function("basename", &[PATH], Ty::String, |_, args| Ok(Value::string(basename(text(args, 0))))),
    function("dirname", &[PATH], Ty::String, |_, args| Ok(Value::string(dirname(text(args, 0))))),
    function("file", &[PATH], Ty::String, |cx, args| content(cx, text(args, 0))),
    function("filebase64", &[PATH], Ty::String, |cx, args| {
        Ok(match bytes(cx, text(args, 0))? {
            Ok(bytes) => Value::string(BASE64_STANDARD.encode(bytes)),
            Err(pending) => pending,
        })
    }),
    function("fileexists", &[PATH], Ty::Bool, |cx, args| {
        Ok(match ask(cx, Want::File(normal(text(args, 0)).into()), Type::Bool)? {
            answer if answer.is_unknown() => answer,
            answer => Value::from(!answer.is_null()),
        })
    }),
    function("fileset", &[PATH, param("pattern", Ty::String)], Ty::StringSet, fileset),
    function("pathexpand", &[PATH], Ty::String, pathexpand),
    function("templatefile", &[PATH, VARS], Ty::String, templatefile),
    function("templatestring", &[param("ref", Ty::String), VARS], Ty::String, |_, _| Ok(Value::NULL))
        .syntax(templatestring),
];

/// The answer to a want: a value, null for what is absent, or the unknown that stands for it.
fn ask(cx: &Cx, want: Want, ty: Type) -> Result<Value, Error> {
    match cx.evaluator.scope.ask(&want) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Ok(Value::pending(ty, [want])),
        Err(mut refusal) => {
            refusal.span = refusal.span.or(Some(cx.span));
            Err(Error::Diagnostics(fail(*refusal)))
        }
    }
}

/// The bytes of a file, or the unknown that stands for them.
pub(super) fn bytes(cx: &Cx, path: &str) -> Result<Result<Vec<u8>, Value>, Error> {
    let path = normal(path);
    let answer = ask(cx, Want::File(path.as_str().into()), Type::String)?;
    match answer.data() {
        Data::Unknown(_) => Ok(Err(answer)),
        Data::String(text) => Ok(Ok(text.as_bytes().to_vec())),
        Data::Null => argument(0, format!("no file exists at {path:?}")),
        _ => match answer.get("base64").and_then(Value::as_str).map(|text| BASE64_STANDARD.decode(text)) {
            Some(Ok(bytes)) => Ok(Ok(bytes)),
            _ => argument(0, format!("{path:?} could not be read")),
        },
    }
}

fn content(cx: &Cx, path: &str) -> Result<Value, Error> {
    match bytes(cx, path)? {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Value::string(text)),
            Err(_) => argument(
                0,
                format!("contents of {path:?} are not valid UTF-8; filebase64 reads them as Base64"),
            ),
        },
        Err(pending) => Ok(pending),
    }
}

/// The path without `.`, `..` and doubled separators, where that can be said from the text.
pub(super) fn normal(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_string(),
        (false, false) => parts.join("/"),
    }
}

fn basename(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".".to_string(),
        (false, true) => "/".to_string(),
        _ => trimmed.rsplit('/').next().unwrap_or_default().to_string(),
    }
}

fn dirname(path: &str) -> String {
    match path.rfind('/') {
        None => ".".to_string(),
        Some(at) => normal(&path[..=at]),
    }
}

fn abspath(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let path = text(args, 0);
    if path.starts_with('/') {
        return Ok(Value::string(normal(path)));
    }
    let (cwd, _) = cx.evaluator.scope.lookup("path", &["cwd"], cx.span).map_err(|error| fail(*error))?;
    match cwd.as_str() {
        Some(cwd) => Ok(Value::string(normal(&format!("{cwd}/{path}")))),
        None => Err("the working directory is not known here".into()),
    }
}

fn pathexpand(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let path = text(args, 0);
    let Some(rest) = path.strip_prefix('~') else { return Ok(Value::string(path)) };
    if !rest.is_empty() && !rest.starts_with('/') {
        return argument(0, "cannot expand user-specific home dir");
    }
    match cx.evaluator.scope.inputs().and_then(|inputs| inputs.home.as_deref()) {
        Some(home) => Ok(Value::string(format!("{}{rest}", home.trim_end_matches('/')))),
        None => Err("the home directory is not known here".into()),
    }
}

fn fileset(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (path, glob_text) = (normal(text(args, 0)), text(args, 1));
    let pattern = string::compile(&glob(glob_text)?, 1)?;
    // A pattern without ** reaches no further down than it has separators.
    let levels = match glob_text.contains("**") {
        true => None,
        false => u32::try_from(glob_text.matches('/').count() + 1).ok(),
    };
    let files = ask(cx, Want::Directory { path: path.into(), levels }, Type::set(Type::String))?;
    if files.is_unknown() {
        return Ok(files);
    }
    let found: Vec<Value> = files
        .as_items()
        .unwrap_or_default()
        .iter()
        .filter(|file| file.as_str().is_some_and(|file| pattern.is_match(file)))
        .cloned()
        .collect();
    Ok(Value::set(found))
}

/// A glob as a regular expression: `*`, `**`, `?`, `[…]`, `{a,b}`, and `\` to escape.
fn glob(pattern: &str) -> Result<String, Error> {
    let mut output = String::from("^");
    let mut chars = pattern.chars().peekable();
    let mut alternatives = 0u32;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                if chars.peek() == Some(&'/') {
                    chars.next();
                    output.push_str("(?:.*/)?");
                } else {
                    output.push_str(".*");
                }
            }
            '*' => output.push_str("[^/]*"),
            '?' => output.push_str("[^/]"),
            '{' => {
                alternatives += 1;
                output.push_str("(?:");
            }
            '}' if alternatives > 0 => {
                alternatives -= 1;
                output.push(')');
            }
            ',' if alternatives > 0 => output.push('|'),
            '[' => {
                output.push('[');
                if chars.peek().is_some_and(|c| *c == '^' || *c == '!') {
                    chars.next();
                    output.push('^');
                }
                let mut closed = false;
                while let Some(c) = chars.next() {
                    match c {
                        ']' => {
                            closed = true;
                            break;
                        }
                        '\\' => output.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
                        '-' => output.push('-'),
                        c => output.push_str(&regex::escape(&c.to_string())),
                    }
                }
                if !closed {
                    return argument(1, "syntax error in pattern: a \"[\" is not closed");
                }
                output.push(']');
            }
            '\\' => output.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            c => output.push_str(&regex::escape(&c.to_string())),
        }
    }
    if alternatives > 0 {
        return argument(1, "syntax error in pattern: a \"{\" is not closed");
    }
    Ok(output + "$")
}

/// What a template sees: its variables, and the outside through the caller's scope.
struct TemplateScope<'a> {
    vars: &'a Map,
    /// Text from elsewhere must not read files.
    files: bool,
    outer: &'a dyn Scope,
    /// The call that expands the template.
    call: Span,
}

impl Scope for TemplateScope<'_> {
    fn lookup(&self, root: &str, _: &[&str], span: Span) -> Result<(Value, usize), Box<Diagnostic>> {
        match self.vars.get(root) {
            Some(value) => Ok((value.clone(), 0)),
            None => Err(Box::new(
                Diagnostic::error("unknown-reference", format!("vars map does not contain key \"{root}\""))
                    .at(span)
                    .help(crate::diagnostic::did_you_mean(root, self.vars.keys().map(|key| &**key))),
            )),
        }
    }

    fn ask(&self, want: &Want) -> Result<Option<Value>, Box<Diagnostic>> {
        if self.files {
            return self.outer.ask(want);
        }
        Err(Box::new(
            Diagnostic::error("function-call", "A template of templatestring cannot read files")
                .help("pass what the function gives as a template variable instead"),
        ))
    }

    fn inputs(&self) -> Option<&Inputs> {
        self.outer.inputs()
    }

    fn instance(&self) -> String {
        format!("{}|{}:{}", self.outer.instance(), self.call.file.0, self.call.start)
    }
}

fn templatefile(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let path = text(args, 0);
    let Some(vars) = args[1].as_map() else {
        return argument(1, "invalid vars value: must be a map");
    };
    let template = content(cx, path)?;
    match template.as_str() {
        Some(template) => expand(cx, path, template, vars, true),
        None => Ok(template),
    }
}

fn templatestring(cx: &Cx, env: Option<&Env>) -> Outcome {
    let fail_at = |expr: &Expr, message: &str| {
        Err(fail(Diagnostic::error("function-argument", message.to_string()).at(expr.span())))
    };
    let [template, vars]: &[Expr; 2] = cx.call.args.as_slice().try_into().map_err(|_| {
        fail(
            Diagnostic::error("function-argument", "templatestring takes a template and its variables")
                .at(cx.span)
                .help("the function is templatestring(template, vars)"),
        )
    })?;
    if references::as_reference(template).is_none() && !matches!(template.kind(), Kind::Traversal { .. }) {
        return fail_at(
            template,
            "Invalid template expression: must be a direct reference to a single string from elsewhere",
        );
    }
    let given = cx.evaluator.eval(template, env)?;
    let vars_value = cx.evaluator.eval(vars, env)?;
    let sensitive = given.is_sensitive() || vars_value.is_sensitive();
    if given.is_unknown() || vars_value.is_unknown() {
        return Ok(super::unknown_because(Type::String, [&given, &vars_value]).mark(sensitive));
    }
    let Some(source) = given.as_str() else {
        return fail_at(template, "Invalid template value: a string is required");
    };
    let Some(map) = vars_value.as_map() else {
        return fail_at(vars, "Invalid vars value: must be a map");
    };
    match expand(cx, "the template", source, map, false) {
        Ok(value) => Ok(value.mark(sensitive)),
        Err(Error::Diagnostics(errors)) => Err(errors),
        Err(Error::Call(message) | Error::Argument(_, message)) => fail_at(template, &message),
    }
}

/// Evaluates template text. Its spans mean nothing to the caller, so errors carry the line in words.
fn expand(cx: &Cx, name: &str, source: &str, vars: &Map, files: bool) -> Result<Value, Error> {
    if cx.evaluator.depth.get() > 0 {
        return Err("a template cannot call templatefile or templatestring itself".into());
    }
    let located = |diagnostic: Diagnostic| {
        let at = diagnostic.span.map_or(0, |span| span.start as usize).min(source.len());
        let before = &source.as_bytes()[..at];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = at - before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) + 1;
        Diagnostic {
            message: format!("{name}:{line},{column}: {}", diagnostic.message),
            span: Some(cx.span),
            ..diagnostic
        }
    };
    let scope = TemplateScope { vars, files, outer: cx.evaluator.scope, call: cx.span };
    let result = syntax::parse_template(FileId(u32::MAX), source).and_then(|template| {
        let inner = Evaluator::within(cx.evaluator, &scope);
        let result = inner.eval(&template, None);
        cx.evaluator.return_from(&inner);
        result
    });
    match result {
        Ok(value) if value.is_null() => Err("the template's result is null".into()),
        Ok(value) => string::to_string(&value)
            .map_err(|message| Error::Call(format!("the template's result is not a string: {message}"))),
        Err(errors) => Err(Error::Diagnostics(errors.into_iter().map(located).collect())),
    }
}
