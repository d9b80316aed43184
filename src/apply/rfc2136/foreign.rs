//! The record types that branches cannot have, and that may stand at the name of a branch.
//!
//! No condition of an update says "nothing else is here" of a name that has records, so each type is asked for by its number.

use crate::apply::zone::ForeignSet;
use domain::base::iana::Rtype;

/// The types of data in the registry of the IANA, without those that branches may have, obsolete ones that servers refuse (MD, MF),
/// and those that may stand beside a CNAME, as a signed zone has them. The last two are private types of `PowerDNS`: ALIAS and LUA.
pub(super) const FOREIGN_TYPES: [u16; 67] = [
    2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 26, 27, 29, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    42, 43, 44, 45, 48, 49, 52, 53, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 99, 104, 105, 106, 107,
    108, 109, 256, 258, 259, 260, 32768, 32769, 65401, 65402,
];

/// The record set of a type in reports.
pub(super) fn foreign_set(code: u16) -> ForeignSet {
    let kind = match code {
        65401 => "ALIAS".into(),
        65402 => "LUA".into(),
        code => Rtype::from_int(code).to_string().into(),
    };
    ForeignSet { kind, special: "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    #[test]
    fn every_type_has_a_name_and_none_is_of_a_branch() {
        assert!(FOREIGN_TYPES.is_sorted());
        let names = FOREIGN_TYPES.map(|code| foreign_set(code).kind);
        for name in ["NS", "PTR", "MX", "LOC", "SRV", "NAPTR", "DNAME", "DS", "SSHFP", "TLSA", "SVCB", "HTTPS", "LUA"] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
        assert!(FOREIGN_TYPES.iter().all(|code| RecordType::of_code(*code).is_none()));
    }
}
