//! `pleach diff`: what a build would change.

use super::Outcome;
use super::args::{self, DiffFormat};
use super::progress::watched;
use super::screen::{Screen, report};
use super::workspace::Workspace;
use crate::diff::{self, text::Paint};
use crate::disk::{self, Output};
use crate::emit::lock::{self, Lock};
use crate::error::Result;
use crate::git;
use crate::pipeline::{self, Built, Part};
use crate::tree::{LOCK, Tree, slug_of};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn run(args: &args::Diff, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    let built = watched(screen, |progress| pipeline::build(&workspace.project, &Part::All, progress))?.whole()?;
    let before = lock::owned(base(args, workspace, here, &built)?, &built.tree);
    let mut names: BTreeMap<String, String> = raw_names(&before);
    names.extend(built.plan.branches.iter().map(|branch| (branch.slug.to_string(), branch.name.to_string())));
    let name = |slug: &str| names.get(slug).map_or(slug, String::as_str).to_owned();
    let branches = diff::compare(&before, &built.tree, built.spec.output.as_str(), name);

    let rendered = match args.format {
        DiffFormat::Text if args.output.is_none() && screen.paints_reports() => {
            diff::text::render(&branches, Paint::Colours)
        }
        DiffFormat::Text => diff::text::render(&branches, Paint::Plain),
        DiffFormat::Summary => diff::summary::render(&branches),
        DiffFormat::Markdown => diff::markdown::render(&branches),
        DiffFormat::Json => diff::json::render(&branches),
    };
    screen.warn(&built.warnings, &workspace.project);
    match &args.output {
        None => report(&rendered)?,
        Some(file) => disk::save(&here.join(file), &rendered)?,
    }
    Ok(if branches.is_empty() { Outcome::Done } else { Outcome::Differs })
}

/// What to compare with.
fn base(args: &args::Diff, workspace: &Workspace, here: &Path, built: &Built) -> Result<Tree> {
    let Some(base) = &args.base else { return workspace.output(&built.spec.output).read() };
    let folder = here.join(base);
    if !folder.is_dir() {
        return Ok(git::tree(&workspace.root, base, &built.spec.output)?);
    }
    let is_workspace = folder.join(disk::SPEC).is_file();
    let output = if is_workspace { folder.join(built.spec.output.as_str()) } else { folder };
    Output::new(output, base).read()
}

/// The names of branches by their slugs, as locks say.
fn raw_names(tree: &Tree) -> BTreeMap<String, String> {
    let locks = tree.iter().filter(|(path, _)| path.name() == LOCK);
    locks.filter_map(|(path, text)| Some((slug_of(path).to_owned(), Lock::read(text)?.branch))).collect()
}
