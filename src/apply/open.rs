//! Opens a zone of the spec, with credentials from the environment.

use super::context::ProviderContext;
use super::http;
use super::retry::Retry;
use super::rfc2136::{Rfc2136Zone, key};
use super::zone::DnsZone;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::spec::{self, ZoneProvider};
use std::net::{IpAddr, SocketAddr};

/// Opens a zone. Nothing is sent yet.
pub(crate) fn open_zone(
    name: &DnsName,
    zone: Option<&spec::Zone>,
    context: &ProviderContext,
    retry: impl Into<Retry>,
) -> Result<Box<dyn DnsZone + Send>, Diagnostic> {
    let retry = retry.into();
    let fault = |message: String| Diagnostic::new(Code::Spec, message);
    let Some(zone) = zone else {
        return Err(fault(format!("the spec has no zone `{name}`")).help("add it under `zones:`"));
    };
    let open = || match zone.provider {
        None => Err(fault(format!("the zone `{name}` has no `provider`")).help(format!(
            "add `provider:` to the zone, one of {}",
            ZoneProvider::names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ))),
        Some(ZoneProvider::Rfc2136) => {
            let Some(server) = &zone.server else {
                let help = "add `server: HOST` or `server: HOST:PORT` with the primary name server of the zone";
                return Err(fault(format!("the zone `{name}` has no `server`")).help(help));
            };
            let key = context.credential("PLEACH_TSIG", name)?.map(|text| key::parse(&text)).transpose()?;
            let zone: Box<dyn DnsZone + Send> = Box::new(Rfc2136Zone::new(name.clone(), with_port(server), key, retry));
            Ok(zone)
        }
        Some(_) => {
            let api =
                http::open::open_api_zone(name, zone, context, retry).expect("every other provider has an HTTP API")?;
            let zone: Box<dyn DnsZone + Send> = Box::new(api);
            Ok(zone)
        }
    };
    open().map_err(|error| error.at(zone.at))
}

/// `HOST:PORT`. The default port is 53.
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
    fn the_default_port_is_53() {
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
}
