//! Domain names: absolute, lower case, A-labels, without the last dot.
//!
//! A [`DnsName`] is checked when it is created and is always valid. Zones are not known here.

use crate::diagnostic::{Code, Diagnostic};
use smol_str::{SmolStr, format_smolstr};
use std::borrow::Borrow;
use std::fmt;

/// A domain name of at most 253 characters in labels of at most 63.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DnsName(SmolStr);

/// The longest name (RFC 1035 2.3.4), counted in text without the last dot.
pub(crate) const LONGEST_NAME: usize = 253;
/// The longest label.
pub(crate) const LONGEST_LABEL: usize = 63;

/// Whether a text is a DNS label (RFC 1123): lower-case letters, digits and `-`, a letter or digit at both ends, at most 63
/// characters.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() <= LONGEST_LABEL && has_label_characters(text)
}

/// Whether a text is a DNS label that begins with a letter (RFC 1035).
pub(crate) fn is_label_with_letter(text: &str) -> bool {
    is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether a text is a DNS label of any length.
pub(crate) fn has_label_characters(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

impl DnsName {
    /// Reads the name of a host: labels of letters, digits and hyphens; the first label may be `*`. Other scripts are
    /// converted to A-labels (UTS 46, strict).
    pub(crate) fn host(text: &str) -> Result<Self, Diagnostic> {
        let name = DnsName::target(text)?;
        match name.labels().find(|label| label.contains('_')) {
            Some(label) => Err(invalid(text, format!("the label `{label}` may have letters, digits and hyphens only"))),
            None if name.labels().next_back().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) => {
                Err(invalid(text, "the last label is a number, as in an IP address"))
            }
            None => Ok(name),
        }
    }

    /// Reads the name of a record, or a name that a record points to: as [`DnsName::host`], and labels may have underscores.
    pub(crate) fn target(text: &str) -> Result<Self, Diagnostic> {
        let bare = text.strip_suffix('.').unwrap_or(text);
        if bare.is_empty() {
            return Err(invalid(text, "the name is empty"));
        }
        let plain = bare.is_ascii() && !bare.split('.').any(|label| label.to_ascii_lowercase().starts_with("xn--"));
        let name = if plain { bare.to_ascii_lowercase() } else { a_labels(bare)? };
        for (at, label) in name.split('.').enumerate() {
            check_label(label, at == 0).map_err(|reason| invalid(text, reason))?;
        }
        if name.len() > LONGEST_NAME {
            return Err(invalid(text, format!("{} characters, but at most {LONGEST_NAME} are allowed", name.len())));
        }
        Ok(DnsName(name.into()))
    }

    /// The name as text, without the last dot.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels, the most specific first.
    pub(crate) fn labels(&self) -> std::str::Split<'_, char> {
        self.0.split('.')
    }

    /// Whether its first label is `*`.
    pub(crate) fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// The names between this name and `zone`, the nearest to this name first.
    pub(crate) fn between(&self, zone: &DnsName) -> impl Iterator<Item = DnsName> {
        let labels = self.below(zone).map_or(0, |labels| labels.split('.').count());
        let above = (1..labels).filter_map(|skipped| self.0.splitn(skipped + 1, '.').nth(skipped));
        above.map(|name| DnsName(name.into()))
    }

    /// The labels before `zone`; `None` if the name is not below the zone.
    pub(crate) fn below(&self, zone: &DnsName) -> Option<&str> {
        self.0.strip_suffix(zone.as_str())?.strip_suffix('.')
    }

    /// The name with other labels before it.
    pub(crate) fn prefixed(&self, labels: &str) -> Result<DnsName, Diagnostic> {
        DnsName::target(&format_smolstr!("{labels}.{}", self.0))
    }

    /// The uncompressed wire form (RFC 1035 3.1), which is also the canonical one (RFC 4034 6.2).
    pub(crate) fn wire(&self) -> Vec<u8> {
        let mut wire = Vec::with_capacity(self.0.len() + 2);
        for label in self.labels() {
            wire.push(u8::try_from(label.len()).expect("a label has at most 63 characters"));
            wire.extend_from_slice(label.as_bytes());
        }
        wire.push(0);
        wire
    }

    /// The name of an uncompressed wire form, lower case; `None` if the bytes are not exactly one name that
    /// [`DnsName::target`] accepts.
    pub(crate) fn from_wire(mut wire: &[u8]) -> Option<Self> {
        let mut text = String::with_capacity(wire.len());
        while let Some((&len, rest)) = wire.split_first() {
            if len == 0 {
                return if rest.is_empty() { DnsName::target(&text).ok() } else { None };
            }
            let (label, rest) = rest.split_at_checked(len.into())?;
            let label = std::str::from_utf8(label).ok().filter(|label| !label.contains('.') && label.is_ascii())?;
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(label);
            wire = rest;
        }
        None
    }
}

