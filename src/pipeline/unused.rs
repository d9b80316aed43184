//! Parts of the workspace that no branch uses: overlays, zones, aliases of images, shared entries, values.
//!
//! They are warnings of a build of all branches, because a branch that is not built may use them.

use super::branch::BuiltBranch;
use super::images::similar;
use super::{Inputs, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::kustomize::input::load::is_kustomization;
use crate::node::{MapEntry, Node};
use crate::output::{OutputFolder, Tree};
use crate::resource::Resource;
use crate::source::{Found, Location, Project, RelPath};
use crate::spec::{self, BranchSettings, OVERLAYS, Placed, Spec, Zone};
use crate::template::{TemplateEngine, has_word};
use smol_str::SmolStr;
use std::collections::BTreeSet;

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
    /// The files that they are made of.
    pub(super) files: BTreeSet<RelPath>,
}

/// A warning for each part that nothing uses, if all branches were built. Without a branch that Kubernetes serves, only zones can be
/// in use.
pub(super) fn warnings(build: &UsedParts) -> Vec<Diagnostic> {
    let Inputs { plan, selection, .. } = build.inputs;
    let is_whole = matches!(selection, Selection::All) && build.branches.len() == plan.branches.len();
    if !is_whole || plan.branches.is_empty() {
        return Vec::new();
    }
    if plan.branches.iter().all(|branch| branch.namespace().is_none()) {
        return zones(build);
    }
    let reads = TemplateReads::of(build);
    let spec = build.inputs.spec;
    let images = image_aliases(build).into_iter().chain(synced_images(build));
    let of_spec = zones(build).into_iter().chain(images).chain(shared(spec, &reads));
    of_spec.chain(values(spec, &reads)).chain(overlays(build)).chain(secrets(build)).collect()
}

fn unused(what: &str, name: &str, at: Location) -> Diagnostic {
    Diagnostic::new(Code::Spec, format!("no branch uses the {what} `{name}`")).at(at)
}

/// What the templates of all branches read.
struct TemplateReads<'a> {
    locations: BTreeSet<Location>,
    engine: &'a TemplateEngine,
    /// The texts of the spec, whose patterns can contain values.
    spec: Vec<String>,
}

impl<'a> TemplateReads<'a> {
    fn of(build: &UsedParts<'a>) -> Self {
        let files = spec::files(build.inputs.project).unwrap_or_default();
        TemplateReads {
            locations: build.branches.iter().flat_map(|built| built.reads.iter().copied()).collect(),
            engine: build.engine,
            spec: files.iter().filter_map(|file| Some(file.text().ok()?.to_owned())).collect(),
        }
    }

    /// Whether a template read a value or a part of it.
    fn has(&self, node: &Node) -> bool {
        self.locations.contains(&node.at)
            || node.as_seq().is_some_and(|items| items.iter().any(|item| self.has(item)))
            || node.as_map().is_some_and(|map| map.iter().any(|entry| self.has(&entry.value)))
    }

    /// Whether a template or a pattern of the spec has the name of the value at a path, even if no branch gets that far.
    fn mention(&self, path: &[&str]) -> bool {
        let variable = format!("values.{}", path.join("."));
        path.last().is_some_and(|name| self.engine.mentions(name))
            || self.spec.iter().any(|text| has_word(text, &variable))
    }
}

/// Zones without a host and without a zone change.
fn zones(build: &UsedParts) -> Vec<Diagnostic> {
    let Inputs { spec, plan, .. } = build.inputs;
    let hosts = plan.branches.iter().flat_map(|branch| &branch.hosts);
    let used: BTreeSet<&str> =
        hosts.filter_map(|host| Zone::of(&spec.zones, &host.name)).map(|(name, _)| name.as_str()).collect();
    let has_file = |zone: &str| {
        let folder = OutputFolder::Dns.join(zone);
        build.tree.iter().any(|(path, _)| path.parent() == folder)
    };
    let unused_zones = spec.zones.iter().filter(|(name, _)| !used.contains(name.as_str()) && !has_file(name.as_str()));
    unused_zones
        .map(|(name, zone)| unused("zone", name.as_str(), zone.at).help("no host of a branch is in this zone"))
        .collect()
}

/// Aliases of images that no branch has. An alias that an entry of `images` uses is reported there.
fn image_aliases(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let names: BTreeSet<&str> = build.branches.iter().flat_map(|built| built.images.names()).collect();
    let set: BTreeSet<&str> = settings(spec).flat_map(|settings| settings.images.keys()).map(SmolStr::as_str).collect();
    let names_list: Vec<&str> = names.iter().copied().collect();
    let unknown = spec.image_aliases.iter().filter(|(_, name)| {
        let name = name.value.as_str();
        !names.contains(name) && !set.contains(name)
    });
    let warning = |(alias, name): (&SmolStr, &Placed<SmolStr>)| {
        let message = format!("no image of any branch has the name `{}` of the alias `{alias}`", name.value);
        suggest(Diagnostic::new(Code::Spec, message).at(name.at), &name.value, &names_list)
    };
    unknown.map(warning).collect()
}

