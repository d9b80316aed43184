//! The target of a patch: a selector of regular expressions, compiled when the patch is first applied.

use super::expression;
use super::label_selector::LabelSelector;
use super::pattern::IdentityPattern;
use super::selector::{Selector, selector};
use super::text::Text;
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::resource::{Id, Resource};
use crate::work::WorkCounter;
use crate::yaml::FieldErrors;
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
    object: IdentityPattern,
    labels: LabelPattern,
    annotations: LabelPattern,
}

/// A label selector, or the error in it, which kustomize reports only if an object matches everything else.
type LabelPattern = Result<LabelSelector, Diagnostic>;

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
        let patterns = expression::checked(patterns.as_ref().map_err(Diagnostic::clone), work).map_err(placed)?;
        patterns.object.count(resources.len(), work).map_err(placed)?;
        let mut selected = Vec::new();
        for (i, resource) in resources.iter().enumerate() {
            if patterns.match_object(resource, work).map_err(placed)? {
                selected.push(i);
            }
        }
        Ok(selected)
    }
}

impl TargetPatterns {
    fn new(selector: &Selector) -> Result<Self, Diagnostic> {
        let labels = |text: &Option<Text>| match text {
            Some(text) => LabelSelector::new(text).map_err(|error| error.at(text.at)),
            None => Ok(LabelSelector::default()),
        };
        Ok(TargetPatterns {
            object: IdentityPattern::new(selector)?,
            labels: labels(&selector.label_selector),
            annotations: labels(&selector.annotation_selector),
        })
    }

    /// Counts the texts of a selector that are read as patterns.
    fn count_texts(selector: &Selector, work: &WorkCounter) -> Result<(), Diagnostic> {
        IdentityPattern::count_texts(selector, work)?;
        let selectors = [&selector.label_selector, &selector.annotation_selector].into_iter().flatten();
        selectors.into_iter().try_for_each(|text| work.pattern(text.len()))
    }

    /// Whether an object matches: by its current kind, and by its current or its first name and namespace.
    fn match_object(&self, resource: &Resource, work: &WorkCounter) -> Result<bool, Diagnostic> {
        let first = resource.previous.first();
        let field = |key| resource.node.get(key).and_then(Node::as_text).unwrap_or_default();
        let api_version = field("apiVersion");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let names = std::iter::once(resource.name()).chain(first.map(|id| id.name.as_str()));
        if !self.object.matches_kind((group, version, field("kind")), work)?
            || !self.object.matches_name(names, work)?
        {
            return Ok(false);
        }
        if self.object.has_namespace() {
            let current = resource.id();
            let namespaces = std::iter::once(&current).chain(first).map(Id::effective_namespace);
            if !self.object.matches_namespace(namespaces, work)? {
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
