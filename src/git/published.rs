//! The commits that the default branch may have had, the newest first.
//!
//! They are first parents, except at a merge of the default branch into other commits: after `git pull` on the default branch, or after a
//! branch that has merged it is pushed as the default branch. Git does not store which parent was published. If the message that Git writes
//! does not say it, both count: it is better to list what a removed branch may have left than to lose it.

use super::commit_graph::{CommitGraph, GraphCommit};
use super::fork::DEFAULT_BRANCH;
use super::merge_message::{MergedBranch, PublishedParents};
use super::raw::{COMMIT, RAW};
use super::{run, stdout};
use crate::diagnostic::Diagnostic;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::Path;

/// At most this many of such merges are followed.
const MOST_MERGES: usize = 20;
/// The default branch of a repository that has none of a remote.
const LOCAL_DEFAULT_BRANCHES: [&str; 2] = ["main", "master"];

/// The published history of a commit.
pub(super) struct PublishedHistory<'a> {
    root: &'a Path,
    chains: Vec<Chain>,
    merges: usize,
    /// The names of the default branch.
    defaults: OnceCell<Vec<String>>,
}

/// A part of a history in which each commit replaces the one after it.
struct Chain {
    newest: String,
    links: Vec<Link>,
}

enum Link {
    /// A commit and its first parents, without the commits that any of `excluded` has.
    Commits { newest: String, excluded: Vec<String> },
    /// What a merge changed in one of its parents.
    Merge { commit: String, parent: String },
}

/// A commit of a published history, and the one before it.
pub(super) struct Published {
    pub(super) commit: String,
    pub(super) before: Option<String>,
}

/// Changes of a chain, the newest first.
pub(super) struct ChainChanges {
    /// The newest commit of the chain.
    pub(super) newest: String,
    pub(super) changes: Vec<Published>,
}

impl<'a> PublishedHistory<'a> {
    /// The history of the commit `reference`.
    pub(super) fn of(root: &'a Path, reference: &str) -> Result<Self, Diagnostic> {
        let mut history = PublishedHistory { root, chains: Vec::new(), merges: 0, defaults: OnceCell::new() };
        let printed = CommitGraph::print(root, reference)?;
        let graph = CommitGraph::read(&printed);
        if let Some(newest) = graph.newest() {
            history.add(&graph, newest, &[]);
        }
        Ok(history)
    }

