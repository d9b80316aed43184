//! `pleach dns`: the only commands that use a network.

mod args;
mod export;
mod inputs;

pub(super) use args::DnsArgs;

use super::screen::{Screen, report};
use super::workspace::Workspace;
use crate::apply::guarantee;
use crate::apply::orphan::{self, Orphan};
use crate::apply::permission;
use crate::apply::reconcile::Permissions;
use crate::apply::report::{self as apply_report, ReportSubject};
use crate::apply::retry::Moment;
use crate::apply::run::{self, ApplyOptions, ApplyPlan, NameReport, OpenZone};
use crate::apply::summary::{self, ZoneSummary};
use crate::apply::zone::NameChange;
use crate::diagnostic::{Code, Diagnostic, Result, Severity, gather};
use crate::name::DnsName;
use crate::visible::visible;
use args::{
    DnsApplyArgs, DnsCommand, DnsOrphansArgs, DnsPlanArgs, DnsPlanFormat, DnsRunFormat, DnsStatusArgs, WriteLimitArgs,
    ZoneChangeFilesArgs,
};
use inputs::{DnsInputs, ZoneScope};
use std::collections::BTreeSet;
use std::path::Path;

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

struct DnsRunner<'a> {
    workspace: &'a Workspace,
    here: &'a Path,
    screen: Screen,
}

impl DnsRunner<'_> {
    fn plan(&self, args: &DnsPlanArgs) -> Result<u8> {
        let options = options(&args.limits)?;
        let inputs = self.read(&args.access.files)?;
        let rev = args.rev.map(|rev| inputs.revision(rev)).transpose()?;
        let mut open_zones = inputs.open(&args.access, ZoneScope::OfFiles, &options.permissions)?;
        if args.format == DnsPlanFormat::Nsupdate {
            inputs.check_nsupdate(&open_zones)?;
        }
        guarantee::check_supported(&open_zones)?;
        let notes = guarantee::notes(&open_zones);
        let plan = run::plan(&mut open_zones, &options.permissions, Moment::after(args.access.timeout));
        self.warn_without_effect((&plan, &open_zones), &options.permissions);
        let zones = plan.summaries(&open_zones, rev);
        report(&plan_report((args.format, rev), (&plan, &open_zones), &zones, &notes))?;
        self.errors(&zones);
        plan.guard(&open_zones, &options)?;
        Ok(summary::status(&zones))
    }

    fn apply(&self, args: &DnsApplyArgs) -> Result<u8> {
        let options = ApplyOptions { expect: args.expect.clone(), ..options(&args.limits)? };
        let inputs = self.read(&args.access.files)?;
        let rev = inputs.revision(args.rev)?;
        let mut open_zones = inputs.open(&args.access, ZoneScope::OfFiles, &options.permissions)?;
        guarantee::check_supported(&open_zones)?;
        guarantee::require_guarantees(&open_zones, args.allow_no_cas)?;
        let notes = guarantee::notes(&open_zones);
        let end = Moment::after(args.access.timeout);
        let plan = run::plan(&mut open_zones, &options.permissions, end);
        self.warn_without_effect((&plan, &open_zones), &options.permissions);
        let planned = plan.summaries(&open_zones, Some(rev));
        let stopped: Option<Result<u8>> = if summary::is_superseded(&planned) {
            Some(Ok(summary::status(&planned)))
        } else {
            plan.guard(&open_zones, &options).err().map(|error| Err(error.into()))
        };
        let digest = plan.digest(&open_zones);
        let mut printed = Ok(());
        let mut print = |name: &NameReport| {
            let text = match args.format {
                DnsRunFormat::Text => apply_report::text_line(name),
                DnsRunFormat::Json => Some(apply_report::json_line(name)),
            };
            if let (Some(text), true) = (text, printed.is_ok()) {
                printed = report(&(text + "\n"));
            }
        };
        let zones = if stopped.is_some() {
            run::skip(&open_zones, &plan, rev, &mut print)
        } else {
            run::apply(&mut open_zones, plan, (&options.permissions, rev, end), &mut print)
        };
        self.errors(&zones);
        printed?;
        let status = match &stopped {
            None => summary::status(&zones),
            Some(Ok(status)) => *status,
            Some(Err(_)) => Code::Guard.status(),
        };
        report(&match args.format {
            DnsRunFormat::Text => {
                let lines = apply_report::zone_lines(&zones, ReportSubject::Run);
                lines + &apply_report::last_line(&zones, ReportSubject::Run, &digest)
            }
            DnsRunFormat::Json => apply_report::json_summary(&zones, Some(rev), &digest, &notes, status),
        })?;
        stopped.unwrap_or(Ok(status))
    }

    fn status(&self, args: &DnsStatusArgs) -> Result<u8> {
        let permissions = Permissions::default();
        let inputs = self.read(&args.access.files)?;
        let mut open_zones = inputs.open(&args.access, ZoneScope::OfSpec, &permissions)?;
        let plan = run::plan(&mut open_zones, &permissions, Moment::after(args.access.timeout));
        let zones = plan.summaries(&open_zones, None);
        // Pending changes are a state, not a failure.
        let status = Some(summary::status(&zones)).filter(|status| *status != 1).unwrap_or_default();
        let lines_of = |zone: &DnsName| {
            let names = plan.reports(&open_zones).filter(|name| name.zone == zone);
            let lines = names.filter_map(|name| apply_report::text_line(&name));
            lines.fold(String::new(), |text, line| text + "  " + &line + "\n")
        };
        report(&match args.format {
            DnsRunFormat::Text => {
                let zone = |zone: &ZoneSummary| {
                    apply_report::zone_line(zone, ReportSubject::Plan) + "\n" + &lines_of(&zone.zone)
                };
                zones.iter().map(zone).collect()
            }
            DnsRunFormat::Json => {
                let names = plan.reports(&open_zones).map(|name| apply_report::json_line(&name) + "\n");
                names.collect::<String>()
                    + &apply_report::json_summary(&zones, None, &plan.digest(&open_zones), &[], status)
            }
        })?;
        self.errors(&zones);
        Ok(status)
    }

    fn orphans(&self, args: &DnsOrphansArgs) -> Result<u8> {
        let inputs = self.read(&args.access.files)?;
        let mut open_zones = inputs.open(&args.access, ZoneScope::OfSpec, &Permissions::default())?;
        let (mut text, mut errors) = (String::new(), Vec::new());
        for found in orphan::find_orphans(&mut open_zones, Moment::after(args.access.timeout)) {
            match found {
                Ok(found) => {
                    let line = |(host, ownership): &Orphan| format!("{host}  branch {}\n", visible(&ownership.branch));
                    text.extend(found.iter().map(line));
                }
                Err(error) => errors.push(error),
            }
        }
        report(&text)?;
        self.screen.diagnostics(Severity::Error, &errors, &self.workspace.project);
        Ok(if errors.is_empty() { 0 } else { Code::Remote.status() })
    }

    /// Warns of options that change nothing in the plan.
    fn warn_without_effect(&self, (plan, open_zones): (&ApplyPlan, &[OpenZone]), permissions: &Permissions) {
        self.screen.warn(&permission::without_effect(plan.reports(open_zones), permissions), &self.workspace.project);
    }

    /// Reports why zones are not done.
    fn errors(&self, zones: &[ZoneSummary]) {
        let errors: Vec<Diagnostic> = zones.iter().filter_map(ZoneSummary::error).collect();
        self.screen.diagnostics(Severity::Error, &errors, &self.workspace.project);
    }

    fn read(&self, args: &ZoneChangeFilesArgs) -> Result<DnsInputs<'_>> {
        DnsInputs::read(args, (self.workspace, self.here, self.screen))
    }
}

