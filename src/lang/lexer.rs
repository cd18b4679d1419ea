//! HCL tokens with their byte ranges. The parser does not need them; recovery from syntax errors and
//! formatting do. Every byte that is no blank belongs to a token.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ident,
    Number,
    /// With the line break that ends it, if it is a line comment.
    Comment,
    Newline,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    OpenQuote,
    CloseQuote,
    QuotedText,
    /// `<<EOT` with the line break after it.
    OpenHeredoc,
    /// The end marker with the blanks before it.
    CloseHeredoc,
    /// One line of a heredoc, or a part of one.
    HeredocText,
    /// `${` or `${~`
    Interpolation,
    /// `%{` or `%{~`
    Control,
    /// The `}` or `~}` that ends either.
    TemplateEnd,
    Dot,
    Comma,
    Ellipsis,
    Arrow,
    Question,
    Colon,
    DoubleColon,
    Equal,
    Minus,
    Bang,
    Star,
    /// Other arithmetic operators.
    Arithmetic,
    /// `==` and the like.
    Comparison,
    Logical,
    Invalid,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
}

/// What does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unterminated {
    String,
    Heredoc,
    Comment,
    Template,
    /// A `%{ if }` or `%{ for }`, by its keyword, whose text ends before the directive does.
    Directive(&'static str),
}

/// The tokens of a text, and what in it does not end, with the bytes where it starts.
pub(crate) struct Lexed {
    pub tokens: Vec<Token>,
    pub unterminated: Vec<(Unterminated, Range<usize>)>,
}

enum Mode<'t> {
    /// Code; the number of `{` open in it. At the bottom it is the file, above the inside of `${…}`.
    Code {
        braces: usize,
        start: usize,
    },
    Quoted {
        start: usize,
        directives: Directives,
    },
    Heredoc {
        /// Nothing, if the text is a template as a whole: it goes on to its end.
        marker: Option<&'t str>,
        start: Range<usize>,
        directives: Directives,
    },
}

/// The directives that are open in a text, by keyword, with their `%{`.
type Directives = Vec<(&'static str, Range<usize>)>;

pub(crate) fn lex(text: &str) -> Lexed {
    run(text, vec![Mode::Code { braces: 0, start: 0 }])
}

/// Reads text that is a template as a whole; that it has no end marker is no fault of it.
pub(super) fn lex_template(text: &str) -> Lexed {
    let template = Mode::Heredoc { marker: None, start: 0..0, directives: Vec::new() };
    let mut lexed = run(text, vec![Mode::Code { braces: 0, start: 0 }, template]);
    lexed.unterminated.retain(|(what, _)| *what != Unterminated::Heredoc);
    lexed
}

fn run<'t>(text: &'t str, modes: Vec<Mode<'t>>) -> Lexed {
    let mut lexer = Lexer { text, at: 0, modes, out: Lexed { tokens: Vec::new(), unterminated: Vec::new() } };
    while lexer.at < text.len() {
        let before = lexer.at;
        match lexer.modes.last() {
            Some(Mode::Quoted { start, .. }) => lexer.quoted(*start),
            Some(Mode::Heredoc { marker, .. }) => lexer.heredoc(*marker),
            _ => lexer.code(),
        }
        debug_assert!(lexer.at > before, "the lexer stands still at {before}");
        if lexer.at == before {
            lexer.at += 1;
        }
    }
    lexer.give_up();
    lexer.out
}

