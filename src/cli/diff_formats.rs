//! The formats of `pleach diff`.

use super::report_formats::ReportTarget;
use super::repository_paths::RepositoryPaths;
use super::screen::Screen;
use super::workspace::Workspace;
use crate::diff::markdown::SMALLEST_LIMIT;
use crate::diff::text::Paint;
use crate::diff::{self, Diff, FileLines};
use crate::report::{self, Report};
use crate::source::RelPath;
use crate::spec;
use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// What matters first, then the change groups
    Text,
    /// What matters first, then one line per branch
    Summary,
    /// What matters first, then folded change groups, for a comment on a pull request
    Markdown,
    /// The same for the job summary of GitHub, up to its size limit
    GithubSummary,
    /// All of it as JSON
    Json,
    /// A unified diff of files, for `git apply`
    Patch,
    /// Annotations of GitHub Actions, at most 10 of each kind
    Github,
    /// A Code Quality report of GitLab
    GitlabCodequality,
    /// The number of environments to create, update and delete, for the merge request widget of GitLab
    GitlabTerraform,
    /// Test results as JUnit XML
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// The largest comments of forges, in characters.
const FORGES: [(&str, usize); 4] =
    [("github", 65_536), ("gitlab", 1_000_000), ("bitbucket", 32_768), ("azure", 150_000)];
/// GitHub drops a job summary of more bytes.
const SUMMARY_LIMIT: usize = 1024 * 1024;

/// Reads the name of a forge or a number of bytes.
pub(super) fn size_limit(text: &str) -> Result<usize, String> {
    if let Some((_, limit)) = FORGES.iter().find(|(name, _)| *name == text) {
        return Ok(*limit);
    }
    text.parse().ok().filter(|limit| *limit >= SMALLEST_LIMIT).ok_or_else(|| {
        let names: Vec<String> = FORGES.iter().map(|(name, _)| format!("`{name}`")).collect();
        format!("the limit is {} or a number of bytes from {SMALLEST_LIMIT}", names.join(", "))
    })
}

impl DiffFormat {
    /// What it needs of the lines of files.
    pub(super) fn lines(self) -> FileLines {
        match self {
            DiffFormat::Json => FileLines::Counted,
            DiffFormat::Patch => FileLines::Shown,
            _ => FileLines::Ignored,
        }
    }

    /// Whether the options of Markdown have an effect.
    pub(super) fn is_markdown(self) -> bool {
        matches!(self, DiffFormat::Markdown | DiffFormat::GithubSummary)
    }
}

/// How reports are written.
pub(super) struct DiffOptions<'w> {
    pub(super) workspace: &'w Workspace,
    pub(super) screen: Screen,
    /// The size limit of Markdown.
    pub(super) limit: Option<usize>,
    /// Whether Markdown is empty if nothing differs.
    pub(super) skip_unchanged: bool,
}

impl DiffOptions<'_> {
    /// The report for a target.
    pub(super) fn render(&self, diff: &Diff, target: &ReportTarget<DiffFormat>) -> String {
        let is_coloured = target.is_standard_output() && self.screen.colours_reports();
        match target.format() {
            DiffFormat::Text => diff::text::render(diff, if is_coloured { Paint::Colours } else { Paint::Plain }),
            DiffFormat::Summary => diff::summary::render(diff),
            format if format.is_markdown() && self.skip_unchanged && diff.is_empty() => String::new(),
            DiffFormat::Markdown => diff::markdown::render(diff, self.limit.unwrap_or(FORGES[0].1)),
            DiffFormat::GithubSummary => diff::markdown::render(diff, self.limit.unwrap_or(SUMMARY_LIMIT)),
            DiffFormat::Json => diff::json::render(diff),
            DiffFormat::Patch => diff::patch::render(diff),
            DiffFormat::GitlabTerraform => diff::summary::terraform(diff),
            DiffFormat::Github => report::github::render(&self.report(diff)),
            DiffFormat::GitlabCodequality => report::gitlab_codequality::render(&self.report(diff)),
            DiffFormat::Junit => report::junit::render(&self.report(diff)),
            DiffFormat::Sarif => report::sarif::render(&self.report(diff)),
        }
    }

    fn report(&self, diff: &Diff) -> Report {
        let paths = RepositoryPaths::of(self.workspace);
        let path = |file: &str| RelPath::new(file).map_or_else(|| file.to_owned(), |file| paths.input(&file));
        let spec = RelPath::new(spec::FILE).expect("a name is a relative path");
        Report::new("diff", "the environments do not change", paths.input(&spec), diff.items(path))
    }
}
