//! The arguments of `pleach dns`.

use crate::dns::export::{ExportFormat, FORMATS};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

const HELP: &str = "\
Exit status:
  0  success, or nothing to do
  1  changes are pending (plan)
  2  error in the files or on the command line
  3  a guard stopped the run, nothing was written
  4  I/O or remote error, or a zone is not done in its time; the other zones are done; run again to continue
  5  drift or conflict: these names were not changed, the others were
  6  a newer run has written to a zone
  7  success, but some addresses are not known yet

Examples:
  pleach dns plan
  pleach dns apply --rev git

Credentials, by the provider of a zone:
  rfc2136     PLEACH_TSIG=hmac-sha256:NAME:SECRET, or PLEACH_TSIG_FILE=FILE with the output of tsig-keygen
  clouddns    GOOGLE_APPLICATION_CREDENTIALS=FILE, or CLOUDSDK_AUTH_ACCESS_TOKEN
  route53     AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for keys of a session, AWS_SESSION_TOKEN
  cloudflare  CLOUDFLARE_API_TOKEN
  powerdns    PDNS_API_KEY
  godaddy     GODADDY_API_KEY and GODADDY_API_SECRET

With _ZONE added, as in PLEACH_TSIG_DEV_EXAMPLE_COM, a variable is for that zone only.";

/// Apply the zone changes in out/dns to the DNS zones
///
/// Changes only names that a file lists, only if their ownership record in the zone says that pleach wrote them, and only while their records are those that pleach wrote. Each name changes in one step, which fails if somebody else has changed the name.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct DnsArgs {
    #[command(subcommand)]
    pub(super) command: DnsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum DnsCommand {
    Plan(DnsPlanArgs),
    Apply(DnsApplyArgs),
    Status(DnsStatusArgs),
    Orphans(DnsOrphansArgs),
    Export(DnsExportArgs),
}

impl DnsArgs {
    /// The folders of the zone change files, if they are named.
    pub(in crate::cli) fn folders(&self) -> &[PathBuf] {
        let files = match &self.command {
            DnsCommand::Plan(args) => &args.access.files,
            DnsCommand::Apply(args) => &args.access.files,
            DnsCommand::Status(args) => &args.access.files,
            DnsCommand::Orphans(args) => &args.access.files,
            DnsCommand::Export(args) => &args.files,
        };
        &files.folders
    }
}

/// Show what `apply` would do; write nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns plan
  pleach dns plan --format markdown > plan.md
  pleach dns plan one/dns two/dns --zone dev.example.com

Exit status: 0 nothing to do, 1 changes are pending, 2 error in the files or on the command line, 3 a guard would stop `apply`, 4 I/O or remote error, or a zone was not read, 5 drift or conflict, 6 a newer run has written to a zone, 7 some addresses are not known yet")]
pub(super) struct DnsPlanArgs {
    #[command(flatten)]
    pub(super) access: ZoneAccessArgs,
    #[command(flatten)]
    pub(super) limits: WriteLimitArgs,
    /// The revision that `apply` will get, to check whether it is still the highest
    #[arg(long, value_name = "N|git", value_parser = revision)]
    pub(super) rev: Option<RevisionArg>,
    /// The format of the plan
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DnsPlanFormat,
}

/// Write the zone changes to the zones
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns apply --rev git
  kubectl get svc,ingress,gateway -A -o json | pleach dns apply --rev 412 --status -

Exit status: 0 success or nothing to do, 2 error in the files or on the command line, 3 a guard stopped the run and nothing was written, 4 I/O or remote error, or a zone is not done (run again to continue), 5 drift or conflict (the other names were changed), 6 a newer run has written to a zone, 7 success but some addresses are not known yet")]
pub(super) struct DnsApplyArgs {
    #[command(flatten)]
    pub(super) access: ZoneAccessArgs,
    #[command(flatten)]
    pub(super) limits: WriteLimitArgs,
    /// A number that increases with each commit or run: a run with a lower number than the zone's fence writes nothing. `git` counts the commits of the repository that has the files, along first parents
    #[arg(long, value_name = "N|git", value_parser = revision)]
    pub(super) rev: RevisionArg,
    /// Write to zones whose provider has no compare-and-set, or does not change a name and its ownership record together
    #[arg(long)]
    pub(super) allow_no_cas: bool,
    /// Write only if the plan has this digest
    #[arg(long, value_name = "DIGEST")]
    pub(super) expect: Option<String>,
    /// The format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DnsRunFormat,
}

/// Report the last revision applied to each zone, and the names that differ from the files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns status
  pleach dns status --format json

Exit status: 0 success, 2 error in the files or on the command line, 4 I/O or remote error, or a zone was not read, 5 drift or conflict, 7 some addresses are not known yet")]
pub(super) struct DnsStatusArgs {
    #[command(flatten)]
    pub(super) access: ZoneAccessArgs,
    /// The format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DnsRunFormat,
}

