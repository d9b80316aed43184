//! GoDaddy: each request replaces or deletes one record set.
//!
//! <https://developer.godaddy.com/doc/endpoint/domains>. It has no conditions, and requests are not
//! atomic together. Their order is such that the next run can continue after an interrupted one: an ownership record without
//! records is completed, and records beside their previous ownership record are recognized.

use super::message::{ApiRequest, ApiResponse, HttpMethod, percent_encoded};
use super::provider::{
    ChangeLimit, NameReplacement, NameRole, Provider, ProviderLimits, ProviderRecord, RecordPage, RecordSetReplacement,
    error_of_status, foreign, no_zone, parse_name,
};
use super::rdata::{self, EscapeStyle};
use crate::apply::zone::{ProviderGuarantee, ZoneError};
use crate::name::DnsName;
use crate::record::{RecordData, RecordType};
use serde_json::{Value, json};
use std::time::Duration;

/// A domain of an account.
#[derive(Clone, Debug)]
pub(crate) struct GoDaddy {
    zone: DnsName,
}

/// The most records of a response. The documentation is ambiguous about `offset`, and a record on a later page would be
/// overwritten, so a domain with more records is refused.
const PAGE: usize = 500;
const TYPES: [RecordType; 4] = [RecordType::A, RecordType::Aaaa, RecordType::Cname, RecordType::Txt];

impl GoDaddy {
    /// The domain with this name.
    pub(crate) fn new(zone: DnsName) -> Self {
        GoDaddy { zone }
    }

    fn path(&self) -> String {
        format!("/v1/domains/{}/records", percent_encoded(self.zone.as_str()))
    }

    fn record_set_path(&self, name: &DnsName, kind: RecordType) -> String {
        format!("{}/{kind}/{}", self.path(), percent_encoded(name.below(&self.zone).unwrap_or("@")))
    }

    /// The requests for one name, deletions first, because a CNAME excludes other records.
    fn requests_of_name(&self, replacement: &NameReplacement) -> Vec<ApiRequest> {
        let (mut deletions, mut others) = (Vec::new(), Vec::new());
        for RecordSetReplacement { kind, new, ttl, .. } in replacement.by_type().filter(|set| !set.is_unchanged()) {
            let path = self.record_set_path(&replacement.name, kind);
            if new.is_empty() {
                deletions.push(ApiRequest { method: HttpMethod::Delete, path, query: Vec::new(), body: None });
            } else {
                let record = |data: &&RecordData| json!({"data": data.value(kind), "ttl": ttl});
                let body = Value::Array(new.iter().map(record).collect());
                others.push(ApiRequest::json(HttpMethod::Put, path, &body));
            }
        }
        deletions.extend(others);
        deletions
    }
}

impl Provider for GoDaddy {
    fn guarantee(&self) -> ProviderGuarantee {
        ProviderGuarantee { compare_and_set: false, atomic: false }
    }

    fn limits(&self) -> ProviderLimits {
        ProviderLimits { provider: "GoDaddy", ttl: (600, 86400), automatic: None, types: &TYPES, text: 1024 }
    }

    /// The rate limit is sixty requests a minute.
    fn request_interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn find_zone_request(&self) -> Option<ApiRequest> {
        None
    }

    fn read_zone_id(&mut self, _: &ApiResponse) -> Result<(), String> {
        Ok(())
    }

    /// A name can only be requested type by type, which needs more requests than the whole zone.
    fn can_list_name(&self) -> bool {
        false
    }

    fn list_request(&self, _: Option<&DnsName>, _: Option<&str>) -> ApiRequest {
        ApiRequest::get(self.path()).with("limit", PAGE.to_string())
    }

