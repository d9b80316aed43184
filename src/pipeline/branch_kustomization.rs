//! The settings of one branch in the spec as a kustomization that is applied last.

use crate::diagnostic::Result;
use crate::kustomize::{self, BranchReplica, ImageReplacements, Kustomization, Replica, Text};
use crate::plan::Branch;
use crate::source::Location;
use crate::spec::{BranchImage, BranchSettings, ImageField, Placed};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The kustomization of a branch that Kubernetes serves in `namespace`.
pub(super) fn of(branch: &Branch, namespace: &str) -> Result<Kustomization> {
    Ok(Kustomization {
        at: branch.at,
        namespace: Some(Text { text: namespace.into(), at: branch.at }),
        patches: kustomize::patches(&branch.patches)?,
        ..Kustomization::default()
    })
}

/// The replicas of a branch. It need not have the workloads of `defaults`.
pub(super) fn replicas(branch: &Branch, defaults: &BranchSettings) -> Vec<BranchReplica> {
    let inherited: BTreeSet<Location> = defaults.replicas.values().flatten().map(|count| count.at).collect();
    let replica = |(name, count): (&SmolStr, &Placed<u32>)| BranchReplica {
        replica: Replica { name: Text { text: name.clone(), at: count.at }, count: count.value.into(), at: count.at },
        is_required: !inherited.contains(&count.at),
    };
    branch.replicas.iter().map(replica).collect()
}

/// The images of a branch, and the fields of custom resources that contain images.
pub(super) fn images(branch: &Branch, fields: &[ImageField]) -> ImageReplacements {
    let replacement = |(name, image): (&SmolStr, &BranchImage)| (name.clone(), (image.value.clone(), image.at));
    ImageReplacements {
        by_name: branch.images.iter().map(replacement).collect(),
        // What templates write for a version has its tag already, which may have the name of an image of the branch.
        kept: branch.slots.as_ref().map(|slots| slots.own.clone()).unwrap_or_default(),
        fields: fields.iter().map(ImageField::spec).collect(),
    }
}
