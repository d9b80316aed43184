//! Which files of the output pleach owns: those that it may change and delete. Every other file is unmanaged.
//!
//! | folder | what decides |
//! |---|---|
//! | `namespaces/<slug>/` | the folder's lock file, which lists the owned files |
//! | `dns/<zone>/`, `teardown/` | the file itself, by its `apiVersion` and `kind` |
//! | `gitops/`, `gitops/<tool>/` | the file itself, by the label `app.kubernetes.io/managed-by: pleach` |
//! | `shared/` | the file itself, by the label `pleach.dev/project` |
//!
//! Several branches have a file each in the folders without a lock file. A lock file there would be changed by all of them, and
//! two pull requests would conflict.

use super::path::is_tool;
use super::{Lock, OutputFolder, OutputKind, OutputPath, Tree};
use crate::annotation::{MANAGED_BY_LABEL, PROJECT_LABEL};
use crate::source::RelPath;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The label of a GitOps file that pleach owns, and its value.
pub(crate) const MANAGED_BY: (&str, &str) = (MANAGED_BY_LABEL, "pleach");

/// What a file without a lock file must contain to be owned.
enum Declaration {
    /// `apiVersion: pleach/v1` and this `kind`.
    Kind(&'static str),
    /// The label [`MANAGED_BY`].
    Label,
    /// The label with the project. The object may have another value of [`MANAGED_BY`].
    Project,
}

/// The table above, for the folders without a lock file.
fn declaration(folder: OutputFolder) -> Option<Declaration> {
    match folder {
        OutputFolder::Namespaces => None,
        OutputFolder::Dns => Some(Declaration::Kind("ZoneChange")),
        OutputFolder::Teardown => Some(Declaration::Kind("TeardownPlan")),
        OutputFolder::Gitops => Some(Declaration::Label),
        OutputFolder::Shared => Some(Declaration::Project),
    }
}

/// Whether several branches have files in a folder of the output, so that the folder has no lock file.
pub(crate) fn is_shared_folder(folder: &RelPath) -> bool {
    let mut parts = folder.parts().skip(1);
    match (OutputFolder::of(folder), parts.next(), parts.next()) {
        (Some(OutputFolder::Dns), Some(_), None)
        | (Some(OutputFolder::Gitops | OutputFolder::Teardown | OutputFolder::Shared), None, None) => true,
        (Some(OutputFolder::Gitops), Some(name), None) => is_tool(name),
        _ => false,
    }
}

/// Whether a build has written the text of an object: it has the label with the project.
pub(crate) fn is_labelled(text: &str) -> bool {
    has_label(text, PROJECT_LABEL, |value| !value.is_empty())
}

/// Whether the text of a file in a shared folder declares that pleach owns it. A file with the conflict markers of a merge still
/// does.
pub(crate) fn declares_owner(path: &OutputPath, text: &str) -> bool {
    let is_script = path.kind() == OutputKind::ProjectGitops && path.name().strip_suffix(".sh").is_some();
    if path.name().strip_suffix(".yaml").is_none() && !is_script || !is_shared_folder(&path.parent()) {
        return false;
    }
    match OutputFolder::of(path).and_then(declaration) {
        Some(Declaration::Kind(kind)) => has_header(text, kind),
        Some(Declaration::Label) => has_label(text, MANAGED_BY.0, |value| value == MANAGED_BY.1),
        Some(Declaration::Project) => is_labelled(text),
        None => false,
    }
}

/// What a file in a shared folder must contain to be owned, for an error message.
pub(crate) fn required_declaration(folder: &RelPath) -> Option<String> {
    Some(match declaration(OutputFolder::of(folder)?)? {
        Declaration::Kind(kind) => format!("is of the kind `{kind}`"),
        Declaration::Label => format!("has the label `{}: {}`", MANAGED_BY.0, MANAGED_BY.1),
        Declaration::Project => format!("has the label `{PROJECT_LABEL}`"),
    })
}

/// Whether a text has the header of a document that pleach writes. It is not parsed, because it may have conflict markers of Git.
fn has_header(text: &str, kind: &str) -> bool {
    let has = |key: &str, value: &str| {
        text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim() == value))
    };
    has("kind:", kind) && has("apiVersion:", "pleach/v1")
}

/// Whether a YAML file or a script has a label with a value that `fits`.
fn has_label(text: &str, key: &str, fits: impl Fn(&str) -> bool) -> bool {
    let value = |line: &str| {
        let rest = line.trim_start_matches(['#', ' ']).strip_prefix(key)?;
        Some(fits(rest.trim_end().strip_prefix(": ")?))
    };
    text.lines().any(|line| value(line) == Some(true))
}

