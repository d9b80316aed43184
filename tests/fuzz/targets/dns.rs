//! DNS names and messages.

use super::Reader;
use crate::apply::rfc2136::message::{self, DnsAnswer};
use crate::name::DnsName;

/// A name is equal to what is read from its text and from its wire form.
pub(super) fn name(data: &[u8], _: Reader) {
    if let Ok(text) = std::str::from_utf8(data) {
        for name in [DnsName::host(text), DnsName::target(text)].into_iter().flatten() {
            assert_eq!(DnsName::target(name.as_str()).expect("a name is a target"), name);
            assert_eq!(DnsName::from_wire(&name.wire()), Some(name.clone()));
            assert!(!name.as_str().contains(char::is_whitespace), "{name:?}");
        }
    }
    if let Some(name) = DnsName::from_wire(data) {
        assert_eq!(DnsName::from_wire(&name.wire()), Some(name));
    }
}

/// The records of an answer have names and data that pleach can write.
pub(super) fn answer(data: &[u8], _: Reader) {
    let Ok(message) = DnsAnswer::from_octets(data.to_vec()) else { return };
    for (name, records) in message::records(&message) {
        assert_eq!(DnsName::from_wire(&name.wire()), Some(name));
        for (kind, data) in records.iter() {
            data.value(kind);
            data.presentation(kind);
        }
    }
}
