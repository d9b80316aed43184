//! `branches.yaml` and `branches.d/`, as written.
//!
//! [`read`] reports all errors of these files at once: the JSON Schema checks their shape, and the types here check what
//! they mean and cannot have a wrong value. What branches derive from the defaults is the task of `plan`.

mod alias;
mod branch;
mod content;
mod database;
mod date;
mod gitops;
mod host;
mod image;
mod image_field;
mod label;
mod load;
mod pattern;
mod range;
mod section;
mod service;
mod settings;
mod shared;
mod slots;
mod sync;
mod zone;

pub use alias::Alias;
pub use branch::{AppEngine, BranchEntry, Pin};
pub use content::{AddressFrom, HostContent};
pub use database::SharedDatabase;
pub use date::ExpiryDate;
pub use gitops::{Applications, ApplyScript, ArgoCd, Flux, GitOps};
pub use host::{HostEntry, HostsEntry, Join};
pub use image::BranchImage;
pub use image_field::ImageField;
pub use load::{FILE, FOLDER, files};
pub use pattern::{Pattern, PatternScope};
pub use range::Range;
pub use service::{Service, ServiceNames};
pub use settings::{BranchSettings, Overlay};
pub use shared::{Remote, Shared};
pub use slots::SlotsEntry;
pub use sync::SyncRules;
pub use zone::{Backend, LONGEST_TTL, Mode, Zone, ZoneProvider};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::name::DnsName;
use crate::node::Node;
use crate::schema::branches as schema;
use crate::source::{Location, Project, RelPath};
use section::Section;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Something and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What.
    pub value: T,
    /// Where.
    pub at: Location,
}

/// What `branches.yaml` and the files of `branches.d/` say.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The name of the project, a DNS label.
    pub project: SmolStr,
    /// The folder of the output.
    pub output: RelPath,
    /// The folder of the manifests that every branch starts from.
    pub base: RelPath,
    /// The namespace of a branch that has no pattern of its own.
    pub namespace: Pattern,
    /// The declared zones.
    pub zones: BTreeMap<DnsName, Zone>,
    /// The branch from which others take the services that they do not run.
    pub baseline: Option<Placed<SmolStr>>,
    /// The parts of the application.
    pub services: Vec<Service>,
    /// The databases of the branches.
    pub database: Option<SharedDatabase>,
    /// What branches use in common.
    pub shared: Shared,
    /// Stable names for branches.
    pub aliases: BTreeMap<SmolStr, Alias>,
    /// Aliases of images and the names they stand for.
    pub image_aliases: BTreeMap<SmolStr, SmolStr>,
    /// Fields of custom resources that hold images.
    pub image_fields: Vec<ImageField>,
    /// Whether namespaces tell kube-janitor when they expire.
    pub janitor: bool,
    /// What becomes of secret values.
    pub secrets: SecretsMode,
    /// How many branches there may be.
    pub max_branches: Option<Placed<usize>>,
    /// Which branches of git are branches here, and with which images.
    pub sync: SyncRules,
    /// What becomes of data that kustomize loses.
    pub compat: Compat,
    /// What carries the output to the cluster.
    pub gitops: GitOps,
    /// What every branch has unless it says otherwise.
    pub defaults: BranchSettings,
    /// The branches in the order in which they are written, those of `branches.d/` last.
    pub branches: Vec<BranchEntry>,
}

/// What becomes of a Secret with values in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretsMode {
    /// It is an error.
    Refuse,
    /// It is a warning.
    #[default]
    Warn,
    /// It is nobody's concern.
    Allow,
}

/// What becomes of data that kustomize loses or mangles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// It is an error.
    #[default]
    Strict,
    /// It is lost as kustomize loses it, with a warning.
    Kustomize,
}

/// The folder of the overlays.
pub const OVERLAYS: &str = "overlays";

/// Reads the spec of a project.
pub fn read(project: &Project) -> Result<Spec> {
    all_of(project, |branch, faults| faults.append(&mut branch.settings.missing))
}

/// Reads the spec of a project; that a branch names overlays which are not there is left to those who build it.
pub fn read_apart(project: &Project) -> Result<Spec> {
    all_of(project, |_, _| {})
}

fn all_of(project: &Project, own: impl Fn(&mut BranchEntry, &mut Vec<Diagnostic>)) -> Result<Spec> {
    let document = load::document(project)?;
    let mut faults = Vec::new();
    let mut spec = Spec::of(&document, project, &mut faults);
    spec.branches.iter_mut().for_each(|branch| own(branch, &mut faults));
    // What a type says of its text is better than what the schema says of the same place.
    for fault in schema::check(&document) {
        if !faults.iter().any(|known| known.parts().at == fault.parts().at) {
            faults.push(fault);
        }
    }
    Diagnostics::check(faults, spec)
}

