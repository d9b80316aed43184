//! `patchesStrategicMerge`, `patches`, `patchesJson6902`.
//!
//! Which objects a patch changes ([`target`]), with what ([`content`]), how ([`strategic`], [`mod@json6902`]), and what
//! stays as it was whatever the patch contains: kind, name and namespace.

mod comment;
pub(crate) mod configured;
mod content;
mod directive;
mod irregular;
mod json;
mod json6902;
mod list;
mod metadata;
mod strategic;
mod target;

pub(crate) use target::select;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::kustomize::field::linked;
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::{Kustomization, Patch, PatchTarget};
use crate::kustomize::parsed::{self, ParsedPatch};
use crate::node::Node;
use crate::resource::Resource;
use crate::source::Location;
use content::{PatchContent, PatchText};
use json6902::{Operations, PatchFindings};
use metadata::{History, Identity};
use strategic::Merge;

/// The step `patchesStrategicMerge`.
pub(crate) fn strategic_merge(
    resources: &mut Resources,
    kustomization: &Kustomization,
    context: &StepContext,
) -> Result<()> {
    let blamed = |entry: &Node| cause::entry(entry.at, "patchesStrategicMerge");
    let entries = gather(&kustomization.patches_strategic_merge, |entry| {
        let (text, patches) = content::of_strategic_merge(entry, context).map_err(blamed(entry))?;
        Ok::<_, Diagnostics>((entry, text, patches))
    })?;
    // kustomize accepts an empty file only beside others.
    if let Some((entry, ..)) = entries.first().filter(|_| entries.iter().all(|(.., patches)| patches.is_empty())) {
        return Err(blamed(entry)(empty(entry).into()));
    }
    entries.iter().filter(|(.., patches)| patches.is_empty()).for_each(|(entry, ..)| context.warn(empty(entry)));
    let patches = entries.iter().flat_map(|(entry, text, patches)| {
        patches.iter().enumerate().map(move |(nth, patch)| (*entry, MergePatch { text, nth, is_made: true, patch }))
    });
    gather(patches, |(entry, patch)| {
        let mut merge = || -> Result<()> {
            let node = patch.patch;
            let one = target::named(resources, &Resource::new(node.clone()), context.input.work)
                .map_err(|error| error.at(node.at))?;
            let patch = MergePatch { patch: &metadata::as_strings(node, context)?, ..patch };
            merge(resources, &[one], &patch, May::default(), context).map(drop)
        };
        merge().map_err(blamed(entry))
    })?;
    Ok(())
}

fn empty(entry: &Node) -> Diagnostic {
    Diagnostic::new(Code::Overlay, "the patch is empty").at(entry.at)
}

/// The step `patches`.
pub(crate) fn patches(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    gather(&kustomization.patches, |patch| apply(resources, patch, context).map_err(cause::entry(patch.at, "patches")))
        .map(drop)
}

/// The step `patchesJson6902`.
pub(crate) fn json6902(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    gather(&kustomization.patches_json6902, |patch| {
        let target =
            patch.target.as_ref().filter(|target| target.selector.name.as_ref().is_some_and(|name| !name.is_empty()));
        let target = target.ok_or_else(|| {
            Diagnostic::new(Code::Overlay, "an entry of `patchesJson6902` must have `target.name`").at(patch.at)
        })?;
        let operations = content::of_operations(patch, context);
        operations
            .and_then(|operations| operate(resources, patch, target, &operations, History::Keep, context))
            .map_err(cause::entry(patch.at, "patchesJson6902"))
    })
    .map(drop)
}

/// What a strategic merge patch may change besides the rest, or has changed of it.
#[derive(Clone, Copy, Default)]
struct May {
    name: bool,
    kind: bool,
}

impl May {
    fn or(self, other: May) -> May {
        May { name: self.name || other.name, kind: self.kind || other.kind }
    }
}

