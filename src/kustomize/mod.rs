//! kustomize: kustomizations, patches, generators, transformers, references.
//!
//! [`kustomize`] builds a folder as `kubectl kustomize` does, [`branch`] builds what a branch needs with the same steps.
//! The order of the steps is one array (`steps::STEPS`) of plain functions `fn(&mut Resources, &Kustomization,
//! &StepContext) -> Result<()>`. Nothing here writes YAML or knows of the spec.
//!
//! # How the parts complain
//!
//! - What stops a build is returned as `Err`. A step that treats many things (patches, images) tells all their faults
//!   at once with [`crate::diagnostic::gather`]. The kind is [`Code::Overlay`] for what a
//!   kustomization says and [`Code::Resource`] for what a manifest holds.
//! - The place is that of the kustomization's entry or field (every part of a [`model::Kustomization`] knows
//!   where it stands). Whatever it is, `blame` adds in notes the object that was worked on and where that came from, and
//!   the entry of the kustomization that asked for it.
//! - An entry that matches nothing goes to `StepContext::unmatched`, data that kustomize loses or mangles to
//!   `StepContext::lossy`, everything else that is worth a word to `StepContext::warn`. The context decides whether that is a
//!   warning or an error.

pub mod build;
mod field;
mod finish;
pub mod input;
pub mod model;
mod steps;

pub use build::{BuiltObjects, Layers, Options, branch, kustomize};
pub use finish::order::Reorder;
pub use input::{Input, LoadRestrictor, Memo, TemplateRenderer};
pub use model::{ImageName, ImageOverride, Kustomization, Label, Patch, Replica, Selector, Text, TextMap, patches};