/// List names with an ownership record of the project that no file mentions
///
/// This needs permission to transfer the zones or to list their records. `pleach dns apply --forget NAME` deletes an orphan.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns orphans

Exit status: 0 success, 2 error in the files or on the command line, 4 I/O or remote error, or a zone was not listed")]
pub(super) struct DnsOrphansArgs {
    #[command(flatten)]
    pub(super) access: ZoneAccessArgs,
}

/// Print the files in the format of another program; uses no network
///
/// The output has the names that must be present, without ownership records; JSON has the absent names too. Names whose address is not known yet, or outside of the ranges of the zone, are left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns export --format zone > shop.db             for $INCLUDE in a zone file
  pleach dns export --format route53 | split -l 1 -     one file per change batch, for --change-batch file://...
  pleach dns export --format clouddns --zone dev.example.com > sets.yaml

Exit status: 0 success, 2 error in the files or on the command line, 4 I/O error, 5 some addresses are outside of the ranges of their zones, 7 some addresses are not known yet")]
pub(super) struct DnsExportArgs {
    #[command(flatten)]
    pub(super) files: ZoneChangeFilesArgs,
    /// The format of the output
    #[arg(long, value_name = "FORMAT", value_parser = export_format())]
    pub(super) format: ExportFormat,
    /// Only the names of one zone
    #[arg(long, value_name = "NAME")]
    pub(super) zone: Option<String>,
}

fn export_format() -> impl TypedValueParser<Value = ExportFormat> {
    PossibleValuesParser::new(FORMATS.map(|(name, help, _)| PossibleValue::new(name).help(help))).map(|name| {
        let known = FORMATS.into_iter().find(|(known, ..)| *known == name);
        known.expect("clap accepts these names only").2
    })
}

#[derive(Debug, clap::Args)]
pub(super) struct ZoneChangeFilesArgs {
    /// The folders of the zone change files, by default dns/ in the output folder
    #[arg(value_name = "DIR")]
    pub(super) folders: Vec<PathBuf>,
    /// The output of `kubectl get svc,ingress,gateway -A -o json`, for addresses that only the cluster knows; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) status: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ZoneAccessArgs {
    #[command(flatten)]
    pub(super) files: ZoneChangeFilesArgs,
    /// Only this zone
    #[arg(long = "zone", value_name = "NAME")]
    pub(super) only: Vec<String>,
    /// How long the run may take, such as 90s, 10m or 1h; the zones share the time, and a zone that needs more is not done
    #[arg(long, value_name = "TIME", value_parser = timeout, default_value = "10m")]
    pub(super) timeout: Duration,
    /// Print each request to a provider to standard error, without credentials
    #[arg(short, long)]
    pub(super) verbose: bool,
}

/// The revision of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RevisionArg {
    /// This number.
    Number(u64),
    /// The number of commits.
    Git,
}

fn revision(text: &str) -> Result<RevisionArg, String> {
    match text {
        "git" => Ok(RevisionArg::Git),
        number => number.parse().map(RevisionArg::Number).map_err(|_| "it must be a whole number or `git`".to_owned()),
    }
}

/// The longest timeout, in hours.
const MOST_HOURS: u64 = 24;

fn timeout(text: &str) -> Result<Duration, String> {
    let (number, seconds) = [("s", 1), ("m", 60), ("h", 3600)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or("it must end with `s`, `m` or `h`")?;
    let number: u64 = number.parse().map_err(|_| "it must be a whole number before `s`, `m` or `h`")?;
    match number.saturating_mul(seconds) {
        0 => Err("it must be longer than 0".to_owned()),
        seconds if seconds > MOST_HOURS * 3600 => Err(format!("it must not be longer than {MOST_HOURS}h")),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct WriteLimitArgs {
    /// The maximum number of names that one run may delete
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) max_delete: usize,
    /// Take over a name whose records are those in the file, and not those of an ownership record; its TTL becomes the one in the file
    #[arg(long, value_name = "NAME")]
    pub(super) adopt: Vec<String>,
    /// Overwrite the records of an owned name that somebody else has changed
    #[arg(long, value_name = "NAME")]
    pub(super) overwrite: Vec<String>,
    /// Delete an orphan: a name with an ownership record of the project that no file mentions
    #[arg(long, value_name = "NAME")]
    pub(super) forget: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DnsPlanFormat {
    /// One line for each name that differs from the files
    #[default]
    Text,
    /// The same as a Markdown table, for a pull request
    Markdown,
    /// One JSON object for each name, and one for the summary
    Json,
    /// The changes as input for nsupdate, for zones with `provider: rfc2136`
    Nsupdate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DnsRunFormat {
    /// One line for each name that differs from the files
    #[default]
    Text,
    /// One JSON object for each name, and one for the summary
    Json,
}
