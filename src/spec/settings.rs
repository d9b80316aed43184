//! The settings that `defaults:` and each branch can have.

use super::label::{PairKind, pairs};
use super::names::{self, NameList};
use super::removed_default;
use super::section::{Section, text};
use super::{BranchImage, HostsEntry, OVERLAYS, Placed, image, spec_error};
use crate::diagnostic::{Diagnostic, named, nearest};
use crate::limits::DIAGNOSTICS;
use crate::node::{Map, Node};
use crate::source::{Found, Project, RelPath};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The folder of an overlay.
pub(crate) type Overlay = Placed<RelPath>;

/// The settings of a branch or of the defaults. `plan` merges them.
#[derive(Clone, Debug)]
pub(crate) struct BranchSettings {
    /// The overlays, in order.
    pub(crate) overlays: Option<Vec<Overlay>>,
    /// Errors about overlays that do not exist.
    pub(crate) missing: Vec<Diagnostic>,
    /// Warnings about `null` where no default is removed by it.
    pub(crate) unneeded: Vec<Diagnostic>,
    /// The values for templates, a mapping.
    pub(crate) values: Node,
    /// Images by their names in the manifests. Here and below, `None` removes a default.
    pub(crate) images: BTreeMap<SmolStr, Option<BranchImage>>,
    /// Numbers of replicas by the names of workloads.
    pub(crate) replicas: BTreeMap<SmolStr, Option<Placed<u32>>>,
    /// Entries of `patches:` as kustomizations have them.
    pub(crate) patches: Option<Vec<Node>>,
    /// Labels.
    pub(crate) labels: BTreeMap<SmolStr, Option<Placed<SmolStr>>>,
    /// Annotations.
    pub(crate) annotations: BTreeMap<SmolStr, Option<Placed<SmolStr>>>,
    /// The hosts.
    pub(crate) hosts: HostsEntry,
    /// The entries of `shared.services` that it uses.
    pub(crate) uses: Option<NameList>,
}

/// Reads settings. Looks up each overlay once.
pub(super) struct SettingsReader<'a> {
    project: &'a Project,
    aliases: &'a BTreeMap<SmolStr, Placed<SmolStr>>,
    defaults: Option<&'a Node>,
    overlays: BTreeMap<SmolStr, Result<RelPath, Diagnostic>>,
    /// The number of errors about overlays so far.
    missing: usize,
    no_values: Node,
}

impl<'a> SettingsReader<'a> {
    /// A reader of settings with these aliases of images, which override `defaults`.
    pub(super) fn new(
        project: &'a Project,
        aliases: &'a BTreeMap<SmolStr, Placed<SmolStr>>,
        defaults: Option<&'a Node>,
    ) -> Self {
        SettingsReader { project, aliases, defaults, overlays: BTreeMap::new(), missing: 0, no_values: Node::map() }
    }

    /// Reads `defaults:`, and `hosts:` of the spec, which is the same as `defaults.hosts`.
    pub(super) fn defaults(&mut self, top: &Section, faults: &mut Vec<Diagnostic>) -> BranchSettings {
        let empty = Node::map();
        let section = top.section("defaults").unwrap_or_else(|| Section::new("defaults", &empty));
        if let (Some(first), Some(second)) = (top.key_place("hosts"), section.key_place("hosts")) {
            let error = spec_error("the hosts of all branches are defined twice".to_owned()).at(second);
            faults.push(error.note(first, "and here").help("remove one of the two"));
        }
        let mut settings = self.settings(&section, faults);
        // An overlay that is missing in the defaults is an error of the spec, not of a branch.
        faults.append(&mut settings.missing);
        if let Some(hosts) = HostsEntry::of(top, faults) {
            settings.hosts = hosts;
        }
        settings.unneeded = removed_default::in_defaults(&section, self.aliases);
        settings
    }

    /// Reads the settings of a branch.
    pub(super) fn of_branch(&mut self, branch: &Section, faults: &mut Vec<Diagnostic>) -> BranchSettings {
        let unneeded = removed_default::in_branch(branch, self.defaults, self.aliases);
        BranchSettings { unneeded, ..self.settings(branch, faults) }
    }

    /// Reads the settings in a section.
    fn settings(&mut self, section: &Section, faults: &mut Vec<Diagnostic>) -> BranchSettings {
        let mut missing = Vec::new();
        BranchSettings {
            overlays: section.list("overlays").map(|list| self.overlays(list, faults, &mut missing)),
            missing,
            unneeded: Vec::new(),
            values: section
                .node("values")
                .filter(|values| values.as_map().is_some())
                .map_or_else(|| self.no_values.clone(), Node::clone),
            images: image::images(section.map("images"), self.aliases, faults),
            replicas: section.map("replicas").map(replicas).unwrap_or_default(),
            patches: section.list("patches").map(|list| patches(list, faults)),
            labels: pairs(section.map("labels"), PairKind::Labels, faults),
            annotations: pairs(section.map("annotations"), PairKind::Annotations, faults),
            hosts: HostsEntry::of(section, faults).unwrap_or_default(),
            uses: section.list("uses").map(|list| names::read(list, "service", faults)),
        }
    }

