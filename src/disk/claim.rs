//! Files that no lock lists. A folder in which several branches have a file each has no lock, which they would all change;
//! so a file there says itself whether it is pleach's.

use crate::dns::change;
use crate::source::RelPath;
use crate::tree::{DNS, GITOPS, TEARDOWN};
use crate::{gitops, teardown};

/// Whether a folder of the output is one without a lock.
pub fn is_shared(folder: &RelPath) -> bool {
    let mut parts = folder.parts();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(DNS), Some(_), None) | (Some(GITOPS | TEARDOWN), None, None) => true,
        (Some(GITOPS), Some(name), None) => gitops::FOLDERS.contains(&name),
        _ => false,
    }
}

/// Whether a file in such a folder says that it is pleach's.
pub fn says_so(path: &RelPath, text: &str) -> bool {
    let folder = path.parent();
    let is_yaml = path.name().strip_suffix(".yaml").is_some();
    match folder.parts().next() {
        _ if !is_shared(&folder) => false,
        Some(DNS) => is_yaml && change::is_ours(text),
        Some(TEARDOWN) => is_yaml && teardown::is_ours(text),
        _ => (is_yaml || path.name().strip_suffix(".sh").is_some()) && gitops::is_ours(text),
    }
}

/// What a file there has to say.
pub(super) fn words(folder: &RelPath) -> Option<String> {
    match folder.parts().next() {
        Some(DNS) => Some("is of the kind `ZoneChange`".to_owned()),
        Some(TEARDOWN) => Some("is of the kind `TeardownPlan`".to_owned()),
        Some(GITOPS) => Some(format!("says `{}: {}`", gitops::MANAGED_BY.0, gitops::MANAGED_BY.1)),
        _ => None,
    }
}