/// Where the comments of a text stand, line breaks not included.
pub fn comments(text: &str) -> Vec<Range<usize>> {
    let comments = lex(text).tokens.into_iter().filter(|token| token.kind == Kind::Comment);
    comments.map(|token| token.range.start..token.range.start + text[token.range].trim_end().len()).collect()
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    modes: Vec<Mode<'t>>,
    out: Lexed,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn token(&mut self, kind: Kind, length: usize) {
        self.out.tokens.push(Token { kind, range: self.at..self.at + length });
        self.at += length;
    }

    fn code(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            ' ' | '\t' => self.at += 1,
            '\r' if rest.starts_with("\r\n") => self.token(Kind::Newline, 2),
            '\n' => self.token(Kind::Newline, 1),
            '#' => self.line_comment(),
            '/' if rest.starts_with("//") => self.line_comment(),
            '/' if rest.starts_with("/*") => match rest.find("*/") {
                // "/*/" does not end itself.
                Some(end) if end >= 2 => self.token(Kind::Comment, end + 2),
                _ => {
                    let length = rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                    if length == rest.len() && !rest.ends_with("*/") {
                        self.out.unterminated.push((Unterminated::Comment, self.at..self.at + 2));
                    }
                    self.token(Kind::Comment, length);
                }
            },
            '"' => {
                self.modes.push(Mode::Quoted { start: self.at, directives: Vec::new() });
                self.token(Kind::OpenQuote, 1);
            }
            '<' if rest.starts_with("<<") => self.open_heredoc(),
            '{' => {
                if let Some(Mode::Code { braces, .. }) = self.modes.last_mut() {
                    *braces += 1;
                }
                self.token(Kind::OpenBrace, 1);
            }
            '~' if rest.starts_with("~}") && self.ends_template() => self.end_template(2),
            '}' if self.ends_template() => self.end_template(1),
            '}' => {
                if let Some(Mode::Code { braces, .. }) = self.modes.last_mut() {
                    *braces = braces.saturating_sub(1);
                }
                self.token(Kind::CloseBrace, 1);
            }
            '0'..='9' => {
                let length = number_length(rest);
                self.token(Kind::Number, length);
            }
            c if is_ident_start(c) => {
                let length = rest.find(|c| !is_ident_continue(c)).unwrap_or(rest.len());
                self.directive(&rest[..length]);
                self.token(Kind::Ident, length);
            }
            _ => {
                let (kind, length) = operator(rest);
                self.token(kind, length.max(1));
            }
        }
    }

    fn ends_template(&self) -> bool {
        self.modes.len() > 1 && matches!(self.modes.last(), Some(Mode::Code { braces: 0, .. }))
    }

    fn end_template(&mut self, length: usize) {
        self.modes.pop();
        self.token(Kind::TemplateEnd, length);
    }

    /// A word; right after `%{` it opens or closes a directive of the text around.
    fn directive(&mut self, word: &str) {
        let Some(Token { kind: Kind::Control, range }) = self.out.tokens.last() else { return };
        let [.., Mode::Quoted { directives, .. } | Mode::Heredoc { directives, .. }, _] =
            self.modes.as_mut_slice()
        else {
            return;
        };
        let innermost = directives.last().map(|(keyword, _)| *keyword);
        match (word, innermost) {
            ("if", _) => directives.push(("if", range.clone())),
            ("for", _) => directives.push(("for", range.clone())),
            ("endif", Some("if")) | ("endfor", Some("for")) => drop(directives.pop()),
            _ => {}
        }
    }

    /// Ends a text. A directive is closed in the text it is opened in: the parser looks for its end
    /// beyond that.
    fn end_text(&mut self) {
        if let Some(Mode::Quoted { directives, .. } | Mode::Heredoc { directives, .. }) = self.modes.pop() {
            let open = directives.into_iter().map(|(keyword, at)| (Unterminated::Directive(keyword), at));
            self.out.unterminated.extend(open);
        }
    }

    /// Goes back to the code of the file and says what was left open: a `${` without its `}` rather
    /// than the string around it or the one that seems to begin at its closing quote.
    fn give_up(&mut self) {
        let mut open = self.modes.drain(1..);
        let first = open.next();
        self.out.unterminated.extend(match (first, open.next()) {
            (_, Some(Mode::Code { start, .. })) | (Some(Mode::Code { start, .. }), _) => {
                Some((Unterminated::Template, start..start + 2))
            }
            (Some(Mode::Quoted { start, .. }), _) => Some((Unterminated::String, start..start + 1)),
            (Some(Mode::Heredoc { start, .. }), _) => Some((Unterminated::Heredoc, start)),
            (None, _) => None,
        });
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.token(Kind::Comment, length);
    }

    fn open_heredoc(&mut self) {
        let rest = self.rest();
        let name = rest[2..].strip_prefix('-').unwrap_or(&rest[2..]);
        let length = name.find(|c| !is_ident_continue(c)).unwrap_or(name.len());
        let after = name[length..].trim_start_matches([' ', '\t']);
        let after = after.strip_prefix('\r').unwrap_or(after);
        if length == 0 || !name.starts_with(is_ident_start) || !after.starts_with('\n') {
            self.token(Kind::Comparison, 1);
            return;
        }
        let whole = rest.len() - after.len() + 1;
        self.modes.push(Mode::Heredoc {
            marker: Some(&name[..length]),
            start: self.at..self.at + whole - 1,
            directives: Vec::new(),
        });
        self.token(Kind::OpenHeredoc, whole);
    }

    /// `${` or `%{` at the start of `rest`: begins code.
    fn begins_code(&mut self) -> bool {
        let rest = self.rest();
        let kind = match rest.get(..2) {
            Some("${") => Kind::Interpolation,
            Some("%{") => Kind::Control,
            _ => return false,
        };
        let length = if rest[2..].starts_with('~') { 3 } else { 2 };
        self.modes.push(Mode::Code { braces: 0, start: self.at });
        self.token(kind, length);
        true
    }

    fn quoted(&mut self, start: usize) {
        if self.begins_code() {
            return;
        }
        let rest = self.rest();
        if rest.starts_with('"') {
            self.end_text();
            self.token(Kind::CloseQuote, 1);
            return;
        }
        if rest.starts_with(['\n', '\r']) {
            // A string ends on its line; what follows is read as code again.
            if self.modes.len() == 2 {
                self.out.unterminated.push((Unterminated::String, start..self.at));
                self.modes.pop();
            } else {
                self.give_up();
            }
            let length = if rest.starts_with("\r\n") { 2 } else { 1 };
            self.token(Kind::Newline, length);
            return;
        }
        let mut length = 0;
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' | '\n' => break,
                '\\' => match chars.next() {
                    Some((_, '\n')) => {
                        length = at + 1;
                        break;
                    }
                    Some((next, escaped)) => length = next + escaped.len_utf8(),
                    None => length = at + 1,
                },
                '$' | '%' => {
                    let after = &rest[at + 1..];
                    if after.starts_with('{') {
                        break;
                    }
                    if after.starts_with(c) && after[1..].starts_with('{') {
                        chars.next();
                        chars.next();
                        length = at + 3;
                    } else {
                        length = at + 1;
                    }
                }
                c => length = at + c.len_utf8(),
            }
        }
        self.token(Kind::QuotedText, length.max(1));
    }

    fn heredoc(&mut self, marker: Option<&'t str>) {
        let at_line_start = self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n';
        if let Some(marker) = marker
            && at_line_start
        {
            let rest = self.rest();
            let line = rest.trim_start_matches([' ', '\t']);
            // Alone on its line, or it is text.
            if let Some(after) = line.strip_prefix(marker)
                && after.lines().next().is_none_or(|rest| rest.trim().is_empty())
            {
                self.end_text();
                self.token(Kind::CloseHeredoc, rest.len() - after.len());
                return;
            }
        }
        if self.begins_code() {
            return;
        }
        let rest = self.rest();
        let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let bytes = rest.as_bytes();
        let mut length = 0;
        while length < line {
            let c = bytes[length];
            if (c == b'$' || c == b'%') && bytes.get(length + 1) == Some(&b'{') {
                break;
            }
            // $${ stands for itself.
            let escaped = (c == b'$' || c == b'%')
                && bytes.get(length + 1) == Some(&c)
                && bytes.get(length + 2) == Some(&b'{');
            length += if escaped { 3 } else { 1 };
        }
        self.token(Kind::HeredocText, length.min(line).max(1));
    }
}

