//! What can be typed after `pleach dns`.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

const STATUS: &str = "\
Exit status:
  0  done, or nothing to do
  1  changes are pending (plan)
  2  mend your files or your command line
  3  refused by a safety limit, nothing was written
  4  a server, the network or a key; run again, it goes on where it stopped
  5  some names are left alone because somebody else has a hand in them, the rest is done
  6  a newer run has been there, nothing was written since
  7  done, but some addresses are not known yet

Credentials, by the provider of a zone:
  rfc2136     PLEACH_TSIG=hmac-sha256:NAME:SECRET, or PLEACH_TSIG_FILE=FILE with what tsig-keygen writes
  clouddns    GOOGLE_APPLICATION_CREDENTIALS=FILE, or CLOUDSDK_AUTH_ACCESS_TOKEN
  route53     AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if the keys are of a session, AWS_SESSION_TOKEN
  cloudflare  CLOUDFLARE_API_TOKEN
  powerdns    PDNS_API_KEY
  godaddy     GODADDY_API_KEY and GODADDY_API_SECRET

With _ZONE added, as in PLEACH_TSIG_DEV_EXAMPLE_COM, they are for one zone only.";

/// Make the DNS zones hold what out/dns says
///
/// Only names that a file lists are touched, only if the zone says that pleach wrote them, and only while they hold
/// what it wrote. Each name is changed in one step that fails if anybody else was faster.
#[derive(Debug, clap::Args)]
#[command(after_help = STATUS)]
pub(crate) struct Dns {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Plan(Plan),
    Apply(Apply),
    Status(Status),
    Orphans(Orphans),
    Export(Export),
}

/// Read the zones and say what `apply` would do; write nothing
#[derive(Debug, clap::Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) about: About,
    #[command(flatten)]
    pub(super) allow: Allow,
    /// The number that `apply` will be given, to see whether it is still the newest
    #[arg(long, value_name = "N")]
    pub(super) rev: Option<u64>,
    /// How the plan is told
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: PlanFormat,
}

/// Write to the zones what is not yet as the files say
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns apply --rev $(git rev-list --count --first-parent HEAD)
  kubectl get svc,ingress,gateway -A -o json | pleach dns apply --rev 412 --status -")]
pub(super) struct Apply {
    #[command(flatten)]
    pub(super) about: About,
    #[command(flatten)]
    pub(super) allow: Allow,
    /// A number that grows with every commit or run: a run with a lower one than the zone has seen writes nothing
    #[arg(long, value_name = "N")]
    pub(super) rev: u64,
    /// Write to zones whose provider does not compare before it sets, or does not change a name and its marker together
    #[arg(long)]
    pub(super) allow_no_cas: bool,
    /// Write only if the plan is still the one with this digest
    #[arg(long, value_name = "DIGEST")]
    pub(super) expect: Option<String>,
    /// How the run is told
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: Format,
}

/// Say for each zone which run it was changed by last, and whether its names are as the files say
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    #[command(flatten)]
    pub(super) about: About,
    /// How it is told
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: Format,
}

/// List names that a zone remembers as ours and no file mentions; needs the right to transfer the zone
#[derive(Debug, clap::Args)]
pub(super) struct Orphans {
    #[command(flatten)]
    pub(super) about: About,
}

/// Print what the files want in the format of another program; asks nobody
///
/// Only names that must be present are told, without markers. A name whose address is not known yet is left out, and
/// the exit status is 7 then.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach dns export --format zone > shop.db             to be put into a zone with $INCLUDE
  pleach dns export --format route53 | split -l 1 -     each a file for --change-batch file://…
  pleach dns export --format clouddns --zone dev.example.com > sets.yaml")]
pub(super) struct Export {
    #[command(flatten)]
    pub(super) about: Files,
    /// The format
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: ExportFormat,
    /// Only the names of one zone
    #[arg(long, value_name = "NAME")]
    pub(super) zone: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// A zone file without SOA and NS
    Zone,
    /// The configuration of a zone for octoDNS
    #[value(name = "octodns")]
    OctoDns,
    /// `DNSEndpoint` objects for external-dns
    #[value(name = "dnsendpoint")]
    DnsEndpoint,
    /// Change batches for aws route53 change-resource-record-sets, a line each
    #[value(name = "route53")]
    Route53,
    /// Record sets for gcloud dns record-sets import
    #[value(name = "clouddns")]
    CloudDns,
    /// All that the files say, for programs
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// The folder of the zone change files, by default dns/ in the output folder
    #[arg(value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
    /// What `kubectl get svc,ingress,gateway -A -o json` prints, for addresses that only the cluster knows; - reads it
    /// from standard input
    #[arg(long, value_name = "FILE")]
    pub(super) status: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct About {
    #[command(flatten)]
    pub(super) files: Files,
    /// Tell every message to the API of a provider on standard error, without credentials
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Allow {
    /// How many names may be deleted in one run
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) max_delete: usize,
    /// Take over a name that has no marker and holds just what the file says
    #[arg(long, value_name = "NAME")]
    pub(super) adopt: Vec<String>,
    /// Write over what somebody else made of a name of ours
    #[arg(long, value_name = "NAME")]
    pub(super) overwrite: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// A line for each name that is not as wanted
    #[default]
    Text,
    /// The same as a table, for a pull request
    Markdown,
    /// A JSON object for each name, and one for the sum
    Json,
    /// The changes as input of nsupdate, for zones of `provider: rfc2136`
    Nsupdate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A line for each name that is not as wanted
    #[default]
    Text,
    /// A JSON object for each name, and one for the sum
    Json,
}
