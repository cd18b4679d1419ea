//! Complaints with the source they are about.

use super::style::{Style, printable};
use crate::diagnostic::{Diagnostic, FileId, Severity, Silenced, Sources, Span};
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Renderer, Snippet};
use std::collections::BTreeMap;
use std::ops::Range;

/// Every complaint with message, place, underlined source, notes and help; errors first, then by
/// place. Complaints without a place follow those that have one.
pub fn diagnostics(all: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut sorted: Vec<&Diagnostic> = all.iter().collect();
    sorted.sort_by_key(|diagnostic| order(diagnostic, sources));
    let renderer = renderer(style);
    sorted.into_iter().map(|diagnostic| one(diagnostic, sources, &renderer) + "\n\n").collect()
}

/// `2 errors, 1 warning`; empty if there is neither.
pub fn error_count(all: &[Diagnostic]) -> String {
    let count = |severity| all.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `1 error, 2 notes; 3 silenced in the files`.
pub fn finding_count(all: &[Diagnostic], silenced: &[Silenced]) -> String {
    let notes = all.iter().filter(|diagnostic| diagnostic.severity == Severity::Note).count();
    let notes = (notes > 0).then(|| format!("{notes} note{}", if notes == 1 { "" } else { "s" }));
    let counts = Some(error_count(all)).filter(|text| !text.is_empty());
    let counts: Vec<String> = counts.into_iter().chain(notes).collect();
    let found = if counts.is_empty() { "No findings".to_string() } else { counts.join(", ") };
    match silenced.len() {
        0 => format!("{found}."),
        many => format!("{found}; {many} silenced in the files."),
    }
}

/// `1 finding is silenced in the files.`; empty if none is.
pub fn silenced(all: &[Silenced]) -> String {
    match all.len() {
        0 => String::new(),
        1 => "1 finding is silenced in the files.\n".to_string(),
        many => format!("{many} findings are silenced in the files.\n"),
    }
}

fn order<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
) -> (Severity, bool, &'a str, u32, u32, &'a str) {
    let place = diagnostic.span.and_then(|span| Some((sources.get(span.file)?.path.as_str(), span)));
    let (path, start, end) = place.map_or(("", 0, 0), |(path, span)| (path, span.start, span.end));
    (diagnostic.severity, place.is_none(), path, start, end, &diagnostic.message)
}

fn renderer(style: Style) -> Renderer {
    let base = if style.is_plain() { Renderer::plain() } else { Renderer::styled() };
    base.error(style.error)
        .warning(style.warning)
        .note(style.note)
        .help(style.help)
        .emphasis(style.strong)
        .context(style.note)
        .line_num(style.note)
        .term_width(TERM_WIDTH)
}

/// Source lines are cut around what is underlined when they are longer than this. A fixed number, so
/// that the text does not depend on the terminal.
const TERM_WIDTH: usize = 140;

fn one(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group =
        Group::with_title(level.primary_title(printable(&diagnostic.message)).id(diagnostic.code));
    for snippet in snippets(diagnostic, sources) {
        group = group.element(snippet);
    }
    if let Some(address) = diagnostic.address.as_deref().filter(|at| !diagnostic.message.contains(*at)) {
        group = group.element(message(Level::INFO.with_name("for"), address));
    }
    group = group.elements(diagnostic.notes.iter().map(|note| message(Level::NOTE, note)));
    group = group.elements(diagnostic.help.iter().map(|help| message(Level::HELP, help)));
    renderer.render(&[group])
}

fn message<'a>(level: Level<'a>, text: &str) -> Element<'a> {
    level.message(printable(text)).into()
}

/// One place to underline, with its label.
struct Place {
    span: Span,
    primary: bool,
    label: String,
}

/// One snippet per file: the file of the complaint first, then the others in order.
fn snippets(diagnostic: &Diagnostic, sources: &Sources) -> Vec<Snippet<'static, Annotation<'static>>> {
    let main = diagnostic.span.map(|span| span.file);
    let mut files: BTreeMap<(bool, FileId), Vec<Place>> = BTreeMap::new();
    let mut add = |span: Span, primary, label| {
        let key = (main != Some(span.file), span.file);
        files.entry(key).or_default().push(Place { span, primary, label });
    };
    if let Some(span) = diagnostic.span {
        add(span, true, diagnostic.label.clone().unwrap_or_default());
    }
    for related in &diagnostic.related {
        add(related.span, false, related.message.clone());
    }
    files
        .into_iter()
        .filter_map(|((_, file), places)| {
            let file = sources.get(file)?;
            Some(snippet(&file.path, &file.text, &places))
        })
        .collect()
}

/// The lines from the first to the last place of one file. Only they are handed on, so that a large
/// file with many complaints stays cheap.
fn snippet(path: &str, text: &str, places: &[Place]) -> Snippet<'static, Annotation<'static>> {
    let ranges: Vec<Range<usize>> = places.iter().map(|place| within(text, place.span.range())).collect();
    let first = ranges.iter().map(|range| range.start).min().unwrap_or(0);
    let last = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let line = text[..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let annotations = places.iter().zip(ranges).map(|(place, range)| {
        let kind = if place.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let label = (!place.label.is_empty()).then(|| printable(&place.label));
        kind.span(range.start - start..range.end - start).label(label)
    });
    Snippet::source(text[start..end].to_string())
        .line_start(line)
        .path(printable(path))
        .annotations(annotations.collect::<Vec<_>>())
}

/// The range cut to the text and widened to whole characters; a trailing line break is left out, so
/// that a block's span does not underline the line after it.
fn within(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    let end = start + text[start..end].trim_end_matches(['\n', '\r']).len();
    start..end
}
