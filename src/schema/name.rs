//! What Kubernetes accepts as a name, a key and a label value.

use crate::name::has_label_characters;
pub(crate) use crate::name::{LONGEST_LABEL as LABEL, LONGEST_NAME as SUBDOMAIN, is_label, is_label_with_letter};
use crate::visible::is_invisible;

/// DNS labels separated by dots, at most 253 characters. As in Kubernetes, each label may have more than 63 characters.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= SUBDOMAIN && text.split('.').all(has_label_characters)
}

/// A segment of a URL path: a name of a role or role binding. Kubernetes also accepts characters that are not visible.
pub(crate) fn is_path_segment(text: &str) -> bool {
    let is_refused = |c: char| matches!(c, '/' | '%') || c.is_control() || is_invisible(c);
    !text.is_empty() && text != "." && text != ".." && !text.contains(is_refused)
}

/// Whether the names of objects of an API group are segments of URL paths. Those of all others are DNS names.
pub(crate) fn has_path_segments(group: &str) -> bool {
    matches!(group, "rbac.authorization.k8s.io" | "certificates.k8s.io") || group.ends_with(".openshift.io")
}

/// A kind: letters, digits and `-`, beginning with a letter.
pub(crate) fn is_kind(text: &str) -> bool {
    text.len() <= LABEL && is_label_with_letter(&text.to_ascii_lowercase())
}

/// A version of an API, with its group and `/` before it if it has one.
pub(crate) fn is_api_version(text: &str) -> bool {
    let (group, version) = text.split_once('/').map_or((None, text), |(group, version)| (Some(group), version));
    group.is_none_or(is_subdomain) && is_label_with_letter(version)
}

/// A label value: empty, or at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends.
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified(text)
}

/// A key of a label: a name, optionally with a DNS name and `/` before it.
pub(crate) fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_qualified(name),
        None => is_qualified(text),
    }
}

/// The part of a key after the `/`: a label value that is not empty.
pub(crate) fn is_qualified(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= LABEL
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function, texts that it accepts and texts that it does not accept.
    type Row<'a> = (fn(&str) -> bool, &'a [&'a str], &'a [&'a str]);

    #[test]
    fn names_are_accepted_as_in_kubernetes() {
        let (l63, l64, s253, s254) = ("a".repeat(63), "a".repeat(64), "a".repeat(253), "a.".repeat(127));
        let table: &[Row] = &[
            (is_label, &["a", "1", "a-b", &l63], &["", "-a", "a-", "A", "a.b", "a_b", "ä", &l64]),
            (
                is_subdomain,
                &["a", "a.b", "1.2", &l64, &s253],
                &["", ".", "a.", ".a", "a..b", "-a.b", "a_b", "A", &s254],
            ),
            (is_path_segment, &["system:x", "A_b", "a b", "..."], &["", ".", "..", "a/b", "a%2f", "a\u{202e}", "a\n"]),
            (is_kind, &["Pod", "A", "a-b", "APIService"], &["", "a; x", "*", "1a", "a.b", "$A", "a\u{200b}", &l64]),
            (is_api_version, &["v1", "apps/v1", "a.b.io/v1alpha1"], &["", "/v1", "apps/", "a/b/c", "v 1", "$(x)/v1"]),
            (is_label_value, &["", "a", "A_b.c-D", "1", &l63], &["-", "a b", "a/b", "a-", ".a", "ä", &l64]),
            (
                is_key,
                &["a", "A_b.c-D", "a/b", "shop.example.com/Stage", "1/2"],
                &["", "/", "a/", "/a", "a/b/c", "A.example.com/b", "a b", &l64],
            ),
        ];
        for (i, (is, good, bad)) in table.iter().enumerate() {
            for text in *good {
                assert!(is(text), "{i}: {text:?}");
            }
            for text in *bad {
                assert!(!is(text), "{i}: {text:?}");
            }
        }
    }
}
