//! The wanted names: for each host of a branch, its zone and its records.
//!
//! A host is in the zone with the longest name that matches. Nothing is resolved: an address that only the cluster knows
//! stays an `addressFrom`.

use super::certificate;
use super::ownership::{self, Owner};
use super::present_name::{AddressObject, PresentName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::name::DnsName;
use crate::plan::{Branch, BranchHost, BuildPlan, Platform};
use crate::record::{RecordData, RecordSets, RecordType};
use crate::schema::name::{is_label, is_subdomain};
use crate::source::Location;
use crate::spec::{AUTOMATIC_TTL, AddressFrom, Backend, HostContent, Join, Mode, Spec, Zone};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The CNAME target of custom domains on App Engine.
const APP_ENGINE_TARGET: &str = "ghs.googlehosted.com";

/// The names that a branch wants in a zone.
#[derive(Clone, Debug)]
pub(crate) struct WantedNames<'p> {
    /// The branch.
    pub(crate) branch: &'p Branch,
    /// The name of the zone.
    pub(crate) zone: &'p DnsName,
    /// What writes the records to the zone.
    pub(crate) backend: Backend,
    /// The records of each name. It is not empty.
    pub(crate) present: BTreeMap<DnsName, PresentName>,
    /// The objects that have addresses of these names, and the source locations of `addressFrom`.
    pub(crate) objects: BTreeMap<AddressObject, Location>,
}

/// The wanted names of all branches, in their order, without hosts outside of all zones, which `plan` reports.
pub(crate) fn wanted_names<'p>(spec: &'p Spec, plan: &'p BuildPlan) -> Result<Vec<WantedNames<'p>>> {
    if spec.zones.is_empty() {
        return Ok(Vec::new());
    }
    let each: Vec<Result<Vec<WantedNames>>> = plan
        .branches
        .par_iter()
        .map(|branch| of(spec, branch).map_err(|errors| errors.map(|error| error.in_branch(&branch.name))))
        .collect();
    Ok(gather(each, |names| names)?.into_iter().flatten().collect())
}

fn of<'p>(spec: &'p Spec, branch: &'p Branch) -> Result<Vec<WantedNames<'p>>> {
    let mut zones: BTreeMap<&DnsName, WantedNames> = BTreeMap::new();
    let found = gather(&branch.hosts, |host| {
        let Some((name, zone)) = Zone::of(&spec.zones, &host.name) else { return Ok(None) };
        let placement = HostInZone { spec, branch, host, name, zone };
        placement.check().map_err(|error| error.at(host.at))?;
        if placement.is_in_wildcard() {
            return Ok(None);
        }
        let present = placement.present().map_err(|error| error.at(host.at))?;
        Ok::<_, Diagnostics>(Some((placement, present)))
    })?;
    for (placement, present) in found.into_iter().flatten() {
        let (zone, backend) = (placement.name, placement.zone.backend);
        let empty = || WantedNames { branch, zone, backend, present: BTreeMap::new(), objects: BTreeMap::new() };
        let names = zones.entry(zone).or_insert_with(empty);
        if let (Some(object), Some(from)) = (&present.address_from, placement.address_from()) {
            names.objects.insert(object.clone(), from.at);
        }
        names.present.insert(placement.host.name.clone(), present);
    }
    Ok(zones.into_values().collect())
}

/// A host of a branch and its zone.
#[derive(Clone, Copy)]
struct HostInZone<'p> {
    spec: &'p Spec,
    branch: &'p Branch,
    host: &'p BranchHost,
    name: &'p DnsName,
    zone: &'p Zone,
}

impl<'p> HostInZone<'p> {
    /// Refuses a host that the zone cannot have.
    fn check(&self) -> Result<(), Diagnostic> {
        let (host, name, zone) = (&self.host.name, self.name, self.zone);
        let Some(front) = host.below(name) else {
            let error = dns_error(format!("the host `{host}` is the apex of a zone, which branches cannot use"));
            return Err(error.note(zone.at, "the zone is declared here").help("use a name below the zone"));
        };
        if let Some(cut) = zone.delegated.iter().find(|cut| *host == cut.value || host.below(&cut.value).is_some()) {
            let error = dns_error(format!("`{host}` is in `{}`, which the zone `{name}` delegates", cut.value));
            return Err(error
                .note(cut.at, "delegated here")
                .help("declare the delegated zone in `zones:` if pleach manages it"));
        }
        let labels = front.split('.').count();
        if zone.mode == Mode::Wildcard && labels > 1 {
            let message =
                format!("`{host}` has {labels} labels before `{name}`, but the wildcard of the zone matches one");
            let error = dns_error(message).note(zone.at, "the zone has `mode: wildcard`");
            return Err(match self.join_help() {
                Some(help) => error.help(help),
                None => error.help("use one label, or set `mode: records` for the zone"),
            });
        }
        if zone.mode == Mode::Wildcard
            && self.app_engine_target().is_none()
            && self.own().is_some_and(|own| !own.locates())
        {
            let error =
                dns_error(format!("`{host}` has records of its own, so the wildcard does not match it any more"));
            return Err(error.help("set its address too, as in `CNAME: [gate.example.net]` or `A: [203.0.113.7]`"));
        }
        if self.app_engine_target().is_some()
            && let Some((kind, set)) = self.own().and_then(|own| own.sets.first_key_value())
        {
            let error = dns_error(format!("`{kind}` has no effect for a host on App Engine, which is a CNAME"));
            return Err(error.at(set.at).help("remove it: a CNAME has no other records beside it"));
        }
        if !certificate::is_covered(&zone.certificates, host) {
            let error = dns_error(format!("no certificate of the zone `{name}` covers `{host}`"));
            let error = zone.certificates.iter().take(1).fold(error, |error, first| {
                error.note(first.at, format!("`{}` is the first declared certificate", first.value))
            });
            return Err(match self.join_help() {
                Some(help) => error.help(help),
                None => error.help("a wildcard covers one label; declare a certificate that covers this host"),
            });
        }
        if zone.backend == Backend::ZoneChange {
            ownership::record_name(host, name)?;
            ownership::fence_name(&Owner::of(self.spec), name)?;
        }
        Ok(())
    }

