//! `pleach init`: a workspace to start from, and pipelines for it.

use super::Outcome;
use super::screen::report_text;
use super::workspace::Workspace;
use crate::diagnostic::Result;
use crate::disk;
use crate::edit::{self, SpecFiles};
use crate::scaffold::{self, ci, ci::CiSystem};
use crate::spec;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};

/// Write a workspace to start from
///
/// The sample is a complete system: an nginx front end, a Python back end, secrets by reference, a host for every branch, a shared database, blue/green slots. Existing files are not overwritten. If base/ or overlays/ has manifests already, only a spec for them is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach init
  pleach init environments && cd environments && pleach build
  pleach init --ci jenkins        only the pipelines, if branches.yaml exists
  pleach init --new-id            after a repository was copied: the copy gets an id of its own

Exit status: 0 success, 2 a file exists already, 4 I/O error")]
pub(super) struct InitArgs {
    /// The folder to write to
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) folder: PathBuf,
    /// Also write pipelines: one for the repository of the environments, one for the repository of the application
    #[arg(long, value_name = "SYSTEM", value_parser = ci_system())]
    ci: Option<CiSystem>,
    /// Only write a new `id` to the spec, for a copied repository: DNS names of the original then belong to another owner
    #[arg(long, conflicts_with = "ci")]
    pub(super) new_id: bool,
}

fn ci_system() -> impl TypedValueParser<Value = CiSystem> {
    const SYSTEMS: [(&str, &str, CiSystem); 3] = [
        ("github", "GitHub Actions", CiSystem::GitHub),
        ("gitlab", "GitLab CI", CiSystem::GitLab),
        ("jenkins", "Jenkins, declarative", CiSystem::Jenkins),
    ];
    PossibleValuesParser::new(SYSTEMS.map(|(name, help, _)| PossibleValue::new(name).help(help))).map(|name| {
        let known = SYSTEMS.into_iter().find(|(known, ..)| *known == name);
        known.expect("clap accepts these names only").2
    })
}

pub(super) fn run(args: &InitArgs, here: &Path) -> Result<Outcome> {
    let path = here.join(&args.folder);
    // With `--ci` in an existing workspace, only the pipelines are written.
    let is_workspace = args.ci.is_some() && path.join(disk::SPEC).is_file();
    let is_manifest = |path: &str| path.starts_with("base/") || path.starts_with("overlays/");
    let manifests: Vec<_> = scaffold::FILES.iter().copied().filter(|(path, _)| is_manifest(path)).collect();
    let has_manifests = disk::has_others(&path, &manifests);
    let name = disk::resolve(&path).ok().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let id = existing_id(&path).unwrap_or_else(scaffold::id::draw);
    let sample_or_small =
        if has_manifests { scaffold::spec(name.as_deref().unwrap_or_default()) } else { scaffold::SPEC.to_owned() };
    let spec = edit::with_id(&sample_or_small, &id)?;
    let pipelines = args.ci.map(ci::files).into_iter().flatten();
    let attributes = other_attributes(&path);
    let own = |(path, text): &(&'static str, &'static str)| match *path {
        path if path == scaffold::ATTRIBUTES.0 && attributes.is_some() => None,
        disk::SPEC => Some((*path, spec.as_str())),
        _ if !has_manifests => Some((*path, *text)),
        path => (!is_manifest(path)).then_some((path, *text)),
    };
    let sample = scaffold::FILES.iter().filter(|_| !is_workspace);
    let workspace: Vec<(&str, &str)> = sample.filter_map(own).collect();
    let files: Vec<(&str, &str)> = workspace.iter().copied().chain(pipelines.clone()).collect();
    disk::start(&path, &args.folder, &files)?;

    if !is_workspace {
        report_text(&summary(&args.folder, &workspace, has_manifests))?;
        if attributes.is_some_and(|existing| lacks_attributes(&existing)) {
            let (name, lines) = scaffold::ATTRIBUTES;
            report_text(&format!("`{name}` stays as it is; add these lines to it:\n\n{lines}"))?;
        }
    }
    let paths: Vec<&str> = pipelines.map(|(path, _)| path).collect();
    if !paths.is_empty() {
        report_text(&format!("wrote {}\n", paths.join(", ")))?;
    }
    Ok(Outcome::Done)
}

/// Writes a new id to the spec of a workspace.
pub(super) fn new_id(workspace: &Workspace) -> Result<Outcome> {
    let mut files = SpecFiles::open(&workspace.project)?;
    let id = scaffold::id::draw();
    files.set_id(&id)?;
    spec::read(&files.project())?;
    for (file, text) in files.into_changed() {
        disk::put(&workspace.root.join(file.as_str()), text.as_deref())?;
    }
    report_text(&format!("wrote `id: {id}` to `{}`; next: `pleach build`\n", disk::SPEC))?;
    Ok(Outcome::Done)
}

/// The id of a spec that exists already.
fn existing_id(folder: &Path) -> Option<String> {
    let text = disk::load(&folder.join(disk::SPEC)).ok()?;
    spec::id(&text)
}

/// The `.gitattributes` of a folder that has another one than the sample. It stays.
fn other_attributes(folder: &Path) -> Option<String> {
    let (name, lines) = scaffold::ATTRIBUTES;
    disk::load(&folder.join(name)).ok().filter(|existing| existing != lines)
}

/// Whether a `.gitattributes` lacks a line of the sample.
fn lacks_attributes(existing: &str) -> bool {
    let is_missing = |line: &str| !line.starts_with('#') && !existing.lines().any(|existing| existing == line);
    scaffold::ATTRIBUTES.1.lines().any(is_missing)
}

/// What was written, and the next command.
fn summary(folder: &Path, files: &[(&str, &str)], has_manifests: bool) -> String {
    let folder = folder.display().to_string();
    let next = if folder == "." { "pleach build".to_owned() } else { format!("cd {folder} && pleach build") };
    let names = ["branches.yaml", "branches.d/", "base/", "overlays/", "schema/", scaffold::ATTRIBUTES.0];
    let is_written = |name: &&str| files.iter().any(|(path, _)| path.starts_with(*name));
    let written: Vec<&str> = names.into_iter().filter(is_written).collect();
    let kept = if has_manifests { "; base/ and overlays/ stay as they are" } else { "" };
    format!("wrote {} files: {}{kept}; next: `{next}`\n", files.len(), written.join(", "))
}
