//! Writing of YAML in canonical form: the bytes that kustomize writes for the same data.
//!
//! The styles and comments of the input have no effect. Keys are written in natural order. The items of a list are
//! indented like its key.

mod folded_block;
mod key_order;
mod scalar_text;

use super::Quoting;
use super::read::key_type_error;
use super::scalar::quoting::{self, ScalarForm};
use super::scalar::{date, number};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::limits::{OUTPUT_BYTES, OUTPUT_DEPTH};
use crate::node::{Map, MapEntry, Node, Scalar, Style, Tag, Value};
use crate::source::Location;
pub(crate) use folded_block::rewritten as folded;
use scalar_text::{LineFolding, pad};

/// The maximum length in bytes of a key that is written without `?`.
const MAX_SIMPLE_KEY: usize = 128;

/// The text of one document, quoted so that all YAML readers read the same data.
pub(crate) fn document(node: &Node) -> Result<String, Diagnostic> {
    let mut text = String::with_capacity(1024);
    write(&mut text, node, Quoting::Safe)?;
    Ok(text)
}

/// Writes one document and a line break after it.
pub(crate) fn write(out: &mut String, node: &Node, quoting: Quoting) -> Result<(), Diagnostic> {
    let line = out.len();
    NodeWriter { out, line, depth: 0, quoting, folds: true }.document(node)
}

/// The text of one document as kustomize writes it on the way: without folding of long lines.
pub(crate) fn unfolded(node: &Node) -> Result<String, Diagnostic> {
    let mut out = String::new();
    let mut writer = NodeWriter { out: &mut out, line: 0, depth: 0, quoting: Quoting::Kustomize, folds: false };
    writer.document(node)?;
    Ok(out)
}

/// The text of several documents, each written with `write`, with `---` between them.
pub(crate) fn stream<T>(
    documents: impl IntoIterator<Item = T>,
    write: impl Fn(&mut String, T) -> Result<(), Diagnostic>,
) -> Result<String, Diagnostic> {
    let mut out = String::new();
    for document in documents {
        if !out.is_empty() {
            out.push_str("---\n");
        }
        write(&mut out, document)?;
    }
    Ok(out)
}

/// Writes a string on one line, in quotes if it would be read as another type without them.
pub(crate) fn write_string(out: &mut String, text: &str) {
    let form = match quoting::form(text, Quoting::Safe) {
        ScalarForm::Literal => ScalarForm::Double,
        form => form,
    };
    scalar_text::write(out, out.len(), text, form, LineFolding::One);
}

/// Writes a string in double quotes on one line.
pub(crate) fn write_double_quoted(out: &mut String, text: &str) {
    scalar_text::write(out, out.len(), text, ScalarForm::Double, LineFolding::One);
}

/// An unquoted date as Go writes it.
pub(crate) fn date_text(text: &str) -> Result<String, &'static str> {
    let mut out = String::new();
    date::parse(text).ok_or("it is not a valid date")?.write(&mut out)?;
    Ok(out)
}

fn write_error(scalar: &Scalar, why: &str, at: Location) -> Diagnostic {
    Diagnostic::new(Code::Yaml, format!("`{}` cannot be written: {why}", scalar.text)).at(at)
}

struct NodeWriter<'o> {
    out: &'o mut String,
    /// The position in `out` of the start of the current line.
    line: usize,
    depth: usize,
    quoting: Quoting,
    /// Whether long lines are folded.
    folds: bool,
}

