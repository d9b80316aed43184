//! What a kustomization does to the objects it holds, in kustomize's order, whatever the order in its file.

use super::{Kustomization, Resources, Scope};
use super::{affix, annotations, images, labels, namespace, patch, replacement, replicas};
use crate::error::Result;

/// One step: changes the objects as some fields of the kustomization say.
pub(super) type Step = fn(&mut Resources, &Kustomization, &Scope) -> Result<()>;

/// The steps by the fields they obey.
pub(super) const STEPS: &[(&str, Step)] = &[
    ("patchesStrategicMerge", patch::strategic_merge),
    ("patches", patch::patches),
    ("namespace", namespace::step),
    ("namePrefix", affix::prefix),
    ("nameSuffix", affix::suffix),
    ("labels", labels::step),
    ("commonAnnotations", annotations::step),
    ("patchesJson6902", patch::json6902),
    ("replicas", replicas::step),
    ("images", images::step),
    ("replacements", replacement::step),
];
