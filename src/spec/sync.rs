//! `sync:`, which Git branches get an environment, and with which images.

use super::section::Section;
use super::sync_image::SyncImage;
use super::{Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::glob;
use crate::node::Node;
use crate::source::Location;
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
    pub(crate) labels: Vec<Placed<SmolStr>>,
    /// Whether drafts of pull requests are left out.
    pub(crate) skip_drafts: bool,
    /// Whether pull requests from other repositories are included.
    pub(crate) forks: bool,
    /// Image references with variables for the branch and its commit, by the names or aliases of the images.
    pub(crate) images: BTreeMap<SmolStr, SyncImage>,
    /// How a tag is derived from a branch name.
    pub(crate) tags: TagStyle,
}

impl SyncRules {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let Some(section) = top.section("sync") else { return SyncRules::default() };
        let images = section.map("images").into_iter().flatten();
        let mut image = |node: &Node| match SyncImage::read(node)? {
            Ok(image) => Some(image),
            Err(error) => {
                faults.push(error);
                None
            }
        };
        let is = |key| section.node(key).and_then(Node::as_bool);
        let rules = SyncRules {
            labels: section.placed_list("labels"),
            skip_drafts: is("drafts") == Some(false),
            forks: is("forks") == Some(true),
            include: section.placed_list("include"),
            exclude: section.placed_list("exclude"),
            images: images.filter_map(|entry| Some((entry.key.text.clone(), image(&entry.value)?))).collect(),
            tags: section.text("tags").and_then(|name| TagStyle::named(&name)).unwrap_or_default(),
        };
        let is_complete = section.map("images").is_none_or(|images| images.iter().count() == rules.images.len());
        if let Some(at) = section.key_place("tags").filter(|_| is_complete) {
            faults.extend(rules.unused_tags(at));
        }
        faults.extend(rules.without_names());
        rules
    }

    /// The error about `tags` if no image depends on it.
    fn unused_tags(&self, at: Location) -> Option<Diagnostic> {
        if self.images.values().any(SyncImage::has_tag_style) {
            return None;
        }
        let message =
            "`sync.tags` has no effect: no image in `sync.images` has `{{ branch.tag }}` or `{{ commit.short }}`";
        Some(spec_error(message.to_owned()).at(at).help(
            "set the images of all branches, such as `images: {backend: \":{{ branch.tag }}\"}`, or remove `tags`",
        ))
    }

    /// An error for each pattern of `include` of which `exclude` excludes all names.
    pub(crate) fn without_names(&self) -> Vec<Diagnostic> {
        let excluding = |include: &str| self.exclude.iter().find(|exclude| covers(&exclude.value, include));
        let all = excluding("*").filter(|_| self.include.is_empty());
        let all = all.map(|exclude| {
            let error = spec_error(format!("the pattern `{}` excludes all names", exclude.value)).at(exclude.at);
            error.help("remove it, or exclude only some names")
        });
        let error = |include: &Placed<SmolStr>| {
            let exclude = excluding(&include.value)?;
            let message =
                format!("the pattern `{}` excludes all names that `{}` includes", exclude.value, include.value);
            let error = spec_error(message).at(exclude.at).help("remove one of the two");
            Some(if include.at.is_some() { error.note(include.at, "included here") } else { error })
        };
        all.into_iter().chain(self.include.iter().filter_map(error)).collect()
    }
}

/// Whether a pattern matches all names that another one matches. A `*` of the other one can only be part of what a `*` matches.
fn covers(pattern: &str, other: &str) -> bool {
    pattern == other || !pattern.contains('?') && glob::matches(pattern, other)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn patterns_that_match_all_names_of_others() {
        for (pattern, other, want) in [
            ("*", "*", true),
            ("*", "feature/*", true),
            ("feature/*", "feature/*", true),
            ("feature/*", "feature/x?", true),
            ("feature/?", "feature/?", true),
            ("feature/?", "feature/*", false),
            ("feature/x*", "feature/*", false),
            ("main", "main", true),
            ("main", "m*", false),
        ] {
            assert_eq!(covers(pattern, other), want, "{pattern} and {other}");
        }
    }
}
