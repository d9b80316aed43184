//! From what the spec says of a zone, and the credentials that stand around, to a zone that can be read and changed.
//!
//! Credentials come from variables or from a file that a variable names, never from the spec or the command line.

use super::http::{self, Trace};
use super::patience::Patience;
use super::rfc2136::{Server, key};
use super::zone::Zone;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::spec::{self, ZoneProvider};
use std::net::{IpAddr, SocketAddr};

/// Where credentials are looked for.
pub struct Surroundings<'a> {
    /// The value of a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The content of a file.
    pub file: &'a dyn Fn(&str) -> Result<String, Diagnostic>,
    /// Who hears of every message to an API.
    pub trace: Option<Trace>,
}

impl Surroundings<'_> {
    /// The value of the first variable that has one, each with the name of the zone added and without.
    pub(super) fn first(&self, variables: &[&str], zone: &DnsName) -> Option<String> {
        let own = |name: &str| (self.variable)(&format!("{name}_{}", suffix(zone)));
        variables.iter().find_map(|name| own(name).or_else(|| (self.variable)(name)))
    }

    /// The value of `NAME_ZONE` or `NAME`, or the content of the file that `NAME_FILE_ZONE` or `NAME_FILE` names.
    pub(super) fn credential(&self, name: &str, zone: &DnsName) -> Result<Option<String>, Diagnostic> {
        let suffix = suffix(zone);
        for variable in [format!("{name}_{suffix}"), name.to_owned()] {
            if let Some(value) = (self.variable)(&variable) {
                return Ok(Some(value));
            }
        }
        for variable in [format!("{name}_FILE_{suffix}"), format!("{name}_FILE")] {
            if let Some(path) = (self.variable)(&variable) {
                return (self.file)(&path).map(Some);
            }
        }
        Ok(None)
    }
}

/// The name of a zone as a part of the name of a variable.
fn suffix(zone: &DnsName) -> String {
    zone.as_str().to_ascii_uppercase().replace(['.', '-'], "_")
}

/// Opens a zone; nothing is sent yet.
pub fn open(
    name: &DnsName,
    zone: Option<&spec::Zone>,
    around: &Surroundings,
    patience: Patience,
) -> Result<Box<dyn Zone + Send>, Diagnostic> {
    let fault = |message: String| Diagnostic::new(Code::Spec, message);
    let Some(zone) = zone else {
        return Err(fault(format!("`{name}` is not among the zones of the spec")).help("declare it under `zones:`"));
    };
    let open = || match zone.provider {
        None => Err(fault(format!("the zone `{name}` has no `provider`"))),
        Some(ZoneProvider::Rfc2136) => {
            let Some(server) = &zone.server else {
                let help = "add `server: HOST` or `server: HOST:PORT`, the primary of the zone";
                return Err(fault(format!("the zone `{name}` has no `server` to send changes to")).help(help));
            };
            let key = around.credential("PLEACH_TSIG", name)?.map(|text| key::parse(&text)).transpose()?;
            let zone: Box<dyn Zone + Send> = Box::new(Server::new(name.clone(), with_port(server), key, patience));
            Ok(zone)
        }
        Some(_) => {
            let api = http::open::open(name, zone, around, patience).expect("all others have an API")?;
            let zone: Box<dyn Zone + Send> = Box::new(api);
            Ok(zone)
        }
    };
    open().map_err(|error| error.at(zone.at))
}

/// `HOST:PORT` with port 53 where none is given.
fn with_port(server: &str) -> String {
    if server.parse::<SocketAddr>().is_ok() {
        return server.to_owned();
    }
    match server.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, 53).to_string(),
        Err(_) if server.contains(':') => server.to_owned(),
        Err(_) => format!("{server}:53"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_port() {
        for (server, want) in [
            ("ns1.example.net", "ns1.example.net:53"),
            ("ns1.example.net:5353", "ns1.example.net:5353"),
            ("192.0.2.1", "192.0.2.1:53"),
            ("192.0.2.1:5353", "192.0.2.1:5353"),
            ("2001:db8::1", "[2001:db8::1]:53"),
            ("[2001:db8::1]", "[2001:db8::1]:53"),
            ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
        ] {
            assert_eq!(with_port(server), want);
        }
    }

    #[test]
    fn the_zones_own_credential_goes_before_the_common_one_and_a_value_before_a_file() {
        let zone = DnsName::host("dev-1.example.com").unwrap();
        let file = |path: &str| Ok(format!("content of {path}"));
        let seek = |set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            Surroundings { variable: &variable, file: &file, trace: None }.credential("PLEACH_TSIG", &zone).unwrap()
        };
        assert_eq!(seek(&[]), None);
        let all = [
            ("PLEACH_TSIG_DEV_1_EXAMPLE_COM", "own"),
            ("PLEACH_TSIG", "common"),
            ("PLEACH_TSIG_FILE_DEV_1_EXAMPLE_COM", "/own"),
            ("PLEACH_TSIG_FILE", "/common"),
        ];
        for (from, want) in ["own", "common", "content of /own", "content of /common"].into_iter().enumerate() {
            assert_eq!(seek(&all[from..]).as_deref(), Some(want));
        }
    }
}
