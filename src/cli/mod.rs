//! Arguments, reports, exit status.

mod args;
mod base;
mod branch;
mod branch_usage;
mod build;
mod carried_out;
mod check;
mod check_report;
mod diff;
mod diff_formats;
#[cfg(feature = "apply")]
mod dns;
mod guards;
mod init;
mod kustomize;
mod merge_sides;
mod previous;
mod progress;
mod pruned_records;
mod record_differences;
mod record_file;
mod removals;
mod renamed_project;
mod report_formats;
mod repository_paths;
mod screen;
mod session;
mod teardown;
mod usage;
mod workspace;
mod workspace_history;

use args::{Command, GlobalArgs};
use screen::{Screen, report};
use workspace::Workspace;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::disk;
use crate::schema;
use crate::source::Project;
use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The result of a run that no error stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Exit status 0.
    Done,
    /// Exit status 1.
    Differs,
}

/// Runs `pleach` with the arguments of a command line, the program's own name first, and returns the exit status.
pub fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let words: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let args = match GlobalArgs::try_parse_from(&words) {
        Ok(args) => args,
        Err(error) => return usage_error(&error, &words),
    };
    let screen = Screen::new(args.color, args.message_format);
    match working_folder(&args).and_then(|here| dispatch(&args, &here, screen)) {
        Ok(status) => status,
        Err(errors) => screen.fail(&errors, &Project::in_memory([("", ""); 0])),
    }
}

/// The command line as clap knows it: for completions, and for the reference in the documentation.
pub(crate) fn command() -> clap::Command {
    GlobalArgs::command()
}

/// Prints an error of clap as a diagnostic, or the help or the version, and returns the exit status.
fn usage_error(error: &clap::Error, words: &[OsString]) -> u8 {
    let is_help = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if error.use_stderr() && !is_help {
        let format = args::typed_format(words).unwrap_or_default();
        let error = usage::diagnostic(error);
        return Screen::new(screen::Color::Auto, format).fail(&error.into(), &Project::in_memory([("", ""); 0]));
    }
    // A help text that cannot be printed is not an error.
    let _ = error.print();
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// Runs a command. An error means that it could not start.
fn dispatch(args: &GlobalArgs, here: &Path, screen: Screen) -> Result<u8> {
    let in_workspace = |run: &dyn Fn(&Workspace) -> Result<Outcome>| {
        let workspace = Workspace::around(here)?;
        Ok(exit_status(run(&workspace), &workspace.project, screen))
    };
    match &args.command {
        Command::Build(args) => in_workspace(&|workspace| build::run(args, workspace, here, screen)),
        Command::Check(check) => in_workspace(&|workspace| check::run(check, workspace, here, &program(args), screen)),
        Command::Diff(args) => in_workspace(&|workspace| diff::run(args, workspace, here, screen)),
        Command::Branch(args) => in_workspace(&|workspace| branch::run(args, workspace, here, screen)),
        Command::Teardown(args) => {
            let workspace = Workspace::around(here)?.with_output(args.output(), here);
            Ok(exit_status(teardown::run(args, &workspace, here, screen), &workspace.project, screen))
        }
        Command::Init(args) if args.new_id => {
            let workspace = Workspace::around(&disk::resolve(&here.join(&args.folder))?)?;
            Ok(exit_status(init::new_id(&workspace), &workspace.project, screen))
        }
        Command::Init(args) => init::run(args, here).map(|_| 0),
        Command::Schema => report(schema::branches::TEXT).map(|()| 0),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut command(), "pleach", &mut script);
            report(&String::from_utf8_lossy(&script)).map(|()| 0)
        }
        #[cfg(feature = "apply")]
        Command::Dns(args) => {
            let workspace = Workspace::around(here)?.with_folders(args.folders(), here);
            let done = dns::run(args, &workspace, here, screen);
            Ok(done.unwrap_or_else(|errors| screen.fail(&errors, &workspace.project)))
        }
        Command::Kustomize(args) => {
            let root = Path::new("/");
            let folder = disk::resolve(&here.join(&args.folder))?;
            let folder = disk::below(root, &folder).ok_or_else(|| not_utf8(&folder))?;
            let project = disk::project(root, here);
            Ok(exit_status(kustomize::run(args, &project, &folder, here, screen), &project, screen))
        }
    }
}

/// The exit status of a command. Its errors are reported.
fn exit_status(done: Result<Outcome>, project: &Project, screen: Screen) -> u8 {
    match done {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Differs) => 1,
        Err(errors) => screen.fail(&errors, project),
    }
}

/// The folder to work in, without links.
fn working_folder(args: &GlobalArgs) -> Result<PathBuf, Diagnostics> {
    Ok(disk::resolve(args.workspace.as_deref().unwrap_or(Path::new(".")))?)
}

/// The words before the command in a suggested command line.
fn program(args: &GlobalArgs) -> String {
    args.workspace.as_ref().map_or_else(|| "pleach".to_owned(), |folder| format!("pleach -C {}", folder.display()))
}

fn not_utf8(path: &Path) -> Diagnostic {
    Diagnostic::new(Code::Usage, format!("the path `{}` is not UTF-8", path.display()))
}
