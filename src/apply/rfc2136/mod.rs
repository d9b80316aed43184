//! Name servers with dynamic updates (RFC 2136): BIND, Knot, `PowerDNS` and others.
//!
//! Reading has two steps. Ordinary queries, many at once, return what a name seems to have; then an update with conditions
//! and without changes asks the server to confirm that. The second answer is atomic and not affected by wildcards, and it
//! does not need the permission to transfer the zone.

mod applied;
mod confirm;
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
use std::time::Duration;

/// A zone on such a server.
pub(crate) struct Rfc2136Zone {
    zone: DnsName,
    connection: Connection,
    retry: Retry,
    /// Whether the server has accepted an update, so that a refusal is about its names or types.
    accepts_updates: bool,
    /// Whether the server has made a change, so that it needs no key if there is none.
    has_changed: bool,
}

/// How many pairs one message confirms, and how many changes are made before they are confirmed.
const BATCH_SIZE: usize = 48;

impl Rfc2136Zone {
    /// The zone on the server at `HOST:PORT`. Messages are signed if there is a key.
    pub(crate) fn new(zone: DnsName, server: String, key: Option<Arc<Key>>, retry: impl Into<Retry>) -> Self {
        let retry = retry.into();
        let connection = Connection::new(server, key, retry.clone());
        Rfc2136Zone { zone, connection, retry, accepts_updates: false, has_changed: false }
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
                    Err(NoAnswer::Refused) => return Err(self.denied(Rcode::NOTAUTH)),
                    Err(NoAnswer::Untrusted(why)) => return Err(ZoneError::Denied(why)),
                }
            }
            open = unanswered;
            tried = if open.len() < before { 0 } else { tried + 1 };
            let may_retry = || tried < self.retry.tries() && self.retry.wait(tried.max(1), Duration::ZERO, &reason);
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
            code => Err(self.denied(code)),
        };
        questions.iter().zip(answers).map(records).collect()
    }

    /// The TTL of each name and type, as far as the server knows it.
    fn query_ttls(&mut self, questions: &[(&DnsName, RecordType)]) -> Result<Vec<Option<u32>>, ZoneError> {
        let messages: Vec<UnsignedMessage> = questions.iter().map(|(name, kind)| message::query(name, *kind)).collect();
        let answers = self.send_with_retries(&messages)?;
        Ok(questions.iter().zip(answers).map(|((name, kind), answer)| message::ttl_of(&answer, name, *kind)).collect())
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
        let answers = self.send_with_retries(messages)?;
        let mut met = Vec::new();
        for code in answers.iter().map(message::rcode) {
            self.note_update(code);
            met.push(match code {
                Rcode::NOERROR => true,
                code if is_unmet_condition(code) => false,
                code => return Err(self.denied(code)),
            });
        }
        Ok(met)
    }

    /// Notes the response code of an update.
    fn note_update(&mut self, code: Rcode) {
        self.accepts_updates |= !is_refusal(code);
    }

    /// The error of the changes after one with this error, if they would fail too.
    fn stops(&self, error: &ZoneError) -> Option<ZoneError> {
        match error {
            ZoneError::Denied(_) => Some(error.clone()),
            ZoneError::Unavailable(reason, _) | ZoneError::OutcomeUnknown(reason) if !self.connection.is_open() => {
                Some(ZoneError::Unavailable(reason.clone(), None))
            }
            _ => None,
        }
    }

    /// The result of one change. A server that has accepted another update, or whose answer is signed with the key, refuses this
    /// change only.
    fn change_result(&self, answer: Result<DnsAnswer, NoAnswer>) -> Result<(), ZoneError> {
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
            code if is_refusal(code) && (self.accepts_updates || self.connection.has_verified()) => {
                let reason = self.probable_reason();
                Err(ZoneError::Rejected(format!("the server refuses this change ({code}): {reason}")))
            }
            code => Err(self.denied(code)),
        }
    }

    /// Why the server probably does not make a change of a name, and what to do.
    fn probable_reason(&self) -> &'static str {
        if self.connection.has_key() {
            "its update policy probably forbids this name, its ownership record or a type; allow them to the key"
        } else {
            NO_KEY
        }
    }

    /// The error of a response code for which a retry fails too.
    fn denied(&self, code: Rcode) -> ZoneError {
        ZoneError::Denied(match code {
            code if is_refusal(code) && !self.connection.has_key() => {
                format!("the server refuses an unsigned request ({code}): {NO_KEY}; or {NO_ZONE}")
            }
            code if is_refusal(code) && self.connection.has_verified() => {
                format!(
                    "the server knows the key but refuses the request ({code}): the key lacks a permission, or {NO_ZONE}"
                )
            }
            code if is_refusal(code) => format!("the key is wrong or lacks a permission ({code}), or {NO_ZONE}"),
            Rcode::NOTIMP => format!("the server does not support updates ({code})"),
            Rcode::NOTZONE => format!("the server does not have the zone ({code})"),
            code => format!("the server answered {code}"),
        })
    }

    /// The error of a response code to a transfer of the zone, which no other command needs.
    fn transfer_denied(&self, code: Rcode) -> ZoneError {
        let why = match code {
            Rcode::NOTIMP => format!("the server does not support it ({code})"),
            code => self.denied(code).to_string(),
        };
        ZoneError::Denied(format!("`orphans` needs a zone transfer (AXFR): {why}"))
    }

    /// All names of the zone, from one transfer.
    fn transfer(&mut self) -> Result<Vec<(DnsName, RecordSets)>, TransferFailure> {
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
            Ok(()) if code == Rcode::SERVFAIL => Err(TransferFailure::Temporary(SERVER_FAILED.into())),
            Ok(()) => Err(TransferFailure::Lasting(self.transfer_denied(code))),
            Err(NoAnswer::Refused) => Err(TransferFailure::Lasting(self.transfer_denied(Rcode::NOTAUTH))),
            Err(NoAnswer::Untrusted(reason)) => Err(TransferFailure::Lasting(ZoneError::Denied(reason))),
            Err(NoAnswer::Unsent(reason) | NoAnswer::Unanswered(reason)) => Err(TransferFailure::Temporary(reason)),
        }
    }
}

