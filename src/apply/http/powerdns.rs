//! The HTTP API of `PowerDNS`: each request replaces and deletes record sets atomically.
//!
//! <https://doc.powerdns.com/authoritative/http-api/zone.html>. It has no conditions. The same server
//! supports updates with conditions (RFC 2136), which is the better choice.

use super::message::{ApiRequest, ApiResponse, HttpMethod, percent_encoded};
use super::provider::{
    ChangeLimit, NameReplacement, NameRole, Provider, ProviderLimits, ProviderRecord, RecordPage, RecordSetReplacement,
    error_of_status, foreign, no_zone, parse_name,
};
use super::rdata::{self, EscapeStyle};
use crate::apply::zone::{ProviderGuarantee, ZoneError};
use crate::name::DnsName;
use crate::record::RecordType;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// A zone of a server.
#[derive(Clone, Debug)]
pub(crate) struct PowerDns {
    /// The zone.
    pub(crate) zone: DnsName,
    /// The server's id of the zone; by default its name with a dot at the end.
    pub(crate) id: Option<String>,
}

/// A zone in a response, which is never split into pages.
#[derive(Deserialize)]
struct PowerDnsZone<'a> {
    #[serde(borrow)]
    rrsets: Vec<PowerDnsRecordSet<'a>>,
}

#[derive(Deserialize)]
struct PowerDnsRecordSet<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    ttl: u32,
    #[serde(borrow)]
    records: Vec<PowerDnsRecord<'a>>,
}

#[derive(Deserialize)]
struct PowerDnsRecord<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(default)]
    disabled: bool,
}

impl PowerDns {
    fn path(&self) -> String {
        let id = self.id.clone().unwrap_or_else(|| format!("{}.", self.zone));
        format!("/api/v1/servers/localhost/zones/{}", percent_encoded(&id))
    }
}

impl Provider for PowerDns {
    fn guarantee(&self) -> ProviderGuarantee {
        ProviderGuarantee { compare_and_set: false, atomic: true }
    }

    fn limits(&self) -> ProviderLimits {
        let ttl = (0, i32::MAX.cast_unsigned());
        ProviderLimits { provider: "PowerDNS", ttl, automatic: None, types: &RecordType::ALL, text: 4000 }
    }

    fn find_zone_request(&self) -> Option<ApiRequest> {
        None
    }

    fn read_zone_id(&mut self, _: &ApiResponse) -> Result<(), String> {
        Ok(())
    }

    /// The response for one name lacks its disabled records, unless a new server is asked for them in a way that older ones
    /// ignore. The response for the zone always has them.
    fn can_list_name(&self) -> bool {
        false
    }

    fn list_request(&self, _: Option<&DnsName>, _: Option<&str>) -> ApiRequest {
        ApiRequest::get(self.path())
    }

    fn read_page(&self, response: &ApiResponse) -> Result<RecordPage, String> {
        let zone: PowerDnsZone = serde_json::from_str(&response.body).map_err(|error| response.unreadable(error))?;
        let mut page = RecordPage::default();
        for set in zone.rrsets {
            let Some(name) = parse_name(&set.name) else { continue };
            let Some(kind) = RecordType::of_name(&set.kind) else {
                page.foreign.push((name, foreign(&set.kind, "")));
                continue;
            };
            // A disabled record is not published, but it belongs to somebody, and conflicts with others.
            if set.records.iter().any(|record| record.disabled) {
                page.foreign.push((name.clone(), foreign(&set.kind, "disabled")));
            }
            page.records.extend(set.records.into_iter().filter(|record| !record.disabled).map(|record| {
                ProviderRecord::new(
                    name.clone(),
                    kind,
                    rdata::from_text(kind, &record.content, EscapeStyle::Decimal),
                    set.ttl,
                )
            }));
        }
        Ok(page)
    }

    fn rewrite_ttl(&self, _: NameRole, _: u32) -> Option<u32> {
        None
    }

    fn change_limit(&self) -> ChangeLimit {
        ChangeLimit { records: 1000, characters: 500_000 }
    }

    fn change_requests(&self, replacements: &[NameReplacement]) -> Vec<ApiRequest> {
        let (mut deletions, mut others) = (Vec::new(), Vec::new());
        for replacement in replacements {
            for RecordSetReplacement { kind, new, ttl, .. } in replacement.by_type().filter(|set| !set.is_unchanged()) {
                let (name, kind_name) = (format!("{}.", replacement.name), kind.name());
                if new.is_empty() {
                    deletions.push(json!({"name": name, "type": kind_name, "changetype": "DELETE"}));
                } else {
                    let record = |data: String| json!({"content": data, "disabled": false});
                    let records: Vec<Value> = new.iter().map(|data| record(data.presentation(kind))).collect();
                    others.push(json!({
                        "name": name, "type": kind_name, "ttl": ttl, "changetype": "REPLACE", "records": records,
                    }));
                }
            }
        }
        // A CNAME is rejected while its name has other records, so deletions are first.
        deletions.extend(others);
        vec![ApiRequest::json(HttpMethod::Patch, self.path(), &json!({"rrsets": deletions}))]
    }

    fn error(&self, _: &ApiRequest, response: &ApiResponse) -> Option<ZoneError> {
        if response.is_ok() {
            return None;
        }
        let json = response.json();
        let more = json["errors"].as_array().into_iter().flatten();
        let message =
            std::iter::once(&json["error"]).chain(more).filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
        match response.status {
            409 => Some(ZoneError::Conflict(message)),
            422 if message.to_ascii_lowercase().contains("conflicts with pre-existing") => {
                Some(ZoneError::Conflict(message))
            }
            // Older servers do not answer 404.
            422 if message.contains("Could not find domain") => Some(no_zone(&message)),
            _ => error_of_status(response, &message),
        }
    }
}
