//! The images that a branch has: those that the spec can name.

use crate::plan::Branch;
use crate::source::Location;
use crate::spec::BranchImage;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The names of images that have an effect in a branch.
#[derive(Debug, Default)]
pub(crate) struct ImageUse {
    /// The names of the images of its objects, before the spec replaces them.
    in_objects: BTreeSet<SmolStr>,
    /// The names of the images of the spec that its templates read.
    pub(super) in_templates: BTreeSet<SmolStr>,
}

impl ImageUse {
    /// The images of a branch whose objects have images with these names and whose templates read values at these locations.
    pub(super) fn of(branch: &Branch, in_objects: BTreeSet<SmolStr>, reads: &BTreeSet<Location>) -> Self {
        let is_read = |(_, image): &(&SmolStr, &BranchImage)| reads.contains(&image.at);
        let images = branch.images.iter().chain(versions(branch));
        ImageUse { in_objects, in_templates: images.filter(is_read).map(|(name, _)| name.clone()).collect() }
    }

    /// Whether an image of objects or templates has the name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.in_objects.contains(name) || self.in_templates.contains(name)
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.in_objects.union(&self.in_templates).map(SmolStr::as_str)
    }
}

/// The images of the versions in the slots of a branch.
fn versions(branch: &Branch) -> impl Iterator<Item = (&SmolStr, &BranchImage)> {
    branch.slots.iter().flat_map(|slots| slots.versions.values()).flat_map(|version| &version.images)
}
