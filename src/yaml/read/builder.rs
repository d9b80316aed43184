//! The events of the parser to one node, with anchors, aliases and merge keys expanded.
//!
//! Depth, size and expansion have limits, so that no text can exhaust stack or memory here or in code that visits the
//! tree.

use super::super::scalar::resolve;
use super::super::{Dialect, Locator};
use super::key::key;
use super::tagged::tagged;
use super::{escapes, merge_keys, parser_error, tabs};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{MapEntry, MapKey, Node, Scalar, Style, Tag, Value};
use crate::source::Location;
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep collections may stand in each other.
const MAX_DEPTH: usize = 200;
/// How many nodes the aliases of one document may stand for.
const MAX_ALIASED_NODES: usize = 200_000;
/// How many bytes of text the aliases of one document may stand for.
const MAX_ALIASED_BYTES: usize = 16 << 20;

/// How much a node stands for once aliases are expanded.
#[derive(Clone, Copy, Default)]
struct ExpandedSize {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

/// A collection that is not complete.
struct YamlFrame {
    at: Location,
    anchor: usize,
    size: ExpandedSize,
    /// Whether it stands in brackets or braces.
    flow: bool,
    content: YamlContent,
}

enum YamlContent {
    Seq(Vec<Node>),
    Map { entries: Vec<MapEntry>, key: Option<MapKey>, merges: Vec<(Location, Node)> },
}

pub(super) struct NodeBuilder<'t> {
    text: &'t str,
    dialect: Dialect,
    place: &'t Locator<'t>,
    is_placeholder: fn(&str) -> bool,
    frames: Vec<YamlFrame>,
    anchors: BTreeMap<usize, (Node, ExpandedSize)>,
    aliased: ExpandedSize,
    tabs: tabs::IndentTabs,
    root: Option<Node>,
}

impl<'t> NodeBuilder<'t> {
    pub(super) fn new(
        text: &'t str,
        dialect: Dialect,
        place: &'t Locator<'t>,
        is_placeholder: fn(&str) -> bool,
    ) -> Self {
        NodeBuilder {
            text,
            dialect,
            place,
            is_placeholder,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            aliased: ExpandedSize::default(),
            tabs: tabs::IndentTabs::of(text),
            root: None,
        }
    }

