//! What can be typed. Parsing says what was typed and nothing of what it means.

use crate::pipeline::Shard;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const STATUS: &str = "\
Exit status:
  0  done, or nothing to do
  1  differences (diff, check)
  2  mend your files or your command line
  3  refused by a safety limit, nothing was written
  4  the disk, or something remote";

/// The heading of options that every command takes.
const GLOBAL: &str = "Options of all commands";

/// One Kubernetes environment per git branch, generated offline.
///
/// pleach reads branches.yaml, base/ and overlays/ and writes a folder of Kubernetes YAML for every git branch to out/,
/// to be committed and applied by whatever applies YAML. It never talks to a cluster.
#[derive(Debug, Parser)]
#[command(name = "pleach", version, after_help = STATUS, max_term_width = 100)]
pub(super) struct Args {
    /// Work in DIR instead of the current folder
    #[arg(short = 'C', value_name = "DIR", global = true, help_heading = GLOBAL, display_order = 100)]
    pub(super) workspace: Option<PathBuf>,
    /// How complaints are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, global = true, help_heading = GLOBAL, display_order = 100)]
    pub(super) message_format: MessageFormat,
    /// When to use colours; the variable `NO_COLOR` turns `auto` off
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true, help_heading = GLOBAL, display_order = 100)]
    pub(super) color: Color,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum MessageFormat {
    /// The line in question with carets under it
    #[default]
    Human,
    /// A line each, for editors: path:line:column: error[kind]: message
    Short,
    /// A JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Build(Build),
    Check(Check),
    Diff(Diff),
    /// List, add, change and take out the branches of the spec
    #[command(subcommand)]
    Branch(Box<super::branch::BranchCommand>),
    #[cfg(feature = "apply")]
    Dns(super::dns::Dns),
    Teardown(Teardown),
    Kustomize(super::kustomize::KustomizeArgs),
    Init(Init),
    /// Print the JSON Schema of branches.yaml
    ///
    /// Editors with a YAML language server use it when the first line of branches.yaml names it:
    /// `# yaml-language-server: $schema=schema/branches.schema.json`
    #[command(after_help = "Example:\n  pleach schema > schema/branches.schema.json")]
    Schema,
    Completions(Completions),
}

/// Write out/: a folder of Kubernetes YAML for every branch
///
/// Files that are right already are not touched, folders of branches that are no more go, and a file that pleach did
/// not write is never deleted. A run that is interrupted leaves whole files; the next run does the rest.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach build
  pleach build --only feature/login
  pleach build --only 'feature/*' --only main
  pleach build --shard 2/4        the second of four jobs; together they are one build
  pleach build --prune            once what had to go is gone, in DNS and elsewhere
  pleach build --prune=removed       the same, but the plans of live branches stay

A branch that is no more leaves a plan in out/teardown for `pleach teardown`, and so does a live one that has replaced an image,
a database or an object outside of namespaces. It stays until `build --prune` finds it in the base: what is written by the
same build, or since the base, is never dropped.

Exit status: 0 if out/ is built, 2 if files are to be mended (yours, or unmanaged ones in out/), 3 if too much would go at
once, 4 for the disk.")]
pub(super) struct Build {
    /// Build only the branches whose name or slug fits GLOB (`*` is any text, `?` any character); others stay as they are
    #[arg(long, value_name = "GLOB")]
    pub(super) only: Vec<String>,
    /// Build one of N shares of the branches, counted from 1
    #[arg(long, value_name = "I/N", conflicts_with = "only")]
    pub(super) shard: Option<Shard>,
    /// What was recorded: the out/ of a commit or folder [default: where HEAD left origin's default branch, else out/]
    #[arg(long, value_name = "REF|DIR")]
    pub(super) base: Option<String>,
    /// Drop what the base said already: names that had to be gone from out/dns, and plans from out/teardown
    #[arg(long, value_name = "PLANS", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub(super) prune: Option<Prune>,
    /// Write the branches that can be built even if others fail; faults of branches.yaml stop all, but for missing overlays
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Leave files alone that pleach did not write, and go on
    #[arg(long)]
    pub(super) keep_unmanaged: bool,
    /// Expect that the folders of exactly COUNT branches go [default: at most 30 % of ten or more]
    #[arg(long, value_name = "COUNT")]
    pub(super) allow_delete: Option<usize>,
    /// Expect that exactly COUNT names in DNS become absent [default: at most 30 % of ten or more]
    #[arg(long, value_name = "COUNT")]
    pub(super) allow_delete_names: Option<usize>,
}

/// Which plans are dropped.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Prune {
    /// All of them
    All,
    /// Those of branches that are no more
    Removed,
}

