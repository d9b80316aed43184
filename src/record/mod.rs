//! DNS records as a server compares them: types, canonical rdata, and the record sets of one name.
//!
//! Everything that is compared, digested or sent is in the canonical wire form (RFC 4034 6.2), so two spellings of one
//! address are equal. Only the types that a branch may have are known.

mod caa;
mod data;
mod record_type;
mod removed_names;
mod sets;

pub(crate) use data::RecordData;
pub(crate) use record_type::RecordType;
pub(crate) use removed_names::RemovedNames;
pub(crate) use sets::RecordSets;
