//! The inputs of a command that reads zones, and the zones that it opens.

use super::args::{RevisionArg, ZoneAccessArgs, ZoneChangeFilesArgs};
use crate::apply::address::ClusterAddresses;
use crate::apply::context::ProviderContext;
use crate::apply::desired;
use crate::apply::entry::DesiredState;
use crate::apply::http::RequestTrace;
use crate::apply::open::open_zone;
use crate::apply::orphan;
use crate::apply::reconcile::{DesiredZone, Permissions};
use crate::apply::retry::{Retry, RetryNotice, RetryPolicy};
use crate::apply::run::OpenZone;
use crate::cli::screen::Screen;
use crate::cli::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::disk;
use crate::dns::ownership::Owner;
use crate::dns::zone_change::ZoneChangeFile;
use crate::git;
use crate::name::DnsName;
use crate::source::RelPath;
use crate::spec::{self, Backend, Spec, ZoneProvider};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The inputs, before the zones are read.
pub(super) struct DnsInputs<'a> {
    pub(super) spec: Spec,
    pub(super) files: Vec<ZoneChangeFile>,
    pub(super) addresses: ClusterAddresses,
    /// The folders of the files.
    folders: Vec<PathBuf>,
    here: &'a Path,
    screen: Screen,
}

/// What to do if the commits cannot be counted.
const NUMBER: &str = "set the revision: `--rev N`, a number that increases with each run";

/// Which zones a command opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZoneScope {
    /// Those of the files.
    OfFiles,
    /// Also all others of the spec that have a provider.
    OfSpec,
}

impl<'a> DnsInputs<'a> {
    /// The spec, the files and the addresses.
    pub(super) fn read(
        args: &ZoneChangeFilesArgs,
        (workspace, here, screen): (&'a Workspace, &'a Path, Screen),
    ) -> Result<Self> {
        let spec = spec::read(&workspace.project)?;
        let folders = folders(args, &spec, workspace, here)?;
        let below = |folder: &PathBuf| {
            let outside = || Diagnostic::new(Code::Usage, format!("`{}` is not in the workspace", folder.display()));
            workspace.path_of(folder).ok_or_else(outside)
        };
        let paths: BTreeSet<RelPath> = gather(&folders, below)?.into_iter().collect();
        let files = desired::read_files(&workspace.project, &paths)?;
        let addresses = match &args.status {
            Some(path) => ClusterAddresses::read(&text(path, here)?)?,
            None => ClusterAddresses::default(),
        };
        Ok(DnsInputs { spec, files, addresses, folders, here, screen })
    }

    /// The revision of the files.
    pub(super) fn revision(&self, rev: RevisionArg) -> Result<u64> {
        if let RevisionArg::Number(number) = rev {
            return Ok(number);
        }
        let repository = |folder: &PathBuf| {
            let error = || Diagnostic::new(Code::Usage, format!("`{}` is not in a Git repository", folder.display()));
            git::repository(folder).map(Path::to_owned).ok_or_else(|| error().help(NUMBER))
        };
        let repositories: BTreeSet<PathBuf> = gather(&self.folders, repository)?.into_iter().collect();
        match &repositories.into_iter().collect::<Vec<_>>()[..] {
            [one] => Ok(git::first_parents(one)?),
            _ => Err(Diagnostic::new(Code::Usage, "the folders are in several Git repositories").help(NUMBER).into()),
        }
    }

    /// The names of `--zone`.
    fn selected(&self, args: &ZoneAccessArgs) -> Result<BTreeSet<DnsName>> {
        let files = self.files.iter().map(|file| &file.change.zone);
        let known: BTreeSet<&DnsName> = self.spec.zones.keys().chain(files).collect();
        let select = |text: &String| {
            let unknown = || {
                let error = Diagnostic::new(Code::Usage, format!("neither the spec nor a file has the zone `{text}`"));
                error.suggest_known(text, "zones", known.iter().map(|zone| zone.as_str()).collect::<Vec<_>>())
            };
            DnsName::host(text).ok().filter(|zone| known.contains(zone)).ok_or_else(unknown)
        };
        Ok(gather(&args.only, select)?.into_iter().collect())
    }

    /// The zones of a run, without those that `--zone` leaves out, and with the names to forget.
    fn desired_zones(
        &self,
        args: &ZoneAccessArgs,
        scope: ZoneScope,
        permissions: &Permissions,
    ) -> Result<Vec<DesiredZone>> {
        let selected = self.selected(args)?;
        let owner = self.files.first().map_or_else(|| Owner::of(&self.spec), |file| file.change.owner.clone());
        let mut zones: BTreeMap<DnsName, DesiredZone> = BTreeMap::new();
        for desired in desired::desired_zones(&self.files, &self.spec.zones, &self.addresses)? {
            zones.insert(desired.zone.clone(), desired);
        }
        for (name, zone) in &self.spec.zones {
            let is_asked = zone.provider.is_some() && zone.backend == Backend::ZoneChange || selected.contains(name);
            if scope == ZoneScope::OfSpec && is_asked && !zones.contains_key(name) {
                zones.insert(name.clone(), DesiredZone::without_names(name, &owner)?);
            }
        }
        let eligible: Vec<&DnsName> =
            if selected.is_empty() { self.spec.zones.keys().collect() } else { selected.iter().collect() };
        for host in &permissions.forget {
            let zone = eligible.iter().filter(|zone| host.below(zone).is_some()).max_by_key(|zone| zone.as_str().len());
            let Some(zone) = zone else {
                let zones = if selected.is_empty() { "no zone of the spec" } else { "none of the zones of `--zone`" };
                return Err(Diagnostic::new(Code::Usage, format!("`{host}` is in {zones}")).into());
            };
            orphan::check_unlisted(host, zone, &self.files)?;
            let empty = DesiredZone::without_names(zone, &owner)?;
            zones.entry((*zone).clone()).or_insert(empty).forget(host)?;
        }
        zones.retain(|zone, _| selected.is_empty() || selected.contains(zone));
        let zones: Vec<DesiredZone> = zones.into_values().collect();
        check_permitted(permissions, &zones)?;
        Ok(zones)
    }