fn is_ident_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

/// Dashes are part of names.
fn is_ident_continue(c: char) -> bool {
    c == '-' || unicode_ident::is_xid_continue(c)
}

fn number_length(text: &str) -> usize {
    let digits =
        |from: usize| text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |end| from + end);
    let mut end = digits(0);
    if text[end..].starts_with('.') && text[end + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        if text[end + 1 + sign..].starts_with(|c: char| c.is_ascii_digit()) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

fn operator(text: &str) -> (Kind, usize) {
    const LONG: [(&str, Kind); 10] = [
        ("...", Kind::Ellipsis),
        ("=>", Kind::Arrow),
        ("::", Kind::DoubleColon),
        ("==", Kind::Comparison),
        ("!=", Kind::Comparison),
        ("<=", Kind::Comparison),
        (">=", Kind::Comparison),
        ("&&", Kind::Logical),
        ("||", Kind::Logical),
        (".", Kind::Dot),
    ];
    if let Some((operator, kind)) = LONG.iter().find(|(operator, _)| text.starts_with(operator)) {
        return (*kind, operator.len());
    }
    let first = text.chars().next().unwrap_or(' ');
    let kind = match first {
        '[' => Kind::OpenBracket,
        ']' => Kind::CloseBracket,
        '(' => Kind::OpenParen,
        ')' => Kind::CloseParen,
        ',' => Kind::Comma,
        '?' => Kind::Question,
        ':' => Kind::Colon,
        '=' => Kind::Equal,
        '-' => Kind::Minus,
        '!' => Kind::Bang,
        '*' => Kind::Star,
        '+' | '/' | '%' => Kind::Arithmetic,
        '<' | '>' => Kind::Comparison,
        _ => Kind::Invalid,
    };
    (kind, first.len_utf8())
}

impl Kind {
    /// How many brackets more are open after this token.
    /// Whether an operand has to come after it.
    pub fn takes_operand(self) -> bool {
        matches!(
            self,
            Kind::Arithmetic
                | Kind::Star
                | Kind::Minus
                | Kind::Bang
                | Kind::Comparison
                | Kind::Logical
                | Kind::Question
                | Kind::Colon
        )
    }

    pub fn bracket_change(self) -> i32 {
        match self {
            Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen | Kind::Interpolation | Kind::Control => 1,
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::TemplateEnd => -1,
            _ => 0,
        }
    }
}
