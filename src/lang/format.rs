//! The canonical layout of files, as `terraform fmt` has it: blanks within lines, indentation, and `=`
//! and comments aligned over neighbouring lines. Line breaks, comments and texts stay as they are.

use super::lexer::{Kind, lex};
use super::syntax;
use crate::diagnostic::{Diagnostic, FileId};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Formats a file; a file with syntax errors is refused with them.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let (_, diagnostics) = syntax::parse(FileId(0), text);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let source = text.trim_start_matches('\u{feff}');
    let mut pieces: Vec<Piece> = lex(source)
        .tokens
        .into_iter()
        .map(|token| Piece { kind: token.kind, text: Cow::Borrowed(&source[token.range]), spaces: 0 })
        .collect();
    quote_labels(&mut pieces);
    let mut pieces = unwrap_interpolations(pieces);
    let mut lines = lines(&pieces);
    indent(&mut pieces, &lines);
    space(&mut pieces, &lines);
    align(&mut pieces, &mut lines);
    let mut output = String::with_capacity(text.len());
    for piece in &pieces {
        output.extend(std::iter::repeat_n(' ', piece.spaces));
        output.push_str(&piece.text);
    }
    Ok(output)
}

/// A token, and how many blanks go before it.
struct Piece<'t> {
    kind: Kind,
    text: Cow<'t, str>,
    spaces: usize,
}

impl Piece<'_> {
    fn ends_line(&self) -> bool {
        self.kind == Kind::Newline || self.kind == Kind::Comment && self.text.ends_with('\n')
    }

    fn width(&self) -> usize {
        self.spaces + self.text.graphemes(true).count()
    }
}

/// For each token whether it stands directly in a body: in the file or in a block's braces.
fn in_body(pieces: &[Piece]) -> Vec<bool> {
    let mut open: Vec<bool> = Vec::new();
    let mut result = Vec::with_capacity(pieces.len());
    let mut previous = Kind::Newline;
    for piece in pieces {
        result.push(open.iter().all(|body| *body));
        match piece.kind.bracket_change() {
            // A brace right after a word or a label opens a block; in an expression none can.
            1 => open.push(
                piece.kind == Kind::OpenBrace
                    && matches!(previous, Kind::Ident | Kind::CloseQuote)
                    && open.iter().all(|body| *body),
            ),
            -1 => {
                open.pop();
            }
            _ => {}
        }
        previous = piece.kind;
    }
    result
}

/// `role app {` becomes `role "app" {`.
fn quote_labels(pieces: &mut [Piece]) {
    let body = in_body(pieces);
    let mut start = 0;
    for at in 0..pieces.len() {
        if pieces[at].kind == Kind::OpenBrace && body[at] {
            let header = &mut pieces[start..at];
            let labels = header.iter().all(|piece| {
                matches!(piece.kind, Kind::Ident | Kind::OpenQuote | Kind::QuotedText | Kind::CloseQuote)
            });
            if labels {
                for piece in header.iter_mut().skip(1).filter(|piece| piece.kind == Kind::Ident) {
                    piece.text = Cow::Owned(format!("\"{}\"", piece.text));
                }
            }
        }
        if pieces[at].ends_line() {
            start = at + 1;
        }
    }
}

/// `a = "${b}"` becomes `a = b`, where the string is the whole value and on one line.
fn unwrap_interpolations(pieces: Vec<Piece>) -> Vec<Piece> {
    let body = in_body(&pieces);
    let mut drop = vec![false; pieces.len()];
    for at in 0..pieces.len() {
        if pieces[at].kind != Kind::Equal || !body[at] {
            continue;
        }
        let end = pieces[at..]
            .iter()
            .position(|piece| matches!(piece.kind, Kind::Newline | Kind::Comment))
            .map_or(pieces.len(), |end| at + end);
        let value = &pieces[at + 1..end];
        let [first, second, inside @ .., before_last, last] = value else { continue };
        let wrapped = first.kind == Kind::OpenQuote
            && second.kind == Kind::Interpolation
            && second.text == "${"
            && before_last.kind == Kind::TemplateEnd
            && before_last.text == "}"
            && last.kind == Kind::CloseQuote;
        let mut quotes = 0;
        let single = !inside.is_empty()
            && inside.iter().all(|piece| {
                match piece.kind {
                    Kind::OpenQuote => quotes += 1,
                    Kind::CloseQuote => quotes -= 1,
                    Kind::Interpolation | Kind::Control | Kind::TemplateEnd | Kind::QuotedText => {
                        return quotes > 0;
                    }
                    Kind::OpenHeredoc => return false,
                    _ => {}
                }
                quotes >= 0
            });
        if wrapped && single {
            for dropped in [at + 1, at + 2, end - 2, end - 1] {
                drop[dropped] = true;
            }
        }
    }
    pieces.into_iter().zip(drop).filter(|(_, drop)| !drop).map(|(piece, _)| piece).collect()
}

/// A line: indexes of its first token, of `=` if its value ends on the line, of the comment at its end,
/// and of its end.
struct Line {
    start: usize,
    assign: Option<usize>,
    comment: Option<usize>,
    end: usize,
}

impl Line {
    fn lead_end(&self) -> usize {
        self.assign.or(self.comment).unwrap_or(self.end)
    }

    fn code_end(&self) -> usize {
        self.comment.unwrap_or(self.end)
    }
}

