//! Reads pairs of a host and its ownership record.

use super::foreign::{FOREIGN_TYPES, foreign_set};
use super::{BATCH_SIZE, Rfc2136Zone, chunks, message};
use crate::apply::zone::{ForeignSet, NameChange, NameContent, NamePair, PairQuery, PairState, ZoneError};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};
use message::UnsignedMessage;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Into how many parts a batch is split if it was not confirmed.
const PARTS: usize = 6;
/// For how many pairs all types are queried at once.
const CLOSE_READ_SIZE: usize = 500;

/// The index of a query, and the state to confirm.
type ExpectedState = (usize, PairState);

impl Rfc2136Zone {
    /// The state of each pair, in order.
    pub(super) fn read_pairs(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        let mut found: Vec<Option<PairState>> = vec![None; queries.len()];
        let questions: Vec<_> = queries.iter().map(|query| (&query.pair.ownership, RecordType::Txt)).collect();
        let mut expected = Vec::new();
        let mut open = Vec::new();
        for (index, ownership) in self.query(&questions)?.into_iter().enumerate() {
            let query = &queries[index];
            if ownership == query.expected.ownership.records {
                expected.push((index, query.expected.clone()));
            } else if ownership.is_empty() {
                expected.push((index, PairState::EMPTY));
            } else if query.pair.host.is_none() {
                expected.push((index, PairState { host: NameContent::EMPTY, ownership: ownership.into() }));
            } else {
                open.push(index);
            }
        }
        open.extend(self.confirm_states(queries, expected, &mut found)?);
        for _ in 0..self.retry.tries() {
            let mut unconfirmed = Vec::new();
            for part in open.chunks(CLOSE_READ_SIZE) {
                unconfirmed.extend(self.read_each_type(queries, part, &mut found)?);
            }
            open = unconfirmed;
        }
        self.read_hidden(queries, &mut open, &mut found)?;
        if let Some(index) = open.first() {
            let pair = &queries[*index].pair;
            let name = pair.host.as_ref().unwrap_or(&pair.ownership);
            return Err(ZoneError::OutcomeUnknown(format!("`{name}` changes faster than it can be read")));
        }
        let mut found: Vec<PairState> = found.into_iter().flatten().collect();
        let free: Vec<usize> = (0..found.len()).filter(|index| found[*index].host.is_empty()).collect();
        for (index, delegation) in self.delegations_above(queries, &free)? {
            found[index].host.below_delegation = Some(delegation);
        }
        Ok(found)
    }

    /// Reads the `open` pairs whose hosts have records below a delegation: a query is answered with the delegation, so these records are
    /// not known.
    fn read_hidden(
        &mut self,
        queries: &[PairQuery],
        open: &mut Vec<usize>,
        found: &mut [Option<PairState>],
    ) -> Result<(), ZoneError> {
        let hidden = self.delegations_above(queries, open)?;
        let ownership = |(index, _): &(usize, DnsName)| PairQuery {
            pair: NamePair { host: None, ownership: queries[*index].pair.ownership.clone() },
            expected: PairState::EMPTY,
        };
        let ownerships: Vec<PairQuery> = hidden.iter().map(ownership).collect();
        let states = if hidden.is_empty() { Vec::new() } else { self.read_pairs(&ownerships)? };
        for ((index, delegation), PairState { ownership, .. }) in hidden.into_iter().zip(states) {
            let host = NameContent { below_delegation: Some(delegation), ..only_foreign() };
            found[index] = Some(PairState { host, ownership });
        }
        open.retain(|index| found[*index].is_none());
        Ok(())
    }

