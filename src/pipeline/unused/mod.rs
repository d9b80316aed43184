//! Parts of the spec and of the workspace without effect: overlays, keys of zones, hosts, aliases of images, shared entries, values,
//! slots, options of patches.
//!
//! They are warnings of a build of all branches, because a branch that is not built may use them.

mod cleanup;
mod expiry;
mod hosts;
mod objects;
mod overlays;
mod replicas;
mod values;
mod variables;
mod words;
mod zones;

pub(super) use zones::{WrittenZones, changed_zones, hosts};

use super::branch::BuiltBranch;
use super::images::similar;
use super::{Inputs, Selection, scopes};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::output::Tree;
use crate::schema::scope::Scopes;
use crate::source::{File, Location, RelPath};
use crate::spec::{self, BranchSettings, Placed, Spec};
use crate::template::TemplateEngine;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;
use words::{TextWords, is_in_word};

/// A build, as far as it shows what is used.
pub(super) struct UsedParts<'a> {
    /// What was built.
    pub(super) inputs: &'a Inputs<'a>,
    /// The branches.
    pub(super) branches: &'a [BuiltBranch<'a>],
    /// The engine that rendered their templates.
    pub(super) engine: &'a TemplateEngine,
    /// Their output.
    pub(super) tree: &'a Tree,
    /// The scopes of the kinds of the workspace.
    pub(super) scopes: &'a Scopes,
    /// The zones that they write to.
    pub(super) zones: WrittenZones,
    /// The files that they are made of.
    pub(super) files: BTreeSet<RelPath>,
}

/// A warning for each part that nothing uses, if all branches were built. Without a branch that Kubernetes serves, only settings
/// about hosts and the expiry can be in use.
pub(super) fn warnings(build: &UsedParts) -> Vec<Diagnostic> {
    let Inputs { plan, selection, spec, .. } = build.inputs;
    let is_whole = matches!(selection, Selection::All) && build.branches.len() == plan.branches.len();
    if !is_whole || plan.branches.is_empty() {
        return Vec::new();
    }
    let mut warnings = zones::warnings(build);
    warnings.extend(hosts::warnings(build));
    warnings.extend(expiry::warnings(spec, plan));
    warnings.extend(values::of_app_engine(spec));
    if plan.branches.iter().all(|branch| branch.namespace().is_none()) {
        return warnings;
    }
    let project = build.inputs.project;
    let templates: Vec<Arc<File>> = build.engine.rendered().iter().filter_map(|path| project.file(path)).collect();
    let files = spec::files(project).unwrap_or_default();
    let reads = TemplateReads::of(build, &templates, &files);
    warnings.extend(image_aliases(build));
    warnings.extend(synced_images(build, &reads));
    warnings.extend(shared(spec, &reads));
    warnings.extend(variables::database(build, &reads));
    warnings.extend(variables::slots(build, &reads));
    let unneeded: Vec<Diagnostic> = settings(spec).flat_map(|settings| settings.unneeded.iter().cloned()).collect();
    let known: BTreeSet<Location> = warnings.iter().chain(&unneeded).map(|warning| warning.parts().at).collect();
    warnings.extend(values::warnings(spec, &reads).into_iter().filter(|warning| !known.contains(&warning.parts().at)));
    warnings.extend(unneeded);
    warnings.extend(objects::secrets(build));
    warnings.extend(objects::image_fields(build));
    warnings.extend(objects::patch_options(build));
    warnings.extend(scopes::warnings(build.inputs.project, spec));
    warnings.extend(overlays::warnings(build));
    warnings.extend(replicas::warnings(build));
    warnings.extend(cleanup::objects(build));
    warnings.extend(cleanup::databases(build));
    warnings
}

pub(super) fn unused(what: &str, name: &str, at: Location) -> Diagnostic {
    Diagnostic::new(Code::Spec, format!("no branch uses the {what} `{name}`")).at(at)
}

/// What the templates of all branches read.
struct TemplateReads<'t> {
    locations: BTreeSet<Location>,
    /// The words of the templates that were rendered, and of those that they include.
    templates: TextWords<'t>,
    /// Whether one of them may read any value.
    use_all_values: bool,
    /// The words of the spec, whose patterns can contain values.
    spec: TextWords<'t>,
}

impl<'t> TemplateReads<'t> {
    fn of(build: &UsedParts, templates: &'t [Arc<File>], spec: &'t [Arc<File>]) -> Self {
        let texts = |files: &'t [Arc<File>]| files.iter().filter_map(|file| file.text().ok());
        TemplateReads {
            locations: build.branches.iter().flat_map(|built| built.reads.iter().copied()).collect(),
            templates: TextWords::of(texts(templates)),
            use_all_values: texts(templates).any(uses_all_values),
            spec: TextWords::of(texts(spec)),
        }
    }

    /// Whether a template read a value or a part of it.
    fn has(&self, node: &Node) -> bool {
        self.locations.contains(&node.at)
            || node.as_seq().is_some_and(|items| items.iter().any(|item| self.has(item)))
            || node.as_map().is_some_and(|map| map.iter().any(|entry| self.has(&entry.value)))
    }

