//! Whether a certificate covers a host (RFC 6125 6.4.3): by its name, or as one label below a wildcard.

use crate::name::DnsName;
use crate::spec::Placed;

/// Whether one of the declared names covers `host`. Without declared names, every host is covered.
pub(super) fn is_covered(certificates: &[Placed<DnsName>], host: &DnsName) -> bool {
    let parent = host.as_str().split_once('.').map(|(_, parent)| parent);
    let covers = |name: &DnsName| {
        name == host
            || name.as_str().strip_prefix("*.").is_some_and(|below| !host.is_wildcard() && Some(below) == parent)
    };
    certificates.is_empty() || certificates.iter().any(|name| covers(&name.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Location;

    #[test]
    fn a_wildcard_covers_one_label() {
        let n = |text: &str| DnsName::host(text).unwrap();
        for (certificates, host, want) in [
            (&[][..], "a.b.dev.example.com", true),
            (&["*.dev.example.com"], "a.dev.example.com", true),
            (&["*.dev.example.com"], "a.b.dev.example.com", false),
            (&["*.dev.example.com"], "dev.example.com", false),
            (&["*.dev.example.com"], "*.dev.example.com", true),
            (&["*.dev.example.com"], "*.a.dev.example.com", false),
            (&["*.example.com", "*.b.dev.example.com"], "a.b.dev.example.com", true),
            (&["a.dev.example.com"], "a.dev.example.com", true),
            (&["a.dev.example.com"], "b.dev.example.com", false),
        ] {
            let declared: Vec<_> = certificates.iter().map(|c| Placed { value: n(c), at: Location::NONE }).collect();
            assert_eq!(is_covered(&declared, &n(host)), want, "{certificates:?} {host}");
        }
    }
}
