//! `cleanup:`, what teardown plans may list besides the names that derive from the rest of the spec.

use super::section::{Section, text};
use super::{Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::image::ImageReference;
use crate::node::Node;
use smol_str::SmolStr;

/// The patterns of `cleanup:`. `*` matches any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CleanupRules {
    /// Repositories of the project, in addition to those that branches set.
    pub(crate) repositories: Vec<SmolStr>,
    /// Images that no plan lists.
    pub(crate) keep: Vec<SmolStr>,
    /// Namespaces of the project that the spec does not derive any more.
    pub(crate) namespaces: Vec<SmolStr>,
    /// Databases of the project whose names do not derive from the spec.
    pub(crate) databases: Vec<SmolStr>,
    /// Objects outside of namespaces whose names do not have the name of the project.
    pub(crate) objects: Vec<SmolStr>,
}

impl CleanupRules {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let Some(section) = top.section("cleanup") else { return CleanupRules::default() };
        let images = section.node("images").map(|node| Section::new("cleanupImages", node));
        let of_images = |key| images.as_ref().and_then(|images| images.list(key));
        CleanupRules {
            repositories: patterns(of_images("repositories"), faults, repository),
            keep: patterns(of_images("keep"), faults, |_| Ok(())),
            namespaces: patterns(section.list("namespaces"), faults, fixed_start),
            databases: patterns(section.list("databases"), faults, fixed_start),
            objects: patterns(section.list("objects"), faults, fixed_start),
        }
    }
}

fn patterns(
    list: Option<&[Node]>,
    faults: &mut Vec<Diagnostic>,
    check: fn(&str) -> Result<(), Diagnostic>,
) -> Vec<SmolStr> {
    let placed = list.unwrap_or_default().iter().filter_map(|node| Some(Placed { value: text(node)?, at: node.at }));
    let placed = placed.filter(|pattern| !pattern.value.is_empty());
    placed
        .map(|pattern| {
            faults.extend(check(&pattern.value).err().map(|error| error.at(pattern.at)));
            pattern.value
        })
        .collect()
}

/// A pattern without a fixed start would match what other projects have.
fn fixed_start(pattern: &str) -> Result<(), Diagnostic> {
    if pattern.starts_with(['*', '?']) {
        return Err(spec_error(format!("the pattern `{pattern}` also matches names of other projects"))
            .help("begin it with a fixed text, such as the name of the project"));
    }
    Ok(())
}

/// A repository without tag and digest, whose registry is fixed.
fn repository(pattern: &str) -> Result<(), Diagnostic> {
    fixed_start(pattern)?;
    match ImageReference::parse(&pattern.replace(['*', '?'], "x")) {
        Ok(ImageReference { name: Some(_), tag: None, digest: None }) => {}
        Ok(_) => {
            return Err(spec_error(format!("the repository `{pattern}` has a tag or a digest"))
                .help("write the repository only; `keep` has patterns of tags"));
        }
        Err(error) => return Err(error),
    }
    let registry = pattern.split('/').next().unwrap_or_default();
    if registry.contains(['*', '?']) && registry.contains(['.', ':']) {
        return Err(spec_error(format!("the pattern `{pattern}` matches several registries"))
            .help("write the registry without `*` and `?`"));
    }
    Ok(())
}
