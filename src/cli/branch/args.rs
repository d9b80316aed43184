//! The arguments of `pleach branch`.

use super::key_path::KeyPath;
use crate::cli::usage::{count, date};
use crate::image::ImageReference;
use crate::spec::Date;
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

/// The heading of the options that set keys of a branch.
const SETTINGS: &str = "Settings of the branch";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BranchCommand {
    /// List the branches with their slugs, namespaces and hosts
    #[command(after_help = "\
Examples:
  pleach branch list
  pleach branch list --format json | jq -r '.branches[] | select(.owner == \"team-a\") | .namespace'

JSON: {apiVersion, kind, branches}; branches is a list of {name, slug, platform, namespace, hosts, aliases, images, active, overlays, owner, link, pullRequest, added, expires, pinned}. A field without a value is null or empty.

Exit status: 0 success, 2 the spec is invalid, 4 I/O error")]
    List {
        /// The format of the list
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
    Add(BranchAddArgs),
    Set(BranchSetArgs),
    Remove(BranchRemoveArgs),
    Rename(BranchRenameArgs),
    Expire(BranchExpireArgs),
    Sync(BranchSyncArgs),
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(in crate::cli) enum ListFormat {
    /// A table
    #[default]
    Text,
    /// JSON
    Json,
}

/// Add a branch to the spec
///
/// Writes a new file if the folder branches.d/ exists, otherwise an entry at the end of branches.yaml. Comments, order and quotes of the existing text do not change. All branches are built in memory, and nothing is written if the new one causes an error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch add feature/login --owner team-identity --expires 2026-12-24
  pleach branch add feature/login --image backend=:3f2c1a9 --value replicas=2

Exit status: 0 the branch is added, 2 it exists already or a build would refuse it, 4 I/O error")]
pub(in crate::cli) struct BranchAddArgs {
    /// The name of the branch in Git
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Print the change and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) settings: BranchSettingsArgs,
}

/// Change a branch in the spec
///
/// Changes only the lines of the given settings. All branches are built before and after the change, in memory: nothing is written if the change causes an error, and `no effect` is reported if the output stays the same or does not need one of the settings. Concurrent runs wait for each other, so no change is lost.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch set feature/login --image backend=registry.example.com/shop/backend@sha256:…
  pleach branch set feature/login --value replicas=2 --value database.name=login
  pleach branch set feature/login --value-json 'flags=[\"search\", \"cart\"]'
  pleach branch set feature/login --unset values.replicas --unset expires
  pleach branch set release/2.4 --active green
  pleach branch set release/2.4 --slot green --image backend=:2.4.1 --weight 10
  pleach branch set feature/login --service frontend --database schema
  pleach branch set \"$BRANCH\" --create --image \"backend=:$COMMIT\"      in the pipeline of the application

Exit status: 0 the branch has these settings, 2 it does not exist or a build would refuse it, 4 I/O error")]
pub(in crate::cli) struct BranchSetArgs {
    /// The name of the branch in Git
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Add the branch if it does not exist
    #[arg(long)]
    pub(super) create: bool,
    /// Remove the key at PATH, such as `values.replicas`; a dot in a key is written `\.`
    #[arg(long, value_name = "PATH", value_parser = KeyPath::parse)]
    pub(super) unset: Vec<KeyPath>,
    /// Print the change and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) settings: BranchSettingsArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = SETTINGS)]
pub(super) struct BranchSettingsArgs {
    /// An image: a full reference, `:TAG` or `@DIGEST`
    #[arg(long, value_name = "NAME=REFERENCE", value_parser = image)]
    pub(super) image: Vec<(String, String)>,
    /// A value for templates, whose text stays exactly VALUE; PATH has dots between the keys of mappings
    #[arg(long, value_name = "PATH=VALUE", value_parser = key_value)]
    pub(super) value: Vec<(KeyPath, String)>,
    /// A value for templates with a type: a list, mapping, number, boolean or null as JSON
    #[arg(long, value_name = "PATH=JSON", value_parser = key_value)]
    pub(super) value_json: Vec<(KeyPath, String)>,
    /// The number of replicas of a workload
    #[arg(long, value_name = "NAME=COUNT", value_parser = name_count)]
    pub(super) replicas: Vec<(String, u32)>,
    /// An overlay; all given overlays replace the list
    #[arg(long, value_name = "NAME")]
    pub(super) overlay: Vec<String>,
    /// A service that the branch runs itself; all given services replace the list
    #[arg(long, value_name = "NAME")]
    pub(super) service: Vec<String>,
    /// The database: `shared`, or a `schema` or `database` of its own
    #[arg(long, value_name = "MODE")]
    pub(super) database: Option<String>,
    /// A host; all given hosts replace the list
    #[arg(long, value_name = "HOST")]
    pub(super) host: Vec<String>,
    /// A label of all its objects
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) label: Vec<(String, String)>,
    /// An annotation of all its objects
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) annotation: Vec<(String, String)>,
    /// The version in `slots` that `--image` and `--weight` change, in place of the branch
    #[arg(long, value_name = "SLOT")]
    pub(super) slot: Option<String>,
    /// The share of the traffic of `--slot`, in percent; the active version gets the rest
    #[arg(long, value_name = "PERCENT", requires = "slot", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(super) weight: Option<u32>,
    /// The version in `slots` that gets the traffic
    #[arg(long, value_name = "SLOT")]
    pub(super) active: Option<String>,
    /// The person or team that is responsible for the branch
    #[arg(long, value_name = "NAME")]
    pub(super) owner: Option<String>,
    /// The address of the pull request or issue
    #[arg(long, value_name = "URL")]
    pub(super) link: Option<String>,
    /// The last day of the branch, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(super) expires: Option<String>,
    /// Pin the branch, for this reason: `expire`, `sync` and `remove` keep it
    #[arg(long, value_name = "REASON")]
    pub(super) pin: Option<String>,
}

