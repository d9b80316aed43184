//! What `check` has found, in each of its formats.

use super::Outcome;
use super::report_formats::ReportTarget;
use super::repository_paths::RepositoryPaths;
use super::screen::secret_values;
use super::workspace::Workspace;
use crate::argument::shell_word;
use crate::diagnostic::{self, Diagnostic, Diagnostics, Severity, short};
use crate::disk::{Comparison, Difference, FolderComparison, OutputDir};
use crate::report::{self, ItemLevel, ItemLocation, Report, ReportItem, Rule};
use crate::source::RelPath;
use crate::spec;
use crate::visible::{visible, visible_lines};
use clap::ValueEnum;
use std::cell::OnceCell;
use std::fmt::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// The files, and the command that fixes them
    Text,
    /// All that was found, as JSON
    Json,
    /// Annotations of GitHub Actions, at most 10 of each kind
    Github,
    /// A Code Quality report of GitLab
    GitlabCodequality,
    /// Test results as JUnit XML
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// The kind of a JSON report.
const KIND: &str = "Check";

/// At most this many files are named in a command.
const NAMED: usize = 3;

/// The result of a check.
pub(super) struct CheckReport<'w> {
    workspace: &'w Workspace,
    result: CheckResult,
    /// The text, if the build did not fail.
    text: String,
    /// The files that differ.
    items: Vec<ReportItem>,
    /// The errors, or the warnings.
    diagnostics: (Severity, Vec<Diagnostic>),
    report: OnceCell<Report>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CheckResult {
    UpToDate,
    Differs,
    Failed,
}

impl CheckResult {
    /// The word for it in JSON.
    fn word(self) -> &'static str {
        match self {
            CheckResult::UpToDate => "upToDate",
            CheckResult::Differs => "differs",
            CheckResult::Failed => "failed",
        }
    }
}

/// How a file differs from what a build writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileState {
    Missing,
    Modified,
    Mode,
    Stale,
    Leftover,
    Unmanaged,
}

/// A file that differs.
pub(super) struct DifferingFile {
    state: FileState,
    /// As messages show it.
    shown: String,
    /// Its path in the repository.
    path: String,
}

/// What to run for files that differ.
pub(super) struct Fixes<'a> {
    /// How the user runs pleach in the workspace.
    pub(super) command: &'a str,
    /// The sentence about a pruned output, if it is one.
    pub(super) pruned: Option<String>,
}

impl<'w> CheckReport<'w> {
    /// An output that is up to date, as `text` says.
    pub(super) fn passed(workspace: &'w Workspace, text: String, warnings: Vec<Diagnostic>) -> Self {
        let (result, items, diagnostics) = (CheckResult::UpToDate, Vec::new(), (Severity::Warning, warnings));
        CheckReport { workspace, result, text, items, diagnostics, report: OnceCell::new() }
    }

    /// An output with files that differ. `head` is the first line, if there is one.
    pub(super) fn differs(
        workspace: &'w Workspace,
        (head, files, fixes): (&str, &[DifferingFile], &Fixes),
        warnings: Vec<Diagnostic>,
    ) -> Self {
        CheckReport {
            result: CheckResult::Differs,
            text: head.to_owned() + &text(files, fixes),
            items: files.iter().map(|file| file.item(fixes)).collect(),
            ..Self::passed(workspace, String::new(), warnings)
        }
    }

    /// A build that fails.
    pub(super) fn failed(workspace: &'w Workspace, errors: &Diagnostics) -> Self {
        let diagnostics = (Severity::Error, errors.iter().cloned().collect());
        CheckReport { result: CheckResult::Failed, diagnostics, ..Self::passed(workspace, String::new(), Vec::new()) }
    }

    /// The outcome of the command, if the build did not fail.
    pub(super) fn outcome(&self) -> Outcome {
        if self.result == CheckResult::UpToDate { Outcome::Done } else { Outcome::Differs }
    }

    /// The report for a target.
    pub(super) fn render(&self, target: &ReportTarget<CheckFormat>) -> String {
        match target.format() {
            CheckFormat::Text if self.result == CheckResult::Failed => self.errors(target),
            CheckFormat::Text => visible_lines(&self.text).into_owned(),
            CheckFormat::Json => report::json::render(KIND, self.result.word(), self.report()),
            CheckFormat::Github => report::github::render(self.report()),
            CheckFormat::GitlabCodequality => report::gitlab_codequality::render(self.report()),
            CheckFormat::Junit => report::junit::render(self.report()),
            CheckFormat::Sarif => report::sarif::render(self.report()),
        }
    }

    /// The errors as text: in a file only, because they are on standard error.
    fn errors(&self, target: &ReportTarget<CheckFormat>) -> String {
        if target.is_standard_output() {
            return String::new();
        }
        self.shown().iter().map(|error| short::render(Severity::Error, error, &self.workspace.project)).collect()
    }

    /// The report for programs. It is made on demand, because finding the secret values takes time.
    fn report(&self) -> &Report {
        self.report.get_or_init(|| {
            let (project, paths) = (&self.workspace.project, RepositoryPaths::of(self.workspace));
            let path = |at| project.file_at(at).map(|file| paths.input(&file.path));
            let shown = self.shown();
            let diagnostics = shown.iter().map(|error| ReportItem::of_diagnostic(self.diagnostics.0, error, path));
            let spec = RelPath::new(spec::FILE).expect("a name is a relative path");
            let items = self.items.iter().cloned().chain(diagnostics).collect();
            Report::new("check", "the output is what a build writes", paths.input(&spec), items)
        })
    }

