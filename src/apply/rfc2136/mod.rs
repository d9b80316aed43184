//! Name servers with dynamic updates (RFC 2136): BIND, Knot, `PowerDNS` and others.
//!
//! Reading has two steps. Ordinary queries, many at once, return what a name seems to have; then an update with conditions
//! and without changes asks the server to confirm that. The second answer is atomic and not affected by wildcards, and it
//! does not need the permission to transfer the zone.

mod connection;
mod foreign;
pub(crate) mod key;
pub(crate) mod message;
mod read;

use super::retry::Retry;
use super::zone::{AtomicChange, DnsZone, NameChange, PairQuery, PairState, ZoneError};
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
    retry: Retry,
    /// Whether the server has made a change, so that the key is not wrong.
    has_changed: bool,
}

/// How many pairs one message confirms.
const BATCH_SIZE: usize = 48;

impl Rfc2136Zone {
    /// The zone on the server at `HOST:PORT`. Messages are signed if there is a key.
    pub(crate) fn new(zone: DnsName, server: String, key: Option<Arc<Key>>, retry: impl Into<Retry>) -> Self {
        let retry = retry.into();
        Rfc2136Zone { zone, connection: Connection::new(server, key, retry.clone()), retry, has_changed: false }
    }

    /// Sends messages that change nothing, and retries until every one is answered.
    fn send_with_retries(&mut self, messages: &[UnsignedMessage]) -> Result<Vec<DnsAnswer>, ZoneError> {
        let mut answers: Vec<Option<DnsAnswer>> = messages.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..messages.len()).collect();
        let mut tried = 0;
        while !open.is_empty() {
            let sent: Vec<&UnsignedMessage> = open.iter().map(|index| &messages[*index]).collect();
            let before = open.len();
            let mut reason = String::new();
            let mut unanswered = Vec::new();
            for (index, answer) in open.into_iter().zip(self.connection.exchange(&sent)) {
                match answer {
                    Ok(answer) if message::rcode(&answer) == Rcode::SERVFAIL => {
                        reason = SERVER_FAILED.into();
                        unanswered.push(index);
                    }
                    Ok(answer) => answers[index] = Some(answer),
                    Err(NoAnswer::Unsent(why) | NoAnswer::Unanswered(why)) => {
                        reason = why;
                        unanswered.push(index);
                    }
                    Err(NoAnswer::Refused) => return Err(denied(Rcode::NOTAUTH)),
                    Err(NoAnswer::Untrusted(why)) => return Err(ZoneError::Denied(why)),
                }
            }
            open = unanswered;
            tried = if open.len() < before { 0 } else { tried + 1 };
            let may_retry =
                || tried < self.retry.tries() && self.retry.wait(tried.max(1), std::time::Duration::ZERO, &reason);
            if !open.is_empty() && !may_retry() {
                return Err(ZoneError::Unavailable(reason, None));
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

    /// Whether all conditions of each group are met. A group that does not fit into a message is not. Each group becomes a
    /// message before the next one is made.
    fn confirm(&mut self, groups: impl Iterator<Item = Vec<NameChange>>) -> Result<Vec<bool>, ZoneError> {
        let (messages, fits) = fitting(groups.map(|changes| message::update(&self.zone, &changes)));
        let mut met = self.are_met(&messages)?.into_iter();
        Ok(fits.into_iter().map(|fits| fits && met.next() == Some(true)).collect())
    }

    /// Whether the conditions of each message are met.
    fn are_met(&mut self, messages: &[UnsignedMessage]) -> Result<Vec<bool>, ZoneError> {
        let is_met = |answer: DnsAnswer| match message::rcode(&answer) {
            Rcode::NOERROR => Ok(true),
            code if is_unmet_condition(code) => Ok(false),
            code => Err(denied(code)),
        };
        self.send_with_retries(messages)?.into_iter().map(is_met).collect()
    }

    /// Of the changes that the server reports as done, those that were not done: some policies drop single records without
    /// an error, and a CNAME beside other records is ignored.
    fn find_unapplied(&mut self, changes: &[AtomicChange], done: Vec<usize>) -> Result<Vec<usize>, ZoneError> {
        let after = |change: &NameChange| {
            let (records, _) = change.after.as_ref()?;
            Some(NameChange::condition(change.name.clone(), records.clone().into()))
        };
        let size =
            |index: &usize| changes[*index].0.iter().filter_map(after).map(|change| message::size(&change)).sum();
        let mut unapplied = Vec::new();
        let mut groups = chunks(done, BATCH_SIZE, size);
        while !groups.is_empty() {
            let of_group =
                |group: &Vec<usize>| group.iter().flat_map(|index| &changes[*index].0).filter_map(after).collect();
            let met = self.confirm(groups.iter().map(of_group))?;
            let unmet = groups.into_iter().zip(met).filter(|(_, is_met)| !is_met).map(|(group, _)| group);
            let (single, many): (Vec<_>, Vec<_>) = unmet.partition(|group| group.len() == 1);
            unapplied.extend(single.concat());
            groups = many.into_iter().flat_map(|group| chunks(group, 1, size)).collect();
        }
        Ok(unapplied)
    }
}

impl DnsZone for Rfc2136Zone {
    fn too_large(&self, AtomicChange(changes): &AtomicChange) -> Option<String> {
        // Nearly all changes are small, and no message is needed to see that.
        let may_be = changes.iter().map(message::size).sum::<usize>() > message::MOST_BYTES / 2;
        (may_be && message::update(&self.zone, changes).is_none()).then(|| TOO_LARGE.to_owned())
    }

    fn version(&mut self) -> Result<Option<u32>, ZoneError> {
        let answers = self.send_with_retries(&[message::serial_query(&self.zone)])?;
        Ok(answers.first().and_then(message::serial))
    }

    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        self.read_pairs(queries)
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        let (messages, fits) =
            fitting(changes.iter().map(|AtomicChange(changes)| message::update(&self.zone, changes)));
        let answers = self.connection.exchange(&messages.iter().collect::<Vec<_>>());
        self.has_changed |= answers.iter().flatten().any(|answer| message::rcode(answer) == Rcode::NOERROR);
        let has_changed = self.has_changed;
        let mut answered = answers.into_iter().map(|answer| change_result(answer, has_changed));
        let too_large = || Err(ZoneError::Rejected(TOO_LARGE.into()));
        let result = |fits: bool| fits.then(|| answered.next()).flatten().unwrap_or_else(too_large);
        let mut results: Vec<_> = fits.into_iter().map(result).collect();
        let done: Vec<usize> = (0..changes.len()).filter(|index| results[*index].is_ok()).collect();
        match self.find_unapplied(changes, done) {
            Ok(unapplied) => {
                let reason = "the server answered NOERROR but changed nothing: the key is wrong, or lacks a permission for this name or type";
                for index in unapplied {
                    results[index] = Err(ZoneError::Ignored(reason.into()));
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
            Err(NoAnswer::Refused) => Err(denied(Rcode::NOTAUTH)),
            Err(NoAnswer::Untrusted(reason)) => Err(ZoneError::Denied(reason)),
            Err(NoAnswer::Unsent(reason) | NoAnswer::Unanswered(reason)) => Err(ZoneError::Unavailable(reason, None)),
        }
    }
}

const SERVER_FAILED: &str = "the server failed (SERVFAIL): its log has the reason, such as a zone that is not loaded or a file that it may not write";

const TOO_LARGE: &str = "its old and new records do not fit into one DNS message of 64 KiB";

/// The result of one change. A server that has made another change accepts the key, so it refuses this change only.
fn change_result(answer: Result<DnsAnswer, NoAnswer>, has_changed: bool) -> Result<(), ZoneError> {
    let code = match answer {
        Ok(answer) => message::rcode(&answer),
        Err(NoAnswer::Refused) => Rcode::NOTAUTH,
        Err(NoAnswer::Unsent(reason)) => return Err(ZoneError::Unavailable(reason, None)),
        Err(NoAnswer::Unanswered(reason)) => return Err(ZoneError::OutcomeUnknown(reason)),
        Err(NoAnswer::Untrusted(reason)) => return Err(ZoneError::Denied(reason)),
    };
    match code {
        Rcode::NOERROR => Ok(()),
        Rcode::SERVFAIL => Err(ZoneError::OutcomeUnknown(SERVER_FAILED.into())),
        code if is_unmet_condition(code) => Err(ZoneError::Conflict(format!("the server answered {code}"))),
        Rcode::REFUSED | Rcode::NOTAUTH if has_changed => Err(ZoneError::Rejected(format!(
            "the server refuses this change only ({code}): the key lacks a permission for this name or type, or the records \
             cannot be beside others"
        ))),
        code => Err(denied(code)),
    }
}

/// The messages of changes that fit into one, and for each change whether it does.
fn fitting(messages: impl Iterator<Item = Option<UnsignedMessage>>) -> (Vec<UnsignedMessage>, Vec<bool>) {
    let (mut fitting, mut fits) = (Vec::new(), Vec::new());
    for message in messages {
        fits.push(message.is_some());
        fitting.extend(message);
    }
    (fitting, fits)
}

/// Divides items into chunks of at most `most` items, which together need at most [`message::MOST_BYTES`] if there are several.
fn chunks<T>(items: Vec<T>, most: usize, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut chunks: Vec<Vec<T>> = Vec::new();
    let mut filled = 0;
    for item in items {
        let bytes = size(&item);
        match chunks.last_mut() {
            Some(last) if last.len() < most && filled + bytes <= message::MOST_BYTES => {
                last.push(item);
                filled += bytes;
            }
            _ => {
                chunks.push(vec![item]);
                filled = bytes;
            }
        }
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
