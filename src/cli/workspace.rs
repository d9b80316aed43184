//! The workspace that a command works in.

use crate::disk::{self, Output};
use crate::error::{Error, Kind, Result};
use crate::pipeline::{Built, Part};
use crate::source::{Project, RelPath};
use crate::tree::{DNS, NAMESPACES, RETIRED, slug_of};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for another run in the same workspace.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A workspace on the disk.
pub(super) struct Workspace {
    /// Its texts.
    pub(super) project: Project,
    /// Its folder.
    pub(super) root: PathBuf,
}

impl Workspace {
    /// The workspace that `here` is in.
    pub(super) fn around(here: &Path) -> Result<Self> {
        let root = disk::workspace(here).ok_or_else(|| {
            Error::new(Kind::Usage, format!("there is no `{}` here or in a folder above", disk::SPEC))
                .help("`pleach init` starts a workspace, `-C DIR` works in another folder")
        })?;
        Ok(Workspace { project: disk::project(root, here), root: root.to_owned() })
    }

    /// Its output folder.
    pub(super) fn output(&self, folder: &RelPath) -> Output {
        Output::new(self.root.join(folder.as_str()), self.project.show(folder))
    }
}

/// Whether a build of `part` may judge and change a folder of the output, or a file of a folder that branches share:
/// those of its branches that did not fail, and those of branches that are no more. Everything else is for whole builds.
pub(super) fn scope<'a>(built: &'a Built, part: &'a Part) -> impl Fn(&RelPath) -> bool + Sync + 'a {
    let wanted = part.slugs(&built.plan);
    let failed: BTreeSet<&str> = built.failed.iter().map(|(slug, _)| slug.as_str()).collect();
    move |path| {
        let slug = match (path.parts().next(), path.parts().count()) {
            (Some(NAMESPACES), 2..) => slug_of(path),
            // These folders are everybody's; what counts are their files.
            (Some(DNS), 2) | (Some(RETIRED), 1) => return true,
            (Some(DNS), 3) | (Some(RETIRED), 2) => slug_of_leftover(path),
            _ => return matches!(part, Part::All),
        };
        wanted(slug) && !failed.contains(slug)
    }
}

/// The slug of a zone change file or a plan, or of one that a run was writing when it ended.
fn slug_of_leftover(path: &RelPath) -> &str {
    let name = path.name();
    let name = name.strip_prefix('.').and_then(|name| name.strip_suffix(".pleach")).unwrap_or(name);
    name.trim_end_matches(".yaml")
}
