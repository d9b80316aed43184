//! `generators`, `transformers` and `validators`: built-in plugins of kustomize, each configured by an object.
//!
//! The tables [`steps::STEPS`] and [`steps::GENERATORS`] contain the built-in plugins. Plugins that are programs are refused.

use super::accumulate::{Accumulator, FolderRole};
use super::trail::FolderTrail;
use crate::diagnostic::{Diagnostic, Result};
use crate::kustomize::field::linked;
use crate::kustomize::input::accumulated::Accumulated;
use crate::kustomize::input::{Resources, StepContext, cause, manifest};
use crate::kustomize::model::Text;
use crate::kustomize::parsed;
use crate::kustomize::steps::{self, plugin};
use crate::node::Node;
use crate::resource::Resource;
use crate::yaml::Dialect;

/// Adds what the generators of a kustomization make.
pub(crate) fn generate(
    builder: &Accumulator,
    into: &mut Accumulated,
    entries: &[Node],
    context: &StepContext,
    trail: &FolderTrail,
) -> Result<()> {
    for plugin in load(builder, (entries, "generators"), context, trail)? {
        let mut made = steps::generate(&plugin, context).map_err(cause::plugin(&plugin, "generators"))?;
        if let Some(trace) = &builder.trace {
            trace.made_by(&mut made.resource, &plugin);
        }
        into.resources.absorb(made, (context.rules.is_branch, context.input.work))?;
    }
    Ok(())
}

/// Changes the objects as the transformers of a kustomization require.
pub(crate) fn transform(
    builder: &Accumulator,
    into: &mut Accumulated,
    entries: &[Node],
    context: &StepContext,
    trail: &FolderTrail,
) -> Result<()> {
    for plugin in load(builder, (entries, "transformers"), context, trail)? {
        count(&into.resources, &plugin, context)?;
        steps::transform(&mut into.resources, &plugin, context).map_err(cause::plugin(&plugin, "transformers"))?;
        into.resources.renamed();
        linked::settle_all(&mut into.resources, context)?;
        if let Some(trace) = &builder.trace {
            trace.changed_by(&mut into.resources, &plugin, context.input.work)?;
            into.resources.iter_mut().for_each(parsed::annotate_anew);
        }
    }
    Ok(())
}

/// Runs the validators of a kustomization: transformers that may change nothing.
pub(crate) fn validate(
    builder: &Accumulator,
    into: &Accumulated,
    entries: &[Node],
    context: &StepContext,
    trail: &FolderTrail,
) -> Result<()> {
    for plugin in load(builder, (entries, "validators"), context, trail)? {
        count(&into.resources, &plugin, context)?;
        let compared = into.resources.iter().try_for_each(|resource| context.input.work.visited(&resource.node));
        compared.map_err(|error| error.at(plugin.origin))?;
        let mut copy = into.resources.clone();
        steps::transform(&mut copy, &plugin, context).map_err(cause::plugin(&plugin, "validators"))?;
        let nodes = |resources: &Resources| resources.iter().map(|resource| resource.node.clone()).collect::<Vec<_>>();
        if nodes(&copy) != nodes(&into.resources) {
            return Err(plugin::error(&plugin, "a validator must not change any object, but this one does").into());
        }
    }
    Ok(())
}

/// Counts a plugin that is applied to objects.
fn count(resources: &Resources, plugin: &Resource, context: &StepContext) -> Result<(), Diagnostic> {
    context.input.work.folder(resources.as_slice().len()).map_err(|error| error.at(plugin.origin))
}

/// The objects that configure the plugins: inline ones, then those of files and folders.
fn load(
    builder: &Accumulator,
    (entries, field): (&[Node], &'static str),
    context: &StepContext,
    trail: &FolderTrail,
) -> Result<Vec<Resource>> {
    let mut configured = Accumulated::default();
    let mut paths = Vec::new();
    for entry in entries {
        match inline(entry, context)? {
            Some(nodes) => {
                for node in nodes {
                    let mut plugin = Resource::new(node);
                    plugin.origin = plugin.origin.or(entry.at);
                    configured.resources.append(plugin).map_err(|error| error.at(entry.at))?;
                }
            }
            None => paths.extend(Text::of(entry)),
        }
    }
    builder.entries(&mut configured, &paths, (FolderRole::Resource, field), &context.folder, trail)?;
    Ok(configured.resources.into_vec())
}

/// The inline objects, or `None` if the entry is a path.
fn inline(entry: &Node, context: &StepContext) -> Result<Option<Vec<Node>>> {
    let lines = entry.as_str().is_some_and(|text| text.trim_end().contains('\n'));
    match context.inline(entry, Dialect::Kubernetes) {
        Ok(documents) if lines || documents.iter().any(|document| document.as_map().is_some()) => {
            manifest::objects(&documents).map(Some)
        }
        Err(errors) if lines => Err(errors),
        _ => Ok(None),
    }
}
