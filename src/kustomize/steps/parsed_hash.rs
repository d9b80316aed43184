//! The hash of an object of any kind, which kustomize makes from the object as it was parsed: values with lines, columns and styles.
//!
//! Known is that of objects which no step has changed, in files without comments, anchors and tags.

use super::{hash, json};
use crate::kustomize::input::Input;
use crate::kustomize::input::load::without_j2;
use crate::node::{MapEntry, Node, Scalar, Style, Value};
use crate::resource::Resource;
use crate::source::{FileId, Location};
use std::fmt::Write;

/// The ten characters, if they are known.
pub(super) fn of(resource: &Resource, input: &Input) -> Option<String> {
    let at = resource.node.at;
    let file =
        input.project.file_at(at).filter(|file| !resource.has_history() && without_j2(file.path.name()).is_none())?;
    // Values that a step has copied have the location of what they are copies of.
    input.manifests(&file).ok()?.iter().find(|node| node.at == at).filter(|node| **node == resource.node)?;
    let lines: Vec<&str> = file.text().ok()?.lines().collect();
    let start = (at.line as usize).checked_sub(1)?;
    let is_separator = |line: &str| line.starts_with("---");
    let above = lines.get(..start)?.iter().rposition(|line| is_separator(line)).filter(|line| *line > 0);
    let above = above.map_or(0, |line| line + 1);
    let document = lines[above..].iter().skip(1).take_while(|line| !is_separator(line)).chain(lines.get(above));
    if document.into_iter().any(|line| line.starts_with('#') || line.contains(" #") || line.contains("\t#")) {
        return None;
    }
    let text = ParsedText { file: at.file()?, above: u32::try_from(above).ok()?, lines };
    let mut out = String::new();
    text.node(&mut out, &resource.node)?;
    Some(hash::digest(&out))
}

/// The document of an object.
struct ParsedText<'t> {
    file: FileId,
    /// The number of lines of the file above it.
    above: u32,
    lines: Vec<&'t str>,
}

/// What go-yaml v3 knows of a value besides its content.
struct ParsedValue<'v> {
    kind: u8,
    style: u8,
    tag: &'v str,
    text: &'v str,
    at: (u32, u16),
}

const FLOW: u8 = 32;

impl ParsedText<'_> {
    /// Writes a value as Go writes its struct, or finds that its place is not known.
    fn node(&self, out: &mut String, node: &Node) -> Option<()> {
        let first = self.char_at(node.at)?;
        match &node.value {
            Value::Scalar(scalar) => self.scalar(out, scalar, node.at),
            Value::Map(map) => {
                let mut entries: Vec<&MapEntry> = map.iter().collect();
                entries.sort_by_key(|entry| entry.key.at);
                let is_flow = first == '{';
                if !is_flow && entries.first().is_none_or(|entry| !is_same_place(entry.key.at, node.at)) {
                    return None;
                }
                let style = if is_flow { FLOW } else { 0 };
                let value = ParsedValue { kind: 4, style, tag: "!!map", text: "", at: (node.at.line, node.at.column) };
                self.value(out, &value, entries.len(), |out, i| {
                    let MapEntry { key, value } = entries[i];
                    let text = Scalar { text: key.text.clone(), tag: key.tag, style: key.style };
                    self.scalar(out, &text, key.at)?;
                    out.push(',');
                    self.node(out, value)
                })
            }
            Value::Seq(items) => {
                // The parser reports the dash of a list that is more indented than its key, or else what follows the dash.
                let starts_with_item = items.first().is_some_and(|item| is_same_place(item.at, node.at));
                let starts_with_block = items
                    .first()
                    .and_then(Node::as_scalar)
                    .is_some_and(|item| matches!((item.style, first), (Style::Block, '|') | (Style::Folded, '>')));
                let (style, column) = match first {
                    _ if starts_with_item || starts_with_block => (0, self.dash(node.at)?),
                    '-' => (0, node.at.column),
                    '[' => (FLOW, node.at.column),
                    _ => return None,
                };
                let is_list = |item: &Node| item.as_seq().is_some() && self.char_at(item.at) != Some('[');
                if style == 0 && items.iter().any(is_list) {
                    return None;
                }
                let value = ParsedValue { kind: 2, style, tag: "!!seq", text: "", at: (node.at.line, column) };
                self.value(out, &value, items.len(), |out, i| self.node(out, &items[i]))
            }
        }
    }

    fn scalar(&self, out: &mut String, scalar: &Scalar, at: Location) -> Option<()> {
        let first = self.char_at(at)?;
        let place = (at.line, at.column);
        let (style, place) = match (scalar.style, first) {
            (Style::Plain, first) if scalar.text.starts_with(first) => (0, place),
            (Style::Quoted, '"') => (2, place),
            (Style::Quoted, '\'') => (4, place),
            (Style::Block, _) => (8, self.header(at, '|')?),
            (Style::Folded, _) => (16, self.header(at, '>')?),
            _ => return None,
        };
        self.value(
            out,
            &ParsedValue { kind: 8, style, tag: scalar.tag.yaml(), text: &scalar.text, at: place },
            0,
            |_, _| None,
        )
    }

    fn value(
        &self,
        out: &mut String,
        value: &ParsedValue,
        count: usize,
        part: impl Fn(&mut String, usize) -> Option<()>,
    ) -> Option<()> {
        let ParsedValue { kind, style, tag, text, at: (line, column) } = value;
        let _ = write!(out, "{{\"Kind\":{kind},\"Style\":{style},\"Tag\":\"{tag}\",\"Value\":");
        json::string(out, text);
        out.push_str(",\"Anchor\":\"\",\"Alias\":null,\"Content\":");
        for i in 0..count {
            out.push(if i == 0 { '[' } else { ',' });
            part(out, i)?;
        }
        out.push_str(if count == 0 { "null" } else { "]" });
        let line = line.checked_sub(self.above)?;
        let comments = r#""HeadComment":"","LineComment":"","FootComment":"""#;
        let _ = write!(out, ",{comments},\"Line\":{line},\"Column\":{column}}}");
        Some(())
    }

    fn line(&self, at: Location) -> Option<&str> {
        self.lines.get((at.line as usize).checked_sub(1)?).copied().filter(|_| at.file() == Some(self.file))
    }

    fn char_at(&self, at: Location) -> Option<char> {
        self.line(at)?.chars().nth(usize::from(at.column).checked_sub(1)?)
    }

    /// The column of the dash in front of an item.
    fn dash(&self, at: Location) -> Option<u16> {
        let before: String = self.line(at)?.chars().take(usize::from(at.column) - 1).collect();
        u16::try_from(before.trim_end().strip_suffix('-')?.chars().count() + 1).ok()
    }

    /// The position of the mark of a block whose text begins at `at`.
    fn header(&self, at: Location, mark: char) -> Option<(u32, u16)> {
        self.line(at)?;
        let above = self.lines.get(..at.line as usize - 1)?;
        let line = above.iter().rposition(|line| !line.trim().is_empty())?;
        let before = above[line].trim_end().trim_end_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        let column = before.strip_suffix(mark)?.chars().count() + 1;
        Some((u32::try_from(line + 1).ok()?, u16::try_from(column).ok()?))
    }
}

fn is_same_place(one: Location, other: Location) -> bool {
    (one.file(), one.line, one.column) == (other.file(), other.line, other.column)
}
