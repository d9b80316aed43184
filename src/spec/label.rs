//! Keys and values of labels and annotations, with the rules of Kubernetes.

use super::section::text;
use super::{Placed, spec_error};
use crate::annotation::KEY_PREFIX;
use crate::diagnostic::Diagnostic;
use crate::node::Map;
use crate::schema::name::{is_label, is_label_value, is_qualified};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The rules for the values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PairKind {
    /// Label values.
    Labels,
    /// Any text.
    Annotations,
}

/// Reads labels or annotations. `None` removes a default.
pub(super) fn pairs(
    map: Option<&Map>,
    values: PairKind,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<SmolStr, Option<Placed<SmolStr>>> {
    let mut pairs = BTreeMap::new();
    for entry in map.into_iter().flatten() {
        let key = &entry.key.text;
        if let Err(error) = check_key(key) {
            faults.push(error.at(entry.key.at));
        }
        let value = text(&entry.value);
        if let (PairKind::Labels, Some(value)) = (values, &value)
            && !is_label_value(value)
        {
            faults.push(spec_error(format!("`labels.{key}` has the invalid value `{value}`")).at(entry.value.at).help(
                "a label value is at most 63 letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit",
            ));
        }
        if value.is_some() || entry.value.is_null() {
            pairs.insert(key.clone(), value.map(|value| Placed { value, at: entry.value.at }));
        }
    }
    pairs
}

fn check_key(key: &str) -> Result<(), Diagnostic> {
    if key.starts_with(KEY_PREFIX) {
        return Err(spec_error(format!("pleach sets the key `{key}` itself")));
    }
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_fits = prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(is_label));
    if prefix_fits && is_qualified(name) {
        return Ok(());
    }
    Err(spec_error(format!("`{key}` is not a valid key of a label or annotation"))
        .help("a key is at most 63 letters, digits, `-`, `_` and `.`, optionally with a DNS name and `/` before it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let long = "a".repeat(64);
        for good in ["a", "A_b.c-D", "shop.example.com/stage", "a/b", "1/2"] {
            assert!(check_key(good).is_ok(), "{good}");
        }
        for bad in ["", "/", "a/", "/a", "a/b/c", "A.example.com/b", "-a", "a-", "a b", "ä", &long, "pleach.dev/branch"]
        {
            assert!(check_key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels() {
        let long = "a".repeat(64);
        for good in ["a", "1", "a-b", "shop-feature-login-df7c7aeb"] {
            assert!(is_label(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a_b", &long] {
            assert!(!is_label(bad), "{bad}");
        }
    }
}