    /// The pairs among those at `indices` whose hosts are below a delegation, with the delegation. Usually they have the same few names
    /// above them.
    fn delegations_above(
        &mut self,
        queries: &[PairQuery],
        indices: &[usize],
    ) -> Result<Vec<(usize, DnsName)>, ZoneError> {
        let zone = self.zone.clone();
        let hosts: Vec<(usize, &DnsName)> =
            indices.iter().filter_map(|index| Some((*index, queries[*index].pair.host.as_ref()?))).collect();
        let above: BTreeSet<DnsName> = hosts.iter().flat_map(|(_, host)| host.between(&zone)).collect();
        let mut delegated: BTreeSet<&DnsName> = BTreeSet::new();
        let mut groups = chunks(above.iter().collect(), BATCH_SIZE, |name| name.as_str().len());
        while !groups.is_empty() {
            let messages: Vec<UnsignedMessage> =
                groups.iter().map(|group| message::without_delegations(&zone, group)).collect();
            let met = self.are_met(&messages)?;
            let unmet = groups.into_iter().zip(met).filter(|(_, is_met)| !is_met).map(|(group, _)| group);
            let (single, many): (Vec<_>, Vec<_>) = unmet.partition(|group| group.len() == 1);
            delegated.extend(single.concat());
            groups = many.into_iter().flat_map(|group| chunks(group, 1, |name| name.as_str().len())).collect();
        }
        if delegated.is_empty() {
            return Ok(Vec::new());
        }
        let above = |host: &DnsName| host.between(&zone).filter(|name| delegated.contains(name)).last();
        Ok(hosts.into_iter().filter_map(|(index, host)| Some((index, above(host)?))).collect())
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
        let size =
            |(index, state): &ExpectedState| conditions(&queries[*index], state).map(|c| message::size(&c)).sum();
        let mut groups: Vec<Vec<ExpectedState>> = chunks(expected, BATCH_SIZE, size);
        while !groups.is_empty() {
            let of_group = |group: &Vec<ExpectedState>| {
                group.iter().flat_map(|(index, state)| conditions(&queries[*index], state)).collect()
            };
            let met = self.confirm(groups.iter().map(of_group))?;
            let mut smaller = Vec::new();
            for (group, is_met) in groups.into_iter().zip(met) {
                match &group[..] {
                    _ if is_met => group.into_iter().for_each(|(index, state)| found[index] = Some(state)),
                    [(index, _)] => wrong.push(*index),
                    _ => {
                        let part = group.len().div_ceil(PARTS);
                        smaller.extend(chunks(group, part, size));
                    }
                }
            }
            groups = smaller;
        }
        Ok(wrong)
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
        for name in &names {
            let records = answered.remove(name).unwrap_or_default();
            // A name cannot have a CNAME and other records: one of them is from a wildcard or was just replaced.
            let possible = (!records.is_empty() && records.check().is_ok()).then(|| NameContent::from(records));
            let all = possible.into_iter().chain([NameContent::EMPTY, only_foreign()]);
            candidates.extend(all.map(|content| (*name, content)));
        }
        let condition =
            |(name, content): &(&DnsName, NameContent)| NameChange::condition((*name).clone(), content.clone());
        let met = self.confirm(candidates.iter().map(|candidate| vec![condition(candidate)]))?;
        let mut confirmed: BTreeMap<&DnsName, NameContent> = BTreeMap::new();
        for (candidate, is_met) in candidates.into_iter().zip(met) {
            // What does not fit into a message cannot be confirmed. It cannot be changed either, so nothing depends on it.
            if is_met || message::size(&condition(&candidate)) > message::MOST_BYTES {
                let (name, content) = candidate;
                confirmed.entry(name).or_insert(content);
            }
        }
        let unconfirmed: Vec<&DnsName> = names.into_iter().filter(|name| !confirmed.contains_key(name)).collect();
        self.read_delegations(&unconfirmed, &mut confirmed)?;
        self.read_foreign_sets(&mut confirmed)?;
        let mut unconfirmed = Vec::new();
        for index in open {
            let pair = &queries[*index].pair;
            let host = pair.host.as_ref().map_or(Some(NameContent::EMPTY), |host| confirmed.get(host).cloned());
            match (host, confirmed.get(&pair.ownership)) {
                (Some(host), Some(ownership)) => found[*index] = Some(PairState { host, ownership: ownership.clone() }),
                _ => unconfirmed.push(*index),
            }
        }
        Ok(unconfirmed)
    }

    /// Adds the names that are delegated. A query for one is answered with the delegation, so its records are not known.
    fn read_delegations<'n>(
        &mut self,
        names: &[&'n DnsName],
        confirmed: &mut BTreeMap<&'n DnsName, NameContent>,
    ) -> Result<(), ZoneError> {
        let messages: Vec<UnsignedMessage> =
            names.iter().map(|name| message::without_types(&self.zone, name, &[NS])).collect();
        for (name, is_absent) in names.iter().zip(self.are_met(&messages)?) {
            if !is_absent {
                confirmed.insert(name, NameContent { foreign: [foreign_set(NS)].into(), ..NameContent::EMPTY });
            }
        }
        Ok(())
    }

    /// Adds the foreign sets of the names that have records. A name with a CNAME has none.
    fn read_foreign_sets(&mut self, names: &mut BTreeMap<&DnsName, NameContent>) -> Result<(), ZoneError> {
        let may_have = |content: &NameContent| !content.is_empty() && content.records.get(RecordType::Cname).is_none();
        let possible: Vec<&DnsName> =
            names.iter().filter(|(_, content)| may_have(content)).map(|(name, _)| *name).collect();
        let all: Vec<UnsignedMessage> =
            possible.iter().map(|name| message::without_types(&self.zone, name, &FOREIGN_TYPES)).collect();
        let have_none = self.are_met(&all)?;
        let some = possible.into_iter().zip(have_none).filter(|(_, none)| !none).map(|(name, _)| name);
        let questions: Vec<(&DnsName, u16)> =
            some.flat_map(|name| FOREIGN_TYPES.into_iter().map(move |code| (name, code))).collect();
        let single: Vec<UnsignedMessage> =
            questions.iter().map(|(name, code)| message::without_types(&self.zone, name, &[*code])).collect();
        for ((name, code), is_absent) in questions.into_iter().zip(self.are_met(&single)?) {
            let foreign = &mut names.get_mut(name).expect("it is one of the names").foreign;
            if !is_absent {
                foreign.remove(&UNKNOWN);
                foreign.insert(foreign_set(code));
            }
        }
        Ok(())
    }
}

/// The type of a delegation.
const NS: u16 = 2;

/// A set of a type that is not one of [`FOREIGN_TYPES`].
const UNKNOWN: ForeignSet = ForeignSet { kind: SmolStr::new_static("unknown"), special: "" };

/// Records of unknown types only.
fn only_foreign() -> NameContent {
    NameContent { foreign: [UNKNOWN].into(), ..NameContent::EMPTY }
}

fn conditions(query: &PairQuery, state: &PairState) -> impl Iterator<Item = NameChange> {
    let host = query.pair.host.as_ref().map(|host| NameChange::condition(host.clone(), state.host.clone()));
    host.into_iter().chain([NameChange::condition(query.pair.ownership.clone(), state.ownership.clone())])
}
