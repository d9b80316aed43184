//! Zones behind an HTTP API.
//!
//! A [`provider`] translates, `client` sends, and [`ApiZone`] is a zone that uses both. It remembers what it has read,
//! because most providers need the old records in a change, and it puts as many names into one change as the provider
//! allows. When the provider refuses a change of many names, the names are read again and the change is split in halves,
//! so that one name does not block the others.

mod auth;
mod aws;
mod base_url;
mod client;
mod clock;
mod decoded;
mod google;
pub(crate) mod message;
pub(crate) mod open;
pub(crate) mod provider;
mod rdata;
mod secret;

pub(crate) mod clouddns;
pub(crate) mod cloudflare;
pub(crate) mod godaddy;
pub(crate) mod powerdns;
pub(crate) mod route53;

pub(crate) use client::RequestTrace;

use super::retry::Retry;
use super::zone::{
    AtomicChange, DnsZone, ForeignSet, NameChange, NameContent, PairQuery, PairState, ProviderGuarantee, ZoneError,
};
use crate::name::DnsName;
use crate::record::RecordSets;
use client::ApiClient;
use message::{ApiRequest, ApiResponse};
use provider::{ChangeLimit, NameReplacement, NameRole, Provider, ProviderRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The records of a name, as read.
#[derive(Clone, Debug, Default)]
struct CachedName {
    records: Vec<ProviderRecord>,
    foreign: BTreeSet<ForeignSet>,
}

impl CachedName {
    fn content(&self) -> NameContent {
        let mut records = RecordSets::default();
        for record in &self.records {
            records.insert(record.kind, record.data.clone());
        }
        let mut proxied = self.records.iter().filter_map(|record| record.proxied);
        let first = proxied.next().filter(|first| proxied.all(|other| other == *first));
        NameContent { records, foreign: self.foreign.clone(), proxied: first, below_delegation: None }
    }
}

/// A zone behind the API of a provider.
pub(crate) struct ApiZone {
    provider: Box<dyn Provider>,
    client: ApiClient,
    retry: Retry,
    /// Whether the provider's id of the zone is known.
    has_zone_id: bool,
    names: BTreeMap<DnsName, CachedName>,
}

/// Up to how many names are requested one by one. For more names, the whole zone is requested.
const MOST_SINGLE_NAMES: usize = 6;

/// The results of changes, by index.
type ChangeResults = [Option<Result<(), ZoneError>>];

impl ApiZone {
    fn new(provider: Box<dyn Provider>, client: ApiClient, retry: Retry) -> Self {
        ApiZone { provider, client, retry, has_zone_id: false, names: BTreeMap::new() }
    }

    fn get(&mut self, request: &ApiRequest) -> Result<ApiResponse, ZoneError> {
        self.client.send_with_retries(request, |response| self.provider.error(request, response))
    }

    /// Requests the provider's id of the zone, once.
    fn find_zone_id(&mut self) -> Result<(), ZoneError> {
        if !self.has_zone_id {
            if let Some(request) = self.provider.find_zone_request() {
                let response = self.get(&request)?;
                let read = self.provider.read_zone_id(&response);
                read.map_err(|reason| self.client.redact(ZoneError::Denied(reason)))?;
            }
            self.has_zone_id = true;
        }
        Ok(())
    }

    /// Reads all pages of records, of one name or of the whole zone.
    fn read_pages(
        &mut self,
        name: Option<&DnsName>,
        each: &mut dyn FnMut(DnsName, Result<ProviderRecord, ForeignSet>),
    ) -> Result<(), ZoneError> {
        let unexpected = |reason: &str| ZoneError::Denied(format!("unexpected response: {reason}"));
        self.find_zone_id()?;
        let mut next: Option<String> = None;
        let mut seen = 0;
        loop {
            let request = self.provider.list_request(name, next.as_deref());
            let response = self.get(&request)?;
            let page = self.provider.read_page(&response);
            let page = page.map_err(|reason| self.client.redact(unexpected(&reason)))?;
            let follows =
                |found: &DnsName| self.provider.lists_following_names() && name.is_some_and(|name| name != found);
            let enough = page.foreign.iter().any(|(name, _)| follows(name))
                || page.records.iter().any(|record| follows(&record.name));
            seen += page.counted.map_or(0, |(count, _)| count);
            let complete = page.counted.is_none_or(|(_, total)| total == seen);
            page.foreign.into_iter().for_each(|(name, set)| each(name, Err(set)));
            page.records.into_iter().for_each(|record| each(record.name.clone(), Ok(record)));
            if page.next.is_some() && page.next == next {
                return Err(unexpected("a page refers to itself as the next page"));
            }
            next = page.next.filter(|_| !enough);
            match next {
                Some(_) => {}
                None if complete => return Ok(()),
                // Records move between numbered pages while somebody writes: one may have been skipped.
                None => return Err(ZoneError::Conflict(String::new())),
            }
        }
    }

    /// Reads the names, again if the zone has changed in the meantime.
    fn refresh(&mut self, names: &BTreeSet<DnsName>) -> Result<(), ZoneError> {
        let changes = "the zone changes faster than it can be read";
        for tried in 1..=self.retry.tries() {
            match self.read_names(names) {
                Err(ZoneError::Conflict(_)) if self.retry.wait(tried, Duration::ZERO, changes) => {}
                Err(ZoneError::Conflict(_)) => break,
                result => return result,
            }
        }
        Err(ZoneError::Unavailable(changes.into(), None))
    }

    fn read_names(&mut self, names: &BTreeSet<DnsName>) -> Result<(), ZoneError> {
        let mut found: BTreeMap<DnsName, CachedName> =
            names.iter().map(|name| (name.clone(), CachedName::default())).collect();
        let mut each = |name: DnsName, record: Result<ProviderRecord, ForeignSet>| match (found.get_mut(&name), record)
        {
            (None, _) => {}
            (Some(cached), Ok(record)) => {
                // Most names have one record, and there may be many names.
                cached.records.reserve_exact(1);
                cached.records.push(record);
            }
            (Some(cached), Err(set)) => {
                cached.foreign.insert(set);
            }
        };
        if names.len() <= MOST_SINGLE_NAMES && self.provider.can_list_name() {
            for name in names {
                self.read_pages(Some(name), &mut each)?;
            }
        } else {
            self.read_pages(None, &mut each)?;
        }
        self.names.append(&mut found);
        Ok(())
    }

    fn content(&self, name: &DnsName) -> NameContent {
        self.names.get(name).map_or(NameContent::EMPTY, CachedName::content)
    }

    /// The state of a pair. If it is as expected, the result shares the records of the query, which saves memory.
    fn pair_state(&self, query: &PairQuery) -> PairState {
        let host = query.pair.host.as_ref().map_or(NameContent::EMPTY, |host| self.content(host));
        let found = PairState { host, ownership: self.content(&query.pair.ownership) };
        if found == query.expected { query.expected.clone() } else { found }
    }

    fn conditions_hold(&self, AtomicChange(changes): &AtomicChange) -> bool {
        changes.iter().all(|change| self.content(&change.name) == change.before)
    }

    /// The replacement for a change; `None` for a condition that the provider cannot check.
    fn replacement(&self, change: &NameChange) -> Option<NameReplacement> {
        let role = NameRole::of(&change.name);
        let old = self.names.get(&change.name).map(|name| name.records.clone()).unwrap_or_default();
        let mut ttl_by_type = BTreeMap::new();
        let (new, ttl) = if let Some((records, ttl)) = &change.after {
            (records.clone(), *ttl)
        } else {
            for record in &old {
                ttl_by_type.insert(record.kind, self.provider.rewrite_ttl(role, record.ttl)?);
            }
            (change.before.records.clone(), old.first()?.ttl)
        };
        let (shortest, _) = self.provider.limits().ttl;
        let ttl = if role == NameRole::Host { ttl } else { ttl.max(shortest) };
        let proxied = change.proxied;
        Some(NameReplacement { name: change.name.clone(), role, old, new, ttl, proxied, ttl_by_type })
    }

    /// The replacements for a group of changes. The fence, which all of them contain, is there once.
    fn replacements(&self, changes: &[AtomicChange], group: &[usize]) -> Vec<NameReplacement> {
        let mut fences: BTreeSet<&DnsName> = BTreeSet::new();
        let changes = group.iter().flat_map(|index| &changes[*index].0);
        let changes =
            changes.filter(|change| NameRole::of(&change.name) != NameRole::Fence || fences.insert(&change.name));
        changes.filter_map(|change| self.replacement(change)).collect()
    }

    /// Divides changes into groups, each within the limit of one change of the provider.
    fn groups(&self, changes: &[AtomicChange]) -> Vec<Vec<usize>> {
        let one_each = !self.provider.guarantee().atomic;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut remaining = None;
        for index in 0..changes.len() {
            // The first change of a group adds the fence.
            let (fence, names): (Vec<_>, Vec<_>) = self
                .replacements(changes, &[index])
                .into_iter()
                .partition(|replacement| replacement.role == NameRole::Fence);
            let subtract = |limit: ChangeLimit, replacements: &[NameReplacement]| {
                replacements.iter().try_fold(limit, ChangeLimit::subtract)
            };
            let fits = remaining.and_then(|limit| subtract(limit, &names));
            if let (Some(limit), Some(last)) = (fits, groups.last_mut()) {
                last.push(index);
                remaining = Some(limit);
            } else {
                groups.push(vec![index]);
                let limit = subtract(self.provider.change_limit(), &fence).and_then(|limit| subtract(limit, &names));
                remaining = limit.filter(|_| !one_each);
            }
        }
        groups
    }

    /// Sends a group as one change, and updates the cached names.
    fn send(&mut self, replacements: &[NameReplacement]) -> Result<(), ZoneError> {
        let mut created = Vec::new();
        for (index, request) in self.provider.change_requests(replacements).iter().enumerate() {
            let error = match self.client.send(request) {
                Ok(response) => match self.provider.error(request, &response) {
                    None => {
                        created.extend(self.provider.created_records(&response));
                        continue;
                    }
                    Some(error) => self.client.redact(error),
                },
                Err(no_response) => no_response.into(),
            };
            return Err(match error {
                // The first requests were successful, so the result must be read.
                ZoneError::Conflict(_) | ZoneError::Unavailable(..) | ZoneError::Rejected(_) if index > 0 => {
                    ZoneError::OutcomeUnknown(error.to_string())
                }
                error => error,
            });
        }
        for replacement in replacements {
            self.cache_result(replacement, &mut created);
        }
        Ok(())
    }

    /// Updates the cached records of a name after its replacement.
    fn cache_result(&mut self, replacement: &NameReplacement, created: &mut Vec<ProviderRecord>) {
        let name = self.names.entry(replacement.name.clone()).or_default();
        let old = std::mem::take(&mut name.records);
        for (kind, data) in replacement.new.iter() {
            let same = |record: &ProviderRecord| {
                record.name == replacement.name && record.kind == kind && record.data == *data
            };
            let from_response = created.iter().position(same).map(|index| created.swap_remove(index));
            let ttl = replacement.ttl_of(kind);
            let has_ttl = |record: &ProviderRecord| record.ttl == ttl || record.proxied == Some(true);
            let kept = || old.iter().find(|record| same(record) && has_ttl(record)).cloned();
            name.records.push(
                from_response
                    .or_else(kept)
                    .unwrap_or_else(|| ProviderRecord::new(replacement.name.clone(), kind, data.clone(), ttl)),
            );
        }
    }

    /// Writes a group. If the provider refuses it as a whole, writes its halves.
    fn write_group(&mut self, changes: &[AtomicChange], group: Vec<usize>, results: &mut ChangeResults) {
        let mut must_read = !self.provider.guarantee().compare_and_set;
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            if must_read {
                let names = group.iter().flat_map(|index| &changes[*index].0).map(|change| change.name.clone());
                if let Err(error) = self.refresh(&names.collect()) {
                    for index in group.iter().chain(groups.iter().flatten()) {
                        results[*index] = Some(Err(error.clone()));
                    }
                    return;
                }
            }
            let (group, changed): (Vec<_>, Vec<_>) =
                group.into_iter().partition(|index| self.conditions_hold(&changes[*index]));
            for index in changed {
                results[index] = Some(Err(ZoneError::Conflict(String::new())));
            }
            if group.is_empty() {
                continue;
            }
            match self.send(&self.replacements(changes, &group)) {
                Err(ZoneError::Conflict(_) | ZoneError::Rejected(_)) if group.len() > 1 => {
                    let (first, second) = group.split_at(group.len() / 2);
                    groups.extend([second.to_vec(), first.to_vec()]);
                    must_read = true;
                }
                result => group.iter().for_each(|index| results[*index] = Some(result.clone())),
            }
        }
    }
}

