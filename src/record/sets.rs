//! The record sets of one DNS name.

use super::{RecordData, RecordType};
use crate::diagnostic::{Code, Diagnostic};
use crate::hex;
use crate::name::DnsName;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The record sets of one name, in the order of [`RecordType`]. No set is empty; each is in the order of its records, without
/// duplicates. All are lists because most names have one record, and a run has some copies of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecordSets(Vec<(RecordType, Vec<RecordData>)>);

impl RecordSets {
    /// No records.
    pub(crate) const EMPTY: RecordSets = RecordSets(Vec::new());

    /// One record.
    pub(crate) fn one(kind: RecordType, data: RecordData) -> Self {
        RecordSets(vec![(kind, vec![data])])
    }

    /// Adds a record. Returns whether it is new.
    pub(crate) fn insert(&mut self, kind: RecordType, data: RecordData) -> bool {
        let set = match self.index(kind) {
            Ok(at) => &mut self.0[at].1,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (kind, vec![data]));
                return true;
            }
        };
        let Err(at) = set.binary_search(&data) else { return false };
        set.insert(at, data);
        true
    }

    /// Adds the records of another.
    pub(crate) fn merge(&mut self, other: RecordSets) {
        for (kind, set) in other.0 {
            for data in set {
                self.insert(kind, data);
            }
        }
    }

    /// Whether it has an address, or the name of a host that has one.
    pub(crate) fn has_address(&self) -> bool {
        self.sets().any(|(kind, _)| kind.has_address())
    }

    /// The set of a type.
    pub(crate) fn get(&self, kind: RecordType) -> Option<&[RecordData]> {
        self.index(kind).ok().map(|at| &*self.0[at].1)
    }

    /// The index of the set of a type, or where to insert it.
    fn index(&self, kind: RecordType) -> Result<usize, usize> {
        self.0.binary_search_by_key(&kind, |(kind, _)| *kind)
    }

    /// Whether the name has no records.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sets in the order of their types.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (RecordType, &[RecordData])> {
        self.0.iter().map(|(kind, set)| (*kind, &**set))
    }

    /// Every record.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RecordType, &RecordData)> {
        self.sets().flat_map(|(kind, set)| set.iter().map(move |data| (kind, data)))
    }

    /// The name that the CNAME points to.
    pub(crate) fn cname(&self) -> Option<DnsName> {
        DnsName::from_wire(self.get(RecordType::Cname)?.first()?.wire())
    }

    /// Refuses a CNAME with other records, which no server accepts (RFC 1034 3.6.2).
    pub(crate) fn check(&self) -> Result<(), Diagnostic> {
        match self.get(RecordType::Cname) {
            Some(set) if set.len() > 1 => Err(Diagnostic::new(Code::Dns, "a name can have only one CNAME record")),
            Some(_) if self.0.len() > 1 => {
                let other = self.sets().find(|(kind, _)| *kind != RecordType::Cname).expect("there are two").0;
                Err(Diagnostic::new(Code::Dns, format!("a name cannot have both CNAME and {other} records")))
            }
            _ => Ok(()),
        }
    }

    /// The digest of each set, which ownership records have: the first 16 hexadecimal digits of the SHA-256 of its type and its
    /// rdata in canonical order, each after its length. The TTL is not included.
    pub(crate) fn digests(&self) -> BTreeMap<RecordType, String> {
        self.sets().map(|(kind, set)| (kind, digest(kind, set))).collect()
    }
}

fn digest(kind: RecordType, set: &[RecordData]) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.code().to_be_bytes());
    for data in set {
        // Only the response of an HTTP API can have longer data.
        let len = u16::try_from(data.wire().len()).unwrap_or(u16::MAX);
        hash.update(len.to_be_bytes());
        hash.update(data.wire());
    }
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cname_has_no_other_records() {
        let cname = |target| RecordData::parse(RecordType::Cname, target).unwrap();
        let mut records = RecordSets::one(RecordType::Cname, cname("a.example.com"));
        assert!(records.check().is_ok());
        records.insert(RecordType::Caa, RecordData::parse(RecordType::Caa, "0 issue \";\"").unwrap());
        assert_eq!(records.check().unwrap_err().to_string(), "a name cannot have both CNAME and CAA records");
        let mut two = RecordSets::one(RecordType::Cname, cname("a.example.com"));
        two.insert(RecordType::Cname, cname("b.example.com"));
        assert_eq!(two.check().unwrap_err().to_string(), "a name can have only one CNAME record");
    }

    #[test]
    fn sets_with_the_same_bytes_have_different_digests() {
        let txt = |values: &[&str]| {
            let mut records = RecordSets::default();
            for value in values {
                assert!(records.insert(RecordType::Txt, RecordData::parse(RecordType::Txt, value).unwrap()));
            }
            records.digests()
        };
        assert_eq!(txt(&["a", "b"]), txt(&["b", "a"]));
        let all = [txt(&["ab"]), txt(&["a", "b"]), txt(&["a"]), txt(&[""]), txt(&["", "a"])];
        for (i, one) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other != one), "{one:?}");
        }
        let same = RecordSets::one(RecordType::Cname, RecordData::from_wire(*b"\x01a\x00")).digests();
        let bytes = RecordSets::one(RecordType::Txt, RecordData::from_wire(*b"\x01a\x00")).digests();
        assert_ne!(same[&RecordType::Cname], bytes[&RecordType::Txt]);
        // Zones have this digest, so it must never change.
        let known = RecordSets::one(
            RecordType::Cname,
            RecordData::parse(RecordType::Cname, "ingress.dev.example.com").unwrap(),
        );
        assert_eq!(known.digests()[&RecordType::Cname], "e61fb005ac888335");
    }
}