    /// The one document of the text, if it holds any.
    pub(super) fn document(mut self) -> Result<Option<Node>, Diagnostic> {
        let options = granit_parser::options! {
            block_scalar_eof_without_line_feed: true,
            emit_comments: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: MAX_DEPTH + 1,
            block_nesting_limit: MAX_DEPTH + 1,
        };
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = next.map_err(|error| parser_error::complaint(&error, self.text, self.place))?;
            self.note(&event, &span);
            self.take(event, &span)?;
        }
        if let Some((tab, error)) = self.tabs.check() {
            let before = &self.text[..tab];
            let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            return Err(error.at((self.place)(before.matches('\n').count() + 1, column, 1)));
        }
        Ok(self.root)
    }

    /// Notes where tabs are nobody's concern here.
    fn note(&mut self, event: &Event<'_>, span: &Span) {
        match event {
            Event::Scalar(..) => self.tabs.scalar(span.start.byte_offset(), span.end.byte_offset()),
            Event::SequenceStart(StructureStyle::Flow, ..) | Event::MappingStart(StructureStyle::Flow, ..) => {
                self.tabs.open(span.start.byte_offset());
            }
            // The frame of what ends is still there.
            Event::SequenceEnd | Event::MappingEnd if self.frames.last().is_some_and(|frame| frame.flow) => {
                self.tabs.close(span.end.byte_offset());
            }
            _ => {}
        }
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let (node, size) = self.scalar(&text, style, tag.as_deref(), span)?;
                self.put(node, size, anchor)
            }
            Event::SequenceStart(style, anchor, _) => self.open(span, style, anchor, YamlContent::Seq(Vec::new())),
            Event::MappingStart(style, anchor, _) => {
                self.open(span, style, anchor, YamlContent::Map { entries: Vec::new(), key: None, merges: Vec::new() })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id) else {
                    return Err(Diagnostic::new(Code::Yaml, "an alias stands within its own anchor").at(self.at(span)));
                };
                let (node, size) = (node.clone(), *size);
                let at = self.at(span);
                self.aliased.nodes += size.nodes;
                self.aliased.bytes += size.bytes;
                if self.aliased.nodes > MAX_ALIASED_NODES || self.aliased.bytes > MAX_ALIASED_BYTES {
                    return Err(Diagnostic::new(Code::Yaml, "the aliases of this document expand to too much").at(at));
                }
                if self.frames.len() + size.depth > MAX_DEPTH {
                    return Err(too_deep(at));
                }
                self.put(node.placed(at), size, 0)
            }
            Event::UnresolvedAlias(name) => {
                let error = Diagnostic::new(Code::Yaml, format!("no anchor `&{name}` stands before this alias"));
                Err(error
                    .at(self.at(span))
                    .help("anchors hold within one document; a text that begins with `*` needs quotes"))
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                let error = Diagnostic::new(
                    Code::Yaml,
                    "a document ended with `...`, and what follows does not begin with `---`",
                );
                Err(error.at((self.place)(span.start.line(), span.start.col() + 1, 0)))
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&granit_parser::Tag>,
        span: &Span,
    ) -> Result<(Node, ExpandedSize), Diagnostic> {
        if style == ScalarStyle::DoubleQuoted {
            let bytes = span.start.byte_offset().zip(span.end.byte_offset());
            let quoted = bytes.and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default();
            escapes::check(quoted).map_err(|(column, error)| {
                let within = column.map(|column| (self.place)(span.start.line(), span.start.col() + 1 + column, 2));
                error.at(within.unwrap_or(self.at(span)))
            })?;
        }
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal => Style::Block,
            ScalarStyle::Folded => Style::Folded,
        };
        let nothing = style == Style::Plain && span.start == span.end;
        let text = if nothing { "" } else { text };
        // An empty value has no place of its own; the parser names that of the next token.
        let at = if nothing { self.key_place().or(self.at(span)) } else { self.at(span) };
        let flow = self.frames.last().is_some_and(|frame| frame.flow);
        if flow && style == Style::Plain {
            self.agreed(text, span).map_err(|error| error.at(at))?;
        }
        let scalar = |tag, style| Scalar { text: SmolStr::new(text), tag, style };
        let scalar = match tag {
            // kustomize prints it as `''` before it makes the data, and a string is what it reads then.
            None if nothing && flow && self.dialect == Dialect::Kubernetes => scalar(Tag::Null, Style::Quoted),
            Some(tag) if tag.original() != "!" => {
                tagged(text, &tag.to_string(), style).map_err(|error| error.at(at))?
            }
            _ if style == Style::Plain => scalar(resolve::resolve(text, self.dialect), style),
            _ => scalar(Tag::Str, style),
        };
        Ok((Node::new(Value::Scalar(scalar), at), ExpandedSize { nodes: 1, bytes: text.len(), depth: 0 }))
    }

    /// Refuses a plain scalar within brackets that go-yaml takes apart otherwise.
    fn agreed(&self, text: &str, span: &Span) -> Result<(), Diagnostic> {
        let rest = span.end.byte_offset().and_then(|end| self.text.as_bytes().get(end..)).unwrap_or_default();
        if let ([b':', b',' | b'[' | b']' | b'{' | b'}', ..], false) = (rest, text.is_empty()) {
            let message = format!("`{text}:` is a key to some readers and a string to others");
            return Err(
                Diagnostic::new(Code::Yaml, message).help("put a space behind the colon, or quotes around the text")
            );
        }
        if text.starts_with('?') {
            let message = format!("`{text}` is a key to some readers and a string to others");
            return Err(Diagnostic::new(Code::Yaml, message).help("put it in quotes"));
        }
        Ok(())
    }

    fn at(&self, span: &Span) -> Location {
        let len = if span.start.line() == span.end.line() {
            span.end.col().saturating_sub(span.start.col())
        } else {
            let rest = span.start.byte_offset().and_then(|start| self.text.get(start..)).unwrap_or("");
            rest.lines().next().map_or(0, |line| line.trim_end().chars().count())
        };
        (self.place)(span.start.line(), span.start.col() + 1, len)
    }

    /// The place of the key that waits for its value.
    fn key_place(&self) -> Location {
        match self.frames.last() {
            Some(YamlFrame { content: YamlContent::Map { key: Some(key), .. }, .. }) => key.at,
            _ => Location::NONE,
        }
    }

    fn open(
        &mut self,
        span: &Span,
        style: StructureStyle,
        anchor: usize,
        content: YamlContent,
    ) -> Result<(), Diagnostic> {
        let at = (self.place)(span.start.line(), span.start.col() + 1, 1);
        if let Some(YamlFrame { content: YamlContent::Map { key: None, .. }, .. }) = self.frames.last() {
            let what = if matches!(content, YamlContent::Seq(_)) { "a list" } else { "a mapping" };
            let error = Diagnostic::new(Code::Yaml, format!("a key must be a string, but this is {what}")).at(at);
            return Err(parser_error::hint_of_braces(error, self.text, span.start.byte_offset()));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        let flow = style == StructureStyle::Flow;
        self.frames.push(YamlFrame { at, anchor, size: ExpandedSize { nodes: 1, bytes: 0, depth: 1 }, flow, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Diagnostic> {
        let frame = self.frames.pop().expect("the parser closes what it opened");
        let value = match frame.content {
            YamlContent::Seq(items) => Value::Seq(Arc::new(items)),
            YamlContent::Map { entries, merges, .. } => Value::Map(merge_keys::merged(entries, &merges, self.dialect)?),
        };
        self.put(Node::new(value, frame.at), frame.size, frame.anchor)
    }

    /// Puts a complete node where it belongs.
    fn put(&mut self, node: Node, size: ExpandedSize, anchor: usize) -> Result<(), Diagnostic> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.size.nodes += size.nodes;
        frame.size.bytes += size.bytes;
        frame.size.depth = frame.size.depth.max(size.depth + 1);
        match &mut frame.content {
            YamlContent::Seq(items) => items.push(node),
            YamlContent::Map { key: waiting @ None, .. } => *waiting = Some(key(node, self.dialect)?),
            YamlContent::Map { entries, key: waiting, merges } => {
                let key = waiting.take().expect("the arm above took its absence");
                let is_placeholder =
                    |node: &Node| node.as_scalar().is_some_and(|scalar| (self.is_placeholder)(&scalar.text));
                let waits =
                    is_placeholder(&node) || node.as_seq().is_some_and(|items| items.iter().any(is_placeholder));
                if key.style == Style::Plain && key.text == "<<" && !waits {
                    merges.push((key.at, node));
                } else {
                    entries.push(MapEntry { key, value: node });
                }
            }
        }
        Ok(())
    }
}

fn too_deep(at: Location) -> Diagnostic {
    Diagnostic::new(Code::Yaml, format!("lists and mappings stand more than {MAX_DEPTH} deep in each other")).at(at)
}
