//! DNS messages: updates (RFC 2136), queries, and the records of answers.

use crate::apply::zone::{NameChange, NameContent};
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::message_builder::{AdditionalBuilder, AnswerBuilder, AuthorityBuilder, PushError, StaticCompressor};
use domain::base::name::ToName;
use domain::base::rdata::UnknownRecordData;
use domain::base::{Message, MessageBuilder, Name, Ttl};
use domain::rdata::Cname;
use std::collections::BTreeMap;

type MessageBuffer = StaticCompressor<Vec<u8>>;

/// A message without an id and a signature.
pub(super) type UnsignedMessage = AdditionalBuilder<MessageBuffer>;

/// An answer with a verified signature.
pub(crate) type DnsAnswer = Message<Vec<u8>>;

/// The records of a batch of names have much less than the 64 KiB of a message.
const FITS: &str = "the records fit into a message";

fn wire_name(of: &DnsName) -> Name<Vec<u8>> {
    Name::from_octets(of.wire()).expect("a DNS name is valid")
}

fn rtype(kind: RecordType) -> Rtype {
    Rtype::from_int(kind.code())
}

fn start() -> MessageBuilder<MessageBuffer> {
    MessageBuilder::from_target(StaticCompressor::new(Vec::new())).expect("the message buffer grows")
}

/// A message that makes all changes if the conditions of all are met. Without changes it only checks the conditions.
pub(super) fn update<'e>(zone: &DnsName, changes: impl IntoIterator<Item = &'e NameChange> + Clone) -> UnsignedMessage {
    let mut message = start();
    message.header_mut().set_opcode(Opcode::UPDATE);
    let mut message = message.question();
    message.push((wire_name(zone), Rtype::SOA)).expect(FITS);
    let mut message = message.answer();
    for change in changes.clone() {
        push_conditions(&mut message, change).expect(FITS);
    }
    let mut message = message.authority();
    for change in changes {
        push_updates(&mut message, change).expect(FITS);
    }
    message.additional()
}

/// The prerequisites of RFC 2136 2.4: exactly `before` and nothing else of the known types.
fn push_conditions(message: &mut AnswerBuilder<MessageBuffer>, change: &NameChange) -> Result<(), PushError> {
    let owner = wire_name(&change.name);
    if change.before == NameContent::Empty {
        return message.push((&owner, Class::NONE, Ttl::ZERO, empty(Rtype::ANY)));
    }
    let records = change.before.records();
    for kind in RecordType::ALL {
        match records.get(kind) {
            Some(set) => {
                for data in set {
                    message.push((&owner, Class::IN, Ttl::ZERO, rdata(kind, data)))?;
                }
            }
            // A name with a CNAME has no other records, which needs no condition.
            None if records.get(RecordType::Cname).is_some() => {}
            None => message.push((&owner, Class::NONE, Ttl::ZERO, empty(rtype(kind))))?,
        }
    }
    Ok(())
}

/// The updates of RFC 2136 2.5: delete the old record sets, then add the new ones. In one message, a CNAME is not refused
/// because of the address that it replaces.
fn push_updates(message: &mut AuthorityBuilder<MessageBuffer>, change: &NameChange) -> Result<(), PushError> {
    let Some((after, ttl)) = &change.after else { return Ok(()) };
    let owner = wire_name(&change.name);
    for (kind, _) in change.before.records().sets() {
        message.push((&owner, Class::ANY, Ttl::ZERO, empty(rtype(kind))))?;
    }
    for (kind, data) in after.iter() {
        message.push((&owner, Class::IN, Ttl::from_secs(*ttl), rdata(kind, data)))?;
    }
    Ok(())
}

fn rdata(kind: RecordType, data: &RecordData) -> UnknownRecordData<&[u8]> {
    UnknownRecordData::from_octets(rtype(kind), data.wire()).expect("rdata has at most 65,535 bytes")
}

fn empty(kind: Rtype) -> UnknownRecordData<&'static [u8]> {
    UnknownRecordData::from_octets(kind, &[][..]).expect("empty rdata is short")
}

/// The query for the records of one type.
pub(super) fn query(of: &DnsName, kind: RecordType) -> UnsignedMessage {
    question(of, rtype(kind))
}

/// The query for a whole zone.
pub(super) fn transfer(zone: &DnsName) -> UnsignedMessage {
    question(zone, Rtype::AXFR)
}

fn question(of: &DnsName, kind: Rtype) -> UnsignedMessage {
    let mut message = start().question();
    message.push((wire_name(of), kind)).expect(FITS);
    message.additional()
}

/// The records of one name and type in an answer; none if it is malformed. Aliases are not followed. An answer does not
/// show whether it came from a wildcard, so it must be confirmed.
pub(super) fn records_of(answer: &DnsAnswer, of: &DnsName, kind: RecordType) -> RecordSets {
    let found = records(answer).remove(of).unwrap_or_default();
    let mut of_type = RecordSets::default();
    for data in found.get(kind).into_iter().flatten() {
        of_type.insert(kind, data.clone());
    }
    of_type
}

/// All records of the known types in the answer section, by name. Names that pleach does not support are left out.
pub(crate) fn records(answer: &DnsAnswer) -> BTreeMap<DnsName, RecordSets> {
    let mut found: BTreeMap<DnsName, RecordSets> = BTreeMap::new();
    let Ok(section) = answer.answer() else { return found };
    for record in section.flatten() {
        let Some(kind) = RecordType::of_code(record.rtype().to_int()).filter(|_| record.class() == Class::IN) else {
            continue;
        };
        let data = if kind == RecordType::Cname {
            let Ok(Some(cname)) = record.to_record::<Cname<_>>() else { continue };
            let mut wire = Vec::new();
            cname.data().cname().compose_canonical(&mut wire).expect("the buffer grows");
            wire
        } else {
            let Ok(Some(data)) = record.to_record::<UnknownRecordData<&[u8]>>() else { continue };
            data.data().data().to_vec()
        };
        let mut owner = Vec::new();
        record.owner().compose_canonical(&mut owner).expect("the buffer grows");
        if let Some(owner) = DnsName::from_wire(&owner) {
            found.entry(owner).or_default().insert(kind, RecordData::from_wire(data));
        }
    }
    found
}

/// The number of SOA records in the answer section: a transfer begins and ends with one.
pub(super) fn soa_count(answer: &DnsAnswer) -> usize {
    let section = answer.answer().into_iter().flatten();
    section.flatten().filter(|record| record.rtype() == Rtype::SOA).count()
}

/// The response code of an answer.
pub(super) fn rcode(answer: &DnsAnswer) -> Rcode {
    answer.header().rcode()
}
