//! The commits that the default branch may have had, the newest first.
//!
//! They are first parents, except at a merge of the default branch into other commits: after `git pull` on the default branch, or after a
//! branch that has merged it is pushed as the default branch. Git does not store which parent was published. If the message that Git writes
//! does not say it, both count: it is better to list what a removed branch may have left than to lose it.

use super::commit_graph::{CommitGraph, GraphCommit};
use super::fork::DEFAULT_BRANCH;
use super::merge_message::{MergedBranch, PublishedParents};
use super::published_commit::Published;
use super::raw::ChangedFile;
use super::tree_differences::TreeDifferences;
use super::{run, stdout};
use crate::diagnostic::Diagnostic;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::Path;

/// At most this many changes of the output are read.
pub(super) const MOST_CHANGES: usize = 30;
/// At most the changes of this many commits before the last change of the output are read.
pub(super) const MOST_COMMITS: usize = 200;
/// At most this many of such merges are followed.
const MOST_MERGES: usize = 20;
/// The default branch of a repository that has none of a remote.
const LOCAL_DEFAULT_BRANCHES: [&str; 2] = ["main", "master"];

/// Prints commits with their parents, and reads no more of their trees than needed to see whether paths have changed.
pub(super) const LOG: [&str; 3] = ["log", "--no-patch", "--format=%H %P"];

/// The published history of a commit.
pub(super) struct PublishedHistory<'a> {
    root: &'a Path,
    /// The newest commits of the history, as [`CommitGraph::print`] prints them.
    printed: String,
    chains: Vec<Chain>,
    merges: usize,
    /// The names of the default branch.
    defaults: OnceCell<Vec<String>>,
}

/// A part of a history in which each commit replaces the one after it.
struct Chain {
    newest: String,
    /// Its newest commits, as far as they end at a merge or at a commit of another chain. Of a merge, the commit before it is the
    /// published one.
    known: Vec<Published>,
    /// The commits before them, which Git lists: they may be many.
    rest: Option<Rest>,
}

/// A commit and its first parents, without the commits that any of `excluded` has.
struct Rest {
    newest: String,
    excluded: Vec<String>,
}

/// Changes of a chain, the newest first.
pub(super) struct ChainChanges {
    /// The newest commit of the chain.
    pub(super) newest: String,
    pub(super) changes: Vec<Published>,
}

/// A merge of the default branch into other commits.
struct Pull<'g> {
    merge: &'g str,
    parents: [&'g str; 2],
    published: PublishedParents,
}

impl<'a> PublishedHistory<'a> {
    /// The history of the commit `reference`.
    pub(super) fn of(root: &'a Path, reference: &str) -> Result<Self, Diagnostic> {
        let printed = CommitGraph::print(root, reference)?;
        let (chains, merges, defaults) = (Vec::new(), 0, OnceCell::new());
        let mut history = PublishedHistory { root, printed: String::new(), chains, merges, defaults };
        let graph = CommitGraph::read(&printed);
        if let Some(newest) = graph.newest() {
            history.add(&graph, newest, &[]);
        }
        Ok(PublishedHistory { printed, ..history })
    }