impl NodeWriter<'_> {
    fn document(&mut self, node: &Node) -> Result<(), Diagnostic> {
        match &node.value {
            Value::Map(map) if !map.is_empty() => self.map(map, 0, node),
            Value::Seq(items) if !items.is_empty() => self.seq(items, 0, node),
            _ => self.leaf(node, 0),
        }
    }

    fn enter(&mut self, node: &Node) -> Result<(), Diagnostic> {
        self.depth += 1;
        if self.depth > OUTPUT_DEPTH {
            let message = format!("lists and mappings are nested more than {OUTPUT_DEPTH} levels deep");
            return Err(Diagnostic::new(Code::Yaml, message).at(node.at));
        }
        self.check_size(0, node.at)
    }

    /// Refuses more output than a branch can have: a shared tree of any size needs little memory, but its text does not.
    fn check_size(&self, more: usize, at: Location) -> Result<(), Diagnostic> {
        if self.out.len().saturating_add(more) <= OUTPUT_BYTES {
            return Ok(());
        }
        let message = format!("the output would be larger than {} MiB", OUTPUT_BYTES >> 20);
        Err(Diagnostic::new(Code::Yaml, message).at(at))
    }

    /// Writes the entries of a mapping. The first one begins at the end of `out`, which is column `indent`.
    fn map(&mut self, map: &Map, indent: usize, node: &Node) -> Result<(), Diagnostic> {
        self.enter(node)?;
        match key_order::order(map) {
            None => {
                for (i, entry) in map.iter().enumerate() {
                    self.entry(entry, indent, i == 0)?;
                }
            }
            Some(positions) => {
                let entries = map.iter().as_slice();
                for (i, &position) in positions.iter().enumerate() {
                    self.entry(&entries[position], indent, i == 0)?;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn entry(&mut self, entry: &MapEntry, indent: usize, first: bool) -> Result<(), Diagnostic> {
        if !first {
            self.start_line(indent);
        }
        let key = entry.key.text.as_str();
        let node = &entry.value;
        if entry.key.tag != Tag::Str {
            return Err(key_type_error(key, Node::plain(key, entry.key.tag).kind_name()).at(entry.key.at));
        }
        if key.len() > MAX_SIMPLE_KEY || key.contains(quoting::is_break) {
            self.out.push_str("? ");
            self.text(key, indent + 2, entry.key.at)?;
            self.end_line();
            self.start_line(indent);
            self.out.push_str(": ");
            return self.inline(node, indent);
        }
        let form = match quoting::form(key, self.quoting) {
            // Without quotes it would be a merge key.
            _ if key == "<<" => ScalarForm::Double,
            form => form,
        };
        self.check(key, form, entry.key.at)?;
        scalar_text::write(self.out, self.line, key, form, LineFolding::One);
        self.out.push(':');
        match &node.value {
            Value::Map(map) if !map.is_empty() => {
                self.end_line();
                self.start_line(indent + 2);
                self.map(map, indent + 2, node)
            }
            Value::Seq(items) if !items.is_empty() => {
                self.end_line();
                self.start_line(indent);
                self.seq(items, indent, node)
            }
            _ => {
                self.out.push(' ');
                self.leaf(node, indent)
            }
        }
    }

    /// Writes the items of a list. The first one begins at the end of `out`, which is column `indent`.
    fn seq(&mut self, items: &[Node], indent: usize, node: &Node) -> Result<(), Diagnostic> {
        self.enter(node)?;
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.start_line(indent);
            }
            self.out.push_str("- ");
            self.inline(item, indent)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Writes a node after a mark of two characters, such as `- `, at column `indent`.
    fn inline(&mut self, node: &Node, indent: usize) -> Result<(), Diagnostic> {
        match &node.value {
            Value::Map(map) if !map.is_empty() => self.map(map, indent + 2, node),
            Value::Seq(items) if !items.is_empty() => self.seq(items, indent + 2, node),
            _ => self.leaf(node, indent),
        }
    }

    /// Writes a scalar or an empty collection as a child of the collection at column `indent`, and ends the line.
    fn leaf(&mut self, node: &Node, indent: usize) -> Result<(), Diagnostic> {
        match &node.value {
            Value::Map(_) => self.out.push_str("{}"),
            Value::Seq(_) => self.out.push_str("[]"),
            Value::Scalar(Scalar { text, tag: Tag::Str, .. }) => self.text(text, indent + 2, node.at)?,
            Value::Scalar(scalar) => self.typed(scalar, node)?,
        }
        self.end_line();
        Ok(())
    }

    fn text(&mut self, text: &str, indent: usize, at: Location) -> Result<(), Diagnostic> {
        let form = quoting::form(text, self.quoting);
        self.check(text, form, at)?;
        // Each line of a block is indented.
        let lines = if form == ScalarForm::Literal { text.matches('\n').count() } else { 0 };
        self.check_size(lines.saturating_mul(indent).saturating_add(text.len()), at)?;
        let is_one_line = !self.folds && form != ScalarForm::Literal;
        let lines = if is_one_line { LineFolding::One } else { LineFolding::Folded(indent) };
        scalar_text::write(self.out, self.line, text, form, lines);
        Ok(())
    }

    /// Refuses characters that kustomize cannot print: it writes an object without escapes and cannot read it again.
    fn check(&self, text: &str, form: ScalarForm, at: Location) -> Result<(), Diagnostic> {
        let is_unreadable = |c| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
        if form != ScalarForm::Double || self.quoting != Quoting::Kustomize {
            return Ok(());
        }
        text.chars().find(|c| is_unreadable(*c)).map_or(Ok(()), |c| {
            let message = format!("kustomize cannot print the control character U+{:04X}", u32::from(c));
            Err(Diagnostic::new(Code::Yaml, message).at(at))
        })
    }

    fn typed(&mut self, scalar: &Scalar, node: &Node) -> Result<(), Diagnostic> {
        let word = match scalar.tag {
            Tag::Str => unreachable!("strings are written as text"),
            Tag::Int | Tag::Float => {
                return number::write_canonical(self.out, &scalar.text)
                    .map_err(|why| write_error(scalar, why, node.at));
            }
            Tag::Timestamp => return self.date(&scalar.text).map_err(|why| write_error(scalar, why, node.at)),
            Tag::Null if self.quoting == Quoting::Kustomize && scalar.style == Style::Quoted => "\"\"",
            Tag::Null => "null",
            Tag::Bool if node.as_bool() == Some(true) => "true",
            Tag::Bool => "false",
        };
        self.out.push_str(word);
        Ok(())
    }

    /// Writes an unquoted date as kustomize does: as a string.
    fn date(&mut self, text: &str) -> Result<(), &'static str> {
        self.out.push('"');
        self.out.push_str(&date_text(text)?);
        self.out.push('"');
        Ok(())
    }

    /// Ends the line, if it is not already ended by a block scalar.
    fn end_line(&mut self) {
        if !self.out.ends_with(quoting::is_break) {
            self.out.push('\n');
        }
        self.line = self.out.len();
    }

    fn start_line(&mut self, indent: usize) {
        pad(self.out, indent);
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::node::Node;
    use crate::yaml::Quoting;

    #[test]
    fn characters_that_kustomize_cannot_print_are_refused() {
        for text in ["a\u{7f}", "\u{80}", "x\u{9f}y", "\u{fffe}", "\u{ffff}\n"] {
            let key = [(text, Node::str("x"))].into_iter().collect::<crate::node::Map>();
            for node in [Node::str(text), Node::from(key)] {
                assert!(write(&mut String::new(), &node, Quoting::Kustomize).is_err(), "{text:?}");
                assert!(write(&mut String::new(), &node, Quoting::Safe).is_ok(), "{text:?}");
            }
        }
        for text in ["\u{1}", "\u{1b}[0m", "\u{a0}", "\u{feff}", "\u{1f600}"] {
            assert!(write(&mut String::new(), &Node::str(text), Quoting::Kustomize).is_ok(), "{text:?}");
        }
    }
}
