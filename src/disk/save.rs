//! Writing a file that the user named, never through a link that a commit can contain.

use super::changes::{DiskChanges, beside};
use super::{error_at, first_link};
use crate::diagnostic::{Code, Diagnostic};
use std::fs;
use std::path::Path;

/// Writes the file at `path` as seen from `here`. Neither the file nor a folder in or below `root` is a link. Both folders are
/// resolved. A file is replaced as a whole; a pipe or a device is written to.
pub(crate) fn save((here, root): (&Path, &Path), path: &Path, content: &str) -> Result<(), Diagnostic> {
    let full = here.join(path);
    // The system has links such as `/dev/stdout`.
    let is_of_system = full.starts_with("/dev") || full.starts_with("/proc");
    let is_checked = |way: &Path| !is_of_system && (way.starts_with(root) || way == full);
    if let Some(link) = first_link(here, path, is_checked) {
        let message = format!("`{}` is reached through the link `{}`", path.display(), link.display());
        return Err(Diagnostic::new(Code::Usage, message).help("remove the link, or name its target"));
    }
    let written = match fs::symlink_metadata(&full) {
        Ok(there) if !there.is_file() => fs::write(&full, content),
        there => {
            // An interrupted run may have left it.
            let _ = fs::remove_file(beside(&full));
            let replaced = DiskChanges::default().replace(&full, content);
            replaced.and_then(|()| there.map_or(Ok(()), |old| fs::set_permissions(&full, old.permissions())))
        }
    };
    written.map_err(|error| error_at(path, "cannot be written", &error))
}