    /// The zones of a run, ready to be read.
    pub(super) fn open(
        &self,
        args: &ZoneAccessArgs,
        scope: ZoneScope,
        permissions: &Permissions,
    ) -> Result<Vec<OpenZone>> {
        let screen = self.screen;
        let trace: Option<RequestTrace> =
            args.verbose.then(|| Arc::new(move |text: &str| screen.info(text)) as RequestTrace);
        let file = |path: &str| disk::load(&self.here.join(path));
        let context = ProviderContext { variable: &super::variable, file: &file, trace };
        gather(self.desired_zones(args, scope, permissions)?, |desired| {
            let declared = self.spec.zones.get(&desired.zone);
            let provider = declared.and_then(|zone| zone.provider).map_or("", ZoneProvider::name);
            let name = format!("zone `{}` ({provider})", desired.zone);
            let notice: RetryNotice = Arc::new(move |text: &str| screen.info(&format!("{name}: {text}")));
            let retry = Retry::from(RetryPolicy::default()).with_notice(notice);
            let others = |error: Diagnostic| match scope {
                ZoneScope::OfFiles => error,
                ZoneScope::OfSpec => error.help("or select other zones with `--zone`"),
            };
            let zone = open_zone(&desired.zone, declared, &context, retry.clone()).map_err(others)?;
            Ok::<_, Diagnostics>(OpenZone { desired, zone, retry })
        })
    }

    /// Refuses zones whose provider does not support DNS updates, which `nsupdate` sends.
    pub(super) fn check_nsupdate(&self, open_zones: &[OpenZone]) -> Result<()> {
        let others = open_zones.iter().filter_map(|OpenZone { desired: DesiredZone { zone: name, .. }, .. }| {
            let zone = self.spec.zones.get(name)?;
            zone.provider.filter(|provider| *provider != ZoneProvider::Rfc2136)?;
            let message = format!("`nsupdate` cannot change the zone `{name}`, whose provider has another API");
            let help = "use another format; `pleach dns apply` can change the zone";
            Some(Diagnostic::new(Code::Usage, message).at(zone.at).help(help))
        });
        Diagnostics::check(others.collect(), ())
    }
}

/// Refuses to adopt or overwrite a name that is not in the run, because that would have no effect, and to do both, because only one
/// would have.
fn check_permitted(permissions: &Permissions, zones: &[DesiredZone]) -> Result<()> {
    let entries = zones.iter().flat_map(|zone| &zone.entries);
    let present: BTreeSet<&DnsName> =
        entries.filter(|entry| entry.state != DesiredState::Absent).map(|entry| &entry.host).collect();
    let named = [("--adopt", &permissions.adopt), ("--overwrite", &permissions.overwrite)];
    let unknown = named.into_iter().flat_map(|(option, names)| {
        names.iter().filter(|name| !present.contains(name)).map(move |name| (option, name))
    });
    let unknown = unknown.map(|(option, name)| {
        let error = Diagnostic::new(
            Code::Usage,
            format!("`{option} {name}` has no effect: in the zones of this run, no file has this name under `present`"),
        );
        error.suggest(name.as_str(), present.iter().map(|name| name.as_str()))
    });
    let both = permissions.adopt.intersection(&permissions.overwrite).map(|name| {
        Diagnostic::new(Code::Usage, format!("`{name}` is named by both `--adopt` and `--overwrite`"))
            .help("`pleach dns plan` without them shows which one helps")
    });
    Diagnostics::check(unknown.chain(both).collect(), ())
}

/// The folders of the zone change files.
fn folders(args: &ZoneChangeFilesArgs, spec: &Spec, workspace: &Workspace, here: &Path) -> Result<Vec<PathBuf>> {
    if args.folders.is_empty() {
        return Ok(vec![workspace.folder(&spec.output).path().join("dns")]);
    }
    gather(&args.folders, |folder| disk::resolve(&here.join(folder)))
}

fn text(path: &Path, here: &Path) -> Result<String> {
    if path != Path::new("-") {
        return Ok(disk::load(&here.join(path))?);
    }
    std::io::read_to_string(std::io::stdin())
        .map_err(|error| Diagnostic::new(Code::Disk, format!("cannot read standard input: {error}")).into())
}
