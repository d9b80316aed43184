//! Confirms the changes that the server reports as done, and undoes those that it made only in part.
//!
//! Some update policies drop single records of an update and answer NOERROR (`PowerDNS`), and a CNAME beside other records is
//! ignored. A name and its ownership record must not be left with only one of them changed.

use super::message::UnsignedMessage;
use super::{BATCH_SIZE, Rfc2136Zone, chunks, message};
use crate::apply::change;
use crate::apply::zone::{AtomicChange, NameChange, NameContent, NamePair, PairQuery, PairState, ZoneError};
use crate::record::RecordSets;

/// What an unconfirmed change has done.
enum Applied {
    /// Everything; somebody else has records beside it.
    All,
    /// Nothing.
    Nothing,
    /// A part, which this change undoes.
    Part(AtomicChange),
    /// That is unknown, because somebody else has changed the names since.
    Unknown,
}

impl Rfc2136Zone {
    /// Sets the results of the changes that the server reports as done and that it did not make, or only in part.
    pub(super) fn confirm_done(&mut self, changes: &[AtomicChange], results: &mut [Result<(), ZoneError>]) {
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
        let mut undos = Vec::new();
        for (index, found) in unapplied {
            results[index] = match applied(&changes[index], &found) {
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
        let (indexes, undos): (Vec<usize>, Vec<AtomicChange>) = undos.into_iter().unzip();
        for (index, error) in indexes.into_iter().zip(self.undo(&undos)) {
            results[index] = Err(error);
        }
    }

    /// Of the changes that the server reports as done, those whose names do not have exactly the new records.
    fn find_unapplied(&mut self, changes: &[AtomicChange], done: Vec<usize>) -> Result<Vec<usize>, ZoneError> {
        let size = |index: &usize| states_after(&changes[*index]).map(|change| message::size(&change)).sum();
        let mut unapplied = Vec::new();
        let mut groups = chunks(done, BATCH_SIZE, size);
        while !groups.is_empty() {
            let of_group = |group: &Vec<usize>| group.iter().flat_map(|index| states_after(&changes[*index])).collect();
            let met = self.confirm(groups.iter().map(of_group))?;
            let unmet = groups.into_iter().zip(met).filter(|(_, is_met)| !is_met).map(|(group, _)| group);
            let (single, many): (Vec<_>, Vec<_>) = unmet.partition(|group| group.len() == 1);
            unapplied.extend(single.concat());
            groups = many.into_iter().flat_map(|group| chunks(group, 1, size)).collect();
        }
        Ok(unapplied)
    }

    /// What the names of each change have now.
    fn read_changes<'c>(
        &mut self,
        changes: impl Iterator<Item = &'c AtomicChange> + Clone,
    ) -> Result<Vec<Vec<NameContent>>, ZoneError> {
        let query = |change: &NameChange| PairQuery {
            pair: NamePair { host: None, ownership: change.name.clone() },
            expected: PairState::EMPTY,
        };
        let queries: Vec<PairQuery> = changes.clone().flat_map(|AtomicChange(names)| names.iter().map(query)).collect();
        let mut found = self.read_pairs(&queries)?.into_iter().map(|state| state.ownership);
        Ok(changes.map(|AtomicChange(names)| found.by_ref().take(names.len()).collect()).collect())
    }

    /// Undoes partial changes, and returns an error about each.
    fn undo(&mut self, undos: &[AtomicChange]) -> Vec<ZoneError> {
        if undos.is_empty() {
            return Vec::new();
        }
        let dropped =
            format!("the server answered NOERROR but dropped a part of the update: {}", self.probable_reason());
        let mut results = self.send_changes(undos);
        let sent: Vec<usize> = (0..undos.len()).filter(|index| results[*index].is_ok()).collect();
        match self.find_unapplied(undos, sent.clone()) {
            Ok(unapplied) => {
                for index in unapplied {
                    results[index] = Err(ZoneError::Ignored("the server dropped a part of that too".into()));
                }
            }
            Err(error) => sent.into_iter().for_each(|index| results[index] = Err(error.clone())),
        }
        let error = |(AtomicChange(names), result): (&AtomicChange, Result<(), ZoneError>)| match result {
            Ok(()) => ZoneError::Rejected(format!("{dropped}; the rest was undone")),
            Err(ZoneError::Conflict(reason)) => ZoneError::Conflict(reason),
            Err(error) => {
                let names: Vec<String> = names.iter().skip(1).map(|change| format!("`{}`", change.name)).collect();
                let names = names.join(" and ");
                ZoneError::Rejected(format!("{dropped}; the rest could not be undone, so correct {names}: {error}"))
            }
        };
        undos.iter().zip(results).map(error).collect()
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

/// What `change` has done, from what its names have now.
fn applied(change: &AtomicChange, found: &[NameContent]) -> Applied {
    let after = |change: &NameChange| match &change.after {
        Some((records, _)) => records.clone(),
        None => change.before.records.clone(),
    };
    let names = || change.0.iter().zip(found);
    if names().all(|(change, found)| found.records == after(change)) {
        return Applied::All;
    }
    let is_known = |found: &RecordSets, change: &NameChange| {
        let mut known = change.before.records.clone();
        known.merge(after(change));
        found.iter().all(|(kind, data)| known.get(kind).is_some_and(|set| set.contains(data)))
    };
    match change::undo(change, found) {
        _ if !names().all(|(change, found)| is_known(&found.records, change)) => Applied::Unknown,
        Some(undo) => Applied::Part(undo),
        None if names().all(|(change, found)| found.records == change.before.records) => Applied::Nothing,
        None => Applied::Unknown,
    }
}
