//! Which objects the selectors of a replacement select.

use crate::diagnostic::{Result, gather};
use crate::kustomize::input::Resources;
use crate::kustomize::model::{PatchTarget, Selector};
use crate::kustomize::steps::patch;
use crate::resource::Resource;
use crate::schema::Gvk;
use crate::schema::fieldspec::fits;
use crate::work::WorkCounter;
use std::collections::BTreeSet;

/// Which objects a target is about.
pub(super) struct TargetSelection<'t> {
    select: &'t Selector,
    reject: &'t [Selector],
    /// The objects with the selected labels and annotations, if the selector has any.
    wanted: Option<BTreeSet<usize>>,
    /// The objects that a `reject` selects by labels and annotations.
    unwanted: BTreeSet<usize>,
}

impl<'t> TargetSelection<'t> {
    /// For a target with `select` and `reject`.
    pub(super) fn new(
        select: &'t Selector,
        reject: &'t [Selector],
        resources: &Resources,
        work: &WorkCounter,
    ) -> Result<Self> {
        let wanted = labelled(select, resources, work)?.map(|wanted| wanted.into_iter().collect());
        let unwanted = gather(reject, |reject| labelled(reject, resources, work))?;
        let unwanted = unwanted.into_iter().flatten().flatten().collect();
        Ok(TargetSelection { select, reject, wanted, unwanted })
    }

    /// Whether the target is about the object at position `i`. Labels alone are enough to be rejected.
    pub(super) fn matches(&self, i: usize, resource: &Resource) -> bool {
        let empty =
            |s: &Selector| [&s.group, &s.version, &s.kind, &s.name, &s.namespace].iter().all(|part| part.is_none());
        is_meant(resource, self.select)
            && self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&i))
            && !self.unwanted.contains(&i)
            && !self.reject.iter().any(|reject| !empty(reject) && is_meant(resource, reject))
    }
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

/// Whether an object matches, or matched, a selector. kustomize treats no kind as cluster-scoped here, but the
/// previous names of a cluster-scoped object have no namespace.
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
