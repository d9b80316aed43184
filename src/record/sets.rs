//! The record sets of one DNS name.

use super::{RecordData, RecordType};
use crate::diagnostic::{Code, Diagnostic};
use crate::hex;
use crate::name::DnsName;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What one name holds of the types in [`RecordType`], in their order. No set is empty. Most names hold one set, and a large
/// zone has many names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSets(Vec<(RecordType, BTreeSet<RecordData>)>);

impl RecordSets {
    /// A name that holds one record.
    pub fn one(kind: RecordType, data: RecordData) -> Self {
        RecordSets(vec![(kind, BTreeSet::from([data]))])
    }

    /// Adds a record; whether it was not there.
    pub fn insert(&mut self, kind: RecordType, data: RecordData) -> bool {
        match self.place(kind) {
            Ok(at) => self.0[at].1.insert(data),
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (kind, BTreeSet::from([data])));
                true
            }
        }
    }

    /// Adds the records of another.
    pub fn merge(&mut self, other: RecordSets) {
        for (kind, set) in other.0 {
            for data in set {
                self.insert(kind, data);
            }
        }
    }

    /// The set of a type.
    pub fn get(&self, kind: RecordType) -> Option<&BTreeSet<RecordData>> {
        self.place(kind).ok().map(|at| &self.0[at].1)
    }

    /// Where the set of a type is, or would be.
    fn place(&self, kind: RecordType) -> Result<usize, usize> {
        self.0.binary_search_by_key(&kind, |(kind, _)| *kind)
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sets in the order of their types.
    pub fn sets(&self) -> impl Iterator<Item = (RecordType, &BTreeSet<RecordData>)> {
        self.0.iter().map(|(kind, set)| (*kind, set))
    }

    /// Every record.
    pub fn iter(&self) -> impl Iterator<Item = (RecordType, &RecordData)> {
        self.sets().flat_map(|(kind, set)| set.iter().map(move |data| (kind, data)))
    }

    /// The name that a CNAME leads to.
    pub fn cname(&self) -> Option<DnsName> {
        DnsName::from_wire(self.get(RecordType::Cname)?.first()?.wire())
    }

    /// Refuses what no server holds: a CNAME beside anything else (RFC 1034 3.6.2).
    pub fn check(&self) -> Result<(), Diagnostic> {
        match self.get(RecordType::Cname) {
            Some(set) if set.len() > 1 => Err(Diagnostic::new(Code::Dns, "a name has more than one CNAME")),
            Some(_) if self.0.len() > 1 => {
                let other = self.sets().find(|(kind, _)| *kind != RecordType::Cname).expect("there are two").0;
                Err(Diagnostic::new(Code::Dns, format!("a name has a CNAME and {other}, a CNAME stands alone")))
            }
            _ => Ok(()),
        }
    }

    /// What is remembered of each set: the first 16 hexadecimal digits of the SHA-256 of its type and its rdata in
    /// canonical order, each behind its length. Lifetimes do not count.
    pub fn digests(&self) -> BTreeMap<RecordType, String> {
        self.sets().map(|(kind, set)| (kind, digest(kind, set))).collect()
    }
}

fn digest(kind: RecordType, set: &BTreeSet<RecordData>) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.code().to_be_bytes());
    for data in set {
        let len = u16::try_from(data.wire().len()).expect("rdata has at most 65,535 bytes");
        hash.update(len.to_be_bytes());
        hash.update(data.wire());
    }
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cname_stands_alone() {
        let cname = |target| RecordData::parse(RecordType::Cname, target).unwrap();
        let mut records = RecordSets::one(RecordType::Cname, cname("a.example.com"));
        assert!(records.check().is_ok());
        records.insert(RecordType::Caa, RecordData::parse(RecordType::Caa, "0 issue \";\"").unwrap());
        assert_eq!(records.check().unwrap_err().to_string(), "a name has a CNAME and CAA, a CNAME stands alone");
        let mut two = RecordSets::one(RecordType::Cname, cname("a.example.com"));
        two.insert(RecordType::Cname, cname("b.example.com"));
        assert_eq!(two.check().unwrap_err().to_string(), "a name has more than one CNAME");
    }

    #[test]
    fn a_digest_tells_sets_apart_that_hold_the_same_bytes() {
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
        // Written in zones: it may never change.
        let known = RecordSets::one(
            RecordType::Cname,
            RecordData::parse(RecordType::Cname, "ingress.dev.example.com").unwrap(),
        );
        assert_eq!(known.digests()[&RecordType::Cname], "e61fb005ac888335");
    }
}