    /// Adds the history of the commit `newest`, without the commits that any of `excluded` has.
    fn add<'g>(&mut self, graph: &CommitGraph<'g>, newest: &'g str, excluded: &[&'g str]) {
        let (mut chain, mut newest) = (Chain::of(newest), newest);
        let others: HashSet<&str> = excluded.iter().flat_map(|commit| graph.ancestors(commit)).collect();
        while let Some(Pull { merge, parents: [first, second], published }) = self.next_pull(graph, newest, &others) {
            self.merges += 1;
            chain.known.extend(graph.first_parents(newest).take_while(|(id, _)| *id != merge).map(Published::of));
            if published == PublishedParents::Second {
                chain.known.push(Published::new(merge, second));
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
            let compared = |parent| Chain { known: vec![Published::new(merge, parent)], ..Chain::of(merge) };
            self.chains.extend([first, second].map(compared));
            let Some(common) = common else { return };
            (chain, newest) = (Chain::of(common), common);
        }
        let last: Vec<_> = graph.first_parents(newest).take_while(|(id, _)| !others.contains(id)).collect();
        let is_other = |parent: Option<&&str>| parent.is_some_and(|parent| others.contains(parent));
        if others.contains(newest) || last.last().is_some_and(|(_, commit)| is_other(commit.parents.first())) {
            chain.known.extend(last.into_iter().map(Published::of));
        } else {
            let excluded = excluded.iter().map(|&commit| commit.to_owned()).collect();
            chain.rest = Some(Rest { newest: newest.to_owned(), excluded });
        }
        self.chains.push(chain);
    }

    /// The newest merge of the default branch into other commits, among a commit and its first parents that are not `others`.
    fn next_pull<'g>(&self, graph: &CommitGraph<'g>, newest: &'g str, others: &HashSet<&str>) -> Option<Pull<'g>> {
        if self.merges == MOST_MERGES {
            return None;
        }
        let mut commits = graph.first_parents(newest).take_while(|(id, _)| !others.contains(id));
        let pull = |(merge, commit): (&'g str, &GraphCommit<'g>)| {
            let parents = <[&str; 2]>::try_from(commit.parents.as_slice()).ok()?;
            let merged = MergedBranch::of(commit.message)?;
            let defaults = self.defaults.get_or_init(|| default_branches(self.root));
            let published = merged.published(|name| defaults.iter().any(|default| default == name))?;
            Some(Pull { merge, parents, published })
        };
        commits.find_map(pull)
    }

    /// The last commit that changed `paths`.
    pub(super) fn last_change(&self, paths: &[&str]) -> Result<Option<Published>, Diagnostic> {
        Ok(self.changes(1, None, paths)?.into_iter().flat_map(|chain| chain.changes).next())
    }

    /// The last commit that added the file at `path`.
    pub(super) fn last_addition(&self, path: &str) -> Result<Option<Published>, Diagnostic> {
        let changes = self.all_changes(None, &[path])?;
        let differences = TreeDifferences::of(self.root, &changes, &[path])?;
        let adds = |(_, files): (&str, Vec<ChangedFile>)| files.iter().any(|file| file.path == path && file.is_added());
        let last = differences.files()?.into_iter().position(adds);
        Ok(last.map(|last| changes[last].clone()))
    }

    /// The last commits, at most `count`, that changed `paths`. Commits that `until` has are left out, if it is one.
    pub(super) fn changes(
        &self,
        count: usize,
        until: Option<&str>,
        paths: &[&str],
    ) -> Result<Vec<ChainChanges>, Diagnostic> {
        let compared = self.known(until);
        let has_changed = TreeDifferences::of(self.root, &compared, paths)?.has_changed();
        let changed: HashSet<&Published> =
            compared.iter().zip(has_changed).filter(|(_, has_changed)| *has_changed).map(|(known, _)| known).collect();
        let mut missing = count;
        let of_chain = |Chain { newest, known, rest }: &Chain| {
            let known = known.iter().filter(|commit| changed.contains(commit));
            let mut changes: Vec<Published> = known.take(missing).cloned().collect();
            let most = (missing - changes.len()).to_string();
            if let Some(rest) = rest.as_ref().filter(|_| most != "0") {
                changes.extend(self.listed(&[&LOG[..], &["-n", &most]].concat(), rest, until, paths)?);
            }
            missing -= changes.len();
            Ok(ChainChanges { newest: newest.clone(), changes })
        };
        self.chains.iter().map(of_chain).collect()
    }

    /// The commits that may have changed `paths`, without those that `until` has, if it is one.
    pub(super) fn all_changes(&self, until: Option<&str>, paths: &[&str]) -> Result<Vec<Published>, Diagnostic> {
        let mut changes = self.known(until);
        for rest in self.rests() {
            changes.extend(self.listed(&LOG, rest, until, paths)?);
        }
        Ok(changes)
    }

    /// Whether it has a commit.
    pub(super) fn has(&self, commit: &str) -> Result<bool, Diagnostic> {
        if self.chains.iter().flat_map(|chain| &chain.known).any(|known| known.commit == commit) {
            return Ok(true);
        }
        let parents = format!("{commit}^@");
        for rest in self.rests() {
            let listed = self.listed(&LOG, rest, Some(&parents), &[])?;
            if listed.iter().any(|listed| listed.commit == commit) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn rests(&self) -> impl Iterator<Item = &Rest> {
        self.chains.iter().filter_map(|chain| chain.rest.as_ref())
    }

    /// The known commits, without those that `until` has, if it is one.
    fn known(&self, until: Option<&str>) -> Vec<Published> {
        let excluded = until.map(|until| CommitGraph::read(&self.printed).ancestors(until)).unwrap_or_default();
        let known = self.chains.iter().flat_map(|chain| &chain.known);
        known.filter(|known| !excluded.contains(known.commit.as_str())).cloned().collect()
    }

    /// The commits that a command of Git prints of the rest of a chain, without those that `until` has.
    fn listed(
        &self,
        command: &[&str],
        Rest { newest, excluded }: &Rest,
        until: Option<&str>,
        paths: &[&str],
    ) -> Result<Vec<Published>, Diagnostic> {
        let excluded = excluded.iter().map(String::as_str).chain(until);
        let excluded: Vec<String> = excluded.map(|commit| format!("^{commit}")).collect();
        let excluded: Vec<&str> = excluded.iter().map(String::as_str).collect();
        let args = [&["--literal-pathspecs"], command, &["--first-parent", newest], &excluded, &["--"], paths].concat();
        let listed = stdout(run(self.root, &args, b"")?)?;
        Ok(String::from_utf8_lossy(&listed).lines().filter_map(Published::read).collect())
    }
}

impl Chain {
    fn of(newest: &str) -> Self {
        Chain { newest: newest.to_owned(), known: Vec::new(), rest: None }
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
