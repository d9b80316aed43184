//! `branches.yaml` and `branches.d/`, as written.
//!
//! [`read`] tells every fault of all these files at once: of their shape by the JSON Schema, of what they mean by the
//! types here, which can hold nothing wrong. What branches derive from one another's defaults is for `plan`.

mod branch;
mod date;
mod image;
mod label;
mod load;
mod pattern;
mod section;
mod settings;
mod zone;

pub use branch::{AppEngine, Branch, Pin};
pub use date::Date;
pub use image::{Image, Reference};
pub use label::{KEY_PREFIX, is_label};
pub use pattern::{Pattern, Scope};
pub use settings::{Overlay, Settings};
pub use zone::{Provider, Zone};

use crate::error::{Error, Errors, Kind, Result};
use crate::name::DnsName;
use crate::node::Node;
use crate::schema::branches as schema;
use crate::source::{Place, Project, RelPath};
use section::Section;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Something and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What.
    pub value: T,
    /// Where.
    pub at: Place,
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
    /// Aliases of images and the names they stand for.
    pub image_aliases: BTreeMap<SmolStr, SmolStr>,
    /// What becomes of secret values.
    pub secrets: Secrets,
    /// What every branch has unless it says otherwise.
    pub defaults: Settings,
    /// The branches in the order in which they are written, those of `branches.d/` last.
    pub branches: Vec<Branch>,
}

/// What becomes of a Secret with values in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// It is an error.
    Refuse,
    /// It is a warning.
    #[default]
    Warn,
    /// It is nobody's concern.
    Allow,
}

/// The folder of the overlays.
pub const OVERLAYS: &str = "overlays";

/// Reads the spec of a project.
pub fn read(project: &Project) -> Result<Spec> {
    let document = load::document(project)?;
    let mut faults = Vec::new();
    let spec = Spec::of(&document, project, &mut faults);
    // What a type says of its text is better than what the schema says of the same place.
    for fault in schema::check(&document) {
        if !faults.iter().any(|known| known.parts().at == fault.parts().at) {
            faults.push(fault);
        }
    }
    Errors::check(faults, spec)
}

impl Spec {
    fn of(document: &Node, project: &Project, faults: &mut Vec<Error>) -> Self {
        let top = Section::new("spec", document);
        let image_aliases = image::aliases(&top, faults);
        let mut settings = settings::Reader::new(project, &image_aliases);
        let defaults = settings.defaults(&top, faults);
        let branches: Vec<Branch> = top
            .list("branches")
            .unwrap_or_default()
            .iter()
            .filter(|node| node.as_map().is_some())
            .map(|node| Branch::of(&Section::new("branch", node), &mut settings, faults))
            .collect();
        repeated_names(&branches, faults);
        let base = folder(&top, "base", faults).unwrap_or_else(|| path("base"));
        let output = folder(&top, "output", faults).unwrap_or_else(|| path("out"));
        let anybody = branches.iter().any(|branch| branch.app_engine.is_none());
        if anybody && !project.is_folder(&base) {
            faults.push(
                spec_error(format!("there is no folder `{base}`"))
                    .at(top.place("base").or(document.at))
                    .help("it holds the manifests that every branch starts from"),
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
            output,
            base,
            namespace: Pattern::of(&top, "namespace", faults).unwrap_or_else(Pattern::slug),
            zones: zone::zones(&top, faults),
            image_aliases: image_aliases.into_iter().map(|(alias, name)| (alias, name.value)).collect(),
            secrets: match top.text("secrets").as_deref() {
                Some("refuse") => Secrets::Refuse,
                Some("allow") => Secrets::Allow,
                _ => Secrets::Warn,
            },
            defaults,
            branches,
        }
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a name without `..` stays inside")
}

/// The path of a folder below the workspace.
fn folder(top: &Section, key: &'static str, faults: &mut Vec<Error>) -> Option<RelPath> {
    let text = top.text(key).filter(|text| !text.is_empty())?;
    let path = RelPath::new(&text);
    if path.is_none() {
        faults.push(
            spec_error(format!("`{text}` leads out of the workspace"))
                .at(top.place(key))
                .help("paths are relative to branches.yaml and stay below its folder"),
        );
    }
    path
}

fn repeated_names(branches: &[Branch], faults: &mut Vec<Error>) {
    let mut first: BTreeMap<&str, Place> = BTreeMap::new();
    for branch in branches.iter().filter(|branch| !branch.name.is_empty()) {
        if let Some(place) = first.get(branch.name.as_str()) {
            faults.push(
                spec_error(format!("the branch `{}` stands twice", branch.name))
                    .at(branch.at)
                    .note(*place, "first here"),
            );
        } else {
            first.insert(&branch.name, branch.at);
        }
    }
}

fn spec_error(message: String) -> Error {
    Error::new(Kind::Spec, message)
}