    fn read_page(&self, response: &ApiResponse) -> Result<RecordPage, String> {
        let json = response.json();
        let records = json.as_array().ok_or_else(|| response.unreadable("it is not a list"))?;
        if records.len() >= PAGE {
            return Err(format!("the domain has {PAGE} records or more, which this API does not support"));
        }
        let mut page = RecordPage::default();
        for found in records {
            let relative = found["name"].as_str().unwrap_or_default();
            let whole = if relative == "@" { self.zone.to_string() } else { format!("{relative}.{}", self.zone) };
            let Some(name) = parse_name(&whole) else { continue };
            let kind_name = found["type"].as_str().unwrap_or_default();
            let (Some(kind), Some(raw)) = (RecordType::of_name(kind_name), found["data"].as_str()) else {
                page.foreign.push((name, foreign(kind_name, "without data")));
                continue;
            };
            let data = match (kind, raw) {
                // A text is not quoted.
                (RecordType::Txt, raw) => {
                    RecordData::parse(kind, raw).unwrap_or_else(|_| RecordData::from_wire(*b"\0long"))
                }
                (RecordType::Cname, "@") => RecordData::from_wire(self.zone.wire()),
                (kind, raw) => rdata::from_text(kind, raw, EscapeStyle::Decimal),
            };
            let ttl = found["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
            page.records.push(ProviderRecord::new(name, kind, data, ttl));
        }
        Ok(page)
    }

    fn rewrite_ttl(&self, _: NameRole, _: u32) -> Option<u32> {
        None
    }

    fn change_limit(&self) -> ChangeLimit {
        ChangeLimit { records: usize::MAX, characters: usize::MAX }
    }

    fn change_requests(&self, replacements: &[NameReplacement]) -> Vec<ApiRequest> {
        let (hosts, others): (Vec<&NameReplacement>, Vec<&NameReplacement>) =
            replacements.iter().partition(|replacement| replacement.role == NameRole::Host);
        let hosts_first = hosts.iter().any(|replacement| !replacement.old.is_empty());
        let order = if hosts_first { [hosts, others] } else { [others, hosts] };
        order.into_iter().flatten().flat_map(|replacement| self.requests_of_name(replacement)).collect()
    }

    fn error(&self, request: &ApiRequest, response: &ApiResponse) -> Option<ZoneError> {
        if response.is_ok() {
            return None;
        }
        let json = response.json();
        let word = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let fields = json["fields"].as_array().into_iter().flatten().filter_map(|field| {
            let (path, message) = (field["path"].as_str()?, field["message"].as_str()?);
            Some(format!("`{path}`: {message}"))
        });
        let message = std::iter::once(word("message")).chain(fields).collect::<Vec<_>>().join("; ");
        let code = word("code");
        match response.status {
            // The record set does not exist, as desired.
            404 if request.method == HttpMethod::Delete && code != "UNKNOWN_DOMAIN" => None,
            403 if code == "ACCESS_DENIED" => {
                let rule = "GoDaddy gives access to its DNS API only to accounts with ten domains or more, or with a plan for it";
                Some(ZoneError::Denied(format!("the account has no access ({code}): {message}; {rule}")))
            }
            404 if code == "UNKNOWN_DOMAIN" => Some(no_zone(&format!("{message} ({code})"))),
            409 => Some(ZoneError::Conflict(message)),
            422 if code.contains("DUPLICATE") || code.contains("CONFLICT") => Some(ZoneError::Conflict(message)),
            429 => {
                let asked = json["retryAfterSec"].as_u64().map(Duration::from_secs);
                Some(ZoneError::Unavailable(
                    format!("too many requests (429): {message}"),
                    response.retry_after.or(asked),
                ))
            }
            _ => error_of_status(response, &message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_with_few_domains_has_no_access() {
        let body = json!({"code": "ACCESS_DENIED", "message": "Authenticated user is not allowed access"}).to_string();
        let response = ApiResponse { status: 403, retry_after: None, location: None, body };
        let provider = GoDaddy::new(DnsName::host("dev.example.com").unwrap());
        let Some(ZoneError::Denied(reason)) = provider.error(&ApiRequest::get("/"), &response) else { panic!() };
        assert!(reason.contains("ACCESS_DENIED") && reason.contains("ten domains or more"), "{reason}");
    }

    #[test]
    fn the_fields_of_an_error_say_what_is_wrong() {
        let fields = json!([{"path": "records[0].ttl", "code": "UNEXPECTED_TYPE", "message": "is not a number"}]);
        let body = json!({"code": "INVALID_BODY", "message": "Request body doesn't fulfill schema", "fields": fields});
        let response = ApiResponse { status: 422, retry_after: None, location: None, body: body.to_string() };
        let provider = GoDaddy::new(DnsName::host("dev.example.com").unwrap());
        let Some(ZoneError::Rejected(reason)) = provider.error(&ApiRequest::get("/"), &response) else { panic!() };
        assert!(reason.ends_with("doesn't fulfill schema; `records[0].ttl`: is not a number"), "{reason}");
    }
}
