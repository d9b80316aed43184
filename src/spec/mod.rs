//! `branches.yaml` and `branches.d/`, as written.
//!
//! [`read`] reports all errors of these files at once: the JSON Schema checks their shape, and the types here check
//! their values. `plan` applies the defaults to the branches.

mod alias;
mod branch;
mod cleanup;
mod cluster_scoped;
mod compat;
mod consistency;
mod content;
mod database;
mod date;
mod earlier;
mod earlier_images;
mod expiry;
mod gitops;
mod host;
mod image;
mod image_field;
mod label;
mod load;
mod names;
mod object_pattern;
mod pattern;
mod pull_request;
mod range;
mod removed_default;
mod secrets;
mod section;
mod service;
mod settings;
mod shared;
mod shared_claim;
mod size;
mod slots;
mod sync;
mod sync_image;
mod zone;

pub(crate) use alias::Alias;
pub(crate) use branch::{AppEngine, BranchEntry, Pin};
pub(crate) use cleanup::{CleanupRules, OwnObjects};
pub(crate) use compat::Compat;
pub(crate) use content::{AddressFrom, HostContent};
pub(crate) use database::SharedDatabase;
pub(crate) use date::Date;
pub(crate) use earlier::{EarlierBranch, EarlierSpec, EarlierSpecs};
pub(crate) use expiry::ExpiredBranch;
pub(crate) use gitops::{Applications, ApplyScript, ArgoCd, Flux, GitOps};
pub(crate) use host::{HostEntry, HostsEntry, Join};
pub(crate) use image::BranchImage;
pub(crate) use image_field::ImageField;
pub(crate) use load::{FILE, FOLDER, files};
pub(crate) use object_pattern::ObjectPattern;
pub(crate) use pattern::{Pattern, PatternScope};
pub(crate) use pull_request::PullRequest;
pub(crate) use range::Range;
pub(crate) use secrets::{SecretRules, SecretsMode, secret_keys};
pub(crate) use service::Service;
pub(crate) use settings::BranchSettings;
pub(crate) use shared::Shared;
pub(crate) use shared_claim::{CommonClaim, SharedClaim};
pub(crate) use slots::SlotsEntry;
pub(crate) use sync::SyncRules;
#[cfg(test)]
pub(crate) use sync_image::SyncImage;
pub(crate) use sync_image::{SyncImageValues, image_name};
pub(crate) use zone::{AUTOMATIC_TTL, Backend, MAX_TTL, Mode, Zone, ZoneProvider};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::limits::SPEC_ERRORS;
use crate::name::DnsName;
use crate::node::Node;
use crate::reserved;
use crate::schema::branches::{self as schema, ValidatedSpec};
use crate::schema::scope::GroupKind;
use crate::source::{FolderPath, Location, Project, RelPath};
use crate::yaml::{self, Dialect};
use section::Section;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The folder of the output if the spec names none.
pub(crate) const OUTPUT: &str = "out";

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it is written.
    pub(crate) at: Location,
}

