//! The interface of a provider. It translates: changes to requests, and responses to records. It states what the API
//! guarantees and supports, and sends nothing.

use super::message::{ApiRequest, ApiResponse};
use crate::apply::zone::{ForeignSet, ProviderGuarantee, ZoneError};
use crate::dns::ownership;
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::time::Duration;

/// A record as a provider stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderRecord {
    /// The name.
    pub(crate) name: DnsName,
    /// The type.
    pub(crate) kind: RecordType,
    /// The data.
    pub(crate) data: RecordData,
    /// The TTL in seconds.
    pub(crate) ttl: u32,
    /// The data as the provider writes it, if requests must repeat that and pleach writes it differently.
    pub(crate) raw: Option<String>,
    /// The provider's id of the record, if it has one.
    pub(crate) id: SmolStr,
    /// Whether it has the address of the provider's proxy in DNS; `None` if it cannot.
    pub(crate) proxied: Option<bool>,
    /// What else the provider stores with the record and a change must keep, such as a comment, in the provider's form.
    pub(crate) note: Option<Box<Value>>,
}

impl ProviderRecord {
    /// A record of a provider that stores nothing else with it.
    pub(crate) fn new(name: DnsName, kind: RecordType, data: RecordData, ttl: u32) -> Self {
        ProviderRecord { name, kind, data, ttl, raw: None, id: "".into(), proxied: None, note: None }
    }
}

/// A part of a zone's records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecordPage {
    /// The records of the types that pleach knows.
    pub(crate) records: Vec<ProviderRecord>,
    /// The record sets of other types, or that are not plain records, each with its name.
    pub(crate) foreign: Vec<(DnsName, ForeignSet)>,
    /// The token of the next page, if there is one.
    pub(crate) next: Option<String>,
    /// The number of records of this page and of all pages, if the provider reports it.
    pub(crate) counted: Option<(usize, usize)>,
}

/// What a name is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameRole {
    /// A host of a branch.
    Host,
    /// An ownership record.
    Ownership,
    /// A fence.
    Fence,
}

impl NameRole {
    /// The role of a name.
    pub(crate) fn of(name: &DnsName) -> NameRole {
        match name.labels().next() {
            Some(first) if first == ownership::FENCE => NameRole::Fence,
            _ if name.labels().any(|label| label == ownership::LABEL) => NameRole::Ownership,
            _ => NameRole::Host,
        }
    }
}

/// The replacement of all records of a name.
#[derive(Clone, Debug)]
pub(crate) struct NameReplacement {
    /// The name.
    pub(crate) name: DnsName,
    /// What it is used for.
    pub(crate) role: NameRole,
    /// Its records of the known types.
    pub(crate) old: Vec<ProviderRecord>,
    /// Its new records; the same as the old ones if the name is a condition only.
    pub(crate) new: RecordSets,
    /// The TTL of the new records.
    pub(crate) ttl: u32,
    /// Whether the new records are proxied; `None` keeps what the old ones are.
    pub(crate) proxied: Option<bool>,
    /// Different TTLs of some types: the record sets of a name that is a condition only keep theirs.
    pub(crate) ttl_by_type: BTreeMap<RecordType, u32>,
}

/// The replacement of one record set.
pub(crate) struct RecordSetReplacement<'a> {
    /// The type.
    pub(crate) kind: RecordType,
    /// The old records.
    pub(crate) old: Vec<&'a ProviderRecord>,
    /// The new data.
    pub(crate) new: Vec<&'a RecordData>,
    /// The new TTL.
    pub(crate) ttl: u32,
}

impl RecordSetReplacement<'_> {
    /// Whether old and new records are the same.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.old.len() == self.new.len()
            && self.old.iter().all(|record| record.ttl == self.ttl && self.new.contains(&&record.data))
    }
}

impl NameReplacement {
    /// The new TTL of a type.
    pub(crate) fn ttl_of(&self, kind: RecordType) -> u32 {
        self.ttl_by_type.get(&kind).copied().unwrap_or(self.ttl)
    }

    /// The replacements by type, without types that have neither old nor new records.
    pub(crate) fn by_type(&self) -> impl Iterator<Item = RecordSetReplacement<'_>> {
        RecordType::ALL.into_iter().filter_map(|kind| {
            let old: Vec<&ProviderRecord> = self.old.iter().filter(|record| record.kind == kind).collect();
            let new: Vec<&RecordData> = self.new.get(kind).into_iter().flatten().collect();
            let ttl = self.ttl_of(kind);
            (!old.is_empty() || !new.is_empty()).then_some(RecordSetReplacement { kind, old, new, ttl })
        })
    }
}

