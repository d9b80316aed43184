//! Name servers with dynamic updates (RFC 2136): BIND, Knot, `PowerDNS` and others.
//!
//! Reading has two steps. Ordinary queries, many at once, return what a name seems to have; then an update with conditions
//! and without changes asks the server to confirm that. The second answer is atomic and not affected by wildcards, and it
//! does not need the permission to transfer the zone.

mod connection;
pub(crate) mod key;
pub(crate) mod message;

use super::retry::RetryPolicy;
use super::zone::{AtomicChange, DnsZone, NameChange, NameContent, PairQuery, PairState, ZoneError};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};
use connection::{Connection, NoAnswer};
use domain::base::iana::Rcode;
use domain::tsig::Key;
use message::{DnsAnswer, UnsignedMessage};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A zone on such a server.
pub(crate) struct Rfc2136Zone {
    zone: DnsName,
    connection: Connection,
    retry: RetryPolicy,
}

/// How many pairs one message confirms.
const BATCH_SIZE: usize = 48;
/// Into how many parts a batch is split if it was not confirmed.
const PARTS: usize = 6;
/// For how many pairs all types are queried at once.
const CLOSE_READ_SIZE: usize = 500;

/// The index of a query, and the state to confirm.
type ExpectedState = (usize, PairState);

impl Rfc2136Zone {
    /// The zone on the server at `HOST:PORT`. Messages are signed if there is a key.
    pub(crate) fn new(zone: DnsName, server: String, key: Option<Arc<Key>>, retry: RetryPolicy) -> Self {
        Rfc2136Zone { zone, connection: Connection::new(server, key, retry.answer_timeout), retry }
    }

