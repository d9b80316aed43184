//! DNS messages: updates (RFC 2136), queries, and the records of answers.

use super::foreign::FOREIGN_TYPES;
use crate::apply::zone::NameChange;
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::message_builder::{AdditionalBuilder, AnswerBuilder, AuthorityBuilder, PushError, StaticCompressor};
use domain::base::name::ToName;
use domain::base::rdata::UnknownRecordData;
use domain::base::{Message, MessageBuilder, Name, ParsedRecord, Ttl};
use domain::rdata::{Cname, Soa};
use std::collections::BTreeMap;

type MessageBuffer = StaticCompressor<Vec<u8>>;

/// A message without an id and a signature.
pub(super) type UnsignedMessage = AdditionalBuilder<MessageBuffer>;

/// An answer with a verified signature.
pub(crate) type DnsAnswer = Message<Vec<u8>>;

/// The most bytes of a message without its signature.
pub(super) const MOST_BYTES: usize = u16::MAX as usize - 1024;

const FITS: &str = "one question fits into a message";

fn wire_name(of: &DnsName) -> Name<Vec<u8>> {
    Name::from_octets(of.wire()).expect("a DNS name is valid")
}

fn rtype(kind: RecordType) -> Rtype {
    Rtype::from_int(kind.code())
}

fn start() -> MessageBuilder<MessageBuffer> {
    MessageBuilder::from_target(StaticCompressor::new(Vec::new())).expect("the message buffer grows")
}

/// The head of an update, up to its conditions.
fn start_update(zone: &DnsName) -> AnswerBuilder<MessageBuffer> {
    let mut message = start();
    message.header_mut().set_opcode(Opcode::UPDATE);
    let mut message = message.question();
    message.push((wire_name(zone), Rtype::SOA)).expect(FITS);
    message.answer()
}

/// The most bytes that a change needs in a message.
pub(super) fn size(change: &NameChange) -> usize {
    // The name, type, class, TTL and length of the data.
    let head = change.name.wire().len() + 10;
    let after = change.after.iter().flat_map(|(records, _)| records.iter());
    let records = change.before.records.iter().chain(after).map(|(_, data)| head + data.wire().len());
    let empty = RecordType::ALL.len() + change.before.records.sets().count() + absent_types(change).len();
    records.sum::<usize>() + empty * head
}

/// A message that makes all changes if the conditions of all are met. Without changes it only checks the conditions. `None` if
/// the changes do not fit into one message.
pub(super) fn update<'e>(
    zone: &DnsName,
    changes: impl IntoIterator<Item = &'e NameChange> + Clone,
) -> Option<UnsignedMessage> {
    let mut message = start_update(zone);
    for change in changes.clone() {
        push_conditions(&mut message, change).ok()?;
    }
    let mut message = message.authority();
    for change in changes {
        push_updates(&mut message, change).ok()?;
    }
    Some(message.additional()).filter(|message| message.as_slice().len() <= MOST_BYTES)
}

/// The types that the name must not have, because the new records are not possible beside them.
fn absent_types(change: &NameChange) -> &'static [u16] {
    match &change.after {
        // A name without records or with a CNAME has nothing else.
        _ if change.before.is_empty() || change.before.records.get(RecordType::Cname).is_some() => &[],
        Some((after, _)) if after.get(RecordType::Cname).is_some() => &FOREIGN_TYPES,
        _ => &[],
    }
}

/// A message that asks whether the name has no record of these types.
pub(super) fn without_types(zone: &DnsName, name: &DnsName, types: &[u16]) -> UnsignedMessage {
    let mut message = start_update(zone);
    let owner = wire_name(name);
    for code in types {
        message.push((&owner, Class::NONE, Ttl::ZERO, empty(Rtype::from_int(*code)))).expect(FITS);
    }
    message.additional()
}

/// A message that asks whether none of these names is delegated.
pub(super) fn without_delegations(zone: &DnsName, names: &[&DnsName]) -> UnsignedMessage {
    let mut message = start_update(zone);
    for name in names {
        message.push((&wire_name(name), Class::NONE, Ttl::ZERO, empty(Rtype::NS))).expect(FITS);
    }
    message.additional()
}

/// The prerequisites of RFC 2136 2.4: exactly `before` and nothing else of the known types.
fn push_conditions(message: &mut AnswerBuilder<MessageBuffer>, change: &NameChange) -> Result<(), PushError> {
    let owner = wire_name(&change.name);
    if change.before.is_empty() {
        return message.push((&owner, Class::NONE, Ttl::ZERO, empty(Rtype::ANY)));
    }
    let records = &change.before.records;
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
    for code in absent_types(change) {
        message.push((&owner, Class::NONE, Ttl::ZERO, empty(Rtype::from_int(*code))))?;
    }
    Ok(())
}

/// The updates of RFC 2136 2.5: delete the old record sets, then add the new ones. In one message, a CNAME is not refused
/// because of the address that it replaces.
fn push_updates(message: &mut AuthorityBuilder<MessageBuffer>, change: &NameChange) -> Result<(), PushError> {
    let Some((after, ttl)) = &change.after else { return Ok(()) };
    let owner = wire_name(&change.name);
    for (kind, _) in change.before.records.sets() {
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

/// The query for the serial of a zone.
pub(super) fn serial_query(zone: &DnsName) -> UnsignedMessage {
    question(zone, Rtype::SOA)
}

/// The serial in an answer.
pub(super) fn serial(answer: &DnsAnswer) -> Option<u32> {
    let soa = answer.answer().ok()?.limit_to::<Soa<_>>().flatten().next()?;
    Some(soa.data().serial().into_int())
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

/// The TTL of the records of one name and type in an answer. `None` if it has none, or if the server does not answer from the zone
/// itself but from a cache, in which TTLs decrease.
pub(super) fn ttl_of(answer: &DnsAnswer, of: &DnsName, kind: RecordType) -> Option<u32> {
    let name = wire_name(of);
    let is_of = |record: &ParsedRecord<'_, Vec<u8>>| record.rtype() == rtype(kind) && record.owner().name_eq(&name);
    let record = answer.answer().ok()?.flatten().find(is_of)?;
    answer.header().aa().then(|| record.ttl().as_secs())
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
