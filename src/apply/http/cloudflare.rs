//! Cloudflare: records with ids, and atomic batches.
//!
//! <https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/batch>. A batch has no conditions, but a
//! deleted record must exist. So every batch deletes and creates the fence and the ownership records that it changes: of two
//! runs that have read the same, the second fails. A record that somebody changes in place keeps its id, which is not detected.
//!
//! Records keep what people set in the dashboard: whether they are proxied, which hides the address of the origin, their
//! comment and tags. Unchanged records are not sent, an old record becomes a new one of its type where possible, and further
//! new records get the settings of the old ones of their name.

use super::message::{ApiRequest, ApiResponse, HttpMethod, percent_encoded};
use super::provider::{
    ChangeLimit, NameReplacement, NameRole, Provider, ProviderLimits, ProviderRecord, RecordPage, error_of_status,
    foreign, no_zone, not_one_zone, parse_name,
};
use super::rdata::{self, EscapeStyle};
use crate::apply::zone::{ProviderGuarantee, ZoneError};
use crate::name::DnsName;
use crate::record::{RecordData, RecordType};
use crate::spec::AUTOMATIC_TTL;
use serde_json::{Map, Value, json};

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
/// The error codes of an id that no zone has: not valid, no such route.
const NO_ZONE: [u64; 3] = [1001, 7000, 7003];

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
            automatic: Some(AUTOMATIC_TTL),
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
            return Err(not_one_zone("the account of the token", zones.len(), "zones that it may read"));
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
        let records = json["result"].as_array().ok_or_else(|| response.unreadable("it has no `result`"))?;
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
        let (mut deletes, mut patches, mut posts) = (Vec::new(), Vec::new(), Vec::new());
        for replacement in replacements {
            for set in replacement.by_type() {
                let is_unchanged = |old: &ProviderRecord, data: &RecordData| {
                    let has_proxy =
                        replacement.proxied.is_none() || old.proxied.is_none() || old.proxied == replacement.proxied;
                    let has_ttl = old.ttl == set.ttl || old.proxied == Some(true);
                    replacement.role != NameRole::Fence && old.data == *data && has_ttl && has_proxy
                };
                let mut new: Vec<&RecordData> = set.new.clone();
                new.retain(|data| !set.old.iter().any(|old| is_unchanged(old, data)));
                let mut old: Vec<&ProviderRecord> = set.old.clone();
                old.retain(|old| !set.new.iter().any(|data| is_unchanged(old, data)));
                // A changed setting of the same data stays with its record.
                old.sort_by_key(|old| new.iter().position(|data| **data == old.data).unwrap_or(usize::MAX));
                let kept = if replacement.role == NameRole::Host { old.len().min(new.len()) } else { 0 };
                patches.extend(old[..kept].iter().zip(&new).map(|(old, data)| patch(replacement, old, data)));
                deletes.extend(old[kept..].iter().map(|old| json!({"id": old.id.as_str()})));
                posts.extend(new[kept..].iter().map(|data| post(replacement, set.kind, data)));
            }
        }
        let body = json!({"deletes": deletes, "patches": patches, "posts": posts});
        vec![ApiRequest::json(HttpMethod::Post, format!("{}/dns_records/batch", self.path()), &body)]
    }

    fn error(&self, _: &ApiRequest, response: &ApiResponse) -> Option<ZoneError> {
        let json = response.json();
        if response.is_ok() && json["success"].as_bool() == Some(true) {
            return None;
        }
        let mut errors = Vec::new();
        add_errors(&json["errors"], &mut errors);
        let message = |error: &&Value| format!("{} ({})", error["message"].as_str().unwrap_or_default(), error["code"]);
        let message = errors.iter().map(message).collect::<Vec<_>>().join("; ");
        let has_code = |codes: &'static [u64]| {
            move |error: &&Value| error["code"].as_u64().is_some_and(|code| codes.contains(&code))
        };
        match response.status {
            200..=299 => {
                let found = if message.is_empty() { response.excerpt() } else { message };
                let status = response.status;
                Some(ZoneError::OutcomeUnknown(format!(
                    "the response reports neither success nor failure ({status}): {found}"
                )))
            }
            400..=404 if errors.iter().any(has_code(&NO_ZONE)) => Some(no_zone(&message)),
            400 | 404 | 409 if errors.iter().any(has_code(&CONFLICTS)) => Some(ZoneError::Conflict(message)),
            _ => error_of_status(response, &message),
        }
    }

    fn created_records(&self, response: &ApiResponse) -> Vec<ProviderRecord> {
        let result = &response.json()["result"];
        ["patches", "posts"].iter().filter_map(|part| result[*part].as_array()).flatten().filter_map(record).collect()
    }
}

