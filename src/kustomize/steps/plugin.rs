//! `generators`, `transformers` and `validators`: objects that configure a built-in plugin of kustomize.
//!
//! They do with their own field specs what a kustomization does with its own; each is handed to the step that does the
//! same. Plugins that are programs are refused.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::build::accumulate::{Accumulated, Builder, Role, Trail};
use crate::kustomize::field::twins;
use crate::kustomize::input::{Resources, Scope, cause, manifest};
use crate::kustomize::model::{Behavior, Kustomization, Pairs, Patch, Text};
use crate::kustomize::steps::generate::{Made, Output};
use crate::kustomize::steps::{
    affix, annotations, generate, images, labels, namespace, patch, replacement, replicas, value_add,
};
use crate::kustomize::{finish, model};
use crate::node::{Map, Node, Scalar, Tag, Value};
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpec;
use crate::yaml::{Dialect, Faults, Fields, number};
use std::sync::Arc;

/// Adds what the generators of a kustomization make.
pub(crate) fn generate(
    builder: &Builder,
    into: &mut Accumulated,
    entries: &[Node],
    scope: &Scope,
    trail: &Trail,
) -> Result<()> {
    for plugin in load(builder, (entries, "generators"), scope, trail)? {
        let mut made = make(&plugin, scope).map_err(cause::plugin(&plugin, "generators"))?;
        if let Some(trace) = &builder.trace {
            trace.made_by(&mut made.resource, &plugin);
        }
        into.resources.absorb(made)?;
    }
    Ok(())
}

/// Changes the objects as the transformers of a kustomization say.
pub(crate) fn transform(
    builder: &Builder,
    into: &mut Accumulated,
    entries: &[Node],
    scope: &Scope,
    trail: &Trail,
) -> Result<()> {
    for plugin in load(builder, (entries, "transformers"), scope, trail)? {
        apply(&mut into.resources, &plugin, scope).map_err(cause::plugin(&plugin, "transformers"))?;
        into.resources.renamed();
        twins::settle_all(&mut into.resources, scope)?;
        if let Some(trace) = &builder.trace {
            trace.changed_by(&mut into.resources, &plugin);
        }
    }
    Ok(())
}

/// Runs the validators of a kustomization: transformers that may change nothing.
pub(crate) fn validate(
    builder: &Builder,
    into: &Accumulated,
    entries: &[Node],
    scope: &Scope,
    trail: &Trail,
) -> Result<()> {
    for plugin in load(builder, (entries, "validators"), scope, trail)? {
        let mut copy = into.resources.clone();
        apply(&mut copy, &plugin, scope).map_err(cause::plugin(&plugin, "validators"))?;
        let nodes = |resources: &Resources| resources.iter().map(|resource| resource.node.clone()).collect::<Vec<_>>();
        if nodes(&copy) != nodes(&into.resources) {
            return Err(complain(&plugin, "a validator may not change anything, but this one does").into());
        }
    }
    Ok(())
}

