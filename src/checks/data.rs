//! The data of a `ConfigMap` or `Secret`: strings, under keys that are valid file names, within the size limit of a cluster.

use super::{CheckInput, CheckedObject, Finding};
use crate::diagnostic::Diagnostic;
use crate::node::MapEntry;
use crate::schema::name::SUBDOMAIN;

/// The size limit of all values of an object.
const MOST: usize = 1024 * 1024;

/// Checks the data of every `ConfigMap` and `Secret`.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let mut faults = Vec::new();
    for object in &input.objects {
        data(object, &mut faults);
    }
    Finding::errors(faults)
}

fn data(object: &CheckedObject, faults: &mut Vec<Diagnostic>) {
    let (text, base64) = match () {
        () if object.is("", "ConfigMap") => ("data", "binaryData"),
        () if object.is("", "Secret") => ("stringData", "data"),
        () => return,
    };
    let mut size = 0;
    for field in [text, base64] {
        let Some(data) = object.node().get(field).filter(|data| !data.is_null()) else { continue };
        let Some(map) = data.as_map() else {
            faults.push(
                object.fault(data, format!("`{field}` of `{object}` must be a mapping, got {}", data.kind_name())),
            );
            continue;
        };
        for entry in map {
            size += value(object, field, field == base64, entry, faults);
        }
    }
    if object.is("", "ConfigMap")
        && let (Some(text), Some(binary)) = (object.node().get("data"), object.node().get("binaryData"))
    {
        for entry in binary.as_map().into_iter().flatten().filter(|entry| text.get(&entry.key.text).is_some()) {
            let message = format!("`{}` of `{object}` is in `data` and in `binaryData`", entry.key.text);
            faults.push(object.fault(&entry.value, message));
        }
    }
    if size > MOST {
        let message = format!("`{object}` has {size} bytes of data, more than 1 MiB");
        faults.push(object.fault(object.node(), message).help("put large files into an image or a volume"));
    }
}

/// Checks one entry and returns the size of its value in bytes.
fn value(object: &CheckedObject, field: &str, base64: bool, entry: &MapEntry, faults: &mut Vec<Diagnostic>) -> usize {
    let key = &entry.key.text;
    if !is_key(key) {
        let fault = object.fault(&entry.value, format!("`{key}` is not a valid key of `{field}` in `{object}`"));
        faults.push(fault.help(format!("a key is at most {SUBDOMAIN} letters, digits, `-`, `_` and `.`")));
    }
    let Some(text) = entry.value.as_str() else {
        // An empty value is an empty string for a cluster.
        if !entry.value.is_null() {
            let message =
                format!("`{key}` in `{field}` of `{object}` must be a string, got {}", entry.value.kind_name());
            faults.push(object.fault(&entry.value, message).help("put it in quotes"));
        }
        return 0;
    };
    match base64.then(|| decoded(text)) {
        None => text.len(),
        Some(Some(size)) => size,
        Some(None) => {
            faults.push(object.fault(&entry.value, format!("`{key}` in `{field}` of `{object}` is not base64")));
            0
        }
    }
}

fn is_key(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= SUBDOMAIN && text != "." && !text.starts_with("..") && text.bytes().all(fits)
}

/// The number of bytes that a base64 text encodes. Line breaks do not count.
fn decoded(text: &str) -> Option<usize> {
    let digits: usize = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).count();
    let padding = text.trim_end().bytes().rev().take_while(|b| *b == b'=').count();
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'\n' | b'\r');
    let sound = digits.is_multiple_of(4) && padding <= 2 && text.trim_end().trim_end_matches('=').bytes().all(is_digit);
    sound.then_some(digits / 4 * 3 - padding.min(digits))
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn base64() {
        for (text, want) in [
            ("", Some(0)),
            ("aGk=", Some(2)),
            ("aA==", Some(1)),
            ("aGlo", Some(3)),
            ("aGlo\naGk=\n", Some(5)),
            ("aGk", None),
            ("a===", None),
            ("aG=k", None),
            ("aG k", None),
            ("aGk-", None),
        ] {
            assert_eq!(decoded(text), want, "{text:?}");
        }
    }
}
