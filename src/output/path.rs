//! Output paths: where a file of the output is, and what kind of file it therefore is.
//!
//! Only this file depends on the layout below `out/`. A path is parsed once, when it enters a
//! [`Tree`](super::Tree).

use crate::source::RelPath;
use smol_str::SmolStr;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// The name of the lock file in a namespace folder.
pub(crate) const LOCK_FILE: &str = "pleach.lock";

/// What the files of objects that branches share have in place of a slug. It is not a DNS label, so no branch has it.
pub(crate) const SHARED_SLUG: &str = "_shared";

/// The tools that have a folder below `gitops/` with one file per branch.
pub(crate) const GITOPS_TOOLS: [&str; 2] = ["argocd", "flux"];

/// A top-level folder of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputFolder {
    /// One folder per branch, with its objects and its lock file.
    Namespaces,
    /// One folder per zone, with one zone change file per branch.
    Dns,
    /// One teardown plan per slug.
    Teardown,
    /// What Argo CD, Flux and `kubectl` need to apply the output.
    Gitops,
    /// The objects outside of namespaces that branches share.
    Shared,
}

impl OutputFolder {
    /// All folders.
    pub(crate) const ALL: [OutputFolder; 5] = [
        OutputFolder::Namespaces,
        OutputFolder::Dns,
        OutputFolder::Teardown,
        OutputFolder::Gitops,
        OutputFolder::Shared,
    ];

    /// The name of the folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            OutputFolder::Namespaces => "namespaces",
            OutputFolder::Dns => "dns",
            OutputFolder::Teardown => "teardown",
            OutputFolder::Gitops => "gitops",
            OutputFolder::Shared => "shared",
        }
    }

    /// The path of the folder below the output folder.
    pub(crate) fn path(self) -> RelPath {
        RelPath::root().join(self.name()).expect("a folder name is a relative path")
    }

    /// The folder of a branch in it, a zone in it, or a file.
    pub(crate) fn join(self, below: &str) -> RelPath {
        self.path().join(below).expect("slugs, zones and file names do not leave their folder")
    }

    /// The folder that a path is in.
    pub(crate) fn of(path: &RelPath) -> Option<Self> {
        let first = path.parts().next()?;
        OutputFolder::ALL.into_iter().find(|folder| folder.name() == first)
    }
}

/// What a file of the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputKind {
    /// A Kubernetes object of a branch: `namespaces/<slug>/<name>.yaml`.
    Object,
    /// The lock file of a branch: `namespaces/<slug>/pleach.lock`.
    Lock,
    /// `dns/<zone>/<slug>.yaml`
    ZoneChange,
    /// `teardown/<slug>.yaml`
    TeardownPlan,
    /// A file of one branch for Argo CD or Flux: `gitops/<tool>/<slug>.yaml`.
    BranchGitops,
    /// A file of the whole project: `gitops/<name>`.
    ProjectGitops,
    /// An object that branches share: `shared/<name>.yaml`.
    SharedObject,
    /// No build writes a file there.
    Unmanaged,
}

/// The path of a file below the output folder, and what the file is. Ordered by path.
#[derive(Clone, Debug)]
pub(crate) struct OutputPath {
    path: RelPath,
    kind: OutputKind,
}

impl OutputPath {
    /// A file in the namespace folder of a branch.
    pub(crate) fn object(slug: &str, file: &str) -> Self {
        OutputFolder::Namespaces.join(&format!("{slug}/{file}")).into()
    }

    /// The lock file of a branch.
    pub(crate) fn lock(slug: &str) -> Self {
        OutputPath::object(slug, LOCK_FILE)
    }

    /// The zone change file of a branch in a zone.
    pub(crate) fn zone_change(zone: &str, slug: &str) -> Self {
        OutputFolder::Dns.join(&format!("{zone}/{slug}.yaml")).into()
    }

    /// The teardown plan of a slug.
    pub(crate) fn teardown_plan(slug: &str) -> Self {
        OutputFolder::Teardown.join(&format!("{slug}.yaml")).into()
    }

    /// The file of a branch for one of [`GITOPS_TOOLS`].
    pub(crate) fn branch_gitops(tool: &str, slug: &str) -> Self {
        OutputFolder::Gitops.join(&format!("{tool}/{slug}.yaml")).into()
    }

    /// A GitOps file of the whole project.
    pub(crate) fn project_gitops(name: &str) -> Self {
        OutputFolder::Gitops.join(name).into()
    }

    /// An object that branches share.
    pub(crate) fn shared_object(name: &str) -> Self {
        OutputFolder::Shared.join(name).into()
    }

    /// What the file is.
    pub(crate) fn kind(&self) -> OutputKind {
        self.kind
    }

    /// The slug of the branch that the file belongs to. A file of the whole project has its path in place of a slug; no
    /// slug contains a slash. An object that branches share has [`SHARED_SLUG`].
    pub(crate) fn slug(&self) -> &str {
        match self.kind {
            OutputKind::ProjectGitops => self.path.as_str(),
            OutputKind::SharedObject => SHARED_SLUG,
            OutputKind::Object | OutputKind::Lock => self.path.parts().nth(1).unwrap_or_default(),
            OutputKind::Unmanaged if OutputFolder::of(&self.path) == Some(OutputFolder::Namespaces) => {
                self.path.parts().nth(1).unwrap_or_default()
            }
            OutputKind::Unmanaged => slug_of(self.path.name()).unwrap_or(self.path.name()),
            _ => slug_of(self.path.name()).unwrap_or_default(),
        }
    }

