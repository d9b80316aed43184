//! To which entry a comment belongs, by the rules of go-yaml v3.
//!
//! Lines of comments above an entry are its head, unless an empty line separates them from it and none from what is before
//! them: then they are the foot of that. A comment behind a value belongs to the line.

use super::TextPoint;
use super::layout::{StyledEntry, TextLayout, ValueForm};
use std::collections::{BTreeMap, BTreeSet};

/// The key of an entry: its position, and whether it is an item of a list.
pub(super) type EntryKey = (TextPoint, bool);

/// The comments of a document.
#[derive(Default)]
pub(super) struct TextComments {
    /// Above all, with an empty line below.
    pub(super) top: Vec<String>,
    /// Above entries. An empty text is an empty line.
    pub(super) heads: BTreeMap<EntryKey, Vec<String>>,
    /// Behind entries.
    pub(super) feet: BTreeMap<EntryKey, Vec<String>>,
    /// On the line of entries.
    pub(super) lines: BTreeMap<EntryKey, LineComment>,
    /// Below all, with an empty line above.
    pub(super) bottom: Vec<String>,
}

/// A comment behind something on the same line.
pub(super) struct LineComment {
    pub(super) text: String,
    /// The value that it belongs to; `None` if it stays whatever the value becomes.
    pub(super) value: Option<TextPoint>,
}

/// Lines of comments without empty lines between them.
struct CommentGroup {
    column: u16,
    lines: Vec<String>,
    /// Whether an empty line is above.
    is_apart: bool,
}

/// Comments on lines of their own between two lines of content.
struct CommentGap<'l> {
    groups: Vec<CommentGroup>,
    /// The first line.
    line: u32,
    /// Whether an empty line is below the last group.
    ends_apart: bool,
    /// The innermost entry above.
    before: Option<usize>,
    /// The outermost entry that begins below, `None` at the end.
    after: Option<usize>,
    entries: &'l [StyledEntry],
}

const MOVED: &str = "has a comment that kustomize moves";

impl TextComments {
    /// The comments of a text with a layout, or why they cannot be kept.
    pub(super) fn of(text: &str, layout: &TextLayout) -> Result<Self, &'static str> {
        let mut comments = TextComments::default();
        if layout.comments.is_empty() {
            return Ok(comments);
        }
        if layout.entries.is_empty() {
            return Err("has comments around brackets or braces");
        }
        let mut keys = BTreeSet::new();
        for entry in &layout.entries {
            let is_odd = entry.is_item && (entry.form == ValueForm::Nothing || entry.column == 0);
            if is_odd || !keys.insert(entry.key()) {
                return Err("has comments, and an item that is empty, a list or not on the line of its dash");
            }
        }
        let lines: Vec<&str> = text.lines().collect();
        let alone: BTreeSet<u32> = (layout.comments.iter())
            .filter(|(line, column)| {
                lines
                    .get(*line as usize - 1)
                    .is_some_and(|text| text.chars().take(usize::from(*column) - 1).all(char::is_whitespace))
            })
            .map(|(line, _)| *line)
            .collect();
        for (line, column) in layout.comments.iter().filter(|(line, _)| !alone.contains(line)) {
            comments.behind(*line, lines[*line as usize - 1], *column, layout)?;
        }
        let mut rest = alone.iter().copied().peekable();
        while let Some(first) = rest.next() {
            let is_blank = |line: u32| lines.get(line as usize - 1).is_some_and(|text| text.trim().is_empty());
            let mut last = first;
            let mut groups: Vec<CommentGroup> = Vec::new();
            let mut next = Some(first);
            let mut is_apart = first > 1 && is_blank(first - 1);
            while let Some(line) = next {
                let text = lines[line as usize - 1];
                let column = u16::try_from(text.len() - text.trim_start().len() + 1).unwrap_or(u16::MAX);
                let text = text.trim_start().to_owned();
                match groups.last_mut().filter(|group| !is_apart && group.column == column) {
                    Some(group) => group.lines.push(text),
                    None => groups.push(CommentGroup { column, lines: vec![text], is_apart }),
                }
                last = line;
                let gap = (line + 1..=u32::MAX).take_while(|line| is_blank(*line)).count();
                is_apart = gap > 0;
                next = rest.next_if(|next| *next as usize == line as usize + 1 + gap);
            }
            comments.gap(CommentGap::new(groups, (first, last), is_apart, layout)?)?;
        }
        if text.starts_with("---") && !comments.top.is_empty() {
            return Err("has `---` and comments below it that are apart from the text");
        }
        Ok(comments)
    }

    /// A comment behind something on its line.
    fn behind(&mut self, line: u32, text: &str, column: u16, layout: &TextLayout) -> Result<(), &'static str> {
        let text: String = text.chars().skip(usize::from(column) - 1).collect();
        let before = layout.entries.partition_point(|entry| entry.at.0 <= line);
        let entry = before.checked_sub(1).map(|before| &layout.entries[before]).ok_or(MOVED)?;
        let is_here = match entry.form {
            ValueForm::Plain | ValueForm::Quoted if entry.value.0 != entry.at.0 => false,
            ValueForm::Plain | ValueForm::Quoted => entry.at.0 == line || entry.end == line,
            ValueForm::Flow => entry.end == line,
            ValueForm::Nothing | ValueForm::Text | ValueForm::Block => entry.at.0 == line && !entry.is_item,
        };
        if !is_here {
            return Err(MOVED);
        }
        let value = (entry.form == ValueForm::Flow).then_some(entry.value);
        match self.lines.insert(entry.key(), LineComment { text, value }) {
            None => Ok(()),
            Some(_) => Err(MOVED),
        }
    }

    fn gap(&mut self, mut gap: CommentGap) -> Result<(), &'static str> {
        let Some(before) = gap.before else { return self.top(gap) };
        // Deeper comments are feet of what they are aligned with.
        let after = gap.after.map(|after| gap.entries[after].column);
        let deep = gap.groups.iter().take_while(|group| group.column > after.unwrap_or(1)).count();
        let above: Vec<_> = gap.groups.drain(..deep).collect();
        match (&above[..], after) {
            ([], _) => {}
            ([foot], _)
                if foot.column == gap.entries[before].column
                    && !(gap.entries[before].is_item && gap.entries[before].form == ValueForm::Flow)
                    && (after.is_some() || !foot.is_apart) =>
            {
                self.feet.insert(gap.entries[before].key(), foot.lines.clone());
            }
            _ => return Err(MOVED),
        }
        if gap.groups.iter().any(|group| group.column != after.unwrap_or(1)) {
            return Err(MOVED);
        }
        if !above.is_empty() && (after.is_none() || gap.ends_apart) && !gap.groups.is_empty() {
            return Err(MOVED);
        }
        let is_first_foot = gap.groups.first().is_some_and(|group| !group.is_apart)
            && (gap.groups.len() > 1 || gap.ends_apart || after.is_none())
            && above.is_empty()
            && !gap.is_value_below(self)
            && (after.is_none() || !gap.is_below_first_token(self));
        if is_first_foot {
            let foot = gap.groups.remove(0);
            let owner = gap.owner(before, foot.column).ok_or(MOVED)?;
            if owner.is_item && matches!(owner.form, ValueForm::Block | ValueForm::Flow) {
                return Err(MOVED);
            }
            self.feet.insert(owner.key(), foot.lines);
        }
        let rest = joined(gap.groups);
        match gap.after {
            _ if rest.is_empty() => {}
            Some(after) => {
                self.heads.insert(gap.entries[after].key(), rest);
            }
            None => self.bottom = rest,
        }
        Ok(())
    }

    /// Comments above the first entry.
    fn top(&mut self, mut gap: CommentGap) -> Result<(), &'static str> {
        let after = gap.after.ok_or(MOVED)?;
        if gap.groups.iter().any(|group| group.column != 1) {
            return Err(MOVED);
        }
        let head = if gap.ends_apart { None } else { gap.groups.pop() };
        self.top = joined(gap.groups);
        if let Some(head) = head {
            self.heads.insert(gap.entries[after].key(), head.lines);
        }
        Ok(())
    }
}