impl DnsZone for ApiZone {
    fn guarantee(&self) -> ProviderGuarantee {
        self.provider.guarantee()
    }

    fn unsupported(&self, records: &RecordSets, ttl: u32) -> Option<String> {
        let limits = self.provider.limits();
        // A change also has the ownership record and the fence, each before and after.
        let (count, most) = (records.iter().count(), self.provider.change_limit().records.saturating_sub(4));
        let many = || format!("a name of {} may have {most} records, got {count}: use several names", limits.provider);
        limits.unsupported(records, ttl).or_else(|| (count > most).then(many))
    }

    fn too_large(&self, change: &AtomicChange) -> Option<String> {
        let limit = self.provider.change_limit();
        let replacements = self.replacements(std::slice::from_ref(change), &[0]);
        let reason = || {
            let ChangeLimit { records, characters } = limit;
            let provider = self.provider.limits().provider;
            format!(
                "a change of {provider} may have {records} records and {characters} characters, old and new together: use \
                 fewer or shorter records, or several names"
            )
        };
        replacements.iter().try_fold(limit, ChangeLimit::subtract).is_none().then(reason)
    }

    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        let names = |query: &PairQuery| {
            query.pair.host.iter().cloned().chain([query.pair.ownership.clone()]).collect::<Vec<_>>()
        };
        self.refresh(&queries.iter().flat_map(names).collect())?;
        // A host and its ownership record may have been read at different moments: an inconsistent pair is read until it is
        // the same twice.
        let mut states: Vec<PairState> = queries.iter().map(|query| self.pair_state(query)).collect();
        let mut open: Vec<usize> = (0..states.len()).filter(|index| states[*index].is_inconsistent()).collect();
        while !open.is_empty() {
            self.refresh(&open.iter().flat_map(|index| names(&queries[*index])).collect())?;
            open.retain(|index| {
                let before = std::mem::replace(&mut states[*index], self.pair_state(&queries[*index]));
                states[*index] != before && states[*index].is_inconsistent()
            });
        }
        Ok(states)
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        let mut results: Vec<Option<Result<(), ZoneError>>> = vec![None; changes.len()];
        let mut stopped: Option<ZoneError> = None;
        for group in self.groups(changes) {
            if let Some(error) = &stopped {
                for index in group {
                    results[index] = Some(Err(error.clone()));
                }
                continue;
            }
            self.write_group(changes, group.clone(), &mut results);
            // After a missing permission or a request to wait, further requests fail too.
            let mut errors = group.iter().filter_map(|index| results[*index].as_ref()?.as_ref().err());
            stopped = errors.find(|error| matches!(error, ZoneError::Denied(_) | ZoneError::Unavailable(..))).cloned();
        }
        results.into_iter().map(|result| result.expect("every change is in one group")).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        let mut found: BTreeMap<DnsName, RecordSets> = BTreeMap::new();
        self.read_pages(None, &mut |name, record| {
            if let Ok(record) = record {
                found.entry(name).or_default().insert(record.kind, record.data);
            }
        })?;
        Ok(found.into_iter().collect())
    }
}
