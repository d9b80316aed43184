//! The versions that a branch runs side by side, with everything derived.

use super::{mapping, merge, variables};
use crate::node::{Map, Node};
use crate::source::Location;
use crate::spec::{self, BranchImage, Placed, Spec};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The versions of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    /// The one that has the traffic.
    pub active: Placed<SmolStr>,
    /// All of them.
    pub versions: BTreeMap<SmolStr, Version>,
    /// The full references of the images that versions have for themselves: what the branch says of these images is not
    /// for them.
    pub own: BTreeSet<String>,
    /// Where they are written.
    at: Location,
}

/// A version of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// How much of the traffic it has, in percent.
    pub weight: u32,
    /// Its images, by their names in the manifests.
    pub images: BTreeMap<SmolStr, BranchImage>,
}

impl Slots {
    /// The versions as written, over the images of the branch.
    pub(super) fn of(written: &spec::SlotsEntry, images: &BTreeMap<SmolStr, BranchImage>) -> Self {
        let all = images.iter().map(|(name, image)| (name.clone(), Some(image.clone()))).collect();
        let mut own = BTreeSet::new();
        let version = |(name, images): (&SmolStr, &BTreeMap<SmolStr, Option<BranchImage>>)| {
            let merged = merge::images(&all, images);
            let said = merged.iter().filter(|(name, _)| images.contains_key(*name));
            own.extend(said.map(|(name, image)| image.value.of(name)));
            (name.clone(), Version { weight: written.weight(name), images: merged })
        };
        let versions = written.versions.iter().map(version).collect();
        Slots { active: written.active.clone(), versions, own, at: written.at }
    }

    /// What templates see: `active`, `names`, `weights`, and in `versions` the images of each.
    pub(super) fn variable(&self, spec: &Spec) -> Node {
        let names = || self.versions.keys().map(|name| Node::str(name.clone()));
        let weights: Map = self
            .versions
            .iter()
            .map(|(name, version)| (name.clone(), Node::int(version.weight.into()).placed(self.at)))
            .collect();
        let version = |(name, version): (&SmolStr, &Version)| {
            (name.clone(), mapping([("images", variables::images(spec, &version.images).into())]))
        };
        let node = mapping([
            ("active", Node::str(self.active.value.clone()).placed(self.active.at)),
            ("names", Node::seq(names())),
            ("versions", self.versions.iter().map(version).collect::<Map>().into()),
            ("weights", weights.into()),
        ]);
        node.placed(self.at)
    }
}