    /// Sends messages that change nothing, and retries until every one is answered.
    fn send_with_retries(&mut self, messages: &[UnsignedMessage]) -> Result<Vec<DnsAnswer>, ZoneError> {
        let mut answers: Vec<Option<DnsAnswer>> = messages.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..messages.len()).collect();
        let mut tried = 0;
        while !open.is_empty() {
            let sent: Vec<UnsignedMessage> = open.iter().map(|index| messages[*index].clone()).collect();
            let before = open.len();
            let mut reason = String::new();
            let mut unanswered = Vec::new();
            for (index, answer) in open.into_iter().zip(self.connection.exchange(&sent)) {
                match answer {
                    Ok(answer) if message::rcode(&answer) == Rcode::SERVFAIL => {
                        reason = "the server failed (SERVFAIL)".into();
                        unanswered.push(index);
                    }
                    Ok(answer) => answers[index] = Some(answer),
                    Err(NoAnswer::Unsent(why) | NoAnswer::Unanswered(why)) => {
                        reason = why;
                        unanswered.push(index);
                    }
                    Err(NoAnswer::Untrusted(why)) => return Err(ZoneError::Denied(why)),
                }
            }
            open = unanswered;
            tried = if open.len() < before { 0 } else { tried + 1 };
            if tried >= self.retry.tries {
                return Err(ZoneError::Unavailable(reason, None));
            }
            if !open.is_empty() {
                self.retry.wait(tried.max(1), std::time::Duration::ZERO);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// The records of each name and type, as the server answers them.
    fn query(&mut self, questions: &[(&DnsName, RecordType)]) -> Result<Vec<RecordSets>, ZoneError> {
        let messages: Vec<UnsignedMessage> = questions.iter().map(|(name, kind)| message::query(name, *kind)).collect();
        let answers = self.send_with_retries(&messages)?;
        let records = |((name, kind), answer): (&(&DnsName, RecordType), DnsAnswer)| match message::rcode(&answer) {
            Rcode::NOERROR | Rcode::NXDOMAIN => Ok(message::records_of(&answer, name, *kind)),
            code => Err(denied(code)),
        };
        questions.iter().zip(answers).map(records).collect()
    }

    /// Whether all conditions of each group are met.
    fn confirm(&mut self, groups: &[Vec<NameChange>]) -> Result<Vec<bool>, ZoneError> {
        let messages: Vec<UnsignedMessage> =
            groups.iter().map(|changes| message::update(&self.zone, changes)).collect();
        let answers = self.send_with_retries(&messages)?;
        let is_met = |answer: DnsAnswer| match message::rcode(&answer) {
            Rcode::NOERROR => Ok(true),
            code if is_unmet_condition(code) => Ok(false),
            code => Err(denied(code)),
        };
        answers.into_iter().map(is_met).collect()
    }

    /// Confirms expected states, many in one message. A batch that is not confirmed is split. Returns the queries whose
    /// expected state is wrong.
    fn confirm_states(
        &mut self,
        queries: &[PairQuery],
        expected: Vec<ExpectedState>,
        found: &mut [Option<PairState>],
    ) -> Result<Vec<usize>, ZoneError> {
        let mut wrong = Vec::new();
        let mut groups: Vec<Vec<ExpectedState>> = chunks(expected, BATCH_SIZE);
        while !groups.is_empty() {
            let of_group = |group: &Vec<ExpectedState>| {
                group.iter().flat_map(|(index, state)| conditions(&queries[*index], state)).collect()
            };
            let met = self.confirm(&groups.iter().map(of_group).collect::<Vec<_>>())?;
            let mut smaller = Vec::new();
            for (group, is_met) in groups.into_iter().zip(met) {
                match &group[..] {
                    _ if is_met => group.into_iter().for_each(|(index, state)| found[index] = Some(state)),
                    [(index, _)] => wrong.push(*index),
                    _ => {
                        let size = group.len().div_ceil(PARTS);
                        smaller.extend(chunks(group, size));
                    }
                }
            }
            groups = smaller;
        }
        Ok(wrong)
    }

    /// Of the changes that the server reports as done, those that were not done: some policies drop single records without
    /// an error, and a CNAME beside other records is ignored.
    fn find_unapplied(&mut self, changes: &[AtomicChange], done: Vec<usize>) -> Result<Vec<usize>, ZoneError> {
        let after = |change: &NameChange| {
            let (records, _) = change.after.as_ref()?;
            Some(NameChange { name: change.name.clone(), before: records.clone().into(), after: None })
        };
        let mut unapplied = Vec::new();
        let mut groups = chunks(done, BATCH_SIZE);
        while !groups.is_empty() {
            let of_group =
                |group: &Vec<usize>| group.iter().flat_map(|index| &changes[*index].0).filter_map(after).collect();
            let met = self.confirm(&groups.iter().map(of_group).collect::<Vec<_>>())?;
            let unmet = groups.into_iter().zip(met).filter(|(_, is_met)| !is_met).map(|(group, _)| group);
            let (single, many): (Vec<_>, Vec<_>) = unmet.partition(|group| group.len() == 1);
            unapplied.extend(single.concat());
            groups = many.into_iter().flat_map(|group| chunks(group, 1)).collect();
        }
        Ok(unapplied)
    }

    /// Reads single pairs: queries every type, then confirms the answer, or that it came from a wildcard. Returns the
    /// queries that could not be confirmed.
    fn read_each_type(
        &mut self,
        queries: &[PairQuery],
        open: &[usize],
        found: &mut [Option<PairState>],
    ) -> Result<Vec<usize>, ZoneError> {
        let pairs = open.iter().map(|index| &queries[*index].pair);
        let names: Vec<&DnsName> = pairs.flat_map(|pair| pair.host.iter().chain([&pair.ownership])).collect();
        let questions: Vec<(&DnsName, RecordType)> =
            names.iter().flat_map(|name| RecordType::ALL.map(|kind| (*name, kind))).collect();
        let mut answered: BTreeMap<&DnsName, RecordSets> = BTreeMap::new();
        for ((name, _), records) in questions.iter().zip(self.query(&questions)?) {
            answered.entry(name).or_default().merge(records);
        }
        let mut candidates: Vec<(&DnsName, NameContent)> = Vec::new();
        for name in names {
            let records = answered.remove(name).unwrap_or_default();
            // A name cannot have a CNAME and other records: one of them is from a wildcard or was just replaced.
            let possible = (!records.is_empty() && records.check().is_ok()).then(|| NameContent::from(records));
            let all = possible.into_iter().chain([NameContent::Empty, NameContent::OtherTypes]);
            candidates.extend(all.map(|content| (name, content)));
        }
        let groups: Vec<Vec<NameChange>> =
            candidates.iter().map(|(name, content)| vec![condition(name, content)]).collect();
        let mut confirmed: BTreeMap<&DnsName, NameContent> = BTreeMap::new();
        for ((name, content), is_met) in candidates.into_iter().zip(self.confirm(&groups)?) {
            if is_met {
                confirmed.entry(name).or_insert(content);
            }
        }
        let mut unconfirmed = Vec::new();
        for index in open {
            let pair = &queries[*index].pair;
            let host = pair.host.as_ref().map_or(Some(NameContent::Empty), |host| confirmed.get(host).cloned());
            match (host, confirmed.get(&pair.ownership)) {
                (Some(host), Some(ownership)) => found[*index] = Some(PairState { host, ownership: ownership.clone() }),
                _ => unconfirmed.push(*index),
            }
        }
        Ok(unconfirmed)
    }
}

impl DnsZone for Rfc2136Zone {
    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        let mut found: Vec<Option<PairState>> = vec![None; queries.len()];
        let questions: Vec<_> = queries.iter().map(|query| (&query.pair.ownership, RecordType::Txt)).collect();
        let mut expected = Vec::new();
        let mut open = Vec::new();
        for (index, ownership) in self.query(&questions)?.into_iter().enumerate() {
            let query = &queries[index];
            if ownership == *query.expected.ownership.records() {
                expected.push((index, query.expected.clone()));
            } else if ownership.is_empty() {
                expected.push((index, PairState::EMPTY));
            } else if query.pair.host.is_none() {
                expected.push((index, PairState { host: NameContent::Empty, ownership: ownership.into() }));
            } else {
                open.push(index);
            }
        }
        open.extend(self.confirm_states(queries, expected, &mut found)?);
        for _ in 0..self.retry.tries {
            let mut unconfirmed = Vec::new();
            for part in open.chunks(CLOSE_READ_SIZE) {
                unconfirmed.extend(self.read_each_type(queries, part, &mut found)?);
            }
            open = unconfirmed;
        }
        match open.first() {
            Some(index) => {
                let pair = &queries[*index].pair;
                let name = pair.host.as_ref().unwrap_or(&pair.ownership);
                Err(ZoneError::OutcomeUnknown(format!("`{name}` changes faster than it can be read")))
            }
            None => Ok(found.into_iter().flatten().collect()),
        }
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        let messages: Vec<UnsignedMessage> =
            changes.iter().map(|AtomicChange(changes)| message::update(&self.zone, changes)).collect();
        let result = |answer: Result<DnsAnswer, NoAnswer>| match answer {
            Ok(answer) => match message::rcode(&answer) {
                Rcode::NOERROR => Ok(()),
                Rcode::SERVFAIL => Err(ZoneError::OutcomeUnknown("the server failed (SERVFAIL)".into())),
                code if is_unmet_condition(code) => Err(ZoneError::Conflict),
                code => Err(denied(code)),
            },
            Err(NoAnswer::Unsent(reason)) => Err(ZoneError::Unavailable(reason, None)),
            Err(NoAnswer::Unanswered(reason)) => Err(ZoneError::OutcomeUnknown(reason)),
            Err(NoAnswer::Untrusted(reason)) => Err(ZoneError::Denied(reason)),
        };
        let mut results: Vec<_> = self.connection.exchange(&messages).into_iter().map(result).collect();
        let done: Vec<usize> = (0..changes.len()).filter(|index| results[*index].is_ok()).collect();
        match self.find_unapplied(changes, done) {
            Ok(unapplied) => {
                let reason = "the server answered NOERROR but changed nothing: the key is wrong or lacks a permission";
                for index in unapplied {
                    results[index] = Err(ZoneError::OutcomeUnknown(reason.into()));
                }
            }
            Err(error) => {
                for result in results.iter_mut().filter(|result| result.is_ok()) {
                    *result = Err(ZoneError::OutcomeUnknown(error.to_string()));
                }
            }
        }
        results
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        let mut found: BTreeMap<DnsName, RecordSets> = BTreeMap::new();
        let mut soa_count = 0;
        let mut code = Rcode::NOERROR;
        let transferred = self.connection.sequence(&message::transfer(&self.zone), |answer| {
            code = message::rcode(answer);
            soa_count += message::soa_count(answer);
            for (name, records) in message::records(answer) {
                found.entry(name).or_default().merge(records);
            }
            code != Rcode::NOERROR || soa_count > 1
        });
        match transferred {
            Ok(()) if code == Rcode::NOERROR => Ok(found.into_iter().collect()),
            Ok(()) => Err(denied(code)),
            Err(NoAnswer::Untrusted(reason)) => Err(ZoneError::Denied(reason)),
            Err(NoAnswer::Unsent(reason) | NoAnswer::Unanswered(reason)) => Err(ZoneError::Unavailable(reason, None)),
        }
    }
}

/// The condition that a name has this content, without a change.
fn condition(name: &DnsName, content: &NameContent) -> NameChange {
    NameChange { name: name.clone(), before: content.clone(), after: None }
}

fn conditions(query: &PairQuery, state: &PairState) -> impl Iterator<Item = NameChange> {
    let host = query.pair.host.as_ref().map(|host| condition(host, &state.host));
    host.into_iter().chain([condition(&query.pair.ownership, &state.ownership)])
}

fn chunks<T>(items: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut items = items.into_iter().peekable();
    let mut chunks = Vec::new();
    while items.peek().is_some() {
        chunks.push(items.by_ref().take(size).collect());
    }
    chunks
}

/// Whether a response code means that a condition is not met.
fn is_unmet_condition(code: Rcode) -> bool {
    matches!(code, Rcode::YXDOMAIN | Rcode::YXRRSET | Rcode::NXDOMAIN | Rcode::NXRRSET)
}

/// The error of a response code for which a retry fails too.
fn denied(code: Rcode) -> ZoneError {
    ZoneError::Denied(match code {
        // Knot answers NOTAUTH where others answer REFUSED.
        Rcode::REFUSED | Rcode::NOTAUTH => format!("the key is wrong or lacks a permission ({code})"),
        Rcode::NOTIMP => format!("the server does not support updates ({code})"),
        Rcode::NOTZONE => format!("the server does not have the zone ({code})"),
        code => format!("the server answered {code}"),
    })
}