impl Spec {
    fn of(document: &Node, project: &Project, faults: &mut Vec<Diagnostic>) -> Self {
        let top = Section::new("spec", document);
        let image_aliases = image::aliases(&top, faults);
        let mut settings = settings::SettingsReader::new(project, &image_aliases);
        let defaults = settings.defaults(&top, faults);
        let branches: Vec<BranchEntry> = top
            .list("branches")
            .unwrap_or_default()
            .iter()
            .filter(|node| node.as_map().is_some())
            .map(|node| BranchEntry::of(&Section::new("branch", node), &mut settings, faults))
            .collect();
        repeated_names(&branches, faults);
        let services = service::services(&top, &mut settings, faults);
        let baseline = top.node("baseline").and_then(|node| Some(Placed { value: section::text(node)?, at: node.at }));
        service::check(&services, baseline.as_ref(), &defaults, &branches, faults);
        let database = SharedDatabase::of(&top, faults);
        SharedDatabase::check(database.as_ref(), baseline.as_ref(), &branches, faults);
        let shared = Shared::of(&top, faults);
        shared.check(branches.iter().map(|branch| &branch.settings).chain([&defaults]), faults);
        let base = folder(&top, "base", faults).unwrap_or_else(|| path("base"));
        let output = folder(&top, "output", faults).unwrap_or_else(|| path("out"));
        let anybody = branches.iter().any(|branch| branch.app_engine.is_none());
        if anybody && !project.is_folder(&base) {
            faults.push(
                spec_error(format!("folder `{base}` does not exist"))
                    .at(top.place("base").or(document.at))
                    .help("it contains the manifests that every branch starts from"),
            );
        }
        for input in [base.clone(), path(OVERLAYS), path(load::FOLDER)] {
            if output.is_within(&input) || input.is_within(&output) {
                faults.push(
                    spec_error(format!("the folder of the output, `{output}`, and the input `{input}` overlap"))
                        .at(top.place("output").or(document.at))
                        .help("the output is a folder of its own, such as `out`"),
                );
            }
        }
        Spec {
            project: top.text("project").unwrap_or_default(),
            gitops: GitOps::of(&top, &output, faults),
            output,
            base,
            namespace: Pattern::of(&top, "namespace", faults).unwrap_or_else(Pattern::slug),
            zones: zone::zones(&top, faults),
            baseline,
            services,
            database,
            shared,
            aliases: alias::aliases(&top, &branches, &defaults.hosts, faults),
            image_aliases: image_aliases.into_iter().map(|(alias, name)| (alias, name.value)).collect(),
            image_fields: ImageField::all(&top, faults),
            janitor: top.node("janitor").and_then(Node::as_bool).unwrap_or_default(),
            secrets: match top.text("secrets").as_deref() {
                Some("refuse") => SecretsMode::Refuse,
                Some("allow") => SecretsMode::Allow,
                _ => SecretsMode::Warn,
            },
            max_branches: top
                .node("maxBranches")
                .and_then(|node| Some(Placed { value: node.as_text()?.parse().ok()?, at: node.at })),
            sync: SyncRules::of(&top),
            compat: match top.text("compat").as_deref() {
                Some("kustomize") => Compat::Kustomize,
                _ => Compat::Strict,
            },
            defaults,
            branches,
        }
    }

    /// Whether the rest of the spec does not stand without a branch: the baseline, and one that an alias leads to.
    pub fn needs(&self, branch: &str) -> bool {
        self.baseline.as_ref().is_some_and(|name| name.value == branch)
            || self.aliases.values().any(|alias| alias.branch.value == branch)
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a name without `..` stays inside")
}

/// The path of a folder below the workspace.
fn folder(top: &Section, key: &'static str, faults: &mut Vec<Diagnostic>) -> Option<RelPath> {
    let text = top.text(key).filter(|text| !text.is_empty())?;
    let path = RelPath::new(&text);
    if path.is_none() {
        faults.push(
            spec_error(format!("`{text}` is outside of the workspace"))
                .at(top.place(key))
                .help("paths are relative to branches.yaml and stay below its folder"),
        );
    }
    path
}

fn repeated_names(branches: &[BranchEntry], faults: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, Location> = BTreeMap::new();
    for branch in branches.iter().filter(|branch| !branch.name.is_empty()) {
        if let Some(place) = first.get(branch.name.as_str()) {
            faults.push(
                spec_error(format!("duplicate branch `{}`", branch.name)).at(branch.at).note(*place, "first here"),
            );
        } else {
            first.insert(&branch.name, branch.at);
        }
    }
}

fn spec_error(message: String) -> Diagnostic {
    Diagnostic::new(Code::Spec, message)
}

#[cfg(test)]
mod tests;
