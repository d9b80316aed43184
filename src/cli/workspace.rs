//! The workspace that a command works in.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::disk::claim::is_shared;
use crate::disk::{self, Output};
use crate::pipeline::{Built, Part};
use crate::source::{Project, RelPath};
use crate::tree::{NAMESPACES, slug_of};
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
            Diagnostic::new(Code::Usage, format!("there is no `{}` here or in a folder above", disk::SPEC))
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
    let belongs = move |slug: &str| wanted(slug) && !failed.contains(slug);
    move |path| match (path.parts().next(), path.parts().count()) {
        (Some(NAMESPACES), 2..) => belongs(slug_of(path)),
        // Such a folder is everybody's; what counts are its files.
        _ if is_shared(path) => true,
        _ if is_shared(&path.parent()) => belongs(slug_of(&finished(path))),
        _ => matches!(part, Part::All),
    }
}

/// The path of a file, also of one that a run was writing when it ended.
fn finished(path: &RelPath) -> RelPath {
    let name = path.name().strip_prefix('.').and_then(|name| name.strip_suffix(".pleach"));
    name.and_then(|name| path.parent().join(name)).unwrap_or_else(|| path.clone())
}
