//! The settings of one branch in the spec as a kustomization that is applied last.

use crate::diagnostic::Result;
use crate::image::ImageReference;
use crate::kustomize::{self, ImageName, ImageOverride, Kustomization, Replica, Text};
use crate::plan::Branch;
use crate::spec::Placed;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The kustomization of a branch that Kubernetes serves in `namespace`.
pub(super) fn of(branch: &Branch, namespace: &str) -> Result<Kustomization> {
    let replica = |(name, count): (&SmolStr, &Placed<u32>)| Replica {
        name: Text { text: name.clone(), at: count.at },
        count: count.value.into(),
        at: count.at,
    };
    // What templates write for a version has its tag already, which may have the name of an image of the branch.
    let versions = branch.slots.as_ref().map(|slots| Arc::new(slots.own.clone())).unwrap_or_default();
    Ok(Kustomization {
        at: branch.at,
        namespace: Some(Text { text: namespace.into(), at: branch.at }),
        images: branch.images.iter().map(|(name, image)| self::image(name, image, &versions)).collect(),
        replicas: branch.replicas.iter().map(replica).collect(),
        patches: kustomize::patches(&branch.patches)?,
        ..Kustomization::default()
    })
}

fn image(name: &SmolStr, image: &Placed<ImageReference>, versions: &Arc<BTreeSet<String>>) -> ImageOverride {
    let text = |part: &Option<SmolStr>| part.clone().map(|text| Text { text, at: image.at });
    ImageOverride {
        name: ImageName::Plain(name.clone()),
        new_name: text(&image.value.name),
        new_tag: text(&image.value.tag),
        tag_suffix: None,
        digest: text(&image.value.digest),
        kept: Arc::clone(versions),
        at: image.at,
    }
}
