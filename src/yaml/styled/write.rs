//! Writes a document as go-yaml v3 writes it.

use super::comments::EntryKey;
use super::{StyledText, position};
use crate::node::{Map, MapEntry, Node, Scalar, Style, Tag, Value};
use crate::source::Location;
use crate::yaml::scalar::quoting::{self, AllowedForms};
use crate::yaml::{Dialect, resolve, write};

/// Where a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScalarContext {
    /// As a value of a block collection, with the indentation of further lines.
    Block(usize),
    Flow,
    Key,
    FlowKey,
}

pub(super) fn document(text: &StyledText) -> String {
    let mut writer = StyledWriter { out: String::new(), text, foot: None, depth: 0 };
    writer.comment(&text.comments.top, 0);
    if !text.comments.top.is_empty() {
        writer.out.push('\n');
    }
    writer.block(&text.document, 0, true);
    if !text.comments.bottom.is_empty() {
        writer.foot = Some(0);
        writer.comment(&text.comments.bottom, 0);
    }
    writer.out.trim().to_owned()
}

struct StyledWriter<'t> {
    out: String,
    text: &'t StyledText,
    /// The indentation of a comment below an entry that was written last.
    foot: Option<usize>,
    /// The number of collections around what is written.
    depth: usize,
}

impl StyledWriter<'_> {
    /// Begins a line. An empty line separates a foot from what follows at the same indentation.
    fn start_line(&mut self, indent: usize) {
        if self.foot.take() == Some(indent) {
            self.out.push('\n');
        }
        self.pad(indent);
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn comment(&mut self, lines: &[String], indent: usize) {
        for (i, line) in lines.iter().enumerate() {
            if i == 0 {
                self.start_line(indent);
            } else if !line.is_empty() {
                self.pad(indent);
            }
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    /// Writes a value from the start of a line, or behind a dash.
    fn block(&mut self, node: &Node, indent: usize, is_line: bool) {
        let is_block = self.is_block(node);
        self.depth += 1;
        match &node.value {
            Value::Map(map) if is_block => {
                for (i, entry) in in_order(map).into_iter().enumerate() {
                    let key = entry_key(entry.key.at, false);
                    self.head(key, indent, is_line || i > 0);
                    self.key(entry, false);
                    self.out.push(':');
                    self.value(&entry.value, indent, key);
                }
            }
            Value::Seq(items) if is_block => {
                for (i, item) in items.iter().enumerate() {
                    let key = entry_key(item.at, true);
                    self.head(key, indent, is_line || i > 0);
                    self.out.push('-');
                    if self.is_block(item) {
                        self.out.push(' ');
                        self.block(item, indent + 2, false);
                        self.foot_of(key, indent);
                    } else {
                        self.value(item, indent, key);
                    }
                }
            }
            _ => {
                self.flow(node);
                self.out.push('\n');
            }
        }
        self.depth -= 1;
    }

    /// The comment above an entry, and the start of its line.
    fn head(&mut self, key: Option<EntryKey>, indent: usize, is_line: bool) {
        if let Some(lines) = key.and_then(|key| self.text.comments.heads.get(&key)) {
            self.comment(lines, indent);
        }
        if is_line {
            self.start_line(indent);
        }
    }

    fn foot_of(&mut self, key: Option<EntryKey>, indent: usize) {
        if let Some(lines) = key.and_then(|key| self.text.comments.feet.get(&key)) {
            self.comment(lines, indent);
            self.foot = Some(indent);
        }
    }

    /// Writes a value behind a key or, if it is no block, behind a dash, with the comments of the entry.
    fn value(&mut self, node: &Node, indent: usize, key: Option<EntryKey>) {
        let comment = key.and_then(|key| self.text.comments.lines.get(&key));
        let comment = comment.filter(|comment| comment.value.is_none_or(|at| position(node.at) == Some(at)));
        let comment = comment.map_or_else(String::new, |comment| format!(" {}", comment.text));
        if self.is_block(node) {
            self.out.push_str(&comment);
            self.out.push('\n');
            self.block(node, if node.as_seq().is_some() { indent } else { indent + 2 }, true);
        } else if let Value::Scalar(scalar) = &node.value {
            self.scalar(scalar, node.at, ScalarContext::Block(indent + 2), &comment);
            self.out.push('\n');
        } else {
            self.out.push(' ');
            self.flow(node);
            self.out.push_str(&comment);
            self.out.push('\n');
        }
        self.foot_of(key, indent);
    }

    /// Whether a node is written as a block: a collection that is not empty and was not in brackets.
    fn is_block(&self, node: &Node) -> bool {
        let is_empty = match &node.value {
            Value::Scalar(_) => true,
            Value::Seq(items) => items.is_empty(),
            Value::Map(map) => map.is_empty(),
        };
        !is_empty && !position(node.at).is_some_and(|at| self.text.flow.contains(&(at, self.depth)))
    }

    fn flow(&mut self, node: &Node) {
        match &node.value {
            Value::Map(map) => {
                self.out.push('{');
                for (i, entry) in in_order(map).into_iter().enumerate() {
                    self.out.push_str(if i > 0 { ", " } else { "" });
                    self.key(entry, true);
                    self.out.push_str(": ");
                    self.flow(&entry.value);
                }
                self.out.push('}');
            }
            Value::Seq(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.out.push_str(if i > 0 { ", " } else { "" });
                    self.flow(item);
                }
                self.out.push(']');
            }
            Value::Scalar(scalar) => self.scalar(scalar, node.at, ScalarContext::Flow, ""),
        }
    }

    fn key(&mut self, entry: &MapEntry, is_flow: bool) {
        let key = &entry.key;
        let scalar = Scalar { text: key.text.clone(), tag: key.tag, style: key.style };
        self.scalar(&scalar, key.at, if is_flow { ScalarContext::FlowKey } else { ScalarContext::Key }, "");
    }

    /// Writes a scalar, in a block with a space before it. `comment` follows it, or the header of a block.
    fn scalar(&mut self, scalar: &Scalar, at: Location, context: ScalarContext, comment: &str) {
        let text = scalar.text.as_str();
        let is_block = matches!(context, ScalarContext::Block(_));
        let read = resolve(text, Dialect::Kubernetes);
        let is_plain = scalar.style == Style::Plain || scalar.tag == Tag::Null;
        let tag = if is_plain && scalar.tag != Tag::Str && scalar.tag != read { scalar.tag.yaml() } else { "" };
        let form = self.form(scalar, read, at, context);
        if is_block && !(tag.is_empty() && form == WrittenForm::Plain && text.is_empty()) {
            self.out.push(' ');
        }
        self.out.push_str(tag);
        if !(tag.is_empty() || form == WrittenForm::Plain && text.is_empty()) {
            self.out.push(' ');
        }
        let indent = if let ScalarContext::Block(indent) = context { indent } else { 0 };
        match form {
            WrittenForm::Plain => self.out.push_str(text),
            WrittenForm::Single => self.single(text, indent),
            WrittenForm::Double => write::write_double_quoted(&mut self.out, text),
            WrittenForm::Literal | WrittenForm::Folded => {
                self.block_text(text, indent, form, comment);
                return;
            }
        }
        self.out.push_str(comment);
    }

    fn form(&self, scalar: &Scalar, read: Tag, at: Location, context: ScalarContext) -> WrittenForm {
        let text = scalar.text.as_str();
        let allowed = quoting::allowed_forms(text);
        let is_single = position(at).is_some_and(|at| self.text.single.contains(&at));
        let wanted = match scalar.style {
            _ if scalar.tag == Tag::Null && scalar.style == Style::Quoted => WrittenForm::Plain,
            Style::Plain if scalar.tag == Tag::Str && read != Tag::Str => WrittenForm::Double,
            Style::Plain if text.contains('\n') => WrittenForm::Literal,
            Style::Plain => WrittenForm::Plain,
            Style::Quoted if is_single => WrittenForm::Single,
            Style::Quoted => WrittenForm::Double,
            Style::Block => WrittenForm::Literal,
            Style::Folded => WrittenForm::Folded,
        };
        wanted.possible(allowed, text, context)
    }

    /// Text in single quotes, in which a line break is written as two.
    fn single(&mut self, text: &str, indent: usize) {
        self.out.push('\'');
        let mut is_start = false;
        for c in text.chars() {
            if c == '\n' {
                self.out.push_str(if is_start { "\n" } else { "\n\n" });
                is_start = true;
                continue;
            }
            if is_start {
                self.pad(indent);
            }
            is_start = false;
            self.out.push(c);
            if c == '\'' {
                self.out.push('\'');
            }
        }
        self.out.push('\'');
    }

    fn block_text(&mut self, text: &str, indent: usize, form: WrittenForm, comment: &str) {
        self.out.push(if form == WrittenForm::Folded { '>' } else { '|' });
        self.out.push_str(if text.starts_with([' ', '\n']) { "2" } else { "" });
        self.out.push_str(match text.strip_suffix('\n') {
            None => "-",
            Some("") => "+",
            Some(rest) if rest.ends_with('\n') => "+",
            Some(_) => "",
        });
        self.out.push_str(comment);
        self.out.push('\n');
        // The printer tests the first character of the text instead of the first character of the next line.
        let doubles = !text.trim_start_matches('\n').starts_with([' ', '\t']) && !text.trim_matches('\n').is_empty();
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches('\n');
            if !content.is_empty() {
                self.pad(indent);
            }
            self.out.push_str(line);
            let folds = form == WrittenForm::Folded && !content.is_empty() && !content.starts_with([' ', '\t']);
            if folds && doubles && line.ends_with('\n') {
                self.out.push('\n');
            }
        }
        if text.ends_with('\n') {
            // The caller ends the line.
            self.out.pop();
        }
    }
}

