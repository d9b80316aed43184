//! DNS messages: updates (RFC 2136), questions, and what answers say.
//!
//! Nothing here knows a connection or a key.

use crate::apply::zone::{Edit, Held};
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::message_builder::{AdditionalBuilder, AnswerBuilder, AuthorityBuilder, PushError, StaticCompressor};
use domain::base::name::ToName;
use domain::base::rdata::UnknownRecordData;
use domain::base::{Message, MessageBuilder, Name, Ttl};
use domain::rdata::Cname;
use std::collections::BTreeMap;

type Target = StaticCompressor<Vec<u8>>;

/// A message that lacks its number and its signature.
pub(super) type Draft = AdditionalBuilder<Target>;

/// An answer whose signature was found to be right.
pub(super) type Answer = Message<Vec<u8>>;

/// Prerequisites stay far below what a message can hold, updates do too: one name holds no 64 KiB.
const ROOM: &str = "a message has room for this";

fn name(of: &DnsName) -> Name<Vec<u8>> {
    Name::from_octets(of.wire()).expect("a DNS name is valid")
}

fn rtype(kind: RecordType) -> Rtype {
    Rtype::from_int(kind.code())
}

fn start() -> MessageBuilder<Target> {
    MessageBuilder::from_target(StaticCompressor::new(Vec::new())).expect("memory has room for a header")
}

/// One message that makes the edits if the conditions of all of them hold; without changes it only asks whether they do.
pub(super) fn update<'e>(zone: &DnsName, edits: impl IntoIterator<Item = &'e Edit> + Clone) -> Draft {
    let mut message = start();
    message.header_mut().set_opcode(Opcode::UPDATE);
    let mut message = message.question();
    message.push((name(zone), Rtype::SOA)).expect(ROOM);
    let mut message = message.answer();
    for edit in edits.clone() {
        require(&mut message, edit).expect(ROOM);
    }
    let mut message = message.authority();
    for edit in edits {
        change(&mut message, edit).expect(ROOM);
    }
    message.additional()
}

/// The prerequisites of RFC 2136 2.4: exactly `before` and nothing else of the known types.
fn require(message: &mut AnswerBuilder<Target>, edit: &Edit) -> Result<(), PushError> {
    let owner = name(&edit.name);
    if edit.before == Held::Nothing {
        return message.push((&owner, Class::NONE, Ttl::ZERO, empty(Rtype::ANY)));
    }
    let records = edit.before.records();
    for kind in RecordType::ALL {
        match records.get(kind) {
            Some(set) => {
                for data in set {
                    message.push((&owner, Class::IN, Ttl::ZERO, rdata(kind, data)))?;
                }
            }
            // Beside a CNAME stands nothing, so nothing has to be asked.
            None if records.get(RecordType::Cname).is_some() => {}
            None => message.push((&owner, Class::NONE, Ttl::ZERO, empty(rtype(kind))))?,
        }
    }
    Ok(())
}

/// The updates of RFC 2136 2.5: the sets that stood there go, the new ones come. Within one message this leaves no
/// moment in which a CNAME would be refused for the address that it replaces.
fn change(message: &mut AuthorityBuilder<Target>, edit: &Edit) -> Result<(), PushError> {
    let Some((after, ttl)) = &edit.after else { return Ok(()) };
    let owner = name(&edit.name);
    for (kind, _) in edit.before.records().sets() {
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
    UnknownRecordData::from_octets(kind, &[][..]).expect("nothing is short")
}

/// The question what a name holds of a type.
pub(super) fn query(of: &DnsName, kind: RecordType) -> Draft {
    question(of, rtype(kind))
}

/// The question for all of a zone.
pub(super) fn transfer(zone: &DnsName) -> Draft {
    question(zone, Rtype::AXFR)
}

fn question(of: &DnsName, kind: Rtype) -> Draft {
    let mut message = start().question();
    message.push((name(of), kind)).expect(ROOM);
    message.additional()
}

/// The records of one type that an answer has for a name; an answer that cannot be read has none. Aliases are not
/// followed, and wildcards are not known from an answer: whoever asks must have it confirmed.
pub(super) fn held(answer: &Answer, of: &DnsName, kind: RecordType) -> RecordSets {
    let found = records(answer).remove(of).unwrap_or_default();
    let mut held = RecordSets::default();
    for data in found.get(kind).into_iter().flatten() {
        held.insert(kind, data.clone());
    }
    held
}

/// All records of the known types in the answer section, by name. Names that no host can have are left out.
pub(super) fn records(answer: &Answer) -> BTreeMap<DnsName, RecordSets> {
    let mut found: BTreeMap<DnsName, RecordSets> = BTreeMap::new();
    let Ok(section) = answer.answer() else { return found };
    for record in section.flatten() {
        let Some(kind) = RecordType::of_code(record.rtype().to_int()).filter(|_| record.class() == Class::IN) else {
            continue;
        };
        let data = if kind == RecordType::Cname {
            let Ok(Some(cname)) = record.to_record::<Cname<_>>() else { continue };
            let mut wire = Vec::new();
            cname.data().cname().compose_canonical(&mut wire).expect("memory has room for a name");
            wire
        } else {
            let Ok(Some(data)) = record.to_record::<UnknownRecordData<&[u8]>>() else { continue };
            data.data().data().to_vec()
        };
        let mut owner = Vec::new();
        record.owner().compose_canonical(&mut owner).expect("memory has room for a name");
        if let Some(owner) = DnsName::from_wire(&owner) {
            found.entry(owner).or_default().insert(kind, RecordData::from_wire(data));
        }
    }
    found
}

/// How often the answer section holds the record that a transfer begins and ends with.
pub(super) fn bounds(answer: &Answer) -> usize {
    let section = answer.answer().into_iter().flatten();
    section.flatten().filter(|record| record.rtype() == Rtype::SOA).count()
}

/// The code of an answer.
pub(super) fn rcode(answer: &Answer) -> Rcode {
    answer.header().rcode()
}
