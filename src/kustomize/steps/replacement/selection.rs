//! Which objects the selectors of a replacement select.

use crate::diagnostic::{Diagnostic, Result, gather};
use crate::kustomize::input::Resources;
use crate::kustomize::model::{IdentityPattern, PatchTarget, Selector};
use crate::kustomize::steps::patch;
use crate::resource::{Id, Resource};
use crate::schema::Gvk;
use crate::schema::fieldspec::fits;
use crate::work::WorkCounter;
use std::collections::BTreeSet;

/// Which objects a target is about.
pub(super) struct TargetSelection {
    select: IdentityPattern,
    /// Those that select anything but labels and annotations.
    reject: Vec<IdentityPattern>,
    /// The objects with the selected labels and annotations, if the selector has any.
    wanted: Option<BTreeSet<usize>>,
    /// The objects that a `reject` selects by labels and annotations.
    unwanted: BTreeSet<usize>,
}

impl TargetSelection {
    /// For a target with `select` and `reject`.
    pub(super) fn new(
        select: &Selector,
        reject: &[Selector],
        resources: &Resources,
        work: &WorkCounter,
    ) -> Result<Self> {
        let pattern = |selector: &Selector| -> Result<IdentityPattern> {
            let pattern = IdentityPattern::counted(selector, resources.as_slice().len(), work);
            Ok(pattern.map_err(|error| error.at(selector.at))?)
        };
        let reject_patterns: Vec<IdentityPattern> = gather(reject, pattern)?;
        let wanted = labelled(select, resources, work)?.map(|wanted| wanted.into_iter().collect());
        let unwanted = gather(reject, |reject| labelled(reject, resources, work))?;
        Ok(TargetSelection {
            select: pattern(select)?,
            reject: reject_patterns.into_iter().filter(|reject| !reject.is_empty()).collect(),
            wanted,
            unwanted: unwanted.into_iter().flatten().flatten().collect(),
        })
    }

    /// Whether the target is about the object at position `i`. Labels alone are enough to be rejected.
    pub(super) fn matches(&self, i: usize, resource: &Resource, work: &WorkCounter) -> Result<bool, Diagnostic> {
        if self.wanted.as_ref().is_some_and(|wanted| !wanted.contains(&i)) || self.unwanted.contains(&i) {
            return Ok(false);
        }
        for reject in &self.reject {
            if is_or_was(resource, reject, work)? {
                return Ok(false);
            }
        }
        is_or_was(resource, &self.select, work)
    }
}

/// Whether an object matches, or matched, a pattern. The namespace of an object that has none is empty now, but was
/// the one that is effective.
fn is_or_was(resource: &Resource, pattern: &IdentityPattern, work: &WorkCounter) -> Result<bool, Diagnostic> {
    let matches = |id: &Id, namespace: &str| {
        Ok(pattern.matches_kind((&id.gvk.group, &id.gvk.version, &id.gvk.kind), work)?
            && pattern.matches_name([id.name.as_str()], work)?
            && pattern.matches_namespace([namespace], work)?)
    };
    let now = resource.id();
    if matches(&now, &now.namespace)? {
        return Ok(true);
    }
    for was in &resource.previous {
        if matches(was, was.effective_namespace())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The objects that have the labels and annotations of a selector, if it has any.
fn labelled(selector: &Selector, resources: &Resources, work: &WorkCounter) -> Result<Option<Vec<usize>>> {
    let (label_selector, annotation_selector) = (selector.label_selector.clone(), selector.annotation_selector.clone());
    if label_selector.is_none() && annotation_selector.is_none() {
        return Ok(None);
    }
    let only = Selector { label_selector, annotation_selector, at: selector.at, ..Selector::default() };
    patch::select(resources, &PatchTarget::new(only), work).map(Some)
}

/// Whether an object is, or was, the one that the selector of a source names exactly. kustomize treats no kind as
/// cluster-scoped here, but the previous names of a cluster-scoped object have no namespace.
pub(super) fn is_meant(resource: &Resource, selector: &Selector) -> bool {
    let [group, version, kind] =
        [&selector.group, &selector.version, &selector.kind].map(|part| part.as_deref().unwrap_or_default());
    let is_kind = |gvk: &Gvk| fits(group, version, kind, gvk);
    let name = |name: &str| selector.name.as_deref().is_none_or(|wanted| wanted == name);
    let namespace = |namespace: Option<&str>| {
        fn full(name: &str) -> &str {
            if name.is_empty() { "default" } else { name }
        }
        selector.namespace.as_deref().is_none_or(|wanted| namespace.is_some_and(|name| full(name) == full(wanted)))
    };
    let now = name(resource.name()) && namespace(Some(resource.namespace())) && is_kind(&resource.gvk());
    now || resource.previous.iter().any(|id| {
        let home = (!id.gvk.is_cluster_scoped()).then_some(id.namespace.as_str());
        name(&id.name) && namespace(home) && is_kind(&id.gvk)
    })
}