fn apply(resources: &mut Resources, patch: &Patch, context: &StepContext) -> Result<()> {
    if patch.optional {
        context.optional(patch.at);
    }
    let may = May { name: patch.allow_name_change.is_some(), kind: patch.allow_kind_change.is_some() };
    let (text, content) = content::of_either_sort(patch, context)?;
    let text = &text;
    let changed = match (content, &patch.target) {
        (PatchContent::Nothing, _) => None,
        (PatchContent::Merge(patches), Some(target)) => {
            if let [_, second, ..] = &patches[..] {
                let message = "a patch with a `target` must be one document, but this has several";
                let error =
                    Diagnostic::new(Code::Overlay, message).at(target.selector.at).note(second.at, "the second one");
                return Err(error.help("remove `target`, or create an entry for each").into());
            }
            let chosen = chosen(resources, patch, target, context)?;
            let Some(patch) = patches.first().filter(|_| !chosen.is_empty()) else { return Ok(()) };
            let patch = &metadata::as_strings(patch, context)?;
            let patch = MergePatch { text, nth: 0, is_made: true, patch };
            Some(merge(resources, &chosen, &patch, may, context)?)
        }
        (PatchContent::Merge(patches), None) => {
            gather((0..).zip(&patches), |(nth, document)| -> Result<Option<May>> {
                match target::named(resources, &Resource::new(document.clone()), context.input.work) {
                    Ok(one) => {
                        let patch = MergePatch { text, nth, is_made: false, patch: document };
                        merge(resources, &[one], &patch, may, context).map(Some)
                    }
                    Err(error) if patch.optional && !error.parts().is_of_work_limit => Ok(None),
                    Err(error) => Err(context.relieved(error.at(document.at)).into()),
                }
            })?
            .into_iter()
            .flatten()
            .reduce(May::or)
        }
        (PatchContent::Json(operations), Some(target)) => {
            operate(resources, patch, target, &operations, History::Note, context)?;
            let why = "a JSON patch can change names and kinds without it";
            context.warnings.add_options(options(patch, Some(why), Some(why)));
            None
        }
        (PatchContent::Json(_), None) => {
            return Err(Diagnostic::new(Code::Overlay, "a JSON patch must have a `target`")
                .at(patch.at)
                .help("select the objects that it changes: `target: {kind: Deployment, name: web}`")
                .into());
        }
    };
    if let Some(May { name, kind }) = changed {
        let name = (!name).then_some("the patch changes no name");
        let kind = (!kind).then_some("the patch changes no kind");
        context.warnings.add_options(options(patch, name, kind));
    }
    Ok(())
}

/// The options of a patch, with the reasons why they had no effect.
fn options(
    patch: &Patch,
    name: Option<&'static str>,
    kind: Option<&'static str>,
) -> impl Iterator<Item = (Location, (&'static str, Option<&'static str>))> {
    let name = patch.allow_name_change.map(|at| (at, ("allowNameChange", name)));
    name.into_iter().chain(patch.allow_kind_change.map(|at| (at, ("allowKindChange", kind))))
}

fn chosen(resources: &Resources, patch: &Patch, target: &PatchTarget, context: &StepContext) -> Result<Vec<usize>> {
    context.input.work.compared(resources.as_slice().len()).map_err(|error| error.at(patch.at))?;
    let chosen = select(resources, target, context.input.work)?;
    if chosen.is_empty() {
        context.unmatched(patch.optional, target::nothing(resources, target, context.input.work).at(patch.at))?;
    }
    Ok(chosen)
}

/// A strategic merge patch, the `nth` one in a text.
struct MergePatch<'p> {
    text: &'p PatchText,
    nth: usize,
    /// Whether kustomize makes its identity, labels and annotations anew.
    is_made: bool,
    patch: &'p Node,
}

impl MergePatch<'_> {
    /// Its values as kustomize has parsed them.
    fn parsed(&self, context: &StepContext) -> Option<ParsedPatch> {
        let text = self.text.parsed_text(context)?;
        ParsedPatch::read(&text, self.nth, self.patch, self.is_made)
    }
}