/// Images of `sync.images` that no branch has and no template names: `branch sync` cannot set them.
fn synced_images(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let names: BTreeSet<&str> = build.branches.iter().flat_map(|built| built.images.names()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let named = spec.sync.images.iter().map(|(key, image)| {
        let name = spec.image_aliases.get(key).map_or(key, |name| &name.value);
        (key, name.as_str(), image.at)
    });
    let unknown = named.filter(|(key, name, _)| !names.contains(name) && !build.engine.mentions(key));
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
            let is_used = is_listed && listed.contains(name) || reads.has(&entry.value) || reads.mention(&[name]);
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

/// Values that no template reads and whose name no template and no pattern has.
fn values(spec: &Spec, reads: &TemplateReads) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let all: Vec<&Node> = settings(spec).map(|settings| &settings.values).collect();
    unread(&all, &mut Vec::new(), reads, &mut warnings);
    warnings
}

/// Reports the keys of mappings, which are at the same path in several settings, that are not read.
fn unread<'n>(mappings: &[&'n Node], path: &mut Vec<&'n str>, reads: &TemplateReads, warnings: &mut Vec<Diagnostic>) {
    let mut known = BTreeSet::new();
    let entries = || mappings.iter().filter_map(|node| node.as_map()).flatten();
    for entry in entries() {
        let key = entry.key.text.as_str();
        if !known.insert(key) {
            continue;
        }
        let same: Vec<&Node> = entries().filter(|other| other.key.text == key).map(|other| &other.value).collect();
        path.push(key);
        if reads.mention(path) || same.iter().any(|node| reads.has(node)) {
            unread(&same, path, reads, warnings);
        } else {
            let message = format!("no template reads the value `{}`", path.join("."));
            warnings.push(Diagnostic::new(Code::Spec, message).at(entry.key.at));
        }
        path.pop();
    }
}

/// Entries of `secrets.allow` and `secrets.keys` that match nothing in any branch.
fn secrets(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let objects = || build.branches.iter().flat_map(|built| built.objects.iter().chain(&built.shared));
    let is_secret = |resource: &Resource| resource.gvk().kind == "Secret" && resource.gvk().group.is_empty();
    let names: BTreeSet<SmolStr> =
        objects().filter(|resource| is_secret(resource)).map(|resource| resource.original_id().name.clone()).collect();
    let unknown_names = spec.secrets.allow.iter().filter(|name| !names.contains(&name.value)).map(|name| {
        let message = format!("no branch has a Secret `{}`", name.value);
        let known = names.iter().map(SmolStr::as_str);
        Diagnostic::new(Code::Spec, message).at(name.at).suggest(&name.value, known)
    });
    let has_key = |pattern: &str| {
        settings(spec).any(|settings| has_key(&settings.values, pattern))
            || objects().any(|resource| has_key(&resource.node, pattern))
    };
    let unknown_keys = spec.secrets.keys.iter().filter(|key| !has_key(&key.value)).map(|key| {
        let message = format!("no value and no object has a key that matches `{}`", key.value);
        Diagnostic::new(Code::Spec, message).at(key.at)
    });
    unknown_names.chain(unknown_keys).collect()
}

/// Whether a key in or below a node matches a pattern, or the `name` of an entry such as an environment variable.
fn has_key(node: &Node, pattern: &str) -> bool {
    let of_entry = |entry: &MapEntry| {
        let is_name = entry.key.text == "name" && entry.value.as_str().is_some_and(|name| glob::matches(pattern, name));
        is_name || glob::matches(pattern, &entry.key.text) || has_key(&entry.value, pattern)
    };
    node.as_map().is_some_and(|map| map.iter().any(of_entry))
        || node.as_seq().is_some_and(|items| items.iter().any(|item| has_key(item, pattern)))
}

/// Folders of overlays of which no file was read.
fn overlays(build: &UsedParts) -> Vec<Diagnostic> {
    let Inputs { project, spec, plan, .. } = build.inputs;
    let listed = plan.branches.iter().flat_map(|branch| &branch.overlays);
    let of_services = spec.services.iter().filter_map(|service| service.overlay.as_ref()).map(|overlay| &overlay.value);
    let used: BTreeSet<&RelPath> = listed.chain(of_services).collect();
    let root = RelPath::new(OVERLAYS).expect("a plain name");
    let mut found = Vec::new();
    let is_read = |folder: &RelPath| build.files.iter().any(|file| file.is_within(folder));
    let is_overlay = |folder: &RelPath| used.contains(folder) || has_kustomization(project, folder);
    unread_folders(project, &root, (&is_read, &is_overlay), &mut found);
    let warning = |folder: &RelPath| {
        let name = folder.relative_to(&root);
        let at = first_file(project, folder)?;
        let message = format!("no branch uses the overlay `{name}`");
        Some(Diagnostic::new(Code::Overlay, message).at(at).help("list it in `overlays` of a branch, or remove it"))
    };
    found.iter().filter_map(warning).collect()
}

type PathTest<'a> = &'a dyn Fn(&RelPath) -> bool;

/// Adds the folders below `folder` of which no file was read. Folders inside of an overlay in use are parts of it.
fn unread_folders(
    project: &Project,
    folder: &RelPath,
    (is_read, is_overlay): (PathTest, PathTest),
    found: &mut Vec<RelPath>,
) {
    let Found::Folder(names) = project.look(folder) else { return };
    for path in names.iter().filter_map(|name| folder.join(name)).filter(|path| project.is_folder(path)) {
        if !is_read(&path) {
            found.push(path);
        } else if !is_overlay(&path) {
            unread_folders(project, &path, (is_read, is_overlay), found);
        }
    }
}

fn has_kustomization(project: &Project, folder: &RelPath) -> bool {
    matches!(project.look(folder), Found::Folder(names) if names.iter().any(|name| is_kustomization(name)))
}

/// The location of the first YAML file or template in or below a folder.
fn first_file(project: &Project, folder: &RelPath) -> Option<Location> {
    let Found::Folder(names) = project.look(folder) else { return None };
    let paths: Vec<RelPath> = names.iter().filter_map(|name| folder.join(name)).collect();
    let is_input = |path: &&RelPath| [".yaml", ".yml", ".j2"].iter().any(|end| path.name().ends_with(end));
    let file = paths.iter().filter(is_input).find_map(|path| project.file(path)).map(|file| file.location());
    file.or_else(|| paths.iter().find_map(|path| first_file(project, path)))
}