/// Remove branches from the spec
///
/// The next build deletes their output and writes teardown plans. A branch that does not exist is only a warning, so a pipeline can run the command twice. A pinned branch is not removed. Nothing is written if a build would refuse the others without them. There is no limit on the number of branches.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch remove feature/login

Exit status: 0 the branches are not in the spec, 2 a build would refuse the spec without them, 3 a branch is pinned, 4 I/O error")]
pub(in crate::cli) struct BranchRemoveArgs {
    /// The names of the branches in Git
    #[arg(value_name = "NAME", required = true)]
    pub(super) names: Vec<String>,
    /// Print the changes and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Give a branch another name in the spec
///
/// Comments, order and quotes of its entry do not change. The baseline branch and aliases follow. A new name has a new slug, so the branch gets a new namespace, new hosts and new databases, and the next build writes a teardown plan for the old ones. With `--keep-slug`, or if the entry has `slug`, the environment stays as it is. A pinned branch keeps its environment: without one of these, it is not renamed. A file of branches.d/ that has the slug as its name is renamed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch rename feature/login feature/sign-in
  pleach branch rename feature/login feature/sign-in --keep-slug      keep namespace, hosts and databases

Exit status: 0 the branch is renamed, 2 it does not exist, the new name exists or is invalid, or a build would refuse the spec, 3 the branch is pinned, 4 I/O error")]
pub(in crate::cli) struct BranchRenameArgs {
    /// The name of the branch
    #[arg(value_name = "OLD")]
    pub(super) old: String,
    /// Its new name
    #[arg(value_name = "NEW")]
    pub(super) new: String,
    /// Write the old slug as `slug`, so that the environment stays as it is
    #[arg(long)]
    pub(super) keep_slug: bool,
    /// Print the change and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Remove the branches whose last day has passed
///
/// The last day is `expires` of the branch, or `added` and the days of `defaults.expires`. The result depends on the given date, not on a clock. Prints each branch that it removes. Pinned branches, the baseline branch and branches of aliases are kept.
///
/// Each branch is recorded in `expired` of the spec: `sync` adds it again only when it has a new commit. The commit is taken from the list of `--from`; without a list, the next `sync` records it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch expire --as-of \"$(date +%F)\"
  pleach branch expire --as-of \"$(date +%F)\" --from git --repo ../shop

Exit status: 0 no expired branch is in the spec, or it is kept, 2 invalid input, 3 refused by a guard, 4 I/O error")]
pub(in crate::cli) struct BranchExpireArgs {
    /// The current date, as YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(super) as_of: Date,
    /// The source of a list of branches, for the commits of the expired branches
    #[arg(long, value_name = "SOURCE", value_enum)]
    pub(super) from: Option<HeadsSource>,
    #[command(flatten)]
    pub(super) repo: RepositoryArgs,
    #[command(flatten)]
    pub(super) limit: DeletionLimitArgs,
}

/// Update the spec to the branches that exist in Git, or to the open pull requests
///
/// Adds new branches, removes those that do not exist any more, and sets the images of `sync.images` in the spec. Only names that match `sync.include` and `sync.exclude` are changed. Pinned branches, the baseline branch and branches of aliases are kept. A list that is empty or cut off, that has no branch of the spec or names that Git does not allow is refused. So is one without a label that `sync.labels` or `--label` names, if it would remove environments of open pull requests.
///
/// The list has one name per line, or is the output of `git ls-remote --heads`, or the JSON of GitHub or GitLab.
///
/// It can also be the JSON of pull requests: of `gh pr list`, GitHub's `pulls` or GitLab's `merge_requests`. Each open pull request gets an environment with the name of its branch, and `pullRequest` in the spec. A list of pull requests removes only branches with `pullRequest`. Pull requests from other repositories are skipped; with `sync.forks: true` in the spec, their environments are named `pr-N`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach branch sync --from git --repo ../shop
  git ls-remote --heads origin | pleach branch sync --from -
  gh api --paginate repos/example/shop/branches | pleach branch sync --from -
  gh pr list --limit 1000 --json number,headRefName,headRefOid,isCrossRepository,isDraft,labels,title,url | pleach branch sync --from - --label preview

Exit status: 0 the spec is up to date, 2 invalid input, or a build would refuse the spec, 3 refused by a guard, 4 I/O error")]
pub(in crate::cli) struct BranchSyncArgs {
    /// The source of the list
    #[arg(long, value_name = "SOURCE", value_enum)]
    pub(super) from: HeadsSource,
    #[command(flatten)]
    pub(super) repo: RepositoryArgs,
    /// Include only names that match GLOB, in place of `sync.include`
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,
    /// Exclude names that match GLOB, in place of `sync.exclude`
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Include only pull requests with LABEL, in place of `sync.labels`; with several, they must have all
    #[arg(long, value_name = "LABEL")]
    pub(super) label: Vec<String>,
    /// Leave out drafts of pull requests
    #[arg(long)]
    pub(super) skip_drafts: bool,
    /// Accept an empty JSON list, which means that no pull request is open
    #[arg(long)]
    pub(super) allow_empty: bool,
    #[command(flatten)]
    pub(super) limit: DeletionLimitArgs,
}

#[derive(Debug, Args)]
pub(super) struct RepositoryArgs {
    /// The clone or bare mirror that `--from git` reads, which must have all branches; nothing is fetched [default: .]
    #[arg(long, value_name = "DIR", requires = "from")]
    pub(super) repo: Option<PathBuf>,
    /// The remote that `--from git` reads in a clone; not used for a bare mirror [default: origin]
    #[arg(long, value_name = "NAME", requires = "from")]
    pub(super) remote: Option<String>,
}

impl RepositoryArgs {
    /// The repository to read.
    pub(super) fn repo(&self) -> &Path {
        self.repo.as_deref().unwrap_or(Path::new("."))
    }

