//! Reads Rust source as far as these tests need it: which paths and macros it names.

use std::collections::BTreeSet;

/// The paths and macros of one file.
#[derive(Default)]
pub struct Code {
    pub names: BTreeSet<String>,
    pub macros: BTreeSet<String>,
}

impl Code {
    pub fn new(text: &str, path: &str) -> Self {
        let tokens = tokens(text);
        let mut code = Self::default();
        let mut module: Vec<String> = path
            .trim_end_matches(".rs")
            .trim_end_matches("/mod")
            .split('/')
            .filter(|part| !["lib", "main"].contains(part))
            .map(str::to_string)
            .collect();
        // Inline modules: the depth of braces each was opened at.
        let mut depth = 0usize;
        let mut inline: Vec<usize> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        module.pop();
                    }
                }
                "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                    module.push(tokens[at + 1].clone());
                    inline.push(depth);
                    depth += 1;
                    at += 2;
                }
                "use" => {
                    let mut end = at + 1;
                    while tokens.get(end).is_some_and(|token| token != ";") {
                        end += 1;
                    }
                    let mut names = Vec::new();
                    tree(&tokens[at + 1..end], &mut 0, "", &mut names);
                    code.names.extend(names.iter().map(|name| resolved(name, &module)));
                    at = end;
                }
                word if is_word(word) => {
                    let mut name = word.to_string();
                    while tokens.get(at + 1).is_some_and(|token| token == "::")
                        && tokens.get(at + 2).is_some_and(|token| is_word(token))
                    {
                        name = format!("{name}::{}", tokens[at + 2]);
                        at += 2;
                    }
                    if tokens.get(at + 1).is_some_and(|token| token == "!") {
                        code.macros.insert(name.rsplit("::").next().unwrap_or(&name).to_string());
                    }
                    if name.contains("::") {
                        code.names.insert(resolved(&name, &module));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        code
    }
}

/// The paths of a use tree: `std::{fs, io::Read as _}` is `std::fs` and `std::io::Read`.
fn tree(tokens: &[String], at: &mut usize, prefix: &str, found: &mut Vec<String>) {
    let join = |prefix: &str, word: &str| match (prefix, word) {
        ("", word) => word.to_string(),
        (prefix, "self" | "*") => prefix.to_string(),
        (prefix, word) => format!("{prefix}::{word}"),
    };
    let mut path = prefix.to_string();
    let mut whole = true;
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token.as_str() {
            "{" => {
                whole = false;
                tree(tokens, at, &path, found);
            }
            "}" => break,
            "," => {
                if whole && path != prefix {
                    found.push(path);
                }
                path = prefix.to_string();
                whole = true;
            }
            "as" => *at += 1,
            "::" => {}
            word => {
                let named = matches!(word, "self" | "*") && !path.is_empty();
                path = join(&path, word);
                if named {
                    whole = false;
                    found.push(path.clone());
                }
            }
        }
    }
    if whole && path != prefix {
        found.push(path);
    }
}

/// A path from the crate's root on, if it begins with `self` or `super`.
fn resolved(name: &str, module: &[String]) -> String {
    let mut module = module.to_vec();
    let mut parts = name.split("::").peekable();
    let mut relative = false;
    while let Some(part) = parts.peek() {
        match *part {
            "self" => {}
            "super" => {
                module.pop();
            }
            _ => break,
        }
        relative = true;
        parts.next();
    }
    if !relative {
        return name.to_string();
    }
    let rest = parts.map(str::to_string);
    std::iter::once("crate".to_string()).chain(module).chain(rest).collect::<Vec<_>>().join("::")
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words and punctuation, without comments, texts and lifetimes; `::` is one token.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let get = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match get(at) {
            '/' if get(at + 1) == '/' => {
                while at < chars.len() && get(at) != '\n' {
                    at += 1;
                }
            }
            '/' if get(at + 1) == '*' => {
                while at < chars.len() && !(get(at) == '*' && get(at + 1) == '/') {
                    at += 1;
                }
                at += 2;
            }
            '"' => at = after_text(&chars, at),
            'r' | 'b' if raw_text(&chars, at).is_some() => at = raw_text(&chars, at).unwrap_or(at + 1),
            // A character, or the name of a lifetime.
            '\'' if get(at + 1) == '\\' => {
                at += 3;
                while at < chars.len() && get(at) != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' if get(at + 2) == '\'' => at += 3,
            '\'' => at += 1,
            c if c.is_alphanumeric() || c == '_' => {
                let start = at;
                while get(at).is_alphanumeric() || get(at) == '_' {
                    at += 1;
                }
                tokens.push(chars[start..at].iter().collect());
            }
            ':' if get(at + 1) == ':' => {
                tokens.push("::".to_string());
                at += 2;
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(c.to_string());
                }
                at += 1;
            }
        }
    }
    tokens
}

/// Where a quoted text that begins at `at` is over.
fn after_text(chars: &[char], mut at: usize) -> usize {
    at += 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Where a text with a prefix (`r"…"`, `r#"…"#`, `b"…"`) is over, if one begins here.
fn raw_text(chars: &[char], at: usize) -> Option<usize> {
    if at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') {
        return None;
    }
    let mut next = at;
    let mut raw = false;
    while matches!(chars.get(next), Some('r' | 'b' | 'c')) && next < at + 2 {
        raw |= chars[next] == 'r';
        next += 1;
    }
    if !raw {
        return (chars.get(next) == Some(&'"')).then(|| after_text(chars, next));
    }
    let hashes = chars[next..].iter().take_while(|c| **c == '#').count();
    next += hashes;
    if chars.get(next) != Some(&'"') {
        return None;
    }
    next += 1;
    while next < chars.len() {
        let closes = chars[next] == '"'
            && chars[next + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        if closes {
            return Some(next + 1 + hashes);
        }
        next += 1;
    }
    Some(next)
}

#[test]
fn the_reader_of_source_sees_what_is_there() {
    let text = r##"
        //! crate::comment::x
        use std::{collections::BTreeMap, fs::{self, File as F}, net::*};
        use super::super::live::Fact;
        fn f<'a>(x: &'a str) -> char {
            let _ = ("crate::text::x", r#"dbg!("crate::raw::x")"#, b'\'', '"', std::env::var("x"), env!("Y"));
            crate::plan::build::<u8>();
            'x'
        }
        mod tests { use super::inner::Thing; mod deeper { use super::super::Up; } }
        use self::own::Mine;
    "##;
    let code = Code::new(text, "stack/evaluate.rs");
    let names: Vec<&str> = code.names.iter().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "crate::live::Fact",
            "crate::plan::build",
            "crate::stack::evaluate::Up",
            "crate::stack::evaluate::inner::Thing",
            "crate::stack::evaluate::own::Mine",
            "std::collections::BTreeMap",
            "std::env::var",
            "std::fs",
            "std::fs::File",
            "std::net",
        ]
    );
    assert_eq!(code.macros.into_iter().collect::<Vec<_>>(), ["env"]);
}
