//! Cloudflare: records with ids, and atomic batches.
//!
//! <https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/batch>. A batch has no conditions, but a
//! deleted record must exist. So every batch deletes and creates the fence: of two runs that have read the same fence, the
//! second fails. A record that somebody changes in place keeps its id, which is not detected. Unchanged records are not
//! sent, so that they keep their comment and proxy setting.

use super::message::{ApiRequest, ApiResponse, HttpMethod, percent_encoded};
use super::provider::{
    ChangeLimit, NameReplacement, NameRole, Provider, ProviderLimits, ProviderRecord, RecordPage, error_of_status,
    foreign, parse_name,
};
use super::rdata::{self, EscapeStyle};
use crate::apply::zone::{ProviderGuarantee, ZoneError};
use crate::name::DnsName;
use crate::record::{RecordData, RecordType};
use serde_json::{Value, json};

/// A zone of an account.
#[derive(Clone, Debug)]
pub(crate) struct Cloudflare {
    zone: DnsName,
    id: Option<String>,
    /// The most records of one batch, which depends on the plan of the zone.
    batch: usize,
}

/// The most records of a batch, for free plans and for the others.
const BATCH_SIZES: [usize; 2] = [200, 3500];
/// The default limit of records of a zone in any plan: records of one page are read at one moment.
const PAGE: usize = 5000;
/// The error codes of a conflict: no such record, a CNAME beside other records, a duplicate record.
const CONFLICTS: [u64; 5] = [81044, 81053, 81054, 81057, 81058];

impl Cloudflare {
    /// The zone with this id, or with this name if there is no id.
    pub(crate) fn new(zone: DnsName, id: Option<String>) -> Self {
        Cloudflare { zone, id, batch: BATCH_SIZES[0] }
    }

    fn path(&self) -> String {
        format!("/client/v4/zones/{}", percent_encoded(self.id.as_deref().unwrap_or_default()))
    }
}

impl Provider for Cloudflare {
    fn guarantee(&self) -> ProviderGuarantee {
        ProviderGuarantee { compare_and_set: false, atomic: true }
    }

    fn limits(&self) -> ProviderLimits {
        ProviderLimits {
            provider: "Cloudflare",
            ttl: (60, 86400),
            automatic: Some(1),
            types: &RecordType::ALL,
            text: 2048,
        }
    }

    fn find_zone_request(&self) -> Option<ApiRequest> {
        Some(match &self.id {
            Some(_) => ApiRequest::get(self.path()),
            None => ApiRequest::get("/client/v4/zones").with("name", self.zone.as_str()),
        })
    }

    fn read_zone_id(&mut self, response: &ApiResponse) -> Result<(), String> {
        let result = &response.json()["result"];
        let zones: Vec<&Value> = match result.as_array() {
            Some(zones) => zones.iter().collect(),
            None => vec![result],
        };
        let [zone] = zones[..] else {
            return Err(format!("the token has access to {} zones with this name: set `id`", zones.len()));
        };
        if zone["name"].as_str().and_then(parse_name).as_ref() != Some(&self.zone) {
            return Err(format!(
                "the zone with this `id` has the name `{}`",
                zone["name"].as_str().unwrap_or_default()
            ));
        }
        self.id = Some(zone["id"].as_str().ok_or("the response has no `id`")?.to_owned());
        let free = zone["plan"]["legacy_id"].as_str().is_none_or(|plan| plan == "free");
        self.batch = BATCH_SIZES[usize::from(!free)];
        Ok(())
    }

    fn list_request(&self, name: Option<&DnsName>, next: Option<&str>) -> ApiRequest {
        let mut request = ApiRequest::get(format!("{}/dns_records", self.path()));
        if let Some(name) = name {
            request = request.with("name.exact", name.as_str());
        }
        request.with("per_page", PAGE.to_string()).with("page", next.unwrap_or("1"))
    }

    fn read_page(&self, response: &ApiResponse) -> Result<RecordPage, String> {
        let json = response.json();
        let records = json["result"].as_array().ok_or("it has no `result`")?;
        let mut page = RecordPage::default();
        for found in records {
            if let Some(record) = record(found) {
                page.records.push(record);
            } else if let Some(name) = found["name"].as_str().and_then(parse_name) {
                page.foreign.push((name, foreign(found["type"].as_str().unwrap_or_default(), "not readable")));
            }
        }
        let info = &json["result_info"];
        let at = info["page"].as_u64().unwrap_or(1);
        let total = info["total_count"].as_u64().and_then(|total| usize::try_from(total).ok());
        page.counted = total.map(|total| (records.len(), total));
        page.next = (info["total_pages"].as_u64().unwrap_or(1) > at).then(|| (at + 1).to_string());
        Ok(page)
    }