/// How much one change may contain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangeLimit {
    /// The number of records, old and new.
    pub(crate) records: usize,
    /// The number of characters of their data.
    pub(crate) characters: usize,
}

impl ChangeLimit {
    /// What remains for other names in the same change; `None` if the replacement exceeds the limit.
    pub(crate) fn subtract(self, replacement: &NameReplacement) -> Option<ChangeLimit> {
        let new = replacement.new.iter().map(|(kind, data)| data.presentation(kind).len());
        let old = replacement.old.iter().map(|record| record.data.presentation(record.kind).len());
        let records = self.records.checked_sub(replacement.old.len() + replacement.new.iter().count())?;
        let characters = self.characters.checked_sub(new.sum::<usize>() + old.sum::<usize>())?;
        Some(ChangeLimit { records, characters })
    }
}

/// The records that a provider supports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderLimits {
    /// The provider's name in diagnostics.
    pub(crate) provider: &'static str,
    /// The shortest and the longest TTL.
    pub(crate) ttl: (u32, u32),
    /// Another TTL, with which the provider chooses the TTL itself.
    pub(crate) automatic: Option<u32>,
    /// The types.
    pub(crate) types: &'static [RecordType],
    /// How many characters a TXT record may have.
    pub(crate) text: usize,
}

impl ProviderLimits {
    /// Why records are not supported; `None` if they are.
    pub(crate) fn unsupported(&self, records: &RecordSets, ttl: u32) -> Option<String> {
        let ProviderLimits { provider, ttl: (shortest, longest), .. } = *self;
        if !(shortest..=longest).contains(&ttl) && self.automatic != Some(ttl) {
            return Some(format!("the `ttl` of {provider} must be {shortest} to {longest} seconds, got {ttl}"));
        }
        if let Some((kind, _)) = records.sets().find(|(kind, _)| !self.types.contains(kind)) {
            return Some(format!("the API of {provider} does not support {kind} records"));
        }
        let texts = records.get(RecordType::Txt).into_iter().flatten();
        let long = texts.map(|data| data.value(RecordType::Txt).chars().count()).find(|count| *count > self.text)?;
        Some(format!("a TXT record of {provider} may have {} characters, got {long}: use several records", self.text))
    }
}

/// Translates for one zone: changes to requests, and responses to records. It sends nothing.
pub(crate) trait Provider: Send {
    /// What the API guarantees about a change.
    fn guarantee(&self) -> ProviderGuarantee;

    /// The records that the provider supports.
    fn limits(&self) -> ProviderLimits;

    /// The shortest time between two requests that stays below the provider's rate limit.
    fn request_interval(&self) -> Duration {
        Duration::ZERO
    }

    /// The request for the provider's id of the zone; `None` if the id is known or not needed.
    fn find_zone_request(&self) -> Option<ApiRequest>;

    /// Reads the id of the zone from the response to that, or returns why it is ambiguous.
    fn read_zone_id(&mut self, response: &ApiResponse) -> Result<(), String>;

    /// Whether the records of a single name can be requested.
    fn can_list_name(&self) -> bool {
        true
    }

    /// Whether the response for a name also has the names that follow it.
    fn lists_following_names(&self) -> bool {
        false
    }

    /// The request for the records of a name or of the whole zone; `next` is the token of a page.
    fn list_request(&self, name: Option<&DnsName>, next: Option<&str>) -> ApiRequest;

    /// Reads the response to that.
    fn read_page(&self, response: &ApiResponse) -> Result<RecordPage, String>;

    /// The TTL with which a name that is a condition only is written again, so that the provider checks the condition;
    /// `None` if writing it again has no effect.
    fn rewrite_ttl(&self, role: NameRole, ttl: u32) -> Option<u32>;

    /// How much one change may contain.
    fn change_limit(&self) -> ChangeLimit;

    /// The requests for the replacements, in order; one request if the provider is atomic.
    fn change_requests(&self, replacements: &[NameReplacement]) -> Vec<ApiRequest>;

    /// The error that the response to a request reports; `None` if the request was successful.
    fn error(&self, request: &ApiRequest, response: &ApiResponse) -> Option<ZoneError>;

    /// The new records in the response to a change, if the provider returns them.
    fn created_records(&self, _response: &ApiResponse) -> Vec<ProviderRecord> {
        Vec::new()
    }
}

