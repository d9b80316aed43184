//! The target of a patch: a selector of regular expressions, compiled when the patch is first applied.

use super::expression::{self, Expression};
use super::label_selector::LabelSelector;
use super::selector::{Selector, selector};
use super::text::Text;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::resource::{Id, Resource};
use crate::work::WorkCounter;
use crate::yaml::FieldErrors;
use smol_str::SmolStr;
use std::sync::OnceLock;

/// Which objects a patch applies to.
#[derive(Clone, Debug)]
pub(crate) struct PatchTarget {
    /// The target as written.
    pub(crate) selector: Selector,
    /// Its patterns, or the error in them.
    patterns: OnceLock<Result<TargetPatterns, Diagnostic>>,
}

#[derive(Clone, Debug)]
struct TargetPatterns {
    group: TextPattern,
    version: TextPattern,
    kind: TextPattern,
    name: TextPattern,
    namespace: TextPattern,
    labels: LabelPattern,
    annotations: LabelPattern,
}

/// A label selector, or the error in it, which kustomize reports only if an object matches everything else.
type LabelPattern = Result<LabelSelector, Diagnostic>;

/// A regular expression for a whole text. Most are plain words, which need no regular expression.
#[derive(Clone, Debug)]
enum TextPattern {
    Any,
    Word(SmolStr),
    Regex(Expression),
}

/// Reads the target of a patch.
pub(crate) fn patch_target(node: &Node, errors: &mut FieldErrors) -> Option<PatchTarget> {
    selector(node, errors).map(PatchTarget::new)
}

impl PatchTarget {
    /// The target that a selector describes.
    pub(crate) fn new(selector: Selector) -> Self {
        PatchTarget { selector, patterns: OnceLock::new() }
    }

    /// Whether each object of `resources` matches.
    ///
    /// # Errors
    ///
    /// One of the texts is not a regular expression or not a label selector, or the work limit is exceeded.
    pub(crate) fn select(&self, resources: &[Resource], work: &WorkCounter) -> Result<Vec<usize>, Diagnostic> {
        let placed = |error: Diagnostic| error.at(self.selector.at);
        TargetPatterns::count_texts(&self.selector, work).map_err(placed)?;
        let patterns = self.patterns.get_or_init(|| TargetPatterns::new(&self.selector));
        let patterns = match patterns {
            Ok(patterns) => patterns,
            Err(invalid) => return expression::count_invalid(work).map_err(placed).and(Err(invalid.clone())),
        };
        patterns.count(resources.len(), work).map_err(placed)?;
        let mut selected = Vec::new();
        for (i, resource) in resources.iter().enumerate() {
            if patterns.match_object(resource, work).map_err(placed)? {
                selected.push(i);
            }
        }
        Ok(selected)
    }
}

impl TextPattern {
    /// Whether a text is a plain word.
    fn is_word(text: &str) -> bool {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/')
    }

    fn new(text: Option<&Text>) -> Result<Self, Diagnostic> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(TextPattern::Any) };
        if TextPattern::is_word(text) {
            return Ok(TextPattern::Word(text.text.clone()));
        }
        expression::compile(&format!("^(?:{})$", text.text)).map(TextPattern::Regex).map_err(|why| {
            Diagnostic::new(Code::Overlay, format!("`{text}` is not a valid regular expression: {why}")).at(text.at)
        })
    }

    /// Whether it matches one of `texts`.
    fn matches<'t>(&self, texts: impl IntoIterator<Item = &'t str>, work: &WorkCounter) -> Result<bool, Diagnostic> {
        for text in texts {
            let is_match = match self {
                TextPattern::Any => true,
                TextPattern::Word(word) => word == text,
                TextPattern::Regex(expression) => expression.is_match(text, work)?,
            };
            if is_match {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl TargetPatterns {
    fn new(selector: &Selector) -> Result<Self, Diagnostic> {
        let labels = |text: &Option<Text>| match text {
            Some(text) => LabelSelector::new(text).map_err(|error| error.at(text.at)),
            None => Ok(LabelSelector::default()),
        };
        Ok(TargetPatterns {
            group: TextPattern::new(selector.group.as_ref())?,
            version: TextPattern::new(selector.version.as_ref())?,
            kind: TextPattern::new(selector.kind.as_ref())?,
            name: TextPattern::new(selector.name.as_ref())?,
            namespace: TextPattern::new(selector.namespace.as_ref())?,
            labels: labels(&selector.label_selector),
            annotations: labels(&selector.annotation_selector),
        })
    }

    /// Counts the texts of a selector that are read as patterns.
    fn count_texts(selector: &Selector, work: &WorkCounter) -> Result<(), Diagnostic> {
        let expressions =
            [&selector.group, &selector.version, &selector.kind, &selector.name, &selector.namespace].into_iter();
        let expressions = expressions.flatten().filter(|text| !TextPattern::is_word(text));
        let selectors = [&selector.label_selector, &selector.annotation_selector].into_iter().flatten();
        expressions.chain(selectors).try_for_each(|text| work.pattern(text.len()))
    }

    /// Counts the memory that the patterns take, and the objects that they are compared with.
    fn count(&self, objects: usize, work: &WorkCounter) -> Result<(), Diagnostic> {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].into_iter().try_for_each(|pattern| {
            match pattern {
                TextPattern::Regex(expression) => expression.count(work).and_then(|()| work.searched(objects, 0)),
                TextPattern::Any | TextPattern::Word(_) => Ok(()),
            }
        })
    }

    /// Whether an object matches: by its current kind, and by its current or its first name and namespace.
    fn match_object(&self, resource: &Resource, work: &WorkCounter) -> Result<bool, Diagnostic> {
        let first = resource.previous.first();
        let field = |key| resource.node.get(key).and_then(Node::as_text).unwrap_or_default();
        let api_version = field("apiVersion");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let is_kind = self.kind.matches([field("kind")], work)?
            && self.group.matches([group], work)?
            && self.version.matches([version], work)?;
        let names = std::iter::once(resource.name()).chain(first.map(|id| id.name.as_str()));
        if !is_kind || !self.name.matches(names, work)? {
            return Ok(false);
        }
        if !matches!(self.namespace, TextPattern::Any) {
            let current = resource.id();
            let namespaces = std::iter::once(&current).chain(first).map(Id::effective_namespace);
            if !self.namespace.matches(namespaces, work)? {
                return Ok(false);
            }
        }
        let metadata = |field: &'static str| {
            let fields = resource.node.at_path(&["metadata", field]).and_then(Node::as_map);
            move |key: &str| Some(fields?.get(key)?.as_scalar().map_or("", |scalar| scalar.text.as_str()))
        };
        let select =
            |selector: &LabelPattern, field| selector.as_ref().map_err(Diagnostic::clone)?.fits(metadata(field), work);
        Ok(select(&self.labels, "labels")? && select(&self.annotations, "annotations")?)
    }
}