impl<'l> CommentGap<'l> {
    fn new(
        groups: Vec<CommentGroup>,
        (first, last): (u32, u32),
        ends_apart: bool,
        layout: &'l TextLayout,
    ) -> Result<Self, &'static str> {
        let entries = &layout.entries[..];
        let split = entries.partition_point(|entry| entry.at.0 < first);
        let before = split.checked_sub(1);
        let after = (split < entries.len()).then_some(split);
        let is_interrupted = before.is_some_and(|before| entries[before].end >= first)
            || after.is_some_and(|after| entries[after].form != ValueForm::Nothing && entries[after].value.0 <= last);
        if is_interrupted {
            return Err(MOVED);
        }
        Ok(CommentGap { groups, line: first, ends_apart, before, after, entries })
    }

    /// Whether the entry below is in the value of the one above, or that has neither a value nor a comment.
    fn is_value_below(&self, comments: &TextComments) -> bool {
        let Some(before) = self.before else { return false };
        let entry = &self.entries[before];
        entry.form == ValueForm::Nothing && !comments.lines.contains_key(&entry.key())
            || self.after.is_some_and(|after| self.entries[after].parent == self.before)
    }

    /// Whether go-yaml looks for no foot: the text above begins on the first line and ends at once.
    fn is_below_first_token(&self, comments: &TextComments) -> bool {
        let before = self.before.map(|before| &self.entries[before]);
        self.line == 2
            && before.is_some_and(|entry| entry.form != ValueForm::Plain || comments.lines.contains_key(&entry.key()))
    }

    /// The entry at a column that contains the entry above.
    fn owner(&self, before: usize, column: u16) -> Option<&'l StyledEntry> {
        let entry = &self.entries[before];
        if entry.column == column { Some(entry) } else { self.owner(entry.parent?, column) }
    }
}

impl StyledEntry {
    /// What comments are found by.
    pub(super) fn key(&self) -> EntryKey {
        (self.at, self.is_item)
    }
}

/// The lines of groups, with an empty line between two groups.
fn joined(groups: Vec<CommentGroup>) -> Vec<String> {
    let mut lines = Vec::new();
    for group in groups {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(group.lines);
    }
    lines
}