impl DnsZone for Rfc2136Zone {
    fn too_large(&self, AtomicChange(changes): &AtomicChange) -> Option<String> {
        // Nearly all changes are small, and no message is needed to see that.
        let may_be = changes.iter().map(message::size).sum::<usize>() > message::MOST_BYTES / 2;
        (may_be && message::update(&self.zone, changes).is_none()).then(|| TOO_LARGE.to_owned())
    }

    fn warning(&self) -> Option<String> {
        (!self.connection.has_key()).then(|| format!("{NO_KEY}; most servers refuse changes without one"))
    }

    fn version(&mut self) -> Result<Option<u32>, ZoneError> {
        let answers = self.send_with_retries(&[message::serial_query(&self.zone)])?;
        Ok(answers.first().and_then(message::serial))
    }

    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        self.read_pairs(queries)
    }

    /// Each batch is confirmed before the next one is sent, so that little is unconfirmed when a run is killed.
    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        let mut results = Vec::with_capacity(changes.len());
        let mut stopped: Option<ZoneError> = None;
        for batch in changes.chunks(BATCH_SIZE) {
            if let Some(error) = &stopped {
                results.extend(batch.iter().map(|_| Err(error.clone())));
                continue;
            }
            let of_batch = self.write_batch(batch);
            stopped = of_batch.iter().find_map(|result| self.stops(result.as_ref().err()?));
            results.extend(of_batch);
        }
        results
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.transfer() {
                Ok(names) => return Ok(names),
                Err(TransferFailure::Lasting(error)) => return Err(error),
                Err(TransferFailure::Temporary(reason)) => {
                    if tried >= self.retry.tries() || !self.retry.wait(tried, Duration::ZERO, &reason) {
                        return Err(ZoneError::Unavailable(reason, None));
                    }
                }
            }
        }
    }
}

/// Why a zone was not transferred.
enum TransferFailure {
    /// A further try may succeed.
    Temporary(String),
    /// It would not.
    Lasting(ZoneError),
}

const SERVER_FAILED: &str = "the server failed (SERVFAIL): its log has the reason, such as a zone that is not loaded, a file that it may not write, or more records of a name than it allows";

const NO_KEY: &str = "no key was sent, because neither `PLEACH_TSIG` nor `PLEACH_TSIG_FILE` is set";

const NO_ZONE: &str = "the server does not serve the zone";

const TOO_LARGE: &str =
    "its old and new records do not fit into one DNS message of 64 KiB: use fewer or shorter records, or several names";

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

/// Whether a response code means that the server refuses an update. Knot answers NOTAUTH where others answer REFUSED.
fn is_refusal(code: Rcode) -> bool {
    matches!(code, Rcode::REFUSED | Rcode::NOTAUTH)
}

/// Whether a response code means that a condition is not met.
fn is_unmet_condition(code: Rcode) -> bool {
    matches!(code, Rcode::YXDOMAIN | Rcode::YXRRSET | Rcode::NXDOMAIN | Rcode::NXRRSET)
}