/// Adds the errors of a list, each with its `error_chain`: an invalid record has the code 1004, and its chain says why.
fn add_errors<'e>(list: &'e Value, errors: &mut Vec<&'e Value>) {
    for error in list.as_array().into_iter().flatten() {
        errors.push(error);
        add_errors(&error["error_chain"], errors);
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
        proxied: if kind.has_address() { found["proxied"].as_bool() } else { None },
        note: note(found),
    })
}

/// The comment and the tags of a record, if it has any.
fn note(found: &Value) -> Option<Box<Value>> {
    let mut note = Map::new();
    for key in ["comment", "tags"] {
        let is_empty = found[key].as_str().is_none_or(str::is_empty) && found[key].as_array().is_none_or(Vec::is_empty);
        if !is_empty {
            note.insert(key.to_owned(), found[key].clone());
        }
    }
    (!note.is_empty()).then(|| Box::new(Value::Object(note)))
}

/// The change of an old record to `data`. What it does not mention stays.
fn patch(replacement: &NameReplacement, old: &ProviderRecord, data: &RecordData) -> Value {
    let mut record = fields(&replacement.name, old.kind, data, replacement.ttl_of(old.kind));
    record["id"] = old.id.as_str().into();
    if let Some(proxied) = replacement.proxied.filter(|_| old.kind.has_address()) {
        set_proxied(&mut record, proxied);
    } else if old.proxied == Some(true) {
        record["ttl"] = AUTOMATIC_TTL.into();
    }
    record
}

/// A new record. One old record that is proxied is enough to keep the addresses of the name secret.
fn post(replacement: &NameReplacement, kind: RecordType, data: &RecordData) -> Value {
    let mut record = fields(&replacement.name, kind, data, replacement.ttl_of(kind));
    if kind.has_address() {
        let was_proxied = replacement.old.iter().any(|old| old.proxied == Some(true));
        set_proxied(&mut record, replacement.proxied.unwrap_or(was_proxied));
    }
    let note = replacement.old.iter().find_map(|old| old.note.as_deref()?.as_object());
    for (key, value) in note.into_iter().flatten() {
        record[key] = value.clone();
    }
    record
}

/// Sets whether a record is proxied, and then its TTL.
fn set_proxied(record: &mut Value, proxied: bool) {
    record["proxied"] = proxied.into();
    if proxied {
        record["ttl"] = AUTOMATIC_TTL.into();
    }
}

/// A record without settings.
fn fields(name: &DnsName, kind: RecordType, data: &RecordData, ttl: u32) -> Value {
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
        RecordType::A | RecordType::Aaaa | RecordType::Cname => record["content"] = data.value(kind).into(),
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_of_an_unknown_form_is_shown() {
        let mut provider = Cloudflare::new(DnsName::host("dev.example.com").unwrap(), None);
        let response =
            |status, body: &str| ApiResponse { status, retry_after: None, location: None, body: body.to_owned() };
        let head = "the response reports neither success nor failure (200): the response";
        let page = format!("<html>{}</html>", "x".repeat(5000));
        for (status, body, want) in [
            (200, "", format!("{head} is empty")),
            (200, "null", format!("{head} is `null`")),
            (200, &page, format!("{head} starts with `<html>{}`", "x".repeat(194))),
            (
                502,
                "<html>Bad gateway</html>",
                "the provider failed (502): the response is `<html>Bad gateway</html>`".into(),
            ),
            (500, " ", "the provider failed (500)".into()),
        ] {
            let error = provider.error(&ApiRequest::get("/"), &response(status, body)).unwrap();
            assert_eq!(error.to_string(), want);
        }
        let body = json!({"success": false, "errors": [{"code": 7003, "message": "Could not route to /zones/x"}]});
        let error = provider.error(&ApiRequest::get("/"), &response(404, &body.to_string())).unwrap().to_string();
        assert!(error.starts_with("the zone does not exist in the account of this credential: Could not"), "{error}");
        let none = provider.read_zone_id(&response(200, r#"{"success": true, "result": []}"#)).unwrap_err();
        assert!(none.contains("has no zones that it may read with this name: check"), "{none}");
    }

    #[test]
    fn the_chain_of_an_error_says_why() {
        let provider = Cloudflare::new(DnsName::host("dev.example.com").unwrap(), None);
        let error = |chain: Value| {
            let error = json!({"code": 1004, "message": "DNS Validation Error", "error_chain": chain});
            let body = json!({"success": false, "errors": [error]}).to_string();
            provider.error(&ApiRequest::get("/"), &ApiResponse { status: 400, retry_after: None, location: None, body })
        };
        let invalid = "Content for A record is invalid. Must be a valid IPv4 address";
        let Some(ZoneError::Rejected(reason)) = error(json!([{"code": 9005, "message": invalid}])) else { panic!() };
        assert!(reason.ends_with(&format!("DNS Validation Error (1004); {invalid} (9005)")), "{reason}");
        let conflict = error(json!([{"code": 81053, "message": "A CNAME record with that host already exists."}]));
        assert!(matches!(conflict, Some(ZoneError::Conflict(_))), "{conflict:?}");
    }
}
