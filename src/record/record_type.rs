//! Record types.

use std::fmt;

/// A record type that a branch may have, in the order of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// The certificate authorities that may issue certificates (RFC 8659).
    Caa,
    /// An alias.
    Cname,
    /// Text.
    Txt,
}

impl RecordType {
    /// Whether its data is an address, or the name of a host that has one.
    pub(crate) fn has_address(self) -> bool {
        matches!(self, RecordType::A | RecordType::Aaaa | RecordType::Cname)
    }

    /// All types.
    pub(crate) const ALL: [RecordType; 5] =
        [RecordType::A, RecordType::Aaaa, RecordType::Caa, RecordType::Cname, RecordType::Txt];

    /// The name in zone files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Caa => "CAA",
            RecordType::Cname => "CNAME",
            RecordType::Txt => "TXT",
        }
    }

    /// The number on the wire.
    pub(crate) fn code(self) -> u16 {
        match self {
            RecordType::A => 1,
            RecordType::Aaaa => 28,
            RecordType::Caa => 257,
            RecordType::Cname => 5,
            RecordType::Txt => 16,
        }
    }

    /// The type with this name.
    pub(crate) fn of_name(name: &str) -> Option<RecordType> {
        RecordType::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The type with this number.
    pub(crate) fn of_code(code: u16) -> Option<RecordType> {
        RecordType::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
