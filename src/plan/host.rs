//! The hosts of a branch: its names and one for each service on each name, then the same for each alias that leads to it.

use super::Host;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, gather};
use crate::name::DnsName;
use crate::source::Location;
use crate::spec::{self, BranchEntry, Join, PatternScope, Placed, Spec};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What a branch and the defaults say of its hosts.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostPatterns<'a> {
    names: &'a [spec::HostEntry],
    services: &'a [Placed<SmolStr>],
    join: Join,
    /// The names that all branches have, in which aliases stand.
    common: &'a [spec::HostEntry],
    aliases: &'a BTreeMap<SmolStr, spec::Alias>,
    branch: &'a str,
}

/// The text of a host, the name that it comes from, and the service.
type HostText<'a> = (String, &'a spec::HostEntry, Option<&'a Placed<SmolStr>>);

impl<'a> HostPatterns<'a> {
    /// What the branch says, else the defaults.
    pub(super) fn of(branch: &'a BranchEntry, spec: &'a Spec) -> Self {
        let (own, defaults) = (&branch.settings.hosts, &spec.defaults.hosts);
        let services = own.services.as_deref();
        // What all branches run in their namespaces says nothing of one that has none.
        let services = if branch.app_engine.is_some() { services } else { services.or(defaults.services.as_deref()) };
        HostPatterns {
            names: own.names.as_deref().or(defaults.names.as_deref()).unwrap_or_default(),
            services: services.unwrap_or_default(),
            join: own.join.or(defaults.join).unwrap_or_default(),
            common: defaults.names.as_deref().unwrap_or_default(),
            aliases: &spec.aliases,
            branch: &branch.name,
        }
    }

    /// Every host as text where `slug` stands for the slug, and where its pattern is written; names first. The hosts of
    /// aliases have no slug and are left out.
    pub(super) fn texts(self, scope: PatternScope, slug: &str) -> Result<Vec<(String, Location)>> {
        let each = |(text, host, _): HostText| (text, host.name.at);
        Ok(self.each(self.names.iter(), scope, slug)?.into_iter().map(each).collect())
    }

    /// Every host of a branch with that slug.
    pub(super) fn hosts(self, scope: PatternScope, slug: &str) -> Result<Vec<Host>> {
        let own = self.each(self.names.iter(), scope, slug)?.into_iter().map(|written| (written, None));
        let leading_here = self.aliases.iter().filter(|(_, alias)| alias.branch.value == self.branch);
        let aliased = gather(leading_here, |(name, alias)| {
            let names = self.common.iter().filter(|host| host.name.has_slug());
            let each = self.each(names, scope, name)?;
            Ok::<_, Diagnostics>(each.into_iter().map(move |written| (written, Some((name, alias.at)))))
        })?;
        gather(own.chain(aliased.into_iter().flatten()), |((text, host, service), alias)| {
            let at = alias.map_or(host.name.at, |(_, at)| at);
            let name = DnsName::host(&text).map_err(|error| match service {
                None => error.at(at),
                Some(service) => {
                    let note = format!("the service `{}` is named here", service.value);
                    error.at(at).note(service.at, note).help("shorten one of the two, or join them with `.`")
                }
            })?;
            let service = service.map(|service| service.value.clone());
            let alias = alias.map(|(name, _)| name.clone());
            Ok::<_, Diagnostics>(Host { name, service, alias, join: self.join, content: host.content.clone(), at })
        })
    }

    /// A wildcard answers for services too, so that they have no hosts of their own below it.
    fn each(
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