/// The files among `files` that builds have written: those that pleach owns, and objects with the label of a project. A lock file
/// may have been edited, and must not decide what is known of a branch. It decides what is changed and deleted on a disk.
pub(crate) fn written_files(files: &Tree) -> Tree {
    let mut written = owned_files(files.clone(), &Tree::default());
    let is_object = |path: &OutputPath, text: &str| path.kind() == OutputKind::Object && is_labelled(text);
    written.extend(
        files.iter().filter(|(path, text)| is_object(path, text)).map(|(path, text)| (path.clone(), Arc::clone(text))),
    );
    written
}

/// The files that pleach owns among `files`. A file that is in `expected` too is owned: a build would write it.
pub(crate) fn owned_files(files: Tree, expected: &Tree) -> Tree {
    let locks = files.iter().filter(|(path, _)| path.kind() == OutputKind::Lock);
    // An expected lock file lists files that are expected too.
    let unexpected = locks.filter(|(path, text)| expected.get(path) != Some(*text));
    let listed: BTreeMap<RelPath, BTreeSet<String>> =
        unexpected.map(|(path, text)| (path.parent(), Lock::names(text))).collect();
    let is_owned = |path: &OutputPath, text: &str| {
        expected.get(path).is_some()
            || match path.kind() {
                OutputKind::Lock => listed.contains_key(&path.parent()),
                OutputKind::Object => listed.get(&path.parent()).is_some_and(|names| names.contains(path.name())),
                _ => declares_owner(path, text),
            }
    };
    files.into_iter().filter(|(path, text)| is_owned(path, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(path: &str, text: &str) -> bool {
        declares_owner(&RelPath::new(path).unwrap().into(), text)
    }

    #[test]
    fn a_file_in_a_shared_folder_declares_its_owner() {
        let change = "apiVersion: pleach/v1\nkind: ZoneChange\n";
        assert!(owned("dns/example.com/a.yaml", change));
        assert!(owned("dns/example.com/a.yaml", &format!("<<<<<<< HEAD\n{change}=======\n")));
        assert!(!owned("dns/example.com/a.yaml", "apiVersion: pleach/v1\nkind: TeardownPlan\n"));
        assert!(!owned("dns/example.com/a.txt", change) && !owned("teardown/a.yaml", change));
        assert!(!owned("namespaces/a/b.yaml", change), "the lock file decides there");
        let label = "metadata:\n  labels:\n    app.kubernetes.io/managed-by: pleach\n";
        assert!(owned("gitops/flux/a.yaml", label) && !owned("gitops/other/a.yaml", label));
        assert!(owned("gitops/apply.sh", "#!/bin/sh\n# app.kubernetes.io/managed-by: pleach\n"));
        assert!(!owned("gitops/apply.sh", "#!/bin/sh\n"));
        assert!(owned("shared/a.yaml", "metadata:\n  labels:\n    pleach.dev/project: shop\n"));
        assert!(!owned("shared/a.yaml", label) && !owned("shared/more/a.yaml", "pleach.dev/project: shop\n"));
    }

    #[test]
    fn a_lock_file_decides_in_a_namespace_folder() {
        let lock: Arc<str> = Lock::of("a", ["10-x.yaml"]).write().into();
        let path = |name: &str| OutputPath::object("a", name);
        let files: Tree = [
            (path("10-x.yaml"), Arc::from("x")),
            (path("20-y.yaml"), "y".into()),
            (path("30-z.yaml"), "z".into()),
            (OutputPath::lock("a"), lock),
            (OutputPath::object("b", "10-x.yaml"), "x".into()),
        ]
        .into_iter()
        .collect();
        let expected: Tree = [(path("20-y.yaml"), Arc::from("other"))].into_iter().collect();
        let owned = owned_files(files, &expected);
        let names: Vec<&str> = owned.iter().map(|(path, _)| path.name()).collect();
        assert_eq!(names, ["10-x.yaml", "20-y.yaml", "pleach.lock"]);
    }

    #[test]
    fn a_lock_file_that_was_edited_does_not_hide_what_builds_have_written() {
        let label = "metadata:\n  labels:\n    pleach.dev/project: shop\n";
        let path = |name: &str| OutputPath::object("a", name);
        let files = [(path("10-x.yaml"), label), (path("20-y.yaml"), "y"), (path("30-z.yaml"), "z")];
        let files: Tree = files.into_iter().map(|(path, text)| (path, Arc::from(text))).collect();
        for (lock, want) in [
            (None, &["10-x.yaml"][..]),
            (Some(""), &["10-x.yaml", "pleach.lock"]),
            (Some("files:\n- 30-z.yaml\n"), &["10-x.yaml", "30-z.yaml", "pleach.lock"]),
        ] {
            let mut files = files.clone();
            files.extend(lock.map(|text| (OutputPath::lock("a"), Arc::from(text))));
            let written = written_files(&files);
            assert_eq!(written.iter().map(|(path, _)| path.name()).collect::<Vec<_>>(), want, "{lock:?}");
        }
    }
}
