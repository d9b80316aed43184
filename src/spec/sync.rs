//! `sync:`, which Git branches get an environment, and with which images.

use super::Placed;
use super::section::{Section, text};
use crate::node::Node;
use crate::tag::TagStyle;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The rules of `pleach branch sync`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SyncRules {
    /// Globs of the branches to include; empty means all.
    pub(crate) include: Vec<Placed<SmolStr>>,
    /// Globs of the branches to exclude.
    pub(crate) exclude: Vec<Placed<SmolStr>>,
    /// The labels that a pull request must have.
    pub(crate) labels: Vec<SmolStr>,
    /// Whether drafts of pull requests are left out.
    pub(crate) skip_drafts: bool,
    /// Whether pull requests from other repositories are included.
    pub(crate) forks: bool,
    /// Image references with variables for the branch and its commit, by the names or aliases of the images.
    pub(crate) images: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// How a tag is derived from a branch name.
    pub(crate) tags: TagStyle,
}

impl SyncRules {
    pub(super) fn of(top: &Section) -> Self {
        let Some(section) = top.section("sync") else { return SyncRules::default() };
        let images = section.map("images").into_iter().flatten();
        let is = |key| section.node(key).and_then(Node::as_bool);
        SyncRules {
            labels: section.list("labels").unwrap_or_default().iter().filter_map(text).collect(),
            skip_drafts: is("drafts") == Some(false),
            forks: is("forks") == Some(true),
            include: section.placed_list("include"),
            exclude: section.placed_list("exclude"),
            images: images
                .filter_map(|e| Some((e.key.text.clone(), Placed { value: text(&e.value)?, at: e.value.at })))
                .collect(),
            tags: section.text("tags").and_then(|name| TagStyle::named(&name)).unwrap_or_default(),
        }
    }
}

/// The name in an image of `sync.images`: empty if only the tag is set, `None` if the name depends on the branch.
pub(crate) fn image_name(pattern: &str, project: &str) -> Option<SmolStr> {
    let text = pattern.replace("{{ project }}", project);
    let (name, _) = text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((&text, ""));
    (!name.contains("{{")).then(|| name.into())
}