/// Names have the order of their texts, so a map of names can be searched by text.
impl Borrow<str> for DnsName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn invalid(text: &str, reason: impl fmt::Display) -> Diagnostic {
    let error = Diagnostic::new(Code::Dns, format!("invalid DNS name `{text}`: {reason}"));
    match without_url_parts(text) {
        Some((parts, host)) => error.help(format!("write the name without {parts}: `{host}`")),
        None => error,
    }
}

fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The host of a text that also has a scheme, a port or a path, and what to call these.
fn without_url_parts(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    let (rest, path) = rest.split_once(['/', '?', '#']).map_or((rest, None), |(rest, path)| (rest, Some(path)));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if is_port(port) => (host, Some(port)),
        _ => (rest, None),
    };
    let parts = [(scheme, "scheme"), (port, "port"), (path, "path")];
    let parts: Vec<&str> = parts.into_iter().filter(|(part, _)| part.is_some()).map(|(_, name)| name).collect();
    let is_name = !parts.is_empty() && DnsName::target(host).is_ok();
    is_name.then(|| (listed(&parts), host))
}

fn check_label(label: &str, first: bool) -> Result<(), String> {
    match label {
        "" => Err("a label is empty".into()),
        "*" if first => Ok(()),
        "*" => Err("`*` is allowed as the first label only".into()),
        _ if label.len() > LONGEST_LABEL => {
            Err(format!("the label `{label}` has {} characters, but at most {LONGEST_LABEL} are allowed", label.len()))
        }
        _ if label.starts_with('-') || label.ends_with('-') => {
            Err(format!("the label `{label}` begins or ends with a hyphen"))
        }
        _ => match label.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) {
            Some(c) => Err(format!("the label `{label}` contains `{}`", c.escape_debug())),
            None => Ok(()),
        },
    }
}