/// The error of an HTTP status that means the same with every provider; `message` is the provider's. Without one, the error has
/// the start of the response, which may be of a proxy.
pub(super) fn error_of_status(response: &ApiResponse, message: &str) -> Option<ZoneError> {
    let message = match message {
        "" if response.body.trim().is_empty() => String::new(),
        "" => format!(": {}", response.excerpt()),
        message => format!(": {message}"),
    };
    match response.status {
        200..=299 => None,
        status @ (401 | 403) => {
            let reason = format!("the credential is wrong or lacks a permission ({status}){message}");
            Some(ZoneError::Denied(reason))
        }
        429 => Some(ZoneError::Unavailable(format!("too many requests (429){message}"), response.retry_after)),
        status @ 500..=599 => Some(ZoneError::OutcomeUnknown(format!("the provider failed ({status}){message}"))),
        status @ 300..=399 => {
            let target = response.location.as_deref().map(|url| format!(" to `{url}`")).unwrap_or_default();
            let reason = "which is not followed, because it would receive the credential";
            Some(ZoneError::Denied(format!("the provider redirects{target} ({status}), {reason}{message}")))
        }
        status @ (404 | 405) => Some(ZoneError::Denied(format!(
            "the provider does not know this zone or URL ({status}){message}; check `id` and `server`, and whether the \
                 credential is of the account with the zone"
        ))),
        status => Some(ZoneError::Rejected(format!("the provider rejected the request ({status}){message}"))),
    }
}

/// The error of a zone that does not exist for this credential; `message` is the provider's.
pub(super) fn no_zone(message: &str) -> ZoneError {
    ZoneError::Denied(format!(
        "the zone does not exist in the account of this credential: {message}; check `id` and the credential"
    ))
}

/// The error of a search for the zone by its name that has not found exactly one; `who` has access to the zones.
pub(super) fn not_one_zone(who: &str, count: usize, zones: &str) -> String {
    match count {
        0 => format!("{who} has no {zones} with this name: check the name of the zone and the credential"),
        count => format!("{who} has {count} {zones} with this name: set `id`"),
    }
}

/// A record set that is not plain records of a known type.
pub(super) fn foreign(kind: &str, special: &'static str) -> ForeignSet {
    let special = if RecordType::of_name(kind).is_some() { special } else { "" };
    ForeignSet { kind: kind.into(), special }
}

/// The name in a response, if pleach supports it.
pub(super) fn parse_name(text: &str) -> Option<DnsName> {
    DnsName::target(&text.to_ascii_lowercase()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_says_where_to() {
        let response = |location: Option<&str>| {
            let location = location.map(str::to_owned);
            ApiResponse { status: 302, retry_after: None, location, body: String::new() }
        };
        let error = |location| error_of_status(&response(location), "").unwrap().to_string();
        let want = "the provider redirects to `https://login.example.net/` (302), which is not followed, because it would receive the credential";
        assert_eq!(error(Some("https://login.example.net/")), want);
        assert_eq!(error(None), want.replace(" to `https://login.example.net/`", ""));
    }

    #[test]
    fn a_name_has_a_role() {
        for (name, want) in [
            ("login.shop.dev.example.com", NameRole::Host),
            ("*.dev.example.com", NameRole::Host),
            ("login.shop._pleach.dev.example.com", NameRole::Ownership),
            ("_wildcard._pleach.dev.example.com", NameRole::Ownership),
            ("_rev.shop._pleach.dev.example.com", NameRole::Fence),
        ] {
            assert_eq!(NameRole::of(&DnsName::target(name).unwrap()), want, "{name}");
        }
    }

    #[test]
    fn unsupported_records_are_explained() {
        let limits = ProviderLimits {
            provider: "Some",
            ttl: (60, 600),
            automatic: Some(1),
            types: &[RecordType::A, RecordType::Txt],
            text: 3,
        };
        let set = |kind, value: &str| RecordSets::one(kind, RecordData::parse(kind, value).unwrap());
        for (records, ttl, want) in [
            (set(RecordType::A, "192.0.2.1"), 60, None),
            (set(RecordType::A, "192.0.2.1"), 1, None),
            (set(RecordType::A, "192.0.2.1"), 59, Some("the `ttl` of Some must be 60 to 600 seconds, got 59")),
            (set(RecordType::A, "192.0.2.1"), 601, Some("the `ttl` of Some must be 60 to 600 seconds, got 601")),
            (set(RecordType::Caa, "0 issue \";\""), 60, Some("the API of Some does not support CAA records")),
            (set(RecordType::Txt, "äöü"), 60, None),
            (
                set(RecordType::Txt, "four"),
                60,
                Some("a TXT record of Some may have 3 characters, got 4: use several records"),
            ),
        ] {
            assert_eq!(limits.unsupported(&records, ttl).as_deref(), want);
        }
    }
}
