//! Teardown plans as image references, one per line.

use super::ListedPlan;
use crate::teardown::image::deletable;
use std::collections::BTreeSet;

/// The references of all plans without duplicates. One with a digest has no tag, because the tag may identify another image
/// now.
pub(crate) fn render(plans: &[ListedPlan]) -> String {
    let images = plans.iter().flat_map(|listed| &listed.plan.footprint.images);
    let images: BTreeSet<String> = images.map(|image| deletable(image)).collect();
    images.into_iter().flat_map(|image| [image, "\n".to_owned()]).collect()
}
