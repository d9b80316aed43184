//! `pleach dns`: the only commands with a network.

mod args;

pub(super) use args::Dns;

use super::screen::{Screen, report};
use super::workspace::Workspace;
use crate::apply::address::Addresses;
use crate::apply::http::Trace;
use crate::apply::open::{self, Surroundings};
use crate::apply::patience::Patience;
use crate::apply::report as told;
use crate::apply::run::{self, Line, Plan, Rules, Site, Tally};
use crate::apply::walk::Permits;
use crate::apply::zone::Edit;
use crate::apply::{orphan, promise, work};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, Severity, gather};
use crate::disk;
use crate::dns::export;
use crate::dns::ownership::{Fence, ParsedRecord};
use crate::dns::zone_change::ZoneChangeFile;
use crate::name::DnsName;
use crate::source::RelPath;
use crate::spec::{self, Spec, ZoneProvider};
use args::{About, Allow, Command, ExportFormat, Format, PlanFormat};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs a command of `pleach dns` and returns the exit status.
pub(super) fn run(args: &Dns, workspace: &Workspace, here: &Path, screen: Screen) -> Result<u8> {
    let run = Run { workspace, here, screen };
    match &args.command {
        Command::Plan(args) => run.plan(args),
        Command::Apply(args) => run.apply(args),
        Command::Status(args) => run.status(args),
        Command::Orphans(args) => run.orphans(args),
        Command::Export(args) => run.export(args),
    }
}

/// What is known before anybody is asked.
struct Read {
    spec: Spec,
    files: Vec<ZoneChangeFile>,
    addresses: Addresses,
}

impl Read {
    /// Refuses zones that take no DNS updates, which is all that `nsupdate` sends.
    fn suits_nsupdate(&self) -> Result<()> {
        let zones: BTreeSet<&DnsName> = self.files.iter().map(|file| &file.change.zone).collect();
        let others = zones.into_iter().filter_map(|name| {
            let zone = self.spec.zones.get(name)?;
            zone.provider.filter(|provider| *provider != ZoneProvider::Rfc2136)?;
            let message = format!("the zone `{name}` is changed by the API of its provider, and not by `nsupdate`");
            let help = "plan it in another format; `pleach dns apply` writes to it";
            Some(Diagnostic::new(Code::Usage, message).at(zone.at).help(help))
        });
        Diagnostics::check(others.collect(), ())
    }
}

struct Run<'a> {
    workspace: &'a Workspace,
    here: &'a Path,
    screen: Screen,
}