/// Say whether out/ is exactly what build would write
///
/// Names every file that is missing, modified, of another mode, stale or not pleach's, and the command that mends
/// it. Writes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach check            in CI, so that nobody forgets to build or edits out/ by hand

Exit status: 0 if nothing differs, 1 if something does, 2 if the build fails.")]
pub(super) struct Check {
    /// What was recorded: the out/ of a commit or folder [default: where HEAD left origin's default branch, else out/]
    #[arg(long, value_name = "REF|DIR")]
    pub(super) base: Option<String>,
}

/// Show what build would change
///
/// Compares a build with out/, or with what a commit or another folder holds. Writes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach diff
  pleach diff --base origin/main --format markdown --output comment.md
  pleach diff --format json | jq -r '.branches[].name'

Exit status: 0 if nothing differs, 1 if something does, 2 if the build fails.")]
pub(super) struct Diff {
    /// Compare with the out/ of a commit, or with a folder: a workspace or what its out/ holds; build from there
    #[arg(long, value_name = "REF|DIR")]
    pub(super) base: Option<String>,
    /// How differences are shown
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DiffFormat,
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum DiffFormat {
    /// A unified diff, with a summary line a branch
    #[default]
    Text,
    /// A line a branch
    Summary,
    /// A table and diffs to unfold, for a pull request
    Markdown,
    /// For programs: branches, files and numbers of lines
    Json,
}

/// Show what branches leave to be torn down
///
/// Reads the plans in out/teardown and deletes nothing. Builds write them for branches that are taken out of the spec, and for
/// live ones that have replaced an image, a database or an object outside of namespaces; `(live)` stands behind these. What
/// any live branch has in out/namespaces is left out, should a merge have brought both together.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach teardown
  pleach teardown --format kubectl | kubectl delete --ignore-not-found -f -
  pleach teardown --removed --format images | xargs -r -n 1 crane delete
  pleach teardown --removed --format script | DROP_DATABASE=./drop-database DELETE_IMAGE='crane delete' sh
  pleach teardown --only feature/login --format json

A live branch may want to go back to what it has replaced, so the examples leave that alone by `--removed`. Names in DNS are
taken away by `pleach dns apply`, from the same build's out/dns. When all is done, `pleach build --prune` drops the plans,
`--prune=removed` only those that `--removed` shows. An image is known by its reference: what a registry stores once for two tags
may go with either. One with a digest is that digest, which `images` and `script` show without its tag.

JSON: a list of {branch, slug, live, namespaces, clusterObjects, dns, databases, images}: live is true if the branch is still
there, namespaces and images are strings, clusterObjects are {apiVersion, kind, name}, dns are {name, zone}, databases are
{kind, instance, name}.

Exit status: 0, whether there are plans or not; 2 if one cannot be read.")]
pub(super) struct Teardown {
    /// How they are shown
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: TeardownFormat,
    /// Show only the branches whose name or slug fits GLOB (`*` is any text, `?` any character)
    #[arg(long, value_name = "GLOB")]
    pub(super) only: Vec<String>,
    /// Show only what branches leave that are no more, not what live ones have replaced
    #[arg(long)]
    pub(super) removed: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum TeardownFormat {
    /// For people
    #[default]
    Text,
    /// YAML for `kubectl delete -f -`: cluster-scoped objects and namespaces
    Kubectl,
    /// The reference of an image a line
    Images,
    /// For programs
    Json,
    /// A POSIX shell script that hands databases and images to `$DROP_DATABASE` and `$DELETE_IMAGE`
    Script,
}

/// Write a workspace to start from
///
/// The sample is a whole system: an nginx front end and a Python back end with their secrets by reference, a host for
/// every branch, a shared database, blue/green slots. Nothing that is there is overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach init
  pleach init environments && cd environments && pleach build
  pleach init --ci jenkins        pipelines only, where there is a workspace already")]
pub(super) struct Init {
    /// Where to write it
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) folder: PathBuf,
    /// Write pipelines too: one for the repository of the environments and one for that of the application
    #[arg(long, value_name = "SYSTEM", value_enum)]
    pub(super) ci: Option<Ci>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Ci {
    /// GitHub Actions
    #[value(name = "github")]
    GitHub,
    /// GitLab CI
    #[value(name = "gitlab")]
    GitLab,
    /// Jenkins, declarative
    Jenkins,
}

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach completions bash > /etc/bash_completion.d/pleach
  pleach completions zsh > \"${fpath[1]}/_pleach\"
  pleach completions fish > ~/.config/fish/completions/pleach.fish")]
pub(super) struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(super) shell: clap_complete::Shell,
}