fn lines(pieces: &[Piece]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for at in 0..pieces.len() {
        if !pieces[at].ends_line() && at + 1 < pieces.len() {
            continue;
        }
        let end = at + 1;
        let comment = (end - start > 1 && pieces[at].kind == Kind::Comment).then_some(at);
        let code_end = comment.unwrap_or(end);
        // Only the first = counts, and only if what it begins also ends here.
        let equal = (start + 1..code_end).find(|at| pieces[*at].kind == Kind::Equal);
        let assign = equal.filter(|equal| {
            pieces[*equal..code_end].iter().map(|piece| piece.kind.bracket_change()).sum::<i32>() == 0
        });
        lines.push(Line { start, assign, comment, end });
        start = end;
    }
    lines
}

fn indent(pieces: &mut [Piece], lines: &[Line]) {
    // Brackets opened per line that opened more than it closed.
    let mut levels: Vec<i32> = Vec::new();
    for line in lines {
        if pieces[line.start].kind == Kind::Newline {
            continue;
        }
        let mut change = 0;
        for piece in &pieces[line.start..line.code_end()] {
            change += piece.kind.bracket_change();
            if piece.kind == Kind::OpenHeredoc {
                break;
            }
        }
        let mut closed = -change;
        while closed > 0 {
            match levels.last_mut() {
                None => break,
                Some(level) if *level > closed => {
                    *level -= closed;
                    closed = 0;
                }
                Some(level) => {
                    closed -= *level;
                    levels.pop();
                }
            }
        }
        if pieces[line.start].kind != Kind::CloseHeredoc && pieces[line.start].kind != Kind::HeredocText {
            pieces[line.start].spaces = 2 * levels.len();
        }
        if change > 0 {
            levels.push(change);
        }
    }
}

fn space(pieces: &mut [Piece], lines: &[Line]) {
    for line in lines {
        for at in line.start + 1..line.code_end() {
            // What comes before = stands apart from what comes after it.
            let before =
                (at >= 2 && at - 1 > line.start && Some(at - 1) != line.assign).then(|| pieces[at - 2].kind);
            let apart = Some(at) == line.assign || space_between(before, &pieces[at - 1], &pieces[at]);
            pieces[at].spaces = usize::from(apart);
        }
    }
}

fn space_between(before: Option<Kind>, piece: &Piece, after: &Piece) -> bool {
    use Kind as K;
    let text = |kind| matches!(kind, K::QuotedText | K::HeredocText | K::OpenQuote | K::OpenHeredoc);
    match (piece.kind, after.kind) {
        (_, K::Newline) => false,
        (K::Ident, K::OpenParen) => false,
        (K::Ident, K::DoubleColon) | (K::DoubleColon, K::Ident) => false,
        // `1. 3` is an index of 1, and `1.3` a number.
        (K::Dot, K::Number) if before == Some(K::Number) => true,
        (K::Dot, _) | (_, K::Dot) => false,
        (_, K::Comma | K::Ellipsis) => false,
        (K::Comma, _) => true,
        (kind, _) if text(kind) => false,
        (_, K::QuotedText | K::HeredocText | K::CloseQuote | K::CloseHeredoc) => false,
        (K::Ident, _) if piece.text == "in" && before == Some(K::Ident) => true,
        (kind, K::OpenBracket) if matches!(kind, K::Ident | K::Number) || kind.bracket_change() < 0 => false,
        (K::Bang, _) => false,
        // A minus after the end of an operand subtracts, any other one negates.
        (K::Minus, _) => !matches!(
            before,
            None | Some(
                K::OpenParen
                    | K::OpenBrace
                    | K::OpenBracket
                    | K::Equal
                    | K::Colon
                    | K::Comma
                    | K::Question
                    | K::Arithmetic
                    | K::Star
                    | K::Minus
                    | K::Comparison
                    | K::Logical
                    | K::Bang
            )
        ),
        (K::OpenBrace, K::CloseBrace) => false,
        (K::OpenBrace, _) | (_, K::CloseBrace) => true,
        (K::Interpolation | K::Control, K::OpenBrace) | (K::CloseBrace, K::TemplateEnd) => true,
        (K::TemplateEnd, K::Interpolation | K::Control) => false,
        (kind, _) if kind.bracket_change() > 0 => false,
        (_, kind) if kind.bracket_change() < 0 => false,
        _ => true,
    }
}

/// Aligns `=` and then comments over runs of lines that have them.
fn align(pieces: &mut [Piece], lines: &mut [Line]) {
    let width =
        |pieces: &[Piece], from: usize, to: usize| pieces[from..to].iter().map(Piece::width).sum::<usize>();
    for run in lines.chunk_by(|a, b| a.assign.is_some() == b.assign.is_some()) {
        let widest = run.iter().map(|line| width(pieces, line.start, line.lead_end())).max().unwrap_or(0);
        for line in run {
            if let Some(assign) = line.assign {
                pieces[assign].spaces = widest - width(pieces, line.start, assign) + 1;
            }
        }
    }
    for run in lines.chunk_by(|a, b| a.comment.is_some() == b.comment.is_some()) {
        let widest = run.iter().map(|line| width(pieces, line.start, line.code_end())).max().unwrap_or(0);
        for line in run {
            if let Some(comment) = line.comment {
                pieces[comment].spaces = widest - width(pieces, line.start, comment) + 1;
            }
        }
    }
}
