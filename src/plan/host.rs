//! The hosts of a branch: its names and one host per service and name, then the same for each alias of the branch.

use super::BranchHost;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::limits::BRANCH_ADDED_HOSTS;
use crate::name::DnsName;
use crate::source::Location;
use crate::spec::{self, BranchEntry, Join, PatternScope, Placed, Spec};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The patterns of the hosts of a branch, from its entry and the defaults.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostPatterns<'a> {
    names: &'a [spec::HostEntry],
    services: &'a [Placed<SmolStr>],
    join: Join,
    /// The entry of the branch.
    own: &'a spec::HostsEntry,
    /// The patterns of the defaults, which aliases use.
    common: &'a [spec::HostEntry],
    aliases: &'a BTreeMap<SmolStr, spec::Alias>,
    branch: &'a str,
}

/// The text of a host, its entry in the spec, and the service.
type HostText<'a> = (String, &'a spec::HostEntry, Option<&'a Placed<SmolStr>>);

impl<'a> HostPatterns<'a> {
    /// The patterns of the branch, or else of the defaults.
    pub(super) fn of(branch: &'a BranchEntry, spec: &'a Spec) -> Self {
        let (own, defaults) = (&branch.settings.hosts, &spec.defaults.hosts);
        let services = own.services.as_deref();
        // The default services run in namespaces, which an App Engine branch does not have.
        let services = if branch.app_engine.is_some() { services } else { services.or(defaults.services.as_deref()) };
        HostPatterns {
            names: own.names.as_deref().or(defaults.names.as_deref()).unwrap_or_default(),
            services: services.unwrap_or_default(),
            join: own.join.as_ref().or(defaults.join.as_ref()).map(|join| join.value).unwrap_or_default(),
            own,
            common: defaults.names.as_deref().unwrap_or_default(),
            aliases: &spec.aliases,
            branch: &branch.name,
        }
    }

    /// The text of every host with this slug, and the source location of its pattern. Names come first. Hosts of aliases
    /// do not depend on the slug and are not included.
    pub(super) fn texts(self, scope: PatternScope, slug: &str) -> Result<Vec<(String, Location)>> {
        let text_and_location = |(text, host, _): HostText| (text, host.name.at);
        Ok(self.expand(self.names.iter(), scope, slug)?.into_iter().map(text_and_location).collect())
    }

    /// Every host of a branch with this slug.
    pub(super) fn hosts(self, scope: PatternScope, slug: &str) -> Result<Vec<BranchHost>> {
        let own = self.expand(self.names.iter(), scope, slug)?.into_iter().map(|written| (written, None));
        let aliases_of_branch = self.aliases.iter().filter(|(_, alias)| alias.branch.value == self.branch);
        let aliased = gather(aliases_of_branch, |(name, alias)| {
            let names = self.common.iter().filter(|host| host.name.has_slug());
            let hosts = self.expand(names, scope, name)?;
            Ok::<_, Diagnostics>(hosts.into_iter().map(move |written| (written, Some((name, alias.at)))))
        })?;
        let hosts = gather(own.chain(aliased.into_iter().flatten()), |((text, host, service), alias)| {
            let at = alias.map_or(host.name.at, |(_, at)| at);
            let name = DnsName::host(&text).map_err(|error| match service {
                None => error.at(at),
                Some(service) => {
                    let note = format!("service `{}` here", service.value);
                    error.at(at).note(service.at, note).help("shorten the service or the host, or join them with `.`")
                }
            })?;
            let service = service.map(|service| service.value.clone());
            let alias = alias.map(|(name, _)| name.clone());
            Ok::<_, Diagnostics>(BranchHost {
                name,
                service,
                alias,
                join: self.join,
                content: host.content.clone(),
                at,
            })
        })?;
        Diagnostics::check(self.without_effect(&hosts), hosts)
    }

    /// Checks the number of hosts that services and aliases add.
    pub(super) fn check_number(self) -> Result<(), Diagnostic> {
        let services = self.services.len();
        let aliases = self.aliases.values().filter(|alias| alias.branch.value == self.branch).count();
        let added = self.names.len() * services + self.common.len() * aliases * (1 + services);
        if added <= BRANCH_ADDED_HOSTS {
            return Ok(());
        }
        let message =
            format!("services and aliases add up to {added} hosts, but at most {BRANCH_ADDED_HOSTS} are possible");
        let at = self.services.first().map(|service| service.at).or(self.common.first().map(|host| host.name.at));
        let help = "remove services, aliases or names of hosts, or use wildcards";
        Err(Diagnostic::new(Code::Spec, message).at(at.unwrap_or_default()).help(help))
    }

    /// The errors about `services` and `join` of the branch if no host belongs to a service.
    fn without_effect(self, hosts: &[BranchHost]) -> Vec<Diagnostic> {
        if hosts.iter().any(|host| host.service.is_some()) {
            return Vec::new();
        }
        let (services, why) = match (self.own.services.as_deref(), self.names) {
            (Some([first, ..]), []) => (Some(first), "it has no host names"),
            (Some([first, ..]), _) => (Some(first), "its host names are wildcards, which cover the hosts of services"),
            _ => (None, "it has no hosts of services"),
        };
        let services = services.map(|first| ("services", first.at, "add a name to `names`, or remove it"));
        let join = self.own.join.as_ref().map(|join| ("join", join.at, "add the services to `services`, or remove it"));
        let error = |(key, at, help)| {
            let message = format!("`hosts.{key}` of the branch has no effect: {why}");
            Diagnostic::new(Code::Spec, message).at(at).help(help)
        };
        // Without services, the join is the second error about the same.
        services.or(join).map(error).into_iter().collect()
    }

    /// The hosts of `names`, and of services on each name that is not a wildcard. A wildcard covers the hosts of services.
    fn expand(
        self,
        names: impl Iterator<Item = &'a spec::HostEntry>,
        scope: PatternScope,
        slug: &str,
    ) -> Result<Vec<HostText<'a>>> {
        let names = gather(names, |host| Ok::<_, Diagnostic>((host.name.expand(scope, slug)?, host, None)))?;
        let of = |service: &'a Placed<SmolStr>| {
            let plain = names.iter().filter(|(name, ..)| !name.starts_with('*'));
            plain.map(move |(name, host, _)| {
                (format!("{}{}{name}", service.value, self.join.text()), *host, Some(service))
            })
        };
        let services: Vec<_> = self.services.iter().flat_map(of).collect();
        Ok(names.into_iter().chain(services).collect())
    }
}