/// How go-yaml writes a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WrittenForm {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

impl WrittenForm {
    /// This form, or the one that go-yaml falls back to.
    fn possible(self, allowed: AllowedForms, text: &str, context: ScalarContext) -> Self {
        let (is_block, is_flow) = (
            matches!(context, ScalarContext::Block(_)),
            matches!(context, ScalarContext::Flow | ScalarContext::FlowKey),
        );
        let plain = if is_flow { allowed.plain.1 } else { allowed.plain.0 };
        match self {
            WrittenForm::Plain if !plain || text.is_empty() && !is_block => {
                WrittenForm::Single.possible(allowed, text, context)
            }
            WrittenForm::Single
                if !allowed.single || !is_block && context != ScalarContext::Flow && text.contains('\n') =>
            {
                WrittenForm::Double
            }
            WrittenForm::Literal | WrittenForm::Folded if !allowed.block || !is_block => WrittenForm::Double,
            form => form,
        }
    }
}

fn entry_key(at: Location, is_item: bool) -> Option<EntryKey> {
    Some((position(at)?, is_item))
}

/// The entries of a mapping in the order of the text. Those that are new are last.
fn in_order(map: &Map) -> Vec<&MapEntry> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|entry| (position(entry.key.at).is_none(), entry.key.at));
    entries
}
