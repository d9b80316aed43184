//! The comparison of two trees, and its reports: [`text`], [`summary`], [`markdown`], [`json`].
//!
//! A lock changes with every file beside it, so it counts only where nothing else of its branch did. Nothing here knows
//! where the trees come from.

pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod secrets;
pub(crate) mod summary;
pub(crate) mod text;

use crate::output::{OutputKind, OutputPath, Tree};
use rayon::prelude::*;
use secrets::Secrets;
use serde::Serialize;
use similar::{Algorithm, ChangeTag, TextDiff};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What became of a file or a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeKind {
    /// It is new.
    Added,
    /// It differs.
    Changed,
    /// It has been removed.
    Removed,
}

/// A file that differs.
#[derive(Clone, Debug)]
pub(crate) struct FileDiff {
    /// The path with the output folder.
    pub(crate) path: String,
    /// How it changed.
    pub(crate) change: ChangeKind,
    /// The number of added lines.
    pub(crate) added: usize,
    /// The number of removed lines.
    pub(crate) removed: usize,
    /// The hunks of a unified diff.
    pub(crate) hunks: String,
}

/// A branch that differs.
#[derive(Clone, Debug)]
pub(crate) struct BranchDiff {
    /// The slug.
    pub(crate) slug: String,
    /// The name in git.
    pub(crate) name: String,
    /// How it changed.
    pub(crate) change: ChangeKind,
    /// The files that differ, in path order.
    pub(crate) files: Vec<FileDiff>,
}

impl ChangeKind {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Changed => "changed",
            ChangeKind::Removed => "removed",
        }
    }

    fn of(before: bool, after: bool) -> Self {
        match (before, after) {
            (false, _) => ChangeKind::Added,
            (true, true) => ChangeKind::Changed,
            (true, false) => ChangeKind::Removed,
        }
    }
}

/// How many files and lines something changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    /// The number of files that differ.
    pub(crate) files: usize,
    /// The number of added lines.
    pub(crate) added_lines: usize,
    /// The number of removed lines.
    pub(crate) removed_lines: usize,
}

impl Totals {
    /// The totals of some branches.
    pub(crate) fn of<'a>(branches: impl IntoIterator<Item = &'a BranchDiff>) -> Self {
        let files = branches.into_iter().flat_map(|branch| &branch.files);
        files.fold(Totals::default(), |sum, file| Totals {
            files: sum.files + 1,
            added_lines: sum.added_lines + file.added,
            removed_lines: sum.removed_lines + file.removed,
        })
    }
}

type FilePair<'a> = (&'a OutputPath, Option<&'a Arc<str>>, Option<&'a Arc<str>>);

/// What is known of a branch by its slug.
#[derive(Clone, Debug)]
pub(crate) struct KnownBranch {
    /// The name in git.
    pub(crate) name: String,
    /// Whether it is among the branches, or only left something behind.
    pub(crate) exists: bool,
    /// The secret values that the spec has for it.
    pub(crate) secret_values: BTreeSet<SmolStr>,
}

/// The branches in which `after` differs from `before`, in the order of their slugs. `output` is what the folder of
/// the output is called. Secret values are not shown: those of Secrets, and those of keys that match a pattern of `secret_keys`.
pub(crate) fn compare(
    (before, after): (&Tree, &Tree),
    output: &str,
    secret_keys: &[SmolStr],
    known: impl Fn(&str) -> KnownBranch,
) -> Vec<BranchDiff> {
    let mut pairs: BTreeMap<&OutputPath, FilePair> =
        before.iter().map(|(path, text)| (path, (path, Some(text), None))).collect();
    for (path, text) in after {
        pairs.entry(path).or_insert((path, None, None)).2 = Some(text);
    }
    let mut branches: BTreeMap<&str, Vec<FilePair>> = BTreeMap::new();
    for (path, pair) in pairs {
        branches.entry(path.slug()).or_default().push(pair);
    }
    let differing: Vec<Differing> =
        branches.into_iter().filter_map(|(slug, files)| Differing::of(slug, &known, files)).collect();
    differing.par_iter().map(|branch| branch.compared(output, secret_keys)).collect()
}

/// A branch of which a file differs.
struct Differing<'a> {
    slug: &'a str,
    branch: KnownBranch,
    change: ChangeKind,
    /// All files of the branch.
    files: Vec<FilePair<'a>>,
}

impl<'a> Differing<'a> {
    fn of(slug: &'a str, known: impl Fn(&str) -> KnownBranch, files: Vec<FilePair<'a>>) -> Option<Self> {
        if files.iter().all(|(_, before, after)| before == after) {
            return None;
        }
        let branch = known(slug);
        let change = ChangeKind::of(files.iter().any(|file| file.1.is_some()), branch.exists);
        Some(Differing { slug, branch, change, files })
    }

