//! `pleach init`: a workspace to start from.

use super::Outcome;
use super::args;
use super::screen::report;
use crate::disk;
use crate::error::Result;
use crate::scaffold;
use std::path::Path;

pub(super) fn run(args: &args::Init, here: &Path) -> Result<Outcome> {
    disk::start(&here.join(&args.folder), &args.folder, scaffold::FILES)?;
    let folder = args.folder.display().to_string();
    let next = if folder == "." { "pleach build".to_owned() } else { format!("cd {folder} && pleach build") };
    report(&format!(
        "wrote {} files: branches.yaml, base/, overlays/, schema/; next: `{next}`\n",
        scaffold::FILES.len()
    ))?;
    Ok(Outcome::Done)
}
