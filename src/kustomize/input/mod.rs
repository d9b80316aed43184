//! What a build reads: files, manifests, kustomizations, and the objects read so far.

pub(crate) mod accumulated;
pub(crate) mod books;
pub(crate) mod build_metadata;
pub(crate) mod cause;
pub(crate) mod context;
pub(crate) mod load;
pub(crate) mod manifest;
mod memo;
pub(crate) mod resources;

pub(crate) use context::{BuildRules, PatchOptions, StepContext, Warnings};
pub(crate) use memo::Memo;
pub(crate) use resources::Resources;

use crate::diagnostic::Result;
use crate::node::Node;
use crate::source::{File, Project};
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect};
use std::str::FromStr;
use std::sync::Arc;

/// What a build reads.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    /// The texts.
    pub(crate) project: &'a Project,
    /// What was parsed, shared by all builds of the project.
    pub(crate) cache: &'a yaml::DocumentCache,
    /// What was read of kustomizations, shared by all builds of the project.
    pub(crate) memo: &'a Memo,
    /// The work for the branch, counted and limited.
    pub(crate) work: &'a WorkCounter,
    /// What renders `*.j2`; without it such files are plain text.
    pub(crate) templates: Option<&'a dyn TemplateRenderer>,
}

/// What renders the files that end in `.j2`, for one branch.
pub(crate) trait TemplateRenderer: Sync {
    /// The documents of a template.
    fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Vec<Node>>;
    /// The text of a template.
    fn text(&self, file: &Arc<File>) -> Result<String>;
}

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LoadRestrictor {
    /// Files in or below its folder.
    #[default]
    RootOnly,
    /// All files of the project.
    None,
}

impl FromStr for LoadRestrictor {
    type Err = String;

    /// Reads the name that kubectl uses, in any case.
    fn from_str(name: &str) -> Result<Self, String> {
        match name.to_ascii_lowercase().as_str() {
            "loadrestrictionsrootonly" => Ok(LoadRestrictor::RootOnly),
            "loadrestrictionsnone" => Ok(LoadRestrictor::None),
            _ => Err(format!("unknown load restrictor `{name}`")),
        }
    }
}
