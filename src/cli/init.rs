//! `pleach init`: a workspace to start from, and pipelines for it.

use super::Outcome;
use super::args::{self, Ci};
use super::screen::report;
use crate::diagnostic::Result;
use crate::disk;
use crate::scaffold::{self, ci};
use std::path::Path;

pub(super) fn run(args: &args::Init, here: &Path) -> Result<Outcome> {
    let path = here.join(&args.folder);
    let pipelines = args.ci.map(|ci| ci::files(system(ci))).into_iter().flatten();
    // Who asks for pipelines in a workspace that is there asks for no other workspace.
    let is_workspace = args.ci.is_some() && path.join(disk::SPEC).is_file();
    let sample = scaffold::FILES.iter().copied().filter(|_| !is_workspace);
    let files: Vec<(&str, &str)> = sample.chain(pipelines.clone()).collect();
    disk::start(&path, &args.folder, &files)?;

    if !is_workspace {
        let folder = args.folder.display().to_string();
        let next = if folder == "." { "pleach build".to_owned() } else { format!("cd {folder} && pleach build") };
        let count = scaffold::FILES.len();
        report(&format!("wrote {count} files: branches.yaml, base/, overlays/, schema/; next: `{next}`\n"))?;
    }
    let paths: Vec<&str> = pipelines.map(|(path, _)| path).collect();
    if !paths.is_empty() {
        report(&format!("wrote {}\n", paths.join(", ")))?;
    }
    Ok(Outcome::Done)
}

fn system(ci: Ci) -> ci::System {
    match ci {
        Ci::GitHub => ci::System::GitHub,
        Ci::GitLab => ci::System::GitLab,
        Ci::Jenkins => ci::System::Jenkins,
    }
}