    fn compared(&self, output: &str, secret_keys: &[SmolStr]) -> BranchDiff {
        let changed = self.files.iter().filter(|(_, before, after)| before != after);
        let (locks, others): (Vec<&FilePair>, Vec<&FilePair>) =
            changed.partition(|file| file.0.kind() == OutputKind::Lock);
        let shown = if others.is_empty() { locks } else { others };
        let texts = self.files.iter().flat_map(|(_, before, after)| before.iter().chain(after)).map(|text| &***text);
        let secrets = Secrets::of(secret_keys, &self.branch.secret_values, texts);
        BranchDiff {
            slug: self.slug.to_owned(),
            name: self.branch.name.clone(),
            change: self.change,
            files: shown.into_iter().map(|pair| file(*pair, output, &secrets)).collect(),
        }
    }
}

fn file((path, before, after): FilePair, output: &str, secrets: &Secrets) -> FileDiff {
    let texts = (before.map_or("", |text| text), after.map_or("", |text| text));
    let is_yaml = path.name().rsplit_once('.').is_some_and(|(_, extension)| extension == "yaml");
    let (old, new) = if is_yaml { secrets.redacted(texts) } else { (texts.0.into(), texts.1.into()) };
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_lines(&*old, &*new);
    let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    FileDiff {
        path: format!("{output}/{path}"),
        change: ChangeKind::of(before.is_some(), after.is_some()),
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        hunks: diff.unified_diff().to_string(),
    }
}

/// `1 file`, `2 files`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::source::RelPath;

    pub(in crate::diff) fn tree(files: &[(&str, &str)]) -> Tree {
        files.iter().map(|(path, text)| (OutputPath::from(RelPath::new(path).unwrap()), Arc::from(*text))).collect()
    }

    /// A branch changed, one added, one removed, one in which only the lock differs.
    pub(in crate::diff) fn sample() -> Vec<BranchDiff> {
        let before = tree(&[
            ("namespaces/changed/10-a.yaml", "a: 1\nb: 2\nc: 3\n"),
            ("namespaces/changed/20-b.yaml", "b: 1\n"),
            ("namespaces/changed/pleach.lock", "old\n"),
            ("namespaces/lock/10-a.yaml", "a: 1\n"),
            ("namespaces/lock/pleach.lock", "old\n"),
            ("namespaces/removed/10-a.yaml", "a: 1\n"),
            ("namespaces/same/10-a.yaml", "a: 1\n"),
        ]);
        let after = tree(&[
            ("namespaces/added/10-a.yaml", "a: `1`\nb: 2\n"),
            ("namespaces/changed/10-a.yaml", "a: 1\nb: 3\nc: 3\n"),
            ("namespaces/changed/30-c.yaml", "c: 1"),
            ("namespaces/changed/pleach.lock", "new\n"),
            ("namespaces/lock/10-a.yaml", "a: 1\n"),
            ("namespaces/lock/pleach.lock", "new\n"),
            ("namespaces/same/10-a.yaml", "a: 1\n"),
        ]);
        compare((&before, &after), "out", &[], |slug| KnownBranch {
            name: format!("feature/<{slug}|"),
            exists: slug != "removed",
            secret_values: BTreeSet::new(),
        })
    }

    #[test]
    fn what_differs() {
        let branches = sample();
        let short = |branch: &BranchDiff| {
            let file = |file: &FileDiff| {
                let name = file.path.rsplit('/').next().unwrap();
                format!("{} {name} +{} -{}", file.change.word(), file.added, file.removed)
            };
            (branch.slug.clone(), branch.change, branch.files.iter().map(file).collect::<Vec<_>>())
        };
        let want: [(&str, ChangeKind, &[&str]); 4] = [
            ("added", ChangeKind::Added, &["added 10-a.yaml +2 -0"]),
            (
                "changed",
                ChangeKind::Changed,
                &["changed 10-a.yaml +1 -1", "removed 20-b.yaml +0 -1", "added 30-c.yaml +1 -0"],
            ),
            ("lock", ChangeKind::Changed, &["changed pleach.lock +1 -1"]),
            ("removed", ChangeKind::Removed, &["removed 10-a.yaml +0 -1"]),
        ];
        let want: Vec<_> = want
            .map(|(slug, change, files)| (slug.to_owned(), change, files.iter().map(|f| (*f).to_owned()).collect()))
            .into();
        assert_eq!(branches.iter().map(short).collect::<Vec<_>>(), want);
        assert_eq!(Totals::of(&branches), Totals { files: 6, added_lines: 5, removed_lines: 4 });
    }

    #[test]
    fn equal_trees_do_not_differ() {
        let tree = tree(&[("namespaces/a/10-a.yaml", "a: 1\n")]);
        let known = |slug: &str| KnownBranch { name: slug.to_owned(), exists: true, secret_values: BTreeSet::new() };
        assert!(compare((&tree, &tree), "out", &[], known).is_empty());
    }
}
