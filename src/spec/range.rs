//! The addresses that a cluster may give to the hosts of a zone: networks, and names of load balancers.

use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A network (`203.0.113.0/24`) or the names below a name (`elb.example.net`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// A network address and its prefix length. IPv4 is stored as an IPv4-mapped IPv6 address.
    Network(Ipv6Addr, u32),
    /// The name and all names below it.
    Names(DnsName),
}

impl Range {
    /// Reads a network, a single address, or a name.
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        let fault =
            |reason: &str| Diagnostic::new(Code::Spec, format!("`{text}` is not a network or a name: {reason}"));
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        match (address.parse::<IpAddr>(), bits) {
            (Ok(ip), bits) => {
                let widest: u32 = if ip.is_ipv4() { 32 } else { 128 };
                let bits =
                    bits.map_or(Ok(widest), str::parse).map_err(|_| fault("the prefix length is not a number"))?;
                if bits > widest {
                    return Err(fault(&format!("the prefix length is at most {widest}")));
                }
                let bits = bits + 128 - widest;
                let ip = mapped(ip);
                if u128::from(ip) & !mask(bits) != 0 {
                    return Err(fault("bits after the prefix length are set"));
                }
                Ok(Range::Network(ip, bits))
            }
            (Err(_), None) => DnsName::host(text).map(Range::Names).map_err(|error| fault(&error.to_string())),
            (Err(_), Some(_)) => Err(fault("the text before `/` is not an IP address")),
        }
    }

    /// Whether an address is in it.
    pub(crate) fn contains_address(&self, ip: IpAddr) -> bool {
        match self {
            Range::Network(network, bits) => u128::from(mapped(ip)) & mask(*bits) == u128::from(*network),
            Range::Names(_) => false,
        }
    }

    /// Whether a name is in it.
    pub(crate) fn contains_name(&self, name: &DnsName) -> bool {
        match self {
            Range::Network(..) => false,
            Range::Names(top) => name == top || name.below(top).is_some(),
        }
    }
}

fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Range::Network(ip, bits) => match ip.to_ipv4_mapped() {
                Some(ip) if *bits >= 96 => write!(f, "{ip}/{}", bits - 96),
                _ => write!(f, "{ip}/{bits}"),
            },
            Range::Names(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses_only() {
        for (range, inside, outside) in [
            ("203.0.113.0/24", "203.0.113.255", "203.0.112.255"),
            ("203.0.113.7", "203.0.113.7", "203.0.113.6"),
            ("0.0.0.0/0", "1.2.3.4", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "2001:db8::1", ""),
        ] {
            let network = Range::parse(range).unwrap();
            assert!(network.contains_address(inside.parse().unwrap()), "{range} {inside}");
            assert!(outside.is_empty() || !network.contains_address(outside.parse().unwrap()), "{range} {outside}");
        }
        let names = Range::parse("elb.example.net").unwrap();
        let name = |text| DnsName::target(text).unwrap();
        assert!(names.contains_name(&name("elb.example.net")) && names.contains_name(&name("a.b.elb.example.net")));
        assert!(
            !names.contains_name(&name("myelb.example.net")) && !names.contains_address("1.2.3.4".parse().unwrap())
        );
    }

    #[test]
    fn errors() {
        for (text, want) in [
            ("203.0.113.1/24", "bits after the prefix length are set"),
            ("203.0.113.0/33", "the prefix length is at most 32"),
            ("203.0.113.0/x", "the prefix length is not a number"),
            ("example.net/8", "the text before `/` is not an IP address"),
            ("a..b", "a label is empty"),
            ("", "is empty"),
        ] {
            let error = Range::parse(text).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
        for text in ["203.0.113.0/24", "2001:db8::/32", "elb.example.net"] {
            assert_eq!(Range::parse(text).unwrap().to_string(), text);
        }
    }
}