fn plan_report(
    (format, rev): (DnsPlanFormat, Option<u64>),
    (plan, open_zones): (&ApplyPlan, &[OpenZone]),
    zones: &[ZoneSummary],
    notes: &[String],
) -> String {
    let digest = plan.digest(open_zones);
    let lines = |format: fn(&NameReport) -> Option<String>| -> String {
        plan.reports(open_zones).filter_map(|report| format(&report)).map(|line| line + "\n").collect()
    };
    let zone_lines = apply_report::zone_lines(zones, ReportSubject::Plan);
    let last_line = apply_report::last_line(zones, ReportSubject::Plan, &digest);
    match format {
        DnsPlanFormat::Text => {
            lines(apply_report::text_line) + &apply_report::notes("", notes) + &zone_lines + &last_line
        }
        DnsPlanFormat::Markdown => {
            let (rows, notes) = (lines(apply_report::markdown_row), apply_report::notes("> ", notes));
            let notes = if notes.is_empty() { notes } else { notes + "\n" };
            format!(
                "{}{rows}\n{notes}{}\n{last_line}",
                apply_report::MARKDOWN_HEAD,
                apply_report::markdown_zones(zones)
            )
        }
        DnsPlanFormat::Json => {
            lines(|name| Some(apply_report::json_line(name)))
                + &apply_report::json_summary(zones, rev, &digest, notes, summary::status(zones))
        }
        DnsPlanFormat::Nsupdate => commands(plan, open_zones, zones),
    }
}

#[expect(clippy::disallowed_methods, reason = "`cli` reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn options(args: &WriteLimitArgs) -> Result<ApplyOptions> {
    let names = |names: &[String]| {
        let name = |text: &String| DnsName::host(text).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()));
        gather(names, name)
    };
    let permissions = Permissions {
        forget: names(&args.forget)?.into_iter().collect(),
        adopt: names(&args.adopt)?.into_iter().collect(),
        overwrite: names(&args.overwrite)?.into_iter().collect(),
    };
    Ok(ApplyOptions { permissions, max_delete: args.max_delete, ..ApplyOptions::default() })
}

/// A plan as input for `nsupdate`, on the condition that the fences have not changed. It leaves out zones that `apply` would not change.
fn commands(plan: &ApplyPlan, open_zones: &[OpenZone], zones: &[ZoneSummary]) -> String {
    let failed: BTreeSet<&DnsName> =
        zones.iter().filter(|zone| zone.failure.is_some()).map(|zone| &zone.zone).collect();
    let mut text = String::new();
    for (desired, zone_plan) in plan.zone_plans(open_zones).filter(|(desired, _)| !failed.contains(&desired.zone)) {
        let fence = NameChange::condition(desired.fence.own.clone(), zone_plan.fence.own.clone());
        for name in plan.reports(open_zones).filter(|name| *name.zone == desired.zone) {
            text += &apply_report::nsupdate(&name, &fence);
        }
    }
    text
}
