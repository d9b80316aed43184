//! The settings of one branch in the spec as a kustomization that is applied last.

use crate::diagnostic::Result;
use crate::kustomize::{self, ImageReplacements, Kustomization, Replica, Text};
use crate::plan::Branch;
use crate::spec::{BranchImage, ImageField, Placed};
use smol_str::SmolStr;

/// The kustomization of a branch that Kubernetes serves in `namespace`.
pub(super) fn of(branch: &Branch, namespace: &str) -> Result<Kustomization> {
    let replica = |(name, count): (&SmolStr, &Placed<u32>)| Replica {
        name: Text { text: name.clone(), at: count.at },
        count: count.value.into(),
        at: count.at,
    };
    Ok(Kustomization {
        at: branch.at,
        namespace: Some(Text { text: namespace.into(), at: branch.at }),
        replicas: branch.replicas.iter().map(replica).collect(),
        patches: kustomize::patches(&branch.patches)?,
        ..Kustomization::default()
    })
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
