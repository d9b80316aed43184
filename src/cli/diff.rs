//! `pleach diff`: what a build would change.

use super::Outcome;
use super::args::{self, DiffFormat};
use super::base::{base, named, settle};
use super::progress::watched;
use super::screen::{Screen, report};
use super::workspace::Workspace;
use crate::diagnostic::Result;
use crate::diff::{self, Known, text::Paint};
use crate::disk;
use crate::disk::claim::{is_shared, says_so};
use crate::dns::change::ZoneChange;
use crate::emit::lock::{self, Lock};
use crate::pipeline::{self, Part};
use crate::source::RelPath;
use crate::teardown::TeardownPlan;
use crate::tree::{DNS, LOCK, TEARDOWN, Tree, slug_of};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &args::Diff, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    let planned = pipeline::plan(&workspace.project)?;
    let output = workspace.output(&planned.0.output);
    let before = match &args.base {
        None => output.read(&[RelPath::root()], |_| true)?,
        Some(base) => named(base, workspace, here, &planned.0.output)?,
    };
    let base = base(args.base.as_deref(), workspace, here, &planned, &Part::All)?;
    let built = |progress: &_| pipeline::build(&workspace.project, planned, &base, &Part::All, progress);
    let mut built = watched(screen, built)?.whole()?;
    settle(&mut built, &output);
    let before = owned(before, &built.tree);
    let now: BTreeMap<&str, &str> = built.plan.branches.iter().map(|b| (b.slug.as_str(), b.name.as_str())).collect();
    let then = raw_names(&before, |slug| !now.contains_key(slug));
    let known = |slug: &str| {
        let name = now.get(slug).copied().or_else(|| then.get(slug).map(String::as_str)).unwrap_or(slug);
        // What is of no branch lives as long as its file is written.
        let is_written = || RelPath::new(slug).is_some_and(|path| built.tree.get(&path).is_some());
        Known { name: name.to_owned(), lives: now.contains_key(slug) || is_written() }
    };
    let branches = diff::compare(&before, &built.tree, built.spec.output.as_str(), known);

    let rendered = match args.format {
        DiffFormat::Text if args.output.is_none() && screen.paints_reports() => {
            diff::text::render(&branches, Paint::Colours)
        }
        DiffFormat::Text => diff::text::render(&branches, Paint::Plain),
        DiffFormat::Summary => diff::summary::render(&branches),
        DiffFormat::Markdown => diff::markdown::render(&branches),
        DiffFormat::Json => diff::json::render(&branches),
    };
    built.warnings.extend(base.warnings);
    screen.warn(&built.warnings, &workspace.project);
    match &args.output {
        None => report(&rendered)?,
        Some(file) => disk::save(&here.join(file), &rendered)?,
    }
    Ok(if branches.is_empty() { Outcome::Done } else { Outcome::Differs })
}

/// Those of `files` that are pleach's.
fn owned(files: Tree, tree: &Tree) -> Tree {
    let (claimed, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| is_shared(&path.parent()));
    let mut owned = lock::owned(others.into_iter().collect(), tree);
    owned.extend(claimed.into_iter().filter(|(path, text)| tree.get(path).is_some() || says_so(path, text)));
    owned
}

/// The names of branches by those slugs that are `wanted`, as locks, zone change files and plans say.
fn raw_names(tree: &Tree, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let name = |(path, text): (&RelPath, &Arc<str>)| {
        if !wanted(slug_of(path)) {
            return None;
        }
        let name = match path.name() {
            LOCK => Lock::read(text)?.branch,
            _ if path.parts().next() == Some(DNS) => ZoneChange::parse(text).ok()?.branch.into(),
            _ if path.parts().next() == Some(TEARDOWN) => TeardownPlan::parse(text).ok()?.branch.into(),
            _ => return None,
        };
        Some((slug_of(path).to_owned(), name))
    };
    tree.iter().filter_map(name).collect()
}
