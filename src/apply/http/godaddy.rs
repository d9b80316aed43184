//! GoDaddy: record sets that are put or deleted, one a request.
//!
//! <https://developer.godaddy.com/doc/endpoint/domains>. There are no conditions and nothing happens together, so the order
//! is chosen such that a run which is cut off leaves what the next one understands: a marker without records is completed,
//! and records beside a marker of before are recognized.

use super::message::{Method, Reply, Request, encoded};
use super::provider::{Bounds, Exchange, Page, Provider, Record, Role, Room, Swap, common, name};
use super::spelling::{self, Escape};
use crate::apply::zone::{Failure, Promise};
use crate::name::DnsName;
use crate::record::{RecordData, RecordType};
use serde_json::{Value, json};
use std::time::Duration;

/// A domain of an account.
#[derive(Clone, Debug)]
pub struct GoDaddy {
    zone: DnsName,
}

/// How many records one reply has at most. What `offset` counts, records or parts, is told in two ways, and a record that
/// is not seen would be written over: so a domain with more is not touched.
const PAGE: usize = 500;
const TYPES: [RecordType; 4] = [RecordType::A, RecordType::Aaaa, RecordType::Cname, RecordType::Txt];

impl GoDaddy {
    /// The domain of that name.
    pub fn new(zone: DnsName) -> Self {
        GoDaddy { zone }
    }

    fn path(&self) -> String {
        format!("/v1/domains/{}/records", encoded(self.zone.as_str()))
    }

    fn set(&self, name: &DnsName, kind: RecordType) -> String {
        format!("{}/{kind}/{}", self.path(), encoded(name.below(&self.zone).unwrap_or("@")))
    }

    /// The requests for one name; sets that go before those that come, since a CNAME stands alone.
    fn name(&self, swap: &Swap) -> Vec<Request> {
        let (mut deletions, mut others) = (Vec::new(), Vec::new());
        for Exchange { kind, come, ttl, .. } in swap.exchanges().filter(|exchange| !exchange.is_idle()) {
            let path = self.set(&swap.name, kind);
            if come.is_empty() {
                deletions.push(Request { method: Method::Delete, path, query: Vec::new(), body: None });
            } else {
                let record = |data: &&RecordData| json!({"data": data.value(kind), "ttl": ttl});
                let body = Value::Array(come.iter().map(record).collect());
                others.push(Request::json(Method::Put, path, &body));
            }
        }
        deletions.extend(others);
        deletions
    }
}

impl Provider for GoDaddy {
    fn promise(&self) -> Promise {
        Promise { compares: false, atomic: false }
    }

    fn bounds(&self) -> Bounds {
        Bounds { provider: "GoDaddy", ttl: (600, 86400), automatic: None, types: &TYPES, text: 1024 }
    }

    /// Sixty requests a minute are allowed.
    fn pace(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn lookup(&self) -> Option<Request> {
        None
    }

    fn found(&mut self, _: &Reply) -> Result<(), String> {
        Ok(())
    }

    /// A name can only be asked for type by type, which is more requests than the zone has parts.
    fn answers_names(&self) -> bool {
        false
    }

    fn question(&self, _: Option<&DnsName>, _: Option<&str>) -> Request {
        Request::get(self.path()).with("limit", PAGE.to_string())
    }

    fn answer(&self, reply: &Reply) -> Result<Page, String> {
        let json = reply.json();
        let records = json.as_array().ok_or("it is no list")?;
        if records.len() >= PAGE {
            return Err(format!("the domain has {PAGE} records or more, and is too large for this API"));
        }
        let mut page = Page::default();
        for found in records {
            let front = found["name"].as_str().unwrap_or_default();
            let whole = if front == "@" { self.zone.to_string() } else { format!("{front}.{}", self.zone) };
            let Some(name) = name(&whole) else { continue };
            let (kind, raw) = (found["type"].as_str().and_then(RecordType::of_name), found["data"].as_str());
            let (Some(kind), Some(raw)) = (kind, raw) else {
                page.others.push(name);
                continue;
            };
            let data = match (kind, raw) {
                // A text stands there as it is, without quotes.
                (RecordType::Txt, raw) => {
                    RecordData::parse(kind, raw).unwrap_or_else(|_| RecordData::from_wire(*b"\0long"))
                }
                (RecordType::Cname, "@") => RecordData::from_wire(self.zone.wire()),
                (kind, raw) => spelling::read(kind, raw, Escape::Decimal),
            };
            let ttl = found["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
            page.records.push(Record { name, kind, data, ttl, raw: None, id: "".into() });
        }
        Ok(page)
    }

    fn touch(&self, _: Role, _: u32) -> Option<u32> {
        None
    }

    fn room(&self) -> Room {
        Room { records: usize::MAX, characters: usize::MAX }
    }

    fn requests(&self, swaps: &[Swap]) -> Vec<Request> {
        let (hosts, others): (Vec<&Swap>, Vec<&Swap>) = swaps.iter().partition(|swap| swap.role == Role::Host);
        let comes_first = hosts.iter().any(|swap| !swap.gone.is_empty());
        let order = if comes_first { [hosts, others] } else { [others, hosts] };
        order.into_iter().flatten().flat_map(|swap| self.name(swap)).collect()
    }

    fn failure(&self, request: &Request, reply: &Reply) -> Option<Failure> {
        if reply.is_ok() {
            return None;
        }
        let json = reply.json();
        let word = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let (code, told) = (word("code"), word("message"));
        match reply.status {
            // What is to be gone is gone.
            404 if request.method == Method::Delete && code != "UNKNOWN_DOMAIN" => None,
            409 => Some(Failure::Moved),
            422 if code.contains("DUPLICATE") || code.contains("CONFLICT") => Some(Failure::Moved),
            429 => {
                let asked = json["retryAfterSec"].as_u64().map(Duration::from_secs);
                Some(Failure::Busy(format!("too many requests (429): {told}"), reply.retry_after.or(asked)))
            }
            _ => common(reply, &told),
        }
    }
}