    fn rewrite_ttl(&self, role: NameRole, ttl: u32) -> Option<u32> {
        (role == NameRole::Fence).then_some(ttl)
    }

    fn change_limit(&self) -> ChangeLimit {
        ChangeLimit { records: self.batch, characters: usize::MAX }
    }

    fn change_requests(&self, replacements: &[NameReplacement]) -> Vec<ApiRequest> {
        let (mut deletes, mut posts) = (Vec::new(), Vec::new());
        for replacement in replacements {
            let is_unchanged = |kind: RecordType, data: &RecordData| {
                let same =
                    |old: &ProviderRecord| old.kind == kind && old.data == *data && old.ttl == replacement.ttl_of(kind);
                replacement.role != NameRole::Fence && replacement.old.iter().any(same)
            };
            let is_new =
                |old: &ProviderRecord| replacement.new.get(old.kind).is_some_and(|set| set.contains(&old.data));
            let deleted = replacement.old.iter().filter(|old| !(is_new(old) && is_unchanged(old.kind, &old.data)));
            deletes.extend(deleted.map(|old| json!({"id": old.id.as_str()})));
            let new = replacement.new.iter().filter(|(kind, data)| !is_unchanged(*kind, data));
            posts.extend(new.map(|(kind, data)| post(&replacement.name, kind, data, replacement.ttl_of(kind))));
        }
        let body = json!({"deletes": deletes, "posts": posts});
        vec![ApiRequest::json(HttpMethod::Post, format!("{}/dns_records/batch", self.path()), &body)]
    }

    fn error(&self, _: &ApiRequest, response: &ApiResponse) -> Option<ZoneError> {
        let json = response.json();
        if response.is_ok() && json["success"].as_bool() == Some(true) {
            return None;
        }
        let errors = json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let message = |error: &Value| format!("{} ({})", error["message"].as_str().unwrap_or_default(), error["code"]);
        let message = errors.iter().map(message).collect::<Vec<_>>().join("; ");
        let is_conflict = |error: &Value| error["code"].as_u64().is_some_and(|code| CONFLICTS.contains(&code));
        match response.status {
            200..=299 => {
                Some(ZoneError::OutcomeUnknown(format!("the response reports neither success nor failure: {message}")))
            }
            400 | 404 | 409 if errors.iter().any(is_conflict) => Some(ZoneError::Conflict),
            _ => error_of_status(response, &message),
        }
    }

    fn created_records(&self, response: &ApiResponse) -> Vec<ProviderRecord> {
        response.json()["result"]["posts"].as_array().into_iter().flatten().filter_map(record).collect()
    }
}

fn record(found: &Value) -> Option<ProviderRecord> {
    let kind = RecordType::of_name(found["type"].as_str()?)?;
    let raw = found["content"].as_str()?;
    // A text that was entered manually may be without quotes.
    let unquoted = kind == RecordType::Txt && !raw.starts_with('"');
    let unquoted = unquoted.then(|| RecordData::parse(kind, raw).ok()).flatten();
    Some(ProviderRecord {
        name: parse_name(found["name"].as_str()?)?,
        kind,
        data: unquoted.unwrap_or_else(|| rdata::from_text(kind, raw, EscapeStyle::Decimal)),
        ttl: u32::try_from(found["ttl"].as_u64()?).ok()?,
        raw: None,
        id: found["id"].as_str()?.into(),
    })
}

fn post(name: &DnsName, kind: RecordType, data: &RecordData, ttl: u32) -> Value {
    let mut record = json!({"name": name.as_str(), "type": kind.name(), "ttl": ttl});
    match kind {
        RecordType::Caa => {
            let value = data.value(kind);
            let mut words = value.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            let (flags, tag, value) = (word().parse::<u8>().unwrap_or_default(), word(), word());
            record["data"] = json!({"flags": flags, "tag": tag, "value": value.trim_matches('"')});
        }
        RecordType::Txt => record["content"] = data.presentation(kind).into(),
        RecordType::A | RecordType::Aaaa | RecordType::Cname => {
            record["content"] = data.value(kind).into();
            record["proxied"] = false.into();
        }
    }
    record
}
