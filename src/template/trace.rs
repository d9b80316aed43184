//! Source locations: from a rendered text back to its templates.
//!
//! The template is rendered a second time with source marks, and the two texts are compared character by character
//! without white space. This works with loops, includes, macros and white space control. If marks change the result,
//! because the template inspects its own text, the spans that minijinja records are used instead. For the text of a macro,
//! spans give the location of the call and marks the line in the macro. This happens once for each parsed template.

use super::insertion::{Insertions, SourceChange};
use super::placeholder::{self, CLOSE, MARK_CLOSE, MARK_OPEN, OPEN, Placeholder};
use super::tags;
use crate::source::{File, FileId, Location, Project, RelPath, TextPositions};
use minijinja::{OutputSpan, OutputSpanKind};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::ops::Range;

/// The source location of each character of a rendered text.
pub(super) struct TemplateTrace<'t> {
    text: TextPositions<&'t str>,
    segments: Vec<TraceSegment>,
    files: BTreeMap<FileId, TracedFile>,
}

/// A range of the rendered text, up to the next segment: a copy of template text, or the output of one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceSegment {
    /// The offset in the text.
    at: usize,
    file: FileId,
    /// The offset in the file.
    source: usize,
    /// Whether a tag wrote the text.
    is_tag: bool,
}

struct TracedFile {
    id: FileId,
    /// A copy of its text, because reading the text of a file checks its encoding.
    text: TextPositions<String>,
    /// The end of each tag and what is between its braces, by its start.
    tags: BTreeMap<usize, (usize, SmolStr)>,
}

impl TracedFile {
    fn new(file: &File) -> Self {
        let text = TextPositions::new(file.text().unwrap_or_default().to_owned());
        let tag = |tag: Range<usize>| (tag.start, (tag.end, tags::inner(text.text(), tag).into()));
        TracedFile { id: file.id, tags: tags::all(text.text()).map(tag).collect(), text }
    }
}

/// The characters of a text with source marks, without white space, each with its file and offset.
struct MarkedCharacters<'m> {
    rest: &'m str,
    file: FileId,
    source: usize,
}

impl Iterator for MarkedCharacters<'_> {
    type Item = (char, FileId, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let c = self.rest.chars().next()?;
            self.rest = &self.rest[c.len_utf8()..];
            if c == MARK_OPEN {
                let (mark, rest) = self.rest.split_once(MARK_CLOSE)?;
                let (file, source) = mark.split_once(':')?;
                *self = MarkedCharacters { rest, file: FileId(file.parse().ok()?), source: source.parse().ok()? };
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

/// The segments of `text`, from the same rendering with source marks. `None` if the two texts differ.
pub(super) fn from_marks(text: &str, marked: &str, file: FileId) -> Option<Vec<TraceSegment>> {
    let mut segments: Vec<TraceSegment> = Vec::new();
    let mut marked = MarkedCharacters { rest: marked, file, source: 0 };
    let mut in_tag = false;
    for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let (same, file, source) = marked.next()?;
        (same == c).then_some(())?;
        let is_adjacent =
            |last: &TraceSegment| !last.is_tag && last.file == file && last.source + (at - last.at) == source;
        let is_continued = in_tag || c != OPEN && segments.last().is_some_and(is_adjacent);
        if !is_continued {
            segments.push(TraceSegment { at, file, source, is_tag: c == OPEN });
        }
        in_tag = (in_tag || c == OPEN) && c != CLOSE;
    }
    marked.next().is_none().then_some(segments)
}

/// The segments from the spans that minijinja records.
pub(super) fn from_spans(spans: &[OutputSpan], project: &Project) -> Vec<TraceSegment> {
    let mut sources = BTreeMap::new();
    let mut segments = Vec::new();
    for span in spans {
        let source = sources.entry(span.name()).or_insert_with(|| TracedSource::new(span.name(), project));
        segments.extend(source.as_ref().map(|source| source.segment(span)));
    }
    segments
}

/// A template that has spans.
struct TracedSource {
    file: FileId,
    text: String,
    insertions: Insertions,
}

impl TracedSource {
    fn new(name: &str, project: &Project) -> Option<Self> {
        let file = project.file(&RelPath::new(name)?)?;
        let text = file.text().ok()?.to_owned();
        let insertions = Insertions::of(&text, SourceChange::None, file.id);
        Some(TracedSource { file: file.id, text, insertions })
    }

    fn segment(&self, span: &OutputSpan) -> TraceSegment {
        let mut source = self.insertions.original(span.source_range().start);
        let is_tag = span.kind() == OutputSpanKind::Expression;
        if is_tag {
            // The range of an expression does not include its braces.
            let before = self.text.get(..source).unwrap_or_default();
            source = before.trim_end().trim_end_matches(['-', '+']).len().saturating_sub(2);
        }
        TraceSegment { at: span.output_range().start, file: self.file, source, is_tag }
    }
}

impl<'t> TemplateTrace<'t> {
    /// The trace of `text`, which was rendered from files of `project`.
    pub(super) fn new(text: &'t str, segments: Vec<TraceSegment>, project: &Project) -> Self {
        let mut files = BTreeMap::new();
        for segment in &segments {
            if let (false, Some(file)) =
                (files.contains_key(&segment.file), project.file_at(Location::new(segment.file, 1, 1, 0)))
            {
                files.insert(segment.file, TracedFile::new(&file));
            }
        }
        TemplateTrace { text: TextPositions::new(text), segments, files }
    }

    /// The file of the character at `at`, and the range in it of the character or its tag.
    fn origin(&self, at: usize) -> Option<(&TracedFile, Range<usize>)> {
        let before = self.segments.partition_point(|segment| segment.at <= at);
        let segment = self.segments.get(before.saturating_sub(1))?;
        let source = self.files.get(&segment.file)?;
        let text = source.text.text();
        if let (true, Some((end, _))) = (segment.is_tag, source.tags.get(&segment.source)) {
            return Some((source, segment.source..*end));
        }
        let start = (segment.source + at.saturating_sub(segment.at)).min(text.len());
        let len = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Some((source, start..start + len))
    }

    /// The source location of `len` characters of the text, from `line` and `column`.
    pub(super) fn location(&self, line: usize, column: usize, len: usize) -> Location {
        let last = (column + len).saturating_sub(1);
        self.location_of_range(self.text.offset(line, column), self.text.offset(line, last))
    }

    /// The source location of the text from the character at offset `first` to that at `last`.
    pub(super) fn location_of_range(&self, first: usize, last: usize) -> Location {
        let Some((source, range)) = self.origin(first) else { return Location::NONE };
        let end = match self.origin(last.max(first)) {
            Some((other, last)) if other.id == source.id => last.end.max(range.end),
            _ => range.end,
        };
        let (line, column) = source.text.position(range.start);
        let len = source.text.characters(range.start..end.min(source.text.end_of_line(line)));
        Location::new(source.id, line, column, len)
    }

    /// The placeholders of the first `count` values, by number. One that is not in the text has no source location.
    pub(super) fn placeholders(&self, count: usize) -> Vec<Placeholder> {
        let mut placeholders = vec![Placeholder::default(); count];
        for (at, number) in placeholder::positions(self.text.text()) {
            if let (Some(placeholder), Some((source, range))) = (placeholders.get_mut(number), self.origin(at)) {
                placeholder.at = self.location_of_range(at, at);
                if let Some((_, expression)) = source.tags.get(&range.start) {
                    placeholder.expression = expression.clone();
                }
            }
        }
        placeholders
    }
}
