//! The hosts of branches as names in zones: which zone holds each, and what it holds there.
//!
//! A host is judged by the zone with the longest name that it lies in. Nothing is looked up: what only the cluster
//! knows stays an `addressFrom`.

use super::certificate;
use super::ownership;
use super::zone_change::{AddressObject, PresentName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::name::DnsName;
use crate::plan::{Branch, BranchHost, BuildPlan, Platform};
use crate::record::{RecordData, RecordSets, RecordType};
use crate::schema::name::{is_label, is_subdomain};
use crate::source::Location;
use crate::spec::{AddressFrom, Backend, HostContent, Join, Mode, Spec, Zone};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Where App Engine answers for the custom domains of all its projects.
const GOOGLE: &str = "ghs.googlehosted.com";

/// What a branch wants of a zone.
#[derive(Clone, Debug)]
pub struct WantedNames<'p> {
    /// The branch.
    pub branch: &'p Branch,
    /// The name of the zone.
    pub zone: &'p DnsName,
    /// What becomes of the records.
    pub backend: Backend,
    /// What each name holds; there is at least one.
    pub present: BTreeMap<DnsName, PresentName>,
    /// The objects that have the addresses of some of them, and where that is written.
    pub objects: BTreeMap<AddressObject, Location>,
}

/// What all branches want, in their order; hosts outside of the zones are left out, as `plan` has said.
pub fn wanted_names<'p>(spec: &'p Spec, plan: &'p BuildPlan) -> Result<Vec<WantedNames<'p>>> {
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
        if placement.is_answered() {
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

/// A host of a branch in the zone that holds it.
#[derive(Clone, Copy)]
struct HostInZone<'p> {
    spec: &'p Spec,
    branch: &'p Branch,
    host: &'p BranchHost,
    name: &'p DnsName,
    zone: &'p Zone,
}

impl<'p> HostInZone<'p> {
    /// Refuses a host that the zone cannot hold.
    fn check(&self) -> Result<(), Diagnostic> {
        let (host, name, zone) = (&self.host.name, self.name, self.zone);
        let Some(front) = host.below(name) else {
            let error = dns_error(format!("`{host}` is the zone itself, which no branch may have"));
            return Err(error.note(zone.at, "the zone is declared here").help("a host lies below its zone"));
        };
        if let Some(cut) = zone.delegated.iter().find(|cut| *host == cut.value || host.below(&cut.value).is_some()) {
            let error = dns_error(format!("`{host}` lies in `{}`, which the zone `{name}` delegates", cut.value));
            return Err(error.note(cut.at, "delegated here").help("declare that zone under `zones:` if it is yours"));
        }
        let labels = front.split('.').count();
        if zone.mode == Mode::Wildcard && labels > 1 {
            let message = format!("`{host}` has {labels} labels in `{name}`, whose wildcard answers for one label");
            let error = dns_error(message).note(zone.at, "`mode: wildcard` is written for this zone");
            return Err(match self.joined() {
                Some(help) => error.help(help),
                None => error.help("give it one label, or the zone `mode: records`"),
            });
        }
        if zone.mode == Mode::Wildcard && self.engine().is_none() && self.own().is_some_and(|own| !own.locates()) {
            let error =
                dns_error(format!("`{host}` has something of its own, so the wildcard no longer answers for it"));
            return Err(error.help("say where it is too, as in `CNAME: [gate.example.net]` or `A: [203.0.113.7]`"));
        }
        if !certificate::cover(&zone.certificates, host) {
            let error = dns_error(format!("no certificate of the zone `{name}` is good for `{host}`"));
            let error = zone.certificates.iter().take(1).fold(error, |error, first| {
                error.note(first.at, format!("`{}` is the first that is declared", first.value))
            });
            return Err(match self.joined() {
                Some(help) => error.help(help),
                None => error.help("a wildcard covers one label; declare a certificate that covers this host"),
            });
        }
        if zone.backend == Backend::ZoneChange {
            ownership::record_name(host, name)?;
        }
        Ok(())
    }

    /// What makes one label of a service and a name, if that fits.
    fn joined(&self) -> Option<String> {
        let service = self.host.service.as_ref().filter(|_| self.host.join == Join::Dot)?;
        let rest = self.host.name.as_str().strip_prefix(service.as_str())?.strip_prefix('.')?;
        let name = format!("{service}-{rest}");
        let len = name.split('.').next().map_or(0, str::len);
        let help = format!("with `join: \"-\"` under `hosts:` it is `{name}`, whose first label has {len} characters");
        (DnsName::host(&name).is_ok() && name != self.name.as_str()).then_some(help)
    }

    /// What the host says itself, in place of its zone.
    fn own(&self) -> Option<&'p HostContent> {
        self.host.content.as_deref()
    }

    /// What App Engine is reached by, unless the host says something else.
    fn engine(&self) -> Option<DnsName> {
        match &self.branch.platform {
            Platform::AppEngine { host, .. } if !self.own().is_some_and(HostContent::locates) => {
                Some(host.clone().unwrap_or_else(|| DnsName::target(GOOGLE).expect("this is a name")))
            }
            _ => None,
        }
    }

    /// Whether a wildcard of the zone answers for it.
    fn is_answered(&self) -> bool {
        self.zone.mode == Mode::Wildcard && self.own().is_none() && self.engine().is_none()
    }

    /// What it holds.
    fn present(&self) -> Result<PresentName, Diagnostic> {
        let (zone, own) = (self.zone, self.own());
        let ttl = zone.ttl(own.and_then(|own| own.ttl.as_ref()))?;
        if let Some(target) = self.engine() {
            let data = RecordData::parse(RecordType::Cname, target.as_str()).expect("a name is a value of CNAME");
            return Ok(PresentName { ttl, records: RecordSets::one(RecordType::Cname, data), address_from: None });
        }
        let records = zone.content.records(own);
        if let Err(error) = records.check() {
            let at = own.and_then(|own| own.sets.get(&RecordType::Cname)).map_or(zone.at, |set| set.at);
            let error = Diagnostic::new(Code::Dns, format!("`{}`: {error}", self.host.name)).at(at);
            return Err(error
                .note(zone.at, "the rest is said by the zone")
                .help("an empty list, as in `CAA: []`, takes out what the zone says"));
        }
        let address_from = self.address_from().map(|from| self.object(from)).transpose()?;
        if records.is_empty() && address_from.is_none() {
            let error = dns_error(format!("nothing says what `{}` holds", self.host.name)).at(zone.at);
            return Err(error.help("give the zone a `CNAME`, `A`, `AAAA` or `addressFrom`, or `mode: wildcard`"));
        }
        Ok(PresentName { ttl, records, address_from })
    }

    /// What has its address, unless App Engine serves it.
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
                let error = dns_error("this branch has no namespace for an object to be in").at(from.at);
                return Err(error.help("say in which `namespace` it is"));
            }
        };
        let name = from.name.expand(scope, slug)?;
        for (what, text, fits) in
            [("namespace", &namespace, is_label(&namespace)), ("name", &name, is_subdomain(&name))]
        {
            if !fits {
                return Err(dns_error(format!("`{text}` is no {what} of an object")).at(from.at));
            }
        }
        if self.zone.addresses.is_empty() {
            let error = dns_error("the zone does not say which addresses a cluster may give");
            return Err(error
                .at(from.at)
                .note(self.zone.at, "this zone")
                .help("list the networks and names of your load balancers, as in `addresses: [203.0.113.0/24]`"));
        }
        Ok(AddressObject { kind: from.kind.clone(), namespace: namespace.into(), name: name.into() })
    }
}

fn dns_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Dns, message)
}
