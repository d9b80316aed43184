//! `pleach dns`: the only commands that use a network.

mod args;

pub(super) use args::DnsArgs;

use super::screen::{Screen, report};
use super::workspace::Workspace;
use crate::apply::address::ClusterAddresses;
use crate::apply::context::ProviderContext;
use crate::apply::http::RequestTrace;
use crate::apply::open::open_zone;
use crate::apply::reconcile::Permissions;
use crate::apply::report as apply_report;
use crate::apply::retry::RetryPolicy;
use crate::apply::run::{self, ApplyOptions, ApplyPlan, NameReport, OpenZone, RunSummary};
use crate::apply::zone::NameChange;
use crate::apply::{desired, guarantee, orphan};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, Severity, gather};
use crate::disk;
use crate::dns::export;
use crate::dns::ownership::ParsedRecord;
use crate::dns::zone_change::ZoneChangeFile;
use crate::name::DnsName;
use crate::source::RelPath;
use crate::spec::{self, Spec, ZoneProvider};
use crate::visible::visible;
use args::{
    DnsApplyArgs, DnsCommand, DnsExportArgs, DnsOrphansArgs, DnsPlanArgs, DnsPlanFormat, DnsRunFormat, DnsStatusArgs,
    WriteLimitArgs, ZoneAccessArgs, ZoneChangeFilesArgs,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Runs a command of `pleach dns` and returns the exit status.
pub(super) fn run(args: &DnsArgs, workspace: &Workspace, here: &Path, screen: Screen) -> Result<u8> {
    let runner = DnsRunner { workspace, here, screen };
    match &args.command {
        DnsCommand::Plan(args) => runner.plan(args),
        DnsCommand::Apply(args) => runner.apply(args),
        DnsCommand::Status(args) => runner.status(args),
        DnsCommand::Orphans(args) => runner.orphans(args),
        DnsCommand::Export(args) => runner.export(args),
    }
}

/// The inputs of a run, before the zones are read.
struct DnsInputs {
    spec: Spec,
    files: Vec<ZoneChangeFile>,
    addresses: ClusterAddresses,
}

impl DnsInputs {
    /// Refuses zones whose provider does not support DNS updates, which `nsupdate` sends.
    fn check_nsupdate(&self) -> Result<()> {
        let zones: BTreeSet<&DnsName> = self.files.iter().map(|file| &file.change.zone).collect();
        let others = zones.into_iter().filter_map(|name| {
            let zone = self.spec.zones.get(name)?;
            zone.provider.filter(|provider| *provider != ZoneProvider::Rfc2136)?;
            let message = format!("`nsupdate` cannot change the zone `{name}`, whose provider has another API");
            let help = "use another format; `pleach dns apply` can change the zone";
            Some(Diagnostic::new(Code::Usage, message).at(zone.at).help(help))
        });
        Diagnostics::check(others.collect(), ())
    }
}

struct DnsRunner<'a> {
    workspace: &'a Workspace,
    here: &'a Path,
    screen: Screen,
}

