//! The commits that the default branch has had, the newest first.
//!
//! They are first parents, except at a merge of the default branch into other commits: after `git pull` on the default branch, or after a
//! branch that has merged it is pushed as the default branch, the earlier commits are those of the second parent. Git does not store
//! which parent was published, so the message that Git writes decides.

use super::fork::DEFAULT_BRANCH;
use super::{run, stdout};
use crate::diagnostic::Diagnostic;
use std::path::Path;

/// At most this many commits are searched for the next such merge. Before them, the history follows first parents.
const MOST_COMMITS: &str = "2000";
/// At most this many such merges are followed.
const MOST_MERGES: usize = 20;
/// The default branch of a repository that has none of a remote.
const LOCAL_DEFAULT_BRANCHES: [&str; 2] = ["main", "master"];

/// The published history of a commit.
pub(super) struct PublishedHistory<'a> {
    root: &'a Path,
    parts: Vec<HistoryPart>,
}

/// Commits of which each is the first parent of the one before it.
struct HistoryPart {
    newest: String,
    /// The merge that ends it.
    end: Option<Pull>,
}

/// A merge of the default branch into other commits.
struct Pull {
    merge: String,
    /// The parent that was published.
    published: String,
}

/// A commit of a published history, and the one before it.
pub(super) struct Published {
    pub(super) commit: String,
    pub(super) before: Option<String>,
}

impl<'a> PublishedHistory<'a> {
    /// The history of the commit `reference`.
    pub(super) fn of(root: &'a Path, reference: &str) -> Result<Self, Diagnostic> {
        let (mut parts, mut newest) = (Vec::new(), reference.to_owned());
        while parts.len() < MOST_MERGES {
            let Some(pull) = next_pull(root, &newest)? else { break };
            let published = pull.published.clone();
            parts.push(HistoryPart { newest: std::mem::replace(&mut newest, published), end: Some(pull) });
        }
        parts.push(HistoryPart { newest, end: None });
        Ok(PublishedHistory { root, parts })
    }

    /// The last commits, at most `count`, that changed `paths`. The options `filter` of `git diff` select the changes. Commits that `until`
    /// has are left out, if it is one.
    pub(super) fn changes(
        &self,
        count: usize,
        filter: &[&str],
        until: Option<&str>,
        paths: &[&str],
    ) -> Result<Vec<Published>, Diagnostic> {
        let mut changes = Vec::new();
        for HistoryPart { newest, end } in &self.parts {
            let (most, end_of_part) = ((count - changes.len()).to_string(), not(end.as_ref().map(|end| &*end.merge)));
            let options = ["log", "--first-parent", "-m", "--format=%H %P", "--no-patch", "-n", &most, newest];
            let until = not(until);
            let excluded: Vec<&str> = end_of_part.iter().chain(&until).map(String::as_str).collect();
            let listed = self.git(&[&options, filter, &excluded, &["--"], paths].concat())?;
            changes.extend(listed.lines().filter_map(|line| {
                let mut words = line.split(' ').map(str::to_owned);
                Some(Published { commit: words.next()?, before: words.next().filter(|parent| !parent.is_empty()) })
            }));
            let Some(Pull { merge, published }) = end.as_ref().filter(|_| changes.len() < count) else { break };
            let options = ["diff-tree", "-r", "--name-only", published, merge];
            if !self.git(&[&options, filter, &["--"], paths].concat())?.is_empty() {
                changes.push(Published { commit: merge.clone(), before: Some(published.clone()) });
            }
        }
        Ok(changes)
    }

    /// What `git log --raw -z` prints about the changes of `paths`, without commits that `until` has, if it is one.
    pub(super) fn raw_changes(&self, until: Option<&str>, paths: &[&str]) -> Result<String, Diagnostic> {
        let (until, mut listed) = (not(until), String::new());
        for HistoryPart { newest, end } in &self.parts {
            let options = ["-c", "log.showRoot=true", "log", "--first-parent", "-m", "--format="];
            let merge = not(end.as_ref().map(|end| &*end.merge));
            let excluded: Vec<&str> = merge.iter().chain(&until).map(String::as_str).collect();
            listed += &self.git(&[&options, &RAW[..], &[newest], &excluded, &["--"], paths].concat())?;
            if let Some(Pull { merge, published }) = end {
                let options = ["diff-tree", "-r"];
                listed += &self.git(&[&options, &RAW[..], &[published, merge, "--"], paths].concat())?;
            }
        }
        Ok(listed)
    }

    fn git(&self, args: &[&str]) -> Result<String, Diagnostic> {
        let listed = stdout(run(self.root, &[&["--literal-pathspecs"], args].concat(), b"")?)?;
        Ok(String::from_utf8_lossy(&listed).into_owned())
    }
}

