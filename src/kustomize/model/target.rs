//! The target of a patch: a selector of regular expressions, compiled when its kustomization is read.

use super::expression;
use super::label_selector::LabelSelector;
use super::selector::{Selector, selector};
use super::text::Text;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::resource::{Id, Resource};
use crate::yaml::FieldErrors;
use regex::Regex;
use smol_str::SmolStr;

/// Which objects a patch applies to.
#[derive(Clone, Debug)]
pub(crate) struct PatchTarget {
    /// The target as written.
    pub(crate) selector: Selector,
    /// Its patterns, or the error in them, which is reported once the patch is applied.
    patterns: Result<TargetPatterns, Diagnostic>,
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
    Regex(Regex),
}

/// Reads the target of a patch.
pub(crate) fn patch_target(node: &Node, errors: &mut FieldErrors) -> Option<PatchTarget> {
    selector(node, errors).map(PatchTarget::new)
}

impl PatchTarget {
    /// The target that a selector describes.
    pub(crate) fn new(selector: Selector) -> Self {
        PatchTarget { patterns: TargetPatterns::new(&selector), selector }
    }

    /// Whether each object of `resources` matches.
    ///
    /// # Errors
    ///
    /// One of the texts is not a regular expression or not a label selector.
    pub(crate) fn select<'r>(&self, resources: impl Iterator<Item = &'r Resource>) -> Result<Vec<usize>, Diagnostic> {
        let patterns = self.patterns.as_ref().map_err(Diagnostic::clone)?;
        let mut selected = Vec::new();
        for (i, resource) in resources.enumerate() {
            if patterns.match_object(resource)? {
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

    fn matches(&self, text: &str) -> bool {
        match self {
            TextPattern::Any => true,
            TextPattern::Word(word) => word == text,
            TextPattern::Regex(regex) => regex.is_match(text),
        }
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

    /// Whether an object matches: by its current kind, and by its current or its first name and namespace.
    fn match_object(&self, resource: &Resource) -> Result<bool, Diagnostic> {
        let gvk = resource.gvk();
        let first = resource.previous.first();
        let in_namespace = |id: &Id| self.namespace.matches(id.effective_namespace());
        let metadata = |field: &'static str| {
            let fields = resource.node.at_path(&["metadata", field]).and_then(Node::as_map);
            move |key: &str| Some(fields?.get(key)?.as_scalar().map_or("", |scalar| scalar.text.as_str()))
        };
        let matches = self.kind.matches(&gvk.kind)
            && self.group.matches(&gvk.group)
            && self.version.matches(&gvk.version)
            && (self.name.matches(resource.name()) || first.is_some_and(|id| self.name.matches(&id.name)))
            && (matches!(self.namespace, TextPattern::Any)
                || in_namespace(&resource.id())
                || first.is_some_and(in_namespace));
        let select =
            |selector: &LabelPattern, field| Ok(selector.as_ref().map_err(Diagnostic::clone)?.fits(metadata(field)));
        Ok(matches && select(&self.labels, "labels")? && select(&self.annotations, "annotations")?)
    }
}
