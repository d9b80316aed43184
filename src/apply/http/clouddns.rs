//! Google Cloud DNS: each change is a list of additions and deletions, applied atomically. A deletion must repeat the
//! current record set exactly.
//!
//! <https://cloud.google.com/dns/docs/reference/rest/v1/changes>. Every change alternates the TTL of the fence, so
//! that no two changes of one project can be based on the same state. Unchanged record sets are not sent, because the
//! service does not have to treat them as conditions.

use super::message::{ApiRequest, ApiResponse, HttpMethod, percent_encoded};
use super::provider::{
    ChangeLimit, NameReplacement, NameRole, Provider, ProviderLimits, ProviderRecord, RecordPage, RecordSetReplacement,
    error_of_status, foreign, not_one_zone, parse_name,
};
use super::rdata::{self, EscapeStyle};
use crate::apply::zone::{ProviderGuarantee, ZoneError};
use crate::name::DnsName;
use crate::record::RecordType;
use serde_json::{Value, json};

/// A managed zone of a project.
#[derive(Clone, Debug)]
pub(crate) struct CloudDns {
    /// The project.
    pub(crate) project: String,
    /// The zone.
    pub(crate) zone: DnsName,
    /// The name of the zone in the project.
    pub(crate) id: Option<String>,
}

/// The requested number of record sets of a page. The service may return fewer.
const PAGE: &str = "1000";
/// The alternating TTLs of a fence.
const FENCE_TTLS: [u32; 2] = [60, 61];

impl CloudDns {
    fn zones(&self) -> String {
        format!("/dns/v1/projects/{}/managedZones", percent_encoded(&self.project))
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/{}/{rest}", self.zones(), percent_encoded(self.id.as_deref().unwrap_or_default()))
    }
}

impl Provider for CloudDns {
    fn guarantee(&self) -> ProviderGuarantee {
        ProviderGuarantee::FULL
    }

    fn limits(&self) -> ProviderLimits {
        let ttl = (1, i32::MAX.cast_unsigned());
        ProviderLimits { provider: "Google Cloud DNS", ttl, automatic: None, types: &RecordType::ALL, text: 4000 }
    }

    fn find_zone_request(&self) -> Option<ApiRequest> {
        self.id.is_none().then(|| ApiRequest::get(self.zones()).with("dnsName", format!("{}.", self.zone)))
    }

    fn read_zone_id(&mut self, response: &ApiResponse) -> Result<(), String> {
        let json = response.json();
        if !json.is_object() {
            return Err(response.unreadable("it is not an object"));
        }
        let zones = json["managedZones"].as_array().map(Vec::as_slice).unwrap_or_default();
        let public: Vec<&str> = zones
            .iter()
            .filter(|zone| zone["visibility"].as_str() != Some("private"))
            .filter(|zone| zone["dnsName"].as_str().and_then(parse_name).as_ref() == Some(&self.zone))
            .filter_map(|zone| zone["name"].as_str())
            .collect();
        let [id] = public[..] else {
            return Err(not_one_zone(&format!("the project `{}`", self.project), public.len(), "public zones"));
        };
        self.id = Some(id.to_owned());
        Ok(())
    }

    fn list_request(&self, name: Option<&DnsName>, next: Option<&str>) -> ApiRequest {
        let mut request = ApiRequest::get(self.path("rrsets")).with("maxResults", PAGE);
        if let Some(name) = name {
            request = request.with("name", format!("{name}."));
        }
        match next {
            Some(next) => request.with("pageToken", next),
            None => request,
        }
    }

    fn read_page(&self, response: &ApiResponse) -> Result<RecordPage, String> {
        let json = response.json();
        if json.get("kind").is_none() && json.get("rrsets").is_none() {
            return Err(response.unreadable("it has no `rrsets`"));
        }
        let mut page = RecordPage::default();
        for set in json["rrsets"].as_array().into_iter().flatten() {
            let Some(name) = set["name"].as_str().and_then(parse_name) else { continue };
            let kind_name = set["type"].as_str().unwrap_or_default();
            let data: Vec<&str> = set["rrdatas"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let ttl = set["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
            match RecordType::of_name(kind_name) {
                Some(kind) if !data.is_empty() => page.records.extend(data.into_iter().map(|raw| {
                    let (data, raw) = rdata::parse_original(kind, raw, EscapeStyle::Decimal);
                    ProviderRecord { raw, ..ProviderRecord::new(name.clone(), kind, data, ttl) }
                })),
                // A record set without data has a routing policy.
                _ => page.foreign.push((name, foreign(kind_name, "routing policy"))),
            }
        }
        page.next = json["nextPageToken"].as_str().map(str::to_owned);
        Ok(page)
    }

    fn rewrite_ttl(&self, role: NameRole, ttl: u32) -> Option<u32> {
        (role == NameRole::Fence).then(|| if ttl == FENCE_TTLS[0] { FENCE_TTLS[1] } else { FENCE_TTLS[0] })
    }

    fn change_limit(&self) -> ChangeLimit {
        ChangeLimit { records: 1000, characters: 90_000 }
    }

    fn change_requests(&self, replacements: &[NameReplacement]) -> Vec<ApiRequest> {
        let (mut additions, mut deletions) = (Vec::new(), Vec::new());
        for replacement in replacements {
            for RecordSetReplacement { kind, old, new, ttl } in replacement.by_type().filter(|set| !set.is_unchanged())
            {
                let set = |ttl: u32, data: Vec<String>| json!({"name": format!("{}.", replacement.name), "type": kind.name(), "ttl": ttl, "rrdatas": data});
                if let Some(first) = old.first() {
                    deletions.push(set(
                        first.ttl,
                        old.iter().map(|record| rdata::original_text(record, EscapeStyle::Decimal)).collect(),
                    ));
                }
                if !new.is_empty() {
                    additions.push(set(ttl, new.iter().map(|data| data.presentation(kind)).collect()));
                }
            }
        }
        let body = json!({"additions": additions, "deletions": deletions});
        vec![ApiRequest::json(HttpMethod::Post, self.path("changes"), &body)]
    }

    fn error(&self, _: &ApiRequest, response: &ApiResponse) -> Option<ZoneError> {
        if response.is_ok() {
            return None;
        }
        let json = response.json();
        let error = &json["error"];
        let message = error["message"].as_str().unwrap_or_default();
        let reasons: Vec<&str> =
            error["errors"].as_array().into_iter().flatten().filter_map(|e| e["reason"].as_str()).collect();
        let about_change = message.contains("entity.change");
        match response.status {
            409 | 412 => Some(ZoneError::Conflict(message.to_owned())),
            404 if about_change => Some(ZoneError::Conflict(message.to_owned())),
            400 if reasons.iter().any(|reason| reason.contains("ResourceRecordSetConflict")) => {
                Some(ZoneError::Conflict(message.to_owned()))
            }
            403 if reasons.iter().any(|reason| reason.contains("LimitExceeded") || *reason == "quotaExceeded") => {
                Some(ZoneError::Unavailable(format!("too many requests: {message}"), response.retry_after))
            }
            _ => error_of_status(response, message),
        }
    }
}
