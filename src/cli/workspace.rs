//! The workspace that a command works in.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::disk::{self, OutputDir};
use crate::source::{FolderPath, Project, RelPath, is_git_folder};
use crate::spec::{self, Spec};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for another run that writes to the same workspace.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// The path in the project of an output folder that is outside of the workspace. No file can have this name.
const OUTSIDE: &str = "\0";

/// A workspace on the disk.
pub(super) struct Workspace {
    /// The files, by their path in the workspace.
    pub(super) project: Project,
    /// The path of the folder, without links.
    pub(super) root: PathBuf,
    /// A folder outside of the workspace whose files the project has.
    outside: Option<PathBuf>,
}

impl Workspace {
    /// The workspace in the folder `here` or in a folder above it.
    pub(super) fn around(here: &Path) -> Result<Self> {
        let root = disk::workspace(here).ok_or_else(|| {
            Diagnostic::new(Code::Usage, format!("no `{}` in this folder or in a folder above", disk::SPEC))
                .help("`pleach init` writes a workspace, `-C DIR` works in another folder")
        })?;
        Ok(Workspace { project: disk::project(root, here), root: root.to_owned(), outside: None })
    }

    /// The same workspace. Its project has the files of the output too, also those of an output folder outside. `named` is the
    /// output folder that the command line names.
    pub(super) fn with_output(self, named: Option<&Path>, here: &Path) -> Self {
        let folder = match named {
            Some(named) => self::named(named, here),
            // An error in the spec is reported by the command.
            None => match spec::read(&self.project) {
                Ok(spec) => self.folder(&spec.output),
                Err(_) => return self,
            },
        };
        if disk::below(&self.root, folder.path()).is_some() {
            return self;
        }
        let files = disk::project(folder.path(), folder.path());
        let project = self.project.with_outside(outside(), files, folder.show(&RelPath::root()));
        Workspace { project, outside: Some(folder.path().to_owned()), ..self }
    }

    /// The same workspace, also with the files of the folders that the command line names, of which one may be outside; without any,
    /// with those of the output.
    #[cfg(feature = "apply")]
    pub(super) fn with_folders(self, named: &[PathBuf], here: &Path) -> Self {
        let is_outside = |folder: &&PathBuf| disk::below(&self.root, self::named(folder, here).path()).is_none();
        match (named.iter().find(is_outside), named.is_empty()) {
            (None, false) => self,
            (outside, _) => self.with_output(outside.map(PathBuf::as_path), here),
        }
    }

    /// The path in the project of a folder of the disk. `None` if the project does not have it.
    pub(super) fn path_of(&self, folder: &Path) -> Option<RelPath> {
        let below_outside = |outside: &PathBuf| self::outside().join(disk::below(outside, folder)?.as_str());
        disk::below(&self.root, folder).or_else(|| self.outside.as_ref().and_then(below_outside))
    }

    /// The output folder: `named` by the command line, else by the spec.
    pub(super) fn output(&self, spec: &Spec, named: Option<&Path>, here: &Path) -> Result<OutputDir> {
        let output = self.output_folder(&spec.output, named, here);
        let shown = output.show(&RelPath::root());
        let refuse = |why: String| {
            let help = "use a separate folder for the output, such as `out`";
            Err(Diagnostic::new(Code::Usage, format!("the output folder `{shown}` {why}")).help(help).into())
        };
        // Links are resolved here, so the checks of the spec are not enough.
        if output.path().components().any(|part| part.as_os_str().to_str().is_some_and(is_git_folder)) {
            return refuse("is in a folder that belongs to Git".to_owned());
        }
        let link = match named {
            Some(named) => disk::first_link(here, named, |path| path.starts_with(&self.root)),
            None => disk::first_link(&self.root, Path::new(&spec.output.to_string()), |_| true),
        };
        // A link can come from a pull request. What `--output` names outside of the workspace is the user's choice.
        if let Some(link) = link {
            let inside = disk::below(&self.root, &link).map(|link| self.project.show(&link));
            let link = inside.unwrap_or_else(|| link.display().to_string());
            return refuse(format!("is reached through the link `{link}`"));
        }
        if self.root.starts_with(output.path()) {
            return refuse("contains the workspace".to_owned());
        }
        if let Some(file) = output.path().ancestors().find(|path| path.exists()).filter(|path| !path.is_dir()) {
            let is_output = file == output.path();
            return refuse(if is_output {
                "is a file".to_owned()
            } else {
                format!("is below the file `{}`", file.display())
            });
        }
        match disk::below(&self.root, output.path()).and_then(|inside| spec.overlapped_input(&inside)) {
            Some(input) => refuse(format!("and the input `{}` overlap", self.project.show(&input))),
            None => Ok(output),
        }
    }

    /// Refuses a report in place of the spec, in a folder of inputs, or in the output folder.
    pub(super) fn check_report(&self, file: &Path, here: &Path, spec: &Spec, output: &OutputDir) -> Result<()> {
        let path = disk::resolve_new(&here.join(file));
        let is_input = |inside: &RelPath| inside.as_str() == disk::SPEC || spec.overlapped_input(inside).is_some();
        let what = if path.starts_with(output.path()) {
            "in the output folder"
        } else if disk::below(&self.root, &path).is_some_and(|inside| is_input(&inside)) {
            "an input of the build"
        } else {
            return Ok(());
        };
        Err(refused_report(file, what))
    }

    /// The same for a spec that cannot be read: the folders are those of a spec without settings.
    pub(super) fn check_report_without_spec(&self, file: &Path, here: &Path) -> Result<()> {
        let path = disk::resolve_new(&here.join(file));
        let first = disk::below(&self.root, &path).and_then(|inside| inside.parts().next().map(str::to_owned));
        match first.as_deref() {
            Some(spec::OUTPUT) => Err(refused_report(file, "in the output folder")),
            Some(disk::SPEC | spec::FOLDER | spec::BASE | spec::OVERLAYS) => {
                Err(refused_report(file, "an input of the build"))
            }
            _ => Ok(()),
        }
    }

    /// The output folder, which may not be a valid one: `named` by the command line, else `path` of the spec.
    pub(super) fn output_folder(&self, path: &FolderPath, named: Option<&Path>, here: &Path) -> OutputDir {
        named.map_or_else(|| self.folder(path), |named| self::named(named, here))
    }

    /// The folder at a path relative to the workspace.
    pub(super) fn folder(&self, path: &FolderPath) -> OutputDir {
        let shown = match (path.inside(), self.project.show(&RelPath::root()).as_str()) {
            (Some(inside), _) => self.project.show(inside),
            (None, ".") => path.to_string(),
            (None, root) => format!("{root}/{path}"),
        };
        OutputDir::new(disk::resolve_new(&self.root.join(path.to_string())), shown)
    }
}

fn refused_report(file: &Path, what: &str) -> Diagnostics {
    let message = format!("the report `{}` is {what}", file.display());
    Diagnostic::new(Code::Usage, message).help("write it to another file, such as `comment.md`").into()
}

/// A folder that the command line names.
fn named(folder: &Path, here: &Path) -> OutputDir {
    let shown = folder.display().to_string();
    let shown = match shown.trim_end_matches('/') {
        "" => shown.as_str(),
        trimmed => trimmed,
    };
    OutputDir::new(disk::resolve_new(&here.join(folder)), shown)
}

fn outside() -> RelPath {
    RelPath::new(OUTSIDE).expect("a name is a relative path")
}
