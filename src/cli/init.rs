//! `pleach init`: a workspace to start from, and pipelines for it.

use super::Outcome;
use super::screen::report;
use crate::diagnostic::Result;
use crate::disk;
use crate::scaffold::{self, ci, ci::CiSystem};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};

/// Write a workspace to start from
///
/// The sample is a complete system: an nginx front end, a Python back end, secrets by reference, a host for every branch, a shared database, blue/green slots. Existing files are not overwritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach init
  pleach init environments && cd environments && pleach build
  pleach init --ci jenkins        only the pipelines, if branches.yaml exists

Exit status: 0 success, 2 a file exists already, 4 I/O error")]
pub(super) struct InitArgs {
    /// The folder to write to
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Also write pipelines: one for the repository of the environments, one for the repository of the application
    #[arg(long, value_name = "SYSTEM", value_parser = ci_system())]
    ci: Option<CiSystem>,
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
    let pipelines = args.ci.map(|ci| ci::files(ci)).into_iter().flatten();
    // With `--ci` in an existing workspace, only the pipelines are written.
    let is_workspace = args.ci.is_some() && path.join(disk::SPEC).is_file();
    let sample = scaffold::FILES.iter().copied().filter(|_| !is_workspace);
    let files: Vec<(&str, &str)> = sample.chain(pipelines.clone()).collect();
    disk::start(&path, &args.folder, &files)?;

    if !is_workspace {
        let folder = args.folder.display().to_string();
        let next = if folder == "." { "pleach build".to_owned() } else { format!("cd {folder} && pleach build") };
        let count = scaffold::FILES.len();
        report(&format!(
            "wrote {count} files: branches.yaml, branches.d/, base/, overlays/, schema/; next: `{next}`\n"
        ))?;
    }
    let paths: Vec<&str> = pipelines.map(|(path, _)| path).collect();
    if !paths.is_empty() {
        report(&format!("wrote {}\n", paths.join(", ")))?;
    }
    Ok(Outcome::Done)
}