    /// The diagnostics as people see them: sorted, the same one of several branches once, without secret values.
    fn shown(&self) -> Vec<Diagnostic> {
        let project = &self.workspace.project;
        let sorted = diagnostic::sorted(&self.diagnostics.1, project);
        if sorted.is_empty() {
            return sorted;
        }
        let secrets = secret_values(project);
        sorted.iter().map(|error| secrets.redact(error, project)).collect()
    }
}

impl FileState {
    /// The word in the text.
    fn word(self) -> &'static str {
        match self {
            FileState::Missing => "missing",
            FileState::Modified => "modified",
            FileState::Mode => "mode",
            FileState::Stale => "stale",
            FileState::Leftover => "leftover",
            FileState::Unmanaged => "unmanaged",
        }
    }

    fn rule(self) -> Rule {
        let (id, title) = match self {
            FileState::Missing => ("missing-file", "a file that a build writes is missing"),
            FileState::Modified => ("modified-file", "a file is not what a build writes"),
            FileState::Mode => ("file-mode", "a file is executable"),
            FileState::Stale => ("stale-file", "a file that a build removes"),
            FileState::Leftover => ("leftover-file", "a temporary file of an interrupted build"),
            FileState::Unmanaged => ("unmanaged-file", "a file that pleach did not write"),
        };
        Rule { id: id.into(), title: title.into(), help: "docs/src/guides/ci.md, what check reports".into() }
    }

    /// What is wrong with a file, after its path.
    fn message(self) -> &'static str {
        match self {
            FileState::Missing => "is missing",
            FileState::Modified => "is not what a build writes",
            FileState::Mode => "is executable",
            FileState::Stale => "is stale: a build removes it",
            FileState::Leftover => "is a temporary file of an interrupted build, which the next build removes",
            FileState::Unmanaged => "is unmanaged: pleach did not write it",
        }
    }
}

impl DifferingFile {
    /// The files that differ, those that pleach owns first.
    pub(super) fn all(workspace: &Workspace, output: &OutputDir, comparison: &Comparison) -> Vec<Self> {
        let (mut files, mut unmanaged) = (Vec::new(), Vec::new());
        let paths = RepositoryPaths::of(workspace);
        for folder in &comparison.folders {
            let file = |state, name: &str| DifferingFile {
                state,
                shown: output.name(folder, name),
                path: path_in_repository(&paths, output, folder, name),
            };
            files.extend(folder.differing.iter().map(|(name, difference)| {
                let state = match difference {
                    Difference::Missing => FileState::Missing,
                    Difference::Modified => FileState::Modified,
                    Difference::Mode => FileState::Mode,
                };
                file(state, name)
            }));
            files.extend(folder.stale.iter().map(|name| file(FileState::Stale, name)));
            files.extend(folder.leftovers.iter().map(|name| file(FileState::Leftover, name)));
            let others = folder.unmanaged.iter().chain(&folder.taken);
            unmanaged.extend(others.map(|name| file(FileState::Unmanaged, name)));
        }
        files.extend(unmanaged);
        files
    }

    fn item(&self, fixes: &Fixes) -> ReportItem {
        let message = format!("`{}` {}", self.path, self.state.message());
        let help = match self.state {
            FileState::Unmanaged => "move it elsewhere, or remove it".to_owned(),
            _ => format!("run `{} build`, and commit what it writes", fixes.command),
        };
        let item = ReportItem::new(self.state.rule(), ItemLevel::Error, message)
            .at([ItemLocation::file(&self.path)])
            .help(help);
        match &fixes.pruned {
            Some(pruned) => item.help(pruned),
            None => item,
        }
    }
}

/// The path of a file of the output; as messages show it, if the output is not in the repository.
fn path_in_repository(paths: &RepositoryPaths, output: &OutputDir, folder: &FolderComparison, name: &str) -> String {
    let full = output.path().join(folder.path.as_str()).join(name);
    paths.file(&full).unwrap_or_else(|| output.name(folder, name))
}

/// One line per file, and what to run.
fn text(files: &[DifferingFile], fixes: &Fixes) -> String {
    let mut text = String::new();
    for file in files {
        let _ = writeln!(text, "{:<9}  {}", file.state.word(), visible(&file.shown));
    }
    let (unmanaged, owned): (Vec<&DifferingFile>, Vec<_>) =
        files.iter().partition(|file| file.state == FileState::Unmanaged);
    let count = |count: usize| if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
    if !owned.is_empty() {
        let _ = writeln!(text, "{} not what a build writes: run `{} build`", count(owned.len()), fixes.command);
    }
    if !unmanaged.is_empty() {
        let paths = unmanaged.iter().map(|file| file.shown.as_str()).filter(|path| visible(path) == *path);
        let paths: Vec<String> = paths.take(NAMED).map(shell_word).collect();
        let more = if unmanaged.len() > paths.len() { " …" } else { "" };
        let remove = if paths.is_empty() { "remove".to_owned() } else { format!("`rm {}{more}`", paths.join(" ")) };
        let _ = writeln!(text, "{} unmanaged: move or {remove}", count(unmanaged.len()));
    }
    if let Some(pruned) = &fixes.pruned {
        let _ = writeln!(text, "{pruned}");
    }
    text
}
