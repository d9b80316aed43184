//! Arguments, reports, exit status.

mod args;
mod kustomize;
mod screen;

use args::{Args, Command};
use screen::Screen;

use crate::disk;
use crate::error::{Error, Errors, Kind, Result};
use crate::source::Project;
use clap::Parser;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How a run ended that nothing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Exit status 0.
    Done,
}

/// Runs `pleach` with the arguments of a command line, the program's own name first, and returns the exit status.
pub fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(said) => {
            // Help that cannot be printed is not worth a complaint.
            let _ = said.print();
            return u8::try_from(said.exit_code()).unwrap_or(2);
        }
    };
    let screen = Screen::new(args.color, args.message_format);
    match start(&args).and_then(|here| dispatch(&args, &here, screen)) {
        Ok(status) => status,
        Err(errors) => screen.fail(&errors, &Project::in_memory([("", ""); 0])),
    }
}

/// The exit status of a command, or what kept it from starting.
fn dispatch(args: &Args, here: &Path, screen: Screen) -> Result<u8> {
    match &args.command {
        Command::Kustomize(args) => {
            let root = Path::new("/");
            let folder = disk::resolve(&here.join(&args.folder))?;
            let folder = disk::below(root, &folder).ok_or_else(|| not_utf8(&folder))?;
            let project = disk::project(root, here);
            Ok(judge(kustomize::run(args, &project, &folder, screen), &project, screen))
        }
    }
}

/// The exit status of what a command did; complaints are shown.
fn judge(done: Result<Outcome>, project: &Project, screen: Screen) -> u8 {
    match done {
        Ok(Outcome::Done) => 0,
        Err(errors) => screen.fail(&errors, project),
    }
}

/// The folder to work in, without links.
fn start(args: &Args) -> Result<PathBuf, Errors> {
    Ok(disk::resolve(args.workspace.as_deref().unwrap_or(Path::new(".")))?)
}

fn not_utf8(path: &Path) -> Error {
    Error::new(Kind::Usage, format!("the path `{}` is not UTF-8", path.display()))
}