    /// The slug as an owned value.
    pub(crate) fn owned_slug(&self) -> SmolStr {
        self.slug().into()
    }

    /// Whether the lock file of its folder decides who owns the file.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(self.kind, OutputKind::Object | OutputKind::Lock)
    }
}

impl From<RelPath> for OutputPath {
    fn from(path: RelPath) -> Self {
        let kind = kind(&path);
        OutputPath { path, kind }
    }
}

/// The slug in the name of a file. No name of a folder is one: a slug also names folders.
fn slug_of(name: &str) -> Option<&str> {
    name.strip_suffix(".yaml").filter(|slug| !matches!(*slug, "" | "." | ".."))
}

fn kind(path: &RelPath) -> OutputKind {
    let is_yaml = slug_of(path.name()).is_some();
    match (OutputFolder::of(path), path.parts().count()) {
        (Some(OutputFolder::Namespaces), 3) if path.name() == LOCK_FILE => OutputKind::Lock,
        (Some(OutputFolder::Namespaces), 3) => OutputKind::Object,
        (Some(OutputFolder::Dns), 3) if is_yaml => OutputKind::ZoneChange,
        (Some(OutputFolder::Teardown), 2) if is_yaml => OutputKind::TeardownPlan,
        (Some(OutputFolder::Gitops), 3) if is_yaml && path.parts().nth(1).is_some_and(is_tool) => {
            OutputKind::BranchGitops
        }
        (Some(OutputFolder::Gitops), 2) => OutputKind::ProjectGitops,
        (Some(OutputFolder::Shared), 2) if is_yaml => OutputKind::SharedObject,
        _ => OutputKind::Unmanaged,
    }
}

/// Whether a folder below `gitops/` has one file per branch.
pub(super) fn is_tool(name: &str) -> bool {
    GITOPS_TOOLS.contains(&name)
}

impl Deref for OutputPath {
    type Target = RelPath;
    fn deref(&self) -> &RelPath {
        &self.path
    }
}

impl Borrow<RelPath> for OutputPath {
    fn borrow(&self) -> &RelPath {
        &self.path
    }
}

impl PartialEq for OutputPath {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for OutputPath {}

impl PartialOrd for OutputPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OutputPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.path.cmp(&other.path)
    }
}

impl fmt::Display for OutputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_kind_of_its_file() {
        for (path, kind, slug) in [
            ("namespaces/login/10-service-web.yaml", OutputKind::Object, "login"),
            ("namespaces/login/README", OutputKind::Object, "login"),
            ("namespaces/login/pleach.lock", OutputKind::Lock, "login"),
            ("namespaces/login", OutputKind::Unmanaged, "login"),
            ("namespaces/login/more/a.yaml", OutputKind::Unmanaged, "login"),
            ("dns/dev.example.com/login.yaml", OutputKind::ZoneChange, "login"),
            ("dns/login.yaml", OutputKind::Unmanaged, "login"),
            ("teardown/login.yaml", OutputKind::TeardownPlan, "login"),
            ("teardown/README", OutputKind::Unmanaged, "README"),
            ("teardown/...yaml", OutputKind::Unmanaged, "...yaml"),
            ("teardown/.yaml", OutputKind::Unmanaged, ".yaml"),
            ("teardown/a.yaml.yaml", OutputKind::TeardownPlan, "a.yaml"),
            ("gitops/argocd/login.yaml", OutputKind::BranchGitops, "login"),
            ("gitops/other/login.yaml", OutputKind::Unmanaged, "login"),
            ("gitops/apply.sh", OutputKind::ProjectGitops, "gitops/apply.sh"),
            ("shared/26-clusterissuer-x.yaml", OutputKind::SharedObject, "_shared"),
            ("shared/README.md", OutputKind::Unmanaged, "README.md"),
            ("teardown/_shared.yaml", OutputKind::TeardownPlan, "_shared"),
            ("README.md", OutputKind::Unmanaged, "README.md"),
        ] {
            let path = OutputPath::from(RelPath::new(path).unwrap());
            assert_eq!((path.kind(), path.slug()), (kind, slug), "{path}");
        }
    }

    #[test]
    fn constructors_return_paths_of_their_kind() {
        for (path, kind) in [
            (OutputPath::object("a", "10-x.yaml"), OutputKind::Object),
            (OutputPath::lock("a"), OutputKind::Lock),
            (OutputPath::zone_change("example.com", "a"), OutputKind::ZoneChange),
            (OutputPath::teardown_plan("a"), OutputKind::TeardownPlan),
            (OutputPath::branch_gitops("flux", "a"), OutputKind::BranchGitops),
            (OutputPath::project_gitops("apply.sh"), OutputKind::ProjectGitops),
            (OutputPath::shared_object("26-clusterissuer-x.yaml"), OutputKind::SharedObject),
        ] {
            assert_eq!(path.kind(), kind, "{path}");
        }
    }
}
