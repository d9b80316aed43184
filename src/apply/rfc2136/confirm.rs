//! Confirms the changes that the server reports as done, and undoes those that it made only in part.
//!
//! Some update policies drop single records of an update and answer NOERROR (`PowerDNS`), and a CNAME beside other records is
//! ignored. A name and its ownership record must not be left with only one of them changed.

use super::applied::{Applied, Ttls, Undo, applied};
use super::message::UnsignedMessage;
use super::{BATCH_SIZE, Rfc2136Zone, chunks, message};
use crate::apply::zone::{AtomicChange, NameChange, NameContent, NamePair, PairQuery, PairState, ZoneError};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};

/// The content of the names of a change, and the TTLs of its host.
type FoundNames = (Vec<NameContent>, Ttls);

impl Rfc2136Zone {
    /// Makes changes, confirms them, and undoes those that the server made only in part.
    pub(super) fn write_batch(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        // Conditions do not compare TTLs, and an undo must restore them.
        let written = changes.iter().map(|change| change.host().filter(|host| host.after.is_some()));
        let hosts = written.map(|host| host.map(|host| (&host.name, &host.before.records)));
        let before = match self.read_ttls(&hosts.collect::<Vec<_>>()) {
            Ok(before) => before,
            Err(error) => return vec![Err(error); changes.len()],
        };
        let mut results = self.send_changes(changes);
        self.confirm_done(changes, &before, &mut results);
        if !self.connection.has_key() && !self.has_changed {
            // The server probably makes no change at all without a key.
            for result in &mut results {
                if let Err(ZoneError::Rejected(reason) | ZoneError::Ignored(reason)) = result {
                    *result = Err(ZoneError::Denied(std::mem::take(reason)));
                }
            }
        }
        results
    }

    /// Sets the results of the changes that the server reports as done and that it did not make, or only in part. `before` has the
    /// old TTLs of each host.
    fn confirm_done(&mut self, changes: &[AtomicChange], before: &[Ttls], results: &mut [Result<(), ZoneError>]) {
        let done: Vec<usize> = (0..changes.len()).filter(|index| results[*index].is_ok()).collect();
        let read = self.find_unapplied(changes, done.clone()).and_then(|unapplied| {
            let found = self.read_changes(unapplied.iter().map(|index| &changes[*index]))?;
            Ok(unapplied.into_iter().zip(found).collect::<Vec<_>>())
        });
        let unapplied = match read {
            Ok(unapplied) => unapplied,
            Err(error) => {
                return done
                    .into_iter()
                    .for_each(|index| results[index] = Err(ZoneError::OutcomeUnknown(error.to_string())));
            }
        };
        self.has_changed |= done.len() > unapplied.len();
        let mut undos = Vec::new();
        for (index, (found, now)) in unapplied {
            results[index] = match applied(&changes[index], &found, (&before[index], &now)) {
                Applied::All => Ok(()),
                Applied::Nothing => Err(ZoneError::Ignored(format!(
                    "the server answered NOERROR but changed nothing: {}",
                    self.probable_reason()
                ))),
                Applied::Part(undo) => {
                    undos.push((index, undo));
                    continue;
                }
                Applied::Unknown => Err(ZoneError::Conflict(String::new())),
            };
        }
        self.has_changed |= !undos.is_empty();
        let (indexes, undos): (Vec<usize>, Vec<Undo>) = undos.into_iter().unzip();
        for (index, error) in indexes.into_iter().zip(self.undo(undos)) {
            results[index] = Err(error);
        }
    }

    /// Of the changes that the server reports as done, those whose names do not have exactly the new records with their TTL.
    fn find_unapplied(&mut self, changes: &[AtomicChange], done: Vec<usize>) -> Result<Vec<usize>, ZoneError> {
        let mut unapplied = self.find_old_ttls(changes, &done)?;
        let size = |index: &usize| states_after(&changes[*index]).map(|change| message::size(&change)).sum();
        let mut groups = chunks(done, BATCH_SIZE, size);
        while !groups.is_empty() {
            let of_group = |group: &Vec<usize>| group.iter().flat_map(|index| states_after(&changes[*index])).collect();
            let met = self.confirm(groups.iter().map(of_group))?;
            let unmet = groups.into_iter().zip(met).filter(|(_, is_met)| !is_met).map(|(group, _)| group);
            let (single, many): (Vec<_>, Vec<_>) = unmet.partition(|group| group.len() == 1);
            unapplied.extend(single.concat());
            groups = many.into_iter().flat_map(|group| chunks(group, 1, size)).collect();
        }
        unapplied.sort_unstable();
        unapplied.dedup();
        Ok(unapplied)
    }

    /// Of the changes that the server reports as done, those with a record set that does not have its new TTL. Only a set with the
    /// same records as before can have the old one.
    fn find_old_ttls(&mut self, changes: &[AtomicChange], done: &[usize]) -> Result<Vec<usize>, ZoneError> {
        let hosts = done.iter().filter_map(|index| Some((*index, changes[*index].host()?)));
        let same: Vec<(usize, &DnsName, RecordType, u32)> = hosts
            .flat_map(|(index, host)| same_sets(host).map(move |(kind, ttl)| (index, &host.name, kind, ttl)))
            .collect();
        let questions: Vec<_> = same.iter().map(|(_, name, kind, _)| (*name, *kind)).collect();
        let found = self.query_ttls(&questions)?;
        let old = same.iter().zip(found).filter(|((.., ttl), found)| found.is_some_and(|found| found != *ttl));
        Ok(old.map(|((index, ..), _)| *index).collect())
    }