    /// The remote to read.
    pub(super) fn remote(&self) -> &str {
        self.remote.as_deref().unwrap_or("origin")
    }
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
    /// Allow the removal of exactly COUNT branches, or of none [default: at most two, or 30 %]
    #[arg(long, value_name = "COUNT", value_parser = count)]
    pub(super) allow_delete: Option<usize>,
    /// Print the changes and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// An image and what replaces it.
fn image(text: &str) -> Result<(String, String), String> {
    let (name, reference) = pair(text)?;
    if ImageReference::parse_replacement(&reference).is_ok() {
        return Ok((name, reference));
    }
    let tag = format!(":{reference}");
    let hint = match ImageReference::parse(&tag) {
        Ok(_) => format!("; did you mean `{tag}`?"),
        Err(_) => String::new(),
    };
    Err(format!("`{reference}` is neither a full reference nor `:TAG` nor `@DIGEST`{hint}"))
}

/// The name of a workload and a number of replicas.
fn name_count(text: &str) -> Result<(String, u32), String> {
    let (name, number) = pair(text)?;
    match number.parse() {
        Ok(number) if i32::try_from(number).is_ok() => Ok((name, number)),
        _ => Err(format!("a whole number from 0 to {} is needed after `=`", i32::MAX)),
    }
}

/// A path of keys and its value.
fn key_value(text: &str) -> Result<(KeyPath, String), String> {
    let (path, value) = pair(text)?;
    Ok((KeyPath::parse(&path)?, value))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a name, `=` and a value are needed".to_owned()),
    }
}
