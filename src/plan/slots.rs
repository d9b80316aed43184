//! The slots of a branch: versions that run side by side.

use super::{mapping, merge, variables};
use crate::node::{Map, Node};
use crate::source::Location;
use crate::spec::{self, BranchImage, Placed, Spec};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The slots of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BranchSlots {
    /// The active slot.
    pub(crate) active: Placed<SmolStr>,
    /// All slots by name.
    pub(crate) versions: BTreeMap<SmolStr, SlotVersion>,
    /// The full references of the images that slots set. The images of the branch do not replace them.
    pub(crate) own: BTreeSet<String>,
    /// The source locations of the weights that the spec sets.
    pub(crate) weights: Vec<Location>,
    /// Their source location.
    pub(crate) at: Location,
}

/// The version in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotVersion {
    /// Its share of the traffic in percent.
    pub(crate) weight: Placed<u32>,
    /// Its images, by image name in the manifests.
    pub(crate) images: BTreeMap<SmolStr, BranchImage>,
    /// The source location of its name.
    pub(crate) at: Location,
}

impl BranchSlots {
    /// The slots of an entry in the spec. Their images override those of the branch.
    pub(super) fn of(written: &spec::SlotsEntry, images: &BTreeMap<SmolStr, BranchImage>) -> Self {
        let all = images.iter().map(|(name, image)| (name.clone(), Some(image.clone()))).collect();
        let mut own = BTreeSet::new();
        let version = |(name, images): (&SmolStr, &BTreeMap<SmolStr, Option<BranchImage>>)| {
            let (weight, at) =
                (Placed { value: written.weight(name), at: written.weight_at(name) }, written.name_at(name));
            let merged = merge::images(&all, images);
            let set = merged.iter().filter(|(name, _)| images.contains_key(*name));
            own.extend(set.map(|(name, image)| image.value.of(name)));
            (name.clone(), SlotVersion { weight, images: merged, at })
        };
        let versions = written.versions.iter().map(version).collect();
        let weights = written.weights.values().map(|weight| weight.at).collect();
        BranchSlots { active: written.active.clone(), versions, own, weights, at: written.at }
    }

    /// The variable `slots` of templates: `active`, `names`, `weights`, and in `versions` the images of each slot.
    pub(super) fn variable(&self, spec: &Spec) -> Node {
        let names = || self.versions.iter().map(|(name, version)| Node::str(name.clone()).placed(version.at));
        let weights: Map = self
            .versions
            .iter()
            .map(|(name, version)| {
                let weight = &version.weight;
                (name.clone(), Node::int(weight.value.into()).placed(weight.at))
            })
            .collect();
        let version = |(name, version): (&SmolStr, &SlotVersion)| {
            let images = variables::images(spec, &version.images);
            (name.clone(), mapping([("images", images.into())]).placed(version.at))
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
