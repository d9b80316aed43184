//! What can be typed behind `pleach branch`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The heading of options that say what a branch is made of.
const SETTINGS: &str = "What the branch is made of";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BranchCommand {
    /// List the branches with what is derived from their names
    #[command(after_help = "\
Examples:
  pleach branch list
  pleach branch list --format json | jq -r '.[] | select(.owner == \"team-a\") | .namespace'

JSON: a list of {name, slug, platform, namespace, hosts, aliases, images, active, overlays, owner,
link, expires, pinned}; what a branch does not have is null or empty.")]
    List {
        /// How they are listed
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
    Add(BranchAddArgs),
    Set(BranchSetArgs),
    Remove(BranchRemoveArgs),
    Expire(BranchExpireArgs),
    Sync(BranchSyncArgs),
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(in crate::cli) enum ListFormat {
    /// A table
    #[default]
    Text,
    /// For programs
    Json,
}

/// Add a branch to the spec
///
/// Writes a file of its own if there is a folder branches.d/, else an entry at the end of branches.yaml. Comments, order
/// and quotes of what is there stay as they are.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch add feature/login --owner team-identity --expires 2026-12-24
  pleach branch add feature/login --image backend=:3f2c1a9 --value replicas=2

Exit status: 0 if it was added, 2 if it is there already or the spec would be refused.")]
pub(in crate::cli) struct BranchAddArgs {
    /// Its name in git
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    #[command(flatten)]
    pub(super) settings: BranchSettingsArgs,
}

/// Change a branch in the spec
///
/// Changes the lines of what is set and no others. Runs at the same time wait for each other, and none of them is lost.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch set feature/login --image backend=registry.example.com/shop/backend@sha256:…
  pleach branch set feature/login --value replicas=2 --value database.name=login
  pleach branch set feature/login --unset values.replicas --unset expires
  pleach branch set release/2.4 --active green
  pleach branch set feature/login --service frontend --database schema
  pleach branch set \"$BRANCH\" --create --image \"backend=:$COMMIT\"      in the pipeline of the application

Exit status: 0 if it is so now, 2 if there is no such branch or the spec would be refused.")]
pub(in crate::cli) struct BranchSetArgs {
    /// Its name in git
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Add the branch if there is none of that name
    #[arg(long)]
    pub(super) create: bool,
    /// Take out what stands at PATH, such as `values.replicas`; a dot within a key is written `\.`
    #[arg(long, value_name = "PATH")]
    pub(super) unset: Vec<String>,
    #[command(flatten)]
    pub(super) settings: BranchSettingsArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = SETTINGS)]
pub(super) struct BranchSettingsArgs {
    /// An image: a reference, or `:TAG` or `@DIGEST` alone
    #[arg(long, value_name = "NAME=REFERENCE", value_parser = pair)]
    pub(super) image: Vec<(String, String)>,
    /// A value for templates, in YAML; dots in PATH lead into mappings
    #[arg(long, value_name = "PATH=VALUE", value_parser = pair)]
    pub(super) value: Vec<(String, String)>,
    /// How many replicas a workload has
    #[arg(long, value_name = "NAME=COUNT", value_parser = pair)]
    pub(super) replicas: Vec<(String, String)>,
    /// An overlay; all that are given take the place of the list
    #[arg(long, value_name = "NAME")]
    pub(super) overlay: Vec<String>,
    /// A service that it runs itself; all that are given take the place of the list
    #[arg(long, value_name = "NAME")]
    pub(super) service: Vec<String>,
    /// Whose its database is: `shared`, or its own `schema` or `database`
    #[arg(long, value_name = "MODE")]
    pub(super) database: Option<String>,
    /// A host; all that are given take the place of the list
    #[arg(long, value_name = "HOST")]
    pub(super) host: Vec<String>,
    /// A label of all its objects
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) label: Vec<(String, String)>,
    /// An annotation of all its objects
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) annotation: Vec<(String, String)>,
    /// The version that has the traffic, of those that `slots` names
    #[arg(long, value_name = "SLOT")]
    pub(super) active: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    pub(super) owner: Option<String>,
    /// Where it is discussed
    #[arg(long, value_name = "URL")]
    pub(super) link: Option<String>,
    /// Its last day, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(super) expires: Option<String>,
    /// Why it stays when others go
    #[arg(long, value_name = "REASON")]
    pub(super) pin: Option<String>,
}

/// Take branches out of the spec
///
/// The next build removes what they left in out/. A branch that is not there is no error, so that a pipeline may say
/// it twice; one that is pinned stays.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch remove feature/login

Exit status: 0 if they are gone, 2 if the spec would be refused, 3 if one of them is pinned or too many would go.")]
pub(in crate::cli) struct BranchRemoveArgs {
    /// Their names in git
    #[arg(value_name = "NAME", required = true)]
    pub(super) names: Vec<String>,
    #[command(flatten)]
    pub(super) limit: DeletionLimitArgs,
}

/// Take out the branches whose last day is over
///
/// pleach does not know what day it is: say it. Each branch that goes is printed; a pinned one stays, and so does the
/// baseline and one that an alias leads to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch expire --as-of \"$(date +%F)\"

Exit status: 0 if they are gone or there were none, 3 if too many would go.")]
pub(in crate::cli) struct BranchExpireArgs {
    /// The day that it is, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: String,
    #[command(flatten)]
    pub(super) limit: DeletionLimitArgs,
}

/// Bring the spec in line with the branches that exist
///
/// Adds branches that are new, takes out those that are gone, and sets the images that `sync.images` in the spec says.
/// Only names that `sync.include` and `sync.exclude` count are touched; a pinned branch stays, and so does the baseline
/// and one that an alias leads to. A list that is empty, missing or cut off changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch sync --from git --repo ../shop
  git ls-remote --heads origin | pleach branch sync --from -
  gh api --paginate repos/example/shop/branches | pleach branch sync --from -

Lists: names, one a line; lines of git ls-remote; the JSON of GitHub or GitLab.
Exit status: 0 if the spec is in line, 2 if it would be refused, 3 if the list cannot be trusted or too many would go.")]
pub(in crate::cli) struct BranchSyncArgs {
    /// Where the list comes from: `git` for the refs of a clone or mirror, `-` for standard input
    #[arg(long, value_name = "SOURCE", value_enum)]
    pub(super) from: HeadsSource,
    /// The clone or bare mirror whose refs count, one that fetches all branches; nothing is fetched now
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) repo: PathBuf,
    /// The remote whose branches count in a clone; a bare mirror has its own
    #[arg(long, value_name = "NAME", default_value = "origin")]
    pub(super) remote: String,
    /// Count names that fit GLOB only, in place of `sync.include`
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,
    /// Do not count names that fit GLOB, in place of `sync.exclude`
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    #[command(flatten)]
    pub(super) limit: DeletionLimitArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum HeadsSource {
    /// The refs of a local clone or mirror
    Git,
    /// Standard input
    #[value(name = "-")]
    Stdin,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct DeletionLimitArgs {
    /// Let exactly so many branches go, whatever their share of all
    #[arg(long, value_name = "COUNT")]
    pub(super) allow_delete: Option<usize>,
    /// Say what would change and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it is written KEY=VALUE".to_owned()),
    }
}
