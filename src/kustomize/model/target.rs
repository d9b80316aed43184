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
    pub(crate) fn select<'r>(
        &self,
        resources: impl Iterator<Item = &'r Resource>,
        work: &WorkCounter,
    ) -> Result<Vec<usize>, Diagnostic> {
        let patterns = self.patterns.get_or_init(|| TargetPatterns::new(&self.selector));
        let patterns = patterns.as_ref().map_err(Diagnostic::clone)?;
        let placed = |error: Diagnostic| error.at(self.selector.at);
        patterns.count(work).map_err(placed)?;
        let mut selected = Vec::new();
        for (i, resource) in resources.enumerate() {
            if patterns.match_object(resource, work).map_err(placed)? {
                selected.push(i);
            }
        }
        Ok(selected)
    }
}

impl TextPattern {
    fn new(text: Option<&Text>) -> Result<Self, Diagnostic> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(TextPattern::Any) };
        if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/') {
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

    /// Counts the memory that the patterns take.
    fn count(&self, work: &WorkCounter) -> Result<(), Diagnostic> {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].into_iter().try_for_each(|pattern| {
            match pattern {
                TextPattern::Regex(expression) => expression.count(work),
                TextPattern::Any | TextPattern::Word(_) => Ok(()),
            }
        })
    }

    /// Whether an object matches: by its current kind, and by its current or its first name and namespace.
    fn match_object(&self, resource: &Resource, work: &WorkCounter) -> Result<bool, Diagnostic> {
        let gvk = resource.gvk();
        let first = resource.previous.first();
        let is_kind = self.kind.matches([gvk.kind.as_str()], work)?
            && self.group.matches([gvk.group.as_str()], work)?
            && self.version.matches([gvk.version.as_str()], work)?;
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
            |selector: &LabelPattern, field| Ok(selector.as_ref().map_err(Diagnostic::clone)?.fits(metadata(field)));
        Ok(select(&self.labels, "labels")? && select(&self.annotations, "annotations")?)
    }
}