impl Run<'_> {
    fn plan(&self, args: &args::Plan) -> Result<u8> {
        let rules = Rules { rev: args.rev, ..rules(&args.allow)? };
        let read = self.read(&args.about.files)?;
        if args.format == PlanFormat::Nsupdate {
            read.suits_nsupdate()?;
        }
        let mut sites = self.open(&read, &args.about, rules.patience)?;
        promise::hold(&sites)?;
        let notes: Vec<String> = promise::lacking(&sites).collect();
        let plan = run::plan(&mut sites, &rules)?;
        if let Some(status) = self.stale(&plan, &sites, args.rev) {
            return Ok(status);
        }
        let mut tally = Tally::default();
        plan.lines(&sites).for_each(|line| tally.count(&line.outcome));
        let digest = plan.digest(&sites);
        let lines = |tell: fn(&Line) -> Option<String>| -> String {
            plan.lines(&sites).filter_map(|line| tell(&line)).map(|line| line + "\n").collect()
        };
        let sum = told::summary(&tally, &digest);
        report(&match args.format {
            PlanFormat::Text => lines(told::text) + &told::notes("", &notes) + &sum + "\n",
            PlanFormat::Markdown => {
                format!("{}{}\n{}{sum}\n", told::HEAD, lines(told::row), told::notes("> ", &notes))
            }
            PlanFormat::Json => {
                lines(|line| Some(told::json(line))) + &told::json_summary(&tally, &digest, &notes) + "\n"
            }
            PlanFormat::Nsupdate => commands(&plan, &sites),
        })?;
        plan.guard(&sites, &rules)?;
        Ok(tally.status())
    }

    fn apply(&self, args: &args::Apply) -> Result<u8> {
        let rules = Rules { rev: Some(args.rev), expect: args.expect.clone(), ..rules(&args.allow)? };
        let mut sites = self.sites(&args.about, rules.patience)?;
        promise::hold(&sites)?;
        promise::suffice(&sites, args.allow_no_cas)?;
        let notes: Vec<String> = promise::lacking(&sites).collect();
        let plan = run::plan(&mut sites, &rules)?;
        if let Some(status) = self.stale(&plan, &sites, rules.rev) {
            return Ok(status);
        }
        plan.guard(&sites, &rules)?;
        let digest = plan.digest(&sites);
        let mut unheard = Ok(());
        let (tally, complaints) = run::apply(&mut sites, plan, &rules, args.rev, &mut |line| {
            let text = match args.format {
                Format::Text => told::text(line),
                Format::Json => Some(told::json(line)),
            };
            if let (Some(text), true) = (text, unheard.is_ok()) {
                unheard = report(&(text + "\n"));
            }
        });
        self.screen.diagnostics(Severity::Error, &complaints, &self.workspace.project);
        unheard?;
        report(&match args.format {
            Format::Text => told::summary(&tally, &digest) + "\n",
            Format::Json => told::json_summary(&tally, &digest, &notes) + "\n",
        })?;
        Ok(tally.status())
    }

    fn status(&self, args: &args::Status) -> Result<u8> {
        let rules = Rules::default();
        let mut sites = self.sites(&args.about, rules.patience)?;
        let plan = run::plan(&mut sites, &rules)?;
        let mut all = Tally::default();
        let mut text = String::new();
        for (site, survey) in sites.iter().zip(plan.surveys()) {
            let last = match Fence::read(survey.fence.records()) {
                ParsedRecord::Valid(fence) => format!("run {}", fence.rev),
                ParsedRecord::Absent => "no run yet".to_owned(),
                ParsedRecord::Unreadable => "a fence that no known version wrote".to_owned(),
            };
            let mut tally = Tally::default();
            let mut lines = String::new();
            for line in plan.lines(&sites).filter(|line| *line.zone == site.work.zone) {
                tally.count(&line.outcome);
                all.count(&line.outcome);
                match args.format {
                    Format::Text => lines.extend(told::text(&line).map(|line| format!("  {line}\n"))),
                    Format::Json => lines += &(told::json(&line) + "\n"),
                }
            }
            let sum = told::summary(&Tally { planned: false, ..tally }, "");
            let head = format!("{}: {last}, {}\n", site.work.zone, sum.replace(" written", " to write"));
            text += &if args.format == Format::Text { head + &lines } else { lines };
        }
        report(&text)?;
        Ok(Tally { planned: false, ..all }.status())
    }

    fn orphans(&self, args: &args::Orphans) -> Result<u8> {
        let patience = Patience::default();
        let mut text = String::new();
        for site in &mut self.sites(&args.about, patience)? {
            let found = orphan::find(site).map_err(|failure| {
                Diagnostic::new(Code::Remote, format!("zone `{}` cannot be listed: {failure}", site.work.zone))
            })?;
            text.extend(found.iter().map(|(host, marker)| format!("{host}  branch {}\n", marker.branch)));
        }
        report(&text)?;
        Ok(0)
    }

    fn export(&self, args: &args::Export) -> Result<u8> {
        let Read { spec, files, addresses } = self.read(&args.about)?;
        let mut files = work::resolved(files, &spec.zones, &addresses)?;
        if let Some(text) = &args.zone {
            let zone = DnsName::host(text).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()))?;
            files.retain(|file| file.change.zone == zone);
            if files.is_empty() {
                return Err(Diagnostic::new(Code::Usage, format!("no file speaks of the zone `{zone}`")).into());
            }
        }
        let zones: BTreeSet<&DnsName> = files.iter().map(|file| &file.change.zone).collect();
        let format = match args.format {
            ExportFormat::Zone => export::Format::Zone,
            ExportFormat::OctoDns => export::Format::OctoDns,
            ExportFormat::DnsEndpoint => export::Format::DnsEndpoint,
            ExportFormat::Route53 => export::Format::Route53,
            ExportFormat::CloudDns => export::Format::CloudDns,
            ExportFormat::Json => export::Format::Json,
        };
        if format.is_of_one_zone() && zones.len() > 1 {
            let names: Vec<&str> = zones.iter().map(|zone| zone.as_str()).collect();
            let error = Diagnostic::new(Code::Usage, "the files speak of more than one zone, and this format of one");
            return Err(error.help(format!("choose with `--zone` among {}", names.join(", "))).into());
        }
        report(&export::export(&files, format)?)?;
        let present = files.iter().flat_map(|file| &file.change.present);
        let unknown: Vec<&str> =
            present.filter(|(_, held)| held.address_from.is_some()).map(|(name, _)| name.as_str()).collect();
        if !unknown.is_empty() {
            self.screen.info(&format!("left out, because no address is known yet: {}", unknown.join(", ")));
        }
        Ok(Tally { pending: unknown.len(), ..Tally::default() }.status())
    }

    /// Complains and ends if a newer run has been at a zone.
    fn stale(&self, plan: &Plan, sites: &[Site], rev: Option<u64>) -> Option<u8> {
        let rev = rev?;
        let (zone, newer) = plan.stale(sites, rev)?;
        self.screen.diagnostics(Severity::Error, [&run::overtaken(zone, rev, newer)], &self.workspace.project);
        Some(Tally { overtaken: true, ..Tally::default() }.status())
    }

    /// The spec, the files and the addresses.
    fn read(&self, about: &args::Files) -> Result<Read> {
        let spec = spec::read(&self.workspace.project)?;
        let folder = match &about.folder {
            Some(folder) => self.below(folder)?,
            None => spec.output.join("dns").expect("a folder in a folder stays inside"),
        };
        let files = work::files(&self.workspace.project, &folder)?;
        let addresses = match &about.status {
            Some(path) => Addresses::read(&self.text(path)?)?,
            None => Addresses::default(),
        };
        Ok(Read { spec, files, addresses })
    }

    /// The zones that the files speak of, ready to be read.
    fn sites(&self, about: &About, patience: Patience) -> Result<Vec<Site>> {
        self.open(&self.read(&about.files)?, about, patience)
    }

    fn open(&self, read: &Read, about: &About, patience: Patience) -> Result<Vec<Site>> {
        let Read { spec, files, addresses } = read;
        let screen = self.screen;
        let trace: Option<Trace> = about.verbose.then(|| Arc::new(move |text: &str| screen.info(text)) as Trace);
        let around = Surroundings { variable: &variable, file: &|path| disk::load(&self.here.join(path)), trace };
        gather(work::works(files, &spec.zones, addresses)?, |work| {
            let zone = open::open(&work.zone, spec.zones.get(&work.zone), &around, patience)?;
            Ok::<_, Diagnostics>(Site { work, zone })
        })
    }

    /// A folder that was typed, as seen from the workspace.
    fn below(&self, folder: &PathBuf) -> Result<RelPath> {
        let real = disk::resolve(&self.here.join(folder))?;
        let outside = || Diagnostic::new(Code::Usage, format!("`{}` is not in the workspace", folder.display()));
        Ok(disk::below(&self.workspace.root, &real).ok_or_else(outside)?)
    }

    fn text(&self, path: &Path) -> Result<String> {
        if path != Path::new("-") {
            return Ok(disk::load(&self.here.join(path))?);
        }
        std::io::read_to_string(std::io::stdin())
            .map_err(|error| Diagnostic::new(Code::Disk, format!("standard input cannot be read: {error}")).into())
    }
}

#[expect(clippy::disallowed_methods, reason = "`cli` is who asks")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn rules(allow: &Allow) -> Result<Rules> {
    let names = |names: &[String]| {
        let name = |text: &String| DnsName::host(text).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()));
        gather(names, name)
    };
    let permits = Permits {
        adopt: names(&allow.adopt)?.into_iter().collect(),
        overwrite: names(&allow.overwrite)?.into_iter().collect(),
    };
    Ok(Rules { permits, max_delete: allow.max_delete, ..Rules::default() })
}

/// A plan as input of `nsupdate`, conditioned on nobody having raised the fence since.
fn commands(plan: &Plan, sites: &[Site]) -> String {
    let mut text = String::new();
    for (site, survey) in sites.iter().zip(plan.surveys()) {
        let fence = Edit { name: site.work.fence.clone(), before: survey.fence.clone(), after: None };
        for line in plan.lines(sites).filter(|line| *line.zone == site.work.zone) {
            text += &told::nsupdate(&line, &fence);
        }
    }
    text
}