    /// Adds the history of the commit `newest`, without the commits that any of `excluded` has.
    fn add<'g>(&mut self, graph: &CommitGraph<'g>, newest: &'g str, excluded: &[&'g str]) {
        let (mut chain, mut newest) = (Chain::of(newest), newest);
        while let Some((merge, [first, second], published)) = self.next_pull(graph, newest, excluded) {
            self.merges += 1;
            chain.links.push(Link::commits(newest, excluded.iter().copied().chain([merge])));
            if published == PublishedParents::Second {
                chain.links.push(Link::merge(merge, second));
                newest = second;
                continue;
            }
            self.chains.push(chain);
            let common = graph.merge_base(first, second);
            let sides: Vec<&str> = excluded.iter().copied().chain(common).collect();
            for side in [first, second] {
                self.add(graph, side, &sides);
            }
            // The merge lacks what one side removed, recorded and pruned, so the changes of the sides count as newer.
            let compared = |parent| Chain { links: vec![Link::merge(merge, parent)], ..Chain::of(merge) };
            self.chains.extend([first, second].map(compared));
            let Some(common) = common else { return };
            (chain, newest) = (Chain::of(common), common);
        }
        chain.links.push(Link::commits(newest, excluded.iter().copied()));
        self.chains.push(chain);
    }

    /// The newest merge of the default branch into other commits, among a commit and its first parents.
    fn next_pull<'g>(
        &self,
        graph: &CommitGraph<'g>,
        newest: &'g str,
        excluded: &[&str],
    ) -> Option<(&'g str, [&'g str; 2], PublishedParents)> {
        if self.merges == MOST_MERGES {
            return None;
        }
        let excluded: HashSet<&str> = excluded.iter().flat_map(|commit| graph.ancestors(commit)).collect();
        let mut commits = graph.first_parents(newest).take_while(|(id, _)| !excluded.contains(id));
        let pull = |(id, commit): (&'g str, &GraphCommit<'g>)| {
            let [first, second] = *commit.parents.as_slice() else { return None };
            let merged = MergedBranch::of(commit.message)?;
            let defaults = self.defaults.get_or_init(|| default_branches(self.root));
            let published = merged.published(|name| defaults.iter().any(|default| default == name))?;
            Some((id, [first, second], published))
        };
        commits.find_map(pull)
    }

    /// The last commit that changed `paths`. The options `filter` of `git diff` select the changes.
    pub(super) fn last_change(&self, filter: &[&str], paths: &[&str]) -> Result<Option<Published>, Diagnostic> {
        Ok(self.changes(1, filter, None, paths)?.into_iter().flat_map(|chain| chain.changes).next())
    }

    /// The last commits, at most `count`, that changed `paths`. The options `filter` of `git diff` select the changes. Commits that `until`
    /// has are left out, if it is one.
    pub(super) fn changes(
        &self,
        count: usize,
        filter: &[&str],
        until: Option<&str>,
        paths: &[&str],
    ) -> Result<Vec<ChainChanges>, Diagnostic> {
        let mut rest = count;
        let of_chain = |chain: &Chain| {
            let mut changes = Vec::new();
            for link in &chain.links {
                let found = self.changes_of(link, rest, (filter, until, paths))?;
                rest -= found.len();
                changes.extend(found);
            }
            Ok(ChainChanges { newest: chain.newest.clone(), changes })
        };
        self.chains.iter().map(of_chain).collect()
    }

    fn changes_of(
        &self,
        link: &Link,
        count: usize,
        (filter, until, paths): (&[&str], Option<&str>, &[&str]),
    ) -> Result<Vec<Published>, Diagnostic> {
        match link {
            _ if count == 0 => Ok(Vec::new()),
            Link::Commits { newest, excluded } => {
                let count = count.to_string();
                let options = ["log", "-m", "--format=%H %P", "--no-patch", "-n", &count];
                let listed = self.listed(&[&options, filter].concat(), (newest, excluded), until, paths)?;
                let commit = |line: &str| {
                    let mut words = line.split(' ').map(str::to_owned);
                    Some(Published { commit: words.next()?, before: words.next().filter(|parent| !parent.is_empty()) })
                };
                Ok(listed.lines().filter_map(commit).collect())
            }
            Link::Merge { commit, parent } => {
                let options = ["diff-tree", "-r", "--name-only", parent, commit];
                let listed = self.git(&[&options, filter, &["--"], paths].concat())?;
                let merge = Published { commit: commit.clone(), before: Some(parent.clone()) };
                Ok(if listed.is_empty() { Vec::new() } else { vec![merge] })
            }
        }
    }

    /// What Git prints with the options [`RAW`] about the changes of `paths`, without commits that `until` has, if it is one.
    pub(super) fn raw_changes(&self, until: Option<&str>, paths: &[&str]) -> Result<String, Diagnostic> {
        let options = [&["-c", "log.showRoot=true", "log", "-m", COMMIT], &RAW[..]].concat();
        self.commits().map(|commits| self.listed(&options, commits, until, paths)).collect()
    }

    /// Whether it has a commit.
    pub(super) fn has(&self, commit: &str) -> Result<bool, Diagnostic> {
        let is_merge = |link: &Link| matches!(link, Link::Merge { commit: merge, .. } if merge == commit);
        if self.chains.iter().flat_map(|chain| &chain.links).any(is_merge) {
            return Ok(true);
        }
        let parents = format!("{commit}^@");
        for commits in self.commits() {
            let listed = self.listed(&["rev-list"], commits, Some(&parents), &[])?;
            if listed.lines().any(|line| line == commit) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Commits whose first parents are the history, without those that some commits have.
    fn commits(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.chains.iter().flat_map(|chain| &chain.links).filter_map(|link| match link {
            Link::Commits { newest, excluded } => Some((newest.as_str(), excluded.as_slice())),
            Link::Merge { .. } => None,
        })
    }

    /// What a command of Git prints about a commit and its first parents, without the commits that any of `excluded` or `until` has.
    fn listed(
        &self,
        command: &[&str],
        (newest, excluded): (&str, &[String]),
        until: Option<&str>,
        paths: &[&str],
    ) -> Result<String, Diagnostic> {
        let excluded = excluded.iter().map(String::as_str).chain(until);
        let excluded: Vec<String> = excluded.map(|commit| format!("^{commit}")).collect();
        let excluded: Vec<&str> = excluded.iter().map(String::as_str).collect();
        self.git(&[command, &["--first-parent", newest], &excluded, &["--"], paths].concat())
    }

    fn git(&self, args: &[&str]) -> Result<String, Diagnostic> {
        let listed = stdout(run(self.root, &[&["--literal-pathspecs"], args].concat(), b"")?)?;
        Ok(String::from_utf8_lossy(&listed).into_owned())
    }
}

impl Chain {
    fn of(newest: &str) -> Self {
        Chain { newest: newest.to_owned(), links: Vec::new() }
    }
}

impl Link {
    fn commits<'c>(newest: &str, excluded: impl Iterator<Item = &'c str>) -> Self {
        Link::Commits { newest: newest.to_owned(), excluded: excluded.map(str::to_owned).collect() }
    }

    fn merge(commit: &str, parent: &str) -> Self {
        Link::Merge { commit: commit.to_owned(), parent: parent.to_owned() }
    }
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
