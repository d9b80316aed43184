//! `namePrefix` and `nameSuffix`.

use super::plugin;
use crate::diagnostic::{Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::{Make, SpecsByKind, Trail};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::{Kustomization, Text};
use crate::kustomize::parsed::{self, Written};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::Gvk;
use crate::schema::fieldspec::FieldSpec;
use crate::work::WorkCounter;

/// Which side of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Before it.
    Prefix,
    /// Behind it.
    Suffix,
}

/// The step `namePrefix`.
pub(crate) fn prefix(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    match &kustomization.name_prefix {
        Some(prefix) => apply(resources, Side::Prefix, prefix, &context.specs.name_prefix, context)
            .map_err(cause::entry(prefix.at, "namePrefix")),
        None => Ok(()),
    }
}

/// The step `nameSuffix`.
pub(crate) fn suffix(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    match &kustomization.name_suffix {
        Some(suffix) => apply(resources, Side::Suffix, suffix, &context.specs.name_suffix, context)
            .map_err(cause::entry(suffix.at, "nameSuffix")),
        None => Ok(()),
    }
}

/// Puts `affix` on one side of the fields that `specs` name. A change of `metadata/name` is remembered, so that what
/// refers to the object can follow.
pub(crate) fn apply(
    resources: &mut Resources,
    side: Side,
    affix: &Text,
    specs: &[FieldSpec],
    context: &StepContext,
) -> Result<()> {
    let (mut specs, work) = (SpecsByKind::new(specs), context.input.work);
    gather(resources.iter_mut(), |resource| {
        let gvk = resource.original_gvk();
        if keeps_its_name(&gvk) {
            return Ok(());
        }
        let specs = specs.of(&gvk, work).map_err(|error| error.at(affix.at))?;
        specs.iter().try_for_each(|spec| put(resource, (side, affix), spec, work))
    })?;
    parsed::follow(resources, Written::Untagged);
    Ok(())
}

/// Kinds whose names mean something outside of the build.
fn keeps_its_name(gvk: &Gvk) -> bool {
    matches!(gvk.kind.as_str(), "CustomResourceDefinition" | "Namespace")
        || gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io"
}

fn put(
    resource: &mut Resource,
    (side, affix): (Side, &Text),
    spec: &FieldSpec,
    work: &WorkCounter,
) -> Result<(), Diagnostic> {
    if spec.path == "metadata/name" {
        match side {
            Side::Prefix => resource.add_prefix(&affix.text),
            Side::Suffix => resource.add_suffix(&affix.text),
        }
        resource.remember_id();
    }
    let value = &mut |old: &Node, _: &Trail| {
        let text = &field::scalar(old, &spec.path)?.text;
        // It is made, then copied.
        work.text(2 * (affix.len() + text.len())).map_err(|error| error.at(affix.at))?;
        let text = match side {
            Side::Prefix => format!("{affix}{text}"),
            Side::Suffix => format!("{text}{affix}"),
        };
        Ok(Some(field::rewritten(old, &text, old.at)))
    };
    // The filter of kustomize checks the current kind of the object, after the previous ones.
    if spec.fits(&resource.gvk()) {
        field::change(&mut resource.node, spec, Make::Str, work, value)
            .map_err(|error| resource.within(error.limit_at(affix.at)))?;
    }
    Ok(())
}

/// The plugins `PrefixTransformer`, `SuffixTransformer` and `PrefixSuffixTransformer`, which does both.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let kind = plugin::kind(plugin)?;
    let (prefix, suffix, specs) = plugin::read(plugin, |fields| {
        if !fields.has("fieldSpecs") {
            let at = plugin.origin;
            fields.errors().report(at, format!("`{kind}` requires `fieldSpecs`"));
        }
        (fields.text("prefix").and_then(Text::of), fields.text("suffix").and_then(Text::of), plugin::specs(fields))
    })?;
    for (side, affix, other) in
        [(Side::Prefix, prefix, "SuffixTransformer"), (Side::Suffix, suffix, "PrefixTransformer")]
    {
        match affix {
            Some(affix) if kind != other && !affix.is_empty() => apply(resources, side, &affix, &specs, context)?,
            _ => {}
        }
    }
    Ok(())
}