/// The objects that configure the plugins: those written in place, then those of files and folders.
fn load(
    builder: &Builder,
    (entries, field): (&[Node], &'static str),
    scope: &Scope,
    trail: &Trail,
) -> Result<Vec<Resource>> {
    let mut configured = Accumulated::default();
    let mut paths = Vec::new();
    for entry in entries {
        match inline(entry, scope)? {
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
    builder.entries(&mut configured, &paths, (Role::Resource, field), &scope.folder, trail)?;
    Ok(configured.resources.into_vec())
}

/// The objects that are written in place, or `None` if the entry is a path.
fn inline(entry: &Node, scope: &Scope) -> Result<Option<Vec<Node>>> {
    let lines = entry.as_str().is_some_and(|text| text.trim_end().contains('\n'));
    match scope.inline(entry, Dialect::Kubernetes) {
        Ok(documents) if lines || documents.iter().any(|document| document.as_map().is_some()) => {
            manifest::objects(&documents).map(Some)
        }
        Err(errors) if lines => Err(errors),
        _ => Ok(None),
    }
}

/// Reads the configuration of a plugin. Fields that it does not know are nothing to it.
fn read<T>(plugin: &Resource, read: impl FnOnce(&mut Fields) -> T) -> Result<T> {
    let mut faults = Faults::ignoring_case(Code::Overlay).ignoring_unknown();
    let mut value = None;
    Fields::read(&strings(&plugin.node), "a plugin", &mut faults, |fields| {
        value = Some(read(fields));
        Some(())
    });
    let value = value.ok_or_else(|| complain(plugin, "a plugin is configured by a mapping"))?;
    faults.check(value)
}

/// Fields of plugins that are no strings. kustomize takes numbers and booleans for strings everywhere else.
const TYPED: [&str; 10] = [
    "allowkindchange",
    "allownamechange",
    "count",
    "create",
    "disablenamesuffixhash",
    "filepathposition",
    "immutable",
    "index",
    "optional",
    "unsetonly",
];

/// The same configuration with its numbers and booleans as strings where strings are wanted.
fn strings(node: &Node) -> Node {
    let value = match &node.value {
        Value::Map(map) => {
            let fields = map.iter().map(|entry| {
                let typed = TYPED.contains(&entry.key.text.to_lowercase().as_str());
                (entry.key.clone(), if typed { entry.value.clone() } else { strings(&entry.value) })
            });
            Value::Map(fields.collect())
        }
        Value::Seq(items) => Value::Seq(Arc::new(items.iter().map(strings).collect())),
        Value::Scalar(scalar) => match scalar.tag {
            Tag::Int | Tag::Float => {
                let mut text = String::new();
                let _ = number::canonical(&mut text, &scalar.text);
                Value::Scalar(Scalar { text: text.into(), tag: Tag::Str, style: scalar.style })
            }
            Tag::Bool => {
                let text = if node.as_bool() == Some(true) { "true" } else { "false" };
                Value::Scalar(Scalar { text: text.into(), tag: Tag::Str, style: scalar.style })
            }
            Tag::Str | Tag::Null | Tag::Timestamp => return node.clone(),
        },
    };
    Node::new(value, node.at)
}

/// The name of a built-in plugin.
fn kind(plugin: &Resource) -> Result<String, Diagnostic> {
    let gvk = plugin.gvk();
    if gvk.group.is_empty() && gvk.version == "builtin" {
        return Ok(gvk.kind.to_string());
    }
    Err(complain(plugin, format!("the plugin `{}` is a program of its own, and a build runs no programs", gvk.kind))
        .help("run it once and list what it prints in `resources`, or use a built-in plugin: `apiVersion: builtin`"))
}

fn unknown(plugin: &Resource, kind: &str, role: &str, known: &[&'static str]) -> Diagnostic {
    complain(plugin, format!("`{kind}` is no built-in {role}")).suggest(kind, known.iter().copied())
}

fn complain(plugin: &Resource, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Overlay, message).at(plugin.origin)
}

fn make(plugin: &Resource, scope: &Scope) -> Result<Made> {
    let kind = kind(plugin)?;
    let output = match kind.as_str() {
        "ConfigMapGenerator" => Output::ConfigMap,
        "SecretGenerator" => Output::Secret,
        "IAMPolicyGenerator" => return iam_policy(plugin),
        "HelmChartInflationGenerator" => {
            return Err(complain(plugin, "`HelmChartInflationGenerator` needs the program helm and a network")
                .help("run `helm template` once, put what it prints into a file and list that in `resources`")
                .into());
        }
        _ => return Err(unknown(plugin, &kind, "generator", &["ConfigMapGenerator", "SecretGenerator"]).into()),
    };
    let generator = read(plugin, |fields| {
        let generator = model::generator::secret_of(fields, &plugin.node);
        // What has no name or namespace of its own has those of the object that configures it.
        let metadata = |key| plugin.node.at_path(&["metadata", key]).and_then(Text::of);
        let name = Some(generator.name.clone()).filter(|name| !name.is_empty()).or_else(|| metadata("name"));
        let namespace = generator.namespace.clone().or_else(|| metadata("namespace"));
        model::Generator { name: name.unwrap_or_default(), namespace, ..generator }
    })?;
    generate::one(output, &generator, None, scope)
}

/// A service account of GKE that acts as one of Google Cloud.
fn iam_policy(plugin: &Resource) -> Result<Made> {
    let text = |path: &[&str]| plugin.node.str_at(path).unwrap_or("");
    if text(&["cloud"]) != "gke" {
        return Err(complain(plugin, format!("the cloud `{}` is not supported; `gke` is", text(&["cloud"]))).into());
    }
    let account = text(&["serviceAccount", "name"]);
    let project = text(&["serviceAccount", "projectId"]);
    let account = format!("{account}@{project}.iam.gserviceaccount.com");
    let annotations: Map = [("iam.gke.io/gcp-service-account", Node::str(account))].into_iter().collect();
    let mut metadata: Map =
        [("annotations", annotations.into()), ("name", text(&["kubernetesService", "name"]).into())]
            .into_iter()
            .collect();
    match text(&["kubernetesService", "namespace"]) {
        "" => {}
        namespace => drop(metadata.insert("namespace", namespace.into())),
    }
    let object: Map = [("apiVersion", "v1".into()), ("kind", "ServiceAccount".into()), ("metadata", metadata.into())]
        .into_iter()
        .collect();
    let resource = Resource::new(Node::from(object).placed(plugin.origin));
    Ok(Made { resource, behavior: Behavior::Unspecified })
}

/// The built-in transformers.
const TRANSFORMERS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixSuffixTransformer",
    "PrefixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "SuffixTransformer",
    "ValueAddTransformer",
];

fn apply(resources: &mut Resources, plugin: &Resource, scope: &Scope) -> Result<()> {
    let kind = kind(plugin)?;
    match kind.as_str() {
        "AnnotationsTransformer" => {
            let (pairs, specs) = pairs(plugin, "annotations")?;
            annotations::apply(resources, &pairs, &specs, scope)
        }
        "LabelTransformer" => {
            let (pairs, specs) = pairs(plugin, "labels")?;
            labels::apply(resources, &pairs, &specs, scope)
        }
        "HashTransformer" => {
            finish::append_hashes(resources);
            Ok(())
        }
        "ImageTagTransformer" => {
            let (image, specs) =
                read(plugin, |fields| (entry(fields, "imageTag", model::image::image), specs(fields)))?;
            images::apply(resources, &image.unwrap_or_default(), &specs, scope)
        }
        "ReplicaCountTransformer" => {
            let (replica, specs) =
                read(plugin, |fields| (entry(fields, "replica", model::replica::replica), specs(fields)))?;
            replicas::apply(resources, &replica.unwrap_or_default(), &specs)
        }
        "NamespaceTransformer" => namespaced(resources, plugin),
        "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => affixed(resources, plugin, &kind),
        "PatchTransformer" => {
            let patches = vec![read(plugin, |fields| model::patch::patch_of(fields, &plugin.node))?];
            patch::patches(resources, &Kustomization { patches, ..Kustomization::default() }, scope)
        }
        "PatchJson6902Transformer" => {
            let patch = read(plugin, |fields| Patch {
                patch: fields.text("jsonOp").cloned(),
                ..model::patch::patch_of(fields, &plugin.node)
            })?;
            patch::json6902(
                resources,
                &Kustomization { patches_json6902: vec![patch], ..Kustomization::default() },
                scope,
            )
        }
        "PatchStrategicMergeTransformer" => {
            let patches_strategic_merge = read(plugin, |fields| {
                let paths = fields.strs("paths").into_iter().cloned();
                paths.chain(fields.text("patches").cloned()).collect()
            })?;
            patch::strategic_merge(
                resources,
                &Kustomization { patches_strategic_merge, ..Kustomization::default() },
                scope,
            )
        }
        "ReplacementTransformer" => {
            let replacements =
                read(plugin, |fields| fields.list("replacements", model::replacement::replacement_entry))?;
            replacement::step(resources, &Kustomization { replacements, ..Kustomization::default() }, scope)
        }
        "ValueAddTransformer" => {
            let config = read(plugin, value_add::ValueAdd::read)?;
            value_add::apply(resources, config, scope).map_err(|errors| errors.map(|error| error.at(plugin.origin)))
        }
        _ => Err(unknown(plugin, &kind, "transformer", &TRANSFORMERS).into()),
    }
}

fn pairs(plugin: &Resource, name: &'static str) -> Result<(Pairs, Vec<FieldSpec>)> {
    read(plugin, |fields| (model::text::pairs(fields, name), specs(fields)))
}

fn specs(fields: &mut Fields) -> Vec<FieldSpec> {
    fields.list("fieldSpecs", FieldSpec::read_lenient)
}

fn entry<T>(fields: &mut Fields, name: &'static str, read: fn(&Node, &mut Faults) -> Option<T>) -> Option<T> {
    fields.node(name).and_then(|node| read(node, fields.faults()))
}

fn namespaced(resources: &mut Resources, plugin: &Resource) -> Result<()> {
    let (unset_only, subjects, specs) = read(plugin, |fields| {
        let subjects = match fields.str("setRoleBindingSubjects") {
            None | Some("" | "defaultOnly") => namespace::Subjects::DefaultOnly,
            Some("allServiceAccounts") => namespace::Subjects::AllServiceAccounts,
            Some("none") => namespace::Subjects::None,
            Some(other) => {
                let message = format!("`{other}` is none of `defaultOnly`, `allServiceAccounts` and `none`");
                let at = fields.at("setRoleBindingSubjects");
                fields.faults().say(at, message);
                namespace::Subjects::None
            }
        };
        (fields.bool("unsetOnly").unwrap_or_default(), subjects, specs(fields))
    })?;
    let Some(namespace) = plugin.node.at_path(&["metadata", "namespace"]).and_then(Text::of) else { return Ok(()) };
    if namespace.is_empty() {
        return Ok(());
    }
    let config = namespace::Namespace { name: &namespace, specs: &specs, unset_only, subjects };
    namespace::apply(resources, &config)
}

fn affixed(resources: &mut Resources, plugin: &Resource, kind: &str) -> Result<()> {
    let (prefix, suffix, specs) = read(plugin, |fields| {
        if !fields.has("fieldSpecs") {
            let at = plugin.origin;
            fields.faults().say(at, format!("`{kind}` needs `fieldSpecs`"));
        }
        (fields.text("prefix").and_then(Text::of), fields.text("suffix").and_then(Text::of), specs(fields))
    })?;
    for (side, affix, other) in
        [(affix::Side::Prefix, prefix, "SuffixTransformer"), (affix::Side::Suffix, suffix, "PrefixTransformer")]
    {
        match affix {
            Some(affix) if kind != other && !affix.is_empty() => affix::apply(resources, side, &affix, &specs)?,
            _ => {}
        }
    }
    Ok(())
}
