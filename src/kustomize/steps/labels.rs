//! `labels` and `commonLabels`.

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::{Make, SpecsByKind, Trail, linked};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::{Kustomization, Label, Text, TextMap};
use crate::kustomize::parsed::{self, Written};
use crate::node::{Map, MapEntry, Node, Scalar, Style, Tag, Value};
use crate::resource::{LinkedMap, Resource};
use crate::schema::fieldspec::{self, FieldSpec};
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The labels of the volume claim templates of each `StatefulSet`.
const CLAIMS: &str = "spec/volumeClaimTemplates[]/metadata/labels";

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
    let known = &context.specs;
    context.input.work.found(known.labels.len() + known.common_labels.len() + known.template_labels.len())?;
    let mut specs = label.fields.clone();
    fieldspec::extend(&mut specs, &context.specs.labels)?;
    if label.include_selectors {
        fieldspec::extend(&mut specs, &context.specs.common_labels)?;
    } else {
        if label.include_templates {
            // Since kustomize 5.8.2, they have a setting of their own.
            let templates = known.template_labels.iter().filter(|spec| !context.rules.is_branch || spec.path != CLAIMS);
            fieldspec::extend(&mut specs, &templates.cloned().collect::<Vec<_>>())?;
        }
        if let Some(at) = label.include_claims {
            context.since((8, "5.8.2"), "`includeVolumeClaimTemplates`", at);
            let (group, kind) = ("apps".into(), "StatefulSet".into());
            let claims = FieldSpec { group, kind, path: CLAIMS.into(), create: true, ..FieldSpec::default() };
            fieldspec::extend(&mut specs, &[claims])?;
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
    // The keys of a `TextMap` are in the order of those of a mapping.
    let pairs: Vec<MapEntry> = pairs.iter().map(entry).collect();
    // kustomize adds one entry after the other. The order matters only if the first entry creates what the others find.
    let (first, others) = pairs.split_at(usize::from(made_on_the_way(specs)));
    // kustomize keeps notes of former names in the annotations, so that the field is there for it.
    let is_noted = specs.iter().any(|spec| !spec.create && spec.path == "metadata/annotations");
    let mut specs = SpecsByKind::new(specs);
    for pairs in [first, others].into_iter().filter(|pairs| !pairs.is_empty()) {
        gather(resources.iter_mut(), |resource| {
            if is_noted && resource.has_history() {
                resource.node.map_entry("metadata").map(|metadata| metadata.map_entry("annotations"));
            }
            set_in(resource, pairs, &mut specs, context)
        })?;
        parsed::follow(resources, Written::Entry);
    }
    Ok(())
}

/// A label or annotation as an entry of a mapping.
fn entry((key, value): (&SmolStr, &Text)) -> MapEntry {
    let scalar = Scalar { text: value.text.clone(), tag: Tag::Str, style: Style::Plain };
    MapEntry { key: field::key(key, value.at), value: Node::new(Value::Scalar(scalar), value.at) }
}

/// Whether a field may be missing that is there when another one was made.
fn made_on_the_way(specs: &[FieldSpec]) -> bool {
    let made: BTreeSet<&str> = specs.iter().filter(|spec| spec.create).map(|spec| spec.path.as_str()).collect();
    specs.iter().filter(|spec| !spec.create).any(|spec| {
        let below = format!("{}/", spec.path);
        made.range(below.as_str()..).next().is_some_and(|path| path.starts_with(&below))
    })
}

fn set_in(resource: &mut Resource, pairs: &[MapEntry], specs: &mut SpecsByKind, context: &StepContext) -> Result<()> {
    let mut added = Vec::new();
    let (again, work) = (parsed::is_followed(resource), context.input.work);
    let value =
        |old: &Node, trail: &Trail, spec: &FieldSpec| with_pairs(old, (pairs, again), (spec, trail), work, &mut added);
    let changed = field::change_all(&mut resource.node, specs, Make::Map, work, value);
    if changed.map_err(|error| resource.within(error.limit_at(pairs[0].value.at)))? {
        linked::settle(resource, context)?;
        for (mappings, keys) in keys_by_mappings(pairs, &added) {
            resource.linked.add(keys, mappings.iter().map(|i| added[*i].map.clone()).collect());
        }
    }
    Ok(())
}

/// A mapping with entries that were added to it.
struct AddedEntries {
    map: LinkedMap,
    /// The positions of the entries among the pairs.
    pairs: Vec<usize>,
}

/// The keys that were added to the same mappings.
fn keys_by_mappings(pairs: &[MapEntry], added: &[AddedEntries]) -> BTreeMap<Vec<usize>, Vec<SmolStr>> {
    let mut mappings = vec![Vec::new(); pairs.len()];
    for (i, added) in added.iter().enumerate() {
        added.pairs.iter().for_each(|pair| mappings[*pair].push(i));
    }
    let mut keys: BTreeMap<Vec<usize>, Vec<SmolStr>> = BTreeMap::new();
    for (pair, mappings) in pairs.iter().zip(mappings).filter(|(_, mappings)| mappings.len() > 1) {
        keys.entry(mappings).or_default().push(pair.key.text.clone());
    }
    keys
}

/// The mapping `old` with the pairs in it, if that is not what it is already, or if they are set `again`.
fn with_pairs(
    old: &Node,
    (pairs, again): (&[MapEntry], bool),
    (spec, trail): (&FieldSpec, &Trail),
    work: &WorkCounter,
    added: &mut Vec<AddedEntries>,
) -> Result<Option<Node>, Diagnostic> {
    let map = match &old.value {
        Value::Map(map) => map,
        Value::Scalar(_) if old.is_null() => return Ok(None),
        _ => {
            let message = format!("`{}` must be a mapping, got {}", spec.path, old.kind_name());
            return Err(Diagnostic::new(Code::Resource, message).at(old.at));
        }
    };
    work.copied(map.len() + pairs.len())?;
    if !again && pairs.iter().all(|pair| map.get(&pair.key.text).and_then(Node::as_str) == pair.value.as_str()) {
        return Ok(None);
    }
    let (map, new) = merged(map, pairs);
    work.added(new.len())?;
    if !new.is_empty() {
        added.push(AddedEntries { map: LinkedMap { path: trail.steps().collect(), map: map.clone() }, pairs: new });
    }
    Ok(Some(Node::new(Value::Map(map), old.at)))
}

/// The mapping `old` with the pairs in it, and the positions of the pairs whose keys it did not have. A value keeps the style
/// of the one that it replaces.
fn merged(old: &Map, pairs: &[MapEntry]) -> (Map, Vec<usize>) {
    let mut entries = Vec::with_capacity(old.len() + pairs.len());
    let mut new = Vec::new();
    let mut rest = old.iter().peekable();
    for (i, pair) in pairs.iter().enumerate() {
        while let Some(before) = rest.next_if(|entry| entry.key.text < pair.key.text) {
            entries.push(before.clone());
        }
        let MapEntry { mut key, mut value } = pair.clone();
        if let Some(known) = rest.next_if(|entry| entry.key.text == key.text) {
            key = known.key.clone();
            if let (Value::Scalar(new), Value::Scalar(old)) = (&mut value.value, &known.value.value) {
                new.style = old.style;
            }
        } else {
            new.push(i);
        }
        entries.push(MapEntry { key, value });
    }
    entries.extend(rest.cloned());
    (Map::from_entries(entries).expect("both have each key once"), new)
}

/// The plugin `LabelTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let (pairs, specs) = plugin::pairs_and_specs(plugin, "labels")?;
    apply(resources, &pairs, &specs, context)
}