    /// The TTLs of the records of each name.
    fn read_ttls(&mut self, names: &[Option<(&DnsName, &RecordSets)>]) -> Result<Vec<Ttls>, ZoneError> {
        let mut ttls = vec![Ttls::new(); names.len()];
        let names = names.iter().enumerate().filter_map(|(index, name)| Some((index, (*name)?)));
        let sets: Vec<(usize, (&DnsName, RecordType))> = names
            .flat_map(|(index, (name, records))| records.sets().map(move |(kind, _)| (index, (name, kind))))
            .collect();
        let questions: Vec<(&DnsName, RecordType)> = sets.iter().map(|(_, question)| *question).collect();
        for ((index, (_, kind)), ttl) in sets.into_iter().zip(self.query_ttls(&questions)?) {
            ttls[index].extend(ttl.map(|ttl| (kind, ttl)));
        }
        Ok(ttls)
    }

    /// What the names of each change have now.
    fn read_changes<'c>(
        &mut self,
        changes: impl Iterator<Item = &'c AtomicChange> + Clone,
    ) -> Result<Vec<FoundNames>, ZoneError> {
        let query = |change: &NameChange| PairQuery {
            pair: NamePair { host: None, ownership: change.name.clone() },
            expected: PairState::EMPTY,
        };
        let queries: Vec<PairQuery> = changes.clone().flat_map(|AtomicChange(names)| names.iter().map(query)).collect();
        let mut found = self.read_pairs(&queries)?.into_iter().map(|state| state.ownership);
        let found: Vec<Vec<NameContent>> =
            changes.clone().map(|AtomicChange(names)| found.by_ref().take(names.len()).collect()).collect();
        let hosts = changes.map(AtomicChange::host).zip(&found);
        let hosts: Vec<_> = hosts.map(|(host, found)| host.map(|host| (&host.name, &found[1].records))).collect();
        let ttls = self.read_ttls(&hosts)?;
        Ok(found.into_iter().zip(ttls).collect())
    }

    /// Undoes partial changes, and returns an error about each.
    fn undo(&mut self, undos: Vec<Undo>) -> Vec<ZoneError> {
        if undos.is_empty() {
            return Vec::new();
        }
        let dropped =
            format!("the server answered NOERROR but dropped a part of the update: {}", self.probable_reason());
        let (changes, is_in_use): (Vec<AtomicChange>, Vec<bool>) =
            undos.into_iter().map(|undo| (undo.change, undo.is_in_use)).unzip();
        let mut results = self.send_changes(&changes);
        let sent: Vec<usize> = (0..changes.len()).filter(|index| results[*index].is_ok()).collect();
        match self.find_unapplied(&changes, sent.clone()) {
            Ok(unapplied) => {
                for index in unapplied {
                    results[index] = Err(ZoneError::Ignored("the server dropped a part of that too".into()));
                }
            }
            Err(error) => sent.into_iter().for_each(|index| results[index] = Err(error.clone())),
        }
        let undone = changes.iter().zip(is_in_use).zip(results);
        undone.map(|((change, is_in_use), result)| undo_error(&dropped, change, is_in_use, result)).collect()
    }

    /// Sends each change that fits into a message.
    pub(super) fn send_changes(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        let messages = changes.iter().map(|AtomicChange(changes)| message::update(&self.zone, changes));
        let (messages, fits): (Vec<UnsignedMessage>, Vec<bool>) = super::fitting(messages);
        let answers = self.connection.exchange(&messages.iter().collect::<Vec<_>>());
        answers.iter().flatten().for_each(|answer| self.note_update(message::rcode(answer)));
        let mut answered = answers.into_iter().map(|answer| self.change_result(answer));
        let too_large = || Err(ZoneError::Rejected(super::TOO_LARGE.into()));
        let result = |fits: bool| fits.then(|| answered.next()).flatten().unwrap_or_else(too_large);
        fits.into_iter().map(result).collect()
    }
}

/// The names of a change as they are afterwards, as conditions.
fn states_after(AtomicChange(changes): &AtomicChange) -> impl Iterator<Item = NameChange> {
    changes.iter().filter_map(|change| {
        let (records, _) = change.after.as_ref()?;
        Some(NameChange::condition(change.name.clone(), records.clone().into()))
    })
}

/// The record sets of a name that have the same records before and after its change, with their new TTL.
fn same_sets(change: &NameChange) -> impl Iterator<Item = (RecordType, u32)> {
    let after = change.after.iter().flat_map(|(after, ttl)| after.sets().map(move |(kind, set)| (kind, set, *ttl)));
    after.filter(|(kind, set, _)| change.before.records.get(*kind) == Some(set)).map(|(kind, _, ttl)| (kind, ttl))
}

/// The error about a change of which the server `dropped` a part, from the result of its undo.
fn undo_error(
    dropped: &str,
    AtomicChange(undo): &AtomicChange,
    is_in_use: bool,
    result: Result<(), ZoneError>,
) -> ZoneError {
    match result {
        Ok(()) if is_in_use => ZoneError::Conflict(String::new()),
        Ok(()) => ZoneError::Rejected(format!("{dropped}; the rest was undone")),
        Err(ZoneError::Conflict(reason)) => ZoneError::Conflict(reason),
        Err(error) => {
            let names: Vec<String> = undo.iter().skip(1).map(|change| format!("`{}`", change.name)).collect();
            let names = names.join(" and ");
            ZoneError::Rejected(format!("{dropped}; the rest could not be undone, so correct {names}: {error}"))
        }
    }
}