/// Merges a patch into objects; those that it deletes go. Returns what it changed of what it `may` change.
fn merge(
    resources: &mut Resources,
    chosen: &[usize],
    whole: &MergePatch,
    may: May,
    context: &StepContext,
) -> Result<May> {
    let (mut deleted, mut changed) = (Vec::new(), May::default());
    let is_followed = chosen.iter().any(|i| parsed::is_followed(&resources.as_slice()[*i]));
    let parsed = if is_followed && !may.name && !may.kind { whole.parsed(context) } else { None };
    let patch = whole.patch;
    for &i in chosen {
        let resource = if may.name || may.kind { &mut resources.as_mut()[i] } else { resources.with_same_ids(i) };
        let patch = &*metadata::addressed(patch, &resource.node);
        let work = context.input.work;
        let counted = work.value(patch, 0).and_then(|()| work.visited(&resource.node));
        counted.map_err(|error| within(error, patch.at, resource))?;
        let schema =
            comment::schema(context, &resource.node, patch).map_err(|error| within(error, patch.at, resource))?;
        let mut run = Merge::new(&schema);
        let merged = run.object(&resource.node, patch).map_err(|error| within(error, patch.at, resource))?;
        run.losses.into_iter().try_for_each(|loss| context.lossy(within(loss, patch.at, resource)))?;
        if may.name || may.kind {
            resource.remember_id();
        }
        if metadata::forgets(patch) && resource.has_history() {
            let message = "kustomize loses the previous names of the object, because it keeps them in annotations";
            let loss = Diagnostic::new(Code::Overlay, message).help("set or remove annotations one by one");
            context.lossy(within(loss, patch.at, resource))?;
            resource.forget();
        }
        match merged.filter(|node| node.as_map().is_some_and(|fields| !fields.is_empty())) {
            None => deleted.push(i),
            Some(merged) => {
                let identity = Identity::of(&std::mem::replace(&mut resource.node, merged));
                changed = changed.or(identity.keep(&mut resource.node, may));
                let parsed = parsed.as_ref().filter(|_| !resource.linked.are_patched(patch));
                parsed::patch(resource, parsed, &schema);
                resource.linked.patched(patch);
                linked::settle(resource, context)?;
            }
        }
    }
    if !deleted.is_empty() {
        // They are in order.
        let (mut i, mut deleted) = (0, deleted.into_iter().peekable());
        resources.as_mut().retain(|_| (i += 1, deleted.next_if_eq(&(i - 1)).is_none()).1);
    }
    if may.name || may.kind {
        // All objects are compared by their ids.
        context.input.work.merged(resources.as_slice().len()).map_err(|error| error.at(patch.at))?;
        let list = std::mem::take(resources.as_mut());
        list.into_iter().try_for_each(|resource| resources.append(resource).map_err(|error| error.at(patch.at)))?;
    }
    Ok(changed)
}

/// Applies a JSON patch to the objects of its target.
fn operate(
    resources: &mut Resources,
    patch: &Patch,
    target: &PatchTarget,
    operations: &[Node],
    history: History,
    context: &StepContext,
) -> Result<()> {
    let chosen = chosen(resources, patch, target, context)?;
    if chosen.is_empty() {
        return Ok(());
    }
    let mut losses = Vec::new();
    let operations = Operations::read(operations, &mut losses)?;
    losses.drain(..).try_for_each(|loss| context.lossy(loss.at(patch.at)))?;
    for i in chosen {
        let resource = &mut resources.as_mut()[i];
        let object = metadata::annotated(resource, history);
        if history == History::Note {
            resource.remember_id();
        }
        let mut found = PatchFindings::default();
        let patched = operations.apply(&object, &mut found, (context.rules.folds, context.input.work));
        let patched = patched.and_then(metadata::checked).map_err(|error| within(error, patch.at, resource))?;
        found.losses.into_iter().try_for_each(|loss| context.lossy(within(loss, patch.at, resource)))?;
        found.added.into_iter().for_each(|added| context.warn_in_build(within(added, patch.at, resource)));
        let old = std::mem::replace(&mut resource.node, patched);
        parsed::print(resource);
        resource.linked.separate();
        let renamed = ["name", "namespace"]
            .iter()
            .any(|key| old.at_path(&["metadata", key]) != resource.node.at_path(&["metadata", key]))
            || old.get("kind") != resource.node.get("kind")
            || old.get("apiVersion") != resource.node.get("apiVersion");
        if renamed {
            resources.renamed();
        }
    }
    Ok(())
}

/// Adds the object to a diagnostic about a patch.
fn within(diagnostic: Diagnostic, at: Location, resource: &Resource) -> Diagnostic {
    resource.within(diagnostic.at(at))
}

#[cfg(test)]
mod tests {
    use super::strategic::Merge;
    use crate::node::Node;
    use crate::schema::merge::MergeSchema;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    /// The one document of a text.
    pub(crate) fn node(text: &str) -> Node {
        yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().swap_remove(0)
    }

    /// What a strategic merge patch makes of an object, or the sentence of the diagnostic.
    pub(crate) fn merged(object: &str, patch: &str) -> Result<Option<Node>, String> {
        Merge::new(MergeSchema::builtin()).object(&node(object), &node(patch)).map_err(|error| error.to_string())
    }
}
