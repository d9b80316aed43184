//! Builds a node from the events of the parser. Aliases and merge keys are expanded.
//!
//! Depth, size and expansion are limited, so no text can exhaust the stack or the memory, neither here nor in code that
//! visits the tree.

use super::super::scalar::resolve;
use super::super::{Dialect, Locator};
use super::key::key;
use super::parser_error::ParserContext;
use super::tagged::tagged;
use super::{ReadOptions, escapes, merge_keys, parser_options, tabs};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{DOCUMENT_ALIASED_BYTES, DOCUMENT_ALIASED_VALUES, DOCUMENT_DEPTH, TEXT_NODES};
use crate::node::{MapEntry, MapKey, Node, Scalar, Style, Tag, Value};
use crate::source::{Location, position};
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The size of a node with its aliases expanded.
#[derive(Clone, Copy, Default)]
struct ExpandedSize {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

/// The number of nodes of a text so far.
#[derive(Clone, Copy, Default)]
pub(super) struct NodeCount(usize);

/// An anchor takes as much memory as this many nodes.
const ANCHOR_NODES: usize = 4;

impl NodeCount {
    pub(super) fn is_exceeded(self) -> bool {
        self.0 > TEXT_NODES
    }

    /// Counts a node at `at`, with or without an anchor.
    fn add(&mut self, has_anchor: bool, at: Location) -> Result<(), Diagnostic> {
        self.0 += if has_anchor { ANCHOR_NODES } else { 1 };
        if !self.is_exceeded() {
            return Ok(());
        }
        let message = format!("the text has more than {TEXT_NODES} keys and values");
        Err(Diagnostic::new(Code::Yaml, message).at(at).help("split it into several files"))
    }
}

/// A collection that is not complete.
struct YamlFrame {
    at: Location,
    anchor: usize,
    size: ExpandedSize,
    /// The offset of its bracket or brace, if it has one.
    flow: Option<usize>,
    content: YamlContent,
}

enum YamlContent {
    Seq(Vec<Node>),
    Map { entries: Vec<MapEntry>, key: Option<MapKey>, merges: Vec<(Location, Node)> },
}

pub(super) struct NodeBuilder<'t> {
    text: &'t str,
    dialect: Dialect,
    locate: &'t Locator<'t>,
    options: &'t ReadOptions,
    frames: Vec<YamlFrame>,
    anchors: BTreeMap<usize, (Node, ExpandedSize)>,
    aliased: ExpandedSize,
    nodes: &'t mut NodeCount,
    tabs: tabs::IndentTabs,
    root: Option<Node>,
}

impl<'t> NodeBuilder<'t> {
    pub(super) fn new(
        text: &'t str,
        dialect: Dialect,
        locate: &'t Locator<'t>,
        options: &'t ReadOptions,
        nodes: &'t mut NodeCount,
    ) -> Self {
        NodeBuilder {
            text,
            dialect,
            locate,
            options,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            aliased: ExpandedSize::default(),
            nodes,
            tabs: tabs::IndentTabs::of(text),
            root: None,
        }
    }

    /// The document, or `None` if the text is empty.
    pub(super) fn document(mut self) -> Result<Option<Node>, Diagnostic> {
        for next in Parser::new_from_str_with_options(self.text, parser_options()) {
            let (event, span) = next.map_err(|error| self.parser_context().diagnostic(&error))?;
            self.record_ranges(&event, &span);
            self.handle(event, &span)?;
        }
        if let Some((tab, error)) = self.tabs.check() {
            let (line, column) = position(self.text, tab);
            return Err(error.at((self.locate)(line, column, 1)));
        }
        Ok(self.root)
    }

