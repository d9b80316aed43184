//! kustomize: kustomizations, patches, generators, transformers, references.
//!
//! [`kustomize`] builds a folder as `kubectl kustomize` does, [`branch`] builds what a branch needs with the same steps.
//! The order of the steps is one array (`steps::STEPS`) of plain functions `fn(&mut Resources, &Kustomization,
//! &Scope) -> Result<()>`. Nothing here writes YAML or knows of the spec.
//!
//! # How the parts complain
//!
//! - What stops a build is returned as `Err`. A step that treats many things (patches, images) tells all their faults
//!   at once with [`crate::diagnostic::gather`]. The kind is [`Code::Overlay`] for what a
//!   kustomization says and [`Code::Resource`] for what a manifest holds.
//! - The place is that of the kustomization's entry or field (every part of a [`kustomization::Kustomization`] knows
//!   where it stands). Whatever it is, `blame` adds in notes the object that was worked on and where that came from, and
//!   the entry of the kustomization that asked for it.
//! - An entry that matches nothing goes to `Scope::unmatched`, data that kustomize loses or mangles to
//!   `Scope::lossy`, everything else that is worth a word to `Scope::warn`. The scope decides whether that is a
//!   warning or an error.

mod accumulate;
mod affix;
mod annotations;
mod blame;
mod branch;
mod configuration;
mod crd;
mod expression;
mod field;
mod finish;
mod generate;
mod hash;
mod images;
pub mod kustomization;
mod labels;
mod load;
mod manifest;
mod metadata;
mod namespace;
mod order;
mod patch;
mod path;
mod plugin;
mod reference;
mod replacement;
mod replicas;
mod resources;
mod scope;
mod steps;
mod twins;
mod value_add;
mod vars;

pub use branch::{Compat, Layers, branch};

pub use kustomization::{Image, Kustomization, Label, Pairs, Patch, Replica, Selector, Text, patches};
pub use load::Memo;
pub(crate) use resources::Resources;
pub(crate) use scope::{Rules, Scope, Warnings};

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::Node;
use crate::resource::Resource;
use crate::source::{File, Project, RelPath};
use crate::yaml::{self, Dialect};
use accumulate::{Accumulated, Builder, Trail};
use metadata::Trace;
use std::sync::Arc;

/// What a build reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The texts.
    pub project: &'a Project,
    /// What was parsed, shared by all builds of the project.
    pub cache: &'a yaml::Cache,
    /// What was read of kustomizations, shared by all builds of the project.
    pub memo: &'a Memo,
    /// What renders `*.j2`; without it such files are plain text.
    pub templates: Option<&'a dyn Templates>,
}

/// What renders the files that end in `.j2`, for one branch.
pub trait Templates: Sync {
    /// The documents of a template.
    fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Vec<Node>>;
    /// The text of a template.
    fn text(&self, file: &Arc<File>) -> Result<String>;
}

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Those in or below its folder.
    #[default]
    RootOnly,
    /// All of the project.
    None,
}

/// The order of the output where the kustomization does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// By kind, in an order in which they can be applied.
    #[default]
    Legacy,
    /// As read.
    None,
}

/// What the command line of `kubectl kustomize` can say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--load-restrictor`.
    pub load_restrictor: LoadRestrictor,
    /// `--reorder`.
    pub reorder: Reorder,
    /// `--enable-managedby-label`.
    pub managed_by_label: bool,
}

/// The outcome of a build.
#[derive(Debug, Default)]
pub struct Built {
    /// The objects in the order of the output.
    pub resources: Vec<Resource>,
    /// What deserves a word but does not stop a build.
    pub warnings: Vec<Diagnostic>,
}

/// What `kubectl kustomize` makes of a folder of a project that is the whole disk.
pub fn kustomize(input: &Input, folder: &RelPath, options: Options) -> Result<Built> {
    let warnings = Warnings::default();
    let rules = Rules { load: options.load_restrictor, absolute: true, ..Rules::default() };
    let mut builder = Builder::new(input, rules, &warnings);
    let Some((file, kustomization)) = builder.open(folder)? else {
        let message = format!("`{}` has no `kustomization.yaml`", input.project.show(folder));
        return Err(Diagnostic::new(Code::Overlay, message).into());
    };
    builder.trace = Trace::asked_for(&kustomization.build_metadata, folder, input.project, &warnings);
    let mut accumulated = Accumulated::default();
    builder.accumulate(&mut accumulated, &file.path, &kustomization, &Trail::root(input, folder))?;

    let scope = builder.scope(folder, accumulated.configuration.specs());
    let mut resources = finish::finish(accumulated, &scope, builder.trace.as_ref())?;
    order::sort(&mut resources, kustomization.sort_options.as_ref(), options.reorder)?;
    if options.managed_by_label || metadata::wants_managed_by(&kustomization.build_metadata) {
        metadata::managed_by(&mut resources);
    }
    Ok(Built { resources: resources.into_vec(), warnings: warnings.into_inner() })
}