/// The name in A-labels. Labels that UTS 46 does not allow, `*` and ASCII labels with an underscore, are only lowered.
fn a_labels(text: &str) -> Result<String, Diagnostic> {
    let is_exempt = |label: &str| label == "*" || label.is_ascii() && label.contains('_');
    let mut done = Vec::new();
    let mut rest: Vec<&str> = text.split('.').collect();
    while !rest.is_empty() {
        let exempt = rest.iter().take_while(|label| is_exempt(label)).count();
        done.extend(rest.drain(..exempt).map(str::to_ascii_lowercase));
        let others = rest.iter().take_while(|label| !is_exempt(label)).count();
        if others > 0 {
            let name = rest.drain(..others).collect::<Vec<_>>().join(".");
            let ascii = idna::domain_to_ascii_strict(&name);
            done.push(ascii.map_err(|_| invalid(text, "it cannot be converted to A-labels (UTS 46)"))?);
        }
    }
    Ok(done.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_made_canonical() {
        for (text, want) in [
            ("Web.Example.COM", "web.example.com"),
            ("web.example.com.", "web.example.com"),
            ("*.example.com", "*.example.com"),
            ("größe.example.com", "xn--gre-6ka8i.example.com"),
            ("GRÖSSE.example.com", "xn--grsse-kua.example.com"),
            ("*.日本.example.com", "*.xn--wgv71a.example.com"),
            ("xn--gre-6ka8i.example.com", "xn--gre-6ka8i.example.com"),
            ("a--b.example.com", "a--b.example.com"),
            ("1.example.com", "1.example.com"),
        ] {
            assert_eq!(DnsName::host(text).unwrap().as_str(), want);
        }
    }

    #[test]
    fn errors_have_a_reason() {
        let long = "a".repeat(64);
        let too_long = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(62)].join(".");
        for (text, want) in [
            ("", "the name is empty"),
            (".", "the name is empty"),
            ("a..b", "a label is empty"),
            ("10.0.0.1", "the last label is a number"),
            (".a", "a label is empty"),
            ("-a.b", "the label `-a` begins or ends with a hyphen"),
            ("a.b-", "the label `b-` begins or ends with a hyphen"),
            ("a.*.b", "`*` is allowed as the first label only"),
            ("*a.b", "the label `*a` contains `*`"),
            ("a b.c", "the label `a b` contains ` `"),
            ("a\n.c", "contains `\\n`"),
            ("_dmarc.b", "the label `_dmarc` may have letters, digits and hyphens only"),
            ("xn--zzzzzz-.b", "cannot be converted to A-labels"),
            ("größe_x.b", "cannot be converted to A-labels"),
            (&long, "has 64 characters, but at most 63 are allowed"),
            (&too_long, "254 characters, but at most 253 are allowed"),
        ] {
            let error = DnsName::host(text).unwrap_err().to_string();
            assert!(error.contains(want), "`{text}`: {error}");
        }
        for (text, want) in [
            ("_acme.example.com", "_acme.example.com"),
            ("größe._Pleach.日本.example.com", "xn--gre-6ka8i._pleach.xn--wgv71a.example.com"),
            ("xn--gre-6ka8i._pleach.example.com", "xn--gre-6ka8i._pleach.example.com"),
        ] {
            assert_eq!(DnsName::target(text).unwrap().as_str(), want);
        }
    }

    #[test]
    fn a_name_is_below_a_zone_on_a_label_boundary() {
        let zone = DnsName::host("dev.example.com").unwrap();
        let below = |text| DnsName::host(text).unwrap().below(&zone).map(str::to_owned);
        assert_eq!(below("a.b.dev.example.com").as_deref(), Some("a.b"));
        assert_eq!(below("dev.example.com"), None);
        assert_eq!(below("mydev.example.com"), None);
        assert_eq!(below("example.com"), None);
        let between =
            |text| DnsName::host(text).unwrap().between(&zone).map(|name| name.to_string()).collect::<Vec<_>>();
        assert_eq!(between("a.b.c.dev.example.com"), ["b.c.dev.example.com", "c.dev.example.com"]);
        assert_eq!(between("a.dev.example.com"), [""; 0]);
        assert_eq!(between("a.b.example.net"), [""; 0]);
    }

    proptest! {
        #[test]
        fn wire_and_back(text in "([a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\\.){0,5}[a-z]{1,10}") {
            prop_assume!(!text.split('.').any(|label| label.starts_with("xn--")));
            let name = DnsName::host(&text).unwrap();
            prop_assert_eq!(DnsName::from_wire(&name.wire()), Some(name.clone()));
            prop_assert_eq!(DnsName::host(name.as_str()).unwrap(), name);
        }

        #[test]
        fn any_text_is_a_name_or_an_error(text in "\\PC{0,80}") {
            if let Ok(name) = DnsName::target(&text) {
                prop_assert_eq!(DnsName::from_wire(&name.wire()), Some(name));
            }
        }

        #[test]
        fn any_bytes_are_a_name_or_none(wire in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(name) = DnsName::from_wire(&wire) {
                prop_assert_eq!(name.wire(), wire.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn the_help_has_the_name_without_scheme_port_and_path() {
        for (text, want) in [
            ("https://a.example.com", "write the name without scheme: `a.example.com`"),
            ("a.example.com:443", "write the name without port: `a.example.com`"),
            ("a.example.com/x", "write the name without path: `a.example.com`"),
            ("http://a.example.com:8080/x/y", "write the name without scheme, port and path: `a.example.com`"),
        ] {
            assert_eq!(DnsName::host(text).unwrap_err().parts().help, [want], "{text}");
        }
        for text in ["a..b", "a_b.example.com", "https://", "a b"] {
            assert!(DnsName::host(text).unwrap_err().parts().help.is_empty(), "{text}");
        }
    }
}