impl DnsRunner<'_> {
    fn plan(&self, args: &DnsPlanArgs) -> Result<u8> {
        let rules = ApplyOptions { rev: args.rev, ..rules(&args.limits)? };
        let read = self.read(&args.zones.files)?;
        if args.format == DnsPlanFormat::Nsupdate {
            read.check_nsupdate()?;
        }
        let mut open_zones = self.open(&read, &args.zones, rules.retry)?;
        guarantee::check_supported(&open_zones)?;
        let notes: Vec<String> = guarantee::missing_guarantees(&open_zones).collect();
        let plan = run::plan(&mut open_zones, &rules)?;
        if let Some(status) = self.stale(&plan, &open_zones, args.rev) {
            return Ok(status);
        }
        let mut summary = RunSummary::default();
        plan.reports(&open_zones).for_each(|report| summary.count(&report.outcome));
        let digest = plan.digest(&open_zones);
        let lines = |format: fn(&NameReport) -> Option<String>| -> String {
            plan.reports(&open_zones).filter_map(|report| format(&report)).map(|line| line + "\n").collect()
        };
        let last_line = apply_report::summary_line(&summary, &digest);
        report(&match args.format {
            DnsPlanFormat::Text => {
                lines(apply_report::text_line) + &apply_report::notes("", &notes) + &last_line + "\n"
            }
            DnsPlanFormat::Markdown => {
                format!(
                    "{}{}\n{}{last_line}\n",
                    apply_report::MARKDOWN_HEAD,
                    lines(apply_report::markdown_row),
                    apply_report::notes("> ", &notes)
                )
            }
            DnsPlanFormat::Json => {
                lines(|name| Some(apply_report::json_line(name)))
                    + &apply_report::json_summary(&summary, &digest, &notes)
                    + "\n"
            }
            DnsPlanFormat::Nsupdate => commands(&plan, &open_zones),
        })?;
        plan.guard(&open_zones, &rules)?;
        Ok(summary.status())
    }

    fn apply(&self, args: &DnsApplyArgs) -> Result<u8> {
        let rules = ApplyOptions { rev: Some(args.rev), expect: args.expect.clone(), ..rules(&args.limits)? };
        let mut open_zones = self.open_zones(&args.zones, rules.retry)?;
        guarantee::check_supported(&open_zones)?;
        guarantee::require_guarantees(&open_zones, args.allow_no_cas)?;
        let notes: Vec<String> = guarantee::missing_guarantees(&open_zones).collect();
        let plan = run::plan(&mut open_zones, &rules)?;
        if let Some(status) = self.stale(&plan, &open_zones, rules.rev) {
            return Ok(status);
        }
        plan.guard(&open_zones, &rules)?;
        let digest = plan.digest(&open_zones);
        let mut printed = Ok(());
        let (summary, diagnostics) = run::apply(&mut open_zones, plan, &rules, args.rev, &mut |name| {
            let text = match args.format {
                DnsRunFormat::Text => apply_report::text_line(name),
                DnsRunFormat::Json => Some(apply_report::json_line(name)),
            };
            if let (Some(text), true) = (text, printed.is_ok()) {
                printed = report(&(text + "\n"));
            }
        });
        self.screen.diagnostics(Severity::Error, &diagnostics, &self.workspace.project);
        printed?;
        report(&match args.format {
            DnsRunFormat::Text => apply_report::summary_line(&summary, &digest) + "\n",
            DnsRunFormat::Json => apply_report::json_summary(&summary, &digest, &notes) + "\n",
        })?;
        Ok(summary.status())
    }

    fn status(&self, args: &DnsStatusArgs) -> Result<u8> {
        let rules = ApplyOptions::default();
        let mut open_zones = self.open_zones(&args.zones, rules.retry)?;
        let plan = run::plan(&mut open_zones, &rules)?;
        let mut all = RunSummary::default();
        let mut text = String::new();
        for (open_zone, zone_plan) in open_zones.iter().zip(plan.zone_plans()) {
            let last = match zone_plan.fence.read() {
                ParsedRecord::Valid(fence) => format!("run {}", fence.rev),
                ParsedRecord::Absent => "no run yet".to_owned(),
                ParsedRecord::Unreadable => "an unreadable fence".to_owned(),
            };
            let mut summary = RunSummary::default();
            let mut lines = String::new();
            for name in plan.reports(&open_zones).filter(|name| *name.zone == open_zone.desired.zone) {
                summary.count(&name.outcome);
                all.count(&name.outcome);
                match args.format {
                    DnsRunFormat::Text => {
                        lines.extend(apply_report::text_line(&name).map(|line| format!("  {line}\n")));
                    }
                    DnsRunFormat::Json => lines += &(apply_report::json_line(&name) + "\n"),
                }
            }
            let counts = apply_report::counts(&summary, "to write");
            let head = format!("{}: {last}, {counts}\n", open_zone.desired.zone);
            text += &if args.format == DnsRunFormat::Text { head + &lines } else { lines };
        }
        report(&text)?;
        Ok(RunSummary { planned: false, ..all }.status())
    }

    fn orphans(&self, args: &DnsOrphansArgs) -> Result<u8> {
        let retry = RetryPolicy::default();
        let mut text = String::new();
        for open_zone in &mut self.open_zones(&args.zones, retry)? {
            let found = orphan::find_orphans(open_zone).map_err(|error| {
                Diagnostic::new(Code::Remote, format!("zone `{}` cannot be listed: {error}", open_zone.desired.zone))
            })?;
            text.extend(
                found.iter().map(|(host, ownership)| format!("{host}  branch {}\n", visible(&ownership.branch))),
            );
        }
        report(&text)?;
        Ok(0)
    }

    fn export(&self, args: &DnsExportArgs) -> Result<u8> {
        let DnsInputs { spec, mut files, addresses } = self.read(&args.files)?;
        if let Some(text) = &args.zone {
            let zone = DnsName::host(text).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()))?;
            files.retain(|file| file.change.zone == zone);
            if files.is_empty() {
                return Err(Diagnostic::new(Code::Usage, format!("no file has the zone `{zone}`")).into());
            }
        }
        let zones: BTreeSet<&DnsName> = files.iter().map(|file| &file.change.zone).collect();
        if args.format.is_of_one_zone() && zones.len() > 1 {
            let names: Vec<&str> = zones.iter().map(|zone| zone.as_str()).collect();
            let error = Diagnostic::new(Code::Usage, "this format can have one zone only, but the files have several");
            return Err(error.help(format!("select one with `--zone`: {}", names.join(", "))).into());
        }
        let unusable = desired::resolve_addresses(&mut files, &spec.zones, &addresses)?;
        report(&export::export(&files, args.format)?)?;
        self.screen.diagnostics(Severity::Warning, unusable.values(), &self.workspace.project);
        let present = files.iter().flat_map(|file| &file.change.present);
        let unknown = present.filter(|(name, held)| held.address_from.is_some() && !unusable.contains_key(*name));
        let unknown: Vec<&str> = unknown.map(|(name, _)| name.as_str()).collect();
        if !unknown.is_empty() {
            self.screen.info(&format!("left out because the address is not known yet: {}", unknown.join(", ")));
        }
        Ok(RunSummary { pending: unknown.len(), conflicts: unusable.len(), ..RunSummary::default() }.status())
    }

    /// Reports an error and returns the exit status if a newer run has written to a zone.
    fn stale(&self, plan: &ApplyPlan, open_zones: &[OpenZone], rev: Option<u64>) -> Option<u8> {
        let rev = rev?;
        let (zone, newer) = plan.newer_run(open_zones, rev)?;
        self.screen.diagnostics(Severity::Error, [&run::superseded(zone, rev, newer)], &self.workspace.project);
        Some(RunSummary { superseded: true, ..RunSummary::default() }.status())
    }

    /// The spec, the files and the addresses.
    fn read(&self, args: &ZoneChangeFilesArgs) -> Result<DnsInputs> {
        let spec = spec::read(&self.workspace.project)?;
        let folder = match &args.folder {
            Some(folder) => self.below(&disk::resolve(&self.here.join(folder))?)?,
            None => self.below(self.workspace.folder(&spec.output).path())?.join("dns").unwrap_or_default(),
        };
        let files = desired::read_files(&self.workspace.project, &folder)?;
        let addresses = match &args.status {
            Some(path) => ClusterAddresses::read(&self.text(path)?)?,
            None => ClusterAddresses::default(),
        };
        Ok(DnsInputs { spec, files, addresses })
    }

    /// The zones of the files, ready to be read.
    fn open_zones(&self, args: &ZoneAccessArgs, retry: RetryPolicy) -> Result<Vec<OpenZone>> {
        self.open(&self.read(&args.files)?, args, retry)
    }

    fn open(&self, read: &DnsInputs, args: &ZoneAccessArgs, retry: RetryPolicy) -> Result<Vec<OpenZone>> {
        let DnsInputs { spec, files, addresses } = read;
        let screen = self.screen;
        let trace: Option<RequestTrace> =
            args.verbose.then(|| Arc::new(move |text: &str| screen.info(text)) as RequestTrace);
        let context = ProviderContext { variable: &variable, file: &|path| disk::load(&self.here.join(path)), trace };
        gather(desired::desired_zones(files, &spec.zones, addresses)?, |desired| {
            let zone = open_zone(&desired.zone, spec.zones.get(&desired.zone), &context, retry)?;
            Ok::<_, Diagnostics>(OpenZone { desired, zone })
        })
    }

    /// The path in the workspace of a folder given as an argument.
    fn below(&self, folder: &Path) -> Result<RelPath> {
        let outside = || Diagnostic::new(Code::Usage, format!("`{}` is not in the workspace", folder.display()));
        Ok(self.workspace.path_of(folder).ok_or_else(outside)?)
    }

    fn text(&self, path: &Path) -> Result<String> {
        if path != Path::new("-") {
            return Ok(disk::load(&self.here.join(path))?);
        }
        std::io::read_to_string(std::io::stdin())
            .map_err(|error| Diagnostic::new(Code::Disk, format!("cannot read standard input: {error}")).into())
    }
}

#[expect(clippy::disallowed_methods, reason = "`cli` reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn rules(args: &WriteLimitArgs) -> Result<ApplyOptions> {
    let names = |names: &[String]| {
        let name = |text: &String| DnsName::host(text).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()));
        gather(names, name)
    };
    let permissions = Permissions {
        adopt: names(&args.adopt)?.into_iter().collect(),
        overwrite: names(&args.overwrite)?.into_iter().collect(),
    };
    Ok(ApplyOptions { permissions, max_delete: args.max_delete, ..ApplyOptions::default() })
}

/// A plan as input for `nsupdate`, on the condition that the fences have not changed.
fn commands(plan: &ApplyPlan, open_zones: &[OpenZone]) -> String {
    let mut text = String::new();
    for (open_zone, zone_plan) in open_zones.iter().zip(plan.zone_plans()) {
        let fence =
            NameChange { name: open_zone.desired.fence.own.clone(), before: zone_plan.fence.own.clone(), after: None };
        for name in plan.reports(open_zones).filter(|name| *name.zone == open_zone.desired.zone) {
            text += &apply_report::nsupdate(&name, &fence);
        }
    }
    text
}
