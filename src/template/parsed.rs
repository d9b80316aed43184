//! Rendered templates that are parsed once and shared by all branches with the same rendered text.
//!
//! A rendered text has placeholders for values, so it depends on the control flow of a template only and few texts differ.
//! A parsed template keeps its documents and, for each, which parts `fill` replaces by values.

use super::placeholder::{self, Placeholder, TextPart};
use super::value::CAPTURED_TEXT_HELP;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::{Node, Style, Value as Data};
use crate::source::{FileId, Location};
use crate::yaml::Dialect;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// The size of the cache, in bytes of rendered text. A full cache is emptied.
const MAX_CACHED_BYTES: usize = 4 << 20;

/// The documents of one rendered text and its placeholders.
#[derive(Debug)]
pub(super) struct ParsedTemplate {
    pub(super) documents: Vec<(Node, Option<FillPlan>)>,
    /// The placeholders by number.
    pub(super) placeholders: Vec<Placeholder>,
}

/// Which parts of a node are replaced by values.
#[derive(Debug)]
pub(super) enum FillPlan {
    /// The node is the value with this number.
    Value(usize),
    /// The node is a scalar with values in its text.
    Text(Vec<TextPart>),
    /// These items of a list.
    Seq(Vec<(usize, FillPlan)>),
    /// These values and keys of a mapping, by position.
    Map {
        entries: Vec<(usize, FillPlan)>,
        keys: Vec<(usize, Vec<TextPart>)>,
        /// Whether the value of the merge key `<<` has placeholders.
        merge: bool,
    },
}

impl ParsedTemplate {
    /// The parsed template with `documents`, which were read from `text`.
    pub(super) fn new(text: &str, documents: Vec<Node>, placeholders: Vec<Placeholder>) -> Result<Self> {
        let mut planner = FillPlanner { is_planned: vec![false; placeholders.len()], errors: Vec::new() };
        let documents: Vec<_> = documents
            .into_iter()
            .map(|node| {
                let plan = planner.node(&node);
                (node, plan)
            })
            .collect();
        let unplanned = |number: &usize| planner.is_planned.get(*number) == Some(&false);
        let consumed = consumed_placeholders(text).into_iter().filter(|(number, _)| unplanned(number));
        let errors = consumed.filter_map(|(number, syntax)| {
            let placeholder = placeholders.get(number)?;
            let message = format!("`{}` is part of {syntax}, which cannot have a value", placeholder.expression);
            let help = "expressions can be in strings and keys, or be whole values";
            Some(Diagnostic::new(Code::Template, message).at(placeholder.at).help(help))
        });
        let errors: Vec<_> = errors.collect();
        planner.errors.extend(errors);
        Diagnostics::check(planner.errors, ParsedTemplate { documents, placeholders })
    }
}

struct FillPlanner {
    /// By number, whether a plan has the placeholder.
    is_planned: Vec<bool>,
    errors: Vec<Diagnostic>,
}

impl FillPlanner {
    fn node(&mut self, node: &Node) -> Option<FillPlan> {
        match &node.value {
            Data::Scalar(scalar) => {
                let parts = self.parts(&scalar.text, node.at)?;
                match parts[..] {
                    [TextPart::Placeholder(number)] if scalar.style == Style::Plain => Some(FillPlan::Value(number)),
                    _ => Some(FillPlan::Text(parts)),
                }
            }
            Data::Seq(items) => {
                let plans = items.iter().enumerate().filter_map(|(i, item)| Some((i, self.node(item)?)));
                let plans: Vec<_> = plans.collect();
                (!plans.is_empty()).then_some(FillPlan::Seq(plans))
            }
            Data::Map(map) => {
                let mut entries = Vec::new();
                let mut keys = Vec::new();
                let mut merge = false;
                for (i, entry) in map.iter().enumerate() {
                    keys.extend(self.parts(&entry.key.text, entry.key.at).map(|parts| (i, parts)));
                    if let Some(plan) = self.node(&entry.value) {
                        merge |= entry.key.text == "<<" && entry.key.style == Style::Plain;
                        entries.push((i, plan));
                    }
                }
                let is_empty = entries.is_empty() && keys.is_empty();
                (!is_empty).then_some(FillPlan::Map { entries, keys, merge })
            }
        }
    }

    /// The parts of a text that has placeholders.
    fn parts(&mut self, text: &str, at: Location) -> Option<Vec<TextPart>> {
        placeholder::is_captured(text).then_some(())?;
        let parts = placeholder::split(text);
        if parts.is_none() {
            self.errors.push(split_text_error(at));
        }
        for part in parts.iter().flatten() {
            if let TextPart::Placeholder(number) = part {
                match self.is_planned.get_mut(*number) {
                    Some(is_planned) => *is_planned = true,
                    None => self.errors.push(split_text_error(at)),
                }
            }
        }
        Some(parts?.into_iter().map(TextPart::into_owned).collect())
    }
}

fn split_text_error(at: Location) -> Diagnostic {
    Diagnostic::new(Code::Template, "the template splits captured text").at(at).help(CAPTURED_TEXT_HELP)
}

/// The placeholders that can be part of YAML syntax that parsing consumes, and which. Those in comments are none of them.
fn consumed_placeholders(text: &str) -> BTreeMap<usize, &'static str> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| placeholder::is_captured(line)) {
        let comments = [Some(0).filter(|_| line.starts_with('#')), line.find(" #"), line.find("\t#")];
        let end = comments.into_iter().flatten().min().unwrap_or(line.len());
        let (mut word, mut done) = (0, 0);
        for (at, number) in placeholder::positions(&line[..end]) {
            let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
            let separator = line[done..at].rmatch_indices(is_separator).next();
            word = separator.map_or(word, |(before, text)| done + before + text.len());
            done = at;
            let syntax = match (line.chars().next(), line[word..].chars().next()) {
                (Some('%'), _) => "a directive",
                (_, Some('&')) => "an anchor",
                (_, Some('*')) => "an alias",
                (_, Some('!')) => "a tag",
                _ => continue,
            };
            found.entry(number).or_insert(syntax);
        }
    }
    found
}

/// The result of parsing a rendered text.
type ParseResult = Result<Arc<ParsedTemplate>>;

/// A cache of parsed templates, by file, dialect and rendered text.
#[derive(Debug, Default)]
pub(super) struct ParsedTemplateCache(RwLock<CachedTemplates>);

#[derive(Debug, Default)]
struct CachedTemplates {
    by_text: BTreeMap<(FileId, Dialect), BTreeMap<Box<str>, ParseResult>>,
    bytes: usize,
}

impl ParsedTemplateCache {
    /// The parsed template with this rendered text. Calls `parse` if the cache does not have it.
    pub(super) fn get_or_parse(
        &self,
        file: FileId,
        dialect: Dialect,
        text: &str,
        parse: impl FnOnce() -> Result<ParsedTemplate>,
    ) -> ParseResult {
        const LOCK: &str = "no thread panics while it has the lock";
        let cached =
            |cache: &CachedTemplates| cache.by_text.get(&(file, dialect)).and_then(|texts| texts.get(text)).cloned();
        if let Some(parsed) = cached(&self.0.read().expect(LOCK)) {
            return parsed;
        }
        let parsed = parse().map(Arc::new);
        let mut cache = self.0.write().expect(LOCK);
        if let Some(parsed) = cached(&cache) {
            return parsed;
        }
        if cache.bytes + text.len() > MAX_CACHED_BYTES {
            *cache = CachedTemplates::default();
        }
        cache.bytes += text.len();
        cache.by_text.entry((file, dialect)).or_default().insert(text.into(), parsed.clone());
        parsed
    }
}