    /// The aliases of images.
    pub(super) fn aliases(&self) -> &'a BTreeMap<SmolStr, Placed<SmolStr>> {
        self.aliases
    }

    /// Reads the name of an overlay.
    pub(super) fn overlay(&mut self, node: &Node, faults: &mut Vec<Diagnostic>) -> Option<Overlay> {
        let mut missing = Vec::new();
        let overlay = self.overlays(std::slice::from_ref(node), faults, &mut missing).pop();
        faults.append(&mut missing);
        overlay
    }

    fn overlays(&mut self, list: &[Node], faults: &mut Vec<Diagnostic>, missing: &mut Vec<Diagnostic>) -> Vec<Overlay> {
        let mut overlays: Vec<Overlay> = Vec::with_capacity(list.len());
        for node in list {
            let Some(name) = text(node).filter(|name| !name.is_empty()) else { continue };
            let project = self.project;
            let with_help = self.missing < DIAGNOSTICS;
            let overlay = self.overlays.entry(name.clone()).or_insert_with(|| overlay(project, &name, with_help));
            self.missing += usize::from(overlay.is_err());
            match overlay {
                Err(error) => missing.push(error.clone().at(node.at)),
                Ok(path) => match overlays.iter().find(|overlay| overlay.value == *path) {
                    Some(first) => faults.push(
                        spec_error(format!("duplicate overlay `{name}`"))
                            .at(node.at)
                            .note(first.at, "first listed here"),
                    ),
                    None => overlays.push(Placed { value: path.clone(), at: node.at }),
                },
            }
        }
        overlays
    }
}

/// The folder of an overlay. The help about one that does not exist costs more than a look.
fn overlay(project: &Project, name: &str, with_help: bool) -> Result<RelPath, Diagnostic> {
    let root = super::path(OVERLAYS);
    let path = root.join(name).filter(|path| path.is_within(&root) && *path != root);
    let path = path.ok_or_else(|| {
        spec_error(format!("the overlay `{name}` is outside {OVERLAYS}/"))
            .help(format!("overlays are folders below {OVERLAYS}/"))
    })?;
    match project.look(&path) {
        Found::Folder(_) => return Ok(path),
        Found::Unreadable(why) => return Err(spec_error(format!("the overlay `{name}` cannot be read: {why}"))),
        Found::File(_) | Found::Nothing => {}
    }
    let error = spec_error(format!("the overlay `{name}` does not exist"));
    if with_help { Err(overlay_help(error, project, name)) } else { Err(error) }
}

/// Adds which overlays there are.
fn overlay_help(error: Diagnostic, project: &Project, name: &str) -> Diagnostic {
    let root = super::path(OVERLAYS);
    let names = match project.look(&root) {
        Found::Folder(names) => names,
        Found::Unreadable(why) => return spec_error(format!("`{OVERLAYS}` cannot be read: {why}")),
        Found::File(_) | Found::Nothing => return error.help(format!("create the folder {OVERLAYS}/{name}")),
    };
    let is_folder = |name: &&str| root.join(name).is_some_and(|path| project.is_folder(&path));
    let folders: Vec<&str> = names.iter().map(String::as_str).filter(is_folder).collect();
    match nearest(name, folders.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("{OVERLAYS}/ has {}", named(&folders))),
    }
}

fn replicas(map: &Map) -> BTreeMap<SmolStr, Option<Placed<u32>>> {
    let counts = map.iter().filter_map(|entry| {
        let at = entry.value.at;
        let count = entry.value.as_text().map(|text| text.parse().ok().map(|value| Placed { value, at }));
        match count {
            None if entry.value.is_null() => Some((entry.key.text.clone(), None)),
            None | Some(None) => None,
            Some(count) => Some((entry.key.text.clone(), count)),
        }
    });
    counts.collect()
}

fn patches(list: &[Node], faults: &mut Vec<Diagnostic>) -> Vec<Node> {
    for node in list.iter().filter(|node| node.as_map().is_some()) {
        let patch = Section::new("patch", node);
        let fault = match (patch.node("path"), patch.node("patch")) {
            (None, None) => "this patch has neither `path` nor `patch`",
            (Some(_), Some(_)) => "this patch has both `path` and `patch`",
            _ => continue,
        };
        faults.push(spec_error(fault.to_owned()).at(patch.key_place("patch").unwrap_or(node.at)));
    }
    list.to_vec()
}