/// The content of `branches.yaml` and of the files of `branches.d/`.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// The name of the project, a DNS label.
    pub(crate) project: SmolStr,
    /// What distinguishes this spec from others with the same project.
    pub(crate) id: Option<SmolStr>,
    /// The folder of the output.
    pub(crate) output: FolderPath,
    /// The folder of the manifests that every branch starts from.
    pub(crate) base: RelPath,
    /// The namespace of a branch that has no pattern of its own.
    pub(crate) namespace: Pattern,
    /// The declared zones.
    pub(crate) zones: BTreeMap<DnsName, Zone>,
    /// The branch from which others take the services that they do not run.
    pub(crate) baseline: Option<Placed<SmolStr>>,
    /// The services of the application.
    pub(crate) services: Vec<Service>,
    /// The databases of the branches.
    pub(crate) database: Option<SharedDatabase>,
    /// The databases, endpoints and services that branches share.
    pub(crate) shared: Shared,
    /// Stable names for branches.
    pub(crate) aliases: BTreeMap<SmolStr, Alias>,
    /// Aliases of images and the names they stand for.
    pub(crate) image_aliases: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// Fields of custom resources that contain images.
    pub(crate) image_fields: Vec<ImageField>,
    /// Kinds outside of namespaces that pleach does not know.
    pub(crate) cluster_scoped: Vec<Placed<GroupKind>>,
    /// The location of `janitor: true`: namespaces have the annotation for kube-janitor with their expiry date.
    pub(crate) janitor: Option<Location>,
    /// What a build does with secret values.
    pub(crate) secrets: SecretRules,
    /// The highest number of branches.
    pub(crate) max_branches: Option<Placed<usize>>,
    /// The rules of `pleach branch sync`.
    pub(crate) sync: SyncRules,
    /// What teardown plans may list besides the names that derive from the rest of the spec.
    pub(crate) cleanup: CleanupRules,
    /// How a build treats kustomizations that were written for kustomize.
    pub(crate) compat: Compat,
    /// The tools that apply the output.
    pub(crate) gitops: GitOps,
    /// The number of days after which a branch without `expires` expires, from the day on which it was added.
    pub(crate) expires_after: Option<Placed<u32>>,
    /// The records of branches that have expired.
    pub(crate) expired: Vec<ExpiredBranch>,
    /// The settings of branches that do not override them.
    pub(crate) defaults: BranchSettings,
    /// The branches in the order in which they are written, those of `branches.d/` last.
    pub(crate) branches: Vec<BranchEntry>,
}

/// The folder of the overlays.
pub(crate) const OVERLAYS: &str = "overlays";

/// The base directory of a spec that names none.
pub(crate) const BASE: &str = "base";

/// Reads the spec of a project.
pub(crate) fn read(project: &Project) -> Result<Spec> {
    all_of(project, |branch, faults| faults.append(&mut branch.settings.missing))
}

/// Reads the spec of a project for `--keep-going`: a missing overlay is an error of its branch, not of the spec.
pub(crate) fn read_keep_going(project: &Project) -> Result<Spec> {
    all_of(project, |_, _| {})
}

/// The output folder of a spec that has no branches, even if the spec is not valid.
pub(crate) fn output_without_branches(project: &Project) -> Option<FolderPath> {
    let document = load::document(project).ok()?;
    let top = Section::new("spec", &document);
    let is_empty = top.list("branches").is_none_or(<[Node]>::is_empty);
    is_empty.then(|| output(&top, &mut Vec::new()).unwrap_or_else(|| path(OUTPUT).into()))
}

/// The id in a text of `branches.yaml`.
pub(crate) fn id(text: &str) -> Option<String> {
    let documents = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).ok()?;
    documents.first()?.get("id")?.as_text().map(str::to_owned)
}

/// Where the name of the project is written.
pub(crate) fn project_location(project: &Project) -> Location {
    load::document(project).map_or(Location::NONE, |document| Section::new("spec", &document).place("project"))
}

fn all_of(project: &Project, own: impl Fn(&mut BranchEntry, &mut Vec<Diagnostic>)) -> Result<Spec> {
    let ValidatedSpec { node: document, misspelled: mut faults, errors } = schema::validate(load::document(project)?);
    faults.extend(reserved::errors(&document));
    let Some(mut spec) = Spec::of(&document, project, &mut faults) else { return Err(faults.into()) };
    spec.branches.iter_mut().for_each(|branch| own(branch, &mut faults));
    // The error of a type is more precise than that of the schema at the same location.
    let known: BTreeSet<Location> = faults.iter().map(|fault| fault.parts().at).collect();
    faults.extend(errors.into_iter().filter(|fault| !known.contains(&fault.parts().at)));
    Diagnostics::check(faults, spec)
}