    /// Whether a template has the name, even if no branch gets that far.
    fn mention(&self, name: &str) -> bool {
        self.templates.have(name)
    }

    /// Whether a template or a pattern of the spec has the name of the value at a path. The name of a value alone may be that of a
    /// variable.
    fn mention_value(&self, path: &[&str]) -> bool {
        let is_in_template = match path {
            [name] => self.mention(&format!("values.{name}")) || self.use_all_values && self.mention(name),
            [.., name] => self.mention(name),
            [] => false,
        };
        is_in_template || self.spec.have(&format!("values.{}", path.join(".")))
    }
}

/// Whether a template uses the variable `values` other than as `values.name`: in a loop, with brackets or a method.
fn uses_all_values(text: &str) -> bool {
    const VARIABLE: &str = "values";
    let words = text.match_indices(VARIABLE).filter(|(at, _)| !text[..*at].ends_with(is_in_word));
    words.map(|(at, word)| &text[at + word.len()..]).any(|rest| match rest.strip_prefix('.') {
        Some(rest) => rest.trim_start_matches(is_in_word).starts_with('('),
        None => !rest.starts_with(is_in_word),
    })
}

/// The names of the images of all branches.
fn image_names<'a>(build: &'a UsedParts) -> Vec<&'a str> {
    let names: BTreeSet<&str> = build.branches.iter().flat_map(|built| built.images.names()).collect();
    names.into_iter().collect()
}

/// Aliases of images that no branch has. An alias that an entry of `images` uses is reported there.
fn image_aliases(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let names = image_names(build);
    let set: BTreeSet<&str> = settings(spec).flat_map(|settings| settings.images.keys()).map(SmolStr::as_str).collect();
    let unknown = spec.image_aliases.iter().filter(|(_, name)| {
        let name = name.value.as_str();
        !names.contains(&name) && !set.contains(name)
    });
    let warning = |(alias, name): (&SmolStr, &Placed<SmolStr>)| {
        let message = format!("no image of any branch has the name `{}` of the alias `{alias}`", name.value);
        suggest(Diagnostic::new(Code::Spec, message).at(name.at), &name.value, &names)
    };
    unknown.map(warning).collect()
}

/// Images of `sync.images` that no branch has and no template names: `branch sync` cannot set them.
fn synced_images(build: &UsedParts, reads: &TemplateReads) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let names = image_names(build);
    let named = spec.sync.images.iter().map(|(key, image)| {
        let name = spec.image_aliases.get(key).map_or(key, |name| &name.value);
        (key, name.as_str(), image.at)
    });
    let unknown = named.filter(|(key, name, _)| !names.contains(name) && !reads.mention(key));
    let warning = |(_, name, at)| {
        let message = format!("no image of any branch has the name `{name}`, which `sync.images` sets");
        suggest(Diagnostic::new(Code::Spec, message).at(at), name, &names)
    };
    unknown.map(warning).collect()
}

/// Adds the name of an image that may be meant.
fn suggest(warning: Diagnostic, name: &str, names: &[&str]) -> Diagnostic {
    match similar(name, names) {
        Some(near) => warning.help(format!("did you mean `{near}`?")),
        None => warning,
    }
}

/// The settings of all branches and the defaults, which come first.
fn settings(spec: &Spec) -> impl Iterator<Item = &BranchSettings> {
    std::iter::once(&spec.defaults).chain(spec.branches.iter().map(|branch| &branch.settings))
}

/// Entries of `shared` that no template reads and no branch lists in `uses`.
fn shared(spec: &Spec, reads: &TemplateReads) -> Vec<Diagnostic> {
    let defaults = spec.defaults.uses.as_ref();
    let lists = spec.branches.iter().filter_map(|branch| branch.settings.uses.as_ref().or(defaults));
    let listed: BTreeSet<&str> = lists.flatten().map(|name| name.value.as_str()).collect();
    let mut warnings = Vec::new();
    for (part, is_listed) in [("databases", false), ("endpoints", false), ("services", true)] {
        let entries = spec.shared.node.as_ref().and_then(|node| node.get(part)?.as_map());
        for entry in entries.into_iter().flatten() {
            let name = entry.key.text.as_str();
            let is_used = is_listed && listed.contains(name) || reads.has(&entry.value) || reads.mention(name);
            if !is_used {
                let warning = unused("shared entry", &format!("shared.{part}.{name}"), entry.key.at);
                let help =
                    if is_listed { "list it in `uses` of a branch, or remove it" } else { "no template reads it" };
                warnings.push(warning.help(help));
            }
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::uses_all_values;

    #[test]
    fn uses_of_all_values() {
        for (text, want) in [
            ("{{ values.level }}", false),
            ("{{ my_values }} {{ values_of }}", false),
            ("{{ values[\"level\"] }}", true),
            ("{% for name in values %}", true),
            ("{{ values.get('level') }}", true),
            ("{% set all = values %}", true),
        ] {
            assert_eq!(uses_all_values(text), want, "{text}");
        }
    }
}
