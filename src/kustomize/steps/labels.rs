//! `labels` and `commonLabels`.

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::{Make, Trail, linked};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::{Kustomization, Label, Text, TextMap};
use crate::node::{Map, Node, Scalar, Style, Tag, Value};
use crate::resource::{PathStep, Resource};
use crate::schema::fieldspec::{self, FieldSpec};
use crate::source::Location;
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The steps `labels` and then `commonLabels`.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    for label in &kustomization.labels {
        let specs = specs(label, context).map_err(|error| error.at(label.at))?;
        apply(resources, &label.pairs, &specs, context).map_err(cause::entry(label.at, "labels"))?;
    }
    let pairs = &kustomization.common_labels;
    let at = pairs.values().next().map_or(kustomization.at, |value| value.at);
    apply(resources, pairs, &context.specs.common_labels, context).map_err(cause::entry(at, "commonLabels"))
}

/// How many transformers kustomize makes of both: one for `commonLabels` even if only `labels` is there.
pub(crate) fn count(kustomization: &Kustomization) -> usize {
    let any = !kustomization.labels.is_empty() || !kustomization.common_labels.is_empty();
    kustomization.labels.len() + usize::from(any)
}

/// The fields that an entry of `labels` applies to. A field that it lists itself replaces a default with the
/// same path, whatever their kinds.
fn specs(label: &Label, context: &StepContext) -> Result<Vec<FieldSpec>, Diagnostic> {
    let mut specs = label.fields.clone();
    fieldspec::extend(&mut specs, &context.specs.labels)?;
    if label.include_selectors {
        fieldspec::extend(&mut specs, &context.specs.common_labels)?;
    } else {
        if label.include_templates {
            fieldspec::extend(&mut specs, &context.specs.template_labels)?;
        }
        let own = FieldSpec { path: "metadata/labels".into(), create: true, ..FieldSpec::default() };
        fieldspec::extend(&mut specs, &[own])?;
    }
    Ok(specs)
}

/// Sets labels in the fields that `specs` name.
pub(crate) fn apply(
    resources: &mut Resources,
    pairs: &TextMap,
    specs: &[FieldSpec],
    context: &StepContext,
) -> Result<()> {
    set(resources, pairs, specs, "label", context)
}

/// Sets entries of the mappings that `specs` name.
pub(crate) fn set(
    resources: &mut Resources,
    pairs: &TextMap,
    specs: &[FieldSpec],
    what: &str,
    context: &StepContext,
) -> Result<()> {
    if pairs.is_empty() || specs.is_empty() {
        return Ok(());
    }
    let at = pairs.values().next().map_or(Location::NONE, |value| value.at);
    context.input.work.searched(resources.as_slice().len(), specs.len()).map_err(|error| error.at(at))?;
    gather(pairs, |(key, value)| {
        let tag = yaml::resolve(key, Dialect::Kubernetes);
        if tag == Tag::Str {
            return Ok(());
        }
        let read = Node::plain(key.clone(), tag).kind_name();
        let message = format!("the {what} `{key}` is written without quotes by kustomize, so it is read as {read}");
        Err(Diagnostic::new(Code::Overlay, message)
            .at(value.at)
            .help("choose a key that is not a number, `true` or `null`"))
    })?;
    // kustomize adds one entry after the other. The order matters only if the first entry creates what the others find.
    let pairs: Vec<_> = pairs.iter().collect();
    let (first, others) = pairs.split_at(usize::from(made_on_the_way(specs)));
    for round in [first, others].into_iter().filter(|round| !round.is_empty()) {
        gather(resources.iter_mut(), |resource| set_in(resource, round, specs, context))?;
    }
    Ok(())
}

/// Whether a field may be missing that is there when another one was made.
fn made_on_the_way(specs: &[FieldSpec]) -> bool {
    let is_above =
        |a: &FieldSpec, b: &FieldSpec| b.path.strip_prefix(&*a.path).is_some_and(|rest| rest.starts_with('/'));
    specs.iter().filter(|a| !a.create).any(|a| specs.iter().any(|b| b.create && is_above(a, b)))
}

fn set_in(
    resource: &mut Resource,
    pairs: &[(&SmolStr, &Text)],
    specs: &[FieldSpec],
    context: &StepContext,
) -> Result<()> {
    let mut added = Added::default();
    let noted = |spec: &FieldSpec| !spec.create && spec.path == "metadata/annotations";
    if resource.has_history() && specs.iter().any(noted) {
        // kustomize keeps notes of former names there, so the field is there for it.
        resource.node.map_entry("metadata").map(|metadata| metadata.map_entry("annotations"));
    }
    let value = |old: &Node, trail: &Trail, spec: &FieldSpec| {
        entries(old, pairs, (spec, trail), context.input.work, &mut added)
    };
    let changed = field::change_all(&mut resource.node, specs, Make::Map, value);
    if changed.map_err(|error| resource.within(error))? {
        linked::settle(resource, context)?;
        for (key, (value, maps)) in added {
            resource.linked.add(key, maps, scalar(value, Style::Plain));
        }
    }
    Ok(())
}

/// The entries that were added, by key: the value and the mappings.
type Added<'p> = BTreeMap<&'p SmolStr, (&'p Text, Vec<Arc<[PathStep]>>)>;

fn scalar(text: &Text, style: Style) -> Scalar {
    Scalar { text: text.text.clone(), tag: Tag::Str, style }
}

/// The mapping `old` with the pairs in it, if that is not what it is already.
fn entries<'p>(
    old: &Node,
    pairs: &[(&'p SmolStr, &'p Text)],
    (spec, trail): (&FieldSpec, &Trail),
    work: &WorkCounter,
    added: &mut Added<'p>,
) -> Result<Option<Node>, Diagnostic> {
    let map = match &old.value {
        Value::Map(map) => map,
        Value::Scalar(_) if old.is_null() => return Ok(None),
        _ => {
            let message = format!("`{}` must be a mapping, got {}", spec.path, old.kind_name());
            return Err(Diagnostic::new(Code::Resource, message).at(old.at));
        }
    };
    if pairs.iter().all(|(key, value)| map.get(key).and_then(Node::as_str) == Some(&***value)) {
        return Ok(None);
    }
    let at = pairs.first().map_or(old.at, |(_, value)| value.at);
    work.copied(map.len() + pairs.len()).map_err(|error| error.at(at))?;
    let mut map: Map = map.clone();
    let here: Arc<[PathStep]> = trail.steps().collect();
    for (key, value) in pairs {
        let style = map.get(key).and_then(Node::as_scalar).map_or(Style::Plain, |scalar| scalar.style);
        let new = Node::new(Value::Scalar(scalar(value, style)), value.at);
        if map.insert(field::key(key, value.at), new).is_none() {
            added.entry(key).or_insert((value, Vec::new())).1.push(Arc::clone(&here));
        }
    }
    Ok(Some(Node::new(Value::Map(map), old.at)))
}

/// The plugin `LabelTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let (pairs, specs) = plugin::pairs_and_specs(plugin, "labels")?;
    apply(resources, &pairs, &specs, context)
}
