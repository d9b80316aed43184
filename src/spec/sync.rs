//! Which branches of git are branches here, and which images they get.

use super::Placed;
use super::section::{Section, text};
use crate::tag::TagStyle;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What `pleach branch sync` goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRules {
    /// Patterns of the names that count; all do if there are none.
    pub include: Vec<SmolStr>,
    /// Patterns of names that do not.
    pub exclude: Vec<SmolStr>,
    /// References of images, with variables for the branch and its commit, by the names or aliases of the images.
    pub images: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// How the tag of a branch is made.
    pub tags: TagStyle,
}

impl SyncRules {
    pub(super) fn of(top: &Section) -> Self {
        let Some(section) = top.section("sync") else { return SyncRules::default() };
        let texts = |nodes: Option<&[_]>| nodes.unwrap_or_default().iter().filter_map(text).collect();
        let images = section.map("images").into_iter().flatten();
        SyncRules {
            include: texts(section.list("include")),
            exclude: texts(section.list("exclude")),
            images: images
                .filter_map(|e| Some((e.key.text.clone(), Placed { value: text(&e.value)?, at: e.value.at })))
                .collect(),
            tags: section.text("tags").and_then(|name| TagStyle::named(&name)).unwrap_or_default(),
        }
    }
}