/// The options that print the ids of all changed files.
pub(super) const RAW: [&str; 4] = ["--raw", "--no-abbrev", "--no-renames", "-z"];

/// The argument that leaves out a commit and its history.
fn not(commit: Option<&str>) -> Option<String> {
    commit.map(|commit| format!("^{commit}"))
}

/// The newest merge of the default branch into other commits, among a commit and its first parents.
fn next_pull(root: &Path, newest: &str) -> Result<Option<Pull>, Diagnostic> {
    let listed = stdout(run(
        root,
        &["log", "--first-parent", "--no-patch", "--format=%H %P%x09%s", "-n", MOST_COMMITS, newest, "--"],
        b"",
    )?)?;
    let listed = String::from_utf8_lossy(&listed);
    let mut defaults = None;
    for (commits, message) in listed.lines().filter_map(|line| line.split_once('\t')) {
        let [merge, _, published] = *commits.split(' ').collect::<Vec<_>>() else { continue };
        let Some(merged) = MergedBranch::of(message) else { continue };
        let defaults = defaults.get_or_insert_with(|| default_branches(root));
        if merged.is_published(|name| defaults.iter().any(|default| default == name)) {
            return Ok(Some(Pull { merge: merge.to_owned(), published: published.to_owned() }));
        }
    }
    Ok(None)
}

/// The names of the default branch.
fn default_branches(root: &Path) -> Vec<String> {
    let args = [&["for-each-ref", "--format=%(refname) %(symref)"], DEFAULT_BRANCH].concat();
    let listed = run(root, &args, b"").and_then(stdout).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    let name = |line: &str| {
        let (name, target) = line.split_once(' ')?;
        let name = if target.is_empty() { name } else { target };
        name.strip_prefix("refs/remotes/origin/").filter(|name| *name != "HEAD").map(str::to_owned)
    };
    // The symbolic name comes first.
    let found: Vec<String> = listed.lines().find_map(name).into_iter().collect();
    if found.is_empty() { LOCAL_DEFAULT_BRANCHES.map(str::to_owned).to_vec() } else { found }
}

/// What the message of a merge says about it.
struct MergedBranch<'m> {
    name: &'m str,
    /// Whether it was fetched from a remote.
    is_remote: bool,
    /// The branch that was checked out, if it is named.
    into: Option<&'m str>,
}

impl<'m> MergedBranch<'m> {
    /// Reads the first line of a message that Git writes. Texts of people do not count, such as the title of a pull request.
    fn of(message: &'m str) -> Option<Self> {
        let tracking = message.strip_prefix("Merge remote-tracking branch 'origin/");
        let (name, rest) = tracking.or_else(|| message.strip_prefix("Merge branch '"))?.split_once('\'')?;
        let (is_pulled, into) = match *rest.split_whitespace().collect::<Vec<_>>() {
            [] => (false, None),
            ["of", _] => (true, None),
            ["into", into] => (false, Some(into)),
            ["of", _, "into", into] => (true, Some(into)),
            _ => return None,
        };
        Some(MergedBranch { name, is_remote: is_pulled || tracking.is_some(), into })
    }

    /// Whether the branch was the default one, merged into other commits. A service writes `'main'` in quotes where a branch of that name in
    /// a fork is merged.
    fn is_published(&self, is_default: impl Fn(&str) -> bool) -> bool {
        let is_other = |into: &str| !into.starts_with('\'') && !is_default(into);
        is_default(self.name) && (self.is_remote || self.into.is_some_and(is_other))
    }
}

#[cfg(test)]
mod tests {
    use super::MergedBranch;

    #[test]
    fn messages_of_merges_of_the_default_branch() {
        for (message, want) in [
            ("Merge branch 'main' of https://git.example.com/shop/environments", true),
            ("Merge branch 'main' of ../o into main", true),
            ("Merge branch 'main' into feature/login", true),
            ("Merge remote-tracking branch 'origin/main'", true),
            ("Merge remote-tracking branch 'origin/main' into feature/login", true),
            // Of pull requests, also from a fork.
            ("Merge branch 'feature/login'", false),
            ("Merge branch 'feature/login' into main", false),
            ("Merge branch 'main' into 'main'", false),
            ("Merge branch 'feature/login' into 'main'", false),
            ("Merge branch 'feature/login' of ../o into main", false),
            ("Merge remote-tracking branch 'fork/main'", false),
            ("Merge pull request #1 from fork/main", false),
            ("Merge branch 'main' of ../o (#1)", false),
            ("Merge branch 'develop' into main", false),
        ] {
            let merged = MergedBranch::of(message);
            assert_eq!(merged.is_some_and(|merged| merged.is_published(|name| name == "main")), want, "{message}");
        }
    }
}
