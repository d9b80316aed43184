//! The arguments of `pleach dns`.

use crate::dns::export::{ExportFormat, FORMATS};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

const HELP: &str = "\
Exit status:
  0  success, or nothing to do
  1  changes are pending (plan)
  2  error in the files or on the command line
  3  a guard stopped the run, nothing was written
  4  I/O or remote error; run again to continue
  5  drift or conflict: these names were not changed, the others were
  6  a newer run has written to the zone
  7  success, but some addresses are not known yet

Examples:
  pleach dns plan
  pleach dns apply --rev $(git rev-list --count --first-parent HEAD)

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
    /// The folder of the zone change files, if it is named.
    pub(in crate::cli) fn folder(&self) -> Option<&Path> {
        let files = match &self.command {
            DnsCommand::Plan(args) => &args.zones.files,
            DnsCommand::Apply(args) => &args.zones.files,
            DnsCommand::Status(args) => &args.zones.files,
            DnsCommand::Orphans(args) => &args.zones.files,
            DnsCommand::Export(args) => &args.files,
        };
        files.folder.as_deref()
    }
}

/// Show what `apply` would do; write nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns plan
  pleach dns plan --format markdown > plan.md

Exit status: 0 nothing to do, 1 changes are pending, 2 error in the files or on the command line, 3 a guard would stop `apply`, 4 I/O or remote error, 5 drift or conflict, 6 a newer run has written to a zone, 7 some addresses are not known yet")]
pub(super) struct DnsPlanArgs {
    #[command(flatten)]
    pub(super) zones: ZoneAccessArgs,
    #[command(flatten)]
    pub(super) limits: WriteLimitArgs,
    /// The revision that `apply` will get, to check whether it is still the highest
    #[arg(long, value_name = "N")]
    pub(super) rev: Option<u64>,
    /// The format of the plan
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DnsPlanFormat,
}

/// Write the zone changes to the zones
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns apply --rev $(git rev-list --count --first-parent HEAD)
  kubectl get svc,ingress,gateway -A -o json | pleach dns apply --rev 412 --status -

Exit status: 0 success or nothing to do, 2 error in the files or on the command line, 3 a guard stopped the run and nothing was written, 4 I/O or remote error (run again to continue), 5 drift or conflict (the other names were changed), 6 a newer run has written to a zone, 7 success but some addresses are not known yet")]
pub(super) struct DnsApplyArgs {
    #[command(flatten)]
    pub(super) zones: ZoneAccessArgs,
    #[command(flatten)]
    pub(super) limits: WriteLimitArgs,
    /// A number that increases with each commit or run: a run with a lower number than the zone's fence writes nothing
    #[arg(long, value_name = "N")]
    pub(super) rev: u64,
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

Exit status: 0 success, 2 error in the files or on the command line, 4 I/O or remote error, 5 drift or conflict, 7 some addresses are not known yet")]
pub(super) struct DnsStatusArgs {
    #[command(flatten)]
    pub(super) zones: ZoneAccessArgs,
    /// The format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: DnsRunFormat,
}

/// List names with an ownership record of the project that no file mentions
///
/// This needs permission to transfer the zone or to list its records.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns orphans

Exit status: 0 success, 2 error in the files or on the command line, 4 I/O or remote error")]
pub(super) struct DnsOrphansArgs {
    #[command(flatten)]
    pub(super) zones: ZoneAccessArgs,
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
    /// The folder of the zone change files, by default dns/ in the output folder
    #[arg(value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
    /// The output of `kubectl get svc,ingress,gateway -A -o json`, for addresses that only the cluster knows; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) status: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ZoneAccessArgs {
    #[command(flatten)]
    pub(super) files: ZoneChangeFilesArgs,
    /// Print each request to a provider to standard error, without credentials
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct WriteLimitArgs {
    /// The maximum number of names that one run may delete
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) max_delete: usize,
    /// Take over a name that has no ownership record, if its records are those in the file
    #[arg(long, value_name = "NAME")]
    pub(super) adopt: Vec<String>,
    /// Overwrite the records of an owned name that somebody else has changed
    #[arg(long, value_name = "NAME")]
    pub(super) overwrite: Vec<String>,
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
