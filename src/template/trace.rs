//! From a rendered text back to the templates that it came from.
//!
//! The template is rendered a second time from sources with marks in them, and both texts are walked together by their
//! characters other than white space, which holds through loops, includes, macros and white space control. Where marks
//! change what a template does, because it looks into its own text, the spans that minijinja records serve instead;
//! they name the call of a macro where the marks name the line in it. This happens once for each shape of a text.

use super::placeholder::{CLOSE, Hole, MARK, OPEN, UNMARK};
use super::tags;
use crate::source::{File, FileId, Location, Project, RelPath};
use minijinja::{OutputSpan, OutputSpanKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the characters of a rendered text come from.
pub(super) struct Trace<'t> {
    text: &'t str,
    /// The offset at which each line of the text begins.
    lines: Vec<usize>,
    segments: Vec<Segment>,
    sources: BTreeMap<FileId, Source>,
}

/// From here on, text and source advance together, or everything stands for one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The offset in the text.
    at: usize,
    file: FileId,
    /// The offset in the file.
    source: usize,
    /// Whether the text is what a tag put there.
    tag: bool,
}

struct Source {
    file: Arc<File>,
    lines: Vec<usize>,
}

impl Source {
    fn text(&self) -> &str {
        self.file.text().unwrap_or("")
    }

    /// The line and column of an offset, counted from 1.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        (line, self.text().get(start..offset).map_or(0, |before| before.chars().count()) + 1)
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The characters of a text with marks, without white space, each with the offset that the marks tell.
struct Marked<'m> {
    rest: &'m str,
    file: FileId,
    source: usize,
}

impl Iterator for Marked<'_> {
    type Item = (char, FileId, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let c = self.rest.chars().next()?;
            self.rest = &self.rest[c.len_utf8()..];
            if c == MARK {
                let (mark, rest) = self.rest.split_once(UNMARK)?;
                let (file, source) = mark.split_once(':')?;
                *self = Marked { rest, file: FileId(file.parse().ok()?), source: source.parse().ok()? };
                continue;
            }
            let source = self.source;
            self.source += c.len_utf8();
            if !c.is_whitespace() {
                return Some((c, self.file, source));
            }
        }
    }
}

/// The segments that the same rendering from marked sources tells; `None` if it does not say the same.
pub(super) fn from_marks(text: &str, marked: &str, file: FileId) -> Option<Vec<Segment>> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut marked = Marked { rest: marked, file, source: 0 };
    let mut in_tag = false;
    for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let (same, file, source) = marked.next()?;
        (same == c).then_some(())?;
        let beside = |last: &Segment| !last.tag && last.file == file && last.source + (at - last.at) == source;
        let goes_on = in_tag || c != OPEN && segments.last().is_some_and(beside);
        if !goes_on {
            segments.push(Segment { at, file, source, tag: c == OPEN });
        }
        in_tag = (in_tag || c == OPEN) && c != CLOSE;
    }
    marked.next().is_none().then_some(segments)
}

/// The segments that minijinja recorded.
pub(super) fn from_spans(spans: &[OutputSpan], project: &Project) -> Vec<Segment> {
    let segment = |span: &OutputSpan| {
        let file = project.file(&RelPath::new(span.name())?)?;
        let mut source = span.source_range().start;
        let tag = span.kind() == OutputSpanKind::Expression;
        if tag {
            // The expression's own range leaves out its braces.
            let before = file.text().ok()?.get(..source)?;
            source = before.trim_end().trim_end_matches(['-', '+']).len().saturating_sub(2);
        }
        Some(Segment { at: span.output_range().start, file: file.id, source, tag })
    };
    spans.iter().filter_map(segment).collect()
}

impl<'t> Trace<'t> {
    /// The trace of `text`, whose parts come from files of `project`.
    pub(super) fn new(text: &'t str, segments: Vec<Segment>, project: &Project) -> Self {
        let mut sources = BTreeMap::new();
        for segment in &segments {
            if let (false, Some(file)) =
                (sources.contains_key(&segment.file), project.file_at(Location::new(segment.file, 1, 1, 0)))
            {
                let lines = line_starts(file.text().unwrap_or(""));
                sources.insert(segment.file, Source { file, lines });
            }
        }
        Trace { text, lines: line_starts(text), segments, sources }
    }

    /// The source of the character at `at`, and from where to where that or its tag stands there.
    fn origin(&self, at: usize) -> Option<(&Source, usize, usize)> {
        let before = self.segments.partition_point(|segment| segment.at <= at);
        let segment = self.segments.get(before.saturating_sub(1))?;
        let source = self.sources.get(&segment.file)?;
        if segment.tag {
            return Some((source, segment.source, tags::end(source.text(), segment.source)));
        }
        let start = (segment.source + at.saturating_sub(segment.at)).min(source.text().len());
        let len = source.text().get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Some((source, start, start + len))
    }

    /// The place in a template of `len` characters of the text, from `line` and `column`.
    pub(super) fn place(&self, line: usize, column: usize, len: usize) -> Location {
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let offset =
            |chars: usize| self.text[start..].char_indices().nth(chars).map_or(self.text.len(), |(at, _)| start + at);
        self.place_at(offset(column.saturating_sub(1)), offset((column + len).saturating_sub(2)))
    }

    /// The place in a template of the text from the character at `first` to that at `last`.
    pub(super) fn place_at(&self, first: usize, last: usize) -> Location {
        let Some((source, start, end)) = self.origin(first) else { return Location::NONE };
        let end = match self.origin(last.max(first)) {
            Some((other, _, last)) if other.file.id == source.file.id => last.max(end),
            _ => end,
        };
        let (line, column) = source.position(start);
        let text = source.text().get(start..end).unwrap_or("");
        let len = text.lines().next().map_or(0, |line| line.chars().count());
        Location::new(source.file.id, line, column, len)
    }

    /// The holes of the text, by number; those of the first `count` values that are not in it have no place.
    pub(super) fn holes(&self, count: usize) -> Vec<Hole> {
        let mut holes = vec![Hole::default(); count];
        for (at, _) in self.text.match_indices(OPEN) {
            let number = self.text[at + OPEN.len_utf8()..].split(CLOSE).next().and_then(|number| number.parse().ok());
            let hole = number.and_then(|number: usize| holes.get_mut(number));
            if let (Some(hole), Some((source, start, end))) = (hole, self.origin(at)) {
                let expression = tags::inner(source.text(), start..end).into();
                *hole = Hole { at: self.place_at(at, at), expression };
            }
        }
        holes
    }
}
