//! Teardown plans as image references, one per line.

use super::ListedPlan;
use crate::teardown::image::bare;
use std::collections::BTreeSet;

/// The references of all plans, each once. A reference with a digest has no tag: the tag may name another image by now.
pub fn render(plans: &[ListedPlan]) -> String {
    let images = plans.iter().flat_map(|listed| &listed.plan.footprint.images);
    let images: BTreeSet<String> = images.map(|image| bare(image)).collect();
    images.into_iter().flat_map(|image| [image, "\n".to_owned()]).collect()
}