impl Spec {
    /// The spec, or `None` if it has so many errors that the rest is not read.
    fn of(document: &Node, project: &Project, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let top = Section::new("spec", document);
        let image_aliases = image::aliases(&top, faults);
        let mut settings = settings::SettingsReader::new(project, &image_aliases, top.node("defaults"));
        let defaults = settings.defaults(&top, faults);
        let mut branches = Vec::new();
        let written = top.list("branches").unwrap_or_default().iter();
        for node in written.filter(|node| node.as_map().is_some()) {
            branches.push(BranchEntry::of(&Section::new("branch", node), &mut settings, faults));
            if faults.len() >= SPEC_ERRORS {
                return None;
            }
        }
        let services = service::services(&top, &mut settings, faults);
        let baseline = top.node("baseline").and_then(|node| Some(Placed { value: section::text(node)?, at: node.at }));
        let database = SharedDatabase::of(&top, faults);
        let shared = Shared::of(&top, faults);
        let base = folder(&top, "base", faults).unwrap_or_else(|| path(BASE));
        let output = output(&top, faults).unwrap_or_else(|| path(OUTPUT).into());
        let spec = Spec {
            project: top.text("project").unwrap_or_default(),
            id: top.text("id"),
            gitops: GitOps::of(&top, &output, faults),
            output,
            base,
            namespace: Pattern::of(&top, "namespace", faults).unwrap_or_else(Pattern::namespace),
            zones: zone::zones(&top, faults),
            baseline,
            services,
            database,
            shared,
            aliases: alias::aliases(&top, &branches, &defaults.hosts, faults),
            image_aliases,
            image_fields: ImageField::all(&top, faults),
            cluster_scoped: cluster_scoped::kinds(&top, faults),
            janitor: top.node("janitor").filter(|node| node.as_bool() == Some(true)).map(|node| node.at),
            secrets: SecretRules::of(&top, faults),
            max_branches: top
                .node("maxBranches")
                .and_then(|node| Some(Placed { value: node.as_text()?.parse().ok()?, at: node.at })),
            sync: SyncRules::of(&top, faults),
            cleanup: CleanupRules::of(&top, faults),
            compat: Compat::of(&top, faults),
            expires_after: expiry::days(&top),
            expired: expiry::expired(&top, faults),
            defaults,
            branches,
        };
        faults.extend(size::merged_excess(&spec));
        consistency::check(&top, &spec, project, faults);
        Some(spec)
    }

    /// The input folder that the folder `output` of the workspace overlaps with, if any.
    pub(crate) fn overlapped_input(&self, output: &RelPath) -> Option<RelPath> {
        let mut inputs = [self.base.clone(), path(OVERLAYS), path(FOLDER)].into_iter();
        inputs.find(|input| output.is_within(input) || input.is_within(output))
    }

    /// Whether the rest of the spec needs a branch: the baseline branch, and one that an alias points to.
    pub(crate) fn needs(&self, branch: &str) -> bool {
        self.references(branch).next().is_some()
    }

    /// What refers to a branch, which cannot be removed: a key of the spec, and where it names the branch.
    pub(crate) fn references<'s>(&'s self, branch: &'s str) -> impl Iterator<Item = (String, Location)> + 's {
        let baseline = self.baseline.iter().map(|name| (None, name));
        let aliases = self.aliases.iter().map(|(name, alias)| (Some(name), &alias.branch));
        let key = |alias: Option<&SmolStr>| match alias {
            None => "`baseline`".to_owned(),
            Some(name) => format!("the alias `{name}`"),
        };
        let found = baseline.chain(aliases).filter(move |(_, name)| name.value == branch);
        found.map(move |(alias, name)| (key(alias), name.at))
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a name without `..` stays inside")
}

/// The path of the output folder, which may be outside of the workspace.
fn output(top: &Section, faults: &mut Vec<Diagnostic>) -> Option<FolderPath> {
    let text = top.text("output").filter(|text| !text.is_empty())?;
    let path = FolderPath::new(&text);
    if path.is_none() {
        let error = spec_error(format!("`{text}` is an absolute path, which other machines may not have"));
        let help = "use a path relative to the folder of branches.yaml, such as `out` or `../rendered`; `--output` may be absolute";
        faults.push(error.at(top.place("output")).help(help));
    }
    path
}

/// The path of a folder below the workspace.
fn folder(top: &Section, key: &'static str, faults: &mut Vec<Diagnostic>) -> Option<RelPath> {
    let text = top.text(key).filter(|text| !text.is_empty())?;
    let path = RelPath::new(&text);
    if path.is_none() {
        faults.push(
            spec_error(format!("`{text}` is outside the workspace"))
                .at(top.place(key))
                .help("use a path below the folder of branches.yaml"),
        );
    }
    path
}

fn spec_error(message: String) -> Diagnostic {
    Diagnostic::new(Code::Spec, message)
}

#[cfg(test)]
mod tests;