    fn parser_context(&self) -> ParserContext<'_> {
        ParserContext {
            text: self.text,
            locate: self.locate,
            open: self.frames.last().and_then(|frame| frame.flow),
            braces_help: self.options.braces_help,
        }
    }

    /// Records the ranges of scalars and of brackets, in which the parser itself checks tabs.
    fn record_ranges(&mut self, event: &Event<'_>, span: &Span) {
        match event {
            Event::Scalar(..) => self.tabs.scalar(span.start.byte_offset(), span.end.byte_offset()),
            Event::SequenceStart(StructureStyle::Flow, ..) | Event::MappingStart(StructureStyle::Flow, ..) => {
                self.tabs.open(span.start.byte_offset());
            }
            // The frame of the collection that ends is still on the stack.
            Event::SequenceEnd | Event::MappingEnd if self.frames.last().is_some_and(|frame| frame.flow.is_some()) => {
                self.tabs.close(span.end.byte_offset());
            }
            _ => {}
        }
    }

    fn handle(&mut self, event: Event<'_>, span: &Span) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let (node, size) = self.scalar(&text, style, tag.as_deref(), span)?;
                self.add(node, size, anchor)
            }
            Event::SequenceStart(style, anchor, _) => self.open(span, style, anchor, YamlContent::Seq(Vec::new())),
            Event::MappingStart(style, anchor, _) => {
                self.open(span, style, anchor, YamlContent::Map { entries: Vec::new(), key: None, merges: Vec::new() })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id) else {
                    return Err(
                        Diagnostic::new(Code::Yaml, "an alias is in the value of its own anchor").at(self.at(span))
                    );
                };
                let (node, size) = (node.clone(), *size);
                let at = self.at(span);
                self.aliased.nodes += size.nodes;
                self.aliased.bytes += size.bytes;
                if self.aliased.nodes > DOCUMENT_ALIASED_VALUES || self.aliased.bytes > DOCUMENT_ALIASED_BYTES {
                    let limit = format!("{DOCUMENT_ALIASED_VALUES} nodes or {} MiB", DOCUMENT_ALIASED_BYTES >> 20);
                    let message = format!("the aliases of the document expand to more than {limit}");
                    return Err(Diagnostic::new(Code::Yaml, message).at(at));
                }
                if self.frames.len() + size.depth > DOCUMENT_DEPTH {
                    return Err(too_deep(at));
                }
                self.add(node.placed(at), size, 0)
            }
            Event::UnresolvedAlias(name) => {
                let error = Diagnostic::new(Code::Yaml, format!("unknown anchor `&{name}`"));
                Err(error
                    .at(self.at(span))
                    .help("define the anchor before the alias in the same document; put a text that begins with `*` in quotes"))
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                let error = Diagnostic::new(Code::Yaml, "the document after `...` does not begin with `---`");
                Err(error.at((self.locate)(span.start.line(), span.start.col() + 1, 0)))
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
                let within = column.map(|column| (self.locate)(span.start.line(), span.start.col() + 1 + column, 2));
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
        // The parser reports the position of the next token for an empty value.
        let at = if nothing { self.key_location().or(self.at(span)) } else { self.at(span) };
        let flow = self.frames.last().is_some_and(|frame| frame.flow.is_some());
        if flow && style == Style::Plain {
            self.check_flow_scalar(text, span).map_err(|error| error.at(at))?;
        }
        let scalar = |tag, style| Scalar { text: SmolStr::new(text), tag, style };
        let scalar = match tag {
            // kustomize writes it as `''` and reads that again, as a string.
            None if nothing && flow && self.dialect == Dialect::Kubernetes => scalar(Tag::Null, Style::Quoted),
            Some(tag) if tag.original() != "!" => {
                tagged(text, &tag.to_string(), style).map_err(|error| error.at(at))?
            }
            _ if style == Style::Plain => scalar(resolve::resolve(text, self.dialect), style),
            _ => scalar(Tag::Str, style),
        };
        Ok((Node::new(Value::Scalar(scalar), at), ExpandedSize { nodes: 1, bytes: text.len(), depth: 0 }))
    }

    /// Refuses a plain scalar in brackets or braces that go-yaml reads in another way.
    fn check_flow_scalar(&self, text: &str, span: &Span) -> Result<(), Diagnostic> {
        let rest = span.end.byte_offset().and_then(|end| self.text.as_bytes().get(end..)).unwrap_or_default();
        if let ([b':', b',' | b'[' | b']' | b'{' | b'}', ..], false) = (rest, text.is_empty()) {
            let message = format!("some YAML readers read `{text}:` as a key, others as a string");
            return Err(
                Diagnostic::new(Code::Yaml, message).help("put a space after the colon, or put the text in quotes")
            );
        }
        if text.starts_with('?') {
            let message = format!("some YAML readers read `{text}` as a key, others as a string");
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
        (self.locate)(span.start.line(), span.start.col() + 1, len)
    }

    /// The location of the key that has no value yet.
    fn key_location(&self) -> Location {
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
        let at = (self.locate)(span.start.line(), span.start.col() + 1, 1);
        if let Some(YamlFrame { content: YamlContent::Map { key: None, .. }, .. }) = self.frames.last() {
            let what = if matches!(content, YamlContent::Seq(_)) { "a list" } else { "a mapping" };
            let error = Diagnostic::new(Code::Yaml, format!("a key must be a string, got {what}")).at(at);
            return Err(self.parser_context().with_braces_help(error, span.start.byte_offset()));
        }
        if self.frames.len() >= DOCUMENT_DEPTH {
            return Err(too_deep(at));
        }
        let flow = (style == StructureStyle::Flow).then(|| span.start.byte_offset().unwrap_or_default());
        self.frames.push(YamlFrame { at, anchor, size: ExpandedSize { nodes: 1, bytes: 0, depth: 1 }, flow, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Diagnostic> {
        let frame = self.frames.pop().expect("the parser reports an end only after its start");
        let value = match frame.content {
            YamlContent::Seq(mut items) => {
                items.shrink_to_fit();
                Value::Seq(Arc::new(items))
            }
            YamlContent::Map { mut entries, merges, .. } => {
                entries.shrink_to_fit();
                Value::Map(merge_keys::merged(entries, &merges, self.dialect)?)
            }
        };
        self.add(Node::new(value, frame.at), frame.size, frame.anchor)
    }

    /// Adds a complete node to the innermost open collection, or makes it the root.
    fn add(&mut self, node: Node, size: ExpandedSize, anchor: usize) -> Result<(), Diagnostic> {
        self.nodes.add(anchor != 0, node.at)?;
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
            YamlContent::Map { key: pending @ None, .. } => *pending = Some(key(node, self.dialect)?),
            YamlContent::Map { entries, key: pending, merges } => {
                let key = pending.take().expect("the previous arm matches if there is no key");
                let is_placeholder =
                    |node: &Node| node.as_scalar().is_some_and(|scalar| (self.options.is_placeholder)(&scalar.text));
                let has_placeholder =
                    is_placeholder(&node) || node.as_seq().is_some_and(|items| items.iter().any(is_placeholder));
                if key.style == Style::Plain && key.text == "<<" && !has_placeholder {
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
    Diagnostic::new(Code::Yaml, format!("lists and mappings are nested more than {DOCUMENT_DEPTH} levels deep")).at(at)
}
