//! kustomization.yaml read: from nodes to types, all errors at once.

use super::generator::{config_map, generator_options, secret};
use super::image::image;
use super::label::label;
use super::patch::patch;
use super::replacement::replacement_entry;
use super::replica::replica;
use super::text::{pairs, text, texts};
use super::var::var;
use super::{Kustomization, KustomizationKind, LegacySortOptions, OpenApi, SortOptions, Text};
use crate::diagnostic::{self, Diagnostic, Result};
use crate::node::{MapEntry, Node};
use crate::source::File;
use crate::yaml::{FieldErrors, Fields};

/// Fields that kustomize calls deprecated, in the order in which it warns, and what to write instead.
const DEPRECATED: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

/// Fields that need a program and a network.
const HELM: [&str; 3] = ["helmCharts", "helmGlobals", "helmChartInflationGenerator"];

/// The kustomization in the first document of a file.
pub(crate) fn read(documents: &[Node], file: &File) -> Result<Kustomization> {
    let empty = || {
        let help = "it needs at least one field besides `kind` and `apiVersion`, such as `resources`";
        Diagnostic::new(diagnostic::Code::Overlay, "this kustomization is empty").at(file.location()).help(help)
    };
    let document = documents.first().ok_or_else(empty)?;
    // Besides `kind` and `apiVersion`, something has to be there.
    let is_meaningful = |entry: &MapEntry| {
        !entry.value.is_null() && !["kind", "apiversion"].contains(&entry.key.text.to_lowercase().as_str())
    };
    if document.as_map().is_some_and(|map| !map.iter().any(is_meaningful)) {
        return Err(empty().into());
    }
    let mut errors = FieldErrors::ignoring_case(diagnostic::Code::Overlay);
    let read = Fields::read(document, "a kustomization", &mut errors, |fields| Some(kustomization(fields, document)));
    errors.check(read.unwrap_or_default())
}

fn kustomization(fields: &mut Fields, document: &Node) -> Kustomization {
    let kind = kind(fields);
    for name in HELM {
        // Without charts there is nothing to do.
        if fields.node(name).and_then(Node::as_seq).is_some_and(|charts| !charts.is_empty()) {
            let error =
                Diagnostic::new(diagnostic::Code::Overlay, format!("`{name}` requires the program helm and a network"));
            let help = "run `helm template` once, write its output to a file and list the file in `resources`";
            let error = error.at(fields.key_at(name)).help(help);
            fields.errors().push(error);
        }
    }
    let mut deprecated = Vec::new();
    for (name, instead) in DEPRECATED {
        if fields.has(name) {
            deprecated.push((Text { text: name.into(), at: fields.key_at(name) }, instead));
        }
    }
    if let Some(node) = fields.node("metadata") {
        metadata(node, fields.errors());
    }
    let mut images = fields.non_null("images", image);
    images.extend(fields.non_null("imageTags", image));
    Kustomization {
        at: document.at,
        kind,
        resources: [texts(fields, "resources"), texts(fields, "bases")].concat(),
        components: texts(fields, "components"),
        crds: texts(fields, "crds"),
        namespace: text(fields, "namespace"),
        name_prefix: text(fields, "namePrefix"),
        name_suffix: text(fields, "nameSuffix"),
        labels: fields.non_null("labels", label),
        common_labels: pairs(fields, "commonLabels"),
        common_annotations: pairs(fields, "commonAnnotations"),
        patches_strategic_merge: fields.strs("patchesStrategicMerge").into_iter().cloned().collect(),
        patches_json6902: fields.list("patchesJson6902", patch),
        patches: fields.list("patches", patch),
        images,
        replicas: fields.list("replicas", replica),
        replacements: fields.list("replacements", replacement_entry),
        vars: fields.list("vars", var),
        config_map_generator: fields.list("configMapGenerator", config_map),
        secret_generator: fields.list("secretGenerator", secret),
        generator_options: generator_options(fields, "generatorOptions"),
        configurations: texts(fields, "configurations"),
        generators: fields.non_empty_strs("generators").into_iter().cloned().collect(),
        transformers: fields.non_empty_strs("transformers").into_iter().cloned().collect(),
        validators: fields.non_empty_strs("validators").into_iter().cloned().collect(),
        openapi: openapi(fields),
        sort_options: sort_options(fields),
        build_metadata: fields.non_empty_strs("buildMetadata").into_iter().filter_map(Text::of).collect(),
        deprecated,
    }
}

fn kind(fields: &mut Fields) -> KustomizationKind {
    let (kind, version) = match fields.str("kind") {
        None | Some("" | "Kustomization") => (KustomizationKind::Kustomization, "kustomize.config.k8s.io/v1beta1"),
        Some("Component") => (KustomizationKind::Component, "kustomize.config.k8s.io/v1alpha1"),
        Some(other) => {
            let at = fields.at("kind");
            fields
                .errors()
                .report(at, format!("the kind of a kustomization is `Kustomization` or `Component`, not `{other}`"));
            (KustomizationKind::Kustomization, "")
        }
    };
    if let Some(other) =
        fields.str("apiVersion").filter(|other| !other.is_empty() && !version.is_empty() && *other != version)
    {
        let at = fields.at("apiVersion");
        fields.errors().report(at, format!("the `apiVersion` of this kind is `{version}`, not `{other}`"));
    }
    kind
}

/// `metadata` has no effect, but only the usual fields.
fn metadata(node: &Node, errors: &mut FieldErrors) {
    Fields::read(node, "`metadata`", errors, |fields| {
        fields.str("name");
        fields.str("namespace");
        pairs(fields, "labels");
        pairs(fields, "annotations");
        Some(())
    });
}

fn openapi(fields: &mut Fields) -> Option<OpenApi> {
    let node = fields.map("openapi")?;
    let text = |key: &str| node.get(key).and_then(Text::of).filter(|text| !text.is_empty());
    Some(OpenApi { version: text("version"), path: text("path"), at: fields.key_at("openapi") })
}

fn sort_options(fields: &mut Fields) -> Option<SortOptions> {
    let node = fields.map("sortOptions")?;
    let at = fields.key_at("sortOptions");
    Fields::read(node, "`sortOptions`", fields.errors(), |fields| {
        let legacy = fields.map("legacySortOptions").and_then(|node| {
            Fields::read(node, "`legacySortOptions`", fields.errors(), |fields| {
                let mut kinds =
                    |name| fields.non_empty_strs(name).into_iter().filter_map(Text::of).map(|text| text.text).collect();
                Some(LegacySortOptions { order_first: kinds("orderFirst"), order_last: kinds("orderLast") })
            })
        });
        Some(SortOptions { order: text(fields, "order"), legacy, at })
    })
}