    /// A help that suggests `join: "-"`, if the host then has a valid name.
    fn join_help(&self) -> Option<String> {
        let service = self.host.service.as_ref().filter(|_| self.host.join == Join::Dot)?;
        let rest = self.host.name.as_str().strip_prefix(service.as_str())?.strip_prefix('.')?;
        let name = format!("{service}-{rest}");
        let len = name.split('.').next().map_or(0, str::len);
        let help =
            format!("with `join: \"-\"` in `hosts:` the name is `{name}`, whose first label has {len} characters");
        (DnsName::host(&name).is_ok() && name != self.name.as_str()).then_some(help)
    }

    /// The records of the host itself, which replace those of its zone.
    fn own(&self) -> Option<&'p HostContent> {
        self.host.content.as_deref()
    }

    /// The CNAME target if App Engine serves the host and the host has no other address.
    fn app_engine_target(&self) -> Option<DnsName> {
        match &self.branch.platform {
            Platform::AppEngine { host, .. } if !self.own().is_some_and(HostContent::locates) => Some(
                host.clone().unwrap_or_else(|| DnsName::target(APP_ENGINE_TARGET).expect("the constant is a DNS name")),
            ),
            _ => None,
        }
    }

    /// Whether the wildcard of the zone matches it, so that it needs no records.
    fn is_in_wildcard(&self) -> bool {
        self.zone.mode == Mode::Wildcard && self.own().is_none() && self.app_engine_target().is_none()
    }

    /// Its records.
    fn present(&self) -> Result<PresentName, Diagnostic> {
        let (zone, own) = (self.zone, self.own());
        let proxied = zone.proxied(own.and_then(|own| own.proxied.as_ref()))?;
        let ttl = match proxied {
            Some(true) => AUTOMATIC_TTL,
            _ => zone.ttl(own.and_then(|own| own.ttl.as_ref()))?,
        };
        if let Some(target) = self.app_engine_target() {
            let data =
                RecordData::parse(RecordType::Cname, target.as_str()).expect("a DNS name is a valid CNAME record");
            return Ok(PresentName {
                ttl,
                records: RecordSets::one(RecordType::Cname, data),
                proxied,
                address_from: None,
            });
        }
        let records = zone.content.records(own);
        if let Err(error) = records.check() {
            let at = own.and_then(|own| own.sets.get(&RecordType::Cname)).map_or(zone.at, |set| set.at);
            let error = Diagnostic::new(Code::Dns, format!("`{}`: {error}", self.host.name)).at(at);
            return Err(error
                .note(zone.at, "the zone sets the other records")
                .help("an empty list, as in `CAA: []`, removes the records of the zone"));
        }
        let address_from = self.address_from().map(|from| self.object(from)).transpose()?;
        if records.is_empty() && address_from.is_none() {
            let error = dns_error(format!("no records for `{}`", self.host.name)).at(zone.at);
            return Err(error.help("set `CNAME`, `A`, `AAAA`, `addressFrom` or `mode: wildcard` for the zone"));
        }
        let has_address = records.has_address() || address_from.is_some();
        if let Some(own) = own.and_then(|own| own.proxied.as_ref()).filter(|_| !has_address) {
            let error = dns_error("`proxied` has no effect without an address").at(own.at);
            return Err(error.help("remove it, or set `CNAME`, `A`, `AAAA` or `addressFrom`"));
        }
        Ok(PresentName { ttl, records, proxied: proxied.filter(|_| has_address), address_from })
    }

    /// The object that has its address, unless App Engine serves it.
    fn address_from(&self) -> Option<&'p AddressFrom> {
        self.own().filter(|own| own.locates()).unwrap_or(&self.zone.content).address_from.as_ref()
    }

    fn object(&self, from: &AddressFrom) -> Result<AddressObject, Diagnostic> {
        let (project, slug) = (&self.spec.project, self.branch.slug.as_str());
        let scope = self.branch.scope(project);
        let namespace = match (&from.namespace, self.branch.namespace()) {
            (Some(pattern), _) => pattern.expand(scope, slug)?,
            (None, Some(namespace)) => namespace.to_owned(),
            (None, None) => {
                let error = dns_error("`addressFrom` needs a namespace, but this branch has none").at(from.at);
                return Err(error.help("set `namespace` in `addressFrom`"));
            }
        };
        let name = from.name.expand(scope, slug)?;
        for (what, text, fits) in
            [("namespace", &namespace, is_label(&namespace)), ("name", &name, is_subdomain(&name))]
        {
            if !fits {
                return Err(dns_error(format!("`{text}` is not a valid {what} of an object")).at(from.at));
            }
        }
        // `endpoint` refuses the address itself.
        if self.zone.addresses.is_empty() && self.zone.backend == Backend::ZoneChange {
            let error = dns_error("`addressFrom` needs the allowed addresses of the zone");
            return Err(error.at(from.at).note(self.zone.at, "this zone").help(
                "list the networks and names of your load balancers in the zone, as in `addresses: [203.0.113.0/24]`",
            ));
        }
        Ok(AddressObject { kind: from.kind.clone(), namespace: namespace.into(), name: name.into() })
    }
}

fn dns_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Dns, message)
}
