//! kustomize: kustomizations, patches, generators, transformers, references.
//!
//! [`kustomize`] builds a folder as `kubectl kustomize` does, [`branch`] builds what a branch needs with the same steps.
//! The order of the steps is one array (`steps::STEPS`) of plain functions `fn(&mut Resources, &Kustomization,
//! &StepContext) -> Result<()>`. Nothing here writes YAML or uses the spec.
//!
//! # Diagnostics
//!
//! - What stops a build is returned as `Err`. A step with many entries (patches, images) reports all errors
//!   at once with [`crate::diagnostic::gather`]. The code is [`crate::diagnostic::Code::Overlay`] for an error in a
//!   kustomization and [`crate::diagnostic::Code::Resource`] for an error in a manifest.
//! - The location is that of the entry or field in the kustomization (every part of a [`model::Kustomization`] has one).
//!   Notes name the object and where it comes from; `cause` adds the entry of the kustomization.
//! - An entry that matches nothing goes to `StepContext::unmatched`, data that kustomize loses or mangles to
//!   `StepContext::lossy`, every other warning to `StepContext::warn`. The context decides whether it is a
//!   warning or an error.

pub(crate) mod build;
mod field;
mod finish;
pub(crate) mod input;
pub(crate) mod model;
mod parsed;
mod steps;

pub(crate) use build::{BranchReplica, BuiltObjects, ImageReplacements, Layers, Options, branch, kustomize};
pub(crate) use finish::order::Reorder;
pub(crate) use input::{Input, LoadRestrictor, Memo, PatchOptions, TemplateRenderer};
pub(crate) use model::{Kustomization, Replica, Text, patches};
